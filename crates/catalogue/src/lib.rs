//! The catalogue of a library: works, their scans, and every statement ever made about them, in one SQLite file.
//!
//! A library is a folder with `library.sqlite` in it. What anybody claims about a work is a [`Statement`]; what happened to it
//! (suggested, accepted, edited, rejected, superseded) is a log. Neither is ever changed or deleted: the state of a statement
//! is its last row in the log, and undo appends rows that restore the former states.
//!
//! What a value means (a date, measures, a maker) is read from its words when it is asked for; the words stay what somebody wrote.
//! Cards, the index of words and the facets are derived, and can be written anew from scans, statements and log at any time.
//!
//! Time, a person's name and paths come in as arguments; this crate asks neither a clock nor the environment.

mod actions;
mod audit;
mod backups;
mod batch_edit;
mod cards;
mod concepts;
mod conversations;
mod dates;
mod deciding;
mod decisions;
mod error;
mod exports;
mod find_replace;
mod fixity;
mod image_rows;
mod importing;
mod integrity;
mod judged;
mod library;
mod measures;
mod migrations;
mod moved;
mod names;
mod own_prompts;
mod own_properties;
mod packs;
mod preferences;
mod profiles;
mod properties;
mod read_only;
mod regions;
mod relinking;
mod saved_searches;
mod scan_places;
mod scans;
mod search;
mod shapes;
mod snapshot;
mod statements;
mod suggesting;
mod term_lists;
mod undoing;
mod waiting;
mod work_lists;
mod works;

pub use actions::Undone;
pub use audit::{LogQuery, LogRow};
pub use backups::{BACKUPS_FOLDER, Backup, Rehearsal, backups, rehearse_restore, restore_backup, rotate_backups};
pub use batch_edit::{BatchChange, BatchEdit, BatchPlan, LeftAlone, Qualifying, WorkEdit};
pub use cards::{Badge, BadgeCounts, WorkCard, WorkPage, WorkQuery, WorkSort};
pub use concepts::Concept;
pub use conversations::{Exchange, ExchangeId, NewExchange};
pub use dates::{Certainty, DatePoint, Day, EdtfDate, Extent, IntervalEnd, Limit, Part, read_date};
pub use deciding::{Act, Change};
pub use decisions::{LogEntry, State};
pub use error::{CatalogueError, Result};
pub use exports::ExportEntry;
pub use find_replace::FindReplace;
pub use fixity::{FixityCheck, FixityFinding, Original};
pub use image_rows::ImageRows;
pub use importing::{Claim, Incoming, TakenIn, Target};
pub use judged::Judged;
pub use library::{LIBRARY_FILE, Library};
pub use measures::{Amount, Measure, MeasureGroup, MeasureKind, Measures, Unit, read_measures};
pub use names::{Closeness, Maker, QUALIFIERS, ROLES, closeness, read_maker, split_qualifier};
pub use own_prompts::OwnPrompt;
pub use own_properties::{OwnProperty, key_for, read_own_properties, write_own_properties};
pub use packs::{Pack, SeenPack};
pub use profiles::{Completeness, Profile, Requirement};
pub use properties::{
    CORE_RECORD, Property, RIGHTS, ValueKind, core_property, is_decided_one_by_one, rights_name, rights_statement,
};
pub use regions::{Region, RegionContent, RegionId};
pub use saved_searches::SavedSearch;
pub use scan_places::Preparation;
pub use scans::{NewScan, Scan, ScanId};
pub use search::{Facet, FacetCount, Facets, Search, years_of_dates};
pub use shapes::Shape;
pub use snapshot::Snapshot;
pub use statements::{Alternative, Evidence, NewStatement, Source, Statement, StatementId};
pub use term_lists::{KeptList, KeptTerm, ListId, UnnamedValue};
pub use waiting::WaitingGroup;
pub use work_lists::WorkList;
pub use works::{Added, WorkId};
