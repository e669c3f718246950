//! Metrics: pure functions over texts and numbers. Each names the implementation that it equals; `docs/evaluation.md` has the table.

pub mod bert;
pub mod bleu;
pub mod calibration;
pub mod cider;
pub mod classification;
pub mod entities;
pub mod interval;
pub mod meteor;
pub mod ngrams;
pub mod ranking;
pub mod rouge;
