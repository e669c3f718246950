//! Which packs a worker can take.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vitrine_assistant::WrittenExplainer;
use vitrine_inference::device::{DeviceError, DeviceKind, OpenDevice};
use vitrine_inference::model_pack::{InstalledPack, InstalledPacks, REWRITER};
use vitrine_inference::worker::Served;
use vitrine_inference::writer::Writer;
use vitrine_inference::{CompactPack, Explainer, InferenceError, PackManifest, PackPaths, Retriever, VisualRetriever};

/// What is to be loaded.
pub(crate) enum Pack {
    /// The compact one.
    Compact(PackPaths),
    /// One that a person has added: its id, the folder where such packs are noted, a folder for what is packed at load.
    Added { id: String, notes: PathBuf, cache: PathBuf },
}

/// Opens the device number `ordinal` of `kind` and loads the pack onto it.
pub(crate) fn load(pack: &Pack, kind: DeviceKind, ordinal: usize) -> Result<Served, InferenceError> {
    let device = OpenDevice::open(kind, ordinal)?;
    match pack {
        Pack::Compact(paths) => compact(paths, kind, device),
        Pack::Added { id, notes, cache } => added(InstalledPacks::at(notes).get(id)?, cache, device),
    }
}

fn compact(paths: &PackPaths, kind: DeviceKind, device: OpenDevice) -> Result<Served, InferenceError> {
    if kind != DeviceKind::Cpu {
        let pack = PackManifest::read(paths)?.id;
        return Err(DeviceError::CpuAlone { pack }.into());
    }
    let pack = CompactPack::load(paths)?;
    Ok(Served {
        pack: pack.identity,
        free_memory: device.free_memory(),
        device: device.name,
        retriever: Some(pack.retriever),
        classifier: Some(pack.classifier),
        explainer: None,
    })
}

fn added(pack: InstalledPack, cache: &Path, device: OpenDevice) -> Result<Served, InferenceError> {
    // It rewrites what is chosen with the compact pack, which is not at hand here.
    if pack.has_role(REWRITER) {
        return Err(DeviceError::CpuAlone { pack: pack.id }.into());
    }
    let (identity, roles) = (pack.identity(), pack.roles.clone());
    let has = |wanted: &str| roles.iter().any(|role| role == wanted);
    let (mut retriever, mut explainer) = (None::<Arc<dyn Retriever>>, None::<Arc<dyn Explainer>>);
    // What is said of the loading goes where the application hears a worker's last words.
    let notice: Arc<dyn Fn(String) + Send + Sync> = Arc::new(|text| crate::complain(&text));
    if has("retriever") {
        let own = VisualRetriever::new(pack.clone(), cache, device.clone(), notice.clone())?;
        own.load()?;
        retriever = Some(Arc::new(own));
    }
    if has("explainer") {
        let own = Writer::new(pack, cache, device.clone(), notice)?;
        own.load()?;
        explainer = Some(Arc::new(WrittenExplainer::new(Arc::new(own))));
    }
    Ok(Served {
        pack: identity,
        free_memory: device.free_memory(),
        device: device.name,
        retriever,
        classifier: None,
        explainer,
    })
}
