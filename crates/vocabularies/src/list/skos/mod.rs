//! SKOS: concepts with their labels, in RDF/XML, Turtle, N-Triples and JSON-LD.

pub(super) mod triples;
pub(super) mod xml;

use std::collections::HashMap;

use super::{Term, TermList};

const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const CONCEPT: &str = "http://www.w3.org/2004/02/skos/core#Concept";

/// A node of the graph as far as it is read.
#[derive(Default)]
struct Node {
    /// Its address; empty for a node without one.
    about: String,
    concept: bool,
    scheme: bool,
    notation: Option<String>,
    preferred: Vec<(String, String)>,
    others: Vec<String>,
    title: Option<String>,
}

/// The concepts among the nodes as terms.
fn list_of(nodes: Vec<Node>, language: &str) -> TermList {
    // What is said of a concept may stand in several places.
    let mut concepts: Vec<Node> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut list = TermList::default();
    for node in nodes {
        if node.scheme {
            let title = node.title.or_else(|| preferred(&node.preferred, language).map(|(_, label)| label.clone()));
            list.title = list.title.or(title);
            continue;
        }
        match places.get(&node.about).filter(|_| !node.about.is_empty()) {
            Some(place) => {
                let known = &mut concepts[*place];
                known.concept |= node.concept;
                known.notation = known.notation.take().or(node.notation);
                known.preferred.extend(node.preferred);
                known.others.extend(node.others);
            }
            None => {
                places.insert(node.about.clone(), concepts.len());
                concepts.push(node);
            }
        }
    }
    for node in concepts.into_iter().filter(|node| node.concept) {
        let Some((of, label)) = preferred(&node.preferred, language).cloned() else {
            list.problems.push(format!("the concept {} has no prefLabel, and is left out", node.about));
            continue;
        };
        let further = node.preferred.iter().filter(|(other, _)| *other != of).map(|(_, label)| label.clone());
        let mut others: Vec<String> = Vec::new();
        for other in further.chain(node.others) {
            if other != label && !others.contains(&other) {
                others.push(other);
            }
        }
        let uri = (node.about.starts_with("http://") || node.about.starts_with("https://")).then(|| node.about.clone());
        let named = || node.about.rsplit(['/', '#', ':']).find(|part| !part.is_empty()).map(str::to_owned);
        let id = node.notation.clone().or_else(named).unwrap_or_else(|| label.clone());
        list.terms.push(Term { id, label, uri, others });
    }
    list
}

/// The label in a language or in one that is written alike (`de` for `de-CH`), or in English, or the first.
fn preferred<'a>(labels: &'a [(String, String)], language: &str) -> Option<&'a (String, String)> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
    let of = |wanted: &str| labels.iter().find(|(tag, _)| primary(tag) == primary(wanted));
    of(language).or_else(|| of("en")).or(labels.first())
}
