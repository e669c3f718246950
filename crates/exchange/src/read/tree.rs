//! A document of XML as a tree, within limits.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How deep elements may stand in each other; LIDO needs some fifteen.
const DEEPEST: usize = 64;

/// An element: its name and attributes without prefixes, its text, its children.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The elements at the end of a path of names.
    pub fn all<'a>(&'a self, path: &[&str]) -> Vec<&'a Element> {
        let mut found = vec![self];
        for name in path {
            found = found.into_iter().flat_map(|e| e.children.iter().filter(|child| child.name == *name)).collect();
        }
        found
    }

    /// The first element at the end of a path.
    pub fn one<'a>(&'a self, path: &[&str]) -> Option<&'a Element> {
        self.all(path).into_iter().next()
    }

    /// The text of the first element at the end of a path, if it has any.
    pub fn text_of(&self, path: &[&str]) -> Option<&str> {
        self.one(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a document. Entities that it declares itself are refused: nothing that this is for has any.
pub(super) fn read(text: &str) -> Result<Element, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("it is not well-formed XML: {error}");
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| wrong(&error))? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(format!("its elements stand more than {DEEPEST} deep in each other"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                let element = element(&start)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            }
            Event::End(_) => {
                let closed = open.pop().unwrap_or_default();
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => return Err("it closes an element that it did not open".into()),
                }
            }
            Event::Text(part) => {
                let text = part.xml10_content();
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::CData(part) => {
                let text = part.xml10_content().into_owned();
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| wrong(&error))?;
                let resolved = match character {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference)
                        .ok_or("it uses an entity of its own, which is not read")?
                        .to_owned(),
                };
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&resolved);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err("it ends before its elements do".into()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let local = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("an attribute is not well formed: {error}"))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| format!("an attribute is not well formed: {error}"))?;
        attributes.push((local(attribute.key.as_ref()), value.into_owned()));
    }
    let name = local(start.name().as_ref());
    Ok(Element { name, attributes, ..Element::default() })
}
