//! A retriever for tests: a row a word, made of its letters alone. Words that are spelled alike lie close together.

use std::sync::atomic::{AtomicUsize, Ordering};

use image::RgbImage;
use vitrine_inference::{InferenceError, PackIdentity, Retriever, TextRows};
use vitrine_knowledge::{is_common, words};
use vitrine_retrieval::MultiVector;

const WIDTH: usize = 128;

/// Counts the passages that it read, so that a test can tell whether an index was built or opened.
pub struct WordRows {
    pack: PackIdentity,
    pub passages: AtomicUsize,
}

impl WordRows {
    pub fn new(version: &str) -> Self {
        let pack =
            PackIdentity { id: "word-rows".to_owned(), version: version.to_owned(), weights_sha256: "none".to_owned() };
        Self { pack, passages: AtomicUsize::new(0) }
    }

    fn rows(text: &str, keep: impl Fn(&str) -> bool) -> Result<TextRows, InferenceError> {
        let (mut values, mut spans) = (Vec::new(), Vec::new());
        for (span, word) in words(text).into_iter().filter(|(_, word)| keep(word)) {
            let mut row = [0f32; WIDTH];
            let letters: Vec<char> = format!("<{word}>").chars().collect();
            for three in letters.windows(3) {
                let place = three.iter().fold(7usize, |hash, &c| hash.wrapping_mul(131).wrapping_add(c as usize));
                row[place % WIDTH] += 1.0;
            }
            values.extend(row);
            spans.push(Some(span));
        }
        Ok(TextRows { rows: MultiVector::normalised(values, WIDTH)?, spans })
    }
}

impl Retriever for WordRows {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn dimension(&self) -> usize {
        WIDTH
    }

    fn relates_images_to_text(&self) -> bool {
        false
    }

    fn embed_image(&self, _image: &RgbImage) -> Result<MultiVector, InferenceError> {
        Ok(MultiVector::new(Vec::new(), WIDTH)?)
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        Self::rows(text, |word| !is_common(word))
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.passages.fetch_add(1, Ordering::Relaxed);
        Self::rows(text, |_| true)
    }
}

/// Writes an article into the folder of a knowledge base.
pub fn write_article(folder: &std::path::Path, id: &str, title: &str, aliases: &[&str], text: &str) {
    let kind = id.split('/').next().unwrap();
    let path = folder.join(format!("{id}.md"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let front = format!("+++\ntitle = {title:?}\nkind = {kind:?}\naliases = {aliases:?}\nrelated = []\n+++\n\n");
    std::fs::write(path, front + text + "\n").unwrap();
}
