//! Models that a person brings: folders of published weights, checked against what is known of them, and remembered.

mod check;
mod known;
mod registry;

pub use check::{CheckedFolder, HashedFile, WeightsForm, check_folder};
pub use known::{Architecture, KnownModel, LicencedPart, known_models};
pub use registry::{InstalledPack, InstalledPacks};
