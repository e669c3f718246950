//! The head of a GGUF file (versions 2 and 3, little-endian): metadata, then where each tensor lies. No length in the file is believed before
//! the bytes are there, and lists stay where they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use candle_core::quantized::GgmlDType;

use crate::InferenceError;

const MAGIC: &[u8; 4] = b"GGUF";
/// Where tensors lie when the file does not say.
const DEFAULT_ALIGNMENT: u64 = 32;
/// ggml's own limit.
const MOST_DIMENSIONS: u32 = 4;
/// Lists in lists; nothing published has any.
const MOST_NESTING: u32 = 3;

/// A value of a GGUF file's metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any whole number that is not negative.
    Unsigned(u64),
    /// A negative whole number.
    Negative(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
    /// A list of numbers, at most [`Value::MOST_NUMBERS`] of them.
    Numbers(Vec<f64>),
    /// A longer list, or one of something else, which is left in the file.
    List(StoredList),
}

/// Where a list lies that was left in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredList {
    /// GGUF's number of what its entries are.
    kind: u32,
    /// How many entries it has.
    count: u64,
    /// Where the first begins.
    at: usize,
}

/// GGUF's number of texts.
const TEXT: u32 = 8;

impl Value {
    /// Lists of numbers up to this length are read; the rest belongs to tokenizers and is left in the file.
    pub const MOST_NUMBERS: u64 = 4096;
}

/// A tensor of a GGUF file.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTensor {
    /// Its name.
    pub name: String,
    /// How its numbers are stored.
    pub kind: GgmlDType,
    /// Its shape, slowest dimension first (the file has it the other way round).
    pub shape: Vec<usize>,
    /// Its place in the file.
    pub bytes: Range<usize>,
}

/// What a GGUF file says before its numbers.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// The metadata.
    pub metadata: BTreeMap<String, Value>,
    /// The tensors by name.
    pub tensors: BTreeMap<String, StoredTensor>,
}

impl Header {
    /// Reads the head of a file of these bytes. Every tensor's place lies in the file and fits its shape.
    pub fn read(path: &Path, bytes: &[u8]) -> Result<Self, InferenceError> {
        let mut cursor = Cursor { path, bytes, at: 0 };
        if cursor.take(4).ok() != Some(MAGIC) {
            return Err(InferenceError::model_file(path, "it is no GGUF file; name the .gguf that was downloaded"));
        }
        let version = cursor.u32()?;
        if !(2..=3).contains(&version) {
            let cause = format!("it is GGUF of version {version}; versions 2 and 3 are read");
            return Err(InferenceError::model_file(path, cause));
        }
        let (tensors, entries) = (cursor.u64()?, cursor.u64()?);
        let mut header = Self::default();
        for _ in 0..entries {
            let key = cursor.text()?;
            let kind = cursor.u32()?;
            let value = cursor.value(kind, 0)?;
            if header.metadata.insert(key.clone(), value).is_some() {
                return Err(cursor.damaged(format!("its metadata names {key:?} twice")));
            }
        }
        // Before the first tensor's place is known, only the names and shapes.
        let mut places = Vec::new();
        for _ in 0..tensors {
            places.push(cursor.tensor_info()?);
        }
        let alignment = match header.metadata.get("general.alignment") {
            None => DEFAULT_ALIGNMENT,
            Some(Value::Unsigned(alignment)) if alignment.is_power_of_two() && (8..=1 << 20).contains(alignment) => {
                *alignment
            }
            Some(_) => return Err(cursor.damaged("its general.alignment is no power of two from 8 on".into())),
        };
        let start = (cursor.at as u64).next_multiple_of(alignment);
        for (name, kind, shape, offset) in places {
            let bytes = place(path, &name, kind, &shape, start, offset, alignment, bytes.len())?;
            let stored = StoredTensor { name: name.clone(), kind, shape, bytes };
            if header.tensors.insert(name.clone(), stored).is_some() {
                return Err(InferenceError::tensor(path, &name, "is there twice; the file is damaged"));
            }
        }
        let mut order: Vec<&StoredTensor> = header.tensors.values().collect();
        order.sort_by_key(|tensor| (tensor.bytes.start, tensor.bytes.end));
        if let Some(pair) = order.windows(2).find(|pair| pair[1].bytes.start < pair[0].bytes.end) {
            let cause = format!("lies over {}; the file is damaged, download it again", pair[0].name);
            return Err(InferenceError::tensor(path, &pair[1].name, cause));
        }
        Ok(header)
    }

    /// The whole number at `key`.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key)? {
            Value::Unsigned(number) => Some(*number),
            _ => None,
        }
    }

    /// The number at `key`, whole or not.
    pub fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key)? {
            Value::Unsigned(number) => Some(*number as f64),
            Value::Negative(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The text at `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The list of texts at `key`, out of the `bytes` of the file that this is the head of; None where there is no such list.
    pub fn texts(&self, key: &str, path: &Path, bytes: &[u8]) -> Result<Option<Vec<String>>, InferenceError> {
        let Some(Value::List(StoredList { kind: TEXT, count, at })) = self.metadata.get(key) else { return Ok(None) };
        let mut cursor = Cursor { path, bytes, at: *at };
        (0..*count).map(|_| cursor.text()).collect::<Result<_, _>>().map(Some)
    }

    /// The list of numbers at `key`, however long, out of the `bytes` of the file that this is the head of; None where there is none.
    pub fn long_numbers(&self, key: &str, path: &Path, bytes: &[u8]) -> Result<Option<Vec<f64>>, InferenceError> {
        match self.metadata.get(key) {
            Some(Value::Numbers(numbers)) => Ok(Some(numbers.clone())),
            Some(&Value::List(StoredList { kind, count, at })) if kind != TEXT && kind != 9 => {
                let mut cursor = Cursor { path, bytes, at };
                (0..count).map(|_| cursor.number(kind)).collect::<Result<_, _>>().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The list of numbers at `key`.
    pub fn numbers(&self, key: &str) -> Option<&[f64]> {
        match self.metadata.get(key)? {
            Value::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }
}

/// Where a tensor's bytes are.
#[allow(clippy::too_many_arguments)]
fn place(
    path: &Path,
    name: &str,
    kind: GgmlDType,
    shape: &[usize],
    start: u64,
    offset: u64,
    alignment: u64,
    length: usize,
) -> Result<Range<usize>, InferenceError> {
    let width = shape.last().copied().unwrap_or(1);
    if !width.is_multiple_of(kind.block_size()) {
        let cause = format!("has rows of {width} numbers, which are not whole blocks of {kind:?}");
        return Err(InferenceError::tensor(path, name, cause));
    }
    let numbers = shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
    let size = numbers.and_then(|numbers| (numbers / kind.block_size()).checked_mul(kind.type_size()));
    let from = start.checked_add(offset).and_then(|from| usize::try_from(from).ok());
    let to = from.zip(size).and_then(|(from, size)| from.checked_add(size));
    match from.zip(to) {
        Some((from, to)) if to <= length && offset.is_multiple_of(alignment) => Ok(from..to),
        _ => {
            let cause = format!("lies outside the file's {length} bytes; the file is cut short, download it again");
            Err(InferenceError::tensor(path, name, cause))
        }
    }
}

fn kind_of(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

struct Cursor<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn damaged(&self, cause: String) -> InferenceError {
        InferenceError::model_file(self.path, format!("{cause}; download it again"))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], InferenceError> {
        let left = &self.bytes[self.at..];
        if count > left.len() as u64 {
            return Err(self.damaged(format!("its head breaks off at byte {}", self.at)));
        }
        let (taken, _) = left.split_at(count as usize);
        self.at += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InferenceError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, InferenceError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, InferenceError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&mut self) -> Result<String, InferenceError> {
        let length = self.u64()?;
        let bytes = self.take(length)?;
        // Names of tokens need not be text; everything that is looked at is.
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn value(&mut self, kind: u32, nesting: u32) -> Result<Value, InferenceError> {
        let signed = |number: i64| u64::try_from(number).map_or(Value::Negative(number), Value::Unsigned);
        Ok(match kind {
            0 => Value::Unsigned(u64::from(u8::from_le_bytes(self.array()?))),
            1 => signed(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Unsigned(u64::from(u16::from_le_bytes(self.array()?))),
            3 => signed(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Unsigned(u64::from(self.u32()?)),
            5 => signed(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => Value::Bool(self.array::<1>()? != [0]),
            8 => Value::Text(self.text()?),
            9 => self.list(nesting)?,
            10 => Value::Unsigned(self.u64()?),
            11 => signed(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            _ => return Err(self.damaged(format!("its metadata holds values of an unknown kind {kind}"))),
        })
    }

    fn list(&mut self, nesting: u32) -> Result<Value, InferenceError> {
        let (kind, count) = (self.u32()?, self.u64()?);
        let list = StoredList { kind, count, at: self.at };
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 | 9 if nesting < MOST_NESTING => 0,
            _ => return Err(self.damaged("its metadata holds lists of an unknown kind".into())),
        };
        if width == 0 {
            // An entry has eight bytes at least, so that a wrong count ends with the file.
            for _ in 0..count {
                match kind {
                    8 => {
                        let length = self.u64()?;
                        self.take(length)?;
                    }
                    _ => drop(self.list(nesting + 1)?),
                }
            }
            return Ok(Value::List(list));
        }
        if count > Value::MOST_NUMBERS {
            self.take(count.saturating_mul(width))?;
            return Ok(Value::List(list));
        }
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(self.number(kind)?);
        }
        Ok(Value::Numbers(numbers))
    }

    /// A number of a list.
    fn number(&mut self, kind: u32) -> Result<f64, InferenceError> {
        match self.value(kind, MOST_NESTING)? {
            Value::Unsigned(number) => Ok(number as f64),
            Value::Negative(number) => Ok(number as f64),
            Value::Float(number) => Ok(number),
            Value::Bool(yes) => Ok(f64::from(u8::from(yes))),
            _ => Err(self.damaged("its metadata holds a list of no numbers".into())),
        }
    }

    /// Name, kind, shape and offset.
    fn tensor_info(&mut self) -> Result<(String, GgmlDType, Vec<usize>, u64), InferenceError> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return Err(InferenceError::tensor(self.path, &name, format!("has {dimensions} dimensions")));
        }
        let mut shape = Vec::with_capacity(dimensions as usize);
        for _ in 0..dimensions {
            let side = self.u64()?;
            let side = usize::try_from(side)
                .map_err(|_| InferenceError::tensor(self.path, &name, "is larger than any memory"))?;
            shape.push(side);
        }
        shape.reverse();
        let kind = self.u32()?;
        let Some(kind) = kind_of(kind) else {
            let cause = format!(
                "is stored in a format (number {kind}) that is not read; take a file in Q4_K_M, Q6_K, Q8_0, F16 or BF16"
            );
            return Err(InferenceError::tensor(self.path, &name, cause));
        };
        Ok((name, kind, shape, self.u64()?))
    }
}
