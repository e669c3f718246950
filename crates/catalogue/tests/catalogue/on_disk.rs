use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use vitrine_catalogue::{Added, CatalogueError, LIBRARY_FILE, Library, NewExchange, NewScan, WorkQuery};

use crate::{at, compact, pack, says, scan, shelf, work};

#[test]
fn everything_is_there_after_reopening() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let statement = s.library.suggest(id, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    s.library.accept(statement, "Anna", at(2)).unwrap();
    let exchange = NewExchange {
        question: Some("Who?"),
        answer: r#"{"sentences":[]}"#,
        pack: "compact 1",
        ..NewExchange::default()
    };
    s.library.keep_answer(id, &exchange, at(3)).unwrap();
    s.library.put_image_rows(s.library.scans(id).unwrap()[0].id, &pack("1"), 2, &[0.6, 0.8, 1.0, 0.0], at(3)).unwrap();
    let before = (
        s.library.statements(id).unwrap(),
        s.library.history(id).unwrap(),
        s.library.conversation(id).unwrap(),
        s.library.scans(id).unwrap(),
        s.library.works(&WorkQuery::default()).unwrap(),
    );
    drop(s.library);
    let library = Library::open(s.folder.path()).unwrap();
    let after = (
        library.statements(id).unwrap(),
        library.history(id).unwrap(),
        library.conversation(id).unwrap(),
        library.scans(id).unwrap(),
        library.works(&WorkQuery::default()).unwrap(),
    );
    assert_eq!(before, after);
    assert_eq!(library.to_undo().unwrap().as_deref(), Some("Accepted style: Rococo"));
}

#[test]
fn a_scan_is_taken_once() {
    let s = shelf();
    let Added::New { work, scan: id } = s.library.add_work(&scan("a.jpg"), at(1)).unwrap() else { panic!("it is new") };
    let again = NewScan { path: "/elsewhere/copy.jpg".into(), ..scan("a.jpg") };
    assert_eq!(s.library.add_work(&again, at(2)).unwrap(), Added::Duplicate { work, scan: id });
    let known = s.library.scan_by_hash("hash of a.jpg").unwrap().unwrap();
    assert_eq!((known.id, known.work, known.path.to_str(), known.imported_at), (id, work, Some("/scans/a.jpg"), at(1)));
    assert_eq!(s.library.scan_by_hash("no such").unwrap(), None);
    assert_eq!(s.library.scan(id).unwrap(), known);
}

#[cfg(unix)]
#[test]
fn a_path_of_any_bytes_comes_back_as_it_was() {
    use std::os::unix::ffi::OsStrExt;
    let s = shelf();
    let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(b"/scans/gem\xe4lde.jpg"));
    let Added::New { scan, work } = s.library.add_work(&NewScan { path: path.clone(), ..scan("x") }, at(1)).unwrap()
    else {
        panic!("it is new")
    };
    assert_eq!(s.library.scan(scan).unwrap().path, path);
    assert_eq!(s.library.work_card(work).unwrap().title, "gem\u{fffd}lde.jpg");
}

#[test]
fn image_rows_come_back_by_their_weights() {
    let s = shelf();
    let one = s.library.scans(work(&s.library, "a.jpg")).unwrap()[0].clone();
    let two = s.library.scans(work(&s.library, "b.jpg")).unwrap()[0].clone();
    let values = [0.6, 0.8, -1.0, 0.0];
    s.library.put_image_rows(two.id, &pack("1"), 2, &[0.0, 1.0], at(1)).unwrap();
    s.library.put_image_rows(one.id, &pack("1"), 2, &[1.0, 0.0], at(1)).unwrap();
    s.library.put_image_rows(one.id, &pack("1"), 2, &values, at(2)).unwrap();
    let rows = s.library.image_rows(one.id, "weights 1").unwrap().unwrap();
    assert_eq!((rows.scan, rows.work, rows.dimension), (one.id, one.work, 2));
    for (kept, given) in rows.values.iter().zip(values) {
        assert!((kept - given).abs() <= given.abs() / 2048.0, "{kept} for {given}");
    }
    assert_eq!(s.library.image_rows(one.id, "weights 2").unwrap(), None);
    let mut seen = Vec::new();
    s.library.each_image_rows("weights 1", |rows| seen.push((rows.work, rows.values.len()))).unwrap();
    assert_eq!(seen, [(one.work, 4), (two.work, 2)]);
    assert_eq!(s.library.scans_without_rows("weights 1").unwrap(), []);
    assert_eq!(s.library.scans_without_rows("weights 2").unwrap(), [one.id, two.id]);
    let error = s.library.put_image_rows(one.id, &pack("1"), 3, &values, at(3)).unwrap_err();
    assert_eq!(error.to_string(), "4 numbers do not make whole rows of 3");
    assert!(matches!(
        s.library.keep_answer(one.work, &NewExchange { answer: "{", ..NewExchange::default() }, at(3)),
        Err(CatalogueError::BadAnswer(_))
    ));
}

#[test]
fn statements_and_log_refuse_to_be_changed() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let statement = s.library.suggest(id, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    s.library.accept(statement, "Anna", at(2)).unwrap();
    let before = s.library.history(id).unwrap();
    let raw = Connection::open(s.folder.path().join(LIBRARY_FILE)).unwrap();
    for sql in [
        "UPDATE statements SET value = 'Baroque'",
        "DELETE FROM statements",
        "UPDATE decisions SET person = 'Ben'",
        "DELETE FROM decisions",
        "UPDATE actions SET description = 'nothing'",
        "DELETE FROM actions",
    ] {
        let error = raw.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("are never"), "{sql}: {error}");
    }
    assert_eq!(s.library.history(id).unwrap(), before);
}

#[test]
fn readers_go_on_while_one_writes() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let stop = AtomicBool::new(false);
    let reads: Vec<usize> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = 0;
                    let mut known = 0;
                    while !stop.load(Ordering::Relaxed) || reads == 0 {
                        let page = s.library.works(&WorkQuery::default()).unwrap();
                        assert_eq!(page.total, page.works.len() as u64, "one read sees one state");
                        assert!(page.total >= known);
                        known = page.total;
                        s.library.statements(id).unwrap();
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for number in 0..40 {
            work(&s.library, &format!("{number}.jpg"));
            let said = [says("style", &format!("style {number}"), 0.5)];
            s.library.suggest(id, &compact(), &said, at(number)).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert!(reads.iter().all(|reads| *reads > 0));
    assert_eq!(s.library.badges().unwrap().works(), 41);
}

#[test]
fn a_read_does_not_wait_for_an_open_transaction() {
    let s = shelf();
    work(&s.library, "a.jpg");
    let raw = Connection::open(s.folder.path().join(LIBRARY_FILE)).unwrap();
    raw.execute_batch("BEGIN IMMEDIATE; INSERT INTO works (added_at) VALUES ('now')").unwrap();
    let start = std::time::Instant::now();
    assert_eq!(s.library.badges().unwrap().works(), 1);
    assert!(start.elapsed().as_secs() < 5, "the patience of a writer is ten seconds");
    raw.execute_batch("ROLLBACK").unwrap();
}

const FOLDER: &str = "VITRINE_TEST_SECOND_PROGRAM";

/// Not a test of its own: what the second program of `two_programs_share_a_library` does.
#[test]
fn second_program() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let library = Library::open(folder.as_ref()).unwrap();
    for number in 0..30 {
        work(&library, &format!("theirs {number}.jpg"));
    }
}

#[test]
fn two_programs_share_a_library() {
    let s = shelf();
    let program = std::env::current_exe().unwrap();
    let mut second = Command::new(program)
        .args(["on_disk::second_program", "--exact"])
        .env(FOLDER, s.folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for number in 0..30 {
        work(&s.library, &format!("ours {number}.jpg"));
    }
    assert!(second.wait().unwrap().success());
    assert_eq!(s.library.badges().unwrap().works(), 60);
    assert_eq!(s.library.works(&WorkQuery { text: "theirs".into(), ..WorkQuery::default() }).unwrap().total, 30);
}

#[test]
fn what_is_no_library_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let error = Library::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("holds no library"), "{error}");
    let file = folder.path().join(LIBRARY_FILE);

    let foreign = Connection::open(&file).unwrap();
    foreign.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(foreign);
    let bytes = std::fs::read(&file).unwrap();
    let error = Library::open(folder.path()).unwrap_err();
    assert!(matches!(error, CatalogueError::Foreign(_)), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);

    std::fs::write(&file, "not a database at all, but long enough to be taken for one by its size ".repeat(40))
        .unwrap();
    let error = Library::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("library.sqlite") && error.contains("restore it from a backup"), "{error}");

    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Library::open_or_create(&folder.path().join("file")).unwrap_err();
    assert!(matches!(error, CatalogueError::Folder { .. }), "{error}");
}

#[test]
fn a_newer_library_is_refused_with_a_sentence() {
    let s = shelf();
    drop(s.library);
    let file = s.folder.path().join(LIBRARY_FILE);
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Library::open(s.folder.path()).unwrap_err().to_string();
    let sentence = format!(
        "{} was written by a newer Vitrine (its layout is number 99, this program knows up to 9); open it with that version",
        file.display()
    );
    assert_eq!(error, sentence);
}

#[test]
fn programs_that_start_at_once_make_one_library() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let path = folder.path();
                scope.spawn(move || {
                    let library = Library::open_or_create(path).unwrap();
                    work(&library, &format!("{thread}.jpg"));
                });
            }
        });
        assert_eq!(Library::open(folder.path()).unwrap().badges().unwrap().works(), 4);
    }
}

#[test]
fn pages_of_a_file_are_scans_of_one_work() {
    let s = shelf();
    let page =
        |page: u32| NewScan { page, fingerprint: (page > 0).then(|| format!("{page:064x}")), ..scan("sheet.tif") };
    let Added::New { work: sheet, scan: recto } =
        s.library.add_work_of_pages(&page(0), &[page(1), page(2)], at(1)).unwrap()
    else {
        panic!("it is new");
    };
    let scans = s.library.scans(sheet).unwrap();
    assert_eq!(scans.iter().map(|scan| scan.page).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(scans[0].id, recto);
    assert_eq!(s.library.work_card(sheet).unwrap().scan, recto);
    let again = s.library.add_work_of_pages(&page(0), &[page(1)], at(2)).unwrap();
    assert_eq!(again, Added::Duplicate { work: sheet, scan: recto });
    assert_eq!(
        s.library.scan_by_hash(&scans[2].sha256).unwrap().unwrap().id,
        recto,
        "the first page stands for the file"
    );
    let known = s.library.fingerprints().unwrap();
    assert_eq!(
        known.iter().map(|(scan, work, _)| (*scan, *work)).collect::<Vec<_>>(),
        [(scans[1].id, sheet), (scans[2].id, sheet)]
    );
}
