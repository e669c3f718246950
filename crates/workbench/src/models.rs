//! The models and the knowledge base: loaded once, when they are first needed, and shared from then on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use vitrine_assistant::{Assistant, ExtractiveExplainer, RewritingExplainer, WrittenExplainer};
use vitrine_inference::device::{DeviceKind, OpenDevice};
use vitrine_inference::model_pack::{InstalledPack, InstalledPacks, REWRITER};
use vitrine_inference::worker::{Placement, WorkerPack};
use vitrine_inference::writer::Writer;
use vitrine_inference::{CompactClassifier, CompactPack, Explainer, InferenceError, Retriever};
use vitrine_knowledge::{Collection, KnowledgeBase};

use crate::{
    Settings, Workbench, WorkbenchError,
    jobs::Job,
    view::{JobKind, WorkbenchEvent},
};

/// The loaded pack behind its interfaces.
pub(crate) struct Models {
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) classifier: Arc<CompactClassifier>,
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
    pub(crate) assistant: Arc<Assistant>,
}

impl Workbench {
    /// The open knowledge base; opens it when nobody has yet.
    pub(crate) fn reference(&self) -> Result<Arc<Reference>, WorkbenchError> {
        self.0.reference.get_or_make(|| {
            let retriever = self.models()?.retriever.clone();
            let knowledge = Arc::new(self.open_knowledge(retriever.clone())?);
            knowledge.set_collections(Collection::all(&self.collections_folder()).0);
            self.announce(WorkbenchEvent::LibraryChanged);
            let explainer = Arc::new(ExtractiveExplainer::new(retriever));
            Ok(Reference { assistant: Arc::new(Assistant::new(knowledge.clone(), explainer)), knowledge })
        })
    }

    /// The assistant that speaks through the added pack `pack`, or the compact one.
    pub(crate) fn assistant(&self, pack: Option<&str>) -> Result<Arc<Assistant>, WorkbenchError> {
        let reference = self.reference()?;
        let Some(id) = pack else { return Ok(reference.assistant.clone()) };
        if id == self.models()?.retriever.pack().id {
            return Ok(reference.assistant.clone());
        }
        let mut writers = self.0.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(assistant) = writers.get(id) {
            return Ok(assistant.clone());
        }
        let settings = &self.0.settings;
        let pack = InstalledPacks::at(&settings.added_packs).list()?.into_iter().find(|pack| pack.id == id);
        let pack = pack.ok_or_else(|| WorkbenchError::NoAddedPack(id.to_owned()))?;
        if !pack.roles.iter().any(|role| role == "explainer") {
            return Err(WorkbenchError::PackWritesNothing(pack.title));
        }
        let explainer = self.explainer(pack)?;
        let assistant = Arc::new(Assistant::new(reference.knowledge.clone(), explainer));
        writers.insert(id.to_owned(), assistant.clone());
        Ok(assistant)
    }

    /// Who speaks with the model of an added pack: a worker on a graphics card where that works, else this process. What only rewrites is small and
    /// stays here.
    fn explainer(&self, pack: InstalledPack) -> Result<Arc<dyn Explainer>, WorkbenchError> {
        let settings = &self.0.settings;
        let cache = settings.cache.join("packed");
        let rewrites = pack.has_role(REWRITER);
        if !rewrites {
            let wanted = WorkerPack::Added { id: &pack.id, notes: &settings.added_packs, cache: &cache };
            let placement = Placement::choose(wanted);
            self.announce(WorkbenchEvent::Notice { text: placement.sentence() });
            if let Placement::Worker(worker) = placement {
                return Ok(worker);
            }
        }
        // The writer lives in the bench: it must not keep the bench alive.
        let bench = Arc::downgrade(&self.0);
        let notice: Arc<dyn Fn(String) + Send + Sync> = Arc::new(move |text| {
            if let Some(bench) = bench.upgrade() {
                bench.jobs.announce(WorkbenchEvent::Notice { text });
            }
        });
        let device = OpenDevice::open(DeviceKind::Cpu, 0).map_err(InferenceError::from)?;
        let writer = Arc::new(Writer::new(pack, &cache, device, notice.clone())?);
        if rewrites {
            let retriever = self.models()?.retriever.clone();
            let chooser = Arc::new(ExtractiveExplainer::new(retriever.clone()));
            return Ok(Arc::new(RewritingExplainer::new(chooser, retriever, writer, notice)));
        }
        Ok(Arc::new(WrittenExplainer::new(writer)))
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

/// Assistants that speak through added packs, by the packs' ids.
pub(crate) type Writers = Mutex<HashMap<String, Arc<Assistant>>>;

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
