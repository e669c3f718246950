//! Administrative metadata: rights, the record, the scans.

use std::io::{self, Write};

use quick_xml::Writer;
use vitrine_catalogue::{Scan, rights_statement};

use super::xml::{concept, leaf, marked, marked_term, node, nodes};
use super::{Lido, SHA256, term, with_caution};
use crate::marks::mark;

impl Lido<'_> {
    pub(super) fn rights<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if !self.has("rights") && !self.has("credit-line") {
            return Ok(());
        }
        node(xml, "rightsWorkWrap", &[], |xml| {
            for statement in self.said_of("rights") {
                let known =
                    statement.value.as_deref().and_then(rights_statement).filter(|_| statement.state.is_affirmed());
                nodes(xml, &["rightsWorkSet", "rightsType"], |xml| {
                    if let Some((address, _)) = known {
                        leaf(xml, "conceptID", &[("lido:type", term::URI)], address)?;
                    }
                    marked_term(xml, statement)?;
                    // Where an address is all that was recorded people get its name beside it.
                    match known.filter(|(_, name)| Some(*name) != statement.value.as_deref()) {
                        Some((_, name)) => leaf(xml, "term", &[("xml:lang", "en")], name),
                        None => Ok(()),
                    }
                })?;
            }
            for statement in self.said_of("credit-line") {
                nodes(xml, &["rightsWorkSet"], |xml| {
                    marked(xml, "creditLine", &with_caution(statement), mark(statement).as_deref())
                })?;
            }
            Ok(())
        })
    }

    pub(super) fn about_the_record<W: Write>(&self, xml: &mut Writer<W>, id: &str) -> io::Result<()> {
        node(xml, "recordWrap", &[], |xml| {
            leaf(xml, "recordID", &[("lido:type", term::LOCAL_IDENTIFIER)], id)?;
            node(xml, "recordType", &[], |xml| concept(xml, term::ITEM_LEVEL_RECORD, "Item-level record"))?;
            nodes(xml, &["recordSource", "legalBodyName"], |xml| {
                leaf(xml, "appellationValue", &[], &self.issuer.name)
            })?;
            node(xml, "recordInfoSet", &[], |xml| {
                leaf(xml, "recordInfoID", &[("lido:type", "export batch")], self.batch)?;
                let date = self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                leaf(xml, "recordMetadataDate", &[("lido:type", "exported from Vitrine")], &date)
            })
        })
    }

    pub(super) fn resources<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if self.record.scans.is_empty() {
            return Ok(());
        }
        node(xml, "resourceWrap", &[], |xml| self.record.scans.iter().try_for_each(|scan| resource(xml, scan)))
    }
}

fn resource<W: Write>(xml: &mut Writer<W>, scan: &Scan) -> io::Result<()> {
    let media_type = format!("image/{}", scan.format.to_ascii_lowercase());
    node(xml, "resourceSet", &[], |xml| {
        leaf(xml, "resourceID", &[("lido:type", SHA256)], &scan.sha256)?;
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
