//! A small knowledge base from folder to passages.

#![allow(clippy::unwrap_used)]

mod word_rows;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use vitrine_inference::CardLine;
use vitrine_knowledge::{ARTICLES, Collection, KnowledgeBase, KnowledgeError, Scope, SeedQuery, seed_queries};
use vitrine_sources::{Position, SourceOptions, open_source};
use word_rows::{WordRows, write_article};

fn write_all(folder: &Path) {
    write_article(
        folder,
        "style/rococo",
        "Rococo",
        &["Rocaille"],
        "Rococo is a playful style of Paris.\n\nRococo colours are pastel, pink and silver.",
    );
    write_article(folder, "style/baroque", "Baroque", &[], "Baroque painting loves contrasts of light and dark.");
    write_article(
        folder,
        "artist/fernand-leger",
        "Fernand Léger",
        &[],
        "Fernand Léger painted cylinders and machines.",
    );
    write_article(folder, "technique/etching", "Etching", &[], "Etching bites lines into a copper plate with acid.");
}

fn open(folder: &Path, index: &Path, retriever: &Arc<WordRows>) -> Result<KnowledgeBase, KnowledgeError> {
    KnowledgeBase::open_or_build(folder, index, retriever.clone(), &|_, _| {}, &AtomicBool::new(false))
}

#[test]
fn builds_once_and_again_only_when_text_pack_or_file_changed() {
    let place = tempfile::tempdir().unwrap();
    let (folder, index) = (place.path().join("articles"), place.path().join("cache/knowledge.index"));
    write_all(&folder);
    let retriever = Arc::new(WordRows::new("1"));
    let read = || retriever.passages.swap(0, Ordering::Relaxed);

    let (seen, all) = (AtomicU64::new(0), AtomicU64::new(0));
    let progress = |done, of| {
        seen.fetch_max(done, Ordering::Relaxed);
        all.store(of, Ordering::Relaxed);
    };
    KnowledgeBase::open_or_build(&folder, &index, retriever.clone(), &progress, &AtomicBool::new(false)).unwrap();
    assert_eq!((read(), seen.into_inner(), all.into_inner()), (5, 5, 5));

    open(&folder, &index, &retriever).unwrap();
    assert_eq!(read(), 0, "the index is opened");

    write_article(&folder, "technique/etching", "Etching", &[], "Etching bites lines into zinc.");
    open(&folder, &index, &retriever).unwrap();
    assert_eq!(read(), 5, "other text");

    let newer = Arc::new(WordRows::new("2"));
    open(&folder, &index, &newer).unwrap();
    assert_eq!(newer.passages.load(Ordering::Relaxed), 5, "another pack");

    std::fs::write(&index, "damaged").unwrap();
    let base = open(&folder, &index, &newer).unwrap();
    assert_eq!(newer.passages.load(Ordering::Relaxed), 10, "a damaged file");
    assert_eq!(base.articles().len(), 4);
    assert_eq!(base.fragment("style/rococo#2").unwrap().unwrap().title, "Rococo");
    assert!(base.fragment("style/rococo#3").unwrap().is_none());
}

#[test]
fn stops_when_asked_to_and_leaves_no_index() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("knowledge.index");
    write_all(&place.path().join("articles"));
    let stop = AtomicBool::new(true);
    let retriever = Arc::new(WordRows::new("1"));
    let stopped = KnowledgeBase::open_or_build(&place.path().join("articles"), &index, retriever, &|_, _| {}, &stop);
    assert!(matches!(stopped, Err(KnowledgeError::Cancelled)));
    assert!(!index.exists());
}

fn small() -> (tempfile::TempDir, KnowledgeBase) {
    let place = tempfile::tempdir().unwrap();
    write_all(&place.path().join("articles"));
    let index = place.path().join("knowledge.index");
    let base = open(&place.path().join("articles"), &index, &Arc::new(WordRows::new("1"))).unwrap();
    (place, base)
}

#[test]
fn finds_the_passage_and_the_words_that_matched() {
    let (_place, base) = small();
    let hits = base.search("Which pastel colours has the Rococo?", 3).unwrap();
    let best = &hits[0];
    assert_eq!(best.fragment.id, "style/rococo#2");
    assert!(best.relevance > 0.5 && best.relevance <= 1.0);
    let lit: Vec<&str> = best.matches.iter().map(|m| &best.fragment.text[m.span.clone()]).collect();
    assert_eq!(lit, ["Rococo", "colours", "pastel"]);
    assert!(best.matches.windows(2).all(|w| w[0].span.end <= w[1].span.start));
}

#[test]
fn says_that_it_found_nothing() {
    let (_place, base) = small();
    for question in ["Who repaired my bicycle?", "xyzzy", "?"] {
        assert!(base.search(question, 5).unwrap().is_empty(), "{question}");
    }
}

#[test]
fn leads_from_the_card_to_the_articles_of_its_values() {
    let (_place, base) = small();
    assert_eq!(base.article_by_title_or_alias("fernand leger").unwrap().id, "artist/fernand-leger");
    let line = |property: &str, value: &str, confidence| CardLine {
        property: property.to_owned(),
        value: value.to_owned(),
        qualifier: None,
        confidence,
    };
    let card = [line("artist", "Fernand Leger", Some(0.7)), line("style", "rocaille", None)];
    let seeds = seed_queries(None, &card);
    let hits = base.search_seeded(&seeds, 10).unwrap();
    let ids: Vec<&str> = hits.iter().map(|h| h.hit.fragment.id.as_str()).collect();
    assert!(ids[..2].iter().all(|id| id.starts_with("style/rococo")), "accepted before suggested: {ids:?}");
    assert!(ids.contains(&"artist/fernand-leger#1"));
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len(), "each once");
    assert!(hits.windows(2).all(|w| w[0].fused >= w[1].fused));
}

#[test]
fn a_title_with_an_article_before_it_is_a_name_and_the_words_within_it_are_none() {
    let (place, base) = small();
    let pages = place.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    let text =
        "# The Baroque Etching\n\nThe sheet was shown in Lyon in 1911, and came to the museum by way of a dealer.\n";
    std::fs::write(pages.join("one.md"), text).unwrap();
    let collections = place.path().join("collections");
    let collection = Collection::create(&collections, "Sheets").unwrap();
    let open = |from: Option<&Position>| open_source(&pages, &SourceOptions::default(), from);
    collection.read(&pages, &open, &|_| true, &mut |_| true).unwrap();
    assert!(collection.index_fragments(base.retriever().as_ref(), &mut |_| true).unwrap());
    let named = |query: &str| -> Vec<String> {
        let hits = base.ranking(query, 20).unwrap();
        hits.into_iter().filter(|(_, features)| features.named > 0.0).map(|(id, _)| id).collect()
    };
    assert_eq!(named("Where was The Baroque Etching shown?").len(), 2, "of the articles alone both words are names");
    base.set_collections(Collection::all(&collections).0);
    assert_eq!(named("Where was The Baroque Etching shown?"), ["sheets:1"]);
    assert_eq!(named("Where was the Baroque born?"), ["style/baroque#1"]);
}

#[test]
fn a_search_keeps_to_the_collections_and_languages_that_it_is_told() {
    let (place, base) = small();
    let collections = place.path().join("collections");
    for (name, language, text) in [
        ("Handbook", "en", "Rococo colours are pastel in this handbook of ornament too, says the museum."),
        ("Manuale", "it", "I colori pastel del Rococo sono rosa e argento, dice il manuale del museo."),
    ] {
        let pages = place.path().join(name);
        std::fs::create_dir(&pages).unwrap();
        std::fs::write(pages.join("rococo.md"), format!("# Rococo\n\n{text}\n")).unwrap();
        let collection = Collection::create(&collections, name).unwrap();
        let options = SourceOptions { language: Some(language.to_owned()), ..SourceOptions::default() };
        let open = |from: Option<&Position>| open_source(&pages, &options, from);
        collection.read(&pages, &open, &|_| true, &mut |_| true).unwrap();
        assert!(collection.index_fragments(base.retriever().as_ref(), &mut |_| true).unwrap());
    }
    base.set_collections(Collection::all(&collections).0);

    let words = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let scope = |collections: &[&str], languages: &[&str]| Scope {
        collections: words(collections),
        languages: words(languages),
    };
    let sources = |scope: &Scope| -> Vec<String> {
        let hits = base.search_within(scope, "Rococo colours pastel", 10).unwrap();
        let key = |id: &str| id.split_once(':').map_or(ARTICLES, |(key, _)| key).to_owned();
        let mut keys: Vec<String> = hits.iter().map(|hit| key(&hit.fragment.id)).collect();
        keys.sort();
        keys.dedup();
        keys
    };
    assert_eq!(sources(&Scope::default()), ["handbook", "manuale", ARTICLES]);
    assert_eq!(sources(&scope(&[ARTICLES], &[])), [ARTICLES]);
    assert_eq!(sources(&scope(&["handbook"], &[])), ["handbook"]);
    assert_eq!(sources(&scope(&[], &["it-IT"])), ["manuale"]);
    assert_eq!(sources(&scope(&[], &["en"])), ["handbook", ARTICLES]);
    assert_eq!(sources(&scope(&["manuale", ARTICLES], &["en"])), [ARTICLES]);
    assert!(sources(&scope(&["manuale"], &["en"])).is_empty());
    assert!(sources(&scope(&["removed-since"], &[])).is_empty());

    // What a search asks for by name keeps to the scope as well.
    let seed = SeedQuery { text: "Rococo".into(), weight: 1.0, property: None, value: Some("Rococo".into()) };
    let hits = base.search_seeded_within(&scope(&["manuale"], &[]), &[seed], 10).unwrap();
    assert_eq!(hits.len(), 1);
    assert!(hits[0].hit.fragment.id.starts_with("manuale:"));

    let holdings = base.holdings().unwrap();
    let keys: Vec<&str> = holdings.iter().map(|holding| holding.key.as_str()).collect();
    assert_eq!(keys, [ARTICLES, "handbook", "manuale"]);
    assert_eq!((holdings[0].passages, holdings[0].passages_in(&words(&["it"]))), (5, 0));
    assert_eq!(holdings[2].languages, [("it".to_owned(), 1)].into());
}
