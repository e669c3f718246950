//! Labelled pictures: a folder with a table, and pictures of other things.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{InferenceError, PackPaths, Task, Years};

/// Which part of a data set a picture belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Fitted on.
    Train,
    /// Chooses settings, calibrates; learnt from too in the second pass.
    Validation,
    /// Only measured on.
    Test,
}

/// A labelled picture.
#[derive(Debug, Clone)]
pub struct Example {
    /// The image file.
    pub image: PathBuf,
    /// Its part.
    pub split: Split,
    /// What is known of it. A task that is missing is unknown, not "none".
    pub labels: BTreeMap<Task, String>,
    /// When the work was made, where that is known.
    pub made: Option<Years>,
}

impl Example {
    /// In which fifth of all painters its painter falls, by a hash of the name; `None` where nobody is named.
    pub(super) fn fifth(&self) -> Option<u8> {
        self.labels.get(&Task::Artist).map(|name| Sha256::digest(name.as_bytes())[0] % 5)
    }
}

/// A picture that is no artwork: a photograph, a document, a colour target.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// The image file.
    pub image: PathBuf,
    /// What it is: the name of the folder that it lies in.
    pub kind: String,
    /// Whether it is only measured on: half of them are, by a hash of the file's name.
    pub measured: bool,
}

/// A labelled data set.
#[derive(Debug, Clone, Default)]
pub struct DataSet {
    /// In the manifest's order.
    pub examples: Vec<Example>,
    /// Pictures that are no artworks, on which nothing should be named; perhaps none.
    pub strangers: Vec<Stranger>,
    /// The broad movement that a style belongs to, by the pack's `labels.toml`.
    pub(super) movements: BTreeMap<String, String>,
    /// When works of a label were made by what books say, by the pack's `labels.toml`.
    pub(super) periods: BTreeMap<String, Years>,
    /// Whether validation and test show only painters who are not learnt from.
    pub(super) artist_disjoint: bool,
}

impl DataSet {
    /// Reads `manifest.csv` in `folder` (columns `file`, `split`, `artist`, `style`, `genre`, and perhaps `year` with years as `1888` or
    /// `1880-1885`; rows of other splits than `train`, `val` and `test` are left out) and writes the labels as the pack's `labels.toml` spells them.
    pub fn read(folder: &Path, paths: &PackPaths) -> Result<Self, InferenceError> {
        let spelling = Spelling::read(&paths.manifest.join("labels.toml"))?;
        let path = folder.join("manifest.csv");
        let broken = |cause: csv::Error| InferenceError::Training(format!("{} can't be read: {cause}", path.display()));
        let mut reader = csv::Reader::from_path(&path).map_err(broken)?;
        let mut examples = Vec::new();
        for record in reader.deserialize() {
            let row: Row = record.map_err(broken)?;
            let split = match row.split.as_str() {
                "train" => Split::Train,
                "val" => Split::Validation,
                "test" => Split::Test,
                _ => continue,
            };
            let named = [(Task::Artist, row.artist), (Task::Genre, row.genre), (Task::Style, row.style)];
            let labels = named
                .into_iter()
                .filter(|(_, raw)| !raw.is_empty())
                .map(|(task, raw)| (task, spelling.shown(task, &raw)))
                .collect();
            examples.push(Example { image: folder.join(row.file), split, labels, made: years(&row.year) });
        }
        Ok(Self { examples, movements: spelling.movements(), periods: spelling.periods(), ..Self::default() })
    }

    /// Pictures labelled elsewhere, such as the works of a library; which part one belongs to is told by a hash of its `name`: one in six to validate, one in six to test.
    /// Styles belong to the movements of the pack's `labels.toml`.
    pub fn of(
        pictures: impl IntoIterator<Item = (String, PathBuf, BTreeMap<Task, String>, Option<Years>)>,
        paths: &PackPaths,
    ) -> Result<Self, InferenceError> {
        let spelling = Spelling::read(&paths.manifest.join("labels.toml"))?;
        let examples = pictures.into_iter().map(|(name, image, labels, made)| {
            let split = match Sha256::digest(name.as_bytes())[0] % 6 {
                0 => Split::Test,
                1 => Split::Validation,
                _ => Split::Train,
            };
            Example { image, split, labels, made }
        });
        let (movements, periods) = (spelling.movements(), spelling.periods());
        Ok(Self { examples: examples.collect(), movements, periods, ..Self::default() })
    }

    /// With the pictures of `folder` besides, which holds a folder for each kind of thing that is no artwork.
    pub fn with_strangers(mut self, folder: &Path) -> Result<Self, InferenceError> {
        let within = |folder: &Path| -> Result<Vec<PathBuf>, InferenceError> {
            let unreadable = |cause| InferenceError::file(folder, cause);
            let entries = std::fs::read_dir(folder).map_err(unreadable)?;
            let mut paths: Vec<PathBuf> =
                entries.map(|entry| Ok(entry?.path())).collect::<Result<_, _>>().map_err(unreadable)?;
            paths.sort();
            Ok(paths)
        };
        for kind in within(folder)?.into_iter().filter(|path| path.is_dir()) {
            for image in within(&kind)?.into_iter().filter(|path| path.is_file()) {
                let name = image.file_name().unwrap_or_default();
                let measured = Sha256::digest(name.as_encoded_bytes())[0].is_multiple_of(2);
                let kind = kind.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.strangers.push(Stranger { image, kind, measured });
            }
        }
        Ok(self)
    }

    /// The same pictures split by painter, so that validation and test show only painters who were never learnt from: a
    /// fifth of the painters each, by a hash of the name. Pictures without a painter are learnt from. Only what is not the painter's
    /// name can be measured on it.
    pub fn artist_disjoint(mut self) -> Self {
        self.artist_disjoint = true;
        for example in &mut self.examples {
            example.split = match example.fifth() {
                Some(0) => Split::Test,
                Some(1) => Split::Validation,
                _ => Split::Train,
            };
        }
        self
    }
}

/// A line of `manifest.csv`; an empty cell is an unknown.
#[derive(Deserialize)]
struct Row {
    file: String,
    split: String,
    artist: String,
    style: String,
    genre: String,
    #[serde(default)]
    year: String,
}

/// The years of a cell of the manifest, `1888`, `1880-1885` or `1880-85`; none where it says nothing, or something else.
fn years(cell: &str) -> Option<Years> {
    let (first, last) = cell.split_once('-').unwrap_or((cell, cell));
    // What is left out is as in the first year.
    let left_out = if last.is_empty() { "" } else { first.get(..first.len().checked_sub(last.len())?)? };
    let year = |text: &str| text.parse::<u16>().ok().map(i32::from);
    let years = Years { first: year(first)?, last: year(&format!("{left_out}{last}"))? };
    (years.first <= years.last).then_some(years)
}

/// How labels are shown: `labels.toml`, a table a task, from the data's spelling to the proper one. A label that is not
/// in it is right as it is. Two more tables say which movement a style belongs to, and from when to when works of a label were made.
#[derive(Deserialize)]
struct Spelling(BTreeMap<String, BTreeMap<String, String>>);

impl Spelling {
    fn read(path: &Path) -> Result<Self, InferenceError> {
        let text = std::fs::read_to_string(path).map_err(|cause| InferenceError::file(path, cause))?;
        toml::from_str(&text).map_err(|cause| InferenceError::broken(path, cause.message()))
    }

    fn movements(&self) -> BTreeMap<String, String> {
        self.0.get("movement").cloned().unwrap_or_default()
    }

    fn periods(&self) -> BTreeMap<String, Years> {
        let table = self.0.get("period").into_iter().flatten();
        table.filter_map(|(label, cell)| Some((label.clone(), years(cell)?))).collect()
    }

    fn shown(&self, task: Task, raw: &str) -> String {
        self.0.get(task.property()).and_then(|table| table.get(raw)).map_or(raw, |shown| shown).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_a_manifest_are_one_or_from_one_to_another() {
        let made = |first, last| Some(Years { first, last });
        assert_eq!(years("1888"), made(1888, 1888));
        assert_eq!(years("1880-1885"), made(1880, 1885));
        assert_eq!(years("1880-85"), made(1880, 1885));
        for cell in ["", "-", "c. 1888", "XVII century", "1885-1880", "1885-80", "85-1880", "1880-", "é-1", "1888-é"]
        {
            assert_eq!(years(cell), None, "{cell}");
        }
    }
}
