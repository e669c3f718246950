//! What the assistant says, and what each sentence rests on.

use vitrine_inference::{Effort, PackIdentity};
use vitrine_knowledge::PassageHit;

use crate::ScanPart;

/// What a sentence rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// A passage that it names says so.
    Passage,
    /// The record of the work says so, or another of the library.
    Record,
    /// It was read off the image.
    Image,
    /// Nothing: it names no passage, or none that says so.
    None,
}

/// A passage that a sentence names.
#[derive(Debug, Clone, PartialEq)]
pub struct Citation {
    /// The fragment's id.
    pub fragment: String,
    /// The title of what it speaks about.
    pub title: String,
    /// The words of the passage that come nearest to the sentence.
    pub quote: String,
    /// How far the passage says it, 0 to 1.
    pub agreement: f32,
}

/// One sentence of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// What it rests on.
    pub support: Support,
    /// Whether it rests on a suggestion that nobody has accepted; its words say so too.
    pub hedged: bool,
    /// The passages that it names.
    pub citations: Vec<Citation>,
    /// Names, numbers and dates in it that neither these passages nor the record say.
    pub unsupported: Vec<String>,
    /// Whether a model that was asked holds that the passages say so; none where none was asked.
    pub confirmed: Option<bool>,
}

/// What was done in a [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The knowledge base was searched.
    Search,
    /// Works that look alike were looked for.
    SimilarWorks,
    /// A part of the scan was enlarged.
    LookCloser,
    /// The record was read again.
    Record,
}

/// Something that was looked up for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How.
    pub tool: Tool,
    /// What was searched for; empty for other tools.
    pub query: String,
    /// The part of the scan that was enlarged; none for other tools.
    pub part: Option<ScanPart>,
    /// Whether the explainer asked for it, and not the assistant beforehand.
    pub asked: bool,
    /// How many passages it brought.
    pub passages: usize,
    /// How long it took.
    pub milliseconds: u64,
}

/// An explanation, or the answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question; none for an explanation.
    pub question: Option<String>,
    /// Its sentences; empty when it abstains.
    pub sentences: Vec<Sentence>,
    /// Why there is no answer, as a sentence.
    pub abstention: Option<String>,
    /// What was looked up.
    pub steps: Vec<Step>,
    /// The passages that are cited, in order of their first citation, each with the search that found it.
    pub passages: Vec<(PassageHit, String)>,
    /// The ids of all passages that were found, those that nothing cites included.
    pub retrieved: Vec<String>,
    /// What was thought before it was said.
    pub thoughts: Vec<String>,
    /// The id of the prompt that it follows.
    pub prompt: String,
    /// The version of the prompt's words.
    pub version: String,
    /// The pack that speaks.
    pub pack: PackIdentity,
    /// How long it took.
    pub timing: Timing,
    /// What the model read and wrote.
    pub effort: Effort,
}

/// How long an answer took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Until all searches made beforehand were done.
    pub searched: u64,
    /// Until the first word.
    pub first_word: u64,
    /// In all.
    pub whole: u64,
}

/// An answer while it is being made.
#[derive(Debug, Clone)]
pub enum AnswerEvent {
    /// Something was looked up.
    Step(Step),
    /// The words so far of the sentence that is being written.
    Writing(String),
    /// The next sentence.
    Sentence(Sentence),
    /// A thought, before or between what it says.
    Thought(String),
    /// What was said since the last step was thinking aloud: the answer begins anew.
    Withdrawn,
}

/// An earlier question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked.
    pub question: String,
    /// What was said.
    pub answer: String,
}
