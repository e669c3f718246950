//! Tiles of scans that are larger than their picture for the viewer: made in the background, once somebody looks.

use std::{
    collections::HashMap,
    fs::File,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::SystemTime,
};

use vitrine_catalogue::{Scan, ScanId};
use vitrine_imaging::{Derivative, Gamut, Limits, TILE_SIDE, TilePyramid, write_pyramid};

use crate::{
    Workbench, WorkbenchError,
    view::{ScreenGamut, TilesState, TilesView, WorkbenchEvent},
    workbench::let_others_go_first,
};

/// What the tiles of all scans may take on the disk.
const MOST_BYTES: u64 = 10_000_000_000;

/// Scans that wait for their tiles, the one looked at last first.
#[derive(Default)]
pub(crate) struct Tiler(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    scans: Vec<(ScanId, Gamut)>,
    working: bool,
    /// Why some have none, so that a damaged scan is not tried again and again.
    failed: HashMap<(ScanId, Gamut), String>,
}

impl Workbench {
    /// How a scan can be looked at closely on a screen of this gamut. Where it takes tiles that are not there they are made in the background, and
    /// [`WorkbenchEvent::Tiles`] says when they are.
    pub fn tiles(&self, scan: i64, gamut: ScreenGamut) -> Result<TilesView, WorkbenchError> {
        let (scan, gamut) = (self.0.catalogue.scan(ScanId(scan))?, Gamut::from(gamut));
        let pyramid = self.pyramid(&scan, gamut);
        // The picture for the viewer is sRGB, whatever the screen.
        let state = if gamut == Gamut::Srgb && scan.width.max(scan.height) <= Derivative::Large.longest_side() {
            TilesState::Needless
        } else if pyramid.folder.is_dir() {
            // When tiles were last looked at says which go first; a file system that keeps no times loses nothing by that.
            let _ = File::open(&pyramid.folder).and_then(|folder| folder.set_modified(SystemTime::now()));
            TilesState::Ready
        } else if let Some(reason) = self.waiting().failed.get(&(scan.id, gamut)) {
            TilesState::Failed { reason: reason.clone() }
        } else {
            self.make_tiles(scan.id, gamut)?;
            TilesState::Making
        };
        Ok(TilesView { width: scan.width, height: scan.height, side: TILE_SIDE, levels: pyramid.levels.len(), state })
    }

    /// The file of a tile: a JPEG. Level 0 is the whole size, each further one half of it.
    pub fn tile(&self, scan: i64, gamut: ScreenGamut, level: usize, x: u32, y: u32) -> Result<PathBuf, WorkbenchError> {
        let scan = self.0.catalogue.scan(ScanId(scan))?;
        Ok(self.pyramid(&scan, gamut.into()).tile(level, x, y))
    }

    fn pyramid(&self, scan: &Scan, gamut: Gamut) -> TilePyramid {
        TilePyramid::of(self.0.previews.tiles(&scan.sha256, scan.page, gamut), scan.width, scan.height)
    }

    /// Puts a scan in front of those that wait.
    fn make_tiles(&self, scan: ScanId, gamut: Gamut) -> Result<(), WorkbenchError> {
        let mut waiting = self.waiting();
        waiting.scans.retain(|other| *other != (scan, gamut));
        waiting.scans.push((scan, gamut));
        if waiting.working {
            return Ok(());
        }
        waiting.working = true;
        drop(waiting);
        let bench = self.clone();
        // Nobody waits for this thread when the library is closed: what it writes aside is nothing until it is complete.
        let started = thread::Builder::new().name("tiles".into()).spawn(move || {
            let_others_go_first();
            bench.run_tiles();
        });
        if let Err(cause) = started {
            self.waiting().working = false;
            return Err(WorkbenchError::Thread(cause));
        }
        Ok(())
    }

    fn run_tiles(&self) {
        loop {
            let next = {
                let mut waiting = self.waiting();
                let next = waiting.scans.pop();
                waiting.working = next.is_some();
                next
            };
            let Some((scan, gamut)) = next else { return };
            if let Err(reason) = self.write_tiles(scan, gamut) {
                self.waiting().failed.insert((scan, gamut), reason.to_string());
            }
            self.announce(WorkbenchEvent::Tiles { scan: scan.0 });
        }
    }

    fn write_tiles(&self, scan: ScanId, gamut: Gamut) -> Result<(), WorkbenchError> {
        let scan = self.0.catalogue.scan(scan)?;
        let folder = self.pyramid(&scan, gamut).folder;
        if folder.is_dir() {
            return Ok(());
        }
        let failed = |cause| WorkbenchError::Preview { file: scan.path.clone(), cause };
        write_pyramid(&scan.path, scan.page, gamut, &folder, &Limits::default()).map_err(failed)?;
        self.0.previews.evict_tiles(MOST_BYTES, &folder).map_err(failed)
    }

    /// Scans whose tiles could not be made are tried again: their originals may lie elsewhere now.
    pub(crate) fn forget_failed_tiles(&self) {
        self.waiting().failed.clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.tiler.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<ScreenGamut> for Gamut {
    fn from(gamut: ScreenGamut) -> Self {
        match gamut {
            ScreenGamut::Srgb => Self::Srgb,
            ScreenGamut::DisplayP3 => Self::DisplayP3,
            ScreenGamut::AdobeRgb => Self::AdobeRgb,
        }
    }
}
