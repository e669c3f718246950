//! Regions: kept as versions, taken back and done again like everything else, and true to the statements they are evidence for.

use vitrine_catalogue::{CatalogueError, Library, Region, RegionContent, RegionId, ScanId, Shape, WorkId};

use crate::{at, shelf, work};

const WHO: &str = "A. Curator";

fn first_scan(library: &Library, work: WorkId) -> ScanId {
    library.scans(work).unwrap()[0].id
}

fn rectangle(x: u32) -> RegionContent {
    let shape = Shape::Rectangle { x, y: 20, width: 40, height: 30 };
    RegionContent { shape, note: None, statements: Vec::new() }
}

fn seen(library: &Library, work: WorkId) -> Vec<(RegionId, RegionContent)> {
    library.regions(work).unwrap().into_iter().map(|Region { id, content, .. }| (id, content)).collect()
}

#[test]
fn whatever_is_done_to_a_region_can_be_taken_back_and_done_again() {
    let shelf = shelf();
    let library = &shelf.library;
    let work = work(library, "a.jpg");
    let scan = first_scan(library, work);
    let mut states = vec![seen(library, work)];
    let region = library.add_region(scan, rectangle(10), WHO, at(1)).unwrap();
    states.push(seen(library, work));
    let content = RegionContent { note: Some("  a signature ".into()), ..rectangle(50) };
    library.change_region(region, content, WHO, at(2)).unwrap();
    states.push(seen(library, work));
    let corners = vec![(0, 0), (300, 0), (0, 200)];
    let polygon = RegionContent { shape: Shape::Polygon(corners), note: None, statements: Vec::new() };
    library.add_region(scan, polygon, WHO, at(3)).unwrap();
    states.push(seen(library, work));
    library.remove_region(region, WHO, at(4)).unwrap();
    states.push(seen(library, work));
    assert_eq!(states.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 1, 2, 1]);
    assert_eq!(states[2][0].1.note.as_deref(), Some("a signature"));

    for round in 0..2 {
        for state in states.iter().rev().skip(1) {
            assert_eq!(library.undo(WHO, at(10 + round)).unwrap().unwrap().works, [work]);
            assert_eq!(&seen(library, work), state);
        }
        for state in states.iter().skip(1) {
            library.redo(WHO, at(20 + round)).unwrap().unwrap();
            assert_eq!(&seen(library, work), state);
        }
    }
    assert_eq!(library.to_undo().unwrap().as_deref(), Some("Removed a rectangle: a signature"));
}

#[test]
fn a_region_follows_the_statement_that_it_is_evidence_for() {
    let shelf = shelf();
    let library = &shelf.library;
    let work = work(library, "a.jpg");
    let added = library.add_statement(work, "title", "Peonies", None, WHO, at(1)).unwrap().statements[0];
    let content = RegionContent { statements: vec![added, added], ..rectangle(10) };
    library.add_region(first_scan(library, work), content, WHO, at(2)).unwrap();
    assert_eq!(seen(library, work)[0].1.statements, [added]);
    let changed = library.edit(added, "Poppies", None, WHO, at(3)).unwrap().statements[0];
    assert_eq!(seen(library, work)[0].1.statements, [changed]);
    library.undo(WHO, at(4)).unwrap();
    assert_eq!(seen(library, work)[0].1.statements, [added]);
    // The region goes first, then the statement.
    library.undo(WHO, at(5)).unwrap();
    library.undo(WHO, at(6)).unwrap();
    assert!(seen(library, work).is_empty());
}

#[test]
fn what_is_no_part_of_the_scan_is_refused_and_leaves_nothing() {
    let shelf = shelf();
    let library = &shelf.library;
    let (one, other) = (work(library, "a.jpg"), work(library, "b.jpg"));
    let scan = first_scan(library, one);
    let refused = |content, person| library.add_region(scan, content, person, at(1)).unwrap_err();
    assert!(matches!(refused(rectangle(290), WHO), CatalogueError::BadRegion { .. }));
    assert!(matches!(refused(rectangle(10), " "), CatalogueError::NoPerson));
    let elsewhere = library.add_statement(other, "title", "Peonies", None, WHO, at(1)).unwrap().statements[0];
    let content = RegionContent { statements: vec![elsewhere], ..rectangle(10) };
    assert!(matches!(refused(content, WHO), CatalogueError::StatementElsewhere(id) if id == elsewhere));
    assert!(matches!(library.remove_region(RegionId(1), WHO, at(2)), Err(CatalogueError::NoSuchRegion(_))));
    assert_eq!(seen(library, one), []);
    assert_eq!(library.to_undo().unwrap().as_deref(), Some("Added title: Peonies"));
}
