//! Writing records into a folder, whole or not at all, and over nothing that is there.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

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
/// that name is left alone: a number is added, `stem (2).csv`. The file appears under its name when it is complete.
pub fn write_into_folder(
    format: Format,
    records: &[Record],
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
    stem: &str,
) -> Result<PathBuf> {
    let denied = |source| ExchangeError::Folder { folder: folder.to_path_buf(), source };
    let failed = |source| ExchangeError::Write { format: format.name(), source };
    std::fs::create_dir_all(folder).map_err(denied)?;
    let mut file = tempfile::Builder::new().prefix(".vitrine-").suffix(".part").tempfile_in(folder).map_err(denied)?;
    let mut out = BufWriter::new(&mut file);
    format.write(records, issuer, at, &mut out)?;
    out.flush().map_err(failed)?;
    drop(out);
    readable_by_others(file.as_file()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    for number in 1_u32.. {
        let path = folder.join(file_name(stem, number, format));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => file = taken.file,
            Err(other) => return Err(denied(other.error)),
        }
    }
    Err(denied(ErrorKind::AlreadyExists.into()))
}

/// The name of the file that [`write_into_folder`] would write now, without writing it.
pub fn free_name(format: Format, folder: &Path, stem: &str) -> PathBuf {
    let names = (1_u32..).map(|number| folder.join(file_name(stem, number, format)));
    names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| folder.join(file_name(stem, 1, format)))
}

fn file_name(stem: &str, number: u32, format: Format) -> String {
    match number {
        1 => format!("{stem}.{}", format.extension()),
        number => format!("{stem} ({number}).{}", format.extension()),
    }
}

/// A temporary file is its owner's alone; an export is a file like any other.
#[cfg(unix)]
fn readable_by_others(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
