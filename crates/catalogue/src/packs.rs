//! The model packs whose words the library has heard.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::library::{Library, time_text, time_value};

/// Migration 1: the table.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE packs (
    id             TEXT NOT NULL,
    version        TEXT NOT NULL,
    weights_sha256 TEXT NOT NULL,
    first_seen     TEXT NOT NULL,
    PRIMARY KEY (id, version, weights_sha256)
) STRICT, WITHOUT ROWID;
";

/// A model pack, named so that its word can be traced to the very weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pack {
    /// Its id, e.g. `compact`.
    pub id: String,
    /// Its version, e.g. `1`.
    pub version: String,
    /// SHA-256 of its weights, in hexadecimal.
    pub weights_sha256: String,
}

/// A pack and when the library first heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPack {
    /// The pack.
    pub pack: Pack,
    /// When it first said something here.
    pub first_seen: Timestamp,
}

impl Library {
    /// The packs that ever suggested or embedded something here, in order of id and version.
    pub fn packs(&self) -> Result<Vec<SeenPack>> {
        self.read(|connection| {
            let mut query = connection
                .prepare_cached("SELECT id, version, weights_sha256, first_seen FROM packs ORDER BY id, version")?;
            let mut rows = query.query([])?;
            let mut packs = Vec::new();
            while let Some(row) = rows.next()? {
                packs.push(SeenPack {
                    pack: Pack { id: row.get(0)?, version: row.get(1)?, weights_sha256: row.get(2)? },
                    first_seen: time_value(&row.get::<_, String>(3)?)?,
                });
            }
            Ok(packs)
        })
    }
}

pub(crate) fn remember(connection: &Connection, pack: &Pack, at: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO packs (id, version, weights_sha256, first_seen) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![pack.id, pack.version, pack.weights_sha256, time_text(at)])?;
    Ok(())
}
