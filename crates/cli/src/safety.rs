//! Backups, the library's soundness, and that of the originals.

use std::path::Path;

use vitrine_workbench::{Workbench, WorkbenchError, default_library};

use crate::{
    document::{Backups, Checked, Originals, Rehearsed, Relinked, Restored},
    print,
    print::Printer,
};

/// Lists backups, tries one out, or makes one and lists them.
pub fn backup(bench: &Workbench, list: bool, rehearse: Option<&str>, printer: &Printer) -> Result<u8, WorkbenchError> {
    if let Some(name) = rehearse {
        let tried = bench.rehearse(name)?;
        printer.document(&Rehearsed::new(name, tried), print::rehearsed);
        return Ok(0);
    }
    let backups = if list { bench.backups()? } else { bench.back_up()? };
    printer.document(&Backups::new(backups), print::backups);
    Ok(0)
}

/// Puts a backup in the library's place.
pub fn restore(library: Option<&Path>, backup: &Path, printer: &Printer) -> Result<u8, WorkbenchError> {
    let folder = library.map_or_else(default_library, Path::to_path_buf);
    let replaced = vitrine_workbench::restore(backup, &folder)?;
    printer.document(&Restored::new(&folder, replaced.as_deref()), print::restored);
    Ok(0)
}

/// Says what is wrong with the library.
pub fn check(bench: &Workbench, repair: bool, printer: &Printer) -> Result<u8, WorkbenchError> {
    let problems = if repair { bench.repair()? } else { bench.check()? };
    let sound = problems.is_empty();
    printer.document(&Checked { problems }, print::checked);
    Ok(u8::from(!sound))
}

/// Looks at the originals that are due, or at all of them; exit code 1 where one is not as it was taken in.
pub fn originals(
    bench: &Workbench,
    all: bool,
    report: bool,
    every: Option<u32>,
    printer: &Printer,
) -> Result<u8, WorkbenchError> {
    if let Some(days) = every {
        bench.set_fixity_days(days)?;
    }
    let view = if report || every.is_some() { bench.fixity()? } else { bench.check_originals_now(all)? };
    let sound = view.troubles.is_empty();
    printer.document(&Originals::new(view), print::originals);
    Ok(u8::from(!sound))
}

/// Looks for originals that were moved; exit code 1 where some are still not found.
pub fn relink(bench: &Workbench, folder: &Path, apply: bool, printer: &Printer) -> Result<u8, WorkbenchError> {
    let found = bench.find_moved(folder)?;
    if apply {
        bench.relink(&found.moved)?;
    }
    let complete = found.moved.len() as u64 == found.missing;
    printer.document(&Relinked::new(found, apply), print::relinked);
    Ok(u8::from(!complete))
}
