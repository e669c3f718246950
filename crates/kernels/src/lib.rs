//! Kernels for language and vision models on the processor: quantised products, attention, and what lies between.
//!
//! Everything works on plain slices with their sizes beside them and on a [`Pool`] of threads; no tensor type, no model, no file format is known here.

mod activations;
mod attention;
mod dense;
mod error;
mod format;
mod kernel;
mod matrix;
mod memory;
mod packing;
mod panel;
mod pointwise;
mod pool;
mod quantise;
mod simd;

pub use activations::Activations;
pub use attention::{AttentionShape, HeadRows, Span, attention};
pub use dense::linear;
pub use error::KernelError;
pub use format::Format;
pub use matrix::QuantisedMatrix;
pub use pointwise::{geglu, layer_norm, quick_gelu, rms_norm, rotary, swiglu};
pub use pool::Pool;
