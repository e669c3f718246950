//! Where a library lies: a folder that moves, a disk that is full, one that takes no writing.

use std::path::{Path, PathBuf};
use std::process::Command;

use vitrine_catalogue::{
    Added, BACKUPS_FOLDER, CatalogueError, LIBRARY_FILE, Library, NewScan, Search, WorkId, WorkQuery,
};

use crate::{at, compact, says, scan, shelf, work};

/// Tells a test that runs once more, on a disk of its own, where that is.
const DISK: &str = "VITRINE_TEST_DISK";

/// Runs the test `name` of this program once more, on a disk in memory of so many megabytes that nobody else sees. Whether it passed; none
/// where this system lets nobody have such a disk.
#[cfg(target_os = "linux")]
fn on_a_disk_of_its_own(name: &str, megabytes: u32) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let unshared = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(folder.path());
        command.env(DISK, folder.path());
        command
    };
    let mount = format!("mount -t tmpfs -o size={megabytes}m tmpfs \"$1\"");
    if !unshared(&mount).output().is_ok_and(|tried| tried.status.success()) {
        println!("skipped: this system lets nobody mount a disk of their own");
        return None;
    }
    let program = std::env::current_exe().unwrap();
    let run = unshared(&format!("{mount} && exec \"$2\" \"$3\" --exact --nocapture"))
        .arg(program)
        .arg(name)
        .output()
        .unwrap();
    println!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    Some(run.status.success())
}

/// The disk that this run of a test is for; none for the run that begins it.
fn own_disk() -> Option<PathBuf> {
    std::env::var_os(DISK).map(PathBuf::from)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_what_was_acknowledged_stays() {
    let Some(disk) = own_disk() else {
        let passed = on_a_disk_of_its_own("places::a_full_disk_is_said_and_what_was_acknowledged_stays", 16);
        assert_ne!(passed, Some(false));
        return;
    };
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let folder = disk.join("library");
    let library = Library::open_or_create(&folder).unwrap();
    // Each of many works is told a little: a work's card is written anew with all that is said of it.
    let works: Vec<_> = (0..100).map(|number| work(&library, &format!("{number}.jpg"))).collect();
    let mut acknowledged = Vec::new();
    let mut fill = |library: &Library| -> CatalogueError {
        for _ in 0..100_000 {
            let value = format!("no. {} {}", acknowledged.len(), "of many words ".repeat(40));
            let work = works[acknowledged.len() % works.len()];
            match library.add_statement(work, "note", &value, None, "Anna", at(1)) {
                Ok(_) => acknowledged.push(value.trim().to_owned()),
                Err(error) => return error,
            }
        }
        panic!("the disk takes more than it can");
    };
    let said = |library: &Library| -> Vec<String> {
        let statements = works.iter().flat_map(|work| library.statements(*work).unwrap());
        let mut values: Vec<String> = statements.filter_map(|statement| statement.value).collect();
        values.sort();
        values
    };
    let sorted = |mut values: Vec<String>| {
        values.sort();
        values
    };
    let error = fill(&library).to_string();
    let names = error.contains(&folder.join(LIBRARY_FILE).display().to_string());
    assert!(names && error.ends_with("free some space on the disk and try again"), "{error}");
    let refused = library.back_up(&folder.join(BACKUPS_FOLDER), at(2)).unwrap_err().to_string();
    println!("a backup: {refused}");
    assert!(refused.contains("free some space") || refused.contains("check that the disk has room"), "{refused}");
    let kept = said(&library);
    assert!(kept.len() > 50, "{}", kept.len());

    // Closed and opened again on the full disk, whether that works or is refused; then with room.
    drop(library);
    match Library::open(&folder) {
        Ok(library) => assert_eq!(said(&library), kept),
        Err(error) => {
            println!("opened on a full disk: {error}");
            assert!(error.to_string().contains("free some space on the disk"), "{error}");
        }
    }
    std::fs::remove_file(&ballast).unwrap();
    let library = Library::open(&folder).unwrap();
    assert_eq!(said(&library), kept);
    library.add_statement(works[0], "title", "The Swing", None, "Anna", at(3)).unwrap();
    let _ = fill(&library);
    drop(library);
    let library = Library::open(&folder);
    if let Ok(library) = &library {
        assert_eq!(library.check_integrity().unwrap(), Vec::<String>::new());
        let statements = said(library);
        let without_title: Vec<String> = statements.into_iter().filter(|value| value != "The Swing").collect();
        assert_eq!(without_title, sorted(acknowledged), "what was acknowledged is there, and nothing that was refused");
    } else {
        panic!("{library:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_library_on_a_locked_disk_is_read_and_not_changed() {
    let Some(disk) = own_disk() else {
        let passed = on_a_disk_of_its_own("places::a_library_on_a_locked_disk_is_read_and_not_changed", 16);
        assert_ne!(passed, Some(false));
        return;
    };
    // Signs that mean something in addresses.
    let folder = disk.join("Anna's 50% #1?");
    let old = disk.join("old");
    let left_open = disk.join("left open");
    let library = Library::open_or_create(&folder).unwrap();
    let swing = work(&library, "swing.jpg");
    library.add_statement(swing, "title", "The Swing", None, "Anna", at(1)).unwrap();
    let waits = library.suggest(swing, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap();
    drop(library);
    std::fs::create_dir(&old).unwrap();
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layout_1.sql");
    let raw = rusqlite::Connection::open(old.join(LIBRARY_FILE)).unwrap();
    raw.execute_batch(&std::fs::read_to_string(sql).unwrap()).unwrap();
    drop(raw);
    // As a program leaves it that was killed: the files of a library that is open. A disk on which files are open for writing cannot be locked.
    let open = disk.join("open");
    let library = Library::open_or_create(&open).unwrap();
    work(&library, "a.jpg");
    std::fs::create_dir(&left_open).unwrap();
    for file in std::fs::read_dir(&open).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file()) {
        std::fs::copy(file.path(), left_open.join(file.file_name())).unwrap();
    }
    drop(library);

    let locked = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(locked.success());
    let library = Library::open(&folder).unwrap();
    assert!(library.is_read_only());
    assert_eq!(library.work_card(swing).unwrap().title, "The Swing");
    let found = Search { text: "swing".into(), ..Search::default() };
    assert_eq!(library.search(&found).unwrap().total, 1);
    assert_eq!(library.works(&WorkQuery::default()).unwrap().total, 1);
    assert_eq!(library.check_integrity().unwrap(), Vec::<String>::new());
    let sentence = format!(
        "{} lies where nothing can be written, so that it can be read only; to change anything, copy the library's folder to a disk that you may write to and open the copy",
        folder.join(LIBRARY_FILE).display()
    );
    assert_eq!(library.accept(waits[0], "Anna", at(2)).unwrap_err().to_string(), sentence);
    assert_eq!(library.undo("Anna", at(2)).unwrap_err().to_string(), sentence);
    assert_eq!(library.statements(swing).unwrap().len(), 2);
    // Two programs may read it.
    assert_eq!(Library::open(&folder).unwrap().badges().unwrap().works(), 1);

    let error = Library::open(&old).unwrap_err().to_string();
    assert!(error.contains("cannot be read there because an older Vitrine wrote it"), "{error}");
    let error = Library::open(&left_open).unwrap_err().to_string();
    assert!(error.contains("another program has it open, or ended before it could"), "{error}");
    let error = Library::open_or_create(&disk.join("new")).unwrap_err().to_string();
    assert!(error.contains("could not be made") && error.contains("choose a folder that you may write to"), "{error}");

    let unlocked = Command::new("mount").args(["-o", "remount,rw"]).arg(&disk).status().unwrap();
    assert!(unlocked.success());
    assert!(library.is_read_only(), "what was opened for reading stays so");
    // A program that may write to it begins to: what this one has read is not to be trusted any more.
    let writer = Library::open(&folder).unwrap();
    assert!(!writer.is_read_only());
    writer.accept(waits[0], "Ben", at(3)).unwrap();
    let error = library.work_card(swing).unwrap_err().to_string();
    assert!(error.contains("another program has it open"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_read() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    const FOLDER: &str = "VITRINE_TEST_LOCKED_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let library = Library::open(Path::new(&folder)).unwrap();
        assert!(library.is_read_only());
        assert_eq!(library.work_card(WorkId(1)).unwrap().title, "The Swing");
        let error = library.add_statement(WorkId(1), "title", "Another", None, "Anna", at(2)).unwrap_err();
        assert!(matches!(error, CatalogueError::ReadOnly(_)), "{error}");
        return;
    }
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "title", "The Swing", None, "Anna", at(1)).unwrap();
    drop(s.library);
    let permit = |mode: u32| std::fs::set_permissions(s.folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    permit(0o555);
    // Permissions mean nothing to root, who runs the tests in many a container: it becomes nobody.
    let is_root = std::fs::File::create(s.folder.path().join("probe")).is_ok();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["places::a_folder_that_may_not_be_written_to_is_read", "--exact", "--nocapture"]);
    command.env(FOLDER, s.folder.path());
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    let run = command.output().unwrap();
    permit(0o755);
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_library_that_moves_takes_its_own_scans_along() {
    let desk = tempfile::tempdir().unwrap();
    let (before, after) = (desk.path().join("before"), desk.path().join("after it was moved"));
    let library = Library::open_or_create(&before).unwrap();
    let inside = |folder: &Path| folder.join("prepared").join("sheet.tif");
    let add = |path: PathBuf, hash: &str| match library.add_work(&NewScan { path, ..scan(hash) }, at(0)).unwrap() {
        Added::New { work, .. } => work,
        Added::Duplicate { .. } => panic!("it is new"),
    };
    let own = add(inside(&before), "own");
    let foreign = add("/archive/before/sheet.tif".into(), "foreign");
    let beside = add(desk.path().join("before and after.tif"), "beside");
    drop(library);
    std::fs::rename(&before, &after).unwrap();
    assert!(matches!(Library::open(&before), Err(CatalogueError::NoLibrary(_))));
    for _ in 0..2 {
        let library = Library::open(&after).unwrap();
        let path = |work| library.scans(work).unwrap()[0].path.clone();
        assert_eq!(path(own), inside(&after));
        assert_eq!(path(foreign), Path::new("/archive/before/sheet.tif"));
        assert_eq!(path(beside), desk.path().join("before and after.tif"));
    }
}
