//! What a training run leaves for people to read: how it went and what came of it, one HTML file with its plots inside.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use vitrine_evaluation::{
    metrics::calibration::{self, Bin},
    plots::{self, Line, STYLE, escaped},
    run::ReliabilityBin,
};
use vitrine_inference::training::{DatedFigures, OutsideFigures, TaskFigures, TrainingEvent, TrainingReport};

use crate::WorkbenchError;

/// Bins of a reliability diagram.
const BINS: usize = 10;

/// The epochs of a run: of its trial, which is held against the validation part, and of what is written.
#[derive(Debug, Default)]
pub(crate) struct History {
    trial_loss: Vec<f64>,
    /// One line a task: the share of right answers on the validation part.
    trial_right: Vec<Line>,
    loss: Vec<f64>,
}

impl History {
    /// Keeps what belongs to the curves.
    pub(crate) fn note(&mut self, event: &TrainingEvent) {
        let TrainingEvent::Epoch { loss, validation, .. } = event else { return };
        if validation.is_empty() {
            self.loss.push(*loss);
            return;
        }
        self.trial_loss.push(*loss);
        for (task, right) in validation {
            match self.trial_right.iter_mut().find(|line| line.name == task.property()) {
                Some(line) => line.values.push(*right),
                None => self.trial_right.push(Line { name: task.property().to_owned(), values: vec![*right] }),
            }
        }
    }
}

/// Writes `report.html` into `folder`.
pub(crate) fn write(folder: &Path, history: &History, report: &TrainingReport) -> Result<PathBuf, WorkbenchError> {
    let path = folder.join("report.html");
    let unwritten = |cause| WorkbenchError::Report { file: path.clone(), cause };
    fs::create_dir_all(folder).map_err(unwritten)?;
    fs::write(&path, page(history, report)).map_err(unwritten)?;
    Ok(path)
}

fn page(history: &History, report: &TrainingReport) -> String {
    let title = "Training of the classifier";
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
    );
    if !history.loss.is_empty() || !history.trial_loss.is_empty() {
        page.push_str("<h2>How it went</h2>");
        let losses: Vec<Line> = [("trial", &history.trial_loss), ("written", &history.loss)]
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, values)| Line { name: name.into(), values: values.clone() })
            .collect();
        page.push_str(&plots::lines(&losses, "epoch", "loss", None, "The mean loss of each epoch."));
        if !history.trial_right.is_empty() {
            let caption =
                "Right answers of the trial on the validation part. Its weights are those of the epoch with the most.";
            page.push_str(&plots::lines(&history.trial_right, "epoch", "share right", Some(1.0), caption));
        }
    }
    let parts = [
        ("What is written, on the test part", &report.figures, Some(&report.outside)),
        (
            "On works of all painters, each of whom the network that is asked has never learnt from",
            &report.every_painter,
            None,
        ),
        ("The trial, on the validation part", &report.trial, None),
        ("The trial, on works of painters who were kept from it", &report.trial_unseen, Some(&report.trial_outside)),
    ];
    for (heading, figures, outside) in parts {
        if figures.is_empty() {
            continue;
        }
        let _ = write!(page, "<h2>{}</h2>", escaped(heading));
        table(&mut page, figures);
        outside.into_iter().flatten().for_each(|outside| sentence(&mut page, outside));
        figures.iter().for_each(|figures| diagram(&mut page, figures));
    }
    if let Some(DatedFigures { without, with, outside_without, outside_with }) = &report.dated {
        page.push_str("<h2>Where it is known when works were made</h2>");
        for (heading, figures, outside) in
            [("Without their dates", without, outside_without), ("With their dates", with, outside_with)]
        {
            let _ = write!(page, "<h3>{heading}</h3>");
            table(&mut page, figures);
            outside.iter().for_each(|outside| sentence(&mut page, outside));
        }
    }
    page + "</body></html>\n"
}

fn table(page: &mut String, figures: &[TaskFigures]) {
    page.push_str("<table><tr><th>Task</th><th>Labels</th><th>Works</th><th>Top-1</th><th>Top-2</th><th>Top-3</th><th>Macro F1</th><th>Calibration error</th><th>Answered with 95 % right</th></tr>");
    for f in figures {
        let _ = write!(
            page,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            f.task.property(),
            f.labels,
            f.images
        );
        for value in [f.top1, f.top2, f.top3, f.macro_f1, f.calibration_error, f.sure] {
            let _ = write!(page, "<td class=\"n\">{value:.3}</td>");
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
}

fn sentence(page: &mut String, outside: &OutsideFigures) {
    let _ = write!(
        page,
        "<p>{}: {:.3} of {} right answers are named. Nothing is named on {:.3} of {} works whose label was not learnt, and on {:.3} of {} pictures that are no artworks.</p>",
        outside.task.property(),
        outside.right_named,
        outside.right,
        outside.hands_refused,
        outside.hands,
        outside.strangers_refused,
        outside.strangers
    );
}

fn diagram(page: &mut String, figures: &TaskFigures) {
    let (confidence, right): (Vec<f64>, Vec<bool>) = figures.answers.iter().copied().unzip();
    let bin = |Bin { from, answers, confidence, accuracy }| ReliabilityBin { from, answers, confidence, accuracy };
    let bins: Vec<ReliabilityBin> = calibration::reliability(&confidence, &right, BINS).into_iter().map(bin).collect();
    let _ = write!(page, "<h3>{}, {} labels</h3>", figures.task.property(), figures.labels);
    page.push_str(&plots::reliability(&bins, calibration::expected_calibration_error(&confidence, &right, BINS)));
}

#[cfg(test)]
mod tests {
    use vitrine_inference::Task;

    use super::*;

    #[test]
    fn a_report_tells_how_training_went_and_what_came_of_it() {
        let mut history = History::default();
        let epoch = |loss, validation: &[(Task, f64)]| TrainingEvent::Epoch {
            epoch: 1,
            epochs: 2,
            loss,
            validation: validation.iter().copied().collect(),
        };
        history.note(&epoch(4.0, &[(Task::Style, 0.25)]));
        history.note(&epoch(2.0, &[(Task::Style, 0.5)]));
        history.note(&epoch(3.0, &[]));
        let figures = TaskFigures {
            task: Task::Style,
            labels: 12,
            images: 2,
            top1: 0.5,
            top2: 1.0,
            top3: 1.0,
            macro_f1: 0.4,
            calibration_error: 0.1,
            sure: 0.0,
            answers: vec![(0.9, true), (0.35, false)],
        };
        let better = TaskFigures { top1: 0.75, ..figures.clone() };
        let dated = DatedFigures {
            without: vec![figures.clone()],
            with: vec![better],
            outside_without: Vec::new(),
            outside_with: Vec::new(),
        };
        let report = TrainingReport { figures: vec![figures], dated: Some(dated), ..TrainingReport::default() };
        let folder = tempfile::tempdir().unwrap();
        let page = fs::read_to_string(write(folder.path(), &history, &report).unwrap()).unwrap();
        assert!(page.contains("points=\"0.0,195.0 260.0,130.0\""), "the right answers of two epochs: {page}");
        assert!(page.contains("style, 12 labels") && page.contains("1 answers, 0.90 sure, 1.00 right"), "{page}");
        let (_, dated) = page.split_once("With their dates").unwrap();
        assert!(dated.contains("0.750"), "{dated}");
        assert!(!page.contains("The trial, on works"), "there was no such part");
    }
}
