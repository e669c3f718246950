//! Models that a person brings: folders of published weights, checked against what is known of them, and files of language models; remembered.

mod card;
mod check;
mod folder;
mod known;
pub(crate) mod loading;
mod registry;
mod sizes;

pub use card::{PackCard, REWRITER};
pub use check::{CheckedFolder, HashedFile, check_folder};
pub use folder::WeightsForm;
pub use known::{Architecture, KnownModel, LicencedPart, known_models};
pub use registry::{InstalledPack, InstalledPacks};
pub(crate) use sizes::ModelSizes;
