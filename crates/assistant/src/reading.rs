//! Reading passages sentence by sentence, and comparing sentences by late interaction.

use std::ops::Range;

use rayon::prelude::*;
use vitrine_inference::{InferenceError, PassageText, Retriever, TextRows};
use vitrine_knowledge::{fold, is_common, sentences, words};
use vitrine_retrieval::{MultiVector, max_sim};

/// A sentence of a passage, with the rows that stand for its words.
pub(crate) struct Read<'a> {
    /// The passage.
    pub passage: &'a PassageText,
    /// The place of the passage among those given, best first.
    pub rank: usize,
    /// Its bytes in the passage's text.
    pub span: Range<usize>,
    /// Its rows, read within the passage, so that they know what it speaks about.
    pub rows: MultiVector,
    /// Whether it opens its article.
    pub opening: bool,
}

impl Read<'_> {
    /// The sentence.
    pub(crate) fn text(&self) -> &str {
        &self.passage.text[self.span.clone()]
    }

    /// The fragment, and the bytes of its text.
    pub(crate) fn place(&self) -> (String, Range<usize>) {
        (self.passage.id.clone(), self.span.clone())
    }

    /// Whether it can stand without the sentence before it.
    pub(crate) fn stands_alone(&self) -> bool {
        const LEANING: [&str; 20] = [
            "it", "its", "he", "she", "his", "her", "they", "their", "this", "these", "such", "both", "here", "there",
            "later", "another", "then", "thus", "others", "however",
        ];
        words(self.text()).first().is_some_and(|(_, word)| !LEANING.contains(&word.as_str()))
    }

    /// Whether it names what its article is about, by the whole title or by its last word.
    pub(crate) fn names_its_title(&self) -> bool {
        let text = fold(self.text());
        let title = fold(&self.passage.title);
        text.contains(&title)
            || title.rsplit(' ').next().is_some_and(|last| last.chars().count() > 3 && text.contains(last))
    }

    /// How many words it has.
    pub(crate) fn length(&self) -> usize {
        words(self.text()).len()
    }
}

/// All sentences of `passages` that have rows.
pub(crate) fn read<'a>(
    passages: &[&'a PassageText],
    retriever: &dyn Retriever,
) -> Result<Vec<Read<'a>>, InferenceError> {
    let read: Vec<Vec<Read<'a>>> = passages
        .par_iter()
        .enumerate()
        .map(|(rank, passage)| {
            let prefix = format!("{}. ", passage.title);
            let rows = retriever.embed_passage(&format!("{prefix}{}", passage.text))?;
            let mut read = Vec::new();
            for (number, span) in sentences(&passage.text).into_iter().enumerate() {
                let shifted = span.start + prefix.len()..span.end + prefix.len();
                let rows = rows_within(&rows, &shifted)?;
                if !rows.is_empty() {
                    let opening = number == 0 && passage.id.ends_with("#1");
                    read.push(Read { passage, rank, span, rows, opening });
                }
            }
            Ok(read)
        })
        .collect::<Result<_, InferenceError>>()?;
    Ok(read.into_iter().flatten().collect())
}

/// The rows of the words that stand in `span`.
pub(crate) fn rows_within(rows: &TextRows, span: &Range<usize>) -> Result<MultiVector, InferenceError> {
    let inside =
        |place: &Option<Range<usize>>| place.as_ref().is_some_and(|p| p.start >= span.start && p.end <= span.end);
    select(rows, inside)
}

fn select(rows: &TextRows, keep: impl Fn(&Option<Range<usize>>) -> bool) -> Result<MultiVector, InferenceError> {
    let values = rows.rows.rows().zip(&rows.spans).filter(|(_, span)| keep(span)).flat_map(|(row, _)| row.to_vec());
    Ok(MultiVector::new(values.collect(), rows.rows.dimension())?)
}

/// The rows of `question` that stand for its telling words that `counts` lets pass; all rows where there are none.
pub(crate) fn telling_rows(
    question: &str,
    retriever: &dyn Retriever,
    counts: &dyn Fn(&str) -> bool,
) -> Result<MultiVector, InferenceError> {
    let rows = retriever.embed_query(question)?;
    let telling: Vec<Range<usize>> = words(question)
        .into_iter()
        .filter(|(_, word)| !is_common(word) && counts(word))
        .map(|(span, _)| span)
        .collect();
    let kept = select(&rows, |place| {
        place.as_ref().is_some_and(|p| telling.iter().any(|t| t.start < p.end && p.start < t.end))
    })?;
    Ok(if kept.is_empty() { rows.rows } else { kept })
}

/// Mean over the rows of `query` of the best match in `document`; 0 where they cannot be compared.
pub(crate) fn likeness(query: &MultiVector, document: &MultiVector) -> f32 {
    max_sim(query, document).map_or(0.0, |sum| sum / query.len().max(1) as f32)
}

/// How much of `sentence` the chosen ones say already: its likeness to the nearest of them.
pub(crate) fn redundancy(sentence: &Read<'_>, chosen: &[&Read<'_>]) -> f32 {
    chosen.iter().map(|c| likeness(&sentence.rows, &c.rows)).fold(0.0, f32::max)
}
