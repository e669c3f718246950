//! Weights in safetensors: one file, or several with an index, mapped into memory and never read as a whole.

mod header;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use ::safetensors::Dtype;
use candle_core::{DType, Device, Tensor};

use super::mapped::MappedFile;
use super::{InferenceError, WeightSource};
pub(crate) use header::read_header;

/// The index of a checkpoint in several files.
const INDEX: &str = "model.safetensors.index.json";
/// The name of a checkpoint in one file.
const SINGLE: &str = "model.safetensors";
/// The same for adapters.
const ADAPTER: &str = "adapter_model.safetensors";
/// No index of a published checkpoint comes near.
const MOST_INDEX_BYTES: u64 = 64 << 20;

/// Safetensors files as a source of weights.
#[derive(Debug)]
pub struct SafetensorsWeights {
    /// What messages name when no file holds a tensor.
    place: PathBuf,
    files: Vec<MappedFile>,
    /// By plain name.
    tensors: HashMap<String, Stored>,
    device: Device,
    dtype: DType,
}

/// Where a tensor lies.
#[derive(Debug)]
struct Stored {
    file: usize,
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: std::ops::Range<usize>,
}

/// A tensor as the file has it.
#[derive(Debug, Clone, Copy)]
pub struct RawTensor<'a> {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its numbers, little-endian, row by row.
    pub bytes: &'a [u8],
    /// The file.
    pub path: &'a Path,
}

impl SafetensorsWeights {
    /// Opens a file, or the folder that a checkpoint was published as (`model.safetensors.index.json`, `model.safetensors` or
    /// `adapter_model.safetensors`). `plain` turns the file's names into those that models ask by. Tensors are given out in `dtype` on
    /// `device`.
    pub fn open(
        path: &Path,
        dtype: DType,
        device: &Device,
        plain: &dyn Fn(&str) -> String,
    ) -> Result<Self, InferenceError> {
        let (paths, index) = files_of(path)?;
        let mut weights = Self {
            place: path.to_owned(),
            files: Vec::with_capacity(paths.len()),
            tensors: HashMap::new(),
            device: device.clone(),
            dtype,
        };
        for path in paths {
            weights.add(&path, plain)?;
        }
        if let Some((index, map)) = index {
            weights.agree(&index, &map, plain)?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path, plain: &dyn Fn(&str) -> String) -> Result<(), InferenceError> {
        let file = MappedFile::open(path)?;
        for (name, info) in read_header(path, file.bytes())? {
            let stored = Stored {
                file: self.files.len(),
                dtype: info.dtype,
                shape: info.shape,
                bytes: info.data_offsets.0..info.data_offsets.1,
                name,
            };
            let asked = plain(&stored.name);
            if let Some(other) = self.tensors.get(&asked) {
                let other =
                    format!("is there twice, also as {} in {}", other.name, self.file_of(other, path).display());
                return Err(InferenceError::tensor(path, &stored.name, other));
            }
            self.tensors.insert(asked, stored);
        }
        self.files.push(file);
        Ok(())
    }

    fn file_of<'a>(&'a self, stored: &Stored, newest: &'a Path) -> &'a Path {
        self.files.get(stored.file).map_or(newest, |file| &file.path)
    }

    /// Whether every tensor that the index names is in the file it names.
    fn agree(
        &self,
        index: &Path,
        map: &BTreeMap<String, String>,
        plain: &dyn Fn(&str) -> String,
    ) -> Result<(), InferenceError> {
        for (name, file) in map {
            let place = index.with_file_name(file);
            match self.tensors.get(&plain(name)) {
                Some(stored) if self.files[stored.file].path == place => {}
                _ => {
                    let cause = "is not in it, though the index says so; download the file again";
                    return Err(InferenceError::tensor(&place, name, cause));
                }
            }
        }
        Ok(())
    }

    /// The plain names of its tensors with their shapes and types, in order of name.
    pub fn tensors(&self) -> BTreeMap<&str, (&[usize], Dtype)> {
        self.tensors.iter().map(|(name, stored)| (name.as_str(), (stored.shape.as_slice(), stored.dtype))).collect()
    }

    /// The files that it is made of.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// The tensor as the file has it.
    pub fn raw(&self, name: &str) -> Option<RawTensor<'_>> {
        let stored = self.tensors.get(name)?;
        let file = &self.files[stored.file];
        let bytes = &file.bytes()[stored.bytes.clone()];
        Some(RawTensor { dtype: stored.dtype, shape: &stored.shape, bytes, path: &file.path })
    }

    /// [`raw`](Self::raw), of this shape; an error when there is none.
    pub(super) fn raw_shaped(&self, name: &str, shape: &[usize]) -> Result<RawTensor<'_>, InferenceError> {
        let raw = self.raw(name).ok_or_else(|| InferenceError::tensor(&self.place, name, super::MISSING))?;
        if raw.shape != shape {
            return Err(InferenceError::tensor(raw.path, name, super::other_shape(raw.shape, shape)));
        }
        Ok(raw)
    }

    /// Says that the tensor has been copied.
    pub(super) fn release(&self, name: &str) {
        if let Some(stored) = self.tensors.get(name) {
            self.files[stored.file].release(&stored.bytes);
        }
    }
}

impl WeightSource for SafetensorsWeights {
    fn device(&self) -> &Device {
        &self.device
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        let raw = self.raw_shaped(name, shape)?;
        let dtype = match raw.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            Dtype::F64 => DType::F64,
            other => {
                let cause = format!("holds {other:?}, not numbers that a model of this kind computes with");
                return Err(InferenceError::tensor(raw.path, name, cause));
            }
        };
        // The conversion before the transport: half as much travels.
        let tensor = Tensor::from_raw_buffer(raw.bytes, dtype, shape, &Device::Cpu)?;
        let tensor = tensor.to_dtype(self.dtype)?.to_device(&self.device)?;
        self.release(name);
        Ok(tensor)
    }
}

type Index = (PathBuf, BTreeMap<String, String>);

/// The files that `path` stands for, with the index if there is one.
fn files_of(path: &Path) -> Result<(Vec<PathBuf>, Option<Index>), InferenceError> {
    if !path.is_dir() && path.file_name().is_none_or(|name| name != INDEX) {
        return Ok((vec![path.to_owned()], None));
    }
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let index = folder.join(INDEX);
    if index.is_file() {
        let map = read_index(&index)?;
        let mut files: Vec<PathBuf> = map.values().map(|name| folder.join(name)).collect();
        files.sort();
        files.dedup();
        if let Some(missing) = files.iter().find(|file| !file.is_file()) {
            let cause = format!("it is missing, though {INDEX} names it; download it too");
            return Err(InferenceError::model_file(missing, cause));
        }
        return Ok((files, Some((index, map))));
    }
    let found = [SINGLE, ADAPTER].iter().map(|name| folder.join(name)).find(|file| file.is_file());
    found.map(|file| (vec![file], None)).ok_or_else(|| {
        let cause = format!("it holds neither {INDEX} nor {SINGLE}; name the folder that was downloaded");
        InferenceError::model_file(folder, cause)
    })
}

/// From tensor to file name.
fn read_index(path: &Path) -> Result<BTreeMap<String, String>, InferenceError> {
    #[derive(serde::Deserialize)]
    struct File {
        weight_map: BTreeMap<String, String>,
    }
    let length = std::fs::metadata(path).map_err(|cause| InferenceError::file(path, cause))?.len();
    if length > MOST_INDEX_BYTES {
        return Err(InferenceError::model_file(path, format!("an index of {length} bytes is no index")));
    }
    let bytes = std::fs::read(path).map_err(|cause| InferenceError::file(path, cause))?;
    let file: File = serde_json::from_slice(&bytes)
        .map_err(|error| InferenceError::model_file(path, format!("{error}; download it again")))?;
    if file.weight_map.is_empty() {
        return Err(InferenceError::model_file(path, "it names no tensor; download it again"));
    }
    for name in file.weight_map.values() {
        // A name from a file is never a way out of the folder.
        if Path::new(name).file_name().is_none_or(|plain| *plain != **name) {
            return Err(InferenceError::model_file(path, format!("it names {name:?}, which is no plain file name")));
        }
    }
    Ok(file.weight_map)
}

#[cfg(test)]
mod tests;
