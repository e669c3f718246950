//! Records come in: tables, LIDO, Linked Art, bags.

use std::path::Path;

use vitrine_catalogue::Target;
use vitrine_exchange::{
    CsvProfile, ExchangeError, ImportPlan, Matching, PlannedRecord, plan_import, read_records, sheets,
};

use crate::{
    Workbench, WorkbenchError,
    dating::DATE,
    view::{ClaimView, ColumnsView, RecordChangeView, RecordsRequest, RecordsView, WorkbenchEvent},
    workbench::now,
};

/// Records whose changes are shown before they are made.
const SHOWN: usize = 100;

impl Workbench {
    /// What tables of other systems can be read by.
    pub fn columns(&self) -> Result<Vec<ColumnsView>, WorkbenchError> {
        let shipped = CsvProfile::shipped()?.into_iter();
        Ok(shipped.map(|profile| ColumnsView { id: profile.id, title: profile.title }).collect())
    }

    /// The sheets of a workbook that records are read from; none for other files.
    pub fn sheets(&self, file: &Path) -> Result<Vec<String>, WorkbenchError> {
        Ok(sheets(file)?)
    }

    /// What reading records of a table, of LIDO, of Linked Art, or of a bag's folder would change; nothing is.
    pub fn records_preview(&self, request: &RecordsRequest) -> Result<RecordsView, WorkbenchError> {
        let (plan, problems) = self.plan(request)?;
        self.records_view(&plan, problems)
    }

    /// Reads records of a table, of LIDO, of Linked Art, or of a bag's folder into the library, all of them or none.
    pub fn import_records(&self, request: &RecordsRequest) -> Result<RecordsView, WorkbenchError> {
        let (plan, problems) = self.plan(request)?;
        let view = self.records_view(&plan, problems)?;
        let person = request.accept.then(|| self.person());
        let known = self.0.catalogue.badges()?.works();
        let taken = plan.apply(&self.0.catalogue, person, now())?;
        self.announce(WorkbenchEvent::LibraryChanged);
        for record in plan.records.iter().filter(|record| record.new.iter().any(|claim| claim.property == DATE)) {
            if let Target::Known(work) = record.target {
                self.follow_date(work)?;
            }
        }
        if self.0.settings.suggest_on_import && self.0.catalogue.badges()?.works() > known {
            self.resume_suggestions()?;
        }
        Ok(RecordsView {
            works_added: taken.works_added,
            statements_added: taken.statements_added,
            accepted: taken.accepted,
            ..view
        })
    }

    fn plan(&self, request: &RecordsRequest) -> Result<(ImportPlan, Vec<String>), WorkbenchError> {
        let profile = request.profile.as_deref().map(columns).transpose()?;
        let (records, mut problems) = read_records(&request.file, profile.as_ref(), request.sheet.as_deref())?;
        let matching = Matching { by_file_name: request.by_file_name };
        let plan = plan_import(&self.0.catalogue, &request.file, records, matching)?;
        problems.extend(plan.problems.iter().cloned());
        Ok((plan, problems))
    }

    fn records_view(&self, plan: &ImportPlan, problems: Vec<String>) -> Result<RecordsView, WorkbenchError> {
        let changes = |record: &&PlannedRecord| !record.new.is_empty() || matches!(record.target, Target::New(_));
        let changing = plan.records.iter().filter(changes);
        let shown = changing.clone().take(SHOWN).map(|record| self.change(record));
        Ok(RecordsView {
            records: plan.records.len() as u64,
            statements_added: plan.records.iter().map(|record| record.new.len() as u64).sum(),
            competing: plan.records.iter().map(|record| record.competing as u64).sum(),
            works_added: plan.new_works() as u64,
            accepted: 0,
            problems,
            changing: changing.clone().count() as u64,
            changes: shown.collect::<Result<_, WorkbenchError>>()?,
        })
    }

    fn change(&self, record: &PlannedRecord) -> Result<RecordChangeView, WorkbenchError> {
        let (work, title, known) = match &record.target {
            Target::Known(work) => {
                (Some(work.0), self.0.catalogue.work_card(*work)?.title, self.0.catalogue.statements(*work)?)
            }
            Target::New(scan) => (None, scan.path.display().to_string(), Vec::new()),
        };
        let claims = record.new.iter().map(|claim| ClaimView {
            property: claim.property.clone(),
            value: match &claim.qualifier {
                Some(qualifier) => format!("{qualifier} {}", claim.value),
                None => claim.value.clone(),
            },
            competing: known.iter().any(|old| old.property == claim.property && old.state.is_affirmed()),
        });
        Ok(RecordChangeView { place: record.place.clone(), work, title, claims: claims.collect() })
    }
}

/// A profile that ships, by its key, or one of one's own, by its file.
fn columns(profile: &str) -> Result<CsvProfile, WorkbenchError> {
    if let Some(shipped) = CsvProfile::shipped()?.into_iter().find(|shipped| shipped.id == profile) {
        return Ok(shipped);
    }
    let file = Path::new(profile);
    let text = std::fs::read_to_string(file)
        .map_err(|error| ExchangeError::Unreadable { file: file.to_path_buf(), reason: error.to_string() })?;
    Ok(CsvProfile::read(&text)?)
}
