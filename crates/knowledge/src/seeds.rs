//! From a work to the knowledge base: which searches a question and the artwork card suggest.

use vitrine_inference::CardLine;

/// A search that the question or a line of the artwork card suggests.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedQuery {
    /// The words to search for.
    pub text: String,
    /// How much its results count in the fusion, 0 to 1.
    pub weight: f32,
    /// The property of the card line it comes from; `None` for the question.
    pub property: Option<String>,
    /// The value of that line, looked up among titles and aliases before the search.
    pub value: Option<String>,
}

/// The searches for `question` and the `card`, most weighty first.
pub fn seed_queries(question: Option<&str>, card: &[CardLine]) -> Vec<SeedQuery> {
    let _ = (question, card);
    Vec::new()
}
