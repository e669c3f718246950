//! all-MiniLM-L6-v2: BERT (Devlin et al., arXiv 1810.04805) with 6 layers of 384, distilled as in MiniLM (Wang et al.,
//! arXiv 2002.10957). Reference: transformers' `BertModel`; fields are named as the checkpoint's tensors.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{Embedding, LayerNorm, Linear, Module, VarBuilder, embedding, layer_norm};

use crate::gelu::gelu;

/// The network's sizes.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) type_vocab_size: usize,
    pub(crate) layer_norm_eps: f64,
}

impl Config {
    /// The sizes in the checkpoint's `config.json`.
    pub(crate) fn all_minilm_l6_v2() -> Self {
        Self {
            vocab_size: 30522,
            hidden_size: 384,
            num_hidden_layers: 6,
            num_attention_heads: 12,
            intermediate_size: 1536,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
        }
    }
}

/// The encoder without its pooler: what sentence-transformers calls token embeddings.
pub(crate) struct MiniLm {
    embeddings: Embeddings,
    layer: Vec<Layer>,
}

impl MiniLm {
    pub(crate) fn load(config: &Config, weights: VarBuilder) -> Result<Self> {
        let layers = weights.pp("encoder").pp("layer");
        Ok(Self {
            embeddings: Embeddings::load(config, weights.pp("embeddings"))?,
            layer: (0..config.num_hidden_layers).map(|i| Layer::load(config, layers.pp(i))).collect::<Result<_>>()?,
        })
    }

    /// The last hidden state `[tokens, hidden_size]` of one text. Without padding no attention mask is needed.
    pub(crate) fn forward(&self, token_ids: &[u32]) -> Result<Tensor> {
        let mut hidden = self.embeddings.forward(token_ids)?;
        for layer in &self.layer {
            hidden = layer.forward(&hidden)?;
        }
        Ok(hidden)
    }
}

#[allow(non_snake_case)]
struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    LayerNorm: LayerNorm,
}

impl Embeddings {
    fn load(config: &Config, weights: VarBuilder) -> Result<Self> {
        let table = |rows, name| embedding(rows, config.hidden_size, weights.pp(name));
        Ok(Self {
            word_embeddings: table(config.vocab_size, "word_embeddings")?,
            position_embeddings: table(config.max_position_embeddings, "position_embeddings")?,
            token_type_embeddings: table(config.type_vocab_size, "token_type_embeddings")?,
            LayerNorm: layer_norm(config.hidden_size, config.layer_norm_eps, weights.pp("LayerNorm"))?,
        })
    }

    fn forward(&self, token_ids: &[u32]) -> Result<Tensor> {
        let words = self.word_embeddings.forward(&Tensor::new(token_ids, &Device::Cpu)?)?;
        let positions = self.position_embeddings.embeddings().narrow(0, 0, token_ids.len())?;
        // A single text is all of token type 0.
        let types = self.token_type_embeddings.embeddings().narrow(0, 0, 1)?;
        self.LayerNorm.forward(&(words + positions)?.broadcast_add(&types)?)
    }
}

struct Layer {
    attention: Attention,
    intermediate: Linear,
    output: Output,
}

impl Layer {
    fn load(config: &Config, weights: VarBuilder) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        Ok(Self {
            attention: Attention::load(config, weights.pp("attention"))?,
            intermediate: linear(hidden, inner, weights.pp("intermediate").pp("dense"))?,
            output: Output::load(inner, config, weights.pp("output"))?,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let attended = self.attention.forward(hidden)?;
        self.output.forward(&gelu(self.intermediate.forward(&attended)?)?, &attended)
    }
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Output,
    heads: usize,
}

impl Attention {
    fn load(config: &Config, weights: VarBuilder) -> Result<Self> {
        let hidden = config.hidden_size;
        let part = |name| linear(hidden, hidden, weights.pp("self").pp(name));
        Ok(Self {
            query: part("query")?,
            key: part("key")?,
            value: part("value")?,
            output: Output::load(hidden, config, weights.pp("output"))?,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let (tokens, width) = hidden.dims2()?;
        let head = width / self.heads;
        // [tokens, width] -> [heads, tokens, head]
        let split = |x: Tensor| x.reshape((tokens, self.heads, head))?.transpose(0, 1)?.contiguous();
        let query = split((self.query.forward(hidden)? * (head as f64).sqrt().recip())?)?;
        let key = split(self.key.forward(hidden)?)?;
        let value = split(self.value.forward(hidden)?)?;
        let weights = softmax_last_dim(&query.matmul(&key.t()?)?)?;
        let mixed = weights.matmul(&value)?.transpose(0, 1)?.reshape((tokens, width))?;
        self.output.forward(&mixed, hidden)
    }
}

/// A linear map, the way round it and the norm after both.
#[allow(non_snake_case)]
struct Output {
    dense: Linear,
    LayerNorm: LayerNorm,
}

impl Output {
    fn load(input: usize, config: &Config, weights: VarBuilder) -> Result<Self> {
        Ok(Self {
            dense: linear(input, config.hidden_size, weights.pp("dense"))?,
            LayerNorm: layer_norm(config.hidden_size, config.layer_norm_eps, weights.pp("LayerNorm"))?,
        })
    }

    fn forward(&self, x: &Tensor, around: &Tensor) -> Result<Tensor> {
        self.LayerNorm.forward(&(self.dense.forward(x)? + around)?)
    }
}

/// A linear map with its weight lying as the product reads it, which otherwise lays it so anew for each text: a quarter of all the time.
fn linear(input: usize, output: usize, weights: VarBuilder) -> Result<Linear> {
    let weight = weights.get((output, input), "weight")?;
    Ok(Linear::new(weight.t()?.contiguous()?.t()?, Some(weights.get(output, "bias")?)))
}

/// Weights for [`MiniLm::load`] out of a safetensors file's bytes, in f32 on the CPU.
pub(crate) fn weights(file: Vec<u8>) -> Result<VarBuilder<'static>> {
    VarBuilder::from_buffered_safetensors(file, DType::F32, &Device::Cpu)
}
