//! An index in a folder: one writer, any number of readers.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rayon::prelude::*;

use super::EngineError;
use super::reader::Reader;
use super::segment::{Batch, Entry, Segment};
use super::snapshot::{Bits, LiveSegment, Snapshot};
use crate::MultiVector;
use crate::codebook::Codebook;
use crate::files::container::ContainerError;
use crate::files::disk;
use crate::files::manifest::{Manifest, ManifestError, SegmentEntry, codebook_path, manifest_path, segment_path};

/// Rows that a segment holds at most unless one document alone has more; their codes are in memory while it is written.
pub(crate) const SEGMENT_ROWS: usize = 8 << 20;
/// Documents that are encoded together.
const ENCODED_AT_ONCE: usize = 256;
/// A reader that meets files just replaced by a writer of another process looks again this often.
const ATTEMPTS: usize = 20;

/// A document to add.
#[derive(Debug, Clone)]
pub struct Document {
    /// Names it; one that is already there is replaced.
    pub id: u64,
    /// Bytes to keep beside it.
    pub note: Vec<u8>,
    /// Its rows.
    pub rows: MultiVector,
}

/// An index in a folder.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    current: RwLock<Arc<Snapshot>>,
    /// What the manifest says; only who holds it may replace it. `None` when opened for reading.
    writing: Option<Mutex<Manifest>>,
    pub(super) merging: Mutex<()>,
    next_file: AtomicU64,
    /// Held for as long as the index is open for writing.
    _lock: Option<File>,
}

impl Index {
    /// Makes an empty index in `folder`, which is made where it is missing. `label` is kept for whoever opens the index: which model made the rows, say.
    pub fn create(folder: &Path, book: &Codebook, label: &str) -> Result<Self, EngineError> {
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(write(folder))?;
        let lock = lock(folder)?;
        if manifest_path(folder).exists() {
            return Err(EngineError::Exists { folder: folder.to_owned() });
        }
        let path = codebook_path(folder, 1);
        book.write(&path).map_err(write(&path))?;
        let manifest =
            Manifest { version: 1, next_file: 2, codebook: 1, label: label.to_owned(), segments: Vec::new() };
        manifest.write(folder).map_err(write(&manifest_path(folder)))?;
        let snapshot = open_snapshot(folder, &manifest)?;
        Ok(Self::new(folder, &manifest, snapshot, Some(lock)))
    }

    /// Opens the index for reading.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        let mut attempt = 1;
        let (manifest, snapshot) = loop {
            let manifest = read_manifest(folder)?;
            match open_snapshot(folder, &manifest) {
                // A writer may have merged this segment into another since the manifest was read.
                Err(EngineError::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                other => break (manifest, other?),
            }
        };
        Ok(Self::new(folder, &manifest, snapshot, None))
    }

    /// Opens the index for reading and writing; only one program at a time can. Files that an interrupted change left behind are removed.
    pub fn open_for_writing(folder: &Path) -> Result<Self, EngineError> {
        if !folder.is_dir() {
            return Err(EngineError::Missing { folder: folder.to_owned() });
        }
        let lock = lock(folder)?;
        let manifest = read_manifest(folder)?;
        let snapshot = open_snapshot(folder, &manifest)?;
        remove_leftovers(folder, &manifest);
        Ok(Self::new(folder, &manifest, snapshot, Some(lock)))
    }

    fn new(folder: &Path, manifest: &Manifest, snapshot: Snapshot, lock: Option<File>) -> Self {
        Self {
            folder: folder.to_owned(),
            current: RwLock::new(Arc::new(snapshot)),
            writing: lock.is_some().then(|| Mutex::new(manifest.clone())),
            merging: Mutex::new(()),
            next_file: AtomicU64::new(manifest.next_file),
            _lock: lock,
        }
    }

    /// The index as it is now, to search in and read from.
    pub fn reader(&self) -> Reader {
        Reader { snapshot: self.snapshot() }
    }

    /// What was given at [`Index::create`].
    pub fn label(&self) -> String {
        self.snapshot().label.clone()
    }

    /// The width of the rows.
    pub fn dimension(&self) -> usize {
        self.snapshot().book.dimension()
    }

    /// The codebook.
    pub fn codebook(&self) -> Arc<Codebook> {
        self.snapshot().book.clone()
    }

    /// Looks whether another process has changed the index, for one opened for reading.
    pub fn refresh(&self) -> Result<(), EngineError> {
        if self.writing.is_some() {
            return Ok(());
        }
        let fresh = Self::open(&self.folder)?;
        self.set_snapshot(fresh.snapshot());
        Ok(())
    }

    /// Adds documents, all of them at once or none; those whose ids are already there are replaced. On return they are on the disk.
    pub fn add(&self, documents: &[Document]) -> Result<(), EngineError> {
        let book = self.codebook();
        drop(self.writable()?);
        let mut seen = HashSet::with_capacity(documents.len());
        for document in documents {
            if document.rows.dimension() != book.dimension() {
                let rows = document.rows.dimension();
                return Err(EngineError::Width { id: document.id, rows, index: book.dimension() });
            }
            if !seen.insert(document.id) {
                return Err(EngineError::Twice { id: document.id });
            }
        }
        let mut written = Vec::new();
        let mut batch = Batch::default();
        for some in documents.chunks(ENCODED_AT_ONCE) {
            for entry in encode(some, &book) {
                if batch.is_full(entry.codes.centroids.len(), SEGMENT_ROWS) {
                    written.push(self.write_segment(&batch, &book)?);
                    batch = Batch::default();
                }
                batch.push(entry.id, &entry.note, &entry.codes);
            }
        }
        if !batch.ids().is_empty() {
            written.push(self.write_segment(&batch, &book)?);
        }
        self.commit(|segments| {
            for segment in segments.iter_mut() {
                for &id in &seen {
                    if let Some(document) = segment.find(id) {
                        segment.removed.insert(document);
                    }
                }
            }
            segments.extend(written);
        })
    }

    /// Adds any number of documents in bounded memory, committing a segment of at most `segment_rows` rows at a time: documents whose ids are there
    /// already are passed over, so that an addition that was interrupted goes on where it stopped when the same documents are given again.
    /// `progress` hears how many documents have been dealt with, and stops the addition by returning false.
    pub fn add_all(
        &self,
        documents: impl Iterator<Item = Document>,
        segment_rows: usize,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), EngineError> {
        let book = self.codebook();
        drop(self.writable()?);
        let before = self.reader();
        let mut added = HashSet::new();
        let (mut seen, mut batch) = (0u64, Batch::default());
        let mut pending = Vec::with_capacity(ENCODED_AT_ONCE);
        let mut documents = documents.peekable();
        while documents.peek().is_some() {
            pending.clear();
            while pending.len() < ENCODED_AT_ONCE
                && let Some(document) = documents.next()
            {
                seen += 1;
                if document.rows.dimension() != book.dimension() {
                    let rows = document.rows.dimension();
                    return Err(EngineError::Width { id: document.id, rows, index: book.dimension() });
                }
                if !before.contains(document.id) && added.insert(document.id) {
                    pending.push(document);
                }
            }
            for entry in encode(&pending, &book) {
                if batch.is_full(entry.codes.centroids.len(), segment_rows) {
                    self.commit_batch(&mut batch, &book)?;
                }
                batch.push(entry.id, &entry.note, &entry.codes);
            }
            if !progress(seen) {
                break;
            }
        }
        if batch.ids().is_empty() { Ok(()) } else { self.commit_batch(&mut batch, &book) }
    }

    fn commit_batch(&self, batch: &mut Batch, book: &Codebook) -> Result<(), EngineError> {
        let written = self.write_segment(batch, book)?;
        *batch = Batch::default();
        self.commit(|segments| segments.push(written))
    }

    /// Removes documents; ids that are not there are passed over. Returns how many there were. Their room is freed by [`Index::merge`].
    pub fn remove(&self, ids: &[u64]) -> Result<usize, EngineError> {
        let mut count = 0;
        self.commit(|segments| {
            for segment in segments.iter_mut() {
                for &id in ids {
                    if let Some(document) = segment.find(id) {
                        segment.removed.insert(document);
                        count += 1;
                    }
                }
            }
        })?;
        Ok(count)
    }

    /// Writes a segment that no manifest names yet.
    pub(super) fn write_segment(&self, batch: &Batch, book: &Codebook) -> Result<LiveSegment, EngineError> {
        let number = self.next_file.fetch_add(1, Ordering::Relaxed);
        let path = segment_path(&self.folder, number);
        let fail = |source| EngineError::Write { path: path.clone(), source };
        batch.write(&path, book).map_err(fail)?;
        open_segment(&path, book, number, Bits::default())
    }

    /// Changes the list of segments: on return the change is on the disk, and new readers see it. Segments without documents go.
    pub(super) fn commit(&self, change: impl FnOnce(&mut Vec<LiveSegment>)) -> Result<(), EngineError> {
        let mut manifest = self.writable()?;
        let before = self.snapshot();
        let mut segments = before.segments.clone();
        change(&mut segments);
        segments.retain(|s| s.live() > 0);
        let next = Manifest {
            version: manifest.version + 1,
            next_file: self.next_file.load(Ordering::Relaxed),
            segments: segments
                .iter()
                .map(|s| SegmentEntry { file: s.number, size: s.segment.size(), removed: s.removed.bytes().to_vec() })
                .collect(),
            ..manifest.clone()
        };
        let path = manifest_path(&self.folder);
        next.write(&self.folder).map_err(|source| EngineError::Write { path, source })?;
        *manifest = next;
        let kept: HashSet<u64> = segments.iter().map(|s| s.number).collect();
        self.set_snapshot(Arc::new(Snapshot { segments, ..(*before).clone() }));
        for gone in before.segments.iter().filter(|s| !kept.contains(&s.number)) {
            disk::remove(&segment_path(&self.folder, gone.number));
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_snapshot(&self, snapshot: Arc<Snapshot>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    fn writable(&self) -> Result<MutexGuard<'_, Manifest>, EngineError> {
        let writing = self.writing.as_ref().ok_or_else(|| EngineError::ReadOnly { folder: self.folder.clone() })?;
        Ok(writing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn encode(documents: &[Document], book: &Codebook) -> Vec<Entry> {
    documents
        .par_iter()
        .with_max_len(4)
        .map(|d| Entry { id: d.id, note: d.note.clone(), codes: book.encode(&d.rows) })
        .collect()
}

/// The right to write, until the file is closed; the system gives it back when a process dies.
fn lock(folder: &Path) -> Result<File, EngineError> {
    let path = folder.join("lock");
    let fail = |source| EngineError::Write { path: path.clone(), source };
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EngineError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(fail(source)),
    }
}

fn read_manifest(folder: &Path) -> Result<Manifest, EngineError> {
    let path = manifest_path(folder);
    Manifest::read(folder).map_err(|error| match error {
        ManifestError::Read(source) if source.kind() == io::ErrorKind::NotFound => {
            EngineError::Missing { folder: folder.to_owned() }
        }
        ManifestError::Read(source) => EngineError::Read { path, source },
        ManifestError::Damaged(reason) => EngineError::Damaged { path, reason },
    })
}

fn open_snapshot(folder: &Path, manifest: &Manifest) -> Result<Snapshot, EngineError> {
    let book = Arc::new(Codebook::open(&codebook_path(folder, manifest.codebook))?);
    let segments = manifest
        .segments
        .iter()
        .map(|entry| {
            let path = segment_path(folder, entry.file);
            let segment = open_segment(&path, &book, entry.file, Bits::from_bytes(entry.removed.clone()))?;
            let size = segment.segment.size();
            if size != entry.size {
                let reason = format!("it has {size} bytes, and should have {}", entry.size);
                return Err(EngineError::Damaged { path, reason });
            }
            Ok(segment)
        })
        .collect::<Result<_, _>>()?;
    Ok(Snapshot { book, label: manifest.label.clone(), segments })
}

fn open_segment(path: &Path, book: &Codebook, number: u64, removed: Bits) -> Result<LiveSegment, EngineError> {
    let segment = Segment::open(path, book).map_err(|error| match error {
        ContainerError::Read(source) => EngineError::Read { path: path.to_owned(), source },
        ContainerError::Damaged(reason) => EngineError::Damaged { path: path.to_owned(), reason },
    })?;
    Ok(LiveSegment { number, segment: Arc::new(segment), removed })
}

/// Removes segments, codebooks and manifests in the making that the manifest does not name.
fn remove_leftovers(folder: &Path, manifest: &Manifest) {
    let mut named: HashSet<PathBuf> = manifest.segments.iter().map(|s| segment_path(folder, s.file)).collect();
    named.insert(codebook_path(folder, manifest.codebook));
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let ours = path.extension().is_some_and(|e| e == "segment" || e == "codebook" || e == "new");
        if ours && !named.contains(&path) {
            disk::remove(&path);
        }
    }
}
