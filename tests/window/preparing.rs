//! Front and back joined, and an artwork taken out of a photograph, in the real window. No model is needed for that.

use image::{Rgb, RgbImage, imageops};
use serde_json::{Value, json};

use crate::{
    Desk, assert_accessible,
    records::{SOON, import, works_in_sight},
    scans,
    webdriver::{Window, keys, missing},
};

#[test]
fn sides_are_joined_and_an_artwork_is_prepared() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    scans::draw(&folder, 3, None);
    let file = |n: u32| folder.join(format!("scan-0{n}.{}", if n == 2 { "png" } else { "jpg" }));
    let drawn = |n: u32| image::open(file(n)).expect("a drawn scan").into_rgb8();
    // An artwork of 760 x 560 on a table.
    let mut photograph = RgbImage::from_fn(1600, 1200, |x, y| Rgb([92 + (x * 7 + y * 13) as u8 % 9, 88, 80]));
    let artwork = imageops::resize(&drawn(0), 760, 560, imageops::FilterType::Triangle);
    imageops::replace(&mut photograph, &artwork, 420, 310);
    photograph.save(folder.join("photograph.png")).expect("a photograph");
    drawn(1).save(folder.join("sheet_recto.png")).expect("a front");
    imageops::flip_horizontal(&drawn(2)).save(folder.join("sheet_verso.png")).expect("a back");
    for n in 0..3 {
        std::fs::remove_file(file(n)).expect("a scan that is not needed");
    }
    std::fs::remove_file(folder.join("scan-00 (copy).jpg")).expect("a copy that is not needed");

    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 3);
    joining(&desk, &window);
    preparing(&desk, &window);
}

fn joining(desk: &Desk, window: &Window) {
    window.click(".job[data-kind=import] [aria-controls=job-list]");
    window.wait("[data-action=join-pairs]");
    assert_accessible(window, "the offer of pairs");
    desk.picture(window, "pairs");
    window.click("[data-action=join-pairs]");
    works_in_sight(window, 2);
    window.until("no offer any more", SOON, || (window.count("[data-action=join-pairs]") == 0).then_some(()));
    // One undo parts them, one redo joins them again.
    window.press(&[keys::CONTROL, 'z']);
    works_in_sight(window, 3);
    window.press(&[keys::CONTROL, keys::SHIFT, 'z']);
    works_in_sight(window, 2);
}

fn preparing(desk: &Desk, window: &Window) {
    window.write("#works-search", "photograph");
    works_in_sight(window, 1);
    window.press(&[keys::DOWN]);
    window.press(&[keys::ENTER]);
    window.wait(".record h1");
    // The viewer takes keys once its picture stands.
    window.until("the picture", SOON, || {
        let scale =
            window.script("return Number(document.querySelector('.viewer .room')?.dataset.scale ?? 0)", json!([]));
        (scale.as_f64() > Some(0.0)).then_some(())
    });
    window.script("document.querySelector('.viewer .room').focus()", json!([]));
    window.press(&['s']);
    window.wait(".layer[data-seeking=false]");
    assert_eq!(window.count(".handle"), 4);
    assert_eq!(window.count(".layer[data-outlines='0']"), 0, "the artwork stands out");
    assert_accessible(window, "the corners of an artwork");
    desk.picture(window, "prepare");
    // Escape leaves it, and the key takes it up again.
    window.press(&[keys::ESCAPE]);
    window.until("no corners", SOON, || (window.count(".handle") == 0).then_some(()));
    window.click("#viewer-prepare");
    window.wait(".layer[data-seeking=false]");
    // The first corner has the keys: one step there and back.
    let label = || window.script("return document.activeElement.ariaLabel", json!([]));
    let before = label();
    window.press(&[keys::LEFT]);
    assert_ne!(label(), before, "an arrow moves the corner");
    window.press(&[keys::RIGHT]);
    window.press(&[keys::ENTER]);
    let made = window.until("a further scan", SOON, || work(window)["scans"].get(1).cloned());
    let side = |name: &str| made[name].as_i64().expect("pixels");
    assert!((side("width") - 760).abs() <= 4 && (side("height") - 560).abs() <= 4, "{made}");
    assert!(made["preparedFrom"]["recipe"].as_str().is_some_and(|recipe| recipe.contains("corners")), "{made}");
    window.wait(".origin");
    desk.picture(window, "prepared");
    window.press(&[keys::CONTROL, 'z']);
    window.until("the photograph alone", SOON, || (work(window)["scans"].as_array()?.len() == 1).then_some(()));
}

fn work(window: &Window) -> Value {
    let page = window.invoke(
        "works",
        json!({ "filter": { "text": "photograph", "badge": null, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 1 } }),
    );
    window.invoke("work", json!({ "id": page["works"][0]["id"] }))
}
