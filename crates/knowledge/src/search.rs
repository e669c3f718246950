//! Finding fragments, and saying when there are none.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use vitrine_inference::TextRows;
use vitrine_retrieval::{Ranked, RelevanceCurve, RowMatch, match_rows, top_k};

use crate::collection::Found;
use crate::indexing::span_in_note;
use crate::words::{fold, is_common, words};
use crate::{Collection, Fragment, KnowledgeBase, KnowledgeError, Scope, SeedQuery};

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

/// Where a fragment is kept.
enum Place {
    Article(usize),
    Collection(Arc<Collection>, u64),
}

/// A fragment that may answer.
struct Candidate {
    place: Place,
    score: f32,
    /// It is of the article or page that a search asked for by name.
    looked_up: bool,
}

impl KnowledgeBase {
    /// The `k` fragments that match `query` best, best first; those that are not relevant are left out, so it may be none.
    pub fn search(&self, query: &str, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.search_within(&Scope::default(), query, k)
    }

    /// [`search`](Self::search) among the passages of `scope` alone.
    pub fn search_within(&self, scope: &Scope, query: &str, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.find(scope, query, None, k)
    }

    /// The results of one seeded search: the fragments of the article or the pages that its value names, which are relevant for sure, then
    /// what the search brings, `k` in all.
    pub fn search_seed(&self, seed: &SeedQuery, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.search_seed_within(&Scope::default(), seed, k)
    }

    /// [`search_seed`](Self::search_seed) among the passages of `scope` alone.
    pub fn search_seed_within(
        &self,
        scope: &Scope,
        seed: &SeedQuery,
        k: usize,
    ) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.find(scope, &seed.text, seed.value.as_deref(), k)
    }

    /// The results of several searches, fused by reciprocal rank, each fragment once, irrelevant ones left out.
    pub fn search_seeded(&self, queries: &[SeedQuery], k: usize) -> Result<Vec<SeededHit>, KnowledgeError> {
        self.search_seeded_within(&Scope::default(), queries, k)
    }

    /// [`search_seeded`](Self::search_seeded) among the passages of `scope` alone.
    pub fn search_seeded_within(
        &self,
        scope: &Scope,
        queries: &[SeedQuery],
        k: usize,
    ) -> Result<Vec<SeededHit>, KnowledgeError> {
        let results = queries.iter().map(|q| self.search_seed_within(scope, q, k)).collect::<Result<Vec<_>, _>>()?;
        let weights: Vec<f32> = queries.iter().map(|q| q.weight).collect();
        Ok(SeededHit::fuse(&weights, results, k))
    }

    /// The fragment `id` with the words lit that come nearest to those of `sentence`; none if there is no such fragment.
    pub fn compared(&self, id: &str, sentence: &str) -> Result<Option<PassageHit>, KnowledgeError> {
        let place = match (self.article_fragment(id), id.split_once(':')) {
            (Some(number), _) => Place::Article(number),
            (None, Some((key, number))) => {
                let collection = self.collections().into_iter().find(|collection| collection.key() == key);
                match (collection, number.parse()) {
                    (Some(collection), Ok(number)) => Place::Collection(collection, number),
                    _ => return Ok(None),
                }
            }
            (None, None) => return Ok(None),
        };
        let rows = self.retriever.embed_query(sentence)?;
        self.hit(&place, 0.0, 0.0, sentence, &rows)
    }

    /// The `k` best for `query` within `scope`, before all others those of what `name` names.
    fn find(
        &self,
        scope: &Scope,
        query: &str,
        name: Option<&str>,
        k: usize,
    ) -> Result<Vec<PassageHit>, KnowledgeError> {
        let languages = scope.wanted_languages();
        let mut collections = self.collections();
        collections.retain(|collection| scope.has(collection.key()));
        if collections.is_empty() && !scope.has_articles() {
            return Ok(Vec::new());
        }
        let rows = self.retriever.embed_query(query)?;
        let unknown = UNKNOWN * self.share_unknown(query, scope, &collections)?;
        let mut candidates =
            if scope.has_articles() { self.among_articles(query, name, &rows, k)? } else { Vec::new() };
        for collection in collections {
            let pack = self.retriever.pack();
            let Some(among) = collection.among(&languages)? else { continue };
            let asked_for = name.map_or(Ok(Vec::new()), |name| collection.of_title(name, &rows, pack, &among))?;
            let found = collection.find(query, &rows, pack, k, &among)?;
            let candidate = |found: &Found, looked_up| Candidate {
                place: Place::Collection(collection.clone(), found.number),
                score: found.mean + if found.named { NAMED } else { 0.0 },
                looked_up,
            };
            let twice = |found: &&Found| !asked_for.iter().any(|other| other.number == found.number);
            candidates.extend(found.iter().filter(twice).map(|found| candidate(found, false)));
            candidates.extend(asked_for.iter().map(|found| candidate(found, true)));
        }
        candidates
            .sort_by(|a, b| (b.looked_up, b.score).partial_cmp(&(a.looked_up, a.score)).unwrap_or(Ordering::Equal));
        candidates.truncate(k);
        let mut hits = Vec::new();
        for Candidate { place, score, looked_up } in candidates {
            let score = score - unknown;
            let relevance = if looked_up { 1.0 } else { RELEVANCE.of(score) };
            if relevance >= LEAST_RELEVANCE
                && let Some(hit) = self.hit(&place, score, relevance, query, &rows)?
            {
                hits.push(hit);
            }
        }
        Ok(hits)
    }

    /// The `k` best of the articles' fragments and those of the article that `name` names.
    fn among_articles(
        &self,
        query: &str,
        name: Option<&str>,
        rows: &TextRows,
        k: usize,
    ) -> Result<Vec<Candidate>, KnowledgeError> {
        // Cosines end at 1, so 4 lifts an article's own fragments over all others and keeps their order.
        const LOOKED_UP: f32 = 4.0;
        let length = rows.rows.len().max(1) as f32;
        let named: Vec<usize> =
            self.entities(query).iter().filter_map(|entity| self.names.find(&entity.title)).collect();
        let asked_for = name.and_then(|name| self.names.find(name));
        let mut scores = self.index.scores(&rows.rows, None)?;
        for (score, article) in scores.iter_mut().zip(&self.article_of) {
            *score = *score / length
                + if named.contains(article) { NAMED } else { 0.0 }
                + if asked_for == Some(*article) { LOOKED_UP } else { 0.0 };
        }
        let candidate = |found: Ranked| {
            let looked_up = asked_for == Some(self.article_of[found.document]);
            let score = found.score - if looked_up { LOOKED_UP } else { 0.0 };
            Candidate { place: Place::Article(found.document), score, looked_up }
        };
        Ok(top_k(&scores, k).into_iter().map(candidate).collect())
    }

    /// The share of the telling words of `query` that neither the articles, if they are in `scope`, nor `collections` ever use, 0 to 1.
    fn share_unknown(
        &self,
        query: &str,
        scope: &Scope,
        collections: &[Arc<Collection>],
    ) -> Result<f32, KnowledgeError> {
        let (mut telling, mut unknown) = (0, 0);
        for (_, word) in words(query).iter().filter(|(_, word)| !is_common(word)) {
            telling += 1;
            let mut known = scope.has_articles() && self.vocabulary.knows(word);
            for collection in collections {
                known = known || collection.knows(word)?;
            }
            unknown += usize::from(!known);
        }
        Ok(unknown as f32 / telling.max(1) as f32)
    }

    /// None if the fragment has gone since it was found.
    fn hit(
        &self,
        place: &Place,
        score: f32,
        relevance: f32,
        query: &str,
        rows: &TextRows,
    ) -> Result<Option<PassageHit>, KnowledgeError> {
        let (fragment, matched, note) = match place {
            Place::Article(number) => {
                let matched = match_rows(&rows.rows, &self.index.rows(*number))?;
                (Some(self.fragments[*number].clone()), matched, self.index.note(*number).to_vec())
            }
            Place::Collection(collection, number) => {
                let (matched, note) = collection.row_matches(rows, *number)?;
                (collection.fragment(*number)?, matched, note)
            }
        };
        Ok(fragment.map(|fragment| {
            let matches = word_matches(&fragment.text, &note, &matched, query, rows);
            PassageHit { fragment, score, relevance, matches }
        }))
    }
}

/// Which words of a fragment are the best match of a telling word of the query. `note` tells where its rows stand, `matched` which of them each row of the query matches best.
fn word_matches(text: &str, note: &[u8], matched: &[RowMatch], query: &str, rows: &TextRows) -> Vec<WordMatch> {
    let in_text = words(text);
    let telling: Vec<Range<usize>> =
        words(query).into_iter().filter(|(_, word)| !is_common(word)).map(|(span, _)| span).collect();
    let mut weights: HashMap<usize, f32> = HashMap::new();
    for found in matched {
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
    matches
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
