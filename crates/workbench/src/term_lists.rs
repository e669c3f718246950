//! Lists of terms that a museum keeps: read from files, offered while somebody writes, and held against what was written before.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use vitrine_catalogue::{CatalogueError, Change, Concept, KeptList, KeptTerm, ListId, StatementId, WorkId};
use vitrine_vocabularies::list::{Finder, Term, TermList};

use crate::{
    Workbench, WorkbenchError,
    view::{ChosenTerm, ListReadView, ListView, MatchedTerm, TermView, UnmatchedView, WorkView, WorkbenchEvent},
    workbench::now,
};

/// So many terms are offered for what is typed.
const OFFERED: usize = 8;
/// So many are in question for words that were written.
const IN_QUESTION: usize = 5;

/// A list in memory, ready to be searched.
pub(crate) struct OpenList {
    kept: KeptList,
    terms: Vec<KeptTerm>,
    finder: Finder,
}

impl OpenList {
    fn term(&self, id: &str) -> Result<&KeptTerm, WorkbenchError> {
        let found = self.terms.iter().find(|term| term.id == id);
        found.ok_or_else(|| WorkbenchError::NoTerm { list: self.kept.name.clone(), term: id.to_owned() })
    }

    fn concept(&self, term: &KeptTerm) -> Option<Concept> {
        Concept::new(&self.kept.name, &term.id, term.uri.as_deref())
    }
}

impl Workbench {
    /// The lists, by name.
    pub fn term_lists(&self) -> Result<Vec<ListView>, WorkbenchError> {
        Ok(self.0.catalogue.term_lists()?.into_iter().map(view).collect())
    }

    /// Reads a file as a list of terms for a property. Its name is the one given, or what the file calls itself, or is called; a list of that name is
    /// written anew. Of labels in several languages the one in `language` counts.
    pub fn read_term_list(
        &self,
        file: &Path,
        name: Option<&str>,
        property: &str,
        language: &str,
    ) -> Result<ListReadView, WorkbenchError> {
        let read = TermList::read(file, language)?;
        let stem = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let name = name.or(read.title).unwrap_or_else(stem);
        let terms: Vec<KeptTerm> = read
            .terms
            .into_iter()
            .map(|term| KeptTerm { id: term.id, label: term.label, uri: term.uri, others: term.others })
            .collect();
        let shown = file.display().to_string();
        let id = self.0.catalogue.keep_term_list(&name, property, &shown, &terms, self.person(), now())?;
        self.open_lists().remove(&id);
        Ok(ListReadView { list: id.0, terms: terms.len() as u64, problems: read.problems, lists: self.term_lists()? })
    }

    /// Forgets a list. What names its terms still does.
    pub fn forget_term_list(&self, list: i64) -> Result<Vec<ListView>, WorkbenchError> {
        self.0.catalogue.forget_term_list(ListId(list))?;
        self.open_lists().remove(&ListId(list));
        self.term_lists()
    }

    /// Terms of the property's lists for what has been typed so far, best first.
    pub fn terms_typed(&self, property: &str, typed: &str) -> Result<Vec<TermView>, WorkbenchError> {
        let mut offered = Vec::new();
        let own = self.own_files();
        let named = own.property(property).and_then(|own| own.list.as_deref());
        let fits = |list: &KeptList| list.property == property || Some(list.name.as_str()) == named;
        for list in self.0.catalogue.term_lists()?.into_iter().filter(fits) {
            let list = self.open_list_of_terms(list.id)?;
            let found = list.finder.typed(typed, OFFERED).into_iter().filter_map(|number| list.terms.get(number));
            offered.extend(found.map(|term| term_view(&list, term)));
        }
        offered.truncate(OFFERED);
        Ok(offered)
    }

    /// States a term of a list about a work.
    pub fn add_term(&self, work: i64, property: &str, list: i64, term: &str) -> Result<WorkView, WorkbenchError> {
        self.has_room_for(work, property)?;
        let list = self.open_list_of_terms(ListId(list))?;
        let term = list.term(term)?;
        let change = Change::Add {
            work: WorkId(work),
            property: property.to_owned(),
            value: term.label.clone(),
            qualifier: None,
            concept: list.concept(term),
        };
        self.0.catalogue.act(&[change], self.person(), now())?;
        self.announce(WorkbenchEvent::WorkChanged { work });
        self.work(work)
    }

    /// Puts a term of a list in a statement's place; the qualifier stays.
    pub fn edit_to_term(&self, statement: i64, list: i64, term: &str) -> Result<WorkView, WorkbenchError> {
        let list = self.open_list_of_terms(ListId(list))?;
        let term = list.term(term)?;
        let qualifier = self.0.catalogue.statement(StatementId(statement))?.qualifier;
        let (value, concept) = (term.label.clone(), list.concept(term));
        let change = Change::Edit { statement: StatementId(statement), value, qualifier, concept };
        self.decided(StatementId(statement), self.0.catalogue.act(&[change], self.person(), now()))
    }

    /// What people stand by of a list's property without naming any term, with the list's terms that are like it.
    pub fn unmatched(&self, list: i64) -> Result<Vec<UnmatchedView>, WorkbenchError> {
        let list = self.open_list_of_terms(ListId(list))?;
        let values = self.0.catalogue.unnamed_values(&list.kept.property)?;
        let matched = values.into_iter().map(|unnamed| {
            let candidates = list.finder.candidates(&unnamed.value, IN_QUESTION).into_iter().filter_map(|candidate| {
                let term = term_view(&list, list.terms.get(candidate.term)?);
                Some(MatchedTerm { term, score: candidate.score, by: candidate.by })
            });
            UnmatchedView {
                candidates: candidates.collect(),
                statements: unnamed.statements.len() as u64,
                value: unnamed.value,
            }
        });
        Ok(matched.collect())
    }

    /// Puts terms of a list in the place of words, wherever people stand by them, as one act; how many statements that were.
    pub fn match_terms(&self, list: i64, chosen: &[ChosenTerm]) -> Result<u64, WorkbenchError> {
        let list = self.open_list_of_terms(ListId(list))?;
        let unnamed = self.0.catalogue.unnamed_values(&list.kept.property)?;
        let mut changes = Vec::new();
        for choice in chosen {
            let term = list.term(&choice.term)?;
            let said = unnamed.iter().find(|unnamed| unnamed.value == choice.value);
            for (statement, _, qualifier) in said.into_iter().flat_map(|unnamed| &unnamed.statements) {
                changes.push(Change::Edit {
                    statement: *statement,
                    value: term.label.clone(),
                    qualifier: qualifier.clone(),
                    concept: list.concept(term),
                });
            }
        }
        let act = match self.0.catalogue.act(&changes, self.person(), now()) {
            Err(CatalogueError::NothingChanges(_)) => return Ok(0),
            act => act?,
        };
        for work in &act.works {
            self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        }
        Ok(act.statements.len() as u64)
    }

    fn open_list_of_terms(&self, id: ListId) -> Result<Arc<OpenList>, WorkbenchError> {
        if let Some(open) = self.open_lists().get(&id) {
            return Ok(open.clone());
        }
        let terms = self.0.catalogue.list_terms(id)?;
        let kept = self.0.catalogue.term_lists()?.into_iter().find(|list| list.id == id);
        let kept = kept.ok_or(CatalogueError::NoSuchList(id.0))?;
        let searched: Vec<Term> = terms
            .iter()
            .map(|term| Term {
                id: term.id.clone(),
                label: term.label.clone(),
                uri: term.uri.clone(),
                others: term.others.clone(),
            })
            .collect();
        let open = Arc::new(OpenList { kept, finder: Finder::new(&searched), terms });
        self.open_lists().insert(id, open.clone());
        Ok(open)
    }

    fn open_lists(&self) -> std::sync::MutexGuard<'_, HashMap<ListId, Arc<OpenList>>> {
        self.0.term_lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn view(list: KeptList) -> ListView {
    ListView {
        id: list.id.0,
        name: list.name,
        property: list.property,
        file: list.file,
        terms: list.terms,
        person: list.person,
        at: list.at.to_string(),
    }
}

fn term_view(list: &OpenList, term: &KeptTerm) -> TermView {
    TermView {
        list: list.kept.id.0,
        list_name: list.kept.name.clone(),
        id: term.id.clone(),
        label: term.label.clone(),
        uri: term.uri.clone(),
    }
}
