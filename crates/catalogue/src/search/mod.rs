//! Search over everything that a library knows, and the facets of what is found.
//!
//! The language of queries: words stand side by side and must all be there; `"a phrase"`; `begin*`; `OR`, `NOT` or `-`, and brackets;
//! `title:swing`, `artist:"van Rijn"`, `suggested:monet` for one field; `date:1600..1650`, `date:..1500` for years; `has:date` and
//! `lacks:date`. A field's words are those that a person stands by; without a field, file names and what waits are searched too.
//! Upper and lower case and accents make no difference; Chinese and Japanese are found by any part.

mod facets;
mod index;
mod query;
mod words;
mod work_set;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

pub use facets::{Facet, FacetCount, Facets};
pub use index::years_of_dates;
pub(crate) use index::{MIGRATION_2, RECORD_WORDS_2, add_value, forget, refresh, remove_value};
use query::Node;
use work_set::WorkSet;

use crate::error::Result;
use crate::library::Library;
use crate::{WorkId, WorkPage, WorkSort, cards};

/// What is looked for. As JSON it is what a saved search keeps, without the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// The query, in the language above; empty for all works.
    pub text: String,
    /// Values that must all be there, such as `(Facet::Style, "Rococo")`.
    pub facets: Vec<(Facet, String)>,
    /// Values of which none may be there, such as `(Facet::State, "complete")`.
    pub without: Vec<(Facet, String)>,
    /// Properties of which nobody stands by a value, such as `title`.
    pub lacking: Vec<String>,
    /// The order.
    pub sort: WorkSort,
    /// Skip that many.
    #[serde(skip)]
    pub offset: u64,
    /// At most that many; none for all.
    #[serde(skip)]
    pub limit: Option<u64>,
}

impl Library {
    /// The works that a search finds, a page of them. A query that cannot be understood is an error that says what is wrong with it.
    pub fn search(&self, search: &Search) -> Result<WorkPage> {
        let query = query::parse(&search.text)?;
        self.read(|connection| {
            let found = find(connection, query.as_ref(), search)?;
            let skip = usize::try_from(search.offset).unwrap_or(usize::MAX);
            let take = search.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
            let page = in_order(connection, &found, search.sort, skip, take)?;
            let works = page.into_iter().map(|work| cards::get(connection, work)).collect::<Result<_>>()?;
            Ok(WorkPage { total: found.len(), works })
        })
    }

    /// The works that a search finds, in its order, without their cards.
    pub fn search_ids(&self, search: &Search) -> Result<Vec<WorkId>> {
        let query = query::parse(&search.text)?;
        self.read(|connection| {
            let found = find(connection, query.as_ref(), search)?;
            in_order(connection, &found, search.sort, 0, usize::MAX)
        })
    }

    /// How often each value occurs among the works that a search finds, the most frequent ones first, at most `most` of each facet.
    pub fn facets(&self, search: &Search, most: usize) -> Result<Facets> {
        let query = query::parse(&search.text)?;
        self.read(|connection| facets::count(connection, &find(connection, query.as_ref(), search)?, most))
    }

    /// In how many of the works that a search finds nobody stands by a value of any property of a group, group by group.
    pub fn count_lacking(&self, search: &Search, groups: &[Vec<String>]) -> Result<Vec<u64>> {
        let query = query::parse(&search.text)?;
        self.read(|connection| {
            let found = find(connection, query.as_ref(), search)?;
            groups.iter().map(|group| Ok(without(connection, found.clone(), group)?.len())).collect()
        })
    }
}

fn find(connection: &Connection, query: Option<&Node>, search: &Search) -> Result<WorkSet> {
    let mut found = match query {
        Some(query) => evaluate(connection, query)?,
        None => all(connection)?,
    };
    for (facet, value) in &search.facets {
        found = found.and(&facets::works_with(connection, *facet, value)?);
    }
    for (facet, value) in &search.without {
        found = found.without(&facets::works_with(connection, *facet, value)?);
    }
    without(connection, found, &search.lacking)
}

/// The works that have nothing of any of these properties.
fn without(connection: &Connection, mut found: WorkSet, properties: &[String]) -> Result<WorkSet> {
    for property in properties {
        found = found.without(&facets::works_with(connection, Facet::Has, property)?);
    }
    Ok(found)
}

/// The works of a query. What the text index can answer it answers as a whole; the rest is put together from sets.
fn evaluate(connection: &Connection, node: &Node) -> Result<WorkSet> {
    if let Some(expression) = node.full_text() {
        return select(connection, "SELECT rowid FROM record_words WHERE record_words MATCH ?1", params![expression]);
    }
    Ok(match node {
        Node::Text { .. } => WorkSet::default(),
        Node::And(nodes) => {
            let mut found: Option<WorkSet> = None;
            for node in nodes {
                let set = evaluate(connection, node)?;
                found = Some(match found {
                    Some(found) => found.and(&set),
                    None => set,
                });
            }
            found.unwrap_or_default()
        }
        Node::Or(nodes) => {
            let mut found = WorkSet::default();
            for node in nodes {
                found = found.or(&evaluate(connection, node)?);
            }
            found
        }
        Node::Not(node) => all(connection)?.without(&evaluate(connection, node)?),
        Node::Years(from, to) => {
            select(connection, "SELECT work FROM work_terms WHERE earliest <= ?2 AND latest >= ?1", params![from, to])?
        }
        Node::Has(property) => facets::works_with(connection, Facet::Has, property)?,
    })
}

fn all(connection: &Connection) -> Result<WorkSet> {
    select(connection, "SELECT work FROM cards", params![])
}

fn select(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<WorkSet> {
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(parameters)?;
    let mut set = WorkSet::default();
    while let Some(row) = rows.next()? {
        set.insert(WorkId(row.get(0)?));
    }
    Ok(set)
}

fn in_order(connection: &Connection, found: &WorkSet, sort: WorkSort, skip: usize, take: usize) -> Result<Vec<WorkId>> {
    let sql = match sort {
        WorkSort::Added => return Ok(found.descending().skip(skip).take(take).collect()),
        WorkSort::Title => "SELECT work FROM cards ORDER BY title_key, work",
        WorkSort::Doubt => "SELECT work FROM cards ORDER BY doubt, work",
    };
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let (mut works, mut passed) = (Vec::new(), 0);
    while works.len() < take
        && let Some(row) = rows.next()?
    {
        let work = WorkId(row.get(0)?);
        if found.contains(work) {
            passed += 1;
            if passed > skip {
                works.push(work);
            }
        }
    }
    Ok(works)
}
