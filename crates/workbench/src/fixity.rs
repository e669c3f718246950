//! Whether originals are still what was taken in: a part of them is looked at each day, those first that were longest not looked at.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use vitrine_catalogue::{FixityCheck, FixityFinding, Original};
use vitrine_imaging::{Derivative, ImagingError, Limits, PerceptualHash, ScanFile, file_sha256};

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    view::{FixityTroubleView, FixityView, JobKind, WorkbenchEvent},
    workbench::{Bench, let_others_go_first, now},
};

/// The preference that says after how many days each original is looked at again; 0 for never.
const DAYS: &str = "fixity_days";
/// Where nobody has said otherwise.
const USUAL_DAYS: u32 = 90;
/// A longer time is none that anybody means.
const MOST_DAYS: u32 = 3650;
/// How often it is seen whether something is due, while a library is open.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Workbench {
    /// What is known of the originals, and how often they are looked at.
    pub fn fixity(&self) -> Result<FixityView, WorkbenchError> {
        let originals = self.0.catalogue.originals()?;
        let mut view = FixityView {
            days: self.fixity_days()?,
            originals: originals.len() as u64,
            unchanged: 0,
            never: 0,
            oldest: None,
            troubles: Vec::new(),
        };
        for original in &originals {
            let Some(last) = &original.last else {
                view.never += 1;
                continue;
            };
            // They come in the order of their checks.
            view.oldest.get_or_insert_with(|| last.at.to_string());
            if last.finding == FixityFinding::Unchanged {
                view.unchanged += 1;
                continue;
            }
            view.troubles.push(FixityTroubleView {
                work: original.work.0,
                title: self.0.catalogue.work_card(original.work)?.title,
                file: original.path.display().to_string(),
                sha256: original.sha256.clone(),
                finding: last.finding.as_str().to_owned(),
                found_sha256: last.found_sha256.clone(),
                at: last.at.to_string(),
            });
        }
        Ok(view)
    }

    /// Says after how many days each original is looked at again; 0 for never.
    pub fn set_fixity_days(&self, days: u32) -> Result<FixityView, WorkbenchError> {
        if days > MOST_DAYS {
            return Err(WorkbenchError::FixityDays { days, most: MOST_DAYS });
        }
        self.0.catalogue.set_preference(DAYS, &days.to_string())?;
        self.fixity()
    }

    /// Looks at all originals, or at the part that is due today, as a job, whose id is returned; none where nothing is due.
    pub fn check_originals(&self, all: bool) -> Result<Option<u64>, WorkbenchError> {
        let Some((job, part)) = self.begin_check(all)? else { return Ok(None) };
        let (id, bench) = (job.id(), self.clone());
        self.spawn("originals", move || bench.look_through(&job, &part))?;
        Ok(Some(id))
    }

    /// [`Workbench::check_originals`], and returns when that is done or was stopped.
    pub fn check_originals_now(&self, all: bool) -> Result<FixityView, WorkbenchError> {
        if let Some((job, part)) = self.begin_check(all)? {
            self.look_through(&job, &part);
        }
        self.fixity()
    }

    /// Sees now and every hour whether originals are due, until the library is closed.
    pub(crate) fn check_now_and_then(&self) -> Result<(), WorkbenchError> {
        let library: Weak<Bench> = Arc::downgrade(&self.0);
        // Nobody waits for this thread: it holds nothing, and only begins jobs, which are waited for.
        let watch = move || {
            let_others_go_first();
            while let Some(bench) = library.upgrade().map(Workbench) {
                if bench.is_closing() {
                    return;
                }
                if let Err(error) = bench.check_originals(false) {
                    bench.0.jobs.start(JobKind::Fixity, 0).abort("originals", error);
                }
                drop(bench);
                thread::sleep(LOOK_EVERY);
            }
        };
        thread::Builder::new().name("fixity".into()).spawn(watch).map(drop).map_err(WorkbenchError::Thread)
    }

    pub(crate) fn fixity_days(&self) -> Result<u32, WorkbenchError> {
        let kept = self.0.catalogue.preference(DAYS)?;
        Ok(kept.and_then(|text| text.parse().ok()).unwrap_or(USUAL_DAYS))
    }

    fn begin_check(&self, all: bool) -> Result<Option<(Job, Vec<Original>)>, WorkbenchError> {
        let mut originals = self.0.catalogue.originals()?;
        if !all {
            let due = due(&originals, self.fixity_days()?, now());
            originals.truncate(due);
        }
        if originals.is_empty() {
            return Ok(None);
        }
        let job = self.0.jobs.start_patient(JobKind::Fixity);
        job.update(|view| view.total = originals.len() as u64);
        Ok(Some((job, originals)))
    }

    fn look_through(&self, job: &Job, originals: &[Original]) {
        for original in originals {
            if !job.turn() {
                break;
            }
            // None: stopped in the middle of a file.
            let Some((finding, found_sha256)) = look(original, || job.turn()) else { break };
            let check = FixityCheck { at: now(), finding, found_sha256 };
            match self.0.catalogue.note_fixity(&original.sha256, &original.path, &check) {
                Ok(()) if finding == FixityFinding::Unchanged => job.advance(),
                Ok(()) => job.fail_one(original.path.display().to_string(), sentence(finding)),
                Err(error) => job.fail_one(original.path.display().to_string(), error),
            }
        }
        job.finish();
        self.announce(WorkbenchEvent::LibraryChanged);
    }
}

/// How many of the originals, which come in the order of their checks, are to be looked at now: those whose check is older than `days` days, and no more than brings
/// all of them through in that time, less those of the last day. So a library that came in at once is not looked at at once.
fn due(originals: &[Original], days: u32, now: Timestamp) -> usize {
    if days == 0 {
        return 0;
    }
    let age = |original: &Original| original.last.as_ref().map(|last| now.duration_since(last.at));
    let old = originals.iter().take_while(|one| age(one).is_none_or(|age| age >= DAY * days as i32)).count();
    let today = originals.iter().rev().take_while(|one| age(one).is_some_and(|age| age < DAY)).count();
    let a_day = originals.len().div_ceil(days as usize);
    old.min(a_day.saturating_sub(today))
}

/// What lies where an original was taken in from, and its SHA-256 if that is another one; none where `go_on` said no.
fn look(original: &Original, go_on: impl FnMut() -> bool) -> Option<(FixityFinding, Option<String>)> {
    let (found, bytes) = match file_sha256(&original.path, go_on) {
        Ok(found) => found?,
        Err(ImagingError::Missing) => return Some((FixityFinding::Missing, None)),
        Err(_) => return Some((FixityFinding::Unreadable, None)),
    };
    if found == original.sha256 {
        return Some((FixityFinding::Unchanged, None));
    }
    // Uncompressed scans of one size all have the same number of bytes: that tells only where nothing can be seen.
    let is_same = shows_the_same(original).unwrap_or(bytes == original.bytes);
    let finding = if is_same { FixityFinding::Changed } else { FixityFinding::Replaced };
    Some((finding, Some(found)))
}

/// Whether the file that lies there shows nearly what the original showed; none where it cannot be decoded, or one of them is blank.
fn shows_the_same(original: &Original) -> Option<bool> {
    let known = original.fingerprint.as_deref().and_then(|text| text.parse::<PerceptualHash>().ok());
    let found = ScanFile::read(&original.path, &Limits::default())
        .and_then(|file| file.page_within(original.page, Derivative::Large.longest_side()))
        .ok()
        .and_then(|page| PerceptualHash::of(&page.image));
    known.zip(found).map(|(known, found)| known.distance(found) <= PerceptualHash::NEAR)
}

/// What a person is told of an original that is not as it was.
fn sentence(finding: FixityFinding) -> &'static str {
    match finding {
        FixityFinding::Unchanged => "it is as it was taken in",
        FixityFinding::Missing => {
            "it is not there any more; connect its drive, or let moved files be found in the folder where they lie now"
        }
        FixityFinding::Unreadable => "it cannot be read; check its drive, and whether you may open it",
        FixityFinding::Changed => {
            "its bytes are not those that were taken in; put a copy in its place, or find out who has written to it"
        }
        FixityFinding::Replaced => {
            "another file lies in its place; put the original back, or let it be found in the folder where it lies now"
        }
    }
}
