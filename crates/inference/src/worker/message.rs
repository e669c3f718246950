//! What the two sides say: heads as JSON, images and rows as payload.

use std::ops::Range;

use image::RgbImage;
use serde::{Deserialize, Serialize};
use vitrine_retrieval::MultiVector;

use crate::{Conversation, ExplainerEvent, PackIdentity, Task, TaskPrediction, TextRows, Years};

/// Both sides must speak the same: it grows with every change of the messages.
pub(super) const PROTOCOL: u32 = 4;

/// A head: what is said, and of which request it is a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message<T> {
    /// The request's number; 0 before the first, and where the request was not understood.
    pub(super) id: u64,
    /// What is said.
    pub(super) say: T,
}

/// What the application says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// Are you there?
    Ping,
    /// Images as rows. Payload: each image's pixels in turn, three bytes a pixel, row by row.
    EmbedImages {
        /// Each image's width and height in pixels.
        sizes: Vec<(u32, u32)>,
    },
    /// Texts as queries.
    EmbedQueries { texts: Vec<String> },
    /// Texts as documents.
    EmbedPassages { texts: Vec<String> },
    /// Reads attributes off an image's rows. Payload: the rows, f32 little-endian.
    Classify {
        dimension: usize,
        top: usize,
        /// When the work was made, where that is known.
        #[serde(default)]
        made: Option<Years>,
    },
    /// Answers a conversation: a stream of [`Reply::Event`], each of which waits for `Continue` or `Stop`. Payload: the
    /// pixels of its scans.
    Respond {
        conversation: Conversation,
        /// Each scan's width and height in pixels.
        sizes: Vec<(u32, u32)>,
    },
    /// The last event was taken: go on.
    Continue,
    /// The last event was taken: say no more.
    Stop,
    /// End.
    Shutdown,
}

/// What the worker says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The first words, before anything is loaded.
    Hello { protocol: u32, version: String },
    /// The pack is loaded.
    Ready(Box<WorkerDescription>),
    /// The pack can't be loaded, or the device not used; the worker ends.
    Failed { reason: String },
    /// To a ping.
    Pong,
    /// To an embedding. Payload: the rows of each part in turn, f32 little-endian.
    Rows { parts: Vec<Part> },
    /// To a classification.
    Predictions { tasks: Vec<TaskPrediction> },
    /// A piece of an answer.
    Event { event: ExplainerEvent },
    /// The answer's end.
    Done,
    /// The request failed; the worker can go on.
    Refused { cause: String, cancelled: bool },
}

/// What a worker has loaded, and where it computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerDescription {
    /// The pack.
    pub pack: PackIdentity,
    /// The device's name for people.
    pub device: String,
    /// The bytes of memory that were free on the device when the pack was loaded.
    pub free_memory: Option<u64>,
    /// The pack's retriever, if it has one.
    pub retriever: Option<RetrieverDescription>,
    /// The classifier's tasks with their labels, if the pack has one.
    pub tasks: Option<Vec<(Task, Vec<String>)>>,
    /// The pack's explainer, if it has one.
    pub explainer: Option<ExplainerDescription>,
}

/// What a retriever says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetrieverDescription {
    /// The width of every row.
    pub dimension: usize,
    /// Whether rows of images and rows of texts live in one space.
    pub relates_images_to_text: bool,
}

/// What an explainer says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainerDescription {
    /// Whether it looks at a conversation's scans.
    pub sees: bool,
}

/// One multi-vector of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    rows: usize,
    dimension: usize,
    /// One for each row of a text; none for an image.
    spans: Vec<Option<Range<usize>>>,
}

impl Reply {
    pub(super) fn rows_of_images(rows: &[MultiVector]) -> (Self, Vec<u8>) {
        let part = |rows: &MultiVector| Part { rows: rows.len(), dimension: rows.dimension(), spans: Vec::new() };
        let payload = rows.iter().flat_map(|rows| bytes(rows.values())).collect();
        (Self::Rows { parts: rows.iter().map(part).collect() }, payload)
    }

    pub(super) fn rows_of_texts(texts: Vec<TextRows>) -> (Self, Vec<u8>) {
        let payload = texts.iter().flat_map(|text| bytes(text.rows.values())).collect();
        let part = |text: TextRows| Part { rows: text.rows.len(), dimension: text.rows.dimension(), spans: text.spans };
        (Self::Rows { parts: texts.into_iter().map(part).collect() }, payload)
    }
}

/// The multi-vectors of an answer (without places in a text for images); an error says in what the answer contradicts itself.
pub(super) fn rows(parts: Vec<Part>, payload: &[u8]) -> Result<Vec<TextRows>, String> {
    let mut rest = payload;
    let parts = parts.into_iter().map(|part| {
        let length = part.rows.checked_mul(part.dimension).and_then(|values| values.checked_mul(4));
        let (mine, others) = length
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| format!("{} rows of {} numbers are more than came", part.rows, part.dimension))?;
        rest = others;
        let rows = multi_vector(mine, part.dimension)?;
        Ok(TextRows { rows, spans: part.spans })
    });
    let parts = parts.collect::<Result<_, String>>()?;
    if rest.is_empty() { Ok(parts) } else { Err(format!("{} bytes too many came", rest.len())) }
}

/// Little-endian numbers as rows, bit for bit.
pub(super) fn multi_vector(bytes: &[u8], dimension: usize) -> Result<MultiVector, String> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(format!("{} bytes are not whole numbers of four", bytes.len()));
    }
    let values = numbers.iter().map(|&number| f32::from_le_bytes(number)).collect();
    MultiVector::new(values, dimension).map_err(|error| error.to_string())
}

/// Numbers as bytes, little-endian.
pub(super) fn bytes(values: &[f32]) -> impl Iterator<Item = u8> {
    values.iter().flat_map(|value| value.to_le_bytes())
}

/// The images that a payload holds.
pub(super) fn images(sizes: &[(u32, u32)], payload: Vec<u8>) -> Result<Vec<RgbImage>, String> {
    let lengths = sizes.iter().map(|&(width, height)| {
        let length = usize::try_from(u64::from(width) * u64::from(height)).ok()?.checked_mul(3)?;
        (length > 0).then_some(length)
    });
    let lengths: Vec<usize> = lengths.collect::<Option<_>>().ok_or_else(wrong_size)?;
    if lengths.iter().try_fold(0usize, |sum, length| sum.checked_add(*length)) != Some(payload.len()) {
        return Err(wrong_size());
    }
    if let &[(width, height)] = sizes {
        // The usual case: the pixels stay where they are.
        return RgbImage::from_raw(width, height, payload).map(|image| vec![image]).ok_or_else(wrong_size);
    }
    let mut rest = payload.as_slice();
    let images = sizes.iter().zip(lengths).map(|(&(width, height), length)| {
        let (pixels, others) = rest.split_at_checked(length)?;
        rest = others;
        RgbImage::from_raw(width, height, pixels.to_vec())
    });
    images.collect::<Option<_>>().ok_or_else(wrong_size)
}

fn wrong_size() -> String {
    "the pixels that came are not those of images of the sizes named".into()
}
