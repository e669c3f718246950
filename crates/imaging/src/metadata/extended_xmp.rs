//! XMP that is longer than one JPEG segment (XMP Specification, part 3, 1.1.3.1): the first block names a second one, which lies in parts in segments of its own.

use memchr::memmem;

const SIGNATURE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// A digest of the whole in hexadecimal digits, the same in each part; the first block names it.
const DIGEST_LENGTH: usize = 32;

/// The parts found so far, in any order, of any number of blocks.
#[derive(Default)]
pub(super) struct ExtendedXmp<'a>(Vec<Part<'a>>);

struct Part<'a> {
    digest: &'a [u8],
    /// How many bytes all parts have together.
    whole: u32,
    /// How many bytes go before this part.
    offset: u32,
    bytes: &'a [u8],
}

impl<'a> ExtendedXmp<'a> {
    /// Keeps a segment's body if it is a part.
    pub(super) fn take(&mut self, body: &'a [u8]) {
        self.0.extend(Part::read(body));
    }

    /// The block that `first` names, put together; none if it names none.
    ///
    /// # Errors
    /// The cause, where parts are missing or do not fit.
    pub(super) fn named_in(self, first: &[u8]) -> Option<Result<Vec<u8>, String>> {
        let mut parts = self.0;
        parts.retain(|part| memmem::find(first, part.digest).is_some());
        parts.sort_by_key(|part| part.offset);
        parts.dedup_by_key(|part| part.offset);
        let whole = parts.first()?.whole as usize;
        let mut block = Vec::new();
        for part in parts {
            if part.offset as usize == block.len() {
                block.extend_from_slice(part.bytes);
            }
        }
        Some(if block.len() == whole { Ok(block) } else { Err("a part of it is missing".into()) })
    }
}

impl<'a> Part<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let (digest, rest) = body.strip_prefix(SIGNATURE)?.split_at_checked(DIGEST_LENGTH)?;
        let (whole, rest) = rest.split_first_chunk()?;
        let (offset, bytes) = rest.split_first_chunk()?;
        Some(Self { digest, whole: u32::from_be_bytes(*whole), offset: u32::from_be_bytes(*offset), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0123456789ABCDEF0123456789ABCDEF";

    fn part(digest: &str, whole: u32, offset: u32, bytes: &str) -> Vec<u8> {
        [SIGNATURE, digest.as_bytes(), &whole.to_be_bytes(), &offset.to_be_bytes(), bytes.as_bytes()].concat()
    }

    fn joined(parts: &[Vec<u8>], first: &str) -> Option<Result<Vec<u8>, String>> {
        let mut extended = ExtendedXmp::default();
        parts.iter().for_each(|body| extended.take(body));
        extended.named_in(first.as_bytes())
    }

    #[test]
    fn parts_come_in_any_order_and_of_the_named_block_only() {
        let other = part("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 3, 0, "xyz");
        let parts = [part(DIGEST, 7, 4, "efg"), other, part(DIGEST, 7, 0, "abcd"), b"Exif\0\0".to_vec()];
        assert_eq!(joined(&parts, &format!("<note {DIGEST}>")), Some(Ok(b"abcdefg".to_vec())));
        assert_eq!(joined(&parts, "<none>"), None);
    }

    #[test]
    fn parts_that_do_not_make_a_whole_are_an_error() {
        for parts in [
            vec![part(DIGEST, 7, 4, "efg")],
            vec![part(DIGEST, 7, 0, "abcd")],
            vec![part(DIGEST, 7, 0, "abcd"), part(DIGEST, 7, 5, "fg")],
            vec![part(DIGEST, u32::MAX, 0, "abcd")],
        ] {
            assert!(joined(&parts, DIGEST).unwrap().is_err());
        }
        assert!(joined(&[part(DIGEST, 7, 0, "abcd")[..70].to_vec()], DIGEST).is_none());
    }
}
