//! Where on its scan a work shows what a sentence says, by an added pack that compares images with words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vitrine_assistant::patch_map;
use vitrine_catalogue::WorkId;
use vitrine_imaging::{Derivative, ImagingError, Limits, read_scan};
use vitrine_inference::device::{DeviceKind, OpenDevice};
use vitrine_inference::model_pack::{InstalledPack, InstalledPacks};
use vitrine_inference::{InferenceError, Retriever, VisualRetriever};

use crate::{
    Workbench, WorkbenchError,
    view::{PatchesView, WorkbenchEvent},
};

/// Retrievers of added packs, by the packs' ids.
pub(crate) type Seers = Mutex<HashMap<String, Arc<VisualRetriever>>>;

impl Workbench {
    /// How much each part of the work's first scan speaks for `sentence`. It takes an added pack such as ColQwen2, and with it some seconds.
    pub fn patches(&self, work: i64, sentence: &str) -> Result<PatchesView, WorkbenchError> {
        let retriever = self.seer()?;
        let scan = self.0.catalogue.scans(WorkId(work))?.into_iter().next().ok_or(WorkbenchError::NoScan(work))?;
        let preview = self.preview(scan.id.0, Derivative::Large)?;
        let image = read_scan(&preview, &Limits::default())
            .map_err(|cause: ImagingError| WorkbenchError::Preview { file: preview, cause })?;
        let map = patch_map(sentence, &image.image, &*retriever)?.ok_or(WorkbenchError::NothingSees)?;
        let pack = retriever.pack();
        Ok(PatchesView { columns: map.columns, weights: map.weights, pack: format!("{} {}", pack.id, pack.version) })
    }

    /// The first added pack that finds images by words, not loaded.
    pub(crate) fn installed_seer(&self) -> Result<Option<InstalledPack>, WorkbenchError> {
        let installed = InstalledPacks::at(&self.0.settings.added_packs).list()?;
        Ok(installed.into_iter().find(|pack| pack.has_role("retriever")))
    }

    /// The first added pack that finds images by words.
    pub(crate) fn seer(&self) -> Result<Arc<VisualRetriever>, WorkbenchError> {
        let settings = &self.0.settings;
        let pack = self.installed_seer()?.ok_or(WorkbenchError::NothingSees)?;
        let mut seers = self.0.seers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seers.get(&pack.id) {
            return Ok(known.clone());
        }
        // The retriever lives in the bench: it must not keep the bench alive.
        let bench = Arc::downgrade(&self.0);
        let notice: Arc<dyn Fn(String) + Send + Sync> = Arc::new(move |text| {
            if let Some(bench) = bench.upgrade() {
                bench.jobs.announce(WorkbenchEvent::Notice { text });
            }
        });
        let device = OpenDevice::open(DeviceKind::Cpu, 0).map_err(InferenceError::from)?;
        let id = pack.id.clone();
        let seer = Arc::new(VisualRetriever::new(pack, &settings.cache.join("packed"), device, notice)?);
        seers.insert(id, seer.clone());
        Ok(seer)
    }
}
