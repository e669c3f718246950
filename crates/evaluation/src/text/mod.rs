//! Cutting text for the metrics.

mod letters;
mod penn;

pub use penn::{caption_tokens, penn_tokens};
