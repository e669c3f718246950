//! The explainer that writes: a language model is shown the scan, the record and the passages, and says of every sentence on which
//! passages it rests. What it says of that is taken at its word only as far as the passages exist. It may call tools; the assistant answers and asks again.

mod calls;
mod cutting;
mod prompt;

use std::ops::ControlFlow;
use std::sync::Arc;

use vitrine_inference::generation::Ending;
use vitrine_inference::writer::Writes;
use vitrine_inference::{
    CardLine, Conversation, Effort, Explainer, ExplainerEvent, InferenceError, PackIdentity, PassageText,
};

use cutting::{Finished, Sentences, Written};
use prompt::Prompt;

/// Speaks through a language model.
pub struct WrittenExplainer {
    writer: Arc<dyn Writes>,
}

impl WrittenExplainer {
    /// Lets `writer` speak.
    pub fn new(writer: Arc<dyn Writes>) -> Self {
        Self { writer }
    }
}

impl Explainer for WrittenExplainer {
    fn pack(&self) -> &PackIdentity {
        self.writer.pack()
    }

    fn sees(&self) -> bool {
        true
    }

    fn respond(
        &self,
        conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        let Prompt { request, passages, card } = Prompt::of(conversation);
        let mut sentences = Sentences::default();
        let mut said = false;
        let generated = self.writer.write(request, &mut |text| {
            let complete = sentences.push(text);
            for thought in sentences.thoughts() {
                emit(ExplainerEvent::Thought(thought))?;
            }
            for written in complete {
                said = true;
                events(written, &passages, &card).into_iter().try_for_each(&mut *emit)?;
            }
            emit(ExplainerEvent::Writing(sentences.open().to_owned()))
        })?;
        let effort = Effort { written: generated.tokens.len(), read: generated.read, reused: generated.reused };
        if generated.ending == Ending::Cancelled || emit(ExplainerEvent::Used(effort)).is_break() {
            return Ok(());
        }
        let Finished { sentences: rest, calls: written_calls, thoughts } = sentences.finish();
        if thoughts.into_iter().map(ExplainerEvent::Thought).try_for_each(&mut *emit).is_break() {
            return Ok(());
        }
        for written in rest {
            said = true;
            if events(written, &passages, &card).into_iter().try_for_each(&mut *emit).is_break() {
                return Ok(());
            }
        }
        let mut calls = written_calls.iter().flat_map(|text| calls::calls(text)).peekable();
        if calls.peek().is_none() && !said {
            let _ = emit(ExplainerEvent::Abstain("The model wrote nothing.".into()));
        }
        let _ = calls.try_for_each(emit);
        Ok(())
    }
}

/// What a sentence means to the listener. Numbers that no passage has are dropped: the sentence then stands without support.
fn events(written: Written, passages: &[PassageText], card: &[CardLine]) -> Vec<ExplainerEvent> {
    let mut events = vec![ExplainerEvent::Text(written.text.clone())];
    for number in written.cited {
        if let Some(passage) = number.checked_sub(1).and_then(|at| passages.get(at)) {
            events.push(ExplainerEvent::Citation { fragment: passage.id.clone(), span: 0..passage.text.len() });
        }
    }
    let suggested = card.iter().filter(|line| line.confidence.is_some());
    let spoken = written.text.to_lowercase();
    for line in suggested.filter(|line| spoken.contains(&line.value.to_lowercase())) {
        events.push(ExplainerEvent::Hedge { property: line.property.clone() });
    }
    events
}

#[cfg(test)]
mod tests;
