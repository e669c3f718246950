//! Who works here, and where things lie.

use std::{
    env,
    path::{Path, PathBuf},
};

use vitrine_inference::{PackPaths, places};

/// What a workbench needs to know about its surroundings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The person whose decisions are recorded.
    pub person: String,
    /// The compact pack's folders; none when it was not found. Cataloguing by hand works without it.
    pub pack: Option<PackPaths>,
    /// The folder of the starter knowledge base.
    pub knowledge: PathBuf,
    /// The folder with the demonstration scans; it may be missing.
    pub demonstration: PathBuf,
    /// The folder with Iconclass's files; they may be missing.
    pub iconclass: PathBuf,
    /// The folder with fonts of scripts other than Latin, Greek and Cyrillic; they may be missing.
    pub fonts: PathBuf,
    /// The folder in which model packs that a person has added are noted.
    pub added_packs: PathBuf,
    /// A folder for what can be made again and serves every library, such as the knowledge base's index.
    pub cache: PathBuf,
    /// Whether works are looked at as they come in.
    pub suggest_on_import: bool,
}

impl Settings {
    /// Looks around: `resources` is what the application was installed with.
    ///
    /// The environment may say otherwise: `VITRINE_PERSON`, `VITRINE_KNOWLEDGE`, `VITRINE_DEMONSTRATION`, `VITRINE_ICONCLASS`, `VITRINE_FONTS`, `VITRINE_ADDED_PACKS`, and what [`PackPaths::compact`] reads.
    pub fn discover(resources: Option<&Path>) -> Self {
        let person = ["VITRINE_PERSON", "USER", "USERNAME"].iter().find_map(|name| variable(name));
        let folder = |name, otherwise: PathBuf| variable(name).map_or(otherwise, PathBuf::from);
        let cache = dirs::cache_dir().unwrap_or_else(env::temp_dir).join("vitrine");
        Self {
            person: person.unwrap_or_else(|| "curator".into()),
            pack: PackPaths::compact(resources).ok(),
            knowledge: folder("VITRINE_KNOWLEDGE", shipped(resources, "assets/knowledge")),
            demonstration: folder("VITRINE_DEMONSTRATION", cache.join("demonstration")),
            iconclass: folder("VITRINE_ICONCLASS", iconclass(resources, &cache)),
            fonts: folder("VITRINE_FONTS", cache.join("fonts")),
            cache,
            suggest_on_import: true,
            added_packs: folder(
                "VITRINE_ADDED_PACKS",
                dirs::data_dir().unwrap_or_else(|| PathBuf::from(".")).join("vitrine").join("packs"),
            ),
        }
    }
}

/// Where a library lies unless somebody says otherwise: `VITRINE_LIBRARY`, or a folder in the user's data folder.
pub fn default_library() -> PathBuf {
    variable("VITRINE_LIBRARY").map_or_else(
        || dirs::data_dir().unwrap_or_else(|| PathBuf::from(".")).join("vitrine").join("library"),
        PathBuf::from,
    )
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A folder that ships with the application, wherever it lies; if nowhere, where it should.
fn shipped(resources: Option<&Path>, name: &str) -> PathBuf {
    let found = places(resources).map(|base| base.join(name)).find(|folder| folder.is_dir());
    found.or_else(|| resources.map(|base| base.join(name))).unwrap_or_else(|| PathBuf::from(name))
}

/// Iconclass's files as a package brings them along, or else where set-up puts them.
fn iconclass(resources: Option<&Path>, cache: &Path) -> PathBuf {
    let mut installed = places(resources).map(|base| base.join("assets/iconclass"));
    installed.find(|folder| folder.join("notations.txt").is_file()).unwrap_or_else(|| cache.join("iconclass"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_application_was_installed_with_comes_first() {
        let installed = tempfile::tempdir().unwrap();
        let folder = installed.path().join("assets/knowledge");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(shipped(Some(installed.path()), "assets/knowledge"), folder);
        assert_ne!(shipped(None, "assets/knowledge"), folder);
    }

    #[test]
    fn iconclass_is_taken_from_a_package_that_has_it() {
        let installed = tempfile::tempdir().unwrap();
        let cache = Path::new("cache");
        let folder = installed.path().join("assets/iconclass");
        fs::create_dir_all(&folder).unwrap();
        assert_ne!(iconclass(Some(installed.path()), cache), folder, "a folder without its files is not it");
        fs::write(folder.join("notations.txt"), "").unwrap();
        assert_eq!(iconclass(Some(installed.path()), cache), folder);
    }
}
