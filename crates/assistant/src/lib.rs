//! Explanations of works and answers to questions, from passages of the knowledge base.

mod answer;
mod assistant;
mod explainer;
mod explanation;
mod question;
mod reading;
mod reply;
mod wording;
mod written;

pub use answer::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support};
pub use assistant::{Assistant, AssistantError};
pub use explainer::ExtractiveExplainer;
pub use written::WrittenExplainer;
