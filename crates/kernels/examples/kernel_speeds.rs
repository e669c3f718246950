//! Each kernel's speed against what the processor could do: `cargo run --release -p vitrine-kernels --example kernel_speeds [threads]`.
//!
//! Bandwidth is that of reading 512 MB with vector additions. The clock is taken from a chain of dependent instructions of one cycle each. The limit for whole
//! numbers is two `maddubs` of 32 products a cycle and core, that for f32 two fused multiply-adds of eight: what AVX2 processors of the last years do.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{error::Error, hint::black_box, time::Instant};

use vitrine_kernels::{Activations, AttentionShape, Format, HeadRows, Pool, QuantisedMatrix, Span, attention, linear};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let threads = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;
    let pool = Pool::new(threads);
    let clock = gigahertz();
    let bandwidth = bandwidth(&pool);
    println!("{threads} threads, {clock:.2} GHz, memory {bandwidth:.1} GB/s");
    for format in [Format::Q4K, Format::Q6K, Format::Q8_0] {
        lone_token(format, bandwidth, &pool)?;
    }
    for format in [Format::Q4K, Format::Q6K, Format::Q8_0] {
        many_tokens(format, 128.0 * clock * threads as f64, &pool)?;
    }
    let limit = 32.0 * clock * threads as f64;
    dense(limit, &pool)?;
    attentions(limit, &pool)?;
    latency(&pool);
    Ok(())
}

/// The least time of several tries, in seconds.
fn least(tries: usize, mut work: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..tries {
        let started = Instant::now();
        work()?;
        least = least.min(started.elapsed().as_secs_f64());
    }
    Ok(least)
}

fn gigahertz() -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let started = Instant::now();
        let mut value = 1u64;
        for _ in 0..20_000_000 {
            value = eight_cycles(value);
        }
        black_box(value);
        best = best.min(started.elapsed().as_secs_f64());
    }
    8.0 * 20e6 / best / 1e9
}

/// Eight dependent instructions of one cycle each: four rotations, four exclusive ors.
#[inline(always)]
fn eight_cycles(mut value: u64) -> u64 {
    for step in 0..4 {
        value = value.rotate_left(7 + step) ^ 0x55;
    }
    value
}

fn bandwidth(pool: &Pool) -> f64 {
    let words = vec![1u64; 64 << 20];
    let run = 16 << 10;
    let mut best = f64::INFINITY;
    for _ in 0..6 {
        let started = Instant::now();
        pool.run(words.len() / run, &|item| {
            let mut lanes = [0u64; 16];
            for chunk in words[item * run..(item + 1) * run].chunks_exact(16) {
                for (lane, word) in lanes.iter_mut().zip(chunk) {
                    *lane ^= word;
                }
            }
            black_box(lanes);
        });
        best = best.min(started.elapsed().as_secs_f64());
    }
    words.len() as f64 * 8.0 / best / 1e9
}

fn noise(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5).collect()
}

fn matrix(format: Format, rows: usize, columns: usize) -> Outcome<QuantisedMatrix> {
    // Bytes of blocks whose scales are small, whatever else they say.
    let bytes: Vec<u8> = (0..rows * columns / format.block_columns() * format.block_bytes())
        .map(|i| ((i as u32).wrapping_mul(2_654_435_761) >> 24) as u8 & 0x1f)
        .collect();
    Ok(QuantisedMatrix::from_gguf_blocks(format, rows, columns, &bytes)?)
}

fn lone_token(format: Format, bandwidth: f64, pool: &Pool) -> Outcome<()> {
    let (rows, columns) = (120_000, 2048);
    let matrix = matrix(format, rows, columns)?;
    let (input, mut output) = (noise(columns), vec![0f32; rows]);
    let seconds = least(6, || Ok(matrix.multiply(&input, 1, None, &mut output, pool)?))?;
    let speed = matrix.bytes() as f64 / seconds / 1e9;
    println!("{} x 1 token: {speed:.1} GB/s, {:.2} of the memory's", format.name(), speed / bandwidth);
    Ok(())
}

fn many_tokens(format: Format, limit: f64, pool: &Pool) -> Outcome<()> {
    for (rows, columns) in [(11_008, 2048), (2048, 11_008)] {
        let m = 256;
        let matrix = matrix(format, rows, columns)?;
        let (input, mut output) = (noise(m * columns), vec![0f32; m * rows]);
        let rounded = Activations::new(format, &input, m, columns, pool)?;
        let seconds = least(4, || Ok(matrix.multiply_activations(&rounded, None, &mut output, pool)?))?;
        let speed = 2.0 * (m * rows * columns) as f64 / seconds / 1e9;
        let share = speed / limit;
        println!("{} x {m} tokens, {rows} x {columns}: {speed:.0} GOP/s, {share:.2} of the limit", format.name());
    }
    Ok(())
}

fn dense(limit: f64, pool: &Pool) -> Outcome<()> {
    for (m, k, n) in [(1024, 1280, 1280), (1024, 1280, 3420), (1024, 3420, 1280), (256, 2048, 2048)] {
        let (input, weight, mut output) = (noise(m * k), noise(n * k), vec![0f32; m * n]);
        let seconds = least(4, || Ok(linear(&input, &weight, None, m, k, n, &mut output, pool)?))?;
        let speed = 2.0 * (m * k * n) as f64 / seconds / 1e9;
        println!("f32 {m} x {k} x {n}: {speed:.0} GFLOP/s, {:.2} of the limit", speed / limit);
    }
    Ok(())
}

fn attention_of(
    rows: usize,
    places: usize,
    heads: usize,
    key_heads: usize,
    d: usize,
    spans: &[Span],
    pool: &Pool,
) -> Outcome<f64> {
    let (queries, keys) = (noise(rows * heads * d), noise(places * key_heads * d));
    let queries = HeadRows { numbers: &queries, row: heads * d, head: d };
    let keys = HeadRows { numbers: &keys, row: key_heads * d, head: d };
    let shape = AttentionShape { rows, places, heads, key_heads, d };
    let mut output = vec![0f32; rows * heads * d];
    least(4, || Ok(attention(&shape, queries, keys, keys, spans, &mut output, pool)?))
}

fn attentions(limit: f64, pool: &Pool) -> Outcome<()> {
    let (tokens, heads, d) = (4096, 16, 80);
    for segment in [64, 1024, 4096] {
        let segments = (0..tokens / segment).map(|i| i * segment..(i + 1) * segment);
        let spans: Vec<Span> =
            segments.map(|rows| Span { queries: rows.clone(), keys: rows, causal: false, window: None }).collect();
        let seconds = attention_of(tokens, tokens, heads, heads, d, &spans, pool)?;
        let speed = 4.0 * (tokens * segment * heads * d) as f64 / seconds / 1e9;
        println!("attention in segments of {segment}: {speed:.0} GFLOP/s, {:.2} of the limit", speed / limit);
    }
    let (heads, key_heads, d) = (16, 2, 128);
    for (tokens, first) in [(512, 0), (512, 3584), (1, 4095)] {
        let places = first + tokens;
        let spans = [Span { queries: 0..tokens, keys: 0..places, causal: true, window: None }];
        let seconds = attention_of(tokens, places, heads, key_heads, d, &spans, pool)?;
        let seen = tokens * first + tokens * (tokens + 1) / 2;
        let speed = 4.0 * (seen * heads * d) as f64 / seconds / 1e9;
        println!(
            "causal attention of {tokens} tokens at {first}: {:.2} ms, {speed:.0} GFLOP/s, {:.2} of the limit",
            seconds * 1e3,
            speed / limit
        );
    }
    Ok(())
}

/// What handing out an empty job costs.
fn latency(pool: &Pool) {
    let jobs = 20_000;
    let started = Instant::now();
    for _ in 0..jobs {
        pool.run(2 * pool.threads(), &|item| {
            black_box(item);
        });
    }
    println!("an empty job: {:.2} µs", started.elapsed().as_secs_f64() / f64::from(jobs) * 1e6);
}
