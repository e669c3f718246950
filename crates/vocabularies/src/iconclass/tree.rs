//! The notations of Iconclass and how they hang together: `notations.txt` and `keys.txt`.
//!
//! Both files are records that end with a line `$`. A line is a field's letter, a space and a value; a line that begins with `;` has a further
//! value of the field before it. Of a notation `N` its children are `C`, what is related `R`, and the key that it takes `K`; of a key `K` its
//! suffixes are `S`.

use std::collections::HashMap;

/// The number of a notation in its tree.
pub(crate) type Node = u32;

/// All notations.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    entries: Vec<Entry>,
    numbers: HashMap<Box<str>, Node>,
    keys: HashMap<Box<str>, Vec<Box<str>>>,
}

#[derive(Debug, Default)]
struct Entry {
    notation: Box<str>,
    parent: Option<Node>,
    children: Vec<Node>,
    related: Vec<Box<str>>,
    key: Option<Box<str>>,
}

/// The ten divisions.
const ROOTS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl Tree {
    /// Reads both files' contents, or says what is wrong with the first one.
    pub fn read(notations: &str, keys: &str) -> Result<Self, String> {
        let mut tree = Tree { keys: read_keys(keys), ..Tree::default() };
        let mut children = Vec::new();
        for record in records(notations) {
            let Some(notation) = record.first('N') else { continue };
            let node = Node::try_from(tree.entries.len()).map_err(|_| "it has too many notations".to_owned())?;
            if tree.numbers.insert(notation.into(), node).is_some() {
                return Err(format!("the notation {notation} is in it twice"));
            }
            tree.entries.push(Entry {
                notation: notation.into(),
                related: record.all('R').map(Into::into).collect(),
                // A key without suffixes of its own, or with none that can be written behind `+`, is no key.
                key: record.first('K').filter(|key| tree.keys.contains_key(*key)).map(Into::into),
                ..Entry::default()
            });
            children.push(record.all('C').map(str::to_owned).collect::<Vec<_>>());
        }
        for (parent, children) in (0..).zip(children) {
            for child in children {
                // What is announced and missing is missing on iconclass.org too.
                let Some(node) = tree.number(&child) else { continue };
                if node == parent || tree.entry(node).parent.is_some() {
                    continue;
                }
                tree.entries[node as usize].parent = Some(parent);
                tree.entries[parent as usize].children.push(node);
            }
        }
        if tree.roots().next().is_none() {
            return Err("it has none of the divisions 0 to 9".into());
        }
        Ok(tree)
    }

    fn entry(&self, node: Node) -> &Entry {
        &self.entries[node as usize]
    }

    /// How many notations there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The divisions that there are.
    pub fn roots(&self) -> impl Iterator<Item = Node> {
        ROOTS.iter().filter_map(|root| self.number(root))
    }

    /// The number of a notation as it is written in the file, `25F23(...)` included.
    pub fn number(&self, notation: &str) -> Option<Node> {
        self.numbers.get(notation).copied()
    }

    /// A node's notation.
    pub fn notation(&self, node: Node) -> &str {
        &self.entry(node).notation
    }

    /// The nodes below.
    pub fn children(&self, node: Node) -> &[Node] {
        &self.entry(node).children
    }

    /// Notations that are worth a look too.
    pub fn related(&self, node: Node) -> impl Iterator<Item = &str> {
        self.entry(node).related.iter().map(|notation| &**notation)
    }

    /// The node and all above it, from the division down.
    pub fn path(&self, node: Node) -> Vec<Node> {
        let mut path = vec![node];
        let mut at = node;
        // A file whose tree runs in a circle ends here too.
        while let Some(parent) = self.entry(at).parent.filter(|parent| !path.contains(parent)) {
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }

    /// The key that may be added to a node, such as `25Fk`, with its suffixes.
    pub fn key(&self, node: Node) -> Option<(&str, &[Box<str>])> {
        let key = self.entry(node).key.as_deref()?;
        Some((key, self.keys.get(key)?))
    }

    /// Nodes whose notations begin so, in the file's order.
    pub fn beginning_with<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = Node> + 'a {
        (0..).zip(&self.entries).filter(move |(_, entry)| entry.notation.starts_with(beginning)).map(|(node, _)| node)
    }
}

/// Keys with those of their suffixes that can stand behind `+`; those with `q` are of the printed volumes only.
fn read_keys(text: &str) -> HashMap<Box<str>, Vec<Box<str>>> {
    let mut keys = HashMap::new();
    for record in records(text) {
        let suffixes: Vec<Box<str>> = record.all('S').filter(|suffix| !suffix.contains('q')).map(Into::into).collect();
        if let (Some(key), false) = (record.first('K'), suffixes.is_empty()) {
            keys.insert(key.into(), suffixes);
        }
    }
    keys
}

/// The fields of a record in their order.
struct Record<'a>(Vec<(char, &'a str)>);

impl<'a> Record<'a> {
    fn all(&self, field: char) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(letter, _)| *letter == field).map(|(_, value)| *value)
    }

    fn first(&self, field: char) -> Option<&'a str> {
        self.all(field).next()
    }
}

fn records(text: &str) -> impl Iterator<Item = Record<'_>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut fields: Vec<(char, &str)> = Vec::new();
        loop {
            match lines.next() {
                None if fields.is_empty() => return None,
                None => return Some(Record(fields)),
                Some(line) if line.trim_end() == "$" => return Some(Record(fields)),
                Some(line) => {
                    let Some((letter, value)) = line.split_once(' ') else { continue };
                    let letter = match letter {
                        ";" => fields.last().map(|(letter, _)| *letter),
                        other => other.chars().next(),
                    };
                    let value = value.trim();
                    if let (Some(letter), false) = (letter, value.is_empty()) {
                        fields.push((letter, value));
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_path_children_and_keys() {
        let tree =
            Tree::read("N 2\nK 2k\nC 21\n; 22\n; 29\n$\nN 21\nR 22\n$\nN 22\n$\n", "K 2k\nS 1\n; 12\n; 7q1\n$\n")
                .unwrap();
        let (two, below) = (tree.number("2").unwrap(), tree.number("22").unwrap());
        assert_eq!(tree.path(below), [two, below]);
        assert_eq!(tree.children(two).len(), 2, "a child that is only announced is passed over");
        assert_eq!(tree.key(two).unwrap().1.iter().map(|s| &**s).collect::<Vec<_>>(), ["1", "12"]);
        assert_eq!(tree.related(tree.number("21").unwrap()).collect::<Vec<_>>(), ["22"]);
        assert!(tree.key(below).is_none());
    }

    #[test]
    fn circles_end_and_other_files_are_refused() {
        let tree = Tree::read("N 1\nC 11\n$\nN 11\nC 1\n; 11\n$\n", "").unwrap();
        assert_eq!(tree.path(tree.number("11").unwrap()).len(), 2);
        assert!(Tree::read("a letter\n", "").is_err());
        assert!(Tree::read("N 1\n$\nN 1\n$\n", "").is_err());
    }
}
