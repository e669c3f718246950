//! The three interfaces that hold the program together. The rest of it cannot tell which family of models is loaded.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use image::RgbImage;
use serde::{Deserialize, Serialize};
pub use vitrine_retrieval::MultiVector;

use crate::curator::{Decision, LibraryLabels};
use crate::{InferenceError, PackIdentity};

/// Turns text and images into multi-vectors (`[n, dimension]`, f32, unit rows).
pub trait Retriever: Send + Sync {
    /// The pack whose weights made the rows. An index belongs to one pack.
    fn pack(&self) -> &PackIdentity;

    /// The width of every row.
    fn dimension(&self) -> usize;

    /// Whether rows of images and rows of texts live in one space, so that an image may be searched with a text.
    fn relates_images_to_text(&self) -> bool;

    /// How many of an image's rows, from the first on, similar works are found by; the others only a [`Classifier`] reads. All of them unless a retriever says otherwise.
    fn rows_for_similarity(&self) -> usize {
        usize::MAX
    }

    /// An image (upright, sRGB) as rows: what similar works are found by, and what a [`Classifier`] reads.
    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError>;

    /// The rows of an image that stand for parts of it, where texts can be compared with them: what shows where on a scan a word is meant. `None` from a retriever whose
    /// images and texts live in spaces of their own.
    fn embed_patches(&self, image: &RgbImage) -> Result<Option<ImagePatches>, InferenceError> {
        let _ = image;
        Ok(None)
    }

    /// A text as a query.
    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError>;

    /// A text as a document to be found.
    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError>;
}

/// An image cut into parts of one size, a row for each.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagePatches {
    /// One unit row a part, line by line from the top, each from the left.
    pub rows: MultiVector,
    /// How many parts stand beside each other; they fill whole lines.
    pub columns: usize,
}

/// A text's rows, and where in the text each of them stands.
#[derive(Debug, Clone)]
pub struct TextRows {
    /// One unit row a token.
    pub rows: MultiVector,
    /// For each row the bytes of the text that it stands for; `None` for rows that stand for no word (special tokens).
    pub spans: Vec<Option<Range<usize>>>,
}

/// What a classifier can be asked about a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Task {
    /// Who made it.
    Artist,
    /// Portrait, landscape and so on.
    Genre,
    /// Style or movement.
    Style,
    /// Materials and technique.
    Media,
    /// Free subjects.
    Tag,
}

impl Task {
    /// The property's name in statements, records and the command line's JSON: `artist`, `genre`, `style`, `media`, `tag`.
    pub fn property(self) -> &'static str {
        match self {
            Task::Artist => "artist",
            Task::Genre => "genre",
            Task::Style => "style",
            Task::Media => "media",
            Task::Tag => "tag",
        }
    }
}

/// In which years a work was made, both included; one where they are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Years {
    /// The earliest.
    pub first: i32,
    /// The latest.
    pub last: i32,
}

impl Years {
    /// One year.
    pub fn of(year: i32) -> Self {
        Self { first: year, last: year }
    }

    /// How far the last is from the first: 0 for one year.
    pub fn span(&self) -> i32 {
        self.last.saturating_sub(self.first)
    }
}

/// A label with what the classifier thinks of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedLabel {
    /// The label as it is shown, e.g. `Post-Impressionism`.
    pub label: String,
    /// The probability after calibration, 0 to 1.
    pub confidence: f32,
    /// The classifier's own score before calibration, 0 to 1.
    pub raw_confidence: f32,
}

/// A classifier's answer for one task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskPrediction {
    /// What was asked.
    pub task: Task,
    /// The best labels, best first; never empty unless the task has no labels.
    pub ranked: Vec<RankedLabel>,
    /// Set when the classifier will not stand by its best label: one sentence that says why, for a curator to read.
    pub abstention: Option<String>,
    /// Whether it counted when the work was made.
    #[serde(default)]
    pub dated: bool,
}

/// Reads attributes off an image's rows.
pub trait Classifier: Send + Sync {
    /// The pack whose weights decide.
    fn pack(&self) -> &PackIdentity;

    /// The tasks it has labels for, with the labels.
    fn tasks(&self) -> Vec<(Task, Vec<String>)>;

    /// One prediction a task, each with at most `top` labels. Where it is known when the work was `made`, that may count too.
    fn classify(
        &self,
        image: &MultiVector,
        made: Option<&Years>,
        top: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError>;

    /// What a library's curator decided, ready to be merged with predictions of all labels. `None` from a classifier that can take no
    /// labels but those that it learnt.
    fn library_labels(&self, decisions: &[Decision]) -> Option<LibraryLabels> {
        let _ = decisions;
        None
    }
}

/// Who speaks in a [`Conversation`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Turn {
    /// Rules for the explainer.
    System(String),
    /// What is known about the work, line by line; each with whether a person has accepted it.
    Card(Vec<CardLine>),
    /// A person's question or wish.
    User(String),
    /// An earlier answer.
    Assistant(String),
    /// Passages that a search brought.
    Passages(Vec<PassageText>),
    /// The explainer's own turn in which it called tools.
    Calls(Vec<ToolCall>),
    /// What a tool answered, in the order of the calls.
    ToolAnswer(ToolAnswer),
    /// What is to be written. A question that follows it is to be answered in its manner.
    Task(WritingTask),
}

/// What is to be written about a work, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WritingTask {
    /// The prompt's id, e.g. `wall-label`: explainers that choose sentences go by it.
    pub prompt: String,
    /// The prompt's text: explainers that write do as it says.
    pub text: String,
    /// How many sentences are wished for; explainers that choose sentences give no more.
    pub sentences: usize,
    /// Tokens that may be written at most, for explainers that write.
    pub tokens: usize,
    /// The record of a second work, with which the first is to be compared.
    pub other: Option<Vec<CardLine>>,
}

/// A call that an explainer makes of one of [`Conversation::tools`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The tool's name; as the explainer wrote it, so there may be none of that name.
    pub name: String,
    /// Its arguments: an object, if the explainer keeps to the tool's description.
    pub arguments: serde_json::Value,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    /// The tool's name.
    pub tool: String,
    /// What it says, besides the passages.
    pub text: String,
    /// Passages that it brought.
    pub passages: Vec<PassageText>,
    /// The one of [`Conversation::scans`] that it shows.
    pub scan: Option<usize>,
}

/// A tool that an explainer may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDescription {
    /// Its name.
    pub name: String,
    /// What it does and when to call it.
    pub description: String,
    /// Its arguments as a JSON schema.
    pub parameters: serde_json::Value,
}

/// One line of the artwork card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardLine {
    /// The property, e.g. `style`.
    pub property: String,
    /// Its value, e.g. `Rococo`.
    pub value: String,
    /// What stands between the work and the value, e.g. `style of`, `workshop of`.
    pub qualifier: Option<String>,
    /// Calibrated confidence of a suggestion; `None` when a person has accepted the statement.
    pub confidence: Option<f32>,
}

/// A passage as an explainer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassageText {
    /// The fragment's id in the knowledge base.
    pub id: String,
    /// The title of what it speaks about.
    pub title: String,
    /// Its text.
    pub text: String,
    /// How relevant the search holds it, 0 to 1.
    pub relevance: f32,
}

/// All that an explainer is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Conversation {
    /// In order; the last one is what wants an answer.
    pub turns: Vec<Turn>,
    /// The scans that are spoken of, upright and in sRGB, for explainers that see. Not part of the written form. Those that no
    /// [`ToolAnswer`] shows are shown at the beginning.
    #[serde(skip)]
    pub scans: Vec<Arc<RgbImage>>,
    /// The tools that may be called.
    #[serde(default)]
    pub tools: Vec<ToolDescription>,
}

/// What an explainer emits while it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExplainerEvent {
    /// A piece of the answer's text. Sentences of the compact explainer come whole.
    Text(String),
    /// The words so far of the sentence that is being written, which comes as [`Text`](Self::Text) when it is complete. Perhaps none: whoever writes
    /// word by word emits this with each, so that it can be stopped there.
    Writing(String),
    /// The sentence just written rests on this fragment, on these bytes of its text.
    Citation {
        /// The fragment's id.
        fragment: String,
        /// The part of its text.
        span: Range<usize>,
    },
    /// The sentence just written rests on a suggestion about the work, not on an accepted statement.
    Hedge {
        /// The property that was suggested.
        property: String,
    },
    /// The explainer calls a tool. It ends its turn with its calls and waits to be asked again with their answers; what it wrote before them was
    /// thinking aloud.
    Call(ToolCall),
    /// It tried to call a tool in words that can't be read.
    BrokenCall {
        /// What it wrote.
        text: String,
        /// What is wrong with it, as a sentence that helps it to do better.
        cause: String,
    },
    /// Nothing in the passages answers: the reason, as a sentence.
    Abstain(String),
    /// What it thought before it spoke. Not part of the answer.
    Thought(String),
    /// What the turn took, at its end.
    Used(Effort),
}

/// What a model read and wrote, in tokens; an image counts as often as it has rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Written.
    pub written: usize,
    /// Read.
    pub read: usize,
    /// Known from the turn before, and not read again.
    pub reused: usize,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.written += other.written;
        self.read += other.read;
        self.reused += other.reused;
    }
}

/// Answers in words.
pub trait Explainer: Send + Sync {
    /// The pack that speaks.
    fn pack(&self) -> &PackIdentity;

    /// Whether it looks at [`Conversation::scans`].
    fn sees(&self) -> bool {
        false
    }

    /// Answers the conversation's last turn. `emit` receives events in order and may break to cancel.
    fn respond(
        &self,
        conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError>;
}
