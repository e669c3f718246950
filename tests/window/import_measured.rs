//! How the window fares while a studio's scans come in: not a test but a measurement, of scans that `bench/scans.py` of `vitrine-imaging` makes.
//!
//!     VITRINE_MEASURED_SCANS=FOLDER xvfb-run -a cargo nextest run --workspace --run-ignored only -E 'test(import_measured)' --no-capture

use std::{env, path::PathBuf, time::Duration, time::Instant};

use serde_json::{Value, json};

use crate::Desk;

const THROUGH_WITHIN: Duration = Duration::from_secs(900);

/// Begins to measure in the page. *Page* is how late a timer of five milliseconds comes: so long the page could neither draw nor take a key.
/// *Application* is how long a command takes that does nothing: it goes through the thread that the window's events go through, and back.
/// *List* is how long the list of works takes, which the window asks for again when something came in.
const BEGIN: &str = "
    const { invoke } = window.__TAURI_INTERNALS__;
    const measured = (window.measured = { page: [], application: [], list: [], ended: false });
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      measured.page.push(Math.max(0, now - last - 5));
      last = now;
      if (measured.ended) clearInterval(timer);
    }, 5);
    const ask = async (into, command, given, pause) => {
      while (!measured.ended) {
        const begun = performance.now();
        await invoke(command, given);
        into.push(performance.now() - begun);
        await new Promise((after) => setTimeout(after, pause));
      }
    };
    ask(measured.application, 'stop_answer', { work: 0 }, 10);
    ask(measured.list, 'works', { filter: arguments[0] }, 250);";

/// Ends it; for each of the three how many, the median, what 99 of 100 stay within, and the longest, in milliseconds.
const END: &str = "
    measured.ended = true;
    return ['page', 'application', 'list'].map((what) => {
      const times = measured[what].sort((a, b) => a - b);
      const at = (share) => times[Math.round((times.length - 1) * share)];
      return [what, times.length, at(0.5), at(0.99), at(1)];
    });";

#[test]
#[ignore = "measures; it needs VITRINE_MEASURED_SCANS, a folder of scans"]
fn import_measured() {
    let scans =
        PathBuf::from(env::var_os("VITRINE_MEASURED_SCANS").expect("VITRINE_MEASURED_SCANS names a folder of scans"));
    let count = std::fs::read_dir(&scans).expect("the folder of scans").count();
    let desk = Desk::lay();
    let window = desk.open();
    let filter = json!({ "text": "", "badge": null, "open": false, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 200 });
    window.script(BEGIN, json!([filter]));
    let begun = Instant::now();
    window.invoke("import", json!({ "paths": [scans] }));
    let works = || window.invoke("library", json!({}))["works"].as_u64();
    window.until("every scan", THROUGH_WITHIN, || (works()? >= count as u64).then_some(()));
    let read = begun.elapsed();
    window.until("suggestions for every work", THROUGH_WITHIN, || {
        let jobs = window.invoke("jobs", json!({}));
        let suggested = jobs.as_array()?.iter().any(|job| job["kind"] == "suggest");
        (suggested && jobs.as_array()?.iter().all(|job| job["state"] != "running")).then_some(())
    });
    let through = begun.elapsed();
    let measured = window.script(END, json!([]));
    eprintln!(
        "{count} scans: all in after {:.1} s, suggestions for all after {:.1} s",
        read.as_secs_f32(),
        through.as_secs_f32()
    );
    for one in measured.as_array().into_iter().flatten() {
        let number = |index: usize| one[index].as_f64().unwrap_or(f64::NAN);
        let name = one[0].as_str().unwrap_or_default();
        eprintln!(
            "{name}: {} times, median {:.1} ms, 99 % {:.1} ms, longest {:.1} ms",
            number(1),
            number(2),
            number(3),
            number(4)
        );
    }
    assert_ne!(measured, Value::Null, "the page kept no times");
    desk.picture(&window, "import-measured");
}
