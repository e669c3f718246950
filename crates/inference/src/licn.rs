//! LICN, the late-interaction classification network of ArtSeek (arXiv 2507.21917): an image's rows and a label's rows
//! go through a transformer encoder each, and meet in a cosine.
//!
//! Tensor names and semantics are those of PyTorch's `nn.TransformerEncoderLayer` (post-norm, GELU, `batch_first`), so
//! that weights trained there load here.

mod published;

use std::collections::HashMap;

use candle_core::{D, DType, Device, Tensor};
use serde::{Deserialize, Serialize};

pub use self::published::PublishedClassifier;
use crate::noise::Noise;

type Result<T> = candle_core::Result<T>;

/// PyTorch's default for layer normalisation.
const NORM_EPSILON: f64 = 1e-5;

/// The network's shape. The compact pack's is smaller than the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LicnConfig {
    /// Width of the rows, and of the encoders.
    pub row_width: usize,
    /// Layers of each encoder.
    pub layers: usize,
    /// Attention heads; they divide `row_width`.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// Width of the space in which images and labels meet.
    pub output: usize,
    /// How many tasks there are, each with a row of its own in front of the image's and of the label's rows.
    pub tasks: usize,
    /// Whether one encoder serves images and labels.
    pub shared_encoder: bool,
    /// Share of activations dropped while training.
    pub dropout: f64,
}

impl LicnConfig {
    /// The published network: 7.18 million parameters.
    #[cfg(test)]
    pub fn paper() -> Self {
        Self {
            row_width: 128,
            layers: 6,
            heads: 8,
            feed_forward: 2048,
            output: 512,
            tasks: 5,
            shared_encoder: false,
            dropout: 0.1,
        }
    }

    /// The names and shapes of all its tensors.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (width, inner) = (self.row_width, self.feed_forward);
        let mut all = vec![
            ("visual_task_rows".into(), vec![self.tasks, width]),
            ("text_task_rows".into(), vec![self.tasks, width]),
            ("output.weight".into(), vec![self.output, width]),
            ("log_scale".into(), vec![1]),
            ("bias".into(), vec![1]),
        ];
        let encoders: &[&str] = if self.shared_encoder { &["encoder"] } else { &["visual_encoder", "text_encoder"] };
        for encoder in encoders {
            for layer in 0..self.layers {
                let name = |tensor: &str| format!("{encoder}.layers.{layer}.{tensor}");
                all.extend([
                    (name("self_attn.in_proj_weight"), vec![3 * width, width]),
                    (name("self_attn.in_proj_bias"), vec![3 * width]),
                    (name("self_attn.out_proj.weight"), vec![width, width]),
                    (name("self_attn.out_proj.bias"), vec![width]),
                    (name("linear1.weight"), vec![inner, width]),
                    (name("linear1.bias"), vec![inner]),
                    (name("linear2.weight"), vec![width, inner]),
                    (name("linear2.bias"), vec![width]),
                    (name("norm1.weight"), vec![width]),
                    (name("norm1.bias"), vec![width]),
                    (name("norm2.weight"), vec![width]),
                    (name("norm2.bias"), vec![width]),
                ]);
            }
        }
        all
    }
}

/// The network with its weights. Made of [`candle_core::Var`]s' tensors it can be trained, of plain ones it only answers.
pub struct Licn {
    visual_task_rows: Tensor,
    text_task_rows: Tensor,
    visual_output: Tensor,
    text_output: Tensor,
    log_scale: Tensor,
    bias: Tensor,
    visual: Encoder,
    text: Encoder,
}

impl Licn {
    /// Takes the tensors that [`LicnConfig::tensors`] names.
    pub fn load(config: &LicnConfig, tensors: &HashMap<String, Tensor>) -> Result<Self> {
        if config.heads == 0 || !config.row_width.is_multiple_of(config.heads) {
            candle_core::bail!("{} heads do not divide rows of {}", config.heads, config.row_width);
        }
        let mut found = HashMap::new();
        for (name, shape) in config.tensors() {
            let tensor =
                tensors.get(&name).ok_or_else(|| candle_core::Error::msg(format!("tensor {name} is missing")))?;
            if tensor.dims() != shape {
                candle_core::bail!("tensor {name} is {:?}, not {shape:?}", tensor.dims());
            }
            found.insert(name, tensor.clone());
        }
        let (visual, text) =
            if config.shared_encoder { ("encoder", "encoder") } else { ("visual_encoder", "text_encoder") };
        Ok(Self {
            visual: Encoder::load(config, visual, &found)?,
            text: Encoder::load(config, text, &found)?,
            visual_task_rows: found["visual_task_rows"].clone(),
            text_task_rows: found["text_task_rows"].clone(),
            visual_output: found["output.weight"].clone(),
            text_output: found["output.weight"].clone(),
            log_scale: found["log_scale"].clone(),
            bias: found["bias"].clone(),
        })
    }

    /// Image rows `[images, rows, width]` to unit vectors `[images, tasks, output]`. `absent` (`[images, rows]`) is 1 where
    /// an image with fewer rows has none, 0 elsewhere; `None` where all have all.
    ///
    /// `noise` is given while training only: it drops activations.
    pub fn embed_images(&self, rows: &Tensor, absent: Option<&Tensor>, noise: Option<&mut Noise>) -> Result<Tensor> {
        let images = rows.dim(0)?;
        let (tasks, width) = self.visual_task_rows.dims2()?;
        let front = self.visual_task_rows.unsqueeze(0)?.broadcast_as((images, tasks, width))?;
        let absent = absent.map(|absent| after_present(tasks, absent)).transpose()?;
        let encoded = self.visual.forward(&Tensor::cat(&[&front, rows], 1)?, absent.as_ref(), noise)?;
        unit(&linear(&encoded.narrow(1, 0, tasks)?.contiguous()?, &self.visual_output, None)?)
    }

    /// Label rows `[labels, rows, width]` of task number `task` to unit vectors `[labels, output]`. `absent`
    /// (`[labels, rows]`) is 1 where a shorter label has no row, 0 elsewhere.
    pub fn embed_labels(
        &self,
        task: usize,
        rows: &Tensor,
        absent: &Tensor,
        noise: Option<&mut Noise>,
    ) -> Result<Tensor> {
        let (labels, _, width) = rows.dims3()?;
        let front = self.text_task_rows.get(task)?.reshape((1, 1, width))?.broadcast_as((labels, 1, width))?;
        let absent = after_present(1, absent)?;
        let encoded = self.text.forward(&Tensor::cat(&[&front, rows], 1)?, Some(&absent), noise)?;
        unit(&linear(&encoded.narrow(1, 0, 1)?.contiguous()?, &self.text_output, None)?)?.squeeze(1)
    }

    /// Cosines `[images, labels]` to logits: exp(t) * cos + b; the sigmoid of it is the paper's score.
    pub fn logits(&self, cosines: &Tensor) -> Result<Tensor> {
        self.scaled(cosines)?.broadcast_add(&self.bias)
    }

    /// exp(t) * cos, the logits before the bias, which are all that matters between the labels of a task.
    pub fn scaled(&self, cosines: &Tensor) -> Result<Tensor> {
        cosines.broadcast_mul(&self.log_scale.exp()?)
    }

    /// b, which the logits end with.
    pub fn bias(&self) -> Result<f32> {
        self.bias.get(0)?.to_scalar()
    }
}

/// `absent` (`[batch, rows]`) with `count` rows that are there in front.
fn after_present(count: usize, absent: &Tensor) -> Result<Tensor> {
    Tensor::cat(&[&Tensor::zeros((absent.dim(0)?, count), DType::F32, &Device::Cpu)?, absent], 1)
}

/// Scales the last dimension to unit length.
pub(crate) fn unit(x: &Tensor) -> Result<Tensor> {
    let length = (x.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    x.broadcast_div(&length)
}

/// x Wᵀ + b over the last dimension, as one matrix product whatever comes before it.
pub(crate) fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let mut shape = x.dims().to_vec();
    let (outputs, inputs) = weight.dims2()?;
    let product = x.reshape(((), inputs))?.matmul(&weight.t()?)?;
    let product = match bias {
        Some(bias) => product.broadcast_add(bias)?,
        None => product,
    };
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    product.reshape(shape)
}

struct Encoder {
    layers: Vec<EncoderLayer>,
}

impl Encoder {
    fn load(config: &LicnConfig, name: &str, tensors: &HashMap<String, Tensor>) -> Result<Self> {
        let layers = (0..config.layers)
            .map(|at| {
                let get = |tensor: &str| tensors[&format!("{name}.layers.{at}.{tensor}")].clone();
                EncoderLayer {
                    heads: config.heads,
                    dropout: config.dropout,
                    in_projection: (get("self_attn.in_proj_weight"), get("self_attn.in_proj_bias")),
                    out_projection: (get("self_attn.out_proj.weight"), get("self_attn.out_proj.bias")),
                    linear1: (get("linear1.weight"), get("linear1.bias")),
                    linear2: (get("linear2.weight"), get("linear2.bias")),
                    norm1: (get("norm1.weight"), get("norm1.bias")),
                    norm2: (get("norm2.weight"), get("norm2.bias")),
                }
            })
            .collect();
        Ok(Self { layers })
    }

    fn forward(&self, rows: &Tensor, absent: Option<&Tensor>, mut noise: Option<&mut Noise>) -> Result<Tensor> {
        // What is added to the attention's logits: a number that leaves nothing after the softmax.
        let mask = match absent {
            Some(absent) => Some((absent.unsqueeze(1)?.unsqueeze(1)? * -1e9)?),
            None => None,
        };
        let mut x = rows.contiguous()?;
        for layer in &self.layers {
            x = layer.forward(&x, mask.as_ref(), noise.as_deref_mut())?;
        }
        Ok(x)
    }
}

struct EncoderLayer {
    heads: usize,
    dropout: f64,
    in_projection: (Tensor, Tensor),
    out_projection: (Tensor, Tensor),
    linear1: (Tensor, Tensor),
    linear2: (Tensor, Tensor),
    norm1: (Tensor, Tensor),
    norm2: (Tensor, Tensor),
}

impl EncoderLayer {
    fn forward(&self, x: &Tensor, mask: Option<&Tensor>, mut noise: Option<&mut Noise>) -> Result<Tensor> {
        let attended = self.attend(x, mask, noise.as_deref_mut())?;
        let x = normalise(&(x + drop(attended, self.dropout, noise.as_deref_mut())?)?, &self.norm1)?;
        let inner = linear(&x, &self.linear1.0, Some(&self.linear1.1))?.gelu_erf()?;
        let inner = drop(inner, self.dropout, noise.as_deref_mut())?;
        let outer = linear(&inner, &self.linear2.0, Some(&self.linear2.1))?;
        normalise(&(&x + drop(outer, self.dropout, noise)?)?, &self.norm2)
    }

    fn attend(&self, x: &Tensor, mask: Option<&Tensor>, noise: Option<&mut Noise>) -> Result<Tensor> {
        let (batch, rows, width) = x.dims3()?;
        let head = width / self.heads;
        let projected = linear(x, &self.in_projection.0, Some(&self.in_projection.1))?
            .reshape((batch, rows, 3, self.heads, head))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?;
        let (query, key, value) = (projected.get(0)?, projected.get(1)?, projected.get(2)?);
        let logits = (query.matmul(&key.t()?)? * (1.0 / (head as f64).sqrt()))?;
        let logits = match mask {
            Some(mask) => logits.broadcast_add(mask)?,
            None => logits,
        };
        let weights = drop(candle_nn::ops::softmax(&logits, D::Minus1)?, self.dropout, noise)?;
        let mixed = weights.matmul(&value)?.transpose(1, 2)?.reshape((batch, rows, width))?;
        linear(&mixed, &self.out_projection.0, Some(&self.out_projection.1))
    }
}

/// Layer normalisation, written out: candle's fused one has no gradient.
fn normalise(x: &Tensor, (weight, bias): &(Tensor, Tensor)) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + NORM_EPSILON)?.sqrt()?;
    centred.broadcast_div(&deviation)?.broadcast_mul(weight)?.broadcast_add(bias)
}

/// Dropout as PyTorch's: what stays is scaled up. Without noise nothing is dropped.
pub(crate) fn drop(x: Tensor, share: f64, noise: Option<&mut Noise>) -> Result<Tensor> {
    match noise {
        Some(noise) if share > 0.0 => &x * noise.keep_mask(x.dims(), share)?,
        _ => Ok(x),
    }
}

#[cfg(test)]
pub(crate) mod tests;
