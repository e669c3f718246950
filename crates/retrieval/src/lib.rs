//! Late-interaction search over multi-vectors. It knows neither models nor images.

mod exact_index;
mod index_file;
mod max_sim;
mod multi_vector;
mod relevance;

pub use exact_index::{ExactIndex, Hit};
pub use index_file::IndexError;
pub use max_sim::{Ranked, RowMatch, SearchError, match_rows, max_sim, max_sim_all, top_k};
pub use multi_vector::{MultiVector, MultiVectorError};
pub use relevance::RelevanceCurve;
