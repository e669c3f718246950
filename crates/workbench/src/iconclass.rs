//! Subjects out of Iconclass: browsing and searching it, and records that name its concepts.

use std::sync::{Arc, PoisonError};

use vitrine_catalogue::{self as catalogue, Change, StatementId, WorkId};
use vitrine_vocabularies::iconclass::NAME;
pub use vitrine_vocabularies::iconclass::{Concept, Entry, Found, Iconclass};

use crate::{
    Settings, Workbench, WorkbenchError,
    view::{IconclassConcept, IconclassEntry, IconclassFound, IconclassView, WorkView, WorkbenchEvent},
    workbench::now,
};

/// A list is looked through that far; who wants more says more words.
const MOST: usize = 100;

/// Iconclass as set-up has fetched it, for who needs no library.
pub fn open(settings: &Settings) -> Result<Iconclass, WorkbenchError> {
    Ok(Iconclass::open(&settings.iconclass)?)
}

impl Workbench {
    /// Whether Iconclass is there, and its divisions in a language; where it is missing, how to get it.
    pub fn iconclass(&self, language: &str) -> IconclassView {
        let opened = self.open_list().and_then(|iconclass| Ok(iconclass.divisions(language)?));
        match opened {
            Ok(divisions) => IconclassView { divisions: entries(divisions), missing: None },
            Err(error) => IconclassView { divisions: Vec::new(), missing: Some(error.to_string()) },
        }
    }

    /// Notations for words of a language, or for the beginning of a notation, best first.
    pub fn iconclass_search(&self, words: &str, language: &str) -> Result<IconclassFound, WorkbenchError> {
        let found = self.open_list()?.search(words, language, MOST)?;
        Ok(IconclassFound {
            language: found.language.to_owned(),
            total: found.total as u64,
            entries: entries(found.entries),
        })
    }

    /// All about a notation, with a name in its brackets and keys behind it where it has them.
    pub fn iconclass_concept(&self, notation: &str, language: &str) -> Result<IconclassConcept, WorkbenchError> {
        let concept = self.open_list()?.concept(notation, language)?;
        Ok(IconclassConcept {
            value: concept.wording(),
            uri: concept.uri(),
            notation: concept.notation,
            text: concept.text,
            keywords: concept.keywords,
            open: concept.open,
            path: entries(concept.path),
            children: entries(concept.children),
            keys: entries(concept.keys),
            related: entries(concept.related),
        })
    }

    /// States that a work shows what a notation means.
    pub fn add_iconclass(
        &self,
        work: i64,
        property: &str,
        notation: &str,
        language: &str,
    ) -> Result<WorkView, WorkbenchError> {
        self.has_room_for(work, property)?;
        let (value, concept) = self.named(notation, language)?;
        let (id, property) = (WorkId(work), property.to_owned());
        let change = Change::Add { work: id, property, value, qualifier: None, concept };
        self.0.catalogue.act(&[change], self.person(), now())?;
        self.announce(WorkbenchEvent::WorkChanged { work });
        self.work(work)
    }

    /// Puts a notation in a statement's place.
    pub fn edit_to_iconclass(
        &self,
        statement: i64,
        notation: &str,
        language: &str,
    ) -> Result<WorkView, WorkbenchError> {
        let (value, concept) = self.named(notation, language)?;
        let change = Change::Edit { statement: StatementId(statement), value, qualifier: None, concept };
        self.decided(StatementId(statement), self.0.catalogue.act(&[change], self.person(), now()))
    }

    /// A notation as a record has it: in words, and as a concept of its list.
    fn named(&self, notation: &str, language: &str) -> Result<(String, Option<catalogue::Concept>), WorkbenchError> {
        let concept = self.open_list()?.concept(notation, language)?;
        if concept.open {
            let example = concept.notation.replacen("(...)", "(ADELA)", 1);
            return Err(WorkbenchError::NameWanted { notation: concept.notation, example });
        }
        let uri = concept.uri();
        Ok((concept.wording(), catalogue::Concept::new(NAME, &concept.notation, Some(&uri))))
    }

    /// What failed is tried again: it may have been fetched meanwhile.
    fn open_list(&self) -> Result<Arc<Iconclass>, WorkbenchError> {
        let mut held = self.0.iconclass.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some(iconclass) => Ok(iconclass.clone()),
            None => Ok(held.insert(Arc::new(open(&self.0.settings)?)).clone()),
        }
    }
}

fn entries(entries: Vec<Entry>) -> Vec<IconclassEntry> {
    let view = |entry: Entry| IconclassEntry { notation: entry.notation, text: entry.text, branches: entry.branches };
    entries.into_iter().map(view).collect()
}
