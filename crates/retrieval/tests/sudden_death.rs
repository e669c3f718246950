//! A process that builds, adds, removes and merges dies at every single step on files, and at random moments. Afterwards the index opens, holds
//! every acknowledged change, and every document has its own rows.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vitrine_retrieval::{Codebook, CodebookOptions, Document, Index, MultiVector, steps_taken};

const WIDTH: usize = 32;
/// Rows of a segment that is committed while documents are streamed in.
const BUILT_ROWS: usize = 40;
const FOLDER: &str = "VITRINE_RETRIEVAL_TEST_FOLDER";
const SEED: &str = "VITRINE_RETRIEVAL_TEST_SEED";
const DIE_AFTER: &str = "VITRINE_RETRIEVAL_DIE_AFTER";
/// Random deaths in a run of the tests; the environment can ask for more.
const KILLS: &str = "VITRINE_RETRIEVAL_TEST_KILLS";

/// One test at a time: a process that is being started holds, for a moment, the locks of the one that starts it.
static ALONE: Mutex<()> = Mutex::new(());

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// The rows of a document in one of its versions: any two differ.
fn rows(id: u64, version: u64) -> MultiVector {
    let mut random = Random(id * 1000 + version);
    let count = 1 + random.below(6) as usize;
    let values = (0..count * WIDTH).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect();
    MultiVector::normalised(values, WIDTH).unwrap()
}

fn document(id: u64, version: u64) -> Document {
    Document { id, note: [id, version].map(u64::to_le_bytes).concat(), rows: rows(id, version) }
}

fn codebook() -> Codebook {
    let sample: Vec<MultiVector> = (0..60).map(|i| rows(i, 0)).collect();
    Codebook::train(&sample, &CodebookOptions::for_rows(2000)).unwrap()
}

#[derive(Debug, Clone)]
enum Change {
    Add(Vec<(u64, u64)>),
    /// Streams documents in, committing some at a time; those that are there already stay as they are.
    Build(Vec<(u64, u64)>),
    Remove(Vec<u64>),
    Merge,
}

impl Change {
    fn say(&self) -> String {
        let list = |documents: &[(u64, u64)]| {
            documents.iter().map(|(id, version)| format!("{id}.{version}")).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::Add(documents) => format!("add {}", list(documents)),
            Self::Build(documents) => format!("build {}", list(documents)),
            Self::Remove(ids) => format!("remove {}", ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")),
            Self::Merge => "merge".to_owned(),
        }
    }

    fn hear(line: &str) -> Self {
        let mut words = line.split(' ');
        let kind = words.next().unwrap();
        let pair = |w: &str| w.split_once('.').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())).unwrap();
        match kind {
            "add" => Self::Add(words.map(pair).collect()),
            "build" => Self::Build(words.map(pair).collect()),
            "remove" => Self::Remove(words.map(|w| w.parse().unwrap()).collect()),
            _ => Self::Merge,
        }
    }

    fn make(&self, index: &Index) {
        match self {
            Self::Add(documents) => {
                let documents: Vec<Document> = documents.iter().map(|&(id, version)| document(id, version)).collect();
                index.add(&documents).unwrap();
            }
            Self::Build(documents) => {
                let documents = documents.iter().map(|&(id, version)| document(id, version));
                index.add_all(documents, BUILT_ROWS, &mut |_| true).unwrap();
            }
            Self::Remove(ids) => drop(index.remove(ids).unwrap()),
            Self::Merge => drop(index.merge().unwrap()),
        }
    }

    fn apply(&self, held: &mut BTreeMap<u64, u64>) {
        match self {
            Self::Add(documents) => held.extend(documents.iter().copied()),
            Self::Build(documents) => {
                for &(id, version) in documents {
                    held.entry(id).or_insert(version);
                }
            }
            Self::Remove(ids) => held.retain(|id, _| !ids.contains(id)),
            Self::Merge => {}
        }
    }
}

/// Changes of every kind in few steps: a build, additions large and small, a replacement, removals, a merge.
fn short_story() -> Vec<Change> {
    let mut story = vec![Change::Build((0..40).map(|id| (200 + id, 0)).collect())];
    story.push(Change::Add((0..20).map(|id| (id, 0)).collect()));
    story.extend((20..26).map(|id| Change::Add(vec![(id, 0)])));
    story.push(Change::Remove(vec![3, 21, 999]));
    story.push(Change::Add(vec![(5, 1), (26, 0)]));
    story.push(Change::Merge);
    story.push(Change::Remove((0..15).collect()));
    story.push(Change::Merge);
    story.push(Change::Add(vec![(1, 2)]));
    story
}

/// The process that dies. It is this test program again, told by the environment what to do; otherwise it has nothing to test.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "# {line}").and_then(|()| out.flush()).unwrap();
    };
    let index = match Index::open_for_writing(folder) {
        Ok(index) => index,
        Err(_) => Index::create(folder, &codebook(), "test").unwrap(),
    };
    let story: Box<dyn Iterator<Item = Change>> = match std::env::var(SEED) {
        Err(_) => Box::new(short_story().into_iter()),
        Ok(seed) => {
            let mut random = Random(seed.parse().unwrap());
            Box::new(std::iter::from_fn(move || {
                Some(match random.below(10) {
                    0 => Change::Merge,
                    3 => {
                        let (first, version) = (random.below(200), random.below(900));
                        Change::Build((first..first + 40).map(|id| (id, version)).collect())
                    }
                    1 | 2 => Change::Remove((0..1 + random.below(5)).map(|_| random.below(200)).collect()),
                    _ => {
                        let first = random.below(200);
                        let count = if random.below(4) == 0 { 30 } else { 1 };
                        let version = random.below(900);
                        Change::Add((first..first + count).map(|id| (id, version)).collect())
                    }
                })
            }))
        }
    };
    for change in story {
        say(&change.say());
        change.make(&index);
        say("done");
    }
    say(&format!("steps {}", steps_taken()));
}

fn start(folder: &Path, variables: &[(&str, String)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env("RAYON_NUM_THREADS", "1");
    command.envs(variables.iter().map(|(k, v)| (*k, v.clone())));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Applies what the process said it did; what it had begun when it died comes back.
fn listen(child: &mut Child, held: &mut BTreeMap<u64, u64>) -> (Option<Change>, u64) {
    let (mut begun, mut steps): (Option<Change>, u64) = (None, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some((_, line)) = line.split_once("# ") else { continue };
        match line {
            "done" => begun.take().unwrap().apply(held),
            _ if line.starts_with("steps ") => steps = line[6..].parse().unwrap(),
            _ => begun = Some(Change::hear(line)),
        }
    }
    child.wait().unwrap();
    (begun, steps)
}

/// Opens the index and compares it with what must be there. The change that was under way may have happened or not, but not in part.
fn check(folder: &Path, held: &mut BTreeMap<u64, u64>, begun: Option<Change>, what: &str) {
    let index = match Index::open_for_writing(folder) {
        Ok(index) => index,
        Err(vitrine_retrieval::EngineError::Missing { .. }) if held.is_empty() => return,
        Err(error) => panic!("{what}: {error}"),
    };
    let reader = index.reader();
    reader.verify().unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut there = BTreeMap::new();
    let reference = index.codebook();
    for id in reader.ids() {
        let note: Vec<u64> =
            reader.note(id).unwrap().chunks(8).map(|b| u64::from_le_bytes(b.try_into().unwrap())).collect();
        assert_eq!(note[0], id, "{what}: the note belongs to another document");
        assert!(there.insert(id, note[1]).is_none(), "{what}: document {id} is there twice");
        let decoded = reader.rows(id).unwrap().unwrap();
        assert_eq!(decoded, known(&reference, id, note[1]), "{what}: document {id} has other rows");
    }
    // What is streamed in may stand there in part, but from the first on and without a gap.
    let possible: Vec<Change> = match &begun {
        Some(Change::Build(all)) => (0..=all.len()).map(|count| Change::Build(all[..count].to_vec())).collect(),
        other => other.iter().cloned().collect(),
    };
    let may_be = |change: &Change| {
        let mut after = held.clone();
        change.apply(&mut after);
        there == after
    };
    let right = there == *held || possible.iter().any(may_be);
    assert!(right, "{what}: after {begun:?} it holds {there:?}, not {held:?}");
    *held = there;
}

/// The rows as they come back from an index that never saw a death, by way of its own folder.
fn known(book: &Codebook, id: u64, version: u64) -> MultiVector {
    use std::cell::RefCell;
    thread_local! {
        static KNOWN: RefCell<BTreeMap<(u64, u64), MultiVector>> = const { RefCell::new(BTreeMap::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        known
            .entry((id, version))
            .or_insert_with(|| {
                let folder = tempfile::tempdir().unwrap();
                let index = Index::create(folder.path(), book, "").unwrap();
                index.add(&[document(id, version)]).unwrap();
                index.reader().rows(id).unwrap().unwrap()
            })
            .clone()
    })
}

#[test]
fn after_every_single_step() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = tempfile::tempdir().unwrap();
    let mut held = BTreeMap::new();
    let (begun, steps) = listen(&mut start(whole.path(), &[]), &mut held);
    check(whole.path(), &mut held, begun, "undisturbed");
    assert!(steps >= 50, "{steps} steps");
    for step in 1..=steps {
        let folder = tempfile::tempdir().unwrap();
        let mut held = BTreeMap::new();
        let (begun, finished) = listen(&mut start(folder.path(), &[(DIE_AFTER, step.to_string())]), &mut held);
        assert_eq!(finished, 0, "step {step} was not the last");
        check(folder.path(), &mut held, begun, &format!("death after step {step} of {steps}"));
    }
}

#[test]
fn at_random_moments() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let kills = std::env::var(KILLS).ok().and_then(|k| k.parse().ok()).unwrap_or(20u64);
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(1);
    let mut held = BTreeMap::new();
    for kill in 0..kills {
        let mut child = start(folder.path(), &[(SEED, kill.to_string())]);
        std::thread::sleep(Duration::from_millis(20 + random.below(300)));
        // SIGKILL where there is such a thing: no destructor runs, nothing is flushed.
        child.kill().unwrap();
        let (begun, _) = listen(&mut child, &mut held);
        check(folder.path(), &mut held, begun, &format!("kill {kill}"));
    }
}
