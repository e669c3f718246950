//! From a folder that a person has added to weights that a model can be made of: whether they fit into memory, and how they are kept there.

use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device};

use super::folder::{ADAPTER, BASE, Weights, adapter_config};
use super::registry::InstalledPack;
use super::sizes::ModelSizes;
use crate::chat::Speech;
use crate::device::OpenDevice;
use crate::engine::{FreeMemory, MemoryPlan, ModelSize, plan_memory};
use crate::qwen::{CHUNK, QwenConfig};
use crate::weights::adapted::AdaptedWeights;
use crate::weights::gguf::StoredTensor;
use crate::weights::outline::{Listed, Outline};
use crate::weights::packed::PackedFormat;
use crate::weights::packing::{Packing, TOWER, TOWER_FORMAT};
use crate::weights::quantised::QuantisedWeights;
use crate::{InferenceError, WeightSource};

/// How matrices may be kept on the CPU, the most exact first.
const PRECISIONS: [PackedFormat; 3] = [PackedFormat::Q8_0, PackedFormat::Q6K, PackedFormat::Q4K];

/// What a model is made of.
pub(crate) struct OpenedPack {
    pub(crate) sizes: ModelSizes,
    pub(crate) weights: Box<dyn WeightSource>,
    /// Of a model of text alone, in whose file it lies; others' lies beside the weights.
    pub(crate) speech: Option<Speech>,
}

/// The sizes that the folder of `pack` states, whose model has to be one that sees.
pub(crate) fn configuration(pack: &InstalledPack) -> Result<QwenConfig, InferenceError> {
    let weights = Weights::of_pack(pack, DType::F32, &Device::Cpu)?;
    parse(pack, &weights)?.seeing(&pack.folder)
}

/// The folder of `pack` that its tokenizer lies in: an adapter may leave that to its base.
pub(crate) fn words(pack: &InstalledPack) -> PathBuf {
    let own = pack.folder.join("tokenizer.json").is_file();
    if own { pack.folder.clone() } else { pack.folder.join(BASE) }
}

fn parse(pack: &InstalledPack, weights: &Weights) -> Result<ModelSizes, InferenceError> {
    ModelSizes::parse(&weights.config()?).map_err(|error| InferenceError::model_file(&pack.folder, error.to_string()))
}

/// Opens the weights of `pack` for `device`, with room in memory for `tokens` tokens of a conversation beside them. On the CPU matrices are packed, those of
/// safetensors once, with the result kept in `cache`; on a graphics card they are widened to bf16. `notice` hears what was decided and why.
pub(crate) fn open(
    pack: &InstalledPack,
    cache: &Path,
    device: &OpenDevice,
    tokens: u64,
    notice: &dyn Fn(String),
) -> Result<OpenedPack, InferenceError> {
    pack.present()?;
    let dtype = if device.device.is_cpu() { DType::F32 } else { DType::BF16 };
    let weights = Weights::of_pack(pack, dtype, &device.device)?;
    let sizes = parse(pack, &weights)?;
    let plan = plan(pack, &sizes, &weights, device, tokens)?;
    notice(plan.reason.clone());
    let speech = match (&sizes, &weights) {
        (ModelSizes::Text(_), Weights::Gguf(files, _)) => {
            files.language_file().map(|(path, header, bytes)| Speech::of_gguf(path, header, bytes)).transpose()?
        }
        _ => None,
    };
    let format = plan.precision.unwrap_or(PackedFormat::Q8_0);
    let weights: Box<dyn WeightSource> = match weights {
        // What there are no kernels for is packed anew, as exactly as there are any.
        Weights::Gguf(weights, _) if speech.is_some() => {
            Box::new(Packing::everything(Box::new(weights), PackedFormat::Q8_0))
        }
        Weights::Gguf(weights, _) => Box::new(Packing::tower(Box::new(weights))),
        Weights::Safetensors { weights, awq: false, .. } if !device.device.is_cpu() => Box::new(weights),
        Weights::Safetensors { weights, .. } => {
            let mut told = 0;
            let mut progress = |done: usize, total: usize| {
                let tenth = done * 10 / total.max(1);
                if tenth > told {
                    told = tenth;
                    notice(format!("Its matrices are packed in {}, once: {tenth}0 % done.", format.name()));
                }
                true
            };
            let weights = QuantisedWeights::open(weights, format, cache, &mut progress)?;
            Box::new(Packing::tower(Box::new(weights)))
        }
        Weights::Adapter { base, adapter, folder } => {
            let base: Box<dyn WeightSource> = match *base {
                Weights::Safetensors { weights, awq: false, .. } => Box::new(weights),
                Weights::Gguf(weights, _) => Box::new(weights),
                Weights::Safetensors { .. } | Weights::Adapter { .. } => {
                    let cause = "the model under an adapter must have every number by itself; use its bf16 files";
                    return Err(InferenceError::model_file(&folder, cause));
                }
            };
            let adapted = AdaptedWeights::new(base, adapter, &adapter_config(&folder)?, &folder.join(ADAPTER))?;
            Box::new(Packing::everything(Box::new(adapted), format))
        }
    };
    Ok(OpenedPack { sizes, weights, speech })
}

/// How the model is kept in the memory that is free on the device.
fn plan(
    pack: &InstalledPack,
    sizes: &ModelSizes,
    weights: &Weights,
    device: &OpenDevice,
    tokens: u64,
) -> Result<MemoryPlan, InferenceError> {
    if !device.device.is_cpu() {
        let size = size(pack, sizes, 16.0)?;
        // A card that does not say how much it has refuses by itself.
        let bytes = device.free_memory().unwrap_or(u64::MAX);
        let free = FreeMemory { bytes, limit: "the graphics card's free memory" };
        return plan_memory(&size, &[None], tokens, 2, CHUNK as u64, &free);
    }
    let mut size = size(pack, sizes, TOWER_FORMAT.bits())?;
    let precisions = match weights {
        Weights::Gguf(files, _) => {
            // Matrices stay as the file has them, in one precision or another: the nearest that there is a name for.
            let stored: u64 = files.headers().flat_map(|head| head.tensors.iter()).map(packed_bytes).sum();
            let bits = stored as f64 * 8.0 / size.packable.max(1) as f64;
            let apart = |format: &PackedFormat| (format.bits() - bits).abs();
            let nearest = PRECISIONS.into_iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
            let nearest = nearest.unwrap_or(PackedFormat::Q8_0);
            let named = (size.packable as f64 * nearest.bits() / 8.0) as u64;
            size.other_bytes = size.other_bytes.saturating_add(stored.saturating_sub(named));
            vec![Some(nearest)]
        }
        _ => PRECISIONS.map(Some).to_vec(),
    };
    match FreeMemory::now() {
        Some(free) => plan_memory(&size, &precisions, tokens, 4, CHUNK as u64, &free),
        // A system that does not say gets the smallest.
        None => {
            let unknown = FreeMemory { bytes: u64::MAX, limit: "nothing known" };
            let smallest = precisions.last().copied().into_iter().collect::<Vec<_>>();
            plan_memory(&size, &smallest, tokens, 4, CHUNK as u64, &unknown)
        }
    }
}

/// The sizes of all that a model asks for, with `tower_bits` a number of the tower's matrices. What is in no matrix takes 32 bits.
fn size(pack: &InstalledPack, sizes: &ModelSizes, tower_bits: f64) -> Result<ModelSize, InferenceError> {
    let everything = |_: &_| Listed::Fits;
    let outline = Outline::new(&pack.folder, &everything);
    sizes.ask(pack.has_role("retriever"), &outline)?;
    let (mut packable, mut other_bytes) = (0u64, 0u64);
    for request in outline.requests() {
        let numbers = request.shape.iter().fold(1u64, |all, &side| all.saturating_mul(side as u64));
        match (request.matrix, request.name.starts_with(TOWER)) {
            (true, false) => packable += numbers,
            (true, true) => other_bytes += (numbers as f64 * tower_bits / 8.0) as u64,
            (false, _) => other_bytes += 4 * numbers,
        }
    }
    let language = sizes.language();
    Ok(ModelSize {
        title: pack.title.clone(),
        packable,
        other_bytes,
        layers: language.layers as u64,
        key_heads: language.key_heads as u64,
        head_width: language.head_width as u64,
        width: language.width as u64,
        inner: language.inner as u64,
        vocabulary: language.vocabulary as u64,
    })
}

/// The bytes that a file's tensor takes in memory, or less of one without kernels, if it is one of the language model's matrices.
fn packed_bytes((name, tensor): (&String, &StoredTensor)) -> u64 {
    let language = !name.starts_with("v.") && !name.starts_with("mm.");
    if !language || tensor.shape.len() != 2 {
        return 0;
    }
    let numbers: usize = tensor.shape.iter().product();
    let in_q8_0 = matches!(tensor.kind, GgmlDType::Q4_0 | GgmlDType::Q5_0);
    if in_q8_0 { (numbers as f64 * PackedFormat::Q8_0.bits() / 8.0) as u64 } else { tensor.bytes.len() as u64 }
}
