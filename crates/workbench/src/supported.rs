//! Media and tags have no classifier. They are proposed where something supports them, and the statement names it: accepted works that look
//! alike, or passages about what the classifier suggested. Where nothing does, that is said.

use std::collections::BTreeMap;

use vitrine_catalogue::{Evidence, NewStatement, Source, Statement, WorkId};
use vitrine_knowledge::{Fragment, Kind, KnowledgeBase, sentences};

use crate::{Workbench, WorkbenchError, workbench::now};

/// Neighbours that are asked.
const NEIGHBOURS: usize = 8;
/// The mean cosine from which a work counts as a neighbour. Among the demonstration scans, woodcuts by the same hand stand at 0.62 to 0.67 to each
/// other, pictures that have nothing in common at 0.50 to 0.54.
const ALIKE: f32 = 0.6;
/// Neighbours that must agree.
const AGREEING: usize = 2;
/// The confidence from which a suggested attribute may bring in a medium from its passages.
const SURE_ENOUGH: f32 = 0.5;
/// Values proposed for one property.
const MOST_VALUES: usize = 3;

impl Workbench {
    /// Puts forward media and tags, as far as neighbours or passages support them.
    pub(crate) fn suggest_supported(&self, work: WorkId) -> Result<(), WorkbenchError> {
        let pack = Source::Pack(self.pack()?);
        let statements = self.0.catalogue.statements(work)?;
        for property in ["media", "tag"] {
            let mut proposed = self.agreed_by_neighbours(work, property)?;
            if proposed.is_empty() && property == "media" {
                let reference = self.reference()?;
                if let Some((source, statement)) = medium_from_passages(&reference.knowledge, &statements) {
                    self.0.catalogue.suggest(work, &source, &[statement], now())?;
                    continue;
                }
            }
            if proposed.is_empty() {
                let reason = "No passage and no accepted work that looks alike supports one.".to_owned();
                proposed.push(NewStatement {
                    property: property.into(),
                    reason: Some(reason),
                    ..NewStatement::default()
                });
            }
            self.0.catalogue.suggest(work, &pack, &proposed, now())?;
        }
        Ok(())
    }

    /// Values that at least [`AGREEING`] of the nearest works carry with a person's word.
    fn agreed_by_neighbours(&self, work: WorkId, property: &str) -> Result<Vec<NewStatement>, WorkbenchError> {
        let mut carriers: BTreeMap<String, Vec<WorkId>> = BTreeMap::new();
        for (neighbour, _) in self.nearest(work, NEIGHBOURS)?.into_iter().filter(|(_, score)| *score >= ALIKE) {
            for statement in self.0.catalogue.statements(neighbour)? {
                if statement.property == property
                    && statement.state.is_affirmed()
                    && let Some(value) = statement.value
                {
                    carriers.entry(value).or_default().push(neighbour);
                }
            }
        }
        let mut agreed: Vec<_> = carriers.into_iter().filter(|(_, works)| works.len() >= AGREEING).collect();
        agreed.sort_by_key(|(_, works)| std::cmp::Reverse(works.len()));
        Ok(agreed
            .into_iter()
            .take(MOST_VALUES)
            .map(|(value, works)| NewStatement {
                property: property.to_owned(),
                value: Some(value),
                reason: Some(format!("Accepted for {} works of this library that look alike.", works.len())),
                evidence: works.into_iter().map(|id| Evidence::Work { id }).collect(),
                ..NewStatement::default()
            })
            .collect())
    }
}

/// The medium that the article on this work's style (else its artist) names in its definition, with the passage that does. A medium that
/// an article mentions further on is one of many things it speaks of.
///
/// There is no confidence: nothing was read off the image, and the passage speaks of the style, not of this work.
fn medium_from_passages(knowledge: &KnowledgeBase, statements: &[Statement]) -> Option<(Source, NewStatement)> {
    let known = |property: &str| {
        statements.iter().find(|s| {
            let stands = s.state.is_affirmed() || s.confidence.is_some_and(|c| c >= SURE_ENOUGH);
            s.property == property && s.value.is_some() && stands
        })
    };
    ["style", "artist"].into_iter().filter_map(known).find_map(|statement| {
        let subject = statement.value.as_deref()?;
        let article = knowledge.article_by_title_or_alias(subject)?;
        // Paragraphs are numbered from 1, and the first one's first sentence is the definition.
        let fragment = knowledge.fragment(&format!("{}#1", article.id)).ok().flatten()?;
        let (medium, sentence) = defining_medium(knowledge, &fragment)?;
        let reason = format!("The passage on {} names it; nothing of it was read off the scan.", article.title);
        let evidence = Evidence::Passage { id: fragment.id.clone(), title: fragment.title.clone(), snippet: sentence };
        let source = Source::Passage { fragment: fragment.id.clone(), title: fragment.title.clone() };
        let statement = NewStatement {
            property: "media".into(),
            value: Some(medium),
            evidence: vec![evidence],
            reason: Some(reason),
            ..NewStatement::default()
        };
        Some((source, statement))
    })
}

/// The first medium named in a fragment's first sentence, with the sentence.
fn defining_medium(knowledge: &KnowledgeBase, fragment: &Fragment) -> Option<(String, String)> {
    let definition = &fragment.text[sentences(&fragment.text).into_iter().next()?];
    let is_medium = |id: &str| knowledge.articles().iter().any(|a| a.id == id && a.kind == Kind::Medium);
    let medium = knowledge.entities(definition).into_iter().find(|entity| is_medium(&entity.article))?;
    Some((medium.title, definition.to_owned()))
}
