//! A record: what is known of one work, as it leaves the library.

use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vitrine_catalogue::{Library, Region, Scan, State, Statement, WorkCard, WorkId};

use crate::error::Result;

/// What is known of one work.
#[derive(Debug, Clone)]
pub struct Record {
    /// The work as the grid lists it.
    pub card: WorkCard,
    /// Its scans, first one first.
    pub scans: Vec<Scan>,
    /// Its statements in the order they were made; each has a value.
    pub statements: Vec<Statement>,
    /// The regions on its scans, in the order they were drawn.
    pub regions: Vec<Region>,
}

/// Who issues the records, and out of which program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The institution or person whose records they are, e.g. the library's name.
    pub name: String,
    /// What makes the record numbers unique in the world, e.g. `vitrine:library-name`; a number follows after `:`.
    pub id_prefix: String,
    /// The language of the texts as a tag, e.g. `en`.
    pub language: String,
    /// Where the issuer's own addresses begin, e.g. `https://example.org/collection`. Manifests and images are looked for there.
    pub base_uri: String,
    /// A folder with fonts for the scripts that the font within the program lacks, for formats that are pages.
    pub fonts: Option<PathBuf>,
}

/// The id of an export: its moment, and eight digits of a hash over what is in it. The same records at the same moment have the same id.
pub fn batch_id(records: &[Record], issuer: &Issuer, at: Timestamp) -> String {
    let mut hash = Sha256::new();
    hash.update(&issuer.id_prefix);
    for record in records {
        hash.update(record.card.id.0.to_le_bytes());
        for statement in &record.statements {
            hash.update(statement.id.0.to_le_bytes());
            hash.update(statement.state.as_str());
        }
        for region in &record.regions {
            hash.update(region.id.0.to_le_bytes());
            hash.update(region.content.shape.selector().to_string());
        }
    }
    let digits: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digits}", at.strftime("%Y-%m-%dT%H%M%SZ"))
}

/// What an export would contain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preview {
    /// Works that would be written.
    pub works: u64,
    /// Statements in them that a person stands by.
    pub accepted: u64,
    /// Statements with a value that nobody has decided on.
    pub undecided: u64,
    /// Works of which nothing has been accepted.
    pub empty: u64,
}

/// The records of `works`, in this order: what persons stand by, and what still waits if `include_suggestions`.
pub fn records(library: &Library, works: &[WorkId], include_suggestions: bool) -> Result<Vec<Record>> {
    works
        .iter()
        .map(|work| {
            let mut statements = library.statements(*work)?;
            statements.retain(|statement| {
                let wanted =
                    statement.state.is_affirmed() || (include_suggestions && statement.state == State::Suggested);
                wanted && statement.value.is_some()
            });
            // The order in which they wait for a person is no order for a record.
            statements.sort_by_key(|statement| statement.id);
            let regions = library.regions(*work)?;
            Ok(Record { card: library.work_card(*work)?, scans: library.scans(*work)?, statements, regions })
        })
        .collect()
}

/// Counts what an export of `works` would contain, without writing it.
pub fn preview(library: &Library, works: &[WorkId]) -> Result<Preview> {
    let mut preview = Preview { works: works.len() as u64, ..Preview::default() };
    for work in works {
        let statements = library.statements(*work)?;
        let accepted = statements.iter().filter(|statement| statement.state.is_affirmed()).count() as u64;
        let waiting = statements.iter().filter(|s| s.state == State::Suggested && s.value.is_some()).count() as u64;
        preview.accepted += accepted;
        preview.undecided += waiting;
        preview.empty += u64::from(accepted == 0);
    }
    Ok(preview)
}
