//! What notations and keys mean in a language: `txt_en.txt` and `kw_en.txt`, lines of a notation or a key, `|`, and words.

use std::collections::HashMap;

use super::notation::{OPEN, Place};
use super::tree::{Node, Tree};

/// Texts and keywords of one language.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    of_nodes: Vec<Option<Box<str>>>,
    keywords: Vec<Vec<Box<str>>>,
    of_keys: HashMap<Box<str>, Box<str>>,
    keywords_of_keys: HashMap<Box<str>, Vec<Box<str>>>,
}

impl Texts {
    /// Reads the contents of both files; keywords may be none.
    pub fn read(tree: &Tree, texts: &str, keywords: &str) -> Self {
        let mut read =
            Texts { of_nodes: vec![None; tree.len()], keywords: vec![Vec::new(); tree.len()], ..Texts::default() };
        for (of, text) in lines(texts) {
            match tree.number(of) {
                Some(node) => read.of_nodes[node as usize] = Some(text.into()),
                None => drop(read.of_keys.insert(of.into(), text.into())),
            }
        }
        for (of, keyword) in lines(keywords) {
            match tree.number(of) {
                Some(node) => read.keywords[node as usize].push(keyword.into()),
                None => read.keywords_of_keys.entry(of.into()).or_default().push(keyword.into()),
            }
        }
        read
    }

    /// What a node means, as the file has it.
    pub fn of(&self, node: Node) -> Option<&str> {
        self.of_nodes.get(node as usize)?.as_deref()
    }

    /// A node's keywords.
    pub fn keywords_of(&self, node: Node) -> &[Box<str>] {
        self.keywords.get(node as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a place means: the node's text with the name in its brackets, each key's text behind it.
    pub fn meaning(&self, tree: &Tree, place: &Place) -> Option<String> {
        let text = self.of(place.node)?;
        let mut meaning = match &place.name {
            Some(name) => named(text, name),
            None => text.to_owned(),
        };
        for key in self.keys_of(tree, place) {
            if let Some(text) = self.of_keys.get(key.as_str()) {
                meaning.push_str(&format!(" (+ {text})"));
            }
        }
        Some(meaning)
    }

    /// The keywords of a place, its keys' behind the node's.
    pub fn keywords(&self, tree: &Tree, place: &Place) -> Vec<String> {
        let mut keywords: Vec<String> = self.keywords_of(place.node).iter().map(|word| word.to_string()).collect();
        for key in self.keys_of(tree, place) {
            let further = self.keywords_of_keys.get(key.as_str()).into_iter().flatten();
            keywords.extend(further.map(|word| word.to_string()));
        }
        keywords
    }

    /// The keys of a place as the files name them: `25Fk46`.
    fn keys_of(&self, tree: &Tree, place: &Place) -> Vec<String> {
        let Some((key, _)) = tree.key(place.node) else { return Vec::new() };
        place.keys.iter().map(|suffix| format!("{key}{suffix}")).collect()
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(of, words)| (of.trim(), words.trim()))
        .filter(|(of, words)| !of.is_empty() && !words.is_empty())
}

/// A text such as `male saints (with NAME)` with the name in place of what asks for it: the last brackets with a word in capitals, or else the last ones.
fn named(text: &str, name: &str) -> String {
    let brackets: Vec<(usize, usize)> =
        text.match_indices('(').filter_map(|(open, _)| Some((open, open + text[open..].find(')')? + 1))).collect();
    let asks = |(open, close): &&(usize, usize)| {
        let inner = &text[*open..*close];
        let capitals = |word: &str| {
            word.chars().filter(|c| c.is_uppercase()).count() >= 3 && !word.chars().any(char::is_lowercase)
        };
        inner == OPEN || inner.split(|c: char| !c.is_alphanumeric()).any(capitals)
    };
    match brackets.iter().rev().find(asks).or(brackets.last()) {
        Some((open, close)) => format!("{}({name}){}", &text[..*open], &text[*close..]),
        None => format!("{text} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_the_place_of_what_asks_for_it() {
        for (text, expected) in [
            ("male saints (with NAME)", "male saints (ADELA)"),
            (
                "Taten (der Heiligen) ~ Heiliger (mit NAMEN) (nicht im biblischen Kontext)",
                "Taten (der Heiligen) ~ Heiliger (ADELA) (nicht im biblischen Kontext)",
            ),
            ("saints (...)", "saints (ADELA)"),
            ("聖人 (名称を伴う)", "聖人 (ADELA)"),
            ("saints", "saints (ADELA)"),
            ("left open (", "left open ( (ADELA)"),
        ] {
            assert_eq!(named(text, "ADELA"), expected);
        }
    }

    #[test]
    fn keys_say_more() {
        let tree = Tree::read("N 2\nK 2k\n$\n", "K 2k\nS 46\n$\n").unwrap();
        let texts = Texts::read(&tree, "2|animals\n2k46|asleep\nno line\n3|\n", "2|beast\n2k46|sleep\n");
        let place = Place::find(&tree, "2(+46)").unwrap();
        assert_eq!(texts.meaning(&tree, &place).as_deref(), Some("animals (+ asleep)"));
        assert_eq!(texts.keywords(&tree, &place), ["beast", "sleep"]);
    }
}
