//! What a wiki's text cannot be read without: the names of its namespaces.

use serde::{Deserialize, Serialize};

/// The words that a wiki puts before titles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    file: Vec<String>,
    category: Vec<String>,
    /// The others, in lower case.
    other: Vec<String>,
}

/// More categories than any page has; what a hostile one has beyond them is left out.
const MOST_CATEGORIES: usize = 1000;

/// Names of the file namespace that are not in a dump's list, for wikis knew images before they knew files.
const IMAGE_ALIASES: [&str; 12] = [
    "file",
    "image",
    "bild",
    "imagen",
    "imagem",
    "immagine",
    "afbeelding",
    "grafika",
    "изображение",
    "画像",
    "datei",
    "fichier",
];

impl Default for Namespaces {
    /// The English ones.
    fn default() -> Self {
        let others = [
            "Media",
            "Special",
            "Talk",
            "User",
            "User talk",
            "Wikipedia",
            "Wikipedia talk",
            "File talk",
            "MediaWiki",
            "Template",
            "Template talk",
            "Help",
            "Category talk",
            "Portal",
            "Draft",
            "Module",
        ];
        let named = others.iter().map(|name| (0, *name)).chain([(6, "File"), (14, "Category")]);
        Self::new(named)
    }
}

impl Namespaces {
    /// From numbers and names as a dump lists them.
    pub fn new<'a>(names: impl IntoIterator<Item = (i32, &'a str)>) -> Self {
        let mut namespaces = Self {
            file: IMAGE_ALIASES.map(str::to_owned).to_vec(),
            category: vec!["category".to_owned()],
            other: Vec::new(),
        };
        for (number, name) in names {
            let name = name.to_lowercase();
            let place = match number {
                6 => &mut namespaces.file,
                14 => &mut namespaces.category,
                _ => &mut namespaces.other,
            };
            if !name.is_empty() && !place.contains(&name) {
                place.push(name);
            }
        }
        namespaces
    }

    /// The name of a file where the target is one, as wikis spell it.
    pub(super) fn file(&self, target: &str) -> Option<String> {
        let (before, name) = target.split_once(':')?;
        self.is_file(before).then(|| title(name)).filter(|name| !name.is_empty())
    }

    fn is_file(&self, name: &str) -> bool {
        is_among(&self.file, name)
    }

    /// The category's name where the target is one.
    pub fn category(&self, target: &str) -> Option<String> {
        let (before, name) = target.split_once(':')?;
        is_among(&self.category, before).then(|| title(name)).filter(|name| !name.is_empty())
    }

    /// Whether the target is not an article of this wiki.
    pub(super) fn is_elsewhere(&self, target: &str) -> bool {
        let Some((before, _)) = target.split_once(':') else { return false };
        is_among(&self.other, before) || is_wiki(before.trim())
    }

    /// The categories of a page, each once, from its raw text.
    pub fn categories_of(&self, text: &str) -> Vec<String> {
        let mut categories: Vec<String> = Vec::new();
        for found in memchr::memmem::find_iter(text.as_bytes(), b"[[") {
            // A title has at most 255 bytes.
            let rest =
                text.as_bytes()[found + 2..].iter().take(300).take_while(|byte| !b"]|[\n{".contains(byte)).count();
            if let Some(category) = text.get(found + 2..found + 2 + rest).and_then(|target| self.category(target))
                && categories.len() < MOST_CATEGORIES
                && !categories.contains(&category)
            {
                categories.push(category);
            }
        }
        categories
    }
}

fn is_among(names: &[String], name: &str) -> bool {
    let name = name.trim();
    // Names have at most a few words: whatever is longer is a title with a colon.
    name.len() <= 60 && {
        let name = name.replace('_', " ").to_lowercase();
        names.contains(&name)
    }
}

/// Prefixes of sister projects, and of other languages.
pub(super) fn is_wiki(prefix: &str) -> bool {
    const SISTERS: [&str; 20] = [
        "wikt",
        "wiktionary",
        "commons",
        "wikisource",
        "s",
        "q",
        "wikiquote",
        "b",
        "wikibooks",
        "n",
        "wikinews",
        "v",
        "wikiversity",
        "voy",
        "wikivoyage",
        "species",
        "d",
        "wikidata",
        "w",
        "m",
    ];
    SISTERS.contains(&prefix) || is_language(prefix) || prefix == "doi"
}

/// Whether a prefix has the form of a language's code: two or three small letters, perhaps with a variety.
pub(super) fn is_language(prefix: &str) -> bool {
    let (code, variety) = prefix.split_once('-').unwrap_or((prefix, "x"));
    let is_small = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    matches!(code.len(), 2 | 3) && is_small(code) && is_small(variety)
}

/// A title as wikis spell it: spaces for underscores, none at the ends, a capital first.
pub(crate) fn title(raw: &str) -> String {
    let spaced = raw.replace('_', " ");
    let mut words = String::with_capacity(spaced.len());
    for word in spaced.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !first.is_uppercase() => first.to_uppercase().chain(letters).collect(),
        _ => words,
    }
}
