//! Knowledge that a person brought in: pages of a source, kept as fragments in a file of SQLite and as rows in an index beside it.
//!
//! A collection is a folder with `collection.sqlite`, which holds what was read and how far, and `index/`, which holds what a retriever made of its texts; where a retriever that sees was
//! asked to, `pages/` holds what that made of the fragments drawn as pages. The file is the truth: whatever
//! an index lacks or has too much is seen by comparing the two, so that reading and indexing may be cut off at any moment and go on from there, and an index that is lost
//! or was made by another pack is made again.

mod drawing;
mod finding;
mod indexing;
mod reading;
mod store;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use vitrine_retrieval::{EngineError, Index};

pub use drawing::PageDrawer;
pub(crate) use finding::Found;
pub use indexing::IndexingProgress;
pub use reading::{Opener, ReadingProgress, ReadingReport};
pub use store::SourceSummary;

use store::Store;

use crate::KnowledgeError;
use crate::words::fold;

const STORE: &str = "collection.sqlite";

/// One collection, open.
pub struct Collection {
    folder: PathBuf,
    key: String,
    name: String,
    store: Mutex<Store>,
    texts: IndexPlace,
    pages: IndexPlace,
}

/// Where a collection keeps an index.
struct IndexPlace {
    folder: PathBuf,
    made_of: MadeOf,
    /// None before anything was indexed.
    open: RwLock<Option<Arc<Index>>>,
}

/// What an index is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MadeOf {
    /// The words of the fragments.
    Texts,
    /// The fragments as they are drawn.
    Pages,
}

/// What a collection holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSummary {
    /// Its folder's name, which names it for commands.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Pages with at least one fragment.
    pub pages: u64,
    /// Paragraphs.
    pub fragments: u64,
    /// How many of them can be found.
    pub indexed: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// What it was read from.
    pub sources: Vec<SourceSummary>,
    /// The pack whose rows the index holds: id, version, hash of its weights.
    pub pack: Option<String>,
    /// How many of the fragments can be found by how they look as pages.
    pub drawn: u64,
    /// The pack whose rows of the drawn pages are held.
    pub drawn_pack: Option<String>,
}

impl Collection {
    /// Makes an empty collection called `name` in a new folder within `parent`.
    pub fn create(parent: &Path, name: &str) -> Result<Self, KnowledgeError> {
        let key = key_of(name).ok_or_else(|| KnowledgeError::Name { name: name.to_owned() })?;
        let folder = parent.join(&key);
        if Store::exists(&folder.join(STORE))? {
            return Err(KnowledgeError::Taken { name: name.to_owned() });
        }
        let write = |source| KnowledgeError::Write { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(write)?;
        let store = Store::create(&folder.join(STORE), name.trim())?;
        Self::with(folder, store)
    }

    /// Opens the collection in `folder`.
    pub fn open(folder: &Path) -> Result<Self, KnowledgeError> {
        Self::with(folder.to_owned(), Store::open(&folder.join(STORE))?)
    }

    fn with(folder: PathBuf, store: Store) -> Result<Self, KnowledgeError> {
        let key = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let [texts, pages] = [MadeOf::Texts, MadeOf::Pages].map(|made_of| IndexPlace::open(&folder, made_of));
        Ok(Self { name: store.name()?, texts: texts?, pages: pages?, folder, key, store: Mutex::new(store) })
    }

    /// The collections in the folders of `parent`, by name; of those that cannot be opened the causes.
    pub fn all(parent: &Path) -> (Vec<Arc<Self>>, Vec<KnowledgeError>) {
        let folders = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found = (Vec::new(), Vec::new());
        for folder in folders {
            match Store::exists(&folder.join(STORE)).and_then(|exists| exists.then(|| Self::open(&folder)).transpose())
            {
                Ok(None) => {}
                Ok(Some(collection)) => found.0.push(Arc::new(collection)),
                Err(error) => found.1.push(error),
            }
        }
        found.0.sort_by(|a, b| (&a.name, &a.key).cmp(&(&b.name, &b.key)));
        found
    }

    /// Its folder's name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is called so, whatever the case and the accents.
    pub fn is_called(&self, name: &str) -> bool {
        key_of(name).is_some_and(|key| key == self.key)
    }

    /// Fragments that can be found.
    pub fn findable(&self) -> usize {
        self.texts.index().map_or(0, |index| index.reader().len())
    }

    /// What it holds.
    pub fn summary(&self) -> Result<CollectionSummary, KnowledgeError> {
        let store = self.store();
        Ok(CollectionSummary {
            key: self.key.clone(),
            name: self.name.clone(),
            pages: store.pages()?,
            fragments: store.fragments()?,
            indexed: self.findable() as u64,
            bytes: bytes_under(&self.folder),
            sources: store.sources()?,
            pack: self.texts.index().map(|index| index.label()),
            drawn: self.pages.index().map_or(0, |index| index.reader().len() as u64),
            drawn_pack: self.pages.index().map(|index| index.label()),
        })
    }

    /// Removes it from the disk. Other programs that have it open go on with what they have.
    pub fn remove(self: Arc<Self>) -> Result<(), KnowledgeError> {
        // The name goes first and at once: half a collection must never be found.
        let gone = self.folder.with_file_name(format!(".{}.removed", self.key));
        let write = |source| KnowledgeError::Write { path: self.folder.clone(), source };
        fs::rename(&self.folder, &gone).map_err(write)?;
        fs::remove_dir_all(&gone).map_err(write)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IndexPlace {
    /// The place within a collection's folder, with the index that is there.
    fn open(collection: &Path, made_of: MadeOf) -> Result<Self, KnowledgeError> {
        let folder = collection.join(match made_of {
            MadeOf::Texts => "index",
            MadeOf::Pages => "pages",
        });
        let index = match Index::open(&folder) {
            Ok(index) => Some(Arc::new(index)),
            Err(error) if is_made_anew(&error) => None,
            Err(other) => return Err(other.into()),
        };
        Ok(Self { folder, made_of, open: RwLock::new(index) })
    }

    fn index(&self) -> Option<Arc<Index>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_index(&self, index: Option<Arc<Index>>) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = index;
    }
}

/// Whether an index that does not open so is made anew when its collection is indexed next: it is missing, damaged, or of an earlier format.
fn is_made_anew(error: &EngineError) -> bool {
    use EngineError::{Codebook, Damaged, Missing, Read};
    matches!(error, Missing { .. } | Read { .. } | Damaged { .. } | Codebook(_))
}

/// The name in lower-case letters of ASCII, digits and hyphens; none if nothing of it is left.
fn key_of(name: &str) -> Option<String> {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let key: String = words.join("-").chars().take(60).collect();
    (!key.is_empty()).then_some(key)
}

fn bytes_under(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(|entry| entry.is_file()).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests;
