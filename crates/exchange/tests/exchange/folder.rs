use vitrine_exchange::{
    ExchangeError, Format, LibraryRecords, Record, free_name, records, write_file, write_into_folder,
};

use crate::{at, issuer, reviewed, shelf};

#[test]
fn files_are_whole_and_nothing_is_overwritten() {
    let s = shelf();
    let records = records(&s.library, &reviewed(&s.library), false).unwrap();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("new/exports");
    for format in [Format::Csv, Format::Lido] {
        let mut written = Vec::new();
        for _ in 0..3 {
            let announced = free_name(format, &folder, "records");
            let exported = write_into_folder(format, &records, &issuer(), at(60), &folder, "records").unwrap();
            assert_eq!(exported.path, announced);
            written.push(exported.path);
        }
        let end = format.extension();
        let names: Vec<_> = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, [format!("records{end}"), format!("records (2){end}"), format!("records (3){end}")]);
        let exact = out.path().join("exact");
        write_file(format, &records, &issuer(), at(60), &exact).unwrap();
        let bytes = std::fs::read(exact).unwrap();
        let ordinary = std::fs::File::create(out.path().join("ordinary")).unwrap().metadata().unwrap().permissions();
        for path in written {
            assert_eq!(std::fs::metadata(&path).unwrap().permissions(), ordinary);
            assert_eq!(std::fs::read(path).unwrap(), bytes);
        }
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 6, "no half-written file is left behind");
}

#[test]
fn what_fails_leaves_no_file() {
    let s = shelf();
    let out = tempfile::tempdir().unwrap();
    let nothing = write_into_folder(Format::Lido, &[] as &[Record], &issuer(), at(60), out.path(), "records");
    assert!(matches!(nothing, Err(ExchangeError::NoRecords)));
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    let file = out.path().join("file");
    std::fs::write(&file, "").unwrap();
    let records = records(&s.library, &reviewed(&s.library), false).unwrap();
    let error =
        write_into_folder(Format::Csv, &records, &issuer(), at(60), &file.join("in it"), "records").unwrap_err();
    assert!(error.to_string().contains("in it could not be written to"), "{error}");
}

#[test]
fn folders_are_whole_and_nothing_is_overwritten() {
    let s = shelf();
    let records = records(&s.library, &reviewed(&s.library), false).unwrap();
    let out = tempfile::tempdir().unwrap();
    for format in Format::ALL.into_iter().filter(|format| format.is_folder()) {
        let stem = format.name();
        for expected in [stem.to_owned(), format!("{stem} (2)")] {
            let exported = write_into_folder(format, &records, &issuer(), at(60), out.path(), stem).unwrap();
            assert_eq!(exported.path, out.path().join(expected));
            assert!(std::fs::read_dir(&exported.path).unwrap().count() > 0);
        }
        let error = write_file(format, &records, &issuer(), at(60), &out.path().join(stem)).unwrap_err();
        assert!(matches!(error, ExchangeError::NotEmpty(_)), "{error}");
        let none = write_into_folder(format, &[] as &[Record], &issuer(), at(60), out.path(), "none");
        assert!(matches!(none, Err(ExchangeError::NoRecords)));
    }
    let left: Vec<_> = std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn records_that_are_read_one_by_one_give_the_same_bytes_and_one_state() {
    let s = shelf();
    let works = reviewed(&s.library);
    let held = records(&s.library, &works, false).unwrap();
    let streamed = LibraryRecords::new(&s.library, works.to_vec(), false).unwrap();
    // What is decided while records are on their way is not in them.
    s.library.add_statement(works[0], "note", "written meanwhile", None, "Ben", at(61)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL.into_iter().filter(|format| !format.is_folder()) {
        let [one, two] = ["held", "streamed"].map(|name| folder.path().join(format!("{name}{}", format.extension())));
        let from_held = write_file(format, &held, &issuer(), at(60), &one).unwrap();
        let from_streamed = write_file(format, &streamed, &issuer(), at(60), &two).unwrap();
        assert_eq!((from_held.batch, from_held.losses), (from_streamed.batch, from_streamed.losses));
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap(), "{}", format.name());
    }
    let now = LibraryRecords::new(&s.library, works.to_vec(), false).unwrap();
    let batch = |records: &LibraryRecords| vitrine_exchange::batch_id(records, &issuer(), at(60)).unwrap();
    assert_ne!(batch(&now), batch(&streamed));
}
