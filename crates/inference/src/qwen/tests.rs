//! Every stage against the references' numbers; fixtures/qwen.py writes the files. Differences are printed with
//! `cargo nextest run -p vitrine-inference qwen --no-capture`.

mod agreement;
mod colqwen2;
mod configurations;
mod generation;
mod images;
mod text;

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use image::RgbImage;

use super::{ImageBudget, QwenConfig, names};
use crate::{InferenceError, WeightSource};

/// What the images of every prompt are kept to.
const BUDGET: ImageBudget = ImageBudget::tokens(16);

/// Width and height of those images.
const IMAGES: [(u32, u32); 2] = [(90, 60), (83, 150)];

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", "qwen", name].iter().collect()
}

fn tensors(name: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(fixture(name), &Device::Cpu).unwrap()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

fn config(name: &str) -> QwenConfig {
    QwenConfig::parse(&text(&format!("configs/{name}/config.json"))).unwrap()
}

/// A checkpoint in memory, under whatever names it was written.
struct Checkpoint {
    tensors: HashMap<String, Tensor>,
    dtype: DType,
}

impl Checkpoint {
    fn read(files: &[&str], dtype: DType) -> Self {
        Self { tensors: files.iter().flat_map(|file| tensors(file)).collect(), dtype }
    }
}

impl WeightSource for Checkpoint {
    fn device(&self) -> &Device {
        &Device::Cpu
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn contains(&self, name: &str) -> bool {
        names::candidates(name).iter().any(|name| self.tensors.contains_key(name))
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        let found = names::candidates(name).into_iter().find_map(|name| self.tensors.get(&name));
        let found = found.unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(found.dims(), shape, "{name}");
        Ok(found.to_dtype(self.dtype)?)
    }
}

/// The image that `drawn` in the fixtures' generator draws.
fn drawn((width, height): (u32, u32)) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([0, 1, 2].map(|c| {
            let slope = (x * x * (c + 1) + y * y * 3 + x * y * (2 + c)) / 97;
            ((slope + (x / 16 + y / 16) % 2 * 60) % 256) as u8
        }))
    })
}

/// The largest absolute difference, after a look at the shapes.
fn difference(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.dims(), expected.dims());
    let wide = |x: &Tensor| x.to_dtype(DType::F32).unwrap();
    (wide(found) - wide(expected)).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
}

/// |found - expected| / |expected|, lengths over all numbers.
fn relative(found: &Tensor, expected: &Tensor) -> f32 {
    let length = |x: Tensor| x.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap().sqrt();
    let wide = |x: &Tensor| x.to_dtype(DType::F32).unwrap();
    assert_eq!(found.dims(), expected.dims());
    length((wide(found) - wide(expected)).unwrap()) / length(wide(expected))
}

fn numbers(tensor: &Tensor) -> Vec<u32> {
    tensor.to_dtype(DType::U32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}
