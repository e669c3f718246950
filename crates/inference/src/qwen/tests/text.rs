//! Language models of text alone, out of the files that llama.cpp reads; fixtures/text/make_text.py writes them.

use sha2::{Digest, Sha256};

use super::*;
use crate::chat::Speech;
use crate::qwen::{CHUNK, KvCache, LanguageConfig, LanguageModel, Positions};
use crate::weights::gguf::GgufWeights;
use crate::weights::packed::PackedFormat;
use crate::weights::packing::Packing;

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

/// What llama.cpp made of a real file; examples/gguf_text/compare.py records it.
#[derive(serde::Deserialize)]
struct Recorded {
    file: String,
    sha256: String,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    prompt: String,
    tokens: Vec<u32>,
    greedy: Vec<u32>,
}

/// Two likeliest tokens that lie no further apart may change places: both programs round what they multiply, each in its way.
const NEAR: f32 = 0.35;

/// Needs the file that was recorded, which is not the project's to pass on: `VITRINE_TEST_GGUF` names it.
#[test]
fn a_real_model_writes_what_llama_cpp_writes() {
    let recorded: Recorded =
        serde_json::from_str(&std::fs::read_to_string(text_fixture("gemma3-270m.json")).unwrap()).unwrap();
    let Some(file) = std::env::var_os("VITRINE_TEST_GGUF").map(PathBuf::from) else {
        println!("skipped: VITRINE_TEST_GGUF names no file; {} is wanted", recorded.file);
        return;
    };
    let found: String =
        Sha256::digest(std::fs::read(&file).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != recorded.sha256 {
        println!("skipped: {} is not the {} that was recorded", file.display(), recorded.file);
        return;
    }
    let weights = GgufWeights::open(&[&file], DType::F32, &Device::Cpu).unwrap();
    let config = LanguageConfig::parse(&weights.config().unwrap().to_string()).unwrap();
    let (path, header, bytes) = weights.language_file().unwrap();
    let speech = Speech::of_gguf(path, header, bytes).unwrap();
    let model = LanguageModel::load(&config, &Packing::everything(Box::new(weights), PackedFormat::Q8_0)).unwrap();
    let real = Tiny { model, ids: Vec::new(), expected: HashMap::new() };
    let mut equal = 0;
    for case in &recorded.cases {
        assert_eq!(speech.tokens(&case.prompt).unwrap(), case.tokens, "{}", case.prompt);
        let mut cache = real.model.new_cache();
        let mut logits = real.read(&case.tokens, CHUNK, &mut cache);
        let mut same = true;
        for (at, &token) in case.greedy.iter().enumerate() {
            let logits_here = logits.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let highest = logits_here.iter().copied().fold(f32::MIN, f32::max);
            let behind = highest - logits_here[token as usize];
            // Reading goes on with llama.cpp's token, so that every place is compared.
            same &= behind == 0.0;
            assert!(behind < NEAR, "{:?}, token {at}: llama.cpp's {token} lies {behind} behind", case.prompt);
            logits = real.read(&[token], 1, &mut cache);
        }
        equal += usize::from(same);
    }
    println!("{equal} of {} continuations are llama.cpp's token for token", recorded.cases.len());
    assert!(recorded.cases.len() >= 5 && recorded.cases.iter().all(|case| case.greedy.len() >= 40));
}
