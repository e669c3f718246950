//! Which works: lists, searches, facets, and searches that are kept.

use vitrine_catalogue::{CatalogueError, Facet, Requirement, Search, WorkPage as FoundPage, WorkQuery};

use crate::{
    Workbench, WorkbenchError,
    view::{
        Badge, FacetChoice, FacetKind, FacetValueView, FacetView, FacetsView, LackView, SavedSearchView, SearchView,
        WorkFilter, WorkPage, WorkSort, WorkbenchEvent,
    },
    views,
    workbench::now,
};

/// Works that a search of everything lists.
const FOUND_WORKS: u64 = 24;
/// Passages that a search of everything lists.
const FOUND_PASSAGES: usize = 8;

impl Workbench {
    /// The works that fit a filter, a page of them. A limit of 0 stands for all.
    pub fn works(&self, filter: &WorkFilter) -> Result<WorkPage, WorkbenchError> {
        let limit = (filter.limit > 0).then_some(filter.limit);
        let catalogue = &self.0.catalogue;
        let plain =
            filter.text.trim().is_empty() && !filter.open && filter.facets.is_empty() && filter.lacking.is_empty();
        let page = if plain {
            // The index of cards alone is quicker than a search for everything.
            catalogue.works(&WorkQuery {
                text: String::new(),
                badge: filter.badge.map(views::catalogue_badge),
                sort: views::catalogue_sort(filter.sort),
                offset: filter.offset,
                limit,
            })?
        } else {
            catalogue.search(&Search { offset: filter.offset, limit, ..search(filter) })?
        };
        Ok(WorkPage { total: page.total, works: page.works.into_iter().map(views::card).collect() })
    }

    /// What the works that a filter finds can be narrowed down by: at most `most` values a facet, and what they lack of the profile
    /// `profile`.
    pub fn facets(
        &self,
        filter: &WorkFilter,
        most: usize,
        profile: Option<&str>,
    ) -> Result<FacetsView, WorkbenchError> {
        let search = search(filter);
        // One more than is shown, to know whether there are more.
        let facets = self.0.catalogue.facets(&search, most.saturating_add(1))?;
        let facets = facets.into_iter().filter(|(_, counts)| !counts.is_empty()).map(|(facet, counts)| FacetView {
            facet: views::facet(facet),
            more: counts.len() > most,
            values: counts.into_iter().take(most).map(|c| FacetValueView { value: c.value, works: c.works }).collect(),
        });
        let needed: Vec<Requirement> = match profile {
            Some(profile) => self.profile(profile)?.requirements.into_iter().filter(|asked| asked.needed).collect(),
            None => Vec::new(),
        };
        let groups: Vec<Vec<String>> = needed.iter().map(|asked| asked.any.clone()).collect();
        let counts = self.0.catalogue.count_lacking(&search, &groups)?;
        let lacking = needed.into_iter().zip(counts).filter(|(_, works)| *works > 0);
        let lacking = lacking.map(|(asked, works)| LackView { name: asked.name, properties: asked.any, works });
        Ok(FacetsView { facets: facets.collect(), lacking: lacking.collect() })
    }

    /// The searches that are kept, by name.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearchView>, WorkbenchError> {
        let saved = self.0.catalogue.saved_searches()?;
        Ok(saved.into_iter().map(|saved| SavedSearchView { name: saved.name, filter: filter(saved.search) }).collect())
    }

    /// Keeps a search under a name; one of that name is replaced. Returns all that are kept.
    pub fn save_search(&self, name: &str, filter: &WorkFilter) -> Result<Vec<SavedSearchView>, WorkbenchError> {
        self.0.catalogue.save_search(name, &search(filter), self.person(), now())?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.saved_searches()
    }

    /// Forgets a search that was kept. Returns those that still are.
    pub fn forget_search(&self, name: &str) -> Result<Vec<SavedSearchView>, WorkbenchError> {
        self.0.catalogue.forget_search(name)?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.saved_searches()
    }

    /// Works whose record has the words, and passages that speak of it.
    pub fn search(&self, text: &str) -> Result<SearchView, WorkbenchError> {
        let _attended = self.0.jobs.attend();
        if text.trim().is_empty() {
            return Ok(SearchView { works: Vec::new(), passages: Vec::new() });
        }
        let works = self.known_or_begun(text)?.works.into_iter().map(views::card).collect();
        let passages = self.reference()?.knowledge.search(text, FOUND_PASSAGES)?;
        Ok(SearchView { works, passages: passages.iter().map(|hit| views::passage(hit, text)).collect() })
    }

    /// By the language of queries; where that finds nothing, or the query is not complete yet, by parts of words.
    fn known_or_begun(&self, text: &str) -> Result<FoundPage, WorkbenchError> {
        let search = Search { text: text.to_owned(), limit: Some(FOUND_WORKS), ..Search::default() };
        match self.0.catalogue.search(&search) {
            Ok(found) if found.total > 0 => return Ok(found),
            Ok(_) | Err(CatalogueError::BadQuery { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let begun = WorkQuery { text: text.to_owned(), limit: Some(FOUND_WORKS), ..WorkQuery::default() };
        Ok(self.0.catalogue.works(&begun)?)
    }
}

/// A filter in the catalogue's terms, without the page.
fn search(filter: &WorkFilter) -> Search {
    let badge = filter.badge.map(|badge| (Facet::State, views::catalogue_badge(badge).as_str().to_owned()));
    let chosen = filter.facets.iter().map(|choice| (views::catalogue_facet(choice.facet), choice.value.clone()));
    Search {
        text: filter.text.clone(),
        facets: badge.into_iter().chain(chosen).collect(),
        without: if filter.open { vec![complete()] } else { Vec::new() },
        lacking: filter.lacking.clone(),
        sort: views::catalogue_sort(filter.sort),
        ..Search::default()
    }
}

/// What works of the inbox are not.
fn complete() -> (Facet, String) {
    (Facet::State, views::catalogue_badge(Badge::Complete).as_str().to_owned())
}

/// A kept search as the filter that it was.
fn filter(search: Search) -> WorkFilter {
    let open = search.without.contains(&complete());
    let mut filter = WorkFilter { text: search.text, open, lacking: search.lacking, ..WorkFilter::default() };
    filter.sort = match search.sort {
        vitrine_catalogue::WorkSort::Added => WorkSort::Added,
        vitrine_catalogue::WorkSort::Title => WorkSort::Title,
        vitrine_catalogue::WorkSort::Doubt => WorkSort::Doubt,
    };
    for (facet, value) in search.facets {
        let facet = views::facet(facet);
        let badge = [Badge::New, Badge::Suggested, Badge::InReview, Badge::Complete]
            .into_iter()
            .find(|badge| facet == FacetKind::State && views::catalogue_badge(*badge).as_str() == value);
        match badge {
            Some(badge) => filter.badge = Some(badge),
            None => filter.facets.push(FacetChoice { facet, value }),
        }
    }
    filter
}
