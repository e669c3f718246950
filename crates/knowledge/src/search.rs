//! Finding fragments, and saying when there are none.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use vitrine_inference::TextRows;
use vitrine_retrieval::{RowMatch, match_rows, top_k};

use crate::collection::Found;
use crate::indexing::span_in_note;
use crate::relevance::{RELEVANCE, RelevanceFeatures, Sought, Telling};
use crate::words::{fold, is_common, words};
use crate::{Article, Collection, Entity, Fragment, KnowledgeBase, KnowledgeError, Scope, SeedQuery};

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
    /// What speaks for it.
    pub features: RelevanceFeatures,
    /// How likely it is that the fragment speaks of what was asked, 0 to 1.
    pub relevance: f32,
    /// The words of the text that matched, in order, not overlapping.
    pub matches: Vec<WordMatch>,
}

impl PassageHit {
    /// Whether it is likelier than not that the fragment answers.
    pub fn is_relevant(&self) -> bool {
        is_relevant(self.relevance)
    }
}

fn is_relevant(relevance: f32) -> bool {
    relevance >= LEAST_RELEVANCE
}

/// A fragment that several searches together brought.
#[derive(Debug, Clone)]
pub struct SeededHit {
    /// The passage, with the features and matches of the search that ranks it best, and the relevance of the one that finds it most relevant.
    pub hit: PassageHit,
    /// Its fused weight: the sum over searches of `weight / (60 + rank)`.
    pub fused: f32,
    /// Which of the searches found it, best first, as places in the list that was given.
    pub queries: Vec<usize>,
}

/// A fragment below this does not count as found.
const LEAST_RELEVANCE: f32 = 0.5;
/// So many fragments, at least, are compared by all that speaks for them, of each source and by each way of finding.
const DEEP: usize = 20;
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
    features: RelevanceFeatures,
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
        self.hit(&place, RelevanceFeatures::default(), 0.0, sentence, &rows)
    }

    /// The ids of the `k` fragments that match `query` best, best first, with what speaks for each, however little that is: for judging the estimate of relevance.
    pub fn ranking(&self, query: &str, k: usize) -> Result<Vec<(String, RelevanceFeatures)>, KnowledgeError> {
        let scope = Scope::default();
        let mut candidates = self.candidates(&scope, &self.sought(&scope, query)?, None, k)?;
        candidates.truncate(k);
        let id = |place: &Place| match place {
            Place::Article(number) => self.fragments[*number].id.clone(),
            Place::Collection(collection, number) => format!("{}:{number}", collection.key()),
        };
        Ok(candidates.iter().map(|candidate| (id(&candidate.place), candidate.features)).collect())
    }

    /// The `k` fragments within `scope` that come nearest to `query`, best first, those included that are not [relevant](PassageHit::is_relevant): for people, who see at a glance what a passage is worth to them.
    /// None if nothing that is searched uses any telling word of the query.
    pub fn nearest_within(&self, scope: &Scope, query: &str, k: usize) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.hits(scope, query, None, k, |hit| hit.unknown < 1.0)
    }

    /// The `k` best for `query` within `scope`, before all others those of what `name` names; the relevant ones alone.
    fn find(
        &self,
        scope: &Scope,
        query: &str,
        name: Option<&str>,
        k: usize,
    ) -> Result<Vec<PassageHit>, KnowledgeError> {
        self.hits(scope, query, name, k, |features| is_relevant(RELEVANCE.of(&features.for_estimate())))
    }

    /// The `k` best for `query` within `scope`: of what `name` names all, of others those with features that are `wanted`.
    fn hits(
        &self,
        scope: &Scope,
        query: &str,
        name: Option<&str>,
        k: usize,
        wanted: impl Fn(&RelevanceFeatures) -> bool,
    ) -> Result<Vec<PassageHit>, KnowledgeError> {
        if !scope.has_articles() && self.collections_within(scope).is_empty() {
            return Ok(Vec::new());
        }
        let sought = self.sought(scope, query)?;
        let candidates = self.candidates(scope, &sought, name, k)?;
        let mut hits = Vec::new();
        for Candidate { place, features, looked_up } in candidates.into_iter().take(k) {
            let relevance = if looked_up { 1.0 } else { RELEVANCE.of(&features.for_estimate()) };
            if (looked_up || wanted(&features))
                && let Some(hit) = self.hit(&place, features, relevance, query, &sought.rows)?
            {
                hits.push(hit);
            }
        }
        Ok(hits)
    }

    /// The fragments within `scope` that are compared for `query`, `k` at least if there are as many: those of what `name` names, then the likeliest first.
    fn candidates(
        &self,
        scope: &Scope,
        sought: &Sought,
        name: Option<&str>,
        k: usize,
    ) -> Result<Vec<Candidate>, KnowledgeError> {
        let languages = scope.wanted_languages();
        let deep = k.max(DEEP);
        // A name within a longer one is no name: “The Magdalen Reading” speaks neither of Mary Magdalene nor of people who read.
        let mut names: Vec<Range<usize>> = Vec::new();
        let mut of_articles = if scope.has_articles() { self.entities(&sought.text) } else { Vec::new() };
        names.extend(of_articles.iter().map(|entity| entity.span.clone()));
        let mut of_collections = Vec::new();
        for collection in self.collections_within(scope) {
            let named = collection.named_in(&sought.text)?;
            names.extend(named.iter().map(|pages| pages.span.clone()));
            of_collections.push((collection, named));
        }
        let within_another = |span: &Range<usize>| {
            names.iter().any(|name| name.len() > span.len() && name.start <= span.start && span.end <= name.end)
        };
        of_articles.retain(|entity| !within_another(&entity.span));
        let mut candidates =
            if scope.has_articles() { self.among_articles(sought, &of_articles, name, deep)? } else { Vec::new() };
        for (collection, named) in of_collections {
            let pack = self.retriever.pack();
            let named = named
                .into_iter()
                .filter(|pages| !within_another(&pages.span))
                .flat_map(|pages| pages.fragments)
                .collect();
            let Some(among) = collection.among(&languages)? else { continue };
            let asked_for = name.map_or(Ok(Vec::new()), |name| collection.of_title(name, sought, pack, &among))?;
            let found = collection.find(sought, &named, pack, deep, &among)?;
            let candidate = |found: &Found, looked_up| Candidate {
                place: Place::Collection(collection.clone(), found.number),
                features: found.features,
                looked_up,
            };
            let twice = |found: &&Found| !asked_for.iter().any(|other| other.number == found.number);
            candidates.extend(found.iter().filter(twice).map(|found| candidate(found, false)));
            candidates.extend(asked_for.iter().map(|found| candidate(found, true)));
        }
        let order = |one: &Candidate| (one.looked_up, one.features.score());
        candidates.sort_by(|a, b| order(b).partial_cmp(&order(a)).unwrap_or(Ordering::Equal));
        Ok(candidates)
    }

    /// The best of the articles' fragments, `k` by their rows and `k` by their words, those of the articles that the query names (`named`), and of the one that `name` asks for.
    fn among_articles(
        &self,
        sought: &Sought,
        named: &[Entity],
        name: Option<&str>,
        k: usize,
    ) -> Result<Vec<Candidate>, KnowledgeError> {
        let Sought { telling, rows, .. } = sought;
        let length = rows.rows.len().max(1) as f32;
        let named: Vec<usize> = named.iter().filter_map(|entity| self.names.find(&entity.title)).collect();
        let asked_for = name.and_then(|name| self.names.find(name));
        let mut told = vec![0.0; self.fragments.len()];
        for (word, rarity) in telling.iter() {
            self.usage.of(&word.forms).into_iter().for_each(|fragment| told[fragment] += rarity);
        }
        let scores = self.index.scores(&rows.rows, None)?;
        let mut chosen: Vec<usize> = top_k(&scores, k).into_iter().chain(top_k(&told, k)).map(|r| r.document).collect();
        let is_named = |fragment: usize| named.contains(&self.article_of[fragment]);
        let looked_up = |fragment: usize| asked_for == Some(self.article_of[fragment]);
        chosen.extend((0..self.fragments.len()).filter(|&fragment| is_named(fragment) || looked_up(fragment)));
        chosen.sort_unstable();
        chosen.dedup();
        let candidate = |fragment: usize| {
            let Article { title, aliases, .. } = &self.articles[self.article_of[fragment]];
            let names = [title].into_iter().chain(aliases).map(String::as_str);
            let (mean, text) = (scores[fragment] / length, &self.fragments[fragment].text);
            Candidate {
                place: Place::Article(fragment),
                features: telling.features(mean, is_named(fragment), names, text),
                looked_up: looked_up(fragment),
            }
        };
        Ok(chosen.into_iter().map(candidate).collect())
    }

    /// `query`, as it is compared with what is in `scope`.
    fn sought(&self, scope: &Scope, query: &str) -> Result<Sought, KnowledgeError> {
        let collections = self.collections_within(scope);
        let mut words = Telling::words_of(query);
        for word in &mut words {
            let of_articles = |forms: &[String]| if scope.has_articles() { self.usage.of(forms).len() } else { 0 };
            word.using = of_articles(&word.forms);
            for collection in &collections {
                word.using += collection.using(&word.forms)?;
            }
            if word.using == 0
                && let Some(asked) = word.forms.first()
            {
                word.forms.extend(self.usage.like(asked));
                word.using = of_articles(&word.forms);
            }
        }
        let articles = if scope.has_articles() { self.fragments.len() } else { 0 };
        let all = articles + collections.iter().map(|collection| collection.findable()).sum::<usize>();
        let rows = self.retriever.embed_query(query)?;
        Ok(Sought { text: query.to_owned(), telling: Telling::new(words, all), rows })
    }

    /// The collections that may be searched.
    pub(crate) fn collections_within(&self, scope: &Scope) -> Vec<Arc<Collection>> {
        let mut collections = self.collections();
        collections.retain(|collection| scope.has(collection.key()));
        collections
    }

    /// None if the fragment has gone since it was found.
    fn hit(
        &self,
        place: &Place,
        features: RelevanceFeatures,
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
            PassageHit { fragment, features, relevance, matches }
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
