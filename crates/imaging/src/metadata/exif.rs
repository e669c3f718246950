//! EXIF (CIPA DC-008-2023), which is a TIFF of its own, and the same tags of a TIFF file.

use super::{Metadata, iso_date, text};
use crate::formats::tiff::{ByteSource, Directory, Tiff};

const IMAGE_DESCRIPTION: u16 = 270;
const MAKE: u16 = 271;
const MODEL: u16 = 272;
const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;
const RESOLUTION_UNIT: u16 = 296;
const SOFTWARE: u16 = 305;
const DATE_TIME: u16 = 306;
const ARTIST: u16 = 315;
const COPYRIGHT: u16 = 33432;
const EXIF_DIRECTORY: u16 = 34665;
const DATE_TIME_ORIGINAL: u16 = 36867;
const DATE_TIME_DIGITIZED: u16 = 36868;

pub(super) fn read(block: &[u8]) -> Result<Metadata, String> {
    // The reader's own sentences speak of a file.
    let tiff = Tiff::new(block).map_err(|_| "it does not start as one")?;
    let directories = tiff.directories(1).map_err(|_| "it ends too early")?;
    Ok(of_page(&tiff, directories.first().ok_or("it has no entries")?))
}

/// What a page of a TIFF file, or the first directory of an EXIF block, says.
pub(super) fn of_page<S: ByteSource>(tiff: &Tiff<S>, first: &Directory<'_, S>) -> Metadata {
    let mut metadata = of_directory(first);
    let place = first.number(EXIF_DIRECTORY).unwrap_or(None);
    if let Some(exif) = place.and_then(|offset| tiff.directory(offset).ok()) {
        let date = |tag| string(&exif, tag).and_then(|date| iso_date(&date));
        metadata.digitised = date(DATE_TIME_DIGITIZED);
        metadata.created = date(DATE_TIME_ORIGINAL).or(metadata.created);
    }
    metadata
}

fn of_directory<S: ByteSource>(directory: &Directory<'_, S>) -> Metadata {
    let resolution = |tag| directory.fractions(tag).ok()?.first().map(|value| f64::from(*value));
    // 2 is the inch, 3 the centimetre, 1 no unit at all.
    let per_inch = match directory.number(RESOLUTION_UNIT).unwrap_or(None).unwrap_or(2) {
        2 => Some(1.0),
        3 => Some(2.54),
        _ => None,
    };
    Metadata {
        description: string(directory, IMAGE_DESCRIPTION).filter(|text| !is_from_a_machine(text)),
        creators: string(directory, ARTIST)
            .map(|names| names.split(';').map(str::to_owned).collect())
            .unwrap_or_default(),
        rights: string(directory, COPYRIGHT),
        created: string(directory, DATE_TIME).and_then(|date| iso_date(&date)),
        make: string(directory, MAKE),
        model: string(directory, MODEL),
        software: string(directory, SOFTWARE),
        resolution: resolution(X_RESOLUTION)
            .zip(resolution(Y_RESOLUTION))
            .zip(per_inch)
            .map(|((x, y), per_inch)| [x * per_inch, y * per_inch]),
        ..Metadata::default()
    }
}

fn string<S: ByteSource>(directory: &Directory<'_, S>, tag: u16) -> Option<String> {
    directory.bytes(tag).ok().flatten().map(|bytes| text(&bytes).replace('\0', " "))
}

/// Microscopes and some libraries put a whole document or their own settings where a person's description belongs.
fn is_from_a_machine(description: &str) -> bool {
    let start = description.trim_start();
    start.starts_with("<?xml") || start.starts_with('{') || start.starts_with("ImageJ=")
}
