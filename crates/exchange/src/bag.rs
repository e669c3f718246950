//! BagIt 1.0 (RFC 8493): records, all statements, and the originals with their hashes.
//!
//! `data/statements.jsonl` has a JSON object a line, a work each, with everything that the other files have no room for; it is what this
//! program reads back. `data/originals` holds copies of the scans. One whose bytes are no longer those that were imported is taken along as it
//! is, and named.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vitrine_catalogue::{Scan, Statement};

use crate::error::{ExchangeError, Result};
use crate::folder::{Problem, write_bytes};
use crate::marks::mark;
use crate::text::{clean_line, file_name};
use crate::{Format, Issuer, Record, RecordSource, batch_id};

/// Files of the bag and their hashes.
type Manifest = Vec<(String, String)>;

/// The file of a bag that has all statements.
pub(crate) const STATEMENTS: &str = "data/statements.jsonl";

pub(crate) fn write_bag(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut manifest = Manifest::new();
    let mut octets = 0;
    for (format, name) in [(Format::Csv, "data/records.csv"), (Format::Lido, "data/records.lido.xml")] {
        let mut file = HashedFile::create(&folder.join(name))?;
        format.write(records, issuer, at, &mut file)?;
        manifest.push((name.to_owned(), file.finish(&mut octets)?));
    }
    let mut lines = HashedFile::create(&folder.join(STATEMENTS))?;
    records.each(&mut |record| {
        let line = format!("{}\n", line(record, issuer));
        lines.write_all(line.as_bytes()).map_err(|source| ExchangeError::Write { format: "BagIt", source })?;
        for scan in files(record) {
            match copy(scan, folder) {
                Ok((name, hash, bytes)) => {
                    if hash != scan.sha256 {
                        let reason = format!(
                            "{} is no longer the file that was imported: its SHA-256 is {hash}, at import it was {}",
                            scan.path.display(),
                            scan.sha256
                        );
                        problems.push(Problem { work: record.card.id, file: scan.file_name(), reason });
                    }
                    octets += bytes;
                    manifest.push((name, hash));
                }
                Err(error) => problems.push(Problem {
                    work: record.card.id,
                    file: scan.file_name(),
                    reason: format!("{} could not be copied: {error}", scan.path.display()),
                }),
            }
        }
        Ok(())
    })?;
    manifest.push((STATEMENTS.to_owned(), lines.finish(&mut octets)?));
    manifest.sort();
    let info = [
        ("Source-Organization", clean_line(&issuer.name)),
        ("External-Identifier", batch_id(records, issuer, at)?),
        ("Bagging-Date", at.strftime("%Y-%m-%d").to_string()),
        ("Bag-Software-Agent", format!("Vitrine {}", env!("CARGO_PKG_VERSION"))),
        ("Payload-Oxum", format!("{octets}.{}", manifest.len())),
    ];
    let info: String = info.iter().map(|(label, value)| format!("{label}: {value}\n")).collect();
    let tags = [
        ("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
        ("bag-info.txt", info),
        ("manifest-sha256.txt", lines_of(&manifest)),
    ];
    let mut tag_manifest = Manifest::new();
    for (name, text) in tags {
        tag_manifest.push((name.to_owned(), hex(&Sha256::digest(text.as_bytes()))));
        write_bytes(&folder.join(name), text.as_bytes())?;
    }
    write_bytes(&folder.join("tagmanifest-sha256.txt"), lines_of(&tag_manifest).as_bytes())?;
    Ok(problems)
}

/// A file of the bag that is hashed and counted while it is written.
struct HashedFile {
    file: io::BufWriter<File>,
    hash: Sha256,
    octets: u64,
}

impl HashedFile {
    fn create(path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = std::fs::create_dir_all(folder).and_then(|()| File::create(path));
        let file = made.map_err(|source| ExchangeError::Folder { folder: folder.to_path_buf(), source })?;
        Ok(Self { file: io::BufWriter::new(file), hash: Sha256::new(), octets: 0 })
    }

    /// The hash in hexadecimal; what was written is added to `octets`.
    fn finish(mut self, octets: &mut u64) -> Result<String> {
        self.file.flush().map_err(|source| ExchangeError::Write { format: "BagIt", source })?;
        *octets += self.octets;
        Ok(hex(&self.hash.finalize()))
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.octets += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn lines_of(manifest: &Manifest) -> String {
    manifest.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The scans whose files are copied: of several pages of one file the first.
fn files(record: &Record) -> impl Iterator<Item = &Scan> {
    record.scans.iter().filter(|scan| file_of(record, scan).id == scan.id)
}

/// The first scan of the same file.
fn file_of<'a>(record: &'a Record, scan: &'a Scan) -> &'a Scan {
    record.scans.iter().find(|first| first.sha256 == scan.sha256).unwrap_or(scan)
}

/// Copies an original, hashing what is copied: its name in the bag, its hash, its size.
fn copy(scan: &Scan, folder: &Path) -> io::Result<(String, String, u64)> {
    let name = format!("data/originals/{}", file_name(scan));
    let mut from = File::open(&scan.path)?;
    std::fs::create_dir_all(folder.join("data/originals"))?;
    let to = folder.join(&name);
    let mut out = File::create_new(&to)?;
    let (mut hash, mut total, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    let mut run = || -> io::Result<()> {
        loop {
            let count = from.read(&mut buffer)?;
            let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { return Ok(()) };
            hash.update(read);
            out.write_all(read)?;
            total += count as u64;
        }
    };
    // A file that broke off must not lie in the bag without a line in its manifest.
    run().inspect_err(|_| drop(std::fs::remove_file(&to)))?;
    Ok((name, hex(&hash.finalize()), total))
}

/// All of a record as JSON on one line.
fn line(record: &Record, issuer: &Issuer) -> Value {
    let scans = record.scans.iter().map(|scan| {
        json!({
            "file": scan.file_name(),
            "original": format!("data/originals/{}", file_name(file_of(record, scan))),
            "sha256": scan.sha256,
            "page": scan.page,
            "bytes": scan.bytes,
            "width": scan.width,
            "height": scan.height,
            "format": scan.format,
            "imported_at": scan.imported_at.to_string(),
        })
    });
    json!({
        "record": format!("{}:{}", issuer.id_prefix, record.card.id),
        "scans": scans.collect::<Vec<_>>(),
        "statements": record.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn statement(statement: &Statement) -> Value {
    json!({
        "property": statement.property,
        "value": statement.value,
        "qualifier": statement.qualifier,
        "concept": statement.concept,
        "state": statement.state,
        "source": {"kind": statement.source.kind(), "name": statement.source.name()},
        "mark": mark(statement),
        "proposed_by": statement.proposed_by,
        "confidence": statement.confidence,
        "raw_confidence": statement.raw_confidence,
        "alternatives": statement.alternatives,
        "evidence": statement.evidence,
        "reason": statement.reason,
        "note": statement.note,
        "decided_by": statement.decided_by,
        "created_at": statement.created_at.to_string(),
        "changed_at": statement.changed_at.to_string(),
    })
}
