//! What was asked about a work and what was answered, kept as it was shown.
//!
//! Exchanges on a work make a tree: each follows an earlier one or begins anew, and a question that was worded anew or answered again stands beside the first.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{WorkId, works};

/// Migration 1: the table.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE conversations (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    work     INTEGER NOT NULL REFERENCES works(id),
    question TEXT,
    answer   TEXT NOT NULL,
    pack     TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX conversations_of_work ON conversations (work, id);
";

/// Migration 4: which exchange another follows, the prompt, and what was said as plain words. What was kept before follows what stood before it.
pub(crate) const MIGRATION_4: &str = "
ALTER TABLE conversations ADD COLUMN follows INTEGER REFERENCES conversations(id);
ALTER TABLE conversations ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN said TEXT NOT NULL DEFAULT '';
UPDATE conversations SET
    follows = (SELECT max(earlier.id) FROM conversations AS earlier WHERE earlier.work = conversations.work AND earlier.id < conversations.id),
    said = coalesce((SELECT group_concat(value ->> '$.text', ' ') FROM json_each(answer, '$.sentences')), '');
CREATE INDEX conversations_following ON conversations (follows);
";

/// Migration 4: the index of words, which can be written anew from the table at any time.
pub(crate) const WORDS_4: &str = "
CREATE VIRTUAL TABLE conversation_words USING fts5 (
    question, said, content = 'conversations', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO conversation_words (conversation_words) VALUES ('rebuild');
CREATE TRIGGER IF NOT EXISTS conversation_kept AFTER INSERT ON conversations BEGIN
    INSERT INTO conversation_words (rowid, question, said) VALUES (new.id, new.question, new.said);
END;
CREATE TRIGGER IF NOT EXISTS conversation_forgotten AFTER DELETE ON conversations BEGIN
    INSERT INTO conversation_words (conversation_words, rowid, question, said) VALUES ('delete', old.id, old.question, old.said);
END;
";

const COLUMNS: &str = "id, work, follows, question, answer, said, prompt, pack, at";

/// The number of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeId(pub i64);

impl std::fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A question about a work, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its number; never given twice.
    pub id: ExchangeId,
    /// The work spoken of.
    pub work: WorkId,
    /// The exchange that it follows; none at the beginning of a conversation.
    pub follows: Option<ExchangeId>,
    /// The question; none for what was written without one.
    pub question: Option<String>,
    /// The answer as JSON text, in the form of whoever made it.
    pub answer: String,
    /// The answer as plain words.
    pub said: String,
    /// The prompt that was followed, with the version of its words.
    pub prompt: String,
    /// The pack that spoke, e.g. `compact 1`.
    pub pack: String,
    /// When.
    pub at: Timestamp,
}

/// An exchange that is to be kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewExchange<'a> {
    /// The exchange that it follows.
    pub follows: Option<ExchangeId>,
    /// The question; none for what was written without one.
    pub question: Option<&'a str>,
    /// The answer as JSON text.
    pub answer: &'a str,
    /// The answer as plain words.
    pub said: &'a str,
    /// The prompt that was followed.
    pub prompt: &'a str,
    /// The pack that spoke.
    pub pack: &'a str,
}

impl Library {
    /// Keeps an exchange about a work.
    pub fn keep_answer(&self, work: WorkId, new: &NewExchange<'_>, at: Timestamp) -> Result<ExchangeId> {
        let NewExchange { follows, question, answer, said, prompt, pack } = *new;
        serde_json::from_str::<serde::de::IgnoredAny>(answer).map_err(CatalogueError::BadAnswer)?;
        self.write(|connection| {
            works::must_exist(connection, work)?;
            if let Some(follows) = follows
                && exchange(connection, follows)?.work != work
            {
                return Err(CatalogueError::NoSuchExchange(follows));
            }
            connection
                .prepare_cached(
                    "INSERT INTO conversations (work, follows, question, answer, said, prompt, pack, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![work.0, follows.map(|f| f.0), question, answer, said, prompt, pack, time_text(at)])?;
            Ok(ExchangeId(connection.last_insert_rowid()))
        })
    }

    /// All that was asked about a work, oldest first, whatever follows what.
    pub fn conversation(&self, work: WorkId) -> Result<Vec<Exchange>> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM conversations WHERE work = ?1 ORDER BY id");
            exchanges(connection, &sql, params![work.0])
        })
    }

    /// One exchange.
    pub fn exchange(&self, id: ExchangeId) -> Result<Exchange> {
        self.read(|connection| exchange(connection, id))
    }

    /// Exchanges about any work in which all words of `text` occur, the last one also as the beginning of a word; newest first, `most` at most. All where it
    /// has no word.
    pub fn search_conversations(&self, text: &str, most: usize) -> Result<Vec<Exchange>> {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("\"{word}\""))
            .collect();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.read(|connection| {
            if words.is_empty() {
                let sql = format!("SELECT {COLUMNS} FROM conversations ORDER BY id DESC LIMIT ?1");
                return exchanges(connection, &sql, params![most]);
            }
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations
                 WHERE id IN (SELECT rowid FROM conversation_words WHERE conversation_words MATCH ?1) ORDER BY id DESC LIMIT ?2"
            );
            exchanges(connection, &sql, params![format!("{} *", words.join(" ")), most])
        })
    }

    /// Deletes an exchange for good. What followed it follows what it followed.
    pub fn delete_exchange(&self, id: ExchangeId) -> Result<()> {
        self.write(|connection| {
            let follows = exchange(connection, id)?.follows.map(|follows| follows.0);
            connection
                .prepare_cached("UPDATE conversations SET follows = ?1 WHERE follows = ?2")?
                .execute(params![follows, id.0])?;
            connection.prepare_cached("DELETE FROM conversations WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        })
    }

    /// Deletes all that was asked about a work for good, and says how many exchanges that were.
    pub fn delete_conversation(&self, work: WorkId) -> Result<usize> {
        self.write(|connection| {
            works::must_exist(connection, work)?;
            connection.prepare_cached("UPDATE conversations SET follows = NULL WHERE work = ?1")?.execute([work.0])?;
            Ok(connection.prepare_cached("DELETE FROM conversations WHERE work = ?1")?.execute([work.0])?)
        })
    }
}

fn exchange(connection: &Connection, id: ExchangeId) -> Result<Exchange> {
    let sql = format!("SELECT {COLUMNS} FROM conversations WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id.0], |row| Ok(read(row))).optional()?;
    found.unwrap_or(Err(CatalogueError::NoSuchExchange(id)))
}

fn exchanges(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Exchange>> {
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Exchange> {
    Ok(Exchange {
        id: ExchangeId(row.get(0)?),
        work: WorkId(row.get(1)?),
        follows: row.get::<_, Option<i64>>(2)?.map(ExchangeId),
        question: row.get(3)?,
        answer: row.get(4)?,
        said: row.get(5)?,
        prompt: row.get(6)?,
        pack: row.get(7)?,
        at: time_value(&row.get::<_, String>(8)?)?,
    })
}
