//! MaxSim: the sum over query rows of the largest dot product with any row of the document (Khattab and Zaharia, ColBERT, 2020).

use std::cmp::Ordering;

use ndarray::{ArrayView2, ShapeError};
use rayon::prelude::*;

use crate::MultiVector;

/// What an empty document scores a query row: the lowest cosine, so that it never stands above one that has rows.
const NO_MATCH: f32 = -1.0;

/// Why a query cannot be compared with a document.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SearchError {
    /// Their rows differ in width.
    #[error("the query has rows of {query} numbers, the documents of {document}: they were made by different models")]
    Dimension {
        /// The width of the query's rows.
        query: usize,
        /// The width of the documents' rows.
        document: usize,
    },
    /// The weights do not fit the query.
    #[error("{weights} weights were given for {rows} query rows")]
    Weights {
        /// How many weights.
        weights: usize,
        /// How many rows.
        rows: usize,
    },
    /// A weight is negative or not a number.
    #[error("the weight of query row {row} is {weight}; weights are finite and not negative")]
    Weight {
        /// The query row.
        row: usize,
        /// Its weight, as a text.
        weight: String,
    },
}

/// The best match of one query row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowMatch {
    /// The query row.
    pub query_row: usize,
    /// The document row that it matches best (the first of equals).
    pub document_row: usize,
    /// Their dot product.
    pub score: f32,
}

/// A document's place in a list, with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Which document.
    pub document: usize,
    /// Its score.
    pub score: f32,
}

/// MaxSim of one document.
pub fn max_sim(query: &MultiVector, document: &MultiVector) -> Result<f32, SearchError> {
    check(query, None, document.dimension())?;
    Ok(RowProducts::new(query, None).score(document.values()))
}

/// MaxSim of every document, in parallel. With `weights`, one a query row, the maxima are weighted before they are summed.
pub fn max_sim_all(
    query: &MultiVector,
    weights: Option<&[f32]>,
    documents: &[&MultiVector],
) -> Result<Vec<f32>, SearchError> {
    check(query, weights, query.dimension())?;
    for document in documents {
        check(query, None, document.dimension())?;
    }
    Ok(documents
        .par_iter()
        .map_init(|| RowProducts::new(query, weights), |products, document| products.score(document.values()))
        .collect())
}

/// For every query row the document row that it matches best. Empty when the document has no row.
pub fn match_rows(query: &MultiVector, document: &MultiVector) -> Result<Vec<RowMatch>, SearchError> {
    check(query, None, document.dimension())?;
    let mut best: Vec<RowMatch> = Vec::new();
    let mut products = RowProducts::new(query, None);
    products.each_row(document.values(), |document_row, scores| {
        if document_row == 0 {
            best.extend(scores.iter().enumerate().map(|(query_row, &score)| RowMatch {
                query_row,
                document_row,
                score,
            }));
        } else {
            for (held, &score) in best.iter_mut().zip(scores) {
                if score > held.score {
                    *held = RowMatch { document_row, score, ..*held };
                }
            }
        }
    });
    Ok(best)
}

/// The `k` highest scores, best first; documents of equal score keep their order.
pub fn top_k(scores: &[f32], k: usize) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> =
        scores.iter().enumerate().map(|(document, &score)| Ranked { document, score }).collect();
    let order =
        |a: &Ranked, b: &Ranked| -> Ordering { b.score.total_cmp(&a.score).then_with(|| a.document.cmp(&b.document)) };
    if k == 0 {
        return Vec::new();
    }
    if k < ranked.len() {
        ranked.select_nth_unstable_by(k - 1, order);
        ranked.truncate(k);
    }
    ranked.sort_unstable_by(order);
    ranked
}

/// Whether rows of `width` can be compared with `query`, and `weights` belong to it.
pub(crate) fn check(query: &MultiVector, weights: Option<&[f32]>, width: usize) -> Result<(), SearchError> {
    if query.dimension() != width {
        return Err(SearchError::Dimension { query: query.dimension(), document: width });
    }
    match weights {
        Some(weights) if weights.len() != query.len() => {
            Err(SearchError::Weights { weights: weights.len(), rows: query.len() })
        }
        _ => Ok(()),
    }
}

/// A query that is compared with one document after the other: a matrix product a document, in memory that is used again.
pub(crate) struct RowProducts<'a> {
    query: &'a MultiVector,
    weights: Option<&'a [f32]>,
    maxima: Vec<f32>,
}

impl<'a> RowProducts<'a> {
    pub(crate) fn new(query: &'a MultiVector, weights: Option<&'a [f32]>) -> Self {
        Self { query, weights, maxima: vec![0.0; query.len()] }
    }

    /// (Weighted) MaxSim of the document whose rows are `values`, row-major, as wide as the query's.
    pub(crate) fn score(&mut self, values: &[f32]) -> f32 {
        let mut maxima = std::mem::take(&mut self.maxima);
        maxima.fill(if values.is_empty() { NO_MATCH } else { f32::NEG_INFINITY });
        self.each_row(values, |_, scores| {
            for (held, &score) in maxima.iter_mut().zip(scores) {
                *held = held.max(score);
            }
        });
        let score = match self.weights {
            Some(weights) => maxima.iter().zip(weights).map(|(m, w)| m * w).sum(),
            None => maxima.iter().sum(),
        };
        self.maxima = maxima;
        score
    }

    /// Calls `see` with each document row's number and its dot products with all query rows.
    fn each_row(&mut self, values: &[f32], mut see: impl FnMut(usize, &[f32])) {
        let width = self.query.dimension();
        let (Ok(query), Ok(document)) = (rows(self.query.values(), width), rows(values, width)) else {
            return;
        };
        if query.is_empty() || document.is_empty() {
            return;
        }
        // ndarray's product runs on `matrixmultiply`, which blocks for the caches and picks AVX2/FMA at run time.
        let products = document.dot(&query.t());
        for (number, row) in products.rows().into_iter().enumerate() {
            match row.as_slice() {
                Some(scores) => see(number, scores),
                None => see(number, &row.to_vec()),
            }
        }
    }
}

fn rows(values: &[f32], width: usize) -> Result<ArrayView2<'_, f32>, ShapeError> {
    ArrayView2::from_shape((values.len() / width, width), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(rows: &[[f32; 2]]) -> MultiVector {
        MultiVector::new(rows.concat(), 2).unwrap()
    }

    /// Numbers without pattern, always the same.
    fn noise(rows: usize, width: usize, seed: u64) -> MultiVector {
        let mut state = seed;
        let values = (0..rows * width)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                ((state >> 33) as f32 / (1u64 << 30) as f32) - 1.0
            })
            .collect();
        MultiVector::normalised(values, width).unwrap()
    }

    fn slow_max_sim(query: &MultiVector, document: &MultiVector) -> f32 {
        query
            .rows()
            .map(|q| {
                document
                    .rows()
                    .map(|d| q.iter().zip(d).map(|(a, b)| a * b).sum::<f32>())
                    .fold(f32::NEG_INFINITY, f32::max)
            })
            .sum()
    }

    #[test]
    fn sums_the_best_match_of_each_query_row() {
        let query = vectors(&[[1.0, 0.0], [0.0, 1.0]]);
        let document = vectors(&[[0.6, 0.8], [1.0, 0.0], [0.0, -1.0]]);
        assert!((max_sim(&query, &document).unwrap() - 1.8).abs() < 1e-6);
        let weighted = max_sim_all(&query, Some(&[1.0, 0.5]), &[&document]).unwrap();
        assert!((weighted[0] - 1.4).abs() < 1e-6);
    }

    #[test]
    fn agrees_with_the_definition_at_any_size() {
        for (q, d, width) in [(1, 1, 128), (3, 90, 128), (31, 257, 128), (90, 90, 7), (5, 1, 1)] {
            let (query, document) = (noise(q, width, 7), noise(d, width, 11));
            let (fast, slow) = (max_sim(&query, &document).unwrap(), slow_max_sim(&query, &document));
            assert!((fast - slow).abs() < 1e-3 * q as f32, "{q} x {d} x {width}: {fast} against {slow}");
        }
    }

    #[test]
    fn names_the_rows_that_matched() {
        let query = vectors(&[[1.0, 0.0], [0.0, 1.0]]);
        let document = vectors(&[[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]);
        let matches = match_rows(&query, &document).unwrap();
        assert_eq!(matches.iter().map(|m| m.document_row).collect::<Vec<_>>(), [1, 0]);
        assert!(match_rows(&query, &MultiVector::new(vec![], 2).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn an_empty_document_stands_last() {
        let query = vectors(&[[1.0, 0.0]]);
        let empty = MultiVector::new(vec![], 2).unwrap();
        let away = vectors(&[[-0.9, 0.1]]);
        let scores = max_sim_all(&query, None, &[&empty, &away]).unwrap();
        assert_eq!(top_k(&scores, 2)[0].document, 1);
    }

    #[test]
    fn equal_scores_keep_their_order() {
        let ranked = top_k(&[0.5, 0.9, 0.5, 0.9, 0.1], 3);
        assert_eq!(ranked.iter().map(|r| r.document).collect::<Vec<_>>(), [1, 3, 0]);
        assert_eq!(top_k(&[0.5, 0.9], 9).len(), 2);
        assert!(top_k(&[0.5], 0).is_empty() && top_k(&[], 3).is_empty());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let (query, wide) = (vectors(&[[1.0, 0.0]]), MultiVector::new(vec![1.0, 0.0, 0.0], 3).unwrap());
        assert_eq!(max_sim(&query, &wide), Err(SearchError::Dimension { query: 2, document: 3 }));
        assert_eq!(max_sim_all(&query, Some(&[1.0, 1.0]), &[]), Err(SearchError::Weights { weights: 2, rows: 1 }));
    }
}
