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
