//! Which pages of an encyclopaedia are wanted: by category, by title, by words.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::wikitext::title;

/// How deep below the named categories pages are taken, unless told otherwise.
pub const USUAL_DEPTH: u32 = 5;

/// The category of the visual arts in the largest wikis, by language.
const VISUAL_ARTS: [(&str, &str); 12] = [
    ("en", "Visual arts"),
    ("simple", "Visual arts"),
    ("de", "Bildende Kunst"),
    ("fr", "Arts visuels"),
    ("es", "Artes visuales"),
    ("it", "Arti visive"),
    ("nl", "Beeldende kunst"),
    ("pt", "Artes visuais"),
    ("pl", "Sztuki plastyczne"),
    ("ru", "Изобразительное искусство"),
    ("sv", "Konst"),
    ("ja", "美術"),
];

/// What is wanted. A page is of the subject when one of the three says so; where none of them names anything every page is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Names of categories, without the word before them.
    pub categories: Vec<String>,
    /// So many steps down from these categories: 0 takes only pages that are directly in them.
    pub depth: u32,
    /// Titles of pages.
    pub titles: Vec<String>,
    /// A page is taken when it has all words of one of these, in any order and in capitals or not.
    pub queries: Vec<String>,
}

impl Default for Subject {
    /// The visual arts, as English pages have them.
    fn default() -> Self {
        Self::visual_arts(None)
    }
}

impl Subject {
    /// Every page.
    pub fn everything() -> Self {
        Self { categories: Vec::new(), depth: USUAL_DEPTH, titles: Vec::new(), queries: Vec::new() }
    }

    /// The visual arts in a wiki of a language, English where that is not known.
    pub fn visual_arts(language: Option<&str>) -> Self {
        let name =
            VISUAL_ARTS.iter().find(|(known, _)| Some(*known) == language).map_or("Visual arts", |(_, name)| name);
        Self { categories: vec![name.to_owned()], ..Self::everything() }
    }

    /// Whether the tree of categories is needed to select pages.
    pub fn needs_categories(&self) -> bool {
        !self.categories.is_empty() && self.depth > 0
    }

    /// The selection, where categories are looked up in a tree; without one only pages directly in the named categories are taken.
    pub fn select(&self, tree: &CategoryTree) -> Selection {
        let mut categories = tree.within(&self.categories, self.depth);
        categories.extend(self.categories.iter().map(|name| title(name)));
        let words = |query: &String| query.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
        Selection {
            takes_all: self.categories.is_empty() && self.titles.is_empty() && self.queries.is_empty(),
            categories,
            titles: self.titles.iter().map(|name| title(name)).collect(),
            queries: self.queries.iter().map(words).filter(|words| !words.is_empty()).collect(),
        }
    }
}

/// A subject once its categories are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    takes_all: bool,
    categories: HashSet<String>,
    titles: HashSet<String>,
    queries: Vec<Vec<String>>,
}

impl Selection {
    /// Every page.
    pub fn everything() -> Self {
        Subject::everything().select(&CategoryTree::default())
    }

    /// Whether the page is wanted.
    pub fn takes(&self, title: &str, categories: &[String], text: &str) -> bool {
        self.takes_all
            || self.titles.contains(title)
            || categories.iter().any(|category| self.categories.contains(category))
            || self.has_words(title, text)
    }

    fn has_words(&self, title: &str, text: &str) -> bool {
        if self.queries.is_empty() {
            return false;
        }
        let text = format!("{title}\n{text}").to_lowercase();
        self.queries.iter().any(|words| words.iter().all(|word| has_word(&text, word)))
    }

    /// Whether titles alone decide.
    pub fn is_by_title(&self) -> bool {
        !self.takes_all && self.categories.is_empty() && self.queries.is_empty()
    }

    /// Whether a page of this title may be taken, as far as titles decide.
    pub fn may_take_title(&self, title: &str) -> bool {
        !self.is_by_title() || self.titles.contains(title)
    }

    /// How many categories are taken.
    pub fn category_count(&self) -> usize {
        self.categories.len()
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .any(|(at, _)| !is_letter(text[..at].chars().next_back()) && !is_letter(text[at + word.len()..].chars().next()))
}

/// Which categories lie within which. It may have circles.
///
/// Of English Wikipedia's two million categories it takes some 300 MB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryTree {
    numbers: HashMap<String, u32>,
    /// A category and one that it lies in.
    within: Vec<(u32, u32)>,
}

impl CategoryTree {
    /// Adds a category with those that it lies in.
    pub fn add(&mut self, name: &str, parents: &[String]) {
        let child = self.number(name);
        for parent in parents {
            let parent = self.number(parent);
            self.within.push((child, parent));
        }
    }

    fn number(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        match self.numbers.get(name) {
            Some(number) => *number,
            None => *self.numbers.entry(name.to_owned()).or_insert(next),
        }
    }

    /// How many categories there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The categories at most so many steps below the roots, and the roots.
    pub fn within(&self, roots: &[String], depth: u32) -> HashSet<String> {
        let mut downwards: Vec<(u32, u32)> = self.within.iter().map(|(child, parent)| (*parent, *child)).collect();
        downwards.sort_unstable();
        let mut taken: HashSet<u32> = roots.iter().filter_map(|root| self.numbers.get(&title(root)).copied()).collect();
        let mut level: Vec<u32> = taken.iter().copied().collect();
        for _ in 0..depth {
            let mut below = Vec::new();
            for category in level {
                let first = downwards.partition_point(|(parent, _)| *parent < category);
                for (_, child) in downwards[first..].iter().take_while(|(parent, _)| *parent == category) {
                    if taken.insert(*child) {
                        below.push(*child);
                    }
                }
            }
            level = below;
        }
        self.numbers.iter().filter(|(_, number)| taken.contains(number)).map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> CategoryTree {
        let mut tree = CategoryTree::default();
        for (name, parents) in [
            ("Painting", vec!["Visual arts"]),
            ("Painters", vec!["Painting", "People"]),
            ("Dutch painters", vec!["Painters"]),
            ("Visual arts", vec!["Dutch painters"]),
            ("Physics", vec!["Science"]),
        ] {
            tree.add(name, &parents.into_iter().map(str::to_owned).collect::<Vec<_>>());
        }
        tree
    }

    #[test]
    fn categories_are_taken_to_a_depth_even_in_circles() {
        let takes = |depth, category: &str| {
            let selection = Subject { depth, ..Subject::default() }.select(&tree());
            selection.takes("A page", &[category.to_owned()], "")
        };
        assert!(takes(0, "Visual arts") && !takes(0, "Painting"));
        assert!(takes(2, "Painters") && !takes(2, "Dutch painters"));
        assert!(takes(3, "Dutch painters") && takes(50, "Dutch painters"));
        assert!(!takes(50, "Physics") && !takes(50, "People"));
    }

    #[test]
    fn titles_and_words_select_too() {
        let subject = Subject {
            categories: vec![],
            titles: vec!["night_Watch".into()],
            queries: vec!["DELFT tile".into()],
            ..Subject::default()
        };
        let selection = subject.select(&CategoryTree::default());
        assert!(!selection.is_by_title());
        assert!(selection.takes("Night Watch", &[], ""));
        assert!(selection.takes("Blue", &[], "A tile, made in Delft."));
        assert!(!selection.takes("Blue", &[], "Tiles of Delft."));
        let by_title = Subject { queries: vec![], ..subject }.select(&CategoryTree::default());
        assert!(by_title.is_by_title() && by_title.may_take_title("Night Watch") && !by_title.may_take_title("Day"));
        assert!(Selection::everything().takes("Anything", &[], ""));
        // A category that the tree does not know takes the pages directly in it.
        assert!(Subject::visual_arts(Some("de")).select(&CategoryTree::default()).takes(
            "X",
            &["Bildende Kunst".into()],
            ""
        ));
    }
}
