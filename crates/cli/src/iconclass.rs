//! Iconclass: searching it, showing a notation, adding one to a work.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use vitrine_workbench::{
    Settings, WorkbenchError,
    iconclass::{self, Concept, Entry},
};

use crate::{arguments::IconclassUse, open, print::Printer};

/// A notation and what it means.
#[derive(Debug, Serialize)]
struct Notation {
    notation: String,
    text: String,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    language: String,
    total: usize,
    found: Vec<Notation>,
}

/// All about a notation.
#[derive(Debug, Serialize)]
struct Shown {
    notation: String,
    text: String,
    uri: String,
    keywords: Vec<String>,
    path: Vec<Notation>,
    children: Vec<Notation>,
    keys: Vec<Notation>,
    related: Vec<Notation>,
}

/// The statement that was added.
#[derive(Debug, Serialize)]
struct Added {
    work: i64,
    statement: i64,
    value: String,
    notation: String,
    uri: String,
}

pub fn run(library: Option<&Path>, what: IconclassUse, printer: &Printer) -> Result<u8, WorkbenchError> {
    let opened = || iconclass::open(&Settings::discover(None));
    match what {
        IconclassUse::Search { words, language, limit } => {
            let found = opened()?.search(&words.join(" "), &language, limit)?;
            if found.entries.is_empty() {
                printer.message("Iconclass has nothing on this; try fewer words, or their beginnings.");
            }
            let found =
                Found { language: found.language.to_owned(), total: found.total, found: notations(found.entries) };
            printer.document(&found, |found| lines(&found.found));
        }
        IconclassUse::Show { notation: None, language } => {
            let divisions = notations(opened()?.divisions(&language)?);
            printer.list(&divisions, line);
        }
        IconclassUse::Show { notation: Some(notation), language } => {
            let shown = shown(opened()?.concept(&notation, &language)?);
            printer.document(&shown, in_words);
        }
        IconclassUse::Add { work, notation, property, language } => {
            let bench = open(library, printer, false)?;
            let wanted = bench.iconclass_concept(&notation, &language)?;
            let view = bench.add_iconclass(work, &property, &notation, &language)?;
            // Of those that are there the newest is the one just added.
            let statement = view.statements.iter().map(|statement| statement.id).max().unwrap_or_default();
            let added = Added { work, statement, value: wanted.value, notation: wanted.notation, uri: wanted.uri };
            printer.document(&added, |added| format!("{property}: {}\n", added.value));
        }
    }
    Ok(0)
}

fn notations(entries: Vec<Entry>) -> Vec<Notation> {
    entries.into_iter().map(|entry| Notation { notation: entry.notation, text: entry.text }).collect()
}

fn shown(concept: Concept) -> Shown {
    Shown {
        uri: concept.uri(),
        notation: concept.notation,
        text: concept.text,
        keywords: concept.keywords,
        path: notations(concept.path),
        children: notations(concept.children),
        keys: notations(concept.keys),
        related: notations(concept.related),
    }
}

fn line(notation: &Notation) -> String {
    format!("{}  {}\n", notation.notation, notation.text)
}

fn lines(notations: &[Notation]) -> String {
    notations.iter().map(line).collect()
}

/// The path step by step, then what stands around the notation.
fn in_words(shown: &Shown) -> String {
    let mut text = String::new();
    for (depth, step) in shown.path.iter().enumerate() {
        let _ = write!(text, "{}{}", "  ".repeat(depth), line(step));
    }
    let _ = writeln!(text, "\n{}", shown.uri);
    if !shown.keywords.is_empty() {
        let _ = writeln!(text, "Keywords: {}", shown.keywords.join(", "));
    }
    for (heading, around) in [("Below", &shown.children), ("With keys", &shown.keys), ("See also", &shown.related)] {
        if !around.is_empty() {
            let _ = write!(text, "\n{heading}\n{}", lines(around));
        }
    }
    text
}
