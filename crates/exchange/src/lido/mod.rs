//! LIDO 1.1: one `lido:lido` a work inside a `lido:lidoWrap`.
//!
//! Where a property goes:
//!
//! | property | element |
//! |---|---|
//! | `object-type` | `objectWorkType`; "visual work" where none is recorded, since LIDO wants one |
//! | `title` | `titleSet`; the file's name where none is recorded, with a note that it is no title |
//! | `style`, `genre` | `classification` of that type |
//! | `artist` | `eventActor` of the production, with the qualifier in `attributionQualifierActor` |
//! | `date` | `eventDate` of the production, as it is displayed |
//! | `media` | `eventMaterialsTech` of the production |
//! | `tag`, `subject` | `subjectConcept` |
//! | all others | `objectDescriptionSet` of that type |
//!
//! What is not simply a person's own word is marked wherever it stands, in the words of `suggested by compact 1, accepted by
//! Anna on 2026-11-22` or `suggested by compact 1 (confidence 0.63), not reviewed`: in LIDO's element for the source
//! (`sourceAppellation`, `sourceActorInRole`, `sourceMaterialsTech`, `sourceDescriptiveNote`) where there is one, in `lido:label` of
//! the term where there is none. An artist that nobody has reviewed has that also as an attribution qualifier, so that nobody
//! takes it for an attribution. One `objectDescriptionSet` of type `origin of statements` lists all marks once more, for people.
//!
//! Resources carry the name and the SHA-256 of the scan's file, not its path, which tells about somebody's computer.

use std::io::{self, Write};

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use vitrine_catalogue::{Scan, Statement};

use crate::error::{ExchangeError, Result};
use crate::marks::mark;
use crate::text::{clean, clean_line};
use crate::{Issuer, Record};

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

/// Properties with an element of their own; the others become descriptions.
const PLACED: [&str; 8] = ["object-type", "title", "style", "genre", "artist", "date", "media", "tag"];

type Attributes<'a> = &'a [(&'a str, &'a str)];

/// Writes records as LIDO 1.1. The same records, issuer and time give the same bytes.
pub fn write_lido(records: &[Record], issuer: &Issuer, at: Timestamp, out: impl Write) -> Result<()> {
    if records.is_empty() {
        return Err(ExchangeError::NoRecords);
    }
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    document(&mut xml, records, issuer, at).map_err(|source| ExchangeError::Write { format: "LIDO", source })
}

fn document<W: Write>(xml: &mut Writer<W>, records: &[Record], issuer: &Issuer, at: Timestamp) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let namespaces = [
        ("xmlns:lido", "http://www.lido-schema.org"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", "http://www.lido-schema.org http://www.lido-schema.org/schema/v1.1/lido-v1.1.xsd"),
    ];
    node(xml, "lidoWrap", &namespaces, |xml| {
        records.iter().try_for_each(|record| Lido { record, issuer, at }.write(xml))
    })?;
    xml.write_event(Event::Text(BytesText::new("\n")))
}

/// One record on its way out.
struct Lido<'a> {
    record: &'a Record,
    issuer: &'a Issuer,
    at: Timestamp,
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
                self.about_the_record(xml, &id)?;
                self.resources(xml)
            })
        })
    }

    fn said_of(&self, property: &'static str) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.record.statements.iter().filter(move |statement| statement.property == property)
    }

    fn classification<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        node(xml, "objectClassificationWrap", &[], |xml| {
            node(xml, "objectWorkTypeWrap", &[], |xml| {
                for statement in self.said_of("object-type") {
                    node(xml, "objectWorkType", &[], |xml| marked_term(xml, statement))?;
                }
                if self.said_of("object-type").next().is_none() {
                    let label = [("lido:label", "no object type has been recorded")];
                    node(xml, "objectWorkType", &[], |xml| leaf(xml, "term", &label, "visual work"))?;
                }
                Ok(())
            })?;
            if self.said_of("style").chain(self.said_of("genre")).next().is_none() {
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

    fn identification<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        node(xml, "objectIdentificationWrap", &[], |xml| {
            node(xml, "titleWrap", &[], |xml| {
                if !self.said_of("title").any(|statement| statement.state.is_affirmed()) {
                    node(xml, "titleSet", &[("lido:type", "file name")], |xml| {
                        let preferred = [("lido:pref", term::PREFERRED)];
                        leaf(xml, "appellationValue", &preferred, &self.record.card.file_name)?;
                        leaf(xml, "sourceAppellation", &[], "the name of the scan's file; no title has been recorded")
                    })?;
                }
                for statement in self.said_of("title") {
                    let preference = if statement.state.is_affirmed() { term::PREFERRED } else { term::ALTERNATE };
                    node(xml, "titleSet", &[], |xml| {
                        leaf(xml, "appellationValue", &[("lido:pref", preference)], &wording(statement))?;
                        source(xml, "sourceAppellation", statement)
                    })?;
                }
                Ok(())
            })?;
            self.descriptions(xml)
        })
    }

    fn descriptions<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let statements = &self.record.statements;
        let others = || statements.iter().filter(|s| s.property != "subject" && !PLACED.contains(&s.property.as_str()));
        let marks: Vec<String> = statements
            .iter()
            .filter_map(|statement| {
                Some(format!("{}: {} — {}", statement.property, wording(statement), mark(statement)?))
            })
            .collect();
        if others().next().is_none() && marks.is_empty() {
            return Ok(());
        }
        node(xml, "objectDescriptionWrap", &[], |xml| {
            for statement in others() {
                node(xml, "objectDescriptionSet", &[("lido:type", &statement.property)], |xml| {
                    leaf(xml, "descriptiveNoteValue", &[], &wording(statement))?;
                    source(xml, "sourceDescriptiveNote", statement)
                })?;
            }
            if marks.is_empty() {
                return Ok(());
            }
            node(xml, "objectDescriptionSet", &[("lido:type", "origin of statements")], |xml| {
                marks.iter().try_for_each(|mark| leaf(xml, "descriptiveNoteValue", &[], mark))
            })
        })
    }

    fn production<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let has = |property| self.said_of(property).next().is_some();
        if !has("artist") && !has("date") && !has("media") {
            return Ok(());
        }
        nodes(xml, &["eventWrap", "eventSet", "event"], |xml| {
            node(xml, "eventType", &[], |xml| concept(xml, term::PRODUCTION, "Production"))?;
            for statement in self.said_of("artist") {
                actor(xml, statement)?;
            }
            if has("date") {
                node(xml, "eventDate", &[], |xml| {
                    self.said_of("date").try_for_each(|statement| {
                        marked(xml, "displayDate", &with_caution(statement), mark(statement).as_deref())
                    })
                })?;
            }
            self.said_of("media").try_for_each(|statement| {
                node(xml, "eventMaterialsTech", &[], |xml| {
                    leaf(xml, "displayMaterialsTech", &[], &with_caution(statement))?;
                    node(xml, "materialsTech", &[], |xml| {
                        node(xml, "termMaterialsTech", &[], |xml| leaf(xml, "term", &[], &wording(statement)))?;
                        source(xml, "sourceMaterialsTech", statement)
                    })
                })
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
                    nodes(xml, &["subject", "subjectConcept"], |xml| marked_term(xml, statement))
                })
            })
        })
    }

    fn about_the_record<W: Write>(&self, xml: &mut Writer<W>, id: &str) -> io::Result<()> {
        node(xml, "recordWrap", &[], |xml| {
            leaf(xml, "recordID", &[("lido:type", term::LOCAL_IDENTIFIER)], id)?;
            node(xml, "recordType", &[], |xml| concept(xml, term::ITEM_LEVEL_RECORD, "Item-level record"))?;
            nodes(xml, &["recordSource", "legalBodyName"], |xml| {
                leaf(xml, "appellationValue", &[], &self.issuer.name)
            })?;
            node(xml, "recordInfoSet", &[], |xml| {
                let date = self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                leaf(xml, "recordMetadataDate", &[("lido:type", "exported from Vitrine")], &date)
            })
        })
    }

    fn resources<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if self.record.scans.is_empty() {
            return Ok(());
        }
        node(xml, "resourceWrap", &[], |xml| self.record.scans.iter().try_for_each(|scan| resource(xml, scan)))
    }
}

/// One maker of the production, with the qualifier that the name must not be read without.
fn actor<W: Write>(xml: &mut Writer<W>, statement: &Statement) -> io::Result<()> {
    nodes(xml, &["eventActor"], |xml| {
        leaf(xml, "displayActorInRole", &[], &with_caution(statement))?;
        node(xml, "actorInRole", &[], |xml| {
            nodes(xml, &["actor", "nameActorSet"], |xml| {
                leaf(xml, "appellationValue", &[], statement.value.as_deref().unwrap_or_default())
            })?;
            if let Some(qualifier) = &statement.qualifier {
                node(xml, "attributionQualifierActor", &[], |xml| leaf(xml, "term", &[], qualifier))?;
            }
            if !statement.state.is_affirmed() {
                node(xml, "attributionQualifierActor", &[], |xml| leaf(xml, "term", &[], NOT_REVIEWED))?;
            }
            source(xml, "sourceActorInRole", statement)
        })
    })
}

fn resource<W: Write>(xml: &mut Writer<W>, scan: &Scan) -> io::Result<()> {
    let media_type = format!("image/{}", scan.format.to_ascii_lowercase());
    node(xml, "resourceSet", &[], |xml| {
        leaf(xml, "resourceID", &[("lido:type", "SHA-256 of the file")], &scan.sha256)?;
        node(xml, "resourceRepresentation", &[("lido:type", "original file")], |xml| {
            leaf(xml, "linkResource", &[("lido:formatResource", &media_type)], &scan.file_name())?;
            [("width", scan.width), ("height", scan.height)].iter().try_for_each(|(side, pixels)| {
                node(xml, "resourceMeasurementsSet", &[], |xml| {
                    leaf(xml, "measurementType", &[], side)?;
                    leaf(xml, "measurementUnit", &[], "pixel")?;
                    leaf(xml, "measurementValue", &[], &pixels.to_string())
                })
            })
        })?;
        node(xml, "resourceType", &[], |xml| leaf(xml, "term", &[], "digital image"))?;
        let note = format!("imported on {}; {} bytes", scan.imported_at.strftime("%Y-%m-%d"), scan.bytes);
        leaf(xml, "resourceDescription", &[], &note)
    })
}

const NOT_REVIEWED: &str = "suggestion, not reviewed";

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

/// An element `name` around `inner`.
fn node<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    attributes: Attributes<'_>,
    inner: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    let name = format!("lido:{name}");
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_inner_content(inner)?;
    Ok(())
}

/// Elements in each other around `inner`.
fn nodes<W: Write>(
    xml: &mut Writer<W>,
    names: &[&str],
    inner: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    for name in names {
        xml.write_event(Event::Start(quick_xml::events::BytesStart::new(format!("lido:{name}"))))?;
    }
    inner(xml)?;
    for name in names.iter().rev() {
        xml.write_event(Event::End(quick_xml::events::BytesEnd::new(format!("lido:{name}"))))?;
    }
    Ok(())
}

/// An element with text.
fn leaf<W: Write>(xml: &mut Writer<W>, name: &str, attributes: Attributes<'_>, text: &str) -> io::Result<()> {
    let name = format!("lido:{name}");
    let text = clean(text);
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_text_content(BytesText::new(&text))?;
    Ok(())
}

/// An element with text, and a mark as its label.
fn marked<W: Write>(xml: &mut Writer<W>, name: &str, text: &str, mark: Option<&str>) -> io::Result<()> {
    match mark {
        Some(mark) => leaf(xml, name, &[("lido:label", &clean_line(mark))], text),
        None => leaf(xml, name, &[], text),
    }
}

fn marked_term<W: Write>(xml: &mut Writer<W>, statement: &Statement) -> io::Result<()> {
    marked(xml, "term", &wording(statement), mark(statement).as_deref())
}

/// LIDO's element for the source of something, if there is more to say than that a person stated it.
fn source<W: Write>(xml: &mut Writer<W>, name: &str, statement: &Statement) -> io::Result<()> {
    mark(statement).map_or(Ok(()), |mark| leaf(xml, name, &[], &mark))
}

fn concept<W: Write>(xml: &mut Writer<W>, id: &str, name: &str) -> io::Result<()> {
    leaf(xml, "conceptID", &[("lido:type", term::URI)], id)?;
    leaf(xml, "term", &[("xml:lang", "en")], name)
}
