//! From a folder that a person has added to a model that writes: how much memory there is, how the weights are kept in it, and the
//! words around them.

use std::path::Path;

use super::Loaded;
use crate::InferenceError;
use crate::chat::{ChatTemplate, ChatTokenizer};
use crate::engine::{FreeMemory, MemoryPlan, ModelSize, plan_memory};
use crate::generation::Session;
use crate::model_pack::{InstalledPack, Weights};
use crate::qwen::{CHUNK, QwenConfig, QwenReader, QwenVl};
use crate::weights::outline::{Listed, Outline};
use crate::weights::packed::PackedFormat;
use crate::weights::packed_tower::{self, PackedTower};
use crate::weights::quantised::QuantisedWeights;

/// Tokens that a conversation is planned for: the scan, the record, the passages, and some questions and answers.
const PLANNED_TOKENS: u64 = 8192;
/// How matrices may be kept on the CPU, the most exact first.
const PRECISIONS: [PackedFormat; 3] = [PackedFormat::Q8_0, PackedFormat::Q6K, PackedFormat::Q4K];

/// Loads the model of `pack`. `notice` hears what was decided about memory and why. Matrices that are packed here are kept in `cache`.
pub(super) fn load(pack: &InstalledPack, cache: &Path, notice: &dyn Fn(String)) -> Result<Loaded, InferenceError> {
    pack.present()?;
    let weights = Weights::find(&pack.folder)?;
    let config = QwenConfig::parse(&weights.config()?)
        .map_err(|error| InferenceError::model_file(&pack.folder, error.to_string()))?;
    let plan = plan(pack, &config, &weights)?;
    notice(plan.reason.clone());
    let model = match weights {
        Weights::Gguf(weights, _) => QwenVl::load(&config, &PackedTower(&weights))?,
        Weights::Safetensors { weights, .. } => {
            let format = plan.precision.unwrap_or(PackedFormat::Q8_0);
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
            QwenVl::load(&config, &PackedTower(&weights))?
        }
        Weights::Adapter { folder, .. } => {
            return Err(InferenceError::model_file(&folder, "it is an adapter for searching and writes no text"));
        }
    };
    Ok(Loaded {
        session: Session::new(Box::new(QwenReader::new(model))),
        template: ChatTemplate::open(&pack.folder)?,
        tokenizer: ChatTokenizer::open(&pack.folder)?,
    })
}

/// How the model is kept in the memory that is free.
fn plan(pack: &InstalledPack, config: &QwenConfig, weights: &Weights) -> Result<MemoryPlan, InferenceError> {
    let mut size = size(pack, config)?;
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
        Some(free) => plan_memory(&size, &precisions, PLANNED_TOKENS, 4, CHUNK as u64, &free),
        // A system that does not say gets the smallest.
        None => {
            let unknown = FreeMemory { bytes: u64::MAX, limit: "nothing known" };
            let smallest = precisions.last().copied().into_iter().collect::<Vec<_>>();
            plan_memory(&size, &smallest, PLANNED_TOKENS, 4, CHUNK as u64, &unknown)
        }
    }
}

/// The sizes of all that a model asks for. On the CPU what is not packed takes 32 bits.
fn size(pack: &InstalledPack, config: &QwenConfig) -> Result<ModelSize, InferenceError> {
    let everything = |_: &_| Listed::Fits;
    let outline = Outline::new(&pack.folder, &everything);
    QwenVl::load(config, &outline)?;
    let (mut packable, mut other_bytes) = (0u64, 0u64);
    for request in outline.requests() {
        let numbers = request.shape.iter().fold(1u64, |all, &side| all.saturating_mul(side as u64));
        match (request.matrix, request.name.starts_with(packed_tower::TOWER)) {
            (true, false) => packable += numbers,
            (true, true) => other_bytes += (numbers as f64 * packed_tower::FORMAT.bits() / 8.0) as u64,
            (false, _) => other_bytes += 4 * numbers,
        }
    }
    let language = &config.language;
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

/// The bytes of a file's tensor if it is one of the language model's matrices.
fn packed_bytes((name, tensor): (&String, &crate::weights::gguf::StoredTensor)) -> u64 {
    let language = !name.starts_with("v.") && !name.starts_with("mm.");
    if language && tensor.shape.len() == 2 { tensor.bytes.len() as u64 } else { 0 }
}
