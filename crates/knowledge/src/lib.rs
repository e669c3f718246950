//! The knowledge base: articles in a folder, cut into fragments, indexed by a retriever and found by late interaction.

mod article;
mod base;
mod seeds;
mod sentences;

pub use article::{Article, Fragment, Kind, SOURCE};
pub use base::{Entity, KnowledgeBase, KnowledgeError, PassageHit, SeededHit, WordMatch};
pub use seeds::{SeedQuery, seed_queries};
pub use sentences::sentences;
