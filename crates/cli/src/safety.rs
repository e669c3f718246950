//! Backups and the library's soundness.

use std::path::Path;

use vitrine_workbench::{Workbench, WorkbenchError, default_library};

use crate::{
    document::{Backups, Checked, Rehearsed, Restored},
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
