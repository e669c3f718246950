//! Originals that are moved and lost, in the real window: noticed, said, found again, taken back. No model is needed for that.

use std::fs;

use serde_json::json;

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{keys, missing},
};

#[test]
fn originals_are_looked_at_and_moved_ones_are_found() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    scans::draw(&folder, 3, None);
    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 3);

    window.click("#place-safety");
    let state = |said: &'static str| {
        window.until(said, SOON, || window.text("#originals-state").filter(|text| text.contains(said)));
    };
    // One of three is due on a day where each is due every 90 days.
    state("not looked at yet");
    window.click("#look-at-originals");
    state("3 unchanged");

    // One file moves and gets another name, another one is damaged.
    let archive = desk.folder.path().join("archive");
    fs::create_dir_all(&archive).expect("a folder");
    fs::rename(folder.join("scan-02.png"), archive.join("renamed.png")).expect("a file that moves");
    let damaged = folder.join("scan-01.jpg");
    let mut bytes = fs::read(&damaged).expect("a scan");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&damaged, bytes).expect("a damaged scan");
    window.click("#look-at-originals");
    window.wait("#originals-troubles [data-finding=missing]");
    window.wait("#originals-troubles [data-finding=changed]");
    state("2 not as they were");
    assert_accessible(&window, "originals in trouble");

    window.write("#moved-folder", &archive.display().to_string());
    window.press(&[keys::ENTER]);
    window
        .until("the moved file", SOON, || window.text("#originals-found").filter(|text| text.contains("renamed.png")));
    window.script("document.querySelector('#originals').scrollIntoView()", json!([]));
    desk.picture(&window, "originals");
    assert_accessible(&window, "moved originals");
    window.click("#relink");
    state("1 not as it was");
    window.until("one trouble less", SOON, || (window.count("#originals-troubles li") == 1).then_some(()));
    assert_eq!(window.count("#originals-troubles [data-finding=missing]"), 0);

    // How often is kept with the library.
    let choose = "const field = document.querySelector('#originals-days'); field.value = '365';
        field.dispatchEvent(new Event('change', { bubbles: true })); return field.value";
    assert_eq!(window.script(choose, json!([])), json!("365"));
    window.until("a year", SOON, || (window.invoke("fixity", json!({}))["days"] == json!(365)).then_some(()));
    // One undo gives back the former place, where nobody has looked since.
    window.press(&[keys::CONTROL, 'z']);
    state("1 not looked at yet");
}
