//! Text of files whose encoding nobody has written down.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The text, and the name of its encoding. A mark at the beginning decides, then whether it is UTF-8, then what the file declares (`declared`, a label as
/// HTML has it), then how often which bytes stand together.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> (String, &'static str) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding.decode(bytes).0.into_owned(), encoding.name());
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !looks_like_utf_16(bytes)
    {
        return (text.to_owned(), UTF_8.name());
    }
    let declared =
        declared.and_then(|label| Encoding::for_label(label.as_bytes())).filter(|encoding| *encoding != UTF_8);
    let encoding = declared.unwrap_or_else(|| guess(bytes));
    (encoding.decode_without_bom_handling(bytes).0.into_owned(), encoding.name())
}

/// The encoding of bytes that are not UTF-8.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    if looks_like_utf_16(bytes) {
        return if bytes[0] == 0 { UTF_16BE } else { UTF_16LE };
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    // More would not make it surer.
    detector.feed(&bytes[..bytes.len().min(256 << 10)], true);
    detector.guess(None, chardetng::Utf8Detection::Deny)
}

/// Every other one of the first bytes is zero, as in Latin letters of 16 bits.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(64) & !1];
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    start.len() >= 4 && zeros(0).abs_diff(zeros(1)) * 2 > start.len() / 2
}

/// What a page of HTML declares near its beginning: the label after `charset=`.
pub(crate) fn declared_in_html(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let label = start.split_once("charset=")?.1.trim_start_matches(['"', '\'', ' ']);
    let label: String =
        label.chars().take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect();
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found() {
        let german =
            "Das Gemälde zeigt die Küste bei Étretat; es gehört dem Museum für Kunst und ist größer als die Skizze.";
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(german);
        assert_eq!(decode(&latin, None).0, german);
        assert_eq!(decode(german.as_bytes(), Some("iso-8859-1")).0, german);
        let russian = "Картина изображает гавань на рассвете, мачты и краны растворяются в серо-зелёной дымке.";
        let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(decode(&cyrillic, None).0, russian);
        let wide = |bytes: fn(u16) -> [u8; 2]| german.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        assert_eq!(decode(&wide(u16::to_le_bytes), None).0, german);
        assert_eq!(decode(&wide(u16::to_be_bytes), None).0, german);
        assert_eq!(decode(&[&[0xff, 0xfe][..], &wide(u16::to_le_bytes)].concat(), None).0, german);
        assert_eq!(decode(b"\xef\xbb\xbfa", None).0, "a");
        assert_eq!(decode(b"", None).0, "");
        assert_eq!(declared_in_html(b"<META charset='ISO-8859-2'>").as_deref(), Some("iso-8859-2"));
        assert_eq!(declared_in_html(b"<p>"), None);
    }
}
