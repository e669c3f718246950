//! Lists of concepts: Iconclass, as its editors publish it, and lists that a museum keeps itself.
//!
//! A concept has an identifier that stays and words that differ by language. This crate reads lists from files and finds concepts in
//! them; it knows no work, no statement and no library.

mod encoding;
mod error;
mod folding;
pub mod iconclass;
pub mod list;

pub use error::{Result, VocabularyError};
