//! Asks the questions of `tests/works.toml` about works of Artpedia, and judges the answers of the compact pack by rule.
//!
//!     cargo run --release -p vitrine-assistant --example works -- ARTPEDIA.json KEEP [--read] [--fit]
//!
//! ARTPEDIA.json is the data set's file; KEEP is a folder in which the collection made of it stays for the next run. `--read` prints every answer, `--fit` asks the
//! questions that settings were chosen on instead of the others.
//!
//! A sentence counts as supported if its quotation stands word for word in the passage that it names and all else that it says is the link to the record, or if it is a
//! line of the record; the passage has to be of the work's page or of an article that the question or the record names. An answer counts as right if one of the
//! words that are given for the question stands in it; a question without such words has to be left unanswered.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use std::{env, fs};

use vitrine_assistant::{Answer, Assistant, ExtractiveExplainer, Sentence, Support, WorkAtHand};
use vitrine_inference::{CardLine, CompactPack, PackPaths, Retriever};
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
}

#[derive(serde::Deserialize)]
struct Painting {
    title: String,
    visual: Vec<String>,
    context: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (options, places): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word.starts_with("--"));
    let [artpedia, keep] = &places[..] else { return Err("name artpedia.json and a folder to keep its collection in".into()) };
    let has = |option: &str| options.iter().any(|given| given == option);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let questions: Questions = toml::from_str(&fs::read_to_string(root.join("tests/works.toml"))?)?;

    let pack = CompactPack::load(&PackPaths::compact(None)?)?;
    let keep = PathBuf::from(keep);
    fs::create_dir_all(&keep)?;
    let knowledge = KnowledgeBase::open_or_build(
        &root.join("../../assets/knowledge"),
        &keep.join("knowledge.index"),
        pack.retriever.clone(),
        &|_, _| {},
        &AtomicBool::new(false),
    )?;
    let collection = collection(Path::new(artpedia), &keep, pack.retriever.as_ref())?;
    println!("{} passages of Artpedia, {} in all", collection.findable(), knowledge.passages() + collection.findable());
    knowledge.set_collections(vec![Arc::new(collection)]);
    let knowledge = Arc::new(knowledge);
    let assistant = Assistant::new(knowledge.clone(), Arc::new(ExtractiveExplainer::new(pack.retriever.clone())));

    let mut score = Score::default();
    for question in questions.question.iter().filter(|question| question.fit == has("--fit")) {
        let card = question.card();
        let begun = Instant::now();
        let answer =
            assistant.ask(&question.text, &WorkAtHand::of_card(&card), &[], &mut |_| ControlFlow::Continue(()))?;
        score.milliseconds.push(begun.elapsed().as_secs_f64() * 1000.0);
        let right = score.count(question, &answer, &card, &knowledge)?;
        if has("--read") || !right {
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
    score.print();
    Ok(())
}

/// The collection made of Artpedia in the folder `keep`; it is made where there is none.
fn collection(artpedia: &Path, keep: &Path, retriever: &dyn Retriever) -> Result<Collection, Box<dyn Error>> {
    if let Some(known) = Collection::all(keep).0.pop().and_then(Arc::into_inner)
        && known.index_fragments(retriever, &mut |_| true)?
    {
        return Ok(known);
    }
    let pages = tempfile::tempdir()?;
    let paintings: BTreeMap<String, Painting> = serde_json::from_str(&fs::read_to_string(artpedia)?)?;
    for (id, Painting { title, visual, context }) in paintings {
        let paragraphs = visual.chunks(PARAGRAPH).chain(context.chunks(PARAGRAPH));
        let text: Vec<String> = paragraphs.map(|sentences| sentences.join(" ").replace('\n', " ")).collect();
        fs::write(pages.path().join(id).with_extension("md"), format!("# {title}\n\n{}\n", text.join("\n\n")))?;
    }
    let collection = Collection::create(keep, "Artpedia")?;
    let options = SourceOptions { licence: Some("CC BY-SA 4.0".to_owned()), ..SourceOptions::default() };
    let open = |from: Option<&Position>| open_source(pages.path(), &options, from);
    collection.read(pages.path(), &open, &|_| true, &mut |_| true)?;
    collection.index_fragments(retriever, &mut |_| true)?;
    Ok(collection)
}

impl Question {
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
    fn count(
        &mut self,
        question: &Question,
        answer: &Answer,
        card: &[CardLine],
        knowledge: &KnowledgeBase,
    ) -> Result<bool, Box<dyn Error>> {
        for sentence in &answer.sentences {
            self.sentences += 1;
            let supported = supported(sentence, question, card, knowledge)?;
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
        Ok(right)
    }

    fn print(mut self) {
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
fn supported(
    sentence: &Sentence,
    question: &Question,
    card: &[CardLine],
    knowledge: &KnowledgeBase,
) -> Result<bool, Box<dyn Error>> {
    let text = fold(&sentence.text);
    if sentence.support == Support::Record {
        return Ok(sentence.citations.is_empty() && card.iter().any(|line| text.contains(&fold(&line.value))));
    }
    let [citation] = &sentence.citations[..] else { return Ok(false) };
    let Some(fragment) = knowledge.fragment(&citation.fragment)? else { return Ok(false) };
    let quote = fold(&citation.quote);
    // The link stands before the quotation and names a value of the card.
    let Some(link) = text.strip_suffix(&quote) else { return Ok(false) };
    let links = link.is_empty() || card.iter().any(|line| link.contains(&fold(&line.value)));
    let title = fold(fragment.title.split(" (").next().unwrap_or_default());
    let asked = fold(&question.text);
    let about = card.iter().any(|line| fold(&line.value) == title)
        || title.split(' ').next_back().is_some_and(|last| asked.contains(last));
    Ok(fold(&fragment.text).contains(&quote) && links && about)
}
