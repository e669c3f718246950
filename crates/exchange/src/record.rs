//! A record: what is known of one work, as it leaves the library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vitrine_catalogue::{
    CORE_RECORD, Library, Region, Scan, Snapshot, State, Statement, WorkCard, WorkId, core_property,
};

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

/// Records one after the other, so that not all of them must be in memory at once.
pub trait RecordSource {
    /// How many there are.
    fn count(&self) -> usize;

    /// Shows all records in their order; the same ones each time.
    fn each(&self, visit: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()>;
}

impl RecordSource for [Record] {
    fn count(&self) -> usize {
        self.len()
    }

    fn each(&self, visit: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
        self.iter().try_for_each(visit)
    }
}

impl RecordSource for Vec<Record> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each(&self, visit: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
        self.as_slice().each(visit)
    }
}

/// Records of a library as it was at one moment, read anew each time that somebody goes through them.
#[derive(Debug)]
pub struct LibraryRecords {
    snapshot: Snapshot,
    works: Vec<WorkId>,
    include_suggestions: bool,
}

impl LibraryRecords {
    /// The records of `works`, in this order: what persons stand by, and what still waits if `include_suggestions`.
    pub fn new(library: &Library, works: Vec<WorkId>, include_suggestions: bool) -> Result<Self> {
        Ok(Self { snapshot: library.snapshot()?, works, include_suggestions })
    }

    fn record(&self, work: WorkId) -> Result<Record> {
        let mut statements = self.snapshot.statements(work)?;
        statements.retain(|statement| {
            let wanted =
                statement.state.is_affirmed() || (self.include_suggestions && statement.state == State::Suggested);
            wanted && statement.value.is_some()
        });
        Ok(Record {
            card: self.snapshot.work_card(work)?,
            scans: self.snapshot.scans(work)?,
            statements,
            regions: self.snapshot.regions(work)?,
        })
    }
}

impl RecordSource for LibraryRecords {
    fn count(&self) -> usize {
        self.works.len()
    }

    fn each(&self, visit: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
        self.works.iter().try_for_each(|work| visit(&self.record(*work)?))
    }
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
    /// What properties of the issuer's own are called, by their keys.
    pub own_labels: BTreeMap<String, String>,
    /// A folder with fonts for the scripts that the font within the program lacks, for formats that are pages.
    pub fonts: Option<PathBuf>,
}

impl Record {
    /// The properties of the record with what they are called: core ones in their order, then others by their keys.
    pub(crate) fn properties<'a>(&'a self, issuer: &'a Issuer) -> impl Iterator<Item = (&'a str, &'a str)> {
        let there: BTreeSet<&str> = self.statements.iter().map(|statement| statement.property.as_str()).collect();
        let others: Vec<&str> = there.iter().copied().filter(|key| core_property(key).is_none()).collect();
        let core = CORE_RECORD.iter().filter(move |property| there.contains(property.key));
        let label = |key: &'a str| issuer.own_labels.get(key).map_or(key, String::as_str);
        core.map(|property| (property.key, property.label)).chain(others.into_iter().map(move |key| (key, label(key))))
    }
}

/// The id of an export: its moment, and eight digits of a hash over what is in it. The same records at the same moment have the same id.
pub fn batch_id(records: &(impl RecordSource + ?Sized), issuer: &Issuer, at: Timestamp) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(&issuer.id_prefix);
    records.each(&mut |record| {
        hash.update(record.card.id.0.to_le_bytes());
        for statement in &record.statements {
            hash.update(statement.id.0.to_le_bytes());
            hash.update(statement.state.as_str());
        }
        for region in &record.regions {
            hash.update(region.id.0.to_le_bytes());
            hash.update(region.content.shape.selector().to_string());
        }
        Ok(())
    })?;
    let digits: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{digits}", at.strftime("%Y-%m-%dT%H%M%SZ")))
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

/// The records of `works`, all in memory: see [`LibraryRecords`].
pub fn records(library: &Library, works: &[WorkId], include_suggestions: bool) -> Result<Vec<Record>> {
    let source = LibraryRecords::new(library, works.to_vec(), include_suggestions)?;
    works.iter().map(|work| source.record(*work)).collect()
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
