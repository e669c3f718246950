//! Late-interaction search over multi-vectors. It knows neither models nor images.

mod multi_vector;

pub use multi_vector::{MultiVector, MultiVectorError};
