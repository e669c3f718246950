//! Two runs over the same cases, side by side.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{Environment, Figures};
use crate::EvaluationError;
use crate::metrics::interval::Difference;

/// The difference of one figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What of.
    pub of: String,
    /// The metric.
    pub metric: String,
    /// The first run's figure.
    pub first: f64,
    /// The second run's figure.
    pub second: f64,
    /// The second less the first.
    pub paired: Difference,
    /// Cases that both answered.
    pub cases: usize,
}

/// Compares the runs in two folders, the second against the first. Both must be of the same task and data.
pub fn compare(first: &Path, second: &Path, resamples: usize, seed: u64) -> Result<Vec<Comparison>, EvaluationError> {
    let (one, other) = (read(first)?, read(second)?);
    let no_pair =
        |reason: String| EvaluationError::NoPair { first: first.to_path_buf(), second: second.to_path_buf(), reason };
    if one.0.task != other.0.task {
        return Err(no_pair(format!("one is {}, the other {}", one.0.task.name(), other.0.task.name())));
    }
    if one.0.data_sha256 != other.0.data_sha256 {
        return Err(no_pair(format!(
            "they were made on different data ({} and {}), or on other parts of it",
            one.0.data, other.0.data
        )));
    }
    if one.0.vocabulary_deletion != other.0.vocabulary_deletion {
        return Err(no_pair(
            "only one of them dropped generated words that occur in no reference; score both alike".into(),
        ));
    }
    let mut compared = Vec::new();
    for figure in &one.1.figures {
        let same =
            other.1.figures.iter().find(|f| f.of == figure.of && f.metric == figure.metric && f.cases == figure.cases);
        let Some(same) = same else { continue };
        let Some(paired) = figure.column.difference(&same.column, resamples, seed) else { continue };
        compared.push(Comparison {
            of: figure.of.clone(),
            metric: figure.metric.clone(),
            first: figure.interval.value,
            second: same.interval.value,
            paired,
            cases: figure.cases.len(),
        });
    }
    if compared.is_empty() {
        return Err(no_pair("no figure is over the same cases in both".into()));
    }
    Ok(compared)
}

fn read(folder: &Path) -> Result<(Environment, Figures), EvaluationError> {
    let part = |name: &str| {
        let file = folder.join(name);
        let advice = "; name a folder that `eval` has written".to_owned();
        let text = fs::read(&file).map_err(|cause| EvaluationError::File { file: file.clone(), cause, advice })?;
        Ok::<_, EvaluationError>((file, text))
    };
    let broken = |file: &Path, error: serde_json::Error| {
        EvaluationError::broken(file, format!("line {}", error.line()), format!("{error}; run the evaluation again"))
    };
    let (file, text) = part("environment.json")?;
    let environment = serde_json::from_slice(&text).map_err(|error| broken(&file, error))?;
    let (file, text) = part("metrics.json")?;
    Ok((environment, serde_json::from_slice(&text).map_err(|error| broken(&file, error))?))
}
