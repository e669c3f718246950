//! Dumps as they come: packed in one stream or in many, damaged, read in parts.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use vitrine_sources::dump::{Dump, DumpReader};
use vitrine_sources::subject::{CategoryTree, Selection, Subject};
use vitrine_sources::{Page, PageReader, Position};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn multistream() -> PathBuf {
    fixture("small-pages-articles-multistream.xml.bz2")
}

fn index() -> PathBuf {
    fixture("small-pages-articles-multistream-index.txt.bz2")
}

fn xml() -> Vec<u8> {
    let mut xml = Vec::new();
    MultiBzDecoder::new(fs::File::open(multistream()).unwrap()).read_to_end(&mut xml).unwrap();
    xml
}

/// The dump as one stream of small blocks, so that pages lie across their borders.
fn one_stream(xml: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(1));
    encoder.write_all(xml).unwrap();
    encoder.finish().unwrap()
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.0.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }
}

fn all(reader: DumpReader) -> (Vec<Page>, Vec<String>) {
    let (mut pages, mut problems) = (Vec::new(), Vec::new());
    for page in reader {
        match page {
            Ok(page) => pages.push(page),
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    (pages, problems)
}

fn read(file: &Path) -> (Vec<Page>, Vec<String>) {
    all(Dump::open(file).unwrap().read(Selection::everything()).unwrap())
}

#[test]
fn the_same_pages_come_however_the_dump_is_packed() {
    let files = Files::new();
    let xml = xml();
    let (pages, problems) = read(&multistream());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(read(&files.write("plain.xml", &xml)), (pages.clone(), vec![]));
    assert_eq!(read(&files.write("one.xml.bz2", &one_stream(&xml))), (pages.clone(), vec![]));

    let mut reader = Dump::open(&multistream()).unwrap().read(Selection::everything()).unwrap();
    assert_eq!(reader.by_ref().count(), pages.len());
    let (counts, progress) = (reader.counts(), reader.progress());
    let titles = String::from_utf8(xml).unwrap().matches("<page>").count() as u64;
    assert_eq!(counts.pages + counts.redirects + counts.other_namespaces, titles);
    assert!(counts.redirects >= 3 && counts.other_namespaces > 20 && counts.fragments > 200, "{counts:?}");
    assert!(progress.bytes_total - progress.bytes_done < 100, "{progress:?}");

    let page = pages.iter().find(|page| page.title.contains("Still Life")).unwrap();
    assert_eq!(page.provenance.source, "Artopaedia (en)");
    assert!(page.provenance.address.as_ref().unwrap().starts_with("https://artopaedia.example/wiki/Still_Life_with_"));
    assert_eq!((page.provenance.language.as_deref(), page.provenance.licence.as_deref()), (Some("en"), None));
    assert!(page.provenance.date.as_ref().unwrap().starts_with("2024-05-"));
    let fragments = || pages.iter().flat_map(|page| &page.fragments);
    assert!(fragments().all(|fragment| fragment.id.starts_with("artowiki/") && fragment.text.chars().count() >= 100));
    // But for an aside that never closes its own.
    let mut closed = fragments().filter(|fragment| !fragment.text.contains("was never closed"));
    assert!(closed.all(|fragment| !fragment.text.contains(['{', '<', '|'])), "marks are left");
    let ids: std::collections::HashSet<&String> = fragments().map(|fragment| &fragment.id).collect();
    assert_eq!(ids.len(), fragments().count());
    assert!(fragments().filter(|fragment| !fragment.images.is_empty()).count() > 40);
}

/// Stops after each page in turn and reads on from the position as it is stored.
#[test]
fn reading_resumes_after_any_page() {
    let files = Files::new();
    let xml = xml();
    let mut damaged = one_stream(&xml);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    for file in [
        multistream(),
        files.write("plain.xml", &xml),
        files.write("one.xml.bz2", &one_stream(&xml)),
        files.write("damaged.xml.bz2", &damaged),
    ] {
        let dump = Dump::open(&file).unwrap();
        let spelt = |item: Result<Page, _>| item.map_err(|problem: vitrine_sources::SourceProblem| problem.to_string());
        let undisturbed: Vec<_> = dump.read(Selection::everything()).unwrap().map(spelt).collect();
        for stop in [1, 2, 7, 20, undisturbed.len() / 2, undisturbed.len() - 1, undisturbed.len()] {
            let mut reader = dump.read(Selection::everything()).unwrap();
            let mut items: Vec<_> = reader.by_ref().take(stop).map(spelt).collect();
            let stored = serde_json::to_string(&reader.reached()).unwrap();
            drop(reader);
            let position: Position = serde_json::from_str(&stored).unwrap();
            let rest = Dump::open(&file).unwrap().read_from(Selection::everything(), &position).unwrap();
            items.extend(rest.map(spelt));
            assert_eq!(items.len(), undisturbed.len(), "{} after {stop}", file.display());
            assert!(items == undisturbed, "{} after {stop}", file.display());
        }
    }
}

#[test]
fn positions_of_other_dumps_are_refused() {
    let files = Files::new();
    let dump = Dump::open(&multistream()).unwrap();
    let other = Dump::open(&files.write("plain.xml", &xml())).unwrap();
    let mut reader = dump.read(Selection::everything()).unwrap();
    reader.next();
    let says = |position: &Position| match other.read_from(Selection::everything(), position) {
        Ok(_) => panic!("{position:?} was taken"),
        Err(error) => error.to_string(),
    };
    assert!(says(&reader.reached()).contains("another size"));
    assert!(says(&Position("nonsense".into())).contains("no position"));
    let length = xml().len();
    assert!(says(&Position(format!("{}:0/{length}", length + 1))).contains("behind the file's end"));
}

#[test]
fn damage_costs_the_pages_where_it_is_and_is_told() {
    let files = Files::new();
    let (whole, _) = read(&multistream());
    let packed = fs::read(multistream()).unwrap();
    for place in [packed.len() / 3, packed.len() / 2, packed.len() - 4000] {
        let mut damaged = packed.clone();
        damaged[place..place + 8].fill(0x55);
        let (pages, problems) = read(&files.write("damaged.xml.bz2", &damaged));
        assert!(pages.len() < whole.len() && pages.len() > whole.len() / 2, "{} of {}", pages.len(), whole.len());
        assert!(pages.iter().all(|page| whole.contains(page)));
        assert!(!problems.is_empty() && problems.len() <= 3, "{problems:?}");
        assert!(
            problems[0].contains("damaged.xml.bz2, about byte") && problems[0].contains("left out"),
            "{problems:?}"
        );
    }
    // In one stream the blocks around the damaged one are whole.
    let mut damaged = one_stream(&xml());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x10;
    let (pages, problems) = read(&files.write("damaged-one.xml.bz2", &damaged));
    assert!(pages.len() > whole.len() / 2 && pages.len() < whole.len());
    assert!((1..=3).contains(&problems.len()), "{problems:?}");
    // The file ends early, in a block and in a page.
    for (name, content) in
        [("cut.xml.bz2", &packed[..packed.len() * 2 / 3]), ("cut.xml", &xml()[..xml().len() * 2 / 3])]
    {
        let (pages, problems) = read(&files.write(name, content));
        assert!(pages.len() > whole.len() / 3 && pages.len() < whole.len());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("the file ends within it"), "{problems:?}");
    }
}

#[test]
fn pages_that_are_broken_are_skipped_by_name() {
    let files = Files::new();
    let page = |title: &str, text: &str| {
        format!(
            "<page><title>{title}</title><ns>0</ns><id>7</id><revision><id>1</id><text>{text}</text></revision></page>"
        )
        .into_bytes()
    };
    let long = "A text that is long enough to be a fragment, if only just. ".repeat(3);
    let mut xml = b"<mediawiki><siteinfo><sitename>W</sitename></siteinfo>".to_vec();
    xml.extend(page("Good", &long));
    xml.extend(page("Entity", "&nosuch;"));
    xml.extend(page("Tags", "<b>"));
    let mut bytes = page("Bytes", "x?y");
    let mark = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[mark] = 0xff;
    xml.extend(bytes);
    xml.extend(page(&"Long ".repeat(200), &long));
    xml.extend(b"<page><title>Unclosed</title>");
    xml.extend(page("Bomb", &"{{a|".repeat(2_500_000)));
    xml.extend(page("Good", &long));
    xml.extend(b"</mediawiki>");
    let (pages, problems) = read(&files.write("broken.xml", &xml));
    assert_eq!(pages.iter().map(|page| page.title.as_str()).collect::<Vec<_>>(), ["Good", "Bomb", "Good"]);
    assert_eq!(pages[0].fragments[0].id, "broken/7#0");
    assert_eq!(problems.len(), 5, "{problems:?}");
    for (problem, says) in problems.iter().zip([
        "“Entity”: it uses an entity",
        "“Tags”: it is not well-formed",
        "“Bytes”: it is not UTF-8",
        "more than 500 bytes",
        "its end is missing",
    ]) {
        assert!(problem.contains(says), "{problem}");
    }
}

#[test]
fn what_is_no_dump_is_refused_in_words() {
    let files = Files::new();
    let says = |name: &str, content: &[u8]| Dump::open(&files.write(name, content)).unwrap_err().to_string();
    assert!(says("page.html", b"<html></html>").contains("page.html is not a MediaWiki dump"));
    assert!(says("empty.xml", b"").contains("does not begin with <mediawiki>"));
    assert!(says("x.7z", b"7z\xbc\xaf\x27\x1c").contains("packed with 7-Zip; unpack it first"));
    assert!(says("x.xml.gz", &[0x1f, 0x8b, 8, 0]).contains("gzip"));
    assert!(says("x.bz2", b"BZh9garbage and more").contains("not a MediaWiki dump"));
    let mut cut = one_stream(&xml());
    cut.truncate(3000);
    assert!(says("cut.bz2", &cut).contains("download it again"));
    assert!(Dump::open(Path::new("/nowhere/x.bz2")).unwrap_err().to_string().contains("check that it is there"));
}

#[test]
fn a_subject_is_found_through_the_categories() {
    let dump = Dump::open(&multistream()).unwrap();
    let tree = dump.categories().unwrap();
    assert_eq!(dump.clone().with_index(&index()).categories().unwrap(), tree, "the index leads to the same categories");
    let read = |subject: &Subject| all(dump.read(subject.select(&tree)).unwrap()).0;
    let (art, everything) = (read(&Subject::default()), read(&Subject::everything()));
    assert!(art.len() < everything.len() && art.len() > everything.len() / 2);
    assert!(art.iter().all(|page| !page.title.starts_with("River")));
    let rest = everything.iter().filter(|page| !art.contains(page));
    assert!(rest.clone().count() > 0 && rest.clone().all(|page| page.title.starts_with("River")));
    // Paintings lie three steps below, so two do not reach them.
    let near = read(&Subject { depth: 2, ..Subject::default() });
    assert!(near.is_empty(), "{}", near.len());
    let query = Subject { queries: vec!["smalt ewer".into()], ..Subject::everything() };
    let found = read(&query);
    assert!(!found.is_empty() && found.len() < art.len());
}

#[test]
fn titles_are_read_through_the_index() {
    let dump = Dump::open(&multistream()).unwrap();
    let (whole, _) = read(&multistream());
    let wanted = [&whole[3], &whole[whole.len() - 2]];
    let titles = wanted.iter().map(|page| page.title.clone()).collect();
    let subject = Subject { titles, ..Subject::everything() };
    let selection = || subject.select(&CategoryTree::default());
    let mut with_index = dump.clone().with_index(&index()).read(selection()).unwrap();
    let pages: Vec<Page> = with_index.by_ref().map(Result::unwrap).collect();
    assert_eq!(pages.iter().collect::<Vec<_>>(), wanted);
    let without: Vec<Page> = dump.read(selection()).unwrap().map(Result::unwrap).collect();
    assert_eq!(without, pages);
    assert!(with_index.counts().other_subjects < whole.len() as u64 / 2, "only the streams with the titles are read");
    // Resumed between the two.
    let indexed = dump.clone().with_index(&index());
    let mut reader = indexed.read(selection()).unwrap();
    reader.next();
    let rest: Vec<Page> = indexed.read_from(selection(), &reader.reached()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rest, pages[1..]);

    let files = Files::new();
    let wrong = dump.with_index(&files.write("index.txt", b"600:10:A\n500:11:B\n")).read(selection());
    assert!(wrong.err().unwrap().to_string().contains("index.txt, line 2: it is no line of a multistream index"));
}
