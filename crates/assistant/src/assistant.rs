//! The loop of a conversation: search first, then speak.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use image::RgbImage;
use vitrine_inference::{CardLine, Conversation, Explainer, ExplainerEvent, InferenceError, PassageText, Turn};
use vitrine_knowledge::{KnowledgeBase, KnowledgeError, SeedQuery, SeededHit, seed_queries};

use crate::question;
use crate::{Answer, AnswerEvent, Citation, Exchange, Sentence, Step, Support};

/// How many passages one search brings to an answer.
const PASSAGES_A_SEARCH: usize = 6;
/// How many passages the explainer gets to read.
const PASSAGES: usize = 30;
/// A suggested artist below this is not spoken of: wrong names come with a confidence as high as 0.6, and weigh heavy.
const LEAST_ARTIST_CONFIDENCE: f32 = 0.6;

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

/// Who hears of the answer while it is made.
type Listener<'a> = &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>;

/// Answers from a knowledge base in the words of an explainer.
pub struct Assistant {
    knowledge: Arc<KnowledgeBase>,
    explainer: Arc<dyn Explainer>,
}

impl Assistant {
    /// Speaks with `explainer` of what `knowledge` holds.
    pub fn new(knowledge: Arc<KnowledgeBase>, explainer: Arc<dyn Explainer>) -> Self {
        Self { knowledge, explainer }
    }

    /// Whether the explainer looks at scans.
    pub fn sees(&self) -> bool {
        self.explainer.sees()
    }

    /// A short explanation of the work on the card, whose `scan` is shown to explainers that see. `emit` hears of every search and every
    /// sentence, and may break to stop.
    pub fn explain(
        &self,
        card: &[CardLine],
        scan: Option<Arc<RgbImage>>,
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let card = self.card(card);
        let seeds = seed_queries(None, &card);
        let (steps, hits) = self.look_up(&seeds, emit)?;
        let turns = vec![Turn::System(RULES.to_owned()), Turn::Card(card), passages(&hits)];
        self.speak(None, Conversation { turns, scans: scan.into_iter().collect() }, steps, &seeds, hits, emit)
    }

    /// The answer to `question` about the work on the card, after the `history` of earlier exchanges (oldest first).
    ///
    /// What the question leaves open ("this style", "when did he die?") is taken from the card and from what was spoken of.
    pub fn ask(
        &self,
        question: &str,
        card: &[CardLine],
        scan: Option<Arc<RgbImage>>,
        history: &[Exchange],
        emit: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, AssistantError> {
        let card = self.card(card);
        let complete = question::complete(question.trim(), &card, history, &self.knowledge);
        // The card leads searches only where the question speaks of the work; otherwise it would bring passages on the work's
        // style to a question on something else, and they would pass for an answer.
        let of_the_work: Vec<CardLine> =
            card.iter().filter(|line| complete.taken_from_card.contains(&line.value)).cloned().collect();
        let seeds = seed_queries(Some(&complete.text), &of_the_work);
        let (steps, hits) = self.look_up(&seeds, emit)?;
        let mut turns = vec![Turn::System(RULES.to_owned()), Turn::Card(card)];
        for exchange in history {
            turns.push(Turn::User(exchange.question.clone()));
            turns.push(Turn::Assistant(exchange.answer.clone()));
        }
        turns.push(passages(&hits));
        turns.push(Turn::User(complete.text));
        self.speak(
            Some(question.to_owned()),
            Conversation { turns, scans: scan.into_iter().collect() },
            steps,
            &seeds,
            hits,
            emit,
        )
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

    fn look_up(&self, seeds: &[SeedQuery], emit: Listener<'_>) -> Result<(Vec<Step>, Vec<SeededHit>), AssistantError> {
        let (mut steps, mut results) = (Vec::new(), Vec::new());
        for seed in seeds {
            let begun = Instant::now();
            let hits = self.knowledge.search_seed(seed, PASSAGES_A_SEARCH)?;
            let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let step = Step { query: seed.text.clone(), passages: hits.len(), milliseconds };
            steps.push(step.clone());
            results.push(hits);
            go_on(emit(AnswerEvent::Step(step)))?;
        }
        let weights: Vec<f32> = seeds.iter().map(|s| s.weight).collect();
        Ok((steps, SeededHit::fuse(&weights, results, PASSAGES)))
    }

    /// Lets the explainer speak, and gathers its sentences with what they rest on.
    fn speak(
        &self,
        question: Option<String>,
        conversation: Conversation,
        steps: Vec<Step>,
        seeds: &[SeedQuery],
        hits: Vec<SeededHit>,
        emit: Listener<'_>,
    ) -> Result<Answer, AssistantError> {
        let mut sentences: Vec<Sentence> = Vec::new();
        let mut abstention = None;
        let mut open: Option<Sentence> = None;
        let mut stopped = false;
        self.explainer.respond(&conversation, &mut |event| {
            match event {
                ExplainerEvent::Text(text) => {
                    let next = Sentence { text, support: Support::None, hedged: false, citations: Vec::new() };
                    if let Some(done) = open.replace(next) {
                        sentences.push(done.clone());
                        if emit(AnswerEvent::Sentence(done)).is_break() {
                            stopped = true;
                            return ControlFlow::Break(());
                        }
                    }
                }
                ExplainerEvent::Citation { fragment, span } => {
                    if let (Some(open), Some(fragment)) = (&mut open, self.knowledge.fragment(&fragment)) {
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
                ExplainerEvent::Abstain(reason) => abstention = Some(reason),
                // All searches were made before it spoke; the extractive explainer asks for no more.
                ExplainerEvent::ToolCall { .. } => {}
            }
            ControlFlow::Continue(())
        })?;
        if stopped {
            return Err(AssistantError::Stopped);
        }
        if let Some(last) = open {
            sentences.push(last.clone());
            go_on(emit(AnswerEvent::Sentence(last)))?;
        }
        let mut passages = Vec::new();
        for id in sentences.iter().flat_map(|s| &s.citations).map(|c| &c.fragment) {
            let cited = hits.iter().find(|h| h.hit.fragment.id == *id);
            let known = passages.iter().any(|(p, _): &(vitrine_knowledge::PassageHit, String)| p.fragment.id == *id);
            if let (Some(found), false) = (cited, known) {
                let query = found.queries.first().and_then(|&q| seeds.get(q)).map(|s| s.text.clone());
                passages.push((found.hit.clone(), query.unwrap_or_default()));
            }
        }
        let pack = self.explainer.pack().clone();
        Ok(Answer { question, sentences, abstention, steps, passages, pack })
    }
}

fn go_on(flow: ControlFlow<()>) -> Result<(), AssistantError> {
    if flow.is_break() { Err(AssistantError::Stopped) } else { Ok(()) }
}

fn passages(hits: &[SeededHit]) -> Turn {
    let passage = |found: &SeededHit| PassageText {
        id: found.hit.fragment.id.clone(),
        title: found.hit.fragment.title.clone(),
        text: found.hit.fragment.text.clone(),
        relevance: found.hit.relevance,
    };
    Turn::Passages(hits.iter().map(passage).collect())
}
