//! The explainer of the compact pack: it chooses and orders sentences of the passages it is given.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use vitrine_inference::{
    CardLine, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, PassageText, Retriever, Turn,
};

use crate::explanation::explain;
use crate::reply::reply;

/// Chooses sentences of retrieved passages by late interaction; writes nothing of its own but the link to the work.
///
/// A conversation that ends with a question is answered; one that ends with passages asks for an explanation of the work on
/// its card.
pub struct ExtractiveExplainer {
    retriever: Arc<dyn Retriever>,
}

/// A sentence with the part of a fragment that says so, and the property it is unsure of.
pub(crate) struct Said {
    pub text: String,
    pub fragment: String,
    pub span: Range<usize>,
    pub hedge: Option<String>,
}

/// What the explainer has to say: sentences, or why there are none.
pub(crate) type Speech = Result<Vec<Said>, String>;

impl ExtractiveExplainer {
    /// Judges sentences by `retriever`.
    pub fn new(retriever: Arc<dyn Retriever>) -> Self {
        Self { retriever }
    }
}

impl Explainer for ExtractiveExplainer {
    fn pack(&self) -> &PackIdentity {
        self.retriever.pack()
    }

    fn respond(
        &self,
        conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        let mut card: &[CardLine] = &[];
        let mut passages: Vec<&PassageText> = Vec::new();
        for turn in &conversation.turns {
            match turn {
                Turn::Card(lines) => card = lines,
                Turn::Passages(brought) => passages.extend(brought),
                // It calls no tools, so nobody answers it.
                Turn::System(_) | Turn::User(_) | Turn::Assistant(_) | Turn::Calls(_) | Turn::ToolAnswer(_) => {}
            }
        }
        let speech = match conversation.turns.last() {
            Some(Turn::User(question)) => reply(question, card, &passages, self.retriever.as_ref())?,
            _ => explain(card, &passages, self.retriever.as_ref())?,
        };
        match speech {
            Ok(sentences) => {
                for Said { text, fragment, span, hedge } in sentences {
                    let events = [
                        Some(ExplainerEvent::Text(text)),
                        Some(ExplainerEvent::Citation { fragment, span }),
                        hedge.map(|property| ExplainerEvent::Hedge { property }),
                    ];
                    for event in events.into_iter().flatten() {
                        if emit(event).is_break() {
                            return Ok(());
                        }
                    }
                }
            }
            Err(reason) => {
                // Nothing follows, so a listener that breaks here and one that does not are the same.
                let _ = emit(ExplainerEvent::Abstain(reason));
            }
        }
        Ok(())
    }
}
