//! Lists of works: searched, counted, kept.

use vitrine_workbench::{
    Workbench, WorkbenchError,
    view::{SavedSearchView, WorkFilter},
};

use crate::{
    document::{Counts, Works},
    print,
    print::Printer,
};

/// What is to be done with a filter.
pub struct Wanted {
    /// At most that many works; 0 for all.
    pub limit: u64,
    /// So many values of each facet.
    pub counts: Option<usize>,
    /// The profile that lacks are counted by.
    pub profile: Option<String>,
    /// The name to keep it under.
    pub save: Option<String>,
    /// The name of a kept search that takes the filter's place.
    pub saved: Option<String>,
    /// The list of works that what is found is put on.
    pub put_on: Option<String>,
    /// The list of works that what is found is taken off.
    pub take_off: Option<String>,
}

/// Lists the works that `filter` finds.
pub fn run(bench: &Workbench, filter: WorkFilter, wanted: Wanted, printer: &Printer) -> Result<u8, WorkbenchError> {
    let filter = match wanted.saved {
        Some(name) => kept(bench, &name)?.filter,
        None => filter,
    };
    let page = bench.works(&WorkFilter { limit: wanted.limit, ..filter.clone() })?;
    let counts = match wanted.counts {
        Some(most) => Some(Counts::new(bench.facets(&filter, most, wanted.profile.as_deref())?)),
        None => None,
    };
    // Kept once it is known that it can be understood.
    if let Some(name) = wanted.save {
        bench.save_search(&name, &filter)?;
    }
    if wanted.put_on.is_some() || wanted.take_off.is_some() {
        let all = bench.works(&WorkFilter { limit: 0, ..filter })?;
        let found: Vec<i64> = all.works.iter().map(|card| card.id).collect();
        if let Some(name) = &wanted.put_on {
            let put = bench.put_on_list(name, &found)?.works.len();
            printer.message(&format!(
                "{put} works were put on the list “{name}”; {} were on it before.",
                found.len() - put
            ));
        }
        if let Some(name) = &wanted.take_off {
            let taken = bench.take_off_list(name, &found)?.works.len();
            printer.message(&format!("{taken} works were taken off the list “{name}”."));
        }
    }
    if page.total == 0 {
        printer.message("No work fits.");
    }
    printer.document(&Works::new(page, counts), print::works);
    Ok(0)
}

/// The search that is kept under a name.
pub fn kept(bench: &Workbench, name: &str) -> Result<SavedSearchView, WorkbenchError> {
    let kept = bench.saved_searches()?;
    let found = kept.iter().find(|kept| kept.name.to_lowercase() == name.to_lowercase()).cloned();
    found.ok_or_else(|| WorkbenchError::NoSavedSearch {
        name: name.to_owned(),
        kept: kept.into_iter().map(|kept| kept.name).collect::<Vec<_>>().join(", "),
    })
}
