//! What can go wrong with a library, as sentences for the person who opened it.

use std::path::{Path, PathBuf};

use crate::{StatementId, WorkId};

/// The result of whatever reads or writes a library.
pub type Result<T, E = CatalogueError> = std::result::Result<T, E>;

/// Why a library could not be opened, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// There is no library in the folder.
    #[error("{} holds no library (there is no library.sqlite in it); choose another folder or start a new library there", .0.display())]
    NoLibrary(PathBuf),
    /// The folder of a new library could not be made.
    #[error("the folder {} for the library could not be made: {source}; choose a folder that you may write to", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is an SQLite database, but of another program.
    #[error("{} was not made by Vitrine and is left as it is; choose another folder for the library", .0.display())]
    Foreign(PathBuf),
    /// A newer Vitrine wrote the library.
    #[error(
        "{} was written by a newer Vitrine (its layout is number {found}, this program knows up to {known}); open it with that version",
        .file.display()
    )]
    Newer {
        /// The library's file.
        file: PathBuf,
        /// The layout found.
        found: i64,
        /// The newest layout this program knows.
        known: i64,
    },
    /// SQLite could not use its write-ahead log here, so that readers and a second program would not be safe.
    #[error(
        "{} lies on a file system that cannot be shared safely (SQLite's write-ahead log does not work there); move the library to a local disk",
        .0.display()
    )]
    Unshareable(PathBuf),
    /// The library's file, folder or disk takes no writing.
    #[error(
        "{} lies where nothing can be written, so that it can be read only; to change anything, copy the library's folder to a disk that you may write to and open the copy",
        .0.display()
    )]
    ReadOnly(PathBuf),
    /// It takes no writing, and what is there cannot be read without.
    #[error(
        "{} lies where nothing can be written, and cannot be read there because {reason}; copy the library's folder to a disk that you may write to and open the copy",
        .file.display()
    )]
    ReadOnlyUnreadable {
        /// The library's file.
        file: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// Another program was writing all the time that this one waited.
    #[error("{} is being written to by another program; try again when that one has finished", .0.display())]
    Busy(PathBuf),
    /// Somebody has the library open that was to be replaced.
    #[error("{} is open in another window or program; close it there and try again", .0.display())]
    InUse(PathBuf),
    /// A backup could not be made, listed, tried out or restored.
    #[error("the backup {} could not be {doing}: {source}; check that the disk has room and that you may write there", .file.display())]
    Backup {
        /// The file or folder.
        file: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// The cause.
        source: std::io::Error,
    },
    /// A backup is damaged.
    #[error("the backup {} is not sound ({problem}); use an earlier one", .file.display())]
    BadBackup {
        /// Its file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// SQLite failed.
    #[error("{} could not be {}: {source}; {}", .file.display(), .doing, advice(.source))]
    Sqlite {
        /// The library's file.
        file: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// SQLite's own words.
        source: rusqlite::Error,
    },
    /// A row holds what this program never writes.
    #[error("the library holds something unreadable ({0}); restore it from a backup")]
    Damaged(String),
    /// A thread that was writing broke down, and its connection is not to be trusted.
    #[error("an earlier change to {} broke off; close the library and open it again", .0.display())]
    BrokeOff(PathBuf),
    /// There is no such work.
    #[error("there is no work number {0} in this library")]
    NoSuchWork(WorkId),
    /// There is no such statement.
    #[error("there is no statement number {0} in this library")]
    NoSuchStatement(StatementId),
    /// There is no such scan.
    #[error("there is no scan number {0} in this library")]
    NoSuchScan(crate::ScanId),
    /// There is no such region, or it was removed.
    #[error("there is no region number {0} in this library; it may have been removed, which undo takes back")]
    NoSuchRegion(crate::RegionId),
    /// A region that is no part of its scan.
    #[error("the region on {scan} cannot be kept: {reason}; draw it again within the picture")]
    BadRegion {
        /// The scan's file.
        scan: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A region can only be evidence for what is said of the work that its scan shows.
    #[error(
        "statement number {0} speaks of another work than the one this region is on; link a statement of the same work"
    )]
    StatementElsewhere(StatementId),
    /// Joining would hide what a person has said about a work.
    #[error(
        "something has been decided about “{title}” already, which would be lost from view if its scans went to another work; take that back first, or leave it a work of its own"
    )]
    DecidedOn {
        /// The work's title.
        title: String,
    },
    /// An abstention says nothing that could be accepted.
    #[error(
        "the suggestion for “{property}” names no value, so there is nothing to accept; write a value or reject it"
    )]
    Abstention {
        /// The property.
        property: String,
    },
    /// The statement has no alternative of that number.
    #[error("statement {statement} has {count} alternatives, and there is no number {} among them", .index + 1)]
    NoSuchAlternative {
        /// The statement.
        statement: StatementId,
        /// What was asked for, counted from 0.
        index: usize,
        /// How many it has.
        count: usize,
    },
    /// A newer statement has taken its place.
    #[error("statement {0} has been replaced by a newer one; decide on that one")]
    Superseded(StatementId),
    /// One act can't decide twice on the same statement.
    #[error("statement {0} is named twice in one step; decide on it once")]
    TwiceInOneAct(StatementId),
    /// Everything asked for is so already.
    #[error("nothing would change: what was asked for is {0} already")]
    NothingChanges(&'static str),
    /// An artist is accepted one at a time, by a person who looked.
    #[error("an artist that a model suggested is accepted on its own, never together with other statements")]
    ArtistInBulk,
    /// Somebody stopped a change to many works.
    #[error("it was stopped before it was through, and nothing has changed")]
    Stopped,
    /// The works are no longer what a preview showed.
    #[error("the works have changed since the preview was made; look at it again before anything is changed")]
    PreviewOutdated,
    /// A change to many works without a work.
    #[error("no work is chosen; choose the works that are to be changed")]
    NoWorks,
    /// Nothing is looked for.
    #[error("there is nothing to find; write the words that are to be replaced")]
    NothingToFind,
    /// A change to many works that would change none of them.
    #[error("nothing would change in any of these works; the preview says why")]
    NoneWouldChange,
    /// A statement that no longer waits was to be accepted.
    #[error("statement {0} no longer waits for a decision; look at the suggestions again")]
    NotWaiting(StatementId),
    /// A value of nothing but spaces.
    #[error("the value for “{property}” is empty; write one, or reject the statement instead")]
    EmptyValue {
        /// The property.
        property: String,
    },
    /// A property's key that no record could carry.
    #[error("“{0}” is no property: its key has only small letters, digits, - and _")]
    BadProperty(String),
    /// A confidence that is no probability.
    #[error("the confidence {value} for “{property}” is not between 0 and 1")]
    BadConfidence {
        /// The property.
        property: String,
        /// What was given.
        value: f32,
    },
    /// A person without a name cannot stand by anything.
    #[error("a decision needs the name of the person who takes it; enter yours in the settings")]
    NoPerson,
    /// A list without a name.
    #[error("the list has no name; give it one, which records will name as the source of its terms")]
    NamelessList,
    /// A list that the library does not have.
    #[error("this library has no list of terms with number {0} (any more); look at its lists again")]
    NoSuchList(i64),
    /// An answer that is not JSON.
    #[error("the answer is not kept because it is not JSON: {0}")]
    BadAnswer(#[source] serde_json::Error),
    /// There is no such exchange.
    #[error("there is no exchange number {0} in this conversation any more")]
    NoSuchExchange(crate::ExchangeId),
    /// A prompt of nothing but spaces.
    #[error("the prompt “{0}” is empty; write what is to be done, or go back to the words that come with Vitrine")]
    EmptyPrompt(String),
    /// A query that cannot be understood.
    #[error("the search was not understood: {reason}")]
    BadQuery {
        /// What is wrong with it.
        reason: String,
    },
    /// A search to be saved without a name.
    #[error("a saved search needs a name; write one")]
    NamelessSearch,
    /// There is no saved search of that name.
    #[error("there is no saved search “{0}” in this library")]
    NoSuchSearch(String),
    /// A list of works without a name.
    #[error("a list of works needs a name; write one")]
    NamelessWorkList,
    /// There is no list of works of that name.
    #[error("there is no list of works “{0}” in this library (any more); look at its lists again")]
    NoSuchWorkList(String),
    /// A file of one's own, a profile or properties, that cannot be used.
    #[error("the {what} was not understood: {}{reason}; correct its file", in_line(.line))]
    OwnFile {
        /// What it should be.
        what: &'static str,
        /// The line, counted from 1, where that is known.
        line: Option<usize>,
        /// What is wrong with it.
        reason: String,
    },
    /// Rows of another shape than said.
    #[error("{numbers} numbers do not make whole rows of {dimension}")]
    RaggedRows {
        /// How many numbers were given.
        numbers: usize,
        /// The width of a row.
        dimension: usize,
    },
}

impl From<rusqlite::Error> for CatalogueError {
    fn from(source: rusqlite::Error) -> Self {
        // The file is filled in by `Library::read` and `Library::write`, which know it.
        CatalogueError::Sqlite { file: PathBuf::new(), doing: "read", source }
    }
}

impl CatalogueError {
    /// Names the file and what was being done to it, where SQLite failed.
    pub(crate) fn about(self, library: &Path, what: &'static str) -> Self {
        match self {
            CatalogueError::Sqlite { source, .. } if is_busy(&source) => CatalogueError::Busy(library.to_path_buf()),
            CatalogueError::Sqlite { source, .. } => {
                CatalogueError::Sqlite { file: library.to_path_buf(), doing: what, source }
            }
            other => other,
        }
    }
}

fn in_line(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("in line {line}, "))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// What a person can do about an error of SQLite.
fn advice(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DiskFull) => "free some space on the disk and try again",
        Some(ReadOnly | PermissionDenied) => "check that you may write to the file and its folder",
        Some(CannotOpen) => "check that the folder exists and that you may write to it",
        Some(DatabaseCorrupt | NotADatabase) => "the file is damaged or no library; restore it from a backup",
        Some(SystemIoFailure) => "check the disk and its connection",
        _ => "if it happens again, report it with these words",
    }
}
