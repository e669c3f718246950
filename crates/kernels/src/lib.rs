//! Kernels for language and vision models on the processor: quantised products, attention, and what lies between.
//!
//! Everything works on plain slices with their sizes beside them and on a [`Pool`] of threads; no tensor type, no model, no file format is known here.

mod activations;
mod error;
mod format;
mod kernel;
mod matrix;
mod memory;
mod packing;
mod pool;
mod quantise;
mod simd;

pub use activations::Activations;
pub use error::KernelError;
pub use format::Format;
pub use matrix::QuantisedMatrix;
pub use pool::Pool;
