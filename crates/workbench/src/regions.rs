//! What a curator points at on a scan.

use vitrine_catalogue::{Region, RegionContent, RegionId, ScanId, Shape, StatementId, WorkId};

use crate::{
    Workbench, WorkbenchError,
    view::{RegionContentView, RegionView, ShapeView, WorkView, WorkbenchEvent},
    workbench::now,
};

impl Workbench {
    /// Draws a region on a scan.
    pub fn add_region(&self, scan: i64, content: RegionContentView) -> Result<WorkView, WorkbenchError> {
        let work = self.0.catalogue.scan(ScanId(scan))?.work;
        self.0.catalogue.add_region(ScanId(scan), asked(content), self.person(), now())?;
        self.with_regions_changed(work)
    }

    /// Puts another shape, note or other statements in the place of a region's.
    pub fn change_region(&self, region: i64, content: RegionContentView) -> Result<WorkView, WorkbenchError> {
        let work = self.work_of_region(RegionId(region))?;
        self.0.catalogue.change_region(RegionId(region), asked(content), self.person(), now())?;
        self.with_regions_changed(work)
    }

    /// Takes a region away.
    pub fn remove_region(&self, region: i64) -> Result<WorkView, WorkbenchError> {
        let work = self.work_of_region(RegionId(region))?;
        self.0.catalogue.remove_region(RegionId(region), self.person(), now())?;
        self.with_regions_changed(work)
    }

    fn work_of_region(&self, region: RegionId) -> Result<WorkId, WorkbenchError> {
        Ok(self.0.catalogue.scan(self.0.catalogue.region(region)?.scan)?.work)
    }

    fn with_regions_changed(&self, work: WorkId) -> Result<WorkView, WorkbenchError> {
        self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        self.work(work.0)
    }
}

/// A region as it is shown.
pub(crate) fn shown(region: Region) -> RegionView {
    let RegionContent { shape, note, statements } = region.content;
    let shape = match shape {
        Shape::Rectangle { x, y, width, height } => ShapeView::Rectangle { x, y, width, height },
        Shape::Polygon(corners) => ShapeView::Polygon { corners },
        Shape::Point { x, y } => ShapeView::Point { x, y },
    };
    let statements = statements.into_iter().map(|statement| statement.0).collect();
    RegionView {
        id: region.id.0,
        scan: region.scan.0,
        content: RegionContentView { shape, note, statements },
        person: region.person,
        at: region.at.to_string(),
    }
}

fn asked(content: RegionContentView) -> RegionContent {
    let shape = match content.shape {
        ShapeView::Rectangle { x, y, width, height } => Shape::Rectangle { x, y, width, height },
        ShapeView::Polygon { corners } => Shape::Polygon(corners),
        ShapeView::Point { x, y } => Shape::Point { x, y },
    };
    let statements = content.statements.into_iter().map(StatementId).collect();
    RegionContent { shape, note: content.note, statements }
}
