use vitrine_catalogue::{Facet, FacetCount, Library, Search, WorkId, WorkSort};

use crate::{at, compact, says, shelf, work};

struct Hall {
    swing: WorkId,
    wave: WorkId,
    watch: WorkId,
    bare: WorkId,
}

/// Three works with records, one without.
fn hall(library: &Library) -> Hall {
    let [swing, wave, watch, bare] =
        ["swing.jpg", "神奈川.jpg", "watch.jpg", "bare.jpg"].map(|name| work(library, name));
    let add = |work, property: &str, value: &str, qualifier: Option<&str>| {
        library.add_statement(work, property, value, qualifier, "Anna", at(1)).unwrap();
    };
    add(swing, "title", "The Swing", None);
    add(swing, "artist", "Jean-Honoré Fragonard", None);
    add(swing, "style", "Rococo", None);
    add(swing, "date", "c. 1767", None);
    add(swing, "tag", "garden", None);
    add(swing, "tag", "swing party", None);
    add(wave, "title", "神奈川沖浪裏", None);
    add(wave, "artist", "Katsushika Hokusai", Some("after"));
    add(wave, "style", "Ukiyo-e", None);
    add(wave, "date", "19th century", None);
    add(watch, "title", "The Night Watch", None);
    add(watch, "artist", "Rembrandt van Rijn", None);
    add(watch, "style", "Baroque", None);
    add(watch, "date", "after 1640", None);
    add(watch, "watermark", "a crown", None);
    let waits = library.suggest(
        bare,
        &compact(),
        &[says("artist", "Rembrandt van Rijn", 0.4), says("style", "Baroque", 0.6)],
        at(2),
    );
    let waits = waits.unwrap();
    library.reject(waits[1], "Anna", at(3)).unwrap();
    Hall { swing, wave, watch, bare }
}

fn found(library: &Library, text: &str) -> Vec<WorkId> {
    let mut works = library.search_ids(&Search { text: text.into(), ..Search::default() }).unwrap();
    works.sort();
    works
}

#[test]
fn words_phrases_fields_and_brackets() {
    let s = shelf();
    let Hall { swing, wave, watch, bare } = hall(&s.library);
    for (query, works) in [
        ("", vec![swing, wave, watch, bare]),
        ("swing", vec![swing]),
        ("SWING garden", vec![swing]),
        ("swing watch", vec![]),
        ("swing OR watch", vec![swing, watch]),
        ("\"van rijn\"", vec![watch, bare]),
        ("\"rijn van\"", vec![]),
        ("\"garden swing\"", vec![]),
        ("fragonard", vec![swing]),
        ("honore", vec![swing]),
        ("rembr*", vec![watch, bare]),
        ("rembr", vec![]),
        ("\"night wat\"*", vec![watch]),
        ("artist:rembrandt", vec![watch]),
        ("suggested:rembrandt", vec![bare]),
        ("baroque", vec![watch]),
        ("title:swing", vec![swing]),
        ("title:garden", vec![]),
        ("tag:\"swing party\"", vec![swing]),
        ("the -night", vec![swing]),
        ("the NOT night", vec![swing]),
        ("NOT title:the", vec![wave, bare]),
        ("(swing OR watch) NOT (night OR day)", vec![swing]),
        ("swing OR (watch AND night)", vec![swing, watch]),
        ("swing OR NOT has:title", vec![swing, bare]),
        ("浪裏", vec![wave]),
        ("神奈川", vec![wave]),
        ("title:奈川沖", vec![wave]),
        ("川神", vec![]),
        ("artist:hokusai", vec![wave]),
        ("\"after katsushika\"", vec![wave]),
        ("crown", vec![watch]),
        ("watermark", vec![]),
        ("has:watermark", vec![watch]),
        ("lacks:date", vec![bare]),
        ("has:artist lacks:watermark", vec![swing, wave]),
        ("date:1760..1770", vec![swing, watch]),
        ("date:1500..1630", vec![]),
        ("date:1700..", vec![swing, wave, watch]),
        ("date:..1641", vec![watch]),
        ("date:1850..1850", vec![wave, watch]),
        ("date:1767", vec![swing]),
        ("swing & garden", vec![swing]),
        ("style:ukiyo-e", vec![wave]),
        ("nothing:here", vec![]),
    ] {
        let mut works = works;
        works.sort();
        assert_eq!(found(&s.library, query), works, "{query}");
    }
}

#[test]
fn a_query_that_is_wrong_is_explained() {
    let s = shelf();
    for (query, reason) in [
        ("\"open", "a phrase begins"),
        ("(open", "a bracket is opened"),
        ("closed)", "a bracket is closed"),
        ("OR word", "OR needs words"),
        ("word OR", "OR needs words"),
        ("NOT", "NOT needs words"),
        ("date:x..y", "“x” is no year"),
    ] {
        let search = Search { text: query.into(), ..Search::default() };
        let error = s.library.search(&search).unwrap_err().to_string();
        assert!(error.starts_with("the search was not understood: ") && error.contains(reason), "{query}: {error}");
    }
    let deep = format!("{}x{}", "(".repeat(500), ")".repeat(500));
    assert!(s.library.search(&Search { text: deep, ..Search::default() }).is_err());
}

#[test]
fn what_is_decided_is_found_at_once_and_undone_as_quickly() {
    let s = shelf();
    let Hall { bare, .. } = hall(&s.library);
    let waits = s.library.statements(bare).unwrap()[0].id;
    s.library.accept(waits, "Anna", at(5)).unwrap();
    assert!(
        found(&s.library, "artist:rembrandt").contains(&bare) && found(&s.library, "suggested:rembrandt").is_empty()
    );
    s.library.undo("Anna", at(6)).unwrap();
    assert!(!found(&s.library, "artist:rembrandt").contains(&bare));
    assert!(!found(&s.library, "has:artist").contains(&bare));
}

#[test]
fn facets_count_what_is_found_and_choose_among_it() {
    let s = shelf();
    let Hall { watch, swing, .. } = hall(&s.library);
    let facets = |text: &str| s.library.facets(&Search { text: text.into(), ..Search::default() }, 10).unwrap();
    let of = |facets: &[(Facet, Vec<FacetCount>)], facet: Facet| -> Vec<(String, u64)> {
        let counts = &facets.iter().find(|(other, _)| *other == facet).unwrap().1;
        counts.iter().map(|count| (count.value.clone(), count.works)).collect()
    };
    let all = facets("");
    assert_eq!(of(&all, Facet::Artist).len(), 3, "what waits is nobody's word yet");
    assert_eq!(of(&all, Facet::Century), [("1700".into(), 1), ("1800".into(), 1), ("1600".into(), 1)]);
    assert_eq!(of(&all, Facet::Source), [("person".into(), 3), ("pack".into(), 1)]);
    assert_eq!(of(&all, Facet::Pack), [("compact 1".into(), 1)]);
    assert_eq!(of(&facets("the"), Facet::Style), [("Rococo".into(), 1), ("Baroque".into(), 1)]);
    assert_eq!(of(&s.library.facets(&Search::default(), 1).unwrap(), Facet::Style).len(), 1);
    let chosen = Search { text: "the".into(), facets: vec![(Facet::Style, "Baroque".into())], ..Search::default() };
    assert_eq!(s.library.search_ids(&chosen).unwrap(), [watch]);
    let nobody = Search { facets: vec![(Facet::Style, "Cubism".into())], ..Search::default() };
    assert_eq!(s.library.search(&nobody).unwrap().total, 0);
    let by_title =
        Search { sort: WorkSort::Title, offset: 1, limit: Some(2), text: "the OR bare".into(), ..Search::default() };
    let page = s.library.search(&by_title).unwrap();
    let titles: Vec<&str> = page.works.iter().map(|work| work.title.as_str()).collect();
    assert_eq!((page.total, titles), (3, vec!["The Night Watch", "The Swing"]));
    assert_eq!(page.works[1].id, swing);
}

proptest::proptest! {
    #[test]
    fn no_query_is_too_odd(text in "[a-z\"():*. ORNTAD-]{0,40}", any in ".{0,40}") {
        let s = shelf();
        work(&s.library, "swing.jpg");
        for text in [text, any] {
            match s.library.search(&Search { text: text.clone(), ..Search::default() }) {
                Ok(_) => {}
                Err(error) => proptest::prop_assert!(error.to_string().contains("was not understood"), "{}: {}", text, error),
            }
        }
    }
}

#[test]
fn values_that_must_not_be_there_leave_works_out() {
    let s = shelf();
    let hall = hall(&s.library);
    let without = |value: &str| {
        let search = Search { without: vec![(Facet::Style, value.into())], ..Search::default() };
        s.library.search_ids(&search).unwrap()
    };
    assert_eq!(without("Rococo"), [hall.bare, hall.watch, hall.wave]);
    assert_eq!(without("Gothic").len(), 4);
}

#[test]
fn what_lacks_is_counted_and_chosen() {
    let s = shelf();
    let Hall { swing, wave, watch, bare } = hall(&s.library);
    let lacking = |properties: &[&str]| {
        let lacking = properties.iter().map(|property| (*property).to_owned()).collect();
        let mut works = s.library.search_ids(&Search { lacking, ..Search::default() }).unwrap();
        works.sort();
        works
    };
    assert_eq!(lacking(&["title"]), [bare]);
    assert_eq!(lacking(&["tag"]), [wave, watch, bare]);
    assert_eq!(lacking(&["tag", "watermark"]), [wave, bare], "nothing of any of them");
    let groups = [vec!["title".into()], vec!["tag".into(), "watermark".into()], vec!["description".into()]];
    assert_eq!(s.library.count_lacking(&Search::default(), &groups).unwrap(), [1, 2, 4]);
    let some = Search { text: "swing OR watch".into(), ..Search::default() };
    assert_eq!(s.library.count_lacking(&some, &groups).unwrap(), [0, 0, 2]);
    assert_eq!(s.library.search(&Search { lacking: vec!["tag".into()], ..some }).unwrap().works[0].id, watch);
    assert_ne!(swing, watch);
}

#[test]
fn searches_are_kept_under_names() {
    let s = shelf();
    let search = Search {
        text: "harbour -night".into(),
        facets: vec![(Facet::ObjectType, "print".into())],
        without: vec![(Facet::State, "complete".into())],
        lacking: vec!["date".into()],
        sort: WorkSort::Title,
        offset: 200,
        limit: Some(100),
    };
    s.library.save_search(" Undated prints ", &search, "Anna", at(1)).unwrap();
    s.library.save_search("All", &Search::default(), "Anna", at(2)).unwrap();
    let saved = s.library.saved_searches().unwrap();
    assert_eq!(saved.iter().map(|saved| saved.name.as_str()).collect::<Vec<_>>(), ["All", "Undated prints"]);
    assert_eq!(saved[1].search, Search { offset: 0, limit: None, ..search.clone() }, "the page is not kept");
    assert_eq!((saved[1].person.as_str(), saved[1].saved_at), ("Anna", at(1)));

    s.library.save_search("undated PRINTS", &Search::default(), "Ben", at(3)).unwrap();
    let saved = s.library.saved_searches().unwrap();
    assert_eq!((saved.len(), &saved[1].search, saved[1].person.as_str()), (2, &Search::default(), "Ben"));
    assert!(s.library.save_search("  ", &search, "Anna", at(4)).unwrap_err().to_string().contains("name"));
    s.library.forget_search("All").unwrap();
    assert!(s.library.forget_search("All").unwrap_err().to_string().contains("“All”"));
    assert_eq!(s.library.saved_searches().unwrap().len(), 1);
}
