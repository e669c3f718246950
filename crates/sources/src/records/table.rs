//! CSV and tables parted by tabs, in whatever encoding.

use std::io::{BufRead, Chain, Cursor, Read};
use std::path::Path;

use encoding_rs::Encoding;

use super::{MOST_RECORD_BYTES, Outcome, Record, Records};
use crate::{Result, SourceError};

/// Bytes by which delimiter and encoding are judged.
const SAMPLE: usize = 256 << 10;
/// Columns of a table.
const MOST_COLUMNS: usize = 2000;

pub(super) struct Table<R: Read> {
    rows: csv::Reader<Chain<Cursor<Vec<u8>>, R>>,
    columns: Vec<String>,
    /// Of what is not UTF-8.
    encoding: &'static Encoding,
    number: u64,
}

impl<R: BufRead> Table<R> {
    /// Reads the columns' names. `tabs`: the file's name says that tabs part; else the first line tells.
    pub(super) fn open(path: &Path, mut bytes: R, tabs: bool) -> Result<Self> {
        let mut sample = Vec::new();
        let outcome = Read::by_ref(&mut bytes).take(SAMPLE as u64).read_to_end(&mut sample);
        outcome.map_err(|cause| SourceError::file(path, cause))?;
        let refused = |reason: &str| SourceError::broken(path, "its first line", reason);
        if sample.starts_with(&[0xff, 0xfe])
            || sample.starts_with(&[0xfe, 0xff])
            || sample.iter().take(64).any(|byte| *byte == 0)
        {
            return Err(refused("the table is in UTF-16 or is no text; save it as CSV in UTF-8"));
        }
        if sample.starts_with(b"\xef\xbb\xbf") {
            sample.drain(..3);
        }
        let encoding = crate::text::guess(&sample);
        let delimiter = if tabs { b'\t' } else { delimiter(&sample) };
        let mut rows = csv::ReaderBuilder::new();
        let mut rows = rows.delimiter(delimiter).flexible(true).has_headers(false);
        // What is parted by tabs is rarely quoted, and holds inches and feet.
        rows = rows.quoting(delimiter != b'\t' || quotes_fields(&sample));
        let mut rows = rows.from_reader(Cursor::new(sample).chain(bytes));
        let mut header = csv::ByteRecord::new();
        match rows.read_byte_record(&mut header) {
            Ok(true) if header.iter().any(|name| !name.is_empty()) => {}
            Ok(_) => return Err(refused("there are no columns; the first line must name them")),
            Err(error) => return Err(refused(&format!("it cannot be read: {error}"))),
        }
        if header.len() > MOST_COLUMNS {
            return Err(refused(&format!("it names {} columns; up to {MOST_COLUMNS} are read", header.len())));
        }
        let columns = header.iter().map(|name| field(name, encoding).trim().to_owned()).collect();
        Ok(Self { rows, columns, encoding, number: 0 })
    }
}

impl<R: BufRead + Send> Records for Table<R> {
    fn next_record(&mut self) -> Option<Outcome> {
        let mut row = csv::ByteRecord::new();
        let number = self.number + 1;
        match self.rows.read_byte_record(&mut row) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Outcome::Ends(number, format!("the file cannot be read on: {error}"))),
        }
        self.number = number;
        if row.as_slice().len() > MOST_RECORD_BYTES {
            return Some(Outcome::Damaged(
                number,
                "it is too long to be a record; a quotation mark may lack its end".to_owned(),
            ));
        }
        if row.len() > self.columns.len() {
            let reason = format!("it has {} fields where there are {} columns", row.len(), self.columns.len());
            return Some(Outcome::Damaged(number, reason));
        }
        let values = row.iter().map(|value| field(value, self.encoding));
        let fields = self.columns.iter().cloned().zip(values).collect();
        Some(Outcome::Record(Record { number, fields }))
    }
}

fn field(bytes: &[u8], encoding: &'static Encoding) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Whether fields begin with a quotation mark and end with one.
fn quotes_fields(sample: &[u8]) -> bool {
    let count = |pattern: &[u8]| memchr::memmem::find_iter(sample, pattern).count();
    count(b"\t\"") > 0 && count(b"\"\t") + count(b"\"\n") + count(b"\"\r") >= count(b"\t\"")
}

/// What parts the fields of the first line: what is there most often, outside quotation marks.
fn delimiter(sample: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            byte => counts.iter_mut().filter(|(delimiter, _)| delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}
