//! What needs no model: taking files in, finding works, records out and in, completeness, backups, tiles.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use image::{Rgb, RgbImage};
use vitrine_workbench::{
    Settings, Workbench,
    view::{
        Badge, BatchChangeView, BatchRequest, ChosenTerm, ExportFormat, ExportRequest, FacetChoice, FacetKind,
        JobState, JobView, ProfileEdit, PropertyEdit, PropertyKind, RecordsRequest, RequirementView, ScreenGamut,
        StateView, TilesState, WorkFilter, WorkbenchEvent,
    },
};

struct Desk {
    folder: tempfile::TempDir,
    bench: Workbench,
    events: Arc<Mutex<Vec<WorkbenchEvent>>>,
}

fn open(library: &Path) -> (Workbench, Arc<Mutex<Vec<WorkbenchEvent>>>) {
    let events: Arc<Mutex<Vec<WorkbenchEvent>>> = Arc::default();
    let sink = events.clone();
    let settings = Settings {
        person: "A. Curator".into(),
        pack: None,
        knowledge: PathBuf::from("nowhere"),
        demonstration: PathBuf::from("nowhere"),
        iconclass: library.with_file_name("iconclass"),
        fonts: PathBuf::from("nowhere"),
        added_packs: library.join("packs"),
        cache: library.join("cache"),
        suggest_on_import: false,
    };
    let bench = Workbench::at(library, settings, Arc::new(move |event| sink.lock().expect("events").push(event)));
    (bench.expect("opens"), events)
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("folder");
    let (bench, events) = open(&folder.path().join("library"));
    Desk { folder, bench, events }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../imaging/tests/fixtures").join(name)
}

/// Blots that no other seed has.
fn paint(seed: u32, width: u32, height: u32) -> RgbImage {
    let blots: Vec<[f32; 3]> = (0..40)
        .map(|n: u32| {
            let random = |salt: u32| {
                let mixed = (n * 7919 + seed * 104_729 + salt * 1_299_709).wrapping_mul(2_654_435_761);
                (mixed >> 8) as f32 / 16_777_216.0
            };
            [random(1), random(2), random(3)]
        })
        .collect();
    // Painted small and enlarged: without optimisation every pixel counts.
    let (across, down) = (90, 70);
    let small = RgbImage::from_fn(across, down, |x, y| {
        let (x, y) = (x as f32 / across as f32, y as f32 / down as f32);
        let light: f32 =
            blots.iter().map(|[bx, by, s]| (s - 0.5) * (-((x - bx).powi(2) + (y - by).powi(2)) * 120.0).exp()).sum();
        let value = (128.0 + 160.0 * light).clamp(0.0, 255.0) as u8;
        Rgb([value, value / 2 + 60, 255 - value / 3])
    });
    image::imageops::resize(&small, width, height, image::imageops::FilterType::Triangle)
}

fn import(bench: &Workbench, paths: Vec<PathBuf>) -> JobView {
    let id = bench.import(paths).expect("starts");
    bench.wait();
    bench.jobs().into_iter().find(|job| job.id == id).expect("listed")
}

#[test]
fn a_file_of_several_pages_is_one_work() {
    let desk = desk();
    let bench = &desk.bench;
    let job = import(bench, vec![fixture("pages3.tif")]);
    assert_eq!((job.state, job.imported.len()), (JobState::Finished, 1), "{:?}", job.failures);
    let work = bench.work(job.imported[0]).expect("opens");
    assert_eq!(work.scans.iter().map(|scan| scan.page).collect::<Vec<_>>(), [0, 1, 2]);
    let pictures: Vec<_> =
        work.scans.iter().map(|scan| fs::read(bench.derivative(scan.id).expect("a picture")).expect("reads")).collect();
    assert!(pictures[0] != pictures[1] && pictures[1] != pictures[2], "each scan shows its page");
    let again = import(bench, vec![fixture("pages3.tif")]);
    assert_eq!((again.imported.len(), again.duplicates.len()), (0, 1));
}

#[test]
fn what_a_file_says_waits_as_its_own_word() {
    let Desk { bench, folder, .. } = desk();
    let mut broken = fs::read(fixture("metadata.jpg")).expect("a fixture");
    let start = broken.windows(6).position(|bytes| bytes == b"Exif\0\0").expect("an EXIF block");
    broken[start + 6..start + 14].fill(0xEE);
    let file = folder.path().join("broken block.jpg");
    fs::write(&file, broken).expect("writes");
    let job = import(&bench, vec![file]);
    assert_eq!((job.imported.len(), &job.failures), (1, &Vec::new()), "a broken block stops nothing");
    assert!(job.remarks.iter().any(|remark| remark.reason.contains("EXIF")), "{:?}", job.remarks);

    let work = bench.work(job.imported[0]).expect("opens");
    let said: Vec<(&str, &str)> = work
        .statements
        .iter()
        .map(|statement| (statement.property.as_str(), statement.value.as_deref().unwrap_or_default()))
        .collect();
    for expected in
        [("title", "Harbour & mill"), ("date", "1905"), ("credit-line", "Städtisches Museum"), ("tag", "mill")]
    {
        assert!(said.contains(&expected), "{expected:?} in {said:?}");
    }
    assert!(work.statements.iter().all(|s| s.source.kind == "file" && s.state == StateView::Suggested));
    assert!(
        !said.iter().any(|(property, _)| *property == "artist"),
        "who made the picture is the photographer as a rule"
    );
    assert_eq!(work.card.badge, Badge::Suggested);
}

#[test]
fn near_duplicates_are_named_and_taken_in() {
    let Desk { bench, folder, .. } = desk();
    let path = |name: &str| folder.path().join(name);
    paint(1, 900, 700).save(path("one.png")).expect("saves");
    paint(2, 900, 700).save(path("two.png")).expect("saves");
    assert_eq!(import(&bench, vec![path("one.png"), path("two.png")]).near, []);
    image::imageops::thumbnail(&paint(1, 900, 700), 450, 350).save(path("one small.jpg")).expect("saves");
    let job = import(&bench, vec![path("one small.jpg")]);
    assert_eq!(job.imported.len(), 1, "it is not refused");
    assert_eq!(job.near.iter().map(|near| near.title.as_str()).collect::<Vec<_>>(), ["one.png"]);
    assert_eq!(job.near[0].work, job.imported[0]);

    // Also after the library was closed.
    let library = folder.path().join("library");
    drop(bench);
    let (bench, _) = open(&library);
    paint(1, 800, 622).save(path("one again.png")).expect("saves");
    let near = import(&bench, vec![path("one again.png")]).near;
    let mut like: Vec<_> = near.iter().map(|near| near.title.as_str()).collect();
    like.sort_unstable();
    assert_eq!(like, ["one small.jpg", "one.png"]);
}

/// Three works with something of a record each.
fn catalogued(desk: &Desk) -> [i64; 3] {
    let files: Vec<PathBuf> = (1..4).map(|seed| desk.folder.path().join(format!("sheet {seed}.png"))).collect();
    for (file, seed) in files.iter().zip(1..) {
        paint(seed, 300, 200).save(file).expect("saves");
    }
    import(&desk.bench, files);
    // Several are read at once, so that their numbers follow no order.
    let works = desk.bench.works(&WorkFilter::default()).expect("lists").works;
    let [swing, watch, bare] = [1, 2, 3].map(|seed| {
        let name = format!("sheet {seed}.png");
        works.iter().find(|work| work.file_name == name).expect("it is in").id
    });
    for (work, property, value) in [
        (swing, "title", "The swing"),
        (swing, "style", "Rococo"),
        (swing, "date", "c. 1767"),
        (watch, "title", "The watch"),
        (watch, "style", "Baroque"),
        (watch, "date", "long ago"),
    ] {
        desk.bench.add_statement(work, property, value).expect("adds");
    }
    [swing, watch, bare]
}

#[test]
fn works_are_found_narrowed_down_and_counted() {
    let desk = desk();
    let [swing, watch, bare] = catalogued(&desk);
    let bench = &desk.bench;
    let found = |filter: &WorkFilter| {
        let mut works: Vec<i64> = bench.works(filter).expect("finds").works.into_iter().map(|card| card.id).collect();
        works.sort_unstable();
        works
    };
    let text = |text: &str| WorkFilter { text: text.into(), ..WorkFilter::default() };
    let mut both = [swing, watch];
    both.sort_unstable();
    assert_eq!(found(&text("title:swing OR title:watch")), both);
    assert_eq!(found(&text("\"the watch\"")), [watch]);
    assert_eq!(found(&text("the -swing")), [watch]);
    let style = FacetChoice { facet: FacetKind::Style, value: "Rococo".into() };
    assert_eq!(found(&WorkFilter { facets: vec![style.clone()], ..WorkFilter::default() }), [swing]);
    assert_eq!(found(&WorkFilter { lacking: vec!["title".into()], ..WorkFilter::default() }), [bare]);
    assert_eq!(found(&WorkFilter { badge: Some(Badge::Complete), ..text("the") }), Vec::<i64>::new());
    let error = bench.works(&text("(swing")).expect_err("it is not complete").to_string();
    assert!(error.contains("bracket"), "{error}");

    let counted = bench.facets(&WorkFilter::default(), 1, Some("object-id")).expect("counts");
    let styles = counted.facets.iter().find(|facet| facet.facet == FacetKind::Style).expect("styles");
    assert_eq!((styles.values.len(), styles.more), (1, true));
    let lacks: Vec<_> = counted.lacking.iter().map(|lack| (lack.name.as_str(), lack.works)).collect();
    assert!(lacks.contains(&("Title", 1)) && lacks.contains(&("Measurements", 3)), "{lacks:?}");
    assert!(bench.facets(&WorkFilter::default(), 1, Some("no-such")).is_err());

    let kept =
        WorkFilter { facets: vec![style], lacking: vec!["artist".into()], badge: Some(Badge::New), ..text("the") };
    bench.save_search("Rococo without artist", &kept).expect("keeps");
    let saved = bench.saved_searches().expect("lists");
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].filter, kept, "it comes back as it was");
    assert_eq!(bench.forget_search("rococo without ARTIST").expect("forgets"), []);
}

#[test]
fn a_search_of_everything_takes_queries_and_beginnings() {
    let desk = desk();
    let [swing, ..] = catalogued(&desk);
    // The knowledge base is not here, and the search says so; the works of it are what `works` finds.
    assert!(desk.bench.search("swing").is_err());
    let found = desk.bench.works(&WorkFilter { text: "swin*".into(), ..WorkFilter::default() }).expect("finds");
    assert_eq!(found.works[0].id, swing);
}

#[test]
fn an_export_says_beforehand_what_is_the_matter() {
    let desk = desk();
    let [_, watch, bare] = catalogued(&desk);
    let request = ExportRequest {
        works: Vec::new(),
        formats: vec![ExportFormat::Lido, ExportFormat::Bagit, ExportFormat::DublinCore],
        folder: desk.folder.path().join("out").display().to_string(),
        include_suggestions: false,
        base_uri: Some("https://example.org/prints".into()),
    };
    fs::remove_file(desk.folder.path().join("sheet 3.png")).expect("removes");
    let preview = desk.bench.export_preview(&request).expect("previews");
    let problem = |work: i64, words: &str| {
        preview.problems.iter().any(|problem| problem.work == work && problem.reason.contains(words))
    };
    assert!(problem(watch, "“long ago” is not understood as a date"), "{:?}", preview.problems);
    assert!(
        problem(bare, "nothing of it has been accepted") && problem(bare, "cannot be read"),
        "{:?}",
        preview.problems
    );
    assert_eq!((preview.problem_count, preview.works, preview.empty), (3, 3, 1));
    let lost = |format| preview.files.iter().find(|file| file.format == format).expect("listed").losses.len();
    assert!(lost(ExportFormat::DublinCore) > 0);
    assert_eq!(lost(ExportFormat::Bagit), 0);
    assert!(!desk.folder.path().join("out").exists(), "a preview writes nothing");

    let job = desk.bench.export(&request).expect("exports");
    assert_eq!((job.state, job.failures.len(), job.remarks.len()), (JobState::Finished, 0, 1), "{:?}", job.failures);
    let written = fs::read_dir(desk.folder.path().join("out")).expect("the folder").filter_map(Result::ok);
    let dublin_core = written.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(".dc.jsonld"));
    assert!(fs::read_to_string(dublin_core.expect("written")).expect("reads").contains("https://example.org/prints/"));
    let wrong = ExportRequest { base_uri: Some("example.org".into()), ..request };
    assert!(desk.bench.export_preview(&wrong).is_err_and(|error| error.to_string().contains("example.org")));
}

#[test]
fn records_are_seen_before_they_come_in() {
    let desk = desk();
    let [swing, watch, _] = catalogued(&desk);
    let file = desk.folder.path().join("theirs.csv");
    let columns = desk.bench.columns().expect("lists");
    assert!(columns.iter().any(|columns| columns.id == "omeka-s"));
    fs::write(&file, "dcterms:title,dcterms:date,file\nThe swing,1768,sheet 1.png\nThe watch,long ago,sheet 2.png\nNobody's,1900,none.png\n")
        .expect("writes");
    let profile = desk.folder.path().join("own.toml");
    let text = "id = \"own\"\ntitle = \"Own\"\n[[column]]\nname = \"dcterms:title\"\nfrom = [\"title\"]\n[[column]]\nname = \"dcterms:date\"\nfrom = [\"date\"]\n[[column]]\nname = \"file\"\nas = \"file\"\n";
    fs::write(&profile, text).expect("writes");
    let request = RecordsRequest {
        file,
        sheet: None,
        profile: Some(profile.display().to_string()),
        by_file_name: true,
        accept: false,
    };
    let before = desk.bench.work(swing).expect("opens").statements.len();
    let preview = desk.bench.records_preview(&request).expect("previews");
    assert_eq!((preview.records, preview.changing, preview.statements_added, preview.competing), (2, 1, 1, 1));
    assert_eq!((preview.changes[0].work, preview.changes[0].claims[0].value.as_str()), (Some(swing), "1768"));
    assert!(preview.changes[0].claims[0].competing);
    assert_eq!(preview.problems.len(), 1, "{:?}", preview.problems);
    assert_eq!(desk.bench.work(swing).expect("opens").statements.len(), before, "a preview changes nothing");

    let read = desk.bench.import_records(&request).expect("reads");
    assert_eq!((read.statements_added, read.accepted), (1, 0));
    let waits = desk.bench.work(swing).expect("opens").statements;
    assert!(waits.iter().any(|s| s.value.as_deref() == Some("1768") && s.source.kind == "import"));
    assert_eq!(desk.bench.records_preview(&request).expect("previews").changing, 0);
    assert_eq!(desk.bench.work(watch).expect("opens").statements.len(), 3);
}

#[test]
fn completeness_names_what_lacks() {
    let desk = desk();
    let [_, watch, _] = catalogued(&desk);
    let found = desk.bench.completeness(watch, "object-id").expect("tells");
    let lacking: Vec<_> = found.lacking.iter().map(|lack| lack.name.as_str()).collect();
    assert!(lacking.contains(&"Maker") && !lacking.contains(&"Title"), "{lacking:?}");
    assert_eq!(found.met + found.lacking.len(), found.needed);
    let folder = desk.folder.path().join("library/profiles");
    fs::create_dir_all(&folder).expect("a folder");
    let own = "id = \"room\"\ntitle = \"Print room\"\n[[property]]\nkey = \"watermark\"\nlabel = \"Watermark\"\n[[requirement]]\nname = \"Watermark\"\nany = [\"watermark\"]\n[[requirement]]\nname = \"Date\"\nany = [\"date\"]\nunderstood = true\n";
    fs::write(folder.join("room.toml"), own).expect("writes");
    let plan = desk.bench.record_plan().expect("lists");
    assert!(plan.profiles.iter().any(|profile| profile.id == "room" && profile.own));
    assert_eq!(
        (plan.properties[0].label.as_str(), plan.properties[0].profile.as_deref()),
        ("Watermark", Some("Print room"))
    );
    let found = desk.bench.completeness(watch, "room").expect("tells");
    let lacking: Vec<_> = found.lacking.iter().map(|lack| (lack.name.as_str(), lack.not_understood)).collect();
    assert_eq!(lacking, [("Watermark", false), ("Date", true)], "long ago is no date that could be understood");
    fs::write(folder.join("wrong.toml"), "id = 3").expect("writes");
    let plan = desk.bench.record_plan().expect("lists what can be used");
    assert!(
        plan.faults.len() == 1 && plan.faults[0].contains("wrong.toml") && plan.faults[0].contains("in line 1"),
        "{:?}",
        plan.faults
    );
    assert!(plan.profiles.iter().any(|profile| profile.id == "room"), "the others stay in use");
}

#[test]
fn own_properties_and_profiles_are_made_changed_and_deleted() {
    let desk = desk();
    let [swing, watch, _] = catalogued(&desk);
    let bench = &desk.bench;
    let property =
        |label: &str| PropertyEdit { label: label.into(), kind: PropertyKind::Measures, list: None, repeatable: false };
    let plan = bench.save_property(None, &property("Größe des Rahmens")).expect("makes one");
    let frame = plan.properties[0].key.clone();
    assert_eq!((frame.as_str(), plan.properties[0].works), ("groesse-des-rahmens", 0));
    let said = |error: vitrine_workbench::WorkbenchError| error.to_string();
    assert!(said(bench.save_property(None, &property("größe des rahmens")).unwrap_err()).contains("already"));
    assert!(said(bench.save_property(None, &property(" ")).unwrap_err()).contains("has no name"));

    let asked =
        |any: &str| RequirementView { name: "Rahmen".into(), any: vec![any.into()], needed: true, understood: true };
    let edit = ProfileEdit { title: "Rahmen".into(), requirements: vec![asked(&frame)] };
    let plan = bench.save_profile(None, &edit).expect("makes one");
    assert!(plan.profiles.iter().any(|profile| profile.id == "rahmen" && profile.own));
    let unknown = ProfileEdit { requirements: vec![asked("nothing-like-it")], ..edit.clone() };
    assert!(said(bench.save_profile(Some("rahmen"), &unknown).unwrap_err()).contains("nothing-like-it"));
    assert!(said(bench.save_profile(Some("object-id"), &edit).unwrap_err()).contains("already"));
    let shipped = ProfileEdit { title: "Object ID".into(), ..edit.clone() };
    assert!(said(bench.save_profile(Some("object-id"), &shipped).unwrap_err()).contains("comes with Vitrine"));
    let asked_for = said(bench.delete_property(&frame).unwrap_err());
    assert!(asked_for.contains("the profile “Rahmen” asks for “Größe des Rahmens”"), "{asked_for}");

    bench.add_statement(swing, &frame, "large").expect("adds");
    let lacking = |work: i64| bench.completeness(work, "rahmen").expect("tells").lacking.len();
    assert_eq!(lacking(swing), 1, "large is no measure");
    let second = said(bench.add_statement(swing, &frame, "30 x 40 cm").unwrap_err());
    assert!(
        second.contains("a work has one value of “Größe des Rahmens”, and this one has “large” already"),
        "{second}"
    );
    bench.undo().expect("takes it back");
    bench.add_statement(swing, &frame, "30 x 40 cm").expect("adds");
    assert_eq!((lacking(swing), lacking(watch)), (0, 1));
    assert_eq!(bench.record_plan().expect("lists").properties[0].works, 1);
    let change = BatchChangeView::Append { value: "1 m".into(), qualifier: None, settle: false };
    let append = BatchRequest { works: vec![swing, watch], property: frame.clone(), change };
    assert!(said(bench.batch_preview(&append, 9).unwrap_err()).contains("set it instead"));

    bench.delete_profile("rahmen").expect("deletes it");
    assert!(said(bench.delete_property(&frame).unwrap_err()).contains("works have values of it (1)"));
    bench.undo().expect("takes it back");
    let plan = bench.delete_property(&frame).expect("nothing uses it");
    assert!(plan.properties.is_empty() && !plan.profiles.iter().any(|profile| profile.own));
}

#[test]
fn works_are_put_on_lists_and_the_inbox_is_counted() {
    let desk = desk();
    let [swing, watch, _] = catalogued(&desk);
    let bench = &desk.bench;
    let put = bench.put_on_list("Loan", &[swing, watch]).expect("puts");
    assert_eq!((put.works.len(), put.lists[0].works), (2, 2));
    let of = |open: bool| {
        let filter = WorkFilter { open, ..WorkFilter::default() };
        let facets = bench.facets(&filter, 9, None).expect("counts").facets;
        let works = bench.works(&filter).expect("lists").total;
        let state = facets.iter().find(|facet| facet.facet == FacetKind::State).expect("states");
        assert_eq!(state.values.iter().map(|value| value.works).sum::<u64>(), works);
        assert_eq!(
            state.values.iter().any(|value| value.value == "complete"),
            !open && bench.library().expect("opens").badges.complete > 0
        );
        facets.iter().any(|facet| facet.facet == FacetKind::List)
    };
    assert!(of(false));
    of(true);
    assert_eq!(bench.take_off_list("loan", &[swing]).expect("takes").works, [swing]);
    assert_eq!(bench.give_up_list("Loan").expect("gives up").works, [watch]);
    assert!(!of(false));
}

#[test]
fn a_library_goes_back_to_a_backup() {
    let desk = desk();
    let [swing, ..] = catalogued(&desk);
    let backups = desk.bench.back_up().expect("backs up");
    let name = backups.backups[0].name.clone();
    let tried = desk.bench.rehearse(&name).expect("is sound");
    assert_eq!((tried.works, tried.statements), (3, 6));
    assert!(desk.bench.rehearse("../library.sqlite").is_err(), "only backups can be named");
    assert_eq!(desk.bench.check().expect("looks"), Vec::<String>::new());

    desk.bench.add_statement(swing, "title", "Another title").expect("adds");
    assert_eq!(desk.bench.restore_next(Some(&name)).expect("notes").restored_next.as_deref(), Some(name.as_str()));
    assert_eq!(desk.bench.restore_next(None).expect("takes back").restored_next, None);
    desk.bench.restore_next(Some(&name)).expect("notes");
    let Desk { bench, folder, .. } = desk;
    bench.close();
    drop(bench);
    let (bench, _) = open(&folder.path().join("library"));
    let titles = bench.work(swing).expect("opens").statements.into_iter().filter(|s| s.property == "title").count();
    assert_eq!(titles, 1, "it is as it was");
    assert_eq!(bench.backups().expect("lists").restored_next, None, "and stays so");
    let kept = fs::read_dir(folder.path().join("library")).expect("lists").filter_map(Result::ok);
    assert!(kept.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with("replaced ")));
}

#[test]
fn derived_lists_are_written_anew() {
    let desk = desk();
    catalogued(&desk);
    assert_eq!(desk.bench.repair().expect("writes"), Vec::<String>::new());
    let found = desk.bench.works(&WorkFilter { text: "rococo".into(), ..WorkFilter::default() }).expect("finds");
    assert_eq!(found.total, 1);
}

#[test]
fn tiles_are_made_once_somebody_looks() {
    let Desk { bench, folder, events } = desk();
    let (large, small) = (folder.path().join("large.png"), folder.path().join("small.png"));
    paint(5, 2600, 900).save(&large).expect("saves");
    paint(6, 400, 300).save(&small).expect("saves");
    import(&bench, vec![large, small]);
    let page = bench.works(&WorkFilter::default()).expect("lists");
    let scan = |name: &str| page.works.iter().find(|card| card.file_name == name).expect("there").scan;
    let small = scan("small.png");
    assert_eq!(bench.tiles(small, ScreenGamut::Srgb).expect("tells").state, TilesState::Needless);
    let scan = scan("large.png");
    let asked = bench.tiles(scan, ScreenGamut::Srgb).expect("tells");
    assert_eq!((asked.state, asked.levels, asked.side), (TilesState::Making, 4, 512));
    let size = |scan, gamut, level, x, y| {
        let tile = bench.tile(scan, gamut, level, x, y).expect("a place");
        image::image_dimensions(tile).expect("a tile")
    };
    let made = |scan, gamut| {
        let start = Instant::now();
        let told = |event: &WorkbenchEvent| matches!(event, WorkbenchEvent::Tiles { scan: made } if *made == scan);
        while !events.lock().expect("events").iter().any(told) {
            assert!(start.elapsed() < Duration::from_secs(120), "tiles are made");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(bench.tiles(scan, gamut).expect("tells").state, TilesState::Ready);
    };
    made(scan, ScreenGamut::Srgb);
    assert_eq!(size(scan, ScreenGamut::Srgb, 0, 5, 1), (40, 388));
    assert_eq!(size(scan, ScreenGamut::Srgb, 3, 0, 0), (325, 113));
    // The picture for the viewer is sRGB: on another screen a small scan takes tiles too.
    assert_eq!(bench.tiles(small, ScreenGamut::AdobeRgb).expect("tells").state, TilesState::Making);
    made(small, ScreenGamut::AdobeRgb);
    assert_eq!(size(small, ScreenGamut::AdobeRgb, 0, 0, 0), (400, 300));
}

#[test]
fn a_library_too_small_to_train_on_says_what_is_missing() {
    let Desk { bench, folder, .. } = desk();
    paint(1, 90, 70).save(folder.path().join("one.png")).expect("saves");
    let job = import(&bench, vec![folder.path().join("one.png")]);
    bench.add_statement(job.imported[0], "style", "Rococo").expect("is added");
    let pack = Settings::discover(None).pack;
    let settings = Settings { pack: pack.clone(), ..Settings::discover(None) };
    let options = vitrine_workbench::training::Options {
        seed: 1,
        artist_disjoint: false,
        strangers: None,
        recalibrate: None,
        every_painter: false,
        trial_only: false,
        calibration: None,
        epochs: Some(1),
        cache: Some(folder.path().join("cache")),
        output: folder.path().join("out"),
    };
    let data = vitrine_workbench::training::Data::Library(&bench);
    let refused =
        vitrine_workbench::training::run(&settings, data, options, &mut |_| std::ops::ControlFlow::Continue(()));
    let sentence = refused.expect_err("one work is too few").to_string();
    // Where set-up has not fetched the pack, that is what is missing.
    assert!(pack.is_none() || sentence.contains("labels for") || sentence.contains("missing"), "{sentence}");
    assert!(!folder.path().join("out").exists(), "nothing is written");
}

#[test]
fn subjects_come_out_of_iconclass_once_it_is_there() {
    let desk = desk();
    let [work, ..] = catalogued(&desk);
    let missing = desk.bench.iconclass("en").missing.expect("it has not been fetched");
    assert!(missing.contains("assets/iconclass/fetch.py"), "{missing}");
    assert_eq!(desk.bench.iconclass_search("lion", "en").expect_err("nothing to search").to_string(), missing);
    // Fetched while the library is open.
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vocabularies/fixtures/iconclass");
    let folder = desk.folder.path().join("iconclass");
    fs::create_dir(&folder).expect("a folder");
    for file in sample.read_dir().expect("the sample") {
        let file = file.expect("a file");
        fs::copy(file.path(), folder.join(file.file_name())).expect("copies");
    }
    assert_eq!(desk.bench.iconclass("de").divisions.len(), 3);
    let found = desk.bench.iconclass_search("Löwe", "de").expect("searches");
    assert_eq!((found.entries[1].notation.as_str(), found.total, found.language.as_str()), ("25F23(LION)", 2, "de"));

    let view = desk.bench.add_iconclass(work, "subject", "25f23(lion)(+46)", "de").expect("adds");
    let said = view.statements.iter().find(|said| said.property == "subject").expect("a subject");
    assert_eq!(said.value.as_deref(), Some("25F23(LION)(+46) jagende Tiere: Löwe (+ schlafend)"));
    let concept = said.concept.clone().expect("it names a concept");
    assert_eq!((concept.list.as_str(), concept.id.as_str()), ("Iconclass", "25F23(LION)(+46)"));
    assert_eq!(concept.uri.as_deref(), Some("https://iconclass.org/25F23%28LION%29%28%2B46%29"));
    assert_eq!(said.state, StateView::Edited);

    let view = desk.bench.edit_to_iconclass(said.id, "11H(ADELA)12", "en").expect("edits");
    let said = view.statements.iter().find(|said| said.property == "subject").expect("a subject");
    assert_eq!(said.value.as_deref(), Some("11H(ADELA)12 a harbour master (ADELA) lights the lantern"));
    let open = desk.bench.add_iconclass(work, "subject", "11H(...)", "en").expect_err("it wants a name").to_string();
    assert_eq!(open, "11H(...) leaves room for a name; write one in its brackets, as in 11H(ADELA)");
    let unknown = desk.bench.add_iconclass(work, "subject", "99Z", "en").expect_err("no such notation").to_string();
    assert!(unknown.contains("“99Z”"), "{unknown}");
    desk.bench.undo().expect("undoes").expect("something to undo");
    let back = desk.bench.work(work).expect("the work");
    assert!(back.statements.iter().any(|said| said.concept.as_ref() == Some(&concept)));
}

#[test]
fn terms_of_ones_own_lists_are_offered_taken_and_matched() {
    let desk = desk();
    let [swing, watch, _] = catalogued(&desk);
    let file = desk.folder.path().join("styles.csv");
    fs::write(
        &file,
        "id,term,uri,synonyms\nS1,Rococo period,https://example.org/s1,Rococo\nS2,Baroque,,\nS2,Again,,\n",
    )
    .expect("writes");
    let read = desk.bench.read_term_list(&file, None, "style", "en").expect("reads");
    assert_eq!((read.terms, read.problems.len(), read.lists[0].name.as_str()), (2, 1, "styles"));
    let offered = desk.bench.terms_typed("style", "roc").expect("offers");
    assert_eq!(offered.iter().map(|term| term.id.as_str()).collect::<Vec<_>>(), ["S1"]);
    assert!(desk.bench.terms_typed("genre", "roc").expect("offers").is_empty(), "a list is for its property");

    let unmatched = desk.bench.unmatched(read.list).expect("compares");
    let of = |value: &str| {
        let found = unmatched.iter().find(|one| one.value == value).expect("it was written");
        (found.statements, found.candidates[0].term.id.clone(), found.candidates[0].score)
    };
    assert_eq!(of("Baroque"), (1, "S2".to_owned(), 1.0));
    let (_, id, score) = of("Rococo");
    assert!(id == "S1" && score > 0.9 && score < 1.0, "{score}");

    let choose = |value: &str, term: &str| ChosenTerm { value: value.into(), term: term.into() };
    let chosen = [choose("Rococo", "S1"), choose("Baroque", "S2"), choose("never written", "S2")];
    assert_eq!(desk.bench.match_terms(read.list, &chosen).expect("matches"), 2);
    assert_eq!(desk.bench.match_terms(read.list, &chosen).expect("matches"), 0, "nothing is left");
    let style = |work| {
        let view = desk.bench.work(work).expect("the work");
        view.statements.into_iter().find(|said| said.property == "style").expect("a style")
    };
    let named = style(swing);
    let concept = named.concept.clone().expect("a concept");
    assert_eq!((named.value.as_deref(), concept.list.as_str()), (Some("Rococo period"), "styles"));
    assert_eq!(concept.uri.as_deref(), Some("https://example.org/s1"));
    desk.bench.undo().expect("undoes").expect("one act");
    assert_eq!((style(swing).value.as_deref(), style(watch).concept), (Some("Rococo"), None));

    let view = desk.bench.edit_to_term(style(watch).id, read.list, "S1").expect("edits");
    assert!(view.statements.iter().any(|said| said.value.as_deref() == Some("Rococo period")));
    let view = desk.bench.add_term(watch, "style", read.list, "S2").expect("adds");
    assert!(view.statements.iter().any(|said| said.concept.as_ref().is_some_and(|concept| concept.id == "S2")));
    let missing = desk.bench.add_term(watch, "style", read.list, "S9").expect_err("no such term").to_string();
    assert_eq!(missing, "the list styles has no term with the identifier S9; look at the list again");
    assert!(desk.bench.forget_term_list(read.list).expect("forgets").is_empty());
    assert!(style(watch).concept.is_some(), "what was named stays named");
    let gone = desk.bench.unmatched(read.list).expect_err("it is forgotten").to_string();
    assert!(gone.contains("no list of terms"), "{gone}");
}
