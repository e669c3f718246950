//! The loop of a conversation: search first, then speak, and look things up in between where the explainer asks for it.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use vitrine_inference::{
    CardLine, Conversation, Effort, Explainer, ExplainerEvent, InferenceError, PassageText, ToolAnswer, ToolCall, Turn,
    WritingTask,
};
use vitrine_knowledge::{
    Fragment, KnowledgeBase, KnowledgeError, PassageHit, Scope, SeedQuery, SeededHit, seed_queries, words,
};

use crate::prompts::{self, PromptKind, Wish};
use crate::tools::{self, Asked};
use crate::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support, Timing, Tool, WorkAtHand};
use crate::{explanation, grounding, question, seeding, wording};

/// How many passages one search brings to an answer.
const PASSAGES_A_SEARCH: usize = 6;
/// How many passages the explainer gets to read.
const PASSAGES: usize = 30;
/// A suggested artist below this is not spoken of: wrong names come with a confidence as high as 0.6, and weigh heavy.
const LEAST_ARTIST_CONFIDENCE: f32 = 0.6;
/// Calls that one turn of the explainer may make.
const MOST_CALLS_A_TURN: usize = 4;
/// Tokens that one turn may write.
const TOKENS_A_TURN: usize = 512;
/// Tokens of an answer by yes or no, and some that may come before it.
const TOKENS_OF_A_CHECK: usize = 8;
/// What a search for a part of what is told about the very work counts for.
const PART_OF_THE_WORK: f32 = 0.6;
/// The name that a call which can't be read goes by.
const UNREADABLE: &str = "unreadable";

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

/// How far an explainer may go for one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Searches that it may make itself.
    pub searches: usize,
    /// Turns that it may take, the answer included.
    pub turns: usize,
    /// Tokens that it may write in all turns together.
    pub tokens: usize,
    /// Time after which it has to answer with what it has.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { searches: 3, turns: 6, tokens: 2048, time: Duration::from_secs(300) }
    }
}

/// How something is to be written.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The prompt that is followed.
    pub wish: Wish,
    /// Rules that go before every conversation.
    pub rules: String,
    /// How far the explainer may go.
    pub limits: Limits,
    /// What a model is asked about each sentence that names passages; nothing to leave that.
    pub check: Option<String>,
    /// The collections and languages whose passages may be drawn on.
    pub scope: Scope,
}

impl Manner {
    /// The prompt `id` as it comes with the program; the one for explanations where there is none of that id.
    pub fn of(id: &str) -> Self {
        let wish = prompts::prompt(id).or_else(|| prompts::prompts().first()).map(Wish::of);
        let empty = || Wish {
            prompt: id.to_owned(),
            version: String::new(),
            text: String::new(),
            length: prompts::Length::Medium,
            language: String::new(),
        };
        let rules = prompts::prompt("rules").map(|prompt| prompt.text.clone()).unwrap_or_default();
        Self {
            wish: wish.unwrap_or_else(empty),
            rules,
            limits: Limits::default(),
            check: None,
            scope: Scope::default(),
        }
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
    timing: Timing,
}

/// What the explainer said in one turn.
#[derive(Default)]
struct Said {
    sentences: Vec<Sentence>,
    abstention: Option<String>,
    calls: Vec<Called>,
    thoughts: Vec<String>,
    effort: Effort,
}

enum Called {
    Readable(ToolCall),
    Broken { text: String, cause: String },
}

/// A conversation under way.
struct Talk<'a> {
    manner: &'a Manner,
    question: Option<String>,
    work: &'a WorkAtHand<'a>,
    begun: Instant,
}

impl Assistant {
    /// Speaks with `explainer` of what `knowledge` holds.
    pub fn new(knowledge: Arc<KnowledgeBase>, explainer: Arc<dyn Explainer>) -> Self {
        Self { knowledge, explainer, limits: Limits::default() }
    }

    /// The same within other limits, where no manner says otherwise.
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
        self.write(&Manner { limits: self.limits, ..Manner::of("explain") }, work, emit)
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
        self.answer_as(&Manner { limits: self.limits, ..Manner::of("answer") }, question, work, history, emit)
    }

    /// Writes about the work what `manner` wishes for.
    pub fn write(
        &self,
        manner: &Manner,
        work: &WorkAtHand,
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let begun = Instant::now();
        let keeps = prompts::prompt(&manner.wish.prompt).map_or(&[][..], |prompt| prompt.keeps.as_slice());
        let known = |line: &CardLine| keeps.is_empty() || keeps.contains(&line.property);
        let mut card = self.card(work.card);
        card.retain(known);
        let other = work.other.map(|other| self.card(other.card));
        let mut seeds = seed_queries(None, &card);
        seeds.extend(self.parts_of_the_work(manner, &card));
        for seed in other.iter().flat_map(|other| seed_queries(None, other)) {
            if seeds.iter().all(|known| known.text != seed.text) {
                seeds.push(seed);
            }
        }
        let found = self.look_up(&manner.scope, &seeds, None, begun, emit)?;
        let turns = vec![
            Turn::System(manner.rules.clone()),
            Turn::Card(card),
            Turn::Passages(texts(&found.hits)),
            Turn::Task(task(manner, other)),
        ];
        self.speak(&Talk { manner, question: None, work, begun }, turns, found, emit)
    }

    /// The answer to `question` in `manner`, see [`ask`](Self::ask).
    pub fn answer_as(
        &self,
        manner: &Manner,
        question: &str,
        work: &WorkAtHand,
        history: &[Exchange],
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let begun = Instant::now();
        let card = self.card(work.card);
        let complete = question::complete(question.trim(), &card, history, &self.knowledge);
        // The card leads searches only where the question speaks of the work; otherwise it would bring passages on the work's
        // style to a question on something else, and they would pass for an answer.
        let of_the_work: Vec<CardLine> =
            card.iter().filter(|line| complete.taken_from_card.contains(&line.value)).cloned().collect();
        let looks = prompts::prompt(&manner.wish.prompt).is_some_and(|prompt| prompt.kind == PromptKind::Look);
        let seeds = if looks { Vec::new() } else { seeding::searches(&complete, &of_the_work, &self.knowledge) };
        let reworded = if looks { None } else { seeding::rewritten(&complete.text) };
        let found = self.look_up(&manner.scope, &seeds, reworded, begun, emit)?;
        let mut turns = vec![Turn::System(manner.rules.clone()), Turn::Card(card)];
        for exchange in history {
            turns.push(Turn::User(exchange.question.clone()));
            turns.push(Turn::Assistant(exchange.answer.clone()));
        }
        turns.push(Turn::Passages(texts(&found.hits)));
        turns.push(Turn::Task(task(manner, None)));
        turns.push(Turn::User(complete.text));
        self.speak(&Talk { manner, question: Some(question.to_owned()), work, begun }, turns, found, emit)
    }

    /// Searches for the parts of what is told about the very work that a prompt wishes for: a page may be longer than what one search brings of it.
    fn parts_of_the_work(&self, manner: &Manner, card: &[CardLine]) -> Vec<SeedQuery> {
        let title = card.iter().find(|line| line.property == "title" && self.knowledge.has_page_on(&line.value));
        let (Some(title), Some(prompt)) = (title, prompts::prompt(&manner.wish.prompt)) else { return Vec::new() };
        let mut seeds: Vec<SeedQuery> = Vec::new();
        for planned in prompt.plan.iter().filter(|planned| planned.of == "title") {
            let text = explanation::asked_of(planned.tells, title, card);
            if seeds.iter().all(|seed| seed.text != text) {
                let value = Some(title.value.clone());
                seeds.push(SeedQuery { text, weight: PART_OF_THE_WORK, property: None, value });
            }
        }
        seeds
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

    /// Searches for `seeds`, and for `reworded` to put what they bring in order.
    fn look_up(
        &self,
        scope: &Scope,
        seeds: &[SeedQuery],
        reworded: Option<String>,
        begun: Instant,
        emit: Listener<'_>,
    ) -> Result<Found, AssistantError> {
        let (mut found, mut results) = (Found::default(), Vec::new());
        for seed in seeds {
            let begun = Instant::now();
            let hits = self.knowledge.search_seed_within(scope, seed, PASSAGES_A_SEARCH)?;
            found.step(Tool::Search, &seed.text, false, hits.len(), begun, emit)?;
            found.queries.push(seed.text.clone());
            results.push(hits);
        }
        let mut weights: Vec<f32> = seeds.iter().map(|s| s.weight).collect();
        if let Some(text) = reworded {
            let begun = Instant::now();
            let mut hits = self.knowledge.search_within(scope, &text, PASSAGES_A_SEARCH)?;
            let known: HashSet<&str> = results.iter().flatten().map(|hit| hit.fragment.id.as_str()).collect();
            hits.retain(|hit| known.contains(hit.fragment.id.as_str()));
            found.step(Tool::Search, &text, false, hits.len(), begun, emit)?;
            found.queries.push(text);
            weights.push(seeding::REWRITTEN);
            results.push(hits);
        }
        found.hits = without_duplicates(SeededHit::fuse(&weights, results, PASSAGES));
        found.timing.searched = milliseconds(begun);
        Ok(found)
    }

    /// Lets the explainer speak, and answers its calls, until it has said what it has to say.
    fn speak(
        &self,
        talk: &Talk<'_>,
        turns: Vec<Turn>,
        mut found: Found,
        emit: Listener<'_>,
    ) -> Result<Answer, AssistantError> {
        let (work, limits) = (talk.work, talk.manner.limits);
        let scans = work.scan.into_iter().chain(work.other.and_then(|other| other.scan)).cloned().collect();
        let tools = tools::descriptions(work.desk.is_some(), self.sees());
        let mut conversation = Conversation { turns, scans, tools };
        let mut answered: Vec<ToolCall> = Vec::new();
        let mut searches = limits.searches;
        let (mut thoughts, mut effort) = (Vec::new(), Effort::default());
        let mut turn = 0;
        loop {
            turn += 1;
            let tokens = limits.tokens.saturating_sub(effort.written).clamp(1, TOKENS_A_TURN);
            for turn in &mut conversation.turns {
                if let Turn::Task(task) = turn {
                    task.tokens = tokens;
                }
            }
            // What is left after this turn has to be enough for an answer.
            let spent = effort.written + TOKENS_A_TURN >= limits.tokens;
            let last = turn >= limits.turns || spent || talk.begun.elapsed() >= limits.time;
            if last {
                // It is not told of tools any more; whoever calls them all the same is not heard.
                conversation.tools.clear();
            }
            let mut said = self.listen(&conversation, talk, &mut found.timing, emit)?;
            thoughts.append(&mut said.thoughts);
            effort += said.effort;
            if last || said.calls.is_empty() {
                effort += self.confirm(&mut said.sentences, &conversation, talk)?;
                found.timing.whole = milliseconds(talk.begun);
                return Ok(self.answer(talk, Said { thoughts, effort, ..said }, found));
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
                                self.serve(&asked, &call.name, talk, &mut conversation, &mut found, emit)?
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
        talk: &Talk<'_>,
        conversation: &mut Conversation,
        found: &mut Found,
        emit: Listener<'_>,
    ) -> Result<Result<ToolAnswer, String>, AssistantError> {
        let (begun, work, scope) = (Instant::now(), talk.work, &talk.manner.scope);
        let mut told = ToolAnswer { tool: name.to_owned(), text: String::new(), passages: Vec::new(), scan: None };
        let nobody = || "There is no library at hand.".to_owned();
        match asked {
            Asked::Documents { query } => {
                let hits = self.knowledge.search_within(scope, query, PASSAGES_A_SEARCH)?;
                found.step(Tool::Search, query, true, hits.len(), begun, emit)?;
                if hits.is_empty() {
                    told.text = format!("Nothing relevant was found for \"{query}\".");
                }
                told.passages = hits.iter().map(text).collect();
                found.add(query, hits);
            }
            Asked::SimilarWorks { count } => {
                let similar = work.desk.ok_or_else(nobody).and_then(|desk| desk.similar_works(*count));
                found.step(Tool::SimilarWorks, "", true, 0, begun, emit)?;
                match similar {
                    Ok(works) if works.is_empty() => told.text = "No work of the library looks like this one.".into(),
                    Ok(works) => told.text = works.join("\n"),
                    Err(cause) => return Ok(Err(cause)),
                }
            }
            Asked::Closer(part) => {
                let seen = work.desk.ok_or_else(nobody).and_then(|desk| desk.closer(*part));
                let (query, milliseconds) = (String::new(), milliseconds(begun));
                let part = Some(*part);
                found
                    .took(Step { tool: Tool::LookCloser, query, part, asked: true, passages: 0, milliseconds }, emit)?;
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
                found.step(Tool::Record, "", true, 0, begun, emit)?;
                // As the conversation has it: a prompt may keep the title back.
                let card = conversation.turns.iter().filter_map(|turn| match turn {
                    Turn::Card(card) => Some(card),
                    _ => None,
                });
                let lines: Vec<String> =
                    card.flatten().map(|line| format!("{}.", wording::of_the_work(line))).collect();
                told.text = if lines.is_empty() { "Nothing is recorded of the work.".into() } else { lines.join("\n") };
            }
        }
        Ok(Ok(told))
    }

    /// Hears one turn of the explainer, and gathers its sentences with what they rest on.
    fn listen(
        &self,
        conversation: &Conversation,
        talk: &Talk<'_>,
        timing: &mut Timing,
        emit: Listener<'_>,
    ) -> Result<Said, AssistantError> {
        let mut said = Said::default();
        let mut open: Option<Sentence> = None;
        // Why it is heard no longer.
        let mut ended: Option<AssistantError> = None;
        self.explainer.respond(conversation, &mut |event| {
            let heard = match event {
                ExplainerEvent::Text(text) => {
                    timing.begin(talk.begun);
                    let next = Sentence {
                        text,
                        support: Support::None,
                        hedged: false,
                        citations: Vec::new(),
                        unsupported: Vec::new(),
                        confirmed: None,
                    };
                    match open.replace(next) {
                        Some(done) => self.say(done, conversation, &mut said, emit),
                        None => Ok(()),
                    }
                }
                ExplainerEvent::Writing(text) => {
                    timing.begin(talk.begun);
                    go_on(emit(AnswerEvent::Writing(text)))
                }
                ExplainerEvent::Citation { fragment, span } => {
                    if let (Some(open), Some(fragment)) = (&mut open, self.passage(&fragment)) {
                        open.citations.push(Citation {
                            fragment: fragment.id.clone(),
                            title: fragment.title.clone(),
                            quote: fragment.text.get(span).unwrap_or(&fragment.text).to_owned(),
                            agreement: 0.0,
                        });
                    }
                    Ok(())
                }
                ExplainerEvent::Hedge { .. } => {
                    if let Some(open) = &mut open {
                        open.hedged = true;
                    }
                    Ok(())
                }
                ExplainerEvent::Thought(thought) => {
                    said.thoughts.push(thought.clone());
                    go_on(emit(AnswerEvent::Thought(thought)))
                }
                other => {
                    match other {
                        ExplainerEvent::Abstain(reason) => said.abstention = Some(reason),
                        ExplainerEvent::Call(call) => said.calls.push(Called::Readable(call)),
                        ExplainerEvent::BrokenCall { text, cause } => said.calls.push(Called::Broken { text, cause }),
                        ExplainerEvent::Used(effort) => said.effort += effort,
                        _ => {}
                    }
                    Ok(())
                }
            };
            ended = heard.err();
            if ended.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if ended.is_none()
            && let Some(last) = open
        {
            ended = self.say(last, conversation, &mut said, emit).err();
        }
        ended.map_or(Ok(said), Err)
    }

    /// A sentence is complete: it is checked what it rests on, what nothing supports in it is marked, and it is told.
    fn say(
        &self,
        mut sentence: Sentence,
        conversation: &Conversation,
        said: &mut Said,
        emit: Listener<'_>,
    ) -> Result<(), AssistantError> {
        let retriever = self.knowledge.retriever();
        let mut passages = Vec::new();
        for citation in &mut sentence.citations {
            let Some(fragment) = self.passage(&citation.fragment) else { continue };
            if says_word_for_word(&sentence.text, &citation.quote) {
                citation.agreement = 1.0;
            } else {
                let (title, text) = (&fragment.title, &fragment.text);
                let agreement = grounding::agreement(&sentence.text, title, text, retriever.as_ref())?;
                citation.agreement = agreement.score;
                citation.quote = fragment.text[agreement.nearest].to_owned();
            }
            passages.push(format!("{}. {}", fragment.title, fragment.text));
        }
        let record = record(conversation);
        let asked = conversation.turns.iter().filter_map(|turn| match turn {
            Turn::User(text) => Some(text.as_str()),
            _ => None,
        });
        let sources: Vec<&str> = passages.iter().chain(&record).map(String::as_str).chain(asked).collect();
        sentence.unsupported = grounding::unsupported(&sentence.text, &sources);
        let record: Vec<&str> = record.iter().map(String::as_str).collect();
        let named = !sentence.unsupported.is_empty();
        sentence.support = if sentence.citations.iter().any(|c| c.agreement >= grounding::LEAST_AGREEMENT) {
            Support::Passage
        } else if !named && grounding::recorded(&sentence.text, &record) {
            Support::Record
        } else if !named && sentence.citations.is_empty() && self.sees() {
            // What a model that looks at the scan says without naming anything was read off it.
            Support::Image
        } else {
            Support::None
        };
        said.sentences.push(sentence.clone());
        go_on(emit(AnswerEvent::Sentence(sentence)))
    }

    /// Asks the explainer of each sentence whether the passages that it names say so, one word each; what it denies is not supported.
    fn confirm(
        &self,
        sentences: &mut [Sentence],
        conversation: &Conversation,
        talk: &Talk<'_>,
    ) -> Result<Effort, AssistantError> {
        let mut effort = Effort::default();
        let Some(check) = &talk.manner.check else { return Ok(effort) };
        for sentence in sentences.iter_mut().filter(|sentence| sentence.support == Support::Passage) {
            let cited = sentence.citations.iter().filter_map(|citation| self.passage(&citation.fragment));
            let passages = cited.map(|fragment| PassageText {
                id: fragment.id.clone(),
                title: fragment.title.clone(),
                text: fragment.text.clone(),
                relevance: 1.0,
            });
            // Rules, scans and record stay as they were, so that they need not be read again.
            let begins = |turn: &&Turn| matches!(turn, Turn::System(_) | Turn::Card(_));
            let mut turns: Vec<Turn> = conversation.turns.iter().filter(begins).cloned().collect();
            turns.push(Turn::Passages(passages.collect()));
            turns.push(Turn::Task(WritingTask {
                prompt: "check".to_owned(),
                text: check.replace("{sentence}", &sentence.text),
                sentences: 1,
                tokens: TOKENS_OF_A_CHECK,
                other: None,
            }));
            let scans = conversation.scans.clone();
            let question = Conversation { turns, scans, tools: conversation.tools.clone() };
            let mut verdict = None;
            self.explainer.respond(&question, &mut |event| {
                match event {
                    ExplainerEvent::Writing(text) | ExplainerEvent::Text(text) => {
                        verdict = verdict.or(yes_or_no(&text))
                    }
                    ExplainerEvent::Used(used) => effort += used,
                    _ => {}
                }
                if verdict.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            sentence.confirmed = verdict;
            if verdict == Some(false) {
                sentence.support = Support::None;
            }
        }
        Ok(effort)
    }

    /// A passage that is cited. One that has gone from its collection meanwhile, or cannot be read, supports nothing.
    fn passage(&self, id: &str) -> Option<Arc<Fragment>> {
        self.knowledge.fragment(id).ok().flatten()
    }

    fn answer(&self, talk: &Talk<'_>, said: Said, found: Found) -> Answer {
        let Said { sentences, mut abstention, calls, thoughts, effort } = said;
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
        Answer {
            question: talk.question.clone(),
            sentences,
            abstention,
            steps: found.steps,
            passages,
            retrieved: found.hits.iter().map(|found| found.hit.fragment.id.clone()).collect(),
            thoughts,
            prompt: talk.manner.wish.prompt.clone(),
            version: talk.manner.wish.version.clone(),
            pack: self.explainer.pack().clone(),
            timing: found.timing,
            effort,
        }
    }
}

impl Found {
    fn step(
        &mut self,
        tool: Tool,
        query: &str,
        asked: bool,
        passages: usize,
        begun: Instant,
        emit: Listener<'_>,
    ) -> Result<(), AssistantError> {
        let (query, milliseconds) = (query.to_owned(), milliseconds(begun));
        self.took(Step { tool, query, part: None, asked, passages, milliseconds }, emit)
    }

    fn took(&mut self, step: Step, emit: Listener<'_>) -> Result<(), AssistantError> {
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

impl Timing {
    /// The first word came, if none had.
    fn begin(&mut self, begun: Instant) {
        if self.first_word == 0 {
            self.first_word = milliseconds(begun).max(1);
        }
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What the explainer is wished to write.
fn task(manner: &Manner, other: Option<Vec<CardLine>>) -> WritingTask {
    let (text, sentences) = manner.wish.words();
    WritingTask { prompt: manner.wish.prompt.clone(), text, sentences, tokens: TOKENS_A_TURN, other }
}

/// Lines of the record, and what tools said.
fn record(conversation: &Conversation) -> Vec<String> {
    let mut lines = Vec::new();
    for turn in &conversation.turns {
        match turn {
            Turn::Card(card) => lines.extend(card.iter().map(wording::of_the_work)),
            Turn::Task(task) => lines.extend(task.other.iter().flatten().map(wording::of_the_work)),
            Turn::ToolAnswer(answer) => lines.push(answer.text.clone()),
            _ => {}
        }
    }
    lines
}

/// Whether all words of `quote` stand in `sentence`, in a row.
fn says_word_for_word(sentence: &str, quote: &str) -> bool {
    let plain = |text: &str| words(text).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
    let (sentence, quote) = (plain(sentence), plain(quote));
    !quote.is_empty() && sentence.windows(quote.len()).any(|part| part == quote)
}

fn yes_or_no(text: &str) -> Option<bool> {
    match words(text).first()?.1.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// Passages whose words an earlier one has already, in the same or another collection, are left out.
fn without_duplicates(hits: Vec<SeededHit>) -> Vec<SeededHit> {
    let mut kept: Vec<(String, SeededHit)> = Vec::new();
    for hit in hits {
        let plain: Vec<String> = words(&hit.hit.fragment.text).into_iter().map(|(_, word)| word).collect();
        let plain = format!(" {} ", plain.join(" "));
        if !kept.iter().any(|(known, _)| known.contains(&plain)) {
            kept.push((plain, hit));
        }
    }
    kept.into_iter().map(|(_, hit)| hit).collect()
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
