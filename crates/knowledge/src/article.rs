//! Articles as they lie in the folder, and the fragments that a search finds.
//!
//! An article is a text file `<kind>/<slug>.md`: front matter in TOML between two lines `+++` (`title`, `kind`, `aliases`,
//! `related`), then paragraphs of plain text with empty lines between them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::KnowledgeError;

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
    /// A page of a collection that a person brought in, about anything.
    #[serde(skip)]
    Page,
}

impl Kind {
    /// The name as it stands in front matter and views: `style`, `genre`, `medium`, `technique`, `artist`, `theme`, `term`, `page`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Style => "style",
            Kind::Genre => "genre",
            Kind::Medium => "medium",
            Kind::Technique => "technique",
            Kind::Artist => "artist",
            Kind::Theme => "theme",
            Kind::Term => "term",
            Kind::Page => "page",
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

/// A paragraph of an article or a page: the unit that is indexed, found and cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The article's id and the paragraph's number from 1, e.g. `style/rococo#2`; of a collection its key and the fragment's number, e.g. `wikipedia:4711`.
    pub id: String,
    /// The article's title.
    pub title: String,
    /// The headings that it stands under, outermost first; articles have none.
    pub section: Vec<String>,
    /// The article's kind.
    pub kind: Kind,
    /// The paragraph.
    pub text: String,
    /// Whose text it is, with the licence.
    pub source: String,
    /// Where the page stands on the web or on the disk, where that is known.
    pub address: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    kind: Kind,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
}

impl Article {
    /// Reads the text of a file; `id` is its path in the folder without ending. The error says what is wrong with it.
    fn parse(id: &str, text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let front = text.strip_prefix("+++\n").ok_or("it does not begin with a line `+++`")?;
        let (front, body) = front.split_once("\n+++\n").ok_or("its front matter does not end with a line `+++`")?;
        let FrontMatter { title, kind, aliases, related } =
            toml::from_str(front).map_err(|e| format!("its front matter is not as expected: {}", e.message()))?;
        let paragraphs: Vec<String> = body
            .split("\n\n")
            .map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|p| !p.is_empty())
            .collect();
        if title.trim().is_empty() {
            return Err("its title is empty".to_owned());
        }
        if paragraphs.is_empty() {
            return Err("it has no text below its front matter".to_owned());
        }
        Ok(Self { id: id.to_owned(), title, kind, aliases, related, paragraphs })
    }

    /// Its paragraphs as fragments. On questions about the starter knowledge base, paragraphs and whole articles find the right
    /// article equally often, but the best paragraph of a question that has an answer stands clearer above that of one that has
    /// none, and a citation of a paragraph is soon checked.
    pub(crate) fn fragments(&self) -> impl Iterator<Item = Arc<Fragment>> {
        self.paragraphs.iter().enumerate().map(|(number, text)| {
            Arc::new(Fragment {
                id: format!("{}#{}", self.id, number + 1),
                title: self.title.clone(),
                section: Vec::new(),
                kind: self.kind,
                text: text.clone(),
                source: SOURCE.to_owned(),
                address: None,
            })
        })
    }
}

/// All articles under `folder`, by id.
pub(crate) fn read_articles(folder: &Path) -> Result<Vec<Article>, KnowledgeError> {
    let mut articles = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|e| KnowledgeError::Read {
            path: e.path().map_or_else(|| folder.to_owned(), PathBuf::from),
            source: e.into(),
        })?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let text =
            std::fs::read_to_string(path).map_err(|source| KnowledgeError::Read { path: path.to_owned(), source })?;
        let inside = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        let id = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let article =
            Article::parse(&id, &text).map_err(|reason| KnowledgeError::Article { path: path.to_owned(), reason })?;
        articles.push(article);
    }
    if articles.is_empty() {
        return Err(KnowledgeError::NoArticles { folder: folder.to_owned() });
    }
    articles.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(articles)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROCOCO: &str = "+++\ntitle = \"Rococo\"\nkind = \"style\"\naliases = [\"Rocaille\"]\nrelated = []\n+++\n\nRococo is\na style.\n\n\nPastel colours.\n";

    #[test]
    fn reads_front_matter_and_paragraphs() {
        let article = Article::parse("style/rococo", ROCOCO).unwrap();
        assert_eq!(article.paragraphs, ["Rococo is a style.", "Pastel colours."]);
        assert_eq!((article.kind, article.aliases[0].as_str()), (Kind::Style, "Rocaille"));
        let ids: Vec<_> = article.fragments().map(|f| f.id.clone()).collect();
        assert_eq!(ids, ["style/rococo#1", "style/rococo#2"]);
        assert_eq!(Article::parse("style/rococo", &ROCOCO.replace('\n', "\r\n")).unwrap(), article);
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        for (text, reason) in [
            ("Rococo", "begin"),
            ("+++\ntitle = \"Rococo\"\n", "end"),
            ("+++\ntitle = \"A\"\nkind = \"planet\"\n+++\nText.", "planet"),
            ("+++\ntitle = \"A\"\nkind = \"term\"\n+++\n\n", "no text"),
            ("+++\ntitle = \" \"\nkind = \"term\"\n+++\nText.", "title"),
        ] {
            let error = Article::parse("x", text).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn names_the_file_and_a_folder_without_articles() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_articles(folder.path()).unwrap_err().to_string().contains("holds no articles"));
        std::fs::write(folder.path().join("broken.md"), "nothing").unwrap();
        assert!(read_articles(folder.path()).unwrap_err().to_string().contains("broken.md"));
        assert!(read_articles(&folder.path().join("missing")).is_err());
    }
}
