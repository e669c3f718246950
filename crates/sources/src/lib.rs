//! What others wrote, read as streams of pages and cut into fragments.
//!
//! A [`PageReader`] goes through a source page by page: each [`Page`] has its [`Fragment`]s, each of these a paragraph with its links, its images and where it comes
//! from. A page that cannot be read is a [`SourceProblem`], and reading goes on with the next. From a [`Position`] reading resumes as if it had never stopped.
//! The crate knows no model and no index.

mod document;
pub mod dump;
mod error;
pub mod explanation_pairs;
pub mod folder;
mod fragment;
mod html;
mod language;
mod open;
mod page;
mod pictures;
pub mod records;
pub mod subject;
mod text;
pub mod wikitext;
pub mod zim;

pub use error::{Result, SourceError, SourceProblem};
pub use fragment::{Fragment, FragmentImage, Link, LinkTarget, Provenance, fragment_id};
pub use open::{SourceOptions, open_source};
pub use page::{Page, PageReader, Position, Progress};
pub use pictures::Pictures;
