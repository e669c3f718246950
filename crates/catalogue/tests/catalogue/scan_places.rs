//! Works that become one, scans that are made of others, and the way back.

use serde_json::json;
use vitrine_catalogue::{CatalogueError, NewScan, RegionContent, Shape, WorkId, WorkQuery};

use super::{Shelf, at, compact, says, scan, shelf, work};

fn files(shelf: &Shelf, work: WorkId) -> Vec<String> {
    shelf.library.scans(work).unwrap().iter().map(|scan| scan.file_name()).collect()
}

fn listed(shelf: &Shelf) -> Vec<WorkId> {
    let mut works: Vec<WorkId> =
        shelf.library.works(&WorkQuery::default()).unwrap().works.iter().map(|card| card.id).collect();
    works.sort();
    assert_eq!(works, shelf.library.work_ids().unwrap());
    assert_eq!(shelf.library.check_integrity().unwrap(), Vec::<String>::new());
    works
}

#[test]
fn works_become_one_and_part_again() {
    let shelf = shelf();
    // The back came in first.
    let (verso, recto, other) = (work(&shelf.library, "a_v"), work(&shelf.library, "a_r"), work(&shelf.library, "b"));
    shelf.library.suggest(verso, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap();
    shelf.library.join_works(&[(recto, vec![verso])], "Ada", at(2)).unwrap();
    assert_eq!(files(&shelf, recto), ["a_r", "a_v"]);
    assert_eq!(listed(&shelf), [recto, other]);
    assert_eq!(shelf.library.works(&WorkQuery { text: "rococo".into(), ..WorkQuery::default() }).unwrap().total, 0);
    assert!(matches!(shelf.library.work_card(verso), Err(CatalogueError::NoSuchWork(_))));
    shelf.library.rebuild_derived().unwrap();
    assert_eq!(listed(&shelf), [recto, other]);

    assert_eq!(shelf.library.to_undo().unwrap().as_deref(), Some("Joined scans: a_r"));
    let undone = shelf.library.undo("Ada", at(3)).unwrap().unwrap();
    assert_eq!(undone.works, [verso, recto]);
    assert_eq!((files(&shelf, recto), files(&shelf, verso)), (vec!["a_r".into()], vec!["a_v".into()]));
    assert_eq!(listed(&shelf), [verso, recto, other]);
    assert_eq!(shelf.library.works(&WorkQuery { text: "rococo".into(), ..WorkQuery::default() }).unwrap().total, 1);

    shelf.library.redo("Ada", at(4)).unwrap().unwrap();
    assert_eq!(files(&shelf, recto), ["a_r", "a_v"]);
    shelf.library.undo("Ada", at(5)).unwrap().unwrap();
    assert_eq!(listed(&shelf), [verso, recto, other]);
}

#[test]
fn many_are_joined_in_one_act() {
    let shelf = shelf();
    let works: Vec<WorkId> = ["a1", "a2", "a3", "b1", "b2"].map(|name| work(&shelf.library, name)).to_vec();
    let groups = [(works[0], vec![works[2], works[1]]), (works[3], vec![works[4]])];
    shelf.library.join_works(&groups, "Ada", at(1)).unwrap();
    assert_eq!(files(&shelf, works[0]), ["a1", "a3", "a2"]);
    assert_eq!(listed(&shelf), [works[0], works[3]]);
    shelf.library.undo("Ada", at(2)).unwrap().unwrap();
    assert_eq!(listed(&shelf), works);
    assert_eq!(files(&shelf, works[0]), ["a1"]);
}

#[test]
fn what_somebody_decided_is_not_hidden() {
    let shelf = shelf();
    let (recto, verso) = (work(&shelf.library, "a_r"), work(&shelf.library, "a_v"));
    let said = shelf.library.add_statement(verso, "title", "Back", None, "Ada", at(1)).unwrap();
    let refused = shelf.library.join_works(&[(recto, vec![verso])], "Ada", at(2)).unwrap_err();
    assert!(refused.to_string().contains("“Back”"), "{refused}");
    assert_eq!(listed(&shelf), [recto, verso]);
    // The other way round everything stays in sight; regions come along.
    let scan = shelf.library.scans(recto).unwrap()[0].id;
    let shape = Shape::Point { x: 5.0, y: 5.0 };
    let content = RegionContent { shape, note: Some("stamp".into()), statements: vec![] };
    shelf.library.add_region(scan, content, "Ada", at(3)).unwrap();
    shelf.library.join_works(&[(verso, vec![recto])], "Ada", at(4)).unwrap();
    assert_eq!(shelf.library.regions(verso).unwrap().len(), 1);
    let _ = said;
    assert!(matches!(
        shelf.library.join_works(&[(verso, vec![recto])], "Ada", at(5)),
        Err(CatalogueError::NoSuchWork(_))
    ));
    assert!(matches!(shelf.library.join_works(&[(verso, vec![])], " ", at(5)), Err(CatalogueError::NoPerson)));
}

#[test]
fn a_prepared_scan_stands_beside_its_original() {
    let shelf = shelf();
    let of = work(&shelf.library, "photograph");
    let original = shelf.library.scans(of).unwrap()[0].id;
    let recipe = json!({ "crop": [1, 2, 3, 4] });
    let cropped = NewScan { width: 30, height: 20, ..scan("cropped") };
    let made = shelf.library.add_prepared_scan(original, &cropped, &recipe, "Ada", at(1)).unwrap();
    assert_eq!(files(&shelf, of), ["photograph", "cropped"]);
    let known = shelf.library.preparation(made).unwrap().unwrap();
    assert_eq!((known.original, &known.recipe), (original, &recipe));
    assert_eq!(shelf.library.preparations(of).unwrap(), [known]);
    assert_eq!(shelf.library.preparation(original).unwrap(), None);
    // Made again it is the same.
    assert_eq!(shelf.library.add_prepared_scan(original, &cropped, &recipe, "Ada", at(2)).unwrap(), made);
    assert_eq!(files(&shelf, of), ["photograph", "cropped"]);

    assert_eq!(shelf.library.to_undo().unwrap().as_deref(), Some("Prepared photograph"));
    shelf.library.undo("Ada", at(3)).unwrap().unwrap();
    assert_eq!(files(&shelf, of), ["photograph"]);
    assert_eq!(shelf.library.check_integrity().unwrap(), Vec::<String>::new());
    assert_eq!(shelf.library.add_prepared_scan(original, &cropped, &recipe, "Ada", at(4)).unwrap(), made);
    assert_eq!(files(&shelf, of), ["photograph", "cropped"]);
    shelf.library.undo("Ada", at(5)).unwrap().unwrap();
    shelf.library.redo("Ada", at(6)).unwrap().unwrap();
    assert_eq!(files(&shelf, of), ["photograph", "cropped"]);
    // It stands where the original stands.
    let other = work(&shelf.library, "other");
    shelf.library.join_works(&[(other, vec![of])], "Ada", at(7)).unwrap();
    assert_eq!(files(&shelf, other), ["other", "photograph", "cropped"]);
}
