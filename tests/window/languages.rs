//! The interface in each of its languages, in the real window: switched while it is open, nothing cut off, what is stored untouched.

use std::time::Duration;

use serde_json::json;

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{Window, missing},
};

/// A language, the word for the library in it, for the subject “Bridge”, and some of why a file of plain text was not taken in.
const LANGUAGES: [(&str, &str, &str, &str); 4] = [
    ("it", "Raccolta", "Ponte", "Non è un’immagine leggibile: il contenuto è "),
    ("de", "Bestand", "Brücke", "Es ist kein lesbares Bild: der Inhalt ist "),
    ("fr", "Fonds", "Pont", "Ce n’est pas une image lisible\u{a0}: son contenu est "),
    ("en", "Library", "Bridge", "It is not an image that can be read: its content is "),
];

const PLACES: [&str; 9] =
    ["inbox", "library", "review", "record", "knowledge", "models", "evaluation", "safety", "export"];

/// Words that lie outside their button or the window, or that are cut off where nobody can read the rest.
const CUT_OFF: &str = "return [...document.querySelectorAll('body *')].flatMap((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || element.closest('.unseen, svg') || element.offsetParent === null || element.matches('option, select, textarea')) return [];
    const words = element.textContent.trim().slice(0, 60);
    const box = element.getBoundingClientRect();
    const button = element.closest('button')?.getBoundingClientRect();
    const style = getComputedStyle(element);
    // Titles and names of files are a person's, and told in full where the pointer rests.
    const cut = style.display !== 'inline' && style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1 && !element.closest('[title], .title, .file');
    const over = button !== undefined && (box.right > button.right + 1 || box.left < button.left - 1);
    const outside = box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) && !element.closest('.scroll, .strip');
    return [cut && 'cut off: ' + words, over && 'beyond its button: ' + words, outside && 'outside the window: ' + words].filter(Boolean);
  })";

#[test]
fn the_window_speaks_four_languages() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    scans::draw(&folder, 3, Some("Bridge"));
    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 3);
    let failures = "[data-kind=import] [aria-controls=job-list]";
    for (code, library, bridge, failed) in LANGUAGES {
        choose(&window, code);
        window.until("the rail in this language", SOON, || {
            window.text("#place-library").filter(|said| said.contains(library))
        });
        for place in PLACES {
            window.click(&format!("#place-{place}"));
            window.wait("main h1");
            if place == "review" {
                window.until("the keyword in this language", SOON, || {
                    window.text("[data-property=tag] .value").filter(|said| said.contains(bridge))
                });
            }
            desk.picture(&window, &format!("40-{code}-{place}"));
            assert_eq!(window.script(CUT_OFF, json!([])), json!([]), "{place} has no room for {code}");
        }
        assert_accessible(&window, &format!("the export in {code}"));
        window.click(failures);
        window.until("why a file failed, in this language", SOON, || {
            window.text("#job-list").filter(|listed| listed.contains("notes.jpg") && listed.contains(failed))
        });
        desk.picture(&window, &format!("40-{code}-failures"));
        window.click(failures);
    }
    choose(&window, "de");
    window.reload();
    window.until("the language that was chosen", Duration::from_secs(30), || {
        (window.script("return document.documentElement.lang", json!([])) == "de").then_some(())
    });
    let filter = json!({ "text": "suggested:Bridge", "badge": null, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 9 });
    let found = window.invoke("works", json!({ "filter": filter }));
    let work = window.invoke("work", json!({ "id": found["works"][0]["id"] }));
    let tag = work["statements"].as_array().into_iter().flatten().find(|one| one["property"] == "tag");
    assert_eq!(tag.map(|tag| tag["value"].clone()), Some(json!("Bridge")), "what is stored stays as it is");
}

/// Chooses a language as a person would, while the page stays open.
fn choose(window: &Window, code: &str) {
    let script = "const list = document.querySelector('#language'); list.value = arguments[0];
        list.dispatchEvent(new Event('change', { bubbles: true })); return list.value";
    assert_eq!(window.script(script, json!([code])), json!(code), "{code} can be chosen");
    window.until(&format!("a page in {code}"), SOON, || {
        let spoken = window.script("return document.documentElement.lang", json!([]));
        spoken.as_str().is_some_and(|spoken| spoken.split('-').next() == Some(code)).then_some(())
    });
}
