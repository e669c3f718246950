//! Addresses in records: our own under the issuer's base, those of published lists, and those that came with a concept from a list. There are
//! no others: a text that somebody typed, or a model wrote, never becomes an address.

use crate::Issuer;
use crate::text::clean_line;

/// Terms of the Getty's Art & Architecture Thesaurus that formats ask for, as Linked Art uses them.
pub(crate) mod aat {
    pub const PRIMARY_NAME: (&str, &str) = ("http://vocab.getty.edu/aat/300404670", "Primary Name");
    pub const ACCESSION_NUMBER: (&str, &str) = ("http://vocab.getty.edu/aat/300312355", "Accession Number");
    pub const SYSTEM_NUMBER: (&str, &str) = ("http://vocab.getty.edu/aat/300435704", "System-Assigned Number");
    pub const TYPE_OF_WORK: (&str, &str) = ("http://vocab.getty.edu/aat/300435443", "Type of Work");
    pub const STYLE: (&str, &str) = ("http://vocab.getty.edu/aat/300015646", "Style");
    pub const BRIEF_TEXT: (&str, &str) = ("http://vocab.getty.edu/aat/300418049", "Brief Text");
    pub const NOTE: (&str, &str) = ("http://vocab.getty.edu/aat/300027200", "Note");
    pub const DESCRIPTION: (&str, &str) = ("http://vocab.getty.edu/aat/300435416", "Description");
    pub const MATERIALS: (&str, &str) = ("http://vocab.getty.edu/aat/300435429", "Material Statement");
    pub const DIMENSIONS: (&str, &str) = ("http://vocab.getty.edu/aat/300435430", "Dimension Statement");
    pub const INSCRIPTION: (&str, &str) = ("http://vocab.getty.edu/aat/300435414", "Inscription");
    pub const PROVENANCE: (&str, &str) = ("http://vocab.getty.edu/aat/300435438", "Provenance Statement");
    pub const CREDIT: (&str, &str) = ("http://vocab.getty.edu/aat/300026687", "Credit Statement");
    pub const RIGHTS: (&str, &str) = ("http://vocab.getty.edu/aat/300435434", "Copyright/License Statement");
    pub const DIGITAL_IMAGE: (&str, &str) = ("http://vocab.getty.edu/aat/300215302", "Digital Image");
    pub const POSSIBLY: (&str, &str) = ("http://vocab.getty.edu/aat/300435722", "Possibly");
    pub const PROBABLY: (&str, &str) = ("http://vocab.getty.edu/aat/300435721", "Probably");
    pub const OBSOLETE: (&str, &str) = ("http://vocab.getty.edu/aat/300404908", "Obsolete");

    pub const CREATOR: (&str, &str) = ("http://vocab.getty.edu/aat/300435446", "Creator Description");
    pub const WIDTH: (&str, &str) = ("http://vocab.getty.edu/aat/300055647", "width");
    pub const HEIGHT: (&str, &str) = ("http://vocab.getty.edu/aat/300055644", "height");
    pub const PIXELS: (&str, &str) = ("http://vocab.getty.edu/aat/300266190", "pixels");

    use vitrine_catalogue::{MeasureKind, Unit};

    /// The term of a kind of measure, where one is known for certain.
    pub fn measure(kind: MeasureKind) -> Option<&'static str> {
        Some(match kind {
            MeasureKind::Height => "http://vocab.getty.edu/aat/300055644",
            MeasureKind::Width => "http://vocab.getty.edu/aat/300055647",
            MeasureKind::Depth => "http://vocab.getty.edu/aat/300072633",
            MeasureKind::Length => "http://vocab.getty.edu/aat/300055645",
            MeasureKind::Diameter => "http://vocab.getty.edu/aat/300055624",
            MeasureKind::Thickness => "http://vocab.getty.edu/aat/300055646",
            MeasureKind::Weight => "http://vocab.getty.edu/aat/300056240",
            MeasureKind::Circumference => return None,
        })
    }

    pub fn unit(unit: Unit) -> &'static str {
        match unit {
            Unit::Millimetre => "http://vocab.getty.edu/aat/300379097",
            Unit::Centimetre => "http://vocab.getty.edu/aat/300379098",
            Unit::Metre => "http://vocab.getty.edu/aat/300379099",
            Unit::Inch => "http://vocab.getty.edu/aat/300379100",
            Unit::Foot => "http://vocab.getty.edu/aat/300379101",
            Unit::Gram => "http://vocab.getty.edu/aat/300379225",
            Unit::Kilogram => "http://vocab.getty.edu/aat/300379226",
            Unit::Ounce => "http://vocab.getty.edu/aat/300379229",
            Unit::Pound => "http://vocab.getty.edu/aat/300379254",
        }
    }
}

impl Issuer {
    /// An address of the issuer's own: `work/12`, or `person/Anna` for a name, whose other letters are encoded.
    pub(crate) fn address(&self, kind: &str, name: &str) -> String {
        format!("{}/{kind}/{}", self.base_uri.trim_end_matches('/'), encoded(&clean_line(name)))
    }
}

/// A text as one segment of an address (RFC 3986): all but its unreserved characters as the bytes of UTF-8.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
