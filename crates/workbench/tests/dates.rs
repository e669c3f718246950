//! A date that comes into a record changes what is suggested of the work, and goes out of it again.
//!
//! The models are the real ones; where set-up has not fetched them, the test says so and ends.
#![allow(clippy::print_stderr)]

use std::{fs, sync::Arc};

use image::{Rgb, RgbImage};
use vitrine_workbench::{
    Settings, Workbench,
    view::{BatchChangeView, BatchRequest, RecordsRequest, StateView, StatementView},
};

/// Fields in blue and ochre, with a line of trees.
fn paint() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| {
        let speckle = ((x * 31 + y * 17 + x * y / 7) % 29) as u8;
        let far = (f64::from(x) / 9.0).sin() * 12.0 + 110.0;
        match f64::from(y) {
            y if y < far - 20.0 => Rgb([120 + speckle, 150 + speckle, 210]),
            y if y < far => Rgb([40, 60 + speckle, 30]),
            _ => Rgb([190 + speckle, 150, 60 + speckle]),
        }
    })
}

/// What waits to be decided on of a property.
fn suggested(bench: &Workbench, work: i64, property: &str) -> StatementView {
    bench.wait();
    let work = bench.work(work).expect("opens");
    let of_it = |s: &StatementView| s.property == property && s.state == StateView::Suggested;
    work.statements.into_iter().find(of_it).expect("a suggestion waits")
}

/// The labels that were considered, each with its confidence in thousandths: an image's rows are kept with fewer bits than they are made with.
fn considered(suggestion: &StatementView) -> Vec<(String, u32)> {
    let best = suggestion.value.clone().zip(suggestion.confidence);
    let others = suggestion.alternatives.iter().map(|other| (other.value.clone(), other.confidence));
    let thousandths = |(label, confidence): (String, f32)| (label, (confidence * 1000.0).round() as u32);
    best.into_iter().chain(others).map(thousandths).collect()
}

#[test]
fn suggestions_follow_the_date_in_the_record() {
    let settings = Settings { person: "A. Curator".into(), ..Settings::discover(None) };
    let fetched =
        settings.pack.as_ref().is_some_and(|pack| pack.fetched.join("efficientnet-lite2.safetensors").is_file());
    if !fetched {
        eprintln!("skipped: the compact pack's weights are not here; ./test.sh fetches them");
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let bench = Workbench::at(&folder.path().join("library"), settings, Arc::new(|_| {})).expect("opens");
    let scan = folder.path().join("fields.png");
    paint().save(&scan).expect("saves");
    bench.import(vec![scan]).expect("starts");
    bench.wait();
    let work = bench.jobs().into_iter().find_map(|job| job.imported.first().copied()).expect("is imported");
    let (style, genre) = (suggested(&bench, work, "style"), suggested(&bench, work, "genre"));
    assert!(!style.reason.as_deref().unwrap_or_default().contains("date"), "{style:?}");

    // The only date there ever was, taken back, counts no more.
    bench.add_statement(work, "date", "1820").expect("is added");
    assert_ne!(considered(&suggested(&bench, work, "style")), considered(&style));
    bench.undo().expect("undoes").expect("something");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&style));

    bench.add_statement(work, "date", "c. 1510").expect("is added");
    let renaissance = suggested(&bench, work, "style");
    assert_ne!(considered(&renaissance), considered(&style));
    // Nothing was learnt of when works of a genre were made.
    assert_eq!(considered(&suggested(&bench, work, "genre")), considered(&genre));
    let share = |of: &StatementView, label: &str| {
        considered(of).into_iter().find(|(value, _)| value == label).map_or(0, |(_, confidence)| confidence)
    };
    let of_that_time = |of: &StatementView| {
        ["High Renaissance", "Northern Renaissance", "Baroque"].into_iter().map(|label| share(of, label)).sum::<u32>()
    };
    assert!(of_that_time(&renaissance) > of_that_time(&style), "{renaissance:?} after {style:?}");
    if renaissance.value.is_some() {
        assert_eq!(renaissance.reason.as_deref(), Some("The date in the record counted: 1510."));
    }

    // A date that is only suggested or was rejected counts as little as none; one that reaches from no beginning too.
    let date = |bench: &Workbench| {
        let statements = bench.work(work).expect("opens").statements;
        statements
            .into_iter()
            .rfind(|s| s.property == "date" && matches!(s.state, StateView::Accepted | StateView::Edited))
            .expect("a date")
            .id
    };
    bench.edit(date(&bench), "../1900", None).expect("is edited");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&style));
    bench.undo().expect("undoes").expect("something");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&renaissance));
    bench.reject(date(&bench)).expect("is rejected");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&style));

    // Dates that come in together, or from a file.
    let change = BatchChangeView::Set { value: "1510".into(), qualifier: None, keep_qualifier: false, settle: true };
    let request = BatchRequest { works: vec![work], property: "date".into(), change };
    bench.batch_edit(&request, 1, None).expect("is made");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&renaissance));
    bench.undo().expect("undoes").expect("something");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&style));
    let (table, profile) = (folder.path().join("theirs.csv"), folder.path().join("own.toml"));
    fs::write(&table, "file,when\nfields.png,1510\n").expect("writes");
    let columns = "[[column]]\nname = \"file\"\nas = \"file\"\n[[column]]\nname = \"when\"\nfrom = [\"date\"]\n";
    fs::write(&profile, format!("id = \"own\"\ntitle = \"Own\"\n{columns}")).expect("writes");
    let profile = Some(profile.display().to_string());
    let request = RecordsRequest { file: table, sheet: None, profile, by_file_name: true, accept: true };
    bench.import_records(&request).expect("reads");
    assert_eq!(considered(&suggested(&bench, work, "style")), considered(&renaissance));
}
