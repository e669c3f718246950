//! Works of the library that look alike, by late interaction between the rows of their scans.

use std::{
    collections::HashSet,
    sync::{MutexGuard, PoisonError},
};

use vitrine_catalogue::{ImageRows, WorkId};
use vitrine_retrieval::{ExactIndex, MultiVector};

use crate::{Workbench, WorkbenchError, view::SimilarWork};

/// The rows of every work that the loaded pack has seen, kept in memory: some 8 KB a work.
pub(crate) struct SimilarityIndex {
    index: ExactIndex,
    works: HashSet<WorkId>,
    /// How many of a work's rows are compared.
    rows: usize,
}

impl SimilarityIndex {
    fn add(&mut self, work: WorkId, rows: &MultiVector) -> Result<(), WorkbenchError> {
        if self.works.insert(work) {
            self.index
                .push(work.to_string(), &rows.first(self.rows))
                .map_err(|_| WorkbenchError::Rows { work: work.0 })?;
        }
        Ok(())
    }

    /// The works nearest to `rows`, nearest first, with the mean cosine of the best-matching rows.
    fn nearest(&self, rows: &MultiVector, but: WorkId, k: usize) -> Result<Vec<(WorkId, f32)>, WorkbenchError> {
        let hits =
            self.index.search(&rows.first(self.rows), None, k + 1).map_err(|_| WorkbenchError::Rows { work: but.0 })?;
        let works = hits.iter().filter_map(|hit| Some((WorkId(hit.id.parse().ok()?), hit.mean)));
        Ok(works.filter(|(work, _)| *work != but).take(k).collect())
    }
}

impl Workbench {
    /// The `k` works that look most like `work`, most alike first. None before its scan has been looked at.
    pub fn similar(&self, work: i64, k: usize) -> Result<Vec<SimilarWork>, WorkbenchError> {
        let nearest = self.nearest(WorkId(work), k)?;
        let near = self.near(WorkId(work))?;
        let similar = nearest.into_iter().map(|(other, score)| {
            Ok(SimilarWork { card: self.card(other)?, score, nearly_same: near.contains(&other) })
        });
        similar.collect()
    }

    pub(crate) fn nearest(&self, work: WorkId, k: usize) -> Result<Vec<(WorkId, f32)>, WorkbenchError> {
        let Some(rows) = self.rows(work)? else { return Ok(Vec::new()) };
        let mut nearest = self.with_similarity(|index| index.nearest(&rows, work, k))??;
        // The index keeps works whose scans went to another one: undo may bring them back.
        nearest.retain(|(other, _)| self.0.catalogue.work_card(*other).is_ok());
        Ok(nearest)
    }

    /// The rows of a work's first scan, as the loaded pack made them.
    pub(crate) fn rows(&self, work: WorkId) -> Result<Option<MultiVector>, WorkbenchError> {
        let pack = self.pack()?;
        let Some(scan) = self.0.catalogue.scans(work)?.into_iter().next() else { return Ok(None) };
        self.0.catalogue.image_rows(scan.id, &pack.weights_sha256)?.map(multi_vector).transpose()
    }

    /// Makes a work findable; called once its rows are kept.
    pub(crate) fn add_to_similarity(&self, work: WorkId, rows: &MultiVector) -> Result<(), WorkbenchError> {
        // An index that is not loaded yet will read these rows with all others.
        self.similarity().as_mut().map_or(Ok(()), |index| index.add(work, rows))
    }

    fn with_similarity<T>(&self, read: impl FnOnce(&SimilarityIndex) -> T) -> Result<T, WorkbenchError> {
        let pack = self.pack()?;
        let mut guard = self.similarity();
        if let Some(index) = guard.as_ref() {
            return Ok(read(index));
        }
        let retriever = self.models()?.retriever.clone();
        let index = ExactIndex::new(pack.weights_sha256.clone(), "library", retriever.dimension());
        let mut similarity = SimilarityIndex { index, works: HashSet::new(), rows: retriever.rows_for_similarity() };
        let mut failed = None;
        self.0.catalogue.each_image_rows(&pack.weights_sha256, |rows| {
            let work = rows.work;
            let added = multi_vector(rows).and_then(|rows| similarity.add(work, &rows));
            failed = failed.take().or(added.err());
        })?;
        match failed {
            Some(error) => Err(error),
            None => Ok(read(guard.insert(similarity))),
        }
    }

    fn similarity(&self) -> MutexGuard<'_, Option<SimilarityIndex>> {
        self.0.similarity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn multi_vector(rows: ImageRows) -> Result<MultiVector, WorkbenchError> {
    MultiVector::normalised(rows.values, rows.dimension).map_err(|_| WorkbenchError::Rows { work: rows.work.0 })
}
