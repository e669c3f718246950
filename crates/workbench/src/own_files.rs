//! What a library's folder says of records: properties and profiles of its own, in files that people may write by hand.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use vitrine_catalogue::{OwnProperty, Profile, read_own_properties};

use crate::{Workbench, WorkbenchError, error::ProfileFault};

/// The file in a library's folder that has its own properties.
pub(crate) const OWN_PROPERTIES: &str = "properties.toml";
/// The folder in a library's folder that profiles of one's own are read from.
pub(crate) const OWN_PROFILES: &str = "profiles";

/// A profile of one's own.
pub(crate) struct OwnProfile {
    /// Its file.
    pub(crate) file: PathBuf,
    /// What the file says.
    pub(crate) text: String,
    /// What that means.
    pub(crate) profile: Profile,
}

/// What a library's folder says, and which of its files cannot be used.
pub(crate) struct OwnFiles {
    pub(crate) properties: Vec<OwnProperty>,
    /// By the names of their files.
    pub(crate) profiles: Vec<OwnProfile>,
    pub(crate) faults: Vec<WorkbenchError>,
}

impl OwnFiles {
    /// All own properties: the library's, then those that profiles bring along.
    pub(crate) fn all_properties(&self) -> impl Iterator<Item = &OwnProperty> {
        let brought = self.profiles.iter().flat_map(|own| &own.profile.properties);
        self.properties.iter().chain(brought)
    }

    /// The own property of this key.
    pub(crate) fn property(&self, key: &str) -> Option<&OwnProperty> {
        self.all_properties().find(|property| property.key == key)
    }
}

impl Workbench {
    /// Reads what the library's folder says of records. A file that cannot be used is left out, and named among the faults.
    pub(crate) fn own_files(&self) -> OwnFiles {
        let mut own = OwnFiles { properties: Vec::new(), profiles: Vec::new(), faults: Vec::new() };
        let file = self.own_properties_file();
        match read_if_there(&file).and_then(|text| understood(&file, read_own_properties(&text))) {
            Ok(properties) => own.properties = properties,
            Err(fault) => own.faults.push(fault),
        }
        let files = match self.profile_files() {
            Ok(files) => files,
            Err(fault) => {
                own.faults.push(fault);
                Vec::new()
            }
        };
        for file in files {
            let read = read_if_there(&file).and_then(|text| {
                let profile = understood(&file, Profile::read(&text, &own.properties))?;
                Ok(OwnProfile { file: file.clone(), text, profile })
            });
            match read {
                Ok(profile) => own.profiles.push(profile),
                Err(fault) => own.faults.push(fault),
            }
        }
        own
    }

    pub(crate) fn own_properties_file(&self) -> PathBuf {
        self.0.catalogue.folder().join(OWN_PROPERTIES)
    }

    pub(crate) fn own_profiles_folder(&self) -> PathBuf {
        self.0.catalogue.folder().join(OWN_PROFILES)
    }

    fn profile_files(&self) -> Result<Vec<PathBuf>, WorkbenchError> {
        let folder = self.own_profiles_folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Nobody has made one.
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(fault(&folder, ProfileFault::Unreadable(cause))),
        };
        let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
        files.sort();
        Ok(files)
    }
}

/// A file's text; empty where there is none.
pub(crate) fn read_if_there(file: &Path) -> Result<String, WorkbenchError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(cause) => Err(fault(file, ProfileFault::Unreadable(cause))),
    }
}

/// Writes a file of one's own, whole or not at all.
pub(crate) fn write_whole(file: &Path, text: &str) -> Result<(), WorkbenchError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut staged = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
        staged.write_all(text.as_bytes())?;
        staged.as_file().sync_all()?;
        staged.persist(file).map(drop).map_err(|error| error.error)
    };
    write().map_err(|cause| fault(file, ProfileFault::Unwritable(cause)))
}

pub(crate) fn understood<T>(file: &Path, read: vitrine_catalogue::Result<T>) -> Result<T, WorkbenchError> {
    read.map_err(|cause| fault(file, ProfileFault::NotUnderstood(cause)))
}

pub(crate) fn fault(file: &Path, cause: ProfileFault) -> WorkbenchError {
    WorkbenchError::Profile { file: file.to_path_buf(), cause: Box::new(cause) }
}
