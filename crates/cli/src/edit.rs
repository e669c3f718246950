//! A change to a property of many works, and taking back.

use vitrine_workbench::{
    Workbench, WorkbenchError,
    view::{BatchChangeView, BatchRequest, WorkFilter},
};

use crate::{
    arguments::{Chosen, EditChange},
    document::{BatchEdited, TakenBack},
    print,
    print::Printer,
    works,
};

/// Makes the change, or only says what it would be.
pub fn run(bench: &Workbench, change: EditChange, printer: &Printer) -> Result<u8, WorkbenchError> {
    let (property, change, on) = read(change);
    let dry_run = on.dry_run;
    let request = BatchRequest { works: chosen(bench, on)?, property, change };
    let view = match dry_run {
        true => bench.batch_preview(&request, usize::MAX)?,
        false => bench.batch_edit(&request, usize::MAX, None)?,
    };
    // Where a date changed, suggestions are made anew.
    bench.wait();
    printer.document(&BatchEdited::new(view), print::batch_edited);
    Ok(0)
}

fn read(change: EditChange) -> (String, BatchChangeView, Chosen) {
    match change {
        EditChange::Set { property, value, qualifier, no_qualifier, settle, on } => {
            let keep_qualifier = qualifier.is_none() && !no_qualifier;
            (property, BatchChangeView::Set { value, qualifier, keep_qualifier, settle }, on)
        }
        EditChange::Append { property, value, qualifier, settle, on } => {
            (property, BatchChangeView::Append { value, qualifier, settle }, on)
        }
        EditChange::Remove { property, value, any: _, on } => (property, BatchChangeView::Remove { value }, on),
        EditChange::Replace { property, find, with, whole_words, match_case, on } => {
            (property, BatchChangeView::Replace { find, with, whole_words, match_case }, on)
        }
    }
}

/// The works that are named, and those that the search finds.
fn chosen(bench: &Workbench, on: Chosen) -> Result<Vec<i64>, WorkbenchError> {
    let searches = on.all || on.query.is_some() || on.saved.is_some() || !on.facets.is_empty() || !on.lacks.is_empty();
    let mut chosen = on.works;
    if searches {
        let filter = match on.saved {
            Some(name) => works::kept(bench, &name)?.filter,
            None => WorkFilter {
                text: on.query.unwrap_or_default(),
                facets: on.facets,
                lacking: on.lacks,
                ..WorkFilter::default()
            },
        };
        let mut found: Vec<i64> =
            bench.works(&WorkFilter { limit: 0, ..filter })?.works.into_iter().map(|card| card.id).collect();
        found.sort_unstable();
        chosen.extend(found);
    }
    Ok(chosen)
}

/// Takes back the last thing that was done, or does it again.
pub fn undo(bench: &Workbench, redo: bool, printer: &Printer) -> Result<u8, WorkbenchError> {
    let undone = if redo { bench.redo()? } else { bench.undo()? };
    bench.wait();
    printer.document(&TakenBack { what: undone.map(|undone| undone.what), redo }, print::taken_back);
    Ok(0)
}
