//! What others wrote, read as streams of pages and cut into fragments.
//!
//! A [`PageReader`] goes through a source page by page: each [`Page`] has its [`Fragment`]s, each of these a paragraph with its links, its images and where it comes
//! from. A page that cannot be read is a [`SourceProblem`], and reading goes on with the next. From a [`Position`] reading resumes as if it had never stopped.
//! The crate knows no model and no index.

mod document;
pub mod dump;
mod error;
mod folder;
mod fragment;
mod html;
mod language;
mod open;
mod page;
mod records;
pub mod subject;
mod text;
pub mod wikitext;
mod zim;

pub use document::SHORTEST_PARAGRAPH;
pub use error::{Result, SourceError, SourceProblem};
pub use folder::{FolderOptions, FolderReader};
pub use fragment::{Fragment, FragmentImage, Link, LinkTarget, Provenance, fragment_id};
pub use open::{SourceOptions, open_source};
pub use page::{Page, PageReader, Position, Progress};
pub use records::{Mapping, RecordOptions, RecordReader, has_record_extension};
pub use zim::{ZimArchive, ZimReader};
