//! What a registrar sets up in the real window: properties of the museum's own, profiles, lists of works; and what was done, looked up.

use std::fs;

use serde_json::json;

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{Window, keys, missing},
};

/// Puts a field to a value as a person's choice does.
fn choose(window: &Window, field: &str, value: &str) {
    let script = "const field = document.querySelector(arguments[0]); field.value = arguments[1];
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    window.wait(field);
    window.script(script, json!([field, value]));
}

fn write_anew(window: &Window, field: &str, words: &str) {
    let script = "const field = document.querySelector(arguments[0]); field.value = '';
        field.dispatchEvent(new Event('input', { bubbles: true }))";
    window.wait(field);
    window.script(script, json!([field]));
    window.write(field, words);
}

/// What the window has to tell, once it contains `words`; then it is put aside.
fn told(window: &Window, words: &str) {
    window.until(words, SOON, || window.text(".notices").filter(|said| said.contains(words)));
    put_aside(window);
}

fn put_aside(window: &Window) {
    window.script("document.querySelectorAll('.notices .close').forEach((one) => one.click())", json!([]));
}

#[test]
fn a_registrar_sets_up_what_records_hold() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    scans::draw(&folder, 4, Some("Bridge"));
    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 4);
    own_property(&desk, &window);
    own_profile(&desk, &window);
    in_a_record(&desk, &window);
    by_hand(&desk, &window);
    lists_of_works(&desk, &window);
    inbox(&desk, &window);
    what_was_done(&desk, &window);
}

fn own_property(desk: &Desk, window: &Window) {
    window.click("#place-record");
    window.wait("#own-properties");
    desk.picture(window, "50-record");
    assert_accessible(window, "what a record holds");
    window.click("#new-property");
    window.write(".property-form input[name=label]", "Wasserzeichen");
    choose(window, ".property-form select[name=kind]", "term");
    window.click(".property-form input[name=repeatable]");
    desk.picture(window, "51-own-property");
    assert_accessible(window, "the form of a property");
    window.click(".property-form button[type=submit]");
    window.wait("[data-own-property=wasserzeichen]");
    let file = desk.folder.path().join("library/properties.toml");
    let text = fs::read_to_string(&file).expect("the file of own properties");
    assert!(text.contains("kind = \"term\"") && text.contains("repeatable = false"), "{text}");

    // Another one by the same name is refused, and one that nothing uses is deleted and comes back.
    window.click("#new-property");
    window.write(".property-form input[name=label]", "wasserzeichen");
    window.press(&[keys::ENTER]);
    told(window, "there is a property called");
    write_anew(window, ".property-form input[name=label]", "Lade");
    window.press(&[keys::ENTER]);
    window.click("[data-own-property=lade] .delete");
    window.until("the property gone", SOON, || (window.count("[data-own-property=lade]") == 0).then_some(()));
    window.click(".notices .word");
    window.wait("[data-own-property=lade]");
    put_aside(window);
}

fn own_profile(desk: &Desk, window: &Window) {
    window.click("[data-profile=object-id] .copy");
    write_anew(window, ".profile-form input[name=title]", "Graphische Sammlung");
    choose(window, ".profile-form select.add", "wasserzeichen");
    window.wait(".profile-form [data-requirement=Wasserzeichen]");
    desk.picture(window, "52-own-profile");
    assert_accessible(window, "the form of a profile");
    window.click(".profile-form button[type=submit]");
    window.wait("[data-profile=graphische-sammlung]");
    let text = fs::read_to_string(desk.folder.path().join("library/profiles/graphische-sammlung.toml"));
    assert!(text.expect("the profile's file").contains("any = [\"wasserzeichen\"]"));
    assert_eq!(window.count("[data-profile=object-id] .edit"), 0, "what comes with the program stays as it is");
    window.click("[data-profile=graphische-sammlung] .delete");
    window.until("the profile gone", SOON, || (window.count("[data-profile=graphische-sammlung]") == 0).then_some(()));
    window.click(".notices .word");
    window.wait("[data-profile=graphische-sammlung]");
    put_aside(window);
}

fn in_a_record(desk: &Desk, window: &Window) {
    window.click("#place-library");
    window.click(".tile");
    window.press(&[keys::ENTER]);
    window.wait(".record h1");
    window.click("#completeness");
    choose(window, "#completeness-list select", "graphische-sammlung");
    window.click("[data-lacking=wasserzeichen]");
    window.wait("#add-form");
    window.write("#add-form input", "Krone");
    window.press(&[keys::ENTER]);
    window.until("the value under the name of the house", SOON, || {
        let said = window.text("li.row[data-property=wasserzeichen]")?;
        (said.contains("Wasserzeichen") && said.contains("Krone")).then_some(())
    });
    window.until("no lack of it", SOON, || (window.count("[data-lacking=wasserzeichen]") == 0).then_some(()));
    desk.picture(window, "53-own-property-in-a-record");
    assert_accessible(window, "a record with a property of one's own");
    window.script("document.querySelector('#add-statement').scrollIntoView({ block: 'center' })", json!([]));
    window.click("#add-statement");
    choose(window, "#add-form select", "wasserzeichen");
    window.write("#add-form input", "Anker");
    window.press(&[keys::ENTER]);
    told(window, "has “Krone” already");
    window.click("#to-profiles");
    window.click("[data-own-property=wasserzeichen] .delete");
    told(window, "works have values of it (1)");
}

/// A file that somebody has written by hand and that cannot be understood is named with its line; the others stay in use.
fn by_hand(desk: &Desk, window: &Window) {
    let file = desk.folder.path().join("library/profiles/by hand.toml");
    let wrong = "id = \"by-hand\"\ntitle = \"By hand\"\n\n[[requirement]]\nname = \"Paper\"\nany = [\"paper\"]\n";
    fs::write(&file, wrong).expect("a profile by hand");
    window.click("#place-library");
    window.click("#place-record");
    window.until("what is wrong with it", SOON, || {
        window.text("#plan-faults").filter(|said| said.contains("by hand.toml") && said.contains("in line 6"))
    });
    desk.picture(window, "54-profile-by-hand");
    assert_accessible(window, "a file that cannot be used");
    assert_eq!(window.count("[data-profile=graphische-sammlung]"), 1, "the others stay in use");
    fs::write(&file, wrong.replace("paper", "media")).expect("put right");
    window.click("#plan-faults button");
    window.wait("[data-profile=by-hand]");
    assert_eq!(window.count("#plan-faults"), 0);
}

fn lists_of_works(desk: &Desk, window: &Window) {
    window.click("#place-library");
    window.wait(".tile .caption");
    window.click(".tile");
    window.press(&[keys::CONTROL, 'a']);
    window.until("all selected", SOON, || (window.count(".tile[aria-selected=true]") == 4).then_some(()));
    window.click("#to-list");
    window.write("#list-name", "Loan to Ghent");
    desk.picture(window, "55-put-on-a-list");
    assert_accessible(window, "putting works on a list");
    window.press(&[keys::ENTER]);
    told(window, "4 works put on Loan to Ghent");
    window.click("[data-facet=list] [data-value='Loan to Ghent']");
    window.until("the list chosen", SOON, || (window.count(".choice") >= 1).then_some(()));
    works_in_sight(window, 4);
    window.press(&[keys::ESCAPE]);
    window.click(".tile");
    window.until("one selected", SOON, || (window.count(".tile[aria-selected=true]") == 1).then_some(()));
    window.click("#to-list");
    window.click(".take");
    works_in_sight(window, 3);
    desk.picture(window, "56-list-of-works");
    assert_accessible(window, "a list of works");
    put_aside(window);
    window.click("[data-facet=list] .gone");
    works_in_sight(window, 4);
    window.until("no list", SOON, || (window.count("[data-facet=list]") == 0).then_some(()));
    window.click(".notices .word");
    window.until("the list again", SOON, || window.text("[data-facet=list]").filter(|said| said.contains('3')));
    put_aside(window);
}

fn inbox(desk: &Desk, window: &Window) {
    window.click("#place-inbox");
    window.wait(".tile .caption");
    window.click("#toggle-facets");
    window.wait("[data-facet=state]");
    window.click("[data-facet=list] [data-value='Loan to Ghent']");
    works_in_sight(window, 3);
    desk.picture(window, "57-inbox-with-facets");
    assert_accessible(window, "the inbox with its facets");
    window.click("#toggle-facets");
    window.until("the column away", SOON, || (window.count("#facets") == 0).then_some(()));
    window.click(".choice");
    works_in_sight(window, 4);
}

fn what_was_done(desk: &Desk, window: &Window) {
    window.click("#place-safety");
    window.until("the decision", SOON, || window.text("#log").filter(|said| said.contains("Krone")));
    window.script("document.querySelector('#log-title').scrollIntoView()", json!([]));
    desk.picture(window, "58-log");
    assert_accessible(window, "what was done");
    window.click("#log-everything");
    window.until("what files said too", SOON, || window.text("#log").filter(|said| said.contains("Bridge")));
    window.script("document.querySelector('#log-title').scrollIntoView()", json!([]));
    desk.picture(window, "59-log-of-everything");
    window.click("#place-review");
    window.wait(".record h1");
    let title = window.text(".record h1").expect("a title");
    window.click("#work-log");
    window.wait("#log-all-works");
    window.until("only this work", SOON, || {
        let titles =
            window.script("return [...document.querySelectorAll('#log .link')].map((one) => one.innerText)", json!([]));
        let titles = titles.as_array()?.clone();
        (!titles.is_empty() && titles.iter().all(|one| *one == title.as_str())).then_some(())
    });
    desk.picture(window, "60-log-of-a-work");
    assert_accessible(window, "what was done to a work");
}
