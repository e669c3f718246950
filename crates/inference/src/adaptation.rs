//! What a library's confirmed works add to a pack's answers: a linear head for each task that is added to the pack's logits.
//!
//! Nothing of the pack changes. A head is the one of the least cross-entropy on the library's works under a Gaussian prior around "the pack is right" (maximum a
//! posteriori, so that few works move it little), and it is only used where it answered better on works of the library that it has not learnt from.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vitrine_retrieval::MultiVector;

use crate::image_rows::{ROW_WIDTH, ROWS};
use crate::trained::{LinearHead, Trained};
use crate::training::least_cross_entropy;
use crate::{InferenceError, PackIdentity, Task};

/// Works of a task that have to be held back: by fewer nothing is judged.
pub const LEAST_JUDGED: usize = 20;
/// Works of a task that have to be left to learn from.
pub const LEAST_LEARNT: usize = 40;

/// Of 256 values of a work's hash so many hold it back: a quarter.
const HELD_BACK: u8 = 64;
/// Of those that are not held back so many choose how strong the prior is.
const CHOOSING: u8 = 128;

/// How many works the prior may weigh; which of them is chosen by works that are not learnt from meanwhile.
const PRIORS: [f64; 5] = [20.0, 60.0, 200.0, 600.0, 2000.0];

const TENSORS: &str = "adaptation.safetensors";
const ACCOUNT: &str = "adaptation.json";

type Result<T> = std::result::Result<T, InferenceError>;

/// A label that a person stands by on a work.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed<'a> {
    /// What the work is known by, the same next time: decides whether it is held back.
    pub work: &'a str,
    /// The rows of the work's image.
    pub rows: &'a MultiVector,
    /// What the label is of.
    pub task: Task,
    /// The label.
    pub label: &'a str,
}

/// What came of learning one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAccount {
    /// The task.
    pub task: Task,
    /// Works that were learnt from.
    pub learnt: usize,
    /// Works that were held back and judged by.
    pub judged: usize,
    /// How many of these the pack alone has right.
    pub right_before: usize,
    /// How many it has right with what was learnt.
    pub right_after: usize,
    /// The mean cross-entropy on these, in nats, of the pack alone.
    pub loss_before: f64,
    /// The same with what was learnt.
    pub loss_after: f64,
    /// Whether it is used: no fewer right, and a smaller loss.
    pub used: bool,
}

/// What a library has taught.
pub struct Adaptation {
    /// The pack whose answers it adds to; of no use with another.
    pub base: PackIdentity,
    /// A task each for which there were enough works.
    pub tasks: Vec<TaskAccount>,
    heads: BTreeMap<Task, LinearHead>,
}

/// What stands beside the tensors.
#[derive(Serialize, Deserialize)]
struct Account {
    pack: String,
    version: String,
    weights_sha256: String,
    tasks: Vec<TaskAccount>,
}

impl Adaptation {
    /// Learns from `confirmed` what to add to the answers of `trained`, whose pack is `base`. `hear` is asked before each step, with how many of how many are done, and stops it by `false`.
    pub(crate) fn learn(
        base: PackIdentity,
        trained: &Trained,
        confirmed: &[Confirmed],
        hear: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Self> {
        let mut adaptation = Self { base, tasks: Vec::new(), heads: BTreeMap::new() };
        let steps = trained.head.tasks.len() * (PRIORS.len() + 1);
        let mut done = 0;
        let mut step = || {
            done += 1;
            if hear(done - 1, steps) { Ok(()) } else { Err(InferenceError::Cancelled) }
        };
        for (at, head) in trained.head.tasks.iter().enumerate() {
            let of_task =
                |one: &&Confirmed| one.task.property() == head.task && one.rows.values().len() == ROWS * ROW_WIDTH;
            let mut parts = [Part::default(), Part::default(), Part::default()];
            for one in confirmed.iter().filter(of_task) {
                if let Some(label) = head.labels.iter().position(|label| label == one.label) {
                    parts[part_of(one.work)].add(one.rows, label);
                }
            }
            let [learn, choose, judge] = parts;
            if judge.labels.len() < LEAST_JUDGED || learn.labels.len() + choose.labels.len() < LEAST_LEARNT {
                continue;
            }
            let Some(task) = task_of(&head.task) else { continue };
            let temperature = f64::from(head.inverse_temperature);
            let scene = |part: &Part| Scene::of(trained, at, temperature, part);
            let (learn_scene, choose_scene) = (scene(&learn)?, scene(&choose)?);
            let mut best = (f64::INFINITY, PRIORS[PRIORS.len() - 1]);
            for prior in PRIORS {
                step()?;
                if choose.labels.is_empty() || learn.labels.is_empty() {
                    continue;
                }
                let loss = choose_scene.judged(Some(&learn_scene.fitted(prior, temperature)?), temperature)?.1;
                best = if loss < best.0 { (loss, prior) } else { best };
            }
            step()?;
            let all = scene(&learn.and(choose))?;
            let addition = all.fitted(best.1, temperature)?;
            let judge = scene(&judge)?;
            let (right_before, loss_before) = judge.judged(None, temperature)?;
            let (right_after, loss_after) = judge.judged(Some(&addition), temperature)?;
            let used = right_after >= right_before && loss_after < loss_before;
            let (learnt, judged) = (all.labels.len(), judge.labels.len());
            let account =
                TaskAccount { task, learnt, judged, right_before, right_after, loss_before, loss_after, used };
            adaptation.tasks.push(account);
            if used {
                adaptation.heads.insert(task, addition);
            }
        }
        Ok(adaptation)
    }

    /// Whether anything of it is used.
    pub fn is_used(&self) -> bool {
        !self.heads.is_empty()
    }

    /// The name under which the pack speaks with it as the library's version `number`: `4+library.2`.
    pub fn identity(&self, number: u32) -> Result<PackIdentity> {
        let mut digest = Sha256::new();
        digest.update(&self.base.weights_sha256);
        for (task, head) in &self.heads {
            digest.update(task.property());
            for tensor in [head.weight(), head.bias()] {
                for value in tensor.flatten_all()?.to_vec1::<f32>()? {
                    digest.update(value.to_le_bytes());
                }
            }
        }
        Ok(PackIdentity {
            id: self.base.id.clone(),
            version: format!("{}+library.{number}", self.base.version),
            weights_sha256: crate::manifest::hexadecimal(&digest.finalize()),
        })
    }

    /// What is added to a task's logits for an image: rows `[images, ROWS, 128]` to `[images, labels]`; nothing where nothing was learnt.
    pub(crate) fn addition(&self, task: Task, rows: &Tensor) -> candle_core::Result<Option<Tensor>> {
        self.heads.get(&task).map(|head| head.logits(&rows.flatten_from(1)?)).transpose()
    }

    /// Writes it into `folder`, which is made.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|cause| InferenceError::file(folder, cause))?;
        let mut tensors = HashMap::new();
        for (task, head) in &self.heads {
            let [weight, bias] = names(*task);
            tensors.insert(weight, head.weight().to_dtype(DType::F16)?);
            tensors.insert(bias, head.bias().to_dtype(DType::F16)?);
        }
        candle_core::safetensors::save(&tensors, folder.join(TENSORS))?;
        let PackIdentity { id, version, weights_sha256 } = self.base.clone();
        let account = Account { pack: id, version, weights_sha256, tasks: self.tasks.clone() };
        let path = folder.join(ACCOUNT);
        let text =
            serde_json::to_string_pretty(&account).map_err(|cause| InferenceError::Training(cause.to_string()))?;
        std::fs::write(&path, text + "\n").map_err(|cause| InferenceError::file(&path, cause))
    }

    /// Reads what [`Adaptation::write`] wrote into `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let (account, tensors) = (folder.join(ACCOUNT), folder.join(TENSORS));
        let text = std::fs::read(&account).map_err(|cause| InferenceError::file(&account, cause))?;
        let Account { pack, version, weights_sha256, tasks } =
            serde_json::from_slice(&text).map_err(|cause| InferenceError::model_file(&account, cause))?;
        let broken = |cause: candle_core::Error| InferenceError::model_file(&tensors, cause);
        let mut read = candle_core::safetensors::load(&tensors, &Device::Cpu).map_err(broken)?;
        let mut heads = BTreeMap::new();
        for account in tasks.iter().filter(|account| account.used) {
            let [weight, bias] = names(account.task);
            let (Some(weight), Some(bias)) = (read.remove(&weight), read.remove(&bias)) else {
                let cause = format!("it has no {weight} and {bias}; learn from the library again");
                return Err(InferenceError::model_file(&tensors, cause));
            };
            if weight.dims().len() != 2 || weight.dims()[1] != ROWS * ROW_WIDTH || bias.dims() != [weight.dims()[0]] {
                let cause = "its tensors don't fit an image's rows; learn from the library again";
                return Err(InferenceError::model_file(&tensors, cause));
            }
            let single = |tensor: Tensor| tensor.to_dtype(DType::F32);
            let head = single(weight).and_then(|weight| LinearHead::new(weight, single(bias)?)).map_err(broken)?;
            heads.insert(account.task, head);
        }
        Ok(Self { base: PackIdentity { id: pack, version, weights_sha256 }, tasks, heads })
    }

    /// Whether each of its heads has a row for each label of `trained`.
    pub(crate) fn fits(&self, trained: &Trained) -> bool {
        self.heads.iter().all(|(task, head)| {
            let of_task = trained.head.tasks.iter().find(|of_pack| of_pack.task == task.property());
            of_task.is_some_and(|of_pack| head.bias().dims() == [of_pack.labels.len()])
        })
    }
}

fn names(task: Task) -> [String; 2] {
    [format!("{}.weight", task.property()), format!("{}.bias", task.property())]
}

fn task_of(property: &str) -> Option<Task> {
    [Task::Artist, Task::Genre, Task::Style, Task::Media, Task::Tag]
        .into_iter()
        .find(|task| task.property() == property)
}

/// 0 to learn from, 1 to choose the prior by, 2 to judge by.
fn part_of(work: &str) -> usize {
    let hash = Sha256::digest(work.as_bytes());
    match (hash[0] < HELD_BACK, hash[1] < CHOOSING) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// Works with their labels' numbers.
#[derive(Default)]
struct Part {
    numbers: Vec<f32>,
    labels: Vec<u32>,
}

impl Part {
    fn add(&mut self, rows: &MultiVector, label: usize) {
        self.numbers.extend(rows.values());
        self.labels.push(label as u32);
    }

    fn and(mut self, other: Self) -> Self {
        self.numbers.extend(other.numbers);
        self.labels.extend(other.labels);
        self
    }
}

/// Works as a task sees them.
struct Scene {
    /// `[works, numbers]`, less the middle of all works, of deviation 1 on average.
    standard: Tensor,
    /// What was taken from the numbers `[1, numbers]`, and what they were divided by.
    centre: Tensor,
    deviation: f64,
    /// `[works, numbers]` as they are.
    numbers: Tensor,
    /// The pack's logits, calibrated: `[works, labels]`.
    known: Tensor,
    labels: Vec<u32>,
}

impl Scene {
    fn of(trained: &Trained, task: usize, temperature: f64, part: &Part) -> Result<Self> {
        let (count, width) = (part.labels.len(), ROWS * ROW_WIDTH);
        let numbers = Tensor::from_slice(&part.numbers, (count, width), &Device::Cpu)?;
        let known = match count {
            0 => Tensor::zeros((0, trained.head.tasks[task].labels.len()), DType::F32, &Device::Cpu)?,
            _ => (&trained.logits(&numbers.reshape((count, ROWS, ROW_WIDTH))?)?[task] * temperature)?,
        };
        let centre = match &trained.surroundings {
            Some(surroundings) => Tensor::from_slice(&surroundings.centre, (1, width), &Device::Cpu)?,
            None => Tensor::zeros((1, width), DType::F32, &Device::Cpu)?,
        };
        let centred = numbers.broadcast_sub(&centre)?;
        let deviation = match count {
            0 => 1.0,
            _ => f64::from(centred.sqr()?.mean_all()?.to_scalar::<f32>()?).sqrt().max(1e-6),
        };
        Ok(Self {
            standard: (centred * (1.0 / deviation))?,
            centre,
            deviation,
            numbers,
            known,
            labels: part.labels.clone(),
        })
    }

    /// What to add to the pack's logits, with a prior that weighs as many works as `prior` says.
    fn fitted(&self, prior: f64, temperature: f64) -> Result<LinearHead> {
        let decay = prior / self.labels.len().max(1) as f64;
        let (weight, bias) = least_cross_entropy(&self.standard, &self.known, &self.labels, decay)?;
        // Back to numbers as they are, and to logits before the temperature.
        let weight = (weight * (1.0 / (self.deviation * temperature)))?;
        let bias = ((bias * (1.0 / temperature))? - self.centre.matmul(&weight.t()?)?)?;
        Ok(LinearHead::new(weight, bias.squeeze(0)?)?)
    }

    /// How many works are right, and the mean cross-entropy, with `addition` or without any.
    fn judged(&self, addition: Option<&LinearHead>, temperature: f64) -> Result<(usize, f64)> {
        let logits = match addition {
            Some(head) => (&self.known + (head.logits(&self.numbers)? * temperature)?)?,
            None => self.known.clone(),
        };
        let best = logits.argmax(D::Minus1)?.to_vec1::<u32>()?;
        let right = best.iter().zip(&self.labels).filter(|(best, label)| best == label).count();
        let shares = candle_nn::ops::log_softmax(&logits, D::Minus1)?;
        let labels = Tensor::from_slice(&self.labels, (self.labels.len(), 1), &Device::Cpu)?;
        let loss = -f64::from(shares.gather(&labels, 1)?.mean_all()?.to_scalar::<f32>()?);
        Ok((right, loss))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_rows;
    use crate::licn::LicnConfig;
    use crate::noise::Noise;
    use crate::trained::{Head, TaskHead};
    use crate::training::compact_shape;

    const LABELS: [&str; 3] = ["Baroque", "Realism", "Symbolism"];

    fn identity(weights: &str) -> PackIdentity {
        PackIdentity { id: "compact".into(), version: "7".into(), weights_sha256: weights.into() }
    }

    /// A network that knows nothing: every weight is noise.
    fn untaught() -> Trained {
        let shape: LicnConfig = compact_shape(1);
        let mut noise = Noise::new(3);
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        for (name, dims) in shape.tensors() {
            tensors.insert(format!("licn.{name}"), noise.uniform(&dims, 0.05).unwrap());
        }
        for (name, dims) in image_rows::tensors() {
            tensors.insert(name, noise.uniform(&dims, 0.05).unwrap());
        }
        tensors.insert("labels.style".into(), noise.uniform(&[LABELS.len(), shape.output], 0.05).unwrap());
        let head = TaskHead {
            task: "style".into(),
            labels: LABELS.map(str::to_owned).to_vec(),
            groups: Vec::new(),
            linear_share: 0.0,
            linear_decay: 0.0,
            inverse_temperature: 1.0,
            learnt_works: Vec::new(),
            years: None,
            scope: None,
            threshold: 0.5,
        };
        Trained::new(Head { licn: shape, tasks: vec![head], curator: None }, tensors).unwrap()
    }

    /// Works whose first number tells their style, or nothing does.
    fn works(count: usize, tells: bool) -> Vec<(String, MultiVector, &'static str)> {
        let mut noise = Noise::new(11);
        (0..count)
            .map(|number| {
                let mut rows: Vec<f32> = noise.uniform(&[ROWS * ROW_WIDTH], 0.3).unwrap().to_vec1().unwrap();
                let label = (noise.next() % 3) as usize;
                if tells {
                    rows[label] += 3.0;
                }
                (format!("work {number}"), MultiVector::normalised(rows, ROW_WIDTH).unwrap(), LABELS[label])
            })
            .collect()
    }

    fn confirmed<'a>(works: &'a [(String, MultiVector, &'a str)]) -> Vec<Confirmed<'a>> {
        works.iter().map(|(work, rows, label)| Confirmed { work, rows, task: Task::Style, label }).collect()
    }

    fn learn(works: &[(String, MultiVector, &str)]) -> Adaptation {
        Adaptation::learn(identity("a"), &untaught(), &confirmed(works), &mut |_, _| true).unwrap()
    }

    #[test]
    fn what_a_library_shows_is_learnt_and_judged_on_works_that_were_not_shown() {
        let adaptation = learn(&works(200, true));
        let [account] = adaptation.tasks.as_slice() else { panic!("one task") };
        assert!(account.used && adaptation.is_used());
        assert_eq!(account.learnt + account.judged, 200);
        assert!(account.right_after * 10 > account.judged * 9, "{account:?}");
        assert!(account.right_before * 2 < account.judged, "{account:?}");
    }

    #[test]
    fn where_nothing_is_to_be_learnt_the_pack_stays_alone() {
        let adaptation = learn(&works(400, false));
        let [account] = adaptation.tasks.as_slice() else { panic!("one task") };
        // Noise may look like a gain by chance, but never with fewer right.
        assert!(!account.used || account.right_after >= account.right_before, "{account:?}");
        assert!(account.loss_after > 0.9 * 3f64.ln(), "chance has a loss of ln 3: {account:?}");
    }

    #[test]
    fn few_works_teach_nothing_and_a_stop_is_heard() {
        assert!(learn(&works(50, true)).tasks.is_empty());
        let works = works(200, true);
        let stopped = Adaptation::learn(identity("a"), &untaught(), &confirmed(&works), &mut |done, _| done < 2);
        assert!(matches!(stopped, Err(InferenceError::Cancelled)));
    }

    #[test]
    fn what_was_written_is_read_and_only_for_its_own_weights() {
        let folder = tempfile::tempdir().unwrap();
        let adaptation = learn(&works(200, true));
        adaptation.write(folder.path()).unwrap();
        let read = Adaptation::read(folder.path()).unwrap();
        assert_eq!((&read.base, &read.tasks), (&adaptation.base, &adaptation.tasks));
        let one = &works(1, true)[0].1;
        let rows = Tensor::from_slice(one.values(), (1, ROWS, ROW_WIDTH), &Device::Cpu).unwrap();
        let of = |a: &Adaptation| a.addition(Task::Style, &rows).unwrap().unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(of(&read), of(&adaptation));
        assert!(read.fits(&untaught()));

        let classifier = |weights| crate::CompactClassifier::new(identity(weights), Some(untaught().into())).unwrap();
        let read = std::sync::Arc::new(read);
        assert!(matches!(classifier("b").with(read.clone(), identity("b")), Err(InferenceError::OtherWeights { .. })));
        let taught = classifier("a").with(read, identity("a and this library")).unwrap();
        let best = |of: &crate::CompactClassifier, rows| {
            crate::Classifier::classify(of, rows, None, 1).unwrap().remove(0).ranked.remove(0).label
        };
        let right = works(60, true).iter().filter(|(_, rows, label)| best(&taught, rows) == *label).count();
        assert!(right > 50, "{right} of 60");

        std::fs::write(folder.path().join(TENSORS), b"no tensors").unwrap();
        let error = Adaptation::read(folder.path()).err().unwrap().to_string();
        assert!(error.contains(TENSORS), "{error}");
    }
}
