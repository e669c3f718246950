//! The explainer that writes: a language model is shown the scan, the record and the passages, and says of every sentence on which
//! passages it rests. What it says of that is taken at its word only as far as the passages exist.

mod cutting;

use std::ops::ControlFlow;
use std::sync::Arc;

use vitrine_inference::generation::GenerationOptions;
use vitrine_inference::writer::{Message, Part, Writes, WritingRequest};
use vitrine_inference::{
    CardLine, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, PassageText, Turn,
};

use crate::wording;
use cutting::{Sentences, Written};

/// Tokens of an answer at most.
const MOST_TOKENS: usize = 512;
/// Passages that the model is given to read; more would cost more time than they help.
const PASSAGES: usize = 8;

/// How answers are to be written; follows the conversation's own rules.
const MANNER: &str = "Write plain sentences without headings or lists. After each sentence name the passages that it rests on by their \
    numbers, as [1] or [2][3]; name none after a sentence that says what is to be seen in the picture. Say \"may be\" of whatever the \
    record only suggests. Answer in the language of the question.";

/// What is asked where nobody asked a question.
const EXPLAIN: &str = "Explain this work in four to six sentences: what it shows and how it is made, then what the passages say about it.";

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
        let (request, passages, card) = request(conversation);
        let mut sentences = Sentences::default();
        let mut said = false;
        let mut say = |written: Written| {
            said = true;
            events(written, &passages, &card).into_iter().try_for_each(&mut *emit)
        };
        let generated =
            self.writer.write(request, &mut |text| sentences.push(text).into_iter().try_for_each(&mut say))?;
        if generated.ending == vitrine_inference::generation::Ending::Cancelled {
            return Ok(());
        }
        if sentences.finish().into_iter().try_for_each(&mut say).is_continue() && !said {
            let _ = emit(ExplainerEvent::Abstain("The model wrote nothing.".into()));
        }
        Ok(())
    }
}

/// The conversation as messages, the passages in the order of their numbers, and the card.
fn request(conversation: &Conversation) -> (WritingRequest, Vec<PassageText>, Vec<CardLine>) {
    let (mut rules, mut messages) = (String::new(), Vec::new());
    let (mut passages, mut card) = (Vec::new(), Vec::new());
    let mut question = EXPLAIN;
    for (at, turn) in conversation.turns.iter().enumerate() {
        match turn {
            Turn::System(text) => rules = text.clone(),
            Turn::Card(lines) => card.clone_from(lines),
            Turn::Passages(brought) => passages.extend(brought.iter().cloned()),
            Turn::User(text) if at + 1 == conversation.turns.len() => question = text,
            Turn::User(text) => messages.push(Message { role: "user", content: vec![Part::text(text)] }),
            Turn::Assistant(text) => messages.push(Message { role: "assistant", content: vec![Part::text(text)] }),
        }
    }
    passages.truncate(PASSAGES);
    let system = Message { role: "system", content: vec![Part::text(&format!("{rules} {MANNER}"))] };
    // What stays the same from question to question comes first, so that it need not be read again.
    let mut shown: Vec<Part> = conversation.scans.iter().map(|_| Part::Image).collect();
    shown.push(Part::text(&record(&card)));
    let mut opening = vec![system, Message { role: "user", content: shown }];
    if !messages.is_empty() {
        opening.push(Message {
            role: "assistant",
            content: vec![Part::text("I have looked at the work and its record.")],
        });
    }
    opening.append(&mut messages);
    let last = Part::text(&format!("{}{question}", reading(&passages)));
    match opening.last_mut() {
        Some(message) if message.role == "user" => message.content.push(last),
        _ => opening.push(Message { role: "user", content: vec![last] }),
    }
    let options = GenerationOptions { max_tokens: MOST_TOKENS, ..GenerationOptions::default() };
    (WritingRequest { messages: opening, images: conversation.scans.clone(), options }, passages, card)
}

/// The card in lines.
fn record(card: &[CardLine]) -> String {
    if card.is_empty() {
        return "Nothing is recorded of the work.\n".into();
    }
    card.iter().fold(String::from("The record of the work:\n"), |text, line| {
        format!("{text}- {}.\n", wording::of_the_work(line))
    })
}

/// The passages with their numbers.
fn reading(passages: &[PassageText]) -> String {
    if passages.is_empty() {
        return "No passage speaks of this.\n\n".into();
    }
    let mut text = String::from("Passages:\n");
    for (at, passage) in passages.iter().enumerate() {
        text.push_str(&format!("[{}] {}: {}\n", at + 1, passage.title, passage.text));
    }
    text.push('\n');
    text
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
