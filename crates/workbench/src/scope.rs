//! Searches among some of the passages, and what they can be narrowed down to.

use std::collections::BTreeMap;

use vitrine_knowledge::Scope;

use crate::{
    Workbench, WorkbenchError,
    view::{CollectionChoice, LanguageChoice, PassageScope, PassageView, ScopeChoices},
    views,
};

/// Passages that a search lists.
const FOUND_PASSAGES: usize = 8;

impl Workbench {
    /// Passages for some words, from some collections and in some languages: those that speak of it, and behind them those that come nearest to it.
    pub fn search_passages(&self, text: &str, scope: &PassageScope) -> Result<Vec<PassageView>, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        self.check_scope(scope)?;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let passages = self.reference()?.knowledge.nearest_within(&scope_of(scope), text, FOUND_PASSAGES)?;
        let (sure, doubtful): (Vec<_>, Vec<_>) = passages.iter().partition(|hit| hit.is_relevant());
        Ok(sure.into_iter().chain(doubtful).map(|hit| views::passage(hit, text)).collect())
    }

    /// What a search can be narrowed down to, with how many passages each choice would leave beside what is chosen already. Choices that leave none are told as well.
    pub fn scope_choices(&self, chosen: &PassageScope) -> Result<ScopeChoices, WorkbenchError> {
        let scope = scope_of(chosen);
        let holdings = self.reference()?.knowledge.holdings()?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for holding in &holdings {
            for (language, passages) in &holding.languages {
                *counts.entry(language.clone()).or_default() += if scope.has(&holding.key) { *passages } else { 0 };
            }
        }
        let mut languages: Vec<LanguageChoice> =
            counts.into_iter().map(|(language, passages)| LanguageChoice { language, passages }).collect();
        languages.sort_by_key(|choice| std::cmp::Reverse(choice.passages));
        let collections = holdings.into_iter().map(|holding| {
            let passages = holding.passages_in(&scope.languages);
            CollectionChoice { key: holding.key, name: holding.name, passages }
        });
        Ok(ScopeChoices { collections: collections.collect(), languages })
    }

    /// A collection that is not there would silently find nothing.
    pub(crate) fn check_scope(&self, scope: &PassageScope) -> Result<(), WorkbenchError> {
        if scope.collections.iter().all(|key| key == vitrine_knowledge::ARTICLES) {
            return Ok(());
        }
        let known = self.collections()?;
        let missing = scope
            .collections
            .iter()
            .find(|key| *key != vitrine_knowledge::ARTICLES && known.iter().all(|one| one.key != **key));
        missing.map_or(Ok(()), |key| Err(WorkbenchError::NoCollection(key.clone())))
    }
}

/// A scope in the knowledge base's terms.
pub(crate) fn scope_of(scope: &PassageScope) -> Scope {
    Scope { collections: scope.collections.clone(), languages: scope.languages.clone() }
}
