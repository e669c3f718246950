//! PDF: each page as a picture. A page that is nothing but one picture, as scanners write it, gives that picture in its own size; any other is drawn.

mod drawing;
mod streams;
mod survey;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use hayro::hayro_syntax::{LoadPdfError, Pdf, page::Page as PdfPage};

pub use streams::inflates_within;

use crate::{ImagingError, Limits, Metadata, limits::Deadline, metadata, raster::WholePage};
use survey::{Late, Survey};

const NAME: &str = "PDF";

/// Its pages, once no stream of the file unfolds beyond what a decoder may take.
pub(crate) fn page_count(content: &Arc<Vec<u8>>, limits: &Limits) -> Result<u32, ImagingError> {
    if !inflates_within(content, limits.decoder_bytes) {
        return Err(ImagingError::TooMuchMemory { limit: limits.decoder_bytes / 1_000_000 });
    }
    match load(content)?.pages().len() {
        0 => Err(ImagingError::Damaged { format: NAME, cause: "it has no pages".into() }),
        pages => Ok(u32::try_from(pages).unwrap_or(u32::MAX).min(limits.pages)),
    }
}

/// Page `index`, counted from 0.
pub(crate) fn open(
    content: &Arc<Vec<u8>>,
    index: u32,
    limits: &Limits,
    deadline: Deadline,
) -> Result<WholePage, ImagingError> {
    let pdf = load(content)?;
    let page = pdf.pages().get(index as usize).ok_or(ImagingError::NoSuchPage { page: index + 1 })?;
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(ImagingError::Damaged { format: NAME, cause: "it says that a page has no size".into() });
    }
    let survey = in_time(limits, || Survey::of(page, limits, deadline))?;
    if survey.is_one_picture()
        && let Some(picture) = drawing::only_picture(page)?
    {
        return Ok(picture);
    }
    deadline.check()?;
    drawing::drawn(page, survey.finest_dpi(), limits)
}

/// What the document says about itself: its title, and the program that wrote it.
pub(crate) fn metadata(content: &Arc<Vec<u8>>) -> Metadata {
    let Ok(pdf) = Pdf::new(content.clone()) else { return Metadata::default() };
    let known = pdf.metadata();
    let text = |bytes: &Option<Box<[u8]>>| bytes.as_deref().map(document_text);
    Metadata { title: text(&known.title), software: text(&known.producer), ..Metadata::default() }
}

/// Text of a document's information: UTF-16 behind its mark, else nearly Latin-1 (ISO 32000-1, 7.9.2.2), or UTF-8 as many write it.
fn document_text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xFE\xFF") {
        Some(wide) => {
            let units = wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => metadata::text(bytes),
    }
}

fn load(content: &Arc<Vec<u8>>) -> Result<Pdf, ImagingError> {
    Pdf::new(content.clone()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => ImagingError::Locked { format: NAME },
        LoadPdfError::Invalid => ImagingError::Damaged { format: NAME, cause: "its pages cannot be found".into() },
    })
}

/// The survey of a page, which unwinds when it is late: the interpreter has no other way to be stopped.
fn in_time<T>(limits: &Limits, survey: impl FnOnce() -> Result<T, ImagingError>) -> Result<T, ImagingError> {
    catch_unwind(AssertUnwindSafe(survey)).unwrap_or_else(|cause| {
        if cause.is::<Late>() {
            return Err(ImagingError::TooSlow { seconds: limits.time.as_secs() });
        }
        resume_unwind(cause)
    })
}

/// Width and height of a page in points, upright.
fn size(page: &PdfPage<'_>) -> (f64, f64) {
    let (width, height) = page.render_dimensions();
    (f64::from(width), f64::from(height))
}
