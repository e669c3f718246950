//! The models and the knowledge base: loaded once, when they are first needed, and shared from then on.

use std::sync::{Arc, OnceLock};

use vitrine_assistant::{Assistant, ExtractiveExplainer};
use vitrine_inference::{Classifier, CompactPack, Retriever};
use vitrine_knowledge::KnowledgeBase;

use crate::{
    Settings, Workbench, WorkbenchError,
    jobs::Job,
    view::{JobKind, WorkbenchEvent},
};

/// The loaded pack behind its interfaces.
pub(crate) struct Models {
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) classifier: Arc<dyn Classifier>,
}

impl Models {
    pub(crate) fn load(settings: &Settings) -> Result<Self, WorkbenchError> {
        let paths = settings.pack.as_ref().ok_or(WorkbenchError::NoPack)?;
        let pack = CompactPack::load(paths)?;
        Ok(Self { retriever: pack.retriever, classifier: pack.classifier })
    }
}

/// The knowledge base, and the assistant that speaks from it.
pub(crate) struct Reference {
    pub(crate) knowledge: Arc<KnowledgeBase>,
    pub(crate) assistant: Assistant,
}

impl Workbench {
    /// The open knowledge base; opens it when nobody has yet.
    pub(crate) fn reference(&self) -> Result<Arc<Reference>, WorkbenchError> {
        self.0.reference.get_or_make(|| {
            let retriever = self.models()?.retriever.clone();
            let knowledge = Arc::new(self.open_knowledge(retriever.clone())?);
            self.announce(WorkbenchEvent::LibraryChanged);
            let explainer = Arc::new(ExtractiveExplainer::new(retriever));
            Ok(Reference { assistant: Assistant::new(knowledge.clone(), explainer), knowledge })
        })
    }

    /// Opens the knowledge base; a job shows its indexing, at the first start and when text or pack have changed.
    fn open_knowledge(&self, retriever: Arc<dyn Retriever>) -> Result<KnowledgeBase, WorkbenchError> {
        let (settings, stop) = (&self.0.settings, &self.0.stop_indexing);
        let job = OnceLock::new();
        let start = |total| self.0.jobs.start_stopped_by(JobKind::Index, total, stop.clone());
        let progress = |done: u64, total: u64| {
            job.get_or_init(|| start(total)).update(|view| (view.done, view.total) = (done, total));
        };
        let index = settings.cache.join("knowledge.index");
        let opened = KnowledgeBase::open_or_build(&settings.knowledge, &index, retriever, &progress, stop);
        match &opened {
            Ok(_) => drop(job.get().map(Job::finish)),
            Err(error) => drop(job.get_or_init(|| start(0)).abort(settings.knowledge.display().to_string(), error)),
        }
        Ok(opened?)
    }
}

/// Something that is made once; later calls wait for the first and share its result, a failure included.
pub(crate) struct Once<T>(OnceLock<Result<Arc<T>, String>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Once<T> {
    pub(crate) fn get_or_make(
        &self,
        make: impl FnOnce() -> Result<T, WorkbenchError>,
    ) -> Result<Arc<T>, WorkbenchError> {
        let made = self.0.get_or_init(|| make().map(Arc::new).map_err(|error| error.to_string()));
        made.clone().map_err(WorkbenchError::Unavailable)
    }

    /// What there is, without waiting or making.
    pub(crate) fn peek(&self) -> Option<Result<Arc<T>, String>> {
        self.0.get().cloned()
    }
}
