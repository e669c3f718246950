//! Which folders a person has added, in one small file each.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::{CheckedFolder, HashedFile};
use super::folder::WeightsForm;
use crate::{InferenceError, PackIdentity};

/// A model that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPack {
    /// The pack's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    pub title: String,
    /// The interfaces it stands behind.
    pub roles: Vec<String>,
    /// The licences of its parts, in words.
    pub licences: Vec<String>,
    /// How its weights are stored.
    pub form: WeightsForm,
    /// The folder that holds them, and perhaps other things.
    pub folder: PathBuf,
    /// Its files as they were when it was added.
    pub files: Vec<HashedFile>,
}

impl InstalledPack {
    /// Who speaks when this pack does: the SHA-256 over its files' SHA-256 in order of name.
    pub fn identity(&self) -> PackIdentity {
        let mut digest = Sha256::new();
        self.files.iter().for_each(|file| digest.update(&file.sha256));
        let weights_sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        PackIdentity { id: self.id.clone(), version: self.version.clone(), weights_sha256 }
    }

    /// Whether it stands behind this interface.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// Whether its files are still as long as they were: a quick look before loading.
    pub fn present(&self) -> Result<(), InferenceError> {
        for file in &self.files {
            let path = self.folder.join(&file.name);
            let found = std::fs::metadata(&path).map_err(|cause| InferenceError::file(&path, cause))?.len();
            if found != file.bytes {
                let cause = format!("it has {found} bytes, {} when it was added; add the folder again", file.bytes);
                return Err(InferenceError::model_file(&path, cause));
            }
        }
        Ok(())
    }
}

/// The folder where added packs are noted.
#[derive(Debug, Clone)]
pub struct InstalledPacks {
    folder: PathBuf,
}

impl InstalledPacks {
    /// Notes in `folder`, which need not be there.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// All added packs in order of id.
    pub fn list(&self) -> Result<Vec<InstalledPack>, InferenceError> {
        let unreadable = |cause| InferenceError::file(&self.folder, cause);
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let mut packs: Vec<InstalledPack> = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|cause| InferenceError::file(&path, cause))?;
            let pack = serde_json::from_str(&text).map_err(|error| {
                InferenceError::model_file(&path, format!("{error}; delete it and add the pack again"))
            })?;
            packs.push(pack);
        }
        packs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(packs)
    }

    /// The added pack `id`.
    pub fn get(&self, id: &str) -> Result<InstalledPack, InferenceError> {
        let found = self.list()?.into_iter().find(|pack| pack.id == id);
        found.ok_or_else(|| InferenceError::model_file(&self.folder, format!("no pack {id} is noted in it")))
    }

    /// Notes what was checked, a folder or a file; a pack of the same id is replaced.
    pub fn add(&self, place: &Path, checked: CheckedFolder) -> Result<InstalledPack, InferenceError> {
        let mut folder = place.canonicalize().map_err(|cause| InferenceError::file(place, cause))?;
        if folder.is_file() {
            folder.pop();
        }
        let CheckedFolder { card, form, files } = checked;
        let licences = card.licences.iter().map(|part| {
            let note = part.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            format!("{}: {}{note}", part.what, part.licence)
        });
        let pack = InstalledPack {
            licences: licences.collect(),
            id: card.id,
            version: card.version,
            title: card.title,
            roles: card.roles,
            form,
            folder,
            files,
        };
        std::fs::create_dir_all(&self.folder).map_err(|cause| InferenceError::file(&self.folder, cause))?;
        let path = self.path(&pack.id);
        let text = serde_json::to_string_pretty(&pack).map_err(|error| InferenceError::model_file(&path, error))?;
        // Whole or not at all.
        let partial = path.with_extension("partial");
        std::fs::write(&partial, text).map_err(|cause| InferenceError::file(&partial, cause))?;
        std::fs::rename(&partial, &path).map_err(|cause| InferenceError::file(&path, cause))?;
        Ok(pack)
    }

    /// Forgets a pack; its folder is left alone. Whether there was one.
    pub fn remove(&self, id: &str) -> Result<bool, InferenceError> {
        if !self.list()?.iter().any(|pack| pack.id == id) {
            return Ok(false);
        }
        let path = self.path(id);
        std::fs::remove_file(&path).map_err(|cause| InferenceError::file(&path, cause))?;
        Ok(true)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}
