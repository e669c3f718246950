//! One state of a library, for whoever goes through many works and must not see them change meanwhile.

use rusqlite::Connection;

use crate::error::Result;
use crate::library::Library;
use crate::{Region, Scan, Statement, WorkCard, WorkId, cards, regions, scans, statements, works};

/// One state of a library. What is written while it is looked at goes on and is not in it; SQLite keeps both until it is dropped.
pub struct Snapshot {
    reader: Connection,
    file: std::path::PathBuf,
}

impl Library {
    /// The library as it is now.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let reader = self.new_reader().map_err(|error| error.about(self.file(), "read"))?;
        let snapshot = Snapshot { reader, file: self.file().to_path_buf() };
        // The state is that of the first read within the transaction.
        snapshot.read(|reader| Ok(reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?))?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// A work as the grid shows it.
    pub fn work_card(&self, work: WorkId) -> Result<WorkCard> {
        self.read(|reader| cards::get(reader, work))
    }

    /// The scans of a work, first one first.
    pub fn scans(&self, work: WorkId) -> Result<Vec<Scan>> {
        self.read(|reader| scans::of_work(reader, work))
    }

    /// The current statements of a work, in the order they were made.
    pub fn statements(&self, work: WorkId) -> Result<Vec<Statement>> {
        self.read(|reader| {
            works::must_exist(reader, work)?;
            let mut statements = statements::current_of_work(reader, work)?;
            statements.sort_by_key(|statement| statement.id);
            Ok(statements)
        })
    }

    /// The regions on a work's scans, in the order they were drawn.
    pub fn regions(&self, work: WorkId) -> Result<Vec<Region>> {
        self.read(|reader| regions::of_work(reader, work))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(&self.reader).map_err(|error| error.about(&self.file, "read"))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("file", &self.file).finish_non_exhaustive()
    }
}
