//! Finding works, looking closely, records out and in, and going back to a backup, in the real window. No model is needed for that.

use std::{fs, path::Path, time::Duration};

use image::{Rgb, RgbImage};
use serde_json::json;

use crate::{
    Desk, assert_accessible, scans, together,
    webdriver::{Window, keys, missing},
};

pub(crate) const SOON: Duration = Duration::from_secs(60);

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/imaging/tests/fixtures").join(name)
}

/// Squares of 40 pixels: their edges fall on the blocks of JPEG, so that every step of it is black or white.
fn squares(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(if (x / 40 + y / 40) % 2 == 0 { [0; 3] } else { [255; 3] }))
}

/// A folder of scans of many kinds: drawn ones, one with metadata, one of three pages, a smaller copy, one larger than its picture.
fn lay_scans(folder: &Path) {
    scans::draw(folder, 6, None);
    fs::copy(fixture("metadata.jpg"), folder.join("harbour.jpg")).expect("a scan with metadata");
    fs::copy(fixture("pages3.tif"), folder.join("sheets.tif")).expect("a scan of three pages");
    let drawn = image::open(folder.join("scan-00.jpg")).expect("a drawn scan").into_rgb8();
    image::imageops::thumbnail(&drawn, 480, 340).save(folder.join("scan-00 small.png")).expect("a smaller copy");
    squares(2600, 2080).save(folder.join("squares.png")).expect("a large scan");
}

pub(crate) fn import(window: &Window, folder: &Path) {
    window.invoke("import", json!({ "paths": [folder] }));
    window.until("the import's end", Duration::from_secs(120), || {
        let jobs = window.invoke("jobs", json!({}));
        let done = jobs.as_array()?.iter().any(|job| job["kind"] == "import" && job["state"] != "running");
        done.then_some(())
    });
}

pub(crate) fn works_in_sight(window: &Window, count: u64) {
    window.until(&format!("{count} works in the grid"), SOON, || {
        (window.count(".tile") == count && window.count(".tile .caption") == count).then_some(())
    });
}

/// The number of the work whose first scan has this file name.
fn work_of(window: &Window, file: &str) -> u64 {
    let filter =
        json!({ "text": "", "badge": null, "facets": [], "lacking": [], "sort": "added", "offset": 0, "limit": 0 });
    let page = window.invoke("works", json!({ "filter": filter }));
    let works = page["works"].as_array().expect("works");
    let found = works.iter().find(|work| work["fileName"] == file);
    found.unwrap_or_else(|| panic!("{file} is in the library"))["id"].as_u64().expect("a number")
}

pub(crate) fn review(window: &Window, words: &str) {
    window.click("#place-library");
    window.write("#works-search", words);
    works_in_sight(window, 1);
    window.press(&[keys::DOWN]);
    window.press(&[keys::ENTER]);
    window.wait(".record h1");
}

fn clear_search(window: &Window) {
    window.click("#clear-search");
    window.until("no search", SOON, || (window.count("#clear-search") == 0).then_some(()));
}

#[test]
fn found_looked_at_and_exchanged() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let folder = desk.folder.path().join("scans");
    lay_scans(&folder);
    let window = desk.open_without_models();
    import(&window, &folder);
    works_in_sight(&window, 10);

    // What the import has to tell.
    window.click("[data-kind=import] [aria-controls=job-list]");
    let told = window.text("#job-list").unwrap_or_default();
    for expected in ["notes.jpg", "scan-00 (copy).jpg", "scan-00 small.png"] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert!(told.contains("Nearly the same"), "{told}");
    desk.picture(&window, "20-import");
    assert_accessible(&window, "what an import has to tell");
    window.click("[data-kind=import] [aria-controls=job-list]");

    finding(&desk, &window);
    looking_closely(&desk, &window);
    completing(&desk, &window);
    choosing_subjects(&desk, &window);
    own_terms(&desk, &window);
    let first = work_of(&window, "scan-01.jpg");
    together::changing(&desk, &window, 10, first);
    together::confirming(&desk, &window);
    let (exported, title) = exchanging(&desk, &window);
    safekeeping(&desk, window, &exported, &title);
}

fn finding(desk: &Desk, window: &Window) {
    // A slash goes to the search; what is typed may be a beginning.
    window.press(&['/']);
    window.write("#works-search", "harb");
    works_in_sight(window, 1);
    desk.picture(window, "21-search");
    assert_accessible(window, "a search");
    window.press(&[keys::ESCAPE]);
    works_in_sight(window, 10);

    window.click("[data-facet=source] [data-value=file]");
    works_in_sight(window, 1);
    desk.picture(window, "22-facet");
    window.click("[data-facet=lacking] [data-value='Measurements']");
    window.until("what was chosen", SOON, || (window.count(".choice") == 2).then_some(()));
    window.click("#save-search");
    window.write("#search-name", "Files' own words");
    window.press(&[keys::ENTER]);
    window.wait("[data-saved=\"Files' own words\"]");
    clear_search(window);
    works_in_sight(window, 10);
    window.click("[data-saved=\"Files' own words\"]");
    works_in_sight(window, 1);
    window.until("the same as before", SOON, || (window.count(".choice") == 2).then_some(()));
    desk.picture(window, "23-saved-search");
    assert_accessible(window, "a search that was kept");
    clear_search(window);

    window.write("#works-search", "(swing");
    window
        .until("what is wrong with it", SOON, || window.text("#search-fault").filter(|said| said.contains("bracket")));
    works_in_sight(window, 10);
    desk.picture(window, "24-search-not-understood");
    assert_accessible(window, "a search that cannot be understood");
    window.press(&[keys::ESCAPE]);
    window.write("#works-search", "nothing like that");
    window.until("nothing found", SOON, || window.text(".none").filter(|said| said.contains("No work fits")));
    desk.picture(window, "25-nothing-found");
    assert_accessible(window, "nothing found");
    clear_search(window);
    works_in_sight(window, 10);
}

fn looking_closely(desk: &Desk, window: &Window) {
    review(window, "file:sheets");
    assert!(window.text(".sides").is_some_and(|said| said.contains("1 of 3")), "three pages, one work");
    window.press(&[']']);
    window.until("the second page", SOON, || window.text(".sides").filter(|said| said.contains("2 of 3")));
    desk.picture(window, "26-pages");
    window.press(&[keys::ESCAPE]);
    clear_search(window);

    review(window, "file:squares");
    window.until("tiles", Duration::from_secs(120), || (window.count("[data-sharpness=tiles]") == 1).then_some(()));
    window.press(&['x']);
    window
        .until("its own size, said aloud", SOON, || window.text("#viewer-heard").filter(|said| said.contains("100 %")));
    // All tiles in sight are drawn, and nothing moves any more.
    let squares = window.until("squares, edge on edge", SOON, || exact_squares(desk, window));
    assert!(squares > 8, "only {squares} squares were in sight");
    desk.picture(window, "27-pixel-exact");
    assert_accessible(window, "the scan at its own size");
    window.press(&['t']);
    window.until("a quarter turn", SOON, || window.text("#viewer-heard").filter(|said| said.contains("90")));
    window.press(&['g']);
    window.press(&['0']);
    window.until("the whole again", SOON, || window.text("#viewer-heard").filter(|said| !said.contains("100 %")));
    desk.picture(window, "28-turned-with-grid");
    window.press(&[keys::ESCAPE]);
    clear_search(window);
}

/// Along the middle of the viewer every square is 40 pixels of the screen wide, and nothing is neither black nor white: how many there are.
fn exact_squares(desk: &Desk, window: &Window) -> Option<usize> {
    let (shown, [left, right, top, bottom]) = desk.shown(window);
    let [left, right, middle] = [left, right, (top + bottom) / 2.0].map(|at| at.round() as u32);
    // The edges of the panes beside it lie a little over the viewer. An edge between two rows of squares would be black and white by chance only.
    (0..40).step_by(8).find_map(|down| {
        let row: Vec<u8> = (left + 8..right - 8).map(|x| shown.get_pixel(x, middle + down).0[1]).collect();
        let white: Option<Vec<bool>> = row
            .iter()
            .map(|value| match value {
                0..=40 => Some(false),
                215..=255 => Some(true),
                _ => None,
            })
            .collect();
        let white = white?;
        let runs: Vec<usize> = white.chunk_by(|one, two| one == two).map(<[bool]>::len).collect();
        let whole = runs.get(1..runs.len().saturating_sub(1))?;
        (!whole.is_empty() && whole.iter().all(|run| *run == 40)).then_some(whole.len())
    })
}

fn completing(desk: &Desk, window: &Window) {
    review(window, "file:harbour");
    window.click("#completeness");
    window.wait("#completeness-list");
    desk.picture(window, "29-completeness");
    assert_accessible(window, "completeness");
    let before = window.text("#completeness").expect("how much there is");
    // The title waits, in the file's own words: what lacks leads to it.
    window.click("[data-lacking=title]");
    window.until("the title in focus", SOON, || {
        (window.count("li.row.focused[data-property=title][data-state=suggested]") == 1).then_some(())
    });
    window.script("document.activeElement?.blur()", json!([]));
    window.press(&['a']);
    window.until("more of the record", SOON, || window.text("#completeness").filter(|now| *now != before));
    assert_eq!(window.text(".record h1").as_deref(), Some("Harbour & mill"));
    // Nothing waits for the measures: they are to be written.
    window.click("[data-lacking=dimensions]");
    window.wait("#add-form");
    window.write("#add-form input", "12 x 30 cm");
    window.press(&[keys::ENTER]);
    window.until("no lack of measures", SOON, || (window.count("[data-lacking=dimensions]") == 0).then_some(()));
    window.press(&[keys::ESCAPE]);
    clear_search(window);
}

/// Begins a statement of one's own on a property. What the window has to tell lies over the end of the list and is put aside first.
fn begin_statement(window: &Window, property: &str) {
    let script = "document.querySelectorAll('.notices .close').forEach((one) => one.click());
        document.querySelector('#add-statement').scrollIntoView({ block: 'center' })";
    window.script(script, json!([]));
    window.click("#add-statement");
    window.wait("#add-form select");
    let script = "const field = document.querySelector('#add-form select'); field.value = arguments[0];
        field.dispatchEvent(new Event('change', { bubbles: true }))";
    window.script(script, json!([property]));
}

/// A subject out of Iconclass: found by a word, narrowed by a key, then one whose brackets want a name. The classification is made up.
fn choosing_subjects(desk: &Desk, window: &Window) {
    review(window, "file:harbour");
    let listed = |notation: &str| format!("#iconclass-list [aria-selected=true][data-notation='{notation}']");
    let begin = || {
        begin_statement(window, "subject");
        window.click("#from-iconclass");
        window.wait("#iconclass-list [data-notation='2']");
    };
    begin();
    desk.picture(window, "30-iconclass-divisions");
    assert_accessible(window, "the divisions of Iconclass");
    window.write("#iconclass-words", "lion");
    window.wait(&listed("25F23(LION)"));
    window.wait("#iconclass .path li:nth-child(5)");
    desk.picture(window, "30-iconclass-found");
    assert_accessible(window, "what Iconclass has");
    // To the right its keys, down to the second, Enter takes it.
    window.press(&[keys::RIGHT]);
    window.wait(&listed("25F23(LION)(+1)"));
    window.press(&[keys::DOWN]);
    window.wait(&listed("25F23(LION)(+4)"));
    window.press(&[keys::LEFT]);
    window.wait(&listed("25F23(LION)"));
    window.press(&[keys::RIGHT]);
    window.wait(&listed("25F23(LION)(+1)"));
    window.press(&[keys::DOWN]);
    window.wait(&listed("25F23(LION)(+4)"));
    window.until("the concept", SOON, || {
        window.text("#iconclass .value").filter(|said| said.contains("(+ what it does)"))
    });
    window.press(&[keys::ENTER]);
    window.until("the subject in the record", SOON, || {
        let said = window.text("li.row[data-property=subject] .value")?;
        said.contains("25F23(LION)(+4) beasts that hunt: lion (+ what it does)").then_some(())
    });
    assert_eq!(window.count("#iconclass"), 0, "the picker is gone");

    begin();
    window.write("#iconclass-words", "11H(...)");
    window.wait(&listed("11H(...)"));
    window.wait("#iconclass-name");
    window.press(&[keys::ENTER]);
    window.write("#iconclass-name", "Adela");
    window.until("the name in the notation", SOON, || {
        window.text("#iconclass .value").filter(|said| said.contains("11H(ADELA)"))
    });
    desk.picture(window, "30-iconclass-name");
    assert_accessible(window, "a name for Iconclass");
    window.click("#iconclass-take");
    window.until("the named subject", SOON, || {
        let rows = window.script(
            "return [...document.querySelectorAll('li.row[data-property=subject]')].map((row) => row.innerText).join(' ')",
            json!([]),
        );
        rows.as_str()?.contains("11H(ADELA) harbour masters (ADELA)").then_some(())
    });
    desk.picture(window, "30-iconclass-record");
    assert_accessible(window, "subjects out of Iconclass");
    window.press(&[keys::ESCAPE]);
    clear_search(window);
}

/// A list of the museum's own: offered while a value is written, and held against what was written before.
fn own_terms(desk: &Desk, window: &Window) {
    review(window, "file:harbour");
    let write = |value: &str| {
        begin_statement(window, "media");
        window.write("#add-form input", value);
    };
    // Written before there was a list.
    write("oils on canvas");
    window.press(&[keys::ENTER]);
    window.wait("li.row[data-property=media]");

    let file = desk.folder.path().join("materials.csv");
    fs::write(&file, "id;term;synonyms\nM1;oil on canvas;\nM2;oil on panel;\nM3;etching;Radierung\n").expect("a list");
    window.invoke("read_term_list", json!({ "file": file, "name": null, "property": "media", "language": "en" }));
    write("radi");
    window.wait("#add-form [data-term=M3]");
    desk.picture(window, "30-own-terms-offered");
    assert_accessible(window, "terms that are offered");
    window.press(&[keys::DOWN]);
    window.press(&[keys::ENTER]);
    window.until("the term in the record", SOON, || {
        let rows = window.script(
            "return [...document.querySelectorAll('li.row[data-property=media]')].map((row) => row.innerText).join(' ')",
            json!([]),
        );
        let rows = rows.as_str()?;
        (rows.contains("etching") && rows.contains("from materials")).then_some(())
    });
    window.press(&[keys::ESCAPE]);

    window.click("#place-record");
    window.click("#term-lists [data-list=materials] .match");
    window.wait("#matching [data-value='oils on canvas']");
    let offered = "return [...document.querySelectorAll(\"#matching [data-value='oils on canvas'] option\")].map((one) => one.value)";
    assert_eq!(window.script(offered, json!([]))[1], json!("M1"), "the most alike comes first");
    window.script(
        "const field = document.querySelector(\"#matching [data-value='oils on canvas'] select\"); field.value = 'M1';
         field.dispatchEvent(new Event('change', { bubbles: true }))",
        json!([]),
    );
    window.wait("#match-apply:not([disabled])");
    desk.picture(window, "30-own-terms-matching");
    assert_accessible(window, "what was written before beside a list");
    window.click("#match-apply");
    window.until("nothing left to match", SOON, || (window.count("#matching") == 0).then_some(()));
    window.click("#place-library");
    clear_search(window);
}

/// Exports in every format and reads a table of ours in again; the folder of the export, and the title that another table claims.
fn exchanging(desk: &Desk, window: &Window) -> (std::path::PathBuf, String) {
    let exports = desk.folder.path().join("exports");
    let script = "const kept = JSON.parse(localStorage.getItem('vitrine') ?? '{}');
        localStorage.setItem('vitrine', JSON.stringify({ ...kept, exportFolder: arguments[0] }))";
    window.script(script, json!([exports]));
    window.reload();
    window.wait(".grid");
    window.click("#place-export");
    for format in ["linked-art", "dublin-core", "schema-org", "html", "iiif", "bagit", "xmp"] {
        window.click(&format!("input[name=format][value={format}]"));
    }
    window.write("#export-address", "example.org");
    window.until("what is wrong with the address", SOON, || {
        window.text(".sheet [role=alert]").filter(|said| said.contains("example.org"))
    });
    window.script("const field = document.querySelector('#export-address'); field.value = ''; field.dispatchEvent(new Event('input'))", json!([]));
    window.write("#export-address", "https://example.org/prints");
    window.until("nine files", SOON, || (window.count(".sheet [data-format]") == 9).then_some(()));
    window.click("[data-format=dublin-core] summary");
    desk.picture(window, "30-export");
    assert_accessible(window, "the export of every format");

    window.click("#export:enabled");
    window.until("all of it written", Duration::from_secs(240), || window.text("#exported"));
    assert_eq!(fs::read_dir(&exports).expect("the export's folder").count(), 9, "a file or a folder for each format");
    // A problem leads to its work, and back.
    window.click(".problems .link");
    window.wait(".record h1");
    window.press(&[keys::ESCAPE]);
    window.wait("#export");

    // A table comes back in: ours changes nothing, one that was edited says what it would change.
    let table = fs::read_dir(&exports).expect("the folder").filter_map(Result::ok).map(|entry| entry.path());
    let table = table.into_iter().find(|file| file.extension().is_some_and(|end| end == "csv")).expect("the table");
    window.click("#records-in");
    window.write("#records-file", &table.display().to_string());
    window.press(&[keys::ENTER]);
    window
        .until("nothing new", SOON, || window.text(".sheet").filter(|said| said.contains("says all of this already")));
    let title = "Harbour with a mill".to_owned();
    let edited = desk.folder.path().join("edited.csv");
    let text = fs::read_to_string(&table).expect("the table").replace("Harbour & mill", &title);
    fs::write(&edited, text).expect("an edited table");
    window.script("const field = document.querySelector('#records-file'); field.value = ''; field.dispatchEvent(new Event('input'))", json!([]));
    window.write("#records-file", &edited.display().to_string());
    window.press(&[keys::ENTER]);
    window.until("the change", SOON, || window.text("#records-changes").filter(|said| said.contains(&title)));
    desk.picture(window, "31-import-records");
    assert_accessible(window, "the import of records");
    window.click("#import-records:enabled");
    window.until("the change made", SOON, || window.text("#records-done").filter(|said| said.contains('1')));
    let harbour = window.invoke("work", json!({ "id": work_of(window, "harbour.jpg") }));
    let statements = harbour["statements"].as_array().expect("statements");
    let waits = statements.iter().any(|one| one["value"] == title.as_str() && one["source"]["kind"] == "import");
    assert!(waits, "it waits beside the title that stands");
    reading_a_workbook(desk, window);
    (exports, title)
}

/// A workbook is read by the sheet and the columns that are chosen; none of its works is here, which is said row by row.
fn reading_a_workbook(desk: &Desk, window: &Window) {
    let workbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/exchange/tests/fixtures/workbook.xlsx");
    window.script("const field = document.querySelector('#records-file'); field.value = ''; field.dispatchEvent(new Event('input'))", json!([]));
    window.write("#records-file", &workbook.display().to_string());
    window.press(&[keys::ENTER]);
    window.wait("#records-sheet");
    let choose = "const field = document.querySelector(arguments[0]); field.value = arguments[1];
        field.dispatchEvent(new Event('change', { bubbles: true })); return field.value";
    assert_eq!(window.script(choose, json!(["#records-columns", "tms"])), json!("tms"));
    window.until("the first sheet's rows", SOON, || window.text(".sheet").filter(|said| said.contains("Row 5: ")));
    window.script(choose, json!(["#records-sheet", "Drawings & sketches"]));
    window.until("the other sheet's row", SOON, || {
        window.text(".sheet").filter(|said| said.contains("Row 2: ") && !said.contains("Row 5: "))
    });
    desk.picture(window, "37-import-workbook");
    assert_accessible(window, "the import of a workbook");
}

fn safekeeping(desk: &Desk, window: Window, exports: &Path, title: &str) {
    assert!(exports.is_dir());
    window.click("#place-safety");
    window.click("#back-up");
    window.wait("li[data-backup]");
    window.click("li[data-backup] .try");
    window.until("a sound backup", SOON, || {
        window.text("li[data-backup] .sound").filter(|said| said.contains("10 works"))
    });
    window.click("#check");
    window.until("a sound library", SOON, || window.text("#checked").filter(|said| said.contains("sound")));
    desk.picture(&window, "32-safekeeping");
    assert_accessible(&window, "safekeeping");
    let harbour = work_of(&window, "harbour.jpg");
    window.invoke("add_statement", json!({ "work": harbour, "property": "note", "value": "Written after the backup" }));
    window.click("li[data-backup] .ask");
    window.click("li[data-backup] .confirm");
    window.wait("#restored-next");
    drop(window);

    let window = desk.open_without_models();
    let after = window.invoke("work", json!({ "id": harbour }));
    let said: Vec<_> =
        after["statements"].as_array().expect("statements").iter().map(|one| one["value"].clone()).collect();
    assert!(said.contains(&json!(title)) && !said.contains(&json!("Written after the backup")), "{said:?}");
}
