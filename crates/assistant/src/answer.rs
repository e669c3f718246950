//! What the assistant says, and what each sentence rests on.

use vitrine_inference::PackIdentity;
use vitrine_knowledge::PassageHit;

/// What a sentence rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// A passage says so.
    Passage,
    /// It was read off the image.
    Image,
    /// Nothing.
    None,
}

/// A passage that a sentence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The fragment's id.
    pub fragment: String,
    /// The title of what it speaks about.
    pub title: String,
    /// The words of the passage that say so.
    pub quote: String,
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
    /// Names and numbers in it that neither these passages nor the record say.
    pub unsupported: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How.
    pub tool: Tool,
    /// What was searched for; empty for other tools.
    pub query: String,
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
    /// The pack that speaks.
    pub pack: PackIdentity,
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
