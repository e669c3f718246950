//! The file of a collection: pages, fragments, and how far each source was read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vitrine_sources::{Page, Position};

use super::MadeOf;
use crate::KnowledgeError;
use crate::words::fold;

/// Changes when the file's layout does. A collection of another layout is refused, as it can be read again from its sources.
const LAYOUT: i64 = 1;

/// `fragment.number` names a fragment in the index. Numbers are never given twice, so that an index that lags behind never takes one fragment for another.
const TABLES: &str = "
CREATE TABLE collection (name TEXT NOT NULL) STRICT;
CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    -- Size and time of change of the file, by which a source is known that changed between two readings.
    state TEXT NOT NULL,
    -- Counts the readings from the beginning; pages of an earlier one that did not turn up again are gone from the source.
    reading INTEGER NOT NULL,
    position TEXT,
    finished INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    licence TEXT
) STRICT;
CREATE TABLE page (
    source INTEGER NOT NULL REFERENCES source,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    folded TEXT NOT NULL,
    revision TEXT,
    reading INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX page_folded ON page (folded);
CREATE TABLE fragment (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL,
    page TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    -- The rest of the fragment as JSON.
    whole TEXT NOT NULL
) STRICT;
CREATE INDEX fragment_page ON fragment (source, page);
-- Fragments that the index may still hold.
CREATE TABLE removed (number INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE word USING fts5 (title, text, content = 'fragment', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER fragment_added AFTER INSERT ON fragment BEGIN
    INSERT INTO word (rowid, title, text) VALUES (new.number, new.title, new.text);
END;
CREATE TRIGGER fragment_removed AFTER DELETE ON fragment BEGIN
    INSERT INTO word (word, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);
    INSERT INTO removed (number) VALUES (old.number);
END;
";

/// The same for the index of drawn pages. Collections that were made before there was one get it when they are next opened.
const REMOVED_PAGES: &str = "
CREATE TABLE IF NOT EXISTS removed_page (number INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER IF NOT EXISTS fragment_removed_from_pages AFTER DELETE ON fragment BEGIN
    INSERT INTO removed_page (number) VALUES (old.number);
END;
";

/// How a person wanted each source to be read, as whoever asked wrote it down. Collections that were made before it get it when they are next opened.
const REQUESTS: &str =
    "CREATE TABLE IF NOT EXISTS request (path TEXT PRIMARY KEY, request TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// The main part of the language's tag of a fragment, in small letters; none where its source does not tell it.
macro_rules! language {
    () => {
        "lower(substr(json_extract(whole, '$.provenance.language'), 1,
            instr(replace(json_extract(whole, '$.provenance.language'), '_', '-') || '-', '-') - 1))"
    };
}

/// Counting and choosing by language reads this alone. Collections that were made before it get it when they are next opened.
const LANGUAGES: &str =
    concat!("CREATE INDEX IF NOT EXISTS fragment_language ON fragment (", language!(), ", number);");

/// The words of the table `word`, each with the number of fragments that use it. It is a view on the index of words, and takes no room.
const USED: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.used USING fts5vocab (main, word, row);";

/// What a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSummary {
    /// The file or folder.
    pub path: PathBuf,
    /// Whether it was read to its end.
    pub finished: bool,
    /// Pages that could not be read.
    pub skipped: u64,
    /// The licence of its texts, where it says so.
    pub licence: Option<String>,
}

/// The open file.
pub(super) struct Store {
    connection: Connection,
    path: PathBuf,
}

/// A source that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub source: i64,
    number: i64,
    /// Where to go on; none at the beginning.
    pub position: Option<Position>,
}

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    New,
    Unchanged,
}

impl Store {
    pub(super) fn create(path: &Path, name: &str) -> Result<Self, KnowledgeError> {
        let mut store = Self::connect(path)?;
        // One transaction: a file that was cut off in the making stays empty.
        store.change(|transaction| {
            transaction.execute_batch(TABLES)?;
            transaction.execute_batch(LANGUAGES)?;
            transaction.execute_batch(REMOVED_PAGES)?;
            transaction.execute_batch(REQUESTS)?;
            transaction.execute("INSERT INTO collection (name) VALUES (?)", [name])?;
            transaction.pragma_update(None, "user_version", LAYOUT)
        })?;
        Ok(store)
    }

    /// Whether there is a file at `path` that was made to its end. One that was cut off in the making holds nothing, and can be made again.
    pub(super) fn exists(path: &Path) -> Result<bool, KnowledgeError> {
        if !path.is_file() {
            return Ok(false);
        }
        let store = Self::connect(path)?;
        Ok(store.count("SELECT count(*) FROM sqlite_master")? > 0)
    }

    pub(super) fn open(path: &Path) -> Result<Self, KnowledgeError> {
        if !path.is_file() {
            return Err(KnowledgeError::NoCollection { path: path.to_owned() });
        }
        let store = Self::connect(path)?;
        let layout = store.connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        if layout.map_err(|cause| store.error(cause))? != LAYOUT {
            return Err(KnowledgeError::Layout { path: path.to_owned() });
        }
        for later in [LANGUAGES, REMOVED_PAGES, REQUESTS] {
            store.connection.execute_batch(later).map_err(|cause| store.error(cause))?;
        }
        Ok(store)
    }

    fn connect(path: &Path) -> Result<Self, KnowledgeError> {
        let error = |cause| KnowledgeError::Store { path: path.to_owned(), cause };
        let connection = Connection::open(path).map_err(error)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(error)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(error)?;
        // What a power cut may take are the last pages read, which are read again.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(error)?;
        connection.execute_batch(USED).map_err(error)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    fn error(&self, cause: rusqlite::Error) -> KnowledgeError {
        KnowledgeError::Store { path: self.path.clone(), cause }
    }

    /// What `read` makes of each row that `query` gives.
    fn rows<T>(
        &self,
        query: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, KnowledgeError> {
        let rows = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare_cached(query)?.query_map(parameters, |row| read(row))?.collect()
        };
        rows().map_err(|cause| self.error(cause))
    }

    /// Makes a change, all of it or nothing.
    fn change<T>(&mut self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, KnowledgeError> {
        let changed = || {
            let transaction = self.connection.transaction()?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        changed().map_err(|cause| KnowledgeError::Store { path: self.path.clone(), cause })
    }

    fn count(&self, query: &str) -> Result<u64, KnowledgeError> {
        let count = self.connection.query_row(query, [], |row| row.get::<_, i64>(0));
        Ok(count.map_err(|cause| self.error(cause))?.unsigned_abs())
    }

    pub(super) fn name(&self) -> Result<String, KnowledgeError> {
        let name = self.connection.query_row("SELECT name FROM collection", [], |row| row.get(0));
        name.map_err(|cause| self.error(cause))
    }

    pub(super) fn pages(&self) -> Result<u64, KnowledgeError> {
        self.count("SELECT count(*) FROM page")
    }

    pub(super) fn fragments(&self) -> Result<u64, KnowledgeError> {
        self.count("SELECT count(*) FROM fragment")
    }

    pub(super) fn sources(&self) -> Result<Vec<SourceSummary>, KnowledgeError> {
        self.rows("SELECT path, finished, skipped, licence FROM source ORDER BY number", [], |row| {
            Ok(SourceSummary {
                path: PathBuf::from(row.get::<_, String>(0)?),
                finished: row.get(1)?,
                skipped: row.get::<_, i64>(2)?.unsigned_abs(),
                licence: row.get(3)?,
            })
        })
    }

    /// Keeps how the source at `path` is wanted to be read.
    pub(super) fn keep_request(&mut self, path: &str, request: &str) -> Result<(), KnowledgeError> {
        self.change(|transaction| {
            let keep =
                "INSERT INTO request (path, request) VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET request = ?2";
            transaction.execute(keep, [path, request]).map(|_| ())
        })
    }

    /// How the source at `path` was last wanted to be read, if that was kept.
    pub(super) fn request(&self, path: &str) -> Result<Option<String>, KnowledgeError> {
        let kept = self.rows("SELECT request FROM request WHERE path = ?", [path], |row| row.get(0))?;
        Ok(kept.into_iter().next())
    }

    /// Begins to read a source, or goes on with a reading that was cut off, if `state` says that the source is still the same.
    pub(super) fn begin(&mut self, path: &str, state: &str) -> Result<Reading, KnowledgeError> {
        let begin = || {
            let known = self
                .connection
                .query_row(
                    "SELECT number, state, reading, position, finished FROM source WHERE path = ?",
                    [path],
                    |row| {
                        let position: Option<String> = row.get(3)?;
                        let reading =
                            Reading { source: row.get(0)?, number: row.get(2)?, position: position.map(Position) };
                        Ok((reading, row.get::<_, String>(1)?, row.get::<_, bool>(4)?))
                    },
                )
                .optional()?;
            match known {
                Some((reading, last, false)) if last == state => Ok(reading),
                Some((reading, ..)) => {
                    let number = reading.number + 1;
                    self.connection.execute(
                        "UPDATE source SET state = ?, reading = ?, position = NULL, finished = 0, skipped = 0 WHERE number = ?",
                        params![state, number, reading.source],
                    )?;
                    Ok(Reading { number, position: None, ..reading })
                }
                None => {
                    self.connection.execute(
                        "INSERT INTO source (path, state, reading, finished, skipped) VALUES (?, ?, 1, 0, 0)",
                        params![path, state],
                    )?;
                    Ok(Reading { source: self.connection.last_insert_rowid(), number: 1, position: None })
                }
            }
        };
        begin().map_err(|cause| self.error(cause))
    }

    /// Keeps pages, and that the source was read up to `position` with `skipped` more problems: all of it or nothing.
    pub(super) fn keep(
        &mut self,
        reading: &Reading,
        pages: &[Page],
        position: &Position,
        skipped: u64,
    ) -> Result<Vec<Kept>, KnowledgeError> {
        self.change(|transaction| {
            let kept = pages.iter().map(|page| keep_page(transaction, reading, page)).collect::<Result<_, _>>()?;
            transaction.execute(
                "UPDATE source SET position = ?, skipped = skipped + ? WHERE number = ?",
                params![position.0, skipped.cast_signed(), reading.source],
            )?;
            Ok(kept)
        })
    }

    /// The source was read to its end: pages that it no longer has go. Returns how many.
    pub(super) fn finish(&mut self, reading: &Reading) -> Result<u64, KnowledgeError> {
        self.change(|transaction| {
            let parameters = params![reading.source, reading.number];
            transaction.execute(
                "DELETE FROM fragment WHERE source = ?1
                 AND page IN (SELECT id FROM page WHERE source = ?1 AND reading < ?2)",
                parameters,
            )?;
            let gone = transaction.execute("DELETE FROM page WHERE source = ? AND reading < ?", parameters)?;
            transaction
                .execute("UPDATE source SET finished = 1, position = NULL WHERE number = ?", [reading.source])?;
            Ok(gone as u64)
        })
    }

    /// Up to `count` fragments whose numbers are above `after`, in their order: number, title, text.
    pub(super) fn fragments_after(
        &self,
        after: u64,
        count: usize,
    ) -> Result<Vec<(u64, String, String)>, KnowledgeError> {
        let query = "SELECT number, title, text FROM fragment WHERE number > ? ORDER BY number LIMIT ?";
        self.rows(query, params![after.cast_signed(), count as i64], |row| Ok((number(row)?, row.get(1)?, row.get(2)?)))
    }

    /// Every `step`-th fragment from the first on, `count` at most.
    pub(super) fn sample(&self, step: u64, count: usize) -> Result<Vec<(u64, String, String)>, KnowledgeError> {
        let query = "SELECT number, title, text FROM
            (SELECT number, title, text, row_number() OVER (ORDER BY number) AS place FROM fragment)
            WHERE place % ?1 = 1 % ?1 LIMIT ?2";
        let parameters = params![step.max(1).cast_signed(), count as i64];
        self.rows(query, parameters, |row| Ok((number(row)?, row.get(1)?, row.get(2)?)))
    }

    /// Fragments that went, and that an index may still hold.
    pub(super) fn removed(&self, index: MadeOf) -> Result<Vec<u64>, KnowledgeError> {
        let query = match index {
            MadeOf::Texts => "SELECT number FROM removed",
            MadeOf::Pages => "SELECT number FROM removed_page",
        };
        self.rows(query, [], number)
    }

    /// An index no longer holds these.
    pub(super) fn forget(&mut self, index: MadeOf, numbers: &[u64]) -> Result<(), KnowledgeError> {
        self.change(|transaction| {
            let mut delete = transaction.prepare(match index {
                MadeOf::Texts => "DELETE FROM removed WHERE number = ?",
                MadeOf::Pages => "DELETE FROM removed_page WHERE number = ?",
            })?;
            numbers.iter().try_for_each(|number| delete.execute([number.cast_signed()]).map(|_| ()))
        })
    }

    /// The path of the source that a fragment was read from.
    pub(super) fn source_of(&self, number: u64) -> Result<Option<PathBuf>, KnowledgeError> {
        let query =
            "SELECT path FROM source JOIN fragment ON fragment.source = source.number WHERE fragment.number = ?";
        let paths = self.rows(query, [number.cast_signed()], |row| row.get::<_, String>(0))?;
        Ok(paths.into_iter().next().map(PathBuf::from))
    }

    /// A fragment as its source gave it.
    pub(super) fn fragment(&self, number: u64) -> Result<Option<vitrine_sources::Fragment>, KnowledgeError> {
        let whole = self
            .connection
            .prepare_cached("SELECT whole FROM fragment WHERE number = ?")
            .and_then(|mut row| row.query_row([number.cast_signed()], |row| row.get::<_, String>(0)).optional())
            .map_err(|cause| self.error(cause))?;
        whole.map(|whole| serde_json::from_str(&whole)).transpose().map_err(|cause| KnowledgeError::Fragment {
            path: self.path.clone(),
            number,
            cause: cause.to_string(),
        })
    }

    /// The numbers of the fragments of the pages with this title (folded); `count` at most.
    pub(super) fn of_title(&self, folded: &str, count: usize) -> Result<Vec<u64>, KnowledgeError> {
        let query = "SELECT fragment.number FROM page JOIN fragment ON fragment.source = page.source AND fragment.page = page.id
            WHERE page.folded = ?1 OR (page.folded > ?1 || ' (' AND page.folded < ?1 || ' )') ORDER BY fragment.number LIMIT ?2";
        self.rows(query, params![folded, count as i64], number)
    }

    /// The fragments in which `words` (folded, at least one) occur most tellingly, by BM25; `count` at most. Of those in one of `languages`, if there are any.
    pub(super) fn with_words(
        &self,
        words: &[String],
        count: usize,
        languages: &[String],
    ) -> Result<Vec<u64>, KnowledgeError> {
        let wanted = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" OR ");
        if languages.is_empty() {
            let query = "SELECT rowid FROM word WHERE word MATCH ? ORDER BY rank LIMIT ?";
            return self.rows(query, params![wanted, count as i64], number);
        }
        let query = concat!(
            "SELECT word.rowid FROM word JOIN fragment ON fragment.number = word.rowid WHERE word MATCH ? AND ",
            language!(),
            " IN (SELECT value FROM json_each(?)) ORDER BY rank LIMIT ?"
        );
        self.rows(query, params![wanted, json_list(languages), count as i64], number)
    }

    /// How many fragments there are in each language; those of an unknown one are in none.
    pub(super) fn languages(&self) -> Result<Vec<(String, u64)>, KnowledgeError> {
        let query =
            concat!("SELECT ", language!(), " AS language, count(*) FROM fragment GROUP BY language ORDER BY language");
        let counted =
            self.rows(query, [], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        let known = counted.into_iter().filter_map(|(language, count)| Some((language?, count)));
        Ok(known.filter(|(language, _)| !language.is_empty()).collect())
    }

    /// The numbers of the fragments in one of `languages`.
    pub(super) fn in_languages(&self, languages: &[String]) -> Result<HashSet<u64>, KnowledgeError> {
        let query = concat!("SELECT number FROM fragment WHERE ", language!(), " IN (SELECT value FROM json_each(?))");
        Ok(self.rows(query, [json_list(languages)], number)?.into_iter().collect())
    }

    /// In how many fragments each of `words` (folded) occurs, added up.
    pub(super) fn using(&self, words: &[String]) -> Result<usize, KnowledgeError> {
        let query = "SELECT coalesce(sum(doc), 0) FROM temp.used WHERE term IN (SELECT value FROM json_each(?))";
        let using = self.rows(query, [json_list(words)], |row| row.get::<_, i64>(0))?;
        Ok(using.first().map_or(0, |using| usize::try_from(*using).unwrap_or(usize::MAX)))
    }

    /// Fragments by their numbers, those that there are: number, title, text.
    pub(super) fn texts(&self, numbers: &[u64]) -> Result<Vec<(u64, String, String)>, KnowledgeError> {
        let query = "SELECT number, title, text FROM fragment WHERE number IN (SELECT value FROM json_each(?))";
        let numbers = serde_json::Value::from(numbers).to_string();
        self.rows(query, [numbers], |row| Ok((number(row)?, row.get(1)?, row.get(2)?)))
    }
}

fn number(row: &rusqlite::Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.cast_unsigned())
}

/// Texts as SQLite takes a list of them.
fn json_list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

/// A word as FTS5 takes it for no operator.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

fn keep_page(transaction: &Transaction<'_>, reading: &Reading, page: &Page) -> rusqlite::Result<Kept> {
    let revision = page.provenance.revision.as_deref();
    let last: Option<Option<String>> = transaction
        .prepare_cached("SELECT revision FROM page WHERE source = ? AND id = ?")?
        .query_row(params![reading.source, page.id], |row| row.get(0))
        .optional()?;
    if last.is_some_and(|last| last.is_some() && last.as_deref() == revision) {
        transaction.prepare_cached("UPDATE page SET reading = ? WHERE source = ? AND id = ?")?.execute(params![
            reading.number,
            reading.source,
            page.id
        ])?;
        return Ok(Kept::Unchanged);
    }
    transaction
        .prepare_cached("DELETE FROM fragment WHERE source = ? AND page = ?")?
        .execute(params![reading.source, page.id])?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO page (source, id, title, folded, revision, reading) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![reading.source, page.id, page.title, fold(&page.title), revision, reading.number])?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO fragment (source, page, title, text, whole) VALUES (?, ?, ?, ?, ?)")?;
    for fragment in &page.fragments {
        let whole =
            serde_json::to_string(fragment).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
        insert.execute(params![reading.source, page.id, fragment.title, fragment.text, whole])?;
    }
    if let Some(licence) = &page.provenance.licence {
        transaction
            .prepare_cached("UPDATE source SET licence = ? WHERE number = ? AND licence IS NULL")?
            .execute(params![licence, reading.source])?;
    }
    Ok(Kept::New)
}
