//! `pack.toml`: what a pack is made of, and whether the files on disk are the recorded ones.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{InferenceError, PackIdentity, PackPaths};

/// What a pack consists of, as `pack.toml` records it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackManifest {
    /// The pack's id, e.g. `compact`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The interfaces it stands behind: `retriever`, `classifier`, `explainer`.
    pub roles: Vec<String>,
    /// Its files; their order counts for [`PackIdentity::weights_sha256`].
    pub files: Vec<PackFile>,
    #[serde(skip)]
    card: String,
}

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// The file's name in the folder of its place.
    pub name: String,
    /// What it holds, for people.
    pub what: String,
    /// Which of the pack's folders it lies in.
    pub place: Place,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The licence of its contents, as an SPDX expression.
    pub licence: String,
    /// Where it comes from; `None` for what was trained here.
    pub source: Option<Source>,
}

/// Which of a pack's folders a file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Beside `pack.toml`.
    Committed,
    /// In the cache, brought there by set-up.
    Fetched,
}

/// The published package that a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The file inside; `a.zip!b` is `b` in the archive `a.zip`.
    pub file: String,
}

impl PackManifest {
    /// Reads `pack.toml` and, if there is one, `MODEL_CARD.md` beside it. Looks at no weights.
    pub fn read(paths: &PackPaths) -> Result<Self, InferenceError> {
        let path = paths.manifest.join("pack.toml");
        let text = String::from_utf8(read(&path)?).map_err(|e| InferenceError::broken(&path, e))?;
        let mut manifest: Self = toml::from_str(&text).map_err(|e| InferenceError::broken(&path, e.message()))?;
        for file in &manifest.files {
            // A name from a file is never a way out of the pack's folders.
            let plain = Path::new(&file.name).file_name().is_some_and(|name| *name == *file.name);
            if !plain || file.sha256.len() != 64 || file.sha256.bytes().any(|b| !b.is_ascii_hexdigit()) {
                let cause = format!("the entry {:?} has no plain file name or no SHA-256", file.name);
                return Err(InferenceError::broken(&path, cause));
            }
        }
        let card = paths.manifest.join("MODEL_CARD.md");
        manifest.card = match fs::read_to_string(&card) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(InferenceError::broken(&card, error)),
        };
        Ok(manifest)
    }

    /// The text of `MODEL_CARD.md` (Markdown), empty where there is none.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// Who speaks when this pack does: id, version and the SHA-256 over the files' SHA-256 (as bytes of their
    /// hexadecimal form, lower case) in the manifest's order.
    pub fn identity(&self) -> PackIdentity {
        let mut digest = Sha256::new();
        for file in &self.files {
            digest.update(file.sha256.to_ascii_lowercase());
        }
        PackIdentity {
            id: self.id.clone(),
            version: self.version.clone(),
            weights_sha256: hexadecimal(&digest.finalize()),
        }
    }

    /// Where the file `name` of the pack lies.
    pub fn path(&self, paths: &PackPaths, name: &str) -> Result<PathBuf, InferenceError> {
        self.file(paths, name).map(|(_, path)| path)
    }

    /// The contents of the file `name`, after a look whether they are the recorded ones.
    pub fn bytes(&self, paths: &PackPaths, name: &str) -> Result<Vec<u8>, InferenceError> {
        let (file, path) = self.file(paths, name)?;
        let bytes = read(&path)?;
        let found = hexadecimal(&Sha256::digest(&bytes));
        if !found.eq_ignore_ascii_case(&file.sha256) {
            let cause = format!("its SHA-256 is {found}, pack.toml records {}", file.sha256);
            return Err(InferenceError::broken(&path, cause));
        }
        Ok(bytes)
    }

    /// Looks whether every file is there and the recorded one (reads some 120 MB).
    pub fn verify(&self, paths: &PackPaths) -> Result<(), InferenceError> {
        self.files.iter().try_for_each(|file| self.bytes(paths, &file.name).map(drop))
    }

    fn file(&self, paths: &PackPaths, name: &str) -> Result<(&PackFile, PathBuf), InferenceError> {
        let file = self.files.iter().find(|file| file.name == name).ok_or_else(|| {
            let cause = format!("it does not name the file {name}");
            InferenceError::broken(&paths.manifest.join("pack.toml"), cause)
        })?;
        let folder = match file.place {
            Place::Committed => &paths.manifest,
            Place::Fetched => &paths.fetched,
        };
        Ok((file, folder.join(name)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, InferenceError> {
    fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => InferenceError::PackFileMissing { path: path.to_owned() },
        _ => InferenceError::broken(path, error),
    })
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(sha256: &str) -> (tempfile::TempDir, PackPaths) {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "id = \"compact\"\nversion = \"1\"\nroles = []\n[[files]]\nname = \"a.bin\"\nwhat = \"a\"\n\
             place = \"fetched\"\nsha256 = \"{sha256}\"\nlicence = \"Apache-2.0\"\n"
        );
        fs::write(folder.path().join("pack.toml"), text).unwrap();
        let paths = PackPaths { manifest: folder.path().to_owned(), fetched: folder.path().join("cache") };
        fs::create_dir(&paths.fetched).unwrap();
        (folder, paths)
    }

    // SHA-256 of "abc", from FIPS 180-2's examples.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn only_the_recorded_bytes_are_given_out() {
        let (_folder, paths) = pack(ABC);
        let manifest = PackManifest::read(&paths).unwrap();
        let missing = manifest.bytes(&paths, "a.bin").unwrap_err().to_string();
        assert!(missing.contains("a.bin is missing") && missing.contains("run ./run.sh again"), "{missing}");
        fs::write(paths.fetched.join("a.bin"), "abc").unwrap();
        assert_eq!(manifest.bytes(&paths, "a.bin").unwrap(), b"abc");
        manifest.verify(&paths).unwrap();
        fs::write(paths.fetched.join("a.bin"), "abd").unwrap();
        let broken = manifest.verify(&paths).unwrap_err().to_string();
        assert!(broken.contains("a.bin") && broken.contains("SHA-256") && broken.contains("run ./run.sh again"));
    }

    #[test]
    fn other_weights_are_another_identity() {
        let (_a, first) = pack(ABC);
        let (_b, second) = pack(&ABC.replace('b', "c"));
        let identity = |paths| PackManifest::read(paths).unwrap().identity();
        assert_eq!(identity(&first), identity(&first));
        assert_ne!(identity(&first).weights_sha256, identity(&second).weights_sha256);
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_refused() {
        let (folder, paths) = pack(ABC);
        let toml = folder.path().join("pack.toml");
        let text = fs::read_to_string(&toml).unwrap().replace("a.bin", "../a.bin");
        fs::write(&toml, text).unwrap();
        assert!(matches!(PackManifest::read(&paths), Err(InferenceError::PackFileBroken { .. })));
    }

    #[test]
    fn the_committed_manifest_reads() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/compact");
        let manifest = PackManifest::read(&PackPaths { manifest: source.clone(), fetched: source.clone() }).unwrap();
        assert_eq!(manifest.id, "compact");
        for file in manifest.files.iter().filter(|file| file.place == Place::Committed) {
            manifest.bytes(&PackPaths { manifest: source.clone(), fetched: source.clone() }, &file.name).unwrap();
        }
    }
}
