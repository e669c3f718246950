//! Explanations of works and answers to questions, from passages of the knowledge base.

mod answer;
mod assistant;
mod comparison;
mod demands;
mod explainer;
mod explanation;
mod grounding;
mod patches;
mod prompts;
mod question;
mod reading;
mod reply;
mod rewriting;
mod seeding;
mod tools;
mod wording;
mod work_at_hand;
mod written;

pub use answer::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support, Timing, Tool};
pub use assistant::{Assistant, AssistantError, Limits, Manner};
pub use explainer::ExtractiveExplainer;
pub use patches::{PatchMap, patch_map};
pub use prompts::{Length, Prompt, PromptKind, Wish, prompt, prompts};
pub use rewriting::RewritingExplainer;
pub use tools::{Desk, ScanPart};
pub use work_at_hand::{OtherWork, WorkAtHand};
pub use written::WrittenExplainer;
