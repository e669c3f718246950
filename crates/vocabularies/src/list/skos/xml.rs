//! SKOS in RDF/XML: concepts with their labels.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::super::{TermList, tidy};
use super::{CONCEPT, Node, RDF, SKOS, list_of};

/// What the text of an open element is for.
enum Wanted {
    Preferred(String),
    Other,
    Notation,
    Title,
}

/// Reads a document. Labels in other languages, alternative and hidden ones are other words for a concept.
pub(in crate::list) fn read(text: &str, language: &str) -> Result<TermList, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("it is not well-formed XML: {error}");
    let mut reader = NsReader::from_str(text);
    let mut nodes: Vec<Node> = Vec::new();
    // The node that stands open at a depth, and what the text at hand is for.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut wanted: Option<(Wanted, String)> = None;
    let mut any = false;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|error| wrong(&error))?;
        let namespace = match resolved {
            ResolveResult::Bound(Namespace(name)) => name.to_owned(),
            _ => String::new(),
        };
        match event {
            Event::Start(start) => {
                any = true;
                let node = begun(&reader, &namespace, &start, &mut nodes, &open)?;
                if wanted.is_none() {
                    wanted = text_for(&namespace, &start).map(|wanted| (wanted, String::new()));
                }
                open.push(node);
            }
            Event::Empty(start) => {
                any = true;
                begun(&reader, &namespace, &start, &mut nodes, &open)?;
            }
            Event::Text(words) => {
                if let Some((_, text)) = &mut wanted {
                    text.push_str(&words.xml10_content());
                }
            }
            Event::CData(words) => {
                if let Some((_, text)) = &mut wanted {
                    text.push_str(&words.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref().map_err(|error| wrong(&error))? {
                    Some(letter) => letter.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference)
                        .ok_or_else(|| {
                            format!(
                                "it uses “&{};”, which is no letter of XML's own; save it without entities",
                                &*reference
                            )
                        })?
                        .to_owned(),
                };
                if let Some((_, text)) = &mut wanted {
                    text.push_str(&letter);
                }
            }
            Event::End(_) => {
                open.pop();
                if let Some((what, text)) = wanted.take()
                    && let Some(node) = open.iter().rev().find_map(|node| *node).and_then(|node| nodes.get_mut(node))
                {
                    put(node, what, &text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !any {
        return Err("it is no XML".into());
    }
    Ok(list_of(nodes, language))
}

/// The number of the node that an element begins, if it does: a concept, a scheme, or a description of either.
fn begun(
    reader: &NsReader<&[u8]>,
    namespace: &str,
    start: &BytesStart<'_>,
    nodes: &mut Vec<Node>,
    open: &[Option<usize>],
) -> Result<Option<usize>, String> {
    let local = start.local_name();
    let kind = (namespace, local.as_ref());
    let is_node = kind == (SKOS, "Concept") || kind == (SKOS, "ConceptScheme") || kind == (RDF, "Description");
    if !is_node {
        if kind == (RDF, "type")
            && let Some(node) = open.iter().rev().find_map(|node| *node).and_then(|node| nodes.get_mut(node))
        {
            let class = attribute(reader, start, RDF, "resource")?.unwrap_or_default();
            node.concept |= class == CONCEPT;
            node.scheme |= class == format!("{CONCEPT}Scheme");
        }
        return Ok(None);
    }
    nodes.push(Node {
        about: attribute(reader, start, RDF, "about")?.unwrap_or_default(),
        concept: kind == (SKOS, "Concept"),
        scheme: kind == (SKOS, "ConceptScheme"),
        ..Node::default()
    });
    Ok(Some(nodes.len() - 1))
}

fn attribute(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    namespace: &str,
    name: &str,
) -> Result<Option<String>, String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("it is not well-formed XML: {error}"))?;
        let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
        let of = matches!(resolved, ResolveResult::Bound(Namespace(found)) if found == namespace);
        if of && local.as_ref() == name {
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| format!("an address in it cannot be read: {error}"))?;
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}

fn text_for(namespace: &str, start: &BytesStart<'_>) -> Option<Wanted> {
    let local = start.local_name();
    match (namespace, local.as_ref()) {
        (SKOS, "prefLabel") => {
            let language = start.try_get_attribute("xml:lang").ok().flatten();
            let language = language
                .and_then(|language| language.normalized_value(XmlVersion::Implicit1_0).ok())
                .unwrap_or_default();
            Some(Wanted::Preferred(language.to_lowercase()))
        }
        (SKOS, "altLabel" | "hiddenLabel") => Some(Wanted::Other),
        (SKOS, "notation") => Some(Wanted::Notation),
        (_, "title") => Some(Wanted::Title),
        _ => None,
    }
}

fn put(node: &mut Node, what: Wanted, text: &str) {
    let Some(text) = tidy(text) else { return };
    match what {
        Wanted::Preferred(language) => node.preferred.push((language, text)),
        Wanted::Other => node.others.push(text),
        Wanted::Notation => drop(node.notation.get_or_insert(text)),
        Wanted::Title => drop(node.title.get_or_insert(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="http://www.w3.org/2004/02/skos/core#" xmlns:dc="http://purl.org/dc/terms/">
  <s:ConceptScheme rdf:about="https://example.org/m"><dc:title>Materials &amp; more</dc:title></s:ConceptScheme>
  <s:Concept rdf:about="https://example.org/m/7">
    <s:prefLabel xml:lang="en">oil paint</s:prefLabel><s:prefLabel xml:lang="de">Ölfarbe</s:prefLabel>
    <s:altLabel xml:lang="en">oils</s:altLabel><s:notation>M7</s:notation>
    <s:broader rdf:resource="https://example.org/m/1"/>
  </s:Concept>
  <rdf:Description rdf:about="https://example.org/m/8"><rdf:type rdf:resource="http://www.w3.org/2004/02/skos/core#Concept"/><s:prefLabel>chalk</s:prefLabel></rdf:Description>
  <rdf:Description rdf:about="https://example.org/m/7"><s:hiddenLabel>oyl</s:hiddenLabel></rdf:Description>
  <rdf:Description rdf:about="https://example.org/other"><s:prefLabel>no concept</s:prefLabel></rdf:Description>
  <s:Concept rdf:about="https://example.org/m/9"/>
</rdf:RDF>"#;

    #[test]
    fn concepts_come_with_labels_of_a_language_and_other_words() {
        let list = read(LIST, "de-CH").unwrap();
        assert_eq!(list.title.as_deref(), Some("Materials & more"));
        let [oil, chalk] = list.terms.as_slice() else { panic!("{list:?}") };
        assert_eq!(
            (oil.id.as_str(), oil.label.as_str(), oil.uri.as_deref()),
            ("M7", "Ölfarbe", Some("https://example.org/m/7"))
        );
        assert_eq!(oil.others, ["oil paint", "oils", "oyl"]);
        assert_eq!((chalk.id.as_str(), chalk.label.as_str()), ("8", "chalk"));
        assert_eq!(list.problems, ["the concept https://example.org/m/9 has no prefLabel, and is left out"]);
        assert_eq!(read(LIST, "fr").unwrap().terms[0].label, "oil paint");
    }

    #[test]
    fn what_is_no_xml_or_uses_entities_is_refused() {
        assert!(read("plain words", "en").is_err());
        assert!(read("<a><b></a>", "en").unwrap_err().contains("well-formed"));
        let entities = LIST.replace("&amp;", "&own;");
        assert!(read(&entities, "en").unwrap_err().contains("&own;"), "an entity is not followed");
    }
}
