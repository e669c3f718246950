//! The few words of our own: what links a sentence of a passage to the work, and says how sure it is.

use vitrine_inference::{CardLine, Likelihood, PassageText};
use vitrine_knowledge::{is_common, words};

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
    let percent = (confidence.clamp(0.0, 1.0) * 100.0).round();
    let likelihood = Likelihood::of(confidence);
    let may = likelihood.verb();
    let only = if likelihood == Likelihood::Doubtful { "only " } else { "" };
    let (subject, is) = if line.property == "artist" { ("work".to_owned(), hand(line)) } else { (property, value) };
    format!("The {subject} {may} {is} (suggested with {only}{percent} % confidence)")
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
