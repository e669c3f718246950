//! A pack's model with the words around it.

use std::path::Path;

use super::Loaded;
use crate::InferenceError;
use crate::chat::{ChatTemplate, ChatTokenizer};
use crate::device::OpenDevice;
use crate::generation::Session;
use crate::model_pack::{InstalledPack, WeightsForm, loading};
use crate::qwen::{QwenReader, QwenVl};

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
    let model = QwenVl::load(&opened.config, &*opened.weights)?;
    Ok(Loaded {
        session: Session::new(Box::new(QwenReader::new(model))),
        template: ChatTemplate::open(&pack.folder)?,
        tokenizer: ChatTokenizer::open(&pack.folder)?,
    })
}
