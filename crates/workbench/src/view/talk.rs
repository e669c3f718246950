//! What is asked for in a conversation, the prompts that it follows, and conversations that were kept.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::PassageScope;

/// How long something is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LengthView {
    /// Half as long.
    Short,
    /// As the prompt has it.
    #[default]
    Medium,
    /// Twice as long.
    Long,
}

/// What an exchange follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Follows {
    /// The newest exchange about the work.
    #[default]
    Last,
    /// None: a conversation begins.
    Nothing,
    /// This one; beside what follows it already.
    Exchange {
        /// Its number.
        #[ts(type = "number")]
        id: i64,
    },
}

/// What is asked or wished for about a work.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TalkRequest {
    /// The work.
    #[ts(type = "number")]
    pub work: i64,
    /// The question; none for what a prompt alone asks for.
    pub question: Option<String>,
    /// The prompt's id; none for the one that explains, or answers.
    pub prompt: Option<String>,
    /// The added pack that speaks; none for the compact one.
    pub pack: Option<String>,
    /// The work that it is compared with.
    #[ts(type = "number | null")]
    pub other: Option<i64>,
    /// How long; none for what the settings say.
    pub length: Option<LengthView>,
    /// The language, by its English name; none for what the settings say.
    pub language: Option<String>,
    /// What it follows.
    pub follows: Follows,
}

/// What a library's conversations are held by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct TalkSettings {
    /// Searches that a model may make for one question, 0 to 10.
    pub searches: u32,
    /// Turns that it may take, 1 to 20.
    pub turns: u32,
    /// Tokens that it may write for one question, 64 to 32,768.
    pub tokens: u32,
    /// Seconds after which it has to answer, 5 to 3,600.
    pub seconds: u32,
    /// Whether a model is asked of each of its sentences if the passages say so.
    pub check: bool,
    /// How long answers are.
    pub length: LengthView,
    /// The language that models write in, by its English name.
    pub language: String,
    /// The passages that explanations and answers draw on.
    pub sources: PassageScope,
}

impl Default for TalkSettings {
    fn default() -> Self {
        Self {
            searches: 3,
            turns: 6,
            tokens: 2048,
            seconds: 300,
            check: false,
            length: LengthView::Medium,
            language: "English".to_owned(),
            sources: PassageScope::default(),
        }
    }
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PromptUse {
    /// Goes before every conversation.
    Rules,
    /// The manner of answers to questions.
    Answer,
    /// The manner of answers from the picture alone.
    Look,
    /// Explains a work.
    Explain,
    /// Writes one section on a work.
    Section,
    /// Describes a work for a place where it is shown.
    Describe,
    /// Compares two works.
    Compare,
    /// Asks a model whether a passage says what a sentence says.
    Check,
}

/// A prompt with the words that are in force.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PromptView {
    /// Its id, e.g. `wall-label`.
    pub id: String,
    /// What it is for.
    pub purpose: PromptUse,
    /// The version of the words in force, e.g. `1`, or `1, own 2`.
    pub version: String,
    /// The words in force.
    pub text: String,
    /// The words that come with the program.
    pub shipped: String,
    /// Whether the words in force are the library's own.
    pub own: bool,
    /// The library's own versions, oldest first.
    pub history: Vec<PromptVersionView>,
}

/// A version of a prompt's words that was written in the library.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PromptVersionView {
    /// Counted from 1.
    pub version: u32,
    /// The words; none where the program's own were taken again.
    pub text: Option<String>,
    /// Who wrote them.
    pub person: String,
    /// When (RFC 3339).
    pub at: String,
}

/// An exchange of any conversation, as a search lists it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeView {
    /// Its number.
    #[ts(type = "number")]
    pub id: i64,
    /// The work spoken of.
    #[ts(type = "number")]
    pub work: i64,
    /// The work's title.
    pub title: String,
    /// The question; none for what a prompt alone asked for.
    pub question: Option<String>,
    /// The answer's words, or their beginning.
    pub said: String,
    /// The prompt that was followed, with the version of its words.
    pub prompt: String,
    /// The pack that spoke.
    pub pack: String,
    /// When (RFC 3339).
    pub at: String,
}

/// The form in which a conversation is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum TalkForm {
    /// To read.
    Markdown,
    /// All that is kept.
    Json,
}
