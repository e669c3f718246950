//! The documents of a file, of a list in it, of a folder or of a ZIP file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use walkdir::WalkDir;

use super::super::MOST_BYTES;

/// How deep folders are looked into.
const DEEPEST: usize = 8;

/// Whether a path is of the kind that documents come in.
pub(in crate::read) fn is_of_documents(path: &Path) -> bool {
    path.is_dir() || ["json", "jsonld", "jsonl", "zip"].iter().any(|end| ends_in(path, end))
}

fn ends_in(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end))
}

/// All documents, and a sentence for each file that is none.
pub(super) fn read(path: &Path) -> Result<(Vec<Value>, Vec<String>), String> {
    let mut reading = Reading { left: MOST_BYTES, ..Reading::default() };
    if path.is_dir() {
        reading.folder(path)?;
    } else if ends_in(path, "zip") {
        reading.archive(path)?;
    } else {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        reading.take(file, &mut bytes).map_err(|error| error.to_string())?;
        reading.documents.extend(parse(&bytes)?);
    }
    Ok((reading.documents, reading.problems))
}

#[derive(Default)]
struct Reading {
    documents: Vec<Value>,
    problems: Vec<String>,
    /// Bytes that may still be read.
    left: u64,
}

impl Reading {
    fn folder(&mut self, folder: &Path) -> Result<(), String> {
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in WalkDir::new(folder).max_depth(DEEPEST) {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry.file_type().is_file() && ["json", "jsonld", "jsonl"].iter().any(|end| ends_in(entry.path(), end)) {
                files.push(entry.into_path());
            }
        }
        // `work-2` comes before `work-10`, as when they were written.
        files.sort_by_cached_key(|file| (file.as_os_str().len(), file.clone()));
        for file in files {
            let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
            let mut bytes = Vec::new();
            let opened = File::open(&file).and_then(|file| self.take(file, &mut bytes));
            self.one_of_many(&name, opened.map(|()| bytes))?;
        }
        Ok(())
    }

    fn archive(&mut self, path: &Path) -> Result<(), String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut archive =
            zip::ZipArchive::new(file).map_err(|error| format!("it is no ZIP file that can be read: {error}"))?;
        let mut names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        names.retain(|name| ["json", "jsonld", "jsonl"].iter().any(|end| ends_in(Path::new(name), end)));
        names.sort_by_cached_key(|name| (name.len(), name.clone()));
        for name in names {
            let mut bytes = Vec::new();
            let opened = archive.by_name(&name).map_err(std::io::Error::from);
            let read = opened.and_then(|file| self.take(file, &mut bytes));
            self.one_of_many(&name, read.map(|()| bytes))?;
        }
        Ok(())
    }

    fn one_of_many(&mut self, name: &str, read: std::io::Result<Vec<u8>>) -> Result<(), String> {
        if self.left == 0 {
            let most = MOST_BYTES >> 20;
            return Err(format!("its documents have more than {most} MB, and no more are read; divide them"));
        }
        let parsed = read.map_err(|error| error.to_string()).and_then(|bytes| parse(&bytes));
        match parsed {
            Ok(documents) => self.documents.extend(documents),
            Err(reason) => self.problems.push(format!("{name}: {reason}")),
        }
        Ok(())
    }

    /// Reads as long as there is room, which what is packed does not say honestly by itself.
    fn take(&mut self, source: impl Read, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        let read = source.take(self.left).read_to_end(bytes)?;
        self.left -= read as u64;
        Ok(())
    }
}

/// The documents of a text: one, a list, a graph, or one a line.
fn parse(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not in UTF-8; save it in that encoding and try again")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let one: serde_json::Result<Value> = serde_json::from_str(text);
    let several: serde_json::Result<Vec<Value>> = match one {
        Ok(value) => return Ok(opened(value)),
        // Lines are tried where the first of them is a document.
        Err(_) if text.trim_start().lines().next().is_some_and(|line| serde_json::from_str::<Value>(line).is_ok()) => {
            text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect()
        }
        Err(error) => Err(error),
    };
    let documents = several.map_err(|error| format!("it is not well-formed JSON: {error}"))?;
    Ok(documents.into_iter().flat_map(opened).collect())
}

/// The documents in a list, a graph, or an answer that has them under `results` or `orderedItems`.
fn opened(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.into_iter().flat_map(opened).collect(),
        Value::Object(mut map) => {
            for key in ["@graph", "orderedItems", "items", "results"] {
                if let Some(Value::Array(values)) = map.get_mut(key) {
                    return std::mem::take(values).into_iter().flat_map(opened).collect();
                }
            }
            vec![Value::Object(map)]
        }
        _ => Vec::new(),
    }
}
