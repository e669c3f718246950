//! Layouts of the database, from the first to the one this program writes.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{CatalogueError, Result};
use crate::{
    actions, backups, cards, concepts, conversations, decisions, exports, fixity, image_rows, integrity, own_prompts,
    packs, preferences, regions, relinking, saved_searches, scan_places, scans, search, statements, term_lists,
    work_lists, works,
};

/// Marks the file as a library of Vitrine ("Vtrn") in SQLite's header.
const APPLICATION_ID: i64 = 0x5674_726e;

/// Each step as what its tables ask for, in the order that references need. A step that was released is never changed.
const STEPS: &[&[&str]] = &[
    &[
        works::MIGRATION_1,
        scans::MIGRATION_1,
        packs::MIGRATION_1,
        actions::MIGRATION_1,
        statements::MIGRATION_1,
        decisions::MIGRATION_1,
        conversations::MIGRATION_1,
        image_rows::MIGRATION_1,
        cards::MIGRATION_1,
        cards::WORDS_1,
    ],
    &[search::RECORD_WORDS_2, search::MIGRATION_2, exports::MIGRATION_2],
    &[scans::MIGRATION_3, saved_searches::MIGRATION_3],
    &[conversations::MIGRATION_4, conversations::WORDS_4, own_prompts::MIGRATION_4, preferences::MIGRATION_4],
    &[statements::MIGRATION_5, regions::MIGRATION_5],
    &[concepts::MIGRATION_6, term_lists::MIGRATION_6],
    &[scan_places::MIGRATION_7],
    &[work_lists::MIGRATION_8],
    &[fixity::MIGRATION_9, relinking::MIGRATION_9],
];

/// Refuses files of other programs and of newer versions before anything is written to them.
pub(crate) fn check(connection: &Connection, file: &Path) -> Result<()> {
    let layout = layout(connection)?;
    let known = STEPS.len() as i64;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (tables > 0 || application != 0 || layout != 0) {
        return Err(CatalogueError::Foreign(file.to_path_buf()));
    }
    if layout > known {
        return Err(CatalogueError::Newer { file: file.to_path_buf(), found: layout, known });
    }
    Ok(())
}

/// Whether the database has the newest layout.
pub(crate) fn is_newest(connection: &Connection) -> Result<bool> {
    Ok(layout(connection)? == STEPS.len() as i64)
}

/// Brings the database to the newest layout; a library that has one already is backed up first. Two programs may start at once: the
/// second finds the work done.
pub(crate) fn run(connection: &mut Connection, file: &Path) -> Result<()> {
    let found = layout(connection)?;
    if found == STEPS.len() as i64 {
        return Ok(());
    }
    if found > 0 {
        back_up_before(file, found)?;
    }
    // A table that is written anew is missing for a moment, with rows that refer to it; nothing can be turned off within a transaction.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check(&transaction, file)?;
    let done = usize::try_from(layout(&transaction)?)
        .map_err(|_| CatalogueError::Damaged("a layout with a negative number".into()))?;
    for step in STEPS.iter().skip(done) {
        for sql in *step {
            transaction.execute_batch(sql)?;
        }
    }
    if done > 0 {
        integrity::rebuild(&transaction)?;
        if transaction.prepare("PRAGMA foreign_key_check")?.exists([])? {
            return Err(CatalogueError::Damaged("a row that points to one that is missing".into()));
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", STEPS.len() as i64)?;
    transaction.commit()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// The library as it is before its layout changes, in `backups/layout 1.sqlite`; the first such copy is kept.
fn back_up_before(file: &Path, layout: i64) -> Result<()> {
    let copy = file.with_file_name(backups::BACKUPS_FOLDER).join(format!("layout {layout}.sqlite"));
    match copy.is_file() {
        true => Ok(()),
        false => backups::copy_to(file, &copy),
    }
}

fn layout(connection: &Connection) -> Result<i64> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
