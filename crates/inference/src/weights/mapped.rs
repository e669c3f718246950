//! A file of weights in the address space: read when touched, dropped by the system when memory is short.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::InferenceError;

/// A file's bytes, with its name for messages.
#[derive(Debug)]
pub(super) struct MappedFile {
    pub(super) path: PathBuf,
    bytes: Option<Mmap>,
}

impl MappedFile {
    /// Maps a regular file.
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let unreadable = |cause: std::io::Error| InferenceError::file(path, cause);
        let file = File::open(path).map_err(unreadable)?;
        let kind = file.metadata().map_err(unreadable)?;
        if !kind.is_file() {
            return Err(InferenceError::model_file(path, "it is no file; name the file that holds the weights"));
        }
        // An empty file can't be mapped.
        if kind.len() == 0 {
            return Ok(Self { path: path.to_owned(), bytes: None });
        }
        // SAFETY: the map is only read. A file that somebody cuts short meanwhile ends the program with a signal, as with
        // every program that maps files; packs are not written to while they are in use.
        #[allow(unsafe_code)]
        let bytes = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        Ok(Self { path: path.to_owned(), bytes: Some(bytes) })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(&[])
    }

    /// Takes a stretch that has been used out of this program's memory: a model's matrices are copied as they are loaded, and for the time of loading
    /// there would be two of each. Reading it again reads the file again.
    pub(super) fn release(&self, stretch: &Range<usize>) {
        #[cfg(unix)]
        if let Some(bytes) = &self.bytes {
            let length = stretch.end.min(bytes.len()).saturating_sub(stretch.start);
            // SAFETY: a map of a file that is only read has the same bytes again when it is touched next.
            #[allow(unsafe_code)]
            let advised =
                unsafe { bytes.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, stretch.start, length) };
            // Advice that the system does not take costs memory and nothing else.
            drop(advised);
        }
    }
}
