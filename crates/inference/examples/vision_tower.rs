//! How long Qwen2-VL-2B's vision tower takes for one image of 768 rows with generated weights, packed as packs are on a CPU and in
//! f32, how far the two lie apart, and beside them transformers on the same machine.
//!
//!     cargo run --release -p vitrine-inference --example vision_tower -- BLOCKS [PYTHON]
//!
//! BLOCKS are how many of the tower's 32 run. PYTHON is an interpreter with torch and transformers, which runs `vision_tower.py`. All use as many threads as
//! `RAYON_NUM_THREADS` says, two by default, and take turns, so that what else the machine does meets all alike; each one's quickest turn counts.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use vitrine_inference::qwen::{ImageBudget, PreparedImages, VisionConfig, VisionFamily, VisionTower};
use vitrine_inference::weights::packing::Packing;
use vitrine_inference::{InferenceError, WeightSource};

vitrine_inference::keep_dropped_buffers!();

/// How often each has its turn.
const TURNS: usize = 4;

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

/// transformers' tower in a process of its own, which runs once for every line it is sent.
struct Peer {
    child: Child,
    turns: ChildStdin,
    seconds: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &str, threads: usize, blocks: usize) -> Result<Self, Box<dyn Error>> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vision_tower.py");
        let mut command = Command::new(python);
        command.args([script, &threads.to_string(), &blocks.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (turns, seconds) = (child.stdin.take().ok_or("no pipe")?, child.stdout.take().ok_or("no pipe")?);
        Ok(Self { child, turns, seconds: BufReader::new(seconds) })
    }

    fn run(&mut self) -> Result<f64, Box<dyn Error>> {
        writeln!(self.turns)?;
        let mut line = String::new();
        self.seconds.read_line(&mut line)?;
        line.trim().parse().map_err(|_| format!("{} said {line:?}", self.child.id()).into())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It is done anyway; an error here says nothing about the figures.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let blocks: usize = arguments.next().ok_or("say how many blocks")?.parse()?;
    let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(2usize);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let config = VisionConfig {
        family: VisionFamily::Qwen2,
        depth: blocks,
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
    let images = PreparedImages::new(&[&image], &config, ImageBudget::tokens(768))?;
    let packed = VisionTower::load(&config, &Packing::tower(Box::new(Generated)))?;
    let plain = VisionTower::load(&config, &Generated)?;
    let apart = (packed.forward(&images)? - plain.forward(&images)?)?.sqr()?.sum_all()?.to_scalar::<f32>()?;
    let length = plain.forward(&images)?.sqr()?.sum_all()?.to_scalar::<f32>()?;
    println!("packed rows lie {:.4} of their length from those in f32", (apart / length).sqrt());
    let mut peer = arguments.next().map(|python| Peer::start(&python, threads, blocks)).transpose()?;
    if let Some(peer) = &mut peer {
        peer.run()?;
    }
    let mut quickest = [f64::INFINITY; 3];
    for _ in 0..TURNS {
        let ours = [&packed, &plain].map(|tower| {
            let started = Instant::now();
            tower.forward(&images).map(|_| started.elapsed().as_secs_f64())
        });
        for (quickest, seconds) in quickest.iter_mut().zip(ours) {
            *quickest = quickest.min(seconds?);
        }
        if let Some(peer) = &mut peer {
            quickest[2] = quickest[2].min(peer.run()?);
        }
    }
    let [packed, plain, theirs] = quickest;
    println!("{blocks} blocks, {threads} threads: {packed:.2} s packed, {plain:.2} s in f32");
    if peer.is_some() {
        println!(
            "transformers in f32: {theirs:.2} s; ours is {:.2} times as fast packed, {:.2} times in f32",
            theirs / packed,
            theirs / plain
        );
    }
    Ok(())
}
