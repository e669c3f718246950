//! Text as rows: word pieces by all-MiniLM-L6-v2, gathered to words, projected to 128.

use std::error::Error;
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

/// The text half of the compact retriever: a row for every word. May be used from several threads at once.
pub struct TextEncoder {
    tokenizer: Tokenizer,
    model: MiniLm,
    /// `[hidden_size, ROW_WIDTH]`
    projection: Tensor,
    unknown: Option<u32>,
}

impl TextEncoder {
    /// Loads tokenizer, network and projection of the pack.
    pub fn load(manifest: &PackManifest, paths: &PackPaths) -> Result<Self, InferenceError> {
        let unusable = |name, cause: String| match manifest.path(paths, name) {
            Ok(path) => InferenceError::broken(&path, cause),
            Err(error) => error,
        };
        // Not `Tokenizer::from_bytes`: a generic function is compiled anew here, with all that reads any kind of tokenizer.
        let mut tokenizer: Tokenizer = String::from_utf8(manifest.bytes(paths, TOKENIZER)?)
            .map_err(|e| unusable(TOKENIZER, e.to_string()))?
            .parse()
            .map_err(|e: Box<dyn Error + Send + Sync>| unusable(TOKENIZER, e.to_string()))?;
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
    pub fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        let encoding = self.tokenizer.encode(text, true).map_err(|e| InferenceError::Tokens(e.to_string()))?;
        let words = self.words(text, &encoding);
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

    /// A row for every word of a query, as of a passage. Words like "the" stay: their rows carry what the sentence is about, and leaving
    /// them out put the right article first for 93 instead of 95 % of the questions in the assistant's tests.
    pub fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_passage(text)
    }

    /// The network's last hidden row of every token, `[tokens, hidden_size]` in a row, with the tokens' numbers: before words are gathered and projected. What lies past the
    /// 256th token is not read.
    pub fn hidden_rows(&self, text: &str) -> Result<(Vec<u32>, Vec<f32>), InferenceError> {
        let encoding = self.tokenizer.encode(text, true).map_err(|e| InferenceError::Tokens(e.to_string()))?;
        let hidden = self.model.forward(encoding.get_ids())?;
        Ok((encoding.get_ids().to_vec(), hidden.flatten_all()?.to_vec1()?))
    }

    /// The tokens that stand at a text's ends.
    pub fn markers(&self) -> Vec<u32> {
        ["[CLS]", "[SEP]"].into_iter().filter_map(|marker| self.tokenizer.token_to_id(marker)).collect()
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
                (_, Some(_)) => {
                    words.push(Word { tokens: token..token + 1, bytes: start..end, known: Some(*id) != self.unknown })
                }
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rayon::prelude::*;
    use serde::Deserialize;

    use super::*;

    /// The encoder, or `None` and a sentence where set-up has not fetched the weights.
    fn encoder() -> Option<TextEncoder> {
        let paths = PackPaths::compact(None).unwrap();
        if !paths.fetched.join(WEIGHTS).exists() {
            eprintln!(
                "skipped: {} is not there; models/compact/fetch.py fetches it",
                paths.fetched.join(WEIGHTS).display()
            );
            return None;
        }
        Some(TextEncoder::load(&PackManifest::read(&paths).unwrap(), &paths).unwrap())
    }

    /// `fixtures/minilm.json`, made by `fixtures/minilm.py`.
    #[derive(Deserialize)]
    struct Reference {
        every: usize,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        tokens: Vec<u32>,
        rows: Vec<ReferenceRow>,
    }

    #[derive(Deserialize)]
    struct ReferenceRow {
        row: usize,
        numbers: Vec<f32>,
    }

    #[test]
    fn token_embeddings_are_those_of_sentence_transformers() {
        let Some(encoder) = encoder() else { return };
        let reference: Reference = serde_json::from_str(include_str!("../fixtures/minilm.json")).unwrap();
        let mut largest = 0f32;
        for case in &reference.cases {
            let encoding = encoder.tokenizer.encode(case.text.as_str(), true).unwrap();
            assert_eq!(encoding.get_ids(), case.tokens, "{:?}", case.text);
            let hidden: Vec<Vec<f32>> = encoder.model.forward(encoding.get_ids()).unwrap().to_vec2().unwrap();
            for row in &case.rows {
                let found = hidden[row.row].iter().step_by(reference.every);
                assert_eq!(found.len(), row.numbers.len());
                largest = found.zip(&row.numbers).map(|(a, b)| (a - b).abs()).fold(largest, f32::max);
            }
        }
        println!("largest difference {largest:e}");
        assert!(largest <= 1e-4, "{largest}");
    }

    fn words<'a>(text: &'a str, rows: &TextRows) -> Vec<&'a str> {
        assert_eq!(rows.spans.len(), rows.rows.len());
        rows.spans.iter().map(|span| &text[span.clone().unwrap()]).collect()
    }

    #[test]
    fn rows_are_unit_length_and_stand_for_whole_words() {
        let Some(encoder) = encoder() else { return };
        let text = "Käthe Kollwitz (1867–1945) à\u{a0}Moritzburg; e\u{301}tude, 葛飾 🎨 chiaroscuro.";
        let passage = encoder.embed_passage(text).unwrap();
        let expected = ["Käthe", "Kollwitz", "1867", "1945", "à", "Moritzburg", "e\u{301}tude", "chiaroscuro"];
        assert_eq!(words(text, &passage), expected);
        for row in passage.rows.rows() {
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_text_without_words_has_no_rows() {
        let Some(encoder) = encoder() else { return };
        for text in ["", " \n", "?!…", "🎨"] {
            assert!(encoder.embed_query(text).unwrap().rows.is_empty(), "{text:?}");
            assert!(encoder.embed_passage(text).unwrap().rows.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn words_past_the_limit_are_left_out() {
        let Some(encoder) = encoder() else { return };
        let rows = encoder.embed_passage(&"paint ".repeat(400)).unwrap();
        assert_eq!(rows.rows.len(), MAX_TOKENS - 2);
    }

    #[test]
    fn a_query_finds_the_passage_that_speaks_of_it() {
        let Some(encoder) = encoder() else { return };
        let passages = [
            "Chiaroscuro is the modelling of forms by strong contrasts of light and shade.",
            "A woodcut is printed from a block of wood, from which the white parts are cut away.",
            "Fresco is painted on fresh lime plaster, which binds the pigment as it dries.",
        ];
        let queries =
            ["dark shadows beside bright light", "prints from carved wooden blocks", "painting on a wet wall"];
        let rows: Vec<_> = passages.iter().map(|passage| encoder.embed_passage(passage).unwrap().rows).collect();
        for (right, query) in queries.iter().enumerate() {
            let query = encoder.embed_query(query).unwrap().rows;
            let scores: Vec<f32> = rows.iter().map(|rows| max_sim(&query, rows)).collect();
            let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            assert_eq!(best, Some(right), "{scores:?}");
        }
    }

    fn max_sim(query: &MultiVector, document: &MultiVector) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        query.rows().map(|q| document.rows().map(|d| dot(q, d)).fold(f32::MIN, f32::max)).sum()
    }

    #[test]
    fn threads_share_an_encoder() {
        let Some(encoder) = encoder() else { return };
        let texts: Vec<String> = (0..16).map(|i| format!("Study number {i} of a hand holding a quill")).collect();
        let alone: Vec<_> = texts.iter().map(|text| encoder.embed_passage(text).unwrap().rows).collect();
        let together: Vec<_> = texts.par_iter().map(|text| encoder.embed_passage(text).unwrap().rows).collect();
        assert_eq!(alone, together);
    }

    #[test]
    #[ignore = "a measurement: prints how long texts of 20 and 80 words take"]
    fn time_a_text() {
        let Some(encoder) = encoder() else { return };
        let words: Vec<&str> =
            "The Stonemason's Yard is an early masterpiece of Canaletto with a view over the canal to the \
                                church of Santa Maria della Carità"
                .split(' ')
                .collect();
        for count in [20, 80] {
            let text = words.iter().cycle().take(count).copied().collect::<Vec<_>>().join(" ");
            let start = Instant::now();
            for _ in 0..20 {
                encoder.embed_passage(&text).unwrap();
            }
            println!("{count} words: {:.1} ms", start.elapsed().as_secs_f64() * 50.0);
        }
    }
}
