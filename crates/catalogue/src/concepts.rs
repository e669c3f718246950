//! What a value names where it was taken from a list: the list, the identifier there, and the identifier on the web.

use serde::{Deserialize, Serialize};

/// Migration 6: what each statement names.
pub(crate) const MIGRATION_6: &str = "ALTER TABLE statements ADD COLUMN concept TEXT CHECK (json_valid(concept));";

/// Longer is no identifier.
const LONGEST: usize = 500;

/// A concept of a list. Identifiers come from lists that are published or that a museum keeps, never from a model's words or what
/// somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Concept {
    list: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

impl Concept {
    /// The concept `id` of `list`, e.g. `25F23(LION)` of `Iconclass`. None where list or id are no such thing: empty, over 500 bytes long, or with
    /// control characters. A `uri` that is no address of the web is left out.
    pub fn new(list: &str, id: &str, uri: Option<&str>) -> Option<Self> {
        let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
        let (list, id) = (list.trim(), id.trim());
        let is_address = |uri: &&str| {
            let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty())
                && fits(uri)
                && !uri.contains(|c: char| c.is_whitespace() || "<>\"{}|\\^`".contains(c))
        };
        let uri = uri.map(str::trim).filter(is_address).map(str::to_owned);
        (fits(list) && fits(id)).then(|| Self { list: list.to_owned(), id: id.to_owned(), uri })
    }

    /// The list's name.
    pub fn list(&self) -> &str {
        &self.list
    }

    /// The identifier within the list.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The identifier on the web, where there is one.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }
}

/// A concept as a file has it.
#[derive(Deserialize)]
struct Unchecked {
    list: String,
    id: String,
    #[serde(default)]
    uri: Option<String>,
}

impl TryFrom<Unchecked> for Concept {
    type Error = String;

    fn try_from(written: Unchecked) -> Result<Self, String> {
        Concept::new(&written.list, &written.id, written.uri.as_deref())
            .ok_or_else(|| "a concept without a list or an identifier".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_an_identifier_becomes_one() {
        let lion = Concept::new(" Iconclass ", "25F23(LION)", Some("https://iconclass.org/25F23%28LION%29")).unwrap();
        assert_eq!((lion.list(), lion.id()), ("Iconclass", "25F23(LION)"));
        assert_eq!(lion.uri(), Some("https://iconclass.org/25F23%28LION%29"));
        for uri in ["javascript:alert(1)", "https://", "https://a b", "https://a\"b", "25F"] {
            assert_eq!(Concept::new("list", "id", Some(uri)).unwrap().uri(), None, "{uri}");
        }
        for (list, id) in [("", "x"), ("list", " "), ("list", "a\nb"), ("list", &"x".repeat(501))] {
            assert_eq!(Concept::new(list, id, None), None);
        }
    }

    #[test]
    fn a_concept_is_read_back_and_a_broken_one_refused() {
        let lion = Concept::new("Iconclass", "25F23(LION)", None).unwrap();
        let text = serde_json::to_string(&lion).unwrap();
        assert_eq!(text, r#"{"list":"Iconclass","id":"25F23(LION)"}"#);
        assert_eq!(serde_json::from_str::<Concept>(&text).unwrap(), lion);
        assert!(serde_json::from_str::<Concept>(r#"{"list":"","id":"x"}"#).is_err());
    }
}
