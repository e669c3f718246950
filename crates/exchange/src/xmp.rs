//! XMP sidecars: what is known of the work, in a file beside its scan. The scan itself is never written to.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use vitrine_catalogue::{EdtfDate, Scan, Statement, read_date, rights_statement};

use crate::folder::write_bytes;
use crate::marks::mark;
use crate::text::{clean, clean_line, file_name};
use crate::{ExchangeError, Issuer, Record, RecordSource, Result, batch_id};

/// The namespace of what XMP has no word for: the marks, the batch and the hash of the scan.
const NAMESPACE: &str = "urn:vitrine:xmp:1";

/// Writes a sidecar for each file of the records' scans: `3 renoir.jpg.xmp` for the scan number 3.
pub(crate) fn write_sidecars(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<()> {
    let batch = batch_id(records, issuer, at)?;
    records.each(&mut |record| {
        let mut seen = BTreeSet::new();
        for scan in record.scans.iter().filter(|scan| seen.insert(&scan.sha256)) {
            let name = format!("{}.xmp", file_name(scan));
            write_bytes(&folder.join(name), &sidecar(record, scan, issuer, &batch)?)?;
        }
        Ok(())
    })
}

/// The sidecar of a scan.
fn sidecar(record: &Record, scan: &Scan, issuer: &Issuer, batch: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut xml = Writer::new_with_indent(&mut bytes, b' ', 2);
    packet(&mut xml, record, scan, issuer, batch).map_err(|source| ExchangeError::Write { format: "XMP", source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn packet<W: Write>(xml: &mut Writer<W>, record: &Record, scan: &Scan, issuer: &Issuer, batch: &str) -> io::Result<()> {
    let said = |property: &'static str| {
        record.statements.iter().filter(move |s| s.property == property && s.state.is_affirmed())
    };
    let words = |property: &'static str| said(property).map(wording).collect::<Vec<String>>();
    let language = issuer.language.as_str();
    element(xml, "x:xmpmeta", &[("xmlns:x", "adobe:ns:meta/")], |xml| {
        element(xml, "rdf:RDF", &[("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")], |xml| {
            let namespaces = [
                ("rdf:about", ""),
                ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
                ("xmlns:xmpRights", "http://ns.adobe.com/xap/1.0/rights/"),
                ("xmlns:Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"),
                ("xmlns:vitrine", NAMESPACE),
            ];
            element(xml, "rdf:Description", &namespaces, |xml| {
                alternatives(xml, "dc:title", language, words("title").first())?;
                alternatives(xml, "dc:description", language, words("description").first())?;
                list(xml, "dc:creator", "rdf:Seq", &words("artist"))?;
                let subjects: Vec<String> = ["subject", "tag", "genre", "style"].into_iter().flat_map(words).collect();
                list(xml, "dc:subject", "rdf:Bag", &subjects)?;
                rights(xml, language, said("rights").next())?;
                element(xml, "Iptc4xmpExt:ArtworkOrObject", &[], |xml| {
                    element(xml, "rdf:Bag", &[], |xml| {
                        element(xml, "rdf:li", &[("rdf:parseType", "Resource")], |xml| {
                            alternatives(xml, "Iptc4xmpExt:AOTitle", language, words("title").first())?;
                            list(xml, "Iptc4xmpExt:AOCreator", "rdf:Seq", &words("artist"))?;
                            date(xml, said("date").next())?;
                            leaf(xml, "Iptc4xmpExt:AOSource", words("repository").first())?;
                            leaf(xml, "Iptc4xmpExt:AOSourceInvNo", words("identifier").first())?;
                            leaf(xml, "Iptc4xmpExt:AOCopyrightNotice", words("credit-line").first())?;
                            let physical: Vec<String> = ["media", "dimensions"].into_iter().flat_map(words).collect();
                            let physical = (!physical.is_empty()).then(|| physical.join("; "));
                            alternatives(xml, "Iptc4xmpExt:AOPhysicalDescription", language, physical.as_ref())
                        })
                    })
                })?;
                let origins: Vec<String> = record
                    .statements
                    .iter()
                    .filter_map(|s| Some(format!("{}: {} — {}", s.property, wording(s), mark(s)?)))
                    .collect();
                list(xml, "vitrine:Origin", "rdf:Bag", &origins)?;
                leaf(xml, "vitrine:Record", Some(&format!("{}:{}", issuer.id_prefix, record.card.id)))?;
                leaf(xml, "vitrine:Batch", Some(&batch.to_owned()))?;
                leaf(xml, "vitrine:ScanSHA256", Some(&scan.sha256))
            })
        })
    })
}

fn wording(statement: &Statement) -> String {
    statement.wording().unwrap_or_default()
}

/// A date that is sure and a year, month or day has IPTC's date; any other its circa date, which is a text.
fn date<W: Write>(xml: &mut Writer<W>, statement: Option<&Statement>) -> io::Result<()> {
    let Some(statement) = statement else { return Ok(()) };
    let words = wording(statement);
    let plain = read_date(&words).filter(|date| {
        let EdtfDate::Point(point) = date else { return false };
        let text = date.to_string();
        point.year > 0 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    });
    match plain {
        Some(date) => leaf(xml, "Iptc4xmpExt:AODateCreated", Some(&date.to_string())),
        None => leaf(xml, "Iptc4xmpExt:AOCircaDateCreated", Some(&words)),
    }
}

fn rights<W: Write>(xml: &mut Writer<W>, language: &str, statement: Option<&Statement>) -> io::Result<()> {
    let Some(statement) = statement else { return Ok(()) };
    let words = wording(statement);
    match rights_statement(&words) {
        Some((address, name)) => {
            alternatives(xml, "dc:rights", language, Some(&name.to_owned()))?;
            leaf(xml, "xmpRights:WebStatement", Some(&address.to_owned()))
        }
        None => alternatives(xml, "dc:rights", language, Some(&words)),
    }
}

fn element<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    attributes: &[(&str, &str)],
    inner: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_inner_content(inner)?;
    Ok(())
}

fn leaf<W: Write>(xml: &mut Writer<W>, name: &str, text: Option<&String>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    let text = clean_line(text);
    xml.create_element(name).write_text_content(BytesText::new(&text))?;
    Ok(())
}

fn list<W: Write>(xml: &mut Writer<W>, name: &str, container: &str, texts: &[String]) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    element(xml, name, &[], |xml| {
        element(xml, container, &[], |xml| texts.iter().try_for_each(|text| leaf(xml, "rdf:li", Some(text))))
    })
}

/// A text in one language, which is the default one.
fn alternatives<W: Write>(xml: &mut Writer<W>, name: &str, language: &str, text: Option<&String>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    let text = clean(text);
    element(xml, name, &[], |xml| {
        element(xml, "rdf:Alt", &[], |xml| {
            for tag in ["x-default", language] {
                let item = xml.create_element("rdf:li").with_attribute(("xml:lang", tag));
                item.write_text_content(BytesText::new(&text))?;
            }
            Ok(())
        })
    })
}
