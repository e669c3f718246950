//! The weights that we train, as files: projections and LICN (f16), and what belongs to their numbers.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::image_rows::ImageRows;
use crate::licn::{Licn, LicnConfig};
use crate::{InferenceError, PackManifest, PackPaths};

/// The weights: tensors of the image projections, of LICN (prefix `licn.`) and `labels.<task>`, f16.
pub(crate) const WEIGHTS: &str = "classifier.safetensors";

/// What the numbers mean: [`Head`] as JSON.
pub(crate) const HEAD: &str = "classifier.json";

/// The classifier's shape, labels, calibration and thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// LICN's shape.
    pub(crate) licn: LicnConfig,
    /// One a task, in the order of LICN's task rows.
    pub(crate) tasks: Vec<TaskHead>,
}

/// A task's labels and how far to believe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskHead {
    /// [`crate::Task::property`].
    pub(crate) task: String,
    /// As shown; row n of the tensor `labels.<task>` is label n.
    pub(crate) labels: Vec<String>,
    /// What the scaled cosines are multiplied with before the softmax; fitted on the validation part.
    pub(crate) inverse_temperature: f32,
    /// Below this calibrated confidence the classifier abstains; chosen on the validation part.
    pub(crate) threshold: f32,
}

/// Everything that was trained, ready to answer.
pub(crate) struct Trained {
    pub(crate) head: Head,
    pub(crate) rows: ImageRows,
    pub(crate) licn: Licn,
    /// A task each: unit label vectors `[labels, output]`.
    pub(crate) labels: Vec<Tensor>,
}

impl Trained {
    /// Reads both files of the pack.
    pub(crate) fn load(manifest: &PackManifest, paths: &PackPaths) -> Result<Self, InferenceError> {
        let at = |name: &str| manifest.path(paths, name);
        let head = serde_json::from_slice(&manifest.bytes(paths, HEAD)?)
            .map_err(|cause| at(HEAD).map_or_else(|error| error, |path| InferenceError::broken(&path, cause)))?;
        let tensors = candle_core::safetensors::load_buffer(&manifest.bytes(paths, WEIGHTS)?, &Device::Cpu)?;
        Self::new(head, tensors)
            .map_err(|cause| at(WEIGHTS).map_or_else(|error| error, |path| InferenceError::broken(&path, cause)))
    }

    /// From tensors of any float type.
    pub(crate) fn new(head: Head, tensors: HashMap<String, Tensor>) -> candle_core::Result<Self> {
        let mut rows = HashMap::new();
        let mut licn = HashMap::new();
        for (name, tensor) in tensors {
            let tensor = tensor.to_dtype(DType::F32)?;
            match name.strip_prefix("licn.") {
                Some(inner) => licn.insert(inner.to_owned(), tensor),
                None => rows.insert(name, tensor),
            };
        }
        let labels = head.tasks.iter().map(|task| {
            let name = format!("labels.{}", task.task);
            match rows.get(&name) {
                Some(tensor) if tensor.dims() == [task.labels.len(), head.licn.output] => Ok(tensor.clone()),
                _ => candle_core::bail!("tensor {name} is missing or is not one row a label"),
            }
        });
        let labels = labels.collect::<candle_core::Result<_>>()?;
        Ok(Self { rows: ImageRows::load(&rows)?, licn: Licn::load(&head.licn, &licn)?, labels, head })
    }

    /// Image rows `[images, ROWS, 128]` to scaled cosines, a task each: `[images, labels]`.
    pub(crate) fn scaled(&self, rows: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        let images = self.licn.embed_images(rows, None)?;
        let tasks = self.labels.iter().enumerate();
        tasks
            .map(|(task, labels)| {
                let image = images.narrow(1, task, 1)?.squeeze(1)?.contiguous()?;
                self.licn.scaled(&image.matmul(&labels.t()?)?)
            })
            .collect()
    }
}

/// Rows of one image as a batch.
pub(crate) fn batch_of_one(rows: &[f32], width: usize) -> candle_core::Result<Tensor> {
    Tensor::from_slice(rows, (1, rows.len() / width, width), &Device::Cpu)
}

/// Writes both files into `folder`, the weights as f16.
pub(crate) fn write(
    folder: &Path,
    head: &Head,
    tensors: &HashMap<String, Tensor>,
) -> Result<Vec<std::path::PathBuf>, InferenceError> {
    std::fs::create_dir_all(folder).map_err(|cause| InferenceError::file(folder, cause))?;
    let half = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.clone(), tensor.to_dtype(DType::F16)?)))
        .collect::<candle_core::Result<HashMap<_, _>>>()?;
    let (weights, json) = (folder.join(WEIGHTS), folder.join(HEAD));
    candle_core::safetensors::save(&half, &weights)?;
    let text = serde_json::to_string_pretty(head).map_err(|cause| InferenceError::Training(cause.to_string()))?;
    std::fs::write(&json, text + "\n").map_err(|cause| InferenceError::file(&json, cause))?;
    Ok(vec![weights, json])
}

/// Softmax of `inverse_temperature * scaled` for one image, largest first, with label numbers.
pub(crate) fn ranked(scaled: &[f32], inverse_temperature: f32) -> Vec<(usize, f32)> {
    let largest = scaled.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = scaled.iter().map(|value| ((value - largest) * inverse_temperature).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let mut ranked: Vec<(usize, f32)> = weights.iter().map(|weight| weight / sum).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}
