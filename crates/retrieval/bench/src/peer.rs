//! next-plaid on the same rows.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use ndarray::Array2;
use next_plaid::{IndexConfig, MmapIndex, SearchParameters};
use vitrine_retrieval::MultiVector;

use crate::corpus::{Corpus, WIDTH};
use crate::measure::{Line, Truth, cpu_seconds};

#[allow(clippy::too_many_arguments)]
/// `bits` a number of the codes; `None`: signs alone.
pub fn measure(
    scratch: &Path,
    corpus: &Corpus,
    count: usize,
    queries: &[MultiVector],
    truths: &[(u64, Truth)],
    name: &str,
    bits: Option<usize>,
    keep: bool,
) -> Result<(), Box<dyn Error>> {
    let folder = scratch.join(format!("next-plaid-{count}-{}", bits.unwrap_or(1)));
    let kept = keep && folder.exists();
    if !kept {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
    }
    let path = folder.to_str().ok_or("a folder's name is not UTF-8")?;
    let array = |m: &MultiVector| Array2::from_shape_vec((m.len(), WIDTH), m.values().to_vec());
    let documents = (0..count).map(|n| array(&corpus.document(n))).collect::<Result<Vec<_>, _>>()?;
    let queries = queries.iter().map(array).collect::<Result<Vec<_>, _>>()?;
    let mut line = Line { name: name.to_owned(), ..Line::default() };
    if !kept {
        let before = cpu_seconds();
        let config =
            IndexConfig { nbits: bits.unwrap_or(4), binary: bits.is_none(), seed: Some(1), ..IndexConfig::default() };
        drop(MmapIndex::create_with_kmeans(&documents, path, &config)?);
        line.build_cpu = cpu_seconds() - before;
    }
    let rows = documents.iter().map(|d| d.nrows() as u64).sum();
    drop(documents);
    let started = Instant::now();
    let index = MmapIndex::load(path)?;
    line.open = started.elapsed();
    line.bytes = crate::folder_bytes(&folder);
    let parameters = SearchParameters::default();
    line.search(&queries, truths, |q| {
        index
            .search(q, &parameters, None)
            .map(|r| r.passage_ids.iter().map(|&id| id as u64).collect())
            .unwrap_or_default()
    });
    line.print(count, rows);
    Ok(())
}
