use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::*;
use crate::qwen::QwenVl;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A folder in the form of a published one, much smaller: two blocks each, and every tensor that the model asks for.
fn folder(config: &str) -> (tempfile::TempDir, Vec<Request>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let requests = {
        let fits = |_: &Request| Listed::Fits;
        let outline = Outline::new(folder.path(), &fits);
        QwenVl::load(&QwenConfig::parse(config).unwrap(), &outline).map(drop).unwrap();
        outline.requests()
    };
    for name in ["tokenizer.json", "chat_template.jinja"] {
        std::fs::copy(fixture("chat").join(name), folder.path().join(name)).unwrap();
    }
    (folder, requests)
}

fn save(folder: &Path, requests: &[Request]) {
    let tensors: HashMap<String, Tensor> = requests
        .iter()
        .map(|request| {
            (request.name.clone(), Tensor::zeros(request.shape.as_slice(), DType::F16, &Device::Cpu).unwrap())
        })
        .collect();
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
}

const CONFIG: &str = r#"{"model_type": "qwen2_5_vl", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 1024, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
    "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
    "vision_config": {"depth": 2, "hidden_size": 32, "out_hidden_size": 64, "intermediate_size": 48, "num_heads": 4, "fullatt_block_indexes": [1]}}"#;

/// A manifest for the small model.
fn small() -> KnownModel {
    let mut model = known_models().unwrap().into_iter().find(|model| model.id == "qwen2.5-vl-3b").unwrap();
    model.architecture = Architecture::of(&QwenConfig::parse(CONFIG).unwrap());
    model
}

fn check(folder: &Path) -> Result<CheckedFolder, InferenceError> {
    check_against(folder, &[small()], &mut |_, _| true)
}

#[test]
fn a_whole_folder_is_taken_and_every_file_hashed() {
    let (folder, requests) = folder(CONFIG);
    save(folder.path(), &requests);
    std::fs::write(folder.path().join("holiday.jpg"), "not the model's").unwrap();
    let mut last = (0, 1);
    let checked = check_against(folder.path(), &[small()], &mut |done, total| {
        last = (done, total);
        true
    })
    .unwrap();
    assert_eq!(checked.form, WeightsForm::Safetensors);
    assert_eq!(last.0, last.1);
    let names: Vec<&str> = checked.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]);
    // Noted, listed, forgotten.
    let notes = tempfile::tempdir().unwrap();
    let packs = super::super::InstalledPacks::at(&notes.path().join("packs"));
    assert!(packs.list().unwrap().is_empty());
    let added = packs.add(folder.path(), checked).unwrap();
    assert_eq!(packs.list().unwrap(), std::slice::from_ref(&added));
    added.present().unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    assert!(added.present().unwrap_err().to_string().contains("add the folder again"));
    assert_eq!(added.identity().weights_sha256.len(), 64);
    assert!(packs.remove("qwen2.5-vl-3b").unwrap());
    assert!(!packs.remove("../qwen2.5-vl-3b").unwrap());
    assert!(packs.list().unwrap().is_empty());
}

#[test]
fn what_is_wrong_with_a_folder_is_said() {
    let (folder, requests) = folder(CONFIG);
    let error = |said: &str| {
        let message = check(folder.path()).unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    };
    error("holds neither");
    save(folder.path(), &requests[1..]);
    error(&format!("tensor {} is missing", requests[0].name));
    let mut wrong = requests.clone();
    let up = wrong.iter_mut().find(|request| request.name == "model.layers.1.mlp.up_proj.weight").unwrap();
    up.shape = vec![96, 63];
    save(folder.path(), &wrong);
    error("tensor model.layers.1.mlp.up_proj.weight has the shape [96, 63], the model needs [96, 64]");
    save(folder.path(), &requests);
    std::fs::remove_file(folder.path().join("chat_template.jinja")).unwrap();
    error("holds no chat template");
    std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    error("lacks tokenizer.json");
    let unknown = check_folder(folder.path(), &mut |_, _| true).unwrap_err().to_string();
    assert!(unknown.contains("none of the models that are known") && unknown.contains("ColQwen2 v1.0"), "{unknown}");
    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    error("not JSON");
    assert!(check(&folder.path().join("none")).unwrap_err().to_string().contains("no such folder"));
}

#[test]
fn llama_cpps_two_files_are_taken_too() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [("gguf/language.gguf", "model.gguf"), ("gguf/mmproj.gguf", "mmproj.gguf")] {
        std::fs::copy(fixture(from), folder.path().join(to)).unwrap();
    }
    let weights = Weights::find(folder.path(), DType::F32, &Device::Cpu).unwrap();
    assert_eq!(weights.form(), WeightsForm::Gguf);
    let config = QwenConfig::parse(&weights.config().unwrap()).unwrap();
    weights.compare(&ModelSizes::Seeing(config), Some(&small())).unwrap();
    std::fs::remove_file(folder.path().join("mmproj.gguf")).unwrap();
    assert!(check(folder.path()).unwrap_err().to_string().contains("the language model and its mmproj are wanted"));
}

#[test]
fn a_language_model_of_text_alone_is_taken_as_a_file_or_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Tiny Gemma.gguf");
    std::fs::copy(fixture("text/gemma3.gguf"), &file).unwrap();
    let checked = check_folder(&file, &mut |_, _| true).unwrap();
    assert_eq!(checked.form, WeightsForm::Gguf);
    assert_eq!((checked.card.id.as_str(), checked.card.licences[0].licence.as_str()), ("tiny-gemma", "MIT"));
    assert_eq!(checked.files.len(), 1);
    assert_eq!(check_folder(folder.path(), &mut |_, _| true).unwrap(), checked);
    // Beside others it is still the one that was named.
    std::fs::copy(fixture("text/qwen3.gguf"), folder.path().join("another.gguf")).unwrap();
    let notes = tempfile::tempdir().unwrap();
    let pack = super::super::InstalledPacks::at(notes.path()).add(&file, checked).unwrap();
    pack.present().unwrap();
    assert_eq!(pack.folder, folder.path().canonicalize().unwrap());
    let opened = Weights::of_pack(&pack, DType::F32, &Device::Cpu).unwrap();
    assert!(opened.config().unwrap().contains("gemma3_text"));
    let refused = super::super::loading::configuration(&pack).unwrap_err().to_string();
    assert!(refused.contains("sees no image"), "{refused}");
}

#[test]
fn what_is_wrong_with_a_language_model_s_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.gguf");
    let whole = std::fs::read(fixture("text/qwen3.gguf")).unwrap();
    let error = |bytes: &[u8], said: &str| {
        std::fs::write(&file, bytes).unwrap();
        let message = check_folder(&file, &mut |_, _| true).unwrap_err().to_string();
        assert!(message.contains("model.gguf") && message.contains(said), "{message}");
    };
    error(&whole[..whole.len() - 100], "cut short");
    error(b"no model at all", "no GGUF file");
    let changed = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    error(
        &changed(
            "general.architecture\u{8}\0\0\0\u{5}\0\0\0\0\0\0\0qwen3",
            "general.architecture\u{8}\0\0\0\u{5}\0\0\0\0\0\0\0llama",
        ),
        "llama",
    );
    error(&changed("blk.1.attn_q_norm", "blk.1.attn_q_mess"), "q_norm");
    error(&changed("gpt2", "bert"), "bert");
    error(&changed("qwen2", "odd.2"), "odd.2");
}
