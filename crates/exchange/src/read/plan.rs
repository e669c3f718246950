//! What an import would change, and changing it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vitrine_catalogue::{
    Claim, Incoming, Library, NewScan, NewStatement, Search, Statement, TakenIn, Target, WorkId, WorkQuery,
    rights_statement,
};

use super::{FileClaim, FileRecord};
use crate::error::Result;
use crate::text::{clean, clean_line};

/// How records find their works, beyond the scan's hash and the identifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Matching {
    /// Also by the name of the scan's file, where only one work has it.
    pub by_file_name: bool,
}

/// What an import would do.
#[derive(Debug, Clone)]
pub struct ImportPlan {
    /// The file's name, which statements will name as their source.
    pub file: String,
    /// Record by record.
    pub records: Vec<PlannedRecord>,
    /// What is left out, and why.
    pub problems: Vec<String>,
}

/// What would become of one record.
#[derive(Debug, Clone)]
pub struct PlannedRecord {
    /// Where in the file.
    pub place: String,
    /// The work it speaks of.
    pub target: Target,
    /// What is new.
    pub new: Vec<FileClaim>,
    /// How many of these stand beside another value that a person stands by.
    pub competing: usize,
    /// How many claims say what is known already.
    pub known: usize,
}

/// Finds the works of a file's records, and what in them is new. Nothing is changed.
///
/// A record's work is the one with its scan's SHA-256, then the only one with its identifier, then by `matching`. Where there is none the
/// record makes a new work if it says enough of its scan: hash, size and format. `file` is where it was read from: scans are looked for
/// beside it.
pub fn plan_import(library: &Library, file: &Path, records: Vec<FileRecord>, matching: Matching) -> Result<ImportPlan> {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let folder = if file.is_dir() { file } else { file.parent().unwrap_or(Path::new("")) };
    let names = if matching.by_file_name { file_names(library)? } else { HashMap::new() };
    let mut plan = ImportPlan { file: clean_line(&name), records: Vec::new(), problems: Vec::new() };
    for record in records {
        match target(library, &record, &names, folder)? {
            Ok(target) => plan.records.push(planned(library, record, target)?),
            Err(reason) => plan.problems.push(format!("{}: {reason}", record.place)),
        }
    }
    Ok(plan)
}

impl ImportPlan {
    /// Whether nothing would change.
    pub fn changes_nothing(&self) -> bool {
        self.records.iter().all(|record| record.new.is_empty() && matches!(record.target, Target::Known(_)))
    }

    /// How many works it would add.
    pub fn new_works(&self) -> usize {
        self.records.iter().filter(|record| matches!(record.target, Target::New(_))).count()
    }

    /// Carries the plan out, all of it or nothing. With `accepted_by` that person stands by what is new, see [`Library::take_in`].
    pub fn apply(&self, library: &Library, accepted_by: Option<&str>, at: Timestamp) -> Result<TakenIn> {
        let incoming: Vec<Incoming> = self
            .records
            .iter()
            .map(|record| Incoming {
                target: record.target.clone(),
                claims: record.new.iter().map(|claim| self.claim(claim)).collect(),
            })
            .collect();
        Ok(library.take_in(&self.file, &incoming, accepted_by, at)?)
    }

    fn claim(&self, claim: &FileClaim) -> Claim {
        Claim {
            statement: NewStatement {
                property: claim.property.clone(),
                value: Some(claim.value.clone()),
                qualifier: claim.qualifier.clone(),
                concept: claim.concept.clone(),
                confidence: claim.confidence.filter(|confidence| (0.0..=1.0).contains(confidence)),
                reason: claim.origin.as_ref().map(|origin| format!("{} says: {origin}", self.file)),
                ..NewStatement::default()
            },
            proposed_by: claim.proposed_by.clone(),
            undecided: claim.undecided,
        }
    }
}

/// Works by the name of their first scan's file; none for a name that several have.
fn file_names(library: &Library) -> Result<HashMap<String, Option<WorkId>>> {
    let mut names = HashMap::new();
    for card in library.works(&WorkQuery::default())?.works {
        names.entry(card.file_name).and_modify(|work| *work = None).or_insert(Some(card.id));
    }
    Ok(names)
}

fn target(
    library: &Library,
    record: &FileRecord,
    names: &HashMap<String, Option<WorkId>>,
    folder: &Path,
) -> Result<std::result::Result<Target, String>> {
    let scan = &record.scan;
    let hash = scan.sha256.as_ref().map(|hash| hash.to_lowercase());
    if let Some(hash) = &hash
        && let Some(scan) = library.scan_by_hash(hash)?
    {
        return Ok(Ok(Target::Known(scan.work)));
    }
    for claim in record.claims.iter().filter(|claim| claim.property == "identifier") {
        if let Some(work) = by_identifier(library, &claim.value)? {
            return Ok(Ok(Target::Known(work)));
        }
    }
    if let Some(work) = scan.name.as_ref().and_then(|name| *names.get(name)?) {
        return Ok(Ok(Target::Known(work)));
    }
    let (Some(hash), Some(width @ 1..), Some(height @ 1..), Some(format)) =
        (hash, scan.width, scan.height, &scan.format)
    else {
        return Ok(Err("no work of the library is known by its scan or identifier; import the scan first".into()));
    };
    // What the name says of folders is not followed: a record must not point to any file of this computer.
    let copy = scan
        .copy
        .as_deref()
        .filter(|copy| Path::new(copy).components().all(|part| matches!(part, std::path::Component::Normal(_))));
    let name = scan.name.as_deref().and_then(|name| Path::new(name).file_name());
    let path = copy.map(PathBuf::from).or_else(|| name.map(PathBuf::from)).unwrap_or_else(|| PathBuf::from(&hash));
    let path = folder.join(path);
    let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
    Ok(Ok(Target::New(NewScan {
        path,
        sha256: hash,
        bytes,
        width,
        height,
        format: format.clone(),
        ..NewScan::default()
    })))
}

/// The only work of which a person stands by this identifier.
fn by_identifier(library: &Library, identifier: &str) -> Result<Option<WorkId>> {
    let quoted = identifier.replace('"', " ");
    let search = Search { text: format!("identifier:\"{quoted}\""), ..Search::default() };
    let mut found = Vec::new();
    for work in library.search_ids(&search).unwrap_or_default() {
        let has = library.statements(work)?.iter().any(|statement| {
            statement.property == "identifier"
                && statement.state.is_affirmed()
                && statement.value.as_deref().map(clean_line) == Some(clean_line(identifier))
        });
        if has {
            found.push(work);
        }
    }
    Ok(match found.as_slice() {
        [work] => Some(*work),
        _ => None,
    })
}

fn planned(library: &Library, record: FileRecord, target: Target) -> Result<PlannedRecord> {
    let statements = match target {
        Target::Known(work) => library.statements(work)?,
        Target::New(_) => Vec::new(),
    };
    let mut new: Vec<FileClaim> = Vec::new();
    let (mut known, mut competing) = (0, 0);
    for claim in record.claims {
        let said = statements.iter().any(|statement| says(statement, &claim));
        if said || new.iter().any(|other| other.property == claim.property && words(other) == words(&claim)) {
            known += 1;
            continue;
        }
        competing += usize::from(statements.iter().any(|s| s.property == claim.property && s.state.is_affirmed()));
        new.push(claim);
    }
    Ok(PlannedRecord { place: record.place, target, new, competing, known })
}

/// Whether a statement says the same: in the same words as any format gives them back, or for rights by the same address.
fn says(statement: &Statement, claim: &FileClaim) -> bool {
    let Some(wording) = statement.wording().filter(|_| statement.property == claim.property) else { return false };
    let same_rights = || {
        let address = |text: &str| rights_statement(text).map(|(address, _)| address);
        claim.property == "rights" && address(&wording).is_some() && address(&wording) == address(&claim.value)
    };
    clean(&wording).trim() == words(claim) || same_rights()
}

fn words(claim: &FileClaim) -> String {
    let words = match &claim.qualifier {
        Some(qualifier) => format!("{qualifier} {}", claim.value),
        None => claim.value.clone(),
    };
    clean(&words).trim().to_owned()
}
