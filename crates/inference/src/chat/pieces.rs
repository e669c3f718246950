//! Text to tokens by pieces with scores, as SentencePiece's byte-pair models do it (Kudo and Richardson, arXiv 1808.06226) and Gemma's files keep them:
//! of all neighbours whose join is a piece those with the highest score are joined first, and what is no piece is spelled in bytes.

use std::collections::{BinaryHeap, HashMap};

use super::Words;
use crate::InferenceError;
use crate::generation::TokenText;

/// What stands for a space in pieces.
const SPACE: char = '\u{2581}';

/// What a piece is, by GGUF's `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A piece of text.
    Normal,
    /// A mark that steers the model, such as the end of a turn. It is no text.
    Control,
    /// Text that is taken whole wherever it stands, before anything is cut into pieces.
    Whole,
    /// One byte, for what no piece says.
    Byte(u8),
    /// Nothing that a text could hold.
    Unused,
}

/// A piece of the vocabulary.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: Box<str>,
    pub(super) score: f32,
    pub(super) kind: Kind,
}

/// A vocabulary of pieces.
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    number: HashMap<Box<str>, u32>,
    /// Control tokens and whole texts, the longest first.
    whole: Vec<u32>,
    bytes: Vec<Option<u32>>,
    /// Whether a space is put before a text.
    space_before: bool,
}

impl Pieces {
    /// Of pieces in the order of their numbers.
    pub(super) fn new(pieces: Vec<Piece>, space_before: bool) -> Self {
        let mut number = HashMap::with_capacity(pieces.len());
        let mut bytes = vec![None; 256];
        let mut whole = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let at = at as u32;
            match piece.kind {
                Kind::Byte(byte) => bytes[usize::from(byte)] = Some(at),
                Kind::Control => whole.push(at),
                Kind::Whole => {
                    whole.push(at);
                    number.entry(piece.text.clone()).or_insert(at);
                }
                Kind::Normal => drop(number.entry(piece.text.clone()).or_insert(at)),
                Kind::Unused => {}
            }
        }
        whole.retain(|&at| !pieces[at as usize].text.is_empty());
        whole.sort_by_key(|&at| std::cmp::Reverse(pieces[at as usize].text.len()));
        Self { pieces, number, whole, bytes, space_before }
    }

    /// Cuts `text` at the tokens that are taken whole: longer ones first, each from left to right.
    fn cut<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let mut parts = vec![Part::Text(text)];
        for &token in &self.whole {
            let name: &str = &self.pieces[token as usize].text;
            if !text.contains(name) {
                continue;
            }
            parts = parts.into_iter().flat_map(|part| split(part, name, token)).collect();
        }
        parts
    }

    /// The tokens of a text without any that are taken whole; spaces are written as in pieces already.
    fn join(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), InferenceError> {
        let mut symbols: Vec<Symbol> = Vec::new();
        for (start, character) in text.char_indices() {
            let at = symbols.len();
            symbols.push(Symbol {
                start,
                length: character.len_utf8(),
                before: at.checked_sub(1),
                after: Some(at + 1),
            });
        }
        if let Some(last) = symbols.last_mut() {
            last.after = None;
        }
        let mut open = BinaryHeap::new();
        let consider = |symbols: &[Symbol], open: &mut BinaryHeap<Join>, left: Option<usize>, right: Option<usize>| {
            let (Some(left), Some(right)) = (left, right) else { return };
            let length = symbols[left].length + symbols[right].length;
            let joined = &text[symbols[left].start..symbols[left].start + length];
            if let Some(&token) = self.number.get(joined) {
                open.push(Join { score: self.pieces[token as usize].score, left, right, length });
            }
        };
        for left in 0..symbols.len() {
            let right = symbols[left].after;
            consider(&symbols, &mut open, Some(left), right);
        }
        while let Some(Join { left, right, length, .. }) = open.pop() {
            // Either side may have been joined with another meanwhile.
            let both = symbols[left].length > 0 && symbols[right].length > 0;
            if !both || symbols[left].length + symbols[right].length != length {
                continue;
            }
            symbols[left].length = length;
            symbols[right].length = 0;
            let after = symbols[right].after;
            symbols[left].after = after;
            if let Some(after) = after {
                symbols[after].before = Some(left);
            }
            let before = symbols[left].before;
            consider(&symbols, &mut open, before, Some(left));
            consider(&symbols, &mut open, Some(left), after);
        }
        for symbol in symbols.iter().filter(|symbol| symbol.length > 0) {
            let piece = &text[symbol.start..symbol.start + symbol.length];
            match self.number.get(piece) {
                Some(&token) => tokens.push(token),
                None => {
                    for byte in piece.bytes() {
                        let token = self.bytes[usize::from(byte)];
                        tokens.push(token.ok_or_else(|| {
                            InferenceError::Tokens(format!("the model's vocabulary has no way to write {piece:?}"))
                        })?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A part of a text that is cut.
enum Part<'a> {
    Text(&'a str),
    Token(u32),
}

fn split<'a>(part: Part<'a>, name: &str, token: u32) -> Vec<Part<'a>> {
    let Part::Text(text) = part else { return vec![part] };
    let mut parts = Vec::new();
    for (at, between) in text.split(name).enumerate() {
        if at > 0 {
            parts.push(Part::Token(token));
        }
        if !between.is_empty() {
            parts.push(Part::Text(between));
        }
    }
    parts
}

/// A run of characters that have been joined; none once it belongs to the one before it.
struct Symbol {
    start: usize,
    length: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two neighbours that can be joined; `length` as they were when that was seen.
struct Join {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Ord for Join {
    /// The highest score first, of equal ones the leftmost.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Join {}

impl Words for Pieces {
    fn encode(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        let mut tokens = Vec::new();
        let mut after_token = true;
        for part in self.cut(text) {
            match part {
                Part::Token(token) => tokens.push(token),
                Part::Text(text) => {
                    let before = if self.space_before && after_token { " " } else { "" };
                    self.join(&format!("{before}{text}").replace(' ', "\u{2581}"), &mut tokens)?;
                }
            }
            after_token = matches!(part, Part::Token(_));
        }
        Ok(tokens)
    }

    fn token(&self, name: &str) -> Option<u32> {
        let special = self.whole.iter().find(|&&at| *self.pieces[at as usize].text == *name);
        special.or_else(|| self.number.get(name)).copied()
    }

    fn size(&self) -> usize {
        self.pieces.len()
    }
}

impl TokenText for Pieces {
    fn bytes(&self, token: u32) -> Vec<u8> {
        let Some(piece) = self.pieces.get(token as usize) else { return Vec::new() };
        match piece.kind {
            Kind::Byte(byte) => vec![byte],
            Kind::Normal | Kind::Whole => piece.text.replace(SPACE, " ").into_bytes(),
            Kind::Control | Kind::Unused => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generation::TextStream;

    fn pieces() -> Pieces {
        let normal = |text: &str, score| Piece { text: text.into(), score, kind: Kind::Normal };
        let mut all = vec![
            Piece { text: "<end>".into(), score: 0.0, kind: Kind::Control },
            Piece { text: "\n\n".into(), score: 0.0, kind: Kind::Whole },
            Piece { text: "\n".into(), score: 0.0, kind: Kind::Whole },
            normal("a", -9.0),
            normal("b", -9.0),
            normal("c", -9.0),
            normal("\u{2581}", -9.0),
            normal("ab", -2.0),
            normal("bc", -1.0),
            normal("abc", -3.0),
            normal("\u{2581}a", -4.0),
        ];
        all.extend((0..=255u8).map(|byte| Piece {
            text: format!("<0x{byte:02X}>").into(),
            score: 0.0,
            kind: Kind::Byte(byte),
        }));
        Pieces::new(all, false)
    }

    #[test]
    fn the_highest_score_is_joined_first_and_the_leftmost_of_equals() {
        let pieces = pieces();
        // `bc` before `ab`, then `a` with it.
        assert_eq!(pieces.encode("abc").unwrap(), [9]);
        assert_eq!(pieces.encode("abab").unwrap(), [7, 7]);
        assert_eq!(pieces.encode(" ab").unwrap(), [6, 7]);
        assert_eq!(pieces.encode("c a").unwrap(), [5, 10]);
        assert_eq!(pieces.encode("").unwrap(), [0u32; 0]);
    }

    #[test]
    fn whole_texts_come_first_and_what_is_no_piece_is_spelled_in_bytes() {
        let pieces = pieces();
        assert_eq!(pieces.encode("a\n\n\nb<end>c").unwrap(), [3, 1, 2, 4, 0, 5]);
        let spelled = pieces.encode("aé").unwrap();
        assert_eq!(spelled, [3, 11 + 0xc3, 11 + 0xa9]);
        let mut stream = TextStream::new(&pieces, &[]);
        let text: String = [&spelled[..], &[0, 10]].concat().into_iter().map(|token| stream.push(token).0).collect();
        assert_eq!(text, "aé a");
        assert_eq!((pieces.token("<end>"), pieces.token("ab"), pieces.token("<none>")), (Some(0), Some(7), None));
        assert!(pieces.bytes(9999).is_empty());
    }
}
