//! Finding passages by how things look: the pages of collections, drawn and read by an added pack that sees, and parts of scans that are sought on them.

use std::path::Path;

use image::RgbImage;
use vitrine_imaging::{Limits, PagePart, ScanFile, fit_within};
use vitrine_inference::Retriever;
use vitrine_knowledge::{Collection, IndexingProgress, PageDrawer};
use vitrine_rendering::Fonts;

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    scope::scope_of,
    view::{JobKind, PassageScope, PassageView, ShapeView},
    views,
};

/// Passages that a search by look lists.
const FOUND_PAGES: usize = 8;
/// What is sought is made no larger than this (longest side, pixels); the models that see take about a third of it.
const LONGEST_SOUGHT: u32 = 2048;
/// The share of a scan's shorter side that is looked at around a point.
const AROUND_A_POINT: f64 = 0.2;

/// What is sought by its look.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    /// A scan of the library.
    Scan(i64),
    /// Any file with a picture.
    File(&'a Path),
}

impl Workbench {
    /// What the added pack is called that sees pages, where one is installed.
    pub fn seeing_pack(&self) -> Result<Option<String>, WorkbenchError> {
        Ok(self.installed_seer()?.map(|pack| pack.title))
    }

    /// Draws the passages of a collection as pages and lets an added pack read them, as a job. What was stopped goes on when it is begun again.
    pub fn index_pages(&self, key: &str) -> Result<u64, WorkbenchError> {
        let collection = self.collection(key)?;
        // What cannot be begun is told at once, and not by a job.
        self.seer()?;
        self.start_on_collection(collection, JobKind::Pages, Self::draw_and_index)
    }

    /// [`Workbench::index_pages`], and returns when that is done or was stopped; whether all pages can be found.
    pub fn index_pages_now(&self, key: &str) -> Result<bool, WorkbenchError> {
        let collection = self.collection(key)?;
        let job = self.0.jobs.start_patient(JobKind::Pages);
        self.on_collection(&job, &collection, Self::draw_and_index)
    }

    /// The passages whose pages look most like a picture, or a part of it; with `words`, like that and what they say. None where nobody has drawn pages with the same pack.
    pub fn passages_like(
        &self,
        sought: Sought,
        part: Option<&ShapeView>,
        words: &str,
        scope: &PassageScope,
    ) -> Result<Vec<PassageView>, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        self.check_scope(scope)?;
        let seer = self.seer()?;
        let picture = self.picture(sought, part)?;
        let rows = match words.trim() {
            "" => seer.embed_image(&picture)?,
            words => seer.embed_image_and_query(&picture, words)?.rows,
        };
        let found = self.reference()?.knowledge.search_pages(&scope_of(scope), &rows, seer.pack(), FOUND_PAGES)?;
        let by = format!("{} {}", seer.pack().id, seer.pack().version);
        Ok(found.iter().map(|hit| PassageView { query: by.clone(), ..views::whole_passage(&hit.fragment) }).collect())
    }

    /// What is sought, from the original and not from the preview: a part of it may be small.
    fn picture(&self, sought: Sought, part: Option<&ShapeView>) -> Result<RgbImage, WorkbenchError> {
        let (file, page, size) = match sought {
            Sought::File(file) => (file.to_path_buf(), 0, None),
            Sought::Scan(id) => {
                let scan = self.0.catalogue.scan(vitrine_catalogue::ScanId(id))?;
                (scan.path, scan.page, Some((scan.width, scan.height)))
            }
        };
        let read = ScanFile::read(&file, &Limits::default()).and_then(|scan| match part {
            None => Ok(scan.page_within(page, LONGEST_SOUGHT)?.image),
            Some(part) => {
                let (width, height) = size.map_or_else(|| scan.size(page), Ok)?;
                Ok(fit_within(&scan.part(page, bounds(part, width, height))?, LONGEST_SOUGHT))
            }
        });
        read.map_err(|cause| WorkbenchError::Preview { file, cause })
    }

    fn draw_and_index(&self, job: &Job, collection: &Collection) -> Result<bool, WorkbenchError> {
        let seer = self.seer()?;
        let mut drawer = PageDrawer::new(Fonts::with_folder(&self.0.settings.fonts)?);
        let mut watch = |IndexingProgress { done, all }| {
            job.update(|view| (view.done, view.total) = (done, all));
            job.turn()
        };
        Ok(collection.index_pages(&*seer, &mut drawer, &mut watch)?)
    }
}

/// The part of a picture within a shape's bounds; around a point, a square. At least one pixel.
fn bounds(part: &ShapeView, width: u32, height: u32) -> PagePart {
    let (left, top, right, bottom) = match part {
        ShapeView::Rectangle { x, y, width, height } => (*x, *y, x.saturating_add(*width), y.saturating_add(*height)),
        ShapeView::Polygon { corners } => {
            let bounds = |of: fn(&(u32, u32)) -> u32| {
                let least = corners.iter().map(of).min().unwrap_or_default();
                (least, corners.iter().map(of).max().unwrap_or(least))
            };
            let ((left, right), (top, bottom)) = (bounds(|corner| corner.0), bounds(|corner| corner.1));
            (left, top, right, bottom)
        }
        ShapeView::Point { x, y } => {
            let half = (f64::from(width.min(height)) * AROUND_A_POINT / 2.0).ceil() as u32;
            (x.saturating_sub(half), y.saturating_sub(half), x.saturating_add(half), y.saturating_add(half))
        }
    };
    let (left, top) = (left.min(width.saturating_sub(1)), top.min(height.saturating_sub(1)));
    let (right, bottom) = (right.clamp(left + 1, width.max(left + 1)), bottom.clamp(top + 1, height.max(top + 1)));
    PagePart { left, top, width: right - left, height: bottom - top }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_lies_within_its_bounds_and_within_the_picture() {
        let size = |part| {
            let PagePart { left, top, width, height } = bounds(&part, 100, 50);
            ((left, top), width, height)
        };
        assert_eq!(size(ShapeView::Rectangle { x: 10, y: 20, width: 30, height: 15 }), ((10, 20), 30, 15));
        assert_eq!(size(ShapeView::Rectangle { x: 90, y: 40, width: 30, height: 15 }), ((90, 40), 10, 10));
        assert_eq!(size(ShapeView::Polygon { corners: vec![(5, 6), (25, 8), (15, 16)] }), ((5, 6), 20, 10));
        assert_eq!(size(ShapeView::Point { x: 50, y: 25 }), ((45, 20), 10, 10));
        assert_eq!(size(ShapeView::Point { x: 99, y: 49 }), ((94, 44), 6, 6));
        assert_eq!(size(ShapeView::Rectangle { x: 500, y: 500, width: 1, height: 1 }), ((99, 49), 1, 1));
    }
}
