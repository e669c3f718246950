//! What can be done with a collection of multi-vectors wherever it is kept: in a folder of this machine ([`Index`], the usual way), or on a server that
//! institutions share (`QdrantStore`, with the feature `qdrant`).

use crate::{Document, EngineError, Index, MultiVector, RowMatch, SearchError, Wanted};

/// A document that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Its id.
    pub id: u64,
    /// MaxSim as the store knows the rows, weighted where weights were given.
    pub score: f32,
    /// The score over the number of query rows, or over the sum of their weights.
    pub mean: f32,
}

/// Why a store cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The index in a folder cannot.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The query does not fit.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A document's rows are of another width than the store's.
    #[error(
        "the document {id} has rows of {rows} numbers, the collection of {store}: they were made by different models"
    )]
    Width {
        /// Its id.
        id: u64,
        /// The width of its rows.
        rows: usize,
        /// The width of the store's rows.
        store: usize,
    },
    /// A server did not do what it was asked.
    #[error("the server at {address} could not {what}: {reason}; check that it runs, its address and the key")]
    Server {
        /// Where it is.
        address: String,
        /// What was asked.
        what: &'static str,
        /// What it, or the way there, said.
        reason: String,
    },
    /// A collection on a server holds something else.
    #[error(
        "the collection {collection} at {address} is of another kind: {reason}; choose another name, or remove it there"
    )]
    Collection {
        /// Where the server is.
        address: String,
        /// The collection.
        collection: String,
        /// What is different.
        reason: String,
    },
}

/// A collection of multi-vectors, of rows of one width.
pub trait Store: Send + Sync {
    /// The width of the rows.
    fn dimension(&self) -> usize;

    /// How many documents there are.
    fn count(&self) -> Result<u64, StoreError>;

    /// Adds documents; those whose ids are already there are replaced. On return they are kept.
    fn add(&self, documents: &[Document]) -> Result<(), StoreError>;

    /// Removes documents; ids that are not there are passed over. Returns how many there were.
    fn remove(&self, ids: &[u64]) -> Result<usize, StoreError>;

    /// The rows of a document as the store has them; `None` without such a document.
    fn rows(&self, id: u64) -> Result<Option<MultiVector>, StoreError>;

    /// The bytes kept beside a document; `None` without such a document.
    fn note(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The `k` documents among `wanted` with the highest MaxSim, best first. `weights`, one a query row and none negative, say how much each row's best match counts.
    fn search(
        &self,
        query: &MultiVector,
        weights: Option<&[f32]>,
        k: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Scored>, StoreError>;

    /// For every query row the row of the document that it matches best; `None` without such a document.
    fn explain(&self, query: &MultiVector, id: u64) -> Result<Option<Vec<RowMatch>>, StoreError> {
        self.rows(id)?.map(|rows| crate::match_rows(query, &rows)).transpose().map_err(StoreError::from)
    }
}

impl Store for Index {
    fn dimension(&self) -> usize {
        Self::dimension(self)
    }

    fn count(&self) -> Result<u64, StoreError> {
        Ok(self.reader().len() as u64)
    }

    fn add(&self, documents: &[Document]) -> Result<(), StoreError> {
        Ok(Self::add(self, documents)?)
    }

    fn remove(&self, ids: &[u64]) -> Result<usize, StoreError> {
        Ok(Self::remove(self, ids)?)
    }

    fn rows(&self, id: u64) -> Result<Option<MultiVector>, StoreError> {
        Ok(self.reader().rows(id)?)
    }

    fn note(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.reader().note(id).map(<[u8]>::to_vec))
    }

    fn search(
        &self,
        query: &MultiVector,
        weights: Option<&[f32]>,
        k: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Scored>, StoreError> {
        let hits = self.reader().search_with(query, weights, k, wanted, &crate::SearchOptions::default())?;
        Ok(hits.into_iter().map(|h| Scored { id: h.id, score: h.score, mean: h.mean }).collect())
    }
}
