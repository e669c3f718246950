//! Looking at works, one after the other in the background, and keeping what the classifier says as suggestions.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use vitrine_catalogue::{Alternative, NewStatement, ScanId, Source, WorkId};
use vitrine_imaging::{Derivative, ImagingError, Limits, read_scan};
use vitrine_inference::{Classifier, Task, TaskPrediction, Years, curator::LibraryLabels};
use vitrine_retrieval::MultiVector;

use crate::{
    Workbench, WorkbenchError, dating,
    jobs::Job,
    view::{JobKind, JobState, JobView, WorkbenchEvent},
    views,
    workbench::now,
};

/// Labels asked of the classifier: the value and five alternatives.
const LABELS: usize = 6;

/// Works that wait to be looked at, and whether more are on their way.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<WorkId>,
    /// The running job; there is at most one.
    job: Option<Job>,
    /// Imports that still run.
    imports: usize,
}

impl Queue {
    pub(crate) fn expect_more(&self) {
        self.state().imports += 1;
    }

    pub(crate) fn expect_no_more(&self) {
        self.state().imports -= 1;
        self.changed.notify_all();
    }

    /// The next work; waits while imports run. `None` ends the job, which leaves the queue empty.
    fn next(&self, job: &Job) -> Option<WorkId> {
        let mut state = self.state();
        loop {
            if job.cancelled() {
                state.waiting.clear();
            } else if let Some(work) = state.waiting.pop_front() {
                return Some(work);
            } else if state.imports > 0 {
                // The time-out only serves cancelling.
                let waited = self.changed.wait_timeout(state, Duration::from_millis(100));
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            state.job = None;
            return None;
        }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workbench {
    /// Asks for suggestions for these works; for all that have none yet when `works` is empty. Returns the job, or none if nothing is to do.
    pub fn suggest(&self, works: &[i64]) -> Result<Option<u64>, WorkbenchError> {
        if works.is_empty() {
            return self.resume_suggestions();
        }
        let mut job = None;
        for work in works {
            self.0.catalogue.work_card(WorkId(*work))?;
            job = self.queue_suggestion(WorkId(*work))?;
        }
        Ok(job)
    }

    /// Takes up again the works that the pack has not looked at.
    pub(crate) fn resume_suggestions(&self) -> Result<Option<u64>, WorkbenchError> {
        let catalogue = &self.0.catalogue;
        if catalogue.work_ids()?.is_empty() {
            return Ok(None);
        }
        let mut job = None;
        for scan in catalogue.scans_without_rows(&self.pack()?.weights_sha256)? {
            job = self.queue_suggestion(catalogue.scan(scan)?.work)?;
        }
        Ok(job)
    }

    /// Queues a work, and starts the job if none runs. `None` if the models could not be loaded, which one failed job says for all works.
    pub(crate) fn queue_suggestion(&self, work: WorkId) -> Result<Option<u64>, WorkbenchError> {
        if let Some(Err(error)) = self.0.models.peek() {
            let said = |job: &JobView| job.kind == JobKind::Suggest && job.state == JobState::Failed;
            if !self.0.jobs.list().iter().any(said) {
                self.0.jobs.start(JobKind::Suggest, 0).abort("suggestions", error);
            }
            return Ok(None);
        }
        let mut state = self.0.queue.state();
        state.waiting.push_back(work);
        self.0.queue.changed.notify_all();
        if let Some(job) = &state.job {
            job.update(|view| view.total += 1);
            return Ok(Some(job.id()));
        }
        let job = self.0.jobs.start(JobKind::Suggest, state.waiting.len() as u64);
        state.job = Some(job.clone());
        drop(state);
        let (bench, id) = (self.clone(), job.id());
        let started = self.spawn("suggest", move || bench.run_suggestions(&job));
        if started.is_err() {
            self.0.queue.state().job = None;
        }
        started.map(|()| Some(id))
    }

    fn run_suggestions(&self, job: &Job) {
        let library = match self.library_labels() {
            Ok(library) => library,
            Err(error) => {
                // Nothing can be looked at; the works stay, and are taken up again when the library is next opened.
                let mut state = self.0.queue.state();
                state.waiting.clear();
                state.job = None;
                drop(state);
                job.abort("suggestions", error);
                return;
            }
        };
        let mut seen = Vec::new();
        while let Some(work) = self.0.queue.next(job) {
            match self.look_at(work, library.as_ref()) {
                Ok(()) => {
                    seen.push(work);
                    job.advance();
                }
                Err(error) => job.fail_one(self.file_of(work), error),
            }
            self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        }
        // What passages and neighbours support comes second: at the first start the knowledge base is still being indexed.
        for work in seen.into_iter().take_while(|_| !job.cancelled()) {
            match self.suggest_supported(work) {
                Ok(()) => self.announce(WorkbenchEvent::WorkChanged { work: work.0 }),
                Err(error) => {
                    job.abort(self.file_of(work), format!("media and tags could not be looked up: {error}"));
                    return;
                }
            }
        }
        job.finish();
        self.announce(WorkbenchEvent::LibraryChanged);
    }

    /// Reads the attributes off a work's first scan and keeps them with the scan's rows. `library` are the labels of works that people
    /// have decided on.
    fn look_at(&self, work: WorkId, library: Option<&LibraryLabels>) -> Result<(), WorkbenchError> {
        let classifier = self.classifier()?;
        let Some(scan) = self.0.catalogue.scans(work)?.into_iter().next() else { return Ok(()) };
        let pack = self.pack()?;
        let kept = self.rows(work)?;
        let rows = match &kept {
            Some(rows) => rows.clone(),
            None => self.embed(scan.id)?,
        };
        let made = self.made(work)?;
        let predictions = match library {
            Some(library) => library.merge(&rows, classifier.classify(&rows, made.as_ref(), usize::MAX)?, LABELS),
            None => classifier.classify(&rows, made.as_ref(), LABELS)?,
        };
        let statements = predictions.into_iter().map(|prediction| statement(prediction, made.as_ref()));
        let statements: Vec<NewStatement> = statements.collect();
        let speaker = views::recorded_pack(classifier.pack());
        self.0.catalogue.suggest(work, &Source::Pack(speaker), &statements, now())?;
        // The rows last: a work without them counts as not looked at, and is taken up again after an interruption.
        if kept.is_none() {
            self.0.catalogue.put_image_rows(scan.id, &pack, rows.dimension(), rows.values(), now())?;
        }
        self.add_to_similarity(work, &rows)
    }

    fn embed(&self, scan: ScanId) -> Result<MultiVector, WorkbenchError> {
        let preview = self.preview(scan.0, Derivative::Large)?;
        let image = read_scan(&preview, &Limits::default())
            .map_err(|cause: ImagingError| WorkbenchError::Preview { file: preview, cause })?;
        Ok(self.models()?.retriever.embed_image(&image.image)?)
    }

    fn file_of(&self, work: WorkId) -> String {
        let scans = self.0.catalogue.scans(work).unwrap_or_default();
        scans.first().map_or_else(|| format!("work {work}"), |scan| scan.path.display().to_string())
    }
}

/// A prediction in the form of a statement: an abstention has no value, but keeps what was considered. `made` is when the work was made.
fn statement(prediction: TaskPrediction, made: Option<&Years>) -> NewStatement {
    let counted = made.filter(|_| prediction.dated).map(dating::counted);
    let mut ranked = prediction.ranked.into_iter();
    let best = if prediction.abstention.is_none() { ranked.next() } else { None };
    NewStatement {
        concept: None,
        property: prediction.task.property().to_owned(),
        // Only a person can say whose hand it is.
        qualifier: (prediction.task == Task::Artist && best.is_some()).then(|| "style of".to_owned()),
        confidence: best.as_ref().map(|label| label.confidence.clamp(0.0, 1.0)),
        raw_confidence: best.as_ref().map(|label| label.raw_confidence.clamp(0.0, 1.0)),
        value: best.map(|label| label.label),
        alternatives: ranked
            .take(LABELS - 1)
            .map(|label| Alternative { value: label.label, confidence: label.confidence.clamp(0.0, 1.0) })
            .collect(),
        evidence: Vec::new(),
        reason: prediction.abstention.or(counted),
    }
}

#[cfg(test)]
mod tests {
    use vitrine_inference::RankedLabel;

    use super::*;

    fn prediction(task: Task, abstention: Option<&str>) -> TaskPrediction {
        let label =
            |label: &str, confidence| RankedLabel { label: label.into(), confidence, raw_confidence: confidence / 2.0 };
        TaskPrediction {
            task,
            ranked: vec![label("Rococo", 0.5), label("Baroque", 0.3), label("Romanticism", 0.1)],
            abstention: abstention.map(str::to_owned),
            dated: false,
        }
    }

    #[test]
    fn the_best_label_is_the_value_and_the_others_are_alternatives() {
        let made = statement(prediction(Task::Style, None), None);
        assert_eq!(made.value.as_deref(), Some("Rococo"));
        assert_eq!((made.confidence, made.raw_confidence, made.qualifier), (Some(0.5), Some(0.25), None));
        assert_eq!(made.alternatives.iter().map(|a| a.value.as_str()).collect::<Vec<_>>(), ["Baroque", "Romanticism"]);
    }

    #[test]
    fn an_abstention_has_no_value_but_offers_what_was_considered() {
        let made = statement(prediction(Task::Style, Some("Outside what this pack knows.")), None);
        assert_eq!((made.value, made.confidence), (None, None));
        assert_eq!(made.alternatives.len(), 3);
        assert_eq!(made.reason.as_deref(), Some("Outside what this pack knows."));
    }

    #[test]
    fn a_suggestion_says_where_the_date_counted() {
        let made = Years { first: 1880, last: 1885 };
        let dated = |abstention| TaskPrediction { dated: true, ..prediction(Task::Style, abstention) };
        assert_eq!(
            statement(dated(None), Some(&made)).reason.as_deref(),
            Some("The date in the record counted: 1880–1885.")
        );
        assert_eq!(statement(dated(Some("Too unsure.")), Some(&made)).reason.as_deref(), Some("Too unsure."));
        assert_eq!(statement(prediction(Task::Style, None), Some(&made)).reason, None);
    }

    #[test]
    fn an_artist_is_never_more_than_a_manner() {
        assert_eq!(statement(prediction(Task::Artist, None), None).qualifier.as_deref(), Some("style of"));
        assert_eq!(statement(prediction(Task::Artist, Some("Too unsure.")), None).qualifier, None);
    }
}
