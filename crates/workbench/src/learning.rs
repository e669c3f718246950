//! Learning thoroughly from what people stand by in this library: made in the background, judged on works that were held back, used only where it is better, and
//! put aside again with one step.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use vitrine_catalogue::WorkId;
use vitrine_inference::adaptation::{Adaptation, Confirmed, LEAST_JUDGED, LEAST_LEARNT, TaskAccount};
use vitrine_inference::{CompactClassifier, Task};
use vitrine_retrieval::MultiVector;

use crate::{
    Workbench, WorkbenchError, curated,
    jobs::Job,
    view::{JobKind, LearningView, LearntTaskView, LearntView, TaughtView, WorkbenchEvent},
    workbench::now,
};

/// The preference that lists what was learnt.
const LEARNT: &str = "learnt";

/// The folder in the library's that holds it.
const FOLDER: &str = "learnt";

/// What was learnt so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Learnt {
    /// The number of what is used; none where the pack speaks alone.
    in_use: Option<u32>,
    versions: Vec<Version>,
}

/// One time that it was learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    number: u32,
    made: String,
    person: String,
    /// The SHA-256 of the pack's weights that it belongs to.
    weights_sha256: String,
    pack: String,
    tasks: Vec<TaskAccount>,
}

/// The classifier that speaks, and the number of what was learnt that it speaks with.
pub(crate) struct Speaking {
    number: Option<u32>,
    classifier: Arc<CompactClassifier>,
}

impl Workbench {
    /// What was learnt from this library, what is used of it, and how many works could be learnt from.
    pub fn learning(&self) -> Result<LearningView, WorkbenchError> {
        let learnt = self.learnt()?;
        let weights = self.pack()?.weights_sha256;
        let taught = self.taught()?;
        let count = |task: Task| taught.iter().filter(|one| one.task == task).count() as u64;
        Ok(LearningView {
            in_use: learnt.in_use,
            versions: learnt.versions.into_iter().rev().map(|version| view(version, &weights)).collect(),
            confirmed: curated::TASKS
                .map(|task| TaughtView { task: task.property().into(), works: count(task) })
                .into(),
            needed: (LEAST_JUDGED + LEAST_LEARNT) as u64,
        })
    }

    /// Learns from the works that people stand by, in the background; what comes of it is used at once where it is better. Returns the job.
    pub fn start_learning(&self) -> Result<u64, WorkbenchError> {
        let job = self.0.jobs.start(JobKind::Learn, 0);
        let (id, bench) = (job.id(), self.clone());
        self.spawn("learn", move || match bench.learn(&job) {
            Ok(_) => drop(job.finish()),
            Err(_) if job.cancelled() => drop(job.finish()),
            Err(error) => drop(job.abort("this library", error)),
        })?;
        Ok(id)
    }

    /// [`Workbench::start_learning`], waiting for it: the number of what was learnt, and whether it is used.
    pub fn learn_now(&self) -> Result<LearntView, WorkbenchError> {
        let job = self.0.jobs.start(JobKind::Learn, 0);
        let learnt = self.learn(&job);
        match &learnt {
            Ok(_) => drop(job.finish()),
            Err(error) => drop(job.abort("this library", error)),
        }
        learnt
    }

    /// Uses what was learnt under this number from now on; none puts all of it aside, so that the pack speaks alone. Suggestions that nobody has decided on are made anew.
    pub fn use_learnt(&self, number: Option<u32>) -> Result<LearningView, WorkbenchError> {
        let mut learnt = self.learnt()?;
        if let Some(number) = number {
            self.read_learnt(number)?;
        }
        learnt.in_use = number;
        self.keep_learnt(&learnt)?;
        self.suggest_anew()?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.learning()
    }

    /// Who reads attributes off scans: the pack, with what was learnt from this library where that is used.
    pub(crate) fn classifier(&self) -> Result<Arc<CompactClassifier>, WorkbenchError> {
        let wanted = self.learnt()?.in_use;
        let mut speaking = self.0.speaking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = speaking.as_ref().filter(|known| known.number == wanted) {
            return Ok(known.classifier.clone());
        }
        let pack = &self.models()?.classifier;
        let classifier = match wanted.map(|number| self.read_learnt(number)) {
            None => pack.clone(),
            Some(Ok(taught)) => Arc::new(taught),
            Some(Err(error)) => {
                // The works are looked at all the same, by the pack alone; the page on models shows why.
                self.announce(WorkbenchEvent::Notice { text: error.to_string() });
                pack.clone()
            }
        };
        *speaking = Some(Speaking { number: wanted, classifier: classifier.clone() });
        Ok(classifier)
    }

    fn learn(&self, job: &Job) -> Result<LearntView, WorkbenchError> {
        let taught = self.taught()?;
        let confirmed: Vec<Confirmed> = taught
            .iter()
            .map(|Taught { work, rows, task, label }| Confirmed { work, rows, task: *task, label })
            .collect();
        let hear = &mut |done: usize, total: usize| {
            job.update(|view| (view.done, view.total) = (done as u64, total as u64));
            !job.cancelled()
        };
        let adaptation = self.models()?.classifier.adapt(&confirmed, hear)?;
        if adaptation.tasks.is_empty() {
            return Err(WorkbenchError::TooFewToLearnFrom { needed: LEAST_JUDGED + LEAST_LEARNT });
        }
        let mut learnt = self.learnt()?;
        let number = learnt.versions.last().map_or(0, |last| last.number) + 1;
        adaptation.write(&self.learnt_folder(number))?;
        let version = Version {
            number,
            made: now().to_string(),
            person: self.person().to_owned(),
            weights_sha256: adaptation.base.weights_sha256.clone(),
            pack: format!("{} {}", adaptation.base.id, adaptation.base.version),
            tasks: adaptation.tasks.clone(),
        };
        learnt.versions.push(version.clone());
        if adaptation.is_used() {
            learnt.in_use = Some(number);
        }
        self.keep_learnt(&learnt)?;
        job.update(|view| view.done = view.total);
        if adaptation.is_used() {
            self.suggest_anew()?;
        }
        self.announce(WorkbenchEvent::LibraryChanged);
        Ok(view(version, &adaptation.base.weights_sha256))
    }

    /// Looks again at works on which suggestions wait; their images were read already, so it is quick.
    fn suggest_anew(&self) -> Result<(), WorkbenchError> {
        for work in self.0.catalogue.work_ids()? {
            if self.0.catalogue.work_card(work)?.waiting > 0 && self.rows(work)?.is_some() {
                self.queue_suggestion(work)?;
            }
        }
        Ok(())
    }

    /// What people stand by that can be learnt from, on works whose image was looked at.
    fn taught(&self) -> Result<Vec<Taught>, WorkbenchError> {
        let mut taught = Vec::new();
        for work in self.0.catalogue.work_ids()? {
            let about = curated::taught(&self.0.catalogue.statements(work)?);
            let right: Vec<_> = about.into_iter().filter(|(_, _, right)| *right).collect();
            if right.is_empty() {
                continue;
            }
            if let Some(rows) = self.rows(work)? {
                let name = self.name_of(work)?;
                taught.extend(right.into_iter().map(|(task, label, _)| Taught {
                    work: name.clone(),
                    rows: rows.clone(),
                    task,
                    label,
                }));
            }
        }
        Ok(taught)
    }

    /// The hash of a work's first scan: it stays what it is in every copy of the library.
    fn name_of(&self, work: WorkId) -> Result<String, WorkbenchError> {
        let scan = self.0.catalogue.scans(work)?.into_iter().next();
        Ok(scan.map_or_else(|| work.to_string(), |scan| scan.sha256))
    }

    fn read_learnt(&self, number: u32) -> Result<CompactClassifier, WorkbenchError> {
        let adaptation = Adaptation::read(&self.learnt_folder(number))?;
        let identity = adaptation.identity(number)?;
        Ok(self.models()?.classifier.with(Arc::new(adaptation), identity)?)
    }

    fn learnt_folder(&self, number: u32) -> PathBuf {
        self.0.catalogue.folder().join(FOLDER).join(number.to_string())
    }

    fn learnt(&self) -> Result<Learnt, WorkbenchError> {
        let kept = self.0.catalogue.preference(LEARNT)?;
        // What another version of the program kept there and this one can't read counts as nothing; the files stay.
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
    }

    fn keep_learnt(&self, learnt: &Learnt) -> Result<(), WorkbenchError> {
        let text = serde_json::to_string(learnt).map_err(WorkbenchError::KeptAnswer)?;
        Ok(self.0.catalogue.set_preference(LEARNT, &text)?)
    }
}

/// A label that people stand by on a work.
struct Taught {
    work: String,
    rows: MultiVector,
    task: Task,
    label: String,
}

fn view(version: Version, weights: &str) -> LearntView {
    let Version { number, made, person, weights_sha256, pack, tasks } = version;
    let task = |account: TaskAccount| LearntTaskView {
        task: account.task.property().to_owned(),
        learnt: account.learnt as u64,
        judged: account.judged as u64,
        right_before: account.right_before as u64,
        right_after: account.right_after as u64,
        used: account.used,
    };
    LearntView {
        number,
        made,
        person,
        usable: weights_sha256 == weights && tasks.iter().any(|account| account.used),
        pack,
        tasks: tasks.into_iter().map(task).collect(),
    }
}
