//! What the recipe is worth on painters who were never learnt from, measured on every one of them.

use std::ops::ControlFlow;

use super::assess::{Answer, Answers};
use super::calibration;
use super::fit::{Sample, Truth};
use super::lesson::{Lesson, Parts, Taught};
use super::{DataSet, TrainingEvent, TrainingOptions, TrainingReport, kept_years};
use crate::trained::{Head, Trained};
use crate::{InferenceError, PackManifest, PackPaths, Task};

/// In so many parts the painters fall ([`super::Example::fifth`]).
const PARTS: usize = 5;

/// One network, which has not learnt from a fifth of the painters, and what it answers on their works and on pictures that are no artworks.
struct Fold {
    head: Head,
    /// For each of [`calibration::LINEAR_SHARES`] the answers, a task each.
    by_share: Vec<Vec<Answers>>,
}

/// Learns five times, each time without another fifth of the painters, and asks each network about the works of those. Nothing is
/// written. What stands for so few painters hangs on who they are: one fifth alone can be ten points above another.
///
/// How much the linear heads count, temperatures and scopes are fitted to the answers on the four other fifths, which the networks that gave them had
/// not learnt from either. The linear heads' decays are those of the pack, and there is no earlier stop. Only what is not the
/// painter's name can be measured so.
pub fn every_painter_unseen(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let pack = Trained::load(&PackManifest::read(paths)?, paths)?.head;
    let (lesson, seen) = super::prepare(data, paths, options, progress)?;
    let Parts { learn, validation, test, strangers, whitening, .. } = lesson.parts(data, &seen);
    let works: Vec<Sample> = learn.into_iter().chain(validation).chain(test).collect();
    let every_other = |first: usize| -> Vec<Sample> { strangers.iter().skip(first).step_by(2).cloned().collect() };

    let mut folds = Vec::with_capacity(PARTS);
    for part in 0..PARTS {
        let unseen = |sample: &Sample| sample.fifth.is_some_and(|fifth| usize::from(fifth) == part);
        let learnt: Vec<Sample> = works.iter().filter(|sample| !unseen(sample)).cloned().collect();
        let taught = Taught { samples: &learnt, validation: &[], strangers: &every_other(0), whitening };
        let (mut trained, ..) = lesson.fit(&taught, None, options, progress)?;
        for (head, of_pack) in trained.head.tasks.iter_mut().zip(&pack.tasks) {
            head.linear_decay = of_pack.linear_decay;
        }
        lesson.fit_linear(&mut trained, &learnt)?;
        kept_years::keep_of(&mut trained.head, &learnt, &lesson.periods);
        let mut asked: Vec<Sample> = works.iter().filter(|sample| unseen(sample)).cloned().collect();
        for sample in &mut asked {
            sample.held = true;
            for (truth, task) in sample.truths.iter_mut().zip(lesson.tasks()) {
                *truth = if task == Task::Artist { Truth::Unknown } else { *truth };
            }
        }
        asked.extend(every_other(1));
        let by_share = calibration::LINEAR_SHARES.map(|share| {
            trained.head.tasks.iter_mut().for_each(|head| head.linear_share = share);
            lesson.answers(&trained, &asked)
        });
        folds.push(Fold { by_share: by_share.into_iter().collect::<Result<_, _>>()?, head: trained.head });
    }

    let judged: Vec<(Head, Vec<Answers>)> = (0..PARTS).map(|part| judged(&lesson, &folds, part)).collect();
    let mut figures = lesson.figures(&judged);
    figures.retain(|figures| figures.images > 0);
    let dated = lesson.dated_figures(&judged);
    Ok(TrainingReport { every_painter: figures, dated, ..TrainingReport::default() })
}

/// A fold's answers on works, with what those of the other folds say that they are worth.
fn judged(lesson: &Lesson, folds: &[Fold], part: usize) -> (Head, Vec<Answers>) {
    let mut head = folds[part].head.clone();
    let mut answers = Vec::new();
    for (at, (task, head)) in lesson.tasks().zip(&mut head.tasks).enumerate() {
        let of_others = |share: usize| -> Answers {
            let others = folds.iter().enumerate().filter(|(other, _)| *other != part);
            Answers(others.flat_map(|(_, fold)| fold.by_share[share][at].0.iter().cloned()).collect())
        };
        let likeliest = (0..calibration::LINEAR_SHARES.len())
            .map(|share| (calibration::unlikelihood(task, &of_others(share)), share))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let share = likeliest.map_or(0, |(_, share)| share);
        head.linear_share = calibration::LINEAR_SHARES[share];
        calibration::calibrate(task, head, &of_others(share));
        answers.push(folds[part].by_share[share][at].only(|answer: &Answer| !answer.is_no_artwork()));
    }
    (head, answers)
}
