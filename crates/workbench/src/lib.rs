//! The open library and everything a curator does with it: one public function each.
//!
//! Both front doors, the window and the command line, call [`Workbench`] and show the values of [`view`].

mod ask;
mod audit;
mod batch_edit;
mod collections;
mod completeness;
mod conversations;
mod curated;
mod desk;
mod error;
pub mod evaluation;
mod export;
mod export_preview;
mod file_says;
mod finding;
pub mod iconclass;
mod import;
mod import_records;
mod jobs;
mod learning;
mod models;
mod near;
mod own_records;
mod packs;
mod patches;
mod prompts;
mod regions;
mod review;
mod safety;
mod scale;
mod scope;
mod settings;
mod similar;
mod suggest;
mod supported;
mod term_lists;
mod tiles;
mod together;
pub mod training;
mod training_report;
mod turns;
pub mod view;
mod views;
mod workbench;

pub use ask::Listener;
pub use collections::{KnowledgeAdded, KnowledgeRequest};
pub use error::{ProfileFault, WorkbenchError};
pub use jobs::Observer;
pub use packs::{add_pack, packs, remove_pack};
pub use safety::restore;
pub use settings::{Settings, default_library};
pub use vitrine_inference::keep_dropped_buffers;
pub use vitrine_inference::model_pack::{HashedFile, InstalledPack, WeightsForm};
pub use vitrine_sources::subject::Subject;
pub use workbench::Workbench;
