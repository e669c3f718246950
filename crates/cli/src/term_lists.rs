//! The museum's own lists of terms: reading and forgetting them, and holding them against what was written before.

use std::path::PathBuf;

use serde::Serialize;
use vitrine_workbench::{
    Workbench, WorkbenchError,
    view::{ChosenTerm, ListView, MatchedTerm, UnmatchedView},
};

use crate::{arguments::ListUse, print::Printer};

/// Some rows of a list could not be used.
const SOME_FAILED: u8 = 3;

#[derive(Debug, Serialize)]
struct List {
    name: String,
    property: String,
    file: String,
    terms: u64,
}

#[derive(Debug, Serialize)]
struct Read {
    name: String,
    terms: u64,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Forgotten {
    forgotten: String,
}

#[derive(Debug, Serialize)]
struct Unmatched {
    value: String,
    statements: u64,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Serialize)]
struct Candidate {
    id: String,
    term: String,
    uri: Option<String>,
    score: f32,
    by: Option<String>,
}

#[derive(Debug, Serialize)]
struct Matched {
    changed: u64,
}

pub fn run(bench: &Workbench, what: Option<ListUse>, printer: &Printer) -> Result<u8, WorkbenchError> {
    match what.unwrap_or(ListUse::List) {
        ListUse::List => {
            let lists: Vec<List> = bench.term_lists()?.into_iter().map(list).collect();
            if lists.is_empty() {
                printer.message("No list has been read yet; `lists add FILE --property KEY` reads one.");
            }
            printer.list(&lists, |list| {
                format!("{}  {}, {} terms, from {}\n", list.name, list.property, list.terms, list.file)
            });
        }
        ListUse::Add { file, property, name, language } => {
            return add(bench, file, &property, name, &language, printer);
        }
        ListUse::Remove { name } => {
            bench.forget_term_list(number(bench, &name)?)?;
            printer.document(&Forgotten { forgotten: name }, |gone| format!("forgot {}\n", gone.forgotten));
        }
        ListUse::Match { name, take } if take.is_empty() => {
            let unmatched: Vec<Unmatched> =
                bench.unmatched(number(bench, &name)?)?.into_iter().map(unmatched).collect();
            if unmatched.is_empty() {
                printer.message("All that people stand by names a term already.");
            }
            printer.list(&unmatched, in_words);
        }
        ListUse::Match { name, take } => {
            let chosen: Vec<ChosenTerm> = take.into_iter().map(|(value, term)| ChosenTerm { value, term }).collect();
            let changed = bench.match_terms(number(bench, &name)?, &chosen)?;
            printer.document(&Matched { changed }, |done| format!("{} statements changed\n", done.changed));
        }
    }
    Ok(0)
}

fn add(
    bench: &Workbench,
    file: PathBuf,
    property: &str,
    name: Option<String>,
    language: &str,
    printer: &Printer,
) -> Result<u8, WorkbenchError> {
    let outcome = bench.read_term_list(&file, name.as_deref(), property, language)?;
    let name =
        outcome.lists.into_iter().find(|list| list.id == outcome.list).map_or_else(String::new, |list| list.name);
    let read = Read { name, terms: outcome.terms, problems: outcome.problems };
    for problem in &read.problems {
        printer.message(&format!("{}: {problem}", file.display()));
    }
    printer.document(&read, |read| format!("{}: {} terms\n", read.name, read.terms));
    Ok(if read.problems.is_empty() { 0 } else { SOME_FAILED })
}

fn number(bench: &Workbench, name: &str) -> Result<i64, WorkbenchError> {
    let found = bench.term_lists()?.into_iter().find(|list| list.name == name);
    found.map(|list| list.id).ok_or_else(|| WorkbenchError::NoList(name.to_owned()))
}

fn list(view: ListView) -> List {
    List { name: view.name, property: view.property, file: view.file, terms: view.terms }
}

fn unmatched(view: UnmatchedView) -> Unmatched {
    let candidate = |matched: MatchedTerm| Candidate {
        id: matched.term.id,
        term: matched.term.label,
        uri: matched.term.uri,
        score: matched.score,
        by: matched.by,
    };
    Unmatched {
        value: view.value,
        statements: view.statements,
        candidates: view.candidates.into_iter().map(candidate).collect(),
    }
}

fn in_words(unmatched: &Unmatched) -> String {
    let mut text = format!("{} ({} statements)\n", unmatched.value, unmatched.statements);
    for candidate in &unmatched.candidates {
        let by = candidate.by.as_ref().map(|by| format!(", as “{by}”")).unwrap_or_default();
        text.push_str(&format!("  {:.2}  {}  {}{by}\n", candidate.score, candidate.id, candidate.term));
    }
    if unmatched.candidates.is_empty() {
        text.push_str("  nothing like it in the list\n");
    }
    text
}
