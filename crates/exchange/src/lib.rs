//! Records leave the library: LIDO, Linked Art, IIIF, Dublin Core, schema.org, CSV, XMP, BagIt, HTML, PDF; and come in: CSV, XLSX, LIDO, Linked Art, BagIt.
//!
//! A [`Record`] is what is known of one work; a [`RecordSource`] has many, those of a library are [`LibraryRecords`]. Only what a person stands by is in
//! them, unless asked otherwise. What a model said is marked as such in every format, with who accepted it and when. What a format cannot
//! carry [`losses`] says.

mod addresses;
mod bag;
mod csv_profile;
mod csv_table;
mod error;
mod folder;
mod format;
mod html;
mod iiif;
mod lido;
mod linked_art;
mod losses;
mod marks;
mod pdf;
mod read;
mod record;
mod simple_json;
mod text;
mod xmp;

pub use csv_profile::{Column, CsvProfile, Form};
pub use csv_table::write_csv;
pub use error::{ExchangeError, Result};
pub use folder::{Exported, Problem, free_name, write_file, write_into_folder};
pub use format::Format;
pub use lido::{LidoVersion, write_lido};
pub use linked_art::linked_art;
pub use losses::{Loss, losses};
pub use read::{FileRecord, ImportPlan, Matching, PlannedRecord, plan_import, read_records, sheets};
pub use record::{Issuer, LibraryRecords, Preview, Record, RecordSource, batch_id, preview, records};
