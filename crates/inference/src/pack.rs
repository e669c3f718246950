//! Finding a model pack on disk and making sure that its files are the recorded ones.

use std::env;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::InferenceError;

/// Which weights spoke: stored with everything that came from a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackIdentity {
    /// The pack's id, e.g. `compact`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over its weight files, in hexadecimal.
    pub weights_sha256: String,
}

/// Where a pack's two halves lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackPaths {
    /// The folder with `pack.toml` and the weights that we trained (committed: `models/compact`).
    pub manifest: PathBuf,
    /// The folder with the weights that set-up fetched (never committed; a package carries them).
    pub fetched: PathBuf,
}

impl PackPaths {
    /// The compact pack's folders, the only place that reads the environment:
    ///
    /// * manifest: `$VITRINE_PACKS/compact`, else `models/compact` in one of the [`places`];
    /// * fetched: `$VITRINE_MODELS/compact`, else `fetched` beside the manifest, where an installed package has it, else
    ///   `$XDG_CACHE_HOME/vitrine/models/compact`, else `~/.cache/vitrine/models/compact`.
    pub fn compact(resources: Option<&Path>) -> Result<Self, InferenceError> {
        let folder = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let manifests = match folder("VITRINE_PACKS") {
            Some(packs) => vec![packs.join("compact")],
            None => places(resources).map(|base| base.join("models").join("compact")).collect(),
        };
        let cache = folder("XDG_CACHE_HOME").or_else(|| env::home_dir().map(|home| home.join(".cache")));
        let cache = cache.map(|cache| cache.join("vitrine").join("models"));
        Self::find(&manifests, folder("VITRINE_MODELS"), cache)
    }

    /// The first of `manifests` that holds a `pack.toml`; the fetched weights in `models`, else beside it, else in `cache`.
    fn find(manifests: &[PathBuf], models: Option<PathBuf>, cache: Option<PathBuf>) -> Result<Self, InferenceError> {
        let is_pack = |candidate: &&PathBuf| candidate.join("pack.toml").is_file();
        let manifest = manifests.iter().find(is_pack).ok_or(InferenceError::NoPacks)?.clone();
        let beside = manifest.join("fetched");
        let fetched = match (models, cache) {
            (Some(models), _) => models.join("compact"),
            (None, _) if beside.is_dir() => beside,
            (None, Some(cache)) => cache.join("compact"),
            (None, None) => return Err(InferenceError::NoPacks),
        };
        Ok(Self { manifest, fetched })
    }
}

/// The folders in which what ships with the application (`models`, `assets`) is looked for, in this order: `resources`, which the window knows that it was
/// installed with; `../lib/Vitrine` from the executable, where a package puts the same for the command line; beside the executable and
/// above it; the source tree that this was built from.
pub fn places(resources: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let executable = env::current_exe().ok();
    let above = |levels| executable.as_deref().into_iter().flat_map(move |e| e.ancestors().skip(1).take(levels));
    let installed = above(2).skip(1).map(|prefix| prefix.join("lib").join("Vitrine"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf);
    let found: Vec<PathBuf> = resources
        .map(Path::to_path_buf)
        .into_iter()
        .chain(installed)
        .chain(above(4).map(Path::to_path_buf))
        .chain(source)
        .collect();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// As scripts/package.sh lays a package out.
    #[test]
    fn an_installed_package_is_found_with_its_weights() {
        let folder = tempfile::tempdir().unwrap();
        let installed = folder.path().join("usr/lib/Vitrine");
        let manifest = places(Some(&installed)).next().unwrap().join("models/compact");
        assert_eq!(manifest, installed.join("models/compact"));
        let manifests = [folder.path().join("elsewhere"), manifest.clone()];
        let cache = Some(folder.path().join("cache"));
        assert!(matches!(PackPaths::find(&manifests, None, cache.clone()), Err(InferenceError::NoPacks)));

        fs::create_dir_all(&manifest).unwrap();
        fs::write(manifest.join("pack.toml"), "").unwrap();
        let found = |models| PackPaths::find(&manifests, models, cache.clone()).unwrap();
        assert_eq!(found(None).manifest, manifest);
        assert_eq!(found(None).fetched, folder.path().join("cache/compact"), "a package without the backbones");
        fs::create_dir(manifest.join("fetched")).unwrap();
        assert_eq!(found(None).fetched, manifest.join("fetched"));
        assert_eq!(found(Some(folder.path().join("own"))).fetched, folder.path().join("own/compact"));
    }
}
