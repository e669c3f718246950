//! What happens to files, a step at a time. Every step can be made the last one of the process, so that tests can see what a
//! death at any point leaves behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static STEPS: AtomicU64 = AtomicU64::new(0);

/// Counts a step; the process dies, as if killed, after the step that `VITRINE_RETRIEVAL_DIE_AFTER` names. Only builds for tests
/// look: `debug_assertions` are off in a release.
fn stepped() {
    if cfg!(debug_assertions) {
        use std::sync::LazyLock;
        static LAST: LazyLock<Option<u64>> =
            LazyLock::new(|| std::env::var("VITRINE_RETRIEVAL_DIE_AFTER").ok()?.parse().ok());
        if STEPS.fetch_add(1, Ordering::SeqCst) + 1 == LAST.unwrap_or(u64::MAX) {
            std::process::abort();
        }
    }
}

/// Steps taken so far by this process (in builds for tests).
#[doc(hidden)]
pub fn steps_taken() -> u64 {
    STEPS.load(Ordering::SeqCst)
}

/// A new, empty file for writing; one of the same name is emptied.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    stepped();
    Ok(file)
}

pub(crate) fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    stepped();
    Ok(())
}

/// Waits until the file's content is on the disk.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()?;
    stepped();
    Ok(())
}

/// Lets `from` take the place of `to`, at once for whoever looks.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    stepped();
    Ok(())
}

/// Waits until the folder's list of files is on the disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open folders, and keeps renames by its own journal.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    stepped();
    Ok(())
}

/// Removes a file that no manifest names. It may fail (a file that is mapped cannot be removed on Windows): the next writer tries again.
pub(crate) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    stepped();
}
