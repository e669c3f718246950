//! The loop of a conversation: search first, then speak.

use std::ops::ControlFlow;
use std::sync::Arc;

use vitrine_inference::{CardLine, Explainer, InferenceError};
use vitrine_knowledge::{KnowledgeBase, KnowledgeError};

use crate::{Answer, AnswerEvent, Exchange};

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    /// The search failed.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// The explainer failed.
    #[error("the answer could not be written: {0}")]
    Model(#[from] InferenceError),
    /// The listener asked to stop.
    #[error("the answer was stopped")]
    Stopped,
}

/// Answers from a knowledge base in the words of an explainer.
pub struct Assistant {
    knowledge: Arc<KnowledgeBase>,
    explainer: Arc<dyn Explainer>,
}

impl Assistant {
    /// Speaks with `explainer` of what `knowledge` holds.
    pub fn new(knowledge: Arc<KnowledgeBase>, explainer: Arc<dyn Explainer>) -> Self {
        Self { knowledge, explainer }
    }

    /// A short explanation of the work on the card. `emit` hears of every search and every sentence, and may break to stop.
    pub fn explain(
        &self,
        _card: &[CardLine],
        _emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let _ = (&self.knowledge, &self.explainer);
        Err(AssistantError::Stopped)
    }

    /// The answer to `question` about the work on the card, after the `history` of earlier exchanges (oldest first).
    pub fn ask(
        &self,
        _question: &str,
        _card: &[CardLine],
        _history: &[Exchange],
        _emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        Err(AssistantError::Stopped)
    }
}
