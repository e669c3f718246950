//! Archives as libzim writes them (`fixtures/make_zim.py`), and the same damaged in every place that a reader follows.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use vitrine_sources::zim::{ZimArchive, ZimReader};
use vitrine_sources::{LinkTarget, Page, PageReader, Position};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/harbour.zim")
}

fn pages(reader: ZimReader) -> Vec<Page> {
    reader.map(|page| page.unwrap()).collect()
}

#[test]
fn an_archive_gives_its_articles_with_links_images_and_provenance() {
    let pages = pages(ZimReader::open(&fixture(), None, None).unwrap());
    assert_eq!(pages.len(), 32, "the redirect is no page");
    let harbour = pages.iter().find(|page| page.id == "Harbour").unwrap();
    assert_eq!(harbour.title, "Harbour");
    let [opening, history] = &harbour.fragments[..] else { panic!("{:?}", harbour.fragments) };
    assert_eq!(opening.id, "harbours_en/Harbour#0");
    assert!(opening.text.ends_with("in front of them. Boats."), "{}", opening.text);
    assert_eq!(opening.links[0].target, LinkTarget::Page("Boats and Quays".to_owned()));
    assert_eq!(&opening.text[opening.links[0].range.clone()], "Boats");
    assert_eq!(history.section, ["History"]);
    assert_eq!(
        (history.images[0].name.as_str(), history.images[0].caption.as_str()),
        ("_assets_/Port.jpg", "The port")
    );
    let provenance = &history.provenance;
    assert_eq!((provenance.source.as_str(), provenance.licence.as_deref()), ("Harbours", Some("CC0")));
    assert_eq!((provenance.language.as_deref(), provenance.date.as_deref()), (Some("en"), Some("2024-05-01")));
    assert!(provenance.address.as_deref().unwrap().ends_with("harbour.zim#Harbour"));
    assert_eq!(provenance.revision.as_deref().map(str::len), Some(16));
}

#[test]
fn images_are_found_by_path_and_metadata_by_name() {
    let mut archive = ZimArchive::open(&fixture()).unwrap();
    let image = archive.image("_assets_/Port.jpg").unwrap().unwrap();
    assert_eq!(image, (0..=255).collect::<Vec<u8>>().repeat(4));
    assert_eq!(archive.image("_assets_/none.jpg").unwrap(), None);
    assert_eq!(
        archive.image("Port").unwrap().map(|page| page.starts_with(b"<!DOCTYPE")),
        Some(true),
        "a redirect is followed"
    );
    assert_eq!(archive.metadata("Publisher").unwrap().as_deref(), Some("Vitrine"));
    assert_eq!(archive.metadata("Nothing").unwrap(), None);
}

#[test]
fn reading_resumes_after_every_page() {
    let all = pages(ZimReader::open(&fixture(), None, None).unwrap());
    for stop in 0..=all.len() {
        let mut reader = ZimReader::open(&fixture(), None, None).unwrap();
        reader.by_ref().take(stop).for_each(drop);
        let rest = ZimReader::open(&fixture(), None, Some(&reader.reached())).unwrap();
        assert_eq!(pages(rest), all[stop..]);
    }
    for position in ["", "3", "00:3", "harbour.zim"] {
        let error = ZimReader::open(&fixture(), None, Some(&Position(position.to_owned()))).unwrap_err().to_string();
        assert!(error.contains("beginning"), "{error}");
    }
}

/// Opens and reads what `damage` makes of the archive; the errors' sentences.
fn read_damaged(damage: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.zim");
    let mut bytes = fs::read(fixture()).unwrap();
    damage(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let mut errors = Vec::new();
    match ZimReader::open(&path, None, None) {
        Ok(reader) => errors.extend(reader.filter_map(Result::err).map(|problem| problem.to_string())),
        Err(error) => errors.push(error.to_string()),
    }
    if let Ok(mut archive) = ZimArchive::open(&path) {
        errors.extend(archive.image("_assets_/Port.jpg").err().map(|error| error.to_string()));
    }
    errors
}

fn put(at: usize, value: u64) -> impl FnOnce(&mut Vec<u8>) {
    move |bytes| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Changes each cluster's position in the list, or the bytes there.
fn each_cluster(change: impl Fn(&mut [u8], &mut [u8])) -> impl FnOnce(&mut Vec<u8>) {
    move |bytes| {
        let count = u32::from_le_bytes(bytes[28..32].try_into().unwrap());
        for number in 0..count as usize {
            let pointer = u64_at(bytes, 48) as usize + number * 8;
            let mut position: [u8; 8] = bytes[pointer..pointer + 8].try_into().unwrap();
            let at = u64::from_le_bytes(position) as usize;
            change(&mut position, &mut bytes[at..]);
            bytes[pointer..pointer + 8].copy_from_slice(&position);
        }
    }
}

#[test]
fn damage_is_told_by_name() {
    let bytes = fs::read(fixture()).unwrap();
    let paths = u64_at(&bytes, 32) as usize;
    for (what, errors) in [
        ("not a ZIM archive", read_damaged(|bytes| bytes[0] = 0)),
        ("not a ZIM archive", read_damaged(|bytes| bytes.truncate(40))),
        ("version 9.", read_damaged(|bytes| bytes[4] = 9)),
        ("the list of entries", read_damaged(put(32, u64::MAX - 4))),
        ("the list of clusters", read_damaged(put(48, 1 << 40))),
        ("the list of media types", read_damaged(put(56, 1 << 40))),
        ("the list of entries", read_damaged(|bytes| bytes[24..28].copy_from_slice(&u32::MAX.to_le_bytes()))),
        ("an entry", read_damaged(put(paths, u64::MAX))),
        ("cluster", read_damaged(each_cluster(|pointer, _| pointer.fill(0x70)))),
        ("compressed in a way", read_damaged(each_cluster(|_, cluster| cluster[0] = 0x0e))),
        ("cannot be decompressed", read_damaged(each_cluster(|_, cluster| cluster[1..12].fill(0xff)))),
        ("cut off", read_damaged(|bytes| bytes.truncate(bytes.len() / 2))),
    ] {
        let errors = errors.join("\n");
        assert!(errors.contains(what) && errors.contains("damaged.zim"), "wanted “{what}”: {errors}");
    }
}

#[test]
fn no_damage_of_a_byte_makes_it_panic_or_read_without_end() {
    let length = fs::read(fixture()).unwrap().len();
    // Every byte of the header, and some of everything else.
    for at in (0..80).chain((80..length).step_by(397)) {
        for value in [0, 0xff, 0x80] {
            read_damaged(|bytes| bytes[at] = value);
        }
    }
}

#[test]
fn one_broken_cluster_costs_its_articles_alone() {
    let bytes = fs::read(fixture()).unwrap();
    let clusters = u64_at(&bytes, 48) as usize;
    let count = u32::from_le_bytes(bytes[28..32].try_into().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.zim");
    let mut whole_at_least_once = false;
    for cluster in 0..count as usize {
        let mut bytes = bytes.clone();
        let at = u64_at(&bytes, clusters + cluster * 8) as usize;
        bytes[at + 1..at + 12].fill(0);
        fs::write(&path, bytes).unwrap();
        let read: Vec<_> = ZimReader::open(&path, None, None).unwrap().collect();
        assert_eq!(read.len(), 32);
        let pages = read.iter().filter(|page| page.is_ok()).count();
        whole_at_least_once |= pages > 0 && pages < 32;
    }
    assert!(whole_at_least_once, "there are clusters of articles, and more than one");
}
