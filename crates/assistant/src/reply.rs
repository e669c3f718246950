//! The answer to a question: the sentences of the passages that come nearest to it.

use std::ops::Range;

use vitrine_inference::{CardLine, InferenceError, PassageText, Retriever};
use vitrine_knowledge::{fold, is_common, words};

use crate::demands::Demands;
use crate::explainer::{Said, Speech};
use crate::question::{
    Wants, asks_for_a_fact_of_the_work, is_of_the_work, lacking_of_the_card, points, record_asked_for,
};
use crate::reading::{Read, likeness, read, redundancy, telling_rows};
use crate::wording::{linked, of_the_work, topic};

/// A sentence this much further from the question than the best one adds nothing to the answer.
const FURTHER: f32 = 0.15;
/// So many letters of a word are compared, so that "printed" meets "printing".
const STEM: usize = 5;

/// Answers `question` about the work on `card` from its record, and in sentences of the `passages`: `most` of them, one more where it compares, one fewer where
/// it asks for a date or a place.
pub(crate) fn reply(
    question: &str,
    most: usize,
    card: &[CardLine],
    passages: &[&PassageText],
    retriever: &dyn Retriever,
) -> Result<Speech, InferenceError> {
    let (asked, added) = parts(question);
    let named = named_titles(question, passages);
    let mut said = Vec::new();
    if asks_for_a_fact_of_the_work(asked) {
        said.extend(record_asked_for(asked, card).map(|line| Said {
            text: format!("{}.", of_the_work(line).trim_end_matches('.')),
            source: None,
            hedge: line.confidence.map(|_| line.property.clone()),
        }));
        if named.is_empty() && said.is_empty() {
            return Ok(Err(
                "The record of this work does not say that, and the knowledge base speaks of art in general, \
                not of this work."
                    .to_owned(),
            ));
        }
        if named.is_empty() {
            return Ok(Ok(said));
        }
    }
    if let Some(lacking) = lacking_of_the_card(asked, card).filter(|_| named.is_empty() && said.is_empty()) {
        return Ok(Err(format!("The record of this work does not say anything of the {lacking} yet.")));
    }
    let silent = |said: Vec<Said>, reason: String| Ok(if said.is_empty() { Err(reason) } else { Ok(said) });
    // A passage on what the question names answers it before others do.
    let about: Vec<&PassageText> = if named.is_empty() {
        passages.to_vec()
    } else {
        passages.iter().filter(|p| named.contains(&p.title.as_str())).copied().collect()
    };
    if about.is_empty() {
        return Ok(Err(format!("The knowledge base has nothing on “{}”.", topic(question))));
    }
    let sentences = read(&about, retriever)?;
    // Once the article is settled its name tells nothing more: every sentence of it is about that.
    let settled: Vec<String> = named.iter().flat_map(|title| words(title)).map(|(_, word)| word).collect();
    let is_settled = |word: &str| settled.iter().any(|s| same_noun(word, s));
    let whole = telling_rows(question, retriever, &|_| true)?;
    let rest = telling_rows(question, retriever, &|word| !is_settled(word))?;
    let stems: Vec<String> = words(asked)
        .into_iter()
        .filter(|(_, word)| !is_common(word) && !is_settled(word))
        .map(|(_, word)| word.chars().take(STEM).collect())
        .collect();
    let wants = Wants::of(asked);
    let near = |s: &Read<'_>| {
        let literal = stems.iter().filter(|stem| says_word(s.text(), stem)).count() as f32;
        0.5 * likeness(&whole, &s.rows) + 0.5 * likeness(&rest, &s.rows) + 0.1 * literal / stems.len().max(1) as f32
    };
    // Some sentence of the work's own page is always near to a question on the work: it has to speak of all that is asked.
    let own_page =
        card.iter().any(|line| line.property == "title" && named.iter().any(|named| names(named, &line.value)));
    let demands = own_page.then(|| Demands::of(asked, &is_settled, retriever)).transpose()?;
    let mut open: Vec<(f32, &Read<'_>)> = sentences
        .iter()
        .filter(|s| s.stands_alone() && wants.may_be_answered_by(s))
        .filter(|s| demands.as_ref().is_none_or(|demands| demands.are_met_by(s)))
        .map(|s| (near(s) + wants.fit(s) - 0.02 * s.rank as f32, s))
        .collect();
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(best, _)) = open.first() else {
        return silent(
            said,
            match named.first() {
                Some(title) => format!("The passages on “{title}” do not say that."),
                None => format!("The knowledge base has nothing on “{}”.", topic(question)),
            },
        );
    };

    let compares = named.len() == 2;
    let mut chosen: Vec<&Read<'_>> = Vec::new();
    if compares {
        // Both sides get their best sentence, whichever the question comes nearer to.
        chosen.extend(named.iter().filter_map(|n| open.iter().find(|(_, s)| s.passage.title == *n).map(|(_, s)| *s)));
    }
    let single_fact = matches!(wants, Wants::Time | Wants::Place) && most > 1;
    let most = (most + usize::from(compares) - usize::from(single_fact)).saturating_sub(said.len()).max(1);
    while chosen.len() < most {
        let marginal = |&&(worth, s): &&(f32, &Read<'_>)| worth - 0.25 * redundancy(s, &chosen);
        let next = open
            .iter()
            .filter(|(worth, s)| *worth >= best - FURTHER && !chosen.iter().any(|c| std::ptr::eq(*c, *s)))
            .max_by(|a, b| marginal(a).total_cmp(&marginal(b)));
        let Some((_, next)) = next else { break };
        chosen.push(next);
    }
    // The best sentence opens; what else its article says follows in the order of the article, then the other articles.
    let lead: Vec<&str> = chosen.iter().map(|s| s.passage.title.as_str()).collect();
    let mut rest = chosen.split_off(1.min(chosen.len()));
    rest.sort_by_key(|s| (lead.iter().position(|title| *title == s.passage.title), &s.passage.id, s.span.start));
    chosen.append(&mut rest);

    let leaned_on = card.iter().filter(|line| added.is_some_and(|a| fold(a).contains(&fold(&line.value))));
    // An accepted value that a follow-up leans on was said before, and the work's title is known to whoever asks about it; a suggested one stays a suggestion.
    let is_news = |line: &&CardLine| line.confidence.is_some() || line.property != "title" && points(asked);
    let mut link: Vec<&CardLine> =
        leaned_on.filter(|line| named.contains(&line.value.as_str()) && is_news(line)).collect();
    for sentence in chosen {
        // What was taken from the card is said where the answer first speaks of it.
        let at = link.iter().position(|line| line.value == sentence.passage.title);
        let line = at.map(|at| link.remove(at));
        let text = match line {
            Some(line) => linked(&of_the_work(line), sentence.text(), passages),
            None => sentence.text().to_owned(),
        };
        let hedge = line.filter(|line| line.confidence.is_some()).map(|line| line.property.clone());
        said.push(Said { text, source: Some(sentence.place()), hedge });
    }
    Ok(Ok(said))
}

/// The question as it was asked, and what was added to it in brackets at its end.
fn parts(question: &str) -> (&str, Option<&str>) {
    let split = question.strip_suffix(')').and_then(|q| q.rsplit_once(" ("));
    split.map_or((question, None), |(asked, added)| (asked, Some(added)))
}

/// The titles of passages that the question names, in the order of the question: by the whole title, or an artist by the
/// family name. A title inside a longer one that the question names does not count.
fn named_titles<'a>(question: &str, passages: &[&'a PassageText]) -> Vec<&'a str> {
    let asked: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
    let mut named: Vec<(Range<usize>, &str)> = Vec::new();
    for passage in passages {
        // A note in brackets keeps namesakes apart; nobody says it.
        let spoken = passage.title.split(" (").next().unwrap_or_default();
        let title: Vec<String> = words(spoken).into_iter().map(|(_, word)| word).collect();
        let fits = |w: &[String]| w.iter().zip(&title).all(|(a, b)| same_noun(a, b));
        let whole = asked.windows(title.len().max(1)).position(fits).map(|at| at..at + title.len());
        let family = || {
            let last = title.last().filter(|l| passage.id.starts_with("artist/") && l.chars().count() > 3)?;
            asked.iter().position(|a| a == last).map(|at| at..at + 1)
        };
        // "This work" is the one on the desk and not a painting of that title.
        let pointed = |at: &Range<usize>| asked[at.clone()].iter().all(|word| is_of_the_work(word)) && at.start > 0;
        if let Some(at) = whole.filter(|at| !pointed(at)).or_else(family)
            && named.iter().all(|(_, held)| *held != passage.title)
        {
            named.push((at, &passage.title));
        }
    }
    let inside = |a: &Range<usize>, b: &Range<usize>| a.len() < b.len() && b.start <= a.start && a.end <= b.end;
    let covered: Vec<bool> = named.iter().map(|(a, _)| named.iter().any(|(b, _)| inside(a, b))).collect();
    let mut kept: Vec<_> = named.into_iter().zip(covered).filter(|(_, covered)| !covered).map(|(n, _)| n).collect();
    kept.sort_by_key(|(at, _)| at.start);
    kept.into_iter().map(|(_, title)| title).collect()
}

/// Whether a page of this title is on what is called `value`; a note in brackets keeps namesakes apart.
fn names(title: &str, value: &str) -> bool {
    fold(title) == fold(value) || title.split(" (").next().is_some_and(|spoken| fold(spoken) == fold(value))
}

/// The same word, or its plural.
fn same_noun(asked: &str, noun: &str) -> bool {
    asked == noun || asked.strip_suffix('s') == Some(noun)
}

fn says_word(text: &str, stem: &str) -> bool {
    words(text).iter().any(|(_, word)| word.starts_with(stem))
}

impl Wants {
    /// Whether a sentence can answer at all: a time is a number or a century, a person has a name.
    fn may_be_answered_by(self, sentence: &Read<'_>) -> bool {
        let text = sentence.text();
        match self {
            Wants::Time => text.chars().filter(char::is_ascii_digit).count() >= 2 || fold(text).contains("centur"),
            Wants::Person => {
                let title: Vec<String> = words(&sentence.passage.title).into_iter().map(|(_, word)| word).collect();
                words(text).into_iter().any(|(span, word)| {
                    text[span].starts_with(char::is_uppercase) && !is_common(&word) && !title.contains(&word)
                })
            }
            _ => true,
        }
    }

    /// What speaks for a sentence besides its likeness to the question.
    fn fit(self, sentence: &Read<'_>) -> f32 {
        let text = fold(sentence.text());
        let says = |cues: &[&str]| cues.iter().any(|cue| text.contains(cue));
        let fits = match self {
            Wants::Definition => sentence.opening,
            Wants::Person => says(&[" by ", "founded", "led by", "painters", "artists", "invented", "pioneer"]),
            Wants::Time => text.chars().filter(char::is_ascii_digit).count() >= 4 || says(&["century"]),
            Wants::Place => {
                says(&[" in ", " at ", " from "]) && says(&["born", "work", "lived", "began", "arose", "spread"])
            }
            Wants::Making => {
                says(&["plate", "block", "is made", "cut", "applied", "printed", "ground", "drawn", "laid"])
            }
            Wants::Marks => {
                says(&["recogni", "marked by", "characteris", "distinguish", "differs", "unlike", "whereas"])
            }
            Wants::Reason => says(&["because", "since ", "due to", "so that", "cause", "reaction", "in order"]),
            Wants::Open => false,
        };
        if fits { 0.12 } else { 0.0 }
    }
}
