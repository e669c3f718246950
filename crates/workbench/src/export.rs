//! Records leave the library.

use std::path::Path;

use vitrine_catalogue::WorkId;
use vitrine_exchange::{Format, Issuer, free_name, preview, records, write_file, write_into_folder};

use crate::{
    Workbench, WorkbenchError,
    view::{ExportFormat, ExportPreview, ExportRequest, JobKind, JobView},
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
            match write_into_folder(format, &records, &self.issuer(), now(), folder, &stem()) {
                Ok(file) => job.update(|view| {
                    view.done += 1;
                    let written = view.output.take().map_or_else(String::new, |earlier| earlier + "\n");
                    view.output = Some(written + &file.display().to_string());
                }),
                Err(error) => job.fail_one(format.name(), error),
            }
        }
        Ok(job.finish())
    }

    /// Writes the records in one format to exactly this file, which is replaced when it is there, and says what is in it.
    pub fn export_to_file(
        &self,
        request: &ExportRequest,
        format: ExportFormat,
        file: &Path,
    ) -> Result<ExportPreview, WorkbenchError> {
        let works = self.to_export(request)?;
        if works.is_empty() {
            return Err(WorkbenchError::EmptyLibrary);
        }
        let records = records(&self.0.catalogue, &works, request.include_suggestions)?;
        write_file(exchange_format(format), &records, &self.issuer(), now(), file)?;
        Ok(ExportPreview { files: vec![file.display().to_string()], ..self.export_preview(request)? })
    }

    /// The library speaks under its folder's name: what makes its records' numbers unique beyond this machine, as far as it can know.
    fn issuer(&self) -> Issuer {
        let folder = self.0.catalogue.folder();
        let name = folder.file_name().map_or_else(|| "library".into(), |name| name.to_string_lossy().into_owned());
        Issuer { id_prefix: format!("vitrine:{name}"), name, language: "en".into() }
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
        ExportFormat::Lido => Format::Lido,
    }
}

/// The file name without its ending: `vitrine 2026-11-22`.
fn stem() -> String {
    format!("vitrine {}", now().strftime("%Y-%m-%d"))
}
