//! Knowledge that a person brings in: collections of the library, read from sources and made findable.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vitrine_knowledge::{
    Collection, CollectionSummary, IndexingProgress, KnowledgeError, ReadingProgress, ReadingReport,
};
use vitrine_sources::records::Mapping;
use vitrine_sources::subject::Subject;
use vitrine_sources::{SourceOptions, open_source};

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    view::{CollectionSourceView, CollectionView, FailureView, JobKind, SourceRequest, WorkbenchEvent},
};

/// A job counts what it reads in these.
const MEGABYTE: u64 = 1_000_000;

/// How a source is read into a collection.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KnowledgeRequest {
    /// The collection's name; one that is there already is added to. The source's file name if there is none.
    pub collection: Option<String>,
    /// The licence of the texts, where the source does not tell it.
    pub licence: Option<String>,
    /// The language of the texts, where the source does not tell it.
    pub language: Option<String>,
    /// Which pages; of a wiki's dump those on the visual arts, of others all, if there is none.
    pub subject: Option<Subject>,
    /// A file that says which column of records is what.
    pub mapping: Option<PathBuf>,
}

impl From<SourceRequest> for KnowledgeRequest {
    fn from(request: SourceRequest) -> Self {
        let SourceRequest { collection, licence, language, everything, categories } = request;
        let chosen = everything || !categories.is_empty();
        let subject = chosen.then(|| Subject { categories, ..Subject::everything() });
        Self { collection, licence, language, subject, mapping: None }
    }
}

/// What became of a source.
#[derive(Debug, Clone)]
pub struct KnowledgeAdded {
    /// The collection as it is now.
    pub collection: CollectionSummary,
    /// What was read.
    pub read: ReadingReport,
    /// Whether all that was read can be found; otherwise adding the same source again goes on.
    pub complete: bool,
}

impl Workbench {
    /// The library's collections, by name.
    pub fn collections(&self) -> Result<Vec<CollectionView>, WorkbenchError> {
        let (collections, _) = Collection::all(&self.collections_folder());
        collections.iter().map(|collection| Ok(view(collection.summary()?))).collect()
    }

    /// Reads a source into a collection and makes it findable, and returns when that is done or was stopped. What was cut off goes on when the same source is added again.
    pub fn add_knowledge(&self, source: &Path, request: &KnowledgeRequest) -> Result<KnowledgeAdded, WorkbenchError> {
        let job = self.0.jobs.start_patient(JobKind::Knowledge);
        self.adding(&job, source, request)
    }

    /// [`Workbench::add_knowledge`] as a job, whose id is returned.
    pub fn start_adding_knowledge(&self, source: PathBuf, request: KnowledgeRequest) -> Result<u64, WorkbenchError> {
        let job = self.0.jobs.start_patient(JobKind::Knowledge);
        let (id, bench) = (job.id(), self.clone());
        // What goes wrong is told by the job.
        self.spawn("knowledge", move || drop(bench.adding(&job, &source, &request)))?;
        Ok(id)
    }

    /// Goes on with a collection, as a job: reads the source that was not read to its end, as it was wanted when it was added, or else makes findable what is not yet.
    pub fn resume_collection(&self, key: &str) -> Result<u64, WorkbenchError> {
        let collection = self.collection(key)?;
        if let Some(unread) = collection.summary()?.sources.into_iter().find(|source| !source.finished) {
            let kept = collection.request(&unread.path)?.and_then(|kept| serde_json::from_str(&kept).ok());
            let request =
                KnowledgeRequest { collection: Some(collection.name().to_owned()), ..kept.unwrap_or_default() };
            return self.start_adding_knowledge(unread.path, request);
        }
        self.start_on_collection(collection, JobKind::Index, |bench, job, collection| bench.index(job, collection))
    }

    /// Does something with a collection that takes a while, as a job.
    pub(crate) fn start_on_collection(
        &self,
        collection: Arc<Collection>,
        kind: JobKind,
        work: impl FnOnce(&Self, &Job, &Collection) -> Result<bool, WorkbenchError> + Send + 'static,
    ) -> Result<u64, WorkbenchError> {
        let job = self.0.jobs.start_patient(kind);
        let (id, bench) = (job.id(), self.clone());
        // What goes wrong is told by the job.
        self.spawn("knowledge", move || drop(bench.on_collection(&job, &collection, work)))?;
        Ok(id)
    }

    /// The same on this thread; whether it came to its end.
    pub(crate) fn on_collection(
        &self,
        job: &Job,
        collection: &Collection,
        work: impl FnOnce(&Self, &Job, &Collection) -> Result<bool, WorkbenchError>,
    ) -> Result<bool, WorkbenchError> {
        let complete = work(self, job, collection);
        match &complete {
            Ok(_) => drop(job.finish()),
            Err(error) => drop(job.abort(collection.name(), error)),
        }
        self.search_collections_anew();
        complete
    }

    /// Removes a collection: its passages are found no more. Answers that cite them keep their words.
    pub fn remove_collection(&self, key: &str) -> Result<(), WorkbenchError> {
        let collection = self.collection(key)?;
        // Some systems move no folder whose files are open.
        if let Some(Ok(reference)) = self.0.reference.peek() {
            let rest = reference.knowledge.collections().into_iter().filter(|other| other.key() != key).collect();
            reference.knowledge.set_collections(rest);
        }
        collection.remove()?;
        self.announce(WorkbenchEvent::LibraryChanged);
        Ok(())
    }

    /// Where the library keeps its collections.
    pub(crate) fn collections_folder(&self) -> PathBuf {
        collections_of(self.0.catalogue.folder())
    }

    pub(crate) fn collection(&self, key: &str) -> Result<Arc<Collection>, WorkbenchError> {
        let (collections, _) = Collection::all(&self.collections_folder());
        let found = collections.into_iter().find(|collection| collection.key() == key);
        found.ok_or_else(|| WorkbenchError::NoCollection(key.to_owned()))
    }

    fn adding(&self, job: &Job, source: &Path, request: &KnowledgeRequest) -> Result<KnowledgeAdded, WorkbenchError> {
        match self.read_and_index(job, source, request) {
            Ok(added) => {
                job.finish();
                Ok(added)
            }
            Err(error) => {
                job.abort(source.display().to_string(), &error);
                Err(error)
            }
        }
    }

    fn read_and_index(
        &self,
        job: &Job,
        source: &Path,
        request: &KnowledgeRequest,
    ) -> Result<KnowledgeAdded, WorkbenchError> {
        let options = SourceOptions {
            name: request.collection.clone(),
            licence: request.licence.clone(),
            language: request.language.clone(),
            subject: request.subject.clone(),
            mapping: request.mapping.as_deref().map(read_mapping).transpose()?,
        };
        let source = &std::path::absolute(source).unwrap_or_else(|_| source.to_path_buf());
        // A source that cannot be opened leaves no collection behind.
        drop(open_source(source, &options, None).map_err(KnowledgeError::from)?);
        let name = request.collection.clone().unwrap_or_else(|| name_of(source));
        let collection = self.collection_called(&name)?;
        if let Ok(kept) = serde_json::to_string(request) {
            collection.keep_request(source, &kept)?;
        }
        let mut watch = |progress: ReadingProgress| {
            job.update(|view| {
                view.done = progress.source.bytes_done / MEGABYTE;
                view.total = progress.source.bytes_total.div_ceil(MEGABYTE);
            });
            job.turn()
        };
        let read = collection.read(source, &|from| open_source(source, &options, from), &|_| true, &mut watch)?;
        job.update(|view| {
            view.done = view.total;
            let file = source.display().to_string();
            view.failures =
                read.problems.iter().map(|reason| FailureView { file: file.clone(), reason: reason.clone() }).collect();
        });
        let complete = read.finished && !job.cancelled() && {
            let indexing = self.0.jobs.start_beside(JobKind::Index, job);
            let indexed = self.index(&indexing, &collection);
            match &indexed {
                Ok(_) => drop(indexing.finish()),
                Err(error) => drop(indexing.abort(collection.name(), error)),
            }
            indexed?
        };
        self.search_collections_anew();
        Ok(KnowledgeAdded { collection: collection.summary()?, read, complete })
    }

    fn index(&self, job: &Job, collection: &Collection) -> Result<bool, WorkbenchError> {
        let retriever = self.models()?.retriever.clone();
        let mut watch = |IndexingProgress { done, all }| {
            job.update(|view| (view.done, view.total) = (done, all));
            job.turn()
        };
        Ok(collection.index_fragments(retriever.as_ref(), &mut watch)?)
    }

    fn collection_called(&self, name: &str) -> Result<Arc<Collection>, WorkbenchError> {
        let folder = self.collections_folder();
        match Collection::create(&folder, name) {
            Ok(collection) => Ok(Arc::new(collection)),
            Err(KnowledgeError::Taken { .. }) => {
                let (collections, problems) = Collection::all(&folder);
                let found = collections.into_iter().find(|collection| collection.is_called(name));
                match (found, problems.into_iter().next()) {
                    (Some(collection), _) => Ok(collection),
                    (None, Some(problem)) => Err(problem.into()),
                    (None, None) => Err(KnowledgeError::Taken { name: name.to_owned() }.into()),
                }
            }
            Err(other) => Err(other.into()),
        }
    }

    pub(crate) fn search_collections_anew(&self) {
        if let Some(Ok(reference)) = self.0.reference.peek() {
            reference.knowledge.set_collections(Collection::all(&self.collections_folder()).0);
        }
        self.announce(WorkbenchEvent::LibraryChanged);
    }
}

/// Where the library in `folder` keeps its collections.
pub(crate) fn collections_of(folder: &Path) -> PathBuf {
    folder.join("knowledge")
}

/// A file's name without what tells its kind, a folder's as it is.
pub(crate) fn name_of(source: &Path) -> String {
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name.split_once('.') {
        Some((stem, _)) if source.is_file() && !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

fn read_mapping(path: &Path) -> Result<Mapping, WorkbenchError> {
    let wrong = |reason: String| WorkbenchError::Mapping { file: path.to_path_buf(), reason };
    let text = fs::read_to_string(path).map_err(|cause| wrong(cause.to_string()))?;
    Mapping::from_toml(&text).map_err(wrong)
}

fn view(summary: CollectionSummary) -> CollectionView {
    CollectionView {
        key: summary.key,
        name: summary.name,
        pages: summary.pages,
        passages: summary.fragments,
        findable: summary.indexed,
        drawn: summary.drawn,
        bytes: summary.bytes,
        sources: summary
            .sources
            .into_iter()
            .map(|source| CollectionSourceView {
                path: source.path.display().to_string(),
                finished: source.finished,
                skipped: source.skipped,
                licence: source.licence,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_gone_on_with_as_it_was_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let subject = Subject { categories: vec!["Painters from Delft".into()], depth: 2, ..Subject::everything() };
        let request = KnowledgeRequest {
            licence: Some("CC BY-SA 4.0".into()),
            language: Some("nl".into()),
            subject: Some(subject.clone()),
            ..KnowledgeRequest::default()
        };
        let source = Path::new("/dumps/nlwiki.xml.bz2");
        let collection = Collection::create(folder.path(), "Wiki").unwrap();
        assert_eq!(collection.request(source).unwrap(), None);
        collection.keep_request(source, "{}").unwrap();
        collection.keep_request(source, &serde_json::to_string(&request).unwrap()).unwrap();
        drop(collection);
        let kept = Collection::open(&folder.path().join("wiki")).unwrap().request(source).unwrap().unwrap();
        let kept: KnowledgeRequest = serde_json::from_str(&kept).unwrap();
        assert_eq!((kept.subject, kept.licence, kept.language), (Some(subject), request.licence, request.language));
        assert_eq!(Collection::open(&folder.path().join("wiki")).unwrap().request(Path::new("/other")).unwrap(), None);
    }
}
