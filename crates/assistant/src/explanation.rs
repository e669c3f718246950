//! What is written about a work in chosen sentences: what its record says or suggests, and what the passages say about that, in the order that the prompt plans.

use vitrine_inference::{CardLine, InferenceError, PassageText, Retriever};
use vitrine_knowledge::fold;

use crate::explainer::{Said, Speech};
use crate::prompts::{Planned, Prompt, PromptKind, Tells};
use crate::reading::{Read, likeness, read, redundancy};
use crate::wording::{self, linked, of_the_work};

/// Longer sentences are hard to read in a row of others.
const LONG: usize = 45;
/// Values of these properties that are spoken of; of others one.
const SEVERAL: [(&str, usize); 3] = [("tag", 2), ("media", 2), ("subject", 2)];
/// How much more dispensable a second value is.
const SECOND: usize = 4;

/// A sentence that is wished for.
struct Slot<'a> {
    about: About<'a>,
    tells: Tells,
    spare: usize,
}

/// What a sentence is about.
#[derive(Clone, Copy)]
enum About<'a> {
    /// A value of the card.
    Line(&'a CardLine),
    /// The record itself.
    Record,
}

/// Writes what `prompt` plans about the work on `card`, in at most `most` sentences of the `passages`.
pub(crate) fn explain(
    prompt: &Prompt,
    most: usize,
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
    let mut slots: Vec<(usize, Slot<'_>)> = slots(&prompt.plan, card).into_iter().enumerate().collect();
    slots.retain(|(_, slot)| match slot.about {
        About::Line(line) => sentences.iter().any(|s| is_about(s.passage, line)),
        About::Record => wording::of_the_record(slot.tells, card).is_some(),
    });
    slots.sort_by_key(|(_, slot)| slot.spare);

    // The least dispensable first, as long as there is room; then all in the order of reading.
    let mut chosen: Vec<&Read<'_>> = Vec::new();
    let mut said: Vec<(usize, Said)> = Vec::new();
    for (place, slot) in &slots {
        if said.len() >= most.max(1) {
            break;
        }
        let line = match slot.about {
            About::Line(line) => line,
            About::Record => {
                if let Some((text, hedge)) = wording::of_the_record(slot.tells, card) {
                    said.push((*place, Said { text, source: None, hedge }));
                }
                continue;
            }
        };
        let query = retriever.embed_query(&asked_of(slot.tells, line, card))?.rows;
        let candidates = sentences
            .iter()
            .filter(|s| is_about(s.passage, line) && s.stands_alone() && !chosen.iter().any(|c| std::ptr::eq(*c, *s)))
            .filter(|s| slot.tells != Tells::Definition || s.names_its_title())
            .filter(|s| !slot.needs_cue(line) || slot.has_cue(s));
        let worth = |s: &Read<'_>| {
            // Maximal marginal relevance (Carbonell and Goldstein, 1998), with late interaction as the likeness of both kinds.
            let marginal = 0.7 * likeness(&query, &s.rows) - 0.3 * redundancy(s, &chosen);
            marginal + slot.fit(s) - if s.length() > LONG { 0.1 } else { 0.0 }
        };
        let best = candidates.map(|s| (worth(s), s)).max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, sentence)) = best else { continue };
        chosen.push(sentence);
        let links = slot.tells == Tells::Definition;
        let text =
            if links { linked(&of_the_work(line), sentence.text(), passages) } else { sentence.text().to_owned() };
        let hedge = line.confidence.filter(|_| links).map(|_| line.property.clone());
        said.push((*place, Said { text, source: Some(sentence.place()), hedge }));
    }
    if said.is_empty() {
        let values: Vec<&str> = card.iter().map(|line| line.value.as_str()).collect();
        return Ok(Err(match prompt.kind {
            PromptKind::Section => format!("No passage on {} tells anything of this.", values.join(", ")),
            _ => format!("The knowledge base has nothing on {}.", values.join(", ")),
        }));
    }
    said.sort_by_key(|(place, _)| *place);
    Ok(Ok(said.into_iter().map(|(_, said)| said).collect()))
}

/// The sentences that a plan asks for of a card.
fn slots<'a>(plan: &[Planned], card: &'a [CardLine]) -> Vec<Slot<'a>> {
    let mut slots = Vec::new();
    for Planned { of, tells, spare } in plan {
        if of == "record" {
            slots.push(Slot { about: About::Record, tells: *tells, spare: *spare });
            continue;
        }
        let mut lines: Vec<&CardLine> = card.iter().filter(|line| line.property == *of).collect();
        if lines.iter().any(|line| line.confidence.is_none()) {
            lines.retain(|line| line.confidence.is_none());
        }
        lines.sort_by(|a, b| b.confidence.unwrap_or(2.0).total_cmp(&a.confidence.unwrap_or(2.0)));
        let most = SEVERAL.iter().find(|(property, _)| property == of).map_or(1, |(_, most)| *most);
        // A second value is named once and not gone into.
        let named = if *tells == Tells::Definition { most } else { 1 };
        slots.extend(lines.into_iter().take(named).enumerate().map(|(number, line)| Slot {
            about: About::Line(line),
            tells: *tells,
            spare: spare + number * SECOND,
        }));
    }
    slots
}

/// Whether the passage belongs to the article on this value of the card, or to a page of a collection on it.
pub(crate) fn is_about(passage: &PassageText, line: &CardLine) -> bool {
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

/// The wish in words, with the other values of the card, so that what fits this work is preferred.
pub(crate) fn asked_of(tells: Tells, line: &CardLine, card: &[CardLine]) -> String {
    let value = &line.value;
    let others = || {
        let other = card.iter().filter(|l| l.property != line.property && l.property != "artist");
        other.map(|l| l.value.as_str()).collect::<Vec<_>>().join(", ")
    };
    let of_a_work = line.property == "title";
    match tells {
        Tells::Subjects if of_a_work => {
            format!("What {value} shows: figures, setting, light and colours in the painting")
        }
        Tells::Marks if of_a_work => format!("How {value} was made, its technique and composition"),
        Tells::Context if of_a_work => {
            format!("How {value} came about, what it means and what became of it")
        }
        Tells::Composition if of_a_work => {
            format!("The composition of {value}: foreground, background, figures at the centre, light and colour")
        }
        Tells::Composition => format!("The composition, space, line, light and colour of {value}"),
        Tells::Meaning => format!("What {value} means, what its figures and signs stand for"),
        Tells::Technique => format!("The technique, material, paint, layers and tools of {value}"),
        Tells::Provenance => format!("Who owned {value}, its sales, gifts, exhibitions and where it is kept"),
        Tells::Marks => format!("{value} is recognised by its colours, brushwork, light, line and composition"),
        Tells::Subjects => format!("{value} subjects, figures and settings: {}", others()),
        Tells::Context => format!("The importance, influence and key works of {value}"),
        Tells::Definition | Tells::Label | Tells::Alt | Tells::Inscriptions => format!("What {value} is"),
    }
}

impl Slot<'_> {
    /// Words of which a sentence that tells this has at least one, as a rule.
    fn cues(&self) -> &'static [&'static str] {
        match self.tells {
            Tells::Definition | Tells::Label | Tells::Alt | Tells::Inscriptions => &[],
            Tells::Marks => &["recogni", "marked by", "characteris", "palette", "brush", "typical", "distinguish"],
            Tells::Subjects => &[
                "subject",
                "scenes of",
                "depict",
                "portray",
                "favourite",
                "include",
                "shows",
                "shown",
                "represents",
                "sit",
                "stand",
                "wear",
                "hold",
                "background",
                "foreground",
            ],
            Tells::Context => &[
                "key work",
                "famous",
                "best-known",
                "influence",
                "led to",
                "shaped",
                "set off",
                "considered",
                "commission",
                "painted in",
                "exhibited",
                "inspired",
                "during",
                "critic",
                "wrote",
                "years",
            ],
            Tells::Composition => &[
                "compos",
                "foreground",
                "background",
                "centre",
                "center",
                "left",
                "right",
                "diagonal",
                "horizon",
                "light",
                "colour",
                "color",
                "line",
                "space",
                "perspective",
                "balance",
                "arrang",
                "vertical",
                "shadow",
                "contrast",
            ],
            Tells::Meaning => &[
                "symbol",
                "allegor",
                "represent",
                "meaning",
                "stand for",
                "stands for",
                "attribute",
                "emblem",
                "refer",
                "allud",
                "myth",
                "bibl",
                "vanit",
                "moral",
                "interpret",
                "story",
                "saint",
            ],
            Tells::Technique => &[
                "oil on",
                "oil paint",
                "tempera",
                "fresco",
                "watercolo",
                "canvas",
                "panel",
                "brush",
                "glaze",
                "pigment",
                "technique",
                "layer",
                "impasto",
                "copper",
                "paper",
                "plate",
                "block",
                "ink",
                "varnish",
                "ground of",
                "underdraw",
                "medium",
                "applied",
            ],
            Tells::Provenance => &[
                "bought",
                "sold",
                "owned",
                "owner",
                "collection",
                "museum",
                "gallery",
                "acquired",
                "bequea",
                "hangs",
                "auction",
                "donat",
                "purchas",
                "stolen",
                "sale",
                "inherit",
                "kept",
                "on display",
                "belonged",
                "given to",
                "gift",
            ],
        }
    }

    fn has_cue(&self, sentence: &Read<'_>) -> bool {
        // Cues are the beginnings of words: "light" is none in "delight".
        let text = format!(" {}", fold(sentence.text()));
        self.cues().iter().any(|cue| text.contains(&format!(" {cue}")))
    }

    /// Whether a sentence without a cue is no use: on these things a passage tells something or nothing.
    fn needs_cue(&self, line: &CardLine) -> bool {
        match self.tells {
            Tells::Composition | Tells::Meaning | Tells::Technique | Tells::Provenance => true,
            Tells::Subjects => line.property == "title",
            _ => false,
        }
    }

    /// What speaks for a sentence besides its likeness to the query: its place and its telling words.
    fn fit(&self, sentence: &Read<'_>) -> f32 {
        let cue = if self.has_cue(sentence) { 0.08 } else { 0.0 };
        let opening = match self.tells {
            Tells::Definition if sentence.opening => 0.25,
            _ if sentence.opening => -0.1,
            _ => 0.0,
        };
        let named = if sentence.names_its_title() { 0.05 } else { 0.0 };
        cue + opening + named
    }
}
