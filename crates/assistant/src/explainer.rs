//! The explainer of the compact pack: it chooses and orders sentences of the passages it is given.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use vitrine_inference::{
    CardLine, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, PassageText, Retriever, Turn,
    WritingTask,
};

use crate::comparison::compare;
use crate::explanation::explain;
use crate::prompts::{PromptKind, prompt};
use crate::reply::reply;

/// What an explanation is by when nothing was wished for.
const EXPLAIN: &str = "explain";
/// Answers have so many sentences unless a task says otherwise.
const SENTENCES: usize = 3;
/// Why it says nothing of the picture.
const BLIND: &str = "Answers are put together from passages here, and nobody who answers sees the picture; a pack that writes and sees can be added.";

/// Chooses sentences of retrieved passages by late interaction; writes nothing of its own but the link to the work, and what the record says.
///
/// A conversation that ends with a question is answered; one that ends with a task or with passages asks for something on the work on its card.
pub struct ExtractiveExplainer {
    retriever: Arc<dyn Retriever>,
}

/// A sentence with the part of a fragment that says so, and the property it is unsure of.
pub(crate) struct Said {
    pub text: String,
    /// The fragment, and the bytes of its text; none where the record says so.
    pub source: Option<(String, Range<usize>)>,
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
        let mut task: Option<&WritingTask> = None;
        for turn in &conversation.turns {
            match turn {
                Turn::Card(lines) => card = lines,
                Turn::Passages(brought) => passages.extend(brought),
                Turn::Task(wished) => task = Some(wished),
                // It calls no tools, so nobody answers it.
                Turn::System(_) | Turn::User(_) | Turn::Assistant(_) | Turn::Calls(_) | Turn::ToolAnswer(_) => {}
            }
        }
        let retriever = self.retriever.as_ref();
        let wished = task.and_then(|task| prompt(&task.prompt)).or_else(|| prompt(EXPLAIN));
        let speech = match (conversation.turns.last(), wished) {
            (Some(Turn::User(_)), Some(wished)) if wished.kind == PromptKind::Look => Err(BLIND.to_owned()),
            (Some(Turn::User(question)), _) => {
                let most = task.map_or(SENTENCES, |task| task.sentences);
                reply(question, most, card, &passages, retriever)?
            }
            (_, Some(wished)) if wished.kind == PromptKind::Compare => {
                let (other, most) =
                    task.map_or((&[][..], 0), |t| (t.other.as_deref().unwrap_or_default(), t.sentences));
                compare(card, other, most, &passages, retriever)?
            }
            (_, Some(wished)) => {
                let most = task.map_or(wished.sentences, |task| task.sentences);
                explain(wished, most, card, &passages, retriever)?
            }
            (_, None) => Err("There is no prompt to write by.".to_owned()),
        };
        match speech {
            Ok(sentences) => {
                for Said { text, source, hedge } in sentences {
                    let events = [
                        Some(ExplainerEvent::Text(text)),
                        source.map(|(fragment, span)| ExplainerEvent::Citation { fragment, span }),
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
