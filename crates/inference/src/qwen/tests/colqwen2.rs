use serde::Deserialize;
use vitrine_retrieval::MultiVector;

use super::*;
use crate::qwen::lora::AdapterConfig;
use crate::qwen::{ColQwen2, ColQwen2Prompts};
use crate::weights::adapted::AdaptedWeights;
use crate::weights::safetensors::SafetensorsWeights;

#[derive(Deserialize)]
struct Prompts {
    queries: Vec<Vec<u32>>,
    prompt: Vec<u32>,
}

fn prompts() -> Prompts {
    serde_json::from_str(&text("colqwen2.json")).unwrap()
}

fn weights(dtype: DType) -> Checkpoint {
    let files = ["qwen2_vl.weights.safetensors", "colqwen2.projection.safetensors"];
    let Checkpoint { tensors, dtype } = Checkpoint::read(&files, dtype);
    Checkpoint { tensors: tensors.into_iter().map(|(name, tensor)| (names::plain(&name), tensor)).collect(), dtype }
}

/// All rows of the fixture's queries, images and queries with images; by name as the fixture has them.
fn all_rows(model: &ColQwen2) -> Vec<(String, MultiVector)> {
    let Prompts { queries, prompt } = prompts();
    let images = IMAGES.map(drawn);
    let rows = [
        ("query", model.embed_queries(&queries).unwrap()),
        ("image", model.embed_images(&[&images[0], &images[1]], &prompt).unwrap()),
        (
            "mixed",
            model
                .embed_images_with_texts(&[(&images[0], queries[0].clone()), (&images[1], queries[1].clone())], &prompt)
                .unwrap(),
        ),
    ];
    rows.into_iter()
        .flat_map(|(kind, rows)| rows.into_iter().enumerate().map(move |(at, row)| (format!("{kind}.{at}"), row)))
        .collect()
}

fn as_tensor(rows: &MultiVector) -> Tensor {
    Tensor::from_slice(rows.values(), (rows.len(), rows.dimension()), &Device::Cpu).unwrap()
}

fn hold(reference: &str, model: &ColQwen2) {
    let expected = tensors("colqwen2.expected.safetensors");
    for (name, rows) in all_rows(model) {
        let off = difference(&as_tensor(&rows), &expected[&format!("{reference}.{name}")]);
        eprintln!("{reference} {name}: {} rows off by {off:.1e}", rows.len());
        assert!(off <= 1e-4, "{reference} {name} is off by {off:e}");
    }
}

#[test]
fn rows_are_colpali_engine_s_and_transformers() {
    for (layout, config_name) in [("colpali_engine", "qwen2_vl"), ("colqwen2_transformers", "colqwen2_transformers")] {
        let written: HashMap<String, Vec<String>> = serde_json::from_str(&text("names.json")).unwrap();
        let mut plain = weights(DType::F32);
        // The same numbers under the names of a file that the library itself has saved.
        let tensors =
            written[layout].iter().filter_map(|name| Some((name.clone(), plain.tensors.remove(&names::plain(name))?)));
        let source = Checkpoint { tensors: tensors.collect(), dtype: DType::F32 };
        assert_eq!(source.tensors.len(), written[layout].len(), "{layout}: names that mean nothing");
        assert!(plain.tensors.is_empty(), "{layout} has no {:?}", plain.tensors.keys());
        assert!(source.contains("model.layers.0.self_attn.q_proj.weight"));
        let model = ColQwen2::load(&config(config_name), &source).unwrap().with_budget(BUDGET);
        hold(if layout == "colpali_engine" { "engine" } else { "transformers" }, &model);
    }
}

#[test]
fn names_of_vision_language_models_are_known() {
    let written: HashMap<String, Vec<String>> = serde_json::from_str(&text("names.json")).unwrap();
    for name in ["qwen2_vl", "qwen2_5_vl"] {
        let weights = tensors(&format!("{name}.weights.safetensors"));
        let known: std::collections::HashSet<String> = weights.keys().map(|name| names::plain(name)).collect();
        assert_eq!(known.len(), weights.len());
        for written in &written[name] {
            assert!(known.contains(&names::plain(written)), "{written}");
        }
    }
}

fn adapted(path: &std::path::Path) -> Result<AdaptedWeights, InferenceError> {
    let keep = |name: &str| name.to_owned();
    let adapter = SafetensorsWeights::open(path, DType::F32, &Device::Cpu, &keep)?;
    let config = AdapterConfig::parse(&text("adapter_config.json"))?;
    AdaptedWeights::new(Box::new(weights(DType::F32)), adapter, &config, path)
}

#[test]
fn an_adapter_over_the_base_is_peft_s() {
    let source = adapted(&fixture("colqwen2.adapter.safetensors")).unwrap();
    let query = "model.layers.0.self_attn.q_proj.weight";
    let plain = weights(DType::F32).tensors[query].clone();
    assert!(difference(&source.tensor(query, plain.dims()).unwrap(), &plain) > 1e-2);
    hold("adapter", &ColQwen2::load(&config("qwen2_vl"), &source).unwrap().with_budget(BUDGET));
}

#[test]
fn half_a_change_is_refused() {
    let mut halves = tensors("colqwen2.adapter.safetensors");
    let lost = halves.keys().find(|name| name.contains("lora_B")).unwrap().clone();
    halves.remove(&lost);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter_model.safetensors");
    candle_core::safetensors::save(&halves, &path).unwrap();
    let error = adapted(&path).err().unwrap().to_string();
    assert!(error.contains("has no other half") && error.contains(&lost.replace("lora_B", "lora_A")), "{error}");
}

#[test]
fn rows_in_bf16_agree() {
    let model = ColQwen2::load(&config("qwen2_vl"), &weights(DType::BF16)).unwrap().with_budget(BUDGET);
    let expected = tensors("colqwen2.expected.safetensors");
    for (name, rows) in all_rows(&model) {
        let off = relative(&as_tensor(&rows), &expected[&format!("bf16.{name}")]);
        eprintln!("bf16 {name}: off by {off:.1e}");
        assert!(off <= 2e-2, "{name} is off by {off:e}");
    }
}

#[test]
fn a_batch_is_as_one_by_one_and_prompts_are_looked_at() {
    let model = ColQwen2::load(&config("qwen2_vl"), &weights(DType::F32)).unwrap().with_budget(BUDGET);
    let Prompts { queries, prompt } = prompts();
    let both = model.embed_queries(&queries).unwrap();
    for (query, rows) in queries.iter().zip(&both) {
        let alone = model.embed_queries(std::slice::from_ref(query)).unwrap();
        assert!(difference(&as_tensor(&alone[0]), &as_tensor(rows)) < 1e-6);
        assert!(rows.rows().all(|row| (row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5));
    }
    assert!(model.embed_queries(&[]).unwrap().is_empty());
    let image = drawn(IMAGES[0]);
    assert!(model.embed_images(&[&image], &queries[0]).is_err());
    assert!(model.embed_images(&[&image], &[prompt.clone(), prompt.clone()].concat()).is_err());
    assert!(model.embed_images_with_texts(&[(&image, vec![1])], &prompt[..3]).is_err());
    assert!(model.embed_images(&[&drawn((2000, 5))], &prompt).is_err());
    let words = ColQwen2Prompts::default();
    assert_eq!(words.query("a halo"), format!("Query: a halo{}", "<|endoftext|>".repeat(10)));
    assert_eq!(words.image.matches("<|image_pad|>").count(), 1);
}
