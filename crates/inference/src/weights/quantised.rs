//! Safetensors packed while they are loaded, and the result kept on disk, so that the second start reads a fraction of the bytes and computes nothing.
//!
//! What is kept is a GGUF file under the models' plain names. It can always be made again: one that does not fit its key or its checksum is.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use candle_core::{DType, Device, Tensor};
use sha2::{Digest, Sha256};

use super::awq;
use super::gguf::{EntryInfo, Header, Value, write_head};
use super::mapped::MappedFile;
use super::packed::{PackedFormat, PackedMatrix};
use super::safetensors::SafetensorsWeights;
use super::{InferenceError, Linear, Matrix, WeightSource};

/// Changes when what is written changes.
const VERSION: u64 = 1;
const KEY: &str = "vitrine.key";
/// Bytes behind the data: CRC-32 of all that is before them, little-endian.
const TRAILER: usize = 4;
const ALIGNMENT: usize = 32;

/// Safetensors, with the matrices of the language model packed.
pub struct QuantisedWeights {
    source: SafetensorsWeights,
    /// The packed matrices.
    kept: MappedFile,
    header: Header,
}

/// A matrix that is to be packed.
struct Plan {
    /// The plain name with `.weight`.
    name: String,
    shape: [usize; 2],
    format: PackedFormat,
}

impl QuantisedWeights {
    /// Packs the language model's matrices of `source` in `format` (the head and the table of words in Q6_K at least, as llama.cpp does it), or takes what
    /// `cache`, a folder, has of an earlier time. Four-bit matrices (AWQ) are unpacked exactly before. `progress` hears how many matrices of how many are done
    /// and may say `false` to stop.
    pub fn open(
        source: SafetensorsWeights,
        format: PackedFormat,
        cache: &Path,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Self, InferenceError> {
        let key = key(&source, format)?;
        let path = cache.join(format!("{key}.gguf"));
        if let Ok((kept, header)) = read_kept(&path, &key) {
            return Ok(Self { source, kept, header });
        }
        write_kept(&source, &plans(&source, format), &path, &key, progress)?;
        let (kept, header) = read_kept(&path, &key)?;
        Ok(Self { source, kept, header })
    }

    /// The file that keeps the packed matrices.
    pub fn kept_at(&self) -> &Path {
        &self.kept.path
    }

    fn matrix(&self, stem: &str, outputs: usize, inputs: usize) -> Result<Matrix, InferenceError> {
        let name = format!("{stem}.weight");
        let Some(stored) = self.header.tensors.get(&name) else {
            if awq::holds(&self.source, stem) {
                let weight = awq::unpack(&self.source, stem, outputs, inputs)?;
                return Ok(Matrix::Dense(weight.to_dtype(self.source.dtype())?.to_device(self.source.device())?));
            }
            return Ok(Matrix::Dense(self.source.tensor(&name, &[outputs, inputs])?));
        };
        if stored.shape != [outputs, inputs] {
            let cause = super::other_shape(&stored.shape, &[outputs, inputs]);
            return Err(InferenceError::tensor(&self.kept.path, &name, cause));
        }
        let format =
            [PackedFormat::Q4K, PackedFormat::Q6K, PackedFormat::Q8_0].into_iter().find(|f| f.ggml() == stored.kind);
        let format =
            format.ok_or_else(|| InferenceError::tensor(&self.kept.path, &name, "is in a format without kernels"))?;
        let bytes = &self.kept.bytes()[stored.bytes.clone()];
        let packed = PackedMatrix::from_blocks(format, outputs, inputs, bytes)?;
        self.kept.release(&stored.bytes);
        if self.source.device().is_cpu() {
            return Ok(Matrix::Packed(Arc::new(packed)));
        }
        Ok(Matrix::Dense(packed.unpacked()?.to_dtype(self.source.dtype())?.to_device(self.source.device())?))
    }
}

impl WeightSource for QuantisedWeights {
    fn device(&self) -> &Device {
        self.source.device()
    }

    fn dtype(&self) -> DType {
        self.source.dtype()
    }

    fn contains(&self, name: &str) -> bool {
        self.source.contains(name) || self.header.tensors.contains_key(name)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        self.source.tensor(name, shape)
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

/// The matrices that are packed, in order of name.
fn plans(source: &SafetensorsWeights, format: PackedFormat) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (name, (shape, _)) in source.tensors() {
        let (stem, shape) = if let Some(stem) = name.strip_suffix(".qweight") {
            match awq::shape(source, stem) {
                Some(shape) => (stem, shape),
                None => continue,
            }
        } else {
            match (name.strip_suffix(".weight"), shape) {
                (Some(stem), &[outputs, inputs]) => (stem, [outputs, inputs]),
                _ => continue,
            }
        };
        let words = matches!(stem, "model.embed_tokens" | "lm_head");
        if !words && !stem.starts_with("model.layers.") {
            continue;
        }
        let wished = if words && format == PackedFormat::Q4K { PackedFormat::Q6K } else { format };
        // Rows of another width are packed in the format of small blocks, or not at all.
        let fits = [wished, PackedFormat::Q8_0]
            .into_iter()
            .find(|format| shape[1] > 0 && shape[1].is_multiple_of(format.block()));
        if let Some(format) = fits.filter(|_| shape[0] > 0) {
            plans.push(Plan { name: format!("{stem}.weight"), shape, format });
        }
    }
    plans
}

/// What the kept file depends on: the source's files as the system knows them, the format, and how it is written.
fn key(source: &SafetensorsWeights, format: PackedFormat) -> Result<String, InferenceError> {
    let mut digest = Sha256::new();
    digest.update(VERSION.to_le_bytes());
    digest.update(format.name());
    for path in source.files() {
        let unreadable = |cause| InferenceError::file(path, cause);
        let data = fs::metadata(path).map_err(unreadable)?;
        let changed = data.modified().map_err(unreadable)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        digest.update(path.canonicalize().map_err(unreadable)?.as_os_str().as_encoded_bytes());
        digest.update(data.len().to_le_bytes());
        digest.update(changed.as_nanos().to_le_bytes());
    }
    Ok(digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// The kept file, if it is whole and of this key.
fn read_kept(path: &Path, key: &str) -> Result<(MappedFile, Header), InferenceError> {
    let file = MappedFile::open(path)?;
    let header = Header::read(path, file.bytes())?;
    let whole = file.bytes().split_last_chunk::<TRAILER>();
    let sound = whole.is_some_and(|(before, &trailer)| crc32fast::hash(before) == u32::from_le_bytes(trailer));
    if header.text(KEY) != Some(key) || !sound {
        return Err(InferenceError::model_file(path, "it is damaged and will be made again"));
    }
    Ok((file, header))
}

/// Packs one matrix after the other; the file appears whole or not at all.
fn write_kept(
    source: &SafetensorsWeights,
    plans: &[Plan],
    path: &Path,
    key: &str,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<(), InferenceError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|cause| InferenceError::file(folder, cause))?;
    let partial = Partial(path.with_extension(format!("partial-{}", std::process::id())));
    let unwritable = |cause| InferenceError::file(&partial.0, cause);
    let entries: Vec<EntryInfo> = plans
        .iter()
        .map(|plan| EntryInfo {
            name: &plan.name,
            shape: &plan.shape,
            kind: match plan.format {
                PackedFormat::Q4K => 12,
                PackedFormat::Q6K => 14,
                PackedFormat::Q8_0 => 8,
            },
            length: (plan.shape[0] * plan.shape[1] / plan.format.block() * plan.format.block_bytes()) as u64,
        })
        .collect();
    let metadata = [("general.architecture", Value::Text("vitrine-packed".into())), (KEY, Value::Text(key.to_owned()))];
    let head = write_head(&metadata, &entries);
    let mut file = BufWriter::new(File::create(&partial.0).map_err(unwritable)?);
    file.write_all(&head).map_err(unwritable)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&head);
    for (done, plan) in plans.iter().enumerate() {
        if !progress(done, plans.len()) {
            return Err(InferenceError::Cancelled);
        }
        let stem = plan.name.trim_end_matches(".weight");
        let [outputs, inputs] = plan.shape;
        let weight = if awq::holds(source, stem) {
            awq::unpack(source, stem, outputs, inputs)?
        } else {
            source.tensor(&plan.name, &plan.shape)?
        };
        let packed = PackedMatrix::quantise(plan.format, &weight)?;
        let blocks = packed.blocks();
        let padding = [0u8; ALIGNMENT];
        let padding = &padding[..blocks.len().next_multiple_of(ALIGNMENT) - blocks.len()];
        for bytes in [blocks.as_slice(), padding] {
            checksum.update(bytes);
            file.write_all(bytes).map_err(unwritable)?;
        }
    }
    file.write_all(&checksum.finalize().to_le_bytes()).map_err(unwritable)?;
    let file = file.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.sync_all().map_err(unwritable)?;
    fs::rename(&partial.0, path).map_err(|cause| InferenceError::file(path, cause))?;
    progress(plans.len(), plans.len());
    Ok(())
}

/// A file that goes away unless it was renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // It may have been renamed, or never made.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn checkpoint(folder: &Path) -> SafetensorsWeights {
        let mut noise = crate::noise::Noise::new(11);
        let mut tensors = HashMap::new();
        for (name, shape) in [
            ("model.layers.0.mlp.up_proj.weight", vec![32, 512]),
            ("model.layers.0.mlp.odd_proj.weight", vec![8, 96]),
            ("model.layers.0.input_layernorm.weight", vec![512]),
            ("model.embed_tokens.weight", vec![40, 256]),
            ("visual.blocks.0.mlp.fc1.weight", vec![8, 256]),
        ] {
            tensors.insert(name, noise.uniform(&shape, 1.0).unwrap());
        }
        let path = folder.join("model.safetensors");
        candle_core::safetensors::save(&tensors, &path).unwrap();
        SafetensorsWeights::open(&path, DType::F32, &Device::Cpu, &|name| name.to_owned()).unwrap()
    }

    fn open(folder: &Path, made: &mut usize) -> QuantisedWeights {
        let source =
            SafetensorsWeights::open(&folder.join("model.safetensors"), DType::F32, &Device::Cpu, &|n| n.to_owned());
        let mut progress = |_, _| {
            *made += 1;
            true
        };
        QuantisedWeights::open(source.unwrap(), PackedFormat::Q4K, &folder.join("cache"), &mut progress).unwrap()
    }

    fn format(matrix: &Matrix) -> Option<PackedFormat> {
        match matrix {
            Matrix::Packed(packed) => Some(packed.format()),
            Matrix::Dense(_) => None,
        }
    }

    #[test]
    fn the_language_model_is_packed_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let source = checkpoint(folder.path());
        let mut made = 0;
        let weights = open(folder.path(), &mut made);
        assert_eq!(made, 4);
        let up = weights.linear("model.layers.0.mlp.up_proj", 512, 32, false).unwrap().weight;
        assert_eq!(format(&up), Some(PackedFormat::Q4K));
        assert_eq!(
            format(&weights.linear("model.layers.0.mlp.odd_proj", 96, 8, false).unwrap().weight),
            Some(PackedFormat::Q8_0)
        );
        assert_eq!(format(&weights.table("model.embed_tokens", 40, 256).unwrap()), Some(PackedFormat::Q6K));
        assert_eq!(format(&weights.linear("visual.blocks.0.mlp.fc1", 256, 8, false).unwrap().weight), None);
        assert_eq!(weights.tensor("model.layers.0.input_layernorm.weight", &[512]).unwrap().dims(), [512]);
        // What is kept is what packing gives.
        let exact = source.tensor("model.layers.0.mlp.up_proj.weight", &[32, 512]).unwrap();
        let direct = PackedMatrix::quantise(PackedFormat::Q4K, &exact).unwrap();
        let Matrix::Packed(up) = up else { panic!("it was packed") };
        assert_eq!(up.blocks(), direct.blocks());
        // The second time nothing is made.
        open(folder.path(), &mut made);
        assert_eq!(made, 4);
        let error = weights.linear("model.layers.0.mlp.up_proj", 512, 31, false).unwrap_err().to_string();
        assert!(error.contains("model.layers.0.mlp.up_proj.weight has the shape [32, 512]"), "{error}");
    }

    #[test]
    fn a_damaged_or_outdated_file_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(folder.path());
        let mut made = 0;
        let path = open(folder.path(), &mut made).kept_at().to_owned();
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut early = whole.clone();
        early[70] ^= 1;
        for damaged in [flipped, early, whole[..whole.len() - 40].to_vec(), Vec::new()] {
            let before = made;
            fs::write(&path, damaged).unwrap();
            open(folder.path(), &mut made);
            assert_eq!(made - before, 4);
            assert_eq!(fs::read(&path).unwrap(), whole);
        }
        // Other weights, another file.
        let before = made;
        let model = folder.path().join("model.safetensors");
        let mut other = fs::read(&model).unwrap();
        *other.last_mut().unwrap() ^= 1;
        fs::write(&model, other).unwrap();
        File::options().write(true).open(&model).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert_ne!(open(folder.path(), &mut made).kept_at(), path);
        assert_eq!(made - before, 4);
        let rest = fs::read_dir(folder.path().join("cache")).unwrap().count();
        assert_eq!(rest, 2, "nothing half-written stays");
    }

    #[test]
    fn stopping_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let source = checkpoint(folder.path());
        let stopped =
            QuantisedWeights::open(source, PackedFormat::Q6K, &folder.path().join("cache"), &mut |done, _| done < 2);
        assert!(matches!(stopped, Err(InferenceError::Cancelled)));
        assert_eq!(fs::read_dir(folder.path().join("cache")).unwrap().count(), 0);
    }
}
