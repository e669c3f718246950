//! Pages, and readers that stream them.

use serde::{Deserialize, Serialize};

use crate::{Fragment, Provenance, SourceProblem};

/// A page with its fragments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The page's id in its source; stays when the page changes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Categories, keywords or tags that it carries, without their namespace.
    pub categories: Vec<String>,
    /// Its paragraphs in order. May be empty: a page that has no paragraph long enough is none the less read.
    pub fragments: Vec<Fragment>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Where reading stands: only the reader that gave it, on the same source, knows what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub String);

/// How far reading has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of the source that are done with, as they lie on the disk.
    pub bytes_done: u64,
    /// Bytes of the source.
    pub bytes_total: u64,
}

/// Goes through a source page by page, in the same order each time, in memory that does not grow with the source.
///
/// An error among the items concerns one page or one stretch of the source; the next item is what comes after it.
pub trait PageReader: Iterator<Item = Result<Page, SourceProblem>> + Send {
    /// Where reading stands after the item that came last: a reader that is opened there gives what this one gives from now on.
    fn reached(&self) -> Position;

    /// How far reading has come, for a rate and the time left.
    fn progress(&self) -> Progress;
}
