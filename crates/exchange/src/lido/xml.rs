//! Writing elements of LIDO.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use vitrine_catalogue::Statement;

use super::term;
use crate::marks::mark;
use crate::text::{clean, clean_line};

pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// An element `name` around `inner`.
pub(super) fn node<W: Write>(
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
pub(super) fn nodes<W: Write>(
    xml: &mut Writer<W>,
    names: &[&str],
    inner: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    for name in names {
        xml.write_event(Event::Start(BytesStart::new(format!("lido:{name}"))))?;
    }
    inner(xml)?;
    for name in names.iter().rev() {
        xml.write_event(Event::End(BytesEnd::new(format!("lido:{name}"))))?;
    }
    Ok(())
}

/// An element with text.
pub(super) fn leaf<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    attributes: Attributes<'_>,
    text: &str,
) -> io::Result<()> {
    let name = format!("lido:{name}");
    let text = clean(text);
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_text_content(BytesText::new(&text))?;
    Ok(())
}

/// An element with text, and a mark as its label.
pub(super) fn marked<W: Write>(xml: &mut Writer<W>, name: &str, text: &str, mark: Option<&str>) -> io::Result<()> {
    match mark {
        Some(mark) => leaf(xml, name, &[("lido:label", &clean_line(mark))], text),
        None => leaf(xml, name, &[], text),
    }
}

/// The ids of the concept that the statement's value names, where a person stands by it: the one on the web and the one within its list.
pub(super) fn concept_ids<W: Write>(xml: &mut Writer<W>, name: &str, statement: &Statement) -> io::Result<()> {
    let Some(concept) = statement.concept.as_ref().filter(|_| statement.state.is_affirmed()) else { return Ok(()) };
    let list = clean_line(concept.list());
    if let Some(uri) = concept.uri() {
        leaf(xml, name, &[("lido:type", term::URI), ("lido:source", &list)], uri)?;
    }
    if concept.uri() == Some(concept.id()) {
        return Ok(());
    }
    leaf(xml, name, &[("lido:type", term::LOCAL_IDENTIFIER), ("lido:source", &list)], concept.id())
}

/// The statement's wording as a term with its mark, after the ids of what it names.
pub(super) fn marked_term<W: Write>(xml: &mut Writer<W>, statement: &Statement) -> io::Result<()> {
    concept_ids(xml, "conceptID", statement)?;
    marked(xml, "term", &statement.wording().unwrap_or_default(), mark(statement).as_deref())
}

/// LIDO's element for the source of something, if there is more to say than that a person stated it.
pub(super) fn source<W: Write>(xml: &mut Writer<W>, name: &str, statement: &Statement) -> io::Result<()> {
    mark(statement).map_or(Ok(()), |mark| leaf(xml, name, &[], &mark))
}

/// A concept of a published list, with its English name.
pub(super) fn concept<W: Write>(xml: &mut Writer<W>, id: &str, name: &str) -> io::Result<()> {
    leaf(xml, "conceptID", &[("lido:type", term::URI)], id)?;
    leaf(xml, "term", &[("xml:lang", "en")], name)
}
