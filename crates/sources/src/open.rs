//! Opening whatever a person points at.

use std::path::Path;

use crate::dump::Dump;
use crate::folder::{FolderOptions, FolderReader};
use crate::records::{Mapping, RecordOptions, RecordReader, has_record_extension};
use crate::subject::{CategoryTree, Selection, Subject};
use crate::zim::ZimReader;
use crate::{Page, PageReader, Position, Progress, Result, SourceError, SourceProblem};

/// What a person says about a source.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// The source's name for people, where it does not tell its own.
    pub name: Option<String>,
    /// The licence of its texts, where the person knows it better.
    pub licence: Option<String>,
    /// The language of its texts, where it does not tell.
    pub language: Option<String>,
    /// Which pages are wanted. Without it, of a wiki's dump those on the visual arts, of others all.
    pub subject: Option<Subject>,
    /// Which column of records is what; guessed without it.
    pub mapping: Option<Mapping>,
}

/// Opens a dump of MediaWiki, a ZIM archive, a folder, or a file of records, known by its name; at its beginning or where an earlier reading of the same source stood.
pub fn open_source(path: &Path, options: &SourceOptions, from: Option<&Position>) -> Result<Box<dyn PageReader>> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let SourceOptions { name: called, licence, language, subject, mapping } = options.clone();
    let reader: Box<dyn PageReader> = if path.is_dir() {
        Box::new(FolderReader::open(path, &FolderOptions { key: None, name: called, licence, language }, from)?)
    } else if name.ends_with(".zim") {
        Box::new(ZimReader::open(path, None, from)?)
    } else if name.ends_with(".xml") || name.ends_with(".bz2") {
        return open_dump(path, options, from);
    } else if has_record_extension(path) {
        let options = RecordOptions { mapping, key: None, name: called, licence, language };
        Box::new(RecordReader::open(path, &options, from)?)
    } else {
        std::fs::metadata(path).map_err(|cause| SourceError::file(path, cause))?;
        return Err(SourceError::OtherKind {
            file: path.to_path_buf(),
            wanted: "a source of knowledge",
            reason:
                "give a dump of a wiki (.xml, .bz2), an archive of Kiwix (.zim), records (.csv, .tsv, .json, .jsonl, \
                     also with .gz), or the folder that holds texts (.md, .html, .txt, .pdf)"
                    .to_owned(),
        });
    };
    Ok(match subject {
        None => reader,
        Some(subject) => {
            Box::new(Selected { reader, selection: subject.select(&CategoryTree::default()) }) as Box<dyn PageReader>
        }
    })
}

fn open_dump(path: &Path, options: &SourceOptions, from: Option<&Position>) -> Result<Box<dyn PageReader>> {
    let mut dump = Dump::open(path)?;
    if let Some(index) = index_beside(path) {
        dump = dump.with_index(&index);
    }
    if let Some(licence) = &options.licence {
        dump = dump.with_licence(licence);
    }
    let subject = options.subject.clone().unwrap_or_else(|| Subject::visual_arts(dump.site().language.as_deref()));
    let tree = if subject.needs_categories() { dump.categories()? } else { CategoryTree::default() };
    let selection = subject.select(&tree);
    Ok(match from {
        None => Box::new(dump.read(selection)?),
        Some(position) => Box::new(dump.read_from(selection, position)?),
    })
}

/// The index of a multistream dump, which is published under a name of the same beginning: `…-multistream.xml.bz2` and `…-multistream-index.txt.bz2`.
fn index_beside(dump: &Path) -> Option<std::path::PathBuf> {
    let name = dump.file_name()?.to_str()?;
    let stem = name.strip_suffix(".xml.bz2")?;
    ["-index.txt.bz2", "-index.txt"]
        .into_iter()
        .map(|ending| dump.with_file_name(format!("{stem}{ending}")))
        .find(|index| index.is_file())
}

/// The pages of a selection.
struct Selected {
    reader: Box<dyn PageReader>,
    selection: Selection,
}

impl Iterator for Selected {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reader.next()? {
                Ok(page) => {
                    let texts: Vec<&str> = page.fragments.iter().map(|fragment| fragment.text.as_str()).collect();
                    if self.selection.takes(&page.title, &page.categories, &texts.join(" ")) {
                        return Some(Ok(page));
                    }
                }
                problem => return Some(problem),
            }
        }
    }
}

impl PageReader for Selected {
    fn reached(&self) -> Position {
        self.reader.reached()
    }

    fn progress(&self) -> Progress {
        self.reader.progress()
    }
}
