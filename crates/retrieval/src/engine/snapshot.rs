//! What an index held at one moment. Readers keep it for as long as they like; writers make the next one beside it.

use std::sync::Arc;

use super::segment::Segment;
use crate::codebook::Codebook;

/// A set of documents of one segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bits(Vec<u8>);

impl Bits {
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    pub(crate) fn has(&self, at: usize) -> bool {
        self.0.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }

    pub(crate) fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 8 {
            self.0.resize(at / 8 + 1, 0);
        }
        self.0[at / 8] |= 1 << (at % 8);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|b| b.count_ones() as usize).sum()
    }
}

/// A segment, and which of its documents were removed.
#[derive(Debug, Clone)]
pub(crate) struct LiveSegment {
    pub(crate) number: u64,
    pub(crate) segment: Arc<Segment>,
    pub(crate) removed: Bits,
}

impl LiveSegment {
    /// Where a document stands that was not removed.
    pub(crate) fn find(&self, id: u64) -> Option<usize> {
        self.segment.find(id).filter(|&document| !self.removed.has(document))
    }

    pub(crate) fn live(&self) -> usize {
        self.segment.len() - self.removed.len().min(self.segment.len())
    }
}

/// All segments at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) book: Arc<Codebook>,
    pub(crate) label: String,
    pub(crate) segments: Vec<LiveSegment>,
}

impl Snapshot {
    /// Segment and place of a document.
    pub(crate) fn find(&self, id: u64) -> Option<(usize, usize)> {
        self.segments.iter().enumerate().rev().find_map(|(number, segment)| Some((number, segment.find(id)?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.segments.iter().map(LiveSegment::live).sum()
    }

    pub(crate) fn rows(&self) -> u64 {
        self.segments.iter().map(|s| s.segment.row_count() as u64).sum()
    }
}
