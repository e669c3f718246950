//! `eval`: runs, scores of predictions made elsewhere, comparisons.

use std::{ops::ControlFlow, path::Path};

use vitrine_workbench::{
    Settings, WorkbenchError,
    evaluation::{self, DataSet, Form, Means, Options, Progress, RunReport, Task, instructions},
};

use crate::{
    SOME_FAILED,
    arguments::{DataForm, Evaluation, Run, TaskName},
    document::Evaluated,
    open, print,
    print::Printer,
};

pub fn run(library: Option<&Path>, what: Evaluation, printer: &Printer) -> Result<u8, WorkbenchError> {
    let (task, run) = match what {
        Evaluation::Classification(run) => (Task::Classification, run),
        Evaluation::Retrieval(run) => (Task::Retrieval, run),
        Evaluation::Explanation { without_title: true, run } => (Task::ExplanationWithoutTitle, run),
        Evaluation::Explanation { without_title: false, run } => (Task::ExplanationWithTitle, run),
        Evaluation::Vqa(run) => (Task::QuestionAnswering, run),
        Evaluation::Grounding(run) => (Task::Grounding, run),
        Evaluation::Score { predictions, task, run } => {
            let data = data(library, &run, printer)?;
            let meteor = run.meteor.clone();
            let settings = Settings::discover(None);
            let scored =
                evaluation::score(&settings, task_of(task), data, &predictions, meteor.as_deref(), &options(run))?;
            return Ok(finished(scored, printer));
        }
        Evaluation::Instructions { data, out, check, seed } => {
            if let Some(out) = &out {
                let data = match &data {
                    Some(place) => evaluation::read(place, None)?,
                    None => open(library, printer, false)?.as_data_set()?,
                };
                let written = instructions::write(&data, out, seed)?;
                printer.document(&written, print::instructions);
            }
            if let Some(folder) = out.or(check) {
                let checked = instructions::check(&folder)?;
                printer.message(&format!("{}: {checked} instructions, none spoilt", folder.display()));
            }
            return Ok(0);
        }
        Evaluation::Compare { first, second, seed } => {
            const RESAMPLES: usize = 1000;
            let compared = evaluation::compare(&first, &second, RESAMPLES, seed)?;
            printer.list(&compared, print::compared);
            return Ok(0);
        }
    };
    let data = data(library, &run, printer)?;
    let (pack, meteor) = (run.pack.clone(), run.meteor.clone());
    let means = Means { pack: pack.as_deref(), library, meteor: meteor.as_deref() };
    // Once a hundredth, so that a run of hours does not fill the screen.
    let mut told = ("", 0);
    let hear = &mut |Progress { doing, done, total }: Progress| {
        let now = (doing, done * 100 / total.max(1));
        if now != told {
            told = now;
            printer.message(&format!("{doing}: {done} of {total}"));
        }
        ControlFlow::Continue(())
    };
    let settings = Settings::discover(None);
    Ok(finished(evaluation::run(&settings, means, task, data, &options(run), hear)?, printer))
}

fn data(library: Option<&Path>, run: &Run, printer: &Printer) -> Result<DataSet, WorkbenchError> {
    let form = run.form.map(|form| match form {
        DataForm::Artpedia => Form::Artpedia,
        DataForm::Semart => Form::SemArt,
        DataForm::Paintingform => Form::PaintingForm,
        DataForm::Aqua => Form::Aqua,
        DataForm::Artgraph => Form::ArtGraph,
        DataForm::Expart => Form::ExpArt,
        DataForm::Wikiart => Form::WikiArt,
        DataForm::Csv => Form::Csv,
    });
    match &run.data {
        Some(place) => Ok(evaluation::read(place, form)?),
        None => open(library, printer, false)?.as_data_set(),
    }
}

fn task_of(name: TaskName) -> Task {
    match name {
        TaskName::Classification => Task::Classification,
        TaskName::Retrieval => Task::Retrieval,
        TaskName::Explanation => Task::ExplanationWithTitle,
        TaskName::ExplanationWithoutTitle => Task::ExplanationWithoutTitle,
        TaskName::Vqa => Task::QuestionAnswering,
        TaskName::Grounding => Task::Grounding,
    }
}

fn options(run: Run) -> Options {
    let Run { out, split, sample, seed, resamples, unseen_artists, artist_disjoint, vocabulary_deletion, .. } = run;
    Options { out, split, sample, seed, resamples, unseen_artists, artist_disjoint, vocabulary_deletion }
}

fn finished(run: RunReport, printer: &Printer) -> u8 {
    let document = Evaluated::new(run);
    printer.document(&document, print::evaluated);
    for failure in document.failed.iter().take(10) {
        printer.message(&format!("{}: {}", failure.file, failure.reason));
    }
    if document.failed.is_empty() { 0 } else { SOME_FAILED }
}
