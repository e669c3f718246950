//! A scan on a screen of a wider gamut, in the real window: what is sent to the screen are the numbers that it understands.

use image::{Rgb, RgbImage};
use serde_json::json;

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, review, works_in_sight},
    webdriver::{Window, missing},
};

/// sRGB's red, and what it is in each gamut: by its specification, rounded.
const REDS: [(&str, [u8; 3]); 3] = [("display-p3", [234, 51, 35]), ("adobe-rgb", [219, 0, 0]), ("srgb", [255, 0, 0])];

#[test]
fn the_screen_gets_its_own_colours() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    std::fs::create_dir_all(&folder).expect("a folder for scans");
    RgbImage::from_pixel(900, 700, Rgb([255, 0, 0])).save(folder.join("red.png")).expect("a scan");
    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 1);
    review(&window, "file:red");
    window.wait("#viewer-gamut");
    let seen = |what: &str, sharpness: &str, expected: [u8; 3]| {
        window.until(what, SOON, || {
            let shown =
                (window.count(&format!("[data-sharpness={sharpness}]")) == 1).then(|| middle(&desk, &window))?;
            let near = shown.iter().zip(expected).all(|(ours, theirs)| ours.abs_diff(theirs) <= 3);
            near.then_some(())
        });
    };
    seen("red as the file has it", "whole", [255, 0, 0]);
    for (gamut, red) in REDS {
        let script = "const list = document.querySelector('#viewer-gamut'); list.value = arguments[0];
            list.dispatchEvent(new Event('change', { bubbles: true })); return list.value";
        assert_eq!(window.script(script, json!([gamut])), json!(gamut), "{gamut} can be chosen");
        seen(&format!("red in {gamut}"), if gamut == "srgb" { "whole" } else { "tiles" }, red);
        desk.picture(&window, &format!("45-{gamut}"));
    }
    assert_accessible(&window, "the choice of the screen's colours");
}

/// The colour in the middle of the viewer.
fn middle(desk: &Desk, window: &Window) -> [u8; 3] {
    let (shown, [left, right, top, bottom]) = desk.shown(window);
    shown.get_pixel(((left + right) / 2.0) as u32, ((top + bottom) / 2.0) as u32).0
}
