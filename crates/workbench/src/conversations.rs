//! Conversations as they are kept: found again, written down, deleted.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;
use vitrine_catalogue::{Exchange, ExchangeId, NewExchange, WorkId};

use crate::{
    Workbench, WorkbenchError,
    view::{AnswerView, ExchangeView, Follows, SentenceView, Support, TalkForm},
    workbench::now,
};

/// Letters of an answer that a list shows.
const SHOWN: usize = 240;

/// A conversation in JSON. The form is a contract: fields may be added, none is renamed or removed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    form: &'static str,
    version: u32,
    work: i64,
    title: &'a str,
    exchanges: &'a [AnswerView],
}

impl Workbench {
    /// All that was asked and answered about a work, oldest first. What follows what makes a tree of it.
    pub fn conversation(&self, work: i64) -> Result<Vec<AnswerView>, WorkbenchError> {
        self.0.catalogue.conversation(WorkId(work))?.iter().map(answer).collect()
    }

    /// Exchanges about any work in which all words of `text` occur, newest first, `most` at most.
    pub fn conversations(&self, text: &str, most: usize) -> Result<Vec<ExchangeView>, WorkbenchError> {
        let found = self.0.catalogue.search_conversations(text, most)?;
        found
            .into_iter()
            .map(|exchange| {
                Ok(ExchangeView {
                    id: exchange.id.0,
                    work: exchange.work.0,
                    title: self.0.catalogue.work_card(exchange.work)?.title,
                    question: exchange.question,
                    said: shortened(&exchange.said),
                    prompt: exchange.prompt,
                    pack: exchange.pack,
                    at: exchange.at.to_string(),
                })
            })
            .collect()
    }

    /// Deletes an exchange for good; what followed it follows what it followed. The rest of the conversation.
    pub fn delete_exchange(&self, exchange: i64) -> Result<Vec<AnswerView>, WorkbenchError> {
        let work = self.0.catalogue.exchange(ExchangeId(exchange))?.work;
        self.0.catalogue.delete_exchange(ExchangeId(exchange))?;
        self.conversation(work.0)
    }

    /// Deletes all that was asked about a work for good, and says how many exchanges that were.
    pub fn delete_conversation(&self, work: i64) -> Result<usize, WorkbenchError> {
        Ok(self.0.catalogue.delete_conversation(WorkId(work))?)
    }

    /// All that was asked about a work, written down.
    pub fn written_conversation(&self, work: i64, form: TalkForm) -> Result<String, WorkbenchError> {
        let exchanges = self.conversation(work)?;
        let title = self.0.catalogue.work_card(WorkId(work))?.title;
        match form {
            TalkForm::Markdown => Ok(markdown(&title, &exchanges)),
            TalkForm::Json => {
                let written =
                    Written { form: "vitrine-conversation", version: 1, work, title: &title, exchanges: &exchanges };
                let text = serde_json::to_string_pretty(&written).map_err(WorkbenchError::KeptAnswer)?;
                Ok(text + "\n")
            }
        }
    }

    /// Writes all that was asked about a work to a file: JSON where its name ends so, else Markdown.
    pub fn write_conversation(&self, work: i64, file: &Path) -> Result<(), WorkbenchError> {
        let json = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let text = self.written_conversation(work, if json { TalkForm::Json } else { TalkForm::Markdown })?;
        fs::write(file, text).map_err(|cause| WorkbenchError::ConversationFile { file: file.to_owned(), cause })
    }

    /// One exchange.
    pub(crate) fn exchange(&self, id: i64) -> Result<AnswerView, WorkbenchError> {
        answer(&self.0.catalogue.exchange(ExchangeId(id))?)
    }

    /// Keeps an answer, and returns it with its number.
    pub(crate) fn keep(&self, follows: Option<i64>, mut answer: AnswerView) -> Result<AnswerView, WorkbenchError> {
        answer.follows = follows;
        let kept = serde_json::to_string(&answer).map_err(WorkbenchError::KeptAnswer)?;
        let said: Vec<&str> = answer.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        let prompt = format!("{} {}", answer.prompt, answer.prompt_version);
        let new = NewExchange {
            follows: follows.map(ExchangeId),
            question: answer.question.as_deref(),
            answer: &kept,
            said: &said.join(" "),
            prompt: &prompt,
            pack: &answer.pack,
        };
        answer.id = self.0.catalogue.keep_answer(WorkId(answer.work), &new, now())?.0;
        Ok(answer)
    }

    /// The exchanges that lead to what follows, oldest first.
    pub(crate) fn led_here(&self, work: i64, follows: Follows) -> Result<Vec<AnswerView>, WorkbenchError> {
        let all = self.conversation(work)?;
        let mut next = match follows {
            Follows::Nothing => None,
            Follows::Last => all.last().map(|answer| answer.id),
            Follows::Exchange { id } if all.iter().any(|answer| answer.id == id) => Some(id),
            Follows::Exchange { .. } => return Err(WorkbenchError::NoSuchSentence),
        };
        let mut path = Vec::new();
        while let Some(answer) = next.and_then(|id| all.iter().find(|answer| answer.id == id)) {
            // What an exchange follows was there before it, so the way back ends.
            next = answer.follows.filter(|&follows| follows < answer.id);
            path.push(answer.clone());
        }
        path.reverse();
        Ok(path)
    }
}

/// An exchange as it was shown, with the number that it got.
fn answer(kept: &Exchange) -> Result<AnswerView, WorkbenchError> {
    let mut answer: AnswerView = serde_json::from_str(&kept.answer).map_err(WorkbenchError::KeptAnswer)?;
    answer.id = kept.id.0;
    answer.follows = kept.follows.map(|follows| follows.0);
    Ok(answer)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// The exchanges in the order in which they were made, each with what it rests on.
fn markdown(title: &str, exchanges: &[AnswerView]) -> String {
    let mut text = format!("# {}\n", plain(title));
    let mut notes = String::new();
    let mut number = 0;
    for answer in exchanges {
        let asked = answer.question.clone().unwrap_or_else(|| answer.prompt.clone());
        let _ = write!(text, "\n## {}\n\n", plain(&asked));
        let follows = answer.follows.map_or_else(String::new, |follows| format!(", after number {follows}"));
        let _ = writeln!(
            text,
            "*Number {}{follows}. {}, prompt {} {}. {}, {:.1} s.*\n",
            answer.id,
            plain(&answer.pack),
            plain(&answer.prompt),
            plain(&answer.prompt_version),
            answer.at,
            answer.timing.whole as f64 / 1000.0
        );
        if let Some(reason) = &answer.abstention {
            let _ = writeln!(text, "{}", plain(reason));
        }
        for sentence in &answer.sentences {
            let _ = write!(text, "{}", plain(&sentence.text));
            for citation in &sentence.citations {
                number += 1;
                let _ = write!(text, "[^{number}]");
                let (title, passage, quote) =
                    (plain(&citation.title), plain(&citation.passage), plain(&citation.quote));
                let _ = writeln!(notes, "[^{number}]: {title} ({passage}): “{quote}”");
            }
            let _ = writeln!(text, "{}", remark(sentence));
        }
    }
    if notes.is_empty() { text } else { format!("{text}\n{notes}") }
}

/// What a reader of a sentence has to know.
fn remark(sentence: &SentenceView) -> String {
    let mut remarks = Vec::new();
    match sentence.support {
        Support::None => remarks.push("no passage supports this".to_owned()),
        Support::Image => remarks.push("read off the picture".to_owned()),
        Support::Record => remarks.push("from the record".to_owned()),
        Support::Passage => {}
    }
    if !sentence.unsupported.is_empty() {
        remarks.push(format!("nothing says: {}", plain(&sentence.unsupported.join(", "))));
    }
    if remarks.is_empty() { String::new() } else { format!(" *({})*", remarks.join("; ")) }
}

/// Text that stays text in Markdown: no markup, no HTML, no picture or link.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => plain.extend(['\\', letter]),
            '\n' | '\r' => plain.push(' '),
            other => plain.push(other),
        }
    }
    // A bare address becomes a link in some readers.
    plain.replace("://", ":&#47;&#47;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{CitationView, EffortView, TimingView};

    #[test]
    fn markdown_shows_what_supports_a_sentence_and_nothing_in_it_is_markup() {
        let sentence = |text: &str, support| SentenceView {
            text: text.into(),
            support,
            hedged: false,
            citations: Vec::new(),
            unsupported: Vec::new(),
            confirmed: None,
        };
        let citation = CitationView {
            passage: "style/rococo#1".into(),
            title: "Rococo".into(),
            quote: "It is <b>light</b>.".into(),
            agreement: Some(1.0),
        };
        let answer = AnswerView {
            id: 4,
            follows: Some(2),
            work: 1,
            question: Some("What # is\n![this](https://tracker.example/a.png)?".into()),
            prompt: "answer".into(),
            prompt_version: "1, own 2".into(),
            other: None,
            sentences: vec![
                SentenceView { citations: vec![citation], ..sentence("It is light.", Support::Passage) },
                SentenceView { unsupported: vec!["1751".into()], ..sentence("Made in 1751.", Support::None) },
            ],
            abstention: None,
            steps: Vec::new(),
            passages: Vec::new(),
            retrieved: Vec::new(),
            thoughts: Vec::new(),
            pack: "compact 1".into(),
            timing: TimingView { whole: 1234, ..TimingView::default() },
            effort: EffortView::default(),
            at: "2026-11-28T10:00:00Z".into(),
        };
        let text = markdown("The Swing", &[answer]);
        assert_eq!(
            text,
            "# The Swing\n\n## What \\# is !\\[this\\](https:&#47;&#47;tracker.example/a.png)?\n\n\
             *Number 4, after number 2. compact 1, prompt answer 1, own 2. 2026-11-28T10:00:00Z, 1.2 s.*\n\n\
             It is light.[^1]\nMade in 1751. *(no passage supports this; nothing says: 1751)*\n\n\
             [^1]: Rococo (style/rococo\\#1): “It is &lt;b&gt;light&lt;/b&gt;.”\n"
        );
    }
}
