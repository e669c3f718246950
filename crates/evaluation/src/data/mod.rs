//! Data sets as their authors publish them, read into one form.

pub(crate) mod files;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

pub use read::{Form, read};

use crate::EvaluationError;

/// A work, a question on one, or whatever else a data set has one of a line.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Item {
    /// Unique in the data set.
    pub id: String,
    /// `train`, `val`, `test`, …; none where the data set has no splits.
    pub split: Option<String>,
    /// The image, whether it is there or not.
    pub image: Option<PathBuf>,
    /// The work's title.
    pub title: Option<String>,
    /// What is true of it: property to values, `artist`, `genre`, `style`, `media`, `tag` and whatever else is told.
    pub labels: BTreeMap<String, Vec<String>>,
    /// What was written about it: kind (`visual`, `context`, `content`, `form`, `explanation`, `description`) to sentences or paragraphs.
    pub texts: BTreeMap<String, Vec<String>>,
    /// A question, or the instruction that an explanation answers.
    pub question: Option<String>,
    /// Its answers.
    pub answers: Vec<String>,
    /// Entities that the texts name.
    pub entities: Vec<String>,
}

/// A data set.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// As people call it, with the file or folder.
    pub name: String,
    /// In the order of the files.
    pub items: Vec<Item>,
    /// What is not there and is done without.
    pub lacks: Vec<String>,
}

impl DataSet {
    /// A hash of all that is asked and true, over which two runs can be compared. Where the images lie does not matter.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for item in &self.items {
            let part =
                (&item.id, &item.split, &item.labels, &item.texts, &item.question, &item.answers, &item.entities);
            // Strings in maps and lists: nothing that could fail to be written.
            hash.update(serde_json::to_vec(&part).unwrap_or_default());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The names of its splits.
    pub fn splits(&self) -> Vec<String> {
        let splits: BTreeSet<&String> = self.items.iter().filter_map(|item| item.split.as_ref()).collect();
        splits.into_iter().cloned().collect()
    }

    /// Only the items of a split.
    pub fn of_split(mut self, split: &str) -> Result<Self, EvaluationError> {
        let known = self.splits();
        if !known.iter().any(|name| name == split) {
            return Err(EvaluationError::NoSplit { name: self.name, split: split.to_owned(), known });
        }
        self.items.retain(|item| item.split.as_deref() == Some(split));
        self.name = format!("{}, {split}", self.name);
        Ok(self)
    }

    /// The same items split by painter, as `train --artist-disjoint` splits them, so that a classifier that was trained so can be measured on painters whom it never saw: `test` and
    /// `val` have a fifth of the painters each, by a hash of the name; works without one are in `train`. Names must be spelt as the model spells them.
    #[must_use]
    pub fn artist_disjoint(mut self) -> Self {
        for item in &mut self.items {
            let artist = item.labels.get("artist").and_then(|values| values.first());
            let split = match artist.map(|name| Sha256::digest(name.as_bytes())[0] % 5) {
                Some(0) => "test",
                Some(1) => "val",
                _ => "train",
            };
            item.split = Some(split.to_owned());
        }
        self.name = format!("{}, split by painter", self.name);
        self
    }

    /// Gives labels the spelling of a model: property, then the spelling here to the one there.
    pub fn respell(&mut self, spelling: &BTreeMap<String, BTreeMap<String, String>>) {
        for item in &mut self.items {
            for (property, values) in &mut item.labels {
                let Some(spelling) = spelling.get(property) else { continue };
                for value in values {
                    if let Some(proper) = spelling.get(value) {
                        value.clone_from(proper);
                    }
                }
            }
        }
    }

    fn named(form: &str, place: &Path) -> Self {
        Self { name: format!("{form} ({})", place.display()), items: Vec::new(), lacks: Vec::new() }
    }
}
