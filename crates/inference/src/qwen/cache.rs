//! Keys and values of the tokens that a language model has read, kept so that the next token need not read them again.

use candle_core::{DType, Device, Tensor};

use super::LanguageConfig;

type Result<T> = candle_core::Result<T>;

/// Room is made for this many tokens at least.
const CHUNK: usize = 256;

/// The keys and values of one sequence in every block. Room grows by halves, so that a token costs a constant number of
/// copies however long the sequence is.
#[derive(Debug)]
pub struct KvCache {
    /// Keys and values of a block, `[key heads, room, head]` each; none before the first token.
    layers: Vec<Option<(Tensor, Tensor)>>,
    length: usize,
    key_heads: usize,
    head: usize,
    dtype: DType,
    device: Device,
}

impl KvCache {
    pub(super) fn new(config: &LanguageConfig, dtype: DType, device: &Device) -> Self {
        Self {
            layers: vec![None; config.layers],
            length: 0,
            key_heads: config.key_heads,
            head: config.head_width,
            dtype,
            device: device.clone(),
        }
    }

    /// Tokens whose keys and values are kept.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing has been read.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets all tokens after the first `length`, so that another continuation can follow a common beginning. The room stays.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Bytes of memory in use.
    pub fn bytes(&self) -> usize {
        let numbers: usize = self.layers.iter().flatten().map(|(keys, _)| 2 * keys.elem_count()).sum();
        numbers * self.dtype.size_in_bytes()
    }

    /// Puts a block's keys and values of new tokens (`[tokens, key heads, head]`) behind those it has, and gives all of them as
    /// `[key heads, tokens, head]`. They count once [`advance`](Self::advance) says so.
    pub(super) fn append(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let tokens = keys.dim(0)?;
        let length = self.length + tokens;
        let (kept_keys, kept_values) = self.room(layer, length)?;
        let put = |kept: &Tensor, new: &Tensor| {
            kept.slice_set(&new.to_dtype(self.dtype)?.transpose(0, 1)?.contiguous()?, 1, self.length)?;
            kept.narrow(1, 0, length)
        };
        Ok((put(&kept_keys, keys)?, put(&kept_values, values)?))
    }

    /// All blocks have taken `tokens` more.
    pub(super) fn advance(&mut self, tokens: usize) {
        self.length += tokens;
    }

    /// A block's tensors with room for `length` tokens.
    fn room(&mut self, layer: usize, length: usize) -> Result<(Tensor, Tensor)> {
        let Some(kept) = self.layers.get_mut(layer) else { candle_core::bail!("there is no block {layer} to keep") };
        let room = match kept {
            Some((keys, _)) => keys.dim(1)?,
            None => 0,
        };
        if room < length {
            let wider = length.max(room + room / 2).next_multiple_of(CHUNK);
            let widen = |old: Option<&Tensor>| {
                let new = Tensor::zeros((self.key_heads, wider, self.head), self.dtype, &self.device)?;
                if let Some(old) = old
                    && self.length > 0
                {
                    new.slice_set(&old.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
                }
                Ok::<_, candle_core::Error>(new)
            };
            let old = kept.as_ref();
            *kept = Some((widen(old.map(|(keys, _)| keys))?, widen(old.map(|(_, values)| values))?));
        }
        match kept {
            Some((keys, values)) => Ok((keys.clone(), values.clone())),
            None => candle_core::bail!("an empty sequence has nothing to keep"),
        }
    }
}
