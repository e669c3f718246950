//! Records leave the library: CSV and LIDO 1.1.
//!
//! A [`Record`] is what is known of one work; [`records`] collects them from a library. Only what a person stands by is in
//! them, unless asked otherwise. What a model said is marked as such in every format, with who accepted it and when.

mod csv_table;
mod error;
mod folder;
mod lido;
mod marks;
mod record;
mod text;

pub use csv_table::write_csv;
pub use error::{ExchangeError, Result};
pub use folder::{Format, free_name, write_file, write_into_folder};
pub use lido::write_lido;
pub use record::{Issuer, Preview, Record, preview, records};
