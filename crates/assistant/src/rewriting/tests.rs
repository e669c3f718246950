use std::collections::HashMap;
use std::sync::Mutex;

use vitrine_inference::generation::Generated;
use vitrine_inference::writer::{Part, WritingRequest};
use vitrine_inference::{CardLine, MultiVector, PassageText, TextRows};

use super::*;

/// Rows that know words alone: one of 64 directions a word.
struct WordRows(PackIdentity);

impl Retriever for WordRows {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn dimension(&self) -> usize {
        64
    }

    fn relates_images_to_text(&self) -> bool {
        false
    }

    fn embed_image(&self, _: &image::RgbImage) -> Result<MultiVector, InferenceError> {
        Err(InferenceError::Prompt("no images here".into()))
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_passage(text)
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        let words = vitrine_knowledge::words(text);
        let mut values = vec![0f32; 64 * words.len()];
        for (row, (_, word)) in values.chunks_exact_mut(64).zip(&words) {
            let place = word.bytes().fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
            row[place % 64] = 1.0;
        }
        let spans = words.into_iter().map(|(span, _)| Some(span)).collect();
        Ok(TextRows { rows: MultiVector::new(values, 64)?, spans })
    }
}

/// Says what it was told to say of a sentence, letter by letter.
struct Scripted {
    pack: PackIdentity,
    says: HashMap<&'static str, &'static str>,
    asked: Mutex<Vec<WritingRequest>>,
}

fn text(part: &Part) -> &str {
    match part {
        Part::Text { text } => text,
        Part::Image => "",
    }
}

impl Writes for Scripted {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn write(
        &self,
        request: WritingRequest,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated, InferenceError> {
        let asked = text(&request.messages.last().unwrap().content[0]).to_owned();
        self.asked.lock().unwrap().push(request);
        let (text, length) = match self.says.get(asked.as_str()) {
            Some(text) => (*text, false),
            None => ("and so on and so on", true),
        };
        let mut ending = if length { Ending::Length } else { Ending::Stopped };
        for letter in text.chars() {
            if emit(letter.encode_utf8(&mut [0; 4])).is_break() {
                ending = Ending::Cancelled;
                break;
            }
        }
        Ok(Generated { text: text.to_owned(), tokens: Vec::new(), ending, reused: 0, read: 0 })
    }
}

/// Says three sentences, the first of them of a suggestion.
struct Chooser(PackIdentity);

const FIRST: &str =
    "The style may be Rococo (suggested with 71 % confidence); Rococo is a light style that arose in Paris.";
const SECOND: &str = "Pastel colours and feathery brushwork mark the paintings of Boucher.";
const THIRD: &str = "In 1767 Fragonard painted a swing in a garden.";

impl Explainer for Chooser {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn respond(&self, conversation: &Conversation, emit: Listener<'_>) -> Result<(), InferenceError> {
        if conversation.turns.is_empty() {
            let _ = emit(ExplainerEvent::Abstain("There is nothing.".into()));
            return Ok(());
        }
        for (at, sentence) in [FIRST, SECOND, THIRD].into_iter().enumerate() {
            let _ = emit(ExplainerEvent::Text(sentence.into()));
            let _ = emit(ExplainerEvent::Citation { fragment: format!("style/rococo#{}", at + 1), span: 0..5 });
            if at == 0 {
                let _ = emit(ExplainerEvent::Hedge { property: "style".into() });
            }
        }
        Ok(())
    }
}

fn identity(id: &str) -> PackIdentity {
    PackIdentity { id: id.into(), version: "1".into(), weights_sha256: String::new() }
}

fn explainer(says: &[(&'static str, &'static str)]) -> (Arc<Scripted>, RewritingExplainer) {
    let asked = Mutex::default();
    let model = Arc::new(Scripted { pack: identity("scripted"), says: says.iter().copied().collect(), asked });
    let chooser = Arc::new(Chooser(identity("compact")));
    let retriever = Arc::new(WordRows(identity("compact")));
    (Arc::clone(&model), RewritingExplainer::new(chooser, retriever, model, Arc::new(|_| {})))
}

fn conversation() -> Conversation {
    let style = CardLine { property: "style".into(), value: "Rococo".into(), qualifier: None, confidence: Some(0.71) };
    let passage = |at: usize| PassageText {
        id: format!("style/rococo#{at}"),
        title: "Rococo".into(),
        text: "Whatever it says.".into(),
        relevance: 0.9,
    };
    let passages = Turn::Passages(vec![passage(1), passage(2), passage(3)]);
    Conversation { turns: vec![Turn::Card(vec![style]), passages], ..Conversation::default() }
}

/// What is told, without the words on the way.
fn told(explainer: &RewritingExplainer) -> Vec<ExplainerEvent> {
    let mut events = Vec::new();
    explainer
        .respond(&conversation(), &mut |event| {
            if !matches!(event, ExplainerEvent::Writing(_)) {
                events.push(event);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    events
}

fn sentence(text: &str, number: usize, hedged: bool) -> Vec<ExplainerEvent> {
    let mut events = vec![
        ExplainerEvent::Text(text.into()),
        ExplainerEvent::Citation { fragment: format!("style/rococo#{number}"), span: 0..5 },
    ];
    events.extend(hedged.then(|| ExplainerEvent::Hedge { property: "style".into() }));
    events
}

#[test]
fn what_is_rewritten_keeps_the_citation_of_what_it_was_made_of() {
    let first = "This may be Rococo (71 % confidence), a light style. It arose in Paris.";
    let second = "The paintings of Boucher have pastel colours and feathery brushwork.";
    let third = "A swing in a garden was painted by Fragonard in 1767.";
    let (model, explainer) = explainer(&[(FIRST, first), (SECOND, second), (THIRD, third)]);
    let expected = [
        sentence("This may be Rococo (71 % confidence), a light style.", 1, true),
        sentence("It arose in Paris.", 1, false),
        sentence(second, 2, false),
        sentence(third, 3, false),
    ];
    assert_eq!(told(&explainer), expected.concat());
    assert_eq!(explainer.pack().id, "scripted");
    // What was written stands before what is to be written, so that it goes on from there.
    let asked = model.asked.lock().unwrap();
    let last: Vec<&str> = asked[2].messages.iter().map(|message| text(&message.content[0])).collect();
    assert_eq!(last[last.len() - 5..], [FIRST, first, SECOND, second, THIRD]);
    assert_eq!(asked[0].messages[..], asked[2].messages[..asked[0].messages.len()]);
}

#[test]
fn what_does_not_say_the_same_is_not_told() {
    let (model, explainer) = explainer(&[
        // Sure of what is only suggested; the sentence before it; one that never ends.
        (FIRST, "The style is Rococo (71 % confidence), a light style that arose in Paris."),
        (SECOND, "Rococo is a light style that arose in Paris."),
    ]);
    assert_eq!(
        told(&explainer),
        [sentence(FIRST, 1, true), sentence(SECOND, 2, false), sentence(THIRD, 3, false)].concat()
    );
    // It sees itself as having said what was told.
    let asked = model.asked.lock().unwrap();
    let last: Vec<&str> = asked[2].messages.iter().map(|message| text(&message.content[0])).collect();
    assert_eq!(last[last.len() - 5..], [FIRST, FIRST, SECOND, SECOND, THIRD]);
}

#[test]
fn what_became_of_the_sentences_is_accounted_for() {
    let faults = [Fault::Sure, Fault::Invented(vec!["Watteau".into()]), Fault::Sure];
    assert_eq!(
        account(7, &faults),
        "4 of 7 sentences are rewritten; the others stand as they were chosen, as their rewritings had certainty where there is none (2), \
         names or numbers of its own (1)."
    );
    assert_eq!(account(2, &[]), "All 2 sentences are rewritten.");
}

#[test]
fn words_stream_and_a_listener_who_has_enough_ends_it() {
    let (model, explainer) = explainer(&[(FIRST, "It may.")]);
    let mut heard = Vec::new();
    explainer
        .respond(&conversation(), &mut |event| {
            heard.push(event);
            if heard.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    let writing = |text: &str| ExplainerEvent::Writing(text.into());
    assert_eq!(heard, [writing("I"), writing("It"), writing("It")]);
    assert_eq!(model.asked.lock().unwrap().len(), 1);
}

#[test]
fn without_time_everything_stands_as_it_was_chosen() {
    let (model, explainer) =
        explainer(&[(SECOND, "The paintings of Boucher have pastel colours and feathery brushwork.")]);
    let explainer = explainer.within(Duration::ZERO);
    assert_eq!(
        told(&explainer),
        [sentence(FIRST, 1, true), sentence(SECOND, 2, false), sentence(THIRD, 3, false)].concat()
    );
    assert!(model.asked.lock().unwrap().is_empty());
}

#[test]
fn who_chooses_nothing_leaves_nothing_to_rewrite() {
    let (_, explainer) = explainer(&[]);
    let mut heard = Vec::new();
    let mut keep = |event| {
        heard.push(event);
        ControlFlow::Continue(())
    };
    explainer.respond(&Conversation::default(), &mut keep).unwrap();
    assert_eq!(heard, [ExplainerEvent::Abstain("There is nothing.".into())]);
}

#[test]
fn only_the_first_paragraph_counts_and_quotation_marks_around_it_do_not() {
    assert_eq!(tidy(" \"It is so.\"\nNote: I kept the names."), "It is so.");
    assert_eq!(tidy("\"One\" and \"two\""), "\"One\" and \"two\"");
    assert_eq!(tidy("<think>Is it?\nYes.</think>\n\nIt is so."), "It is so.");
    assert_eq!(tidy(""), "");
}
