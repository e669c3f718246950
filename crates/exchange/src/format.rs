//! The formats of export.

use std::io::Write;

use jiff::Timestamp;

use crate::error::{ExchangeError, Result};
use crate::folder::Problem;
use crate::simple_json::{write_dublin_core, write_schema_org};
use crate::{CsvProfile, Issuer, LidoVersion, RecordSource, html, pdf, write_csv, write_lido};

/// A format of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One row a work.
    Csv,
    /// CSV in the columns of CollectiveAccess.
    CollectiveAccess,
    /// CSV in columns like those of TMS.
    Tms,
    /// CSV in the columns of Omeka S.
    OmekaS,
    /// LIDO 1.1.
    Lido,
    /// LIDO 1.0.
    Lido10,
    /// Linked Art 1.0, a folder of documents.
    LinkedArt,
    /// IIIF Presentation 3 with static images, a folder.
    Iiif,
    /// Dublin Core in JSON-LD.
    DublinCore,
    /// schema.org in JSON-LD.
    SchemaOrg,
    /// XMP sidecars, a folder.
    Xmp,
    /// BagIt 1.0, a folder with records and originals.
    BagIt,
    /// A catalogue to look at: one HTML page with its pictures.
    Html,
    /// A sheet for each work, as PDF.
    Pdf,
    /// A list of all works to tick off, as PDF.
    Checklist,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Csv,
        Self::CollectiveAccess,
        Self::Tms,
        Self::OmekaS,
        Self::Lido,
        Self::Lido10,
        Self::LinkedArt,
        Self::Iiif,
        Self::DublinCore,
        Self::SchemaOrg,
        Self::Xmp,
        Self::BagIt,
        Self::Html,
        Self::Pdf,
        Self::Checklist,
    ];

    /// Its name as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::CollectiveAccess => "CSV for CollectiveAccess",
            Self::Tms => "CSV like TMS",
            Self::OmekaS => "CSV for Omeka S",
            Self::Lido => "LIDO",
            Self::Lido10 => "LIDO 1.0",
            Self::LinkedArt => "Linked Art",
            Self::Iiif => "IIIF",
            Self::DublinCore => "Dublin Core",
            Self::SchemaOrg => "schema.org",
            Self::Xmp => "XMP",
            Self::BagIt => "BagIt",
            Self::Html => "HTML",
            Self::Pdf => "PDF",
            Self::Checklist => "PDF checklist",
        }
    }

    /// The end of its files' names with the dot; empty for a folder.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv | Self::CollectiveAccess | Self::Tms | Self::OmekaS => ".csv",
            Self::Lido | Self::Lido10 => ".xml",
            Self::DublinCore => ".dc.jsonld",
            Self::SchemaOrg => ".schema.jsonld",
            Self::Html => ".html",
            Self::Pdf => ".pdf",
            Self::Checklist => ".checklist.pdf",
            Self::LinkedArt | Self::Iiif | Self::Xmp | Self::BagIt => "",
        }
    }

    /// Whether it is many files in a folder.
    pub fn is_folder(self) -> bool {
        self.extension().is_empty()
    }

    /// The profile of a CSV that isn't the plain one.
    pub(crate) fn profile(self) -> Result<Option<CsvProfile>> {
        let text = match self {
            Self::CollectiveAccess => include_str!("../csv_profiles/collective-access.toml"),
            Self::Tms => include_str!("../csv_profiles/tms.toml"),
            Self::OmekaS => include_str!("../csv_profiles/omeka-s.toml"),
            _ => return Ok(None),
        };
        CsvProfile::read(text).map(Some)
    }

    /// Writes records in a format of one file, and names what had to be left out.
    pub(crate) fn write(
        self,
        records: &(impl RecordSource + ?Sized),
        issuer: &Issuer,
        at: Timestamp,
        out: impl Write,
    ) -> Result<Vec<Problem>> {
        if records.count() == 0 {
            return Err(ExchangeError::NoRecords);
        }
        if let Some(profile) = self.profile()? {
            return profile.write(records, issuer, at, out).map(|()| Vec::new());
        }
        match self {
            Self::Pdf => return pdf::write_pdf(pdf::Layout::Sheets, records, issuer, at, out),
            Self::Checklist => return pdf::write_pdf(pdf::Layout::Checklist, records, issuer, at, out),
            _ => {}
        }
        match self {
            Self::Lido => write_lido(records, LidoVersion::V1_1, issuer, at, out),
            Self::Lido10 => write_lido(records, LidoVersion::V1_0, issuer, at, out),
            Self::DublinCore => write_dublin_core(records, issuer, at, out),
            Self::SchemaOrg => write_schema_org(records, issuer, at, out),
            Self::Html => html::write_html(records, issuer, at, out),
            _ => write_csv(records, issuer, at, out),
        }
        .map(|()| Vec::new())
    }
}
