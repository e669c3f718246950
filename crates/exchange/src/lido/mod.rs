//! LIDO 1.1 and 1.0: one `lido:lido` a work inside a `lido:lidoWrap`.
//!
//! Where a property goes:
//!
//! | property | element |
//! |---|---|
//! | `object-type` | `objectWorkType`; "visual work" where none is recorded, since LIDO wants one |
//! | `title` | `titleSet`; the file's name where none is recorded, with a note that it is no title |
//! | `style`, `genre` | `classification` of that type |
//! | `inscription` | `inscriptions` |
//! | `identifier`, `repository`, `location` | `repositorySet` |
//! | `dimensions` | `objectMeasurementsSet`: as displayed, and in single measures where they can be understood |
//! | `artist` | `eventActor` of the production, with the qualifier in `attributionQualifierActor`, the role in `roleActor` |
//! | `date` | `eventDate` of the production: as displayed, and earliest and latest day where it can be understood |
//! | `media` | `eventMaterialsTech` of the production |
//! | `tag`, `subject` | `subjectConcept`; a concept of a list has its ids in front of the term, as all terms and makers do |
//! | `rights`, `credit-line` | `rightsWorkSet`; an address from RightsStatements.org or Creative Commons as the type's id |
//! | all others | `objectDescriptionSet` of that type |
//!
//! What is not simply a person's own word is marked wherever it stands, in the words of `suggested by compact 1, accepted by
//! Anna on 2026-11-22` or `suggested by compact 1 (confidence 0.63), not reviewed`: in LIDO's element for the source
//! (`sourceAppellation`, `sourceActorInRole`, `sourceMaterialsTech`, `sourceDescriptiveNote`) where there is one, in `lido:label` of
//! the term or of the displayed text where there is none. An artist that nobody has reviewed has that also as an attribution qualifier,
//! so that nobody takes it for an attribution. One `objectDescriptionSet` of type `origin of statements` lists all marks once more, for
//! people.
//!
//! Resources carry the name and the SHA-256 of the scan's file, not its path, which tells about somebody's computer.
//!
//! LIDO 1.0 has no `sourceActorInRole`: there the mark is the label of `displayActorInRole`.

mod identification;
mod production;
mod record_part;
mod xml;

use std::io::{self, Write};

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use vitrine_catalogue::Statement;

use crate::error::{ExchangeError, Result};
use crate::text::clean_line;
use crate::{Issuer, Record, RecordSource, batch_id};
use xml::{concept, leaf, marked_term, node, nodes};

/// Terms of the LIDO Terminology that the records use.
mod term {
    pub const LOCAL_IDENTIFIER: &str = "http://terminology.lido-schema.org/lido00100";
    pub const URI: &str = "http://terminology.lido-schema.org/lido00099";
    pub const PREFERRED: &str = "http://terminology.lido-schema.org/lido00169";
    pub const ALTERNATE: &str = "http://terminology.lido-schema.org/lido00170";
    pub const HUMAN_MADE_OBJECT: &str = "http://terminology.lido-schema.org/lido00096";
    pub const PRODUCTION: &str = "http://terminology.lido-schema.org/lido00007";
    pub const ITEM_LEVEL_RECORD: &str = "http://terminology.lido-schema.org/lido00141";
}

/// The type of an id within a list.
pub(crate) const LOCAL_IDENTIFIER: &str = term::LOCAL_IDENTIFIER;
/// Says in a record that no object type is known.
pub(crate) const NO_OBJECT_TYPE: &str = "no object type has been recorded";
/// The type of a title that is none.
pub(crate) const FILE_NAME: &str = "file name";
/// The type of the description that lists the marks.
pub(crate) const ORIGINS: &str = "origin of statements";
/// What stands behind a value that nobody has decided on.
pub(crate) const NOT_REVIEWED: &str = "suggestion, not reviewed";
/// The type of a resource's id.
pub(crate) const SHA256: &str = "SHA-256 of the file";

/// Properties with an element of their own; the others become descriptions.
const PLACED: [&str; 16] = [
    "object-type",
    "title",
    "style",
    "genre",
    "inscription",
    "identifier",
    "repository",
    "location",
    "dimensions",
    "artist",
    "date",
    "media",
    "tag",
    "subject",
    "rights",
    "credit-line",
];

/// A version of LIDO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LidoVersion {
    /// LIDO 1.0 of 2010, which older portals take.
    V1_0,
    /// LIDO 1.1 of 2021.
    V1_1,
}

/// Writes records as LIDO. The same records, issuer and time give the same bytes.
pub fn write_lido(
    records: &(impl RecordSource + ?Sized),
    version: LidoVersion,
    issuer: &Issuer,
    at: Timestamp,
    out: impl Write,
) -> Result<()> {
    if records.count() == 0 {
        return Err(ExchangeError::NoRecords);
    }
    let failed = |source| ExchangeError::Write { format: "LIDO", source };
    let location = match version {
        LidoVersion::V1_0 => "http://www.lido-schema.org http://www.lido-schema.org/schema/v1.0/lido-v1.0.xsd",
        LidoVersion::V1_1 => "http://www.lido-schema.org http://www.lido-schema.org/schema/v1.1/lido-v1.1.xsd",
    };
    let namespaces = [
        ("xmlns:lido", "http://www.lido-schema.org"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", location),
    ];
    let batch = batch_id(records, issuer, at)?;
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    let mut begin = || {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.write_event(Event::Start(BytesStart::new(WRAP).with_attributes(namespaces)))
    };
    begin().map_err(failed)?;
    records.each(&mut |record| Lido { record, version, issuer, at, batch: &batch }.write(&mut xml).map_err(failed))?;
    let mut end = || {
        xml.write_event(Event::End(BytesEnd::new(WRAP)))?;
        xml.write_event(Event::Text(BytesText::new("\n")))
    };
    end().map_err(failed)
}

/// The element around all records.
const WRAP: &str = "lido:lidoWrap";

/// One record on its way out.
struct Lido<'a> {
    record: &'a Record,
    version: LidoVersion,
    issuer: &'a Issuer,
    at: Timestamp,
    batch: &'a str,
}

impl<'a> Lido<'a> {
    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let id = format!("{}:{}", self.issuer.id_prefix, self.record.card.id);
        node(xml, "lido", &[], |xml| {
            let name = clean_line(&self.issuer.name);
            leaf(xml, "lidoRecID", &[("lido:type", term::LOCAL_IDENTIFIER), ("lido:source", &name)], &id)?;
            node(xml, "category", &[], |xml| concept(xml, term::HUMAN_MADE_OBJECT, "Human-made object"))?;
            node(xml, "descriptiveMetadata", &[("xml:lang", &self.issuer.language)], |xml| {
                self.classification(xml)?;
                self.identification(xml)?;
                self.production(xml)?;
                self.subjects(xml)
            })?;
            node(xml, "administrativeMetadata", &[("xml:lang", &self.issuer.language)], |xml| {
                self.rights(xml)?;
                self.about_the_record(xml, &id)?;
                self.resources(xml)
            })
        })
    }

    fn said_of(&self, property: &'static str) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.record.statements.iter().filter(move |statement| statement.property == property)
    }

    fn has(&self, property: &'static str) -> bool {
        self.said_of(property).next().is_some()
    }

    fn classification<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        node(xml, "objectClassificationWrap", &[], |xml| {
            node(xml, "objectWorkTypeWrap", &[], |xml| {
                for statement in self.said_of("object-type") {
                    node(xml, "objectWorkType", &[], |xml| marked_term(xml, statement))?;
                }
                if !self.has("object-type") {
                    let label = [("lido:label", NO_OBJECT_TYPE)];
                    node(xml, "objectWorkType", &[], |xml| leaf(xml, "term", &label, "visual work"))?;
                }
                Ok(())
            })?;
            if !self.has("style") && !self.has("genre") {
                return Ok(());
            }
            node(xml, "classificationWrap", &[], |xml| {
                for statement in self.said_of("style").chain(self.said_of("genre")) {
                    let kind = [("lido:type", statement.property.as_str())];
                    node(xml, "classification", &kind, |xml| marked_term(xml, statement))?;
                }
                Ok(())
            })
        })
    }

    fn subjects<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let subjects = || self.said_of("subject").chain(self.said_of("tag"));
        if subjects().next().is_none() {
            return Ok(());
        }
        nodes(xml, &["objectRelationWrap", "subjectWrap"], |xml| {
            subjects().try_for_each(|statement| {
                node(xml, "subjectSet", &[], |xml| {
                    leaf(xml, "displaySubject", &[], &with_caution(statement))?;
                    node(xml, "subject", &[("lido:type", &statement.property)], |xml| {
                        nodes(xml, &["subjectConcept"], |xml| marked_term(xml, statement))
                    })
                })
            })
        })
    }
}

fn wording(statement: &Statement) -> String {
    statement.wording().unwrap_or_default()
}

/// The value for display; nobody is to read a suggestion as a fact.
fn with_caution(statement: &Statement) -> String {
    match statement.state.is_affirmed() {
        true => wording(statement),
        false => format!("{} ({NOT_REVIEWED})", wording(statement)),
    }
}
