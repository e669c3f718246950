//! The answer to a question: the sentences of the passages that come nearest to it.

use vitrine_inference::{CardLine, InferenceError, PassageText, Retriever};
use vitrine_knowledge::{fold, words};

use crate::explainer::{Said, Speech};
use crate::question::{Wants, asks_for_a_fact_of_the_work};
use crate::reading::{Read, likeness, read, redundancy, telling_rows};
use crate::wording::{linked, of_the_work, topic};

/// How many sentences an answer has at most; two more when it compares.
const MOST_SENTENCES: usize = 3;
/// A sentence this much further from the question than the best one adds nothing to the answer.
const FURTHER: f32 = 0.18;

/// Answers `question` about the work on `card` in sentences of the `passages`.
pub(crate) fn reply(
    question: &str,
    card: &[CardLine],
    passages: &[&PassageText],
    retriever: &dyn Retriever,
) -> Result<Speech, InferenceError> {
    let (asked, added) = parts(question);
    let named = named_titles(question, passages);
    if named.is_empty() && asks_for_a_fact_of_the_work(asked) {
        return Ok(Err("The record of this work does not say that, and the knowledge base speaks of art in general, \
            not of this work."
            .to_owned()));
    }
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
    let query = telling_rows(question, retriever)?;
    let wants = Wants::of(asked);
    let mut open: Vec<(f32, &Read<'_>)> = sentences
        .iter()
        .filter(|s| s.stands_alone())
        .map(|s| (likeness(&query, &s.rows) + wants.fit(s) - 0.01 * s.rank as f32, s))
        .collect();
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(best, _)) = open.first() else {
        return Ok(Err(format!("The knowledge base has nothing on “{}”.", topic(question))));
    };

    let compares = named.len() == 2;
    let mut chosen: Vec<&Read<'_>> = Vec::new();
    if compares {
        // Both sides get their best sentence, whichever the question comes nearer to.
        chosen.extend(named.iter().filter_map(|n| open.iter().find(|(_, s)| s.passage.title == *n).map(|(_, s)| *s)));
    }
    let most = MOST_SENTENCES + if compares { 1 } else { 0 };
    while chosen.len() < most {
        let marginal = |&&(worth, s): &&(f32, &Read<'_>)| worth - 0.4 * redundancy(s, &chosen);
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
    let mut link = leaned_on.filter(|line| named.contains(&line.value.as_str())).collect::<Vec<_>>();
    let mut said = Vec::new();
    for sentence in chosen {
        // What was taken from the card is said where the answer first speaks of it.
        let at = link.iter().position(|line| line.value == sentence.passage.title);
        let line = at.map(|at| link.remove(at));
        let text = match line {
            Some(line) => linked(&of_the_work(line), sentence.text(), passages),
            None => sentence.text().to_owned(),
        };
        let hedge = line.filter(|line| line.confidence.is_some()).map(|line| line.property.clone());
        said.push(Said { text, fragment: sentence.passage.id.clone(), span: sentence.span.clone(), hedge });
    }
    Ok(Ok(said))
}

/// The question as it was asked, and what was added to it in brackets at its end.
fn parts(question: &str) -> (&str, Option<&str>) {
    let split = question.strip_suffix(')').and_then(|q| q.rsplit_once(" ("));
    split.map_or((question, None), |(asked, added)| (asked, Some(added)))
}

/// The titles of passages that the question names, by the whole title or its last word, in the order of the question.
fn named_titles<'a>(question: &str, passages: &[&'a PassageText]) -> Vec<&'a str> {
    let asked: Vec<String> = words(question).into_iter().map(|(_, word)| word).collect();
    let place = |title: &str| {
        let title: Vec<String> = words(title).into_iter().map(|(_, word)| word).collect();
        let same = |a: &String, b: &String| a == b || a.strip_suffix('s') == Some(b);
        let whole = asked.windows(title.len().max(1)).position(|w| w.iter().zip(&title).all(|(a, b)| same(a, b)));
        let last = || asked.iter().position(|a| title.last().is_some_and(|l| l.chars().count() > 4 && same(a, l)));
        whole.or_else(last)
    };
    let mut named: Vec<(usize, &str)> = Vec::new();
    for passage in passages {
        if let Some(at) = place(&passage.title)
            && named.iter().all(|(_, title)| *title != passage.title)
        {
            named.push((at, &passage.title));
        }
    }
    named.sort_by_key(|(at, _)| *at);
    named.into_iter().map(|(_, title)| title).collect()
}

impl Wants {
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
