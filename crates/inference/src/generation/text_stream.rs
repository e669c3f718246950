//! Tokens as text while they come: characters whole, and nothing handed on that a stop string may yet take back.

/// What tokens stand for.
pub trait TokenText {
    /// The bytes of a token; none for special tokens and numbers that stand for nothing. A token may hold parts of characters.
    fn bytes(&self, token: u32) -> Vec<u8>;
}

/// Turns tokens into text that is sure.
pub struct TextStream<'a> {
    tokens: &'a dyn TokenText,
    stops: Vec<&'a str>,
    /// The beginning of a character whose end has not come.
    partial: Vec<u8>,
    /// Text that may be the beginning of a stop string.
    held: String,
    stopped: bool,
}

impl<'a> TextStream<'a> {
    /// A stream that ends before the first of `stops`.
    pub fn new(tokens: &'a dyn TokenText, stops: &'a [String]) -> Self {
        let stops = stops.iter().map(String::as_str).filter(|stop| !stop.is_empty()).collect();
        Self { tokens, stops, partial: Vec::new(), held: String::new(), stopped: false }
    }

    /// Takes a token; the text that is sure now, and whether a stop string has come.
    pub fn push(&mut self, token: u32) -> (String, bool) {
        if self.stopped {
            return (String::new(), true);
        }
        self.partial.extend(self.tokens.bytes(token));
        let whole = whole_characters(&self.partial);
        let bytes: Vec<u8> = self.partial.drain(..whole).collect();
        self.held.push_str(&String::from_utf8_lossy(&bytes));
        self.release()
    }

    /// The rest: an unfinished character becomes U+FFFD, as tokenizers do.
    pub fn finish(&mut self) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.push_str(&String::from_utf8_lossy(&std::mem::take(&mut self.partial)));
        let (mut sure, stopped) = self.release();
        if !stopped {
            sure.push_str(&std::mem::take(&mut self.held));
        }
        sure
    }

    fn release(&mut self) -> (String, bool) {
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.stopped = true;
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let waits = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - waits);
        (std::mem::replace(&mut self.held, rest), false)
    }
}

/// How many bytes at the end of `text` are a beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = stop.len().saturating_sub(1).min(text.len());
    (1..=longest).rev().find(|&length| text.as_bytes().ends_with(&stop.as_bytes()[..length])).unwrap_or(0)
}

/// The bytes before a character that has begun and may still be completed.
fn whole_characters(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(_) => return bytes.len(),
            Err(error) => match error.error_len() {
                None => return at + error.valid_up_to(),
                Some(wrong) => at += error.valid_up_to() + wrong,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Token n is the n-th of these bytes.
    struct Bytes(&'static [u8]);

    impl TokenText for Bytes {
        fn bytes(&self, token: u32) -> Vec<u8> {
            vec![self.0[token as usize]]
        }
    }

    fn streamed(bytes: &'static [u8], stops: &[&str]) -> (Vec<String>, bool) {
        let stops: Vec<String> = stops.iter().map(|&stop| stop.to_owned()).collect();
        let source = Bytes(bytes);
        let mut stream = TextStream::new(&source, &stops);
        let mut parts = Vec::new();
        for token in 0..bytes.len() as u32 {
            let (sure, stopped) = stream.push(token);
            parts.push(sure);
            if stopped {
                return (parts, true);
            }
        }
        parts.push(stream.finish());
        parts.retain(|part| !part.is_empty());
        (parts, false)
    }

    #[test]
    fn characters_come_whole() {
        let (parts, _) = streamed("Dürer, 北斎 🎨".as_bytes(), &[]);
        assert_eq!(parts.concat(), "Dürer, 北斎 🎨");
        assert!(parts.iter().all(|part| !part.contains('\u{fffd}')));
        assert!(parts.contains(&"🎨".to_owned()));
        // A broken character in the middle and one that never ends.
        let (parts, _) = streamed(b"a\xffb\xe5\x8c", &[]);
        assert_eq!(parts.concat(), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn stop_strings_cut_wherever_their_tokens_end() {
        let (parts, stopped) = streamed(b"one END two", &["END", "never"]);
        assert!(stopped);
        assert_eq!(parts.concat(), "one ");
        // What looked like a stop string and is none comes after all.
        let (parts, stopped) = streamed(b"one ENter EN", &["END"]);
        assert!(!stopped);
        assert_eq!(parts.concat(), "one ENter EN");
        // A stop string that overlaps itself, with a character of several bytes.
        let (parts, stopped) = streamed("ababaäx".as_bytes(), &["abaä"]);
        assert!(stopped);
        assert_eq!(parts.concat(), "ab");
        // The first of several.
        assert_eq!(streamed(b"abcdef", &["de", "bcd"]).0.concat(), "a");
        assert_eq!(streamed(b"abc", &[""]).0.concat(), "abc");
    }
}
