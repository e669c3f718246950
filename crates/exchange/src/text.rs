//! Text that every format can carry.

/// The text without characters that XML 1.0 cannot carry (control characters but tab and line feed, surrogates have no place
/// in a Rust string, the two non-characters); ends of lines become line feeds. Writing direction marks stay: they are text.
pub(crate) fn clean(text: &str) -> String {
    let allowed = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| allowed(*c)).collect()
}

/// Like [`clean`], on one line.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name for a copy of a scan, or a file beside it, that is no other scan's and that every system takes: the scan's number, then its file's
/// name without what separates folders or has a meaning to somebody.
pub(crate) fn file_name(scan: &vitrine_catalogue::Scan) -> String {
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%');
    let name: String = scan.file_name().chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    // The end of the name is kept, where its format stands. Most systems take 255 bytes, a character of this many has four.
    let letters: Vec<char> = name.chars().collect();
    let end: String = letters.get(letters.len().saturating_sub(50)..).unwrap_or_default().iter().collect();
    format!("{} {}", scan.id.0, end.trim_end_matches([' ', '.']))
}
