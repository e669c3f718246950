//! A person's own folder: Markdown, HTML, plain text, PDF, and images that have a caption beside them.
//!
//! Each file is a page. An image counts if a text file of the same name lies beside it (`view.jpg`, `view.txt` or `view.md`): that text is its caption, and no page of its
//! own. Links that lead out of the folder are not followed, nor are symbolic links; files whose name begins with a dot are left alone, and so are kinds of file that are not read.

mod markdown;
mod pdf;
mod plain;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::document::{Block, Document, Paragraph, ShortParagraphs, source_key};
use crate::html::read_html;
use crate::text::{declared_in_html, decode};
use crate::{FragmentImage, Page, PageReader, Position, Progress, Provenance, Result, SourceError, SourceProblem};

/// Bytes of a file of text.
const MOST_TEXT_BYTES: u64 = 64 << 20;
/// Bytes of a PDF, which is read as a whole.
const MOST_PDF_BYTES: u64 = 256 << 20;

/// What the folder's owner says about it.
#[derive(Debug, Clone, Default)]
pub struct FolderOptions {
    /// The source's key in the fragments' ids; the folder's name if there is none.
    pub key: Option<String>,
    /// The source's name for people; the folder's name if there is none.
    pub name: Option<String>,
    /// The licence of the texts.
    pub licence: Option<String>,
    /// The language of the texts, unless a file says another.
    pub language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Markdown,
    Html,
    Plain,
    Pdf,
    Image,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "txt" | "text" => Some(Self::Plain),
            "pdf" => Some(Self::Pdf),
            "jpg" | "jpeg" | "png" | "webp" | "tif" | "tiff" | "jxl" | "jp2" | "psd" => Some(Self::Image),
            _ => None,
        }
    }
}

/// A file that will be a page.
#[derive(Debug)]
struct FoundFile {
    /// Below the folder.
    inside: PathBuf,
    bytes: u64,
    kind: Kind,
    /// For images, the file with the caption.
    caption: Option<PathBuf>,
}

/// Reads a folder file by file, in the order of their names.
#[derive(Debug)]
pub struct FolderReader {
    folder: PathBuf,
    key: String,
    provenance: Provenance,
    /// Folders and files that cannot be entered; they are told first.
    problems: Vec<SourceError>,
    files: Vec<FoundFile>,
    given: usize,
    bytes_done: u64,
    bytes_total: u64,
}

impl FolderReader {
    /// Opens a folder, from its beginning or after the file where an earlier reading stood.
    pub fn open(folder: &Path, options: &FolderOptions, from: Option<&Position>) -> Result<Self> {
        if !folder.is_dir() {
            let cause = fs::metadata(folder).err().unwrap_or_else(|| std::io::ErrorKind::NotADirectory.into());
            return Err(SourceError::file(folder, cause));
        }
        let (files, mut problems) = found(folder);
        let after = from.map(|position| Path::new(&position.0)).filter(|position| !position.as_os_str().is_empty());
        if let Some(after) = after
            && (after.is_absolute() || after.components().any(|part| matches!(part, std::path::Component::ParentDir)))
        {
            return Err(SourceError::NoSuchPosition {
                file: folder.to_path_buf(),
                position: after.display().to_string(),
                reason: "it is no file below the folder".to_owned(),
            });
        }
        // What cannot be entered was told before the first file.
        if after.is_some() {
            problems.clear();
        }
        let given = after.map_or(0, |after| files.partition_point(|file| file.inside.as_path() <= after));
        let sum = |files: &[FoundFile]| files.iter().map(|file| file.bytes).sum();
        let (bytes_done, bytes_total) = (sum(&files[..given]), sum(&files));
        problems.reverse();
        let name = folder
            .canonicalize()
            .ok()
            .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let name = options.name.clone().or(name).unwrap_or_else(|| "folder".to_owned());
        let provenance = Provenance {
            source: name.clone(),
            licence: options.licence.clone(),
            language: options.language.clone(),
            ..Provenance::default()
        };
        let key = source_key(options.key.as_deref().unwrap_or(&name));
        Ok(Self { folder: folder.to_path_buf(), key, provenance, problems, files, given, bytes_done, bytes_total })
    }

    fn page(&self, file: &FoundFile) -> Result<Page> {
        let path = self.folder.join(&file.inside);
        let id = inside_path(&file.inside);
        let broken = |reason: String| SourceError::broken(&path, "the whole file", reason);
        let most = if file.kind == Kind::Pdf { MOST_PDF_BYTES } else { MOST_TEXT_BYTES };
        if file.kind != Kind::Image && file.bytes > most {
            return Err(broken(format!(
                "it has {} MB, more than the {} MB that are read; part it",
                file.bytes >> 20,
                most >> 20
            )));
        }
        let stem = file.inside.file_stem().map(|stem| stem.to_string_lossy().replace('_', " ")).unwrap_or_default();
        let mut language = None;
        let (title, blocks) = match file.kind {
            Kind::Image => {
                let caption = file.caption.as_deref().map(|inside| self.folder.join(inside)).unwrap_or_default();
                let caption = read(&caption, MOST_TEXT_BYTES)?;
                let caption = plain::one_paragraph(&decode(&caption, None).0);
                let image = FragmentImage { name: id.clone(), caption: caption.clone() };
                (String::new(), vec![Block::Image(image), Block::Paragraph(Paragraph::plain(caption))])
            }
            Kind::Plain => (String::new(), plain::blocks(&decode(&read(&path, most)?, None).0)),
            Kind::Pdf => pdf::read_pdf(read(&path, most)?).map_err(broken)?,
            Kind::Markdown => {
                let text = decode(&read(&path, most)?, None).0;
                let (front, html) = markdown::to_html(&text);
                let page = read_html(&html, &id).map_err(broken)?;
                (front.unwrap_or(page.title), page.blocks)
            }
            Kind::Html => {
                let bytes = read(&path, most)?;
                let html = decode(&bytes, declared_in_html(&bytes).as_deref()).0;
                let page = read_html(&html, &id).map_err(broken)?;
                language = page.language;
                (page.title, page.blocks)
            }
        };
        let title = if title.trim().is_empty() { stem } else { title };
        let provenance = Provenance {
            address: Some(path.display().to_string()),
            language: language.or_else(|| self.provenance.language.clone()),
            ..self.provenance.clone()
        };
        let short = ShortParagraphs::Joined;
        let document = Document { source: &self.key, id, title, categories: Vec::new(), blocks, provenance, short };
        Ok(document.into_page())
    }
}

/// The path with `/`, whatever the system writes.
fn inside_path(inside: &Path) -> String {
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// A file's bytes. It may have grown since its size was asked, so that the limit holds while it is read.
fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|cause| SourceError::file(path, cause))?;
    file.take(most).read_to_end(&mut bytes).map_err(|cause| SourceError::file(path, cause))?;
    Ok(bytes)
}

/// The files that are pages, sorted, and what could not be entered.
fn found(folder: &Path) -> (Vec<FoundFile>, Vec<SourceError>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let is_hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    for entry in WalkDir::new(folder).into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let outcome = entry.and_then(|entry| entry.metadata().map(|metadata| (entry, metadata)));
        let (entry, metadata) = match outcome {
            Ok(found) => found,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                problems.push(SourceError::file(&path, error.into()));
                continue;
            }
        };
        let inside = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_path_buf();
        if let Some(kind) = Kind::of(&inside).filter(|_| metadata.is_file()) {
            files.push(FoundFile { inside, bytes: metadata.len(), kind, caption: None });
        }
    }
    files.sort_by(|a, b| a.inside.cmp(&b.inside));
    problems.sort_by_key(ToString::to_string);
    // Captions: text files that stand beside an image of the same name.
    let images: std::collections::HashSet<PathBuf> =
        files.iter().filter(|file| file.kind == Kind::Image).map(|file| file.inside.with_extension("")).collect();
    let mut captions = std::collections::HashMap::new();
    files.retain(|file| {
        let stem = file.inside.with_extension("");
        let is_caption = matches!(file.kind, Kind::Plain | Kind::Markdown) && images.contains(&stem);
        if is_caption {
            captions.entry(stem).or_insert_with(|| file.inside.clone());
        }
        !is_caption
    });
    files.retain_mut(|file| {
        if file.kind == Kind::Image {
            file.caption = captions.get(&file.inside.with_extension("")).cloned();
        }
        file.kind != Kind::Image || file.caption.is_some()
    });
    (files, problems)
}

impl Iterator for FolderReader {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(problem) = self.problems.pop() {
            return Some(Err(SourceProblem::skipped(problem)));
        }
        let file = self.files.get(self.given)?;
        let outcome = self.page(file).map_err(SourceProblem::skipped);
        self.bytes_done += file.bytes;
        self.given += 1;
        Some(outcome)
    }
}

impl PageReader for FolderReader {
    /// The last file that was read. What cannot be entered comes before the first file and has no position of its own.
    fn reached(&self) -> Position {
        Position(self.given.checked_sub(1).map_or_else(String::new, |last| inside_path(&self.files[last].inside)))
    }

    fn progress(&self) -> Progress {
        Progress { bytes_done: self.bytes_done, bytes_total: self.bytes_total }
    }
}

#[cfg(test)]
mod tests;
