//! What a record should have: profiles, shipped and of one's own.

use std::{fs, path::PathBuf};

use vitrine_catalogue::{Completeness, Profile, WorkId};

use crate::{
    Workbench, WorkbenchError,
    error::ProfileFault,
    view::{CompletenessView, LackingView, OwnPropertyView, ProfileView},
};

/// The folder in a library's folder that profiles of one's own are read from.
const OWN_PROFILES: &str = "profiles";

impl Workbench {
    /// The profiles that completeness can be told by.
    pub fn profiles(&self) -> Result<Vec<ProfileView>, WorkbenchError> {
        let profiles = self.known_profiles()?.into_iter().map(|profile| ProfileView {
            id: profile.id,
            title: profile.title,
            properties: profile
                .properties
                .into_iter()
                .map(|own| OwnPropertyView { key: own.key, label: own.label })
                .collect(),
        });
        Ok(profiles.collect())
    }

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

    /// The profile of this key.
    pub(crate) fn profile(&self, id: &str) -> Result<Profile, WorkbenchError> {
        let known = self.known_profiles()?.into_iter().find(|profile| profile.id == id);
        known.ok_or_else(|| WorkbenchError::NoProfile(id.to_owned()))
    }

    /// The profiles that the program brings along, and those in the library's folder `profiles` (`*.toml`), which replace one of the
    /// same key.
    pub(crate) fn known_profiles(&self) -> Result<Vec<Profile>, WorkbenchError> {
        let mut profiles = Profile::shipped()?;
        for file in self.own_profiles()? {
            let fault = |cause| WorkbenchError::Profile { file: file.clone(), cause: Box::new(cause) };
            let text = fs::read_to_string(&file).map_err(|cause| fault(ProfileFault::Unreadable(cause)))?;
            let own = Profile::read(&text).map_err(|cause| fault(ProfileFault::NotUnderstood(cause)))?;
            profiles.retain(|profile| profile.id != own.id);
            profiles.push(own);
        }
        Ok(profiles)
    }

    fn own_profiles(&self) -> Result<Vec<PathBuf>, WorkbenchError> {
        let folder = self.0.catalogue.folder().join(OWN_PROFILES);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Nobody has made one.
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => {
                let cause = Box::new(ProfileFault::Unreadable(cause));
                return Err(WorkbenchError::Profile { file: folder, cause });
            }
        };
        let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
        files.sort();
        Ok(files)
    }
}
