//! Finding notations by words.
//!
//! Every word that is asked for has to be there, as it is or as a beginning. What has a word in its text comes before what has it among its
//! keywords only, both before what has words that merely begin so. Then a text of a line comes before long ones, which mention much besides: a
//! lion before the saints that have one among their attributes. Then short notations come before long ones, whatever stands in brackets.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::texts::Texts;
use super::tree::{Node, Tree};
use crate::folding::{folded, words};

/// How well a word was met: the smaller, the better.
const WHOLE_IN_BOTH: u8 = 0;
const WHOLE_IN_TEXT: u8 = 1;
const WHOLE_IN_KEYWORDS: u8 = 2;
const BEGINS_IN_TEXT: u8 = 3;
const BEGINS_IN_KEYWORDS: u8 = 4;
/// So many characters of a text are a line.
const LINE: usize = 60;
const NOT_MET: u8 = u8::MAX;

/// The words of a language, or its texts where words have no spaces between them.
#[derive(Debug)]
pub(crate) enum Index {
    /// Words in their order, each with the nodes that have it: twice the node's number, and one more if it is a keyword.
    Words(Vec<(Box<str>, Box<[u32]>)>),
    /// Folded texts; a word may begin anywhere.
    Unspaced(Vec<Option<Box<str>>>),
}

impl Index {
    /// Of a language whose words have spaces between them, or have not.
    pub fn of(tree: &Tree, texts: &Texts, spaced: bool) -> Self {
        let nodes = 0..tree.len() as Node;
        if !spaced {
            return Index::Unspaced(nodes.map(|node| texts.of(node).map(|text| folded(text).into())).collect());
        }
        let mut places: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        let mut note = |text: &str, place: u32| {
            for word in words(&folded(text)) {
                match places.get_mut(word) {
                    Some(known) if known.last() == Some(&place) => {}
                    Some(known) => known.push(place),
                    None => drop(places.insert(word.into(), vec![place])),
                }
            }
        };
        for node in nodes {
            if let Some(text) = texts.of(node) {
                note(text, node << 1);
            }
            for keyword in texts.keywords_of(node) {
                note(keyword, node << 1 | 1);
            }
        }
        let mut index: Vec<_> = places.into_iter().map(|(word, nodes)| (word, nodes.into_boxed_slice())).collect();
        index.sort_unstable();
        Index::Words(index)
    }

    /// All nodes that have every word, best first.
    pub fn find(&self, tree: &Tree, texts: &Texts, asked: &str) -> Vec<Node> {
        let asked = folded(asked);
        let wanted: Vec<&str> = words(&asked).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut worst = vec![0; tree.len()];
        let mut sums = vec![0_u32; tree.len()];
        for word in wanted {
            let met = self.meet(word, tree.len());
            for ((worst, sum), met) in worst.iter_mut().zip(&mut sums).zip(met) {
                *worst = met.max(*worst);
                *sum += u32::from(met);
            }
        }
        let lines = |node| texts.of(node).map_or(0, |text| text.chars().count() / LINE);
        let mut found: Vec<(u8, u32, usize, usize, Node)> = (0..)
            .zip(worst)
            .zip(sums)
            .filter(|((_, worst), _)| *worst != NOT_MET)
            .map(|((node, worst), sum)| (worst, sum, lines(node), steps(tree.notation(node)), node))
            .collect();
        // What is left equal stays in the order of the file, which is that of the printed volumes.
        found.sort_unstable();
        found.into_iter().map(|(.., node)| node).collect()
    }

    /// How well each node meets a word.
    fn meet(&self, word: &str, nodes: usize) -> Vec<u8> {
        let mut met = vec![NOT_MET; nodes];
        match self {
            Index::Unspaced(texts) => {
                for (met, text) in met.iter_mut().zip(texts) {
                    if text.as_ref().is_some_and(|text| text.contains(word)) {
                        *met = WHOLE_IN_TEXT;
                    }
                }
            }
            Index::Words(index) => {
                let from = index.partition_point(|(known, _)| **known < *word);
                for (known, places) in index.iter().skip(from).take_while(|(known, _)| known.starts_with(word)) {
                    let (in_text, in_keywords) = match known.len() == word.len() {
                        true => (WHOLE_IN_TEXT, WHOLE_IN_KEYWORDS),
                        false => (BEGINS_IN_TEXT, BEGINS_IN_KEYWORDS),
                    };
                    for place in places {
                        let how = if place & 1 == 0 { in_text } else { in_keywords };
                        if let Some(met) = met.get_mut((place >> 1) as usize) {
                            *met = match (*met, how) {
                                (WHOLE_IN_TEXT, WHOLE_IN_KEYWORDS) => WHOLE_IN_BOTH,
                                (met, how) => how.min(met),
                            };
                        }
                    }
                }
            }
        }
        met
    }
}

/// How far down a notation is: its characters, what stands in brackets counted as one.
fn steps(notation: &str) -> usize {
    let mut inside = false;
    notation
        .chars()
        .filter(|c| {
            let counts = !inside && *c != ')';
            inside = *c == '(' || (inside && *c != ')');
            counts
        })
        .count()
}

/// Nodes whose notation begins as somebody writes it, shortest first; none where no notation could.
pub(crate) fn by_notation(tree: &Tree, written: &str) -> Vec<Node> {
    let written = written.trim().to_uppercase();
    if !written.starts_with(|c: char| c.is_ascii_digit()) || written.contains(char::is_whitespace) {
        return Vec::new();
    }
    let mut found: Vec<Node> = tree.beginning_with(&written).collect();
    found.sort_by_key(|node| (Reverse(tree.notation(*node) == written), steps(tree.notation(*node)), *node));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTATIONS: &str = "N 1\nC 11\n; 12\n; 13(...)\n$\nN 11\nC 111\n$\nN 111\n$\nN 12\n$\nN 13(...)\n$\nN 2\n$\n";

    fn found(texts: &str, keywords: &str, spaced: bool, asked: &str) -> Vec<String> {
        let tree = Tree::read(NOTATIONS, "").unwrap();
        let texts = Texts::read(&tree, texts, keywords);
        let nodes = Index::of(&tree, &texts, spaced).find(&tree, &texts, asked);
        nodes.into_iter().map(|node| tree.notation(node).to_owned()).collect()
    }

    #[test]
    fn whole_words_of_the_text_come_first_then_keywords_then_beginnings() {
        let texts = "111|a ship at sea\n11|shipping\n12|storm\n13(...)|Ship (with NAME)\n";
        let keywords = "12|ship\n2|shipwreck\n13(...)|ship\n";
        assert_eq!(found(texts, keywords, true, "SHIP"), ["13(...)", "111", "12", "11", "2"]);
        assert_eq!(found(texts, keywords, true, "sea shi"), ["111"]);
        assert!(found(texts, keywords, true, "ship moon").is_empty());
        assert!(found(texts, keywords, true, " ,").is_empty());
    }

    #[test]
    fn words_without_spaces_are_found_within_texts() {
        assert_eq!(found("11|海の船\n12|山\n", "", false, "船"), ["11"]);
    }

    #[test]
    fn notations_are_found_by_their_beginning() {
        let tree = Tree::read(NOTATIONS, "").unwrap();
        let named = |written| -> Vec<String> {
            by_notation(&tree, written).iter().map(|n| tree.notation(*n).to_owned()).collect()
        };
        assert_eq!(named("11"), ["11", "111"]);
        assert!(named("ship").is_empty());
        assert!(named("1 ship").is_empty());
    }
}
