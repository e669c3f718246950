//! Making what was read findable: rows of each fragment into the collection's index.

use std::fs;
use std::sync::Arc;

use rayon::prelude::*;
use vitrine_inference::{Retriever, TextRows};
use vitrine_retrieval::{Codebook, CodebookOptions, Document, EngineError, Index};

use super::{Collection, INDEX};
use crate::KnowledgeError;
use crate::indexing::{note_from_spans, pack_name, text_to_index};

/// Fragments that are written together: some seconds of work on a laptop, which a crash may cost.
const FRAGMENTS_AT_ONCE: usize = 256;
/// Fragments that are embedded before the next look at who else wants the machine: about a second.
const FRAGMENTS_A_LOOK: usize = 32;
/// Fragments that the codes are learnt from; the engine asks for forty rows a centroid, and a fragment has about a hundred.
const SAMPLE: usize = 2000;

/// How far indexing has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexingProgress {
    /// Fragments that can be found.
    pub done: u64,
    /// Fragments that are there.
    pub all: u64,
}

impl Collection {
    /// Brings the index up to what was read. `watch` hears of the progress, at the beginning and after about every second of work, may take its time, and stops by returning false: what is done by then
    /// stays, except for the first two thousand fragments, which the codes are learnt from; the next call goes on. An index of another pack is made anew. Whether it is complete.
    pub fn index_fragments(
        &self,
        retriever: &dyn Retriever,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let all = self.store().fragments()?;
        let folder = self.folder.join(INDEX);
        let label = pack_name(retriever.pack());
        let open = || match Index::open_for_writing(&folder) {
            Ok(index) if index.label() == label && index.dimension() == retriever.dimension() => Ok(Some(index)),
            Ok(_) | Err(EngineError::Missing { .. } | EngineError::Read { .. } | EngineError::Damaged { .. }) => {
                Ok(None)
            }
            Err(other) => Err(other),
        };
        let index = match open()? {
            Some(index) => index,
            None if all == 0 => return Ok(true),
            None => {
                self.set_index(None);
                if !watch(IndexingProgress { done: 0, all }) {
                    return Ok(false);
                }
                if folder.exists() {
                    let write = |source| KnowledgeError::Write { path: folder.clone(), source };
                    fs::remove_dir_all(&folder).map_err(write)?;
                }
                let sample = self.store().sample(all / SAMPLE as u64 + 1, SAMPLE)?;
                let mut documents = Vec::new();
                for some in sample.chunks(FRAGMENTS_A_LOOK) {
                    documents.extend(embed(some, retriever)?);
                    if !watch(IndexingProgress { done: documents.len() as u64, all }) {
                        return Ok(false);
                    }
                }
                let rows: u64 = documents.iter().map(|document| document.rows.len() as u64).sum();
                let rows = rows * all / (sample.len() as u64).max(1);
                let sample: Vec<_> = documents.iter().map(|document| document.rows.clone()).collect();
                let Some(book) = Codebook::train(&sample, &CodebookOptions::for_rows(rows)) else { return Ok(true) };
                let index = Index::create(&folder, &book, &label)?;
                index.add(&documents)?;
                index
            }
        };
        let index = Arc::new(index);
        self.set_index(Some(index.clone()));
        let complete = self.catch_up(&index, retriever, all, watch);
        // Others may write to it again.
        self.set_index(None);
        drop(index);
        self.set_index(Some(Arc::new(Index::open(&folder)?)));
        complete
    }

    fn catch_up(
        &self,
        index: &Arc<Index>,
        retriever: &dyn Retriever,
        all: u64,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let removed = self.store().removed()?;
        if !removed.is_empty() {
            index.remove(&removed)?;
            self.store().forget(&removed)?;
        }
        let mut after = 0;
        loop {
            let done = index.reader().len() as u64;
            if !watch(IndexingProgress { done, all }) {
                return Ok(false);
            }
            let reader = index.reader();
            let mut lacking = Vec::new();
            while lacking.len() < FRAGMENTS_AT_ONCE {
                let next = self.store().fragments_after(after, FRAGMENTS_AT_ONCE)?;
                let Some((last, ..)) = next.last() else { break };
                after = *last;
                lacking.extend(next.into_iter().filter(|(number, ..)| !reader.contains(*number)));
            }
            if lacking.is_empty() {
                index.merge()?;
                return Ok(true);
            }
            let mut documents = Vec::new();
            let mut stopped = false;
            for some in lacking.chunks(FRAGMENTS_A_LOOK) {
                // The first look was at the beginning of the loop.
                stopped =
                    !documents.is_empty() && !watch(IndexingProgress { done: done + documents.len() as u64, all });
                if stopped {
                    break;
                }
                documents.extend(embed(some, retriever)?);
            }
            index.add(&documents)?;
            if stopped {
                return Ok(false);
            }
        }
    }
}

/// The fragments (number, title, text) as documents.
fn embed(fragments: &[(u64, String, String)], retriever: &dyn Retriever) -> Result<Vec<Document>, KnowledgeError> {
    let document = |(number, title, text): &(u64, String, String)| {
        let (passage, offset) = text_to_index(title, text);
        let TextRows { rows, spans } = retriever.embed_passage(&passage)?;
        Ok(Document { id: *number, note: note_from_spans(&spans, offset), rows })
    };
    fragments.par_iter().with_max_len(1).map(document).collect()
}
