//! The explainer that rewrites: another one chooses sentences of passages, and a small language model says them again, one after the other, so that they
//! read as one text. Every sentence keeps the citation of the one it was made of; where it does not say the same, that one stands instead.

mod faithful;
mod prompt;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vitrine_inference::generation::Ending;
use vitrine_inference::writer::Writes;
use vitrine_inference::{Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, Retriever, Turn};
use vitrine_knowledge::sentences;

use faithful::{Fault, Original, Originals};
use prompt::Prompt;

/// Time after which what is left stands as it was chosen.
const TIME: Duration = Duration::from_secs(120);

/// Who hears of the answer.
type Listener<'a> = &'a mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>;

/// Lets a language model say again what another explainer has chosen.
pub struct RewritingExplainer {
    chooser: Arc<dyn Explainer>,
    retriever: Arc<dyn Retriever>,
    writer: Arc<dyn Writes>,
    notice: Arc<dyn Fn(String) + Send + Sync>,
    time: Duration,
}

/// A sentence that was chosen, with what it rests on.
pub(crate) struct Chosen {
    text: String,
    citations: Vec<(String, Range<usize>)>,
    hedges: Vec<String>,
}

impl RewritingExplainer {
    /// Lets `writer` rewrite what `chooser` says; `retriever` tells whether both mean the same. `notice` hears after each answer how much of it is
    /// rewritten, and why the rest is not.
    pub fn new(
        chooser: Arc<dyn Explainer>,
        retriever: Arc<dyn Retriever>,
        writer: Arc<dyn Writes>,
        notice: Arc<dyn Fn(String) + Send + Sync>,
    ) -> Self {
        Self { chooser, retriever, writer, notice, time: TIME }
    }

    /// The same within other time.
    pub fn within(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// What the chooser says: sentences, or why there are none.
    fn choose(&self, conversation: &Conversation) -> Result<(Vec<Chosen>, Option<String>), InferenceError> {
        let (mut chosen, mut abstention) = (Vec::<Chosen>::new(), None);
        self.chooser.respond(conversation, &mut |event| {
            match event {
                ExplainerEvent::Text(text) => {
                    chosen.push(Chosen { text, citations: Vec::new(), hedges: Vec::new() });
                }
                ExplainerEvent::Citation { fragment, span } => {
                    chosen
                        .iter_mut()
                        .last()
                        .into_iter()
                        .for_each(|c| c.citations.push((fragment.clone(), span.clone())));
                }
                ExplainerEvent::Hedge { property } => {
                    chosen.iter_mut().last().into_iter().for_each(|c| c.hedges.push(property.clone()));
                }
                ExplainerEvent::Abstain(reason) => abstention = Some(reason),
                // A chooser has nothing to call, thinks nothing aloud and writes nothing word by word.
                ExplainerEvent::Writing(_)
                | ExplainerEvent::Thought(_)
                | ExplainerEvent::Used(_)
                | ExplainerEvent::Call(_)
                | ExplainerEvent::BrokenCall { .. } => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok((chosen, abstention))
    }

    /// Lets the model say one sentence again. None if the listener has had enough.
    fn rewrite(
        &self,
        prompt: &Prompt,
        original: &str,
        until: Instant,
        emit: Listener<'_>,
    ) -> Result<Option<Result<String, Fault>>, InferenceError> {
        let mut written = String::new();
        let mut enough = false;
        let generated = self.writer.write(prompt.request(original), &mut |piece| {
            written.push_str(piece);
            enough = emit(ExplainerEvent::Writing(written.trim().to_owned())).is_break();
            if enough || Instant::now() >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if enough {
            return Ok(None);
        }
        let whole = generated.ending == Ending::Stopped;
        Ok(Some(if whole { Ok(tidy(&generated.text)) } else { Err(Fault::Unfinished) }))
    }
}

impl Explainer for RewritingExplainer {
    fn pack(&self) -> &PackIdentity {
        self.writer.pack()
    }

    fn respond(&self, conversation: &Conversation, emit: Listener<'_>) -> Result<(), InferenceError> {
        let (chosen, abstention) = self.choose(conversation)?;
        if let Some(reason) = abstention {
            // Nothing follows, whatever the listener wants.
            let _ = emit(ExplainerEvent::Abstain(reason));
            return Ok(());
        }
        let originals = Originals::new(originals(&chosen, conversation), &self.retriever)?;
        let until = Instant::now() + self.time;
        let mut prompt = Prompt::default();
        let mut faults = Vec::new();
        for (at, chosen) in chosen.iter().enumerate() {
            let rewritten = if Instant::now() < until {
                let Some(written) = self.rewrite(&prompt, &chosen.text, until, emit)? else { return Ok(()) };
                written.and_then(|text| originals.check(at, &text, &self.retriever).map(|()| text))
            } else {
                Err(Fault::Unfinished)
            };
            let text = rewritten.unwrap_or_else(|fault| {
                faults.push(fault);
                chosen.text.clone()
            });
            prompt.said(&chosen.text, &text);
            if said(&text, chosen, emit).is_break() {
                return Ok(());
            }
        }
        (self.notice)(account(chosen.len(), &faults));
        Ok(())
    }
}

/// How much was rewritten, and why the rest was not.
fn account(all: usize, faults: &[Fault]) -> String {
    let mut causes: Vec<&str> = faults.iter().map(Fault::cause).collect();
    causes.sort_unstable();
    let counted = causes.chunk_by(|a, b| a == b).map(|same| format!("{} ({})", same[0], same.len()));
    let counted = counted.collect::<Vec<_>>().join(", ");
    let rewritten = all - faults.len();
    if faults.is_empty() {
        return format!("All {all} sentences are rewritten.");
    }
    format!(
        "{rewritten} of {all} sentences are rewritten; the others stand as they were chosen, as their rewritings had {counted}."
    )
}

/// Tells the sentences of `text`, which stands for `chosen`, each with what that rests on.
fn said(text: &str, chosen: &Chosen, emit: Listener<'_>) -> ControlFlow<()> {
    // A sentence that was chosen is told as it is: its link to the work may have a full stop inside.
    let mut spans = sentences(text);
    if text == chosen.text {
        spans.clear();
        spans.push(0..text.len());
    }
    for span in spans {
        let sentence = &text[span];
        emit(ExplainerEvent::Text(sentence.to_owned()))?;
        for (fragment, span) in &chosen.citations {
            emit(ExplainerEvent::Citation { fragment: fragment.clone(), span: span.clone() })?;
        }
        for property in chosen.hedges.iter().filter(|_| text == chosen.text || faithful::hedges(sentence)) {
            emit(ExplainerEvent::Hedge { property: property.clone() })?;
        }
    }
    ControlFlow::Continue(())
}

/// What each sentence may say: its own words, and the title and record that they lean on.
fn originals<'a>(chosen: &'a [Chosen], conversation: &'a Conversation) -> Vec<Original<'a>> {
    let passages = || {
        conversation.turns.iter().flat_map(|turn| match turn {
            Turn::Passages(passages) => passages.as_slice(),
            _ => &[],
        })
    };
    chosen
        .iter()
        .map(|chosen| {
            let cited = chosen.citations.iter().filter_map(|(id, _)| passages().find(|passage| passage.id == *id));
            Original {
                text: &chosen.text,
                titles: cited.map(|passage| passage.title.as_str()).collect(),
                hedged: !chosen.hedges.is_empty(),
            }
        })
        .collect()
}

/// The first paragraph of what was written behind any thoughts, without quotation marks around it.
fn tidy(written: &str) -> String {
    let written = written.rsplit_once("</think>").map_or(written, |(_, said)| said);
    let first = written.trim().lines().next().unwrap_or_default().trim();
    let inside = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.filter(|inside| !inside.contains('"')).unwrap_or(first).trim().to_owned()
}

#[cfg(test)]
mod tests;
