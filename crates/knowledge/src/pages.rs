//! Finding fragments by how they look as pages.

use std::sync::Arc;

use vitrine_inference::PackIdentity;
use vitrine_retrieval::MultiVector;

use crate::{Collection, Fragment, KnowledgeBase, KnowledgeError, Scope};

/// A fragment that was found by how it looks as a page.
#[derive(Debug, Clone)]
pub struct PageHit {
    /// The fragment.
    pub fragment: Arc<Fragment>,
    /// Mean over the query's rows of the best match on the page. Of what pages show of a work, no probability was ever fitted to it: it orders, and says no more.
    pub mean: f32,
}

impl KnowledgeBase {
    /// The `k` fragments within `scope` whose drawn pages come nearest to `rows`, best first. The rows are what `pack`, a retriever that relates images to text, makes of a query: of words, of an image, or of both.
    ///
    /// Only collections are searched whose pages the same pack has indexed; it may be none, and then nothing is found.
    pub fn search_pages(
        &self,
        scope: &Scope,
        rows: &MultiVector,
        pack: &PackIdentity,
        k: usize,
    ) -> Result<Vec<PageHit>, KnowledgeError> {
        let languages = scope.wanted_languages();
        let mut found: Vec<(Arc<Collection>, u64, f32)> = Vec::new();
        for collection in self.collections_within(scope) {
            let Some(among) = collection.among(&languages)? else { continue };
            let near = collection.find_pages(rows, pack, k, &among)?;
            found.extend(near.into_iter().map(|(number, mean)| (collection.clone(), number, mean)));
        }
        found.sort_by(|(.., a), (.., b)| b.total_cmp(a));
        let mut hits = Vec::new();
        for (collection, number, mean) in found.into_iter().take(k) {
            // None if it has gone since it was indexed.
            hits.extend(collection.fragment(number)?.map(|fragment| PageHit { fragment, mean }));
        }
        Ok(hits)
    }
}
