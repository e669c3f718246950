//! Explanations of works and answers to questions, from passages of the knowledge base.

mod answer;
mod assistant;
mod explainer;
mod explanation;
mod grounding;
mod question;
mod reading;
mod reply;
mod rewriting;
mod tools;
mod wording;
mod work_at_hand;
mod written;

pub use answer::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support, Tool};
pub use assistant::{Assistant, AssistantError, Limits};
pub use explainer::ExtractiveExplainer;
pub use rewriting::RewritingExplainer;
pub use tools::{Desk, ScanPart};
pub use work_at_hand::WorkAtHand;
pub use written::WrittenExplainer;
