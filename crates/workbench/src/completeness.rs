//! What a record lacks of a profile.

use vitrine_catalogue::{Completeness, Profile, WorkId};

use crate::{
    Workbench, WorkbenchError,
    record_plan::known,
    view::{CompletenessView, LackingView},
};

impl Workbench {
    /// How much of a profile a work's record has.
    pub fn completeness(&self, work: i64, profile: &str) -> Result<CompletenessView, WorkbenchError> {
        let profile = self.profile(profile)?;
        let statements = self.0.catalogue.statements(WorkId(work))?;
        let Completeness { met, needed, lacking, wanted } = profile.completeness(&statements);
        let stood_by = |property: &String| statements.iter().any(|s| s.property == *property && s.state.is_affirmed());
        let named = |numbers: Vec<usize>| -> Vec<LackingView> {
            let asked = numbers.into_iter().filter_map(|number| profile.requirements.get(number));
            let named = asked.map(|asked| LackingView {
                name: asked.name.clone(),
                properties: asked.any.clone(),
                not_understood: asked.any.iter().any(stood_by),
            });
            named.collect()
        };
        Ok(CompletenessView {
            met,
            needed,
            lacking: named(lacking),
            wanted: named(wanted),
            profile: profile.title.clone(),
        })
    }

    /// The profile of this key. Where there is none, and files of profiles cannot be used, the first of them is the answer.
    pub(crate) fn profile(&self, id: &str) -> Result<Profile, WorkbenchError> {
        let own = self.own_files();
        let found = known(&own)?.into_iter().find(|profile| profile.id == id);
        let missing = || WorkbenchError::NoProfile(id.to_owned());
        found.ok_or_else(|| own.faults.into_iter().next().unwrap_or_else(missing))
    }
}
