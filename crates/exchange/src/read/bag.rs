//! Bags of our own: `data/statements.jsonl`, held against the bag's manifest first.

use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use vitrine_catalogue::{Concept, Pack};

use super::{FileClaim, FileRecord, FileScan, MOST_BYTES};
use crate::bag::STATEMENTS;
use crate::error::{ExchangeError, Result};

#[derive(Deserialize)]
struct Line {
    record: String,
    #[serde(default)]
    scans: Vec<LineScan>,
    #[serde(default)]
    statements: Vec<LineStatement>,
}

#[derive(Deserialize)]
struct LineScan {
    file: String,
    original: String,
    sha256: String,
    width: u32,
    height: u32,
    format: String,
}

#[derive(Deserialize)]
struct LineStatement {
    property: String,
    value: Option<String>,
    qualifier: Option<String>,
    #[serde(default)]
    concept: Option<Concept>,
    state: String,
    mark: Option<String>,
    proposed_by: Option<Pack>,
    confidence: Option<f32>,
}

pub(super) fn read(folder: &Path) -> Result<(Vec<FileRecord>, Vec<String>)> {
    let file = folder.join(STATEMENTS);
    let unreadable = |reason: String| ExchangeError::Unreadable { file: file.clone(), reason };
    let missing =
        |error: std::io::Error| unreadable(format!("{error}; choose the folder of a bag that this program wrote"));
    if std::fs::metadata(&file).map_err(missing)?.len() > MOST_BYTES {
        return Err(unreadable("it is larger than any bag that this program reads".into()));
    }
    let bytes = std::fs::read(&file).map_err(missing)?;
    let manifest = std::fs::read_to_string(folder.join("manifest-sha256.txt")).map_err(missing)?;
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let listed = manifest.lines().filter_map(|line| line.split_once(' '));
    let listed = listed.map(|(hash, name)| (hash, name.trim_start())).find(|(_, name)| *name == STATEMENTS);
    if listed.is_none_or(|(listed, _)| !listed.eq_ignore_ascii_case(&hash)) {
        return Err(unreadable("it is not what the bag's manifest says; the bag is damaged, take another copy".into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not in UTF-8".into()))?;
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        match serde_json::from_str::<Line>(line) {
            Ok(line) => records.push(record(line)),
            Err(error) => problems.push(format!("line {}: {error}", index + 1)),
        }
    }
    Ok((records, problems))
}

fn record(line: Line) -> FileRecord {
    let scan = line.scans.into_iter().next().map(|scan| FileScan {
        name: Some(scan.file),
        copy: Some(scan.original),
        sha256: Some(scan.sha256),
        width: Some(scan.width),
        height: Some(scan.height),
        format: Some(scan.format),
    });
    let claims = line.statements.into_iter().filter_map(|statement| {
        let claim = FileClaim {
            property: statement.property,
            value: statement.value?,
            qualifier: statement.qualifier,
            concept: statement.concept,
            ..FileClaim::default()
        };
        let mut claim = claim.with_origin(&statement.mark.unwrap_or_default());
        claim.proposed_by = statement.proposed_by;
        claim.confidence = statement.confidence;
        claim.undecided = !matches!(statement.state.as_str(), "accepted" | "edited");
        Some(claim)
    });
    let claims = claims.collect();
    FileRecord { place: format!("record {}", line.record), scan: scan.unwrap_or_default(), claims }
}
