use vitrine_exchange::{ExchangeError, Format, free_name, records, write_into_folder};

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
            let path = write_into_folder(format, &records, &issuer(), at(60), &folder, "records").unwrap();
            assert_eq!(path, announced);
            written.push(path);
        }
        let end = format.extension();
        let names: Vec<_> = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, [format!("records.{end}"), format!("records (2).{end}"), format!("records (3).{end}")]);
        let mut bytes = Vec::new();
        format.write(&records, &issuer(), at(60), &mut bytes).unwrap();
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
    let nothing = write_into_folder(Format::Lido, &[], &issuer(), at(60), out.path(), "records");
    assert!(matches!(nothing, Err(ExchangeError::NoRecords)));
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    let file = out.path().join("file");
    std::fs::write(&file, "").unwrap();
    let records = records(&s.library, &reviewed(&s.library), false).unwrap();
    let error =
        write_into_folder(Format::Csv, &records, &issuer(), at(60), &file.join("in it"), "records").unwrap_err();
    assert!(error.to_string().contains("in it could not be written to"), "{error}");
}
