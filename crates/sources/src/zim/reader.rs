//! The articles of an archive as pages.

use std::path::Path;

use super::archive::ZimArchive;
use super::entry::Content;
use crate::document::{Block, Document, ShortParagraphs, source_key};
use crate::html::read_html;
use crate::language::two_letters;
use crate::{LinkTarget, Page, PageReader, Position, Progress, Provenance, Result, SourceError, SourceProblem};

/// Articles of an archive. Each costs 12 bytes of memory while the archive is read; all of English Wikipedia are seven million.
const MOST_ARTICLES: usize = 50_000_000;
/// Bytes of an article's HTML.
const MOST_ARTICLE_BYTES: u64 = 16 << 20;
/// Entries whose positions are read together.
const POINTERS: u32 = 4096;
/// The day from which on Wikipedia's text is under version 4.0 of its licence.
const WIKIPEDIA_LICENCE_CHANGED: &str = "2023-06-07";

/// An article's place. Sorted, the articles of a cluster stand together, so that each cluster is decompressed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    cluster: u32,
    blob: u32,
    entry: u32,
}

/// Reads the HTML articles of a ZIM archive in the order in which they lie in the file. Images are named so that [`ZimArchive::image`] finds them.
#[derive(Debug)]
pub struct ZimReader {
    archive: ZimArchive,
    key: String,
    provenance: Provenance,
    is_wikipedia: bool,
    /// Entries that cannot be read; they are told first.
    broken: Vec<u32>,
    articles: Vec<Place>,
    /// How many of `broken` and then of `articles` have been given.
    given: usize,
}

impl ZimReader {
    /// Opens an archive, from its beginning or where an earlier reading stood. `key` is the source's key in the fragments' ids; without one it is the archive's
    /// name for itself, or its file's.
    ///
    /// Goes through the list of all entries, which takes some seconds for an archive of millions.
    pub fn open(path: &Path, key: Option<&str>, from: Option<&Position>) -> Result<Self> {
        let mut archive = ZimArchive::open(path)?;
        let (broken, articles) = list(&mut archive)?;
        let given = match from {
            None => 0,
            Some(position) => given_before(path, &archive, position, broken.len() + articles.len())?,
        };
        let mut metadata = |name: &str| archive.metadata(name).ok().flatten();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = metadata("Name").unwrap_or(stem);
        let creator = metadata("Creator").unwrap_or_default().to_lowercase();
        let is_wikipedia =
            creator.contains("wikipedia") || metadata("Source").is_some_and(|s| s.contains("wikipedia.org"));
        let date = metadata("Date");
        let licence = metadata("License").or_else(|| {
            let old = date.as_deref().is_some_and(|date| date < WIKIPEDIA_LICENCE_CHANGED);
            is_wikipedia.then(|| if old { "CC BY-SA 3.0" } else { "CC BY-SA 4.0" }.to_owned())
        });
        let provenance = Provenance {
            source: metadata("Title").unwrap_or_else(|| name.clone()),
            licence,
            address: None,
            language: metadata("Language").and_then(|code| code.split(',').next().map(two_letters)),
            revision: None,
            date,
        };
        let key = source_key(key.unwrap_or(&name));
        Ok(Self { archive, key, provenance, is_wikipedia, broken, articles, given })
    }

    /// How many articles the archive has.
    pub fn articles(&self) -> usize {
        self.articles.len()
    }

    fn page(&mut self, place: Place) -> Result<Page> {
        let entry = self.archive.entry(place.entry)?;
        let content = self.archive.blob(place.cluster, place.blob, MOST_ARTICLE_BYTES)?;
        // Older archives' links count from above the namespaces.
        let old = !self.archive.header.new_namespaces;
        let path = if old { format!("A/{}", entry.path) } else { entry.path.clone() };
        let html = read_html(&String::from_utf8_lossy(&content), &path).map_err(|reason| {
            SourceError::broken(
                &self.archive.bytes.file,
                format!("article “{}”", entry.title()),
                format!("it is left out: {reason}"),
            )
        })?;
        let title = match entry.title() {
            title if title == entry.path && !html.title.is_empty() => html.title,
            title => title.to_owned(),
        };
        let mut blocks = html.blocks;
        blocks.iter_mut().for_each(|block| name_links(block, old));
        let address =
            html.canonical.filter(|address| address.starts_with("http")).unwrap_or_else(|| self.address(&entry.path));
        let provenance = Provenance {
            address: Some(address),
            language: html.language.map(|code| two_letters(&code)).or_else(|| self.provenance.language.clone()),
            ..self.provenance.clone()
        };
        let (source, categories) = (self.key.as_str(), html.categories);
        let document =
            Document { source, id: entry.path, title, categories, blocks, provenance, short: ShortParagraphs::Dropped };
        Ok(document.into_page())
    }

    fn address(&self, path: &str) -> String {
        match self.provenance.language.as_deref().filter(|_| self.is_wikipedia) {
            Some(language) => format!("https://{language}.wikipedia.org/wiki/{path}"),
            None => format!("{}#{path}", self.archive.bytes.file.display()),
        }
    }
}

/// Names the articles that links lead to by their titles, as far as a path shows them: `A/Claude_Monet` of older archives and
/// `Claude_Monet` of newer ones as `Claude Monet`.
fn name_links(block: &mut Block, old: bool) {
    let Block::Paragraph(paragraph) = block else { return };
    for link in &mut paragraph.links {
        if let LinkTarget::Page(target) = &mut link.target {
            let path = target.strip_prefix("A/").filter(|_| old).unwrap_or(target);
            *target = path.replace('_', " ");
        }
    }
}

/// The entries that cannot be read, and the places of the articles, sorted.
fn list(archive: &mut ZimArchive) -> Result<(Vec<u32>, Vec<Place>)> {
    let is_html = |media_type: u16, types: &[String]| {
        types.get(usize::from(media_type)).is_some_and(|kind| {
            let kind = kind.trim().to_ascii_lowercase();
            kind.starts_with("text/html") && !kind.contains("raw=true")
        })
    };
    let namespace = if archive.header.new_namespaces { b'C' } else { b'A' };
    let (mut broken, mut articles) = (Vec::new(), Vec::new());
    let mut raw = vec![0; POINTERS as usize * 8];
    for start in (0..archive.header.entries).step_by(POINTERS as usize) {
        let count = POINTERS.min(archive.header.entries - start);
        let raw = &mut raw[..count as usize * 8];
        archive.bytes.read_at(archive.header.path_pointers + u64::from(start) * 8, raw, "the list of entries")?;
        for (number, pointer) in (start..).zip(raw.as_chunks().0) {
            match super::entry::Entry::read(&mut archive.bytes, u64::from_le_bytes(*pointer)) {
                Ok(entry) => {
                    if let Content::Blob { media_type, cluster, blob } = entry.content
                        && entry.namespace == namespace
                        && is_html(media_type, &archive.header.types)
                    {
                        articles.push(Place { cluster, blob, entry: number });
                    }
                }
                Err(error @ SourceError::File { .. }) => return Err(error),
                Err(_) => broken.push(number),
            }
        }
        if articles.len() > MOST_ARTICLES {
            let reason = format!("it lists more than {MOST_ARTICLES} articles");
            return Err(SourceError::broken(&archive.bytes.file, "the list of entries", reason));
        }
    }
    articles.sort_unstable();
    Ok((broken, articles))
}

/// A position is the archive's number for itself and how many items were given.
fn given_before(path: &Path, archive: &ZimArchive, position: &Position, items: usize) -> Result<usize> {
    let refused = |reason: &str| SourceError::NoSuchPosition {
        file: path.to_path_buf(),
        position: position.0.clone(),
        reason: reason.to_owned(),
    };
    let (uuid, given) = position.0.split_once(':').ok_or_else(|| refused("it is not a position of a ZIM archive"))?;
    if uuid != archive.header.uuid {
        return Err(refused("it belongs to another archive, or another edition of it"));
    }
    given.parse().ok().filter(|given| *given <= items).ok_or_else(|| refused("it lies behind the last article"))
}

impl Iterator for ZimReader {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = if let Some(&number) = self.broken.get(self.given) {
            match self.archive.entry(number) {
                Err(error) => Err(error),
                // It was broken when the archive was opened, and is not now: the file changes under us.
                Ok(_) => Err(SourceError::broken(
                    &self.archive.bytes.file,
                    format!("entry {number}"),
                    "the file has changed while it was read; read it again",
                )),
            }
        } else {
            let place = *self.articles.get(self.given - self.broken.len())?;
            self.page(place)
        };
        self.given += 1;
        Some(outcome.map_err(SourceProblem::skipped))
    }
}

impl PageReader for ZimReader {
    fn reached(&self) -> Position {
        Position(format!("{}:{}", self.archive.header.uuid, self.given))
    }

    /// Articles are a small part of an archive with pictures: so its bytes count as done in the proportion of articles given.
    fn progress(&self) -> Progress {
        let items = (self.broken.len() + self.articles.len()).max(1) as u128;
        let bytes_done = u128::from(self.archive.bytes.length) * self.given as u128 / items;
        Progress { bytes_done: bytes_done as u64, bytes_total: self.archive.bytes.length }
    }
}
