//! What lies in a model's folder: weights of whichever form, and their configuration.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use serde::{Deserialize, Serialize};

use super::registry::InstalledPack;
use crate::InferenceError;
use crate::qwen::lora::AdapterConfig;
use crate::qwen::names;
use crate::weights::gguf::GgufWeights;
use crate::weights::safetensors::SafetensorsWeights;

/// The most bytes of a configuration.
const MOST_CONFIG_BYTES: u64 = 16 << 20;
/// Where an adapter's base lies in its folder.
pub(super) const BASE: &str = "base";
/// An adapter's weights.
pub(super) const ADAPTER: &str = "adapter_model.safetensors";

/// How a folder's weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightsForm {
    /// Safetensors with every number by itself.
    Safetensors,
    /// Safetensors with four bits a number (AWQ).
    Awq,
    /// llama.cpp's files.
    Gguf,
    /// An adapter over the model in the folder `base`.
    Adapter,
}

/// The weights of a folder, of whichever form.
pub(crate) enum Weights {
    /// Plain numbers, or AWQ's.
    Safetensors { folder: PathBuf, weights: SafetensorsWeights, awq: bool },
    /// llama.cpp's files.
    Gguf(GgufWeights, PathBuf),
    /// An adapter and what it changes.
    Adapter { base: Box<Weights>, adapter: SafetensorsWeights, folder: PathBuf },
}

impl Weights {
    /// Opens the weights of `pack`, as [`find`](Self::find) does, of GGUF files those that were there when it was added.
    pub(crate) fn of_pack(pack: &InstalledPack, dtype: DType, device: &Device) -> Result<Self, InferenceError> {
        if pack.form != WeightsForm::Gguf {
            return Self::find(&pack.folder, dtype, device);
        }
        let paths = pack.files.iter().map(|file| pack.folder.join(&file.name)).filter(|path| is_gguf(path));
        Self::gguf(&paths.collect::<Vec<_>>(), &pack.folder, dtype, device)
    }

    fn gguf(paths: &[PathBuf], place: &Path, dtype: DType, device: &Device) -> Result<Self, InferenceError> {
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        Ok(Self::Gguf(GgufWeights::open(&paths, dtype, device)?, place.to_owned()))
    }

    /// Opens what lies in `folder`, which may be a GGUF file by itself, to be given out in `dtype` on `device`. Nothing is read but heads.
    pub(crate) fn find(folder: &Path, dtype: DType, device: &Device) -> Result<Self, InferenceError> {
        if folder.join("adapter_config.json").is_file() {
            let base = folder.join(BASE);
            if !base.is_dir() {
                let cause = "it is an adapter and needs the model under it; put that model's folder inside as `base`";
                return Err(InferenceError::model_file(folder, cause));
            }
            let keep = |name: &str| name.to_owned();
            let adapter = SafetensorsWeights::open(&folder.join(ADAPTER), dtype, device, &keep)?;
            let base = Box::new(Self::find(&base, dtype, device)?);
            return Ok(Self::Adapter { base, adapter, folder: folder.to_owned() });
        }
        if folder.is_file() {
            return Self::gguf(&[folder.to_owned()], folder, dtype, device);
        }
        let mut gguf: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| is_gguf(path)).collect();
        gguf.sort();
        match gguf.len() {
            0 => {}
            1 | 2 => return Self::gguf(&gguf, folder, dtype, device),
            many => {
                let cause = format!(
                    "it holds {many} GGUF files; a language model and its mmproj are wanted, no more. Name the file of one that only writes"
                );
                return Err(InferenceError::model_file(folder, cause));
            }
        }
        let weights = SafetensorsWeights::open(folder, dtype, device, &names::plain)?;
        let awq = weights.tensors().keys().any(|name| name.ends_with(".qweight"));
        Ok(Self::Safetensors { folder: folder.to_owned(), weights, awq })
    }

    /// How they are stored.
    pub(crate) fn form(&self) -> WeightsForm {
        match self {
            Self::Safetensors { awq: false, .. } => WeightsForm::Safetensors,
            Self::Safetensors { awq: true, .. } => WeightsForm::Awq,
            Self::Gguf(..) => WeightsForm::Gguf,
            Self::Adapter { .. } => WeightsForm::Adapter,
        }
    }

    /// The text of its configuration.
    pub(crate) fn config(&self) -> Result<String, InferenceError> {
        match self {
            Self::Safetensors { folder, .. } => read_text(&folder.join("config.json")),
            Self::Gguf(weights, _) => Ok(weights.config()?.to_string()),
            Self::Adapter { base, .. } => base.config(),
        }
    }
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

/// How the adapter in `folder` is added.
pub(super) fn adapter_config(folder: &Path) -> Result<AdapterConfig, InferenceError> {
    AdapterConfig::parse(&read_text(&folder.join("adapter_config.json"))?)
}

/// A configuration's text.
pub(super) fn read_text(path: &Path) -> Result<String, InferenceError> {
    let length = std::fs::metadata(path).map_err(|cause| InferenceError::file(path, cause))?.len();
    if length > MOST_CONFIG_BYTES {
        return Err(InferenceError::model_file(path, format!("{length} bytes are no configuration")));
    }
    std::fs::read_to_string(path).map_err(|cause| InferenceError::file(path, cause))
}

/// The paths in a folder.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, InferenceError> {
    let unreadable = |cause| InferenceError::file(folder, cause);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect()
}
