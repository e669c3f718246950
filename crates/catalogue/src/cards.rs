//! Works as the grid lists them: title, artist, badge and how many statements wait.
//!
//! A card is derived from a work's scans and statements and written in the same transaction as they are, so that listing,
//! filtering and counting stay quick in a large library.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{ScanId, State, Statement, WorkId, scans, search, statements};

/// Migration 1: the cards.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE cards (
    work      INTEGER PRIMARY KEY REFERENCES works(id),
    title     TEXT NOT NULL,
    title_key TEXT NOT NULL,
    artist    TEXT,
    file_name TEXT NOT NULL,
    scan      INTEGER NOT NULL REFERENCES scans(id),
    aspect    REAL NOT NULL,
    waiting   INTEGER NOT NULL,
    badge     TEXT NOT NULL CHECK (badge IN ('new', 'suggested', 'in-review', 'complete')),
    doubt     REAL NOT NULL
) STRICT;
CREATE INDEX cards_by_title ON cards (title_key, work);
CREATE INDEX cards_by_doubt ON cards (doubt, work);
CREATE INDEX cards_by_badge ON cards (badge, work);
";

/// Migration 1: their words by trigrams, so that any part of a word is found in any script.
pub(crate) const WORDS_1: &str = "
CREATE VIRTUAL TABLE card_words USING fts5 (words, tokenize = 'trigram remove_diacritics 1');
";

/// How far a work's record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Badge {
    /// Imported; no pack, file or passage has suggested anything yet.
    New,
    /// Suggestions wait, none decided.
    Suggested,
    /// Some decided, some waiting.
    InReview,
    /// Nothing waits.
    Complete,
}

impl Badge {
    /// Its name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Badge::New => "new",
            Badge::Suggested => "suggested",
            Badge::InReview => "in-review",
            Badge::Complete => "complete",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Badge::New, Badge::Suggested, Badge::InReview, Badge::Complete]
            .into_iter()
            .find(|badge| badge.as_str() == text)
            .ok_or_else(|| CatalogueError::Damaged(format!("a badge “{text}”")))
    }
}

/// How many works carry each badge, and how much waits in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BadgeCounts {
    /// Imported, no suggestion yet.
    pub new: u64,
    /// Suggestions wait, none decided.
    pub suggested: u64,
    /// Some decided, some waiting.
    pub in_review: u64,
    /// Nothing waits.
    pub complete: u64,
    /// Statements waiting for a person, in all works.
    pub waiting: u64,
}

impl BadgeCounts {
    /// All works.
    pub fn works(&self) -> u64 {
        self.new + self.suggested + self.in_review + self.complete
    }
}

/// The order of works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkSort {
    /// Newest import first.
    #[default]
    Added,
    /// By title or file name, numbers in them by their size.
    Title,
    /// The work with the most doubtful waiting statement first; then those where only abstentions wait; then the rest.
    Doubt,
}

/// Which works, in which order.
#[derive(Debug, Clone, Default)]
pub struct WorkQuery {
    /// Words (or parts of words) that file name, title or the values of current statements must contain, all of them, in
    /// upper or lower case; empty for all works.
    pub text: String,
    /// Only works with this badge.
    pub badge: Option<Badge>,
    /// The order.
    pub sort: WorkSort,
    /// Skip that many.
    pub offset: u64,
    /// At most that many; none for all.
    pub limit: Option<u64>,
}

/// Some works of many.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkPage {
    /// How many fit the query in all.
    pub total: u64,
    /// This page.
    pub works: Vec<WorkCard>,
}

/// A work as the grid shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkCard {
    /// The work.
    pub id: WorkId,
    /// Its accepted title, or its file's name.
    pub title: String,
    /// The accepted artist with qualifier, if any; several stand side by side with ` / ` between them.
    pub artist: Option<String>,
    /// The name of its first scan's file.
    pub file_name: String,
    /// Its first scan.
    pub scan: ScanId,
    /// Width over height of the first scan, upright.
    pub aspect: f32,
    /// How far its record has come.
    pub badge: Badge,
    /// Statements waiting for a person, abstentions included.
    pub waiting: u64,
}

impl Library {
    /// The works that fit a query, a page of them.
    pub fn works(&self, query: &WorkQuery) -> Result<WorkPage> {
        let order = match query.sort {
            WorkSort::Added => "work DESC",
            WorkSort::Title => "title_key, work",
            WorkSort::Doubt => "doubt, work",
        };
        self.read(|connection| {
            let mut condition = String::from("1");
            let mut parameters = Vec::new();
            if let Some(badge) = query.badge {
                condition.push_str(" AND badge = ?");
                parameters.push(Value::Text(badge.as_str().into()));
            }
            if let Some(works) = with_words(connection, &query.text)? {
                condition.push_str(" AND work IN (SELECT value FROM json_each(?))");
                parameters.push(Value::Text(works));
            }
            let total: i64 = connection
                .prepare_cached(&format!("SELECT count(*) FROM cards WHERE {condition}"))?
                .query_row(params_from_iter(&parameters), |row| row.get(0))?;
            // SQLite takes a negative limit for none.
            let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
            parameters.push(Value::Integer(limit));
            parameters.push(Value::Integer(i64::try_from(query.offset).unwrap_or(i64::MAX)));
            let mut select = connection
                .prepare_cached(&format!("SELECT * FROM cards WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"))?;
            let mut rows = select.query(params_from_iter(&parameters))?;
            let mut works = Vec::new();
            while let Some(row) = rows.next()? {
                works.push(from_row(row)?);
            }
            Ok(WorkPage { total: total.unsigned_abs(), works })
        })
    }

    /// All works, in the order of their import.
    pub fn work_ids(&self) -> Result<Vec<WorkId>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT work FROM cards ORDER BY work")?;
            let ids = query.query_map([], |row| row.get(0).map(WorkId))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A work as the grid shows it.
    pub fn work_card(&self, work: WorkId) -> Result<WorkCard> {
        self.read(|connection| get(connection, work))
    }

    /// How many works carry each badge, and how many statements wait in them.
    pub fn badges(&self) -> Result<BadgeCounts> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT badge, count(*), sum(waiting) FROM cards GROUP BY badge")?;
            let mut rows = query.query([])?;
            let mut counts = BadgeCounts::default();
            while let Some(row) = rows.next()? {
                let works = row.get::<_, i64>(1)?.unsigned_abs();
                match Badge::parse(&row.get::<_, String>(0)?)? {
                    Badge::New => counts.new = works,
                    Badge::Suggested => counts.suggested = works,
                    Badge::InReview => counts.in_review = works,
                    Badge::Complete => counts.complete = works,
                }
                counts.waiting += row.get::<_, i64>(2)?.unsigned_abs();
            }
            Ok(counts)
        })
    }
}

pub(crate) fn get(connection: &Connection, work: WorkId) -> Result<WorkCard> {
    let mut query = connection.prepare_cached("SELECT * FROM cards WHERE work = ?1")?;
    let mut rows = query.query([work.0])?;
    rows.next()?.map(from_row).transpose()?.ok_or(CatalogueError::NoSuchWork(work))
}

/// The works that contain all words of a text, as a JSON list; none if the text has no words. Looked up once a query, since
/// both the total and the page need them.
fn with_words(connection: &Connection, text: &str) -> Result<Option<String>> {
    // Trigrams know nothing shorter than three characters; for a shorter word the texts themselves are looked through.
    let (long, short): (Vec<String>, Vec<String>) =
        text.split_whitespace().map(str::to_lowercase).partition(|word| word.chars().count() >= 3);
    let mut conditions = Vec::new();
    let mut parameters = Vec::new();
    if !long.is_empty() {
        let quoted: Vec<String> = long.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        conditions.push("words MATCH ?");
        parameters.push(quoted.join(" AND "));
    }
    for word in short {
        conditions.push("instr(words, ?) > 0");
        parameters.push(word);
    }
    if conditions.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT json_group_array(rowid) FROM card_words WHERE {}", conditions.join(" AND "));
    let works = connection.prepare_cached(&sql)?.query_row(params_from_iter(&parameters), |row| row.get(0))?;
    Ok(Some(works))
}

fn from_row(row: &Row<'_>) -> Result<WorkCard> {
    Ok(WorkCard {
        id: WorkId(row.get("work")?),
        title: row.get("title")?,
        artist: row.get("artist")?,
        file_name: row.get("file_name")?,
        scan: ScanId(row.get("scan")?),
        aspect: row.get("aspect")?,
        badge: Badge::parse(&row.get::<_, String>("badge")?)?,
        waiting: row.get::<_, i64>("waiting")?.unsigned_abs(),
    })
}

/// Writes a work's card, and what searches know of it, anew from its scans and statements; whatever changes those calls this in its transaction.
pub(crate) fn refresh(connection: &Connection, work: WorkId) -> Result<()> {
    let scans = scans::of_work(connection, work)?;
    let Some(scan) = scans.first() else { return forget(connection, work) };
    let statements = statements::current_of_work(connection, work)?;
    let file_name = scan.file_name();
    let affirmed = |property: &'static str| {
        statements
            .iter()
            .filter(move |s| s.property == property && s.state.is_affirmed())
            .filter_map(Statement::wording)
    };
    let title = affirmed("title").next().unwrap_or_else(|| file_name.clone());
    let artists: Vec<String> = affirmed("artist").collect();
    let waiting = statements.iter().filter(|s| s.state == State::Suggested).count();
    let badge = badge(&statements, waiting);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO cards
                 (work, title, title_key, artist, file_name, scan, aspect, waiting, badge, doubt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            work.0,
            title,
            title_key(&title),
            (!artists.is_empty()).then(|| artists.join(" / ")),
            file_name,
            scan.id.0,
            f64::from(scan.width) / f64::from(scan.height),
            waiting as i64,
            badge.as_str(),
            doubt(&statements)
        ])?;

    search::refresh(connection, work, &file_name, badge, &statements)?;

    let mut words = file_name;
    for statement in statements.iter().filter(|s| s.state != State::Rejected) {
        if let Some(wording) = statement.wording() {
            words.push('\n');
            words.push_str(&wording);
        }
    }
    let words = words.to_lowercase();
    let known: Option<String> = connection
        .prepare_cached("SELECT words FROM card_words WHERE rowid = ?1")?
        .query_row([work.0], |row| row.get(0))
        .optional()?;
    if known.as_deref() != Some(&words) {
        connection.prepare_cached("DELETE FROM card_words WHERE rowid = ?1")?.execute([work.0])?;
        connection
            .prepare_cached("INSERT INTO card_words (rowid, words) VALUES (?1, ?2)")?
            .execute(params![work.0, words])?;
    }
    Ok(())
}

/// Takes a work whose scans have all moved away out of what is listed and found.
fn forget(connection: &Connection, work: WorkId) -> Result<()> {
    connection.prepare_cached("DELETE FROM cards WHERE work = ?1")?.execute([work.0])?;
    connection.prepare_cached("DELETE FROM card_words WHERE rowid = ?1")?.execute([work.0])?;
    search::forget(connection, work)
}

fn badge(statements: &[Statement], waiting: usize) -> Badge {
    if !statements.iter().any(|s| s.proposed_by.is_some() || s.source.kind() != "person" || s.derived_from.is_some()) {
        Badge::New
    } else if waiting == 0 {
        Badge::Complete
    } else if waiting == statements.len() {
        Badge::Suggested
    } else {
        Badge::InReview
    }
}

/// What [`WorkSort::Doubt`] sorts by: the lowest confidence that waits (1 for a source that gives none), 2 if only abstentions
/// wait, 3 if nothing does.
fn doubt(statements: &[Statement]) -> f64 {
    let doubts = statements.iter().filter(|s| s.state == State::Suggested).map(|s| match &s.value {
        Some(_) => f64::from(s.confidence.unwrap_or(1.0)),
        None => 2.0,
    });
    doubts.fold(3.0, f64::min)
}

/// A title for sorting: lower case, and every number with leading zeros, so that `Sheet 9` comes before `Sheet 10`.
fn title_key(title: &str) -> String {
    let mut key = String::with_capacity(title.len() + 8);
    let mut digits = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
        key.push(c);
    }
    if !digits.is_empty() {
        key.push_str(&format!("{digits:0>12}"));
    }
    key
}
