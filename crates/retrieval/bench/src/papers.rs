//! The two-stage search of *ArtSeek* (Fanelli et al., 2025) and of Qdrant's guide to such models: MaxSim over nine pooled rows a document chooses candidates, MaxSim
//! over the signs of all rows ranks them.

use rayon::prelude::*;
use vitrine_retrieval::{ByteQuery, ByteRows, ByteScratch, MultiVector, pool_to_nine, top_k};

use crate::corpus::{Corpus, WIDTH};
use crate::measure::{Line, Truth, cpu_seconds};

/// Candidates of the first stage.
const CANDIDATES: [usize; 2] = [100, 500];

pub fn measure(corpus: &Corpus, count: usize, queries: &[MultiVector], truths: &[(u64, Truth)]) {
    let before = cpu_seconds();
    let coded: Vec<(ByteRows, ByteRows)> = (0..count)
        .into_par_iter()
        .map(|number| {
            let rows = corpus.document(number);
            (ByteRows::from(&pool_to_nine(&rows)), ByteRows::from(&signs(&rows)))
        })
        .collect();
    let build_cpu = cpu_seconds() - before;
    let rows: u64 = coded.iter().map(|c| c.1.len() as u64).sum();
    // In half precision the pooled rows, as the papers keep them; a bit a number the others.
    let bytes = coded.iter().map(|(pooled, all)| (pooled.len() * WIDTH * 2 + all.len() * WIDTH / 8) as u64).sum();
    let prepared: Vec<ByteQuery> = queries.iter().map(ByteQuery::from).collect();
    let score = |query: &ByteQuery, rows: &ByteRows, scratch: &mut ByteScratch| {
        query.max_sim(rows, scratch).unwrap_or(f32::MIN)
    };
    for candidates in [0].into_iter().chain(CANDIDATES) {
        let name = match candidates {
            0 => "papers: nine pooled rows alone".to_owned(),
            _ => format!("papers: signs of {candidates} by nine rows"),
        };
        let mut line = Line { name, build_cpu, bytes, ..Line::default() };
        line.search(&prepared, truths, |query| {
            let first: Vec<f32> = coded
                .par_iter()
                .with_min_len(64)
                .map_init(ByteScratch::default, |scratch, (pooled, _)| score(query, pooled, scratch))
                .collect();
            let best = top_k(&first, candidates.max(10));
            if candidates == 0 {
                return best.iter().map(|b| b.document as u64).collect();
            }
            let second: Vec<f32> = best
                .par_iter()
                .with_min_len(8)
                .map_init(ByteScratch::default, |scratch, b| score(query, &coded[b.document].1, scratch))
                .collect();
            top_k(&second, 10).iter().map(|r| best[r.document].document as u64).collect()
        });
        line.print(count, rows);
    }
}

/// Each number as one step up or down, of unit length.
fn signs(rows: &MultiVector) -> MultiVector {
    let step = 1.0 / (WIDTH as f32).sqrt();
    let values = rows.values().iter().map(|v| if *v >= 0.0 { step } else { -step }).collect();
    MultiVector::new(values, WIDTH).expect("finite rows")
}
