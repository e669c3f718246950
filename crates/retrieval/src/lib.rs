//! Late-interaction search over multi-vectors. It knows neither models nor images.
//!
//! [`ExactIndex`] compares a query with every document, in memory; [`Index`] keeps any number of documents as codes on disk, and narrows
//! down before it compares. `docs/retrieval.md` tells how, and what was tried.

mod byte_rows;
mod codebook;
mod engine;
mod exact_index;
mod files;
mod index_file;
mod kernels;
mod linear;
mod max_sim;
#[cfg(test)]
mod measured;
mod multi_vector;
mod pooling;
#[cfg(feature = "qdrant")]
mod qdrant;
mod relevance;
mod store;

pub use byte_rows::{ByteQuery, ByteRows, ByteScratch};
pub use codebook::{Codebook, CodebookError, CodebookOptions};
pub use engine::{Document, EngineError, Index, Match, Reader, SearchOptions, Wanted};
pub use exact_index::{ExactIndex, Hit};
#[doc(hidden)]
pub use files::disk::steps_taken;
pub use index_file::IndexError;
pub use kernels::Instructions;
pub use max_sim::{Ranked, RowMatch, SearchError, match_rows, max_sim, max_sim_all, top_k};
pub use multi_vector::{MultiVector, MultiVectorError};
pub use pooling::{pool, pool_to_nine};
#[cfg(feature = "qdrant")]
pub use qdrant::QdrantStore;
pub use relevance::RelevanceEstimate;
pub use store::{Scored, Store, StoreError};
