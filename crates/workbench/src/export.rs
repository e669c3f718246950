//! Records leave the library.

use std::path::Path;

use vitrine_catalogue::{ExportEntry, WorkId};
use vitrine_exchange::{Exported, Format, Issuer, LibraryRecords, Preview, preview, write_file, write_into_folder};

use crate::{
    Workbench, WorkbenchError,
    view::{ExportFormat, ExportRequest, FailureView, JobKind, JobView},
    workbench::now,
};

impl Workbench {
    /// Writes the records, a file for each format. The job that is returned has ended; its `output` names the folder, or its failures say why not.
    pub fn export(&self, request: &ExportRequest) -> Result<JobView, WorkbenchError> {
        let issuer = self.issuer(request)?;
        let works = self.to_export(request)?;
        let count = works.len();
        let records = LibraryRecords::new(&self.0.catalogue, works, request.include_suggestions)?;
        let job = self.0.jobs.start(JobKind::Export, request.formats.len() as u64);
        let folder = Path::new(&request.folder);
        for format in &request.formats {
            let format = exchange_format(*format);
            let written = write_into_folder(format, &records, &issuer, now(), folder, &stem());
            let logged = written.map_err(WorkbenchError::from).and_then(|exported| {
                self.log_export(format, &exported, count)?;
                Ok(exported)
            });
            match logged {
                Ok(exported) => job.update(|view| {
                    view.done += 1;
                    let written = view.output.take().map_or_else(String::new, |earlier| earlier + "\n");
                    view.output = Some(written + &exported.path.display().to_string());
                    let left_out = exported.problems.iter();
                    view.remarks
                        .extend(left_out.map(|p| FailureView { file: p.file.clone(), reason: p.reason.clone() }));
                }),
                Err(error) => job.fail_one(format.name(), error),
            }
        }
        Ok(job.finish())
    }

    /// Writes the records in one format to exactly this file, which is replaced when it is there (a folder must be new or empty), and says
    /// what is in it and what the format could not carry. `base_uri` is where the records' own addresses begin.
    pub fn export_to_file(
        &self,
        request: &ExportRequest,
        format: ExportFormat,
        file: &Path,
    ) -> Result<(Preview, Exported), WorkbenchError> {
        let issuer = self.issuer(request)?;
        let works = self.to_export(request)?;
        if works.is_empty() {
            return Err(WorkbenchError::EmptyLibrary);
        }
        let records = LibraryRecords::new(&self.0.catalogue, works.clone(), request.include_suggestions)?;
        let format = exchange_format(format);
        let exported = write_file(format, &records, &issuer, now(), file)?;
        self.log_export(format, &exported, works.len())?;
        Ok((preview(&self.0.catalogue, &works)?, exported))
    }

    fn log_export(&self, format: Format, exported: &Exported, works: usize) -> Result<(), WorkbenchError> {
        let entry = ExportEntry {
            batch: exported.batch.clone(),
            format: format.name().into(),
            works: works as u64,
            place: exported.path.display().to_string(),
            at: now(),
        };
        Ok(self.0.catalogue.log_export(&entry)?)
    }

    /// The library speaks under its folder's name: what makes its records' numbers unique beyond this machine, as far as it can know.
    /// Without an address of its own it has one that leads nowhere: `.invalid` belongs to nobody.
    pub(crate) fn issuer(&self, request: &ExportRequest) -> Result<Issuer, WorkbenchError> {
        let folder = self.0.catalogue.folder();
        let name = folder.file_name().map_or_else(|| "library".into(), |name| name.to_string_lossy().into_owned());
        let given = request.base_uri.as_deref().map(str::trim).filter(|address| !address.is_empty());
        let base_uri = given.map_or_else(|| Ok("https://vitrine.invalid".to_owned()), address)?;
        Ok(Issuer {
            id_prefix: format!("vitrine:{name}"),
            name,
            language: "en".into(),
            base_uri,
            own_labels: self.own_files().all_properties().map(|own| (own.key.clone(), own.label.clone())).collect(),
            fonts: Some(self.0.settings.fonts.clone()),
        })
    }

    pub(crate) fn to_export(&self, request: &ExportRequest) -> Result<Vec<WorkId>, WorkbenchError> {
        if request.works.is_empty() {
            return Ok(self.0.catalogue.work_ids()?);
        }
        Ok(request.works.iter().copied().map(WorkId).collect())
    }
}

/// An address that others can begin with: a scheme, a host, no spaces.
fn address(text: &str) -> Result<String, WorkbenchError> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = host.and_then(|rest| rest.split('/').next()).filter(|host| !host.is_empty());
    match host {
        Some(_) if !text.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | '"' | '<' | '>')) => {
            Ok(text.to_owned())
        }
        _ => Err(WorkbenchError::BadAddress(text.to_owned())),
    }
}

pub(crate) fn exchange_format(format: ExportFormat) -> Format {
    match format {
        ExportFormat::Csv => Format::Csv,
        ExportFormat::CollectiveAccess => Format::CollectiveAccess,
        ExportFormat::Tms => Format::Tms,
        ExportFormat::OmekaS => Format::OmekaS,
        ExportFormat::Lido => Format::Lido,
        ExportFormat::Lido10 => Format::Lido10,
        ExportFormat::LinkedArt => Format::LinkedArt,
        ExportFormat::Iiif => Format::Iiif,
        ExportFormat::DublinCore => Format::DublinCore,
        ExportFormat::SchemaOrg => Format::SchemaOrg,
        ExportFormat::Xmp => Format::Xmp,
        ExportFormat::Bagit => Format::BagIt,
        ExportFormat::Html => Format::Html,
        ExportFormat::Pdf => Format::Pdf,
        ExportFormat::Checklist => Format::Checklist,
    }
}

/// The file name without its ending: `vitrine 2026-11-22`.
pub(crate) fn stem() -> String {
    format!("vitrine {}", now().strftime("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_addresses() {
        for good in ["https://example.org", "http://example.org/collection/"] {
            assert_eq!(address(good).ok().as_deref(), Some(good));
        }
        for bad in ["example.org", "https://", "https:///x", "ftp://example.org", "https://a b", "https://a/?q"] {
            assert!(address(bad).is_err_and(|error| error.to_string().contains(bad)), "{bad}");
        }
    }
}
