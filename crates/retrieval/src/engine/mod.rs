//! The index on disk: documents as codes in segments, a manifest that commits, searches that narrow down.

mod bases;
mod error;
mod index;
mod links;
mod merging;
mod query;
mod reader;
mod search;
mod segment;
mod snapshot;

pub use error::EngineError;
pub use index::{Document, Index};
pub use reader::{Match, Reader, Wanted};
pub use search::SearchOptions;
