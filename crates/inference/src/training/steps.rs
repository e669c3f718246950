//! From a loss to better weights: AdamW on clipped gradients, at a rate that rises and falls.

use candle_core::{Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

type Result<T> = candle_core::Result<T>;

/// How large steps are.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// The highest rate.
    pub(super) learning_rate: f64,
    /// By what share, times the rate, matrices shrink with each step.
    pub(super) weight_decay: f64,
    /// Gradients that are longer, all taken together, are cut to this length.
    pub(super) clip: f64,
    /// Steps through which the rate rises evenly.
    pub(super) warm: usize,
    /// Steps in all: after the rise the rate falls along a cosine, to nothing.
    pub(super) all: usize,
}

impl Pace {
    /// The rate of a step, counted from 0.
    fn rate(&self, step: usize) -> f64 {
        let (step, warm, all) = (step as f64, self.warm as f64, self.all as f64);
        let share = match step < warm {
            true => (step + 1.0) / warm,
            false => 0.5 * (1.0 + (std::f64::consts::PI * (step - warm) / (all - warm).max(1.0)).cos()),
        };
        share * self.learning_rate
    }
}

/// The steps of one run.
pub(super) struct Steps {
    vars: Vec<Var>,
    decaying: AdamW,
    steady: AdamW,
    pace: Pace,
    taken: usize,
}

impl Steps {
    /// For weights with their names.
    pub(super) fn new<'a>(weights: impl Iterator<Item = (&'a str, &'a Var)>, pace: Pace) -> Result<Self> {
        // Matrices shrink; biases, norms, scalars and task rows do not.
        let (mut decaying, mut steady) = (Vec::new(), Vec::new());
        for (name, var) in weights {
            let group = if var.rank() > 1 && !name.ends_with("task_rows") { &mut decaying } else { &mut steady };
            group.push(var.clone());
        }
        let vars = decaying.iter().chain(&steady).cloned().collect();
        let with = |weight_decay| ParamsAdamW { lr: pace.learning_rate, weight_decay, ..ParamsAdamW::default() };
        let decaying = AdamW::new(decaying, with(pace.weight_decay))?;
        let steady = AdamW::new(steady, with(0.0))?;
        Ok(Self { vars, decaying, steady, pace, taken: 0 })
    }

    /// Changes the weights so that `loss` falls.
    pub(super) fn take(&mut self, loss: &Tensor) -> Result<()> {
        let mut gradients = loss.backward()?;
        let mut squares = 0.0f64;
        for var in &self.vars {
            if let Some(gradient) = gradients.get(var) {
                squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
            }
        }
        let norm = squares.sqrt();
        if norm > self.pace.clip {
            for var in &self.vars {
                if let Some(gradient) = gradients.remove(var) {
                    gradients.insert(var, (gradient * (self.pace.clip / norm))?);
                }
            }
        }
        let rate = self.pace.rate(self.taken);
        self.taken += 1;
        for optimiser in [&mut self.decaying, &mut self.steady] {
            optimiser.set_learning_rate(rate);
            optimiser.step(&gradients)?;
        }
        Ok(())
    }
}
