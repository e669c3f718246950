//! How fast a Qwen2.5-VL in llama.cpp's files reads and writes text, and how much memory it takes. `write_pack.py` beside this file writes such a model,
//! `compare.py` runs llama.cpp on the same file.
//!
//!     qwen_3b FOLDER [threads] [prompt] [generated] [repeats]
//!
//! The logits after the prompt go to FOLDER/logits.ours.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device};
use vitrine_inference::qwen::{CHUNK, LanguageModel, Positions, QwenConfig};
use vitrine_inference::weights::gguf::GgufWeights;

vitrine_inference::keep_dropped_buffers!();

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, numbers @ ..] = &arguments[..] else {
        return Err("give the folder that write_pack.py wrote".into());
    };
    let number = |at: usize, default: usize| numbers.get(at).map_or(Ok(default), |text| text.parse());
    let (threads, prompt, generated, repeats) = (number(0, 2)?, number(1, 256)?, number(2, 32)?, number(3, 3)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let folder = Path::new(folder);
    let (language, vision) = (folder.join("language.gguf"), folder.join("mmproj.gguf"));
    let weights = GgufWeights::open(&[&language, &vision], DType::F32, &Device::Cpu)?;
    let config = QwenConfig::parse(&weights.config()?.to_string())?;
    let started = Instant::now();
    let model = LanguageModel::load(&config.language, &weights)?;
    println!(
        "a file of {:.0} MB, loaded in {:.2} s, {} MB then",
        fs::metadata(&language)?.len() as f64 / 1e6,
        started.elapsed().as_secs_f64(),
        peak_megabytes()?
    );
    let tokens: Vec<u32> = (0..prompt as u32).map(|i| if i == 0 { 2 } else { 1000 + i * 7919 % 20000 }).collect();
    for run in 0..=repeats {
        let mut cache = model.new_cache();
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        let rows = model.embed(&tokens)?;
        let places = Positions::text(0, tokens.len());
        let hidden = model.prefill(&rows, &places, &mut cache, CHUNK, &mut || Ok(()))?;
        let logits = last_logits(&model, &hidden)?;
        let (prefill, prefill_cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        if run == 0 {
            let bytes: Vec<u8> = logits.iter().flat_map(|logit| logit.to_le_bytes()).collect();
            fs::write(folder.join("logits.ours"), bytes)?;
        }
        let mut out = vec![largest(&logits)];
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        for step in 0..generated {
            let rows = model.embed(&[out[out.len() - 1]])?;
            let hidden = model.forward(&rows, &Positions::text((prompt + step) as u32, 1), &mut cache)?;
            out.push(largest(&last_logits(&model, &hidden)?));
        }
        let (decode, decode_cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        println!(
            "{} prefill {:.2} t/s {:.2} t/cpu-s decode {:.3} t/s {:.3} t/cpu-s peak {} MB out {:?}",
            if run == 0 { "warm" } else { "run " },
            prompt as f64 / prefill,
            prompt as f64 / prefill_cpu,
            generated as f64 / decode,
            generated as f64 / decode_cpu,
            peak_megabytes()?,
            &out[..out.len().min(6)],
        );
    }
    Ok(())
}

/// The logits of the last row of `hidden`.
fn last_logits(model: &LanguageModel, hidden: &candle_core::Tensor) -> Outcome<Vec<f32>> {
    let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?;
    Ok(model.logits(&last)?.flatten_all()?.to_vec1()?)
}

fn largest(logits: &[f32]) -> u32 {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0) as u32
}

/// User and system time of all threads so far, from Linux's account in hundredths of a second.
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Result<Vec<f64>, _> = after_name.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn peak_megabytes() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? / 1024)
}
