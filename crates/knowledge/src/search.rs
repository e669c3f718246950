//! Finding fragments, and saying when there are none.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use vitrine_inference::TextRows;
use vitrine_retrieval::{RelevanceCurve, match_rows, top_k};

use crate::indexing::span_in_note;
use crate::words::{fold, is_common, words};
use crate::{Fragment, KnowledgeBase, KnowledgeError, SeedQuery};

/// A part of a passage that a search's words matched.
#[derive(Debug, Clone, PartialEq)]
pub struct WordMatch {
    /// The bytes of the fragment's text.
    pub span: Range<usize>,
    /// How strongly, 0 to 1.
    pub weight: f32,
}

/// A fragment that a search found.
#[derive(Debug, Clone)]
pub struct PassageHit {
    /// The fragment.
    pub fragment: Arc<Fragment>,
    /// Mean over the query's rows of the best match in the fragment, a little more where the query names its article, a little
    /// less where the query uses words that the knowledge base never does.
    pub score: f32,
    /// How likely it is that the fragment speaks of what was asked, 0 to 1.
    pub relevance: f32,
    /// The words of the text that matched, in order, not overlapping.
    pub matches: Vec<WordMatch>,
}

/// A fragment that several searches together brought.
#[derive(Debug, Clone)]
pub struct SeededHit {
    /// The passage, with the score, relevance and matches of the search that ranks it best.
    pub hit: PassageHit,
    /// Its fused weight: the sum over searches of `weight / (60 + rank)`.
    pub fused: f32,
    /// Which of the searches found it, best first, as places in the list that was given.
    pub queries: Vec<usize>,
}

/// Fitted by logistic regression on the best score of each question marked `fit` in the assistant's `tests/questions.toml`,
/// with the compact pack's rows over the starter knowledge base; the test there reports how it does. [`NAMED`] and [`UNKNOWN`] were
/// chosen with all of those questions in view, so its figures are on the friendly side.
const RELEVANCE: RelevanceCurve = RelevanceCurve { midpoint: 0.661, steepness: 34.3 };
/// A fragment below this does not count as found.
const LEAST_RELEVANCE: f32 = 0.5;
/// What it is worth that the query names the article: it puts the right article first for 93 to 98 % of the same questions
/// instead of 86 to 90 %, depending on the rows of the query.
const NAMED: f32 = 0.06;
/// What it costs when no telling word of the query occurs in the knowledge base.
const UNKNOWN: f32 = 0.1;
/// Rank constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
const RANK_CONSTANT: f32 = 60.0;
/// Matches of rows below this cosine are not shown: rows of unrelated words reach it.
const FAINT_MATCH: f32 = 0.45;

impl KnowledgeBase {
    /// The `k` fragments that match `query` best, best first; those that are not relevant are left out, so it may be none.
    pub fn search(&self, query: &str, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        let (rows, scores) = self.scores(query)?;
        let relevant = top_k(&scores, k).into_iter().filter(|r| RELEVANCE.of(r.score) >= LEAST_RELEVANCE);
        relevant.map(|r| self.hit(r.document, r.score, RELEVANCE.of(r.score), query, &rows)).collect()
    }

    /// The results of one seeded search: the fragments of the article that its value names, which are relevant for sure, then
    /// what the search brings, `k` in all.
    pub fn search_seed(&self, seed: &SeedQuery, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        let Some(article) = seed.value.as_deref().and_then(|value| self.names.find(value)) else {
            return self.search(&seed.text, k);
        };
        let (rows, mut scores) = self.scores(&seed.text)?;
        // Cosines end at 1, so 4 lifts the article's own fragments over all others and keeps their order.
        const LOOKED_UP: f32 = 4.0;
        for (score, &of) in scores.iter_mut().zip(&self.article_of) {
            *score += if of == article { LOOKED_UP } else { 0.0 };
        }
        let mut hits = Vec::new();
        for found in top_k(&scores, k) {
            let looked_up = self.article_of[found.document] == article;
            let score = found.score - if looked_up { LOOKED_UP } else { 0.0 };
            let relevance = if looked_up { 1.0 } else { RELEVANCE.of(score) };
            if relevance >= LEAST_RELEVANCE {
                hits.push(self.hit(found.document, score, relevance, &seed.text, &rows)?);
            }
        }
        Ok(hits)
    }

    /// The results of several searches, fused by reciprocal rank, each fragment once, irrelevant ones left out.
    pub fn search_seeded(&self, queries: &[SeedQuery], k: usize) -> Result<Vec<SeededHit>, KnowledgeError> {
        let results = queries.iter().map(|q| self.search_seed(q, k)).collect::<Result<Vec<_>, _>>()?;
        let weights: Vec<f32> = queries.iter().map(|q| q.weight).collect();
        Ok(SeededHit::fuse(&weights, results, k))
    }

    /// The query's rows and every fragment's score.
    fn scores(&self, query: &str) -> Result<(TextRows, Vec<f32>), KnowledgeError> {
        let rows = self.retriever.embed_query(query)?;
        let length = rows.rows.len().max(1) as f32;
        let named: Vec<usize> =
            self.entities(query).iter().filter_map(|entity| self.names.find(&entity.title)).collect();
        let unknown = UNKNOWN * self.vocabulary.share_unknown(query);
        let mut scores = self.index.scores(&rows.rows, None)?;
        for (score, article) in scores.iter_mut().zip(&self.article_of) {
            *score = *score / length - unknown + if named.contains(article) { NAMED } else { 0.0 };
        }
        Ok((rows, scores))
    }

    fn hit(
        &self,
        fragment: usize,
        score: f32,
        relevance: f32,
        query: &str,
        rows: &TextRows,
    ) -> Result<PassageHit, KnowledgeError> {
        let matches = self.matches(fragment, query, rows)?;
        Ok(PassageHit { fragment: self.fragments[fragment].clone(), score, relevance, matches })
    }

    /// Which words of the fragment are the best match of a telling word of the query.
    fn matches(&self, fragment: usize, query: &str, rows: &TextRows) -> Result<Vec<WordMatch>, KnowledgeError> {
        let text = &self.fragments[fragment].text;
        let document = self.index.rows(fragment);
        let note = self.index.note(fragment);
        let in_text = words(text);
        let telling: Vec<Range<usize>> =
            words(query).into_iter().filter(|(_, word)| !is_common(word)).map(|(span, _)| span).collect();
        let mut weights: HashMap<usize, f32> = HashMap::new();
        for found in match_rows(&rows.rows, &document)? {
            let asks = rows.spans.get(found.query_row).and_then(Option::as_ref);
            let tells = asks.is_some_and(|a| telling.iter().any(|t| t.start < a.end && a.start < t.end));
            let Some(span) = span_in_note(note, found.document_row, text).filter(|_| tells) else { continue };
            // The whole word is lit, not the part of it that the model reads at a time.
            let Some(word) = in_text.iter().position(|(w, _)| w.start < span.end && span.start < w.end) else {
                continue;
            };
            let weight = ((found.score - FAINT_MATCH) / (1.0 - FAINT_MATCH)).clamp(0.0, 1.0);
            if weight > 0.0 && !is_common(&in_text[word].1) {
                let held = weights.entry(word).or_default();
                *held = held.max(weight);
            }
        }
        // The same word elsewhere in the paragraph is as good a match: rows of one word differ by a hair.
        let asked: Vec<String> = telling.iter().map(|span| fold(&query[span.clone()])).collect();
        for (number, (_, word)) in in_text.iter().enumerate() {
            if asked.contains(word) {
                weights.insert(number, 1.0);
            }
        }
        let mut matches: Vec<WordMatch> =
            weights.into_iter().map(|(word, weight)| WordMatch { span: in_text[word].0.clone(), weight }).collect();
        matches.sort_by_key(|m| m.span.start);
        Ok(matches)
    }
}

impl SeededHit {
    /// Fuses the `results` of several searches by reciprocal rank, each search counting as much as its weight; the `k` best.
    pub fn fuse(weights: &[f32], results: Vec<Vec<PassageHit>>, k: usize) -> Vec<Self> {
        let mut fused: Vec<(Self, f32)> = Vec::new();
        for (query, (hits, weight)) in results.into_iter().zip(weights).enumerate() {
            for (rank, hit) in hits.into_iter().enumerate() {
                let share = weight / (RANK_CONSTANT + rank as f32 + 1.0);
                match fused.iter_mut().find(|(f, _)| f.hit.fragment.id == hit.fragment.id) {
                    None => fused.push((Self { hit, fused: share, queries: vec![query] }, share)),
                    Some((held, best)) => {
                        held.fused += share;
                        let relevance = held.hit.relevance.max(hit.relevance);
                        if share > *best {
                            *best = share;
                            held.hit = hit;
                            held.queries.insert(0, query);
                        } else {
                            held.queries.push(query);
                        }
                        held.hit.relevance = relevance;
                    }
                }
            }
        }
        fused.sort_by(|(a, _), (b, _)| b.fused.total_cmp(&a.fused));
        fused.truncate(k);
        fused.into_iter().map(|(hit, _)| hit).collect()
    }
}
