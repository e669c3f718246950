//! The head of a safetensors file: eight bytes of length, then JSON from tensor names to types, shapes and places. Believed only
//! as far as the file's own length bears it out.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use ::safetensors::tensor::TensorInfo;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::InferenceError;

/// What the format's own library allows.
const MOST_HEADER_BYTES: u64 = 100_000_000;
/// More dimensions than any weight has.
const MOST_DIMENSIONS: usize = 8;

/// The tensors of a safetensors file's `bytes` in the file's order, their places counted from the file's beginning. Types, shapes and places
/// agree with each other and with the file's length, and no two tensors share a byte.
pub(crate) fn read_header(path: &Path, bytes: &[u8]) -> Result<Vec<(String, TensorInfo)>, InferenceError> {
    let unusable = |cause: String| InferenceError::model_file(path, cause);
    let damaged = |cause: &str| unusable(format!("{cause}; download it again"));
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(damaged("it is too short to be a safetensors file"));
    };
    let length = u64::from_le_bytes(*length);
    if length > MOST_HEADER_BYTES || length > rest.len() as u64 {
        return Err(damaged(&format!("its head claims {length} bytes, more than there are")));
    }
    let (head, data) = rest.split_at(length as usize);
    let mut json = serde_json::Deserializer::from_slice(head);
    let read = json.deserialize_map(Tensors).and_then(|tensors| json.end().map(|()| tensors));
    let mut tensors =
        read.map_err(|error| damaged(&format!("its head is not that of a safetensors file ({error})")))?;

    let start = 8 + head.len();
    for (name, info) in &mut tensors {
        let (from, to) = info.data_offsets;
        let numbers = info.shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
        let wanted = numbers.and_then(|numbers| numbers.checked_mul(info.dtype.bitsize())).map(|bits| bits.div_ceil(8));
        let cause = if info.shape.len() > MOST_DIMENSIONS {
            format!("has {} dimensions", info.shape.len())
        } else if from > to || to > data.len() {
            format!("lies at bytes {from} to {to} of {}; the file is cut short, download it again", data.len())
        } else if wanted != Some(to - from) {
            format!("takes {} bytes, which {:?} numbers of shape {:?} do not", to - from, info.dtype, info.shape)
        } else {
            info.data_offsets = (start + from, start + to);
            continue;
        };
        return Err(InferenceError::tensor(path, name, cause));
    }
    let mut places: Vec<(usize, usize, &str)> =
        tensors.iter().map(|(name, info)| (info.data_offsets.0, info.data_offsets.1, name.as_str())).collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        if pair[1].0 < pair[0].1 {
            let cause = format!("lies over {}; the file is damaged, download it again", pair[0].2);
            return Err(InferenceError::tensor(path, pair[1].2, cause));
        }
    }
    Ok(tensors)
}

/// Reads the map; a name that comes twice is an error, where the usual containers would keep the last.
struct Tensors;

impl<'de> Visitor<'de> for Tensors {
    type Value = Vec<(String, TensorInfo)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map from tensor names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = HashSet::new();
        let mut tensors = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("the tensor {name:?} is named twice")));
            }
            tensors.push((name, map.next_value()?));
        }
        Ok(tensors)
    }
}
