//! The questions of `works.toml` about works of Artpedia, asked of the compact pack and judged by rule.
//!
//!     cargo nextest run --workspace --run-ignored only --no-capture -E 'package(vitrine-assistant) and binary(works)'
//!
//! Artpedia lies in `../shared/data/texts`, or in the folder `texts` of the one that `VITRINE_TEST_DATA` names. The collection made of it takes some minutes, and stays in Cargo's
//! temporary folder for the next run. With `VITRINE_READ=1` every answer is printed, and not only those that are wrong.
//!
//! A sentence counts as supported if its quotation stands word for word in the passage that it names and all else that it says is the link to the record, or if it is a
//! line of the record; the passage has to be of the work's page or of an article that the question or the record names. An answer counts as right if one of the
//! words that are given for the question stands in it; a question without such words has to be left unanswered.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use std::{env, fs};

use vitrine_assistant::{Answer, Assistant, ExtractiveExplainer, Sentence, Support, WorkAtHand};
use vitrine_inference::{CardLine, CompactPack, InferenceError, PackPaths, Retriever};
use vitrine_knowledge::{Collection, KnowledgeBase, fold};
use vitrine_sources::{Position, SourceOptions, open_source};

/// Sentences of a paragraph, so that passages are as long as those of other sources.
const PARAGRAPH: usize = 4;

#[derive(serde::Deserialize)]
struct Questions {
    question: Vec<Question>,
}

#[derive(serde::Deserialize)]
struct Question {
    work: String,
    artist: Option<String>,
    date: Option<String>,
    style: Option<String>,
    text: String,
    says: Vec<String>,
    #[serde(default)]
    fit: bool,
    #[serde(default)]
    fresh: bool,
}

#[derive(serde::Deserialize)]
struct Painting {
    title: String,
    visual: Vec<String>,
    context: Vec<String>,
}

/// Artpedia's file, where there is one.
fn artpedia() -> Option<PathBuf> {
    let shared = env::var_os("VITRINE_TEST_DATA").map_or_else(|| root().join("../../../shared/data"), PathBuf::from);
    Some(shared.join("texts/artpedia.json")).filter(|file| file.is_file())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "it reads 5,000 passages, which takes minutes the first time"]
fn questions_about_works_are_answered_from_their_pages_or_left_alone() {
    let Some(artpedia) = artpedia() else {
        println!("skipped: Artpedia is not here");
        return;
    };
    let pack = match PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths)) {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return;
        }
        Err(other) => panic!("the compact pack is there and cannot be loaded: {other}"),
    };
    let questions: Questions = toml::from_str(&fs::read_to_string(root().join("tests/works.toml")).unwrap()).unwrap();
    let keep = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artpedia");
    fs::create_dir_all(&keep).unwrap();
    let knowledge = KnowledgeBase::open_or_build(
        &root().join("../../assets/knowledge"),
        &keep.join("knowledge.index"),
        pack.retriever.clone(),
        &|_, _| {},
        &AtomicBool::new(false),
    )
    .unwrap();
    let collection = collection(&artpedia, &keep, pack.retriever.as_ref());
    println!("{} passages of Artpedia beside {} of the articles", collection.findable(), knowledge.passages());
    knowledge.set_collections(vec![Arc::new(collection)]);
    let knowledge = Arc::new(knowledge);
    let assistant = Assistant::new(knowledge.clone(), Arc::new(ExtractiveExplainer::new(pack.retriever.clone())));
    // What is read from the disk the first time is no part of an answer's time.
    assistant.ask("What is a fresco?", &WorkAtHand::of_card(&[]), &[], &mut |_| ControlFlow::Continue(())).unwrap();

    for set in ["what settings were chosen on", "what was judged first, and read", "what was judged since"] {
        let mut score = Score::default();
        for question in questions.question.iter().filter(|question| question.set() == set) {
            let card = question.card();
            let work = WorkAtHand::of_card(&card);
            let begun = Instant::now();
            let answer = assistant.ask(&question.text, &work, &[], &mut |_| ControlFlow::Continue(())).unwrap();
            score.milliseconds.push(begun.elapsed().as_secs_f64() * 1000.0);
            let right = score.count(question, &answer, &card, &knowledge);
            if !right || env::var_os("VITRINE_READ").is_some() {
                println!("\n{} {}: {}", if right { " " } else { "!" }, question.work, question.text);
                for sentence in &answer.sentences {
                    let from: Vec<&str> = sentence.citations.iter().map(|citation| citation.title.as_str()).collect();
                    println!("    {} [{}]", sentence.text, from.join(", "));
                }
                if let Some(reason) = &answer.abstention {
                    println!("    – {reason}");
                }
            }
        }
        println!("\n{set}");
        score.print();
        assert_eq!(score.supported, score.sentences, "a sentence says what its passage does not");
    }
}

/// The collection made of Artpedia in the folder `keep`; it is made where there is none.
fn collection(artpedia: &Path, keep: &Path, retriever: &dyn Retriever) -> Collection {
    if let Some(known) = Collection::all(keep).0.pop().and_then(Arc::into_inner)
        && known.index_fragments(retriever, &mut |_| true).unwrap()
    {
        return known;
    }
    let pages = tempfile::tempdir().unwrap();
    let paintings: BTreeMap<String, Painting> = serde_json::from_str(&fs::read_to_string(artpedia).unwrap()).unwrap();
    for (id, Painting { title, visual, context }) in paintings {
        let paragraphs = visual.chunks(PARAGRAPH).chain(context.chunks(PARAGRAPH));
        let text: Vec<String> = paragraphs.map(|sentences| sentences.join(" ").replace('\n', " ")).collect();
        fs::write(pages.path().join(id).with_extension("md"), format!("# {title}\n\n{}\n", text.join("\n\n"))).unwrap();
    }
    let collection = Collection::create(keep, "Artpedia").unwrap();
    let options = SourceOptions { licence: Some("CC BY-SA 4.0".to_owned()), ..SourceOptions::default() };
    let open = |from: Option<&Position>| open_source(pages.path(), &options, from);
    collection.read(pages.path(), &open, &|_| true, &mut |_| true).unwrap();
    collection.index_fragments(retriever, &mut |_| true).unwrap();
    collection
}

impl Question {
    /// What the question is there for.
    fn set(&self) -> &'static str {
        match (self.fit, self.fresh) {
            (true, _) => "what settings were chosen on",
            (false, false) => "what was judged first, and read",
            (false, true) => "what was judged since",
        }
    }

    fn card(&self) -> Vec<CardLine> {
        let line = |property: &str, value: &Option<String>| {
            let (property, value) = (property.to_owned(), value.clone()?);
            Some(CardLine { property, value, qualifier: None, confidence: None })
        };
        // A record has the title without the note by which an encyclopaedia tells namesakes apart.
        let title = self.work.split(" (").next().map(str::to_owned);
        let lines = [("title", &title), ("artist", &self.artist), ("date", &self.date), ("style", &self.style)];
        lines.into_iter().filter_map(|(property, value)| line(property, value)).collect()
    }
}

#[derive(Default)]
struct Score {
    sentences: usize,
    supported: usize,
    /// Right and all: questions with an answer, questions without.
    answered: [(usize, usize); 2],
    milliseconds: Vec<f64>,
}

impl Score {
    /// Counts an answer; whether it is right.
    fn count(&mut self, question: &Question, answer: &Answer, card: &[CardLine], knowledge: &KnowledgeBase) -> bool {
        for sentence in &answer.sentences {
            self.sentences += 1;
            let supported = supported(sentence, question, card, knowledge);
            self.supported += usize::from(supported);
            if !supported {
                println!("\nnot supported: {}", sentence.text);
            }
        }
        let said: String = answer.sentences.iter().map(|sentence| fold(&sentence.text) + " ").collect();
        let right = if question.says.is_empty() {
            answer.sentences.is_empty() && answer.abstention.is_some()
        } else {
            question.says.iter().any(|words| said.contains(&fold(words)))
        };
        let (good, all) = &mut self.answered[usize::from(question.says.is_empty())];
        *good += usize::from(right);
        *all += 1;
        right
    }

    fn print(&mut self) {
        self.milliseconds.sort_by(f64::total_cmp);
        let at = |share: f64| self.milliseconds[((self.milliseconds.len() - 1) as f64 * share).round() as usize];
        let [(answered, answerable), (left, unanswerable)] = self.answered;
        println!("\nsentences supported              {} of {}", self.supported, self.sentences);
        println!("questions with an answer, right  {answered} of {answerable}");
        println!("questions without, left alone    {left} of {unanswerable}");
        println!("milliseconds                     median {:.0}, p95 {:.0}", at(0.5), at(0.95));
    }
}

/// Whether a sentence says what its source says, and its source is one that the question is about.
fn supported(sentence: &Sentence, question: &Question, card: &[CardLine], knowledge: &KnowledgeBase) -> bool {
    let text = fold(&sentence.text);
    if sentence.support == Support::Record {
        return sentence.citations.is_empty() && card.iter().any(|line| text.contains(&fold(&line.value)));
    }
    let [citation] = &sentence.citations[..] else { return false };
    let Some(fragment) = knowledge.fragment(&citation.fragment).unwrap() else { return false };
    let quote = fold(&citation.quote);
    // The link stands before the quotation and names a value of the card.
    let Some(link) = text.strip_suffix(&quote) else { return false };
    let links = link.is_empty() || card.iter().any(|line| link.contains(&fold(&line.value)));
    let title = fold(fragment.title.split(" (").next().unwrap_or_default());
    let asked = fold(&question.text);
    let about = card.iter().any(|line| fold(&line.value) == title)
        || title.split(' ').next_back().is_some_and(|last| asked.contains(last));
    fold(&fragment.text).contains(&quote) && links && about
}
