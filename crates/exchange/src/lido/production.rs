//! The event in which the work was made: who, when, of what.

use std::io::{self, Write};

use quick_xml::Writer;
use vitrine_catalogue::{Day, Statement, read_date, read_maker};

use super::xml::{concept, concept_ids, leaf, marked, node, nodes, source};
use super::{Lido, LidoVersion, NOT_REVIEWED, term, with_caution, wording};
use crate::marks::mark;

impl Lido<'_> {
    pub(super) fn production<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if !["artist", "date", "media"].into_iter().any(|property| self.has(property)) {
            return Ok(());
        }
        nodes(xml, &["eventWrap", "eventSet", "event"], |xml| {
            node(xml, "eventType", &[], |xml| concept(xml, term::PRODUCTION, "Production"))?;
            for statement in self.said_of("artist") {
                self.actor(xml, statement)?;
            }
            if self.has("date") {
                node(xml, "eventDate", &[], |xml| self.dates(xml))?;
            }
            self.said_of("media").try_for_each(|statement| {
                node(xml, "eventMaterialsTech", &[], |xml| {
                    leaf(xml, "displayMaterialsTech", &[], &with_caution(statement))?;
                    node(xml, "materialsTech", &[], |xml| {
                        node(xml, "termMaterialsTech", &[], |xml| {
                            concept_ids(xml, "conceptID", statement)?;
                            leaf(xml, "term", &[], &wording(statement))
                        })?;
                        source(xml, "sourceMaterialsTech", statement)
                    })
                })
            })
        })
    }

    /// One maker, with the qualifier that the name must not be read without.
    fn actor<W: Write>(&self, xml: &mut Writer<W>, statement: &Statement) -> io::Result<()> {
        let value = statement.value.as_deref().unwrap_or_default();
        let maker = read_maker(value);
        let name = maker.as_ref().map_or(value, |maker| &maker.name);
        let told = maker.as_ref().and_then(|maker| maker.qualifier.as_deref());
        let role = maker.as_ref().and_then(|maker| maker.role.as_deref());
        let old = self.version == LidoVersion::V1_0;
        let qualifier = |xml: &mut Writer<W>, text: &str| match old {
            true => leaf(xml, "attributionQualifierActor", &[], text),
            false => node(xml, "attributionQualifierActor", &[], |xml| leaf(xml, "term", &[], text)),
        };
        nodes(xml, &["eventActor"], |xml| {
            let label = mark(statement).filter(|_| old);
            marked(xml, "displayActorInRole", &with_caution(statement), label.as_deref())?;
            node(xml, "actorInRole", &[], |xml| {
                node(xml, "actor", &[], |xml| {
                    concept_ids(xml, "actorID", statement)?;
                    nodes(xml, &["nameActorSet"], |xml| leaf(xml, "appellationValue", &[], name))
                })?;
                if let Some(role) = role {
                    node(xml, "roleActor", &[], |xml| leaf(xml, "term", &[], role))?;
                }
                for text in statement.qualifier.as_deref().into_iter().chain(told) {
                    qualifier(xml, text)?;
                }
                if !statement.state.is_affirmed() {
                    qualifier(xml, NOT_REVIEWED)?;
                }
                if old { Ok(()) } else { source(xml, "sourceActorInRole", statement) }
            })
        })
    }

    /// All dates as they are displayed, and one earliest and latest day: of the first one that a person stands by and that has any.
    fn dates<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        for statement in self.said_of("date") {
            marked(xml, "displayDate", &with_caution(statement), mark(statement).as_deref())?;
        }
        let affirmed = self.said_of("date").filter(|statement| statement.state.is_affirmed());
        let mut extents = affirmed.filter_map(|s| read_date(s.value.as_deref()?)).map(|date| date.extent());
        let Some(extent) = extents.next() else { return Ok(()) };
        node(xml, "date", &[], |xml| {
            day(xml, "earliestDate", extent.earliest.day())?;
            day(xml, "latestDate", extent.latest.day())
        })
    }
}

fn day<W: Write>(xml: &mut Writer<W>, name: &str, day: Option<Day>) -> io::Result<()> {
    day.map_or(Ok(()), |day| leaf(xml, name, &[], &day.to_string()))
}
