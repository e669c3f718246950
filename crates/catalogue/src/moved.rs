//! A library's folder that is moved, copied or renamed takes the scans along that lie in it: their paths follow.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::Result;

/// The preference that keeps where the library was when it was last opened, as JSON text.
const FOLDER: &str = "folder";

/// Notes where the library is; where that is another folder than last time, the paths of scans in the old one become paths in this one.
/// Paths that are no text stay as they are.
pub(crate) fn follow(connection: &mut Connection, folder: &Path) -> Result<()> {
    let here = std::path::absolute(folder).ok().and_then(|folder| folder.to_str().map(str::to_owned));
    let Some(here) = here else { return Ok(()) };
    let before: Option<String> = connection
        .query_row("SELECT value ->> '$' FROM preferences WHERE name = ?1", [FOLDER], |row| row.get(0))
        .optional()?;
    if before.as_deref() == Some(&here) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(before) = before {
        let inside = format!("{before}{}", std::path::MAIN_SEPARATOR);
        transaction.execute(
            "UPDATE scans SET path = ?2 || substr(path, length(?1) + 1)
             WHERE typeof(path) = 'text' AND substr(path, 1, length(?3)) = ?3",
            params![before, here, inside],
        )?;
    }
    transaction.execute(
        "INSERT OR REPLACE INTO preferences (name, value) VALUES (?1, json_quote(?2))",
        params![FOLDER, here],
    )?;
    transaction.commit()?;
    Ok(())
}
