//! Which packs a worker can take.

use vitrine_inference::device::{DeviceError, DeviceKind, OpenDevice};
use vitrine_inference::worker::Served;
use vitrine_inference::{CompactPack, InferenceError, PackManifest, PackPaths};

/// Opens the device number `ordinal` of `kind` and loads the pack of `paths` onto it.
pub(crate) fn load(paths: &PackPaths, kind: DeviceKind, ordinal: usize) -> Result<Served, InferenceError> {
    let device = OpenDevice::open(kind, ordinal)?;
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
