//! Writing records into a folder, whole or not at all, and over nothing that is there.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use tempfile::NamedTempFile;
use vitrine_catalogue::WorkId;

use crate::error::{ExchangeError, Result};
use crate::linked_art::write_linked_art;
use crate::losses::{Loss, losses};
use crate::{Format, Issuer, RecordSource, bag, batch_id, iiif, xmp};

/// Something that an export had to go on without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The work.
    pub work: WorkId,
    /// The name of the scan's file.
    pub file: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file or folder.
    pub path: PathBuf,
    /// The batch's id, which stands in what was written.
    pub batch: String,
    /// What had to be left out.
    pub problems: Vec<Problem>,
    /// What the format cannot carry.
    pub losses: Vec<Loss>,
}

/// Writes records to `stem.csv`, `stem.xml` and so on in `folder` (made where it is missing); formats of many files get a folder `stem`. What
/// has that name is left alone: a number is added, `stem (2).csv`. Everything is written beside its place first and takes the name when it
/// is complete.
pub fn write_into_folder(
    format: Format,
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
    stem: &str,
) -> Result<Exported> {
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    let (path, problems) = if format.is_folder() {
        let (stage, problems) = stage_folder(format, records, issuer, at, folder)?;
        let path = first_free(format, folder, stem, |path| std::fs::create_dir(path)).map_err(denied)?.0;
        give_folder(stage, &path)?;
        (path, problems)
    } else {
        let (file, problems) = write_aside(format, records, issuer, at, folder)?;
        // An empty file that nobody else can take. (Renaming without overwriting would do in one step, but not on the network shares
        // and memory sticks that exports are written to.)
        let (path, reserved) = first_free(format, folder, stem, |path| File::create_new(path)).map_err(denied)?;
        take_name(file, &reserved, &path).map_err(|source| {
            // The reserved name holds nothing; the error that counts is the first one.
            let _ = std::fs::remove_file(&path);
            ExchangeError::Write { format: format.name(), source }
        })?;
        (path, problems)
    };
    Ok(Exported { path, batch: batch_id(records, issuer, at)?, problems, losses: losses(format, records)? })
}

/// Writes records to exactly `path`: a file is replaced when the new one is complete; for formats of many files `path` is a folder that must
/// not be there, or be empty.
pub fn write_file(
    format: Format,
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    path: &Path,
) -> Result<Exported> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    let problems = if format.is_folder() {
        let (stage, problems) = stage_folder(format, records, issuer, at, folder)?;
        let taken = |source| ExchangeError::Folder { folder: path.to_path_buf(), source };
        match std::fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let full = std::fs::read_dir(path).map_err(taken)?.next().is_some();
                if full {
                    return Err(ExchangeError::NotEmpty(path.to_path_buf()));
                }
            }
            other => other.map_err(denied)?,
        }
        give_folder(stage, path)?;
        problems
    } else {
        let (file, problems) = write_aside(format, records, issuer, at, folder)?;
        let reserved = File::options().append(true).create(true).open(path).map_err(denied)?;
        take_name(file, &reserved, path).map_err(|source| ExchangeError::Write { format: format.name(), source })?;
        problems
    };
    let losses = losses(format, records)?;
    Ok(Exported { path: path.to_path_buf(), batch: batch_id(records, issuer, at)?, problems, losses })
}

/// Writes a format of many files into a folder in `folder` that has no name of its own yet.
fn stage_folder(
    format: Format,
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<(tempfile::TempDir, Vec<Problem>)> {
    if records.count() == 0 {
        return Err(ExchangeError::NoRecords);
    }
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(denied)?;
    let stage = tempfile::Builder::new().prefix(".vitrine-").tempdir_in(folder).map_err(denied)?;
    let problems = match format {
        Format::Iiif => iiif::write_iiif(records, issuer, at, stage.path())?,
        Format::Xmp => {
            xmp::write_sidecars(records, issuer, at, stage.path())?;
            Vec::new()
        }
        Format::BagIt => bag::write_bag(records, issuer, at, stage.path())?,
        _ => {
            write_linked_art(records, issuer, at, stage.path())?;
            Vec::new()
        }
    };
    Ok((stage, problems))
}

/// Gives a complete folder the name of the empty one at `path`, with its permissions: a temporary folder is its owner's alone.
fn give_folder(stage: tempfile::TempDir, path: &Path) -> Result<()> {
    let run = || {
        let permissions = std::fs::metadata(path)?.permissions();
        std::fs::set_permissions(stage.path(), permissions)?;
        std::fs::remove_dir(path)?;
        std::fs::rename(stage.path(), path)
    };
    run().map_err(|source| ExchangeError::Folder { folder: path.to_path_buf(), source })?;
    // It has another name now, and nothing of it is to be deleted.
    let _ = stage.keep();
    Ok(())
}

/// Writes a file with the folders that lead to it.
pub(crate) fn write_bytes(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, bytes))
        .map_err(|source| ExchangeError::Folder { folder: folder.to_path_buf(), source })
}

/// Writes a JSON document, indented, ended by a line feed.
pub(crate) fn write_json(file: &Path, value: &Value) -> Result<()> {
    write_bytes(file, format!("{value:#}\n").as_bytes())
}

/// Writes records to a file in `folder` (made where it is missing) that has no name of its own yet, and names what had to be left out.
fn write_aside(
    format: Format,
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<(NamedTempFile, Vec<Problem>)> {
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(denied)?;
    let mut file = tempfile::Builder::new().prefix(".vitrine-").suffix(".part").tempfile_in(folder).map_err(denied)?;
    let mut out = BufWriter::new(&mut file);
    let problems = format.write(records, issuer, at, &mut out)?;
    out.flush().map_err(|source| ExchangeError::Write { format: format.name(), source })?;
    drop(out);
    Ok((file, problems))
}

/// Gives a complete file the name that `reserved` holds, with its permissions: a temporary file is its owner's alone.
fn take_name(file: NamedTempFile, reserved: &File, path: &Path) -> std::io::Result<()> {
    file.as_file().set_permissions(reserved.metadata()?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The first name that `make` can make something new under.
fn first_free<T>(
    format: Format,
    folder: &Path,
    stem: &str,
    make: impl Fn(&Path) -> std::io::Result<T>,
) -> std::io::Result<(PathBuf, T)> {
    let mut number = 1;
    loop {
        let path = folder.join(file_name(stem, number, format));
        match make(&path) {
            Ok(made) => return Ok((path, made)),
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(other) => return Err(other),
        }
    }
}

/// The path that [`write_into_folder`] would write to now, for a preview.
pub fn free_name(format: Format, folder: &Path, stem: &str) -> PathBuf {
    let mut number = 1;
    loop {
        let path = folder.join(file_name(stem, number, format));
        if !path.exists() {
            return path;
        }
        number += 1;
    }
}

fn file_name(stem: &str, number: u32, format: Format) -> String {
    let number = if number == 1 { String::new() } else { format!(" ({number})") };
    format!("{stem}{number}{}", format.extension())
}
