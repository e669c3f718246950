//! Text as rows: word pieces by all-MiniLM-L6-v2, gathered to words, projected to 128.

use std::ops::Range;

use candle_core::{Device, Tensor};
use tokenizers::{Tokenizer, TruncationParams};
use vitrine_retrieval::MultiVector;

use crate::minilm::{Config, MiniLm, weights};
use crate::{InferenceError, PackManifest, PackPaths, TextRows};

/// The width of a row.
pub(crate) const ROW_WIDTH: usize = 128;

/// sentence-transformers' `max_seq_length` for this checkpoint, the two special tokens included.
const MAX_TOKENS: usize = 256;

const WEIGHTS: &str = "minilm-l6-v2.safetensors";
const TOKENIZER: &str = "minilm-l6-v2.tokenizer.json";
const PROJECTION: &str = "text-projection.safetensors";

/// Cuts texts into tokens and gives a row for every word. May be used from several threads at once.
pub(crate) struct TextEncoder {
    tokenizer: Tokenizer,
    model: MiniLm,
    /// `[hidden_size, ROW_WIDTH]`
    projection: Tensor,
    unknown: Option<u32>,
}

impl TextEncoder {
    /// Loads tokenizer, network and projection of the pack.
    pub(crate) fn load(manifest: &PackManifest, paths: &PackPaths) -> Result<Self, InferenceError> {
        let unusable = |name, cause: String| match manifest.path(paths, name) {
            Ok(path) => InferenceError::broken(&path, cause),
            Err(error) => error,
        };
        let mut tokenizer = Tokenizer::from_bytes(manifest.bytes(paths, TOKENIZER)?)
            .map_err(|e| unusable(TOKENIZER, e.to_string()))?;
        let truncation = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
        // The file's own settings pad every text to 128 tokens and cut it there.
        tokenizer
            .with_padding(None)
            .with_truncation(Some(truncation))
            .map_err(|e| unusable(TOKENIZER, e.to_string()))?;
        let config = Config::all_minilm_l6_v2();
        let model = weights(manifest.bytes(paths, WEIGHTS)?)
            .and_then(|weights| MiniLm::load(&config, weights))
            .map_err(|e| unusable(WEIGHTS, e.to_string()))?;
        let projection = weights(manifest.bytes(paths, PROJECTION)?)
            .and_then(|weights| weights.get((ROW_WIDTH, config.hidden_size), "projection"))
            .and_then(|projection| projection.t()?.contiguous())
            .map_err(|e| unusable(PROJECTION, e.to_string()))?;
        let unknown = tokenizer.token_to_id("[UNK]");
        Ok(Self { tokenizer, model, projection, unknown })
    }

    /// A row for every word of a document. Marks and special tokens have none, nor have words made of characters that the
    /// vocabulary lacks. What lies past the 256th token is not read.
    pub(crate) fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed(text, |_| true)
    }

    /// A row for every word of a query that says something; for all of them if only such words are there.
    pub(crate) fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed(text, |word| !is_function_word(word))
    }

    fn embed(&self, text: &str, keep: impl Fn(&str) -> bool) -> Result<TextRows, InferenceError> {
        let encoding = self.tokenizer.encode(text, true).map_err(|e| InferenceError::Tokens(e.to_string()))?;
        let mut words = self.words(text, &encoding);
        if words.iter().any(|word| keep(&text[word.bytes.clone()])) {
            words.retain(|word| keep(&text[word.bytes.clone()]));
        }
        if words.is_empty() {
            return Ok(TextRows { rows: MultiVector::new(Vec::new(), ROW_WIDTH)?, spans: Vec::new() });
        }
        let hidden = self.model.forward(encoding.get_ids())?;
        let rows = gather(&hidden, &words)?.matmul(&self.projection)?;
        Ok(TextRows {
            rows: MultiVector::normalised(rows.flatten_all()?.to_vec1()?, ROW_WIDTH)?,
            spans: words.into_iter().map(|word| Some(word.bytes)).collect(),
        })
    }

    /// The words of a text, in order.
    fn words(&self, text: &str, encoding: &tokenizers::Encoding) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut last = None;
        let pieces = encoding.get_word_ids().iter().zip(encoding.get_offsets()).zip(encoding.get_ids());
        for (token, ((word, &(start, end)), id)) in pieces.enumerate() {
            match (words.last_mut(), word) {
                (_, None) => {}
                (Some(open), Some(_)) if *word == last => {
                    open.tokens.end = token + 1;
                    open.bytes.end = end;
                }
                (_, Some(_)) => words.push(Word {
                    tokens: token..token + 1,
                    bytes: start..end,
                    known: Some(*id) != self.unknown,
                }),
            }
            last = *word;
        }
        words.retain(|word| {
            word.known && text.get(word.bytes.clone()).is_some_and(|text| text.chars().any(char::is_alphanumeric))
        });
        words
    }
}

/// One word: its tokens and its place in the text.
struct Word {
    tokens: Range<usize>,
    bytes: Range<usize>,
    known: bool,
}

/// The mean over each word's pieces: `[tokens, width]` to `[words, width]`.
fn gather(hidden: &Tensor, words: &[Word]) -> Result<Tensor, candle_core::Error> {
    let tokens = hidden.dim(0)?;
    let mut shares = vec![0f32; words.len() * tokens];
    for (row, word) in shares.chunks_mut(tokens).zip(words) {
        row[word.tokens.clone()].fill(1.0 / word.tokens.len() as f32);
    }
    Tensor::from_vec(shares, (words.len(), tokens), &Device::Cpu)?.matmul(hidden)
}

/// English words that hold a sentence together and name nothing.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "did", "do", "does", "for", "from",
    "had", "has", "have", "he", "her", "his", "how", "i", "in", "into", "is", "it", "its", "me", "of", "on", "or",
    "she", "so", "that", "the", "their", "them", "there", "these", "they", "this", "those", "to", "was", "we", "were",
    "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
];

fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_function_words_can_be_searched() {
        assert!(FUNCTION_WORDS.is_sorted() && is_function_word("The") && !is_function_word("wheat"));
    }
}
