//! Whether a folder holds one of the known models: its sizes, the name and shape of every tensor, its tokenizer and template. A model of text alone in a
//! GGUF file need not be known. No weight is loaded; every file is read once for its hash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::card::PackCard;
use super::folder::{ADAPTER, BASE, Weights, WeightsForm, adapter_config, entries};
use super::known::{Architecture, KnownModel, known_models};
use super::sizes::ModelSizes;
use crate::InferenceError;
use crate::chat::{ChatTemplate, ChatTokenizer, Speech, Words};
use crate::qwen::{LanguageConfig, QwenConfig, lora, names};
use crate::weights::outline::{Listed, Outline, Request};
use crate::weights::safetensors::SafetensorsWeights;

/// A file with its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedFile {
    /// Its path below the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A folder or file that was found to be a model that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFolder {
    /// What is said of it.
    pub card: PackCard,
    /// How its weights are stored.
    pub form: WeightsForm,
    /// Its files with their hashes, in order of name.
    pub files: Vec<HashedFile>,
}

/// Checks a folder, or the GGUF file of a model of text alone. `progress` hears the bytes that were hashed and of how many, and may say `false` to stop.
pub fn check_folder(
    folder: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<CheckedFolder, InferenceError> {
    check_against(folder, &known_models()?, progress)
}

fn check_against(
    folder: &Path,
    known: &[KnownModel],
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<CheckedFolder, InferenceError> {
    if !folder.exists() {
        return Err(InferenceError::model_file(
            folder,
            "there is no such folder or file; name the one that was downloaded",
        ));
    }
    let weights = Weights::find(folder, DType::F32, &Device::Cpu)?;
    let sizes = ModelSizes::parse(&weights.config()?)
        .map_err(|error| InferenceError::model_file(folder, format!("{error}")))?;
    let card = match &sizes {
        ModelSizes::Text(config) => {
            weights.compare(&sizes, None)?;
            text_card(folder, &weights, config, known)?
        }
        ModelSizes::Seeing(config) => {
            let model = which(folder, config, known)?;
            weights.compare(&sizes, Some(&model))?;
            check_words(folder, &weights, config, &model)?;
            PackCard::of_known(&model)
        }
    };
    Ok(CheckedFolder { form: weights.form(), files: hashed(folder, progress)?, card })
}

/// Whether a model of text alone has its words, and what its file says of itself.
fn text_card(
    place: &Path,
    weights: &Weights,
    config: &LanguageConfig,
    known: &[KnownModel],
) -> Result<PackCard, InferenceError> {
    let Weights::Gguf(files, _) = weights else {
        let cause = "it holds a model of text alone, which is taken as one GGUF file; download that";
        return Err(InferenceError::model_file(place, cause));
    };
    let Some((path, header, bytes)) = files.language_file() else {
        return Err(InferenceError::model_file(place, "it holds no language model"));
    };
    fits(path, &*Speech::of_gguf(path, header, bytes)?.words, config)?;
    Ok(PackCard::of_text(path, header, known))
}

/// Whether the files beside the weights are there and fit them.
fn check_words(
    folder: &Path,
    weights: &Weights,
    config: &QwenConfig,
    model: &KnownModel,
) -> Result<(), InferenceError> {
    let base = if weights.form() == WeightsForm::Adapter { folder.join(BASE) } else { folder.to_owned() };
    for name in &model.files {
        if ![folder, &base].iter().any(|place| place.join(name).is_file()) {
            return Err(InferenceError::model_file(
                folder,
                format!("it lacks {name}; download that file of {} too", model.published),
            ));
        }
    }
    let words = if folder.join("tokenizer.json").is_file() { folder } else { &base };
    let (tokenizer, path) = (ChatTokenizer::open(words)?, words.join("tokenizer.json"));
    if tokenizer.token("<|image_pad|>").is_none() {
        return Err(InferenceError::model_file(&path, "it has no <|image_pad|>; it belongs to another model"));
    }
    fits(&path, &tokenizer, &config.language)?;
    if model.roles.iter().any(|role| role == "explainer") {
        ChatTemplate::open(words)?;
    }
    Ok(())
}

/// Whether the model has a row for every token of the file `path`.
fn fits(path: &Path, words: &dyn Words, config: &LanguageConfig) -> Result<(), InferenceError> {
    if words.size() <= config.vocabulary {
        return Ok(());
    }
    let cause = format!("it has {} tokens, the model {}; they do not belong together", words.size(), config.vocabulary);
    Err(InferenceError::model_file(path, cause))
}

/// The known model that has the configuration's sizes.
fn which(folder: &Path, config: &QwenConfig, known: &[KnownModel]) -> Result<KnownModel, InferenceError> {
    let found = Architecture::of(config);
    if let Some(model) = known.iter().find(|model| model.architecture == found) {
        return Ok(model.clone());
    }
    let titles: Vec<&str> = known.iter().map(|model| model.title.as_str()).collect();
    let cause = format!(
        "it holds a {} of {} blocks, {} wide, which is none of the models that are known: {}",
        found.family,
        found.layers,
        found.width,
        titles.join(", ")
    );
    Err(InferenceError::model_file(folder, cause))
}

impl Weights {
    /// Lets the model ask for its tensors.
    fn compare(&self, sizes: &ModelSizes, model: Option<&KnownModel>) -> Result<(), InferenceError> {
        let place = match self {
            Self::Safetensors { folder, .. } | Self::Gguf(_, folder) | Self::Adapter { folder, .. } => folder,
        };
        let look = |request: &Request| self.listed(request);
        let outline = Outline::new(place, &look);
        sizes.ask(model.is_some_and(KnownModel::retrieves), &outline)?;
        if let Self::Adapter { adapter, folder, .. } = self {
            compare_adapter(folder, adapter, &outline.requests())?;
        }
        Ok(())
    }

    fn listed(&self, request: &Request) -> Listed {
        match self {
            Self::Gguf(weights, _) => weights.listed(&request.name, &request.shape),
            Self::Safetensors { weights, .. } => {
                if let Some(raw) = weights.raw(&request.name) {
                    return if raw.shape == request.shape { Listed::Fits } else { Listed::Differs(raw.shape.to_vec()) };
                }
                // Four bits a number, eight numbers an integer, outputs side by side.
                let packed =
                    request.name.strip_suffix(".weight").and_then(|stem| weights.raw(&format!("{stem}.qweight")));
                match (packed, request.shape.as_slice()) {
                    (Some(raw), &[outputs, inputs]) if raw.shape == [inputs, outputs / 8] => Listed::Fits,
                    (Some(raw), _) => Listed::Differs(raw.shape.to_vec()),
                    (None, _) => Listed::Missing,
                }
            }
            Self::Adapter { base, adapter, .. } => match base.listed(request) {
                // What the base lacks, such as ColQwen2's last map, the adapter may bring whole; a change to it is not enough.
                Listed::Missing => {
                    let own = |name: &str| names::of_adapter(name) == request.name;
                    match adapter.tensors().into_iter().find(|(name, _)| own(name)) {
                        Some((_, (shape, _))) if shape == request.shape => Listed::Fits,
                        Some((_, (shape, _))) => Listed::Differs(shape.to_vec()),
                        None => Listed::Missing,
                    }
                }
                listed => listed,
            },
        }
    }
}

/// Whether every pair of matrices belongs to a tensor of the model and fits it.
fn compare_adapter(folder: &Path, adapter: &SafetensorsWeights, requests: &[Request]) -> Result<(), InferenceError> {
    let config = adapter_config(folder)?;
    let shapes: BTreeMap<&str, &[usize]> = requests.iter().map(|r| (r.name.as_str(), r.shape.as_slice())).collect();
    let path = folder.join(ADAPTER);
    for (name, (shape, _)) in adapter.tensors() {
        let Some((target, half)) = lora::target(name) else { continue };
        let wanted = match shapes.get(target.as_str()) {
            Some(&[outputs, inputs]) => match half {
                lora::Half::A => [config.r, *inputs],
                lora::Half::B => [*outputs, config.r],
            },
            _ => {
                return Err(InferenceError::tensor(
                    &path,
                    name,
                    format!("changes {target}, which the model does not have"),
                ));
            }
        };
        if shape != wanted {
            let cause = format!("has the shape {shape:?}, an adapter of rank {} needs {wanted:?}", config.r);
            return Err(InferenceError::tensor(&path, name, cause));
        }
    }
    Ok(())
}

/// Weights, configurations and words; what else people keep in a folder is not the model's.
fn belongs(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "safetensors" | "gguf" | "json" | "jinja" | "txt")
}

fn hashed(folder: &Path, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<Vec<HashedFile>, InferenceError> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    if folder.is_file() {
        files.push((folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), folder.to_owned()));
    }
    for (below, place) in [("", folder.to_owned()), ("base/", folder.join(BASE))] {
        if !place.is_dir() {
            continue;
        }
        for path in entries(&place)?.into_iter().filter(|path| path.is_file() && belongs(path)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((format!("{below}{name}"), path.clone()));
        }
    }
    files.sort();
    let length =
        |path: &Path| std::fs::metadata(path).map(|data| data.len()).map_err(|cause| InferenceError::file(path, cause));
    let mut total = 0;
    for (_, path) in &files {
        total += length(path)?;
    }
    let (mut done, mut buffer) = (0, vec![0; 1 << 20]);
    let mut hashed = Vec::with_capacity(files.len());
    for (name, path) in files {
        let unreadable = |cause| InferenceError::file(&path, cause);
        let (mut file, mut digest, mut bytes) = (File::open(&path).map_err(unreadable)?, Sha256::new(), 0);
        loop {
            let read = file.read(&mut buffer).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            digest.update(&buffer[..read]);
            bytes += read as u64;
            done += read as u64;
            if !progress(done, total) {
                return Err(InferenceError::Cancelled);
            }
        }
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        hashed.push(HashedFile { name, bytes, sha256 });
    }
    Ok(hashed)
}

#[cfg(test)]
mod tests;
