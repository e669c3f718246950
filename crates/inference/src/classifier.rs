//! Artist, genre and style from an image's rows: LICN, calibrated, and silent where it does not know.

use std::sync::Arc;

use vitrine_retrieval::MultiVector;

use crate::adaptation::{Adaptation, Confirmed};
use crate::curator::{Decision, LibraryLabels};
use crate::image_rows::ROW_WIDTH;
use crate::trained::{Measured, TaskHead, Trained, batch_of_one};
use crate::{Classifier, InferenceError, PackIdentity, RankedLabel, Task, TaskPrediction, Years};

/// LICN over the rows of [`crate::CompactRetriever`]'s images.
pub struct CompactClassifier {
    identity: PackIdentity,
    /// `None` when the pack names no trained files.
    network: Option<Network>,
    /// What a library has taught beside that.
    adaptation: Option<Arc<Adaptation>>,
}

/// What was trained, and what belongs to it.
struct Network {
    trained: Arc<Trained>,
    /// LICN's b, for the score before calibration.
    bias: f32,
    tasks: Vec<Task>,
}

impl CompactClassifier {
    pub(crate) fn new(identity: PackIdentity, trained: Option<Arc<Trained>>) -> Result<Self, InferenceError> {
        let network = match trained {
            Some(trained) => Some(Network::new(trained)?),
            None => None,
        };
        Ok(Self { identity, network, adaptation: None })
    }

    /// Learns from the works of a library what to add to the answers; the answers themselves stay as they are. `hear` is told how many of how many
    /// steps are done, and stops it by `false`.
    pub fn adapt(
        &self,
        confirmed: &[Confirmed],
        hear: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Adaptation, InferenceError> {
        let network = self.network.as_ref().ok_or(InferenceError::Untrained)?;
        Adaptation::learn(self.identity.clone(), &network.trained, confirmed, hear)
    }

    /// The same with what a library has taught, under the name `identity`. Refuses what was learnt beside other weights.
    pub fn with(&self, adaptation: Arc<Adaptation>, identity: PackIdentity) -> Result<Self, InferenceError> {
        let network = self.network.as_ref().ok_or(InferenceError::Untrained)?;
        if adaptation.base.weights_sha256 != self.identity.weights_sha256 || !adaptation.fits(&network.trained) {
            let of = format!("{} {}", adaptation.base.id, adaptation.base.version);
            return Err(InferenceError::OtherWeights { of });
        }
        Ok(Self { identity, network: Some(Network::new(network.trained.clone())?), adaptation: Some(adaptation) })
    }
}

impl Network {
    fn new(trained: Arc<Trained>) -> Result<Self, InferenceError> {
        let known = [Task::Artist, Task::Genre, Task::Style, Task::Media, Task::Tag];
        let tasks = trained.head.tasks.iter().map(|head| {
            let task = known.into_iter().find(|task| task.property() == head.task);
            task.ok_or_else(|| {
                candle_core::Error::msg(format!("the classifier was trained for {:?}, no known task", head.task))
            })
        });
        let tasks = tasks.collect::<candle_core::Result<_>>()?;
        let bias = trained.licn.bias()?;
        Ok(Self { trained, bias, tasks })
    }
}

impl Classifier for CompactClassifier {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        let Some(network) = &self.network else { return Vec::new() };
        let heads = network.tasks.iter().zip(&network.trained.head.tasks);
        heads.map(|(&task, head)| (task, head.labels.clone())).collect()
    }

    fn classify(
        &self,
        image: &MultiVector,
        made: Option<&Years>,
        top: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError> {
        let network = self.network.as_ref().ok_or(InferenceError::Untrained)?;
        if image.dimension() != ROW_WIDTH {
            return Err(InferenceError::RowWidth { found: image.dimension(), wanted: ROW_WIDTH });
        }
        let rows = batch_of_one(image.values(), ROW_WIDTH)?;
        let scaled = network.trained.scaled(&rows)?;
        let logits = network.trained.with_linear(&scaled, &rows)?;
        let artwork = network.trained.artwork(&rows)?.first().copied().unwrap_or(0.0);
        let places = network.trained.places(&rows)?;
        let each = network.tasks.iter().zip(&network.trained.head.tasks).zip(scaled.iter().zip(logits)).enumerate();
        each.map(|(at, ((&task, head), (scaled, logits)))| {
            let addition = self.adaptation.as_ref().map(|adaptation| adaptation.addition(task, &rows)).transpose()?;
            let logits = match addition.flatten() {
                Some(addition) => (logits + addition)?,
                None => logits,
            };
            let scaled = scaled.flatten_all()?.to_vec1::<f32>()?;
            let logits = logits.flatten_all()?.to_vec1::<f32>()?;
            let place = places[at].as_ref().and_then(|places| places.first()).map(Vec::as_slice);
            let said = Measured { measures: network.trained.measures(at, &logits, place, artwork), logits };
            let with_date = head.dated(&said, made);
            let dated = with_date.is_some();
            let Measured { logits, measures } = with_date.unwrap_or(said);
            let ranked = head.ranked(&logits, &measures).into_iter().map(|(label, confidence)| RankedLabel {
                label: head.labels[label].clone(),
                confidence,
                raw_confidence: 1.0 / (1.0 + (-scaled[label] - network.bias).exp()),
            });
            let mut ranked: Vec<RankedLabel> = ranked.collect();
            let abstention = abstention(task, head, &ranked, head.within(&measures), artwork);
            ranked.truncate(top.max(1));
            Ok(TaskPrediction { task, ranked, abstention, dated })
        })
        .collect()
    }

    fn library_labels(&self, decisions: &[Decision]) -> Option<LibraryLabels> {
        let surroundings = self.network.as_ref()?.trained.surroundings.clone()?;
        Some(LibraryLabels::learn(surroundings, decisions))
    }
}

/// Why the best label is not stood by, if it is not. `within` is the probability that the truth is among the labels,
/// `artwork` how much the picture looks like an artwork, as log-odds.
fn abstention(task: Task, head: &TaskHead, ranked: &[RankedLabel], within: f32, artwork: f32) -> Option<String> {
    if ranked.first().is_none_or(|best| best.confidence >= head.threshold) {
        return None;
    }
    let nearest: Vec<&str> = ranked.iter().take(2).map(|label| label.label.as_str()).collect();
    let nearest = nearest.join(", ");
    if let Some(group) = sure_group(head, ranked) {
        return Some(format!("Not sure enough to name the {}; broadly {group}; nearest: {nearest}.", task.property()));
    }
    let property = task.property();
    Some(if artwork < 0.0 {
        format!(
            "Outside what this pack knows: it does not look like the paintings and prints that it learnt from; nearest: {nearest}."
        )
    } else if within < 0.5 {
        let labels = head.labels.len();
        format!(
            "Outside what this pack knows: perhaps none of its {labels} labels for the {property}; nearest: {nearest}."
        )
    } else {
        format!("Not sure enough to name the {property}; nearest: {nearest}.")
    })
}

/// The group whose labels together are sure enough to be named.
fn sure_group<'a>(head: &'a TaskHead, ranked: &[RankedLabel]) -> Option<&'a str> {
    let confidence = |members: &[usize]| -> f32 {
        let of_group = ranked.iter().filter(|one| members.iter().any(|&label| head.labels[label] == one.label));
        of_group.map(|one| one.confidence).sum()
    };
    let groups = head.members().into_iter().map(|(group, members)| (group, confidence(&members)));
    let (group, confidence) = groups.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (confidence >= head.threshold).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstains_below_the_threshold_only_and_says_why() {
        let head = TaskHead {
            task: "style".into(),
            labels: vec![String::new(); 32],
            groups: Vec::new(),
            linear_share: 0.0,
            linear_decay: 0.0,
            inverse_temperature: 1.0,
            learnt_works: Vec::new(),
            years: None,
            scope: None,
            threshold: 0.5,
        };
        let label = |label: &str, confidence| RankedLabel { label: label.into(), confidence, raw_confidence: 0.0 };
        let unsure = [label("Symbolism", 0.4), label("Art Nouveau", 0.3), label("Cubism", 0.1)];
        let why = |within, artwork| abstention(Task::Style, &head, &unsure, within, artwork).unwrap();
        assert_eq!(why(0.8, 2.0), "Not sure enough to name the style; nearest: Symbolism, Art Nouveau.");
        assert!(
            why(0.4, 2.0).starts_with("Outside what this pack knows: perhaps none of its 32 labels for the style;")
        );
        assert!(why(0.4, -2.0).starts_with("Outside what this pack knows: it does not look like the paintings"));
        assert_eq!(abstention(Task::Style, &head, &[label("Cubism", 0.5)], 0.1, -2.0), None);
    }

    #[test]
    fn names_a_group_where_its_labels_together_are_sure() {
        let head = TaskHead {
            task: "style".into(),
            labels: vec!["Realism".into(), "Cubism".into(), "Naturalism".into()],
            groups: vec!["Realist".into(), "Cubist".into(), "Realist".into()],
            linear_share: 0.0,
            linear_decay: 0.0,
            inverse_temperature: 1.0,
            learnt_works: Vec::new(),
            years: None,
            scope: None,
            threshold: 0.5,
        };
        let label = |label: &str, confidence| RankedLabel { label: label.into(), confidence, raw_confidence: 0.0 };
        let why = |all: &[RankedLabel]| abstention(Task::Style, &head, all, 0.9, 2.0).unwrap();
        let together = [label("Realism", 0.4), label("Naturalism", 0.2), label("Cubism", 0.1)];
        let apart = [label("Realism", 0.3), label("Cubism", 0.3), label("Naturalism", 0.1)];
        assert_eq!(why(&together), "Not sure enough to name the style; broadly Realist; nearest: Realism, Naturalism.");
        assert_eq!(why(&apart), "Not sure enough to name the style; nearest: Realism, Cubism.");
    }
}
