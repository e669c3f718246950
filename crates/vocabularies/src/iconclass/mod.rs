//! Iconclass: what pictures show, as about forty thousand notations with their meanings in several languages.
//!
//! The data are those that its editors release, text files that set-up fetches (`assets/iconclass/iconclass.toml` says from
//! where and under which licence). A notation such as `25F23(LION)(+46)` is a place in a tree, here with bracketed text and a key.

mod finding;
mod notation;
mod texts;
mod tree;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use finding::{Index, by_notation};
use notation::Place;
use texts::Texts;
use tree::Tree;

use crate::encoding::segment;
use crate::error::{Result, VocabularyError};

/// The list's name, as records give it for the source of a concept.
pub const NAME: &str = "Iconclass";

/// The language that has all texts, which others fall back on.
pub const FALLBACK: &str = "en";

/// Tags of languages, what the files call them, and whether their words have spaces between them.
const LANGUAGES: [(&str, &str, bool); 9] = [
    ("en", "en", true),
    ("de", "de", true),
    ("fr", "fr", true),
    ("it", "it", true),
    ("pt", "pt", true),
    ("es", "es", true),
    ("fi", "fi", true),
    ("nl", "nl", true),
    ("ja", "jp", false),
];

/// Iconclass in memory; a language is read when it is first asked for.
#[derive(Debug)]
pub struct Iconclass {
    folder: PathBuf,
    tree: Tree,
    languages: Vec<&'static str>,
    read: Mutex<HashMap<&'static str, Arc<Language>>>,
}

#[derive(Debug)]
struct Language {
    texts: Texts,
    index: Index,
}

/// A notation with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The notation.
    pub notation: String,
    /// What it means.
    pub text: String,
    /// Whether anything stands below it.
    pub branches: bool,
}

/// All that Iconclass says of a notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// The notation.
    pub notation: String,
    /// What it means.
    pub text: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Whether it has room for a name that nobody has filled in: `11H(...)`.
    pub open: bool,
    /// From the division down to the notation itself.
    pub path: Vec<Entry>,
    /// What stands below.
    pub children: Vec<Entry>,
    /// The same with a key, or with a key that says more.
    pub keys: Vec<Entry>,
    /// Notations that are worth a look too.
    pub related: Vec<Entry>,
}

impl Concept {
    /// The concept in words for a record: notation and meaning.
    pub fn wording(&self) -> String {
        format!("{} {}", self.notation, self.text)
    }

    /// Its identifier on the web.
    pub fn uri(&self) -> String {
        uri(&self.notation)
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The language whose words were found.
    pub language: &'static str,
    /// How many there are.
    pub total: usize,
    /// The best.
    pub entries: Vec<Entry>,
}

/// A notation's identifier on the web. Nothing is fetched from there; records name concepts by it.
pub fn uri(notation: &str) -> String {
    format!("https://iconclass.org/{}", segment(notation))
}

impl Iconclass {
    /// Reads the tree from a folder of Iconclass's files.
    pub fn open(folder: &Path) -> Result<Self> {
        let notations = folder.join("notations.txt");
        if !notations.is_file() {
            return Err(VocabularyError::NoIconclass(notations));
        }
        let tree = Tree::read(&read(&notations)?, &read(&folder.join("keys.txt"))?)
            .map_err(|reason| VocabularyError::Damaged { file: notations, reason })?;
        let is_there = |name: &str| folder.join(format!("txt_{name}.txt")).is_file();
        let languages = LANGUAGES.iter().filter(|(_, name, _)| is_there(name)).map(|(tag, ..)| *tag).collect();
        let iconclass = Self { folder: folder.to_path_buf(), tree, languages, read: Mutex::default() };
        // Whoever opens it wants to read it: a missing language is told now.
        iconclass.texts(FALLBACK)?;
        Ok(iconclass)
    }

    /// The tags of the languages that it is there in.
    pub fn languages(&self) -> &[&'static str] {
        &self.languages
    }

    /// How many notations it has, keys and names of one's own not counted.
    pub fn notations(&self) -> usize {
        self.tree.len()
    }

    /// The divisions.
    pub fn divisions(&self, language: &str) -> Result<Vec<Entry>> {
        let roots: Vec<Place> = self.tree.roots().map(Place::of).collect();
        self.entries(&roots, language)
    }

    /// The best `most` notations for words, or for the beginning of a notation. Words that the language does not know are looked for in English.
    pub fn search(&self, words: &str, language: &str, most: usize) -> Result<Found> {
        let mut language = self.language(language);
        let mut places: Vec<Place> = by_notation(&self.tree, words).into_iter().map(Place::of).collect();
        // A name of one's own or a key is in no list; the notation is right all the same.
        if let Ok(place) = Place::find(&self.tree, words)
            && !places.contains(&place)
        {
            places.insert(0, place);
        }
        if places.is_empty() {
            let find = |language| -> Result<Vec<Place>> {
                let read = self.texts(language)?;
                let nodes = read.index.find(&self.tree, &read.texts, words);
                Ok(nodes.into_iter().map(Place::of).collect())
            };
            places = find(language)?;
            if places.is_empty() && language != FALLBACK {
                places = find(FALLBACK)?;
                language = if places.is_empty() { language } else { FALLBACK };
            }
        }
        let total = places.len();
        places.truncate(most);
        Ok(Found { language, total, entries: self.entries(&places, language)? })
    }

    /// All about a notation, with bracketed text and keys.
    pub fn concept(&self, notation: &str, language: &str) -> Result<Concept> {
        let place = Place::find(&self.tree, notation)?;
        let language = self.language(language);
        let related: Vec<Place> =
            self.tree.related(place.node).filter_map(|notation| Place::find(&self.tree, notation).ok()).collect();
        Ok(Concept {
            notation: place.notation(&self.tree),
            text: self.meaning(&place, language)?,
            keywords: self.keywords(&place, language)?,
            open: place.base(&self.tree).contains(notation::OPEN),
            path: self.entries(&place.path(&self.tree), language)?,
            children: self.entries(&place.children(&self.tree), language)?,
            keys: self.entries(&place.further_keys(&self.tree), language)?,
            related: self.entries(&related, language)?,
        })
    }

    fn entries(&self, places: &[Place], language: &str) -> Result<Vec<Entry>> {
        let language = self.language(language);
        places
            .iter()
            .map(|place| {
                Ok(Entry {
                    notation: place.notation(&self.tree),
                    text: self.meaning(place, language)?,
                    branches: place.branches(&self.tree),
                })
            })
            .collect()
    }

    /// The meaning in the language, or in English.
    fn meaning(&self, place: &Place, language: &'static str) -> Result<String> {
        let own = self.texts(language)?.texts.meaning(&self.tree, place);
        match own {
            Some(text) => Ok(text),
            None => Ok(self.texts(FALLBACK)?.texts.meaning(&self.tree, place).unwrap_or_default()),
        }
    }

    fn keywords(&self, place: &Place, language: &'static str) -> Result<Vec<String>> {
        let own = self.texts(language)?.texts.keywords(&self.tree, place);
        match own.is_empty() {
            false => Ok(own),
            true => Ok(self.texts(FALLBACK)?.texts.keywords(&self.tree, place)),
        }
    }

    /// The language of a tag such as `de-CH` if it is there, or else English.
    fn language(&self, tag: &str) -> &'static str {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let known = self.languages.iter().find(|known| known.eq_ignore_ascii_case(primary));
        known.copied().unwrap_or(FALLBACK)
    }

    fn texts(&self, language: &'static str) -> Result<Arc<Language>> {
        let mut languages = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = languages.get(language) {
            return Ok(read.clone());
        }
        let (_, name, spaced) = LANGUAGES.iter().find(|(tag, ..)| *tag == language).copied().unwrap_or(LANGUAGES[0]);
        let texts = read(&self.folder.join(format!("txt_{name}.txt")))?;
        let keywords = self.folder.join(format!("kw_{name}.txt"));
        let keywords = if keywords.is_file() { read(&keywords)? } else { String::new() };
        let texts = Texts::read(&self.tree, &texts, &keywords);
        let index = Index::of(&self.tree, &texts, spaced);
        let language_read = Arc::new(Language { texts, index });
        languages.insert(language, language_read.clone());
        Ok(language_read)
    }
}

fn read(file: &Path) -> Result<String> {
    let unreadable = |source| VocabularyError::Unreadable { file: file.to_path_buf(), source };
    let bytes = fs::read(file).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map_err(|_| VocabularyError::Damaged { file: file.to_path_buf(), reason: "it is not in UTF-8".into() })
}
