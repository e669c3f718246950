//! Finding fragments of a collection.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use vitrine_inference::TextRows;
use vitrine_retrieval::{Index, MultiVector, RowMatch, SearchOptions, Wanted};

use super::Collection;
use crate::indexing::pack_name;
use crate::relevance::{RelevanceFeatures, Sought, Telling};
use crate::words::{fold, is_common, words};
use crate::{Fragment, Holding, Kind, KnowledgeError};

/// Fragments with the query's words that are compared beside those whose rows are near.
const BY_WORDS: usize = 40;
/// Fragments of a page whose title the query names that are compared.
const BY_TITLE: usize = 20;
/// Words of the longest title that is looked for in a query.
const TITLE_WORDS: usize = 8;

/// A fragment that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub number: u64,
    /// What speaks for it.
    pub features: RelevanceFeatures,
}

/// A title that stands in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPages {
    /// The bytes of the query.
    pub span: Range<usize>,
    /// The fragments of the pages that are called so.
    pub fragments: Vec<u64>,
}

/// The fragments that a search is about.
#[derive(Debug, Default)]
pub(crate) struct Among {
    wanted: Wanted,
    /// What they were chosen by; none if they are all there are.
    languages: Vec<String>,
}

impl Among {
    fn has(&self, number: u64) -> bool {
        match &self.wanted {
            Wanted::All => true,
            Wanted::Only(only) => only.contains(&number),
            Wanted::AllBut(but) => !but.contains(&number),
        }
    }
}

impl Collection {
    /// Its fragments in one of `languages`; all if there is no language, none if it has nothing in them.
    pub(crate) fn among(&self, languages: &[String]) -> Result<Option<Among>, KnowledgeError> {
        if languages.is_empty() {
            return Ok(Some(Among::default()));
        }
        let store = self.store();
        let holds: u64 = store.languages()?.iter().filter(|(tag, _)| languages.contains(tag)).map(|(_, n)| n).sum();
        match holds {
            0 => Ok(None),
            // Most collections are in one language: nothing is left out, and no list of numbers is needed to say so.
            all if all == store.fragments()? => Ok(Some(Among::default())),
            _ => {
                Ok(Some(Among { wanted: Wanted::Only(store.in_languages(languages)?), languages: languages.to_vec() }))
            }
        }
    }

    /// How much it holds, by language.
    pub(crate) fn holding(&self) -> Result<Holding, KnowledgeError> {
        let store = self.store();
        Ok(Holding {
            key: self.key().to_owned(),
            name: Some(self.name().to_owned()),
            languages: store.languages()?.into_iter().collect(),
            passages: store.fragments()?,
        })
    }

    /// The `k` best fragments of those `among` which it is searched, or somewhat more: by rows, by words, and those of pages that the query names (`named`). None while the index is of another pack.
    pub(crate) fn find(
        &self,
        sought: &Sought,
        named: &HashSet<u64>,
        pack: &vitrine_inference::PackIdentity,
        k: usize,
        among: &Among,
    ) -> Result<Vec<Found>, KnowledgeError> {
        let Some(index) = self.texts.index().filter(|index| index.label() == pack_name(pack)) else {
            return Ok(Vec::new());
        };
        let reader = index.reader();
        let near = reader.search_with(&sought.rows.rows, None, k, &among.wanted, &SearchOptions::default())?;
        let mut means: HashMap<u64, f32> = near.into_iter().map(|hit| (hit.id, hit.mean)).collect();
        let asked = sought.telling.as_asked();
        let mut others: HashSet<u64> = named.clone();
        if !asked.is_empty() {
            others.extend(self.store().with_words(&asked, BY_WORDS, &among.languages)?);
        }
        others.retain(|number| !means.contains_key(number) && among.has(*number));
        if !others.is_empty() {
            let count = others.len();
            let hits =
                reader.search_with(&sought.rows.rows, None, count, &Wanted::Only(others), &SearchOptions::default())?;
            means.extend(hits.into_iter().map(|hit| (hit.id, hit.mean)));
        }
        self.with_features(means, &sought.telling, |number| named.contains(&number))
    }

    /// Fragments, of which the means are known, with all that speaks for them.
    fn with_features(
        &self,
        means: HashMap<u64, f32>,
        telling: &Telling,
        named: impl Fn(u64) -> bool,
    ) -> Result<Vec<Found>, KnowledgeError> {
        let numbers: Vec<u64> = means.keys().copied().collect();
        let found = self.store().texts(&numbers)?.into_iter().map(|(number, title, text)| {
            let mean = means.get(&number).copied().unwrap_or_default();
            // What stands in brackets behind a title tells namesakes apart and is no part of the name.
            let name = title.split(" (").next().unwrap_or_default();
            Found { number, features: telling.features(mean, named(number), [name], &text) }
        });
        Ok(found.collect())
    }

    /// The `k` fragments of those `among` which it is searched whose drawn pages come nearest to `rows`, with their means; none while no pages are indexed by the same pack.
    pub(crate) fn find_pages(
        &self,
        rows: &MultiVector,
        pack: &vitrine_inference::PackIdentity,
        k: usize,
        among: &Among,
    ) -> Result<Vec<(u64, f32)>, KnowledgeError> {
        let Some(index) = self.pages.index().filter(|index| index.label() == pack_name(pack)) else {
            return Ok(Vec::new());
        };
        let near = index.reader().search_with(rows, None, k, &among.wanted, &SearchOptions::default())?;
        Ok(near.into_iter().map(|hit| (hit.id, hit.mean)).collect())
    }

    /// The fragments of the page called `title`, of those `among` which it is searched, whatever its case and accents, with their means for `rows`.
    pub(crate) fn of_title(
        &self,
        title: &str,
        sought: &Sought,
        pack: &vitrine_inference::PackIdentity,
        among: &Among,
    ) -> Result<Vec<Found>, KnowledgeError> {
        let Some(index) = self.texts.index().filter(|index| index.label() == pack_name(pack)) else {
            return Ok(Vec::new());
        };
        let numbers = self.store().of_title(&fold(title), BY_TITLE)?;
        let numbers: HashSet<u64> = numbers.into_iter().filter(|number| among.has(*number)).collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let count = numbers.len();
        let wanted = Wanted::Only(numbers);
        let hits = index.reader().search_with(&sought.rows.rows, None, count, &wanted, &SearchOptions::default())?;
        self.with_features(hits.into_iter().map(|hit| (hit.id, hit.mean)).collect(), &sought.telling, |_| true)
    }

    /// Whether a page is called `title`.
    pub(crate) fn has_page_on(&self, title: &str) -> Result<bool, KnowledgeError> {
        Ok(!self.store().of_title(&fold(title), 1)?.is_empty())
    }

    /// How many fragments use one of these words (folded), or a few more where one uses several.
    pub(crate) fn using(&self, words: &[String]) -> Result<usize, KnowledgeError> {
        self.store().using(words)
    }

    /// A fragment by its number, for reading and citing.
    pub(crate) fn fragment(&self, number: u64) -> Result<Option<Arc<Fragment>>, KnowledgeError> {
        let fragment = self.store().fragment(number)?;
        Ok(fragment.map(|fragment| {
            let provenance = &fragment.provenance;
            let source = match &provenance.licence {
                Some(licence) => format!("{} ({licence})", provenance.source),
                None => provenance.source.clone(),
            };
            Arc::new(Fragment {
                id: format!("{}:{number}", self.key),
                title: fragment.title,
                section: fragment.section,
                kind: Kind::Page,
                text: fragment.text,
                source,
                address: provenance.address.clone(),
            })
        }))
    }

    /// For each row of the query the row of the fragment that it matches best, and the fragment's note.
    pub(crate) fn row_matches(&self, rows: &TextRows, number: u64) -> Result<(Vec<RowMatch>, Vec<u8>), KnowledgeError> {
        let Some(index) = self.texts.index() else { return Ok(Default::default()) };
        let reader: vitrine_retrieval::Reader = Index::reader(&index);
        let matches = reader.explain(&rows.rows, number)?.unwrap_or_default();
        Ok((matches, reader.note(number).unwrap_or_default().to_vec()))
    }

    /// The titles of pages that stand in `query` as whole words, the longest where several overlap: with the fragments of their pages.
    pub(crate) fn named_in(&self, query: &str) -> Result<Vec<NamedPages>, KnowledgeError> {
        let words = words(query);
        let (mut named, mut at) = (Vec::new(), 0);
        while at < words.len() {
            let mut step = 1;
            for count in (1..=TITLE_WORDS.min(words.len() - at)).rev() {
                let of_title = &words[at..at + count];
                if of_title.iter().all(|(_, word)| is_common(word)) {
                    continue;
                }
                let span = of_title[0].0.start..of_title[count - 1].0.end;
                let numbers = self.store().of_title(&fold(&query[span.clone()]), BY_TITLE)?;
                if !numbers.is_empty() {
                    named.push(NamedPages { span, fragments: numbers });
                    step = count;
                    break;
                }
            }
            at += step;
        }
        Ok(named)
    }
}
