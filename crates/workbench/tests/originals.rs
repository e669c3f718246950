//! Originals that are damaged, exchanged, moved and lost: what is noticed, what is said, and how they are found again.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{Rgb, RgbImage};
use vitrine_workbench::{
    Settings, Workbench, WorkbenchError,
    view::{JobKind, JobState},
};

struct Desk {
    folder: tempfile::TempDir,
    bench: Workbench,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("folder");
    let library = folder.path().join("library");
    let settings = Settings {
        person: "A. Curator".into(),
        pack: None,
        knowledge: PathBuf::from("nowhere"),
        demonstration: PathBuf::from("nowhere"),
        iconclass: PathBuf::from("nowhere"),
        added_packs: library.join("packs"),
        cache: library.join("cache"),
        fonts: PathBuf::from("nowhere"),
        suggest_on_import: false,
    };
    let bench = Workbench::at(&library, settings, Arc::new(|_| {})).expect("opens");
    Desk { folder, bench }
}

/// Coloured squares that no other seed has.
fn painting(seed: u32) -> RgbImage {
    RgbImage::from_fn(300, 200, |x, y| {
        let square = (x / 40) * 31 + (y / 40) * 17 + seed * 101;
        Rgb([(square * 37) as u8, (square * 59 + 40) as u8, (square * 83) as u8])
    })
}

/// Takes in `count` scans; their places, in the order of their works.
fn scans(desk: &Desk, count: u32) -> Vec<PathBuf> {
    let folder = desk.folder.path().join("scans");
    fs::create_dir_all(&folder).expect("folder");
    let paths: Vec<PathBuf> = (0..count).map(|seed| folder.join(format!("{seed}.png"))).collect();
    for (seed, path) in (0..).zip(&paths) {
        painting(seed).save(path).expect("saves");
        desk.bench.import(vec![path.clone()]).expect("starts");
        desk.bench.wait();
    }
    paths
}

fn path_of(bench: &Workbench, work: i64) -> PathBuf {
    PathBuf::from(&bench.work(work).expect("opens").scans[0].path)
}

#[test]
fn what_has_happened_to_originals_is_noticed_and_said() {
    let desk = desk();
    let bench = &desk.bench;
    let paths = scans(&desk, 5);
    assert_eq!((bench.fixity().unwrap().never, bench.fixity().unwrap().unchanged), (5, 0));
    let sound = bench.check_originals_now(true).unwrap();
    assert_eq!((sound.originals, sound.unchanged, sound.never, sound.troubles.len()), (5, 5, 0, 0));

    // One is lost; in one a bit falls over; one is written anew with other metadata; one makes room for another picture.
    fs::remove_file(&paths[0]).unwrap();
    let mut damaged = fs::read(&paths[1]).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&paths[1], &damaged).unwrap();
    let longer = [fs::read(&paths[2]).unwrap(), vec![0; 7]].concat();
    fs::write(&paths[2], &longer).unwrap();
    painting(77).save(&paths[3]).unwrap();
    let found = bench.check_originals_now(true).unwrap();
    let told: Vec<(i64, &str)> = found.troubles.iter().map(|one| (one.work, one.finding.as_str())).collect();
    assert_eq!(told, [(1, "missing"), (2, "changed"), (3, "changed"), (4, "replaced")]);
    assert_eq!(found.unchanged, 1);
    assert!(found.troubles[0].found_sha256.is_none() && found.troubles[3].found_sha256.is_some());
    let job = bench.jobs().into_iter().rfind(|job| job.kind == JobKind::Fixity).unwrap();
    assert_eq!((job.state, job.done, job.failures.len()), (JobState::Finished, 5, 4));
    assert!(job.failures[0].reason.contains("not there any more"), "{}", job.failures[0].reason);

    // Nothing was written to any of them, and what is put right is seen to be right.
    assert_eq!(fs::read(&paths[1]).unwrap(), damaged);
    for (seed, path) in (0..).zip(&paths).take(4) {
        painting(seed).save(path).unwrap();
    }
    assert_eq!(bench.check_originals_now(true).unwrap().unchanged, 5);
}

#[test]
fn a_part_of_them_is_due_each_day() {
    let desk = desk();
    let bench = &desk.bench;
    scans(&desk, 5);
    assert_eq!(bench.fixity().unwrap().days, 90);
    // A fifth of 90 days: one a day.
    assert_eq!(bench.check_originals_now(false).unwrap().never, 4);
    assert_eq!(bench.check_originals_now(false).unwrap().never, 4, "today's part is done");
    assert!(bench.check_originals(false).unwrap().is_none());
    // Each of them every other day: three today, of which one is done.
    bench.set_fixity_days(2).unwrap();
    assert_eq!(bench.check_originals_now(false).unwrap().never, 2);
    bench.set_fixity_days(0).unwrap();
    assert_eq!(bench.check_originals_now(false).unwrap().never, 2, "never by itself");
    assert_eq!(bench.check_originals_now(true).unwrap().never, 0);
    assert!(matches!(bench.set_fixity_days(100_000), Err(WorkbenchError::FixityDays { .. })));
    assert_eq!(bench.fixity().unwrap().days, 0);
}

#[test]
fn moved_originals_are_found_by_what_they_are() {
    let desk = desk();
    let bench = &desk.bench;
    let paths = scans(&desk, 4);
    let archive = desk.folder.path().join("archive/1 2");
    fs::create_dir_all(&archive).unwrap();
    // Two move, under other names; one is lost; one stays. Beside them lie a copy, and a file of the same size that is something else.
    let places = [archive.join("first.bin"), archive.join("second.png")];
    fs::rename(&paths[0], &places[0]).unwrap();
    fs::rename(&paths[1], &places[1]).unwrap();
    fs::copy(&places[0], archive.join("z copy.png")).unwrap();
    let mut other = fs::read(&places[0]).unwrap();
    other[40] ^= 1;
    fs::write(archive.join("0 other.png"), other).unwrap();
    fs::remove_file(&paths[2]).unwrap();

    let root = desk.folder.path().join("archive");
    let found = bench.find_moved(&root).unwrap();
    assert_eq!(found.missing, 3);
    let moved: Vec<(i64, &Path)> = found.moved.iter().map(|one| (one.work, one.to.as_path())).collect();
    assert_eq!(moved, [(1, places[0].as_path()), (2, places[1].as_path())]);
    assert_eq!(path_of(bench, 1), paths[0], "looking changes nothing");

    assert_eq!(bench.relink(&found.moved).unwrap(), 2);
    assert_eq!(
        (path_of(bench, 1), path_of(bench, 2), path_of(bench, 4)),
        (places[0].clone(), places[1].clone(), paths[3].clone())
    );
    let seen = bench.fixity().unwrap();
    assert_eq!((seen.unchanged, seen.never, seen.troubles.len()), (2, 2, 0));
    assert_eq!(bench.find_moved(&root).unwrap().missing, 1);
    assert_eq!(bench.check().unwrap(), Vec::<String>::new());

    // One undo takes both back, and redo gives them again.
    assert!(bench.undo().unwrap().is_some());
    assert_eq!((path_of(bench, 1), path_of(bench, 2)), (paths[0].clone(), paths[1].clone()));
    assert_eq!(bench.fixity().unwrap().never, 4, "nobody has looked at the former places");
    assert!(bench.redo().unwrap().is_some());
    assert_eq!(path_of(bench, 2), places[1]);
}

#[test]
fn a_file_that_changes_between_finding_and_taking_on_is_refused() {
    let desk = desk();
    let bench = &desk.bench;
    let paths = scans(&desk, 1);
    let place = desk.folder.path().join("archive");
    fs::create_dir_all(&place).unwrap();
    fs::rename(&paths[0], place.join("a.png")).unwrap();
    let found = bench.find_moved(&place).unwrap();
    painting(9).save(place.join("a.png")).unwrap();
    assert!(matches!(bench.relink(&found.moved), Err(WorkbenchError::OriginalChanged(_))));
    assert_eq!(path_of(bench, 1), paths[0]);
    assert!(matches!(bench.find_moved(&place.join("a.png")), Err(WorkbenchError::NoFolder(_))));
}
