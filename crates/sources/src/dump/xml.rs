//! The XML of a dump's head and of its pages.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::Site;
use crate::wikitext::Namespaces;

/// Titles have at most 255 bytes; each fragment repeats them.
const LONGEST_NAME: usize = 500;

/// A page as the dump has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawPage {
    /// The wiki's number for the page.
    pub id: String,
    /// 0 for articles, 14 for categories.
    pub namespace: i32,
    /// With its namespace.
    pub title: String,
    /// It only leads to another page.
    pub is_redirect: bool,
    /// The wiki's number for the revision.
    pub revision: String,
    /// When the revision was made.
    pub timestamp: String,
    /// `wikitext`, or what else the text is.
    pub model: String,
    /// The text of the last revision that the page has.
    pub text: String,
}

/// Reads a `<page>` element.
pub(super) fn read_page(xml: &[u8]) -> Result<RawPage, String> {
    let text =
        std::str::from_utf8(xml).map_err(|error| format!("it is not UTF-8 from byte {}", error.valid_up_to()))?;
    let mut page = RawPage::default();
    walk(text, |path, value| match path {
        ["page", "title"] => page.title = value,
        ["page", "ns"] => page.namespace = value.trim().parse().unwrap_or(0),
        ["page", "id"] => page.id = value,
        ["page", "redirect"] => page.is_redirect = true,
        ["page", "revision", "id"] => page.revision = value,
        ["page", "revision", "timestamp"] => page.timestamp = value,
        ["page", "revision", "model"] => page.model = value,
        ["page", "revision", "text"] => page.text = value,
        _ => {}
    })?;
    if page.id.is_empty() || page.title.is_empty() {
        return Err("it has no title or no number".into());
    }
    if [&page.id, &page.title, &page.revision, &page.timestamp].iter().any(|name| name.len() > LONGEST_NAME) {
        return Err(format!("its title or a number has more than {LONGEST_NAME} bytes"));
    }
    Ok(page)
}

/// Calls for each element that has no others within it, with the names from the root and its text.
fn walk(xml: &str, mut found: impl FnMut(&[&str], String)) -> Result<(), String> {
    /// A dump's elements lie five deep.
    const DEEPEST: usize = 16;
    let wrong = |error: &dyn std::fmt::Display| format!("it is not well-formed XML: {error}");
    let mut reader = Reader::from_str(xml);
    let mut names: Vec<String> = Vec::new();
    let mut text = String::new();
    // The element that was opened last has none within it.
    let mut is_leaf = false;
    let mut report = |names: &[String], text: String| {
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        found(&path, text);
    };
    loop {
        match reader.read_event().map_err(|error| wrong(&error))? {
            Event::Start(start) => {
                if names.len() == DEEPEST {
                    return Err(format!("its elements stand more than {DEEPEST} deep in each other"));
                }
                names.push(name(&start));
                text.clear();
                is_leaf = true;
            }
            Event::Empty(start) => {
                names.push(name(&start));
                report(&names, String::new());
                names.pop();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(|error| wrong(&error))? {
                Some(letter) => text.push(letter),
                None => text.push_str(resolve_predefined_entity(&reference).ok_or("it uses an entity of its own")?),
            },
            Event::End(_) => {
                if is_leaf {
                    report(&names, std::mem::take(&mut text));
                }
                is_leaf = false;
                names.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if names.is_empty() { Ok(()) } else { Err("it ends before its elements do".into()) }
}

fn name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

/// Reads what stands before a dump's first page. Lacks are made good: a wiki without a list of namespaces has the English ones.
pub(super) fn read_site(head: &str, stem: &str) -> Site {
    let mut site = Site { key: key(stem), name: stem.to_owned(), ..Site::default() };
    let mut numbers: Vec<(i32, String)> = Vec::new();
    let mut reader = Reader::from_str(head);
    let mut open = String::new();
    let mut number = None;
    // What comes after the head is cut off somewhere: then it is read as far as it goes.
    while let Ok(event) = reader.read_event() {
        let attribute = |start: &BytesStart<'_>, wanted: &str| {
            let found = start.attributes().flatten().find(|one| one.key.as_ref() == wanted)?;
            Some(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
        };
        match event {
            Event::Start(start) => {
                open = name(&start);
                if open == "mediawiki" {
                    site.language =
                        attribute(&start, "xml:lang").filter(|language| !language.is_empty() && language.len() < 36);
                }
                number = attribute(&start, "key").and_then(|key| key.parse().ok());
            }
            Event::Text(part) => {
                let text = part.xml10_content().trim().to_owned();
                if text.len() > LONGEST_NAME {
                    continue;
                }
                match open.as_str() {
                    "sitename" if !text.is_empty() => site.name = text,
                    "dbname" if !text.is_empty() => site.key = key(&text),
                    "base" => site.base = base(&text),
                    "namespace" => numbers.extend(number.map(|number| (number, text))),
                    _ => {}
                }
            }
            Event::End(end) => {
                open.clear();
                if end.local_name().as_ref() == "siteinfo" {
                    break;
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !numbers.is_empty() {
        site.namespaces = Namespaces::new(numbers.iter().map(|(number, name)| (*number, name.as_str())));
    }
    site
}

/// Where the wiki's pages lie: the main page's address without its title.
fn base(address: &str) -> Option<String> {
    let (before, _) = address.rsplit_once('/')?;
    before.contains("://").then(|| format!("{before}/"))
}

fn key(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') { letter } else { '-' })
        .collect()
}
