//! The language model: Qwen2 (Yang et al., arXiv 2407.10671) with multimodal rotary positions, and its relatives, see [`LanguageFamily`]. It
//! reads rows, not tokens, so that images can stand among them, and keeps nothing between calls: what a sequence has read is in its [`KvCache`].

use candle_core::{DType, Device, Tensor};

use super::attention::{Span, attend, side_by_side};
use super::numerics::{Rotation, geglu, rms_norm, swiglu};
use super::positions::RotaryFrequencies;
use super::{KvCache, LanguageConfig, LanguageFamily, Positions};
use crate::{InferenceError, Linear, Matrix, WeightSource};

type Result<T> = std::result::Result<T, InferenceError>;

/// A decoder with its embeddings and its head.
pub struct LanguageModel {
    config: LanguageConfig,
    embeddings: Matrix,
    blocks: Vec<Block>,
    norm: Tensor,
    /// None when the embeddings serve, or when no logits are wanted.
    head: Option<Linear>,
    rotary: RotaryFrequencies,
    /// Those of blocks that see a window.
    local_rotary: Option<RotaryFrequencies>,
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
            local_rotary: RotaryFrequencies::local(config),
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
        let rows = self.embeddings.rows(&Tensor::new(ids, &self.device)?)?.to_dtype(self.dtype)?;
        Ok(match self.config.embedding_scale() {
            Some(scale) => (rows * scale)?,
            None => rows,
        })
    }

    /// Reads rows `[tokens, width]` that stand at `positions` after what the cache holds, which holds them too then. The last
    /// hidden state `[tokens, width]`, normed.
    pub fn forward(&self, rows: &Tensor, positions: &Positions, cache: &mut KvCache) -> Result<Tensor> {
        let tokens = self.check(rows, positions)?;
        let length = cache.len() + tokens;
        let sights =
            self.sights(positions, vec![Span { queries: 0..tokens, keys: 0..length, causal: true, window: None }])?;
        let mut x = rows.clone();
        for (at, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, sights.of(block), Some((at, &mut *cache)))?;
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
        let sights = self.sights(positions, spans)?;
        let mut x = rows.clone();
        for block in &self.blocks {
            x = block.forward(&x, sights.of(block), None)?;
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

    /// What blocks of either kind see of tokens at `positions` in `spans`.
    fn sights(&self, positions: &Positions, spans: Vec<Span>) -> Result<Sights> {
        let local = match (&self.local_rotary, self.config.local) {
            (Some(rotary), Some(local)) => {
                let spans = spans.iter().map(|span| Span { window: Some(local.window), ..span.clone() }).collect();
                Some(Sight { rotation: rotary.at(positions, &self.device)?, spans })
            }
            _ => None,
        };
        Ok(Sights { whole: Sight { rotation: self.rotary.at(positions, &self.device)?, spans }, local })
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

/// Where a block's tokens stand and what they see.
struct Sight {
    rotation: Rotation,
    spans: Vec<Span>,
}

/// The same for blocks that see everything and for those that see a window.
struct Sights {
    whole: Sight,
    local: Option<Sight>,
}

impl Sights {
    fn of(&self, block: &Block) -> &Sight {
        self.local.as_ref().filter(|_| block.local).unwrap_or(&self.whole)
    }
}

struct Block {
    input_norm: Tensor,
    attention: Attention,
    /// Norms what attention gives, before it is added.
    attention_norm: Option<Tensor>,
    inner_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
    /// Norms what the feed-forward part gives.
    outer_norm: Option<Tensor>,
    activation: fn(&Tensor, &Tensor) -> candle_core::Result<Tensor>,
    epsilon: f64,
    /// Whether it sees a window only.
    local: bool,
}

impl Block {
    fn load(config: &LanguageConfig, source: &dyn WeightSource, at: usize) -> Result<Self> {
        let name = |part: &str| format!("model.layers.{at}.{part}");
        let (width, inner, family) = (config.width, config.inner, config.family);
        let norm = |part: &str| source.tensor(&name(&format!("{part}.weight")), &[width]);
        // Qwen's checkpoints call the norm before the feed-forward part by the place behind attention, where Gemma's have another one.
        let before_inner =
            if family.normed_outputs() { "pre_feedforward_layernorm" } else { "post_attention_layernorm" };
        let output_norm = |part: &str| family.normed_outputs().then(|| norm(part)).transpose();
        Ok(Self {
            input_norm: norm("input_layernorm")?,
            attention: Attention::load(config, source, &name("self_attn"))?,
            attention_norm: output_norm("post_attention_layernorm")?,
            inner_norm: norm(before_inner)?,
            gate: source.linear(&name("mlp.gate_proj"), width, inner, false)?,
            up: source.linear(&name("mlp.up_proj"), width, inner, false)?,
            down: source.linear(&name("mlp.down_proj"), inner, width, false)?,
            outer_norm: output_norm("post_feedforward_layernorm")?,
            activation: if family == LanguageFamily::Gemma3 { geglu } else { swiglu },
            epsilon: config.norm_epsilon,
            local: config.window(at).is_some(),
        })
    }

    fn forward(&self, x: &Tensor, sight: &Sight, cache: Option<(usize, &mut KvCache)>) -> Result<Tensor> {
        let normed = rms_norm(x, &self.input_norm, self.epsilon)?;
        let x = self.added(x, self.attention.forward(&normed, sight, cache)?, self.attention_norm.as_ref())?;
        let normed = rms_norm(&x, &self.inner_norm, self.epsilon)?;
        let [gate, up] = Linear::forward_each([&self.gate, &self.up], &normed)?;
        let inner = (self.activation)(&gate, &up)?;
        self.added(&x, self.down.forward(&inner)?, self.outer_norm.as_ref())
    }

    /// `x` with `more`, which is normed before where there is a norm for it.
    fn added(&self, x: &Tensor, more: Tensor, norm: Option<&Tensor>) -> Result<Tensor> {
        Ok(match norm {
            Some(norm) => (x + rms_norm(&more, norm, self.epsilon)?)?,
            None => (x + more)?,
        })
    }
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// Norms of the heads of queries and keys.
    norms: Option<[Tensor; 2]>,
    epsilon: f64,
    heads: usize,
    key_heads: usize,
    head: usize,
}

impl Attention {
    fn load(config: &LanguageConfig, source: &dyn WeightSource, name: &str) -> Result<Self> {
        let part = |part: &str| format!("{name}.{part}");
        let (queries, keys) = (config.heads * config.head_width, config.key_heads * config.head_width);
        let bias = config.family.biased_attention();
        let norms = if config.family.normed_heads() {
            let norm = |name: &str| source.tensor(&part(name), &[config.head_width]);
            // The kernels divide by the root of a head's width; what a model wants otherwise goes into the weight before.
            let factor = (config.head_width as f64 / config.query_scalar).sqrt();
            Some([(norm("q_norm.weight")? * factor)?, norm("k_norm.weight")?])
        } else {
            None
        };
        Ok(Self {
            query: source.linear(&part("q_proj"), config.width, queries, bias)?,
            key: source.linear(&part("k_proj"), config.width, keys, bias)?,
            value: source.linear(&part("v_proj"), config.width, keys, bias)?,
            output: source.linear(&part("o_proj"), queries, config.width, false)?,
            norms,
            epsilon: config.norm_epsilon,
            heads: config.heads,
            key_heads: config.key_heads,
            head: config.head_width,
        })
    }

    fn forward(&self, x: &Tensor, sight: &Sight, cache: Option<(usize, &mut KvCache)>) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let split = |x: Tensor, heads| x.reshape((tokens, heads, self.head));
        let [queries, keys, values] = Linear::forward_each([&self.query, &self.key, &self.value], x)?;
        let (mut queries, mut keys) = (split(queries, self.heads)?, split(keys, self.key_heads)?);
        if let Some([query_norm, key_norm]) = &self.norms {
            queries = rms_norm(&queries, query_norm, self.epsilon)?;
            keys = rms_norm(&keys, key_norm, self.epsilon)?;
        }
        let (queries, keys) = (sight.rotation.apply(&queries)?, sight.rotation.apply(&keys)?);
        let values = split(values, self.key_heads)?;
        let (keys, values) = match cache {
            Some((layer, cache)) => cache.append(layer, &keys, &values)?,
            None => (keys.transpose(0, 1)?, values.transpose(0, 1)?),
        };
        self.output.forward(&attend(&queries, &keys, &values, &sight.spans)?)
    }
}
