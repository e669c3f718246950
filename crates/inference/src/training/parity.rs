//! Losses, gradients and steps beside PyTorch's; fixtures/licn.py writes the files and says what is in them.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Device, Tensor, Var};

use super::objective::{Objective, Wanted, together};
use super::steps::{Pace, Steps};
use crate::licn::{Licn, tests::*};

/// A fixture, its weights made to be trained.
struct Case {
    tensors: HashMap<String, Tensor>,
    weights: BTreeMap<String, Var>,
    licn: Licn,
    objective: Objective,
}

impl Case {
    fn new(shared: bool, objective: Objective) -> Self {
        let tensors = fixture(shared);
        let weights: BTreeMap<String, Var> = tensors
            .keys()
            .filter_map(|name| name.strip_prefix("after."))
            .map(|name| (name.to_owned(), Var::from_tensor(&tensors[name]).unwrap()))
            .collect();
        let of_licn = weights.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        let licn = Licn::load(&shape(shared), &of_licn).unwrap();
        Self { tensors, weights, licn, objective }
    }

    /// Each task's loss that has one, with its number.
    fn losses(&self) -> Vec<(usize, Tensor)> {
        let get = |name: String| &self.tensors[&name];
        let absent = &self.tensors["in.images.absent"];
        let seen = self.licn.embed_images(&self.tensors["in.images"], Some(absent), None).unwrap();
        let tasks = (0..TASKS).filter_map(|task| {
            let wanted: Vec<Vec<f32>> = get(format!("in.wanted.{task}")).to_vec2().unwrap();
            let labels = wanted[0].len();
            let known: Vec<Vec<usize>> =
                wanted.iter().map(|row| (0..labels).filter(|&label| row[label] > 0.0).collect()).collect();
            let wanted = Wanted::new(known.iter().map(Vec::as_slice), labels).unwrap()?;
            let (rows, absent) = (get(format!("in.labels.{task}")), get(format!("in.absent.{task}")));
            let named = self.licn.embed_labels(task, rows, absent, None).unwrap();
            let seen = seen.narrow(1, task, 1).unwrap().squeeze(1).unwrap().contiguous().unwrap();
            let weights = get(format!("in.weights.{task}"));
            Some((task, self.objective.of_task(&self.licn, &seen, &named, &wanted, Some(weights)).unwrap()))
        });
        tasks.collect()
    }

    fn loss(&self) -> Tensor {
        together(self.losses(), self.weights["task_weights"].as_tensor()).unwrap()
    }
}

/// The published loss with separate encoders, the compact pack's with a shared one.
fn cases() -> [Case; 2] {
    [Case::new(false, Objective::Published), Case::new(true, Objective::Exclusive { smoothing: 0.1 })]
}

#[test]
fn losses_are_pytorch_s() {
    for case in cases() {
        let losses = case.losses();
        assert_eq!(losses.iter().map(|(task, _)| *task).collect::<Vec<_>>(), [0, 1], "the last task has no labels");
        for (task, loss) in &losses {
            let apart = largest_difference(&loss.reshape(1).unwrap(), &case.tensors[&format!("out.loss.{task}")]);
            assert!(apart <= 1e-5, "task {task}: {apart}");
        }
        let apart = largest_difference(&case.loss().reshape(1).unwrap(), &case.tensors["out.loss"]);
        assert!(apart <= 1e-5, "{apart}");
    }
}

#[test]
fn gradients_are_pytorch_s() {
    for case in cases() {
        let gradients = case.loss().backward().unwrap();
        for (name, var) in &case.weights {
            let wanted = &case.tensors[&format!("gradient.{name}")];
            let apart = largest_difference(gradients.get(var).unwrap(), wanted);
            assert!(apart <= 1e-4, "{name}: {apart}");
        }
    }
}

#[test]
fn ten_steps_are_pytorch_s() {
    for case in cases() {
        let pace = Pace { learning_rate: 5e-4, weight_decay: 0.05, clip: 1.0, warm: 3, all: 10 };
        let weights = case.weights.iter().map(|(name, var)| (name.as_str(), var));
        let mut steps = Steps::new(weights, pace).unwrap();
        for _ in 0..10 {
            steps.take(&case.loss()).unwrap();
        }
        let mut moved = 0f32;
        for (name, var) in &case.weights {
            let wanted = &case.tensors[&format!("after.{name}")];
            let apart = largest_difference(&that_count(name, var.as_tensor()), &that_count(name, wanted));
            assert!(apart <= 1e-4, "{name}: {apart}");
            moved = moved.max(largest_difference(var.as_tensor(), &case.tensors[name]));
        }
        assert!(moved > 1e-3, "the weights moved by {moved} only: the comparison would show nothing");
    }
}

/// Without the biases of attention's keys: they add the same to all logits of a query, which a softmax takes no notice of. Their
/// gradient is rounding and nothing else, and AdamW makes steps of it that are as long as those of others.
fn that_count(name: &str, weights: &Tensor) -> Tensor {
    if !name.ends_with("in_proj_bias") {
        return weights.clone();
    }
    let third = weights.dim(0).unwrap() / 3;
    let part = |at: usize| weights.narrow(0, at * third, third).unwrap();
    Tensor::cat(&[part(0), part(2)], 0).unwrap()
}

#[test]
fn weights_of_labels_count() {
    let case = Case::new(false, Objective::Published);
    let mut even = Case::new(false, Objective::Published);
    for task in 0..TASKS {
        let name = format!("in.weights.{task}");
        let ones = even.tensors[&name].ones_like().unwrap();
        even.tensors.insert(name, ones);
    }
    assert!(largest_difference(&case.loss().reshape(1).unwrap(), &even.loss().reshape(1).unwrap()) > 0.1);
    let unweighted = Wanted::new([[0usize].as_slice()].into_iter(), 2).unwrap().unwrap();
    let seen = Tensor::new(&[[1f32, 0.0]], &Device::Cpu).unwrap();
    let named = Tensor::new(&[[1f32, 0.0], [0.0, 1.0]], &Device::Cpu).unwrap();
    let of = |weights| Objective::Published.of_task(&case.licn, &seen, &named, &unweighted, weights).unwrap();
    let ones = Tensor::new(&[1f32, 1.0], &Device::Cpu).unwrap();
    assert!(largest_difference(&of(None).reshape(1).unwrap(), &of(Some(&ones)).reshape(1).unwrap()) < 1e-7);
}
