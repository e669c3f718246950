//! Suggestions of many works accepted together.

use vitrine_workbench::{
    Workbench, WorkbenchError,
    view::{AcceptedView, BulkOfferView, StateView, WorkView},
};

use crate::{
    arguments::Together,
    document::{AcceptedTogether, TogetherOffers, Waiting},
    print,
    print::Printer,
};

/// Lists what may be accepted together, or accepts it.
pub fn run(bench: &Workbench, what: Option<Together>, printer: &Printer) -> Result<u8, WorkbenchError> {
    match what.unwrap_or(Together::List) {
        Together::List => {
            let offers = TogetherOffers::new(bench.bulk_offers()?, bench.waiting_groups()?);
            printer.document(&offers, print::together_offers);
        }
        Together::Bulk { property, pack, dry_run } => {
            let offer = offered(bench, &property, pack)?;
            let accepted = match dry_run {
                true => None,
                false => Some(bench.accept_in_bulk(&offer.pack, &property, &offer.statements)?),
            };
            let suggestions = offer.suggestions.into_iter().map(|waiting| Waiting {
                work: waiting.work.id,
                title: waiting.work.title,
                value: waiting.value,
                confidence: waiting.confidence,
            });
            print(accepted, offer.statements.len(), suggestions.collect(), printer);
        }
        Together::Alike { property, value, works, dry_run } => {
            let mut statements = Vec::new();
            let mut suggestions = Vec::new();
            for work in works {
                let view = bench.work(work)?;
                let (statement, waiting) = waiting(&view, &property, &value)
                    .ok_or_else(|| WorkbenchError::NothingWaits { work, value: value.clone() })?;
                statements.push(statement);
                suggestions.push(waiting);
            }
            let accepted = if dry_run { None } else { Some(bench.accept_alike(&statements)?) };
            print(accepted, statements.len(), suggestions, printer);
        }
    }
    Ok(0)
}

/// The offer for a property, of the pack that is named or of the only one.
fn offered(bench: &Workbench, property: &str, pack: Option<String>) -> Result<BulkOfferView, WorkbenchError> {
    let mut offers = bench.bulk_offers()?;
    offers.retain(|offer| offer.property == property && pack.as_ref().is_none_or(|pack| offer.pack == *pack));
    let several: Vec<String> = offers.iter().map(|offer| offer.pack.clone()).collect();
    match (offers.pop(), offers.is_empty()) {
        (Some(offer), true) => Ok(offer),
        (Some(_), false) => Err(WorkbenchError::SeveralPacks { property: property.to_owned(), packs: several }),
        (None, _) => {
            let pack = pack.unwrap_or_else(|| "any pack".to_owned());
            // Why not, the workbench says best: makers never, others not yet.
            bench.accept_in_bulk(&pack, property, &[])?;
            Err(WorkbenchError::NotVouched { pack, property: property.to_owned() })
        }
    }
}

/// The suggestion of a work that says this.
fn waiting(view: &WorkView, property: &str, value: &str) -> Option<(i64, Waiting)> {
    let words = |qualifier: &Option<String>, says: &str| match qualifier {
        Some(qualifier) => format!("{qualifier} {says}"),
        None => says.to_owned(),
    };
    view.statements.iter().find_map(|statement| {
        let says = words(&statement.qualifier, statement.value.as_deref()?);
        let fits = statement.property == property && statement.state == StateView::Suggested && says == value;
        let waiting = Waiting {
            work: view.card.id,
            title: view.card.title.clone(),
            value: says,
            confidence: statement.confidence,
        };
        fits.then_some((statement.id, waiting))
    })
}

fn print(accepted: Option<AcceptedView>, waiting: usize, suggestions: Vec<Waiting>, printer: &Printer) {
    let count = accepted.as_ref().map_or(0, |accepted| accepted.accepted);
    let what = accepted.map(|accepted| accepted.what);
    printer.document(&AcceptedTogether { accepted: count, waiting, suggestions, what }, print::accepted_together);
}
