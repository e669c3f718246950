//! Passages that speak of a work, explanations and answers, and what was said before.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use image::RgbImage;
use vitrine_assistant::{AnswerEvent as Said, Assistant, Exchange, OtherWork, PromptKind, WorkAtHand, prompt};
use vitrine_catalogue::{Evidence, NewStatement, Pack, Source, Statement, WorkId};
use vitrine_imaging::{Limits, read_scan};
use vitrine_inference::CardLine;
use vitrine_knowledge::seed_queries;

use crate::{
    Workbench, WorkbenchError,
    desk::WorkDesk,
    scope::scope_of,
    view::{AnswerEvent, AnswerView, PassageView, TalkRequest, WorkView, WorkbenchEvent},
    views,
    workbench::now,
};

/// Receives an answer piece by piece, and may break to stop it.
pub type Listener<'a> = &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>;

impl Workbench {
    /// The `k` passages of the knowledge base that speak most of what is known or suggested about a work; none if nothing is.
    pub fn passages(&self, work: i64, k: usize) -> Result<Vec<PassageView>, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        let seeds = seed_queries(None, &self.artwork_card(WorkId(work))?);
        let scope = scope_of(&self.talk_settings()?.sources);
        let found = self.reference()?.knowledge.search_seeded_within(&scope, &seeds, k)?;
        Ok(found
            .into_iter()
            .map(|found| {
                let query = found.queries.first().and_then(|index| seeds.get(*index)).map_or("", |seed| &seed.text);
                views::passage(&found.hit, query)
            })
            .collect())
    }

    /// A passage by its id.
    pub fn passage(&self, id: &str) -> Result<PassageView, WorkbenchError> {
        let reference = self.reference()?;
        let fragment = reference.knowledge.fragment(id)?.ok_or_else(|| WorkbenchError::NoPassage(id.to_owned()))?;
        Ok(views::whole_passage(&fragment))
    }

    /// A passage by its id, with the words lit that say what `sentence` says.
    pub fn evidence(&self, id: &str, sentence: &str) -> Result<PassageView, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        let hit = self.reference()?.knowledge.compared(id, sentence)?;
        let hit = hit.ok_or_else(|| WorkbenchError::NoPassage(id.to_owned()))?;
        Ok(views::passage(&hit, sentence))
    }

    /// Explains a work in a few sentences, each of which names its passage; kept in the work's conversation. The added pack `pack` speaks,
    /// or the compact one.
    pub fn explain(&self, work: i64, pack: Option<&str>, hear: Listener<'_>) -> Result<AnswerView, WorkbenchError> {
        self.talk(&TalkRequest { work, pack: pack.map(str::to_owned), ..TalkRequest::default() }, hear)
    }

    /// Answers a question about a work from the knowledge base, or says that it has nothing; kept in the work's conversation.
    /// The added pack `pack` speaks, or the compact one.
    pub fn ask(
        &self,
        work: i64,
        question: &str,
        pack: Option<&str>,
        hear: Listener<'_>,
    ) -> Result<AnswerView, WorkbenchError> {
        let question = Some(question.to_owned());
        self.talk(&TalkRequest { work, question, pack: pack.map(str::to_owned), ..TalkRequest::default() }, hear)
    }

    /// Writes or answers what is asked for, and keeps it in the work's conversation.
    pub fn talk(&self, request: &TalkRequest, hear: Listener<'_>) -> Result<AnswerView, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        let TalkRequest { work, question, prompt: id, pack, other, length, language, follows } = request;
        let (work, pack) = (*work, pack.as_deref());
        let id = id.as_deref().unwrap_or(if question.is_some() { "answer" } else { "explain" });
        let kind = prompt(id).ok_or_else(|| WorkbenchError::NoPrompt(id.to_owned()))?.kind;
        let wrong = |why| Err(WorkbenchError::WrongPrompt(id.to_owned(), why));
        match (question, kind) {
            (Some(_), PromptKind::Answer | PromptKind::Look) => {}
            (Some(_), _) => return wrong("writes without a question; choose “answer” or “look” for one"),
            (None, PromptKind::Answer | PromptKind::Look) => return wrong("needs a question"),
            (None, PromptKind::Compare) if other.is_none_or(|other| other == work) => {
                return wrong("needs a second work to compare with");
            }
            (None, kind) if kind.writes() => {}
            (None, _) => return wrong("cannot be asked for by itself"),
        }
        let assistant = self.assistant(pack)?;
        let compact = pack.is_none_or(|pack| self.models().is_ok_and(|models| models.retriever.pack().id == pack));
        let manner = self.manner(id, *length, language.as_deref(), !compact)?;
        let led_here = self.led_here(work, *follows)?;
        let followed = led_here.last().map(|answer| answer.id);
        let card = self.artwork_card(WorkId(work))?;
        let scan = self.shown_scan(WorkId(work), &assistant)?;
        let desk = WorkDesk { workbench: self, work: WorkId(work) };
        let second = match other.filter(|_| kind == PromptKind::Compare) {
            Some(other) => Some((self.artwork_card(WorkId(other))?, self.shown_scan(WorkId(other), &assistant)?)),
            None => None,
        };
        let second = second.as_ref().map(|(card, scan)| OtherWork { card, scan: scan.as_ref() });
        let at_hand = WorkAtHand { card: &card, scan: scan.as_ref(), desk: Some(&desk), other: second.as_ref() };
        let answer = self.stoppable(work, hear, |hear| {
            let mut tell = |said| hear(view_of(said));
            match question {
                Some(question) => {
                    let history: Vec<Exchange> = led_here.into_iter().filter_map(exchange).collect();
                    assistant.answer_as(&manner, question, &at_hand, &history, &mut tell)
                }
                None => assistant.write(&manner, &at_hand, &mut tell),
            }
        })?;
        let mut answer = views::answer(WorkId(work), answer, now());
        answer.other = other.filter(|_| kind == PromptKind::Compare);
        let answer = self.keep(followed, answer)?;
        // The answer is complete: whether anybody still listens does not matter.
        let _ = hear(AnswerEvent::Done { answer: Box::new(answer.clone()) });
        Ok(answer)
    }

    /// Stops the answer that is being made about a work, if there is one. Nothing of it is kept.
    pub fn stop_answer(&self, work: i64) {
        if let Some(stop) = self.answers().get(&work) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<i64, Arc<AtomicBool>>> {
        self.0.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `make` with a listener that also breaks when somebody calls [`stop_answer`](Self::stop_answer).
    fn stoppable<T>(&self, work: i64, hear: Listener<'_>, make: impl FnOnce(Listener<'_>) -> T) -> T {
        let stop = Arc::new(AtomicBool::new(false));
        self.answers().insert(work, Arc::clone(&stop));
        let made = make(&mut |event| {
            hear(event)?;
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.answers().remove(&work);
        made
    }

    /// Puts a sentence of an answer forward as a suggestion for `property`, in the name of the pack that said it and with the passages that it named.
    /// `exchange` is the answer's number, `sentence` counts its sentences from 0.
    pub fn suggest_from_answer(
        &self,
        exchange: i64,
        sentence: usize,
        property: &str,
    ) -> Result<WorkView, WorkbenchError> {
        let said = self.exchange(exchange)?;
        let work = said.work;
        let sentence = said.sentences.into_iter().nth(sentence).ok_or(WorkbenchError::NoSuchSentence)?;
        let pack = self.packs()?.into_iter().find(|pack| format!("{} {}", pack.id, pack.version) == said.pack);
        let pack = pack.ok_or_else(|| WorkbenchError::NoAddedPack(said.pack.clone()))?;
        let pack = Pack { id: pack.id, version: pack.version, weights_sha256: pack.weights_sha256 };
        let evidence = sentence.citations.into_iter();
        let suggestion = NewStatement {
            property: property.to_owned(),
            value: Some(sentence.text),
            evidence: evidence.map(|c| Evidence::Passage { id: c.passage, title: c.title, snippet: c.quote }).collect(),
            reason: Some(match said.question {
                Some(question) => format!("Said in answer to “{question}” (conversation, number {exchange})."),
                None => format!("Written by the prompt “{}” (conversation, number {exchange}).", said.prompt),
            }),
            ..NewStatement::default()
        };
        self.0.catalogue.put_forward(WorkId(work), &Source::Pack(pack), &suggestion, now())?;
        self.announce(WorkbenchEvent::WorkChanged { work });
        self.work(work)
    }

    /// What is accepted about a work, then what is suggested, the surest first.
    pub(crate) fn artwork_card(&self, work: WorkId) -> Result<Vec<CardLine>, WorkbenchError> {
        let mut statements = self.0.catalogue.statements(work)?;
        statements.retain(|s| s.state.is_affirmed() || s.state == vitrine_catalogue::State::Suggested);
        let doubt = |s: &Statement| if s.state.is_affirmed() { -1.0 } else { 1.0 - s.confidence.unwrap_or(0.0) };
        statements.sort_by(|a, b| doubt(a).total_cmp(&doubt(b)));
        Ok(statements
            .into_iter()
            .filter_map(|s| {
                let confidence = (!s.state.is_affirmed()).then_some(s.confidence.unwrap_or(0.0));
                Some(CardLine { property: s.property, value: s.value?, qualifier: s.qualifier, confidence })
            })
            .collect())
    }

    /// The work's first scan for an assistant that sees, in the viewer's size.
    fn shown_scan(&self, work: WorkId, assistant: &Assistant) -> Result<Option<Arc<RgbImage>>, WorkbenchError> {
        if !assistant.sees() {
            return Ok(None);
        }
        let Some(scan) = self.0.catalogue.scans(work)?.into_iter().next() else { return Ok(None) };
        let path = self.derivative(scan.id.0)?;
        let read = read_scan(&path, &Limits::default());
        let read = read.map_err(|cause| WorkbenchError::Preview { file: scan.path, cause })?;
        Ok(Some(Arc::new(read.image)))
    }
}

fn view_of(said: Said) -> AnswerEvent {
    match said {
        Said::Step(step) => AnswerEvent::Step { step: views::step(step) },
        Said::Sentence(sentence) => AnswerEvent::Sentence { sentence: Box::new(views::sentence(sentence)) },
        Said::Writing(text) => AnswerEvent::Writing { text },
        Said::Thought(text) => AnswerEvent::Thought { text },
        Said::Withdrawn => AnswerEvent::Withdrawn,
    }
}

fn exchange(answer: AnswerView) -> Option<Exchange> {
    let said: Vec<String> = answer.sentences.into_iter().map(|sentence| sentence.text).collect();
    Some(Exchange { question: answer.question?, answer: said.join(" ") })
}
