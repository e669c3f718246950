//! The decoder that is measured: Qwen2's layers over slices.

use std::{
    collections::HashMap,
    error::Error,
    fs::{self, File},
    io::{BufReader, Read, Seek, SeekFrom},
};

use half::{f16, slice::HalfFloatSliceExt};
use vitrine_kernels::{
    Activations, AttentionShape, Format, Pool, QuantisedMatrix, Stored, add, causal_attention, rms_norm, rotary, swiglu,
};

const HEADS: usize = 16;
const KEY_HEADS: usize = 2;
const D: usize = 128;
const EPSILON: f32 = 1e-6;
const THETA: f64 = 1e6;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Layer {
    attention_norm: Vec<f32>,
    query: (QuantisedMatrix, Vec<f32>),
    key: (QuantisedMatrix, Vec<f32>),
    value: (QuantisedMatrix, Vec<f32>),
    out: QuantisedMatrix,
    feed_norm: Vec<f32>,
    gate: QuantisedMatrix,
    up: QuantisedMatrix,
    down: QuantisedMatrix,
    keys: Vec<f16>,
    values: Vec<f16>,
}

pub struct Decoder {
    embedding: QuantisedMatrix,
    norm: Vec<f32>,
    layers: Vec<Layer>,
    positions: usize,
}

/// The model's file and where its tensors lie in it.
struct Tensors {
    file: File,
    /// Type number, rows, columns, offset.
    places: HashMap<String, [u64; 4]>,
}

impl Tensors {
    fn place(&mut self, name: &str) -> Outcome<[u64; 4]> {
        let place = *self.places.get(name).ok_or_else(|| format!("the list names no {name}"))?;
        self.file.seek(SeekFrom::Start(place[3]))?;
        Ok(place)
    }

    fn matrix(&mut self, name: &str) -> Outcome<QuantisedMatrix> {
        let [kind, rows, columns, _] = self.place(name)?;
        let format = Format::from_gguf(kind as u32).ok_or_else(|| format!("{name} is of type {kind}"))?;
        let source = BufReader::with_capacity(1 << 20, &self.file);
        Ok(QuantisedMatrix::read_gguf_blocks(format, rows as usize, columns as usize, source)?)
    }

    fn vector(&mut self, name: &str) -> Outcome<Vec<f32>> {
        let [_, _, columns, _] = self.place(name)?;
        let mut bytes = vec![0; columns as usize * 4];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    fn biased(&mut self, name: &str) -> Outcome<(QuantisedMatrix, Vec<f32>)> {
        Ok((self.matrix(&format!("{name}.weight"))?, self.vector(&format!("{name}.bias"))?))
    }
}

impl Decoder {
    pub fn open(model: &str, list: &str) -> Outcome<Self> {
        let mut places = HashMap::new();
        for line in fs::read_to_string(list)?.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [name, numbers @ ..] = &fields[..] else { continue };
            let numbers: Result<Vec<u64>, _> = numbers.iter().map(|number| number.parse()).collect();
            places.insert((*name).to_owned(), numbers?.try_into().map_err(|_| "four numbers a tensor")?);
        }
        let mut tensors = Tensors { file: File::open(model)?, places };
        let embedding = tensors.matrix("token_embd.weight")?;
        let norm = tensors.vector("output_norm.weight")?;
        let mut layers = Vec::new();
        while tensors.places.contains_key(&format!("blk.{}.attn_q.weight", layers.len())) {
            let prefix = format!("blk.{}", layers.len());
            layers.push(Layer {
                attention_norm: tensors.vector(&format!("{prefix}.attn_norm.weight"))?,
                query: tensors.biased(&format!("{prefix}.attn_q"))?,
                key: tensors.biased(&format!("{prefix}.attn_k"))?,
                value: tensors.biased(&format!("{prefix}.attn_v"))?,
                out: tensors.matrix(&format!("{prefix}.attn_output.weight"))?,
                feed_norm: tensors.vector(&format!("{prefix}.ffn_norm.weight"))?,
                gate: tensors.matrix(&format!("{prefix}.ffn_gate.weight"))?,
                up: tensors.matrix(&format!("{prefix}.ffn_up.weight"))?,
                down: tensors.matrix(&format!("{prefix}.ffn_down.weight"))?,
                keys: Vec::new(),
                values: Vec::new(),
            });
        }
        Ok(Self { embedding, norm, layers, positions: 0 })
    }

    /// Bytes of all quantised weights in memory.
    pub fn bytes(&self) -> usize {
        let of_layer = |layer: &Layer| {
            [&layer.query.0, &layer.key.0, &layer.value.0, &layer.out, &layer.gate, &layer.up, &layer.down]
                .map(QuantisedMatrix::bytes)
                .iter()
                .sum::<usize>()
        };
        self.embedding.bytes() + self.layers.iter().map(of_layer).sum::<usize>()
    }

    /// Empties the cache.
    pub fn forget(&mut self) {
        self.positions = 0;
        for layer in &mut self.layers {
            layer.keys.clear();
            layer.values.clear();
        }
    }

    /// The logits after the last of `tokens`.
    pub fn forward(&mut self, tokens: &[usize], pool: &Pool) -> Outcome<Vec<f32>> {
        let (m, hidden) = (tokens.len(), self.embedding.columns());
        let mut x = vec![0f32; m * hidden];
        for (token, x) in tokens.iter().zip(x.chunks_exact_mut(hidden)) {
            self.embedding.dequantise_row(*token, x)?;
        }
        let (cos, sin) = angles(self.positions, m);
        let mut normed = vec![0f32; x.len()];
        for layer in &mut self.layers {
            layer.forward(&mut x, &mut normed, m, self.positions, (&cos, &sin), pool)?;
        }
        self.positions += m;
        let mut last = vec![0f32; hidden];
        rms_norm(&x[(m - 1) * hidden..], &self.norm, EPSILON, &mut last, pool)?;
        let mut logits = vec![0f32; self.embedding.rows()];
        self.embedding.multiply(&last, 1, &mut logits, pool)?;
        Ok(logits)
    }
}

impl Layer {
    fn forward(
        &mut self,
        x: &mut [f32],
        normed: &mut [f32],
        m: usize,
        first: usize,
        (cos, sin): (&[f32], &[f32]),
        pool: &Pool,
    ) -> Outcome<()> {
        rms_norm(x, &self.attention_norm, EPSILON, normed, pool)?;
        let rounded = Activations::new(Format::Q4K, normed, m, normed.len() / m, pool)?;
        let project = |(matrix, bias): &(QuantisedMatrix, Vec<f32>)| -> Outcome<Vec<f32>> {
            let mut output = vec![0f32; m * matrix.rows()];
            matrix.multiply_activations(&rounded, &mut output, pool)?;
            for output in output.chunks_exact_mut(bias.len()) {
                output.iter_mut().zip(bias).for_each(|(output, bias)| *output += bias);
            }
            Ok(output)
        };
        let (mut queries, mut keys, values) = (project(&self.query)?, project(&self.key)?, project(&self.value)?);
        rotary(&mut queries, HEADS, D, cos, sin, pool)?;
        rotary(&mut keys, KEY_HEADS, D, cos, sin, pool)?;
        for (cache, new) in [(&mut self.keys, &keys), (&mut self.values, &values)] {
            let start = cache.len();
            cache.resize(start + new.len(), f16::ZERO);
            cache[start..].convert_from_f32_slice(new);
        }
        let shape = AttentionShape { heads: HEADS, key_heads: KEY_HEADS, d: D, scale: 1.0 / (D as f32).sqrt() };
        let mut attended = vec![0f32; queries.len()];
        let (keys, values) = (Stored::F16(&self.keys), Stored::F16(&self.values));
        causal_attention(&queries, keys, values, &shape, first, &mut attended, pool)?;
        self.out.multiply(&attended, m, normed, pool)?;
        add(x, normed, pool)?;

        rms_norm(x, &self.feed_norm, EPSILON, normed, pool)?;
        let rounded = Activations::new(Format::Q4K, normed, m, normed.len() / m, pool)?;
        let (mut gate, mut up) = (vec![0f32; m * self.gate.rows()], vec![0f32; m * self.up.rows()]);
        self.gate.multiply_activations(&rounded, &mut gate, pool)?;
        self.up.multiply_activations(&rounded, &mut up, pool)?;
        swiglu(&mut gate, &up, pool)?;
        self.down.multiply(&gate, m, normed, pool)?;
        add(x, normed, pool)?;
        Ok(())
    }
}

/// Cosines and sines of `count` positions from `first` on, `[count, D / 2]`.
fn angles(first: usize, count: usize) -> (Vec<f32>, Vec<f32>) {
    let angle = |i: usize| {
        let frequency = THETA.powf(-((i % (D / 2) * 2) as f64) / D as f64);
        (first + i / (D / 2)) as f64 * frequency
    };
    (0..count * D / 2).map(|i| (angle(i).cos() as f32, angle(i).sin() as f32)).unzip()
}
