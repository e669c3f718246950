//! A new scan's record is reviewed by keys alone, and the keys are counted.

use std::{fs, time::Duration};

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use crate::{
    Desk, statement_in_focus,
    webdriver::{Window, keys, missing},
};

const SOON: Duration = Duration::from_secs(60);

/// So many keys are enough for ten properties.
const ENOUGH: usize = 14;

/// What waits of the scan. The date lacks its last digit, the place is wrong, the rest is right.
const SUGGESTED: [(&str, &str); 10] = [
    ("title", "The mill at dusk"),
    ("artist", "Ada Winterbourne"),
    ("date", "188"),
    ("object-type", "painting"),
    ("media", "oil on canvas"),
    ("dimensions", "40 × 60 cm"),
    ("style", "Realism"),
    ("genre", "landscape"),
    ("subject", "mill"),
    ("location", "Room 900"),
];

/// The statements of the only work, by property.
fn statements(window: &Window, work: u64) -> Vec<Value> {
    window.invoke("work", json!({ "id": work }))["statements"].as_array().expect("statements").clone()
}

#[test]
fn ten_properties_are_decided_by_keys_alone() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let scan = desk.folder.path().join("mill.png");
    RgbImage::from_fn(240, 160, |x, y| Rgb([x as u8, y as u8, 90])).save(&scan).expect("saves");
    let window = desk.open_without_models();
    window.invoke("import", json!({ "paths": [scan] }));
    window.until("the scan in the grid", SOON, || (window.count(".tile .caption") == 1).then_some(()));

    let (names, values): (Vec<&str>, Vec<&str>) = SUGGESTED.into_iter().unzip();
    let head: String = names.iter().map(|name| format!(",{name},{}_state", name.replace('-', "_"))).collect();
    let row: String = values.iter().map(|value| format!(",{value},suggested")).collect();
    let table = desk.folder.path().join("records.csv");
    fs::write(&table, format!("file{}\nmill.png{row}\n", head.replace("object-type", "object_type"))).expect("a table");
    let request = json!({ "file": table, "profile": null, "byFileName": true, "accept": false });
    let read = window.invoke("import_records", json!({ "request": request }));
    assert_eq!(read["statementsAdded"], SUGGESTED.len(), "{read}");

    window.click("#place-review");
    window.wait("li.row.focused");
    let filter =
        json!({ "text": "", "badge": null, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 0 });
    let work = window.invoke("works", json!({ "filter": filter }))["works"][0]["id"].as_u64().expect("a number");
    let value_of = |number: u64| {
        let found = statements(&window, work).into_iter().find(|one| one["id"] == number).expect("the statement");
        found["value"].as_str().unwrap_or_default().to_owned()
    };

    // From here on no mouse. What was decided leaves the focus to what waits next.
    let mut pressed = 0;
    let mut press = |key: char| {
        pressed += 1;
        window.press(&[key]);
    };
    for _ in 0..2 * SUGGESTED.len() {
        if !statements(&window, work).iter().any(|one| one["state"] == "suggested") {
            break;
        }
        let (statement, state, _) = statement_in_focus(&window);
        if state != "suggested" {
            press('j');
            continue;
        }
        match value_of(statement).as_str() {
            "188" => {
                press('e');
                window.wait("li.row.focused input");
                press(keys::END);
                press('9');
                press(keys::ENTER);
            }
            "Room 900" => press('r'),
            _ => press('a'),
        }
        window.until("the decision", SOON, || {
            let waits = |one: &Value| one["id"] == statement && one["state"] == "suggested";
            (!statements(&window, work).iter().any(waits)).then_some(())
        });
        // The desk shows the decision a moment after it is taken.
        window.until("the focus elsewhere, or nothing waits", SOON, || {
            let waits = statements(&window, work).iter().any(|one| one["state"] == "suggested");
            (!waits || statement_in_focus(&window).0 != statement).then_some(())
        });
    }

    let all = statements(&window, work);
    assert!(all.iter().all(|one| one["state"] != "suggested"), "{all:?}");
    let stands = |property: &str| {
        let of = |one: &&Value| one["property"] == property && (one["state"] == "accepted" || one["state"] == "edited");
        all.iter().find(of).and_then(|one| one["value"].as_str()).map(str::to_owned)
    };
    assert_eq!(stands("date").as_deref(), Some("1889"));
    assert_eq!(stands("title").as_deref(), Some("The mill at dusk"));
    assert_eq!(stands("location"), None);
    desk.picture(&window, "60-by-keys");
    assert!(pressed <= ENOUGH, "{pressed} keys for {} properties", SUGGESTED.len());
    println!("{pressed} keys for {} properties", SUGGESTED.len());
}
