//! What records of this library hold and should have: properties and profiles, shipped and of one's own, and changes to the latter.

use vitrine_catalogue::{
    CORE_RECORD, OwnProperty, Profile, Requirement, Search, ValueKind, key_for, write_own_properties,
};

use crate::{
    Workbench, WorkbenchError,
    error::ProfileFault,
    own_files::{OwnFiles, OwnProfile, fault, read_if_there, understood, write_whole},
    view::{
        OwnPropertyView, ProfileEdit, ProfileView, PropertyEdit, PropertyKind, RecordPlanView, RequirementView,
        WorkbenchEvent,
    },
};

impl Workbench {
    /// The library's own properties, the profiles, and what is wrong with its files of them.
    pub fn record_plan(&self) -> Result<RecordPlanView, WorkbenchError> {
        let own = self.own_files();
        let mut properties: Vec<OwnPropertyView> = Vec::new();
        let brought =
            own.profiles.iter().flat_map(|of| of.profile.properties.iter().map(move |p| (p, Some(&of.profile))));
        for (property, profile) in own.properties.iter().map(|p| (p, None)).chain(brought) {
            if !properties.iter().any(|earlier| earlier.key == property.key) {
                properties.push(property_view(property, profile));
            }
        }
        let groups: Vec<Vec<String>> = properties.iter().map(|property| vec![property.key.clone()]).collect();
        let works = self.0.catalogue.badges()?.works();
        let lacking = self.0.catalogue.count_lacking(&Search::default(), &groups)?;
        for (property, lacking) in properties.iter_mut().zip(lacking) {
            property.works = works.saturating_sub(lacking);
        }
        let of_own = |profile: &Profile| own.profiles.iter().any(|of| of.profile.id == profile.id);
        let profiles = known(&own)?.into_iter().map(|profile| profile_view(of_own(&profile), profile)).collect();
        Ok(RecordPlanView {
            properties,
            profiles,
            faults: own.faults.iter().map(ToString::to_string).collect(),
            folder: self.0.catalogue.folder().display().to_string(),
        })
    }

    /// Changes an own property, or makes one: under the key that is given, else under one made of its name.
    pub fn save_property(&self, key: Option<&str>, edit: &PropertyEdit) -> Result<RecordPlanView, WorkbenchError> {
        let label = edit.label.trim();
        if label.is_empty() {
            return Err(WorkbenchError::Nameless("the property"));
        }
        let mut own = self.own_files();
        self.usable(&own)?;
        let same = |other: &OwnProperty| other.label.to_lowercase() == label.to_lowercase();
        if own.all_properties().any(|other| Some(other.key.as_str()) != key && same(other)) {
            return Err(WorkbenchError::PropertyTwice(label.to_owned()));
        }
        let taken = |key: &str| CORE_RECORD.iter().any(|core| core.key == key) || own.property(key).is_some();
        let key = key.map_or_else(|| key_for(label, "property", taken), str::to_owned);
        let property = OwnProperty {
            key,
            label: label.to_owned(),
            kind: value_kind(edit.kind),
            list: edit.list.as_deref().map(str::trim).filter(|list| !list.is_empty()).map(str::to_owned),
            repeatable: edit.repeatable,
        };
        let known = own.properties.iter().position(|known| known.key == property.key);
        if known.is_none() && own.property(&property.key).is_some() {
            return Err(self.brought_along(&own, &property.key));
        }
        match known.and_then(|at| own.properties.get_mut(at)) {
            Some(known) => *known = property,
            None => own.properties.push(property),
        }
        self.write_properties(&own.properties)
    }

    /// Deletes an own property, which nothing may use any more.
    pub fn delete_property(&self, key: &str) -> Result<RecordPlanView, WorkbenchError> {
        let mut own = self.own_files();
        self.usable(&own)?;
        let Some(at) = own.properties.iter().position(|property| property.key == key) else {
            return Err(match own.property(key) {
                Some(_) => self.brought_along(&own, key),
                None => WorkbenchError::NoOwnProperty(key.to_owned()),
            });
        };
        let label = own.properties.remove(at).label;
        let works = self.0.catalogue.works_with_property(key)?;
        if works > 0 {
            return Err(WorkbenchError::PropertyUsed { label, works });
        }
        let asks =
            |of: &&OwnProfile| of.profile.requirements.iter().any(|asked| asked.any.iter().any(|any| any == key));
        let brings = |of: &OwnProfile| of.profile.properties.iter().any(|property| property.key == key);
        if let Some(asking) = own.profiles.iter().filter(|of| !brings(of)).find(asks) {
            return Err(WorkbenchError::PropertyAskedFor { label, profile: asking.profile.title.clone() });
        }
        self.write_properties(&own.properties)
    }

    /// Changes a profile of one's own, or makes one: under the key that is given, else under one made of its name.
    pub fn save_profile(&self, id: Option<&str>, edit: &ProfileEdit) -> Result<RecordPlanView, WorkbenchError> {
        let title = edit.title.trim();
        if title.is_empty() {
            return Err(WorkbenchError::Nameless("the profile"));
        }
        let own = self.own_files();
        self.usable(&own)?;
        let all = known(&own)?;
        if all.iter().any(|other| Some(other.id.as_str()) != id && other.title.to_lowercase() == title.to_lowercase()) {
            return Err(WorkbenchError::ProfileTwice(title.to_owned()));
        }
        let id = match id {
            Some(id) => id.to_owned(),
            None => key_for(title, "profile", |key| {
                all.iter().any(|profile| profile.id == key)
                    || self.own_profiles_folder().join(format!("{key}.toml")).exists()
            }),
        };
        let former = own.profiles.iter().find(|of| of.profile.id == id);
        if former.is_none() && all.iter().any(|profile| profile.id == id) {
            return Err(WorkbenchError::ProfileShipped(title.to_owned()));
        }
        let profile = Profile {
            title: title.to_owned(),
            properties: former.map(|of| of.profile.properties.clone()).unwrap_or_default(),
            requirements: edit.requirements.iter().map(requirement).collect(),
            library_properties: own.properties.clone(),
            id,
        };
        let file = former.map(|of| of.file.clone());
        let file = file.unwrap_or_else(|| self.own_profiles_folder().join(format!("{}.toml", profile.id)));
        let text = profile.write(former.map_or("", |of| of.text.as_str())).map_err(WorkbenchError::Catalogue)?;
        write_whole(&file, &text)?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.record_plan()
    }

    /// Deletes a profile of one's own, file and all. Properties that it brought along must not be in use.
    pub fn delete_profile(&self, id: &str) -> Result<RecordPlanView, WorkbenchError> {
        let own = self.own_files();
        let Some(of) = own.profiles.iter().find(|of| of.profile.id == id) else {
            return Err(WorkbenchError::NoProfile(id.to_owned()));
        };
        for property in &of.profile.properties {
            let works = self.0.catalogue.works_with_property(&property.key)?;
            let elsewhere = own.properties.iter().any(|other| other.key == property.key);
            if works > 0 && !elsewhere {
                return Err(WorkbenchError::PropertyUsed { label: property.label.clone(), works });
            }
        }
        std::fs::remove_file(&of.file).map_err(|cause| fault(&of.file, ProfileFault::Unwritable(cause)))?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.record_plan()
    }

    /// Refuses to add a value to a work that may have one only and has it.
    pub(crate) fn has_room_for(&self, work: i64, property: &str) -> Result<(), WorkbenchError> {
        let own = self.own_files();
        let Some(single) = own.property(property).filter(|own| !own.repeatable) else { return Ok(()) };
        let statements = self.0.catalogue.statements(vitrine_catalogue::WorkId(work))?;
        let stands = statements.into_iter().find(|s| s.property == property && s.state.is_affirmed());
        match stands.and_then(|statement| statement.value) {
            Some(value) => Err(WorkbenchError::OneValueOnly { label: single.label.clone(), value }),
            None => Ok(()),
        }
    }

    fn write_properties(&self, properties: &[OwnProperty]) -> Result<RecordPlanView, WorkbenchError> {
        let file = self.own_properties_file();
        let former = read_if_there(&file)?;
        write_whole(&file, &understood(&file, write_own_properties(&former, properties))?)?;
        self.announce(WorkbenchEvent::LibraryChanged);
        self.record_plan()
    }

    /// Nothing is changed while a file cannot be understood: what it says would be lost from view, or refer to nothing.
    fn usable(&self, own: &OwnFiles) -> Result<(), WorkbenchError> {
        own.faults.first().map_or(Ok(()), |fault| Err(WorkbenchError::FilesFirst(fault.to_string())))
    }

    fn brought_along(&self, own: &OwnFiles, key: &str) -> WorkbenchError {
        let brings = own.profiles.iter().find(|of| of.profile.properties.iter().any(|property| property.key == key));
        let label = own.property(key).map_or_else(|| key.to_owned(), |property| property.label.clone());
        let file = brings.map_or_else(|| self.own_profiles_folder(), |of| of.file.clone());
        WorkbenchError::PropertyBroughtAlong { label, file }
    }
}

/// The profiles that the program brings along, and those of the library's folder, which replace one of the same key.
pub(crate) fn known(own: &OwnFiles) -> Result<Vec<Profile>, WorkbenchError> {
    let mut profiles = Profile::shipped()?;
    for of in &own.profiles {
        profiles.retain(|profile| profile.id != of.profile.id);
        profiles.push(of.profile.clone());
    }
    Ok(profiles)
}

fn property_view(property: &OwnProperty, profile: Option<&Profile>) -> OwnPropertyView {
    OwnPropertyView {
        key: property.key.clone(),
        label: property.label.clone(),
        kind: kind_view(property.kind),
        list: property.list.clone(),
        repeatable: property.repeatable,
        works: 0,
        profile: profile.map(|profile| profile.title.clone()),
    }
}

fn profile_view(own: bool, profile: Profile) -> ProfileView {
    let requirements = profile.requirements.into_iter().map(|asked| RequirementView {
        name: asked.name,
        any: asked.any,
        needed: asked.needed,
        understood: asked.understood,
    });
    ProfileView { id: profile.id, title: profile.title, own, requirements: requirements.collect() }
}

fn requirement(view: &RequirementView) -> Requirement {
    Requirement {
        name: view.name.trim().to_owned(),
        any: view.any.clone(),
        needed: view.needed,
        understood: view.understood,
    }
}

fn kind_view(kind: ValueKind) -> PropertyKind {
    match kind {
        ValueKind::Text => PropertyKind::Text,
        ValueKind::Term => PropertyKind::Term,
        ValueKind::Maker => PropertyKind::Maker,
        ValueKind::Date => PropertyKind::Date,
        ValueKind::Measures => PropertyKind::Measures,
        ValueKind::Rights => PropertyKind::Rights,
        ValueKind::Identifier => PropertyKind::Identifier,
    }
}

fn value_kind(kind: PropertyKind) -> ValueKind {
    match kind {
        PropertyKind::Text => ValueKind::Text,
        PropertyKind::Term => ValueKind::Term,
        PropertyKind::Maker => ValueKind::Maker,
        PropertyKind::Date => ValueKind::Date,
        PropertyKind::Measures => ValueKind::Measures,
        PropertyKind::Rights => ValueKind::Rights,
        PropertyKind::Identifier => ValueKind::Identifier,
    }
}
