//! Pages of documents, previews of cameras, fronts with their backs, artworks out of photographs: what becomes of them in a library.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{Rgb, RgbImage, imageops};
use vitrine_workbench::{
    Settings, Workbench, WorkbenchError,
    view::{JobKind, JobState, JobView},
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
        iconclass: library.with_file_name("iconclass"),
        added_packs: library.join("packs"),
        cache: library.join("cache"),
        suggest_on_import: false,
    };
    let bench = Workbench::at(&library, settings, Arc::new(|_| {})).expect("opens");
    Desk { folder, bench }
}

/// Coloured squares that no other seed has.
fn painting(seed: u32, width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let square = (x / 40) * 31 + (y / 40) * 17 + seed * 101;
        Rgb([(square * 37) as u8, (square * 59 + 40) as u8, (square * 83) as u8])
    })
}

fn save(desk: &Desk, name: &str, picture: &RgbImage) -> PathBuf {
    let path = desk.folder.path().join(name);
    picture.save(&path).expect("saves");
    path
}

fn import(bench: &Workbench, paths: Vec<PathBuf>) -> JobView {
    ended(bench, bench.import(paths).expect("starts"))
}

fn ended(bench: &Workbench, id: u64) -> JobView {
    bench.wait();
    bench.jobs().into_iter().find(|job| job.id == id).expect("listed")
}

fn names(bench: &Workbench, work: i64) -> Vec<String> {
    let scans = bench.work(work).expect("opens").scans;
    scans.iter().map(|scan| Path::new(&scan.path).file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn fronts_and_backs_are_offered_joined_and_parted() {
    let desk = desk();
    let bench = &desk.bench;
    let files = ["a_recto.png", "a_verso.png", "b 1r.png", "b 1v.png", "c.png"];
    let paths: Vec<PathBuf> =
        (0..).zip(files).map(|(seed, name)| save(&desk, name, &painting(seed, 300, 200))).collect();
    let hashes: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("reads")).collect();
    let job = import(bench, paths.clone());
    assert_eq!((job.imported.len(), job.pairs.len()), (5, 2), "{:?}", job.failures);
    let (front, back) = (job.pairs[0].front, job.pairs[0].back);
    assert_eq!((job.pairs[0].front_file.as_str(), job.pairs[0].back_file.as_str()), ("a_recto.png", "a_verso.png"));

    assert_eq!(bench.join_pairs(job.id).expect("joins"), 2);
    assert_eq!(names(bench, front), ["a_recto.png", "a_verso.png"]);
    assert_eq!(bench.library().expect("opens").works, 3);
    assert!(bench.work(back).is_err(), "it is out of sight");
    assert_eq!(bench.jobs().into_iter().find(|view| view.id == job.id).expect("listed").pairs, []);
    assert_eq!(bench.join_pairs(job.id).expect("nothing is left to join"), 0);

    bench.undo().expect("parts").expect("something to undo");
    assert_eq!(bench.library().expect("opens").works, 5);
    assert_eq!((names(bench, front), names(bench, back)), (vec!["a_recto.png".into()], vec!["a_verso.png".into()]));
    bench.redo().expect("joins again").expect("something to redo");
    assert_eq!(names(bench, front), ["a_recto.png", "a_verso.png"]);
    // What is in the library already is not taken in twice, whichever work it is in.
    assert_eq!(import(bench, paths.clone()).duplicates.len(), 5);
    let after: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("reads")).collect();
    assert!(hashes == after, "originals are only read");
}

#[test]
fn an_artwork_becomes_a_further_scan_with_its_recipe() {
    let desk = desk();
    let bench = &desk.bench;
    let mut photograph = RgbImage::from_fn(1200, 900, |x, y| Rgb([90 + ((x * 7 + y * 13) % 9) as u8, 88, 80]));
    imageops::replace(&mut photograph, &painting(3, 560, 400), 330, 240);
    let file = save(&desk, "photograph.png", &photograph);
    let original = fs::read(&file).expect("reads");
    let work = import(bench, vec![file.clone()]).imported[0];
    let scan = bench.work(work).expect("opens").scans[0].id;

    let outlines = bench.propose_corners(scan).expect("proposes").outlines;
    let expected = [(330.0, 240.0), (890.0, 240.0), (890.0, 640.0), (330.0, 640.0)];
    let off = |(x, y): (f64, f64), (u, v): (f64, f64)| (x - u).abs().max((y - v).abs());
    assert!(outlines[0].iter().zip(expected).all(|(found, expected)| off(*found, expected) < 1.5), "{outlines:?}");

    let job = ended(bench, bench.prepare(scan, &expected).expect("starts"));
    assert_eq!((job.kind, job.state, job.done), (JobKind::Prepare, JobState::Finished, 3), "{:?}", job.failures);
    let scans = bench.work(work).expect("opens").scans;
    assert_eq!((scans.len(), scans[1].width, scans[1].height), (2, 560, 400));
    let from = scans[1].prepared_from.as_ref().expect("it was made of the first");
    assert_eq!(from.scan, scan);
    let recipe: serde_json::Value = serde_json::from_str(&from.recipe).expect("JSON");
    assert_eq!(recipe["corners"][2], serde_json::json!([890.0, 640.0]));
    assert_eq!(recipe["original"]["sha256"], scans[0].sha256);
    assert_eq!(image::open(&scans[1].path).expect("opens").into_rgb8(), painting(3, 560, 400), "pixel for pixel");
    assert!(bench.derivative(scans[1].id).expect("a picture").is_file());
    assert!(original == fs::read(&file).expect("reads"), "the photograph is as it was");

    // The same again is the same; undo takes it away.
    ended(bench, bench.prepare(scan, &expected).expect("starts"));
    assert_eq!(bench.work(work).expect("opens").scans.len(), 2);
    bench.undo().expect("undoes").expect("something to undo");
    assert_eq!(bench.work(work).expect("opens").scans.len(), 1);

    // Corners that enclose nothing are refused at once, a changed original by the job.
    let wrong = bench.prepare(scan, &[expected[0], expected[2], expected[1], expected[3]]);
    assert!(matches!(wrong, Err(WorkbenchError::Corners(_))), "{wrong:?}");
    assert!(matches!(bench.prepare(scan, &expected[..3]), Err(WorkbenchError::Corners(_))));
    photograph.put_pixel(0, 0, Rgb([1, 2, 3]));
    photograph.save(&file).expect("saves");
    let job = ended(bench, bench.prepare(scan, &expected).expect("starts"));
    assert_eq!(job.state, JobState::Failed);
    assert!(job.failures[0].reason.contains("changed or replaced"), "{:?}", job.failures);
}

#[test]
fn a_documents_pages_are_scans_of_one_work() {
    let desk = desk();
    let bench = &desk.bench;
    let page = |number: u32, next: &str| {
        format!("{number} 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 36] /Contents {next} 0 R >>\nendobj\n")
    };
    let stream = |number: u32, drawing: &str| {
        format!("{number} 0 obj\n<< /Length {} >>\nstream\n{drawing}\nendstream\nendobj\n", drawing.len())
    };
    let document = [
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_owned(),
        "2 0 obj\n<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>\nendobj\n".to_owned(),
        page(3, "5"),
        page(4, "6"),
        stream(5, "1 0 0 rg 0 0 36 36 re f"),
        stream(6, "0 0 1 rg 0 0 36 36 re f"),
        "trailer\n<< /Size 7 /Root 1 0 R >>\n%%EOF\n".to_owned(),
    ];
    let file = desk.folder.path().join("sheets.pdf");
    fs::write(&file, document.concat()).expect("writes");
    let job = import(bench, vec![file]);
    assert_eq!(job.imported.len(), 1, "{:?}", job.failures);
    let scans = bench.work(job.imported[0]).expect("opens").scans;
    let sizes: Vec<_> = scans.iter().map(|scan| (scan.page, scan.width, scan.height, scan.format.as_str())).collect();
    assert_eq!(sizes, [(0, 300, 150, "PDF"), (1, 300, 150, "PDF")]);
    let remarks: Vec<&str> = job.remarks.iter().map(|remark| remark.reason.as_str()).collect();
    assert_eq!(remarks, ["pages 1–2 of 2: drawn at 300 dots an inch, as it is more than one picture"]);
    let second = image::open(bench.derivative(scans[1].id).expect("a picture")).expect("opens").into_rgb8();
    assert!(second.get_pixel(20, 75).0[2] > 200 && second.get_pixel(20, 75).0[0] < 60, "its own page");
}
