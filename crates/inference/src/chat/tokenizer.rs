//! Text to tokens and back, as `tokenizer.json` says.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use tokenizers::Tokenizer;

use super::Words;
use super::template::read;
use crate::InferenceError;
use crate::generation::TokenText;

/// The longest `tokenizer.json`; Qwen's has 11 MB.
const MOST_BYTES: u64 = 128 << 20;

/// A byte-level tokenizer.
pub struct ChatTokenizer {
    tokenizer: Tokenizer,
    /// Which byte a character of the vocabulary stands for.
    byte_of: HashMap<char, u8>,
}

impl ChatTokenizer {
    /// Reads `tokenizer.json` in `folder`.
    pub fn open(folder: &Path) -> Result<Self, InferenceError> {
        let path = folder.join("tokenizer.json");
        Self::from_json(&path, &read(&path, MOST_BYTES)?)
    }

    /// Reads the text of the file `path`, which errors name.
    pub fn from_json(path: &Path, json: &str) -> Result<Self, InferenceError> {
        let unusable = |cause: String| InferenceError::model_file(path, format!("{cause}; download it again"));
        // As in `guarded`: the library takes some broken files for impossible.
        serde_json::from_str::<serde::de::IgnoredAny>(json).map_err(|error| unusable(error.to_string()))?;
        let parsed = std::panic::catch_unwind(|| json.parse::<Tokenizer>());
        let parsed = parsed.map_err(|_| unusable("it is no tokenizer that can be read".into()))?;
        let mut tokenizer = parsed.map_err(|error| unusable(error.to_string()))?;
        // Whole conversations are read, whatever the file was trained with.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| unusable(error.to_string()))?;
        Ok(Self { tokenizer, byte_of: byte_of() })
    }

    /// The tokens of a text as [`encode`](Self::encode) gives them, each with the bytes of the text that it stands for. Tokens that are pieces of one
    /// character stand for all of it.
    pub fn encode_with_spans(&self, text: &str) -> Result<Vec<(u32, Range<usize>)>, InferenceError> {
        let encoding = self.guarded(|| self.tokenizer.encode(text, false))?;
        let spans = encoding.get_offsets().iter().map(|&(start, end)| {
            let mut span = start.min(text.len())..end.min(text.len());
            while !text.is_char_boundary(span.start) {
                span.start -= 1;
            }
            while !text.is_char_boundary(span.end) {
                span.end += 1;
            }
            span
        });
        Ok(encoding.get_ids().iter().copied().zip(spans).collect())
    }

    /// The library takes some broken files for impossible and ends in a fault; a file from outside must not do that to the program.
    fn guarded<T>(&self, encode: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, InferenceError> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(encode))
            .map_err(|_| {
                InferenceError::Tokens("the model's tokenizer.json is inconsistent; download it again".into())
            })?
            .map_err(|error| InferenceError::Tokens(error.to_string()))
    }
}

impl Words for ChatTokenizer {
    fn encode(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        Ok(self.guarded(|| self.tokenizer.encode_fast(text, false))?.get_ids().to_vec())
    }

    fn token(&self, name: &str) -> Option<u32> {
        self.tokenizer.token_to_id(name)
    }

    fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }
}

impl TokenText for ChatTokenizer {
    fn bytes(&self, token: u32) -> Vec<u8> {
        if let Some(added) = self.tokenizer.get_added_tokens_decoder().get(&token) {
            return if added.special { Vec::new() } else { added.content.clone().into_bytes() };
        }
        let Some(piece) = self.tokenizer.id_to_token(token) else { return Vec::new() };
        let bytes: Option<Vec<u8>> = piece.chars().map(|c| self.byte_of.get(&c).copied()).collect();
        bytes.unwrap_or_else(|| piece.into_bytes())
    }
}

/// `text` with what looks like one of a model's control tokens (`<|im_start|>`, `<start_of_turn>`) kept from being one, since passages, titles and
/// questions come from strangers and must not be able to end a turn or begin another. Every byte stays in its place.
pub fn as_words(text: &str) -> String {
    // Gemma's; one of its many unused tokens would do no harm.
    const CONTROL: [&str; 9] = [
        "<start_of_turn>",
        "<end_of_turn>",
        "<start_of_image>",
        "<end_of_image>",
        "<bos>",
        "<eos>",
        "<pad>",
        "<unk>",
        "<mask>",
    ];
    let text = text.replace("<|", "< ");
    CONTROL.iter().fold(text, |text, name| text.replace(name, &name.replace('<', "(").replace('>', ")")))
}

/// GPT-2's spelling of bytes: printable ones of Latin-1 stand for themselves, the others for the characters from U+0100 on.
fn byte_of() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let others = (0..=255u8).filter(|&byte| !printable(byte));
    let spelled = others.zip('\u{100}'..).map(|(byte, character)| (character, byte));
    (0..=255u8).filter(|&byte| printable(byte)).map(|byte| (char::from(byte), byte)).chain(spelled).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::generation::TextStream;

    fn tokenizer() -> ChatTokenizer {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chat");
        ChatTokenizer::open(&folder).unwrap()
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        tokens: Vec<u32>,
        decoded: String,
    }

    #[test]
    fn tokens_and_text_are_those_of_the_reference() {
        let tokenizer = tokenizer();
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/chat/tokens.json")).unwrap();
        assert!(cases.len() >= 10);
        for case in cases {
            assert_eq!(tokenizer.encode(&case.text).unwrap(), case.tokens, "{}", case.text);
            let spans = tokenizer.encode_with_spans(&case.text).unwrap();
            assert!(spans.iter().map(|(token, _)| token).eq(&case.tokens), "{}", case.text);
            // What tokens stand for follows one another; nothing lies between but spaces, and accents that were joined to their letters.
            let nothing = |text: &str| text.chars().all(|c| c.is_whitespace() || ('\u{300}'..='\u{36f}').contains(&c));
            let mut read = 0;
            for (_, span) in spans {
                let between = if span.start > read { &case.text[read..span.start] } else { "" };
                assert!(nothing(between), "{between:?} of {:?} belongs to no token", case.text);
                assert!(span.end >= read && case.text.get(span.clone()).is_some(), "{span:?} of {:?}", case.text);
                read = span.end;
            }
            assert!(nothing(&case.text[read..]), "{:?}", case.text);
            // Token by token, with every character whole.
            let mut stream = TextStream::new(&tokenizer, &[]);
            let mut text: String = case.tokens.iter().map(|&token| stream.push(token).0).collect();
            text.push_str(&stream.finish());
            assert_eq!(text, case.decoded);
        }
        assert!(tokenizer.token("<|im_end|>").is_some());
        assert_eq!(tokenizer.token("<|none|>"), None);
        assert!(tokenizer.bytes(u32::MAX).is_empty());
    }

    #[test]
    fn what_is_no_tokenizer_is_refused() {
        let path = Path::new("tokenizer.json");
        for json in ["", "{}", "[]", "{\"model\": {\"type\": \"BPE\"}}"] {
            let Err(error) = ChatTokenizer::from_json(path, json) else { panic!("{json} was taken") };
            assert!(error.to_string().contains("tokenizer.json"), "{error}");
        }
    }
}
