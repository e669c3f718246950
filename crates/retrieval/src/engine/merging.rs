//! Merging segments: fewer files, and the room of removed documents free again. Codes are copied as they are; nothing is trained or encoded anew.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use super::EngineError;
use super::index::{Index, SEGMENT_ROWS};
use super::segment::{Batch, MOST_DOCUMENTS};
use super::snapshot::LiveSegment;

/// So many segments of about a size become one.
const FANOUT: usize = 8;
/// A segment with more of its documents removed than one in so many is written anew.
const REMOVED_SHARE: usize = 4;

impl Index {
    /// Merges segments until no eight are of about a size and none has much removed. Searches, additions and removals go on meanwhile.
    /// Returns how many segments there were less afterwards.
    pub fn merge(&self) -> Result<usize, EngineError> {
        let _one_at_a_time = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.reader().segments();
        while let Some(chosen) = choose(&self.snapshot().segments) {
            self.merge_these(&chosen)?;
        }
        Ok(before.saturating_sub(self.reader().segments()))
    }

    /// [`Index::merge`] in a thread of its own.
    pub fn merge_in_background(self: &Arc<Self>) -> JoinHandle<Result<usize, EngineError>> {
        let index = self.clone();
        std::thread::spawn(move || index.merge())
    }

    fn merge_these(&self, chosen: &[LiveSegment]) -> Result<(), EngineError> {
        let book = self.codebook();
        let mut batch = Batch::default();
        for LiveSegment { segment, removed, .. } in chosen {
            // Copied only when it is sound: a merge must not give an altered part a sum that fits.
            segment.verify().map_err(|reason| EngineError::Damaged { path: segment.path().to_owned(), reason })?;
            for document in (0..segment.len()).filter(|&d| !removed.has(d)) {
                let (Some(id), Some(rows), Some(note)) =
                    (segment.id(document), segment.coded(document), segment.note(document))
                else {
                    let reason = "its documents do not share out its rows".to_owned();
                    return Err(EngineError::Damaged { path: segment.path().to_owned(), reason });
                };
                batch.push_coded(id, note, rows);
            }
        }
        let numbers: HashSet<u64> = chosen.iter().map(|c| c.number).collect();
        if batch.ids().is_empty() {
            return self.commit(|segments| segments.retain(|s| !numbers.contains(&s.number)));
        }
        let mut merged = self.write_segment(&batch, &book)?;
        self.commit(|segments| {
            // What was removed or replaced since the merge began is so in the merged segment too.
            for id in batch.ids() {
                let still = segments.iter().filter(|s| numbers.contains(&s.number)).any(|s| s.find(*id).is_some());
                if let Some(document) = merged.segment.find(*id).filter(|_| !still) {
                    merged.removed.insert(document);
                }
            }
            let place = segments.iter().position(|s| numbers.contains(&s.number)).unwrap_or(segments.len());
            segments.retain(|s| !numbers.contains(&s.number));
            segments.insert(place.min(segments.len()), merged);
        })
    }
}

/// Segments that should become one, if any.
fn choose(segments: &[LiveSegment]) -> Option<Vec<LiveSegment>> {
    if let Some(hollow) = segments.iter().find(|s| s.removed.len() * REMOVED_SHARE > s.segment.len()) {
        return Some(vec![hollow.clone()]);
    }
    let mut by_size: Vec<&LiveSegment> = segments.iter().collect();
    by_size.sort_by_key(|s| s.segment.row_count());
    // The smallest ones are of one kind: each is at most as large as all the smaller ones together, times the fan-out.
    let (mut rows, mut documents, mut chosen) = (0, 0, Vec::new());
    for segment in by_size {
        let size = segment.segment.row_count();
        let fits = rows + size <= SEGMENT_ROWS && documents + segment.live() <= MOST_DOCUMENTS;
        if !fits || chosen.len() >= FANOUT && size > rows {
            break;
        }
        (rows, documents) = (rows + size, documents + segment.live());
        chosen.push(segment.clone());
    }
    (chosen.len() >= FANOUT).then_some(chosen)
}
