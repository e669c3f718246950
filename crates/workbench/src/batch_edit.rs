//! One change to a property of many works: seen first, then made in one act.

use std::ops::ControlFlow;

use vitrine_catalogue::{
    BatchChange, BatchEdit, BatchPlan, FindReplace, LeftAlone, Qualifying, ValueKind, WorkId, core_property,
};

use crate::{
    Workbench, WorkbenchError,
    dating::DATE,
    jobs::Job,
    view::{
        BatchChangeView, BatchRequest, BatchView, BatchWorkView, JobKind, LeftAloneView, LeftReason, NamedWork,
        WorkbenchEvent,
    },
    workbench::now,
};

/// Works that are named for each reason why they are left alone.
const NAMED: usize = 12;
/// Values that a person is warned of.
const WARNED: usize = 5;
/// From so many works on a change is a job, with progress and a way to stop it.
const LONG: usize = 400;
/// Up to so many works are announced one by one when they have changed.
const ANNOUNCED: usize = 100;

impl Workbench {
    /// What a change to many works would do, shown on `most` of them; nothing is done.
    pub fn batch_preview(&self, request: &BatchRequest, most: usize) -> Result<BatchView, WorkbenchError> {
        self.room_in_each(request)?;
        let plan = self.0.catalogue.plan_batch(&works(request), &edit(request))?;
        self.batch_view(&plan, most, None)
    }

    /// Makes a change to many works, which one undo takes back, and shows it on `most` of them. With `seen`, which a preview gave, only if it
    /// is still the same change.
    pub fn batch_edit(
        &self,
        request: &BatchRequest,
        most: usize,
        seen: Option<&str>,
    ) -> Result<BatchView, WorkbenchError> {
        self.room_in_each(request)?;
        let works = works(request);
        let mut watch = self.watch(works.len());
        let edit = edit(request);
        let made = self.0.catalogue.edit_batch(&works, &edit, seen, self.person(), now(), &mut |n, of| watch.at(n, of));
        let (plan, act) = watch.end(made)?;
        self.announce_works(&act.works);
        if request.property == DATE {
            act.works.iter().try_for_each(|work| self.follow_date(*work))?;
        }
        self.batch_view(&plan, most, Some(act.description))
    }

    /// Refuses to add a value beside others where a work may have one only.
    fn room_in_each(&self, request: &BatchRequest) -> Result<(), WorkbenchError> {
        let own = self.own_files();
        let single = own.property(&request.property).filter(|own| !own.repeatable);
        match (&request.change, single) {
            (BatchChangeView::Append { .. }, Some(own)) => Err(WorkbenchError::OneValueEach(own.label.clone())),
            _ => Ok(()),
        }
    }

    /// Follows a change to so many works; on the board of jobs where it takes a while.
    pub(crate) fn watch(&self, works: usize) -> Watch {
        Watch { job: (works >= LONG).then(|| self.0.jobs.start(JobKind::Edit, works as u64)) }
    }

    /// Says that works have changed: each of a few, or of many that the library has.
    pub(crate) fn announce_works(&self, works: &[WorkId]) {
        if works.len() > ANNOUNCED {
            self.announce(WorkbenchEvent::LibraryChanged);
            return;
        }
        for work in works {
            self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        }
    }

    fn batch_view(&self, plan: &BatchPlan, most: usize, done: Option<String>) -> Result<BatchView, WorkbenchError> {
        let mut changes = Vec::new();
        for edit in plan.works.iter().take(most) {
            changes.push(BatchWorkView {
                work: edit.work.0,
                title: self.0.catalogue.work_card(edit.work)?.title,
                before: edit.before.clone(),
                after: edit.after.clone(),
                turned_down: edit.turned_down.clone(),
            });
        }
        let mut left: Vec<LeftAloneView> = Vec::new();
        for (work, reason) in &plan.left {
            let reason = left_reason(*reason);
            let at = match left.iter().position(|group| group.reason == reason) {
                Some(at) => at,
                None => {
                    left.push(LeftAloneView { reason, works: 0, first: Vec::new() });
                    left.len() - 1
                }
            };
            if let Some(group) = left.get_mut(at) {
                group.works += 1;
                if group.first.len() < NAMED {
                    let title = self.0.catalogue.work_card(*work)?.title;
                    group.first.push(NamedWork { work: work.0, title });
                }
            }
        }
        Ok(BatchView {
            changing: plan.works.len() as u64,
            changes,
            left,
            cautions: self.cautions(plan),
            seen: plan.fingerprint(),
            done,
        })
    }
}

impl Workbench {
    /// New values that the program could not make days, measures or an address of.
    fn cautions(&self, plan: &BatchPlan) -> Vec<String> {
        let key = &plan.edit.property;
        let own = || self.own_files().property(key).map(|own| own.kind);
        let Some(kind) = core_property(key).map(|core| core.kind).or_else(own) else { return Vec::new() };
        let what = match kind {
            ValueKind::Date => "a date",
            ValueKind::Measures => "measures",
            ValueKind::Rights => "a statement of rights from the list",
            ValueKind::Text | ValueKind::Term | ValueKind::Maker | ValueKind::Identifier => return Vec::new(),
        };
        let mut strange: Vec<&String> = Vec::new();
        for edit in &plan.works {
            for value in edit.after.iter().filter(|value| !edit.before.contains(value)) {
                if strange.len() < WARNED && !kind.understands(value) && !strange.contains(&value) {
                    strange.push(value);
                }
            }
        }
        let said = |value: &String| format!("“{value}” is not understood as {what}; it is kept as words alone");
        strange.into_iter().map(said).collect()
    }
}

/// How far a change to many works is, and whether it is to stop.
pub(crate) struct Watch {
    job: Option<Job>,
}

impl Watch {
    pub(crate) fn at(&mut self, done: usize, all: usize) -> ControlFlow<()> {
        let Some(job) = &self.job else { return ControlFlow::Continue(()) };
        job.update(|view| (view.done, view.total) = (done as u64, all as u64));
        if job.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Ends the job as the change ended.
    pub(crate) fn end<T>(self, outcome: vitrine_catalogue::Result<T>) -> Result<T, WorkbenchError> {
        use vitrine_catalogue::CatalogueError::Stopped;
        if let Some(job) = self.job {
            match &outcome {
                Ok(_) => {
                    job.update(|view| view.done = view.total);
                    job.finish();
                }
                // It ends as cancelled, since not all is done.
                Err(Stopped) => drop(job.finish()),
                Err(error) => drop(job.abort(String::new(), error)),
            }
        }
        Ok(outcome?)
    }
}

fn works(request: &BatchRequest) -> Vec<WorkId> {
    request.works.iter().copied().map(WorkId).collect()
}

fn edit(request: &BatchRequest) -> BatchEdit {
    let change = match request.change.clone() {
        BatchChangeView::Set { value, qualifier, keep_qualifier, settle } => {
            let qualifier = if keep_qualifier { Qualifying::AsItIs } else { Qualifying::Put(qualifier) };
            BatchChange::Set { value, qualifier, settle }
        }
        BatchChangeView::Append { value, qualifier, settle } => BatchChange::Append { value, qualifier, settle },
        BatchChangeView::Remove { value } => BatchChange::Remove { value },
        BatchChangeView::Replace { find, with, whole_words, match_case } => {
            BatchChange::Replace(FindReplace { find, with, whole_words, match_case })
        }
    };
    BatchEdit { property: request.property.clone(), change }
}

fn left_reason(reason: LeftAlone) -> LeftReason {
    match reason {
        LeftAlone::SaysSo => LeftReason::SaysSo,
        LeftAlone::NothingStands => LeftReason::NothingStands,
        LeftAlone::OnlySuggested => LeftReason::OnlySuggested,
        LeftAlone::OtherValues => LeftReason::OtherValues,
        LeftAlone::NotFound => LeftReason::NotFound,
        LeftAlone::NothingLeft => LeftReason::NothingLeft,
        LeftAlone::MakerOfAModel => LeftReason::MakerOfAModel,
    }
}
