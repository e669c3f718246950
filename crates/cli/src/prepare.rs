//! `prepare`: the artwork alone and straight.

use vitrine_workbench::{Workbench, WorkbenchError, view::JobState};

use crate::{document::Prepared, print, print::Printer};

/// What was asked for.
pub struct Request {
    pub work: i64,
    /// Which scan and outline, counted from 1.
    pub scan: usize,
    pub outline: usize,
    pub corners: Option<Vec<(f64, f64)>>,
    pub dry_run: bool,
}

pub fn run(bench: &Workbench, request: Request, printer: &Printer) -> Result<u8, WorkbenchError> {
    let scans = bench.work(request.work)?.scans;
    let scan = request.scan.checked_sub(1).and_then(|at| scans.get(at)).ok_or(WorkbenchError::NoScan(request.work))?;
    let outlines = match &request.corners {
        Some(_) => Vec::new(),
        None => bench.propose_corners(scan.id)?.outlines,
    };
    let proposed = request.outline.checked_sub(1).and_then(|at| outlines.get(at)).cloned();
    let corners = request.corners.or(proposed).unwrap_or_default();
    let mut document = Prepared { work: request.work, scan: scan.id, outlines, corners, new_scan: None, made: None };
    if request.dry_run || document.corners.is_empty() {
        printer.document(&document, print::prepared);
        return Ok(u8::from(document.corners.is_empty()));
    }
    let job = bench.prepare(scan.id, &document.corners)?;
    bench.wait();
    let ended = bench.jobs().into_iter().find(|view| view.id == job).ok_or(WorkbenchError::NoJob(job))?;
    for failure in &ended.failures {
        printer.message(&format!("{}: {}", failure.file, failure.reason));
    }
    if ended.state != JobState::Finished {
        return Ok(1);
    }
    let made = bench
        .work(request.work)?
        .scans
        .into_iter()
        .rfind(|made| made.prepared_from.as_ref().is_some_and(|from| from.scan == scan.id));
    document.new_scan = made.as_ref().map(|made| made.id);
    document.made = made.map(|made| made.path);
    printer.document(&document, print::prepared);
    Ok(0)
}
