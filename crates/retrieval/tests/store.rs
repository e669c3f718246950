//! What a store of multi-vectors does, wherever it keeps them: the index in a folder always, a Qdrant server where `VITRINE_TEST_QDRANT` says its address
//! (its gRPC port, `http://localhost:6334`) and the feature `qdrant` is on.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use vitrine_retrieval::{Codebook, CodebookOptions, Document, Index, MultiVector, Store, Wanted};

const WIDTH: usize = 32;

fn rows(id: u64, count: usize) -> MultiVector {
    let mut state = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    };
    MultiVector::normalised((0..count * WIDTH).map(|_| next()).collect(), WIDTH).unwrap()
}

fn document(id: u64) -> Document {
    Document { id, note: id.to_le_bytes().to_vec(), rows: rows(id, 30) }
}

fn first_rows(id: u64) -> MultiVector {
    MultiVector::new(rows(id, 30).values()[..8 * WIDTH].to_vec(), WIDTH).unwrap()
}

/// The whole life of a collection.
fn lives(store: &dyn Store) {
    assert_eq!((store.dimension(), store.count().unwrap()), (WIDTH, 0));
    store.add(&(0..60).map(document).collect::<Vec<_>>()).unwrap();
    assert_eq!(store.count().unwrap(), 60);
    let all = |query: &MultiVector, k| store.search(query, None, k, &Wanted::All).unwrap();
    for id in [0, 7, 59] {
        let hits = all(&first_rows(id), 5);
        assert_eq!((hits.len(), hits[0].id), (5, id));
        assert!(hits[0].mean > 0.9 && (hits[0].mean - hits[0].score / 8.0).abs() < 1e-5, "{:?}", hits[0]);
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        assert_eq!(store.note(id).unwrap().unwrap(), id.to_le_bytes());
        let matches = store.explain(&first_rows(id), id).unwrap().unwrap();
        assert!(matches.iter().all(|m| m.document_row == m.query_row && m.score > 0.9), "{matches:?}");
    }
    assert!(store.note(900).unwrap().is_none() && store.explain(&first_rows(1), 900).unwrap().is_none());
    let only = store.search(&first_rows(7), None, 5, &Wanted::Only([3, 9].into())).unwrap();
    assert_eq!(only.iter().map(|h| h.id).collect::<std::collections::BTreeSet<_>>(), [3, 9].into());
    assert!(store.search(&first_rows(7), None, 60, &Wanted::AllBut([7].into())).unwrap().iter().all(|h| h.id != 7));
    let both = MultiVector::new([rows(11, 30).row(0), rows(12, 30).row(0)].concat(), WIDTH).unwrap();
    assert_eq!(store.search(&both, Some(&[0.0, 1.0]), 1, &Wanted::All).unwrap()[0].id, 12);
    assert!(store.search(&both, Some(&[-1.0, 1.0]), 1, &Wanted::All).is_err());
    store.add(&[Document { id: 7, note: b"new".to_vec(), rows: rows(1007, 30) }]).unwrap();
    assert_eq!((store.count().unwrap(), store.note(7).unwrap().unwrap()), (60, b"new".to_vec()));
    assert_eq!(all(&first_rows(1007), 1)[0].id, 7);
    assert_eq!(store.remove(&[7, 8, 900]).unwrap(), 2);
    assert_eq!(store.count().unwrap(), 58);
    assert!(all(&first_rows(8), 58).iter().all(|h| h.id != 8 && h.id != 7));
    let narrow = Document { id: 1, note: Vec::new(), rows: MultiVector::new(vec![1.0, 0.0], 2).unwrap() };
    assert!(store.add(&[narrow]).is_err() && store.search(&rows(1, 0), None, 3, &Wanted::All).unwrap().is_empty());
}

#[test]
fn an_index_in_a_folder_lives() {
    let folder = tempfile::tempdir().unwrap();
    let sample: Vec<MultiVector> = (0..60).map(|id| rows(id, 30)).collect();
    let book = Codebook::train(&sample, &CodebookOptions::for_rows(1800)).unwrap();
    lives(&Index::create(folder.path(), &book, "test").unwrap());
}

#[cfg(feature = "qdrant")]
#[test]
fn a_collection_on_a_server_lives() {
    let Ok(address) = std::env::var("VITRINE_TEST_QDRANT") else {
        eprintln!("skipped: VITRINE_TEST_QDRANT names no server; docs/retrieval.md says how to start one");
        return;
    };
    let key = std::env::var("VITRINE_TEST_QDRANT_KEY").ok();
    let name = format!("vitrine-test-{}", std::process::id());
    let open = || vitrine_retrieval::QdrantStore::open(&address, key.as_deref(), &name, WIDTH);
    let store = open().unwrap();
    lives(&store);
    assert_eq!(open().unwrap().count().unwrap(), 58);
    let other = vitrine_retrieval::QdrantStore::open(&address, key.as_deref(), &name, WIDTH + 1);
    assert!(other.err().unwrap().to_string().contains("32 numbers where 33 are needed"));
    store.remove_collection().unwrap();
}
