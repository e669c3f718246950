//! What reading a source would take, before anybody begins to.

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use vitrine_inference::Retriever;
use vitrine_knowledge::KnowledgeError;
use vitrine_sources::subject::Subject;
use vitrine_sources::{Fragment, PageReader, Progress, SourceOptions, open_source};

use crate::{
    Workbench, WorkbenchError,
    collections::name_of,
    view::{SourceEstimateView, SourceKind},
};

/// How long the source is read for an estimate.
const LOOK_FOR: Duration = Duration::from_millis(1500);
/// Pages that are enough for one.
const ENOUGH_PAGES: u64 = 600;
/// Titles that are shown.
const TITLES: usize = 5;
/// Passages that the retriever is timed with.
const TIMED: usize = 16;
/// Bytes that a passage takes on the disk, with its words, their places and its rows: Artpedia's 5,238 take 61 MB.
const BYTES_A_PASSAGE: u64 = 12_000;

/// What was seen of a source.
#[derive(Debug, Default)]
struct Glimpse {
    pages: u64,
    passages: u64,
    titles: Vec<String>,
    first: Option<Fragment>,
    sample: Vec<String>,
    skipped: u64,
    whole: bool,
    progress: Progress,
}

impl Workbench {
    /// Reads into a source for a second and a half, and tells from that what all of it would take: how many passages, how long, how much of the disk. Nothing is kept.
    ///
    /// Of a wiki's dump all pages are counted, as which of them are on a subject is known only once its categories have been read.
    pub fn estimate_source(&self, source: &Path) -> Result<SourceEstimateView, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        let options = SourceOptions { subject: Some(Subject::everything()), ..SourceOptions::default() };
        let glimpse = Glimpse::of(&mut *open_source(source, &options, None).map_err(KnowledgeError::from)?);
        let grown = |count: u64| glimpse.grown(count);
        let passages = grown(glimpse.passages);
        // Without a pack it can be read, and is indexed once there is one.
        let rate = self.models().ok().and_then(|models| rate(models.retriever.as_ref(), &glimpse.sample));
        let provenance = glimpse.first.as_ref().map(|fragment| fragment.provenance.clone()).unwrap_or_default();
        Ok(SourceEstimateView {
            path: source.display().to_string(),
            kind: kind_of(source),
            name: name_of(source),
            licence: provenance.licence,
            language: provenance.language,
            titles: glimpse.titles.clone(),
            pages: grown(glimpse.pages),
            passages,
            exact: glimpse.whole,
            skipped: glimpse.skipped,
            seconds: rate.map(|rate| passages as f64 / rate),
            bytes: passages * BYTES_A_PASSAGE,
        })
    }
}

impl Glimpse {
    fn of(reader: &mut dyn PageReader) -> Self {
        let (begun, mut glimpse) = (Instant::now(), Self::default());
        loop {
            match reader.next() {
                None => {
                    glimpse.whole = true;
                    break;
                }
                Some(Err(_)) => glimpse.skipped += 1,
                Some(Ok(page)) if page.fragments.is_empty() => {}
                Some(Ok(page)) => {
                    glimpse.pages += 1;
                    glimpse.passages += page.fragments.len() as u64;
                    if glimpse.titles.len() < TITLES {
                        glimpse.titles.push(page.title);
                    }
                    // One a page, so that a first long page does not stand for all.
                    let fragment = page.fragments.into_iter().next();
                    glimpse
                        .sample
                        .extend(fragment.iter().map(|fragment| format!("{}. {}", fragment.title, fragment.text)));
                    glimpse.first = glimpse.first.or(fragment);
                }
            }
            if glimpse.pages >= ENOUGH_PAGES || begun.elapsed() > LOOK_FOR {
                break;
            }
        }
        glimpse.progress = reader.progress();
        glimpse
    }

    /// A count of what was seen, grown by as much as the source is larger than that.
    fn grown(&self, count: u64) -> u64 {
        let Progress { bytes_done, bytes_total } = self.progress;
        match self.whole || bytes_done == 0 {
            true => count,
            false => (count as f64 * (bytes_total as f64 / bytes_done as f64).max(1.0)).round() as u64,
        }
    }
}

/// Passages a second that the retriever reads on all processors; none where there is nothing to time.
fn rate(retriever: &dyn Retriever, sample: &[String]) -> Option<f64> {
    let step = (sample.len() / TIMED).max(1);
    let timed: Vec<&String> = sample.iter().step_by(step).take(TIMED).collect();
    let begun = Instant::now();
    let read = timed.par_iter().with_max_len(1).filter(|text| retriever.embed_passage(text).is_ok()).count();
    (read > 0).then(|| read as f64 / begun.elapsed().as_secs_f64().max(1e-3))
}

fn kind_of(source: &Path) -> SourceKind {
    let name = source.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    match () {
        () if source.is_dir() => SourceKind::Folder,
        () if name.ends_with(".zim") => SourceKind::Archive,
        () if name.ends_with(".xml") || name.ends_with(".bz2") => SourceKind::Dump,
        () => SourceKind::Records,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_grows_with_what_is_left() {
        let progress = Progress { bytes_done: 250, bytes_total: 1000 };
        let part = Glimpse { passages: 30, progress, ..Glimpse::default() };
        assert_eq!(part.grown(part.passages), 120);
        let whole = Glimpse { whole: true, ..part };
        assert_eq!(whole.grown(whole.passages), 30);
        let unknown = Glimpse { passages: 30, ..Glimpse::default() };
        assert_eq!(unknown.grown(30), 30);
    }

    #[test]
    fn a_folder_is_seen_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..3 {
            let text = format!("# Note {number}\n\nA note on the work, written for its keeper.\n");
            std::fs::write(folder.path().join(format!("note-{number}.md")), text).unwrap();
        }
        let mut reader = open_source(folder.path(), &SourceOptions::default(), None).unwrap();
        let glimpse = Glimpse::of(&mut *reader);
        assert!(glimpse.whole);
        assert_eq!((glimpse.pages, glimpse.passages, glimpse.skipped), (3, 3, 0));
        assert_eq!(glimpse.titles, ["Note 0", "Note 1", "Note 2"]);
        assert_eq!(kind_of(folder.path()), SourceKind::Folder);
    }
}
