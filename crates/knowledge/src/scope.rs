//! What a search is about: some collections rather than all, some languages rather than all.

use std::collections::BTreeMap;

use crate::{KnowledgeBase, KnowledgeError};

/// Stands for the articles that come along where collections are named by their keys; no collection's key has an underscore.
pub const ARTICLES: &str = "shipped_articles";

/// The language that the articles are written in.
pub(crate) const ARTICLES_LANGUAGE: &str = "en";

/// Which passages a search is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Keys of collections, and [`ARTICLES`]; all of them if there is none.
    pub collections: Vec<String>,
    /// Languages by the first part of their BCP 47 tag, such as `en`, which stands for `en-GB` too; all of them, and passages of an unknown one, if there is none.
    pub languages: Vec<String>,
}

/// Passages of a collection, or of the articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The collection's key, or [`ARTICLES`].
    pub key: String,
    /// What people call it; the articles have no name of their own.
    pub name: Option<String>,
    /// Passages by language, as far as that is known.
    pub languages: BTreeMap<String, u64>,
    /// Passages of whatever language.
    pub passages: u64,
}

impl Scope {
    /// Whether the collection `key`, or the articles, may be searched.
    pub fn has(&self, key: &str) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|chosen| chosen == key)
    }

    /// The languages that are asked for, as they are compared; none for all.
    pub(crate) fn wanted_languages(&self) -> Vec<String> {
        let mut wanted: Vec<String> = self.languages.iter().map(|tag| main_language(tag)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Whether the articles may be searched.
    pub(crate) fn has_articles(&self) -> bool {
        let languages = self.wanted_languages();
        self.has(ARTICLES) && (languages.is_empty() || languages.iter().any(|language| language == ARTICLES_LANGUAGE))
    }
}

impl Holding {
    /// Its passages in one of `languages`; all of them if there is none.
    pub fn passages_in(&self, languages: &[String]) -> u64 {
        if languages.is_empty() {
            return self.passages;
        }
        let wanted = Scope { languages: languages.to_vec(), ..Scope::default() }.wanted_languages();
        wanted.iter().filter_map(|language| self.languages.get(language)).sum()
    }
}

impl KnowledgeBase {
    /// What a search can be narrowed down to: the articles, then the collections by name.
    pub fn holdings(&self) -> Result<Vec<Holding>, KnowledgeError> {
        let articles = self.fragments.len() as u64;
        let articles = Holding {
            key: ARTICLES.to_owned(),
            name: None,
            languages: BTreeMap::from([(ARTICLES_LANGUAGE.to_owned(), articles)]),
            passages: articles,
        };
        let mut holdings = vec![articles];
        for collection in self.collections() {
            holdings.push(collection.holding()?);
        }
        Ok(holdings)
    }
}

/// The language of a BCP 47 tag without its region and script, in small letters.
fn main_language(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_scope_is_everything_and_a_tag_stands_for_its_regions() {
        let all = Scope::default();
        assert!(all.has("anything") && all.has_articles());
        let italian = Scope { languages: vec!["it-CH".to_owned(), "IT".to_owned()], ..Scope::default() };
        assert_eq!(italian.wanted_languages(), ["it"]);
        assert!(!italian.has_articles(), "the articles are in English");
        let one = Scope { collections: vec!["archive".to_owned()], ..Scope::default() };
        assert!(one.has("archive") && !one.has("archives") && !one.has_articles());
        let both = Scope { collections: vec![ARTICLES.to_owned()], languages: vec!["en".to_owned()] };
        assert!(both.has_articles());
    }
}
