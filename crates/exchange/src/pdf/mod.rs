//! Pages to print and to keep: a sheet for each work, and a checklist of all, as PDF/A-2a that is PDF/UA-1 too.
//!
//! Typst sets the pages. What people and models wrote reaches it as data, never as a part of its source, so that nothing in a record is
//! read as markup. Letters that no font at hand has would make the file invalid; they are left out, and each work that they are missing
//! from is named.

mod data;
mod typesetting;

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use vitrine_imaging::{Limits, ScanFile};

use crate::error::{ExchangeError, Result};
use crate::folder::Problem;
use crate::iiif::jpeg;
use crate::{Format, Issuer, Record, RecordSource, batch_id};
use typesetting::Typesetting;

/// What is on the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A sheet or more for each work, with all that is known.
    Sheets,
    /// A table with a line for each work, to tick off.
    Checklist,
}

impl Layout {
    fn source(self) -> &'static str {
        match self {
            Self::Sheets => include_str!("sheets.typ"),
            Self::Checklist => include_str!("checklist.typ"),
        }
    }

    /// The longer side of a picture in pixels: 300 dots an inch on a checklist, some 200 on a sheet.
    fn picture(self) -> u32 {
        match self {
            Self::Sheets => 1400,
            Self::Checklist => 280,
        }
    }
}

/// The quality of pictures as JPEG.
const QUALITY: u8 = 85;

/// Writes records as pages. What had to be left out is named.
pub(crate) fn write_pdf(
    layout: Layout,
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    mut out: impl Write,
) -> Result<Vec<Problem>> {
    // Pages are set as one document, which needs all of them.
    let mut all = Vec::with_capacity(records.count());
    records.each(&mut |record| {
        all.push(record.clone());
        Ok(())
    })?;
    let records = all.as_slice();
    let batch = batch_id(records, issuer, at)?;
    let format = if layout == Layout::Sheets { Format::Pdf } else { Format::Checklist };
    let unset = |reason: String| ExchangeError::Typesetting { format: format.name(), reason };
    let mut setting = Typesetting::new(layout.source(), issuer.fonts.as_deref()).map_err(unset)?;
    let mut problems = Vec::new();
    let mut pictures = BTreeMap::new();
    for record in records {
        match picture(record, layout.picture()) {
            Some((bytes, ratio)) => {
                let file = format!("picture-{}.jpg", record.card.id);
                setting.add_file(&file, bytes);
                pictures.insert(record.card.id, data::Picture { file, ratio });
            }
            None => problems.push(Problem {
                work: record.card.id,
                file: record.card.file_name.clone(),
                reason: format!("{} could not be read, and the work is shown without a picture", record.card.file_name),
            }),
        }
    }
    let (data, missing) = data::of(records, issuer, at, &batch, &pictures, |c| setting.can_set(c));
    problems.extend(missing.into_iter().map(|(work, letters)| Problem {
        work,
        file: records.iter().find(|record| record.card.id == work).map_or_else(String::new, |record| record.card.file_name.clone()),
        reason: format!(
            "it has letters that no font at hand draws ({letters}); they are left out of its pages. Further fonts are fetched by assets/fonts/fetch.py"
        ),
    }));
    setting.add_file("data.json", data.to_string().into_bytes());
    let pdf = setting.pdf(&batch, at).map_err(unset)?;
    out.write_all(&pdf).map_err(|source| ExchangeError::Write { format: format.name(), source })?;
    Ok(problems)
}

/// The first scan that can be read, no larger than it is shown, and how wide it is for its height.
fn picture(record: &Record, side: u32) -> Option<(Vec<u8>, f64)> {
    record.scans.iter().find_map(|scan| {
        let small =
            ScanFile::read(&scan.path, &Limits::default()).and_then(|file| file.preview(scan.page, side)).ok()?;
        let ratio = f64::from(small.width()) / f64::from(small.height().max(1));
        Some((jpeg(&small, QUALITY).ok()?, ratio))
    })
}
