//! Everything at once on a few scans: what a curator would do in the window, printed.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use vitrine_workbench::{
    Workbench, WorkbenchError, default_library,
    view::{ExportFormat, ExportRequest},
};

use crate::{
    SOME_FAILED,
    document::{Explained, Found, Suggested},
    import_all, imported, open, print,
    print::Printer,
};

/// Works that are shown in full.
const SHOWN: usize = 3;

/// Runs on `scans`, or on the demonstration scans when there are none, in `library` or a folder beside the window's library.
pub fn run(library: Option<&Path>, scans: Vec<PathBuf>, printer: &Printer) -> Result<u8, WorkbenchError> {
    let folder = library.map_or_else(|| default_library().with_file_name("tour"), Path::to_path_buf);
    let bench = open(Some(&folder), printer, true)?;
    let scans = if scans.is_empty() { vec![bench.demonstration_folder()?.to_path_buf()] } else { scans };

    let job = import_all(&bench, scans)?;
    let import = imported(&bench, job, false)?;
    heading(printer, "Scans");
    printer.document(&import, print::imported);
    let works: Vec<i64> = import.imported.iter().chain(&import.duplicates).map(|file| file.work).collect();

    for work in works.iter().take(SHOWN) {
        show(&bench, *work, printer)?;
    }
    if works.len() > SHOWN {
        heading(printer, &format!("The other {} works", works.len() - SHOWN));
        for work in works.iter().skip(SHOWN) {
            printer.document(&Suggested::new(bench.work(*work)?), print::suggested);
        }
    }
    if !works.is_empty() {
        heading(printer, "Records");
        write_records(&bench, &folder, works, printer)?;
    }
    Ok(if import.failed.is_empty() {
        0
    } else if import.imported.is_empty() && import.duplicates.is_empty() {
        1
    } else {
        SOME_FAILED
    })
}

fn show(bench: &Workbench, work: i64, printer: &Printer) -> Result<(), WorkbenchError> {
    let view = bench.work(work)?;
    heading(printer, &view.card.title);
    printer.document(&Suggested::new(view), print::suggested);
    heading(printer, "Similar works");
    let similar: Vec<Found> = bench.similar(work, 3)?.into_iter().map(Found::similar).collect();
    printer.list(&similar, print::found);
    heading(printer, "Passages");
    let passages: Vec<Found> = bench.passages(work, 3)?.into_iter().map(Found::passage).collect();
    printer.list(&passages, print::found);
    heading(printer, "Explanation");
    let answer = bench.explain(work, None, &mut |_| ControlFlow::Continue(()))?;
    printer.document(&Explained::new(answer), print::explained);
    Ok(())
}

/// Nothing has been accepted on a tour, so the records carry the suggestions, marked as such.
fn write_records(bench: &Workbench, library: &Path, works: Vec<i64>, printer: &Printer) -> Result<(), WorkbenchError> {
    let folder = library.join("records");
    fs::create_dir_all(&folder).map_err(|cause| WorkbenchError::Folder { folder: folder.clone(), cause })?;
    let request = ExportRequest {
        works,
        formats: vec![ExportFormat::Csv, ExportFormat::Lido],
        folder: folder.display().to_string(),
        include_suggestions: true,
        base_uri: None,
    };
    let job = bench.export(&request)?;
    for file in job.output.iter().flat_map(|files| files.lines()) {
        printer.message(&format!("written: {file}"));
    }
    for failure in &job.failures {
        printer.message(&format!("{}: {}", failure.file, failure.reason));
    }
    Ok(())
}

fn heading(printer: &Printer, text: &str) {
    printer.message(&format!("\n{text}"));
}
