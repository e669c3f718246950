//! Iconclass as a whole: on a made-up classification in its form, and on the real one where it has been fetched
//! (`VITRINE_ICONCLASS`, or the user's cache).

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vitrine_vocabularies::VocabularyError;
use vitrine_vocabularies::iconclass::{Entry, Iconclass, uri};

fn sample() -> Iconclass {
    Iconclass::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iconclass")).unwrap()
}

fn real() -> Option<Iconclass> {
    let cache = || Some(dirs::cache_dir()?.join("vitrine/iconclass"));
    let folder = std::env::var_os("VITRINE_ICONCLASS").map(PathBuf::from).or_else(cache)?;
    match folder.join("notations.txt").is_file() {
        true => Some(Iconclass::open(&folder).unwrap()),
        false => {
            eprintln!("skipped: Iconclass is not in {}; assets/iconclass/fetch.py fetches it", folder.display());
            None
        }
    }
}

fn notations(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.notation.as_str()).collect()
}

#[test]
fn a_concept_is_told_with_all_around_it() {
    let iconclass = sample();
    assert_eq!(iconclass.languages(), ["en", "de"]);
    let concept = iconclass.concept("25f23(lion)(+46)", "en").unwrap();
    assert_eq!(concept.wording(), "25F23(LION)(+46) beasts that hunt: lion (+ asleep)");
    assert_eq!(concept.uri(), "https://iconclass.org/25F23%28LION%29%28%2B46%29");
    assert_eq!(
        notations(&concept.path),
        ["2", "25", "25F", "25F2", "25F23", "25F23(...)", "25F23(LION)", "25F23(LION)(+4)", "25F23(LION)(+46)"]
    );
    assert!(concept.children.is_empty() && concept.keys.is_empty() && !concept.open);
    assert_eq!(notations(&concept.related), ["11H(JOHN)"]);
    assert_eq!(concept.keywords, ["lion", "mane"]);
    let lion = iconclass.concept("25F23(LION)", "de-CH").unwrap();
    assert_eq!(lion.text, "jagende Tiere: Löwe");
    assert_eq!(lion.keywords, ["lion", "mane"], "a language without keywords shows the English ones");
    assert_eq!(notations(&lion.keys), ["25F23(LION)(+1)", "25F23(LION)(+4)"]);
}

#[test]
fn names_of_ones_own_go_into_the_brackets() {
    let iconclass = sample();
    let adela = iconclass.concept("11H(ADELA)12", "en").unwrap();
    assert_eq!(adela.wording(), "11H(ADELA)12 a harbour master (ADELA) lights the lantern");
    assert_eq!(notations(&adela.path)[2..], ["11H", "11H(ADELA)", "11H(ADELA)1", "11H(ADELA)12"]);
    assert_eq!(iconclass.concept("11H(JOHN)12", "en").unwrap().text, "John lights the lantern");
    let open = iconclass.concept("11H(...)", "en").unwrap();
    assert!(open.open);
    assert_eq!(notations(&open.children), ["11H(...)1", "11H(JOHN)"]);
}

#[test]
fn words_are_found_in_every_language_best_first() {
    let iconclass = sample();
    let found = iconclass.search("lion", "en", 10).unwrap();
    assert_eq!(notations(&found.entries), ["25F23(LION)", "11H(JOHN)"]);
    assert_eq!((found.total, found.language), (2, "en"));
    let found = iconclass.search("LOWE", "de", 1).unwrap();
    assert_eq!((notations(&found.entries), found.total, found.language), (vec!["11H(JOHN)"], 2, "de"));
    let found = iconclass.search("sailing", "de", 10).unwrap();
    assert_eq!((notations(&found.entries), found.language), (vec!["46C"], "en"));
    assert_eq!(iconclass.search("boat", "xx", 10).unwrap().entries[0].notation, "46C");
    let written = iconclass.search("11H(ADELA)(+31)", "en", 10).unwrap();
    assert_eq!(written.entries[0].text, "harbour masters (ADELA) (+ at night, under the moon)");
    assert_eq!(iconclass.search("25f2", "en", 2).unwrap().total, 5);
    assert!(iconclass.search("nowhere", "de", 10).unwrap().entries.is_empty());
}

#[test]
fn the_tree_begins_with_the_divisions() {
    let divisions = sample().divisions("en").unwrap();
    assert_eq!(notations(&divisions), ["1", "2", "4"]);
    assert!(divisions.iter().all(|division| division.branches));
}

#[test]
fn what_cannot_be_read_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Iconclass::open(folder.path()).unwrap_err();
    assert!(matches!(missing, VocabularyError::NoIconclass(_)));
    assert!(missing.to_string().contains("assets/iconclass/fetch.py"), "{missing}");
    std::fs::write(folder.path().join("notations.txt"), "something else\n").unwrap();
    assert!(matches!(Iconclass::open(folder.path()), Err(VocabularyError::Unreadable { .. })), "keys are missing");
    std::fs::write(folder.path().join("keys.txt"), b"\xff").unwrap();
    assert!(matches!(Iconclass::open(folder.path()), Err(VocabularyError::Damaged { .. })));
    std::fs::write(folder.path().join("keys.txt"), "").unwrap();
    let damaged = Iconclass::open(folder.path()).unwrap_err().to_string();
    assert!(damaged.contains("notations.txt") && damaged.contains("0 to 9"), "{damaged}");
}

#[test]
fn the_real_one_knows_its_lion_and_its_john() {
    let Some(iconclass) = real() else { return };
    assert!(iconclass.notations() > 40_000);
    let lion = iconclass.concept("25F23(LION)(+46)", "en").unwrap();
    assert_eq!(lion.text, "beasts of prey, predatory animals: lion (+ sleeping animal(s))");
    assert_eq!(iconclass.concept("11H(JOHN)12", "en").unwrap().path.len(), 7);
    for (language, word) in
        [("en", "lion"), ("de", "Löwe"), ("fr", "lion"), ("it", "leone"), ("pt", "leão"), ("ja", "ライオン")]
    {
        let found = iconclass.search(word, language, 20).unwrap();
        assert_eq!(found.language, language);
        assert!(found.total > 5, "{word}: {found:?}");
    }
    let lions = iconclass.search("lion", "en", 20).unwrap();
    assert!(notations(&lions.entries)[..8].contains(&"25F23(LION)"), "{lions:?}");
    assert_eq!(uri("11H(JOHN)12"), "https://iconclass.org/11H%28JOHN%2912");
    // Every notation can be shown, and is what it is called.
    for division in iconclass.divisions("en").unwrap() {
        let concept = iconclass.concept(&division.notation, "de").unwrap();
        assert!(!concept.text.is_empty() && concept.path.len() == 1, "{concept:?}");
    }
}

/// `cargo nextest run --run-ignored only -E 'test(how_long)' --no-capture` prints how long reading and searching take.
#[test]
#[ignore = "a measurement"]
fn how_long_reading_and_searching_take() {
    let started = Instant::now();
    let Some(iconclass) = real() else { return };
    println!("tree and English: {:?}", started.elapsed());
    for (language, asked) in [
        ("en", "lion"),
        ("en", "s"),
        ("en", "the"),
        ("en", "john evangelist eagle"),
        ("de", "Schiff"),
        ("it", "santa"),
        ("ja", "船"),
    ] {
        let started = Instant::now();
        iconclass.search("nothing to be found", language, 1).unwrap();
        let first = started.elapsed();
        let mut times: Vec<Duration> = (0..25)
            .map(|_| {
                let started = Instant::now();
                let found = iconclass.search(asked, language, 50).unwrap();
                assert!(found.total > 0);
                started.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{language} “{asked}”: first use of the language {first:?}, median {:?}, slowest {:?}",
            times[12], times[24]
        );
    }
}
