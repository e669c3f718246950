//! The measuring stick: metrics that equal their reference implementations, the papers' data sets, and runs over them.
//!
//! It knows no model: whoever is measured comes in through [`run::Subject`]. `docs/evaluation.md` has the formulas, the differences to the references and figures.

pub mod data;
mod error;
pub mod instructions;
pub mod metrics;
pub mod plots;
pub mod run;
pub mod text;
pub mod track;

pub use error::EvaluationError;

pub(crate) use data::files as data_files;
