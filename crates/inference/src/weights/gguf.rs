//! Weights in GGUF, llama.cpp's format: a language model in one file, its vision tower, if it has one, in another (`mmproj`). Read by the names
//! that transformers gives the same tensors.

mod config;
mod exact;
mod names;
pub(crate) mod reader;
mod writer;

use std::path::Path;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use std::borrow::Cow;
use std::sync::Arc;

use super::mapped::MappedFile;
use super::outline::Listed;
use super::packed::{PackedFormat, PackedMatrix};
use super::{InferenceError, Linear, Matrix, WeightSource};
pub use reader::{Header, StoredTensor, Value};
pub(crate) use writer::{EntryInfo, write_head};

/// GGUF files as a source of weights.
#[derive(Debug)]
pub struct GgufWeights {
    files: Vec<(MappedFile, Header)>,
    device: Device,
    dtype: DType,
    /// Whether linear maps stay in the file's blocks where there are kernels for them.
    packed: bool,
}

impl GgufWeights {
    /// Opens a language model's file and, for a model that sees, the file of its vision tower. On the CPU linear maps and tables stay packed
    /// where the file's format is a [`PackedFormat`] or is one exactly in another writing; everything else is unpacked to `dtype`.
    pub fn open(paths: &[&Path], dtype: DType, device: &Device) -> Result<Self, InferenceError> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let file = MappedFile::open(path)?;
            let header = Header::read(path, file.bytes())?;
            files.push((file, header));
        }
        Ok(Self { files, device: device.clone(), dtype, packed: device.is_cpu() })
    }

    /// The sizes of the model in the form of transformers' `config.json`, from the files' metadata.
    pub fn config(&self) -> Result<serde_json::Value, InferenceError> {
        let headers: Vec<(&Path, &Header)> = self.files.iter().map(|(file, h)| (file.path.as_path(), h)).collect();
        config::config(&headers)
    }

    /// The file of the language model: the first that brings one. None where only a tower was named.
    pub fn language_file(&self) -> Option<(&Path, &Header, &[u8])> {
        let language = |header: &Header| header.text("general.architecture") != Some("clip");
        let found = self.files.iter().find(|(_, header)| language(header));
        found.map(|(file, header)| (file.path.as_path(), header, file.bytes()))
    }

    /// The heads of its files.
    pub fn headers(&self) -> impl Iterator<Item = &Header> {
        self.files.iter().map(|(_, header)| header)
    }

    /// The files' tensors by their own names.
    fn stored(&self, name: &str) -> Option<(&Path, &StoredTensor, &[u8])> {
        self.files.iter().find_map(|(file, header)| {
            let tensor = header.tensors.get(name)?;
            Some((file.path.as_path(), tensor, &file.bytes()[tensor.bytes.clone()]))
        })
    }

    /// Says that the tensor with this name in the files has been copied.
    fn release(&self, own: &str) {
        for (file, header) in &self.files {
            if let Some(tensor) = header.tensors.get(own) {
                file.release(&tensor.bytes);
            }
        }
    }

    /// Every place of the plain name `name` that the files have, in the order of preference.
    fn found(&self, name: &str) -> Option<(&str, names::Place)> {
        let places = names::places(name);
        places
            .into_iter()
            .find_map(|place| {
                let all = place.names().iter().all(|name| self.stored(name).is_some());
                all.then(|| (self.stored(&place.names()[0]).map(|s| s.1.name.as_str()), place))
            })
            .and_then(|(name, place)| Some((name?, place)))
    }

    fn first_path(&self) -> &Path {
        self.files.first().map_or(Path::new("?"), |(file, _)| &file.path)
    }

    /// One of the files' tensors, unpacked in f32, in the file's own shape.
    fn unpacked(&self, own: &str) -> Result<Tensor, InferenceError> {
        let (path, tensor, bytes) =
            self.stored(own).ok_or_else(|| InferenceError::tensor(self.first_path(), own, super::MISSING))?;
        let unpacked = unpack(path, tensor, bytes);
        self.release(own);
        unpacked
    }
}

/// A tensor's numbers in f32.
fn unpack(path: &Path, tensor: &StoredTensor, bytes: &[u8]) -> Result<Tensor, InferenceError> {
    let plain = |dtype| Ok(Tensor::from_raw_buffer(bytes, dtype, &tensor.shape, &Device::Cpu)?.to_dtype(DType::F32)?);
    let dtype = match tensor.kind {
        GgmlDType::F32 => return plain(DType::F32),
        GgmlDType::F16 => return plain(DType::F16),
        GgmlDType::BF16 => return plain(DType::BF16),
        packed => packed,
    };
    // The numeric library asserts what `Header::read` has checked already: whole blocks at an even address.
    if !(bytes.as_ptr() as usize).is_multiple_of(4) {
        return Err(InferenceError::tensor(path, &tensor.name, "lies at an odd place; the file is damaged"));
    }
    let storage = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, dtype)?;
    Ok(QTensor::new(storage, tensor.shape.as_slice())?.dequantize(&Device::Cpu)?)
}

impl WeightSource for GgufWeights {
    fn device(&self) -> &Device {
        &self.device
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn contains(&self, name: &str) -> bool {
        self.found(name).is_some()
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        let mut wrong = None;
        for place in names::places(name) {
            if place.names().iter().any(|own| self.stored(own).is_none()) {
                continue;
            }
            let parts: Vec<Tensor> = place.names().iter().map(|own| self.unpacked(own)).collect::<Result<_, _>>()?;
            let joined = place.join(&parts, shape);
            match joined {
                Ok(tensor) if tensor.dims() == shape => {
                    return Ok(tensor.to_dtype(self.dtype)?.to_device(&self.device)?);
                }
                // The place of another writer may have the right one.
                _ => wrong = wrong.or(Some((place.names()[0].clone(), parts[0].dims().to_vec()))),
            }
        }
        Err(match wrong {
            Some((own, found)) => {
                let path = self.stored(&own).map_or(self.first_path(), |stored| stored.0);
                InferenceError::tensor(path, &own, super::other_shape(&found, shape))
            }
            None => {
                let own = names::places(name).first().map_or_else(|| name.to_owned(), |place| place.names()[0].clone());
                let own = if own == name { own } else { format!("{own} ({name})") };
                InferenceError::tensor(self.first_path(), &own, super::MISSING)
            }
        })
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear, InferenceError> {
        let weight = self.matrix(name, outputs, inputs)?;
        let bias = bias.then(|| self.tensor(&format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(Linear { weight, bias })
    }

    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        self.matrix(name, entries, width)
    }
}

impl GgufWeights {
    /// What the files list of the tensor that models call `name`, without a look at its numbers.
    pub fn listed(&self, name: &str, shape: &[usize]) -> Listed {
        let mut listed = Listed::Missing;
        for place in names::places(name) {
            let parts: Option<Vec<_>> = place.names().iter().map(|own| self.stored(own)).collect();
            let Some(parts) = parts else { continue };
            let numbers: usize = parts.iter().map(|part| part.1.shape.iter().product::<usize>()).sum();
            let found = &parts[0].1.shape;
            let same = match &place {
                names::Place::Same(_) if found.len() == shape.len() => found == shape,
                _ => numbers == shape.iter().product::<usize>(),
            };
            if same {
                return Listed::Fits;
            }
            listed = Listed::Differs(found.clone());
        }
        listed
    }

    fn matrix(&self, name: &str, outputs: usize, inputs: usize) -> Result<Matrix, InferenceError> {
        let name = format!("{name}.weight");
        if self.packed
            && let Some((own, names::Place::Same(_))) = self.found(&name)
            && let Some((_, tensor, bytes)) = self.stored(own)
            && tensor.shape == [outputs, inputs]
        {
            let packed = match packed_format(tensor.kind) {
                Some(format) => Some(PackedMatrix::from_blocks(format, outputs, inputs, bytes)?),
                None => exact::in_q8_0(tensor.kind, bytes)
                    .map(|blocks| PackedMatrix::from_blocks(PackedFormat::Q8_0, outputs, inputs, &blocks))
                    .transpose()?,
            };
            if let Some(packed) = packed {
                self.release(own);
                return Ok(Matrix::Packed(Arc::new(packed)));
            }
        }
        Ok(Matrix::Dense(self.tensor(&name, &[outputs, inputs])?))
    }
}

fn packed_format(kind: GgmlDType) -> Option<PackedFormat> {
    [PackedFormat::Q4K, PackedFormat::Q6K, PackedFormat::Q8_0].into_iter().find(|format| format.ggml() == kind)
}

#[cfg(test)]
mod tests;
