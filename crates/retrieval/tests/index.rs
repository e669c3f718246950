//! The index as its users see it.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vitrine_retrieval::{
    Codebook, CodebookOptions, Document, EngineError, ExactIndex, Index, Match, MultiVector, SearchOptions, Wanted,
    max_sim,
};

const WIDTH: usize = 48;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Roughly normal.
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| (self.next() >> 40) as f32 / (1u32 << 24) as f32).sum::<f32>() - 3.0
    }
}

/// Rows about 300 words, as texts have: a document repeats some of them, each a little changed.
fn rows(id: u64, count: usize) -> MultiVector {
    let mut random = Random(id);
    let values = (0..count)
        .flat_map(|_| {
            let mut word = Random((1 << 40) | (random.next() % 300));
            let word: Vec<f32> = (0..WIDTH).map(|_| word.normal()).collect();
            word.into_iter().map(|v| v + 0.4 * random.normal()).collect::<Vec<_>>()
        })
        .collect();
    MultiVector::normalised(values, WIDTH).unwrap()
}

fn document(id: u64, count: usize) -> Document {
    Document { id, note: id.to_le_bytes().to_vec(), rows: rows(id, count) }
}

fn codebook(rows_expected: u64) -> Codebook {
    trained(&CodebookOptions::for_rows(rows_expected))
}

fn trained(options: &CodebookOptions) -> Codebook {
    let sample: Vec<MultiVector> = (0..400).map(|id| rows(id, 20)).collect();
    Codebook::train(&sample, options).unwrap()
}

fn filled(folder: &Path, count: u64) -> Index {
    let index = Index::create(folder, &codebook(count * 20), "words").unwrap();
    index.add(&(0..count).map(|id| document(id, 20)).collect::<Vec<_>>()).unwrap();
    index
}

/// A query made of some of a document's rows.
fn query(id: u64) -> MultiVector {
    let all = rows(id, 20);
    MultiVector::new(all.values()[..8 * WIDTH].to_vec(), WIDTH).unwrap()
}

fn exact_best(count: u64, query: &MultiVector, k: usize) -> Vec<u64> {
    let mut exact = ExactIndex::new("", "", WIDTH);
    (0..count).for_each(|id| exact.push(id.to_string(), &rows(id, 20)).unwrap());
    exact.search(query, None, k).unwrap().iter().map(|h| h.id.parse().unwrap()).collect()
}

#[test]
fn ranks_nearly_as_exact_search_does() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 600);
    let reader = index.reader();
    let mut found = 0;
    for id in 0..20 {
        let hits = reader.search(&query(id), None, 10).unwrap();
        assert_eq!(hits[0].id, id);
        let exact = max_sim(&query(id), &rows(id, 20)).unwrap();
        assert!((hits[0].score / exact - 1.0).abs() < 0.03, "{} for {exact}", hits[0].score);
        assert!((hits[0].mean - hits[0].score / 8.0).abs() < 1e-5);
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        let best = exact_best(600, &query(id), 10);
        found += hits.iter().filter(|h| best.contains(&h.id)).count();
    }
    assert!(found >= 190, "{found} of 200");
}

#[test]
fn the_score_is_that_of_the_rows_it_gives_back() {
    let folder = tempfile::tempdir().unwrap();
    let reader = filled(folder.path(), 50).reader();
    for hit in reader.search(&query(7), None, 10).unwrap() {
        let exact = max_sim(&query(7), &reader.rows(hit.id).unwrap().unwrap()).unwrap();
        assert!((hit.score - exact).abs() < 0.01 * 8.0, "{} for {exact}", hit.score);
    }
}

#[test]
fn lists_find_what_scanning_finds() {
    let folder = tempfile::tempdir().unwrap();
    let listed = CodebookOptions { lists: true, ..CodebookOptions::for_rows(240_000) };
    let index = Index::create(folder.path(), &trained(&listed), "").unwrap();
    index.add(&(0..2400).map(|id| document(id, 100)).collect::<Vec<_>>()).unwrap();
    index.add(&[document(5000, 20)]).unwrap();
    let reader = index.reader();
    let by_lists = SearchOptions { scanned_rows: 0, rough: 500, ..SearchOptions::default() };
    let mut same = 0;
    for id in (0..200).step_by(10).chain([5000]) {
        let scanned = reader.search(&query(id), None, 10).unwrap();
        let listed = reader.search_with(&query(id), None, 10, &Wanted::All, &by_lists).unwrap();
        assert_eq!((scanned[0].id, listed[0].id), (id, id));
        same += listed.iter().filter(|l| scanned.iter().any(|s| s.id == l.id)).count();
    }
    assert!(same >= 200, "{same} of 210");
}

#[test]
fn documents_come_are_replaced_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 30);
    assert_eq!((index.reader().len(), index.label().as_str()), (30, "words"));
    let changed = Document { id: 3, note: b"new".to_vec(), rows: rows(1003, 20) };
    index.add(&[changed, document(77, 20)]).unwrap();
    assert_eq!((index.reader().len(), index.reader().note(3)), (31, Some(&b"new"[..])));
    assert_eq!(index.reader().search(&query(1003), None, 1).unwrap()[0].id, 3);
    assert_eq!(index.remove(&[3, 4, 4, 999]).unwrap(), 2);
    drop(index);
    let reader = Index::open(folder.path()).unwrap().reader();
    assert!(!reader.contains(3) && !reader.contains(4) && reader.contains(77));
    assert_eq!(reader.ids().collect::<HashSet<_>>().len(), 29);
    assert!(reader.search(&query(4), None, 40).unwrap().iter().all(|h| h.id != 4));
}

#[test]
fn merging_changes_nothing_but_files() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 20);
    (20..40).for_each(|id| index.add(&[document(id, 20)]).unwrap());
    index.remove(&[1, 22]).unwrap();
    let (before, old) = (index.reader(), index.reader().search(&query(30), None, 38).unwrap());
    assert!(index.merge().unwrap() > 10);
    let after = index.reader();
    assert!(after.segments() < 9 && before.segments() == 20, "document 22 was a segment of its own");
    for reader in [&before, &after, &Index::open(folder.path()).unwrap().reader()] {
        assert_eq!(reader.len(), 38);
        let scores = |hits: &[Match]| hits.iter().map(|h| (h.id, h.score.to_bits())).collect::<BTreeMap<_, _>>();
        assert_eq!(scores(&reader.search(&query(30), None, 38).unwrap()), scores(&old));
    }
    let segments = fs::read_dir(folder.path()).unwrap().flatten();
    let held = segments.filter(|f| f.path().extension().is_some_and(|e| e == "segment")).count();
    assert_eq!(held, after.segments());
}

#[test]
fn what_is_removed_during_a_merge_stays_removed() {
    let folder = tempfile::tempdir().unwrap();
    let index = Arc::new(filled(folder.path(), 20));
    (20..60).for_each(|id| index.add(&[document(id, 20)]).unwrap());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let searching = scope.spawn(|| {
            let mut searches = 0;
            while !stop.load(Ordering::Relaxed) {
                // Document 59 is never touched: every moment's index has it.
                assert_eq!(index.reader().search(&query(59), None, 1).unwrap()[0].id, 59);
                searches += 1;
            }
            searches
        });
        let merging = index.merge_in_background();
        for id in 0..40 {
            index.remove(&[id]).unwrap();
            index.add(&[document(100 + id, 5)]).unwrap();
        }
        merging.join().unwrap().unwrap();
        index.merge().unwrap();
        stop.store(true, Ordering::Relaxed);
        assert!(searching.join().unwrap() > 0);
    });
    let ids: HashSet<u64> = index.reader().ids().collect();
    assert_eq!(ids, (40..60).chain(100..140).collect());
}

#[test]
fn a_search_keeps_to_the_ids_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let reader = filled(folder.path(), 100).reader();
    let only = Wanted::Only([5, 9, 200].into());
    let search = |wanted: &Wanted| reader.search_with(&query(7), None, 10, wanted, &SearchOptions::default()).unwrap();
    assert_eq!(search(&only).iter().map(|h| h.id).collect::<HashSet<_>>(), [5, 9].into());
    assert!(search(&Wanted::AllBut([7].into())).iter().all(|h| h.id != 7));
    assert_eq!(search(&Wanted::All)[0].id, 7);
}

#[test]
fn weights_choose_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let reader = filled(folder.path(), 100).reader();
    let (a, b) = (rows(11, 20), rows(12, 20));
    let both = MultiVector::new([a.row(0), a.row(1), b.row(0), b.row(1)].concat(), WIDTH).unwrap();
    let only_b = reader.search(&both, Some(&[0.0, 0.0, 1.0, 1.0]), 1).unwrap()[0];
    let alone = MultiVector::new([b.row(0), b.row(1)].concat(), WIDTH).unwrap();
    let expected = reader.search(&alone, None, 1).unwrap()[0];
    assert_eq!(only_b.id, expected.id);
    assert!((only_b.mean - expected.mean).abs() < 0.01);
    for bad in [[-1.0, 1.0, 1.0, 1.0], [f32::NAN, 1.0, 1.0, 1.0]] {
        assert!(reader.search(&both, Some(&bad), 1).is_err());
    }
}

#[test]
fn a_hit_is_explained_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let reader = filled(folder.path(), 40).reader();
    let matches = reader.explain(&query(7), 7).unwrap().unwrap();
    assert_eq!(matches.iter().map(|m| m.query_row).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    let score: f32 = matches.iter().map(|m| m.score).sum();
    let hit = reader.search(&query(7), None, 1).unwrap()[0];
    assert!((score - hit.score).abs() < 0.08, "{score} for {}", hit.score);
    // The query is the document's first rows.
    assert_eq!(matches.iter().filter(|m| m.document_row == m.query_row).count(), 8);
    assert!(reader.explain(&query(7), 4000).unwrap().is_none());
}

#[test]
fn an_interrupted_addition_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), &codebook(20_000), "").unwrap();
    let documents = || (0..1000).map(|id| document(id, 20));
    index.add_all(documents(), 4000, &mut |done| done < 500).unwrap();
    let held = index.reader().len();
    assert!((500..1000).contains(&held), "{held}");
    let mut told = Vec::new();
    index
        .add_all(documents(), 4000, &mut |done| {
            told.push(done);
            true
        })
        .unwrap();
    assert_eq!((index.reader().len(), told.last()), (1000, Some(&1000)));
    assert_eq!(index.reader().ids().collect::<HashSet<_>>().len(), 1000);
    assert!(index.reader().segments() >= 5);
}

#[test]
fn empty_documents_and_queries_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 10);
    let none = MultiVector::new(vec![], WIDTH).unwrap();
    index.add(&[Document { id: 50, note: vec![], rows: none.clone() }]).unwrap();
    index.add(&[]).unwrap();
    let hits = index.reader().search(&query(3), None, 20).unwrap();
    assert_eq!((hits.len(), hits.last().map(|h| h.id)), (11, Some(50)));
    assert!(index.reader().search(&none, None, 5).unwrap().is_empty());
    assert!(index.reader().search(&query(3), None, 0).unwrap().is_empty());
    assert_eq!(index.reader().rows(50).unwrap().unwrap().len(), 0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 10);
    let narrow = MultiVector::new(vec![1.0, 0.0], 2).unwrap();
    let add = index.add(&[Document { id: 50, note: vec![], rows: narrow.clone() }]);
    assert!(matches!(add, Err(EngineError::Width { id: 50, rows: 2, index: WIDTH })));
    assert!(matches!(index.add(&[document(60, 5), document(60, 5)]), Err(EngineError::Twice { id: 60 })));
    assert!(index.reader().search(&narrow, None, 1).is_err());
    assert_eq!(index.reader().len(), 10);
    assert!(matches!(Index::create(folder.path(), &codebook(100), ""), Err(EngineError::Locked { .. })));
    assert!(matches!(Index::open_for_writing(folder.path()), Err(EngineError::Locked { .. })));
    let reading = Index::open(folder.path()).unwrap();
    assert!(matches!(reading.add(&[document(70, 5)]), Err(EngineError::ReadOnly { .. })));
    index.add(&[document(80, 5)]).unwrap();
    assert!(!reading.reader().contains(80));
    reading.refresh().unwrap();
    assert!(reading.reader().contains(80));
    drop(index);
    assert!(matches!(Index::create(folder.path(), &codebook(100), ""), Err(EngineError::Exists { .. })));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Index::open(empty.path()), Err(EngineError::Missing { .. })));
}

/// A document that says all of its 20 rows twice.
fn said_twice(id: u64) -> Document {
    let once = rows(id, 20);
    let twice = [once.values(), once.values()].concat();
    Document { rows: MultiVector::new(twice, WIDTH).unwrap(), ..document(id, 20) }
}

#[test]
fn near_rows_share_codes_and_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let book = trained(&CodebookOptions { near: 0.05, ..CodebookOptions::for_rows(1000) });
    let index = Index::create(folder.path(), &book, "").unwrap();
    (0..8).for_each(|part| index.add(&(part * 5..part * 5 + 5).map(said_twice).collect::<Vec<_>>()).unwrap());
    let before = index.reader();
    assert_eq!((before.rows_given(), before.segments()), (1600, 8));
    assert!((700..=800).contains(&before.rows_held()), "{}", before.rows_held());
    index.merge().unwrap();
    for reader in [before, index.reader()] {
        reader.verify().unwrap();
        assert_eq!(reader.rows_given(), 1600);
        for id in 0..40 {
            let coded = reader.rows(id).unwrap().unwrap();
            let given = said_twice(id).rows;
            assert_eq!(coded.len(), 40);
            for row in 0..20 {
                assert_eq!(coded.row(row), coded.row(row + 20));
                let cosine: f32 = coded.row(row).iter().zip(given.row(row)).map(|(a, b)| a * b).sum();
                assert!(cosine > 0.9, "row {row} of {id}: {cosine}");
            }
            assert_eq!(reader.search(&query(id), None, 1).unwrap()[0].id, id);
        }
    }
}

/// Every file, damaged in many ways: either it is refused by its name, or everything read from it is as it was; and nothing panics.
#[test]
fn damaged_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let book = trained(&CodebookOptions { near: 0.05, ..CodebookOptions::for_rows(1000) });
    let index = Index::create(folder.path(), &book, "").unwrap();
    index.add(&(0..40).map(said_twice).collect::<Vec<_>>()).unwrap();
    index.remove(&[3]).unwrap();
    drop(index);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|f| f.path()).collect();
    let mut random = Random(9);
    let (mut tried, mut refused) = (0, 0);
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e != "lock") || p.ends_with("manifest")) {
        let whole = fs::read(path).unwrap();
        let mut damaged: Vec<Vec<u8>> =
            (0..40).map(|_| whole[..random.next() as usize % whole.len()].to_vec()).collect();
        damaged.extend((0..60).map(|_| {
            let mut bytes = whole.clone();
            let at = random.next() as usize % bytes.len();
            bytes[at] ^= 1 << (random.next() % 8);
            bytes
        }));
        // Stretches overwritten, left out, doubled, or put where another was: lengths and places that do not fit.
        damaged.extend((0..60).map(|way| {
            let mut bytes = whole.clone();
            let mut place = || random.next() as usize % whole.len();
            let (from, to) = (place(), place());
            let length = (1 + place() % 64).min(whole.len() - from.max(to));
            let stretch = whole[from..from + length].to_vec();
            match way % 4 {
                0 => bytes[to..to + length].iter_mut().for_each(|b| *b = random.next() as u8),
                1 => drop(bytes.drain(from..from + length)),
                2 => drop(bytes.splice(from..from, stretch)),
                _ => bytes[to..to + length].copy_from_slice(&stretch),
            }
            bytes
        }));
        damaged.retain(|bytes| *bytes != whole);
        damaged.push([&whole[..], &[0; 9]].concat());
        damaged.push(vec![0; whole.len()]);
        for bytes in damaged {
            // A new file: the old one may still be mapped.
            fs::remove_file(path).unwrap();
            fs::write(path, &bytes).unwrap();
            tried += 1;
            let opened = Index::open(folder.path()).and_then(|index| {
                let reader = index.reader();
                // Before it is verified, wrong answers are allowed, panics are not.
                let _ = reader.search(&query(7), None, 5);
                let _ = reader.search_with(
                    &query(7),
                    None,
                    5,
                    &Wanted::All,
                    &SearchOptions { scanned_rows: 0, ..SearchOptions::default() },
                );
                for id in 0..40 {
                    let _ = (reader.rows(id), reader.note(id), reader.explain(&query(7), id));
                }
                reader.verify()
            });
            if let Err(error) = opened {
                refused += 1;
                let name = path.file_name().unwrap().to_string_lossy();
                assert!(error.to_string().contains(&*name), "{error} does not name {name}");
            }
        }
        fs::remove_file(path).unwrap();
        fs::write(path, &whole).unwrap();
    }
    // What is not refused was flipped between the parts, in bytes that mean nothing.
    assert!(refused * 100 >= tried * 97, "{refused} of {tried}");
    Index::open(folder.path()).unwrap().reader().verify().unwrap();
}
