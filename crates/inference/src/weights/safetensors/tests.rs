use super::*;

/// A file with this head and `data` bytes of zeros.
fn with_head(head: &str, data: usize) -> Vec<u8> {
    let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(head.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn save(path: &Path, tensors: &[(&str, &Tensor)]) {
    let tensors: HashMap<&str, Tensor> = tensors.iter().map(|&(name, tensor)| (name, tensor.clone())).collect();
    candle_core::safetensors::save(&tensors, path).unwrap();
}

fn open(path: &Path) -> Result<SafetensorsWeights, InferenceError> {
    SafetensorsWeights::open(path, DType::F32, &Device::Cpu, &|name| name.to_owned())
}

fn message(head: &str, data: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.safetensors");
    std::fs::write(&path, with_head(head, data)).unwrap();
    let message = open(&path).unwrap_err().to_string();
    assert!(message.contains("bad.safetensors"), "{message}");
    message
}

#[test]
fn every_type_of_number_comes_out_in_the_type_computed_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let numbers = Tensor::new(&[[0.5f32, -1.25], [3.0, 1024.0]], &Device::Cpu).unwrap();
    let halves = numbers.to_dtype(DType::F16).unwrap();
    let brain = numbers.to_dtype(DType::BF16).unwrap();
    let counts = Tensor::new(&[1u32], &Device::Cpu).unwrap();
    save(&path, &[("a", &numbers), ("b", &halves), ("c", &brain), ("d", &counts)]);
    // The file and its folder are the same checkpoint.
    for place in [path.as_path(), folder.path()] {
        let weights = open(place).unwrap();
        for name in ["a", "b", "c"] {
            let tensor = weights.tensor(name, &[2, 2]).unwrap();
            assert_eq!(tensor.to_vec2::<f32>().unwrap(), numbers.to_vec2::<f32>().unwrap(), "{name}");
        }
        let error = weights.tensor("d", &[1]).unwrap_err().to_string();
        assert!(error.contains("model.safetensors") && error.contains("tensor d holds U32"), "{error}");
        let error = weights.tensor("a", &[4]).unwrap_err().to_string();
        assert!(error.contains("tensor a has the shape [2, 2], the model needs [4]"), "{error}");
        let error = weights.tensor("e", &[4]).unwrap_err().to_string();
        assert!(error.contains("tensor e is missing"), "{error}");
        assert!(weights.contains("a") && !weights.contains("e"));
    }
}

#[test]
fn several_files_are_one_checkpoint_under_plain_names() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = Tensor::new(&[1f32, 2.0], &Device::Cpu).unwrap();
    save(&folder.path().join("one.safetensors"), &[("language.a", &tensor)]);
    save(&folder.path().join("two.safetensors"), &[("language.b", &(&tensor * 2.0).unwrap())]);
    let index = folder.path().join(INDEX);
    let write = |map: &str| std::fs::write(&index, format!("{{\"metadata\": {{}}, \"weight_map\": {map}}}")).unwrap();
    let open = || {
        SafetensorsWeights::open(folder.path(), DType::F32, &Device::Cpu, &|name| {
            name.strip_prefix("language.").unwrap_or(name).to_owned()
        })
    };
    write(r#"{"language.a": "one.safetensors", "language.b": "two.safetensors"}"#);
    let weights = open().unwrap();
    assert_eq!(weights.tensor("b", &[2]).unwrap().to_vec1::<f32>().unwrap(), [2.0, 4.0]);
    assert_eq!(weights.files().count(), 2);

    for (map, said) in [
        (r#"{"language.a": "two.safetensors", "language.b": "two.safetensors"}"#, "language.a is not in it"),
        (r#"{"language.a": "three.safetensors"}"#, "three.safetensors can't be used: it is missing"),
        (r#"{"language.a": "../one.safetensors"}"#, "no plain file name"),
        ("{}", "names no tensor"),
        ("[]", "download it again"),
    ] {
        write(map);
        let error = open().unwrap_err().to_string();
        assert!(error.contains(said), "{map}: {error}");
    }
    // Two files that hold the same tensor under names that mean the same.
    save(&folder.path().join("two.safetensors"), &[("a", &tensor)]);
    write(r#"{"language.a": "one.safetensors", "a": "two.safetensors"}"#);
    let error = open().unwrap_err().to_string();
    assert!(error.contains("tensor a is there twice, also as language.a in"), "{error}");
}

#[test]
fn hostile_heads_are_refused_with_their_cause() {
    let tensor = |shape: &str, offsets: &str| {
        format!(r#"{{"x": {{"dtype": "F32", "shape": {shape}, "data_offsets": {offsets}}}}}"#)
    };
    let cases = [
        (tensor("[2]", "[0, 8]"), 4, "x lies at bytes 0 to 8 of 4; the file is cut short"),
        (tensor("[2]", "[8, 0]"), 8, "x lies at bytes 8 to 0"),
        (tensor("[3]", "[0, 8]"), 8, "x takes 8 bytes, which F32 numbers of shape [3] do not"),
        (tensor("[4294967296, 4294967296, 4294967296]", "[0, 8]"), 8, "x takes 8 bytes"),
        (tensor("[18446744073709551615]", "[0, 8]"), 8, "x takes 8 bytes"),
        (tensor("[-1]", "[0, 8]"), 8, "not that of a safetensors file"),
        (tensor("[1,1,1,1,1,1,1,1,2]", "[0, 8]"), 8, "x has 9 dimensions"),
        ("[".repeat(100_000), 0, "not that of a safetensors file"),
        (format!(r#"{{"x": {}"#, "{\"a\":".repeat(50_000)), 0, "not that of a safetensors file"),
        (r#"{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#.into(), 8, "named twice"),
        (r#"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "y": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#.into(), 8, "y lies over x"),
        (r#"{"x": {"dtype": "F3", "shape": [2], "data_offsets": [0, 8]}}"#.into(), 8, "not that of a safetensors file"),
    ];
    for (head, data, said) in cases {
        let message = message(&head, data);
        assert!(message.contains(said), "{message}");
        assert!(message.len() < 600, "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.safetensors");
    for bytes in [vec![], vec![1, 2, 3], u64::MAX.to_le_bytes().to_vec(), 1000u64.to_le_bytes().to_vec()] {
        std::fs::write(&path, bytes).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains("too short") || error.contains("more than there are"), "{error}");
    }
    assert!(open(&folder.path().join("none.safetensors")).unwrap_err().to_string().contains("none.safetensors"));
    assert!(open(folder.path()).unwrap_err().to_string().contains("holds neither"));
}
