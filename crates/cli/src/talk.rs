//! Conversations: asking, prompts, and what was kept.

use std::{fs, ops::ControlFlow};

use vitrine_workbench::{
    Workbench, WorkbenchError,
    view::{AnswerView, Follows, LengthView, PassageScope, TalkRequest, TalkSettings},
};

use crate::{
    arguments::{Conversations, Length, Manner, PromptChange},
    document::{Deleted, Exchanged, Explained, PromptText, WrittenTo},
    print,
    print::Printer,
};

/// Writes or answers, and prints it.
pub fn speak(bench: &Workbench, request: TalkRequest, manner: Manner, printer: &Printer) -> Result<u8, WorkbenchError> {
    let Manner { pack, length, language } = manner;
    let request = TalkRequest { pack, length: length.map(length_view), language, ..request };
    let answer = bench.talk(&request, &mut |_| ControlFlow::Continue(()))?;
    printer.document(&Explained::new(answer), print::explained);
    Ok(0)
}

/// What a question follows.
pub fn follows(anew: bool, after: Option<i64>) -> Follows {
    match (anew, after) {
        (true, _) => Follows::Nothing,
        (false, Some(id)) => Follows::Exchange { id },
        (false, None) => Follows::Last,
    }
}

/// Lists, searches, writes down or deletes what was kept.
pub fn conversations(bench: &Workbench, what: Option<Conversations>, printer: &Printer) -> Result<u8, WorkbenchError> {
    match what.unwrap_or(Conversations::List { limit: 20 }) {
        Conversations::List { limit } => list(bench, "", limit, printer),
        Conversations::Search { text, limit } => list(bench, &text.join(" "), limit, printer),
        Conversations::Show { work } => {
            let exchanges: Vec<Exchanged> = bench.conversation(work)?.into_iter().map(exchanged).collect();
            if exchanges.is_empty() {
                printer.message("Nothing was asked about this work yet.");
            }
            printer.list(&exchanges, print::exchanged);
            Ok(0)
        }
        Conversations::Export { work, out } => {
            bench.write_conversation(work, &out)?;
            printer.document(&WrittenTo { file: out.display().to_string() }, print::written_to);
            Ok(0)
        }
        Conversations::Delete { number, work } => {
            let deleted = match (number, work) {
                (Some(number), _) => bench.delete_exchange(number).map(|_| 1)?,
                (None, Some(work)) => bench.delete_conversation(work)?,
                // The command line asks for one of the two.
                (None, None) => 0,
            };
            printer.document(&Deleted { deleted }, print::deleted);
            Ok(0)
        }
    }
}

fn list(bench: &Workbench, text: &str, most: usize, printer: &Printer) -> Result<u8, WorkbenchError> {
    let found = bench.conversations(text, most)?;
    if found.is_empty() {
        printer.message("Nothing like this was asked.");
    }
    printer.list(&found, print::found_exchange);
    Ok(0)
}

fn exchanged(answer: AnswerView) -> Exchanged {
    Exchanged {
        number: answer.id,
        follows: answer.follows,
        prompt: answer.prompt.clone(),
        prompt_version: answer.prompt_version.clone(),
        pack: answer.pack.clone(),
        at: answer.at.clone(),
        retrieved: answer.retrieved.clone(),
        milliseconds: answer.timing.whole,
        answer: Explained::new(answer),
    }
}

/// Lists prompts, shows or changes one, or shows and changes the settings.
pub fn prompts(bench: &Workbench, change: Option<PromptChange>, printer: &Printer) -> Result<u8, WorkbenchError> {
    let all = || bench.prompts();
    match change {
        None => printer.list(&all()?.into_iter().map(PromptText::new).collect::<Vec<_>>(), print::prompt_line),
        Some(PromptChange::Show { id }) => {
            let found = all()?.into_iter().find(|prompt| prompt.id == id).ok_or(WorkbenchError::NoPrompt(id))?;
            printer.document(&PromptText::new(found), print::prompt);
        }
        Some(PromptChange::Write { id, file }) => {
            let text = fs::read_to_string(&file)
                .map_err(|cause| WorkbenchError::ConversationFile { file: file.clone(), cause })?;
            printer.document(&PromptText::new(bench.write_prompt(&id, Some(&text))?), print::prompt);
        }
        Some(PromptChange::Reset { id }) => {
            printer.document(&PromptText::new(bench.write_prompt(&id, None)?), print::prompt);
        }
        Some(PromptChange::Settings {
            searches,
            turns,
            tokens,
            seconds,
            check,
            length,
            language,
            collections,
            passage_languages,
        }) => {
            let held = bench.talk_settings()?;
            let wanted = TalkSettings {
                searches: searches.unwrap_or(held.searches),
                turns: turns.unwrap_or(held.turns),
                tokens: tokens.unwrap_or(held.tokens),
                seconds: seconds.unwrap_or(held.seconds),
                check: check.unwrap_or(held.check),
                length: length.map_or(held.length, length_view),
                language: language.unwrap_or_else(|| held.language.clone()),
                sources: PassageScope {
                    collections: chosen(collections, &held.sources.collections),
                    languages: chosen(passage_languages, &held.sources.languages),
                },
            };
            let settings = if wanted == held { held } else { bench.set_talk_settings(&wanted)? };
            printer.document(&settings, print::talk_settings);
        }
    }
    Ok(0)
}

/// What was chosen, or else what was before; `all` puts an end to choosing.
fn chosen(wanted: Vec<String>, held: &[String]) -> Vec<String> {
    match &wanted[..] {
        [] => held.to_vec(),
        [all] if all == "all" => Vec::new(),
        _ => wanted,
    }
}

fn length_view(length: Length) -> LengthView {
    match length {
        Length::Short => LengthView::Short,
        Length::Medium => LengthView::Medium,
        Length::Long => LengthView::Long,
    }
}
