//! The artwork alone and straight, made of a photograph with table, mount and colour target: a further scan of the same work, with its recipe. The photograph stays.

use std::path::Path;

use serde_json::json;
use vitrine_catalogue::{NewScan, Scan, ScanId};
use vitrine_imaging::{
    Corners, Derivative, Limits, PerceptualHash, ScanFile, find_artwork, keep_picture, read_scan, straightened,
};

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    view::{JobKind, ProposalView, WorkbenchEvent},
    workbench::now,
};

/// Where prepared scans lie, in the library's folder.
const PREPARED_FOLDER: &str = "prepared";

/// Reading, straightening, writing.
const STEPS: u64 = 3;

impl Workbench {
    /// Where the artwork may lie in a scan, the innermost outline first; none where nothing stands out.
    pub fn propose_corners(&self, scan: i64) -> Result<ProposalView, WorkbenchError> {
        let scan = self.0.catalogue.scan(ScanId(scan))?;
        let preview = self.preview(scan.id.0, Derivative::Large)?;
        let picture = read_scan(&preview, &Limits::default())
            .map_err(|cause| WorkbenchError::Preview { file: preview, cause })?
            .image;
        let across = f64::from(scan.width) / f64::from(picture.width());
        let down = f64::from(scan.height) / f64::from(picture.height());
        let outlines =
            find_artwork(&picture).into_iter().map(|corners| corners.scaled(across, down).0.map(Into::into).to_vec());
        Ok(ProposalView { outlines: outlines.collect() })
    }

    /// Makes what four corners of a scan enclose a further scan of its work, as a job, whose id is returned. The corners are in the scan's pixels, clockwise from the
    /// upper left one; they are kept with it as its recipe.
    pub fn prepare(&self, scan: i64, corners: &[(f64, f64)]) -> Result<u64, WorkbenchError> {
        let scan = self.0.catalogue.scan(ScanId(scan))?;
        let corners: [(f64, f64); 4] =
            corners.try_into().map_err(|_| WorkbenchError::Corners("four corners are needed"))?;
        let corners = Corners(corners.map(Into::into));
        if let Some(fault) = corners.fault(scan.width, scan.height) {
            return Err(WorkbenchError::Corners(fault));
        }
        let job = self.0.jobs.start(JobKind::Prepare, STEPS);
        let (id, bench) = (job.id(), self.clone());
        self.spawn("prepare", move || match bench.make_prepared(&job, &scan, corners) {
            Ok(()) => {
                job.finish();
                bench.announce(WorkbenchEvent::WorkChanged { work: scan.work.0 });
            }
            Err(error) => drop(job.abort(scan.path.display().to_string(), &error)),
        })?;
        Ok(id)
    }

    /// Nothing is added where the job is stopped.
    fn make_prepared(&self, job: &Job, scan: &Scan, corners: Corners) -> Result<(), WorkbenchError> {
        let failed = |cause| WorkbenchError::Preview { file: scan.path.clone(), cause };
        let content = ScanFile::read(&scan.path, &Limits::default()).map_err(failed)?;
        if content.sha256().map_err(failed)? != scan.sha256 {
            return Err(WorkbenchError::OriginalChanged(scan.path.clone()));
        }
        let original = content.page(scan.page).map_err(failed)?.image;
        job.advance();
        if job.cancelled() {
            return Ok(());
        }
        let picture = straightened(&original, corners);
        job.advance();
        if job.cancelled() {
            return Ok(());
        }
        let folder = self.0.catalogue.folder().join(PREPARED_FOLDER);
        let name = scan.path.file_stem().unwrap_or_default().to_string_lossy();
        let kept = keep_picture(&picture, &folder, &name).map_err(failed)?;
        let large = self.0.previews.store(&kept.sha256, 0, &picture).map_err(failed)?;
        let recipe = json!({
            "version": 1,
            "corners": corners.0,
            "sampling": "catmull-rom",
            "colours": "sRGB, 8 bits",
            "original": {
                "sha256": scan.sha256, "page": scan.page, "width": scan.width, "height": scan.height,
                "file": scan.path.file_name().map(Path::new),
            },
        });
        let made = NewScan {
            path: kept.path,
            sha256: kept.sha256,
            page: 0,
            bytes: kept.bytes,
            width: picture.width(),
            height: picture.height(),
            format: "PNG".to_owned(),
            fingerprint: PerceptualHash::of(&large).map(|fingerprint| fingerprint.to_string()),
        };
        self.0.catalogue.add_prepared_scan(scan.id, &made, &recipe, self.person(), now())?;
        job.advance();
        Ok(())
    }
}
