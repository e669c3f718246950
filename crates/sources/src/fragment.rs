//! A paragraph with its links, its images and where it comes from.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Where a page comes from, so that whoever uses a fragment can name and honour it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The source's name as people know it: `Wikipedia (en)`, a collection, a folder.
    pub source: String,
    /// The licence, where it is known: `CC BY-SA 4.0`.
    pub licence: Option<String>,
    /// The page's address on the web, or its file.
    pub address: Option<String>,
    /// The language of the text as a BCP 47 tag, where it is known.
    pub language: Option<String>,
    /// The page's revision as the source numbers it, or a hash of its content where the source numbers none: what has the same revision has not changed.
    pub revision: Option<String>,
    /// When the revision was made (ISO 8601), where it is known.
    pub date: Option<String>,
}

/// A paragraph of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Stable: see [`fragment_id`].
    pub id: String,
    /// The page's title.
    pub title: String,
    /// The headings that it stands under, outermost first; empty for a page's opening.
    pub section: Vec<String>,
    /// The paragraph, without markup and line breaks.
    pub text: String,
    /// Links in the text, in its order and without overlap.
    pub links: Vec<Link>,
    /// Images that belong to the paragraph, in the page's order.
    pub images: Vec<FragmentImage>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Words that lead elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Bytes of the fragment's text, on the borders of characters.
    pub range: Range<usize>,
    /// Where to.
    pub target: LinkTarget,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkTarget {
    /// A page of the same source, by its title, perhaps with `#` and a section.
    Page(String),
    /// An address outside.
    Address(String),
}

/// An image that belongs to a paragraph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FragmentImage {
    /// The image's name in its source (a file name without its namespace, an entry of an archive), or its path.
    pub name: String,
    /// The caption without markup; empty where there is none.
    pub caption: String,
}

/// The id of a page's fragment: the source's key (short, without `/`), the page's id there, and the paragraph's number from 0 in the page.
///
/// It is the same whenever the same revision of the page is read, whatever was read before.
pub fn fragment_id(source: &str, page: &str, ordinal: usize) -> String {
    format!("{source}/{page}#{ordinal}")
}
