//! Reading a question: what it leaves open, what kind of answer it wants, whether it asks after a fact of this very work.

use vitrine_inference::CardLine;
use vitrine_knowledge::{Entity, Kind, KnowledgeBase, is_common, words};

use crate::Exchange;

/// What a question wants to hear, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// "What is ...", "Who was ...".
    Definition,
    /// "Who ...".
    Person,
    /// "When ...".
    Time,
    /// "Where ...".
    Place,
    /// "How is ... made".
    Making,
    /// "How can I recognise ...", "What does ... look like".
    Marks,
    /// "Why ...".
    Reason,
    /// Anything else.
    Open,
}

/// A question with what it left open filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complete {
    /// The question; what it refers to is added in brackets.
    pub text: String,
    /// The values of the card that were added.
    pub taken_from_card: Vec<String>,
}

const PERSON_PRONOUNS: [&str; 6] = ["he", "she", "him", "his", "her", "hers"];
const THING_PRONOUNS: [&str; 5] = ["it", "its", "they", "them", "their"];
const POINTING: [&str; 4] = ["this", "that", "these", "the"];
const WORK_NOUNS: [&str; 12] = [
    "work", "painting", "picture", "print", "image", "scan", "drawing", "artwork", "canvas", "piece", "sheet",
    "portrait",
];
/// How a work comes about.
const MAKING: [&str; 6] = ["make", "made", "paint", "painted", "create", "created"];
/// What is in or about a work and in no general text: with "the" before it, this very work is meant.
const PARTS_OF_A_WORK: [&str; 20] = [
    "sitter",
    "figure",
    "figures",
    "man",
    "woman",
    "child",
    "girl",
    "boy",
    "person",
    "people",
    "couple",
    "owner",
    "signature",
    "frame",
    "provenance",
    "background",
    "foreground",
    "scene",
    "patron",
    "model",
];

/// Which noun of a question stands for which property of the card.
fn property_of(noun: &str) -> Option<&'static str> {
    Some(match noun {
        "style" | "movement" | "school" => "style",
        "genre" => "genre",
        "artist" | "painter" | "maker" | "printmaker" | "hand" => "artist",
        "medium" | "material" | "materials" | "technique" => "media",
        "subject" | "theme" | "story" => "tag",
        _ => return None,
    })
}

/// Fills in what `question` leaves open: from the card ("this style"), from what was spoken of last ("when did he die?").
pub(crate) fn complete(question: &str, card: &[CardLine], history: &[Exchange], knowledge: &KnowledgeBase) -> Complete {
    let named = knowledge.entities(question);
    // Where nothing was spoken of and nothing is named, "it" is what lies on the desk.
    let of_the_work = (history.is_empty() && named.is_empty()).then(|| on_the_work(question)).flatten();
    let question = of_the_work.as_deref().unwrap_or(question);
    let words: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let (mut added, mut taken_from_card) = (Vec::new(), Vec::new());
    for value in asked_of_the_card(&words, card) {
        added.push(value.clone());
        taken_from_card.push(value);
    }
    if added.is_empty() && !named.iter().any(|e| kind(knowledge, e) == Some(Kind::Artist)) && has(&PERSON_PRONOUNS) {
        match last_spoken_of(history, knowledge, Some(Kind::Artist)) {
            Some(title) => added.push(title),
            None => taken_from_card.extend(value_of(card, "artist")),
        }
        added.extend(taken_from_card.iter().cloned());
    }
    let leads_on = words.first().is_some_and(|w| matches!(w.as_str(), "and" | "but" | "so"))
        || words.iter().filter(|w| !is_common(w)).count() == 0;
    if added.is_empty()
        && named.is_empty()
        && (has(&THING_PRONOUNS) || leads_on)
        && let Some(title) = last_spoken_of(history, knowledge, None)
    {
        added.push(title);
    }
    // A question on this very work is a question on what its title names, where anything is told of that; so is one on "the artist" of whom the record says nothing.
    let of_the_desk = speaks_of_a_work(&words) || lacking_of_the_card(question, card).is_some();
    let title = value_of(card, "title").filter(|title| of_the_desk && knowledge.has_page_on(title));
    if let Some(title) = title.filter(|title| !question.contains(title.as_str())) {
        added.push(title.clone());
        taken_from_card.push(title);
    }
    let text = if added.is_empty() { question.to_owned() } else { format!("{question} ({})", added.join(", ")) };
    Complete { text, taken_from_card }
}

/// The question with "this work" for its first "it"; none where it has no "it".
fn on_the_work(question: &str) -> Option<String> {
    let (it, _) = words(question).into_iter().find(|(_, word)| word == "it")?;
    Some(format!("{}this work{}", &question[..it.start], &question[it.end..]))
}

/// The values of the card that a question asks for or leans on: "this style", "who painted it".
fn asked_of_the_card(words: &[String], card: &[CardLine]) -> Vec<String> {
    let mut properties = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let points = at > 0 && POINTING.contains(&words[at - 1].as_str());
        let which = words[..at].iter().any(|w| matches!(w.as_str(), "what" | "which")) && speaks_of_a_work(words);
        if let Some(property) = property_of(word).filter(|_| points || which) {
            properties.push(property);
        }
    }
    let maker = ["painted", "made", "drew", "printed", "created", "engraved"];
    if words.first().is_some_and(|w| w == "who")
        && words.get(1).is_some_and(|w| maker.contains(&w.as_str()))
        && speaks_of_a_work(words)
    {
        properties.push("artist");
    }
    properties.dedup();
    properties.into_iter().filter_map(|property| value_of(card, property)).collect()
}

/// What a question points at that the card has no value for, as in "the artist"; none where it points at nothing of the kind.
pub(crate) fn lacking_of_the_card<'a>(question: &'a str, card: &[CardLine]) -> Option<&'a str> {
    let words = words(question);
    words.windows(2).find_map(|pair| {
        let [(_, the), (span, noun)] = pair else { return None };
        let property = property_of(noun).filter(|_| POINTING.contains(&the.as_str()))?;
        card.iter().all(|line| line.property != property).then(|| &question[span.clone()])
    })
}

/// The accepted value of a property, or the likeliest suggestion.
fn value_of(card: &[CardLine], property: &str) -> Option<String> {
    card.iter()
        .filter(|line| line.property == property)
        .max_by(|a, b| a.confidence.unwrap_or(2.0).total_cmp(&b.confidence.unwrap_or(2.0)))
        .map(|line| line.value.clone())
}

fn kind(knowledge: &KnowledgeBase, entity: &Entity) -> Option<Kind> {
    knowledge.article_by_title_or_alias(&entity.title).map(|article| article.kind)
}

/// What the newest exchange spoke of: named in its question, or else first in its answer; then the one before.
fn last_spoken_of(history: &[Exchange], knowledge: &KnowledgeBase, wanted: Option<Kind>) -> Option<String> {
    let fits = |e: &Entity| wanted.is_none_or(|wanted| kind(knowledge, e) == Some(wanted));
    history.iter().rev().find_map(|exchange| {
        let asked = knowledge.entities(&exchange.question).into_iter().rfind(fits);
        asked.or_else(|| knowledge.entities(&exchange.answer).into_iter().find(fits)).map(|e| e.title)
    })
}

/// Whether the question points at something: "this style", "these colours".
pub(crate) fn points(question: &str) -> bool {
    words(question).iter().any(|(_, word)| matches!(word.as_str(), "this" | "that" | "these" | "those"))
}

/// Whether the words speak of the work that lies on the desk: "this painting", "the sitter", "who made it".
pub(crate) fn speaks_of_a_work(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map(String::as_str).unwrap_or_default();
        let pointed = POINTING.contains(&word.as_str());
        let part = pointed && PARTS_OF_A_WORK.contains(&next);
        let work = matches!(word.as_str(), "this" | "these" | "the" | "that") && WORK_NOUNS.contains(&next);
        let before = at.checked_sub(1).map(|before| words[before].as_str()).unwrap_or_default();
        let subject = matches!(before, "is" | "was" | "does" | "did" | "has") && property_of(next).is_none();
        let alone = word == "this" && (next.is_empty() || is_common(next) || subject);
        part || work || alone || word == "it" && at + 1 == words.len()
    })
}

/// Whether a word stands for the work itself or for its making, so that it tells nothing of what is asked.
pub(crate) fn is_of_the_work(word: &str) -> bool {
    WORK_NOUNS.contains(&word) || MAKING.contains(&word)
}

/// Whether the question asks after a fact of this very work that no general text can know: its date, owner, price, sitter.
pub(crate) fn asks_for_a_fact_of_the_work(question: &str) -> bool {
    let words: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
    let asks = words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map(String::as_str).unwrap_or_default();
        match word.as_str() {
            "who" | "whose" | "whom" | "when" | "where" => true,
            "how" => matches!(next, "much" | "old" | "big" | "large" | "high" | "wide"),
            other => matches!(
                other,
                "title"
                    | "date"
                    | "dated"
                    | "price"
                    | "value"
                    | "worth"
                    | "cost"
                    | "costs"
                    | "owner"
                    | "owns"
                    | "sitter"
                    | "name"
                    | "year"
            ),
        }
    });
    asks && speaks_of_a_work(&words)
}

/// The line of the card that a question on a fact of the work asks for: what a person stands by before what is suggested.
pub(crate) fn record_asked_for<'a>(question: &str, card: &'a [CardLine]) -> Option<&'a CardLine> {
    let words: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let properties: &[&str] = if says(&["title", "called", "name"]) {
        &["title"]
    } else if says(&["owns", "owner", "owned", "whose"]) {
        &["repository", "location", "credit-line", "provenance"]
    } else if says(&["big", "large", "high", "wide", "size", "dimensions"]) {
        &["dimensions"]
    } else if says(&["signed", "signature", "inscription", "inscribed"]) {
        &["inscriptions", "inscription"]
    } else if says(&["when", "date", "dated", "year", "old"]) {
        &["date"]
    } else if says(&["where"]) && says(&["is", "hangs", "hang", "kept", "now", "today"]) {
        &["repository", "location"]
    } else if says(&["who"]) && says(&["painted", "made", "drew", "printed", "created", "engraved"]) {
        &["artist"]
    } else {
        &[]
    };
    let of = |property: &&str| card.iter().filter(|line| line.property == *property).collect::<Vec<_>>();
    let surest = |a: &&CardLine, b: &&CardLine| a.confidence.unwrap_or(2.0).total_cmp(&b.confidence.unwrap_or(2.0));
    properties.iter().find_map(|property| of(property).into_iter().max_by(surest))
}

impl Wants {
    /// What `question` wants to hear.
    pub(crate) fn of(question: &str) -> Self {
        let words: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
        let has = |list: &[&str]| words.iter().any(|w| list.iter().any(|l| w.starts_with(l)));
        let begins = |list: &[&str]| words.iter().zip(list).filter(|(a, b)| a == b).count() == list.len();
        let asks = |word: &str| words.iter().any(|w| w == word);
        if has(&["recogni", "identif", "distinguish", "differ", "characteris", "hallmark", "marks"])
            || asks("tell") && has(&["from", "apart"])
            || asks("look") && asks("like")
        {
            Self::Marks
        } else if asks("when") || has(&["year", "century", "date", "period"]) {
            Self::Time
        } else if asks("where") || has(&["country", "city"]) {
            Self::Place
        } else if asks("why") {
            Self::Reason
        } else if asks("how") && has(&["made", "make", "done", "print", "work", "paint", "cast", "produce", "prepare"])
        {
            Self::Making
        } else if [
            &["what", "is"],
            &["what", "are"],
            &["what", "was"],
            &["who", "was"],
            &["who", "is"],
            &["who", "were"],
        ]
        .iter()
        .any(|start| begins(*start))
            || has(&["define", "definition", "meaning", "mean"])
        {
            Self::Definition
        } else if asks("who") || asks("whom") || has(&["which"]) && has(&["artist", "painter"]) {
            Self::Person
        } else {
            Self::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_work_where_nothing_else_was_spoken_of() {
        assert_eq!(on_the_work("Where was it painted?").as_deref(), Some("Where was this work painted?"));
        assert_eq!(on_the_work("It shows what?").as_deref(), Some("this work shows what?"));
        assert_eq!(on_the_work("What is its title?"), None);
    }

    #[test]
    fn knows_what_a_question_wants() {
        for (question, wants) in [
            ("What is impasto?", Wants::Definition),
            ("Who was Hokusai?", Wants::Definition),
            ("Who invented lithography?", Wants::Person),
            ("and when did he die?", Wants::Time),
            ("Where did Sisley work?", Wants::Place),
            ("How is a woodcut made?", Wants::Making),
            ("How can I recognise Pointillism?", Wants::Marks),
            ("How do I tell a drypoint from an etching?", Wants::Marks),
            ("Why do paintings crack?", Wants::Reason),
            ("Tell me about dots", Wants::Open),
        ] {
            assert_eq!(Wants::of(question), wants, "{question}");
        }
    }

    #[test]
    fn tells_a_fact_of_the_work_from_a_question_on_art() {
        for question in [
            "Who is the sitter?",
            "When was this painted?",
            "Who owns this picture today?",
            "How much is this painting worth?",
            "Where was it painted and who is the woman?",
            "What is the title of this work?",
        ] {
            assert!(asks_for_a_fact_of_the_work(question), "{question}");
        }
        for question in [
            "Who was Hokusai?",
            "What is impasto?",
            "How can I recognise this style?",
            "Where did Impressionism begin?",
            "What is the difference between etching and engraving?",
        ] {
            assert!(!asks_for_a_fact_of_the_work(question), "{question}");
        }
    }

    #[test]
    fn the_record_is_asked_for_its_own_facts() {
        let line = |property: &str, value: &str, confidence| CardLine {
            property: property.to_owned(),
            value: value.to_owned(),
            qualifier: None,
            confidence,
        };
        let card = [line("date", "1870s", Some(0.9)), line("date", "1888", None), line("location", "Room 4", None)];
        let value = |question| record_asked_for(question, &card).map(|line| line.value.as_str());
        assert_eq!(value("When was this painted?"), Some("1888"));
        assert_eq!(value("Where is this painting now?"), Some("Room 4"));
        assert_eq!(value("Who owns this picture?"), Some("Room 4"));
        assert_eq!(value("How big is it?"), None);
        assert_eq!(value("Who is the sitter?"), None);
    }

    #[test]
    fn takes_from_the_card_what_the_question_points_at() {
        let line = |property: &str, value: &str, confidence| CardLine {
            property: property.to_owned(),
            value: value.to_owned(),
            qualifier: None,
            confidence,
        };
        let card =
            [line("style", "Baroque", Some(0.3)), line("style", "Rococo", Some(0.7)), line("artist", "Watteau", None)];
        let asked = |question: &str| {
            let words: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
            asked_of_the_card(&words, &card)
        };
        assert_eq!(asked("How can I recognise this style?"), ["Rococo"]);
        assert_eq!(asked("Who painted this?"), ["Watteau"]);
        assert_eq!(asked("What style is this painting?"), ["Rococo"]);
        assert!(asked("Who painted Guernica?").is_empty());
        assert!(asked("What is style?").is_empty());
    }
}
