//! A source of Typst with its files and fonts, set as PDF.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use vitrine_rendering::Fonts;

/// All that pages are made of: nothing is read from the disk or the network while they are set.
pub(super) struct Typesetting {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
    files: HashMap<FileId, Bytes>,
}

/// A font's bytes, which the collection of fonts keeps as well.
struct Shared(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl Typesetting {
    /// Prepares to set `source` with the font within the program and those in `folder`.
    pub(super) fn new(source: &str, folder: Option<&Path>) -> Result<Self, String> {
        let fonts =
            folder.map_or_else(|| Ok(Fonts::shipped()), Fonts::with_folder).map_err(|error| error.to_string())?;
        let files = fonts.files().into_iter();
        let fonts: Vec<Font> =
            files.flat_map(|file| Font::iter(Bytes::new(Shared(file))).collect::<Vec<_>>()).collect();
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: Source::new(path("main.typ")?, source.to_owned()),
            files: HashMap::new(),
        })
    }

    /// Puts a file beside the source.
    pub(super) fn add_file(&mut self, name: &str, bytes: Vec<u8>) {
        if let Ok(id) = path(name) {
            self.files.insert(id, Bytes::new(bytes));
        }
    }

    /// Whether a font at hand has the letter. What belongs to private agreements has no meaning that a file could keep.
    pub(super) fn can_set(&self, letter: char) -> bool {
        let private = matches!(u32::from(letter), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF);
        !private && self.fonts.iter().any(|font| font.info().coverage.contains(letter.into()))
    }

    /// Sets the pages. The same pages of the same batch and moment are the same bytes.
    pub(super) fn pdf(&self, batch: &str, at: Timestamp) -> Result<Vec<u8>, String> {
        let pages = typst::compile::<PagedDocument>(self).output.map_err(|causes| sentence(&causes))?;
        let at = at.to_zoned(TimeZone::UTC);
        let part = |number: i8| u8::try_from(number).unwrap_or_default();
        let moment = Datetime::from_ymd_hms(
            at.year().into(),
            part(at.month()),
            part(at.day()),
            part(at.hour()),
            part(at.minute()),
            part(at.second()),
        );
        let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
        let options = PdfOptions {
            ident: Smart::Custom(batch.to_owned()),
            creator: Smart::Custom(Some("Vitrine".into())),
            timestamp: moment.map(typst_pdf::Timestamp::new_utc),
            standards: standards.map_err(|error| error.message().to_string())?,
            ..PdfOptions::default()
        };
        let written = typst_pdf::pdf(&pages, &options).map_err(|causes| sentence(&causes));
        // What was remembered for the next time would only stay in memory.
        typst::comemo::evict(0);
        written
    }
}

impl World for Typesetting {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn path(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|_| format!("{name} is no name for a file of a page"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn sentence(causes: &[SourceDiagnostic]) -> String {
    let told: Vec<&str> = causes.iter().map(|cause| cause.message.as_str()).collect();
    told.join("; ")
}
