//! How long Qwen2-VL-2B's vision tower takes for one image of 768 rows with generated weights, packed as packs are on a CPU and in
//! f32, how far the two lie apart, and beside them transformers on the same machine.
//!
//!     cargo run --release -p vitrine-inference --example vision_tower -- [PYTHON]
//!
//! PYTHON is an interpreter with torch and transformers, which runs `vision_tower.py`. Both use as many threads as `RAYON_NUM_THREADS` says, two by default.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use vitrine_inference::qwen::{ImageBudget, PreparedImages, VisionConfig, VisionFamily, VisionTower};
use vitrine_inference::weights::packed_tower::PackedTower;
use vitrine_inference::{InferenceError, WeightSource};

/// How often the tower runs; the quickest run counts.
const RUNS: usize = 2;

/// Weights without meaning, of a size that keeps signals alive.
struct Generated;

impl WeightSource for Generated {
    fn device(&self) -> &Device {
        &Device::Cpu
    }

    fn dtype(&self) -> DType {
        DType::F32
    }

    fn contains(&self, _: &str) -> bool {
        true
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        let count: usize = shape.iter().product();
        let inputs = (count / shape[0].max(1)) as f32;
        let mut state = name.bytes().fold(1u32, |state, byte| state.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let numbers = (0..count).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let centred = (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0;
            if shape.len() == 1 { 0.5 + 0.1 * centred } else { centred * (3.0 / inputs).sqrt() }
        });
        Ok(Tensor::from_vec(numbers.collect::<Vec<f32>>(), shape, &Device::Cpu)?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(2usize);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let config = VisionConfig {
        family: VisionFamily::Qwen2,
        depth: 32,
        width: 1280,
        inner: 5120,
        heads: 16,
        output: 1536,
        patch: 14,
        merge: 2,
        frames: 2,
        channels: 3,
    };
    let image = image::RgbImage::from_fn(24 * 28, 32 * 28, |x, y| image::Rgb([x as u8, y as u8, (x * y / 64) as u8]));
    let started = Instant::now();
    let images = PreparedImages::new(&[&image], &config, ImageBudget::tokens(768))?;
    println!("prepared in {:.3} s: {:?}", started.elapsed().as_secs_f64(), images.grids);
    let run = |name: &str, source: &dyn WeightSource| -> Result<(f64, Tensor), Box<dyn Error>> {
        let tower = VisionTower::load(&config, source)?;
        let mut quickest = f64::INFINITY;
        let mut rows = tower.forward(&images)?;
        for _ in 0..RUNS {
            let started = Instant::now();
            rows = tower.forward(&images)?;
            quickest = quickest.min(started.elapsed().as_secs_f64());
        }
        println!("{:?} in {quickest:.2} s, {threads} threads, {name}", rows.dims());
        Ok((quickest, rows))
    };
    let (packed, packed_rows) = run("packed", &PackedTower(&Generated))?;
    let (plain, plain_rows) = run("f32", &Generated)?;
    let apart = (packed_rows - &plain_rows)?.sqr()?.sum_all()?.to_scalar::<f32>()?;
    let length = plain_rows.sqr()?.sum_all()?.to_scalar::<f32>()?;
    println!("packed rows lie {:.4} of their length from those in f32", (apart / length).sqrt());
    let Some(python) = std::env::args().nth(1) else { return Ok(()) };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vision_tower.py");
    for dtype in ["float32"] {
        let output = Command::new(&python).args([script, &threads.to_string(), dtype]).output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let seconds: f64 =
            printed.split_whitespace().last().and_then(|s| s.parse().ok()).ok_or_else(|| {
                format!("the script printed {printed:?}: {}", String::from_utf8_lossy(&output.stderr))
            })?;
        println!(
            "transformers, {dtype}: {seconds:.2} s; ours is {:.2} times as fast packed, {:.2} times in f32",
            seconds / packed,
            seconds / plain
        );
    }
    Ok(())
}
