//! A pack's model with the words around it.

use std::path::Path;

use super::{Loaded, Mind};
use crate::InferenceError;
use crate::chat::Speech;
use crate::device::OpenDevice;
use crate::generation::Session;
use crate::model_pack::{InstalledPack, ModelSizes, WeightsForm, loading};
use crate::qwen::{LanguageModel, QwenReader, QwenVl, TextReader};

/// Tokens that a conversation is planned for: the scan, the record, the passages, and some questions and answers.
const PLANNED_TOKENS: u64 = 8192;

/// Loads the model of `pack` onto `device`; see [`loading::open`].
pub(super) fn load(
    pack: &InstalledPack,
    cache: &Path,
    device: &OpenDevice,
    notice: &dyn Fn(String),
) -> Result<Loaded, InferenceError> {
    if pack.form == WeightsForm::Adapter {
        return Err(InferenceError::model_file(&pack.folder, "it is an adapter for searching and writes no text"));
    }
    let opened = loading::open(pack, cache, device, PLANNED_TOKENS, notice)?;
    let (mind, speech) = match (&opened.sizes, opened.speech) {
        (ModelSizes::Text(config), Some(speech)) => {
            if !speech.taught {
                let cause = "its file brings no chat template: it was taught to continue texts, not to converse, and may write poorly.";
                notice(format!("{}: {cause}", pack.title));
            }
            let model = LanguageModel::load(config, &*opened.weights)?;
            (Mind::Text(Session::new(Box::new(TextReader::new(model)))), speech)
        }
        (ModelSizes::Seeing(config), _) => {
            let model = QwenVl::load(config, &*opened.weights)?;
            (Mind::Seeing(Session::new(Box::new(QwenReader::new(model)))), Speech::of_folder(&pack.folder)?)
        }
        (ModelSizes::Text(_), None) => {
            return Err(InferenceError::model_file(&pack.folder, "its model of text alone is in no GGUF file"));
        }
    };
    Ok(Loaded { mind, speech })
}
