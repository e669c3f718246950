//! Reading an index as it was at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use super::EngineError;
use super::query::PreparedQuery;
use super::search::{Found, SearchOptions, search};
use super::snapshot::Snapshot;
use crate::codebook::RowCodes;
use crate::max_sim::check;
use crate::{MultiVector, RowMatch, SearchError, match_rows};

/// Which documents a search may find.
#[derive(Debug, Clone, Default)]
pub enum Wanted {
    /// All of them.
    #[default]
    All,
    /// These.
    Only(HashSet<u64>),
    /// All but these.
    AllBut(HashSet<u64>),
}

/// A document that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its id.
    pub id: u64,
    /// MaxSim with the rows that its codes stand for, weighted where weights were given, less what such a score is foretold to be too high by.
    pub score: f32,
    /// The score over the number of query rows, or over the sum of their weights: comparable between queries, -1 to 1.
    pub mean: f32,
    /// How far the score stands above the tenth best one's, in standard deviations of the scores that documents of any kind have for this query: what tells
    /// a document that answers from one that is merely the nearest. See [`crate::RelevanceEstimate`].
    pub standing: f32,
}

/// An index as it was when the reader was taken: additions and removals since do not show.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) snapshot: Arc<Snapshot>,
}

impl Reader {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.snapshot.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows its documents were given with, those of removed documents included; files hold fewer where near rows were made one.
    pub fn rows_given(&self) -> u64 {
        self.snapshot.segments.iter().map(|s| s.segment.given()).sum()
    }

    /// How many rows its files hold, those of removed documents included.
    pub fn rows_held(&self) -> u64 {
        self.snapshot.rows()
    }

    /// Bytes of its segments.
    pub fn bytes(&self) -> u64 {
        self.snapshot.segments.iter().map(|s| s.segment.size()).sum()
    }

    /// How many segments it consists of.
    pub fn segments(&self) -> usize {
        self.snapshot.segments.len()
    }

    /// Whether there is a document with this id.
    pub fn contains(&self, id: u64) -> bool {
        self.snapshot.find(id).is_some()
    }

    /// The ids of all documents, segment by segment.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.snapshot.segments.iter().flat_map(|s| {
            (0..s.segment.len())
                .filter(|&document| !s.removed.has(document))
                .filter_map(|document| s.segment.id(document))
        })
    }

    /// The `k` documents with the highest MaxSim, best first. `weights`, one a query row and none negative, say how much each row's best match counts.
    pub fn search(&self, query: &MultiVector, weights: Option<&[f32]>, k: usize) -> Result<Vec<Match>, EngineError> {
        self.search_with(query, weights, k, &Wanted::All, &SearchOptions::default())
    }

    /// As [`Reader::search`], among the documents `wanted`, and by way of `options`.
    pub fn search_with(
        &self,
        query: &MultiVector,
        weights: Option<&[f32]>,
        k: usize,
        wanted: &Wanted,
        options: &SearchOptions,
    ) -> Result<Vec<Match>, EngineError> {
        check(query, weights, self.snapshot.book.dimension())?;
        if let Some((row, weight)) =
            weights.and_then(|w| w.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0))
        {
            return Err(SearchError::Weight { row, weight: weight.to_string() }.into());
        }
        if k == 0 || query.is_empty() {
            return Ok(Vec::new());
        }
        // Once to the threads that compute, instead of once for each step.
        Ok(rayon::scope(|_| {
            let prepared = PreparedQuery::new(query, weights, &self.snapshot.book, options.reach);
            let segments = &self.snapshot.segments;
            let id = |segment: usize, document: usize| segments[segment].segment.id(document);
            let (found, background) = match wanted {
                Wanted::All => search(&self.snapshot, &prepared, k, options, &|_, _| true),
                Wanted::Only(ids) => {
                    let is = |s: usize, d: usize| id(s, d).is_some_and(|id| ids.contains(&id));
                    search(&self.snapshot, &prepared, k, options, &is)
                }
                Wanted::AllBut(ids) => {
                    let is = |s: usize, d: usize| id(s, d).is_some_and(|id| !ids.contains(&id));
                    search(&self.snapshot, &prepared, k, options, &is)
                }
            };
            let weight = prepared.weight().max(f32::MIN_POSITIVE);
            let hit = |f: Found| {
                // Where all documents score alike, none stands out.
                let above = f.score - background.tenth;
                let standing = if background.deviation > 0.0 { above / background.deviation } else { 0.0 };
                Some(Match { id: id(f.segment, f.document)?, score: f.score, mean: f.score / weight, standing })
            };
            found.into_iter().filter_map(hit).collect()
        }))
    }

    /// For every query row the row of the document that it matches best: what a hit is shown with. `None` without such a document.
    pub fn explain(&self, query: &MultiVector, id: u64) -> Result<Option<Vec<RowMatch>>, EngineError> {
        check(query, None, self.snapshot.book.dimension())?;
        let Some(rows) = self.rows(id)? else { return Ok(None) };
        Ok(Some(match_rows(query, &rows)?))
    }

    /// The rows that the document's codes stand for: near the ones that were added, and of about unit length.
    pub fn rows(&self, id: u64) -> Result<Option<MultiVector>, EngineError> {
        let Some((segment, document)) = self.snapshot.find(id) else { return Ok(None) };
        let segment = &self.snapshot.segments[segment].segment;
        let damaged =
            |reason: &str| EngineError::Damaged { path: segment.path().to_owned(), reason: reason.to_owned() };
        let coded = segment.coded(document).ok_or_else(|| damaged("its documents do not share out its rows"))?;
        let (book, centroids) = (&self.snapshot.book, coded.centroid_numbers());
        if centroids.iter().any(|&c| usize::from(c) >= book.centroid_count()) {
            return Err(damaged("a row names a centroid that the codebook lacks"));
        }
        let mean = (coded.mean, coded.mean_step);
        let code_of = coded.code_of().ok_or_else(|| damaged("a row of a document has no code"))?;
        let scales = coded.scale_numbers();
        let rows = RowCodes { centroids: &centroids, scales: &scales, coarse: coded.coarse, fine: coded.fine };
        let codes = book.decode_rows(mean, rows).ok_or_else(|| damaged("the codes of a document are cut off"))?;
        let width = book.dimension();
        let of_row = |code: u32| codes.get(code as usize * width..(code as usize + 1) * width).unwrap_or(&[]);
        let values = code_of.into_iter().flat_map(of_row).copied().collect();
        let rows = MultiVector::new(values, width).map_err(|e| damaged(&e.to_string()))?;
        Ok(Some(rows))
    }

    /// The bytes kept beside the document; `None` without such a document.
    pub fn note(&self, id: u64) -> Option<&[u8]> {
        let (segment, document) = self.snapshot.find(id)?;
        self.snapshot.segments[segment].segment.note(document)
    }

    /// Reads all files of the index and checks their sums: what opening leaves out to be quick.
    pub fn verify(&self) -> Result<(), EngineError> {
        use rayon::prelude::*;
        self.snapshot.segments.par_iter().try_for_each(|s| {
            let path = s.segment.path().to_owned();
            s.segment.verify().map_err(|reason| EngineError::Damaged { path, reason })
        })
    }
}
