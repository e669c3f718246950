//! Where pages begin and end in a dump's text.

use super::chunks::Chunk;

/// The `<page>` element of a dump, as bytes of XML; or in words why it was lost.
pub(super) struct Piece {
    pub content: Result<Vec<u8>, String>,
    /// Where reading goes on after it.
    pub after: Place,
}

/// A chunk, and how many pages that begin in it are done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub chunk: u64,
    pub pages: u64,
}

/// A page's XML has at most so many bytes: eight times what MediaWiki lets anyone save.
const LONGEST_PAGE: usize = 16 << 20;
const OPEN: &[u8] = b"<page>";
const CLOSE: &[u8] = b"</page>";

/// Cuts the chunks' text into pages; those that begin in one chunk may end in another.
#[derive(Default)]
pub(super) struct Splitter {
    /// Text that is not yet cut, and where in it each chunk begins.
    text: Vec<u8>,
    chunks: Vec<(usize, u64)>,
    /// Pages that have begun in the last of the chunks above that one has begun in.
    begun: Option<Place>,
    /// The text begins with a page that has not ended so far.
    in_page: bool,
    /// Up to here the text has been looked through.
    seen: usize,
    /// Pages of the first chunk that were done with before.
    skip: u64,
}

impl Splitter {
    /// Leaves out so many pages that begin in the first chunk.
    pub fn new(skip: u64) -> Self {
        Self { skip, ..Self::default() }
    }

    /// Adds a chunk's text and returns the pages that end with it.
    pub fn push(&mut self, chunk: &Chunk) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if chunk.is_apart {
            self.cut(&mut pieces, "its end is missing");
        }
        match &chunk.content {
            Ok(content) => {
                self.chunks.push((self.text.len(), chunk.start));
                self.text.extend_from_slice(content);
                self.split(&mut pieces);
            }
            Err(reason) => {
                self.cut(&mut pieces, "the part of the file that it ends in is damaged");
                // From the bit after its first, the next block is found.
                let after = Place { chunk: chunk.start + 1, pages: 0 };
                self.skip = 0;
                pieces.push(Piece { content: Err(reason.clone()), after });
            }
        }
        pieces
    }

    /// At the end: a page that has not ended is lost.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.cut(&mut pieces, "the file ends within it; it may not have been downloaded completely");
        pieces
    }

    /// What comes does not belong to what is here.
    fn cut(&mut self, pieces: &mut Vec<Piece>, why: &str) {
        if self.in_page {
            self.lose(pieces, why);
        }
        self.text.clear();
        self.chunks.clear();
        self.in_page = false;
        self.seen = 0;
    }

    fn lose(&mut self, pieces: &mut Vec<Piece>, why: &str) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if let Some(after) = self.begun {
            pieces.push(Piece { content: Err(format!("a page was skipped: {why}")), after });
        }
        self.in_page = false;
    }

    fn split(&mut self, pieces: &mut Vec<Piece>) {
        let mut start = 0;
        let mut at = self.seen;
        loop {
            if !self.in_page {
                let Some(found) = memchr::memmem::find(&self.text[at..], OPEN) else {
                    // A tag may be cut in two.
                    start = start.max(self.text.len().saturating_sub(OPEN.len() - 1)).max(at.min(self.text.len()));
                    break;
                };
                start = at + found;
                at = start + OPEN.len();
                self.begin(start);
            }
            let Some(end) = memchr::memmem::find(&self.text[at..], CLOSE).map(|found| at + found + CLOSE.len()) else {
                if self.text.len() - start > LONGEST_PAGE {
                    let why = format!("it has more than {} MB", LONGEST_PAGE >> 20);
                    self.lose(pieces, &why);
                    at = self.text.len().saturating_sub(OPEN.len() - 1).max(at);
                    start = at;
                }
                break;
            };
            // After a damaged part others may begin before this one has ended.
            if let Some(other) = memchr::memmem::rfind(&self.text[start + OPEN.len()..end], OPEN) {
                self.lose(pieces, "its end is missing");
                start += OPEN.len() + other;
                self.begin(start);
            }
            self.in_page = false;
            if self.skip > 0 {
                self.skip -= 1;
            } else if let Some(after) = self.begun {
                pieces.push(Piece { content: Ok(self.text[start..end].to_vec()), after });
            }
            (start, at) = (end, end);
        }
        self.drop_before(start);
        self.seen = self.text.len().saturating_sub(CLOSE.len() - 1).max(at.saturating_sub(start).min(self.text.len()));
        if !self.in_page {
            self.seen = 0;
        }
    }

    /// A page begins at this byte of the text.
    fn begin(&mut self, start: usize) {
        self.in_page = true;
        let chunk = self.chunks.iter().rev().find(|(from, _)| *from <= start).map_or(0, |(_, chunk)| *chunk);
        let pages = match self.begun {
            Some(place) if place.chunk == chunk => place.pages + 1,
            _ => 1,
        };
        self.begun = Some(Place { chunk, pages });
    }

    fn drop_before(&mut self, start: usize) {
        self.text.drain(..start);
        let first = self.chunks.iter().rposition(|(from, _)| *from <= start).unwrap_or(0);
        self.chunks.drain(..first);
        for (from, _) in &mut self.chunks {
            *from = from.saturating_sub(start);
        }
    }
}
