//! The model packs that are installed.

use vitrine_inference::{PackFile, PackManifest};

use crate::{Settings, Workbench, WorkbenchError, view::PackView};

impl Workbench {
    /// The packs that are installed.
    pub fn packs(&self) -> Result<Vec<PackView>, WorkbenchError> {
        packs(&self.0.settings)
    }
}

/// The packs that are installed, with their licences and cards. Reads their manifests; loads no model.
pub fn packs(settings: &Settings) -> Result<Vec<PackView>, WorkbenchError> {
    let Some(paths) = &settings.pack else { return Ok(Vec::new()) };
    let manifest = PackManifest::read(paths)?;
    let identity = manifest.identity();
    Ok(vec![PackView {
        id: identity.id,
        version: identity.version,
        weights_sha256: identity.weights_sha256,
        licences: manifest.files.iter().map(licence).collect(),
        card: manifest.card().to_owned(),
        roles: manifest.roles,
    }])
}

fn licence(file: &PackFile) -> String {
    let from = file.source.as_ref().map_or_else(String::new, |s| format!(" (package {} {})", s.package, s.version));
    format!("{}: {}{from}", file.what, file.licence)
}
