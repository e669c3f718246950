//! Notations as people write them: `25F23(LION)(+46)`, `11H(ADELA)12`.
//!
//! A notation is a place in the tree, perhaps with bracketed text where the tree has `(...)`, perhaps with keys behind it.

use super::tree::{Node, Tree};
use crate::error::{Result, VocabularyError};

/// What stands in the tree where people write a name.
pub(crate) const OPEN: &str = "(...)";

/// More is no notation.
const LONGEST: usize = 200;

/// A notation that the tree has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The place in the tree.
    pub node: Node,
    /// What people wrote where the tree leaves room for it, without brackets.
    pub name: Option<String>,
    /// The keys' suffixes.
    pub keys: Vec<String>,
}

impl Place {
    /// A place of the tree itself.
    pub fn of(node: Node) -> Self {
        Place { node, name: None, keys: Vec::new() }
    }

    /// Finds a notation in the tree. Small letters are taken for capitals where only those are known.
    pub fn find(tree: &Tree, written: &str) -> Result<Self> {
        let unknown = || VocabularyError::NoNotation(written.trim().chars().take(LONGEST).collect());
        let trimmed = written.trim();
        if trimmed.is_empty() || trimmed.len() > LONGEST || trimmed.chars().any(char::is_control) {
            return Err(unknown());
        }
        let (base, keys) = split_keys(trimmed).ok_or_else(unknown)?;
        let (node, name) = known(tree, base).or_else(|| known(tree, &base.to_uppercase())).ok_or_else(unknown)?;
        let suffixes = tree.key(node).map(|(_, suffixes)| suffixes).unwrap_or_default();
        for key in &keys {
            if !suffixes.iter().any(|suffix| **suffix == **key) {
                return Err(VocabularyError::NoKey { base: base.to_owned(), key: (*key).to_owned() });
            }
        }
        Ok(Place { node, name, keys: keys.into_iter().map(str::to_owned).collect() })
    }

    /// The notation without keys.
    pub fn base(&self, tree: &Tree) -> String {
        with_name(tree.notation(self.node), self.name.as_deref())
    }

    /// The notation.
    pub fn notation(&self, tree: &Tree) -> String {
        self.keys.iter().fold(self.base(tree), |notation, key| format!("{notation}(+{key})"))
    }

    /// The place and all above it, from the division down: a key stands below the keys that it begins with, and they below their notation.
    pub fn path(&self, tree: &Tree) -> Vec<Place> {
        let mut path: Vec<Place> =
            tree.path(self.node).into_iter().map(|node| Place { node, ..self.without_keys(tree, node) }).collect();
        let (Some((last, before)), Some((_, suffixes))) = (self.keys.split_last(), tree.key(self.node)) else {
            return path;
        };
        let mut keys = Vec::new();
        for key in before {
            keys.push(key.clone());
            path.push(Place { keys: keys.clone(), ..self.clone() });
        }
        let mut steps: Vec<&str> = suffixes.iter().map(|suffix| &**suffix).filter(|s| last.starts_with(s)).collect();
        steps.sort_by_key(|step| step.len());
        path.extend(
            steps
                .into_iter()
                .map(|step| Place { keys: before.iter().cloned().chain([step.to_owned()]).collect(), ..self.clone() }),
        );
        path
    }

    /// The name goes only where the tree leaves room for one.
    fn without_keys(&self, tree: &Tree, node: Node) -> Place {
        let name = self.name.clone().filter(|_| tree.notation(node).contains(OPEN));
        Place { node, name, keys: Vec::new() }
    }

    /// Whether anything stands below, be it a key.
    pub fn branches(&self, tree: &Tree) -> bool {
        let suffixes = tree.key(self.node).map(|(_, suffixes)| suffixes).unwrap_or_default();
        match self.keys.last() {
            Some(last) => suffixes.iter().any(|suffix| suffix.len() > last.len() && suffix.starts_with(last.as_str())),
            None => !tree.children(self.node).is_empty() || !suffixes.is_empty(),
        }
    }

    /// What stands directly below, keys apart.
    pub fn children(&self, tree: &Tree) -> Vec<Place> {
        if !self.keys.is_empty() {
            return Vec::new();
        }
        let children = tree.children(self.node).iter().map(|child| self.without_keys(tree, *child));
        // Below a name of one's own the names of others have no place.
        children.filter(|child| self.name.is_none() || child.name.is_some()).collect()
    }

    /// The keys that may follow: the first ones, or those that say more than the last one.
    pub fn further_keys(&self, tree: &Tree) -> Vec<Place> {
        let Some((_, suffixes)) = tree.key(self.node) else { return Vec::new() };
        let (last, before) = match self.keys.split_last() {
            Some((last, before)) => (last.as_str(), before),
            None => ("", &[][..]),
        };
        let below = |suffix: &str| suffix.len() > last.len() && suffix.starts_with(last);
        let nearest = suffixes.iter().filter(|suffix| {
            below(suffix)
                && !suffixes
                    .iter()
                    .any(|between| below(between) && between.len() < suffix.len() && suffix.starts_with(&**between))
        });
        let keys = nearest.map(|suffix| before.iter().cloned().chain([suffix.to_string()]).collect());
        keys.map(|keys| Place { keys, ..self.clone() }).collect()
    }
}

/// A notation before its keys, and the keys; none where brackets do not fit. Several keys may share brackets: `(+3+12)`.
fn split_keys(written: &str) -> Option<(&str, Vec<&str>)> {
    let Some(at) = written.find("(+") else { return Some((written, Vec::new())) };
    let (base, rest) = written.split_at(at);
    let mut keys = Vec::new();
    for part in rest.split_inclusive(')') {
        let inner = part.strip_prefix("(+")?.strip_suffix(')')?;
        keys.extend(inner.split('+').map(str::trim));
    }
    (!base.is_empty() && keys.iter().all(|key| !key.is_empty())).then_some((base, keys))
}

/// The node of a notation without keys: as the tree has it, or with text in the brackets that the tree leaves open.
fn known(tree: &Tree, base: &str) -> Option<(Node, Option<String>)> {
    if let Some(node) = tree.number(base) {
        return Some((node, None));
    }
    let open = base.find('(')?;
    let close = open + base.get(open..)?.find(')')?;
    let name = base.get(open + 1..close)?.trim();
    let node = tree.number(&format!("{}{OPEN}{}", &base[..open], &base[close + 1..]))?;
    (!name.is_empty()).then(|| (node, Some(name.to_owned())))
}

/// A text of the tree with a name in its open brackets.
fn with_name(notation: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => notation.replacen(OPEN, &format!("({name})"), 1),
        None => notation.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTATIONS: &str = "N 1\nC 11H\n$\nN 11H\nK 11k\nC 11H(...)\n$\nN 11H(...)\nK 11k\nC 11H(...)1\n; 11H(JOHN)\n$\n\
        N 11H(...)1\nK 11k\nC 11H(...)12\n$\nN 11H(...)12\n$\nN 11H(JOHN)\nK 11k\n$\n";
    const KEYS: &str = "K 11k\nS 3\n; 31\n; 4\n; 412\n$\n";

    fn tree() -> Tree {
        Tree::read(NOTATIONS, KEYS).unwrap()
    }

    fn notations(places: &[Place], tree: &Tree) -> Vec<String> {
        places.iter().map(|place| place.notation(tree)).collect()
    }

    #[test]
    fn names_and_keys_are_read_and_written() {
        let tree = tree();
        for written in ["11H(JOHN)(+31)", "11H(ADELA)12", "11H(JOHN)(+3)(+412)", "11H", "11H(...)"] {
            assert_eq!(Place::find(&tree, written).unwrap().notation(&tree), written);
        }
        assert_eq!(Place::find(&tree, " 11h(john)(+3+412) ").unwrap().notation(&tree), "11H(JOHN)(+3)(+412)");
        assert_eq!(Place::find(&tree, "11H(ADELA)12").unwrap().name.as_deref(), Some("ADELA"));
    }

    #[test]
    fn what_is_no_notation_is_refused() {
        let tree = tree();
        for written in ["", "12", "11H(", "11H()", "11H(+", "11H(+)", "(+3)", "11H(ADELA)7", "11H(+3)x", "11H\u{0}"] {
            assert!(matches!(Place::find(&tree, written), Err(VocabularyError::NoNotation(_))), "{written:?}");
        }
        assert!(matches!(Place::find(&tree, "11H(+9)"), Err(VocabularyError::NoKey { .. })));
        assert!(matches!(Place::find(&tree, "1(+3)"), Err(VocabularyError::NoKey { .. })));
    }

    #[test]
    fn paths_and_children_carry_the_name() {
        let tree = tree();
        let place = Place::find(&tree, "11H(ADELA)12").unwrap();
        assert_eq!(notations(&place.path(&tree), &tree), ["1", "11H", "11H(ADELA)", "11H(ADELA)1", "11H(ADELA)12"]);
        let adela = Place::find(&tree, "11H(ADELA)").unwrap();
        assert_eq!(notations(&adela.children(&tree), &tree), ["11H(ADELA)1"]);
        let open = Place::find(&tree, "11H(...)").unwrap();
        assert_eq!(notations(&open.children(&tree), &tree), ["11H(...)1", "11H(JOHN)"]);
    }

    #[test]
    fn keys_open_further_ones() {
        let tree = tree();
        let john = Place::find(&tree, "11H(JOHN)").unwrap();
        assert_eq!(notations(&john.further_keys(&tree), &tree), ["11H(JOHN)(+3)", "11H(JOHN)(+4)"]);
        let third = Place::find(&tree, "11H(JOHN)(+4)").unwrap();
        assert_eq!(notations(&third.further_keys(&tree), &tree), ["11H(JOHN)(+412)"]);
        assert!(third.children(&tree).is_empty());
        let path = Place::find(&tree, "11H(JOHN)(+31)").unwrap().path(&tree);
        assert_eq!(notations(&path, &tree)[3..], ["11H(JOHN)", "11H(JOHN)(+3)", "11H(JOHN)(+31)"]);
    }
}
