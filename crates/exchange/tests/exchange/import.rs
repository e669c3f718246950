//! Records come in: one's own come back, others' stand beside them, hostile ones are refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vitrine_catalogue::{Library, State, WorkQuery};
use vitrine_exchange::{CsvProfile, Format, Matching, plan_import, read_records, records, write_into_folder};

use crate::collection::{accept_one_by_one, collection};
use crate::valid::export;
use crate::{at, issuer, reviewed, shelf, work};

const OWN: [Format; 5] = [Format::Csv, Format::Lido, Format::Lido10, Format::LinkedArt, Format::BagIt];

fn plan(library: &Library, path: &Path) -> vitrine_exchange::ImportPlan {
    let (records, problems) = read_records(path, None, None).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    plan_import(library, path, records, Matching::default()).unwrap()
}

#[test]
fn ones_own_export_read_in_again_changes_nothing() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let before = collection.library.works(&WorkQuery::default()).unwrap();
    for format in OWN {
        for suggestions in [false, true] {
            let plan = plan(&collection.library, &export(&collection, format, out.path(), suggestions).path);
            assert_eq!(plan.problems, Vec::<String>::new());
            let new: Vec<_> = plan.records.iter().flat_map(|record| &record.new).collect();
            assert!(plan.changes_nothing(), "{}: {new:#?}", format.name());
            assert_eq!(plan.records.len(), collection.works.len());
            let taken = plan.apply(&collection.library, Some("Anna"), at(70)).unwrap();
            assert_eq!((taken.works_added, taken.statements_added), (0, 0));
        }
    }
    assert_eq!(collection.library.works(&WorkQuery::default()).unwrap(), before);
}

/// What a library's records say, by the hash of the scan: property, value with qualifier, and the mark where a model proposed it.
fn told(library: &Library, qualifiers: bool) -> BTreeMap<String, Vec<String>> {
    let works = library.work_ids().unwrap();
    let mut told = BTreeMap::new();
    let mut out = Vec::new();
    let records = records(library, &works, false).unwrap();
    vitrine_exchange::write_csv(&records, &issuer(), at(60), &mut out).unwrap();
    let mut table = csv::Reader::from_reader(out.as_slice());
    let header = table.headers().unwrap().clone();
    for row in table.records() {
        let row = row.unwrap();
        let cell = |name: &str| header.iter().position(|head| head == name).map_or("", |at| &row[at]).to_owned();
        let mut lines = Vec::new();
        for name in header.iter().filter(|name| header.iter().any(|head| head == format!("{name}_state"))) {
            let qualifier = if qualifiers { cell(&format!("{name}_qualifier")) } else { String::new() };
            lines.push(format!("{name}: {} [{qualifier}]", cell(name)));
            let marks = cell(&format!("{name}_source"));
            lines.extend(
                marks
                    .split(" | ")
                    .filter(|mark| mark.starts_with("suggested by"))
                    .map(|mark| format!("{name}: {mark}")),
            );
        }
        lines.retain(|line| !line.ends_with(":  []"));
        lines.sort();
        told.insert(cell("sha256"), lines);
    }
    told
}

#[test]
fn records_survive_the_way_out_and_in_and_out() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let before = told(&collection.library, true);
    let statements: usize = before.values().map(Vec::len).sum();
    // 77 of the worked records alone; the real ones, where they are at hand, come on top.
    assert!(statements >= 77, "{statements}");
    for format in OWN {
        let path = export(&collection, format, out.path(), false).path;
        let empty = tempfile::tempdir().unwrap();
        let library = Library::open_or_create(empty.path()).unwrap();
        let plan = plan(&library, &path);
        let taken = plan.apply(&library, Some("Anna"), at(5)).unwrap();
        assert_eq!(taken.works_added as usize, collection.works.len(), "{}", format.name());
        // An artist that a model proposed waits for a person all the same.
        let waiting: Vec<String> = library
            .work_ids()
            .unwrap()
            .into_iter()
            .flat_map(|work| library.statements(work).unwrap())
            .filter(|statement| statement.state == State::Suggested)
            .map(|statement| statement.property)
            .collect();
        assert_eq!(waiting, ["artist"], "{}", format.name());
        accept_one_by_one(&library, "Anna", 6);
        // LIDO and Linked Art tell a qualifier apart that was written in front of the name.
        let exact = !matches!(format, Format::Lido | Format::Lido10 | Format::LinkedArt);
        let (before, after) = (told(&collection.library, exact), told(&library, exact));
        for (hash, lines) in &before {
            assert_eq!(after.get(hash), Some(lines), "{} {hash}", format.name());
        }
        assert_eq!(after.len(), before.len());
        // One undo for each of the two acts, and nothing is left accepted.
        library.undo("Anna", at(7)).unwrap();
        library.undo("Anna", at(8)).unwrap();
        assert!(told(&library, true).values().all(Vec::is_empty), "{}", format.name());
    }
}

#[test]
fn another_value_stands_beside_and_waits() {
    let s = shelf();
    let works = reviewed(&s.library);
    let out = tempfile::tempdir().unwrap();
    let records = records(&s.library, &works, false).unwrap();
    let path = write_into_folder(Format::Csv, &records, &issuer(), at(60), out.path(), "records").unwrap().path;
    let changed = std::fs::read_to_string(&path).unwrap().replace("The Swing", "The Garden").replace("1876", "1877");
    let path = out.path().join("corrected.csv");
    std::fs::write(&path, changed).unwrap();
    let plan = plan(&s.library, &path);
    let new: Vec<(&str, &str)> =
        plan.records.iter().flat_map(|r| &r.new).map(|c| (c.property.as_str(), c.value.as_str())).collect();
    assert_eq!(new, [("title", "The Garden"), ("date", "1877")]);
    assert_eq!(plan.records[0].competing, 2);
    assert_eq!(plan.apply(&s.library, None, at(70)).unwrap().accepted, 0);
    let titles: Vec<(String, State, String)> = s
        .library
        .statements(works[0])
        .unwrap()
        .into_iter()
        .filter(|statement| statement.property == "title")
        .map(|statement| (statement.value.clone().unwrap(), statement.state, statement.source.name()))
        .collect();
    assert_eq!(
        titles,
        [
            ("The Garden".into(), State::Suggested, "corrected.csv".into()),
            ("The Swing".into(), State::Edited, "Anna".into())
        ]
    );
    assert!(
        plan_import(&s.library, &path, read_records(&path, None, None).unwrap().0, Matching::default())
            .unwrap()
            .changes_nothing()
    );
}

fn tms() -> CsvProfile {
    CsvProfile::read(include_str!("../../csv_profiles/tms.toml")).unwrap()
}

fn table(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("theirs.csv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn others_tables_come_in_by_a_profile() {
    let s = shelf();
    let known = work(&s.library, "known.jpg");
    let by_name = work(&s.library, "named.jpg");
    s.library.add_statement(known, "identifier", "1950.12", None, "Anna", at(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = table(
        folder.path(),
        "\u{feff}ObjectNumber,Title,Artist,Dated,Medium,MediaFile,Price\r\n\
         1950.12,A title,Workshop of Rubens; after Titian,c. 1620,\"oil; wax\",,5\r\n\
         7,Second,'=1+1,1700,,named.jpg,\r\n\
         8,Third,Nobody,1701,,missing.jpg,\r\n",
    );
    let (records, problems) = read_records(&path, Some(&tms()), None).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let plan = plan_import(&s.library, &path, records, Matching { by_file_name: true }).unwrap();
    assert_eq!(
        plan.problems,
        ["row 4: no work of the library is known by its scan or identifier; import the scan first"]
    );
    plan.apply(&s.library, None, at(3)).unwrap();
    let words = |work| -> Vec<String> {
        let statements = s.library.statements(work).unwrap();
        let mut words: Vec<String> = statements
            .iter()
            .filter(|statement| statement.state == State::Suggested)
            .map(|s| {
                format!("{}: {} / {}", s.property, s.qualifier.as_deref().unwrap_or("-"), s.value.as_deref().unwrap())
            })
            .collect();
        words.sort();
        words
    };
    assert_eq!(
        words(known),
        [
            "artist: after / Titian",
            "artist: workshop of / Rubens",
            "date: - / c. 1620",
            "media: - / oil; wax",
            "title: - / A title"
        ]
    );
    assert_eq!(words(by_name), ["artist: - / =1+1", "date: - / 1700", "identifier: - / 7", "title: - / Second"]);
}

#[test]
fn a_name_never_loses_its_qualifier() {
    let profile = CsvProfile::read(include_str!("../../csv_profiles/collective-access.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = table(
        folder.path(),
        "idno,entity_creator,entity_creator_qualifier\n1,Rubens;Titian,workshop of\n2,Rubens,workshop of\n3,Rubens;Titian,workshop of;after\n",
    );
    let (records, problems) = read_records(&path, Some(&profile), None).unwrap();
    assert_eq!(problems, ["row 2: there are 2 names and 1 qualifiers of “artist”, so none is taken"]);
    let artists = |row: usize| -> Vec<(Option<&str>, &str)> {
        let artists = records[row].claims.iter().filter(|claim| claim.property == "artist");
        artists.map(|claim| (claim.qualifier.as_deref(), claim.value.as_str())).collect()
    };
    assert!(artists(0).is_empty());
    assert_eq!(artists(1), [(Some("workshop of"), "Rubens")]);
    assert_eq!(artists(2), [(Some("workshop of"), "Rubens"), (Some("after"), "Titian")]);
}

#[test]
fn others_lido_comes_in() {
    let s = shelf();
    let known = work(&s.library, "known.jpg");
    s.library.add_statement(known, "identifier", "A 1", None, "Anna", at(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.xml");
    let lido = r#"<lido:lido xmlns:lido="http://www.lido-schema.org"><lido:lidoRecID lido:type="local">X/1</lido:lidoRecID>
      <lido:descriptiveMetadata xml:lang="de"><lido:objectClassificationWrap><lido:objectWorkTypeWrap><lido:objectWorkType>
      <lido:conceptID lido:type="URI">http://example.org/1</lido:conceptID><lido:term>Gem&#228;lde</lido:term></lido:objectWorkType></lido:objectWorkTypeWrap></lido:objectClassificationWrap>
      <lido:objectIdentificationWrap><lido:titleWrap><lido:titleSet><lido:appellationValue>Bildnis &amp; Rahmen</lido:appellationValue></lido:titleSet></lido:titleWrap>
      <lido:repositoryWrap><lido:repositorySet><lido:workID>A 1</lido:workID></lido:repositorySet></lido:repositoryWrap></lido:objectIdentificationWrap>
      <lido:eventWrap><lido:eventSet><lido:event><lido:eventType><lido:term>Herstellung</lido:term></lido:eventType>
      <lido:eventActor><lido:actorInRole><lido:actor><lido:nameActorSet><lido:appellationValue>Rubens</lido:appellationValue></lido:nameActorSet></lido:actor>
      <lido:attributionQualifierActor>Werkstatt</lido:attributionQualifierActor></lido:actorInRole></lido:eventActor>
      <lido:eventDate><lido:date><lido:earliestDate>1620</lido:earliestDate><lido:latestDate>1625</lido:latestDate></lido:date></lido:eventDate></lido:event></lido:eventSet>
      <lido:eventSet><lido:event><lido:eventType><lido:term>Restaurierung</lido:term></lido:eventType><lido:eventDate><lido:displayDate>1950</lido:displayDate></lido:eventDate></lido:event></lido:eventSet>
      </lido:eventWrap></lido:descriptiveMetadata></lido:lido>"#;
    std::fs::write(&path, lido).unwrap();
    let plan = plan(&s.library, &path);
    let new: Vec<String> = plan.records[0]
        .new
        .iter()
        .map(|claim| format!("{}: {} / {}", claim.property, claim.qualifier.as_deref().unwrap_or("-"), claim.value))
        .collect();
    assert_eq!(
        new,
        [
            "object-type: - / Gemälde",
            "title: - / Bildnis & Rahmen",
            "artist: Werkstatt / Rubens",
            "date: - / 1620/1625"
        ]
    );
}

#[test]
fn what_is_hostile_or_broken_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let deep = format!("<lidoWrap>{}{}</lidoWrap>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for (name, bytes, sentence) in [
        ("deep.xml", deep.as_bytes(), "deep in each other"),
        ("cut.xml", b"<lido:lidoWrap><lido:lido>".as_slice(), "ends before its elements do"),
        (
            "entity.xml",
            b"<!DOCTYPE l [<!ENTITY a \"aaaa\">]><lidoWrap><lido>&a;</lido></lidoWrap>",
            "entity of its own",
        ),
        ("wrong.xml", b"<html></html>", "no LIDO record"),
        ("latin.csv", b"title\ngem\xe4lde\n", "not in UTF-8"),
        ("other.csv", b"a,b\n1,2\n", "choose a profile"),
    ] {
        let path = write(name, bytes);
        let error = read_records(&path, None, None).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(sentence), "{error}");
    }
    let error = read_records(&folder.path().join("none.csv"), None, None).unwrap_err().to_string();
    assert!(error.contains("none.csv could not be read"), "{error}");
    let error = read_records(&write("x.csv", b"x\n1\n"), Some(&tms()), None).unwrap_err().to_string();
    assert!(error.contains("none of its columns is one of the profile “Like TMS”"), "{error}");
    let ragged = write("ragged.csv", b"work,file,title,title_state\n1,a.jpg,T,accepted\n2,b.jpg\n");
    let (records, problems) = read_records(&ragged, None, None).unwrap();
    assert_eq!((records.len(), problems.len()), (1, 1));
    assert!(problems[0].starts_with("row 3: the table is not well formed"), "{problems:?}");
}

#[test]
fn a_record_points_to_no_file_outside_its_folder() {
    let s = shelf();
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in ["/etc/passwd", "../../secret.jpg", "ok.jpg"].into_iter().enumerate() {
        let text = format!(
            "work,file,sha256,width,height,format,title,title_state\n1,{name},{number:064x},10,10,JPEG,T,accepted\n"
        );
        let path = table(folder.path(), &text);
        plan(&s.library, &path).apply(&s.library, Some("Anna"), at(1)).unwrap();
        let scan = s.library.scan_by_hash(&format!("{number:064x}")).unwrap().unwrap();
        let inside = scan.path.starts_with(folder.path())
            && !scan.path.components().any(|part| matches!(part, std::path::Component::ParentDir));
        assert!(inside, "{}", scan.path.display());
    }
}

#[test]
fn a_damaged_bag_is_not_read() {
    let s = shelf();
    let works = reviewed(&s.library);
    let out = tempfile::tempdir().unwrap();
    let records = records(&s.library, &works, false).unwrap();
    let path = write_into_folder(Format::BagIt, &records, &issuer(), at(60), out.path(), "bag").unwrap().path;
    assert!(plan(&s.library, &path).changes_nothing());
    let file = path.join("data/statements.jsonl");
    let changed = std::fs::read_to_string(&file).unwrap().replace("The Swing", "The Sling");
    std::fs::write(&file, changed).unwrap();
    let error = read_records(&path, None, None).unwrap_err().to_string();
    assert!(error.contains("not what the bag's manifest says"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_file_is_too_odd(text in "[a-z<>/&;#\",|\n=' :-]{0,120}", any in ".{0,80}") {
        let folder = tempfile::tempdir().unwrap();
        for text in [format!("work,title,title_state\n{text}"), format!("<lidoWrap><lido>{text}</lido></lidoWrap>"), any] {
            for name in ["x.csv", "x.xml"] {
                let path = folder.path().join(name);
                std::fs::write(&path, &text).unwrap();
                for profile in [None, Some(tms())] {
                    if let Err(error) = read_records(&path, profile.as_ref(), None) {
                        proptest::prop_assert!(error.to_string().contains("could not be read"), "{}", error);
                    }
                }
            }
        }
    }
}
