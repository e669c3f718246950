//! A collection that takes a while: its reading is paused and goes on; its pages are read and found by a part of a scan.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{Window, keys, missing},
};

/// Texts in the collection; a laptop reads some thirty a second.
const TEXTS: u32 = 400;
/// How long reading may take, on a machine with other things to do.
const READ_WITHIN: Duration = Duration::from_secs(480);

#[test]
fn read_with_a_pause_and_found_by_its_look() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let window = desk.open();
    if window.invoke("library", json!({}))["packs"] == json!([]) {
        println!("skipped: no model pack is installed, and nothing can be found without one");
        return;
    }
    let scanned = desk.folder.path().join("scans");
    scans::draw(&scanned, 1, None);
    let texts = write_texts(&desk);
    window.click("#place-knowledge");
    window.wait(".collections");
    window.click(".collections");
    add(&desk, &window, &texts);
    pause_and_go_on(&desk, &window);
    seek_by_look(&desk, &window, &scanned);
}

/// Notes on ships, three of them with a picture.
fn write_texts(desk: &Desk) -> PathBuf {
    let texts = desk.folder.path().join("Ships");
    fs::create_dir(&texts).expect("a folder of texts");
    for number in 0..TEXTS {
        let picture = if number < 3 { format!("![a sail](sail-{number}.png)\n\n") } else { String::new() };
        let text = format!(
            "# Ship {number}\n\n{picture}Ship number {number} was drawn from the quay in the summer of {}, when its sails had been mended with cloth of another colour and the crew was ashore.\n",
            1600 + number
        );
        fs::write(texts.join(format!("ship-{number:03}.md")), text).expect("a text");
    }
    for (number, colour) in [[220, 40, 30], [40, 160, 60], [30, 60, 200]].into_iter().enumerate() {
        let sail = image::RgbImage::from_pixel(240, 160, image::Rgb(colour));
        sail.save(texts.join(format!("sail-{number}.png"))).expect("a picture");
    }
    texts
}

/// By the form, after the folder was dropped on the window. WebDriver drops no files, so that those who listen for it are called as Tauri calls them.
fn add(desk: &Desk, window: &Window, texts: &Path) {
    let script = "const name = 'tauri://drag-drop', payload = { paths: [arguments[0]], position: { x: 600, y: 400 } };
        const kept = window.__internal_unstable_listeners_object_id__[name];
        return Object.getOwnPropertyNames(kept).map((id) => window.__TAURI_INTERNALS__.runCallback(kept[id].handlerId, { event: name, id: Number(id), payload })).length";
    let heard = window.script(script, json!([texts])).as_u64();
    assert!(heard > Some(0), "somebody listens for files that are dropped");
    window.until("an estimate", SOON, || {
        window
            .text("#source-estimate")
            .filter(|told| told.contains("400 pages with 400 passages") && told.contains("disk"))
    });
    desk.picture(window, "11-estimate");
    assert_accessible(window, "the form for a source");
    window.write("#add-knowledge label:nth-child(2) input", "CC BY 4.0");
    window.click("#source-add");
    window.until("the form gone", SOON, || (window.count("#add-knowledge") == 0).then_some(()));
}

fn pause_and_go_on(desk: &Desk, window: &Window) {
    window.wait("[data-kind=index] [data-action=rest]");
    window.press(&[keys::CONTROL, keys::SHIFT, 'p']);
    window.until("a pause", SOON, || window.text("[data-kind=index]").filter(|told| told.contains("Paused")));
    let done = || -> u64 {
        let jobs = window.invoke("jobs", json!({}));
        let index = jobs.as_array().and_then(|all| all.iter().rfind(|job| job["kind"] == "index")).cloned();
        index.map_or(0, |job| job["done"].as_u64().unwrap_or_default())
    };
    assert_accessible(window, "a job that rests");
    // The step at hand comes to its end; after that nothing is read.
    std::thread::sleep(Duration::from_secs(4));
    let resting = done();
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(done(), resting, "a job that rests reads on");
    desk.picture(window, "11-paused");
    assert!(resting < u64::from(TEXTS), "it was through before it rested");
    window.press(&[keys::CONTROL, keys::SHIFT, 'p']);
    window.until("all texts", READ_WITHIN, || {
        let collections = window.invoke("collections", json!({}));
        (collections[0]["findable"] == json!(TEXTS)).then_some(())
    });
    let sources = window.invoke("collections", json!({}))[0]["sources"].clone();
    assert_eq!(sources[0]["licence"], json!("CC BY 4.0"), "what was written into the form is kept");
}

/// That takes a pack that sees, noted in the folder that `VITRINE_ADDED_PACKS` names; without one nothing of it is offered.
/// A pack that means nothing is written by the test `writes_a_pack_that_means_nothing` of `vitrine-inference`.
fn seek_by_look(desk: &Desk, window: &Window, scanned: &Path) {
    let sees = std::env::var_os("VITRINE_ADDED_PACKS").is_some();
    window.wait(".collection");
    if !sees {
        assert_eq!(window.count(".collection .pages"), 0, "only an added pack can look at pages");
        return;
    }
    window.click(".collection .pages");
    window.until("all pages", READ_WITHIN, || {
        let collections = window.invoke("collections", json!({}));
        (collections[0]["drawn"] == json!(TEXTS)).then_some(())
    });
    window.until("that it is told", SOON, || {
        window.text(".collection").filter(|told| told.contains("by the look of their pages"))
    });
    desk.picture(window, "11-pages-read");
    window.click("#place-library");
    import(window, scanned);
    works_in_sight(window, 1);
    window.click("#place-review");
    window.wait(".viewer .room");
    window.script("document.querySelector('.viewer .room').focus()", json!([]));
    window.press(&['d']);
    window.wait("svg[data-tool=rectangle]");
    window.press(&[keys::ENTER]);
    for key in [keys::RIGHT, keys::RIGHT, keys::DOWN, keys::DOWN] {
        window.press(&[key]);
    }
    window.press(&[keys::ENTER]);
    window.wait("#regions li.chosen .like");
    window.click("#regions li.chosen .like");
    window.wait("#knowledge-sought");
    window.until("pages that look like it", READ_WITHIN, || (window.count(".results li") == 8).then_some(()));
    desk.picture(window, "11-found-by-look");
    assert_accessible(window, "pages that look like a part of a scan");
    // With words beside the picture, then without the picture.
    window.write("#knowledge-search", "a ship");
    window.until("an answer to both", READ_WITHIN, || (window.count(".results li") == 8).then_some(()));
    window.click("#knowledge-sought button");
    window.until("what the words find", READ_WITHIN, || {
        (window.count("#knowledge-sought") == 0 && window.count(".results li") > 0).then_some(())
    });
}
