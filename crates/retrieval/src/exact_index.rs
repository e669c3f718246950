//! An index that compares a query with every document: exact, and quick enough for some ten thousand fragments.

use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use crate::max_sim::{RowProducts, check};
use crate::{MultiVector, SearchError, top_k};

/// Documents as rows of half-precision numbers, with an id each. [`ExactIndex::save`] keeps it in one file.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactIndex {
    pub(crate) pack: String,
    pub(crate) origin: String,
    pub(crate) dimension: usize,
    pub(crate) ids: Vec<String>,
    pub(crate) notes: Vec<Vec<u8>>,
    /// Where each document's rows begin, and where the last one's end: one more than there are documents.
    pub(crate) starts: Vec<usize>,
    /// Row-major, `[rows, dimension]`.
    pub(crate) values: Vec<f16>,
}

/// A document that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'a> {
    /// Its place in the index.
    pub document: usize,
    /// Its id.
    pub id: &'a str,
    /// MaxSim, weighted where weights were given.
    pub score: f32,
    /// The score over the number of query rows, or over the sum of their weights: comparable between queries, -1 to 1.
    pub mean: f32,
}

impl ExactIndex {
    /// An empty index for rows of `dimension` numbers made by the pack with the hash `pack` from what `origin` names
    /// (a hash of the texts, say): both are kept, for whoever opens the index to compare.
    pub fn new(pack: impl Into<String>, origin: impl Into<String>, dimension: usize) -> Self {
        Self {
            pack: pack.into(),
            origin: origin.into(),
            dimension,
            ids: Vec::new(),
            notes: Vec::new(),
            starts: vec![0],
            values: Vec::new(),
        }
    }

    /// Adds a document at the end.
    pub fn push(&mut self, id: impl Into<String>, rows: &MultiVector) -> Result<(), SearchError> {
        self.push_with_note(id, Vec::new(), rows)
    }

    /// Adds a document at the end, with bytes to keep beside it: where in a text its rows stand, say.
    pub fn push_with_note(
        &mut self,
        id: impl Into<String>,
        note: Vec<u8>,
        rows: &MultiVector,
    ) -> Result<(), SearchError> {
        check(rows, None, self.dimension)?;
        self.ids.push(id.into());
        self.notes.push(note);
        self.values.extend(rows.values().iter().map(|&v| f16::from_f32(v)));
        self.starts.push(self.values.len() / self.dimension);
        Ok(())
    }

    /// Which pack made the rows.
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// What the documents were made from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The width of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The documents' ids, in order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The bytes kept beside document `document`; none where it was added without.
    pub fn note(&self, document: usize) -> &[u8] {
        &self.notes[document]
    }

    /// The rows of document `document`, in single precision.
    pub fn rows(&self, document: usize) -> MultiVector {
        let values = self.halves(document).to_f32_vec();
        MultiVector { values, dimension: self.dimension }
    }

    /// The `k` documents with the highest MaxSim, best first, equal ones in the order in which they were added.
    /// `weights`, one a query row, say how much each row's best match counts.
    pub fn search(&self, query: &MultiVector, weights: Option<&[f32]>, k: usize) -> Result<Vec<Hit<'_>>, SearchError> {
        let scores = self.scores(query, weights)?;
        let length = weights.map_or(query.len() as f32, |w| w.iter().sum()).max(f32::MIN_POSITIVE);
        Ok(top_k(&scores, k)
            .into_iter()
            .map(|r| Hit { document: r.document, id: &self.ids[r.document], score: r.score, mean: r.score / length })
            .collect())
    }

    /// MaxSim of every document, in order.
    pub fn scores(&self, query: &MultiVector, weights: Option<&[f32]>) -> Result<Vec<f32>, SearchError> {
        check(query, weights, self.dimension)?;
        Ok((0..self.len())
            .into_par_iter()
            .map_init(
                || (RowProducts::new(query, weights), Vec::new()),
                |(products, values), document| {
                    let halves = self.halves(document);
                    values.resize(halves.len(), 0.0);
                    halves.convert_to_f32_slice(values);
                    products.score(values)
                },
            )
            .collect())
    }

    fn halves(&self, document: usize) -> &[f16] {
        &self.values[self.starts[document] * self.dimension..self.starts[document + 1] * self.dimension]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::max_sim;

    fn vectors(rows: &[[f32; 3]]) -> MultiVector {
        MultiVector::normalised(rows.concat(), 3).unwrap()
    }

    fn index() -> (ExactIndex, Vec<MultiVector>) {
        let documents = vec![
            vectors(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.1]]),
            vectors(&[[0.0, 0.2, 1.0]]),
            vectors(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.1]]),
        ];
        let mut index = ExactIndex::new("pack", "text", 3);
        for (number, document) in documents.iter().enumerate() {
            index.push(format!("d{number}"), document).unwrap();
        }
        (index, documents)
    }

    #[test]
    fn ranks_as_max_sim_does_and_keeps_ties_in_order() {
        let (index, documents) = index();
        let query = vectors(&[[1.0, 0.1, 0.0], [0.0, 1.0, 0.0]]);
        let hits = index.search(&query, None, 3).unwrap();
        assert_eq!(hits.iter().map(|h| h.id).collect::<Vec<_>>(), ["d0", "d2", "d1"]);
        for hit in hits {
            let exact = max_sim(&query, &documents[hit.document]).unwrap();
            assert!((hit.score - exact).abs() < 5e-3, "{} against {exact}", hit.score);
            assert!((hit.mean - hit.score / 2.0).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_choose_what_counts() {
        let (index, _) = index();
        let query = vectors(&[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert_eq!(index.search(&query, Some(&[0.0, 2.0]), 1).unwrap()[0].id, "d1");
        let hit = index.search(&query, Some(&[1.0, 0.0]), 1).unwrap()[0];
        assert_eq!(hit.id, "d0");
        assert!((hit.mean - 1.0).abs() < 1e-3);
    }

    #[test]
    fn refuses_rows_of_another_width() {
        let (mut index, _) = index();
        let narrow = MultiVector::new(vec![1.0, 0.0], 2).unwrap();
        assert!(index.push("narrow", &narrow).is_err());
        assert_eq!(index.len(), 3);
        assert!(index.search(&narrow, None, 1).is_err());
    }
}
