//! The knowledge base: articles in a folder, and collections that a person brings in, cut into fragments, indexed by a retriever and found by late interaction.

mod article;
mod base;
mod collection;
mod indexing;
mod pages;
mod relevance;
mod scope;
mod search;
mod seeds;
mod sentences;
mod words;

pub use article::{Article, Fragment, Kind, SOURCE};
pub use base::{Entity, KnowledgeBase, KnowledgeError};
pub use collection::{
    Collection, CollectionSummary, IndexingProgress, Opener, PageDrawer, ReadingProgress, ReadingReport, SourceSummary,
};
pub use pages::PageHit;
pub use relevance::RelevanceFeatures;
pub use scope::{ARTICLES, Holding, Scope};
pub use search::{PassageHit, SeededHit, WordMatch};
pub use seeds::{SeedQuery, seed_queries};
pub use sentences::sentences;
pub use words::{fold, is_common, words};
