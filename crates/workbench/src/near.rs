//! Scans that show nearly the same picture: told by their fingerprints, never refused.

use std::sync::{Mutex, MutexGuard, PoisonError};

use vitrine_catalogue::WorkId;
use vitrine_imaging::PerceptualHash;

use crate::{Workbench, WorkbenchError};

/// The fingerprints of all scans, once somebody asked: 40 bytes each.
#[derive(Default)]
pub(crate) struct Fingerprints(Mutex<Option<Vec<(PerceptualHash, WorkId)>>>);

impl Workbench {
    /// The works of which a scan shows nearly what a scan of `work` shows, nearest first.
    pub(crate) fn near(&self, work: WorkId) -> Result<Vec<WorkId>, WorkbenchError> {
        self.read_fingerprints()?;
        let known = self.fingerprints();
        let known = known.as_deref().unwrap_or_default();
        let own: Vec<PerceptualHash> = known.iter().filter(|(_, of)| *of == work).map(|(hash, _)| *hash).collect();
        Ok(nearest(known, &own, work))
    }

    /// Notes a new work's fingerprints, and gives the works that are near.
    pub(crate) fn note_fingerprints(&self, work: WorkId, own: &[PerceptualHash]) -> Vec<WorkId> {
        let mut known = self.fingerprints();
        let known = known.get_or_insert_default();
        let near = nearest(known, own, work);
        known.extend(own.iter().map(|hash| (*hash, work)));
        near
    }

    /// Reads the fingerprints of the library. To be called before a work is added whose own are then noted, or they would count twice.
    pub(crate) fn read_fingerprints(&self) -> Result<(), WorkbenchError> {
        let mut known = self.fingerprints();
        if known.is_none() {
            let all = self.0.catalogue.fingerprints()?.into_iter();
            // One that cannot be read tells nothing, and nothing depends on it.
            *known = Some(all.filter_map(|(_, work, text)| Some((text.parse().ok()?, work))).collect());
        }
        Ok(())
    }

    fn fingerprints(&self) -> MutexGuard<'_, Option<Vec<(PerceptualHash, WorkId)>>> {
        self.0.fingerprints.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The works but `but` with a fingerprint near one of `own`, each once, nearest first.
fn nearest(known: &[(PerceptualHash, WorkId)], own: &[PerceptualHash], but: WorkId) -> Vec<WorkId> {
    let mut near: Vec<(u32, WorkId)> = Vec::new();
    for (hash, work) in known.iter().filter(|(_, work)| *work != but) {
        let Some(distance) = own.iter().map(|own| own.distance(*hash)).min().filter(|d| *d <= PerceptualHash::NEAR)
        else {
            continue;
        };
        match near.iter_mut().find(|(_, known)| known == work) {
            Some(entry) => entry.0 = entry.0.min(distance),
            None => near.push((distance, *work)),
        }
    }
    near.sort_unstable();
    near.into_iter().map(|(_, work)| work).collect()
}
