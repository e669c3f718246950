//! Records of a collection's database: CSV and tables parted by tabs, JSON and JSON lines, each also compressed with gzip.
//!
//! A record is a page: what its columns say becomes a sentence, so that it can be found by the words that people use, and columns of running text follow as they stand. Which
//! column is what a [`Mapping`] says; without one it is guessed from the columns' names.

mod json;
mod mapping;
mod sentence;
mod table;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use mapping::Mapping;

use crate::document::{Block, Document, Paragraph, ShortParagraphs, source_key};
use crate::{FragmentImage, Page, PageReader, Position, Progress, Provenance, Result, SourceError, SourceProblem};

/// Bytes of a record.
const MOST_RECORD_BYTES: usize = 8 << 20;

/// Columns by name, in the record's order, with the number of the record from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    number: u64,
    fields: Vec<(String, String)>,
}

impl Record {
    fn get(&self, column: &str) -> Option<&str> {
        let value = self.fields.iter().find(|(name, _)| name == column).map(|(_, value)| value.trim())?;
        (!value.is_empty()).then_some(value)
    }
}

/// What reading the next record came to.
enum Outcome {
    Record(Record),
    /// A record that is damaged, by its number and what is wrong; the next one can be read.
    Damaged(u64, String),
    /// Nothing after it can be read.
    Ends(u64, String),
}

/// What gives records one after the other.
trait Records: Send {
    fn next_record(&mut self) -> Option<Outcome>;
}

/// What the records' owner says about them.
#[derive(Debug, Clone, Default)]
pub struct RecordOptions {
    /// Which column is what; guessed if there is none.
    pub mapping: Option<Mapping>,
    /// The source's key in the fragments' ids; the file's name if there is none.
    pub key: Option<String>,
    /// The source's name for people; the file's name if there is none.
    pub name: Option<String>,
    /// The licence of the records.
    pub licence: Option<String>,
    /// The language of the records.
    pub language: Option<String>,
}

/// Reads a file of records one by one.
pub struct RecordReader {
    file: PathBuf,
    key: String,
    provenance: Provenance,
    mapping: Option<Mapping>,
    records: Box<dyn Records>,
    /// Bytes of the file that were read, as it lies on the disk.
    bytes_read: Arc<AtomicU64>,
    bytes_total: u64,
    given: u64,
    ended: bool,
}

impl std::fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader").field("file", &self.file).field("given", &self.given).finish_non_exhaustive()
    }
}

/// Counts what is read through it.
struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(to)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Whether the file's name, `.gz` left off, says that it holds records.
pub fn has_record_extension(path: &Path) -> bool {
    matches!(ending(path).0.as_str(), "csv" | "tsv" | "tab" | "json" | "jsonl" | "ndjson")
}

/// The ending that says the kind, and whether the file is compressed.
fn ending(path: &Path) -> (String, bool) {
    let lower =
        |path: &Path| path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    match lower(path) {
        gz if gz == "gz" => (lower(&path.with_extension("")), true),
        ending => (ending, false),
    }
}

impl RecordReader {
    /// Opens a file, from its beginning or after the record where an earlier reading stood, up to which it is read again.
    pub fn open(path: &Path, options: &RecordOptions, from: Option<&Position>) -> Result<Self> {
        let opened = File::open(path).map_err(|cause| SourceError::file(path, cause))?;
        let metadata = opened.metadata().map_err(|cause| SourceError::file(path, cause))?;
        if metadata.is_dir() {
            return Err(SourceError::file(path, std::io::ErrorKind::IsADirectory.into()));
        }
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counting = Counting { inner: opened, count: Arc::clone(&bytes_read) };
        let (ending, compressed) = ending(path);
        let bytes: Box<dyn Read + Send> = if compressed {
            Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(counting)))
        } else {
            Box::new(counting)
        };
        let bytes = BufReader::with_capacity(256 << 10, bytes);
        let records: Box<dyn Records> = match ending.as_str() {
            "csv" | "tsv" | "tab" => Box::new(table::Table::open(path, bytes, ending != "csv")?),
            "json" => Box::new(json::JsonRecords::new(bytes, false)),
            "jsonl" | "ndjson" => Box::new(json::JsonRecords::new(bytes, true)),
            _ => {
                return Err(SourceError::OtherKind {
                    file: path.to_path_buf(),
                    wanted: "a file of records",
                    reason: "its name does not end in .csv, .tsv, .json, .jsonl or one of them with .gz".to_owned(),
                });
            }
        };
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = file_name.split('.').next().unwrap_or_default().to_owned();
        let provenance = Provenance {
            source: options.name.clone().unwrap_or_else(|| file_name.clone()),
            licence: options.licence.clone(),
            language: options.language.clone(),
            ..Provenance::default()
        };
        let mut reader = Self {
            file: path.to_path_buf(),
            key: source_key(options.key.as_deref().unwrap_or(&stem)),
            provenance,
            mapping: options.mapping.clone(),
            records,
            bytes_read,
            bytes_total: metadata.len(),
            given: 0,
            ended: false,
        };
        reader.skip_to(from)?;
        Ok(reader)
    }

    fn skip_to(&mut self, from: Option<&Position>) -> Result<()> {
        let Some(position) = from else { return Ok(()) };
        let file = self.file.clone();
        let refused = |reason: &str| SourceError::NoSuchPosition {
            file: file.clone(),
            position: position.0.clone(),
            reason: reason.to_owned(),
        };
        let given: u64 = position.0.parse().map_err(|_| refused("it is no number of records"))?;
        for number in 0..given {
            let Some(outcome) = self.records.next_record() else {
                return Err(refused(&format!("the file has only {number} records")));
            };
            // The first record may be the one that the guess rests on.
            if let Outcome::Record(record) = &outcome {
                self.guess_mapping(record);
            }
            self.ended |= matches!(outcome, Outcome::Ends(..));
        }
        self.given = given;
        Ok(())
    }

    fn guess_mapping(&mut self, record: &Record) -> &Mapping {
        self.mapping.get_or_insert_with(|| Mapping::guess(record.fields.iter().map(|(name, _)| name.as_str())))
    }

    fn page(&mut self, record: &Record) -> Page {
        let mapping = self.guess_mapping(record).clone();
        let joined =
            |columns: &[String]| columns.iter().filter_map(|column| record.get(column)).collect::<Vec<_>>().join(", ");
        let id = mapping
            .id
            .as_deref()
            .and_then(|column| record.get(column))
            .map_or_else(|| record.number.to_string(), str::to_owned);
        let title = joined(&mapping.title);
        let title = if title.is_empty() { format!("Record {id}") } else { title };
        let mut blocks = Vec::new();
        for column in &mapping.image {
            for name in record.get(column).into_iter().flat_map(|names| names.split('|')) {
                blocks.push(Block::Image(FragmentImage { name: name.trim().to_owned(), caption: title.clone() }));
            }
        }
        let sentence = sentence::of_record(record, &mapping, &title);
        blocks.push(Block::Paragraph(Paragraph::plain(sentence)));
        for text in mapping.text.iter().filter_map(|column| record.get(column)) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            blocks.push(Block::Paragraph(Paragraph::plain(text)));
        }
        let keywords = mapping.keywords.iter().filter_map(|column| record.get(column));
        let categories = keywords.flat_map(|words| words.split(['|', ';'])).map(|word| word.trim().to_owned());
        let categories: Vec<String> = categories.filter(|word| !word.is_empty()).collect();
        let address = mapping.address.as_deref().and_then(|column| record.get(column)).map(str::to_owned);
        let column =
            |column: &Option<String>| column.as_deref().and_then(|column| record.get(column)).map(str::to_owned);
        let provenance = Provenance {
            address: Some(address.unwrap_or_else(|| format!("{}#{}", self.file.display(), record.number))),
            licence: column(&mapping.licence).or_else(|| self.provenance.licence.clone()),
            language: column(&mapping.language).or_else(|| self.provenance.language.clone()),
            ..self.provenance.clone()
        };
        let short = ShortParagraphs::Joined;
        Document { source: &self.key, id, title, categories, blocks, provenance, short }.into_page()
    }
}

impl Iterator for RecordReader {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let outcome = self.records.next_record()?;
        self.given += 1;
        let broken = |number: u64, reason: String| SourceError::broken(&self.file, format!("record {number}"), reason);
        Some(match outcome {
            Outcome::Record(record) => Ok(self.page(&record)),
            Outcome::Damaged(number, reason) => Err(SourceProblem::skipped(broken(number, reason))),
            Outcome::Ends(number, reason) => {
                self.ended = true;
                Err(SourceProblem::last(broken(number, reason)))
            }
        })
    }
}

impl PageReader for RecordReader {
    fn reached(&self) -> Position {
        Position(self.given.to_string())
    }

    fn progress(&self) -> Progress {
        let bytes_done = self.bytes_read.load(Ordering::Relaxed).min(self.bytes_total);
        Progress { bytes_done, bytes_total: self.bytes_total }
    }
}

#[cfg(test)]
mod tests;
