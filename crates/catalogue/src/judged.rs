//! What became of packs' suggestions: what people found right and wrong.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::decisions::TOGETHER;
use crate::error::Result;
use crate::library::{Library, time_value};
use crate::{Pack, State};

/// A pack's suggestion that a person has decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The pack.
    pub pack: Pack,
    /// The property's key.
    pub property: String,
    /// How sure the pack was; calibrated, 0 to 1.
    pub confidence: Option<f32>,
    /// Whether the person stood by the value. One that was changed was wrong; one of which only the qualifier was changed was right.
    pub right: bool,
    /// Whether it was decided on in one act with others, so that nobody looked at this one for its own sake.
    pub together: bool,
    /// When.
    pub at: Timestamp,
}

/// What a person put in a statement's place.
struct Heir {
    id: i64,
    value: Option<String>,
    state: State,
    together: bool,
    at: Timestamp,
}

impl Library {
    /// What people decided on packs' suggestions, in the order in which they were made. Suggestions that wait, that were withdrawn, or that
    /// name no value are not among them.
    pub fn judged_suggestions(&self) -> Result<Vec<Judged>> {
        self.read(|connection| {
            let heirs = heirs(connection)?;
            let mut query = connection.prepare_cached(
                "SELECT s.id, s.property, s.value, s.pack_id, s.pack_version, s.pack_sha256, s.confidence, d.state, d.note, d.at
                 FROM statements s JOIN decisions d
                 ON d.id = (SELECT ifnull(restores, id) FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1)
                 WHERE s.source_kind = 'pack' AND s.value IS NOT NULL AND d.state <> 'suggested' ORDER BY s.id",
            )?;
            let mut rows = query.query([])?;
            let mut judged = Vec::new();
            while let Some(row) = rows.next()? {
                let value: Option<String> = row.get(2)?;
                let together = row.get::<_, Option<String>>(8)?.as_deref() == Some(TOGETHER);
                let (right, together, at) = match State::parse(&row.get::<_, String>(7)?)? {
                    State::Suggested => continue,
                    State::Superseded => match spoken(&heirs, row.get(0)?) {
                        Some(heir) => (heir.value == value && heir.state != State::Rejected, heir.together, heir.at),
                        None => continue,
                    },
                    state => (state.is_affirmed(), together, time_value(&row.get::<_, String>(9)?)?),
                };
                judged.push(Judged {
                    pack: Pack { id: row.get(3)?, version: row.get(4)?, weights_sha256: row.get(5)? },
                    property: row.get(1)?,
                    confidence: row.get(6)?,
                    right,
                    together,
                    at,
                });
            }
            Ok(judged)
        })
    }
}

/// What was put in statements' places, by the statement's number.
fn heirs(connection: &Connection) -> Result<HashMap<i64, Vec<Heir>>> {
    let mut query = connection.prepare_cached(
        "SELECT s.derived_from, s.id, s.value, s.created_at,
             (SELECT state FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1),
             (SELECT note FROM decisions WHERE statement = s.id ORDER BY id LIMIT 1)
         FROM statements s WHERE s.derived_from IS NOT NULL",
    )?;
    let mut rows = query.query([])?;
    let mut heirs: HashMap<i64, Vec<Heir>> = HashMap::new();
    while let Some(row) = rows.next()? {
        heirs.entry(row.get(0)?).or_default().push(Heir {
            id: row.get(1)?,
            value: row.get(2)?,
            state: State::parse(&row.get::<_, String>(4)?)?,
            together: row.get::<_, Option<String>>(5)?.as_deref() == Some(TOGETHER),
            at: time_value(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(heirs)
}

/// What stands in a statement's place, or stood there until something else took its place in turn. One that was only taken back by undo says
/// nothing.
fn spoken(heirs: &HashMap<i64, Vec<Heir>>, statement: i64) -> Option<&Heir> {
    heirs.get(&statement)?.iter().rev().find(|heir| heir.state != State::Superseded || spoken(heirs, heir.id).is_some())
}
