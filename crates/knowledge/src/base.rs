//! The open knowledge base.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_inference::{InferenceError, Retriever};

use crate::{Article, Fragment, SeedQuery};

/// A part of a passage that a search's words matched.
#[derive(Debug, Clone, PartialEq)]
pub struct WordMatch {
    /// The bytes of the fragment's text.
    pub span: Range<usize>,
    /// How strongly, 0 to 1.
    pub weight: f32,
}

/// A fragment that a search found.
#[derive(Debug, Clone)]
pub struct PassageHit {
    /// The fragment.
    pub fragment: Arc<Fragment>,
    /// Mean over the query's words of the best match in the fragment, -1 to 1.
    pub score: f32,
    /// How likely it is that the fragment speaks of what was asked, 0 to 1.
    pub relevance: f32,
    /// The words of the text that matched, in order, not overlapping.
    pub matches: Vec<WordMatch>,
}

/// A fragment that several searches together brought.
#[derive(Debug, Clone)]
pub struct SeededHit {
    /// The passage, with the score, relevance and matches of the search that ranks it best.
    pub hit: PassageHit,
    /// Its fused weight: the sum over searches of `weight / (60 + rank)`.
    pub fused: f32,
    /// Which of the searches found it, best first, as places in the list that was given.
    pub queries: Vec<usize>,
}

/// A title or an alias that occurs in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The id of the article it names.
    pub article: String,
    /// That article's title.
    pub title: String,
    /// Where in the text it stands.
    pub span: Range<usize>,
}

/// Why the knowledge base cannot be read, indexed or searched.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// Somebody stopped the indexing.
    #[error("indexing of the knowledge base was stopped; it starts again the next time")]
    Cancelled,
    /// The retriever failed.
    #[error("the text model could not read a passage or a question: {0}")]
    Model(#[from] InferenceError),
}

/// Articles, their fragments and the index over them.
pub struct KnowledgeBase {}

impl KnowledgeBase {
    /// Reads the articles under `folder` and opens their index at `index_file`; builds it when it is missing, damaged, or made
    /// from other text or by another pack. `progress` hears of fragments done and in all while it builds; setting `cancel` stops.
    pub fn open_or_build(
        _folder: &Path,
        _index_file: &Path,
        _retriever: Arc<dyn Retriever>,
        _progress: &(dyn Fn(u64, u64) + Sync),
        _cancel: &AtomicBool,
    ) -> Result<Self, KnowledgeError> {
        Err(KnowledgeError::Cancelled)
    }

    /// The `k` fragments that match `query` best, best first; those that are not relevant are left out, so it may be none.
    pub fn search(&self, _query: &str, _k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        Err(KnowledgeError::Cancelled)
    }

    /// The results of several searches, fused by reciprocal rank, each fragment once, irrelevant ones left out.
    pub fn search_seeded(&self, _queries: &[SeedQuery], _k: usize) -> Result<Vec<SeededHit>, KnowledgeError> {
        Err(KnowledgeError::Cancelled)
    }

    /// The fragment with this id, e.g. `style/rococo#2`.
    pub fn fragment(&self, _id: &str) -> Option<&Arc<Fragment>> {
        None
    }

    /// All fragments, by article and paragraph.
    pub fn fragments(&self) -> &[Arc<Fragment>] {
        &[]
    }

    /// All articles, by id.
    pub fn articles(&self) -> &[Article] {
        &[]
    }

    /// The article whose title or alias is `name`, whatever its case and accents.
    pub fn article_by_title_or_alias(&self, _name: &str) -> Option<&Article> {
        None
    }

    /// The titles and aliases that occur in `text` as whole words, in order; the longest where several overlap.
    pub fn entities(&self, _text: &str) -> Vec<Entity> {
        Vec::new()
    }
}
