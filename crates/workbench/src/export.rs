//! Records leave the library.

use std::path::Path;

use vitrine_catalogue::{ExportEntry, WorkId};
use vitrine_exchange::{Exported, Format, Issuer, free_name, preview, records, write_file, write_into_folder};

use crate::{
    Workbench, WorkbenchError,
    view::{ExportFormat, ExportPreview, ExportRequest, FailureView, JobKind, JobView},
    workbench::now,
};

impl Workbench {
    /// What an export would contain and which files it would write; writes nothing.
    pub fn export_preview(&self, request: &ExportRequest) -> Result<ExportPreview, WorkbenchError> {
        let works = self.to_export(request)?;
        let preview = preview(&self.0.catalogue, &works)?;
        let folder = Path::new(&request.folder);
        let files = request.formats.iter().map(|format| free_name(exchange_format(*format), folder, &stem()));
        Ok(ExportPreview {
            works: preview.works,
            accepted: preview.accepted,
            undecided: preview.undecided,
            empty: preview.empty,
            files: files.map(|file| file.display().to_string()).collect(),
        })
    }

    /// Writes the records, a file for each format. The job that is returned has ended; its `output` names the folder, or its failures say why not.
    pub fn export(&self, request: &ExportRequest) -> Result<JobView, WorkbenchError> {
        let works = self.to_export(request)?;
        let records = records(&self.0.catalogue, &works, request.include_suggestions)?;
        let job = self.0.jobs.start(JobKind::Export, request.formats.len() as u64);
        let folder = Path::new(&request.folder);
        for format in &request.formats {
            let format = exchange_format(*format);
            let written = write_into_folder(format, &records, &self.issuer(None), now(), folder, &stem());
            let logged = written.map_err(WorkbenchError::from).and_then(|exported| {
                self.log_export(format, &exported, records.len())?;
                Ok(exported)
            });
            match logged {
                Ok(exported) => job.update(|view| {
                    view.done += 1;
                    let written = view.output.take().map_or_else(String::new, |earlier| earlier + "\n");
                    view.output = Some(written + &exported.path.display().to_string());
                    let left_out = exported.problems.iter();
                    view.failures
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
        base_uri: Option<&str>,
    ) -> Result<(ExportPreview, Exported), WorkbenchError> {
        let works = self.to_export(request)?;
        if works.is_empty() {
            return Err(WorkbenchError::EmptyLibrary);
        }
        let records = records(&self.0.catalogue, &works, request.include_suggestions)?;
        let format = exchange_format(format);
        let exported = write_file(format, &records, &self.issuer(base_uri), now(), file)?;
        self.log_export(format, &exported, records.len())?;
        let preview = ExportPreview { files: vec![file.display().to_string()], ..self.export_preview(request)? };
        Ok((preview, exported))
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
    fn issuer(&self, base_uri: Option<&str>) -> Issuer {
        let folder = self.0.catalogue.folder();
        let name = folder.file_name().map_or_else(|| "library".into(), |name| name.to_string_lossy().into_owned());
        let base_uri = base_uri.unwrap_or("https://vitrine.invalid").to_owned();
        Issuer { id_prefix: format!("vitrine:{name}"), name, language: "en".into(), base_uri }
    }

    fn to_export(&self, request: &ExportRequest) -> Result<Vec<WorkId>, WorkbenchError> {
        if request.works.is_empty() {
            return Ok(self.0.catalogue.work_ids()?);
        }
        Ok(request.works.iter().copied().map(WorkId).collect())
    }
}

fn exchange_format(format: ExportFormat) -> Format {
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
    }
}

/// The file name without its ending: `vitrine 2026-11-22`.
fn stem() -> String {
    format!("vitrine {}", now().strftime("%Y-%m-%d"))
}
