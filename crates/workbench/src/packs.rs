//! The model packs: the one that the program comes with, and those that a person has added.

use std::path::Path;

use vitrine_inference::model_pack::{InstalledPack, InstalledPacks, check_folder};
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
    let mut packs = Vec::new();
    if let Some(paths) = &settings.pack {
        let manifest = PackManifest::read(paths)?;
        let identity = manifest.identity();
        packs.push(PackView {
            id: identity.id,
            version: identity.version,
            weights_sha256: identity.weights_sha256,
            licences: manifest.files.iter().map(licence).collect(),
            card: manifest.card().to_owned(),
            roles: manifest.roles,
        });
    }
    packs.extend(InstalledPacks::at(&settings.added_packs).list()?.into_iter().map(added));
    Ok(packs)
}

/// Checks the folder of a published model and notes it. Every file is read once for its hash; `progress` hears how many bytes of how many
/// and may say `false` to stop.
pub fn add_pack(
    settings: &Settings,
    folder: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<InstalledPack, WorkbenchError> {
    let checked = check_folder(folder, progress)?;
    Ok(InstalledPacks::at(&settings.added_packs).add(folder, checked)?)
}

/// Forgets a pack that was added; its folder is left alone.
pub fn remove_pack(settings: &Settings, id: &str) -> Result<(), WorkbenchError> {
    match InstalledPacks::at(&settings.added_packs).remove(id)? {
        true => Ok(()),
        false => Err(WorkbenchError::NoAddedPack(id.to_owned())),
    }
}

fn added(pack: InstalledPack) -> PackView {
    let identity = pack.identity();
    PackView {
        id: identity.id,
        version: identity.version,
        weights_sha256: identity.weights_sha256,
        licences: pack.licences,
        card: format!("# {}\n\nAdded from the folder {}.\n", pack.title, pack.folder.display()),
        roles: pack.roles,
    }
}

fn licence(file: &PackFile) -> String {
    let from = file.source.as_ref().map_or_else(String::new, |s| format!(" (package {} {})", s.package, s.version));
    format!("{}: {}{from}", file.what, file.licence)
}
