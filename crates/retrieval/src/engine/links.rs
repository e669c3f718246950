//! Which of a document's codes stands for which of its rows, where near rows were made one: a bit for each row that says whether a code begins with it, and for
//! the others the number of their code, in one byte or, of more than 256 codes, in two. Nothing where every row has its own.

/// The bytes for rows of which row `i` has code `code_of[i]`; codes are numbered in the order of their first rows.
pub(super) fn write(code_of: &[u32]) -> Vec<u8> {
    let codes = code_of.iter().max().map_or(0, |&last| last as usize + 1);
    if codes == code_of.len() {
        return Vec::new();
    }
    let mut bytes = vec![0u8; code_of.len().div_ceil(8)];
    let mut next = 0;
    for (row, &code) in code_of.iter().enumerate() {
        if code == next {
            bytes[row / 8] |= 1 << (row % 8);
            next += 1;
        } else if codes <= 256 {
            bytes.push(code as u8);
        } else {
            bytes.extend_from_slice(&(code as u16).to_le_bytes());
        }
    }
    bytes
}

/// The code of each of `rows` rows, of `codes` codes; `None` where the bytes say something else.
pub(super) fn read(bytes: &[u8], rows: usize, codes: usize) -> Option<Vec<u32>> {
    if bytes.is_empty() {
        return (rows == codes).then(|| (0..codes as u32).collect());
    }
    let (firsts, mut rest) = bytes.split_at_checked(rows.div_ceil(8))?;
    let mut next = 0;
    let mut code_of = Vec::with_capacity(rows);
    for row in 0..rows {
        let code = if firsts[row / 8] >> (row % 8) & 1 == 1 {
            next += 1;
            next - 1
        } else if codes <= 256 {
            let (&code, left) = rest.split_first()?;
            rest = left;
            code.into()
        } else {
            let (code, left) = rest.split_first_chunk()?;
            rest = left;
            u16::from_le_bytes(*code).into()
        };
        // A row shares the code of one before it.
        if code >= next {
            return None;
        }
        code_of.push(code);
    }
    (rest.is_empty() && next as usize == codes).then_some(code_of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers in the order of their first appearance.
    fn numbered(labels: &[u16]) -> Vec<u32> {
        let mut seen = Vec::new();
        let number = |label: &u16| {
            let place = seen.iter().position(|s| s == label).unwrap_or(seen.len());
            if place == seen.len() {
                seen.push(*label);
            }
            place as u32
        };
        labels.iter().map(number).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(labels in proptest::collection::vec(0u16..40, 0..80), wide in any::<bool>()) {
            let mut labels = labels;
            if wide {
                labels.splice(0..0, 1000..1300);
            }
            let code_of = numbered(&labels);
            let codes = code_of.iter().max().map_or(0, |m| *m as usize + 1);
            let bytes = write(&code_of);
            prop_assert_eq!(read(&bytes, code_of.len(), codes), Some(code_of.clone()));
            prop_assert_eq!(read(&bytes, code_of.len(), codes + 1), None);
            if !bytes.is_empty() {
                prop_assert_eq!(read(&bytes[..bytes.len() - 1], code_of.len(), codes), None);
            }
        }

        #[test]
        fn any_bytes_name_codes_that_are_there_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..40), rows in 0usize..60) {
            for codes in [1, 10, 300] {
                if let Some(code_of) = read(&bytes, rows, codes) {
                    prop_assert!(code_of.len() == rows && code_of.iter().all(|&c| (c as usize) < codes));
                }
            }
        }
    }
}
