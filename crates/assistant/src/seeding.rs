//! The searches that are made before anybody speaks: the question in its own words, rewritten as a sentence that would answer it, taken apart, and asked of the very work.
//!
//! The wording of a query decides what is found, so a question is asked in several wordings, and what they bring is fused by reciprocal rank.

use vitrine_inference::CardLine;
use vitrine_knowledge::{KnowledgeBase, SeedQuery, is_common, seed_queries, words};

use crate::question::{Complete, Wants};

/// What wordings besides the question's own count for in the fusion.
pub(crate) const REWRITTEN: f32 = 0.5;
const PART: f32 = 0.7;
/// Parts that a question is taken into at most.
const MOST_PARTS: usize = 4;
/// Words that begin a question of its own after "and".
const ASKING: [&str; 8] = ["who", "what", "when", "where", "why", "how", "which", "whose"];

/// The searches for a question about the work on `card`, most weighty first.
///
/// `of_the_work` are the lines of the card that the question speaks of: only they lead searches, or passages on the work's style would pass for
/// an answer to a question on something else.
pub(crate) fn searches(question: &Complete, of_the_work: &[CardLine], knowledge: &KnowledgeBase) -> Vec<SeedQuery> {
    let mut seeds = seed_queries(Some(&question.text), of_the_work);
    let mut further: Vec<SeedQuery> = Vec::new();
    if let Some(title) = of_the_work.iter().find(|line| line.property == "title").map(|line| &line.value) {
        // Of the pages on the very work, those parts that answer come first.
        further.push(seed(format!("{title}: {}", telling(&question.text).join(" ")), 1.0, Some(title)));
    }
    let parts = parts(&question.text, knowledge);
    further.extend(parts.into_iter().map(|text| seed(text, PART, None)));
    for one in further {
        if seeds.iter().all(|known| known.text != one.text) {
            seeds.push(one);
        }
    }
    seeds
}

fn seed(text: String, weight: f32, value: Option<&str>) -> SeedQuery {
    SeedQuery { text, weight, property: None, value: value.map(str::to_owned) }
}

/// The telling words of a question, as they stand in it.
fn telling(question: &str) -> Vec<&str> {
    words(question).into_iter().filter(|(_, word)| !is_common(word)).map(|(span, _)| &question[span]).collect()
}

/// The question as the beginning of a sentence that would answer it; none where the kind of question suggests none.
///
/// It puts what was found in a better order, and brings nothing itself: its words about painters, years and museums come near to passages on any question.
pub(crate) fn rewritten(question: &str) -> Option<String> {
    let told = telling(question).join(" ");
    if told.is_empty() {
        return None;
    }
    Some(match Wants::of(question) {
        Wants::Definition => format!("{told} is"),
        Wants::Person => format!("{told} by the artist, the painter"),
        Wants::Time => format!("{told} in the year, date, century"),
        Wants::Place => format!("{told} in the city, museum, country"),
        Wants::Making => format!("{told} is made by, the material, tool and steps"),
        Wants::Marks => format!("{told} is recognised by, characterised by"),
        Wants::Reason => format!("{told} because of"),
        Wants::Open => return None,
    })
}

/// The parts of a question that asks several things, each with what it is about: a search for each thing that it names, and for each question that "and" joins.
fn parts(question: &str, knowledge: &KnowledgeBase) -> Vec<String> {
    let entities = knowledge.entities(question);
    let mut found: Vec<String> = Vec::new();
    if entities.len() > 1 {
        let named =
            |span: &std::ops::Range<usize>| entities.iter().any(|e| e.span.start < span.end && span.start < e.span.end);
        let rest: Vec<&str> = words(question)
            .into_iter()
            .filter(|(span, word)| !is_common(word) && !named(span))
            .map(|(span, _)| &question[span])
            .collect();
        for entity in &entities {
            found.push(format!("{} {}", entity.title, rest.join(" ")).trim().to_owned());
        }
    }
    let clauses = clauses(question);
    if clauses.len() > 1 {
        let subject = entities.first().map(|entity| entity.title.clone());
        for clause in clauses {
            // "… and when did it end?" is about what the question named before.
            let names = !knowledge.entities(clause).is_empty();
            let about = subject.as_ref().filter(|_| !names).map_or_else(String::new, |title| format!(" ({title})"));
            found.push(format!("{clause}{about}"));
        }
    }
    found.dedup();
    found.truncate(MOST_PARTS);
    found
}

/// The questions that a question joins by "and", or by full stops and question marks.
fn clauses(question: &str) -> Vec<&str> {
    let words = words(question);
    let mut cuts = vec![0];
    for pair in words.windows(2) {
        let [(first, and), (second, next)] = pair else { continue };
        let asked = ASKING.contains(&next.as_str());
        let between = &question[first.end..second.start];
        if and == "and" && asked {
            cuts.push(first.start);
        } else if asked && between.contains(['?', '.', ';']) {
            cuts.push(second.start);
        }
    }
    cuts.push(question.len());
    let clause = |cut: &[usize]| {
        let text = question[cut[0]..cut[1]].trim();
        text.strip_prefix("and ").unwrap_or(text).trim_matches([' ', ',', '?', '.', ';'])
    };
    cuts.windows(2).map(clause).filter(|clause| !telling(clause).is_empty() || clause.len() > 8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_rewritten_as_what_would_answer_it() {
        let rewrite = |question| rewritten(question);
        assert_eq!(rewrite("When did the Rococo flourish?").unwrap(), "Rococo flourish in the year, date, century");
        assert_eq!(rewrite("What is impasto?").unwrap(), "impasto is");
        assert_eq!(rewrite("Tell me more about dots"), None);
        assert_eq!(rewrite("Why?"), None);
    }

    #[test]
    fn questions_that_are_joined_are_taken_apart() {
        assert_eq!(
            clauses("Who invented lithography and when did it reach Paris?"),
            ["Who invented lithography", "when did it reach Paris"]
        );
        assert_eq!(clauses("Who was Sisley? Where did he die?"), ["Who was Sisley", "Where did he die"]);
        assert_eq!(clauses("Did Monet and Renoir paint together?"), ["Did Monet and Renoir paint together"]);
        assert_eq!(clauses(""), Vec::<&str>::new());
    }
}
