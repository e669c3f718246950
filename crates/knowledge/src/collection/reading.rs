//! Reading a source into a collection.

use std::path::Path;
use std::time::UNIX_EPOCH;

use vitrine_sources::{Page, PageReader, Position, Progress, Result as SourceResult};

use super::Collection;
use super::store::Kept;
use crate::KnowledgeError;

/// Pages that are kept together: few enough that little is read again after a crash, many enough that the disk is seldom waited for.
const PAGES_AT_ONCE: usize = 200;
/// Problems that a report tells in words; the rest is counted.
const PROBLEMS_TOLD: usize = 100;

/// Opens a source at its beginning, or where a reading was cut off.
pub type Opener<'a> = &'a dyn Fn(Option<&Position>) -> SourceResult<Box<dyn PageReader>>;

/// How far a reading has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadingProgress {
    /// Bytes of the source.
    pub source: Progress,
    /// Pages read since the reading began or went on.
    pub pages: u64,
    /// Fragments among them that are new.
    pub fragments: u64,
}

/// What a reading brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadingReport {
    /// Pages read since the reading began or went on.
    pub pages: u64,
    /// Pages that are as they were at the last reading.
    pub unchanged: u64,
    /// Fragments that are new.
    pub fragments: u64,
    /// Pages that are gone from the source, and from the collection now.
    pub gone: u64,
    /// Pages or stretches that could not be read.
    pub skipped: u64,
    /// Why, of the first of them.
    pub problems: Vec<String>,
    /// Whether the source was read to its end; otherwise the next reading goes on.
    pub finished: bool,
}

impl Collection {
    /// Keeps how the source at `path` is wanted to be read, in whatever words the caller understands again: a reading that was cut off goes on in the same way.
    pub fn keep_request(&self, path: &Path, request: &str) -> Result<(), KnowledgeError> {
        self.store().keep_request(&path.to_string_lossy(), request)
    }

    /// What was last kept for the source at `path`.
    pub fn request(&self, path: &Path) -> Result<Option<String>, KnowledgeError> {
        self.store().request(&path.to_string_lossy())
    }

    /// Reads the pages of the source at `path` that `wanted` asks for. `open` opens it at its beginning or where a reading was cut off; `watch` hears of the progress and stops
    /// the reading by returning false.
    ///
    /// A source that was read before is read again from its beginning: pages of the same revision stay as they are, others replace what there was, and what
    /// the source no longer has goes.
    pub fn read(
        &self,
        path: &Path,
        open: Opener<'_>,
        wanted: &dyn Fn(&Page) -> bool,
        watch: &mut dyn FnMut(ReadingProgress) -> bool,
    ) -> Result<ReadingReport, KnowledgeError> {
        let reading = self.store().begin(&path.to_string_lossy(), &state_of(path)?)?;
        let mut reader = match open(reading.position.as_ref()) {
            // Pages that are kept already are known by their revisions, so nothing is lost by beginning again.
            Err(_) if reading.position.is_some() => open(None)?,
            opened => opened?,
        };
        let (mut report, mut pending, mut skipped) = (ReadingReport::default(), Vec::new(), 0);
        // Pages and problems since the last were kept, and whether the reader gave up before the end.
        let (mut since, mut cut_off) = (0, false);
        loop {
            let next = reader.next();
            let ended = next.is_none();
            since += 1;
            match next {
                Some(Ok(page)) => {
                    report.pages += 1;
                    if !page.fragments.is_empty() && wanted(&page) {
                        pending.push(page);
                    }
                }
                Some(Err(problem)) => {
                    skipped += 1;
                    cut_off |= problem.reading_ends;
                    if report.problems.len() < PROBLEMS_TOLD {
                        report.problems.push(problem.to_string());
                    }
                }
                None => {}
            }
            if ended || since >= PAGES_AT_ONCE {
                let kept = self.store().keep(&reading, &pending, &reader.reached(), skipped)?;
                for (page, kept) in pending.iter().zip(kept) {
                    match kept {
                        Kept::New => report.fragments += page.fragments.len() as u64,
                        Kept::Unchanged => report.unchanged += 1,
                    }
                }
                pending.clear();
                report.skipped += std::mem::take(&mut skipped);
            }
            if ended && cut_off {
                return Ok(report);
            }
            if ended {
                report.gone = self.store().finish(&reading)?;
                report.finished = true;
                return Ok(report);
            }
            let progress =
                ReadingProgress { source: reader.progress(), pages: report.pages, fragments: report.fragments };
            if since >= PAGES_AT_ONCE {
                since = 0;
                if !watch(progress) {
                    return Ok(report);
                }
            }
        }
    }
}

/// What changes when a file does: its size and the time of its last change. Of a folder its own time alone, as its files are known one by one.
fn state_of(path: &Path) -> Result<String, KnowledgeError> {
    let read = |source| KnowledgeError::Read { path: path.to_owned(), source };
    let data = path.metadata().map_err(read)?;
    let changed = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(format!("{} {}", if data.is_file() { data.len() } else { 0 }, changed.as_nanos()))
}
