use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gguf").join(name)
}

fn both() -> GgufWeights {
    let (language, vision) = (fixture("language.gguf"), fixture("mmproj.gguf"));
    GgufWeights::open(&[&language, &vision], DType::F32, &Device::Cpu).unwrap()
}

#[derive(Deserialize)]
struct Expected {
    shape: Vec<usize>,
    step: usize,
    samples: Vec<f32>,
    sum: f64,
}

#[test]
fn every_format_is_unpacked_as_llama_cpps_own_reader_does() {
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("../../../fixtures/gguf/expected.json")).unwrap();
    assert!(expected.len() > 30);
    let weights = both();
    for (name, expected) in expected {
        assert!(weights.contains(&name), "{name}");
        let tensor = weights.tensor(&name, &expected.shape).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let samples: Vec<f32> = tensor.iter().step_by(expected.step).copied().collect();
        assert_eq!(samples.len(), expected.samples.len(), "{name}");
        for (ours, theirs) in samples.iter().zip(&expected.samples) {
            assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0), "{name}: {ours} {theirs}");
        }
        let sum: f64 = tensor.iter().map(|&number| f64::from(number)).sum();
        assert!(
            (sum - expected.sum).abs() <= 1e-5 * expected.sum.abs().max(1.0) * 10.0,
            "{name}: {sum} {}",
            expected.sum
        );
    }
}

#[test]
fn matrices_stay_packed_where_there_are_kernels() {
    let weights = both();
    let map = |name: &str, inputs, outputs| {
        weights.linear(&format!("model.layers.0.{name}"), inputs, outputs, false).unwrap()
    };
    let packed = |linear: &Linear| match &linear.weight {
        Matrix::Packed(matrix) => Some(matrix.format()),
        Matrix::Dense(_) => None,
    };
    assert_eq!(packed(&map("mlp.gate_proj", 256, 512)), Some(PackedFormat::Q4K));
    assert_eq!(packed(&map("mlp.up_proj", 256, 512)), Some(PackedFormat::Q6K));
    assert_eq!(packed(&map("mlp.down_proj", 512, 256)), None);
    let query = weights.linear("model.layers.0.self_attn.q_proj", 256, 256, true).unwrap();
    assert_eq!(packed(&query), Some(PackedFormat::Q8_0));
    assert_eq!(query.bias.unwrap().dims(), [256]);
    let table = weights.table("model.embed_tokens", 24, 256).unwrap();
    let rows = table.rows(&Tensor::new(&[5u32], &Device::Cpu).unwrap()).unwrap();
    let whole = weights.tensor("model.embed_tokens.weight", &[24, 256]).unwrap();
    assert_eq!(rows.get(0).unwrap().to_vec1::<f32>().unwrap(), whole.get(5).unwrap().to_vec1::<f32>().unwrap());
}

#[test]
fn metadata_become_the_published_configuration() {
    let config = both().config().unwrap();
    for (pointer, value) in [
        ("/model_type", serde_json::json!("qwen2_5_vl")),
        ("/hidden_size", 256.into()),
        ("/num_key_value_heads", 2.into()),
        ("/vocab_size", 24.into()),
        ("/rms_norm_eps", serde_json::json!(1e-6)),
        ("/rope_theta", serde_json::json!(1e6)),
        ("/tie_word_embeddings", false.into()),
        ("/rope_scaling/mrope_section", serde_json::json!([8, 12, 12])),
        ("/vision_config/hidden_size", 32.into()),
        ("/vision_config/out_hidden_size", 256.into()),
        ("/vision_config/intermediate_size", 48.into()),
        ("/vision_config/fullatt_block_indexes", serde_json::json!([1, 3])),
        ("/vision_config/window_size", 112.into()),
    ] {
        assert_eq!(config.pointer(pointer), Some(&value), "{pointer}");
    }
    let only_vision = GgufWeights::open(&[&fixture("mmproj.gguf")], DType::F32, &Device::Cpu).unwrap();
    assert!(only_vision.config().unwrap_err().to_string().contains("no language model"));
}

#[test]
fn missing_and_wrong_tensors_are_named_as_the_file_does() {
    let weights = both();
    let error = weights.tensor("model.layers.7.mlp.up_proj.weight", &[1]).unwrap_err().to_string();
    assert!(error.contains("language.gguf"), "{error}");
    let error = weights.tensor("model.norm.weight", &[255]).unwrap_err().to_string();
    assert!(error.contains("output_norm.weight has the shape [256], the model needs [255]"), "{error}");
    assert!(!weights.contains("visual.blocks.9.norm1.weight"));
}

#[test]
fn vision_maps_written_the_other_way_round_are_told_by_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.gguf");
    // `fc1` [12, 4] under the name of `down`, `fc2` [4, 12] under the name of `up`.
    let entry = |name, shape| EntryInfo { name, shape, kind: 0, length: 192 };
    let entries = [entry("v.blk.0.ffn_down.weight", &[12, 4][..]), entry("v.blk.0.ffn_up.weight", &[4, 12][..])];
    let mut bytes = write_head(&[("general.architecture", Value::Text("clip".into()))], &entries);
    bytes.extend((0..48).flat_map(|n| (n as f32).to_le_bytes()));
    bytes.extend((100..148).flat_map(|n| (n as f32).to_le_bytes()));
    std::fs::write(&path, bytes).unwrap();
    let weights = GgufWeights::open(&[&path], DType::F32, &Device::Cpu).unwrap();
    let first = |name: &str, shape: &[usize]| {
        weights.tensor(name, shape).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()[0]
    };
    assert_eq!(first("visual.blocks.0.mlp.fc1.weight", &[12, 4]), 0.0);
    assert_eq!(first("visual.blocks.0.mlp.fc2.weight", &[4, 12]), 100.0);
}

#[test]
fn hostile_heads_are_refused() {
    let read = |bytes: &[u8]| Header::read(Path::new("x.gguf"), bytes).unwrap_err().to_string();
    assert!(read(b"").contains("no GGUF file"));
    assert!(read(b"GGUF").contains("breaks off"));
    let mut head = b"GGUF\x03\0\0\0".to_vec();
    head.extend(u64::MAX.to_le_bytes());
    head.extend(u64::MAX.to_le_bytes());
    assert!(read(&head).contains("breaks off"));
    // A list of lists of lists, and a list that claims to be endless.
    for (kind, count) in [(9u32, 1u64), (8, u64::MAX), (4, u64::MAX), (99, 1)] {
        let mut head = b"GGUF\x03\0\0\0".to_vec();
        head.extend(0u64.to_le_bytes());
        head.extend(1u64.to_le_bytes());
        head.extend(1u64.to_le_bytes());
        head.push(b'k');
        head.extend(9u32.to_le_bytes());
        for _ in 0..20 {
            head.extend(kind.to_le_bytes());
            head.extend(count.to_le_bytes());
        }
        assert!(read(&head).contains("x.gguf"));
    }
    let entry = |shape: &'static [usize], kind| EntryInfo { name: "t", shape, kind, length: 64 };
    for (shape, kind, said) in [
        (&[usize::MAX, 3][..], 0, "lies outside"),
        (&[16][..], 99, "format (number 99)"),
        (&[33][..], 8, "not whole blocks"),
        (&[1000][..], 0, "lies outside"),
    ] {
        let mut bytes = write_head(&[], &[entry(shape, kind)]);
        bytes.resize(bytes.len() + 64, 0);
        let message = read(&bytes);
        assert!(message.contains("tensor t") && message.contains(said), "{message}");
    }
    let mut twice = write_head(&[], &[entry(&[16], 0), entry(&[16], 0)]);
    twice.resize(twice.len() + 128, 0);
    assert!(read(&twice).contains("there twice"));
}
