//! Lists that a museum keeps itself: tables (CSV) and SKOS.

mod finding;
mod skos;
mod table;

use std::fs;
use std::path::Path;

pub use finding::{Candidate, Finder};

use crate::error::{Result, VocabularyError};

/// The largest file that is read.
const MOST_BYTES: u64 = 256 << 20;

/// A term of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Term {
    /// Its identifier within the list; the term itself where the file has none.
    pub id: String,
    /// The word or the words that a record gets.
    pub label: String,
    /// Its identifier on the web, where it has one.
    pub uri: Option<String>,
    /// Other words for it: synonyms, and words of other languages.
    pub others: Vec<String>,
}

/// A list as a file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermList {
    /// What the file calls it.
    pub title: Option<String>,
    /// Its terms in the file's order; no two have the same identifier.
    pub terms: Vec<Term>,
    /// What was left out, and why.
    pub problems: Vec<String>,
}

impl TermList {
    /// Reads a file: SKOS where its name ends in `.rdf`, `.xml` or `.skos` (RDF/XML), `.ttl` or `.nt` (Turtle, N-Triples) or `.jsonld`, or else a table. Of labels in several languages the one in `language`
    /// is the term, or the English one, or the first.
    pub fn read(file: &Path, language: &str) -> Result<Self> {
        let unusable = |reason: String| VocabularyError::Unusable { file: file.to_path_buf(), reason };
        let unreadable = |source| VocabularyError::Unreadable { file: file.to_path_buf(), source };
        let size = fs::metadata(file).map_err(unreadable)?.len();
        if size > MOST_BYTES {
            let (has, most) = (size >> 20, MOST_BYTES >> 20);
            return Err(unusable(format!("it has {has} MB, and lists up to {most} MB are read; divide it")));
        }
        let bytes = fs::read(file).map_err(unreadable)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| unusable("it is not in UTF-8; save it in that encoding and try again".into()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let ends = |end: &str| file.extension().is_some_and(|found| found.eq_ignore_ascii_case(end));
        let read = if ["rdf", "xml", "skos"].into_iter().any(ends) {
            skos::xml::read(text, language)
        } else if ["ttl", "nt"].into_iter().any(ends) {
            skos::triples::read_turtle(text, language)
        } else if ends("jsonld") {
            skos::triples::read_json_ld(text, language)
        } else {
            table::read(text)
        };
        let mut list = read.map_err(unusable)?;
        list.keep_one_of_each();
        match list.terms.is_empty() {
            true => Err(unusable(
                "it has no terms; a table needs a column called term, label or name, and SKOS concepts with a prefLabel".into(),
            )),
            false => Ok(list),
        }
    }

    /// Of several terms with the same identifier the first is kept; the others are named.
    fn keep_one_of_each(&mut self) {
        let mut seen = std::collections::HashSet::new();
        let problems = &mut self.problems;
        self.terms.retain(|term| {
            let new = seen.insert(term.id.clone());
            if !new {
                problems
                    .push(format!("“{}” has the identifier {} of another term, and is left out", term.label, term.id));
            }
            new
        });
    }
}

/// A text without line ends and double spaces; none if nothing is left.
fn tidy(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    (!line.is_empty() && !line.chars().any(char::is_control)).then_some(line)
}
