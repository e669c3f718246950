//! What an assistant's tools reach: the library around the work that is spoken of.

use vitrine_assistant::{Desk, ScanPart};
use vitrine_catalogue::WorkId;
use vitrine_imaging::{Limits, PagePart, RgbImage, ScanFile};

use crate::{Workbench, WorkbenchError};

/// A work in an open library.
pub(crate) struct WorkDesk<'a> {
    pub(crate) workbench: &'a Workbench,
    pub(crate) work: WorkId,
}

impl Desk for WorkDesk<'_> {
    fn similar_works(&self, count: usize) -> Result<Vec<String>, String> {
        let told = |cause: WorkbenchError| cause.to_string();
        let similar = self.workbench.similar(self.work.0, count).map_err(told)?;
        similar
            .into_iter()
            .map(|similar| {
                let card = self.workbench.artwork_card(WorkId(similar.card.id)).map_err(told)?;
                let accepted = card.iter().filter(|line| line.confidence.is_none() && line.property != "title");
                let said: Vec<String> = accepted.map(|line| format!("{} {}", line.property, line.value)).collect();
                let said = if said.is_empty() { "nothing is accepted of it".into() } else { said.join(", ") };
                Ok(format!("{} (likeness {:.2}): {said}", similar.card.title, similar.score))
            })
            .collect()
    }

    fn closer(&self, part: ScanPart) -> Result<RgbImage, String> {
        let scans = self.workbench.0.catalogue.scans(self.work).map_err(|cause| cause.to_string())?;
        let scan = scans.first().ok_or("The work has no scan.")?;
        // The original, not the preview: what is looked for is too small to be seen there.
        let (width, height) = (f64::from(scan.width), f64::from(scan.height));
        let (left, top) = ((part.left * width) as u32, (part.top * height) as u32);
        let (right, bottom) = ((part.right * width).ceil() as u32, (part.bottom * height).ceil() as u32);
        let part = PagePart { left, top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) };
        ScanFile::read(&scan.path, &Limits::default())
            .and_then(|file| file.part(scan.page, part))
            .map_err(|cause| format!("The original could not be opened: {cause}"))
    }
}
