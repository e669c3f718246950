//! A library teaches the pack: what is learnt from accepted styles, what it changes, and the way back.
//!
//! The models are the real ones; where set-up has not fetched them, the test says so and ends.
#![allow(clippy::print_stderr)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{Rgb, RgbImage};
use vitrine_workbench::{
    Settings, Workbench,
    view::{JobState, StateView, WorkFilter},
};

/// Works of each of two styles: enough that a quarter can be held back.
const OF_A_STYLE: u32 = 52;
const STYLES: [&str; 2] = ["Cubism", "Rococo"];

/// Stripes or blots, so that two styles are there to be told apart.
fn paint(style: usize, seed: u32) -> RgbImage {
    RgbImage::from_fn(160, 120, |x, y| {
        let speckle = ((x * 31 + y * 17 + seed * 101) % 23) as u8;
        if style == 0 {
            let stripe = (x * (3 + seed % 5) / 12).is_multiple_of(2);
            if stripe { Rgb([40 + speckle, 30, 30]) } else { Rgb([210, 200 - speckle, 180]) }
        } else {
            let (dx, dy) = (x as f32 - 80.0 - (seed % 20) as f32, y as f32 - 60.0);
            let far = ((dx * dx + dy * dy).sqrt() * 1.4).min(150.0) as u8;
            Rgb([240 - far, 170 + speckle, 190 - far / 2])
        }
    })
}

fn import(bench: &Workbench, folder: &Path) -> Vec<i64> {
    let id = bench.import(vec![folder.to_owned()]).expect("starts");
    bench.wait();
    let job = bench.jobs().into_iter().find(|job| job.id == id).expect("listed");
    assert!(job.failures.is_empty(), "{:?}", job.failures);
    job.imported
}

/// Who suggests a work's style, and which, where anything is suggested.
fn suggested(bench: &Workbench, work: i64) -> (String, Option<String>) {
    let work = bench.work(work).expect("opens");
    let style = work.statements.into_iter().find(|s| s.property == "style" && s.state == StateView::Suggested);
    let style = style.expect("a suggestion waits");
    (style.source.name, style.value.or(style.alternatives.first().map(|other| other.value.clone())))
}

#[test]
fn a_library_teaches_its_styles_and_the_pack_alone_comes_back() {
    let settings = Settings { person: "A. Curator".into(), ..Settings::discover(None) };
    let fetched =
        settings.pack.as_ref().is_some_and(|pack| pack.fetched.join("efficientnet-lite2.safetensors").is_file());
    if !fetched {
        eprintln!("skipped: the compact pack's weights are not here; ./test.sh fetches them");
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let bench = Workbench::at(&folder.path().join("library"), settings, Arc::new(|_| {})).expect("opens");
    let scans = |name: &str, seeds: std::ops::Range<u32>| -> PathBuf {
        let scans = folder.path().join(name);
        fs::create_dir_all(&scans).expect("folder");
        for seed in seeds {
            for style in [0, 1] {
                paint(style, seed).save(scans.join(format!("{seed} of {}.png", STYLES[style]))).expect("saves");
            }
        }
        scans
    };
    import(&bench, &scans("taught", 0..OF_A_STYLE));
    let cards = bench.works(&WorkFilter::default()).expect("lists").works;
    assert_eq!(cards.len() as u32, 2 * OF_A_STYLE);

    let few = bench.learn_now().expect_err("nothing is accepted yet").to_string();
    assert!(few.contains("too few works"), "{few}");
    for card in &cards {
        let style = STYLES.into_iter().find(|style| card.title.contains(style)).expect("one of both");
        bench.add_statement(card.id, "style", style).expect("is added");
    }
    let works = import(&bench, &scans("new", 70..73));
    let pack = suggested(&bench, works[0]).0;
    assert!(!pack.contains("library"), "{pack}");

    let job = bench.start_learning().expect("starts");
    bench.wait();
    let job = bench.jobs().into_iter().find(|view| view.id == job).expect("listed");
    assert_eq!((job.state, &job.failures), (JobState::Finished, &Vec::new()));
    let learning = bench.learning().expect("lists");
    assert_eq!(learning.in_use, Some(1));
    let [version] = learning.versions.as_slice() else { panic!("{learning:?}") };
    let [style] = version.tasks.as_slice() else { panic!("{version:?}") };
    assert!(style.used && style.right_after > style.right_before, "{style:?}");
    assert_eq!(style.learnt + style.judged, u64::from(2 * OF_A_STYLE));

    // Works that nobody decided on were looked at again, by the pack and what it was taught.
    for work in &works {
        let title = bench.work(*work).expect("opens").card.title;
        let (by, best) = suggested(&bench, *work);
        assert!(by.contains("+library.1"), "{by}");
        assert!(best.is_some_and(|best| title.contains(&best)), "{title}");
    }

    let learning = bench.use_learnt(None).expect("puts it aside");
    bench.wait();
    assert_eq!((learning.in_use, learning.versions.len()), (None, 1), "it is kept");
    assert_eq!(suggested(&bench, works[0]).0, pack);
    let none = bench.use_learnt(Some(7)).expect_err("there is no such version").to_string();
    assert!(none.contains('7'), "{none}");
}
