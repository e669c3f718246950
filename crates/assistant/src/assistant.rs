//! The loop of a conversation: search first, then speak, and look things up in between where the explainer asks for it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use vitrine_inference::{
    CardLine, Conversation, Explainer, ExplainerEvent, InferenceError, PassageText, ToolAnswer, ToolCall, Turn,
};
use vitrine_knowledge::{Fragment, KnowledgeBase, KnowledgeError, PassageHit, SeedQuery, SeededHit, seed_queries};

use crate::tools::{self, Asked};
use crate::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support, Tool, WorkAtHand};
use crate::{grounding, question, wording};

/// How many passages one search brings to an answer.
const PASSAGES_A_SEARCH: usize = 6;
/// How many passages the explainer gets to read.
const PASSAGES: usize = 30;
/// A suggested artist below this is not spoken of: wrong names come with a confidence as high as 0.6, and weigh heavy.
const LEAST_ARTIST_CONFIDENCE: f32 = 0.6;
/// Calls that one turn of the explainer may make.
const MOST_CALLS_A_TURN: usize = 4;
/// The name that a call which can't be read goes by.
const UNREADABLE: &str = "unreadable";

/// Rules that go before every conversation.
const RULES: &str = "Speak only of what the passages and the record of the work say. Name the passage of every sentence. \
    What is only suggested for the work may be wrong: say that it may be so. Where nothing answers, say that.";

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    /// The search failed.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// The explainer failed.
    #[error("the answer could not be written: {0}")]
    Model(#[from] InferenceError),
    /// The listener asked to stop.
    #[error("the answer was stopped")]
    Stopped,
}

/// How far an explainer may go on looking things up for one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Searches that it may make itself.
    pub searches: usize,
    /// Turns that it may take, the answer included.
    pub turns: usize,
    /// Time after which it has to answer with what it has.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { searches: 3, turns: 6, time: Duration::from_secs(300) }
    }
}

/// Who hears of the answer while it is made.
type Listener<'a> = &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>;

/// Answers from a knowledge base in the words of an explainer.
pub struct Assistant {
    knowledge: Arc<KnowledgeBase>,
    explainer: Arc<dyn Explainer>,
    limits: Limits,
}

/// What was found for an answer, and what was searched for.
#[derive(Default)]
struct Found {
    steps: Vec<Step>,
    queries: Vec<String>,
    hits: Vec<SeededHit>,
}

/// What the explainer said in one turn.
#[derive(Default)]
struct Said {
    sentences: Vec<Sentence>,
    abstention: Option<String>,
    calls: Vec<Called>,
}

enum Called {
    Readable(ToolCall),
    Broken { text: String, cause: String },
}

impl Assistant {
    /// Speaks with `explainer` of what `knowledge` holds.
    pub fn new(knowledge: Arc<KnowledgeBase>, explainer: Arc<dyn Explainer>) -> Self {
        Self { knowledge, explainer, limits: Limits::default() }
    }

    /// The same within other limits.
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Whether the explainer looks at scans.
    pub fn sees(&self) -> bool {
        self.explainer.sees()
    }

    /// A short explanation of the work. `emit` hears of everything that is looked up and of every sentence, and may break to stop.
    pub fn explain(
        &self,
        work: &WorkAtHand,
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let card = self.card(work.card);
        let seeds = seed_queries(None, &card);
        let found = self.look_up(&seeds, emit)?;
        let turns = vec![Turn::System(RULES.to_owned()), Turn::Card(card), Turn::Passages(texts(&found.hits))];
        self.speak(None, work, turns, found, emit)
    }

    /// The answer to `question` about the work, after the `history` of earlier exchanges (oldest first).
    ///
    /// What the question leaves open ("this style", "when did he die?") is taken from the card and from what was spoken of.
    pub fn ask(
        &self,
        question: &str,
        work: &WorkAtHand,
        history: &[Exchange],
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let card = self.card(work.card);
        let complete = question::complete(question.trim(), &card, history, &self.knowledge);
        // The card leads searches only where the question speaks of the work; otherwise it would bring passages on the work's
        // style to a question on something else, and they would pass for an answer.
        let of_the_work: Vec<CardLine> =
            card.iter().filter(|line| complete.taken_from_card.contains(&line.value)).cloned().collect();
        let found = self.look_up(&seed_queries(Some(&complete.text), &of_the_work), emit)?;
        let mut turns = vec![Turn::System(RULES.to_owned()), Turn::Card(card)];
        for exchange in history {
            turns.push(Turn::User(exchange.question.clone()));
            turns.push(Turn::Assistant(exchange.answer.clone()));
        }
        turns.push(Turn::Passages(texts(&found.hits)));
        turns.push(Turn::User(complete.text));
        self.speak(Some(question.to_owned()), work, turns, found, emit)
    }

    /// The card as it may be spoken of: values under the titles of their articles, no artist on a faint suggestion.
    fn card(&self, card: &[CardLine]) -> Vec<CardLine> {
        card.iter()
            .filter(|l| l.property != "artist" || l.confidence.is_none_or(|c| c >= LEAST_ARTIST_CONFIDENCE))
            .map(|line| {
                let article = self.knowledge.article_by_title_or_alias(&line.value);
                CardLine { value: article.map_or_else(|| line.value.clone(), |a| a.title.clone()), ..line.clone() }
            })
            .collect()
    }

    fn look_up(&self, seeds: &[SeedQuery], emit: Listener<'_>) -> Result<Found, AssistantError> {
        let (mut found, mut results) = (Found::default(), Vec::new());
        for seed in seeds {
            let begun = Instant::now();
            let hits = self.knowledge.search_seed(seed, PASSAGES_A_SEARCH)?;
            found.step(Tool::Search, &seed.text, hits.len(), begun, emit)?;
            found.queries.push(seed.text.clone());
            results.push(hits);
        }
        let weights: Vec<f32> = seeds.iter().map(|s| s.weight).collect();
        found.hits = SeededHit::fuse(&weights, results, PASSAGES);
        Ok(found)
    }

    /// Lets the explainer speak, and answers its calls, until it has said what it has to say.
    fn speak(
        &self,
        question: Option<String>,
        work: &WorkAtHand,
        turns: Vec<Turn>,
        mut found: Found,
        emit: Listener<'_>,
    ) -> Result<Answer, AssistantError> {
        let begun = Instant::now();
        let scans = work.scan.into_iter().cloned().collect();
        let tools = tools::descriptions(work.desk.is_some(), self.sees());
        let mut conversation = Conversation { turns, scans, tools };
        let mut answered: Vec<ToolCall> = Vec::new();
        let mut searches = self.limits.searches;
        let mut turn = 0;
        loop {
            turn += 1;
            let last = turn >= self.limits.turns || begun.elapsed() >= self.limits.time;
            if last {
                // It is not told of tools any more; whoever calls them all the same is not heard.
                conversation.tools.clear();
            }
            let said = self.listen(&conversation, emit)?;
            if last || said.calls.is_empty() {
                return Ok(self.answer(question, said, found));
            }
            if !said.sentences.is_empty() {
                go_on(emit(AnswerEvent::Withdrawn))?;
            }
            let calls = said.calls.iter().map(Called::as_call).collect();
            conversation.turns.push(Turn::Calls(calls));
            for (at, call) in said.calls.into_iter().enumerate() {
                let told = match call {
                    _ if at >= MOST_CALLS_A_TURN => {
                        Err(format!("These are too many calls at once; make {MOST_CALLS_A_TURN} at most."))
                    }
                    Called::Broken { cause, .. } => Err(format!(
                        "The call could not be read: {cause}. Write a JSON object with \"name\" and \"arguments\"."
                    )),
                    Called::Readable(call) if answered.contains(&call) => {
                        Err("This was called before in the same words; what it said stands above.".into())
                    }
                    Called::Readable(call) => {
                        answered.push(call.clone());
                        match tools::understand(&call, &conversation.tools) {
                            Ok(Asked::Documents { .. }) if searches == 0 => {
                                Err("No more searches can be made for this question; answer with what there is."
                                    .to_owned())
                            }
                            Ok(asked) => {
                                searches -= usize::from(matches!(asked, Asked::Documents { .. }));
                                self.serve(&asked, &call.name, work, &mut conversation, &mut found, emit)?
                            }
                            Err(wrong) => Err(wrong),
                        }
                    }
                };
                let told = told.unwrap_or_else(|cause| ToolAnswer {
                    tool: UNREADABLE.into(),
                    text: cause,
                    passages: Vec::new(),
                    scan: None,
                });
                conversation.turns.push(Turn::ToolAnswer(told));
            }
        }
    }

    /// Does what a call asks for. What fails is told to the explainer; only a search that fails ends the answer.
    fn serve(
        &self,
        asked: &Asked,
        name: &str,
        work: &WorkAtHand,
        conversation: &mut Conversation,
        found: &mut Found,
        emit: Listener<'_>,
    ) -> Result<Result<ToolAnswer, String>, AssistantError> {
        let begun = Instant::now();
        let mut told = ToolAnswer { tool: name.to_owned(), text: String::new(), passages: Vec::new(), scan: None };
        let nobody = || "There is no library at hand.".to_owned();
        match asked {
            Asked::Documents { query } => {
                let hits = self.knowledge.search(query, PASSAGES_A_SEARCH)?;
                found.step(Tool::Search, query, hits.len(), begun, emit)?;
                if hits.is_empty() {
                    told.text = format!("Nothing relevant was found for \"{query}\".");
                }
                told.passages = hits.iter().map(text).collect();
                found.add(query, hits);
            }
            Asked::SimilarWorks { count } => {
                let similar = work.desk.ok_or_else(nobody).and_then(|desk| desk.similar_works(*count));
                found.step(Tool::SimilarWorks, "", 0, begun, emit)?;
                match similar {
                    Ok(works) if works.is_empty() => told.text = "No work of the library looks like this one.".into(),
                    Ok(works) => told.text = works.join("\n"),
                    Err(cause) => return Ok(Err(cause)),
                }
            }
            Asked::Closer(part) => {
                let seen = work.desk.ok_or_else(nobody).and_then(|desk| desk.closer(*part));
                found.step(Tool::LookCloser, "", 0, begun, emit)?;
                match seen {
                    Ok(image) => {
                        told.text = "This part of the scan, enlarged:".into();
                        told.scan = Some(conversation.scans.len());
                        conversation.scans.push(Arc::new(image));
                    }
                    Err(cause) => return Ok(Err(cause)),
                }
            }
            Asked::Record => {
                found.step(Tool::Record, "", 0, begun, emit)?;
                let lines: Vec<String> =
                    self.card(work.card).iter().map(|line| format!("{}.", wording::of_the_work(line))).collect();
                told.text = if lines.is_empty() { "Nothing is recorded of the work.".into() } else { lines.join("\n") };
            }
        }
        Ok(Ok(told))
    }

    /// Hears one turn of the explainer, and gathers its sentences with what they rest on.
    fn listen(&self, conversation: &Conversation, emit: Listener<'_>) -> Result<Said, AssistantError> {
        let mut said = Said::default();
        let mut open: Option<Sentence> = None;
        let mut stopped = false;
        self.explainer.respond(conversation, &mut |event| {
            match event {
                ExplainerEvent::Text(text) => {
                    let next = Sentence {
                        text,
                        support: Support::None,
                        hedged: false,
                        citations: Vec::new(),
                        unsupported: Vec::new(),
                    };
                    if let Some(done) = open.replace(next) {
                        stopped = self.say(done, conversation, &mut said, emit).is_break();
                    }
                }
                ExplainerEvent::Writing(text) => stopped = emit(AnswerEvent::Writing(text)).is_break(),
                ExplainerEvent::Citation { fragment, span } => {
                    if let (Some(open), Some(fragment)) = (&mut open, self.passage(&fragment)) {
                        open.support = Support::Passage;
                        open.citations.push(Citation {
                            fragment: fragment.id.clone(),
                            title: fragment.title.clone(),
                            quote: fragment.text.get(span).unwrap_or(&fragment.text).to_owned(),
                        });
                    }
                }
                ExplainerEvent::Hedge { .. } => {
                    if let Some(open) = &mut open {
                        open.hedged = true;
                        if open.support == Support::None {
                            open.support = Support::Image;
                        }
                    }
                }
                ExplainerEvent::Abstain(reason) => said.abstention = Some(reason),
                ExplainerEvent::Call(call) => said.calls.push(Called::Readable(call)),
                ExplainerEvent::BrokenCall { text, cause } => said.calls.push(Called::Broken { text, cause }),
            }
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(last) = open.filter(|_| !stopped) {
            stopped = self.say(last, conversation, &mut said, emit).is_break();
        }
        if stopped { Err(AssistantError::Stopped) } else { Ok(said) }
    }

    /// A sentence is complete: what nothing supports in it is marked, and it is told.
    fn say(
        &self,
        mut sentence: Sentence,
        conversation: &Conversation,
        said: &mut Said,
        emit: Listener<'_>,
    ) -> ControlFlow<()> {
        sentence.unsupported = self.unsupported(&sentence, conversation);
        // What a model that looks at the scan says without naming anything was read off it.
        if sentence.support == Support::None && self.sees() && sentence.unsupported.is_empty() {
            sentence.support = Support::Image;
        }
        said.sentences.push(sentence.clone());
        emit(AnswerEvent::Sentence(sentence))
    }

    /// A passage that is cited. One that has gone from its collection meanwhile, or cannot be read, supports nothing.
    fn passage(&self, id: &str) -> Option<Arc<Fragment>> {
        self.knowledge.fragment(id).ok().flatten()
    }

    /// Names and numbers that neither the passages of the sentence nor the record, the question or a tool say.
    fn unsupported(&self, sentence: &Sentence, conversation: &Conversation) -> Vec<String> {
        let fragments = sentence.citations.iter().filter_map(|citation| self.passage(&citation.fragment));
        let mut sources: Vec<String> =
            fragments.map(|fragment| format!("{}. {}", fragment.title, fragment.text)).collect();
        for turn in &conversation.turns {
            match turn {
                Turn::Card(card) => sources.extend(card.iter().map(wording::of_the_work)),
                Turn::User(text) => sources.push(text.clone()),
                Turn::ToolAnswer(answer) => sources.push(answer.text.clone()),
                _ => {}
            }
        }
        grounding::unsupported(&sentence.text, &sources.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn answer(&self, question: Option<String>, said: Said, found: Found) -> Answer {
        let Said { sentences, mut abstention, calls } = said;
        if sentences.is_empty() && abstention.is_none() && !calls.is_empty() {
            abstention = Some("It went on looking things up and gave no answer; ask more narrowly.".into());
        }
        let mut passages: Vec<(PassageHit, String)> = Vec::new();
        for id in sentences.iter().flat_map(|s| &s.citations).map(|c| &c.fragment) {
            let cited = found.hits.iter().find(|h| h.hit.fragment.id == *id);
            let known = passages.iter().any(|(p, _)| p.fragment.id == *id);
            if let (Some(hit), false) = (cited, known) {
                let query = hit.queries.first().and_then(|&q| found.queries.get(q)).cloned();
                passages.push((hit.hit.clone(), query.unwrap_or_default()));
            }
        }
        let pack = self.explainer.pack().clone();
        Answer { question, sentences, abstention, steps: found.steps, passages, pack }
    }
}

impl Found {
    fn step(
        &mut self,
        tool: Tool,
        query: &str,
        passages: usize,
        begun: Instant,
        emit: Listener<'_>,
    ) -> Result<(), AssistantError> {
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let step = Step { tool, query: query.to_owned(), passages, milliseconds };
        self.steps.push(step.clone());
        go_on(emit(AnswerEvent::Step(step)))
    }

    /// Keeps what one more search found.
    fn add(&mut self, query: &str, hits: Vec<PassageHit>) {
        let number = self.queries.len();
        self.queries.push(query.to_owned());
        for hit in hits {
            if !self.hits.iter().any(|known| known.hit.fragment.id == hit.fragment.id) {
                self.hits.push(SeededHit { hit, fused: 0.0, queries: vec![number] });
            }
        }
    }
}

impl Called {
    /// The call as it is shown to the explainer again.
    fn as_call(&self) -> ToolCall {
        match self {
            Self::Readable(call) => call.clone(),
            Self::Broken { text, .. } => ToolCall { name: UNREADABLE.into(), arguments: Value::String(text.clone()) },
        }
    }
}

fn go_on(flow: ControlFlow<()>) -> Result<(), AssistantError> {
    if flow.is_break() { Err(AssistantError::Stopped) } else { Ok(()) }
}

fn texts(hits: &[SeededHit]) -> Vec<PassageText> {
    hits.iter().map(|found| text(&found.hit)).collect()
}

fn text(hit: &PassageHit) -> PassageText {
    PassageText {
        id: hit.fragment.id.clone(),
        title: hit.fragment.title.clone(),
        text: hit.fragment.text.clone(),
        relevance: hit.relevance,
    }
}
