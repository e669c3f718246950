//! The language model: Qwen2 (Yang et al., arXiv 2407.10671) with multimodal rotary positions. It reads rows, not tokens, so
//! that images can stand among them, and keeps nothing between calls: what a sequence has read is in its [`KvCache`].

use candle_core::{DType, Device, Tensor};

use super::attention::{Span, attend, side_by_side};
use super::numerics::{Rotation, rms_norm, swiglu};
use super::positions::RotaryFrequencies;
use super::{KvCache, LanguageConfig, Positions};
use crate::{InferenceError, Linear, Matrix, WeightSource};

type Result<T> = std::result::Result<T, InferenceError>;

/// Qwen2's decoder with its embeddings and its head.
pub struct LanguageModel {
    config: LanguageConfig,
    embeddings: Matrix,
    blocks: Vec<Block>,
    norm: Tensor,
    /// None when the embeddings serve, or when no logits are wanted.
    head: Option<Linear>,
    rotary: RotaryFrequencies,
    dtype: DType,
    device: Device,
}

impl LanguageModel {
    /// Loads the tensors `model.*` and, unless the head is tied to the embeddings, `lm_head`.
    pub fn load(config: &LanguageConfig, source: &dyn WeightSource) -> Result<Self> {
        let mut model = Self::without_head(config, source)?;
        if !config.tied_head {
            model.head = Some(source.linear("lm_head", config.width, config.vocabulary, false)?);
        }
        Ok(model)
    }

    /// The same without a head, for models whose last rows are wanted and not their words. Its logits are those of a tied head.
    pub(super) fn without_head(config: &LanguageConfig, source: &dyn WeightSource) -> Result<Self> {
        let blocks = (0..config.layers).map(|at| Block::load(config, source, at)).collect::<Result<_>>()?;
        Ok(Self {
            embeddings: source.table("model.embed_tokens", config.vocabulary, config.width)?,
            blocks,
            norm: source.tensor("model.norm.weight", &[config.width])?,
            head: None,
            rotary: RotaryFrequencies::new(config),
            dtype: source.dtype(),
            device: source.device().clone(),
            config: config.clone(),
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &LanguageConfig {
        &self.config
    }

    /// Where its weights are.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// An empty cache for a sequence.
    pub fn new_cache(&self) -> KvCache {
        KvCache::new(&self.config, self.dtype, &self.device)
    }

    /// The rows of tokens, `[tokens, width]`. A token outside the vocabulary is an error.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        if let Some(id) = ids.iter().find(|&&id| id as usize >= self.config.vocabulary) {
            let vocabulary = self.config.vocabulary;
            return Err(InferenceError::Prompt(format!(
                "the model knows {vocabulary} tokens, and it holds number {id}"
            )));
        }
        Ok(self.embeddings.rows(&Tensor::new(ids, &self.device)?)?.to_dtype(self.dtype)?)
    }

    /// Reads rows `[tokens, width]` that stand at `positions` after what the cache holds, which holds them too then. The last
    /// hidden state `[tokens, width]`, normed.
    pub fn forward(&self, rows: &Tensor, positions: &Positions, cache: &mut KvCache) -> Result<Tensor> {
        let tokens = self.check(rows, positions)?;
        let rotation = self.rotary.at(positions, &self.device)?;
        let length = cache.len() + tokens;
        let span = Span { queries: 0..tokens, keys: 0..length, causal: true };
        let mut x = rows.clone();
        for (at, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, &rotation, std::slice::from_ref(&span), Some((at, &mut *cache)))?;
        }
        cache.advance(tokens);
        Ok(rms_norm(&x, &self.norm, self.config.norm_epsilon)?)
    }

    /// [`forward`](Self::forward) in pieces of at most `chunk` tokens, which bounds the memory of what lies between matrix
    /// products. `between` is called after every piece and may stop the reading with an error. The last piece's hidden state.
    pub fn prefill(
        &self,
        rows: &Tensor,
        positions: &Positions,
        cache: &mut KvCache,
        chunk: usize,
        between: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Tensor> {
        let tokens = self.check(rows, positions)?;
        let mut hidden = None;
        for first in (0..tokens).step_by(chunk.max(1)) {
            let count = chunk.max(1).min(tokens - first);
            let places = positions.slice(first..first + count)?;
            hidden = Some(self.forward(&rows.narrow(0, first, count)?, &places, cache)?);
            between()?;
        }
        hidden.ok_or_else(|| InferenceError::Prompt("it is empty".into()))
    }

    /// Reads several sequences that lie side by side in `rows`, none of which sees another, and keeps nothing. `lengths` are
    /// their tokens. The last hidden state `[tokens, width]`, normed.
    pub fn encode(&self, rows: &Tensor, positions: &Positions, lengths: &[usize]) -> Result<Tensor> {
        self.encode_watched(rows, positions, lengths, &mut |_| {})
    }

    /// [`encode`](Self::encode), showing every block's output to `watch`.
    pub(super) fn encode_watched(
        &self,
        rows: &Tensor,
        positions: &Positions,
        lengths: &[usize],
        watch: &mut dyn FnMut(&Tensor),
    ) -> Result<Tensor> {
        let tokens = self.check(rows, positions)?;
        let spans = side_by_side(lengths.iter().copied(), true);
        if lengths.iter().sum::<usize>() != tokens {
            return Err(InferenceError::Prompt(format!("{tokens} rows are not sequences of {lengths:?}")));
        }
        let rotation = self.rotary.at(positions, &self.device)?;
        let mut x = rows.clone();
        for block in &self.blocks {
            x = block.forward(&x, &rotation, &spans, None)?;
            watch(&x);
        }
        Ok(rms_norm(&x, &self.norm, self.config.norm_epsilon)?)
    }

    /// Logits over the vocabulary `[tokens, vocabulary]` of hidden states `[tokens, width]`: usually of the last one alone.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        match &self.head {
            Some(head) => Ok(head.forward(hidden)?),
            None => Ok(self.embeddings.apply(hidden)?),
        }
    }

    fn check(&self, rows: &Tensor, positions: &Positions) -> Result<usize> {
        let (tokens, width) = rows.dims2()?;
        if tokens == 0 || width != self.config.width || positions.len() != tokens {
            return Err(InferenceError::Prompt(format!(
                "rows of {:?} at {} positions are not tokens {} wide",
                rows.dims(),
                positions.len(),
                self.config.width
            )));
        }
        Ok(tokens)
    }
}

struct Block {
    input_norm: Tensor,
    attention: Attention,
    inner_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
    epsilon: f64,
}

impl Block {
    fn load(config: &LanguageConfig, source: &dyn WeightSource, at: usize) -> Result<Self> {
        let name = |part: &str| format!("model.layers.{at}.{part}");
        let (width, inner) = (config.width, config.inner);
        Ok(Self {
            input_norm: source.tensor(&name("input_layernorm.weight"), &[width])?,
            attention: Attention::load(config, source, &name("self_attn"))?,
            inner_norm: source.tensor(&name("post_attention_layernorm.weight"), &[width])?,
            gate: source.linear(&name("mlp.gate_proj"), width, inner, false)?,
            up: source.linear(&name("mlp.up_proj"), width, inner, false)?,
            down: source.linear(&name("mlp.down_proj"), inner, width, false)?,
            epsilon: config.norm_epsilon,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        rotation: &Rotation,
        spans: &[Span],
        cache: Option<(usize, &mut KvCache)>,
    ) -> Result<Tensor> {
        let normed = rms_norm(x, &self.input_norm, self.epsilon)?;
        let x = (x + self.attention.forward(&normed, rotation, spans, cache)?)?;
        let normed = rms_norm(&x, &self.inner_norm, self.epsilon)?;
        let [gate, up] = Linear::forward_each([&self.gate, &self.up], &normed)?;
        let inner = swiglu(&gate, &up)?;
        Ok((&x + self.down.forward(&inner)?)?)
    }
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
    key_heads: usize,
    head: usize,
}

impl Attention {
    fn load(config: &LanguageConfig, source: &dyn WeightSource, name: &str) -> Result<Self> {
        let part = |part: &str| format!("{name}.{part}");
        let (queries, keys) = (config.heads * config.head_width, config.key_heads * config.head_width);
        Ok(Self {
            query: source.linear(&part("q_proj"), config.width, queries, true)?,
            key: source.linear(&part("k_proj"), config.width, keys, true)?,
            value: source.linear(&part("v_proj"), config.width, keys, true)?,
            output: source.linear(&part("o_proj"), queries, config.width, false)?,
            heads: config.heads,
            key_heads: config.key_heads,
            head: config.head_width,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        rotation: &Rotation,
        spans: &[Span],
        cache: Option<(usize, &mut KvCache)>,
    ) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let split = |x: Tensor, heads| x.reshape((tokens, heads, self.head));
        let [queries, keys, values] = Linear::forward_each([&self.query, &self.key, &self.value], x)?;
        let queries = rotation.apply(&split(queries, self.heads)?)?;
        let keys = rotation.apply(&split(keys, self.key_heads)?)?;
        let values = split(values, self.key_heads)?;
        let (keys, values) = match cache {
            Some((layer, cache)) => cache.append(layer, &keys, &values)?,
            None => (keys.transpose(0, 1)?, values.transpose(0, 1)?),
        };
        self.output.forward(&attend(&queries, &keys, &values, spans)?)
    }
}
