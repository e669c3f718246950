//! MediaWiki's XML dumps: `.xml`, `.xml.bz2`, and multistream dumps with or without their index.
//!
//! The dump is read in pieces that are unpacked side by side, cut into pages, and the pages are read side by side; what comes out is in the dump's order all the same. At most sixteen pieces are
//! in memory at a time, so a dump of any size takes a few hundred megabytes at the very most. What is damaged is skipped and counted.

mod bzip2_blocks;
mod chunks;
mod index;
mod splitter;
mod xml;

use std::collections::VecDeque;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use xml::RawPage;

use chunks::{Chunks, Kind};
use splitter::{Piece, Place, Splitter};

use crate::subject::{CategoryTree, Selection};
use crate::wikitext::{self, Namespaces};
use crate::{
    Fragment, Page, PageReader, Position, Progress, Provenance, Result, SourceError, SourceProblem, fragment_id,
};

/// The wiki that a dump is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The wiki's name: `Wikipedia`.
    pub name: String,
    /// The name of its database, which no other wiki of its family has: `enwiki`.
    pub key: String,
    /// What titles are appended to.
    pub base: Option<String>,
    /// The language of its pages.
    pub language: Option<String>,
    /// The words before its titles.
    pub namespaces: Namespaces,
}

impl Site {
    /// What people call it: with the language, for there are many Wikipedias.
    fn source(&self) -> String {
        match &self.language {
            Some(language) => format!("{} ({language})", self.name),
            None => self.name.clone(),
        }
    }

    /// The licence of the texts where the wiki is one of those whose licence is known.
    fn licence(&self) -> Option<String> {
        const SHARED_ALIKE: [&str; 8] = [
            "wikipedia.org",
            "wiktionary.org",
            "wikibooks.org",
            "wikiquote.org",
            "wikisource.org",
            "wikiversity.org",
            "wikivoyage.org",
            "commons.wikimedia.org",
        ];
        let host = self.base.as_deref()?.split("://").nth(1)?.split('/').next()?;
        let is_known = SHARED_ALIKE
            .iter()
            .any(|known| host.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.')));
        is_known.then(|| "CC BY-SA 4.0".to_owned())
    }

    fn address(&self, title: &str) -> Option<String> {
        let mut address = self.base.clone()?;
        for byte in title.bytes() {
            match byte {
                b' ' => address.push('_'),
                b'A'..=b'Z'
                | b'a'..=b'z'
                | b'0'..=b'9'
                | b'-'
                | b'_'
                | b'.'
                | b'~'
                | b'('
                | b')'
                | b','
                | b':'
                | b'/'
                | b'\'' => {
                    address.push(byte.into());
                }
                _ => address.push_str(&format!("%{byte:02X}")),
            }
        }
        Some(address)
    }
}

/// What a reader of a dump has met with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pages that were given.
    pub pages: u64,
    /// Fragments of these pages.
    pub fragments: u64,
    /// Pages that only lead to another.
    pub redirects: u64,
    /// Pages that are no articles.
    pub other_namespaces: u64,
    /// Articles that are not of the subject.
    pub other_subjects: u64,
    /// What could not be read.
    pub problems: u64,
}

/// A dump that is there and is one.
#[derive(Debug, Clone)]
pub struct Dump {
    file: PathBuf,
    kind: Kind,
    length: u64,
    site: Site,
    index: Option<PathBuf>,
    licence: Option<String>,
}

/// The head of a dump stands within its first pieces.
const LONGEST_HEAD: usize = 4 << 20;

impl Dump {
    /// Opens a dump and reads its head.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no dump.
    pub fn open(file: &Path) -> Result<Self> {
        let length = fs::metadata(file).map_err(|cause| SourceError::file(file, cause))?.len();
        let kind = Chunks::kind(file)?;
        let mut head = Vec::new();
        let all = 0..length;
        let mut chunks = Chunks::open(file, kind, length, std::slice::from_ref(&all), 0)?;
        let ends = |head: &[u8]| {
            ["</siteinfo>", "<page>"].iter().any(|end| memchr::memmem::find(head, end.as_bytes()).is_some())
        };
        'head: loop {
            let pieces = chunks.next().map_err(|cause| SourceError::file(file, cause))?;
            if pieces.is_empty() {
                break;
            }
            for piece in pieces {
                match piece.content {
                    Ok(content) => head.extend_from_slice(&content),
                    // Of the rest the reader will tell.
                    Err(_) if !head.is_empty() => break 'head,
                    Err(reason) => {
                        let reason = format!("the file is damaged ({reason}); download it again");
                        return Err(SourceError::broken(file, "at its beginning", reason));
                    }
                }
                if head.len() > LONGEST_HEAD || ends(&head) {
                    break 'head;
                }
            }
        }
        let head = String::from_utf8_lossy(&head);
        if !head.contains("<mediawiki") {
            let reason =
                "it does not begin with <mediawiki>; dumps of Wikipedia are called …-pages-articles.xml.bz2".to_owned();
            return Err(SourceError::OtherKind { file: file.to_path_buf(), wanted: "a MediaWiki dump", reason });
        }
        let stem = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let site = xml::read_site(&head, stem.split('.').next().unwrap_or_default());
        let licence = site.licence();
        Ok(Self { file: file.to_path_buf(), kind, length, site, index: None, licence })
    }

    /// With the index that belongs to a multistream dump: titles are then found without reading the rest.
    pub fn with_index(mut self, index: &Path) -> Self {
        self.index = Some(index.to_path_buf());
        self
    }

    /// With the licence of the texts, where the person who brings the dump knows it better.
    pub fn with_licence(mut self, licence: &str) -> Self {
        self.licence = Some(licence.to_owned());
        self
    }

    /// The wiki.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Reads the pages of a selection from the beginning.
    ///
    /// # Errors
    ///
    /// The dump or its index cannot be read.
    pub fn read(&self, selection: Selection) -> Result<DumpReader> {
        self.read_at(selection, Place { chunk: 0, pages: 0 })
    }

    /// Reads on from a position that a reader of the same dump gave.
    ///
    /// # Errors
    ///
    /// The dump or its index cannot be read, or the position is not one of this dump.
    pub fn read_from(&self, selection: Selection, position: &Position) -> Result<DumpReader> {
        let place = self.place(position).map_err(|reason| SourceError::NoSuchPosition {
            file: self.file.clone(),
            position: position.0.clone(),
            reason: reason.to_owned(),
        })?;
        self.read_at(selection, place)
    }

    fn read_at(&self, selection: Selection, place: Place) -> Result<DumpReader> {
        let wanted = |title: &str| selection.may_take_title(title);
        let ranges = if selection.is_by_title() { self.ranges(wanted)? } else { self.whole() };
        Ok(DumpReader {
            pieces: Pieces::open(self, &ranges, place)?,
            dump: self.clone(),
            selection,
            ready: VecDeque::new(),
            place,
            counts: Counts::default(),
        })
    }

    /// Which categories are within which, from the dump's category pages. With an index only these are read.
    ///
    /// What is damaged is left out: reading the pages will report it.
    ///
    /// # Errors
    ///
    /// The dump or its index cannot be read.
    pub fn categories(&self) -> Result<CategoryTree> {
        let ranges = self.ranges(|title| self.site.namespaces.category(title).is_some())?;
        let mut pieces = Pieces::open(self, &ranges, Place { chunk: 0, pages: 0 })?;
        let mut tree = CategoryTree::default();
        loop {
            let batch = pieces.next().map_err(|cause| SourceError::file(&self.file, cause))?;
            if batch.is_empty() {
                return Ok(tree);
            }
            let found: Vec<(String, Vec<String>)> = batch
                .par_iter()
                .filter_map(|(piece, _)| {
                    let xml = piece.content.as_ref().ok()?;
                    // Most pages are articles, and need not be read.
                    memchr::memmem::find(&xml[..xml.len().min(2000)], b"<ns>14</ns>")?;
                    let page = xml::read_page(xml).ok()?;
                    let name = self.site.namespaces.category(&page.title)?;
                    Some((name, self.site.namespaces.categories_of(&page.text)))
                })
                .collect();
            for (name, parents) in found {
                tree.add(&name, &parents);
            }
        }
    }

    fn whole(&self) -> Vec<Range<u64>> {
        let all = 0..self.length;
        vec![all]
    }

    fn ranges(&self, wants: impl FnMut(&str) -> bool) -> Result<Vec<Range<u64>>> {
        match (&self.index, self.kind) {
            (Some(index), Kind::Bzip2) => index::ranges(index, self.length, wants),
            _ => Ok(self.whole()),
        }
    }

    /// `chunk:pages/length`; the length tells another dump from this one.
    fn position(&self, place: Place) -> Position {
        Position(format!("{}:{}/{}", place.chunk, place.pages, self.length))
    }

    fn place(&self, position: &Position) -> Result<Place, &'static str> {
        let parts = position.0.split_once('/').and_then(|(place, length)| {
            let (chunk, pages) = place.split_once(':')?;
            Some((chunk.parse().ok()?, pages.parse().ok()?, length.parse().ok()?))
        });
        let (chunk, pages, length): (u64, u64, u64) = parts.ok_or("that is no position in a dump")?;
        let end = if self.kind == Kind::Bzip2 { self.length.saturating_mul(8) } else { self.length };
        match (length == self.length, chunk <= end) {
            (true, true) => Ok(Place { chunk, pages }),
            (false, _) => Err("it belongs to a dump of another size"),
            (true, false) => Err("it lies behind the file's end"),
        }
    }

    fn page(&self, raw: &RawPage, categories: Vec<String>) -> Page {
        let provenance = Provenance {
            source: self.site.source(),
            licence: self.licence.clone(),
            address: self.site.address(&raw.title),
            language: self.site.language.clone(),
            revision: Some(raw.revision.clone()).filter(|revision| !revision.is_empty()),
            date: Some(raw.timestamp.clone()).filter(|date| !date.is_empty()),
        };
        let paragraphs = wikitext::paragraphs(&raw.text, &raw.title, &self.site.namespaces);
        let fragments = paragraphs
            .into_iter()
            .enumerate()
            .map(|(ordinal, paragraph)| Fragment {
                id: fragment_id(&self.site.key, &raw.id, ordinal),
                title: raw.title.clone(),
                section: paragraph.section,
                text: paragraph.text,
                links: paragraph.links,
                images: paragraph.images,
                provenance: provenance.clone(),
            })
            .collect();
        Page { id: raw.id.clone(), title: raw.title.clone(), categories, fragments, provenance }
    }
}

/// The dump's pages as XML, some at a time, each with the bytes that are done with after it.
struct Pieces {
    chunks: Chunks,
    splitter: Splitter,
    has_ended: bool,
    bytes_done: u64,
}

impl Pieces {
    fn open(dump: &Dump, ranges: &[Range<u64>], place: Place) -> Result<Self> {
        let chunks = Chunks::open(&dump.file, dump.kind, dump.length, ranges, place.chunk)?;
        let bytes_done = if dump.kind == Kind::Bzip2 { place.chunk / 8 } else { place.chunk };
        Ok(Self { chunks, splitter: Splitter::new(place.pages), has_ended: false, bytes_done })
    }

    /// The next pages; none at the end.
    fn next(&mut self) -> std::io::Result<Vec<(Piece, u64)>> {
        let mut pieces = Vec::new();
        while pieces.is_empty() && !self.has_ended {
            let chunks = self.chunks.next()?;
            if chunks.is_empty() {
                self.has_ended = true;
                pieces.extend(self.splitter.finish().into_iter().map(|piece| (piece, self.bytes_done)));
            }
            for chunk in chunks {
                self.bytes_done = chunk.bytes_done;
                pieces.extend(self.splitter.push(&chunk).into_iter().map(|piece| (piece, chunk.bytes_done)));
            }
        }
        Ok(pieces)
    }
}

/// What became of a page.
enum Outcome {
    Page(Box<Page>),
    Redirect,
    OtherNamespace,
    OtherSubject,
    Problem(SourceProblem),
}

/// Streams a dump's articles: neither redirects nor other namespaces, and only those of the selection.
pub struct DumpReader {
    dump: Dump,
    selection: Selection,
    pieces: Pieces,
    ready: VecDeque<(Outcome, Place, u64)>,
    place: Place,
    counts: Counts,
}

impl DumpReader {
    /// What was met with so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn outcome(&self, piece: &Piece) -> Outcome {
        let problem = |place: String, reason: &str| {
            Outcome::Problem(SourceProblem::skipped(SourceError::broken(&self.dump.file, place, reason)))
        };
        let xml = match &piece.content {
            Ok(xml) => xml,
            Err(reason) => {
                let unit = if self.dump.kind == Kind::Bzip2 { piece.after.chunk / 8 } else { piece.after.chunk };
                return problem(
                    format!("about byte {unit}"),
                    &format!("{reason}; the pages there are left out, download the dump again to have them"),
                );
            }
        };
        let raw = match xml::read_page(xml) {
            Ok(raw) => raw,
            Err(reason) => {
                let start = String::from_utf8_lossy(&xml[..xml.len().min(400)]).into_owned();
                let title = start
                    .split_once("<title>")
                    .and_then(|(_, rest)| rest.split_once("</title>"))
                    .map_or("without a title", |(title, _)| title);
                return problem(format!("page “{title}”"), &format!("{reason}; it was skipped"));
            }
        };
        if raw.namespace != 0 {
            return Outcome::OtherNamespace;
        }
        if raw.is_redirect {
            return Outcome::Redirect;
        }
        if !raw.model.is_empty() && raw.model != "wikitext" {
            return Outcome::OtherNamespace;
        }
        let categories = self.dump.site.namespaces.categories_of(&raw.text);
        if !self.selection.takes(&raw.title, &categories, &raw.text) {
            return Outcome::OtherSubject;
        }
        Outcome::Page(Box::new(self.dump.page(&raw, categories)))
    }
}

impl Iterator for DumpReader {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some((outcome, place, _)) = self.ready.pop_front() {
                self.place = place;
                match outcome {
                    Outcome::Page(page) => {
                        self.counts.pages += 1;
                        self.counts.fragments += page.fragments.len() as u64;
                        return Some(Ok(*page));
                    }
                    Outcome::Problem(problem) => {
                        self.counts.problems += 1;
                        return Some(Err(problem));
                    }
                    Outcome::Redirect => self.counts.redirects += 1,
                    Outcome::OtherNamespace => self.counts.other_namespaces += 1,
                    Outcome::OtherSubject => self.counts.other_subjects += 1,
                }
            }
            let pieces = match self.pieces.next() {
                Ok(pieces) if pieces.is_empty() => return None,
                Ok(pieces) => pieces,
                Err(cause) => {
                    self.pieces.has_ended = true;
                    self.counts.problems += 1;
                    return Some(Err(SourceProblem::last(SourceError::file(&self.dump.file, cause))));
                }
            };
            let this = &*self;
            let outcomes: Vec<_> =
                pieces.par_iter().map(|(piece, done)| (this.outcome(piece), piece.after, *done)).collect();
            self.ready.extend(outcomes);
        }
    }
}

impl PageReader for DumpReader {
    fn reached(&self) -> Position {
        self.dump.position(self.place)
    }

    fn progress(&self) -> Progress {
        let bytes_done = self.ready.front().map_or(self.pieces.bytes_done, |(_, _, done)| *done);
        Progress { bytes_done, bytes_total: self.dump.length }
    }
}
