//! XMP (ISO 16684-1): the properties of Dublin Core and its neighbours, as elements or as attributes.

use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
    name::ResolveResult,
};

use super::{Metadata, text};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";

/// Deeper structures than any real block has are not followed.
const MOST_DEPTH: usize = 64;

pub(super) fn read(block: &[u8]) -> Result<Metadata, String> {
    let block = text(block);
    let mut reader = NsReader::from_str(&block);
    let mut metadata = Metadata::default();
    // The property that is open, its depth, and the text of its current item.
    let mut property: Option<(Property, usize)> = None;
    let mut value = String::new();
    let (mut depth, mut found_any) = (0usize, false);
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|e| e.to_string())?;
        let namespace = namespace_of(&namespace);
        match event {
            Event::Start(element) => {
                depth += 1;
                if depth > MOST_DEPTH {
                    return Err("it is nested too deeply".into());
                }
                found_any = true;
                if namespace == RDF && *element.local_name().as_ref() == *"Description" {
                    attributes(&reader, &element, &mut metadata);
                } else if property.is_none() {
                    property = Property::named(&namespace, element.local_name().as_ref()).map(|p| (p, depth));
                }
                value.clear();
            }
            Event::Empty(element) => {
                found_any = true;
                if namespace == RDF && *element.local_name().as_ref() == *"Description" {
                    attributes(&reader, &element, &mut metadata);
                }
            }
            Event::Text(part) => value.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(part) => value.push_str(&part),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(|e| e.to_string())? {
                Some(character) => value.push(character),
                None => value.push_str(resolve_predefined_entity(&reference).unwrap_or_default()),
            },
            Event::End(element) => {
                if let Some((open, at)) = property {
                    let is_item = namespace == RDF && *element.local_name().as_ref() == *"li";
                    if is_item || at == depth {
                        open.put(std::mem::take(&mut value), &mut metadata);
                    }
                    if at == depth {
                        property = None;
                    }
                }
                depth = depth.saturating_sub(1);
            }
            Event::Eof if found_any => return Ok(metadata),
            Event::Eof => return Err("it holds no elements".into()),
            _ => {}
        }
    }
}

fn attributes(reader: &NsReader<&[u8]>, element: &BytesStart<'_>, metadata: &mut Metadata) {
    for attribute in element.attributes().flatten() {
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        if let Some(property) = Property::named(&namespace_of(&namespace), name.as_ref())
            && let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0)
        {
            property.put(value.into_owned(), metadata);
        }
    }
}

fn namespace_of(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(namespace) => namespace.as_ref().into(),
        _ => String::new(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    Title,
    Description,
    Creator,
    Rights,
    Subject,
    Credit,
    Created,
    Digitised,
    Make,
    Model,
    Software,
}

impl Property {
    fn named(namespace: &str, name: &str) -> Option<Self> {
        Some(match (namespace, name) {
            (DUBLIN_CORE, "title") => Self::Title,
            (DUBLIN_CORE, "description") => Self::Description,
            (DUBLIN_CORE, "creator") => Self::Creator,
            (DUBLIN_CORE, "rights") => Self::Rights,
            (DUBLIN_CORE, "subject") => Self::Subject,
            (PHOTOSHOP, "Credit") => Self::Credit,
            (PHOTOSHOP, "DateCreated") | (EXIF, "DateTimeOriginal") => Self::Created,
            (XMP, "CreateDate") | (EXIF, "DateTimeDigitized") => Self::Digitised,
            (TIFF, "Make") => Self::Make,
            (TIFF, "Model") => Self::Model,
            (XMP, "CreatorTool") => Self::Software,
            _ => return None,
        })
    }

    /// The first of the languages stays, which is the default one.
    fn put(self, value: String, metadata: &mut Metadata) {
        if value.trim().is_empty() {
            return;
        }
        let field = match self {
            Self::Creator => return metadata.creators.push(value),
            Self::Subject => return metadata.keywords.push(value),
            Self::Title => &mut metadata.title,
            Self::Description => &mut metadata.description,
            Self::Rights => &mut metadata.rights,
            Self::Credit => &mut metadata.credit,
            Self::Created => &mut metadata.created,
            Self::Digitised => &mut metadata.digitised,
            Self::Make => &mut metadata.make,
            Self::Model => &mut metadata.model,
            Self::Software => &mut metadata.software,
        };
        if field.is_none() {
            *field = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:Credit="Kunsthalle &amp; Archiv" p:DateCreated="1907-05">
<d:title><r:Alt><r:li xml:lang="x-default">View of D&#252;ren</r:li><r:li xml:lang="fr">Vue</r:li></r:Alt></d:title>
<d:creator><r:Seq><r:li>M. Sommer</r:li><r:li>N. Winter</r:li></r:Seq></d:creator>
<other:title xmlns:other="urn:none">no</other:title>
</r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>"#;

    #[test]
    fn elements_attributes_and_languages() {
        let found = read(BLOCK.as_bytes()).unwrap();
        assert_eq!(found.title.as_deref(), Some("View of Düren"));
        assert_eq!(found.creators, ["M. Sommer", "N. Winter"]);
        assert_eq!(found.credit.as_deref(), Some("Kunsthalle & Archiv"));
        assert_eq!(found.created.as_deref(), Some("1907-05"));
    }

    #[test]
    fn broken_blocks_are_errors() {
        assert!(read(&BLOCK.as_bytes()[..400]).is_err() || read(&BLOCK.as_bytes()[..400]).unwrap().creators.is_empty());
        assert!(read(b"").is_err());
        assert!(read("<a>".repeat(1000).as_bytes()).unwrap_err().contains("deeply"));
        // Entities that a document declares itself are not expanded.
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb">]><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://purl.org/dc/elements/1.1/"><r:Description><d:title>x&b;y</d:title></r:Description></r:RDF>"#;
        assert_eq!(read(bomb.as_bytes()).unwrap().title.as_deref(), Some("xy"));
    }
}
