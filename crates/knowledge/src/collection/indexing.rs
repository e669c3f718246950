//! Making what was read findable: rows of each fragment, or of each fragment's drawn page, into an index of the collection.

use std::fs;
use std::sync::Arc;

use rayon::prelude::*;
use vitrine_inference::{PackIdentity, Retriever, TextRows};
use vitrine_retrieval::{Codebook, CodebookOptions, Document, Index};

use super::drawing::PageDrawer;
use super::{Collection, IndexPlace, MadeOf, is_made_anew};
use crate::KnowledgeError;
use crate::indexing::{note_from_spans, pack_name, text_to_index};

/// How much is done at a time.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Fragments that are written together: some seconds of work on a laptop, which a crash may cost.
    at_once: usize,
    /// Fragments that are embedded before the next look at who else wants the machine: about a second.
    a_look: usize,
    /// Fragments that the codes are learnt from; the engine asks for forty rows a centroid.
    sample: usize,
}

impl Pace {
    fn of(made_of: MadeOf) -> Self {
        match made_of {
            // A fragment has about a hundred rows.
            MadeOf::Texts => Self { at_once: 256, a_look: 32, sample: 2000 },
            // A page has some seven hundred, and takes a large model seconds.
            MadeOf::Pages => Self { at_once: 4, a_look: 1, sample: 48 },
        }
    }
}

/// How far indexing has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexingProgress {
    /// Fragments that can be found.
    pub done: u64,
    /// Fragments that are there.
    pub all: u64,
}

/// A fragment that is to be embedded: number, title, text.
type Listed = (u64, String, String);

/// Embeds some fragments.
type Embed<'a> = &'a mut dyn FnMut(&[Listed]) -> Result<Vec<Document>, KnowledgeError>;

impl Collection {
    /// Brings the index up to what was read. `watch` hears of the progress, at the beginning and after about every second of work, may take its time, and stops by returning false: what is done by then
    /// stays, except for the first two thousand fragments, which the codes are learnt from; the next call goes on. An index of another pack is made anew. Whether it is complete.
    pub fn index_fragments(
        &self,
        retriever: &dyn Retriever,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let mut embed = |listed: &[Listed]| embed_texts(listed, retriever);
        self.bring_up(&self.texts, retriever.pack(), retriever.dimension(), &mut embed, watch)
    }

    /// The same for the fragments as `drawer` draws them, by a retriever that relates images to text. What is lost where it is stopped early are 48 pages at most.
    pub fn index_pages(
        &self,
        retriever: &dyn Retriever,
        drawer: &mut PageDrawer,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let mut embed = |listed: &[Listed]| {
            let mut documents = Vec::with_capacity(listed.len());
            for (number, ..) in listed {
                // What went since it was listed is taken out the next time.
                let Some(fragment) = self.store().fragment(*number)? else { continue };
                let source = self.store().source_of(*number)?;
                let page = drawer.draw(&fragment, source.as_deref());
                documents.push(Document { id: *number, note: Vec::new(), rows: retriever.embed_image(&page)? });
            }
            Ok(documents)
        };
        self.bring_up(&self.pages, retriever.pack(), retriever.dimension(), &mut embed, watch)
    }

    fn bring_up(
        &self,
        place: &IndexPlace,
        pack: &PackIdentity,
        dimension: usize,
        embed: Embed,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let Pace { a_look, sample: most_sampled, .. } = Pace::of(place.made_of);
        let all = self.store().fragments()?;
        let folder = &place.folder;
        let label = pack_name(pack);
        let open = || match Index::open_for_writing(folder) {
            Ok(index) if index.label() == label && index.dimension() == dimension => Ok(Some(index)),
            Ok(_) => Ok(None),
            Err(error) if is_made_anew(&error) => Ok(None),
            Err(other) => Err(other),
        };
        let index = match open()? {
            Some(index) => index,
            None if all == 0 => return Ok(true),
            None => {
                place.set_index(None);
                if !watch(IndexingProgress { done: 0, all }) {
                    return Ok(false);
                }
                if folder.exists() {
                    let write = |source| KnowledgeError::Write { path: folder.clone(), source };
                    fs::remove_dir_all(folder).map_err(write)?;
                }
                let sample = self.store().sample(all / most_sampled as u64 + 1, most_sampled)?;
                let mut documents = Vec::new();
                for some in sample.chunks(a_look) {
                    documents.extend(embed(some)?);
                    if !watch(IndexingProgress { done: documents.len() as u64, all }) {
                        return Ok(false);
                    }
                }
                let rows: u64 = documents.iter().map(|document| document.rows.len() as u64).sum();
                let rows = rows * all / (sample.len() as u64).max(1);
                let sample: Vec<_> = documents.iter().map(|document| document.rows.clone()).collect();
                let Some(book) = Codebook::train(&sample, &CodebookOptions::for_rows(rows)) else { return Ok(true) };
                let index = Index::create(folder, &book, &label)?;
                index.add(&documents)?;
                index
            }
        };
        let index = Arc::new(index);
        place.set_index(Some(index.clone()));
        let complete = self.catch_up(place, &index, embed, all, watch);
        // Others may write to it again.
        place.set_index(None);
        drop(index);
        place.set_index(Some(Arc::new(Index::open(folder)?)));
        complete
    }

    fn catch_up(
        &self,
        place: &IndexPlace,
        index: &Arc<Index>,
        embed: Embed,
        all: u64,
        watch: &mut dyn FnMut(IndexingProgress) -> bool,
    ) -> Result<bool, KnowledgeError> {
        let Pace { at_once, a_look, .. } = Pace::of(place.made_of);
        let removed = self.store().removed(place.made_of)?;
        if !removed.is_empty() {
            index.remove(&removed)?;
            self.store().forget(place.made_of, &removed)?;
        }
        let mut after = 0;
        loop {
            let done = index.reader().len() as u64;
            if !watch(IndexingProgress { done, all }) {
                return Ok(false);
            }
            let reader = index.reader();
            let mut lacking = Vec::new();
            while lacking.len() < at_once {
                let next = self.store().fragments_after(after, at_once)?;
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
            for some in lacking.chunks(a_look) {
                // The first look was at the beginning of the loop.
                stopped =
                    !documents.is_empty() && !watch(IndexingProgress { done: done + documents.len() as u64, all });
                if stopped {
                    break;
                }
                documents.extend(embed(some)?);
            }
            index.add(&documents)?;
            if stopped {
                return Ok(false);
            }
        }
    }
}

/// The fragments as documents.
fn embed_texts(fragments: &[Listed], retriever: &dyn Retriever) -> Result<Vec<Document>, KnowledgeError> {
    let document = |(number, title, text): &Listed| {
        let (passage, offset) = text_to_index(title, text);
        let TextRows { rows, spans } = retriever.embed_passage(&passage)?;
        Ok(Document { id: *number, note: note_from_spans(&spans, offset), rows })
    };
    fragments.par_iter().with_max_len(1).map(document).collect()
}
