//! The words of a model in a GGUF file: its vocabulary, and how it was taught to converse.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::pieces::{Kind, Piece, Pieces};
use super::{ChatTemplate, ChatTokenizer, Speech, Words};
use crate::InferenceError;
use crate::weights::gguf::{Header, Value};

/// How Qwen2's and Qwen3's tokenizer cuts text before it joins bytes, as published with them.
const QWEN_CUTS: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How a conversation is laid out for a model that was taught none: as one that is written down.
const PLAIN: &str = "{{ bos_token or '' }}{% for message in messages %}{{ message.role | capitalize }}: {{ message.content }}\n\n{% endfor %}\
    {% if add_generation_prompt %}Assistant:{% endif %}";
/// What begins the next turn there.
const PLAIN_STOP: &str = "\n\n";

/// GGUF's numbers in `tokenizer.ggml.token_type`.
mod token_type {
    pub(super) const NORMAL: u32 = 1;
    pub(super) const UNKNOWN: u32 = 2;
    pub(super) const CONTROL: u32 = 3;
    pub(super) const USER_DEFINED: u32 = 4;
    pub(super) const BYTE: u32 = 6;
}

impl Speech {
    /// Of the file `path` with this head and these bytes.
    pub fn of_gguf(path: &Path, header: &Header, bytes: &[u8]) -> Result<Self, InferenceError> {
        let lacks = |key: &str| InferenceError::model_file(path, format!("its metadata lacks {key}"));
        let key = |name: &str| format!("tokenizer.ggml.{name}");
        let tokens = header.texts(&key("tokens"), path, bytes)?.ok_or_else(|| lacks(&key("tokens")))?;
        let kinds = header.long_numbers(&key("token_type"), path, bytes)?.unwrap_or_default();
        let kind = |at: usize| kinds.get(at).map_or(token_type::NORMAL, |&kind| kind as u32);
        let words: Box<dyn Words> = match header.text(&key("model")) {
            Some("llama") => {
                let scores = header.long_numbers(&key("scores"), path, bytes)?.ok_or_else(|| lacks(&key("scores")))?;
                let before = header.metadata.get(&key("add_space_prefix")) != Some(&Value::Bool(false));
                Box::new(pieces(&tokens, &scores, &kind, before))
            }
            Some("gpt2") => {
                let cuts = header.text(&key("pre")).unwrap_or("default");
                if cuts != "qwen2" {
                    let cause = format!("its tokenizer cuts text in the way {cuts:?}, which is not known; qwen2 is");
                    return Err(InferenceError::model_file(path, cause));
                }
                let merges = header.texts(&key("merges"), path, bytes)?.ok_or_else(|| lacks(&key("merges")))?;
                Box::new(ChatTokenizer::from_json(path, &byte_level(&tokens, &kind, merges).to_string())?)
            }
            other => {
                let cause =
                    format!("its tokenizer is of the kind {other:?}; llama (Gemma's) and gpt2 (Qwen's) are read");
                return Err(InferenceError::model_file(path, cause));
            }
        };
        let token = |name: &str| {
            let number = header.number(&key(name))?;
            Some((u32::try_from(number).ok()?, tokens.get(usize::try_from(number).ok()?)?.clone()))
        };
        let begins = header.metadata.get(&key("add_bos_token")) == Some(&Value::Bool(true));
        let template = header.text("tokenizer.chat_template");
        let mut speech = Self::new(words, ChatTemplate::new(path, template.unwrap_or(PLAIN).to_owned())?);
        if template.is_none() {
            speech.taught = false;
            speech.stops.push(PLAIN_STOP.to_owned());
        }
        speech.beginning = token("bos_token_id").filter(|_| begins);
        speech.ends.extend(["eos_token_id", "eot_token_id"].into_iter().filter_map(|name| Some(token(name)?.0)));
        Ok(speech)
    }
}

fn pieces(tokens: &[String], scores: &[f64], kind: &dyn Fn(usize) -> u32, space_before: bool) -> Pieces {
    let pieces = tokens.iter().enumerate().map(|(at, text)| Piece {
        text: text.as_str().into(),
        score: scores.get(at).copied().unwrap_or(f64::NEG_INFINITY) as f32,
        kind: match kind(at) {
            token_type::NORMAL => Kind::Normal,
            token_type::CONTROL | token_type::UNKNOWN => Kind::Control,
            token_type::USER_DEFINED => Kind::Whole,
            token_type::BYTE => byte(text).map_or(Kind::Unused, Kind::Byte),
            _ => Kind::Unused,
        },
    });
    Pieces::new(pieces.collect(), space_before)
}

/// The byte that a token of the form `<0x0A>` stands for.
fn byte(text: &str) -> Option<u8> {
    u8::from_str_radix(text.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

/// The form of a `tokenizer.json`.
fn byte_level(tokens: &[String], kind: &dyn Fn(usize) -> u32, merges: Vec<String>) -> Json {
    let vocabulary: Map<String, Json> = tokens.iter().enumerate().map(|(at, text)| (text.clone(), json!(at))).collect();
    let whole = |at: &usize| matches!(kind(*at), token_type::CONTROL | token_type::USER_DEFINED);
    let added: Vec<Json> = (0..tokens.len())
        .filter(whole)
        .map(|at| {
            json!({
                "id": at, "content": tokens[at], "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": kind(at) == token_type::CONTROL,
            })
        })
        .collect();
    json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": { "type": "NFC" },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "Split", "pattern": { "Regex": QWEN_CUTS }, "behavior": "Isolated", "invert": false },
            { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false },
        ]},
        "decoder": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false },
        "model": { "type": "BPE", "vocab": vocabulary, "merges": merges },
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use candle_core::{DType, Device};
    use serde::Deserialize;

    use super::*;
    use crate::chat::TemplateInput;
    use crate::weights::gguf::{EntryInfo, GgufWeights, write_head};

    fn speech(name: &str) -> Speech {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "text", name].iter().collect();
        let weights = GgufWeights::open(&[&path], DType::F32, &Device::Cpu).unwrap();
        let (path, header, bytes) = weights.language_file().unwrap();
        Speech::of_gguf(path, header, bytes).unwrap()
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        tokens: Vec<u32>,
    }

    #[test]
    fn pieces_are_sentencepiece_s() {
        let speech = speech("gemma3.gguf");
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/text/pieces.json")).unwrap();
        assert!(cases.len() >= 14);
        for Case { text, tokens } in cases {
            assert_eq!(speech.words.encode(&text).unwrap(), tokens, "{text:?}");
            let bytes: Vec<u8> = tokens.iter().flat_map(|&token| speech.words.bytes(token)).collect();
            assert_eq!(String::from_utf8(bytes).unwrap(), text);
        }
    }

    #[test]
    fn bytes_are_joined_as_by_the_tokenizer_that_the_file_was_made_of() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/chat/tokens.json")).unwrap();
        let speech = speech("qwen3.gguf");
        for Case { text, tokens } in cases {
            assert_eq!(speech.words.encode(&text).unwrap(), tokens, "{text:?}");
        }
        assert!(speech.ends.contains(&speech.words.token("<|im_end|>").unwrap()));
    }

    #[derive(serde::Serialize)]
    struct Said {
        role: &'static str,
        content: &'static str,
    }

    fn laid_out(speech: &Speech) -> String {
        let messages = [Said { role: "user", content: "Who?" }];
        let input = TemplateInput {
            messages: &messages,
            tools: None::<&[Json]>,
            add_generation_prompt: true,
            bos_token: speech.beginning.as_ref().map(|(_, text)| text.as_str()),
            eos_token: None,
            enable_thinking: None,
        };
        speech.template.render(&input).unwrap()
    }

    #[test]
    fn a_conversation_begins_once_and_ends_with_the_turn() {
        let speech = speech("gemma3.gguf");
        let text = laid_out(&speech);
        assert_eq!(text, "<s><start_of_turn>user\nWho?<end_of_turn>\n<start_of_turn>model\n");
        let tokens = speech.tokens(&text).unwrap();
        assert_eq!(tokens.iter().filter(|&&token| token == 2).count(), 1);
        assert_eq!(speech.tokens("Who?").unwrap()[0], 2);
        assert!(speech.taught && speech.ends.contains(&speech.words.token("<end_of_turn>").unwrap()));
    }

    #[test]
    fn a_model_that_was_taught_none_gets_a_conversation_that_is_written_down() {
        let speech = speech("qwen2.gguf");
        assert!(!speech.taught);
        assert_eq!(laid_out(&speech), "User: Who?\n\nAssistant:");
        assert_eq!(speech.stops, ["\n\n"]);
    }

    #[test]
    fn words_that_are_not_known_are_refused() {
        let refusal = |metadata: &[(&str, &str)]| {
            let metadata: Vec<(&str, Value)> =
                metadata.iter().map(|(key, text)| (*key, Value::Text((*text).to_owned()))).collect();
            let bytes = write_head(&metadata, &[] as &[EntryInfo]);
            let path = Path::new("x.gguf");
            let header = Header::read(path, &bytes).unwrap();
            let Err(error) = Speech::of_gguf(path, &header, &bytes) else { panic!("{metadata:?} was taken") };
            error.to_string()
        };
        let no_tokens = refusal(&[("tokenizer.ggml.model", "llama")]);
        assert!(no_tokens.contains("x.gguf") && no_tokens.contains("lacks tokenizer.ggml.tokens"), "{no_tokens}");
    }
}
