//! Predictions as JSON lines: written while a run goes on, read again when it is resumed, and read from models that were trained elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Environment;
use crate::data::DataSet;
use crate::{EvaluationError, data_files};

/// A label with how sure the model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The label.
    pub label: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// A sentence that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// The words of the passages that it names; none where it names nothing.
    #[serde(default)]
    pub quotes: Vec<String>,
}

/// What was answered for an item. Fields that a task has no use for are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The item's id in the data set.
    pub id: String,
    /// By property, the surest first; a property that it abstains on has an empty list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Vec<Label>>,
    /// Ids of what was found, best first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Vec<String>>,
    /// A text as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Or sentence by sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Vec<Sentence>>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Prediction {
    /// All that was said, empty for nothing.
    pub fn said(&self) -> String {
        match (&self.text, &self.sentences) {
            (Some(text), _) => text.clone(),
            (None, Some(sentences)) => {
                sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" ")
            }
            (None, None) => String::new(),
        }
    }
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    environment: Environment,
}

/// The file of a run that goes on.
pub(super) struct Store {
    file: PathBuf,
    writer: BufWriter<File>,
    pub(super) done: HashMap<String, Prediction>,
}

impl Store {
    /// Begins the file, or goes on with the one that the same run left behind. What was only half written is done again.
    pub(super) fn open(folder: &Path, environment: &Environment) -> Result<Self, EvaluationError> {
        std::fs::create_dir_all(folder).map_err(|cause| EvaluationError::file(folder, cause))?;
        let file = folder.join("predictions.jsonl");
        let failed = |cause| EvaluationError::file(&file, cause);
        let mut done = HashMap::new();
        if file.exists() {
            let bytes = std::fs::read(&file).map_err(failed)?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let text = String::from_utf8_lossy(&bytes[..whole]);
            let mut lines = text.lines();
            if let Some(header) = lines.next().and_then(|line| serde_json::from_str::<Header>(line).ok()) {
                let mut kept = header.environment;
                // Another machine, or other ways to score, may go on with the same predictions.
                (kept.machine, kept.resamples) = (environment.machine.clone(), environment.resamples);
                kept.vocabulary_deletion = environment.vocabulary_deletion;
                if kept != *environment {
                    let reason = "the folder holds another run (task, pack, data or sample differ)".into();
                    return Err(EvaluationError::OtherDataSet { file, name: environment.data.clone(), reason });
                }
                done = lines
                    .filter_map(|line| serde_json::from_str(line).ok())
                    .map(|p: Prediction| (p.id.clone(), p))
                    .collect();
                let kept = OpenOptions::new().write(true).open(&file).map_err(failed)?;
                kept.set_len(whole as u64).map_err(failed)?;
            } else if !bytes.is_empty() {
                return Err(EvaluationError::broken(&file, "line 1", "no run of ours; name another folder with --out"));
            }
        }
        let begun = file.exists() && file.metadata().is_ok_and(|meta| meta.len() > 0);
        let writer = OpenOptions::new().create(true).append(true).open(&file).map_err(failed)?;
        let mut store = Self { writer: BufWriter::new(writer), done, file };
        if !begun {
            store.line(&Header { environment: environment.clone() })?;
        }
        Ok(store)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), EvaluationError> {
        let written = serde_json::to_vec(value).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.writer.write_all(&line)?;
            self.writer.flush()
        });
        written.map_err(|cause| EvaluationError::file(&self.file, cause))
    }

    pub(super) fn keep(&mut self, prediction: Prediction) -> Result<(), EvaluationError> {
        self.line(&prediction)?;
        self.done.insert(prediction.id.clone(), prediction);
        Ok(())
    }
}

/// Predictions of a model that was trained elsewhere, one JSON object a line, by id. Every one must belong to `data`.
pub(super) fn read(file: &Path, data: &DataSet) -> Result<HashMap<String, Prediction>, EvaluationError> {
    let text = data_files::utf8(file, "name the file with the model's outputs, a JSON object a line")?;
    let ids: std::collections::HashSet<&str> = data.items.iter().map(|item| item.id.as_str()).collect();
    let mut predictions = HashMap::new();
    let other = |reason| EvaluationError::OtherDataSet { file: file.to_path_buf(), name: data.name.clone(), reason };
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let not_a_number =
            |what: String| EvaluationError::NotANumber { file: file.to_path_buf(), line: number + 1, what };
        if let Ok(Header { environment }) = serde_json::from_str(line) {
            if environment.data_sha256 != data.sha256() {
                return Err(other(format!("it was made on {}", environment.data)));
            }
            continue;
        }
        let prediction: Prediction = serde_json::from_str(line).map_err(|error| {
            // Python writes these, though JSON has no such numbers; and they may only stand outside of strings.
            let outside: String = line.split('"').step_by(2).collect();
            if outside.contains("NaN")
                || outside.contains("Infinity")
                || error.to_string().contains("number out of range")
            {
                not_a_number("a confidence".into())
            } else {
                EvaluationError::broken(
                    file,
                    format!("line {}", number + 1),
                    format!("not a prediction ({error}); docs/evaluation.md shows how one is written"),
                )
            }
        })?;
        if let Some(label) = prediction.labels.values().flatten().find(|label| !label.confidence.is_finite()) {
            return Err(not_a_number(format!("the confidence of “{}”", label.label)));
        }
        if !ids.contains(prediction.id.as_str()) {
            return Err(other(format!("line {} speaks of “{}”, which it does not have", number + 1, prediction.id)));
        }
        predictions.insert(prediction.id.clone(), prediction);
    }
    if predictions.is_empty() {
        return Err(EvaluationError::broken(
            file,
            "line 1",
            "no prediction; a line looks like {\"id\": \"…\", \"text\": \"…\"}",
        ));
    }
    Ok(predictions)
}
