//! Making the index of the fragments, or opening the one that is there.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use vitrine_inference::{PackIdentity, Retriever, TextRows};
use vitrine_retrieval::ExactIndex;

use crate::{Fragment, KnowledgeError};

/// Changes when the same text and pack would give another index.
const RECIPE: &str = "title and paragraph, 1";
/// Stands for a row that belongs to no word of the paragraph.
const NOWHERE: u32 = u32::MAX;

/// The title goes before the paragraph, so that the rows of every paragraph know what it speaks about.
pub(crate) fn text_to_index(title: &str, text: &str) -> (String, usize) {
    let prefix = format!("{title}. ");
    let offset = prefix.len();
    (prefix + text, offset)
}

pub(crate) fn pack_name(pack: &PackIdentity) -> String {
    format!("{} {} {}", pack.id, pack.version, pack.weights_sha256)
}

/// A hash of all that goes into the index.
fn hash(fragments: &[Arc<Fragment>]) -> String {
    let mut hash = Sha256::new();
    for text in fragments.iter().flat_map(|f| [f.id.as_str(), &f.title, &f.text]).chain([RECIPE]) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn open_or_build_index(
    fragments: &[Arc<Fragment>],
    file: &Path,
    retriever: &dyn Retriever,
    progress: &(dyn Fn(u64, u64) + Sync),
    cancel: &AtomicBool,
) -> Result<ExactIndex, KnowledgeError> {
    let (pack, origin) = (pack_name(retriever.pack()), hash(fragments));
    // An index that cannot be opened is made again: it holds nothing that the articles do not.
    if let Ok(index) = ExactIndex::open(file)
        && index.pack() == pack
        && index.origin() == origin
        && index.dimension() == retriever.dimension()
        && index.len() == fragments.len()
    {
        return Ok(index);
    }
    let all = fragments.len() as u64;
    let done = AtomicU64::new(0);
    progress(0, all);
    let rows: Vec<TextRows> = fragments
        .par_iter()
        .with_max_len(1)
        .map(|fragment| {
            if cancel.load(Ordering::Relaxed) {
                return Err(KnowledgeError::Cancelled);
            }
            let rows = retriever.embed_passage(&text_to_index(&fragment.title, &fragment.text).0)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
            Ok(rows)
        })
        .collect::<Result<_, _>>()?;
    let mut index = ExactIndex::new(pack, origin, retriever.dimension());
    for (fragment, TextRows { rows, spans }) in fragments.iter().zip(&rows) {
        let offset = text_to_index(&fragment.title, &fragment.text).1;
        index.push_with_note(fragment.id.as_str(), note_from_spans(spans, offset), rows)?;
    }
    index.save(file)?;
    Ok(index)
}

/// Where in the paragraph the rows stand, as start and end (u32, little-endian) a row.
pub(crate) fn note_from_spans(spans: &[Option<Range<usize>>], offset: usize) -> Vec<u8> {
    let inside = |span: &Range<usize>| {
        let start = u32::try_from(span.start.checked_sub(offset)?).ok()?;
        Some((start, u32::try_from(span.end - offset).ok()?))
    };
    spans
        .iter()
        .flat_map(|span| {
            let (start, end) = span.as_ref().and_then(inside).unwrap_or((NOWHERE, NOWHERE));
            [start.to_le_bytes(), end.to_le_bytes()].concat()
        })
        .collect()
}

/// The bytes of `text` that row `row` stands for, as [`note_from_spans`] noted them.
pub(crate) fn span_in_note(note: &[u8], row: usize, text: &str) -> Option<Range<usize>> {
    let at = |place: usize| -> Option<u32> {
        let bytes = note.get(place * 4..place * 4 + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let (start, end) = (at(2 * row)?, at(2 * row + 1)?);
    let span = start as usize..end as usize;
    (start != NOWHERE && text.get(span.clone()).is_some_and(|t| !t.is_empty())).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_keep_the_places_of_rows_and_leave_out_the_title() {
        let text = "Pastel colours";
        let note = note_from_spans(&[None, Some(0..6), Some(8..14), Some(15..22)], 8);
        let spans: Vec<_> = (0..5).map(|row| span_in_note(&note, row, text)).collect();
        assert_eq!(spans, [None, None, Some(0..6), Some(7..14), None]);
        assert_eq!(span_in_note(&note, 3, "é"), None, "a note of another text is no panic");
    }
}
