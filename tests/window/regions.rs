//! Pointing at parts of a scan, and laying two scans beside and over each other, by keyboard, in the real window.

use serde_json::{Value, json};

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{Window, keys, missing},
};

#[test]
fn pointed_at_and_compared() {
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
    window.click("#place-review");
    window.wait("[data-property=tag]");
    scale_by_dimensions(&window);
    pointing(&desk, &window);
    comparing(&desk, &window);
}

fn work(window: &Window) -> Value {
    let id = window.script("return Number(document.querySelector('li.row').dataset.work)", json!([]));
    window.invoke("work", json!({ "id": id }))
}

/// Dimensions that somebody stands by say how large the scan is.
fn scale_by_dimensions(window: &Window) {
    assert_eq!(window.count(".scale"), 0, "drawn scans say nothing of their size");
    window.click("#add-statement");
    window.script(
        "const list = document.querySelector('#add-form select'); list.value = 'dimensions'; list.dispatchEvent(new Event('change', { bubbles: true }))",
        json!([]),
    );
    let scan = work(window)["scans"][0].clone();
    let side = |name: &str| scan[name].as_u64().expect("pixels");
    window.write("#add-form input", &format!("{} × {} mm", side("height") / 2, side("width") / 2));
    window.press(&[keys::ENTER]);
    window.until("a scale", SOON, || (window.count(".scale[data-by=dimensions]") == 1).then_some(()));
    let script = "const bar = document.querySelector('.scale');
        const seen = bar.querySelector('.bar').getBoundingClientRect().width * devicePixelRatio;
        return seen / Number(document.querySelector('.room').dataset.scale) / 2 - Number(bar.dataset.millimetres)";
    let off = window.script(script, json!([])).as_f64().expect("a number");
    assert!(off.abs() < 1.0, "the bar is {off} mm off");
}

fn pointing(desk: &Desk, window: &Window) {
    look_at_scan(window);
    window.press(&['d']);
    window.wait("svg[data-tool=rectangle]");
    window.press(&[keys::ENTER]);
    for key in [keys::RIGHT, keys::RIGHT, keys::RIGHT, keys::DOWN, keys::DOWN] {
        window.press(&[key]);
    }
    window.press(&[keys::ENTER]);
    listed(window, 1);
    look_at_scan(window);
    window.press(&['l']);
    window.wait("svg[data-tool=polygon]");
    window.press(&[keys::ENTER]);
    for key in [keys::RIGHT, keys::DOWN] {
        for _ in 0..4 {
            window.press(&[key]);
        }
        window.press(&[keys::ENTER]);
    }
    // Twice at the same place closes it.
    window.press(&[keys::ENTER]);
    listed(window, 2);
    look_at_scan(window);
    window.press(&['i']);
    window.wait("svg[data-tool=point]");
    window.press(&[keys::ENTER]);
    listed(window, 3);
    let shapes = |work: &Value| -> Vec<String> {
        let regions = work["regions"].as_array().expect("regions").iter();
        regions.map(|region| region["content"]["shape"]["kind"].as_str().expect("a kind").to_owned()).collect()
    };
    assert_eq!(shapes(&work(window)), ["rectangle", "polygon", "point"]);

    // The point is evidence for the keyword, and says so there.
    window.click("#regions li.chosen fieldset input");
    window.until("the link", SOON, || (work(window)["regions"][2]["content"]["statements"] != json!([])).then_some(()));
    desk.picture(window, "50-regions");
    assert_accessible(window, "regions");
    look_at_scan(window);
    window.press(&[keys::CONTROL, 'z']);
    window.until("no link", SOON, || (work(window)["regions"][2]["content"]["statements"] == json!([])).then_some(()));
    window.press(&[keys::CONTROL, 'z']);
    listed(window, 2);
    window.press(&[keys::CONTROL, keys::SHIFT, 'z']);
    listed(window, 3);
    // A tool that was taken up by mistake is put away, and the desk stays.
    look_at_scan(window);
    window.press(&['d']);
    window.wait("svg[data-tool=rectangle]");
    window.press(&[keys::ESCAPE]);
    window.until("no tool", SOON, || (window.count("svg[data-tool]") == 0).then_some(()));
    window.wait(".record h1");
}

fn look_at_scan(window: &Window) {
    window.script("document.querySelector('.viewer .room').focus()", json!([]));
}

fn listed(window: &Window, count: u64) {
    window.until(&format!("{count} regions"), SOON, || {
        (window.count("#regions li[data-region]") == count && window.count("svg [data-region]") == count).then_some(())
    });
}

fn comparing(desk: &Desk, window: &Window) {
    look_at_scan(window);
    window.press(&['c']);
    window.until("two scans", SOON, || {
        scales(window).iter().all(|scale| *scale > 0.0).then_some(()).filter(|()| scales(window).len() == 2)
    });
    let before = scales(window);
    window.press(&['+']);
    window.until("both nearer by as much", SOON, || {
        let now = scales(window);
        let grown: Vec<f64> = now.iter().zip(&before).map(|(now, before)| now / before).collect();
        (grown[0] > 1.3 && (grown[0] - grown[1]).abs() < 0.001).then_some(())
    });
    desk.picture(window, "51-compared");
    assert_accessible(window, "two scans side by side");
    let before = scales(window);
    window.press(&['l']);
    window.press(&['+']);
    window.until("one nearer alone", SOON, || {
        let now = scales(window);
        (now[0] / before[0] > 1.3 && (now[1] / before[1] - 1.0).abs() < 1e-6).then_some(())
    });
    window.press(&['l']);
    window.press(&['0']);
    window.press(&['o']);
    window.wait("#compare-opacity");
    let scan = work(window)["scans"][0].clone();
    let script = "const room = document.querySelector('.compare .room').getBoundingClientRect();
        return Math.min(room.width / arguments[0], room.height / arguments[1]) * devicePixelRatio";
    window.until("the whole, as large as there is room for", SOON, || {
        let room = window.script(script, json!([scan["width"], scan["height"]])).as_f64()?;
        ((scales(window)[0] / room - 1.0).abs() < 0.01).then_some(())
    });
    desk.picture(window, "52-laid-over");
    assert_accessible(window, "two scans over each other");
    window.press(&[keys::ESCAPE]);
    window.wait(".viewer");
    window.wait(".record h1");
}

/// Pixels of the screen for a pixel of each scan.
fn scales(window: &Window) -> Vec<f64> {
    let script =
        "return [...document.querySelectorAll('.compare .room')].map((room) => Number(room.dataset.scale ?? 0))";
    window.script(script, json!([])).as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
