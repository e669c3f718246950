//! An explanation of a work: what its record says or suggests, and what the passages say about that.

use vitrine_inference::{CardLine, InferenceError, PassageText, Retriever};
use vitrine_knowledge::fold;

use crate::explainer::{Said, Speech};
use crate::reading::{Read, likeness, read, redundancy};
use crate::wording::{linked, of_the_work};

const MOST_SENTENCES: usize = 7;
/// Longer sentences are hard to read in a row of others.
const LONG: usize = 45;

/// What a sentence is to tell about a value of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// What it is, tied to the work: the first sentence on every value.
    Definition,
    /// How one recognises it.
    Marks,
    /// What it shows.
    Subjects,
    /// What it led to, and its best-known works.
    Context,
}

/// A sentence that the explanation would like to have.
struct Slot<'a> {
    line: &'a CardLine,
    wish: Wish,
    /// The order of reading: work, style, how to recognise it, subject, material, context, artist.
    place: usize,
    /// Which are left out first when there are too many: the highest.
    dispensable: usize,
}

/// Explains the work on `card` in sentences of the `passages`.
pub(crate) fn explain(
    card: &[CardLine],
    passages: &[&PassageText],
    retriever: &dyn Retriever,
) -> Result<Speech, InferenceError> {
    if card.is_empty() {
        return Ok(Err(
            "Nothing is suggested or accepted for this work yet, so there is nothing to explain.".to_owned()
        ));
    }
    let of_the_card: Vec<&PassageText> =
        passages.iter().filter(|p| card.iter().any(|line| is_about(p, line))).copied().collect();
    let sentences = read(&of_the_card, retriever)?;
    let mut slots: Vec<Slot<'_>> = slots(card);
    slots.retain(|slot| sentences.iter().any(|s| is_about(s.passage, slot.line)));
    if slots.is_empty() {
        let values: Vec<&str> = card.iter().map(|line| line.value.as_str()).collect();
        return Ok(Err(format!("The knowledge base has nothing on {}.", values.join(", "))));
    }
    slots.sort_by_key(|slot| slot.dispensable);
    slots.truncate(MOST_SENTENCES);
    slots.sort_by_key(|slot| slot.place);

    let mut chosen: Vec<&Read<'_>> = Vec::new();
    let mut said = Vec::new();
    for slot in &slots {
        let query = retriever.embed_query(&slot.query(card))?.rows;
        let candidates = sentences
            .iter()
            .filter(|s| {
                is_about(s.passage, slot.line) && s.stands_alone() && !chosen.iter().any(|c| std::ptr::eq(*c, *s))
            })
            .filter(|s| slot.wish != Wish::Definition || s.names_its_title());
        let worth = |s: &Read<'_>| {
            // Maximal marginal relevance (Carbonell and Goldstein, 1998), with late interaction as the likeness of both kinds.
            let marginal = 0.7 * likeness(&query, &s.rows) - 0.3 * redundancy(s, &chosen);
            marginal + slot.fit(s) - if s.length() > LONG { 0.1 } else { 0.0 }
        };
        let best = candidates.map(|s| (worth(s), s)).max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, sentence)) = best else { continue };
        chosen.push(sentence);
        let first_of_value = slot.wish == Wish::Definition;
        let text = if first_of_value {
            linked(&of_the_work(slot.line), sentence.text(), passages)
        } else {
            sentence.text().to_owned()
        };
        said.push(Said {
            text,
            fragment: sentence.passage.id.clone(),
            span: sentence.span.clone(),
            hedge: slot.line.confidence.filter(|_| first_of_value).map(|_| slot.line.property.clone()),
        });
    }
    Ok(Ok(said))
}

/// A wish, its place in the order of reading, and how dispensable it is.
type Planned = (Wish, usize, usize);

/// The sentences that a card asks for.
fn slots(card: &[CardLine]) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    let plan: [(&str, usize, &[Planned]); 6] = [
        // Nothing tells more of a work than a page on this very work.
        ("title", 1, &[(Wish::Definition, 0, 0), (Wish::Subjects, 1, 1), (Wish::Marks, 2, 3), (Wish::Context, 9, 4)]),
        ("style", 1, &[(Wish::Definition, 0, 0), (Wish::Marks, 1, 1), (Wish::Subjects, 2, 4), (Wish::Context, 9, 8)]),
        ("genre", 1, &[(Wish::Definition, 3, 2), (Wish::Marks, 4, 9)]),
        ("tag", 2, &[(Wish::Definition, 5, 5), (Wish::Marks, 6, 11)]),
        ("media", 2, &[(Wish::Definition, 7, 6), (Wish::Marks, 8, 12)]),
        ("artist", 1, &[(Wish::Definition, 10, 3), (Wish::Marks, 11, 7), (Wish::Context, 12, 10)]),
    ];
    for (property, most, wishes) in plan {
        let mut lines: Vec<&CardLine> = card.iter().filter(|line| line.property == property).collect();
        if lines.iter().any(|line| line.confidence.is_none()) {
            lines.retain(|line| line.confidence.is_none());
        }
        lines.sort_by(|a, b| b.confidence.unwrap_or(2.0).total_cmp(&a.confidence.unwrap_or(2.0)));
        for (number, line) in lines.into_iter().take(most).enumerate() {
            // A second value is named once and not gone into.
            let wishes = if number == 0 { wishes } else { &wishes[..1] };
            slots.extend(wishes.iter().map(|&(wish, place, dispensable)| Slot {
                line,
                wish,
                place,
                dispensable: dispensable + number * 4,
            }));
        }
    }
    slots
}

/// Whether the passage belongs to the article on this value of the card, or to a page of a collection on it.
fn is_about(passage: &PassageText, line: &CardLine) -> bool {
    let Some((kind, _)) = passage.id.split_once('/') else {
        // Pages tell what they are about by their titles alone, some with a note in brackets that keeps namesakes apart.
        let title = passage.title.split(" (").next().unwrap_or_default();
        return fold(title) == fold(&line.value) || fold(&passage.title) == fold(&line.value);
    };
    let kinds: &[&str] = match line.property.as_str() {
        "style" => &["style"],
        "genre" => &["genre"],
        "media" => &["medium", "technique"],
        "artist" => &["artist"],
        "title" => &[],
        _ => &["theme", "genre", "term"],
    };
    kinds.contains(&kind) && fold(&passage.title) == fold(&line.value)
}

impl Slot<'_> {
    /// The wish in words, with the other values of the card, so that what fits this work is preferred.
    fn query(&self, card: &[CardLine]) -> String {
        let value = &self.line.value;
        let others = || {
            let other = card.iter().filter(|l| l.property != self.line.property && l.property != "artist");
            other.map(|l| l.value.as_str()).collect::<Vec<_>>().join(", ")
        };
        match self.wish {
            Wish::Subjects if self.line.property == "title" => {
                format!("What {value} shows: figures, setting, light and colours in the painting")
            }
            Wish::Marks if self.line.property == "title" => {
                format!("How {value} was made, its technique and composition")
            }
            Wish::Context if self.line.property == "title" => {
                format!("How {value} came about, what it means and what became of it")
            }
            Wish::Definition => format!("What {value} is"),
            Wish::Marks => format!("{value} is recognised by its colours, brushwork, light, line and composition"),
            Wish::Subjects => format!("{value} subjects, figures and settings: {}", others()),
            Wish::Context => format!("The importance, influence and key works of {value}"),
        }
    }

    /// What speaks for a sentence besides its likeness to the query: its place and its telling words.
    fn fit(&self, sentence: &Read<'_>) -> f32 {
        let cues: &[&str] = match self.wish {
            Wish::Definition => &[],
            Wish::Marks => &["recogni", "marked by", "characteris", "palette", "brush", "typical", "distinguish"],
            Wish::Subjects => &["subject", "scenes of", "depict", "portray", "favourite", "include"],
            Wish::Context => {
                &["key work", "famous", "best-known", "influence", "led to", "shaped", "set off", "considered"]
            }
        };
        let text = fold(sentence.text());
        let cue = if cues.iter().any(|cue| text.contains(cue)) { 0.08 } else { 0.0 };
        let opening = match self.wish {
            Wish::Definition if sentence.opening => 0.25,
            _ if sentence.opening => -0.1,
            _ => 0.0,
        };
        let named = if sentence.names_its_title() { 0.05 } else { 0.0 };
        cue + opening + named
    }
}
