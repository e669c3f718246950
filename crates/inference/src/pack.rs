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
    /// The folder with the weights that set-up fetched (never committed).
    pub fetched: PathBuf,
}

impl PackPaths {
    /// The compact pack's folders, the only place that reads the environment:
    ///
    /// * manifest: `$VITRINE_PACKS/compact`, else `models/compact` in `resources` (what the application was installed
    ///   with), beside the executable or above it, or in the source tree that this was built from;
    /// * fetched: `$VITRINE_MODELS/compact`, else `$XDG_CACHE_HOME/vitrine/models/compact`, else
    ///   `~/.cache/vitrine/models/compact`.
    pub fn compact(resources: Option<&Path>) -> Result<Self, InferenceError> {
        let folder = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let manifest = match folder("VITRINE_PACKS") {
            Some(packs) => packs.join("compact"),
            None => {
                let executable = env::current_exe().ok();
                let beside = executable.iter().flat_map(|e| e.ancestors().skip(1).take(4));
                let source = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
                resources
                    .into_iter()
                    .chain(beside)
                    .chain(source)
                    .map(|base| base.join("models").join("compact"))
                    .find(|candidate| candidate.join("pack.toml").is_file())
                    .ok_or(InferenceError::NoPacks)?
            }
        };
        let fetched = folder("VITRINE_MODELS")
            .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("vitrine").join("models")))
            .or_else(|| env::home_dir().map(|home| home.join(".cache").join("vitrine").join("models")))
            .ok_or(InferenceError::NoPacks)?
            .join("compact");
        Ok(Self { manifest, fetched })
    }
}
