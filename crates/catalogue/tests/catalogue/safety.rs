//! Backups and their rehearsal, integrity, layouts of former programs, two programs at once.

use std::path::Path;

use rusqlite::Connection;
use vitrine_catalogue::{
    BACKUPS_FOLDER, CatalogueError, ExportEntry, LIBRARY_FILE, Library, Search, WorkId, WorkQuery, backups,
    rehearse_restore, restore_backup, rotate_backups,
};

use crate::{at, compact, says, shelf, work};

fn raw(folder: &Path) -> Connection {
    Connection::open(folder.join(LIBRARY_FILE)).unwrap()
}

#[test]
fn a_backup_is_one_sound_state_and_comes_back() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "title", "The Swing", None, "Anna", at(1)).unwrap();
    let folder = s.folder.path().join(BACKUPS_FOLDER);
    let backup = s.library.back_up(&folder, at(2)).unwrap();
    assert_eq!(backups(&folder).unwrap(), std::slice::from_ref(&backup));
    let tried = rehearse_restore(&backup.file).unwrap();
    assert_eq!((tried.works, tried.statements, tried.decisions), (1, 1, 1));

    s.library.add_statement(id, "title", "Another", None, "Anna", at(3)).unwrap();
    let error = restore_backup(&backup.file, s.folder.path(), at(4)).unwrap_err();
    assert!(matches!(error, CatalogueError::InUse(_)), "{error}");
    assert!(error.to_string().contains("is open in another window or program; close it"), "{error}");
    assert_eq!(s.library.statements(id).unwrap().len(), 2, "nothing was touched");

    let path = s.folder.path().to_path_buf();
    drop(s.library);
    let aside = restore_backup(&backup.file, &path, at(4)).unwrap().unwrap();
    let library = Library::open(&path).unwrap();
    assert_eq!(library.statements(id).unwrap().len(), 1);
    assert_eq!(library.search(&Search { text: "swing".into(), ..Search::default() }).unwrap().total, 1);
    let replaced: i64 =
        Connection::open(aside).unwrap().query_row("SELECT count(*) FROM statements", [], |row| row.get(0)).unwrap();
    assert_eq!(replaced, 2, "what was there is kept beside");
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_replaced() {
    let s = shelf();
    for number in 0..50 {
        let id = work(&s.library, &format!("{number}.jpg"));
        s.library.suggest(id, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap();
    }
    let folder = s.folder.path().join(BACKUPS_FOLDER);
    let backup = s.library.back_up(&folder, at(2)).unwrap();
    let mut bytes = std::fs::read(&backup.file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(&backup.file, &bytes).unwrap();
    let error = restore_backup(&backup.file, s.folder.path(), at(3)).unwrap_err().to_string();
    assert!(error.contains("is not sound") || error.contains("restore it from a backup"), "{error}");
    assert_eq!(s.library.badges().unwrap().works(), 50);
    let error = rehearse_restore(&folder.join("none.sqlite")).unwrap_err().to_string();
    assert!(error.contains("none.sqlite could not be tried out"), "{error}");
}

#[test]
fn old_backups_go_by_days_and_months() {
    let folder = tempfile::tempdir().unwrap();
    let s = shelf();
    work(&s.library, "a.jpg");
    let (hour, day) = (3600, 86_400);
    // Twelve within half a day, then one or two a day for three weeks, then one a month or so.
    let mut times: Vec<i64> = (0..12).map(|n| -n * hour).collect();
    times.extend((1..=20).flat_map(|n| [-n * day, -n * day - hour]));
    times.extend((1..=15).map(|n| -n * 31 * day));
    let backup = s.library.back_up(folder.path(), at(0)).unwrap();
    for time in &times[1..] {
        let name = backup.file.file_name().unwrap().to_string_lossy();
        let stamp = at(0).strftime("%Y-%m-%dT%H%M%SZ").to_string();
        std::fs::copy(
            &backup.file,
            folder.path().join(name.replace(&stamp, &at(*time).strftime("%Y-%m-%dT%H%M%SZ").to_string())),
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("library of mine.sqlite"), "not ours").unwrap();
    let before = backups(folder.path()).unwrap();
    let removed = rotate_backups(folder.path()).unwrap();
    let after = backups(folder.path()).unwrap();
    assert_eq!(before.len(), after.len() + removed.len());
    assert_eq!(after[..10], before[..10], "the newest ten stay");
    let days: std::collections::BTreeSet<String> =
        after.iter().map(|b| b.made_at.strftime("%Y-%m-%d").to_string()).collect();
    let months: std::collections::BTreeSet<String> =
        after.iter().map(|b| b.made_at.strftime("%Y-%m").to_string()).collect();
    assert!(days.len() >= 7 && months.len() == 12, "{days:?} {months:?}");
    assert!(after.len() < 30, "{}", after.len());
    assert_eq!(rotate_backups(folder.path()).unwrap(), Vec::<std::path::PathBuf>::new());
    assert!(folder.path().join("library of mine.sqlite").is_file());
    assert_eq!(backups(&folder.path().join("none")).unwrap(), []);
}

#[test]
fn what_is_wrong_is_said_and_what_is_derived_is_made_anew() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "title", "The Swing", None, "Anna", at(1)).unwrap();
    assert_eq!(s.library.check_integrity().unwrap(), Vec::<String>::new());
    let before = s.library.works(&WorkQuery::default()).unwrap();
    raw(s.folder.path())
        .execute_batch("DELETE FROM cards; DELETE FROM work_terms; DELETE FROM record_words; DELETE FROM card_words")
        .unwrap();
    assert_eq!(s.library.check_integrity().unwrap(), ["1 works without a card", "1 works that searches do not know"]);
    s.library.rebuild_derived().unwrap();
    assert_eq!(s.library.check_integrity().unwrap(), Vec::<String>::new());
    assert_eq!(s.library.works(&WorkQuery::default()).unwrap(), before);
    assert_eq!(s.library.search(&Search { text: "title:swing".into(), ..Search::default() }).unwrap().total, 1);
    raw(s.folder.path())
        .execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO works (added_at) VALUES ('2026-11-22T10:00:00.000Z');
            INSERT INTO image_rows (scan, pack_id, pack_version, pack_sha256, dimension, rows, at) SELECT 99, id, version, weights_sha256, 1, x'', 'x' FROM packs")
        .ok();
    let problems = s.library.check_integrity().unwrap();
    assert!(problems.iter().any(|problem| problem == "1 works without a scan"), "{problems:?}");
}

/// A library as the program wrote it at layout 1.
fn layout_1(folder: &Path) {
    let sql =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layout_1.sql")).unwrap();
    raw(folder).execute_batch(&sql).unwrap();
}

#[test]
fn a_library_of_layout_1_goes_on_and_is_backed_up_first() {
    let folder = tempfile::tempdir().unwrap();
    layout_1(folder.path());
    let library = Library::open(folder.path()).unwrap();
    let [swing, wave] = [WorkId(1), WorkId(2)];
    assert_eq!(library.check_integrity().unwrap(), Vec::<String>::new());
    assert_eq!(library.work_card(swing).unwrap().artist.as_deref(), Some("style of Jean-Honoré Fragonard"));
    let found = |text: &str| library.search_ids(&Search { text: text.into(), ..Search::default() }).unwrap();
    assert_eq!(
        (found("title:swing"), found("神奈川"), found("date:1760..1770")),
        (vec![swing], vec![wave], vec![swing])
    );
    assert_eq!(library.works(&WorkQuery { text: "rococo".into(), ..WorkQuery::default() }).unwrap().total, 1);
    assert_eq!((library.history(swing).unwrap().len(), library.history(wave).unwrap().len()), (10, 4));
    assert_eq!(library.to_undo().unwrap().as_deref(), Some("Rejected tag: wave"));
    assert_eq!(library.conversation(swing).unwrap().len(), 1);

    let copy = folder.path().join(BACKUPS_FOLDER).join("layout 1.sqlite");
    let layout: i64 =
        Connection::open(&copy).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(layout, 1, "the backup is the library as it was");
    drop(library);
    let tried = rehearse_restore(&copy).unwrap();
    assert_eq!((tried.works, tried.statements), (2, 8));
    assert_eq!(Library::open(folder.path()).unwrap().badges().unwrap().works(), 2, "and it opens again");
}

#[test]
fn a_backup_before_a_new_layout_that_cannot_be_made_leaves_the_library_alone() {
    let folder = tempfile::tempdir().unwrap();
    layout_1(folder.path());
    std::fs::write(folder.path().join(BACKUPS_FOLDER), "a file where the folder should be").unwrap();
    let error = Library::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("layout 1.sqlite could not be written"), "{error}");
    let layout: i64 = raw(folder.path()).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(layout, 1);
}

#[test]
fn exports_are_remembered() {
    let s = shelf();
    let entry = ExportEntry {
        batch: "20261122-1".into(),
        format: "LIDO".into(),
        works: 3,
        place: "/out.xml".into(),
        at: at(5),
    };
    s.library.log_export(&entry).unwrap();
    assert_eq!(s.library.exports().unwrap(), [entry]);
    assert!(raw(s.folder.path()).execute("DELETE FROM exports", []).unwrap_err().to_string().contains("are never"));
}

#[test]
fn a_second_writer_is_refused_with_a_sentence_when_the_first_does_not_end() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let other = raw(s.folder.path());
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO works (added_at) VALUES ('now')").unwrap();
    let error = s.library.add_statement(id, "title", "The Swing", None, "Anna", at(1)).unwrap_err();
    let sentence = format!(
        "{} is being written to by another program; try again when that one has finished",
        s.folder.path().join(LIBRARY_FILE).display()
    );
    assert_eq!(error.to_string(), sentence);
    other.execute_batch("ROLLBACK").unwrap();
    s.library.add_statement(id, "title", "The Swing", None, "Anna", at(2)).unwrap();
    assert_eq!(s.library.statements(id).unwrap().len(), 1);
}
