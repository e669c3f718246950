//! LICN as its authors publish it: a folder with the network (`model.safetensors`), the loss (`model_1.safetensors`), the
//! labels' vectors (`task_matrices.safetensors`, a matrix a task) and two tables, `task_lookups.json` (task, then a
//! label's number, to its row of the matrix; the number -100 stands for "none") and `class_lookups.json` (task, then a
//! label's number, to its name).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use serde::de::DeserializeOwned;

use super::{Licn, LicnConfig, unit};
use crate::trained::batch_of_one;
use crate::{Classifier, InferenceError, MultiVector, PackIdentity, RankedLabel, Task, TaskPrediction, Years};

const NETWORK: &str = "model.safetensors";
const LOSS: &str = "model_1.safetensors";
const MATRICES: &str = "task_matrices.safetensors";
const ROWS_OF_LABELS: &str = "task_lookups.json";
const NAMES_OF_LABELS: &str = "class_lookups.json";

/// The published network's heads, which its tensors do not tell.
const HEADS: usize = 8;

/// The order of the task rows.
const TASKS: [Task; 5] = [Task::Artist, Task::Genre, Task::Media, Task::Style, Task::Tag];

/// Labels of media and tags are named from this score on.
const NAMED_FROM: f32 = 0.4;

/// An artist is named from this score on: out of its own data the network was right at 0.82 and wrong at 0.64 on average.
const ARTIST_FROM: f32 = 0.6;

/// What the number of a label is where there is none.
const NO_LABEL: &str = "-100";

/// The published network over the rows of ColQwen2's images. Its scores were not calibrated: raw and calibrated confidence
/// are the same.
pub struct PublishedClassifier {
    identity: PackIdentity,
    licn: Licn,
    /// In the order of [`TASKS`]: the labels, and their unit vectors `[labels, output]`.
    labels: Vec<(Vec<String>, Tensor)>,
    row_width: usize,
}

impl PublishedClassifier {
    /// Reads the five files of `folder`. `identity` is who will be said to speak.
    ///
    /// # Errors
    /// If a file is missing, or is not what it is elsewhere in this layout; the message names it.
    pub fn load(folder: &Path, identity: PackIdentity) -> Result<Self, InferenceError> {
        let network = Tensors::read(folder, NETWORK)?;
        let loss = Tensors::read(folder, LOSS)?;
        let (config, tensors) = ours(&network, &loss)?;
        let unusable = |cause| InferenceError::model_file(&folder.join(NETWORK), cause);
        let mut licn = Licn::load(&config, &tensors).map_err(unusable)?;
        // Where the two projections were learned apart, both are in the file.
        licn.text_output = network.either("text_projection.weight", "visual_projection.weight")?;
        licn.visual_output = network.either("visual_projection.weight", "text_projection.weight")?;

        let matrices = Tensors::read(folder, MATRICES)?;
        let rows: BTreeMap<String, BTreeMap<String, i64>> = table(folder, ROWS_OF_LABELS)?;
        let names: BTreeMap<String, BTreeMap<String, String>> = table(folder, NAMES_OF_LABELS)?;
        let labels = TASKS.iter().map(|task| {
            let task = task.property();
            let matrix = matrices.get(task)?;
            let count = match matrix.dims() {
                &[count, width] if width == config.output => count,
                found => {
                    let cause = format!("is {found:?}, it should be a row of {} a label", config.output);
                    return Err(InferenceError::tensor(&matrices.path, task, cause));
                }
            };
            let lacks = |file: &str, what: String| InferenceError::model_file(&folder.join(file), what);
            let rows = rows.get(task).ok_or_else(|| lacks(ROWS_OF_LABELS, format!("it says nothing of {task}")))?;
            let mut labels = vec![None; count];
            for (number, &row) in rows.iter().filter(|(number, _)| *number != NO_LABEL) {
                let label = names.get(task).and_then(|names| names.get(number));
                let label = label.ok_or_else(|| lacks(NAMES_OF_LABELS, format!("it has no {task} {number}")))?;
                let place = usize::try_from(row).ok().and_then(|row| labels.get_mut(row));
                let beyond = || lacks(ROWS_OF_LABELS, format!("{task} {number} is in row {row} of {count}"));
                *place.ok_or_else(beyond)? = Some(label.clone());
            }
            let labels: Option<Vec<String>> = labels.into_iter().collect();
            let labels = labels.ok_or_else(|| lacks(ROWS_OF_LABELS, format!("rows of {task} have no label")))?;
            Ok((labels, unit(matrix)?))
        });
        let labels = labels.collect::<Result<_, InferenceError>>()?;
        Ok(Self { identity, licn, labels, row_width: config.row_width })
    }
}

impl Classifier for PublishedClassifier {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        TASKS.into_iter().zip(self.labels.iter().map(|(labels, _)| labels.clone())).collect()
    }

    /// The published network was taught no dates: `_made` says nothing to it.
    fn classify(
        &self,
        image: &MultiVector,
        _made: Option<&Years>,
        top: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError> {
        if image.dimension() != self.row_width {
            return Err(InferenceError::RowWidth { found: image.dimension(), wanted: self.row_width });
        }
        let seen = self.licn.embed_images(&batch_of_one(image.values(), self.row_width)?, None, None)?;
        let each = TASKS.into_iter().zip(&self.labels).enumerate();
        each.map(|(at, (task, (labels, vectors)))| {
            let cosines = seen.narrow(1, at, 1)?.squeeze(1)?.contiguous()?.matmul(&vectors.t()?)?;
            let scores = candle_nn::ops::sigmoid(&self.licn.logits(&cosines)?)?.flatten_all()?.to_vec1::<f32>()?;
            let mut ranked: Vec<RankedLabel> = labels
                .iter()
                .zip(scores)
                .map(|(label, score)| RankedLabel { label: label.clone(), confidence: score, raw_confidence: score })
                .collect();
            ranked.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            let best = ranked.first().map_or(0.0, |label| label.confidence);
            let several = matches!(task, Task::Media | Task::Tag);
            if several && best >= NAMED_FROM {
                ranked.retain(|label| label.confidence >= NAMED_FROM);
            }
            let least = if several { NAMED_FROM } else { ARTIST_FROM };
            let unsure = (several || task == Task::Artist) && best < least;
            let abstention = unsure
                .then(|| format!("No {} reaches {:.0} %, from where on one is named.", task.property(), least * 100.0));
            ranked.truncate(top.max(1));
            Ok(TaskPrediction { task, ranked, abstention, dated: false })
        })
        .collect()
    }
}

/// The tensors of a file.
struct Tensors {
    path: std::path::PathBuf,
    tensors: HashMap<String, Tensor>,
}

impl Tensors {
    fn read(folder: &Path, name: &str) -> Result<Self, InferenceError> {
        let path = folder.join(name);
        let tensors = candle_core::safetensors::load(&path, &Device::Cpu)
            .and_then(|tensors| {
                let each = tensors.into_iter().map(|(name, x)| Ok((name, x.to_dtype(candle_core::DType::F32)?)));
                each.collect()
            })
            .map_err(|cause| InferenceError::model_file(&path, cause))?;
        Ok(Self { path, tensors })
    }

    fn get(&self, name: &str) -> Result<&Tensor, InferenceError> {
        self.tensors.get(name).ok_or_else(|| InferenceError::tensor(&self.path, name, "is missing"))
    }

    /// Of two names the first that is there: of tensors that are one and the same only one is written.
    fn either(&self, name: &str, other: &str) -> Result<Tensor, InferenceError> {
        self.tensors.get(name).map_or_else(|| self.get(other), Ok).cloned()
    }
}

fn table<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, InferenceError> {
    let path = folder.join(name);
    let text = std::fs::read(&path).map_err(|cause| InferenceError::file(&path, cause))?;
    serde_json::from_slice(&text).map_err(|cause| InferenceError::model_file(&path, cause))
}

/// The shape, told by the tensors, and the tensors under our names.
fn ours(network: &Tensors, loss: &Tensors) -> Result<(LicnConfig, HashMap<String, Tensor>), InferenceError> {
    let text_rows = network.either("task_embeddings_text", "task_embeddings_visual")?;
    let output = network.either("text_projection.weight", "visual_projection.weight")?;
    let matrix = |name: &str, tensor: &Tensor| {
        tensor.dims2().map_err(|_| InferenceError::tensor(&network.path, name, "is no matrix"))
    };
    let (tasks, row_width) = matrix("task_embeddings_text", &text_rows)?;
    if tasks != TASKS.len() {
        let cause = format!("has {tasks} rows, one is needed for each of {} tasks", TASKS.len());
        return Err(InferenceError::tensor(&network.path, "task_embeddings_text", cause));
    }
    let first = "visual_encoder.layers.0.linear1.weight";
    let layers =
        (0..).take_while(|at| network.tensors.contains_key(&format!("visual_encoder.layers.{at}.linear1.weight")));
    let config = LicnConfig {
        row_width,
        layers: layers.count(),
        heads: HEADS,
        feed_forward: matrix(first, network.get(first)?)?.0,
        output: matrix("text_projection.weight", &output)?.0,
        tasks,
        shared_encoder: false,
        dropout: 0.0,
    };
    let scalar = |name: &str| -> Result<Tensor, InferenceError> {
        loss.get(name)?.reshape(1).map_err(|_| InferenceError::tensor(&loss.path, name, "is more than one number"))
    };
    let mut tensors = network.tensors.clone();
    tensors.extend([
        ("visual_task_rows".into(), network.either("task_embeddings_visual", "task_embeddings_text")?),
        ("text_task_rows".into(), text_rows),
        ("output.weight".into(), output),
        ("log_scale".into(), scalar("t_prime")?),
        ("bias".into(), scalar("b")?),
    ]);
    Ok((config, tensors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licn::tests::largest_difference;
    use crate::noise::Noise;

    const WIDTH: usize = 16;
    const OUTPUT: usize = 6;

    fn identity() -> PackIdentity {
        PackIdentity { id: "licn".into(), version: "1".into(), weights_sha256: "0".repeat(64) }
    }

    /// A tiny network in the authors' layout, in `folder`, the projections apart; with its tensors.
    fn written(folder: &Path) -> HashMap<String, Tensor> {
        let mut noise = Noise::new(5);
        let shape = LicnConfig { row_width: WIDTH, layers: 2, feed_forward: 24, output: OUTPUT, ..LicnConfig::paper() };
        let mut network = HashMap::new();
        for (name, shape) in shape.tensors() {
            if name.contains("encoder.") {
                network.insert(name, noise.uniform(&shape, 0.5).unwrap());
            }
        }
        for (name, shape) in [
            ("task_embeddings_text", [5, WIDTH]),
            ("task_embeddings_visual", [5, WIDTH]),
            ("text_projection.weight", [OUTPUT, WIDTH]),
            ("visual_projection.weight", [OUTPUT, WIDTH]),
        ] {
            network.insert(name.to_owned(), noise.uniform(&shape, 1.0).unwrap());
        }
        let number = |value: f32| Tensor::new(value, &Device::Cpu).unwrap();
        let loss = HashMap::from([
            ("t_prime".to_owned(), number(3.0)),
            ("b".to_owned(), number(-2.0)),
            ("loss_w".to_owned(), Tensor::ones(5, candle_core::DType::F32, &Device::Cpu).unwrap()),
        ]);
        let matrices: HashMap<String, Tensor> =
            TASKS.iter().map(|task| (task.property().to_owned(), noise.uniform(&[3, OUTPUT], 2.0).unwrap())).collect();
        candle_core::safetensors::save(&network, folder.join(NETWORK)).unwrap();
        candle_core::safetensors::save(&loss, folder.join(LOSS)).unwrap();
        candle_core::safetensors::save(&matrices, folder.join(MATRICES)).unwrap();
        let of_each = |text: &str| {
            let each: Vec<String> = TASKS.iter().map(|task| format!("\"{}\": {text}", task.property())).collect();
            format!("{{{}}}", each.join(", "))
        };
        std::fs::write(folder.join(ROWS_OF_LABELS), of_each(r#"{"-100": -100, "7": 2, "8": 0, "9": 1}"#)).unwrap();
        std::fs::write(
            folder.join(NAMES_OF_LABELS),
            of_each(r#"{"7": "seven", "8": "eight", "9": "nine", "1": "one"}"#),
        )
        .unwrap();
        network.extend(matrices);
        network
    }

    fn rows() -> MultiVector {
        let rows = Noise::new(9).uniform(&[4 * WIDTH], 1.0).unwrap().to_vec1().unwrap();
        MultiVector::normalised(rows, WIDTH).unwrap()
    }

    #[test]
    fn the_published_layout_loads_under_its_own_names() {
        let folder = tempfile::tempdir().unwrap();
        let tensors = written(folder.path());
        let classifier = PublishedClassifier::load(folder.path(), identity()).unwrap();
        assert_eq!(classifier.tasks()[0], (Task::Artist, vec!["eight".to_owned(), "nine".into(), "seven".into()]));
        assert_eq!(largest_difference(&classifier.licn.text_output, &tensors["text_projection.weight"]), 0.0);
        assert_eq!(largest_difference(&classifier.licn.visual_output, &tensors["visual_projection.weight"]), 0.0);

        // The score by its formula: sigmoid(exp(t) cos + b) with the style's own row of the image.
        let seen = classifier.licn.embed_images(&batch_of_one(rows().values(), WIDTH).unwrap(), None, None).unwrap();
        let style: Vec<f32> = seen.get(0).unwrap().get(3).unwrap().to_vec1().unwrap();
        let label: Vec<f32> = tensors["style"].get(2).unwrap().to_vec1().unwrap();
        let length = label.iter().map(|x| x * x).sum::<f32>().sqrt();
        let cosine = style.iter().zip(&label).map(|(a, b)| a * b / length).sum::<f32>();
        let wanted = 1.0 / (1.0 + (-(3f32.exp() * cosine - 2.0)).exp());
        let predictions = classifier.classify(&rows(), None, 3).unwrap();
        assert_eq!(predictions.iter().map(|p| p.task).collect::<Vec<_>>(), TASKS);
        let found = predictions[3].ranked.iter().find(|label| label.label == "seven").unwrap();
        assert!((found.raw_confidence - wanted).abs() < 1e-5, "{} {wanted}", found.raw_confidence);
        assert!(predictions[3].abstention.is_none(), "of styles the best is always named");
        for of_several in [&predictions[2], &predictions[4]] {
            let named = of_several.ranked.iter().all(|label| label.confidence >= NAMED_FROM);
            assert_eq!(named, of_several.abstention.is_none());
        }
    }

    #[test]
    fn a_tensor_that_two_names_share_is_found_under_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut network = written(folder.path());
        network
            .retain(|name, _| !TASKS.iter().any(|task| task.property() == name) && name != "visual_projection.weight");
        candle_core::safetensors::save(&network, folder.path().join(NETWORK)).unwrap();
        let classifier = PublishedClassifier::load(folder.path(), identity()).unwrap();
        assert_eq!(largest_difference(&classifier.licn.visual_output, &network["text_projection.weight"]), 0.0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let told = |spoil: &dyn Fn(&Path)| {
            written(folder.path());
            spoil(folder.path());
            match PublishedClassifier::load(folder.path(), identity()) {
                Ok(_) => panic!("it loaded"),
                Err(error) => error.to_string(),
            }
        };
        let missing = told(&|folder| std::fs::remove_file(folder.join(NAMES_OF_LABELS)).unwrap());
        assert!(missing.contains(NAMES_OF_LABELS), "{missing}");
        let nameless = told(&|folder| {
            std::fs::write(folder.join(NAMES_OF_LABELS), r#"{"artist": {"7": "seven"}}"#).unwrap();
        });
        assert!(nameless.contains("no artist 8"), "{nameless}");
        let beyond = told(&|folder| {
            std::fs::write(folder.join(ROWS_OF_LABELS), r#"{"artist": {"7": 3}}"#).unwrap();
        });
        assert!(beyond.contains("row 3 of 3"), "{beyond}");
        let cut = told(&|folder| std::fs::write(folder.join(LOSS), [0u8; 9]).unwrap());
        assert!(cut.contains(LOSS), "{cut}");
        let lacks = told(&|folder| {
            let path = folder.join(LOSS);
            let mut loss = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
            loss.remove("b");
            candle_core::safetensors::save(&loss, path).unwrap();
        });
        assert!(lacks.contains("tensor b is missing"), "{lacks}");
    }

    #[test]
    fn rows_of_another_pack_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let classifier = PublishedClassifier::load(folder.path(), identity()).unwrap();
        let narrow = MultiVector::normalised(vec![1.0; 8], 8).unwrap();
        assert!(matches!(
            classifier.classify(&narrow, None, 1),
            Err(InferenceError::RowWidth { found: 8, wanted: 16 })
        ));
    }
}
