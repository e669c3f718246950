//! What was decided yesterday helps today: the library's accepted records as a collection of knowledge, and of how many works the knowledge base has something to say.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};
use vitrine_catalogue::{State, Statement, WorkId};

use crate::{
    KnowledgeAdded, KnowledgeRequest, Workbench, WorkbenchError,
    view::{CoverageView, WorkFilter},
};

/// The collection's name.
const NAME: &str = "This library’s records";

/// The file in the library's folder that the collection is read from.
const FILE: &str = "accepted-records.jsonl";

/// Properties by the columns that a reader of records knows.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("title", &["title"]),
    ("artist", &["artist"]),
    ("date", &["date"]),
    ("type", &["object_type"]),
    ("medium", &["media"]),
    ("school", &["style", "genre"]),
    ("tags", &["tag"]),
    ("description", &["description", "inscription", "provenance", "note"]),
];

impl Workbench {
    /// Reads the accepted records into a collection and makes it findable. Read again, only what has changed since is made findable anew.
    pub fn add_own_records(&self) -> Result<KnowledgeAdded, WorkbenchError> {
        let (file, request) = self.own_records()?;
        self.add_knowledge(&file, &request)
    }

    /// [`Workbench::add_own_records`] as a job, whose id is returned.
    pub fn start_adding_own_records(&self) -> Result<u64, WorkbenchError> {
        let (file, request) = self.own_records()?;
        self.start_adding_knowledge(file, request)
    }

    /// Of how many works the knowledge base has a page that is called as the work or its artist, by what was accepted and, where nothing was, suggested.
    pub fn coverage(&self) -> Result<CoverageView, WorkbenchError> {
        let knowledge = self.reference()?.knowledge.clone();
        let mut coverage = CoverageView { works: 0, covered: 0 };
        for card in self.works(&WorkFilter::default())?.works {
            coverage.works += 1;
            let statements = self.0.catalogue.statements(WorkId(card.id))?;
            let mut names = accepted(&statements, &["title", "artist"]);
            if names.is_empty() {
                let open = statements
                    .iter()
                    .filter(|s| s.state == State::Suggested && matches!(s.property.as_str(), "title" | "artist"));
                names = open.filter_map(|statement| statement.value.clone()).collect();
            }
            for name in names {
                if knowledge.article_by_title_or_alias(&name).is_some() || knowledge.has_page_on(&name) {
                    coverage.covered += 1;
                    break;
                }
            }
        }
        Ok(coverage)
    }

    /// Writes the accepted records where the collection is read from.
    fn own_records(&self) -> Result<(PathBuf, KnowledgeRequest), WorkbenchError> {
        let mut lines = String::new();
        for card in self.works(&WorkFilter::default())?.works {
            let statements = self.0.catalogue.statements(WorkId(card.id))?;
            if let Some(record) = record(card.id, &statements) {
                let _ = writeln!(lines, "{record}");
            }
        }
        if lines.is_empty() {
            return Err(WorkbenchError::NothingAccepted);
        }
        let file = self.0.catalogue.folder().join(FILE);
        fs::write(&file, lines).map_err(|cause| WorkbenchError::Report { file: file.clone(), cause })?;
        Ok((file, KnowledgeRequest { collection: Some(NAME.to_owned()), ..KnowledgeRequest::default() }))
    }
}

/// The values that somebody stands by, in the order of `properties`.
fn accepted(statements: &[Statement], properties: &[&str]) -> Vec<String> {
    let of = |property: &&str| {
        let stood_by = statements.iter().filter(|s| s.state.is_affirmed() && s.property == *property);
        stood_by.filter_map(|statement| statement.value.clone()).collect::<Vec<String>>()
    };
    properties.iter().flat_map(of).collect()
}

/// A work's accepted statements as a record; `None` where nobody stands by a title, since a page needs a name.
fn record(work: i64, statements: &[Statement]) -> Option<Value> {
    let mut record = Map::new();
    record.insert("id".into(), work.to_string().into());
    for (column, properties) in COLUMNS {
        let values = accepted(statements, properties);
        if !values.is_empty() {
            record.insert(column.into(), values.join(if column == "description" { " " } else { "; " }).into());
        }
    }
    record.contains_key("title").then_some(Value::Object(record))
}
