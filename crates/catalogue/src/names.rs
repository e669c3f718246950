//! Makers: a name with the words that qualify it and the role, `workshop of Peter Paul Rubens (printmaker)`.

use std::fmt;

/// A maker as a text names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Maker {
    /// What stands between the name and the work; none for the maker without doubt.
    pub qualifier: Option<String>,
    /// The name.
    pub name: String,
    /// What the person did, e.g. `engraver`.
    pub role: Option<String>,
}

/// How far a qualifier moves the person named away from the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closeness {
    /// The person, with some doubt: `attributed to`, `possibly by`.
    Doubtful,
    /// People around the person, by hand or by school: `workshop of`, `circle of`, `follower of`.
    Around,
    /// Somebody else, who looked at the person's works: `style of`, `after`, `copy after`.
    Influence,
    /// Somebody held it for the person's once: `formerly attributed to`.
    Former,
}

/// The qualifiers of attributions that are understood, in the words in which records have them.
pub const QUALIFIERS: &[(&str, Closeness)] = &[
    ("attributed to", Closeness::Doubtful),
    ("possibly by", Closeness::Doubtful),
    ("probably by", Closeness::Doubtful),
    ("workshop of", Closeness::Around),
    ("studio of", Closeness::Around),
    ("assistant of", Closeness::Around),
    ("pupil of", Closeness::Around),
    ("circle of", Closeness::Around),
    ("school of", Closeness::Around),
    ("follower of", Closeness::Around),
    ("manner of", Closeness::Influence),
    ("style of", Closeness::Influence),
    ("imitator of", Closeness::Influence),
    ("copy after", Closeness::Influence),
    ("after", Closeness::Influence),
    ("formerly attributed to", Closeness::Former),
];

/// Other words for them.
const VARIANTS: &[(&str, &str)] = &[
    ("attr. to", "attributed to"),
    ("ascribed to", "attributed to"),
    ("possibly", "possibly by"),
    ("probably", "probably by"),
    ("atelier of", "studio of"),
    ("in the style of", "style of"),
    ("in the manner of", "manner of"),
    ("copy of", "copy after"),
    ("by", ""),
];

/// Roles that makers have in records.
pub const ROLES: &[&str] = &[
    "architect",
    "artist",
    "carver",
    "ceramicist",
    "designer",
    "draughtsman",
    "draftsman",
    "embroiderer",
    "enameler",
    "engraver",
    "etcher",
    "founder",
    "gilder",
    "goldsmith",
    "illuminator",
    "lithographer",
    "maker",
    "manufacturer",
    "manufactory",
    "modeler",
    "painter",
    "patron",
    "photographer",
    "potter",
    "printer",
    "printmaker",
    "publisher",
    "sculptor",
    "silversmith",
    "weaver",
    "woodcutter",
    "workshop",
];

/// The maker that a text names.
///
/// A qualifier is one of [`QUALIFIERS`] or another word for it, in front of the name; a role one of [`ROLES`], in brackets behind it.
/// Whatever else stands there belongs to the name.
pub fn read_maker(text: &str) -> Option<Maker> {
    let text = text.trim();
    let (text, role) = match text.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((name, role)) if ROLES.contains(&role.trim().to_lowercase().as_str()) => {
            (name.trim_end(), Some(role.trim().to_lowercase()))
        }
        _ => (text, None),
    };
    let (qualifier, name) = split_qualifier(text);
    let name = name.trim();
    (!name.is_empty()).then(|| Maker { qualifier, name: name.to_owned(), role })
}

/// The qualifier in front of a name, in the words of [`QUALIFIERS`], and the name.
pub fn split_qualifier(text: &str) -> (Option<String>, &str) {
    let known = QUALIFIERS.iter().map(|(words, _)| (*words, *words)).chain(VARIANTS.iter().copied());
    let fitting = known.filter_map(|(words, means)| {
        let front = text.get(..words.len())?;
        let rest = text.get(words.len()..)?;
        (front.eq_ignore_ascii_case(words) && rest.starts_with(' ')).then_some((words.len(), means, rest.trim_start()))
    });
    // The longest, since "after" begins nothing else but "possibly" begins "possibly by".
    match fitting.max_by_key(|(length, ..)| *length) {
        Some((_, means, rest)) => (Some(means.to_owned()).filter(|means| !means.is_empty()), rest),
        None => (None, text),
    }
}

/// How close a qualifier leaves the person named to the work; none for words that are not known.
pub fn closeness(qualifier: &str) -> Option<Closeness> {
    let tidy = qualifier.trim().to_lowercase();
    let tidy = VARIANTS.iter().find(|(words, _)| *words == tidy).map_or(tidy.as_str(), |(_, means)| means);
    QUALIFIERS.iter().find(|(words, _)| *words == tidy).map(|(_, closeness)| *closeness)
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(qualifier) = &self.qualifier {
            write!(f, "{qualifier} ")?;
        }
        f.write_str(&self.name)?;
        match &self.role {
            Some(role) => write!(f, " ({role})"),
            None => Ok(()),
        }
    }
}
