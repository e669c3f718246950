//! Many works changed and decided on together, in the real window.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::{
    Desk, assert_accessible,
    webdriver::{Window, keys},
};

const SOON: Duration = Duration::from_secs(60);

/// The values of a property that a person stands by in a work.
fn standing(window: &Window, work: u64, property: &str) -> Vec<String> {
    let view = window.invoke("work", json!({ "id": work }));
    let statements = view["statements"].as_array().expect("statements").clone();
    let stands = |one: &&Value| one["property"] == property && (one["state"] == "edited" || one["state"] == "accepted");
    statements.iter().filter(stands).filter_map(|one| one["value"].as_str().map(str::to_owned)).collect()
}

fn choose_property(window: &Window, property: &str) {
    let script = "const field = document.querySelector('#edit-property'); field.value = arguments[0];
        field.dispatchEvent(new Event('change', { bubbles: true })); return field.value";
    assert_eq!(window.script(script, json!([property])), json!(property), "the property can be chosen");
}

fn write_anew(window: &Window, field: &str, words: &str) {
    let script =
        "const field = document.querySelector(arguments[0]); field.value = ''; field.dispatchEvent(new Event('input'))";
    window.script(script, json!([field]));
    window.write(field, words);
}

/// All works get a location, one is corrected by words, one undo each takes it back. `works` is how many there are, `first` one of them.
pub fn changing(desk: &Desk, window: &Window, works: u64, first: u64) {
    window.click("#place-library");
    window.wait(".tile .caption");
    // The keys are the grid's once it has the focus.
    window.click(".tile");
    window.press(&[keys::CONTROL, 'a']);
    window.until("all selected", SOON, || (window.count(".tile[aria-selected=true]") == works).then_some(()));
    window.press(&['e']);
    window.wait("#edit-panel");
    choose_property(window, "location");
    window.until("what is asked for", SOON, || {
        window.text("#edit-preview").filter(|said| said.contains("Write a value"))
    });
    window.write("#edit-value", "Print rom, box 3");
    let all = format!("{works} works would change");
    window.until("the preview", SOON, || window.text("#edit-preview").filter(|said| said.contains(&all)));
    desk.picture(window, "33-edit-together");
    assert_accessible(window, "changing works together");
    assert_eq!(standing(window, first, "location"), Vec::<String>::new(), "a preview changes nothing");
    window.press(&[keys::ENTER]);
    window.until("that they say so now", SOON, || {
        window.text("#edit-preview").filter(|said| said.contains("says so already"))
    });
    assert_eq!(standing(window, first, "location"), ["Print rom, box 3"]);

    window.script("document.querySelector('input[name=edit-kind][value=replace]').click()", json!([]));
    window.write("#edit-find", "print ROM");
    write_anew(window, "#edit-with", "Print room");
    window.until("the words", SOON, || {
        window.text("#edit-preview").filter(|said| said.contains(&all) && said.contains("Print room, box 3"))
    });
    desk.picture(window, "34-replace-words");
    window.click("#edit-do:enabled");
    window.until("the words replaced", SOON, || {
        window.text("#edit-preview").filter(|said| said.contains("the words are not in it"))
    });
    assert_eq!(standing(window, first, "location"), ["Print room, box 3"]);

    window.click("#edit-find");
    window.press(&[keys::ESCAPE]);
    window.until("the panel closed", SOON, || (window.count("#edit-panel") == 0).then_some(()));
    window.press(&[keys::CONTROL, 'z']);
    window
        .until("the words back", SOON, || (standing(window, first, "location") == ["Print rom, box 3"]).then_some(()));
    window.press(&[keys::CONTROL, 'z']);
    window.until("no location", SOON, || standing(window, first, "location").is_empty().then_some(()));
    window.press(&[keys::ESCAPE]);
    window.until("nothing selected", SOON, || (window.count(".tile[aria-selected=true]") == 0).then_some(()));
}

/// What a table suggests for three works is confirmed for two of them.
pub fn confirming(desk: &Desk, window: &Window) {
    window.click("#place-inbox");
    window.wait("#confirm-together");
    assert_accessible(window, "the inbox");
    window.click("#confirm-together");
    window.wait("#together-none");
    desk.picture(window, "35-no-groups");
    let table = desk.folder.path().join("suggested.csv");
    let rows = "file,style,style_state\nscan-01.jpg,Rococo,suggested\nscan-02.png,Rococo,suggested\nscan-03.jpg,Rococo,suggested\n";
    fs::write(&table, rows).expect("a table");
    let request = json!({ "file": table, "profile": null, "byFileName": true, "accept": false });
    let read = window.invoke("import_records", json!({ "request": request }));
    assert_eq!(read["statementsAdded"], 3, "{read}");
    window.click("[data-group=Rococo]");
    window.until("three pictures", SOON, || (window.count("input[data-statement]") == 3).then_some(()));
    assert_eq!(window.count("input[data-statement]:checked"), 0, "nothing vouches for them");
    window.click("#together-all");
    window.click("input[data-statement]");
    window.until("two of them", SOON, || window.text("#together-accept").filter(|said| said.contains('2')));
    desk.picture(window, "36-confirm-in-groups");
    assert_accessible(window, "confirming in groups");
    window.click("#together-accept:enabled");
    window.wait("#together-none");
    let undo = window.invoke("library", json!({}))["undo"].clone();
    assert_eq!(undo, json!("Accepted style of 2 works: Rococo"));
    window.click("#together-back");
    window.wait(".grid");
}
