//! Facets: values by which works are counted and chosen.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::WorkSet;
use super::index::numbers;
use crate::WorkId;
use crate::error::Result;

/// What works are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facet {
    /// How far the record has come, by [`crate::Badge::as_str`].
    State,
    /// The artist whom a person stands by, without the qualifier.
    Artist,
    /// The style.
    Style,
    /// The genre.
    Genre,
    /// The object type.
    ObjectType,
    /// Materials and technique.
    Media,
    /// Subjects and tags.
    Subject,
    /// Where it is kept.
    Location,
    /// Hundreds of years that the date touches, by the first of them: `1600`.
    Century,
    /// Who speaks of the work: `person`, `pack`, `file`, `import`, `passage`.
    Source,
    /// The packs that proposed something.
    Pack,
    /// Properties of which a person stands by a value.
    Has,
    /// The lists of works that it is on.
    List,
}

/// Bits of a term's number below its facet's.
const FACET_SHIFT: u32 = 40;

impl Facet {
    /// All of them. Their place is their number in libraries: new ones come at the end.
    pub const ALL: [Self; 13] = [
        Self::State,
        Self::Artist,
        Self::Style,
        Self::Genre,
        Self::ObjectType,
        Self::Media,
        Self::Subject,
        Self::Location,
        Self::Century,
        Self::Source,
        Self::Pack,
        Self::Has,
        Self::List,
    ];

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    /// The lowest and the highest number of its terms.
    pub(super) fn terms(self) -> (i64, i64) {
        (self.number() << FACET_SHIFT, ((self.number() + 1) << FACET_SHIFT) - 1)
    }

    pub(super) fn of_property(property: &str) -> Option<Self> {
        Some(match property {
            "artist" => Self::Artist,
            "style" => Self::Style,
            "genre" => Self::Genre,
            "object-type" => Self::ObjectType,
            "media" => Self::Media,
            "subject" | "tag" => Self::Subject,
            "location" | "repository" => Self::Location,
            _ => return None,
        })
    }
}

/// A value and in how many works it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// The works.
    pub works: u64,
}

/// The most frequent values of each facet, in the order of [`Facet::ALL`].
pub type Facets = Vec<(Facet, Vec<FacetCount>)>;

/// From that share of all works on, one pass over all is quicker than looking each one up.
const FEW: u64 = 2_000;

pub(super) fn works_with(connection: &Connection, facet: Facet, value: &str) -> Result<WorkSet> {
    super::select(
        connection,
        "SELECT work FROM term_works WHERE term = (SELECT id FROM terms WHERE facet = ?1 AND value = ?2)",
        params![facet.number(), value],
    )
}

pub(super) fn count(connection: &Connection, found: &WorkSet, most: usize) -> Result<Facets> {
    let mut counts: Vec<Vec<u32>> = vec![Vec::new(); Facet::ALL.len()];
    let mut tally = |blob: &[u8]| {
        for term in numbers(blob) {
            let place = usize::try_from(term & ((1 << FACET_SHIFT) - 1)).unwrap_or(usize::MAX);
            let counts = usize::try_from(term >> FACET_SHIFT).ok().and_then(|facet| counts.get_mut(facet));
            // Numbers of terms are given one after the other; a row that says otherwise is damaged and counts for nothing.
            let Some(counts) = counts.filter(|_| place < 1 << 26) else { continue };
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
    };
    if found.len() < FEW {
        let mut query = connection.prepare_cached("SELECT terms FROM work_terms WHERE work = ?1")?;
        for work in found.descending() {
            let blob: Option<Vec<u8>> = query.query_row([work.0], |row| row.get(0)).optional()?;
            tally(&blob.unwrap_or_default());
        }
    } else {
        let mut query = connection.prepare_cached("SELECT work, terms FROM work_terms")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            if found.contains(WorkId(row.get(0)?)) {
                tally(row.get_ref(1)?.as_blob().unwrap_or_default());
            }
        }
    }
    let mut facets = Vec::with_capacity(Facet::ALL.len());
    for (facet, counts) in Facet::ALL.into_iter().zip(counts) {
        facets.push((facet, highest(connection, facet, &counts, most)?));
    }
    Ok(facets)
}

fn highest(connection: &Connection, facet: Facet, counts: &[u32], most: usize) -> Result<Vec<FacetCount>> {
    let mut places: Vec<(usize, u32)> = counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    let by_count = |one: &(usize, u32), two: &(usize, u32)| two.1.cmp(&one.1).then(one.0.cmp(&two.0));
    if places.len() > most && most > 0 {
        places.select_nth_unstable_by(most - 1, by_count);
    }
    places.truncate(most);
    places.sort_unstable_by(by_count);
    let mut query = connection.prepare_cached("SELECT value FROM terms WHERE id = ?1")?;
    let mut values = Vec::with_capacity(places.len());
    for (place, count) in places {
        let id = facet.terms().0 + i64::try_from(place).unwrap_or(i64::MAX);
        if let Some(value) = query.query_row([id], |row| row.get(0)).optional()? {
            values.push(FacetCount { value, works: u64::from(count) });
        }
    }
    Ok(values)
}
