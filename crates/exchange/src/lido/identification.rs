//! What the object is known by: titles, inscriptions, repository, descriptions, measurements.

use std::io::{self, Write};

use quick_xml::Writer;
use vitrine_catalogue::{MeasureGroup, Statement, read_measures};

use super::xml::{leaf, marked, node, nodes, source};
use super::{FILE_NAME, Lido, ORIGINS, PLACED, term, with_caution, wording};
use crate::marks::mark;

impl Lido<'_> {
    pub(super) fn identification<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        node(xml, "objectIdentificationWrap", &[], |xml| {
            self.titles(xml)?;
            self.inscriptions(xml)?;
            self.repository(xml)?;
            self.descriptions(xml)?;
            self.measurements(xml)
        })
    }

    fn titles<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        node(xml, "titleWrap", &[], |xml| {
            if !self.said_of("title").any(|statement| statement.state.is_affirmed()) {
                node(xml, "titleSet", &[("lido:type", FILE_NAME)], |xml| {
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
        })
    }

    fn inscriptions<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if !self.has("inscription") {
            return Ok(());
        }
        node(xml, "inscriptionsWrap", &[], |xml| {
            self.said_of("inscription").try_for_each(|statement| {
                node(xml, "inscriptions", &[], |xml| {
                    marked(xml, "inscriptionTranscription", &with_caution(statement), mark(statement).as_deref())
                })
            })
        })
    }

    /// A set each for numbers, houses and places: which of them belong together nobody has said.
    fn repository<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if !["identifier", "repository", "location"].into_iter().any(|property| self.has(property)) {
            return Ok(());
        }
        node(xml, "repositoryWrap", &[], |xml| {
            for statement in self.said_of("repository") {
                nodes(xml, &["repositorySet", "repositoryName", "legalBodyName"], |xml| {
                    leaf(xml, "appellationValue", &[], &with_caution(statement))?;
                    source(xml, "sourceAppellation", statement)
                })?;
            }
            for statement in self.said_of("identifier") {
                node(xml, "repositorySet", &[], |xml| {
                    marked(xml, "workID", &with_caution(statement), mark(statement).as_deref())
                })?;
            }
            for statement in self.said_of("location") {
                nodes(xml, &["repositorySet", "repositoryLocation", "namePlaceSet"], |xml| {
                    leaf(xml, "appellationValue", &[], &with_caution(statement))?;
                    source(xml, "sourceAppellation", statement)
                })?;
            }
            Ok(())
        })
    }

    fn descriptions<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let statements = &self.record.statements;
        let others = || statements.iter().filter(|s| !PLACED.contains(&s.property.as_str()));
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
            node(xml, "objectDescriptionSet", &[("lido:type", ORIGINS)], |xml| {
                marks.iter().try_for_each(|mark| leaf(xml, "descriptiveNoteValue", &[], mark))
            })
        })
    }

    fn measurements<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if !self.has("dimensions") {
            return Ok(());
        }
        node(xml, "objectMeasurementsWrap", &[], |xml| {
            self.said_of("dimensions").try_for_each(|statement| measurements(xml, statement))
        })
    }
}

/// As displayed in the first set; the parts that a text speaks of, like the frame, have sets of their own behind it.
fn measurements<W: Write>(xml: &mut Writer<W>, statement: &Statement) -> io::Result<()> {
    let groups = statement.value.as_deref().and_then(read_measures).map(|measures| measures.0).unwrap_or_default();
    let mut groups = groups.into_iter();
    node(xml, "objectMeasurementsSet", &[], |xml| {
        marked(xml, "displayObjectMeasurements", &with_caution(statement), mark(statement).as_deref())?;
        groups.next().map_or(Ok(()), |group| single_measures(xml, &group))
    })?;
    groups.try_for_each(|group| node(xml, "objectMeasurementsSet", &[], |xml| single_measures(xml, &group)))
}

fn single_measures<W: Write>(xml: &mut Writer<W>, group: &MeasureGroup) -> io::Result<()> {
    node(xml, "objectMeasurements", &[], |xml| {
        group.measures.iter().chain(&group.again).try_for_each(|measure| {
            node(xml, "measurementsSet", &[], |xml| {
                leaf(xml, "measurementType", &[], measure.kind.name())?;
                leaf(xml, "measurementUnit", &[], measure.unit.symbol())?;
                leaf(xml, "measurementValue", &[], &measure.amount.decimal())
            })
        })?;
        group.part.as_deref().map_or(Ok(()), |part| leaf(xml, "extentMeasurements", &[], part))
    })
}
