//! Writing records into a folder, whole or not at all, and over nothing that is there.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::error::{ExchangeError, Result};
use crate::{Issuer, Record, write_csv, write_lido};

/// A format of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One row a work.
    Csv,
    /// LIDO 1.1.
    Lido,
}

impl Format {
    /// Its name as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Lido => "LIDO",
        }
    }

    /// The end of its files' names.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Lido => "xml",
        }
    }

    /// Writes records in this format.
    pub fn write(self, records: &[Record], issuer: &Issuer, at: Timestamp, out: impl Write) -> Result<()> {
        match self {
            Format::Csv => write_csv(records, out),
            Format::Lido => write_lido(records, issuer, at, out),
        }
    }
}

/// Writes records to `stem.csv` or `stem.xml` in `folder` (made where it is missing) and returns the file's path. A file of
/// that name is left alone: a number is added, `stem (2).csv`. The records are written beside it first and take the name when
/// they are complete.
pub fn write_into_folder(
    format: Format,
    records: &[Record],
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
    stem: &str,
) -> Result<PathBuf> {
    let file = write_aside(format, records, issuer, at, folder)?;
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    let (path, reserved) = reserve(format, folder, stem).map_err(denied)?;
    take_name(file, &reserved, &path).map_err(|source| {
        // The reserved name holds nothing; the error that counts is the first one.
        let _ = std::fs::remove_file(&path);
        ExchangeError::Write { format: format.name(), source }
    })?;
    Ok(path)
}

/// Writes records to exactly `path`, in place of a file that is there, which changes only when the new one is complete.
pub fn write_file(format: Format, records: &[Record], issuer: &Issuer, at: Timestamp, path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = write_aside(format, records, issuer, at, folder)?;
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    let reserved = File::options().append(true).create(true).open(path).map_err(denied)?;
    take_name(file, &reserved, path).map_err(|source| ExchangeError::Write { format: format.name(), source })
}

/// Writes records to a file in `folder` (made where it is missing) that has no name of its own yet.
fn write_aside(
    format: Format,
    records: &[Record],
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<NamedTempFile> {
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(denied)?;
    let mut file = tempfile::Builder::new().prefix(".vitrine-").suffix(".part").tempfile_in(folder).map_err(denied)?;
    let mut out = BufWriter::new(&mut file);
    format.write(records, issuer, at, &mut out)?;
    out.flush().map_err(|source| ExchangeError::Write { format: format.name(), source })?;
    drop(out);
    Ok(file)
}

/// Gives a complete file the name that `reserved` holds, with its permissions: a temporary file is its owner's alone.
fn take_name(file: NamedTempFile, reserved: &File, path: &Path) -> std::io::Result<()> {
    file.as_file().set_permissions(reserved.metadata()?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Takes the first free name by an empty file that nobody else can take. (Renaming without overwriting would do in one step,
/// but not on the network shares and memory sticks that exports are written to.)
fn reserve(format: Format, folder: &Path, stem: &str) -> std::io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let path = folder.join(file_name(stem, number, format));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
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
    match number {
        1 => format!("{stem}.{}", format.extension()),
        number => format!("{stem} ({number}).{}", format.extension()),
    }
}
