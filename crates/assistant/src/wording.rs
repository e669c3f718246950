//! The few words of our own: what links a sentence of a passage to the work, and says how sure it is.

use vitrine_inference::{CardLine, Likelihood, PassageText};
use vitrine_knowledge::{fold, is_common, words};

use crate::prompts::Tells;

/// "The style may be Rococo (suggested with 71 % confidence)", or "The style is accepted as Rococo".
pub(crate) fn of_the_work(line: &CardLine) -> String {
    let property = property(&line.property);
    let value = value(line);
    let Some(confidence) = line.confidence else {
        return match line.property.as_str() {
            "artist" => format!("The work is accepted as {}", hand(line)),
            _ => format!("The {property} is accepted as {value}"),
        };
    };
    let percent = percent(confidence);
    let likelihood = Likelihood::of(confidence);
    let may = likelihood.verb();
    let only = if likelihood == Likelihood::Doubtful { "only " } else { "" };
    let (subject, is) = if line.property == "artist" { ("work".to_owned(), hand(line)) } else { (property, value) };
    format!("The {subject} {may} {is} (suggested with {only}{percent} % confidence)")
}

/// The same of a value that two works share, or of their two values.
pub(crate) fn of_two(first: &CardLine, second: &CardLine) -> String {
    let name = property(&first.property);
    let sure = |line: &CardLine| match line.confidence {
        None => "accepted".to_owned(),
        Some(confidence) => format!("suggested with {} % confidence", percent(confidence)),
    };
    let said = |line: &CardLine| match &line.qualifier {
        Some(qualifier) => format!("{qualifier} {}", value(line)),
        None => value(line),
    };
    let verb = |line: &CardLine| line.confidence.map_or("is", |confidence| Likelihood::of(confidence).verb());
    if fold(&first.value) == fold(&second.value) && first.qualifier == second.qualifier {
        let doubtful = if first.confidence.unwrap_or(2.0) < second.confidence.unwrap_or(2.0) { first } else { second };
        return format!(
            "The {name} of both works {} {} (the first {}, the second {})",
            verb(doubtful),
            said(first),
            sure(first),
            sure(second)
        );
    }
    format!(
        "The {name} of the first work {} {} ({}), that of the second {} {} ({})",
        verb(first),
        said(first),
        sure(first),
        verb(second),
        said(second),
        sure(second)
    )
}

/// A sentence of the record itself, and the first property in it that is only suggested; none where the record has nothing to say.
pub(crate) fn of_the_record(tells: Tells, card: &[CardLine]) -> Option<(String, Option<String>)> {
    let lines: Vec<&CardLine> = match tells {
        Tells::Label => return label(card),
        Tells::Alt => return alt(card),
        Tells::Inscriptions => of_properties(card, &["inscriptions", "inscription"]),
        Tells::Provenance => of_properties(card, &["provenance", "credit-line", "credit", "repository", "location"]),
        _ => return None,
    };
    let hedge = lines.iter().find(|line| line.confidence.is_some()).map(|line| line.property.clone());
    let said: Vec<String> =
        lines.into_iter().map(|line| format!("{}.", of_the_work(line).trim_end_matches('.'))).collect();
    (!said.is_empty()).then(|| (said.join(" "), hedge))
}

/// What a person stands by of these properties, in their order; where there is nothing, what is suggested.
fn of_properties<'a>(card: &'a [CardLine], properties: &[&str]) -> Vec<&'a CardLine> {
    let of = |property: &&str| -> Vec<&'a CardLine> { card.iter().filter(|line| line.property == *property).collect() };
    let all: Vec<&CardLine> = properties.iter().flat_map(of).collect();
    let accepted: Vec<&CardLine> = all.iter().copied().filter(|line| line.confidence.is_none()).collect();
    if accepted.is_empty() { all.into_iter().take(1).collect() } else { accepted }
}

/// The lines that open a label: title, maker and date, material and size, with what is only suggested marked as such.
fn label(card: &[CardLine]) -> Option<(String, Option<String>)> {
    let mut hedge = None;
    let mut said = |property: &str, words: &dyn Fn(&CardLine) -> String| -> Option<String> {
        let line = *of_properties(card, &[property]).first()?;
        let text = words(line);
        Some(match line.confidence {
            None => text,
            Some(confidence) => {
                hedge.get_or_insert_with(|| line.property.clone());
                format!("perhaps {text} (suggested with {} % confidence)", percent(confidence))
            }
        })
    };
    let plain = |line: &CardLine| line.value.clone();
    let title = said("title", &plain);
    let made = [said("artist", &hand), said("date", &plain)];
    let of = [said("media", &value), said("dimensions", &plain)];
    let joined = |parts: [Option<String>; 2]| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| upper_first(&parts.join(", ")))
    };
    let lines: Vec<String> = [title, joined(made), joined(of)].into_iter().flatten().collect();
    (!lines.is_empty()).then(|| (format!("{}.", lines.join(". ")), hedge))
}

/// What is shown, for somebody who cannot see it: the genre with its subjects.
fn alt(card: &[CardLine]) -> Option<(String, Option<String>)> {
    let what = of_properties(card, &["genre", "object-type"]).first().copied();
    let shown: Vec<&CardLine> = of_properties(card, &["tag", "subject"]).into_iter().take(3).collect();
    if what.is_none() && shown.is_empty() {
        return None;
    }
    let names: Vec<String> = shown.iter().map(|line| lower_first(&line.value)).collect();
    let named = match &names[..] {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    };
    let what_is = what.map(|line| line.value.clone());
    let text = match (what_is, named.is_empty()) {
        (Some(what), true) => upper_first(&what),
        (Some(what), false) => format!("{} with {named}", upper_first(&what)),
        (None, _) => upper_first(&named),
    };
    let hedge = what.into_iter().chain(shown).find(|line| line.confidence.is_some()).map(|line| line.property.clone());
    let unsure = if hedge.is_some() { " (as suggested, not yet accepted)" } else { "" };
    Some((format!("{text}{unsure}."), hedge))
}

fn percent(confidence: f32) -> f32 {
    (confidence.clamp(0.0, 1.0) * 100.0).round()
}

/// Whose hand it is, as far as the qualifier lets one say.
fn hand(line: &CardLine) -> String {
    match line.qualifier.as_deref() {
        None => format!("by {}", line.value),
        Some("style of") => format!("in the style of {}", line.value),
        Some(qualifier) => format!("{qualifier} {}", line.value),
    }
}

fn property(property: &str) -> String {
    match property {
        "media" => "medium".to_owned(),
        "tag" => "subject".to_owned(),
        other => other.to_owned(),
    }
}

/// Names of genres and materials are common nouns inside a sentence.
fn value(line: &CardLine) -> String {
    match line.property.as_str() {
        "genre" | "media" => lower_first(&line.value),
        _ => line.value.clone(),
    }
}

/// `link; sentence`, the sentence without its capital; or `link: Sentence` where its first word may be a name.
pub(crate) fn linked(link: &str, sentence: &str, passages: &[&PassageText]) -> String {
    let Some((span, folded)) = words(sentence).into_iter().next() else { return link.to_owned() };
    let first = &sentence[span];
    let small = lower_first(first);
    let written_small = |p: &&PassageText| words(&p.text).into_iter().any(|(at, _)| p.text[at] == *small);
    let in_title = |p: &&PassageText| words(&p.title).into_iter().any(|(at, _)| p.title[at] == *first);
    if is_common(&folded) || passages.iter().any(written_small) {
        format!("{link}; {}", lower_first(sentence))
    } else if passages.iter().any(in_title) {
        format!("{link}; {sentence}")
    } else {
        format!("{link}: {sentence}")
    }
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What a question is about, for saying that there is nothing on it: from its first telling word to its last.
pub(crate) fn topic(question: &str) -> String {
    let told: Vec<_> = words(question).into_iter().filter(|(_, word)| !is_common(word)).collect();
    match (told.first(), told.last()) {
        (Some((first, _)), Some((last, _))) => question[first.start..last.end].to_owned(),
        _ => question.trim_end_matches(['?', ' ']).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(property: &str, value: &str, confidence: Option<f32>) -> CardLine {
        CardLine { property: property.to_owned(), value: value.to_owned(), qualifier: None, confidence }
    }

    #[test]
    fn says_how_sure_it_is() {
        assert_eq!(
            of_the_work(&line("style", "Rococo", Some(0.714))),
            "The style may be Rococo (suggested with 71 % confidence)"
        );
        assert_eq!(
            of_the_work(&line("genre", "Portrait", Some(0.2))),
            "The genre might be portrait (suggested with only 20 % confidence)"
        );
        assert_eq!(
            of_the_work(&line("artist", "Antoine Watteau", Some(0.9))),
            "The work may well be by Antoine Watteau (suggested with 90 % confidence)"
        );
        let manner = CardLine { qualifier: Some("style of".to_owned()), ..line("artist", "Watteau", Some(0.5)) };
        assert_eq!(of_the_work(&manner), "The work may be in the style of Watteau (suggested with 50 % confidence)");
        let pupil = CardLine { qualifier: Some("workshop of".to_owned()), ..line("artist", "Watteau", None) };
        assert_eq!(of_the_work(&pupil), "The work is accepted as workshop of Watteau");
        assert_eq!(of_the_work(&line("style", "Rococo", None)), "The style is accepted as Rococo");
        assert_eq!(of_the_work(&line("artist", "Watteau", None)), "The work is accepted as by Watteau");
    }

    #[test]
    fn the_record_speaks_for_itself_and_hedges_what_is_suggested() {
        let card = [
            line("title", "The Heron Pool", None),
            line("artist", "Ada Winterbourne", Some(0.7)),
            line("date", "1888", None),
            line("media", "Oil on canvas", None),
            line("genre", "Landscape", None),
            line("tag", "Heron", None),
            line("tag", "Pond", None),
            line("provenance", "Mill owner's dining room", None),
        ];
        let (label, hedge) = of_the_record(Tells::Label, &card).unwrap();
        assert_eq!(
            label,
            "The Heron Pool. Perhaps by Ada Winterbourne (suggested with 70 % confidence), 1888. Oil on canvas."
        );
        assert_eq!(hedge.as_deref(), Some("artist"));
        assert_eq!(of_the_record(Tells::Alt, &card).unwrap(), ("Landscape with heron and pond.".to_owned(), None));
        let (provenance, _) = of_the_record(Tells::Provenance, &card).unwrap();
        assert_eq!(provenance, "The provenance is accepted as Mill owner's dining room.");
        assert_eq!(of_the_record(Tells::Alt, &card[..4]), None);
        let guess = [line("genre", "Portrait", Some(0.5))];
        let (alt, hedge) = of_the_record(Tells::Alt, &guess).unwrap();
        assert_eq!(alt, "Portrait (as suggested, not yet accepted).");
        assert_eq!(hedge.as_deref(), Some("genre"));
    }

    #[test]
    fn two_works_share_a_value_or_part() {
        let (rococo, faint) = (line("style", "Rococo", None), line("style", "Rococo", Some(0.4)));
        assert_eq!(
            of_two(&rococo, &faint),
            "The style of both works may be Rococo (the first accepted, the second suggested with 40 % confidence)"
        );
        assert_eq!(
            of_two(&line("artist", "Watteau", None), &line("artist", "Lancret", None)),
            "The artist of the first work is Watteau (accepted), that of the second is Lancret (accepted)"
        );
    }

    #[test]
    fn a_name_keeps_its_capital() {
        let passage = PassageText {
            id: "genre/portrait#1".to_owned(),
            title: "Portrait".to_owned(),
            text: "Rococo painters liked pastel. Pastel suits a portrait.".to_owned(),
            relevance: 1.0,
        };
        let passages = [&passage];
        assert_eq!(linked("A", "Portrait is old.", &passages), "A; portrait is old.");
        assert_eq!(linked("A", "Watteau was light.", &passages), "A: Watteau was light.");
        assert_eq!(linked("A", "Pastel is dry.", &passages), "A; pastel is dry.");
        assert_eq!(linked("A", "The Rococo is light.", &passages), "A; the Rococo is light.");
    }

    #[test]
    fn names_what_there_is_nothing_on() {
        assert_eq!(topic("What is the capital of Mongolia?"), "capital of Mongolia");
        assert_eq!(topic("Why?"), "Why");
    }
}
