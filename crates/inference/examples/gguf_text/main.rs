//! What a model of text alone in a GGUF file makes of prompts, how fast, and in how much memory. `compare.py` beside this file runs llama.cpp on the same.
//!
//!     gguf_text FILE [threads] [tokens] [dense]
//!
//! Prompts come on standard input as a JSON list of texts, special tokens in them by name; a line of JSON a prompt goes out.
//! With `dense`, matrices that come unpacked are multiplied as they are, in single precision.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{fs, io};

use candle_core::{DType, Device, Tensor};
use serde_json::json;
use vitrine_inference::chat::Speech;
use vitrine_inference::qwen::{CHUNK, LanguageConfig, LanguageModel, Positions};
use vitrine_inference::weights::gguf::GgufWeights;
use vitrine_inference::weights::packed::PackedFormat;
use vitrine_inference::weights::packing::Packing;

vitrine_inference::keep_dropped_buffers!();

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (numbers, dense) = match &arguments[..] {
        [numbers @ .., last] if last == "dense" => (numbers, true),
        numbers => (numbers, false),
    };
    let [file, numbers @ ..] = numbers else {
        return Err("give the GGUF file".into());
    };
    let number = |at: usize, default: usize| numbers.get(at).map_or(Ok(default), |text| text.parse());
    let (threads, count) = (number(0, 2)?, number(1, 48)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let prompts: Vec<String> = serde_json::from_reader(io::stdin())?;
    let begun = Instant::now();
    let weights = GgufWeights::open(&[Path::new(file)], DType::F32, &Device::Cpu)?;
    let config = LanguageConfig::parse(&weights.config()?.to_string())?;
    let (path, header, bytes) = weights.language_file().ok_or("the file holds no language model")?;
    let speech = Speech::of_gguf(path, header, bytes)?;
    let model = if dense {
        LanguageModel::load(&config, &weights)?
    } else {
        LanguageModel::load(&config, &Packing::everything(Box::new(weights), PackedFormat::Q8_0))?
    };
    let loaded = begun.elapsed().as_secs_f64();
    for prompt in prompts {
        let ids = speech.tokens(&prompt)?;
        let mut cache = model.new_cache();
        let begun = Instant::now();
        let places = Positions::text(0, ids.len());
        let hidden = model.prefill(&model.embed(&ids)?, &places, &mut cache, CHUNK, &mut || Ok(()))?;
        let mut best = two_best(&model, &hidden)?;
        let read = begun.elapsed().as_secs_f64();
        let (mut out, mut margins, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
        let begun = Instant::now();
        for step in 0..count {
            let [(first, highest), (second, next)] = best;
            out.push(first);
            seconds.push(second);
            margins.push(highest - next);
            if step + 1 < count {
                let places = Positions::text((ids.len() + step) as u32, 1);
                best = two_best(&model, &model.forward(&model.embed(&[first])?, &places, &mut cache)?)?;
            }
        }
        let wrote = begun.elapsed().as_secs_f64();
        let bytes: Vec<u8> = out.iter().flat_map(|&token| speech.words.bytes(token)).collect();
        let line = json!({
            "ids": ids, "out": out, "second": seconds, "margins": margins, "text": String::from_utf8_lossy(&bytes),
            "read": ids.len() as f64 / read, "wrote": (count - 1) as f64 / wrote, "loaded": loaded, "peak": peak_megabytes()?,
        });
        println!("{line}");
    }
    Ok(())
}

/// The two likeliest tokens after the last row of `hidden`, with their logits.
fn two_best(model: &LanguageModel, hidden: &Tensor) -> Outcome<[(u32, f32); 2]> {
    let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?;
    let logits: Vec<f32> = model.logits(&last)?.flatten_all()?.to_vec1()?;
    let mut best = [(0, f32::NEG_INFINITY); 2];
    for (token, &logit) in logits.iter().enumerate() {
        if logit > best[0].1 {
            best = [(token as u32, logit), best[0]];
        } else if logit > best[1].1 {
            best[1] = (token as u32, logit);
        }
    }
    Ok(best)
}

fn peak_megabytes() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? / 1024)
}
