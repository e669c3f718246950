//! What an export would write, lose and stumble over, before anything is written.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;
use vitrine_catalogue::{ValueKind, WorkId};
use vitrine_exchange::{Format, Record, free_name, losses, records};

use crate::{
    Workbench, WorkbenchError,
    export::{exchange_format, stem},
    view::{ExportFileView, ExportPreview, ExportProblemView, ExportRequest, LossView},
};

/// Works that one thread looks at together: their records fit into memory, whatever the library's size.
const TOGETHER: usize = 1_000;
/// Problems that are listed.
const MOST_PROBLEMS: usize = 200;

/// Whose turn it is to look through the works: a preview that nobody waits for any more, since another choice was made, makes way.
#[derive(Default)]
pub(crate) struct PreviewTurns(AtomicU64);

impl PreviewTurns {
    fn take(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn is_overtaken(&self, turn: u64) -> bool {
        self.0.load(Ordering::Relaxed) != turn
    }
}

/// What is found in some of the works.
struct LookedThrough {
    accepted: u64,
    undecided: u64,
    empty: u64,
    /// The first of the problems.
    problems: Vec<ExportProblemView>,
    problem_count: u64,
    /// What each format loses.
    lost: Vec<BTreeSet<LossView>>,
}

impl LookedThrough {
    fn nothing(formats: &[Format]) -> Self {
        let lost = vec![BTreeSet::new(); formats.len()];
        Self { accepted: 0, undecided: 0, empty: 0, problems: Vec::new(), problem_count: 0, lost }
    }

    /// Counts problems, and lists those of them that are given as long as there is room.
    fn note(&mut self, count: u64, problems: Vec<ExportProblemView>) {
        self.problem_count += count;
        let room = MOST_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(problems.into_iter().take(room));
    }

    /// Takes in what was found in the works that follow.
    fn take_in(&mut self, next: Self) {
        self.accepted += next.accepted;
        self.undecided += next.undecided;
        self.empty += next.empty;
        self.note(next.problem_count, next.problems);
        for (lost, more) in self.lost.iter_mut().zip(next.lost) {
            lost.extend(more);
        }
    }
}

impl Workbench {
    /// What an export would contain, which files it would write, what each format loses, and what is the matter with the works; writes nothing. A preview
    /// that is asked for meanwhile ends this one.
    pub fn export_preview(&self, request: &ExportRequest) -> Result<ExportPreview, WorkbenchError> {
        self.issuer(request)?;
        let turn = self.0.preview_turns.take();
        let works = self.to_export(request)?;
        let formats: Vec<Format> = request.formats.iter().copied().map(exchange_format).collect();
        let parts = works.par_chunks(TOGETHER).map(|works| {
            if self.0.preview_turns.is_overtaken(turn) {
                return Err(WorkbenchError::PreviewOvertaken);
            }
            self.looked_through(works, &formats, request.include_suggestions)
        });
        let parts = parts.collect::<Result<Vec<LookedThrough>, _>>()?;
        let mut all = LookedThrough::nothing(&formats);
        parts.into_iter().for_each(|part| all.take_in(part));
        let folder = Path::new(&request.folder);
        let files = request.formats.iter().zip(&formats).zip(all.lost).map(|((name, format), lost)| ExportFileView {
            format: *name,
            path: free_name(*format, folder, &stem()).display().to_string(),
            losses: lost.into_iter().collect(),
        });
        Ok(ExportPreview {
            works: works.len() as u64,
            accepted: all.accepted,
            undecided: all.undecided,
            empty: all.empty,
            files: files.collect(),
            problems: all.problems,
            problem_count: all.problem_count,
        })
    }

    fn looked_through(
        &self,
        works: &[WorkId],
        formats: &[Format],
        include_suggestions: bool,
    ) -> Result<LookedThrough, WorkbenchError> {
        let mut found = LookedThrough::nothing(formats);
        let mut records = records(&self.0.catalogue, works, true)?;
        for record in &mut records {
            let accepted = record.statements.iter().filter(|statement| statement.state.is_affirmed()).count();
            found.accepted += accepted as u64;
            found.undecided += (record.statements.len() - accepted) as u64;
            found.empty += u64::from(accepted == 0);
            if !include_suggestions {
                record.statements.retain(|statement| statement.state.is_affirmed());
            }
            let problems = problems(record, formats);
            found.note(problems.len() as u64, problems);
        }
        for (lost, format) in found.lost.iter_mut().zip(formats) {
            let losses = losses(*format, &records)?.into_iter();
            lost.extend(losses.map(|loss| LossView { property: loss.property, reason: loss.reason }));
        }
        Ok(found)
    }

    /// Ends the preview that is being made, as nobody waits for it any more.
    pub fn stop_export_preview(&self) {
        self.0.preview_turns.take();
    }
}

/// What a person may want to put right before this record leaves the library in these formats.
fn problems(record: &Record, formats: &[Format]) -> Vec<ExportProblemView> {
    let mut problems = Vec::new();
    let mut add = |property: Option<&str>, reason: String| {
        problems.push(ExportProblemView {
            work: record.card.id.0,
            title: record.card.title.clone(),
            property: property.map(str::to_owned),
            reason,
        });
    };
    if record.statements.is_empty() {
        add(None, "nothing of it has been accepted, so that its record is all but empty".into());
    } else if !record.statements.iter().any(|statement| statement.property == "title") {
        add(Some("title"), "it has no title; the name of its file stands in for it".into());
    }
    let takes_words_apart = |format: &Format| matches!(format, Format::Lido | Format::Lido10 | Format::LinkedArt);
    if formats.iter().any(takes_words_apart) {
        for (property, kind, what) in [
            ("date", ValueKind::Date, "as a date, and goes out without earliest and latest day"),
            ("dimensions", ValueKind::Measures, "as measures, and goes out as words alone"),
            ("rights", ValueKind::Rights, "as a statement of rights from the list, and goes out as words alone"),
        ] {
            let of_property = record.statements.iter().filter(|statement| statement.property == property);
            for value in of_property.filter_map(|statement| statement.value.as_deref()) {
                if !kind.understands(value) {
                    add(Some(property), format!("“{value}” is not understood {what}"));
                }
            }
        }
    }
    if formats
        .iter()
        .any(|format| matches!(format, Format::BagIt | Format::Iiif | Format::Html | Format::Pdf | Format::Checklist))
    {
        let mut seen = BTreeSet::new();
        for scan in record.scans.iter().filter(|scan| seen.insert(&scan.path)) {
            match std::fs::metadata(&scan.path) {
                Err(cause) => {
                    add(None, format!("its scan {} cannot be read ({cause}), and is left out", scan.path.display()))
                }
                Ok(found) if found.len() != scan.bytes => {
                    add(None, format!("its scan {} is no longer the file that was imported", scan.path.display()));
                }
                Ok(_) => {}
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_who_asked_is_answered() {
        let turns = PreviewTurns::default();
        let first = turns.take();
        assert!(!turns.is_overtaken(first));
        let second = turns.take();
        assert!(turns.is_overtaken(first) && !turns.is_overtaken(second));
    }
}
