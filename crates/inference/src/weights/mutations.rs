//! Ten thousand damaged files: each gives an error or is read, none ends the program or takes memory that its length does not bear out.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};

use super::WeightSource;
use super::gguf::{GgufWeights, Header};
use super::safetensors::{SafetensorsWeights, read_header};
use crate::chat::{ChatTokenizer, Speech, Words};
use crate::noise::Noise;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// A few changes of the kinds that damage and malice make: bits, bytes, lengths, cuts, repeats. Most of them in the first `head` bytes, where the
/// structure is.
fn mutate(original: &[u8], head: usize, noise: &mut Noise) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let mut below = |n: usize| (noise.next() % n.max(1) as u64) as usize;
    for _ in 0..1 + below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = below(head.min(bytes.len()));
        match below(8) {
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.remove(at)),
            4 => bytes.insert(at, below(256) as u8),
            5 => {
                // A length, as large as it goes or nearly.
                let number = [u64::MAX, u64::MAX / 2, 1 << 40, 1 << 31, 0][below(5)].to_le_bytes();
                bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
            }
            6 => {
                let end = (at + 1 + below(64)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = below(head.min(bytes.len()));
                bytes.splice(to..to, part);
            }
            // Digits and brackets, which JSON is made of.
            _ => bytes[at] = b"0123456789[]{}\",:-eE."[below(21)],
        }
    }
    bytes
}

/// Counts what was read and what was refused; both must occur, or the changes are too weak or too strong.
fn damaged(original: &[u8], head: usize, times: usize, seed: u64, mut read: impl FnMut(&[u8]) -> bool) {
    assert!(read(original), "the undamaged file must be read");
    let mut noise = Noise::new(seed);
    let refused = (0..times).filter(|_| !read(&mutate(original, head, &mut noise))).count();
    println!("{refused} of {times} refused");
    assert!(refused > times / 4 && refused < times, "{refused} of {times} were refused");
}

#[test]
fn safetensors_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = std::collections::HashMap::new();
    for (name, shape) in [("model.a.weight", vec![3, 4]), ("model.b.bias", vec![5]), ("c", vec![2, 2, 2])] {
        tensors.insert(name, Noise::new(2).uniform(&shape, 1.0).unwrap());
    }
    let path = folder.path().join("model.safetensors");
    candle_core::safetensors::save(&tensors, &path).unwrap();
    let original = std::fs::read(&path).unwrap();
    damaged(&original, original.len() - 100, 4000, 1, |bytes| {
        let Ok(tensors) = read_header(&path, bytes) else { return false };
        for (_, info) in &tensors {
            assert!(info.data_offsets.1 <= bytes.len());
        }
        true
    });
    // Through the whole source, tensors loaded.
    damaged(&original, original.len() - 100, 500, 2, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let Ok(weights) = SafetensorsWeights::open(&path, DType::F32, &Device::Cpu, &|name| name.to_owned()) else {
            return false;
        };
        let shapes: Vec<(String, Vec<usize>)> =
            weights.tensors().into_iter().map(|(name, (shape, _))| (name.to_owned(), shape.to_vec())).collect();
        for (name, shape) in shapes {
            let _ = weights.tensor(&name, &shape);
        }
        true
    });
}

#[test]
fn ggufs_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let language = fixture("gguf/language.gguf");
    let head = Header::read(&path, &language).unwrap().tensors.values().map(|t| t.bytes.start).min().unwrap();
    damaged(&language, head, 3000, 3, |bytes| {
        let Ok(header) = Header::read(&path, bytes) else { return false };
        for tensor in header.tensors.values() {
            assert!(tensor.bytes.end <= bytes.len());
        }
        true
    });
    damaged(&fixture("gguf/mmproj.gguf"), 4000, 300, 4, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let path: PathBuf = path.clone();
        let Ok(weights) = GgufWeights::open(&[&path], DType::F32, &Device::Cpu) else { return false };
        let _ = weights.config();
        let _ = weights.tensor("visual.blocks.0.attn.qkv.weight", &[96, 32]);
        let _ = weights.tensor("visual.patch_embed.proj.weight", &[32, 3, 2, 14, 14]);
        let _ = weights.linear("visual.merger.mlp.2", 128, 256, true);
        true
    });
}

#[test]
fn words_in_ggufs_are_read_or_refused() {
    for (name, seed) in [("text/gemma3.gguf", 6), ("text/qwen3.gguf", 7)] {
        let path = Path::new("model.gguf");
        let original = fixture(name);
        let head = Header::read(path, &original).unwrap().tensors.values().map(|t| t.bytes.start).min().unwrap();
        damaged(&original, head, 600, seed, |bytes| {
            let speech = Header::read(path, bytes).and_then(|header| Speech::of_gguf(path, &header, bytes));
            speech.map(|speech| speech.tokens("A portrait, <|im_end|> 北斎")).is_ok()
        });
    }
}

#[test]
fn tokenizers_are_read_or_refused() {
    let original = fixture("chat/tokenizer.json");
    damaged(&original, original.len(), 2200, 5, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        match ChatTokenizer::from_json(Path::new("tokenizer.json"), text) {
            Ok(tokenizer) => {
                let _ = tokenizer.encode("A portrait, <|im_end|> 北斎");
                true
            }
            Err(_) => false,
        }
    });
}
