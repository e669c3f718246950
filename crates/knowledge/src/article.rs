//! Articles as they lie in the folder, and the fragments that a search finds.

/// Whose text the starter knowledge base is, with its licence.
pub const SOURCE: &str = "Vitrine starter knowledge base (MIT or Apache-2.0)";

/// What an article is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A style or movement.
    Style,
    /// Portrait, landscape and so on.
    Genre,
    /// What a work is made of.
    Medium,
    /// How it is made.
    Technique,
    /// A person who makes works.
    Artist,
    /// A subject, as in Iconclass.
    Theme,
    /// A word of the museum.
    Term,
}

impl Kind {
    /// The name as it stands in front matter and views: `style`, `genre`, `medium`, `technique`, `artist`, `theme`, `term`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Style => "style",
            Kind::Genre => "genre",
            Kind::Medium => "medium",
            Kind::Technique => "technique",
            Kind::Artist => "artist",
            Kind::Theme => "theme",
            Kind::Term => "term",
        }
    }
}

/// One article of the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Folder and file name without ending, e.g. `style/rococo`.
    pub id: String,
    /// What it is about, e.g. `Rococo`.
    pub title: String,
    /// Style, artist and so on.
    pub kind: Kind,
    /// Other names of the same thing.
    pub aliases: Vec<String>,
    /// Titles of neighbouring articles.
    pub related: Vec<String>,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<String>,
}

/// A paragraph of an article: the unit that is indexed, found and cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The article's id and the paragraph's number from 1, e.g. `style/rococo#2`.
    pub id: String,
    /// The article's title.
    pub title: String,
    /// The article's kind.
    pub kind: Kind,
    /// The paragraph.
    pub text: String,
    /// Whose text it is, with the licence.
    pub source: String,
}
