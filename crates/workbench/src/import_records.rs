//! Records come in: tables, LIDO, bags.

use std::path::Path;

use vitrine_exchange::{CsvProfile, ExchangeError, ImportPlan, Matching, plan_import, read_records};

use crate::{Workbench, WorkbenchError, workbench::now};

/// How records are read in.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordsRequest<'a> {
    /// A profile of columns, for tables of other systems.
    pub profile: Option<&'a Path>,
    /// Whether works are also known by their scans' file names.
    pub by_file_name: bool,
    /// Whether the person at the desk stands by what is new at once.
    pub accept: bool,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
}

/// What records that were read in changed, or would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsRead {
    /// Records that found their work or make a new one.
    pub records: u64,
    /// Works that are new.
    pub works_added: u64,
    /// Statements that are new.
    pub statements_added: u64,
    /// Of these the ones beside another value that a person stands by.
    pub competing: u64,
    /// Statements that a person stands by now.
    pub accepted: u64,
    /// What was left out, a sentence each.
    pub problems: Vec<String>,
}

impl Workbench {
    /// Reads records of a table, of LIDO, or of a bag's folder into the library.
    pub fn import_records(&self, file: &Path, request: RecordsRequest<'_>) -> Result<RecordsRead, WorkbenchError> {
        let profile = request.profile.map(read_profile).transpose()?;
        let (records, mut problems) = read_records(file, profile.as_ref())?;
        let matching = Matching { by_file_name: request.by_file_name };
        let plan: ImportPlan = plan_import(&self.0.catalogue, file, records, matching)?;
        problems.extend(plan.problems.iter().cloned());
        let mut read = RecordsRead {
            records: plan.records.len() as u64,
            statements_added: plan.records.iter().map(|record| record.new.len() as u64).sum(),
            competing: plan.records.iter().map(|record| record.competing as u64).sum(),
            works_added: plan.new_works() as u64,
            problems,
            ..RecordsRead::default()
        };
        if !request.dry_run {
            let person = request.accept.then(|| self.person());
            let taken = plan.apply(&self.0.catalogue, person, now())?;
            read.works_added = taken.works_added;
            read.statements_added = taken.statements_added;
            read.accepted = taken.accepted;
        }
        Ok(read)
    }
}

fn read_profile(path: &Path) -> Result<CsvProfile, WorkbenchError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ExchangeError::Unreadable { file: path.to_path_buf(), reason: error.to_string() })?;
    Ok(CsvProfile::read(&text)?)
}
