//! Whether a JPEG is whole.
//!
//! Decoders fill what is missing with grey and report success; a curator must hear of it instead.

/// Whether the entropy-coded data of `bytes` runs to an end-of-image marker (ITU-T T.81, B.1.1 and B.2).
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    const END_OF_IMAGE: u8 = 0xD9;
    let mut at = 2; // after start-of-image
    loop {
        // A marker is 0xFF, any number of fill bytes 0xFF, and its code.
        while bytes.get(at).is_some_and(|b| *b != 0xFF) {
            at += 1;
        }
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at) else { return false };
        at += 1;
        match marker {
            END_OF_IMAGE => return true,
            // Stuffed zero, restart markers and TEM carry no length.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else { return false };
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                at += length.max(2);
                if marker == START_OF_SCAN {
                    continue; // the loop runs through the entropy-coded bytes to the next marker
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, codecs::jpeg::JpegEncoder};

    use super::*;

    fn jpeg() -> Vec<u8> {
        let mut out = Vec::new();
        let picture = RgbImage::from_fn(97, 61, |x, y| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8]));
        JpegEncoder::new_with_quality(&mut out, 90).encode_image(&picture).expect("encodes");
        out
    }

    #[test]
    fn whole_file_is_complete() {
        assert!(is_complete(&jpeg()));
        let mut trailing = jpeg();
        trailing.extend_from_slice(b"some camera's private data");
        assert!(is_complete(&trailing));
    }

    #[test]
    fn any_shorter_file_is_not() {
        let whole = jpeg();
        for length in 0..whole.len() {
            assert!(!is_complete(&whole[..length]), "cut at {length} of {}", whole.len());
        }
    }
}
