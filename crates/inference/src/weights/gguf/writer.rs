//! Writing a GGUF file's head, for what this program keeps.

use super::Value;

/// Where tensors lie.
const ALIGNMENT: u64 = 32;

/// What a head says of a tensor.
pub(crate) struct EntryInfo<'a> {
    pub(crate) name: &'a str,
    /// Slowest dimension first.
    pub(crate) shape: &'a [usize],
    /// ggml's number of the format.
    pub(crate) kind: u32,
    /// Bytes of its data.
    pub(crate) length: u64,
}

/// The head of a file with this metadata (texts and whole numbers) and these tensors, padded so that the data follow it; each tensor's data is
/// to be padded to 32 bytes.
pub(crate) fn write_head(metadata: &[(&str, Value)], tensors: &[EntryInfo]) -> Vec<u8> {
    let mut head = b"GGUF".to_vec();
    head.extend(3u32.to_le_bytes());
    head.extend((tensors.len() as u64).to_le_bytes());
    head.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        text(&mut head, key);
        match value {
            Value::Text(value) => {
                head.extend(8u32.to_le_bytes());
                text(&mut head, value);
            }
            Value::Unsigned(number) => {
                head.extend(10u32.to_le_bytes());
                head.extend(number.to_le_bytes());
            }
            Value::Float(number) => {
                head.extend(12u32.to_le_bytes());
                head.extend(number.to_le_bytes());
            }
            Value::Bool(yes) => {
                head.extend(7u32.to_le_bytes());
                head.push(u8::from(*yes));
            }
            Value::Negative(number) => {
                head.extend(11u32.to_le_bytes());
                head.extend(number.to_le_bytes());
            }
            Value::Numbers(numbers) => {
                head.extend(9u32.to_le_bytes());
                head.extend(12u32.to_le_bytes());
                head.extend((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|number| head.extend(number.to_le_bytes()));
            }
            // A list that was left in its file is nothing to write; an empty one keeps the key.
            Value::List(_) => {
                head.extend(9u32.to_le_bytes());
                head.extend(8u32.to_le_bytes());
                head.extend(0u64.to_le_bytes());
            }
        }
    }
    let mut offset = 0u64;
    for tensor in tensors {
        text(&mut head, tensor.name);
        head.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().rev().for_each(|&side| head.extend((side as u64).to_le_bytes()));
        head.extend(tensor.kind.to_le_bytes());
        head.extend(offset.to_le_bytes());
        offset = (offset + tensor.length).next_multiple_of(ALIGNMENT);
    }
    head.resize(head.len().next_multiple_of(ALIGNMENT as usize), 0);
    head
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
