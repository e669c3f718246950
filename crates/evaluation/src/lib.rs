//! How good the models' answers are: metrics, and what is measured with them.

pub use vitrine_inference::metrics::{expected_calibration_error, macro_f1, top_k_accuracy};
