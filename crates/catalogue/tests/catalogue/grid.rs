use vitrine_catalogue::{Badge, BadgeCounts, WorkCard, WorkQuery, WorkSort};

use crate::{Shelf, abstains, at, compact, says, shelf, work};

fn find(s: &Shelf, text: &str) -> Vec<String> {
    let page = s.library.works(&WorkQuery { text: text.into(), ..WorkQuery::default() }).unwrap();
    assert_eq!(page.total, page.works.len() as u64);
    page.works.into_iter().map(|card| card.file_name).collect()
}

#[test]
fn words_are_found_in_file_names_and_values_in_any_script() {
    let s = shelf();
    let one = work(&s.library, "IMG_0042-Swing.jpg");
    let two = work(&s.library, "神奈川沖浪裏.png");
    s.library.add_statement(one, "title", "Les Hasards heureux de l'Escarpolette", None, "Anna", at(1)).unwrap();
    s.library.add_statement(two, "artist", "Ōkubo \"O'Hara\" %_*", None, "Anna", at(1)).unwrap();
    let said = [says("style", "Rococo", 0.7), says("tag", "tree", 0.7)];
    let ids = s.library.suggest(one, &compact(), &said, at(2)).unwrap();
    let one = vec!["IMG_0042-Swing.jpg".to_owned()];
    let two = vec!["神奈川沖浪裏.png".to_owned()];
    for text in ["swing", "ROCO", "escarpolette  0042", "jp", "s heur"] {
        assert_eq!(find(&s, text), one, "{text}");
    }
    for text in ["浪", "神奈川沖", "okubo", "o'hara", "\"o'", "%_*", "%"] {
        assert_eq!(find(&s, text), two, "{text}");
    }
    assert_eq!(find(&s, ""), [two[0].clone(), one[0].clone()]);
    assert!(find(&s, "swing okubo").is_empty());
    s.library.reject(ids[0], "Anna", at(3)).unwrap();
    assert!(find(&s, "rococo").is_empty(), "what is rejected is no longer said of it");
    s.library.undo("Anna", at(4)).unwrap();
    assert_eq!(find(&s, "rococo"), one);
}

#[test]
fn a_card_follows_its_statements() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let card = s.library.work_card(id).unwrap();
    let fresh = WorkCard {
        id,
        title: "a.jpg".into(),
        artist: None,
        file_name: "a.jpg".into(),
        scan: s.library.scans(id).unwrap()[0].id,
        aspect: 1.5,
        badge: Badge::New,
        waiting: 0,
    };
    assert_eq!(card, fresh);
    let mut artist = says("artist", "Renoir", 0.7);
    artist.qualifier = Some("style of".into());
    let said = [says("title", "Swing", 0.2), artist, abstains("style")];
    let ids = s.library.suggest(id, &compact(), &said, at(1)).unwrap();
    let card = s.library.work_card(id).unwrap();
    assert_eq!((card.badge, card.waiting, card.title.as_str(), card.artist), (Badge::Suggested, 3, "a.jpg", None));
    s.library.accept(ids[1], "Anna", at(2)).unwrap();
    s.library.edit(ids[0], "The Swing", None, "Anna", at(2)).unwrap();
    let card = s.library.work_card(id).unwrap();
    assert_eq!((card.badge, card.waiting, card.title.as_str()), (Badge::InReview, 1, "The Swing"));
    assert_eq!(card.artist.as_deref(), Some("style of Renoir"), "never without its qualifier");
    s.library.reject(ids[2], "Anna", at(3)).unwrap();
    assert_eq!(s.library.work_card(id).unwrap().badge, Badge::Complete);
    assert_eq!(s.library.badges().unwrap(), BadgeCounts { complete: 1, ..BadgeCounts::default() });
    for _ in 0..3 {
        s.library.undo("Anna", at(4)).unwrap();
    }
    let counts = s.library.badges().unwrap();
    assert_eq!(counts, BadgeCounts { suggested: 1, waiting: 3, ..BadgeCounts::default() });
}

#[test]
fn pages_orders_and_badges() {
    let s = shelf();
    let names = ["Sheet 10.png", "sheet 9.png", "Atlas.png", "zebra.png"];
    let works: Vec<_> = names.iter().map(|name| work(&s.library, name)).collect();
    s.library.suggest(works[0], &compact(), &[abstains("style")], at(1)).unwrap();
    s.library.suggest(works[1], &compact(), &[says("style", "Rococo", 0.8)], at(1)).unwrap();
    s.library.suggest(works[3], &compact(), &[says("style", "Rococo", 0.3), says("tag", "a", 0.9)], at(1)).unwrap();
    let order = |sort| {
        let page = s.library.works(&WorkQuery { sort, ..WorkQuery::default() }).unwrap();
        page.works.into_iter().map(|card| card.file_name).collect::<Vec<_>>()
    };
    assert_eq!(order(WorkSort::Added), ["zebra.png", "Atlas.png", "sheet 9.png", "Sheet 10.png"]);
    assert_eq!(order(WorkSort::Title), ["Atlas.png", "sheet 9.png", "Sheet 10.png", "zebra.png"]);
    assert_eq!(order(WorkSort::Doubt), ["zebra.png", "sheet 9.png", "Sheet 10.png", "Atlas.png"]);
    let query = WorkQuery { sort: WorkSort::Title, offset: 1, limit: Some(2), ..WorkQuery::default() };
    let page = s.library.works(&query).unwrap();
    assert_eq!(page.total, 4);
    assert_eq!(page.works.iter().map(|card| card.id).collect::<Vec<_>>(), [works[1], works[0]]);
    let new = s.library.works(&WorkQuery { badge: Some(Badge::New), ..WorkQuery::default() }).unwrap();
    assert_eq!((new.total, new.works[0].id), (1, works[2]));
    assert_eq!(s.library.work_ids().unwrap(), works);
}

/// Prints how long the grid takes in a large library: `cargo test --release -p vitrine-catalogue -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn how_long_the_grid_takes_in_ten_thousand_works() {
    use std::time::Instant;
    let s = shelf();
    let start = Instant::now();
    for number in 0..10_000 {
        let id = work(&s.library, &format!("scan {number:05}.jpg"));
        let said: Vec<_> =
            (0..8).map(|n| says(&format!("property{n}"), &format!("value {}", number % 97), 0.5)).collect();
        s.library.suggest(id, &compact(), &said, at(1)).unwrap();
    }
    println!("filled in {:?}", start.elapsed());
    for (text, sort) in
        [("", WorkSort::Added), ("", WorkSort::Doubt), ("value 42", WorkSort::Title), ("42", WorkSort::Added)]
    {
        let start = Instant::now();
        let page = s.library.works(&WorkQuery { text: text.into(), sort, limit: Some(200), ..WorkQuery::default() });
        println!("{text:?} {sort:?}: {} works in {:?}", page.unwrap().total, start.elapsed());
    }
    let start = Instant::now();
    println!("{:?} in {:?}", s.library.badges().unwrap(), start.elapsed());
    let id = s.library.statements(vitrine_catalogue::WorkId(5_000)).unwrap()[0].id;
    let start = Instant::now();
    s.library.accept(id, "Anna", at(2)).unwrap();
    println!("accept in {:?}", start.elapsed());
}
