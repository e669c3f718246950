//! Properties of a library's own, as a person writes them in a file or in the window.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{ValueKind, core_property};

/// What a file of properties is called in sentences.
const WHAT: &str = "file of own properties";

/// What stands at the top of a file that the program begins.
const HEAD: &str =
    "# Properties of this library's own. This file may be edited by hand; the window keeps what it does not change.\n";

/// A property that the core record does not have. As TOML:
///
/// ```toml
/// [[property]]
/// key = "watermark"
/// label = "Watermark"
/// kind = "term"             # text (where nothing is said), term, maker, date, measures, rights, identifier
/// list = "Marks of paper"   # a list of terms of the library that values are offered from
/// repeatable = false        # whether a work may have several values; true where nothing is said
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnProperty {
    /// Its key in statements.
    pub key: String,
    /// Its name.
    pub label: String,
    /// What its values are.
    #[serde(default)]
    pub kind: ValueKind,
    /// The name of the list of terms that values are offered from, besides the lists that are for this property.
    #[serde(default)]
    pub list: Option<String>,
    /// Whether a work may have several values.
    #[serde(default = "yes")]
    pub repeatable: bool,
}

pub(crate) fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "property")]
    properties: Vec<Spanned<OwnProperty>>,
}

/// Reads a file of own properties; the error says in which line what is wrong, in words for its author.
pub fn read_own_properties(text: &str) -> Result<Vec<OwnProperty>> {
    let file: File = toml::from_str(text).map_err(|error| unreadable(WHAT, text, &error))?;
    let at = |span: Range<usize>, reason: String| not_understood(WHAT, text, Some(span), reason);
    sound_properties(file.properties, at)
}

/// Properties of which each has a key and a name of its own.
pub(crate) fn sound_properties(
    read: Vec<Spanned<OwnProperty>>,
    wrong: impl Fn(Range<usize>, String) -> CatalogueError,
) -> Result<Vec<OwnProperty>> {
    let mut properties: Vec<OwnProperty> = Vec::new();
    for property in read {
        let span = property.span();
        let property = property.into_inner();
        if !is_key(&property.key) {
            return Err(wrong(span, no_key(&property.key)));
        }
        if core_property(&property.key).is_some() {
            let reason = format!("“{}” is a property of the core record already; choose another key", property.key);
            return Err(wrong(span, reason));
        }
        if properties.iter().any(|earlier| earlier.key == property.key) {
            return Err(wrong(
                span,
                format!("there are two properties with the key “{}”; give one another key", property.key),
            ));
        }
        if property.label.trim().is_empty() {
            return Err(wrong(span, format!("the property “{}” has no name; write one as its label", property.key)));
        }
        properties.push(property);
    }
    Ok(properties)
}

/// The text of a file of own properties with these, in their order. What `former` has besides them, remarks for instance, stays.
pub fn write_own_properties(former: &str, properties: &[OwnProperty]) -> Result<String> {
    let former = if former.trim().is_empty() { HEAD } else { former };
    let text = rewritten(WHAT, former, |document| put_properties(document, properties))?;
    // What was written must be what was meant, also where a person's own text stands around it.
    read_own_properties(&text)?;
    Ok(text)
}

/// A text of TOML, changed; remarks stay where they are.
pub(crate) fn rewritten(what: &'static str, former: &str, change: impl FnOnce(&mut DocumentMut)) -> Result<String> {
    let mut document: DocumentMut = former.parse().map_err(|error: toml_edit::TomlError| {
        not_understood(what, former, error.span(), error.message().to_owned())
    })?;
    // Remarks without anything below them would count as those at the end.
    let head = if document.is_empty() { former.trim_end() } else { "" };
    if !head.is_empty() {
        document = DocumentMut::new();
    }
    change(&mut document);
    let text = document.to_string();
    Ok(if head.is_empty() { text } else { format!("{head}\n\n{}", text.trim_start()) })
}

/// Puts properties into a document in the place of those that it has; a table of the same key keeps its remarks.
pub(crate) fn put_properties(document: &mut DocumentMut, properties: &[OwnProperty]) {
    let written = properties.iter().map(|property| {
        let mut fields = vec![("key", value(&property.key)), ("label", value(&property.label))];
        if property.kind != ValueKind::Text {
            fields.push(("kind", value(property.kind.as_str())));
        }
        if let Some(list) = &property.list {
            fields.push(("list", value(list)));
        }
        if !property.repeatable {
            fields.push(("repeatable", value(false)));
        }
        fields
    });
    put_tables(document, "property", "key", written);
}

/// The fields of a table that is written.
pub(crate) type Fields = Vec<(&'static str, Item)>;

/// Writes an array of tables. A table that had the same value under `by` keeps its remarks and loses the fields that are not given any more.
pub(crate) fn put_tables(document: &mut DocumentMut, name: &str, by: &str, tables: impl Iterator<Item = Fields>) {
    let mut former: Vec<Table> = match document.remove(name) {
        Some(Item::ArrayOfTables(tables)) => tables.into_iter().collect(),
        _ => Vec::new(),
    };
    let mut array = ArrayOfTables::new();
    for fields in tables {
        let named = fields.iter().find(|(key, _)| *key == by).and_then(|(_, item)| item.as_str());
        let at = former.iter().position(|table| table.get(by).and_then(Item::as_str) == named);
        let mut table = at.map_or_else(Table::new, |at| former.remove(at));
        // Where it stands follows from the order of the array, not from where it stood.
        table.set_position(None);
        let gone: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
        for key in gone.iter().filter(|key| !fields.iter().any(|(kept, _)| kept == key)) {
            table.remove(key);
        }
        for (key, mut item) in fields {
            // The words behind a value on its line belong to it.
            if let (Some(new), Some(old)) = (item.as_value_mut(), table.get(key).and_then(Item::as_value)) {
                *new.decor_mut() = old.decor().clone();
            }
            table.insert(key, item);
        }
        array.push(table);
    }
    if !array.is_empty() {
        document.insert(name, Item::ArrayOfTables(array));
    }
}

/// Whether a text can be a key: small letters, digits, `-` and `_`.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

pub(crate) fn no_key(key: &str) -> String {
    format!("“{key}” is no key: only small letters, digits, - and _ are allowed in one")
}

/// A key made of a name: its letters and digits in small, `-` between words; `other` where nothing of it can stand in a key. It is not among
/// `taken`, if need be by a number at its end.
pub fn key_for(name: &str, other: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut key = String::new();
    for c in name.to_lowercase().chars() {
        match plain(c) {
            Some(letters) => key.push_str(letters),
            None if c.is_ascii_alphanumeric() => key.push(c),
            None if !key.is_empty() && !key.ends_with('-') => key.push('-'),
            None => {}
        }
    }
    let key = key.trim_end_matches('-');
    let key = if key.is_empty() { other } else { key };
    let numbered = (2..).map(|number| format!("{key}-{number}"));
    std::iter::once(key.to_owned()).chain(numbered).find(|key| !taken(key)).unwrap_or_else(|| key.to_owned())
}

/// A letter of the languages that the window speaks without its mark.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ö' | 'œ' | 'ø' => "oe",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ß' => "ss",
        _ => return None,
    })
}

/// What a reader of TOML has against a text, with the line.
pub(crate) fn unreadable(what: &'static str, text: &str, error: &toml::de::Error) -> CatalogueError {
    not_understood(what, text, error.span(), error.message().to_owned())
}

pub(crate) fn not_understood(
    what: &'static str,
    text: &str,
    span: Option<Range<usize>>,
    reason: String,
) -> CatalogueError {
    let before = span.and_then(|span| text.get(..span.start.min(text.len())));
    let line = before.map(|before| before.matches('\n').count() + 1);
    CatalogueError::OwnFile { what, line, reason }
}

impl Library {
    /// How many works have a value of this property that a person stands by or that waits.
    pub fn works_with_property(&self, property: &str) -> Result<u64> {
        self.read(|connection| {
            let works: i64 = connection
                .prepare_cached(
                    "SELECT count(DISTINCT s.work) FROM statements s JOIN decisions d
                       ON d.id = (SELECT ifnull(restores, id) FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1)
                     WHERE s.property = ?1 AND d.state IN ('suggested', 'accepted', 'edited')",
                )?
                .query_row([property], |row| row.get(0))?;
            Ok(works.unsigned_abs())
        })
    }
}
