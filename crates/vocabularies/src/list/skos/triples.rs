//! SKOS as triples: Turtle, N-Triples (which is Turtle too), and JSON-LD whose context it carries itself.

use std::collections::HashMap;

use oxjsonld::JsonLdParser;
use oxrdf::{NamedOrBlankNode, Term as Object, TripleRef};
use oxttl::TurtleParser;

use super::super::{TermList, tidy};
use super::{CONCEPT, Node, RDF, SKOS, list_of};

/// What addresses without a beginning are taken to begin with. They become no addresses on the web.
const BASE: &str = "file:///list";

/// Reads Turtle or N-Triples.
pub(in crate::list) fn read_turtle(text: &str, language: &str) -> Result<TermList, String> {
    let parser = TurtleParser::new().with_base_iri(BASE).map_err(|error| error.to_string())?;
    let mut nodes = Nodes::default();
    for triple in parser.for_slice(text) {
        let triple = triple.map_err(|error| format!("it is not well-formed Turtle: {error}"))?;
        nodes.take(triple.as_ref());
    }
    Ok(list_of(nodes.nodes, language))
}

/// Reads JSON-LD. A context that lies elsewhere is not fetched.
pub(in crate::list) fn read_json_ld(text: &str, language: &str) -> Result<TermList, String> {
    let parser = JsonLdParser::new().with_base_iri(BASE).map_err(|error| error.to_string())?;
    let mut nodes = Nodes::default();
    for quad in parser.for_slice(text) {
        let quad = quad.map_err(|error| {
            format!(
                "it is no JSON-LD that can be read by itself ({error}); save it with its context in it, or as Turtle"
            )
        })?;
        nodes.take(TripleRef::new(&quad.subject, &quad.predicate, &quad.object));
    }
    Ok(list_of(nodes.nodes, language))
}

/// The nodes that the triples speak of, in the order in which they come up.
#[derive(Default)]
struct Nodes {
    nodes: Vec<Node>,
    places: HashMap<NamedOrBlankNode, usize>,
}

impl Nodes {
    fn take(&mut self, triple: TripleRef<'_>) {
        let subject = triple.subject.into_owned();
        let place = *self.places.entry(subject).or_insert_with_key(|subject| {
            let about = match subject {
                NamedOrBlankNode::NamedNode(name) => name.as_str().to_owned(),
                NamedOrBlankNode::BlankNode(_) => String::new(),
            };
            self.nodes.push(Node { about, ..Node::default() });
            self.nodes.len() - 1
        });
        if let Some(node) = self.nodes.get_mut(place) {
            put(node, triple.predicate.as_str(), &triple.object.into_owned());
        }
    }
}

fn put(node: &mut Node, predicate: &str, object: &Object) {
    match object {
        Object::NamedNode(class) if predicate.strip_prefix(RDF) == Some("type") => {
            node.concept |= class.as_str() == CONCEPT;
            node.scheme |= class.as_str().strip_prefix(CONCEPT) == Some("Scheme");
        }
        Object::Literal(literal) => {
            let Some(text) = tidy(literal.value()) else { return };
            match predicate.strip_prefix(SKOS) {
                Some("prefLabel") => {
                    node.preferred.push((literal.language().unwrap_or_default().to_lowercase(), text));
                }
                Some("altLabel" | "hiddenLabel") => node.others.push(text),
                Some("notation") => drop(node.notation.get_or_insert(text)),
                None if predicate.ends_with("/title") => drop(node.title.get_or_insert(text)),
                _ => {}
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURTLE: &str = r#"
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix m: <https://example.org/m/> .
<https://example.org/m> a skos:ConceptScheme ; dct:title "Materials" .
m:7 a skos:Concept ; skos:prefLabel "oil paint"@en, "Ölfarbe"@de ; skos:altLabel "oils"@en ; skos:notation "M7" ;
    skos:broader m:1 .
<#chalk> a skos:Concept ; skos:prefLabel "chalk" .
m:7 skos:hiddenLabel "oyl" .
m:other skos:prefLabel "no concept" .
m:9 a skos:Concept .
[] a skos:Concept ; skos:prefLabel "without an address" .
"#;

    #[test]
    fn turtle_says_what_rdf_xml_does() {
        let list = read_turtle(TURTLE, "de-CH").unwrap();
        assert_eq!(list.title.as_deref(), Some("Materials"));
        let [oil, chalk, nameless] = list.terms.as_slice() else { panic!("{list:?}") };
        assert_eq!(
            (oil.id.as_str(), oil.label.as_str(), oil.uri.as_deref()),
            ("M7", "Ölfarbe", Some("https://example.org/m/7"))
        );
        assert_eq!(oil.others, ["oil paint", "oils", "oyl"]);
        assert_eq!((chalk.id.as_str(), chalk.label.as_str(), chalk.uri.as_deref()), ("chalk", "chalk", None));
        assert_eq!((nameless.id.as_str(), nameless.uri.as_deref()), ("without an address", None));
        assert_eq!(list.problems, ["the concept https://example.org/m/9 has no prefLabel, and is left out"]);
    }

    #[test]
    fn n_triples_are_turtle() {
        let lines = "<https://e.org/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2004/02/skos/core#Concept> .\n\
                     <https://e.org/1> <http://www.w3.org/2004/02/skos/core#prefLabel> \"gr\\u00FCn\"@de .\n";
        let list = read_turtle(lines, "en").unwrap();
        assert_eq!((list.terms[0].id.as_str(), list.terms[0].label.as_str()), ("1", "grün"));
        assert!(read_turtle("plain words", "en").unwrap_err().contains("not well-formed Turtle"));
    }

    #[test]
    fn json_ld_is_read_with_the_context_that_it_carries() {
        let document = r#"{
            "@context": {"skos": "http://www.w3.org/2004/02/skos/core#", "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"}},
            "@graph": [{"@id": "https://e.org/3", "@type": "skos:Concept", "prefLabel": {"en": "gold", "it": "oro"}, "skos:notation": "G3"}]
        }"#;
        let list = read_json_ld(document, "it").unwrap();
        assert_eq!((list.terms[0].id.as_str(), list.terms[0].label.as_str()), ("G3", "oro"));
        let elsewhere = r#"{"@context": "https://e.org/context.json", "@id": "https://e.org/3"}"#;
        assert!(read_json_ld(elsewhere, "it").unwrap_err().contains("context"));
        assert!(read_json_ld("{", "it").is_err());
    }
}
