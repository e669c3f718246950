//! Cutting a paragraph into sentences.

use std::ops::Range;

/// The byte ranges of the sentences of `text`, in order, without the white space between them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    vec![0..text.len()]
}
