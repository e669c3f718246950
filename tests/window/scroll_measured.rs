//! How evenly the grid of works scrolls: not a test but a measurement, beside a plain page of the same pictures in the same window.
//!
//!     VITRINE_MEASURED_SCANS=FOLDER xvfb-run -a cargo nextest run --workspace --run-ignored only -E 'test(scroll_measured)' --no-capture

use std::{env, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use crate::Desk;

const IN_WITHIN: Duration = Duration::from_secs(900);
/// Frames that are measured of each, and pixels that each of them goes on: a wheel turned fast.
const FRAMES: u32 = 150;
const STEP: u32 = 40;

/// Scrolls the element that fits `selector` down and up again, a step a frame, and answers how long the frames were in milliseconds, sorted.
const SCROLL: &str = "
    const [selector, frames, step, done] = arguments;
    const scroller = document.querySelector(selector);
    const times = [];
    let last = null;
    let way = step;
    const frame = (now) => {
      if (last !== null) times.push(now - last);
      last = now;
      if (times.length === frames) return done(times.sort((a, b) => a - b));
      const before = scroller.scrollTop;
      scroller.scrollTop += way;
      if (scroller.scrollTop === before) way = -way;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);";

/// A page without a program behind it: the pictures of all works, each in a box, which all exist at once, laid over everything.
const PLAIN: &str = "
    const [scans, done] = arguments;
    const tile = document.querySelector('.tile').getBoundingClientRect();
    const page = document.createElement('div');
    page.id = 'plain';
    page.style.cssText = 'position: fixed; inset: 0; z-index: 1000; overflow: auto; background: white;';
    for (const scan of scans) {
      const box = document.createElement('div');
      box.style.cssText = `display: inline-block; width: ${tile.width}px; height: ${tile.height}px; margin: 9px;`;
      const picture = document.createElement('img');
      picture.src = `thumb://localhost/${scan}`;
      picture.style.cssText = 'max-width: 100%; max-height: 90%;';
      box.append(picture);
      page.append(box);
    }
    document.body.append(page);
    Promise.allSettled([...page.querySelectorAll('img')].map((picture) => picture.decode())).then(() => done(true));";

#[test]
#[ignore = "measures; it needs VITRINE_MEASURED_SCANS, a folder of scans"]
fn scroll_measured() {
    let scans =
        PathBuf::from(env::var_os("VITRINE_MEASURED_SCANS").expect("VITRINE_MEASURED_SCANS names a folder of scans"));
    let desk = Desk::lay();
    let window = desk.open_without_models();
    window.invoke("import", json!({ "paths": [scans] }));
    window.until("every scan", IN_WITHIN, || {
        let jobs = window.invoke("jobs", json!({}));
        let jobs = jobs.as_array()?;
        (!jobs.is_empty() && jobs.iter().all(|job| job["state"] != "running")).then_some(())
    });
    window.wait(".grid .tile img");
    let filter = json!({ "text": "", "badge": null, "open": false, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 1000 });
    let works = window.invoke("works", json!({ "filter": filter }));
    let shown: Vec<Value> = works["works"].as_array().into_iter().flatten().map(|work| work["scan"].clone()).collect();
    let tell = |what: &str, selector: &str, step: u32| {
        let frames = window.script_later(SCROLL, json!([selector, FRAMES, step]));
        let at = |share: f64| frames[((f64::from(FRAMES) - 1.0) * share).round() as usize].as_f64().unwrap_or(f64::NAN);
        eprintln!("{what}: a frame takes {:.0} ms, 95 % {:.0} ms, the longest {:.0} ms", at(0.5), at(0.95), at(1.0));
    };
    eprintln!("{} works", shown.len());
    tell("the grid, standing", ".grid.scroll", 0);
    tell("the grid, scrolled", ".grid.scroll", STEP);
    desk.picture(&window, "scroll-measured");
    window.script_later(PLAIN, json!([shown]));
    tell("the plain page, standing", "#plain", 0);
    tell("the plain page, scrolled", "#plain", STEP);
    desk.picture(&window, "scroll-measured-plain");
}
