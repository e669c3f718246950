//! Measures the engine on real rows, and its nearest peer in the same go.
//!
//!     retrieval-bench ROWS SCRATCH [--documents 2870,12000] [--most-rows 150] [--queries 200] [--tuning] [--sweep] [--alone]
//!         [--keep | --go-on] [--no-means] [--code COARSE,FINE,NEAR] [--pool 2,3,4] [--papers]
//!         [--errors]
//!
//! Queries come in two halves: settings are chosen on the one (`--tuning`, and always with `--sweep`), and reported on the other.
//! ROWS holds what `make_rows.py` wrote; SCRATCH takes the indices, and the exact rankings. Times are of one query at a time on all of rayon's threads
//! (RAYON_NUM_THREADS). `--keep` searches an index that is there, `--go-on` first finishes one whose making was interrupted. With `--pool` documents are also
//! pooled to one row in so many, with `--errors` it is said how far scores lie from exact ones, with `--papers` the two-stage search of the papers stands below. With the feature `next-plaid` that engine does too.

mod corpus;
mod measure;
mod papers;
#[cfg(feature = "next-plaid")]
mod peer;
mod truth;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use corpus::{Corpus, Random};
use measure::{Line, Truth, cpu_seconds, peak_megabytes};
use truth::{kept, truths};
use vitrine_retrieval::{
    Codebook, CodebookOptions, Document, Index, MultiVector, Reader, RelevanceEstimate, SearchOptions, Wanted, max_sim,
    pool,
};

struct Arguments {
    rows: PathBuf,
    scratch: PathBuf,
    documents: Vec<usize>,
    queries: usize,
    /// On the half of the queries that settings are chosen on.
    tuning: bool,
    /// Only our engine, with a sweep over what a search may look at.
    sweep: bool,
    /// Instead of the two usual codes: bits of coarse and fine code, and how near rows become one.
    code: Option<[f32; 3]>,
    /// Documents keep nothing in common.
    no_means: bool,
    /// No peer.
    alone: bool,
    /// An index that is there already is searched, not made again.
    keep: bool,
    /// An index whose making was interrupted is finished.
    go_on: bool,
    /// Mixed documents have no more rows than this.
    most_rows: usize,
    /// Documents are also pooled to one row in so many.
    pools: Vec<usize>,
    /// Also the papers' two-stage search.
    papers: bool,
    /// Also how far scores lie from exact ones.
    errors: bool,
}

fn numbers(list: &str) -> Result<Vec<usize>, String> {
    list.split(',').map(|n| n.parse().map_err(|_| format!("{n} is no number"))).collect()
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let mut next = |what: &str| given.next().ok_or(format!("{what} is missing"));
    let (rows, scratch) = (next("the folder of the rows")?.into(), next("the folder for indices")?.into());
    let mut arguments = Arguments {
        rows,
        scratch,
        documents: vec![2870, 12_000],
        queries: 200,
        tuning: false,
        sweep: false,
        keep: false,
        go_on: false,
        most_rows: usize::MAX,
        pools: Vec::new(),
        papers: false,
        errors: false,
        alone: false,
        no_means: false,
        code: None,
    };
    while let Ok(flag) = next("") {
        match flag.as_str() {
            "--documents" => arguments.documents = numbers(&next("the numbers of documents")?)?,
            "--most-rows" => {
                arguments.most_rows = next("the most rows")?.parse().map_err(|_| "no number of rows")?;
            }
            "--pool" => arguments.pools = numbers(&next("the rows that become one")?)?,
            "--papers" => arguments.papers = true,
            "--errors" => arguments.errors = true,
            "--go-on" => arguments.go_on = true,
            "--queries" => {
                arguments.queries = next("the number of queries")?.parse().map_err(|_| "no number of queries")?
            }
            "--code" => {
                let numbers = next("the code")?.split(',').map(str::parse).collect::<Result<Vec<f32>, _>>();
                let numbers = numbers.map_err(|_| "a code is three numbers")?;
                arguments.code = Some(numbers.try_into().map_err(|_| "a code is three numbers")?);
            }
            "--tuning" => arguments.tuning = true,
            "--sweep" => (arguments.sweep, arguments.tuning) = (true, true),
            "--no-means" => arguments.no_means = true,
            "--alone" => arguments.alone = true,
            "--keep" => arguments.keep = true,
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok(arguments)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let corpus = Corpus::read(&arguments.rows, arguments.most_rows)?;
    std::fs::create_dir_all(&arguments.scratch)?;
    let chosen = chosen(corpus.queries.len(), arguments.queries, arguments.tuning);
    let queries: Vec<MultiVector> = chosen.iter().map(|&q| corpus.queries[q].clone()).collect();
    for &count in &arguments.documents {
        let path = format!("exact-{count}-{}-{}-{}", arguments.most_rows, chosen.len(), arguments.tuning);
        let path = arguments.scratch.join(path);
        let truths = kept(&path, || truths(&corpus, count, &chosen, &|rows| rows))?;
        let exact = truths.iter().map(|(_, t)| t.gain).sum::<f64>() / truths.len() as f64;
        println!(
            "\n{count} documents, {} queries to {}, exact nDCG@5 {exact:.4}, {} threads\n",
            queries.len(),
            if arguments.tuning { "tune on" } else { "report on" },
            rayon::current_num_threads()
        );
        println!(
            "| engine | build CPU s | bytes a row | bytes a document | open ms | p50 / p95 ms | recall@10 | nDCG@5 |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        let rows = count as u64 * 150;
        pooled(&arguments, &corpus, count, &chosen, &truths)?;
        if arguments.papers {
            papers::measure(&corpus, count, &queries, &truths);
        }
        let usual = CodebookOptions { document_means: !arguments.no_means, ..CodebookOptions::for_rows(rows) };
        let small = CodebookOptions { document_means: !arguments.no_means, ..CodebookOptions::small(rows) };
        let codes = match arguments.code {
            Some([coarse_bits, fine_bits, near]) => vec![CodebookOptions { coarse_bits, fine_bits, near, ..usual }],
            None => vec![usual, small],
        };
        for (number, options) in codes.iter().enumerate() {
            ours(&arguments, &corpus, count, &queries, &truths, options, number == 0)?;
        }
        #[cfg(feature = "next-plaid")]
        if !arguments.alone && !arguments.sweep && count <= 12_000 {
            for (name, bits) in [("next-plaid, 4 bits", Some(4)), ("next-plaid, binary", None)] {
                peer::measure(&arguments.scratch, &corpus, count, &queries, &truths, name, bits, arguments.keep)?;
            }
        }
    }
    Ok(())
}

/// `wished` queries of one half of all of them, without repetition: every other one is there to tune on, the rest to report on.
fn chosen(all: usize, wished: usize, tuning: bool) -> Vec<usize> {
    let mut half: Vec<usize> = (usize::from(!tuning)..all).step_by(2).collect();
    let mut random = Random(5);
    for place in (1..half.len()).rev() {
        half.swap(place, random.below(place + 1));
    }
    half.truncate(wished);
    half
}

#[allow(clippy::too_many_arguments)]
fn ours(
    arguments: &Arguments,
    corpus: &Corpus,
    count: usize,
    queries: &[MultiVector],
    truths: &[(u64, Truth)],
    options: &CodebookOptions,
    with_additions: bool,
) -> Result<(), Box<dyn Error>> {
    let CodebookOptions { coarse_bits, fine_bits, near, document_means, .. } = *options;
    let mut name = format!("ours, {coarse_bits} + {fine_bits} bits");
    if near > 0.0 {
        name += &format!(", near {near}");
    }
    if !document_means {
        name += ", no means";
    }
    let code = format!("{coarse_bits}-{fine_bits}-{near}-{document_means}");
    let folder = arguments.scratch.join(format!("ours-{count}-{}-{code}", arguments.most_rows));
    let mut line = Line { name: name.clone(), ..Line::default() };
    if !folder.exists() || !arguments.keep {
        let index = if arguments.go_on && folder.exists() {
            Index::open_for_writing(&folder)?
        } else {
            let _ = std::fs::remove_dir_all(&folder);
            let sample = sample(corpus, count);
            let before = cpu_seconds();
            let book = Codebook::train(&sample, options).ok_or("no rows to learn from")?;
            line.build_cpu = cpu_seconds() - before;
            let (seconds, centroids) = (line.build_cpu, book.centroid_count());
            let bits = book.coarse_bits();
            eprintln!("codebook: {seconds:.1} CPU s, {centroids} centroids, bits of the coarse code {bits:?}");
            Index::create(&folder, &book, "bench")?
        };
        line.build_cpu += fill(&index, corpus, count)?;
        eprintln!("at most {:.0} MB of memory so far", peak_megabytes());
    }
    let started = Instant::now();
    let index = Index::open(&folder)?;
    line.open = started.elapsed();
    let reader = index.reader();
    line.bytes = folder_bytes(&folder);
    let mut search = |name: String, options: SearchOptions| {
        (line.name, line.times) = (name, Vec::new());
        line.search(queries, truths, |q| {
            let hits = reader.search_with(q, None, 10, &Wanted::All, &options);
            hits.map(|hits| hits.iter().map(|h| h.id).collect()).unwrap_or_default()
        });
        line.print(count, reader.rows_given());
    };
    let usual = SearchOptions::default();
    search(name.clone(), usual);
    if arguments.errors {
        errors(&reader, corpus, queries)?;
    }
    eprintln!("{:.3} of the rows have codes of their own", reader.rows_held() as f64 / reader.rows_given() as f64);
    if with_additions && !arguments.keep && count <= 12_000 {
        relevance(&reader, corpus)?;
        additions(&folder, corpus)?;
    }
    if arguments.sweep {
        for (coarse, coarse_at_least, full, full_at_least) in [
            (512, 192, 72, 72),
            (512, 192, 160, 24),
            (512, 192, 160, 32),
            (512, 192, 160, 48),
            (512, 512, 160, 40),
            (1024, 1024, 160, 160),
        ] {
            let name = format!("{name}: {coarse}, at least {coarse_at_least}, {full}, at least {full_at_least}");
            search(name, SearchOptions { coarse, coarse_at_least, full, full_at_least, ..usual });
        }
        for reach in [0.5, 1.5, 2.0] {
            search(format!("{name}: reach {reach}"), SearchOptions { reach, ..usual });
        }
        for lists in [16, 32, 64] {
            for rough in [2048, 4096, 8192] {
                search(
                    format!("{name}, {lists} lists, {rough} rough"),
                    SearchOptions { scanned_rows: 0, lists, rough, ..usual },
                );
            }
        }
    }
    Ok(())
}

/// How far the scores of the best 40 documents lie from the exact ones, a query row: as they are, and from the rows that codes stand for. What all documents of a query have in
/// common moves none past another, and is left out.
fn errors(reader: &Reader, corpus: &Corpus, queries: &[MultiVector]) -> Result<(), Box<dyn Error>> {
    let mut squares = [0.0f64; 2];
    let mut count = 0;
    for query in queries {
        let mut found = Vec::new();
        for hit in reader.search(query, None, 40)? {
            let exact = max_sim(query, &corpus.document(hit.id as usize))?;
            let rows = reader.rows(hit.id)?.ok_or("a document that was found is not there")?;
            let error = |score: f32| f64::from(score - exact) / query.len() as f64;
            found.push([error(hit.score), error(max_sim(query, &rows)?)]);
        }
        for (way, square) in squares.iter_mut().enumerate() {
            let mean = found.iter().map(|e| e[way]).sum::<f64>() / found.len().max(1) as f64;
            *square += found.iter().map(|e| (e[way] - mean).powi(2)).sum::<f64>();
        }
        count += found.len();
    }
    let [score, rows] = squares.map(|square| (square / count.max(1) as f64).sqrt());
    eprintln!("errors a query row: {score:.5} of scores, {rows:.5} of the rows that codes stand for");
    Ok(())
}

/// How well it is told that nothing was found: queries whose document is there and stands first, against queries whose document may not be found. The
/// estimate is fitted on queries of the half to tune on, and judged on queries of the other.
fn relevance(reader: &Reader, corpus: &Corpus) -> Result<(), Box<dyn Error>> {
    const QUERIES: usize = 300;
    let examples = |tuning: bool| -> Result<Vec<([f32; 2], bool)>, Box<dyn Error>> {
        let mut hits = Vec::new();
        for sought in chosen(corpus.queries.len(), QUERIES, tuning) {
            let (query, sought) = (&corpus.queries[sought], sought as u64);
            let others = Wanted::AllBut([sought].into());
            let other = reader.search_with(query, None, 1, &others, &SearchOptions::default())?;
            hits.extend(other.first().map(|h| ([h.mean, h.standing], false)));
            let found = reader.search(query, None, 1)?;
            hits.extend(found.first().filter(|h| h.id == sought).map(|h| ([h.mean, h.standing], true)));
        }
        Ok(hits)
    };
    let judged = examples(false)?;
    let Some(estimate) = RelevanceEstimate::fit(&examples(true)?) else { return Ok(()) };
    let ways: [(&str, &dyn Fn(&[f32; 2]) -> f32); 3] =
        [("mean", &|h| h[0]), ("standing", &|h| h[1]), ("estimate", &|h| estimate.of(h))];
    for (name, way) in ways {
        let (mut present, mut absent): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
        judged.iter().for_each(|(h, is_right)| if *is_right { present.push(way(h)) } else { absent.push(way(h)) });
        present.sort_by(f32::total_cmp);
        let above = |score: f32| absent.iter().filter(|&&a| a < score).count() as f64 / absent.len() as f64;
        let area = present.iter().map(|&p| above(p)).sum::<f64>() / present.len() as f64;
        let kept = present.get(present.len() / 10).map_or(f64::NAN, |&least| above(least));
        eprintln!(
            "nothing found, by {name}: area under the curve {area:.3}; {kept:.3} of {} absent told where 90 % of {} present are kept",
            absent.len(),
            present.len()
        );
    }
    let right = judged.iter().filter(|(h, is)| (estimate.of(h) >= 0.5) == *is).count() as f64 / judged.len() as f64;
    let no = judged.iter().filter(|h| !h.1).count() as f64 / judged.len() as f64;
    eprintln!("{right:.3} judged rightly ({no:.3} by always saying no), {estimate:?}");
    Ok(())
}

/// What it takes to add one document, and a thousand at once, until they are on the disk: to a copy of the index.
fn additions(folder: &Path, corpus: &Corpus) -> Result<(), Box<dyn Error>> {
    let copy = folder.with_extension("added");
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir_all(&copy)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        std::fs::copy(entry.path(), copy.join(entry.file_name()))?;
    }
    let index = Index::open_for_writing(&copy)?;
    let new =
        |id: u64| Document { id: (1 << 40) + id, note: Vec::new(), rows: corpus.document(1_000_000 + id as usize) };
    let mut single: Vec<f64> = Vec::new();
    for id in 0..20 {
        let document = [new(id)];
        let started = Instant::now();
        index.add(&document)?;
        single.push(started.elapsed().as_secs_f64() * 1e3);
    }
    single.sort_by(f64::total_cmp);
    let thousand: Vec<Document> = (20..1020).map(new).collect();
    let started = Instant::now();
    index.add(&thousand)?;
    let many = started.elapsed().as_secs_f64() * 1e3;
    eprintln!(
        "adding one document: {:.1} ms, at most {:.1} of 20; a thousand at once: {many:.0} ms",
        single[10], single[19]
    );
    drop(index);
    std::fs::remove_dir_all(&copy)?;
    Ok(())
}

/// Documents to learn a codebook from, spread over all of them.
fn sample(corpus: &Corpus, count: usize) -> Vec<MultiVector> {
    let sampled = count.min(6_000);
    let mut random = Random(3);
    (0..sampled).map(|i| corpus.document(if sampled == count { i } else { random.below(count) })).collect()
}

/// Adds the documents that are not there yet; returns the CPU seconds that it took, less those in which documents were made.
fn fill(index: &Index, corpus: &Corpus, count: usize) -> Result<f64, Box<dyn Error>> {
    let held = index.reader().len();
    let (spent, before, started) = (AtomicU64::new(0), cpu_seconds(), Instant::now());
    let made = corpus.documents(held, count, &spent);
    let documents = made.map(|(id, rows)| Document { id, note: Vec::new(), rows });
    let mut told = 0;
    let mut progress = |done: u64| {
        if done >= told + 10_000 {
            told = done;
            let (seconds, computed) = (started.elapsed().as_secs_f64(), cpu_seconds() - before);
            eprintln!("{} of {count} documents, {seconds:.0} s, {computed:.0} CPU s", held as u64 + done);
        }
        true
    };
    index.add_all(documents, 4 << 20, &mut progress)?;
    Ok(cpu_seconds() - before - spent.load(Ordering::Relaxed) as f64 * 1e-9)
}

/// What exact ranking loses when documents are pooled.
fn pooled(
    arguments: &Arguments,
    corpus: &Corpus,
    count: usize,
    chosen: &[usize],
    whole: &[(u64, Truth)],
) -> Result<(), Box<dyn Error>> {
    for &factor in &arguments.pools {
        let ranked = truths(corpus, count, chosen, &|rows| pool(&rows, factor));
        let found = |(whole, ranked): (&(u64, Truth), &(u64, Truth))| {
            let both = whole.1.best.iter().filter(|id| ranked.1.best.contains(id)).count();
            both as f64 / whole.1.best.len() as f64
        };
        let queries = ranked.len() as f64;
        let recall = whole.iter().zip(&ranked).map(found).sum::<f64>() / queries;
        let gain = ranked.iter().map(|r| r.1.gain).sum::<f64>() / queries;
        println!("| exact, pooled to one row in {factor} | – | – | – | – | – | {recall:.3} | {gain:.4} |");
    }
    Ok(())
}

/// Bytes of all files in a folder.
fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| Some(e.metadata().ok()?.len())).sum()
}
