//! What the backbone sees in each training image, kept between runs: the backbone is most of the work and never changes.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::UNIX_EPOCH;

use half::f16;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use vitrine_imaging::{Limits, read_scan};

use super::TrainingEvent;
use crate::InferenceError;
use crate::efficientnet::{EfficientNetLite2, SIDE, prepare};
use crate::image_rows::{POOLED, pooled};

/// Images between two looks at whether to go on.
const CHUNK: usize = 64;

/// A record of the cache file: the image's key, then its pooled features as f16, little-endian.
const RECORD: usize = 32 + 2 * POOLED;

/// An image as it is shown to the backbone.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) image: &'a Path,
    /// Left for right.
    pub(super) mirrored: bool,
}

/// Pooled features of every one of `views`, in order; `None` for one that can't be read, which `progress` hears of.
///
/// What is found in `folder` is not computed again; what is new is appended there. `backbone` is the weights' SHA-256:
/// other weights, other cache.
pub(super) fn pooled_features(
    views: &[View],
    network: &EfficientNetLite2,
    backbone: &str,
    folder: &Path,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<Vec<Option<Vec<f16>>>, InferenceError> {
    std::fs::create_dir_all(folder).map_err(|cause| InferenceError::file(folder, cause))?;
    let path = folder.join(format!("{}-{SIDE}.pooled", &backbone[..backbone.len().min(16)]));
    let mut known = read(&path).map_err(|cause| InferenceError::file(&path, cause))?;
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let mut file = BufWriter::new(file.map_err(|cause| InferenceError::file(&path, cause))?);

    let mut all = Vec::with_capacity(views.len());
    for chunk in views.chunks(CHUNK) {
        let found: Vec<_> = chunk
            .par_iter()
            .map(|view| {
                let key = key(view)?;
                match known.contains_key(&key) {
                    true => Ok((key, None)),
                    false => Ok((key, Some(compute(view, network)?))),
                }
            })
            .collect();
        for (view, result) in chunk.iter().zip(found) {
            match result {
                Ok((key, None)) => all.push(known.remove(&key)),
                Ok((key, Some(features))) => {
                    let mut record = key.to_vec();
                    record.extend(features.iter().flat_map(|value| value.to_le_bytes()));
                    file.write_all(&record).map_err(|cause| InferenceError::file(&path, cause))?;
                    all.push(Some(features));
                }
                Err(reason) => {
                    all.push(None);
                    hear(progress, TrainingEvent::LeftOut { image: view.image.to_path_buf(), reason })?;
                }
            }
        }
        file.flush().map_err(|cause| InferenceError::file(&path, cause))?;
        hear(progress, TrainingEvent::Rows { done: all.len(), total: views.len() })?;
    }
    Ok(all)
}

/// Tells `progress`, and turns its wish to stop into an error.
pub(super) fn hear(
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
    event: TrainingEvent,
) -> Result<(), InferenceError> {
    match progress(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(InferenceError::Cancelled),
    }
}

/// Whole records; the rest of one that a crash cut short is cut off, so that what is appended stays aligned.
fn read(path: &Path) -> std::io::Result<HashMap<[u8; 32], Vec<f16>>> {
    let mut known = HashMap::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(known),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let records = length / RECORD as u64;
    let mut file = BufReader::new(file);
    let mut record = vec![0; RECORD];
    for _ in 0..records {
        file.read_exact(&mut record)?;
        let (key, values) = record.split_at(32);
        let (values, _) = values.as_chunks::<2>();
        let mut owned = [0; 32];
        owned.copy_from_slice(key);
        known.insert(owned, values.iter().map(|&bytes| f16::from_le_bytes(bytes)).collect());
    }
    if length % RECORD as u64 != 0 {
        OpenOptions::new().write(true).open(path)?.set_len(records * RECORD as u64)?;
    }
    Ok(known)
}

/// The file's place, size and time, and how it is shown: quick, and another after any change.
fn key(&View { image, mirrored }: &View) -> Result<[u8; 32], String> {
    let metadata = std::fs::metadata(image).map_err(|cause| cause.to_string())?;
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut digest = Sha256::new();
    digest.update(image.as_os_str().as_encoded_bytes());
    digest.update(metadata.len().to_le_bytes());
    digest.update(changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
    if mirrored {
        digest.update("mirrored");
    }
    Ok(digest.finalize().into())
}

fn compute(&View { image, mirrored }: &View, network: &EfficientNetLite2) -> Result<Vec<f16>, String> {
    let mut scan = read_scan(image, &Limits::default()).map_err(|cause| cause.to_string())?;
    if mirrored {
        image::imageops::flip_horizontal_in_place(&mut scan.image);
    }
    let features = prepare(&scan.image).and_then(|input| network.forward(&input, SIDE));
    Ok(pooled(&features.map_err(|cause| cause.to_string())?).into_iter().map(f16::from_f32).collect())
}
