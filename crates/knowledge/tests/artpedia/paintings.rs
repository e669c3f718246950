//! Artpedia's paintings, the collection that is made of them, and which of their sentences are asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use vitrine_inference::Retriever;
use vitrine_knowledge::{Collection, fold};
use vitrine_sources::{Position, SourceOptions, open_source};

/// Sentences of a paragraph, so that passages are as long as those of other sources.
const PARAGRAPH: usize = 4;
const QUESTIONS: usize = 300;
/// Every how manyeth painting is asked about.
const STEP: usize = 7;

#[derive(serde::Deserialize)]
pub struct Painting {
    pub title: String,
    pub visual: Vec<String>,
    pub context: Vec<String>,
    /// Which of the contextual sentences is asked.
    #[serde(skip)]
    pub asked: Option<usize>,
}

pub struct Question {
    pub page: String,
    pub title: String,
    pub artist: Option<String>,
    pub text: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the data for measurements lies.
pub fn data() -> PathBuf {
    env::var_os("VITRINE_TEST_DATA").map_or_else(|| root().join("../../../shared/data"), PathBuf::from)
}

/// A file's name without its ending.
pub fn stem(file: &str) -> String {
    Path::new(file).file_stem().unwrap().to_string_lossy().into_owned()
}

/// The paintings, where they are here.
pub fn paintings() -> Option<BTreeMap<String, Painting>> {
    let file = fs::read_to_string(data().join("texts/artpedia.json")).ok()?;
    Some(serde_json::from_str(&file).unwrap())
}

/// The questions; of their sentences is noted that they are asked.
pub fn take_questions(paintings: &mut BTreeMap<String, Painting>) -> Vec<Question> {
    let with_history = paintings.iter_mut().filter(|(_, painting)| painting.context.len() >= 3);
    let chosen = with_history.step_by(STEP).take(QUESTIONS);
    chosen
        .map(|(page, painting)| {
            let asked = painting.context.len() / 2;
            painting.asked = Some(asked);
            let text = painting.context[asked].replace('\n', " ");
            let history =
                painting.context.iter().enumerate().filter(|(at, _)| *at != asked).map(|(_, sentence)| sentence);
            let artist = painting.visual.iter().chain(history).find_map(|sentence| name_behind_by(sentence));
            Question { page: stem(page), title: painting.title.clone(), artist, text }
        })
        .collect()
}

/// The words with capitals, two at least, that follow a “by”; particles of names may stand between them.
pub fn name_behind_by(sentence: &str) -> Option<String> {
    const PARTICLES: [&str; 10] = ["van", "von", "de", "der", "den", "da", "di", "del", "la", "le"];
    let (_, behind) = sentence.split_once(" by ")?;
    let mut name: Vec<&str> = Vec::new();
    for word in behind.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = bare.starts_with(char::is_uppercase);
        if !capital && !PARTICLES.contains(&bare) {
            break;
        }
        name.push(bare);
        if !word.ends_with(bare) {
            break;
        }
    }
    while name.last().is_some_and(|word| PARTICLES.contains(word)) {
        name.pop();
    }
    (name.len() >= 2).then(|| name.join(" "))
}

impl Painting {
    /// Without the sentence that is asked.
    fn paragraphs(&self) -> Vec<String> {
        let whole = |sentences: &[String]| sentences.join(" ").replace('\n', " ");
        let visual = self.visual.chunks(PARAGRAPH).map(whole);
        let history = self.context.chunks(PARAGRAPH).enumerate().map(|(number, sentences)| {
            let told = sentences.iter().enumerate().filter(|(at, _)| self.asked != Some(number * PARAGRAPH + at));
            whole(&told.map(|(_, sentence)| sentence.clone()).collect::<Vec<_>>())
        });
        visual.chain(history).filter(|paragraph| !paragraph.is_empty()).collect()
    }
}

impl Question {
    pub fn names_its_title(&self) -> bool {
        let title = fold(self.title.split(" (").next().unwrap_or_default());
        fold(&self.text).contains(&title)
    }
}

/// The collection made of the paintings in the folder `keep`; it is made where there is none.
pub fn collection(paintings: &BTreeMap<String, Painting>, keep: &Path, retriever: &dyn Retriever) -> Collection {
    if let Some(known) = Collection::all(keep).0.pop().and_then(Arc::into_inner)
        && known.summary().unwrap().sources.iter().any(|source| source.finished)
    {
        assert!(known.index_fragments(retriever, &mut |_| true).unwrap());
        return known;
    }
    let pages = tempfile::tempdir().unwrap();
    for (id, painting) in paintings {
        let (title, text) = (&painting.title, painting.paragraphs());
        fs::write(pages.path().join(id).with_extension("md"), format!("# {title}\n\n{}\n", text.join("\n\n"))).unwrap();
    }
    let collection = Collection::create(keep, "Artpedia").unwrap();
    let options = SourceOptions { licence: Some("CC BY-SA 4.0".to_owned()), ..SourceOptions::default() };
    let open = |from: Option<&Position>| open_source(pages.path(), &options, from);
    collection.read(pages.path(), &open, &|_| true, &mut |_| true).unwrap();
    assert!(collection.index_fragments(retriever, &mut |_| true).unwrap());
    collection
}
