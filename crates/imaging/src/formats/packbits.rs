//! PackBits, the run-length coding of TIFF (TIFF 6.0, section 9) and of Photoshop's documents.

/// Unpacks until `length` bytes are there or `packed` ends; never more.
pub(crate) fn unpack(packed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length.min(packed.len().saturating_mul(64)));
    let mut rest = packed;
    while let (true, [head, tail @ ..]) = (out.len() < length, rest) {
        let missing = length - out.len();
        match *head as i8 {
            count @ 0.. => {
                let (literal, after) = tail.split_at(tail.len().min(count as usize + 1));
                out.extend(literal.iter().take(missing));
                rest = after;
            }
            -128 => rest = tail,
            count => match tail {
                [value, after @ ..] => {
                    let repeated = 1 - isize::from(count);
                    out.extend(std::iter::repeat_n(*value, (repeated as usize).min(missing)));
                    rest = after;
                }
                [] => rest = tail,
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_runs_and_nothing() {
        // The example of the TIFF specification.
        let packed = [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let mut expected = vec![0xAA, 0xAA, 0xAA, 0x80, 0, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0, 0x2A, 0x22];
        expected.extend([0xAA; 10]);
        assert_eq!(unpack(&packed, 24), expected);
        assert_eq!(unpack(&packed, 5), expected[..5]);
        assert_eq!(unpack(&packed, 100), expected);
        assert_eq!(unpack(&[0x80, 0x80, 0x00, 7], 1), [7]);
        assert_eq!(unpack(&[0xFE], 3), []);
    }
}
