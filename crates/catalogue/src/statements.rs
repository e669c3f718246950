//! Statements: who or what says what about a work. Rows are only ever appended.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{Concept, LogEntry, Pack, State, WorkId, decisions, works};

/// Migration 1: the table, and triggers that keep it append-only. The pack's columns name the pack that first proposed the
/// value, also where a person's statement took it over.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE statements (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    work           INTEGER NOT NULL REFERENCES works(id),
    property       TEXT NOT NULL,
    value          TEXT,
    qualifier      TEXT,
    source_kind    TEXT NOT NULL CHECK (source_kind IN ('person', 'pack', 'file', 'import', 'passage')),
    source_name    TEXT NOT NULL,
    source_place   TEXT,
    pack_id        TEXT,
    pack_version   TEXT,
    pack_sha256    TEXT,
    confidence     REAL CHECK (confidence BETWEEN 0 AND 1),
    raw_confidence REAL CHECK (raw_confidence BETWEEN 0 AND 1),
    alternatives   TEXT NOT NULL CHECK (json_valid(alternatives)),
    evidence       TEXT NOT NULL CHECK (json_valid(evidence)),
    reason         TEXT,
    derived_from   INTEGER REFERENCES statements(id),
    created_at     TEXT NOT NULL,
    CHECK (source_kind <> 'pack' OR pack_id IS NOT NULL),
    FOREIGN KEY (pack_id, pack_version, pack_sha256) REFERENCES packs(id, version, weights_sha256)
) STRICT;
CREATE INDEX statements_of_work ON statements (work, property);
CREATE TRIGGER statements_stay BEFORE UPDATE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER statements_remain BEFORE DELETE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are never deleted'); END;
";

/// Migration 5: a region asks what took a statement's place.
pub(crate) const MIGRATION_5: &str = "
CREATE INDEX statements_derived ON statements (derived_from) WHERE derived_from IS NOT NULL;
";

/// The number of a statement; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatementId(pub i64);

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who or what says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A person, by name.
    Person(String),
    /// A model.
    Pack(Pack),
    /// What a scan's own file says of itself, e.g. its embedded metadata.
    File {
        /// Which metadata, e.g. `IPTC`.
        name: String,
        /// The file.
        file: String,
    },
    /// A table or a record that was read in.
    Import {
        /// The file.
        file: String,
    },
    /// A passage of the knowledge base.
    Passage {
        /// The fragment's id.
        fragment: String,
        /// Its title.
        title: String,
    },
}

impl Source {
    /// `person`, `pack`, `file`, `import` or `passage`.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Person(_) => "person",
            Source::Pack(_) => "pack",
            Source::File { .. } => "file",
            Source::Import { .. } => "import",
            Source::Passage { .. } => "passage",
        }
    }

    /// Its name as it is shown, e.g. `compact 1`, or the person's.
    pub fn name(&self) -> String {
        match self {
            Source::Person(name) => name.clone(),
            Source::Pack(pack) => format!("{} {}", pack.id, pack.version),
            Source::File { name, .. } => name.clone(),
            Source::Import { file } => file.clone(),
            Source::Passage { title, .. } => title.clone(),
        }
    }

    /// The file or the fragment that it points to.
    fn place(&self) -> Option<&str> {
        match self {
            Source::File { file, .. } => Some(file),
            Source::Passage { fragment, .. } => Some(fragment),
            Source::Person(_) | Source::Pack(_) | Source::Import { .. } => None,
        }
    }

    /// Whether a newer word of `self` replaces an older, undecided one of `other`: the same pack in any version, or the very
    /// same other source.
    pub(crate) fn speaks_again_for(&self, other: &Source) -> bool {
        match (self, other) {
            (Source::Pack(one), Source::Pack(two)) => one.id == two.id,
            (one, two) => one == two,
        }
    }
}

/// Another value that was in question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The value.
    pub value: String,
    /// Its calibrated confidence, 0 to 1.
    pub confidence: f32,
}

/// What a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A similar work of the library.
    Work {
        /// The work.
        id: WorkId,
    },
    /// A passage of the knowledge base.
    Passage {
        /// The fragment's id.
        id: String,
        /// Its title.
        title: String,
        /// What of it matters.
        snippet: String,
    },
}

/// What is said about a work, before the library has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewStatement {
    /// The property's key, e.g. `artist`: small letters, digits, `-` and `_`.
    pub property: String,
    /// What is asserted; none where the source abstains.
    pub value: Option<String>,
    /// `style of`, `attributed to`, `workshop of` ...
    pub qualifier: Option<String>,
    /// What the value names, where it was taken from a list.
    pub concept: Option<Concept>,
    /// Calibrated confidence, 0 to 1.
    pub confidence: Option<f32>,
    /// Confidence before calibration, 0 to 1.
    pub raw_confidence: Option<f32>,
    /// Other values that were in question, best first.
    pub alternatives: Vec<Alternative>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// One line why, e.g. why the source abstains.
    pub reason: Option<String>,
}

/// One assertion about a work, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its number.
    pub id: StatementId,
    /// The work it speaks of.
    pub work: WorkId,
    /// The property's key, e.g. `artist`.
    pub property: String,
    /// What is asserted; none where the source abstains.
    pub value: Option<String>,
    /// `style of`, `attributed to`, `workshop of` ...
    pub qualifier: Option<String>,
    /// What the value names, where it was taken from a list.
    pub concept: Option<Concept>,
    /// Who or what says so.
    pub source: Source,
    /// The pack that proposed this value, also where a person took it over (as an alternative, or with another qualifier).
    pub proposed_by: Option<Pack>,
    /// The statement that it was edited from or whose alternative it was.
    pub derived_from: Option<StatementId>,
    /// Calibrated confidence, 0 to 1.
    pub confidence: Option<f32>,
    /// Confidence before calibration, 0 to 1.
    pub raw_confidence: Option<f32>,
    /// Other values that were in question, best first.
    pub alternatives: Vec<Alternative>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// One line why.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Who decided last; none while it waits.
    pub decided_by: Option<String>,
    /// The remark to the last decision.
    pub note: Option<String>,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

impl Statement {
    /// Whether its last decision was taken on many works in one act, so that nobody looked at this one for its own sake.
    pub fn is_decided_together(&self) -> bool {
        self.note.as_deref() == Some(decisions::TOGETHER)
    }

    /// Its value with the qualifier in front, e.g. `style of Pierre-Auguste Renoir`; none for an abstention.
    pub fn wording(&self) -> Option<String> {
        let value = self.value.as_ref()?;
        Some(match &self.qualifier {
            Some(qualifier) => format!("{qualifier} {value}"),
            None => value.clone(),
        })
    }
}

impl Library {
    /// The statements of a work that stand or wait: waiting ones first, the most doubtful of them first and abstentions last;
    /// then the decided ones in the order they were made. Those that a newer one replaced are left out.
    pub fn statements(&self, work: WorkId) -> Result<Vec<Statement>> {
        self.read(|connection| {
            works::must_exist(connection, work)?;
            let mut statements = current_of_work(connection, work)?;
            statements.sort_by(|one, two| order(one).partial_cmp(&order(two)).unwrap_or(std::cmp::Ordering::Equal));
            Ok(statements)
        })
    }

    /// A statement by its number, in whatever state.
    pub fn statement(&self, id: StatementId) -> Result<Statement> {
        self.read(|connection| get(connection, id))
    }

    /// All that ever happened to the statements of a work, oldest first.
    pub fn history(&self, work: WorkId) -> Result<Vec<LogEntry>> {
        self.read(|connection| {
            works::must_exist(connection, work)?;
            decisions::of_work(connection, work)
        })
    }
}

/// Decided or not, abstention or not, confidence (a source without one is taken to be sure), number.
fn order(statement: &Statement) -> (bool, bool, f32, StatementId) {
    let waits = statement.state == State::Suggested;
    let doubt = if waits { statement.confidence.unwrap_or(1.0) } else { 0.0 };
    (!waits, waits && statement.value.is_none(), doubt, statement.id)
}

/// Statements with the last row of their log, or the row that it restores; the condition on `s` and `d` is added to it.
const SELECT: &str = "
SELECT s.*, d.state, d.person, d.at, d.note
FROM statements s JOIN decisions d
  ON d.id = (SELECT ifnull(restores, id) FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1)
WHERE ";

pub(crate) fn get(connection: &Connection, id: StatementId) -> Result<Statement> {
    let mut query = connection.prepare_cached(&format!("{SELECT} s.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    match rows.next()? {
        Some(row) => from_row(row),
        None => Err(CatalogueError::NoSuchStatement(id)),
    }
}

/// The statements of a work that are not superseded, in the order they were made.
pub(crate) fn current_of_work(connection: &Connection, work: WorkId) -> Result<Vec<Statement>> {
    collect(connection, "s.work = ?1 AND d.state <> 'superseded' ORDER BY s.id", params![work.0])
}

/// The statements of a work about one property, in whatever state, in the order they were made.
pub(crate) fn about(connection: &Connection, work: WorkId, property: &str) -> Result<Vec<Statement>> {
    collect(connection, "s.work = ?1 AND s.property = ?2 ORDER BY s.id", params![work.0, property])
}

pub(crate) fn collect(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Statement>> {
    let mut query = connection.prepare_cached(&format!("{SELECT} {condition}"))?;
    let mut rows = query.query(parameters)?;
    let mut statements = Vec::new();
    while let Some(row) = rows.next()? {
        statements.push(from_row(row)?);
    }
    Ok(statements)
}

/// Appends a statement; its first row of the log is up to the caller.
pub(crate) fn insert(
    connection: &Connection,
    work: WorkId,
    new: &NewStatement,
    source: &Source,
    proposed_by: Option<&Pack>,
    derived_from: Option<StatementId>,
    at: Timestamp,
) -> Result<StatementId> {
    connection
        .prepare_cached(
            "INSERT INTO statements (work, property, value, qualifier, source_kind, source_name, source_place, pack_id,
                 pack_version, pack_sha256, confidence, raw_confidence, alternatives, evidence, reason, derived_from,
                 created_at, concept)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            work.0,
            new.property,
            new.value,
            new.qualifier,
            source.kind(),
            source.name(),
            source.place(),
            proposed_by.map(|pack| &pack.id),
            proposed_by.map(|pack| &pack.version),
            proposed_by.map(|pack| &pack.weights_sha256),
            new.confidence,
            new.raw_confidence,
            json(&new.alternatives)?,
            json(&new.evidence)?,
            new.reason,
            derived_from.map(|statement| statement.0),
            time_text(at),
            new.concept.as_ref().map(json).transpose()?
        ])?;
    Ok(StatementId(connection.last_insert_rowid()))
}

/// Brings what was given into the form it is kept in, or says why it can't be: the value without spaces around it, an empty
/// qualifier as none, confidences between 0 and 1.
pub(crate) fn tidy(mut new: NewStatement) -> Result<NewStatement> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if new.property.is_empty() || !new.property.chars().all(allowed) {
        return Err(CatalogueError::BadProperty(new.property));
    }
    if let Some(value) = &new.value {
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Err(CatalogueError::EmptyValue { property: new.property });
        }
        new.value = Some(trimmed.to_owned());
    }
    new.qualifier = new.qualifier.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let confidences = new.confidence.into_iter().chain(new.raw_confidence);
    let bad =
        confidences.chain(new.alternatives.iter().map(|other| other.confidence)).find(|c| !(0.0..=1.0).contains(c));
    match bad {
        Some(value) => Err(CatalogueError::BadConfidence { property: new.property, value }),
        None => Ok(new),
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| CatalogueError::Damaged(error.to_string()))
}

fn from_row(row: &Row<'_>) -> Result<Statement> {
    let id = StatementId(row.get("id")?);
    let damaged = |what: &str| CatalogueError::Damaged(format!("{what} of statement {id}"));
    let proposed_by = match row.get::<_, Option<String>>("pack_id")? {
        Some(pack) => {
            Some(Pack { id: pack, version: row.get("pack_version")?, weights_sha256: row.get("pack_sha256")? })
        }
        None => None,
    };
    let name: String = row.get("source_name")?;
    let place = row.get::<_, Option<String>>("source_place")?;
    let source = match row.get::<_, String>("source_kind")?.as_str() {
        "person" => Source::Person(name),
        "pack" => Source::Pack(proposed_by.clone().ok_or_else(|| damaged("the source"))?),
        "file" => Source::File { name, file: place.ok_or_else(|| damaged("the source"))? },
        "import" => Source::Import { file: name },
        "passage" => Source::Passage { title: name, fragment: place.ok_or_else(|| damaged("the source"))? },
        _ => return Err(damaged("the source")),
    };
    let state = State::parse(&row.get::<_, String>("state")?)?;
    Ok(Statement {
        id,
        work: WorkId(row.get("work")?),
        property: row.get("property")?,
        value: row.get("value")?,
        qualifier: row.get("qualifier")?,
        concept: match row.get::<_, Option<String>>("concept")? {
            Some(text) => Some(serde_json::from_str(&text).map_err(|_| damaged("the concept"))?),
            None => None,
        },
        source,
        proposed_by,
        derived_from: row.get::<_, Option<i64>>("derived_from")?.map(StatementId),
        confidence: row.get("confidence")?,
        raw_confidence: row.get("raw_confidence")?,
        alternatives: serde_json::from_str(row.get_ref("alternatives")?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|_| damaged("the alternatives"))?,
        evidence: serde_json::from_str(row.get_ref("evidence")?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|_| damaged("the evidence"))?,
        reason: row.get("reason")?,
        created_at: time_value(&row.get::<_, String>("created_at")?)?,
        state,
        decided_by: if state == State::Suggested { None } else { row.get("person")? },
        note: row.get("note")?,
        changed_at: time_value(&row.get::<_, String>("at")?)?,
    })
}
