//! Language models of text alone, out of the files that llama.cpp reads; fixtures/text/make_text.py writes them.

use super::*;
use crate::qwen::{KvCache, LanguageConfig, LanguageModel, Positions};
use crate::weights::gguf::GgufWeights;

/// The tiny models by name.
const MODELS: [&str; 3] = ["qwen2", "qwen3", "gemma3"];

fn text_fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", "text", name].iter().collect()
}

struct Tiny {
    model: LanguageModel,
    ids: Vec<u32>,
    expected: HashMap<String, Tensor>,
}

fn tiny(name: &str) -> Tiny {
    let file = text_fixture(&format!("{name}.gguf"));
    let weights = GgufWeights::open(&[&file], DType::F32, &Device::Cpu).unwrap();
    let config = LanguageConfig::parse(&weights.config().unwrap().to_string()).unwrap();
    let model = LanguageModel::load(&config, &weights).unwrap();
    let expected =
        candle_core::safetensors::load(text_fixture(&format!("{name}.expected.safetensors")), &Device::Cpu).unwrap();
    Tiny { model, ids: numbers(&expected["ids"]), expected }
}

impl Tiny {
    fn read(&self, ids: &[u32], chunk: usize, cache: &mut KvCache) -> Tensor {
        let places = Positions::text(cache.len() as u32, ids.len());
        let rows = self.model.embed(ids).unwrap();
        let hidden = self.model.prefill(&rows, &places, cache, chunk, &mut || Ok(())).unwrap();
        self.model.logits(&hidden.narrow(0, hidden.dim(0).unwrap() - 1, 1).unwrap()).unwrap()
    }
}

#[test]
fn every_stage_is_transformers() {
    for name in MODELS {
        let Tiny { model, ids, expected } = tiny(name);
        let mut worst = 0f32;
        let mut at = 0;
        let rows = model.embed(&ids).unwrap();
        let hidden = model
            .encode_watched(&rows, &Positions::text(0, ids.len()), &[ids.len()], &mut |block| {
                // transformers gives the last block's rows normed.
                if at + 1 < model.config().layers {
                    worst = worst.max(difference(block, &expected["blocks"].get(at).unwrap()));
                }
                at += 1;
            })
            .unwrap();
        let off = difference(&model.logits(&hidden).unwrap(), &expected["logits"]);
        println!("{name}: blocks {worst:.1e}, logits {off:.1e}");
        assert_eq!(at, model.config().layers);
        assert!(worst < 1e-4 && off < 1e-4, "{name}: blocks off by {worst:e}, logits by {off:e}");
    }
}

/// The prompt is longer than Gemma's window, and so is each piece but the first two kinds.
#[test]
fn greedy_tokens_are_transformers_however_the_prompt_is_cut() {
    for name in MODELS {
        let tiny = tiny(name);
        for chunk in [1, 7, 25, 1000] {
            let mut cache = tiny.model.new_cache();
            let mut logits = tiny.read(&tiny.ids, chunk, &mut cache);
            let mut answer = Vec::new();
            for _ in 0..32 {
                let token = logits.flatten_all().unwrap().argmax(0).unwrap().to_scalar().unwrap();
                answer.push(token);
                logits = tiny.read(&[token], 1, &mut cache);
            }
            assert_eq!(answer, numbers(&tiny.expected["greedy"]), "{name} in pieces of {chunk}");
        }
    }
}

#[test]
fn what_differs_between_the_families_is_read_off_the_file() {
    let gemma = tiny("gemma3").model;
    let config = gemma.config();
    let windows: Vec<Option<usize>> = (0..7).map(|at| config.window(at)).collect();
    assert_eq!(windows, [Some(9), Some(9), Some(9), Some(9), Some(9), None, Some(9)]);
    assert_eq!((config.rotary_scale, config.local.unwrap().rotary_base, config.tied_head), (8.0, 1e4, true));
    let qwen = tiny("qwen3").model;
    assert_eq!((qwen.config().head_width, qwen.config().tied_head, qwen.config().local), (16, true, None));
    assert!(!tiny("qwen2").model.config().tied_head);
    let other = LanguageConfig::parse(r#"{"model_type": "qwen2_vl"}"#).unwrap_err().to_string();
    assert!(other.contains("gemma3_text"), "{other}");
}
