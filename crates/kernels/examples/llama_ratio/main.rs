//! Prefill and decode speed of a Qwen2-shaped decoder made of these kernels. `compare.py` beside it writes the model and runs llama.cpp on the same file.
//!
//!     llama_ratio MODEL.gguf MODEL.tensors [threads] [prompt] [generated] [repeats]
//!
//! It is no decoder for use: no tokenizer, no sampling, and the tensors' places come from a list, because files are not this crate's business.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod decoder;

use std::{error::Error, fs, time::Instant};

use decoder::Decoder;
use vitrine_kernels::Pool;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, tensors, numbers @ ..] = &arguments[..] else {
        return Err("give the model's file and the list of its tensors".into());
    };
    let number = |at: usize, default: usize| numbers.get(at).map_or(Ok(default), |text| text.parse());
    let (threads, prompt, generated, repeats) = (number(0, 2)?, number(1, 256)?, number(2, 32)?, number(3, 3)?);
    let pool = Pool::new(threads);
    let mut decoder = Decoder::open(model, tensors)?;
    let file_bytes = fs::metadata(model)?.len() as f64;
    println!("weights {:.0} MB of a file of {:.0} MB", decoder.bytes() as f64 / 1e6, file_bytes / 1e6);
    let tokens: Vec<usize> = (0..prompt).map(|i| if i == 0 { 2 } else { 1000 + i * 7919 % 20000 }).collect();
    for run in 0..=repeats {
        decoder.forget();
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        let logits = decoder.forward(&tokens, &pool)?;
        let (prefill, prefill_cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        if run == 0 {
            let bytes: Vec<u8> = logits.iter().flat_map(|logit| logit.to_le_bytes()).collect();
            fs::write(format!("{model}.logits"), bytes)?;
        }
        let mut out = vec![largest(&logits)];
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        for _ in 0..generated {
            let logits = decoder.forward(&[out[out.len() - 1]], &pool)?;
            out.push(largest(&logits));
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

fn largest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
}

/// User and system time of all threads so far, from Linux's account in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Result<Vec<f64>, _> = after_name.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn peak_megabytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? / 1024)
}
