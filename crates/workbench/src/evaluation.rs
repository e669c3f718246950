//! Evaluations with the installed packs, for the front doors: the packs become a [`Subject`], the library a data set.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fs,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use vitrine_assistant::{Answer, Assistant, ExtractiveExplainer, WorkAtHand, WrittenExplainer};
use vitrine_catalogue::{Judged, Pack};
pub use vitrine_evaluation::{
    EvaluationError,
    data::{DataSet, Form, read},
    instructions,
    run::{Comparison, Figure, Options, PackName, Progress, RunReport, Task, compare},
};
use vitrine_evaluation::{
    data::Item,
    metrics::{
        bert::TokenRows,
        meteor::{Meteor, Package},
    },
    run::{Label, Listener, Scorers, Sentence, Subject, TextRows},
    track::{Decided, TrackRecord, track_records},
};
use vitrine_imaging::{Limits, read_scan};
use vitrine_inference::device::{DeviceKind, OpenDevice};
use vitrine_inference::{
    CardLine, Classifier, InferenceError, PackIdentity, PackManifest, TextEncoder,
    model_pack::{InstalledPacks, REWRITER},
    writer::Writer,
};
use vitrine_knowledge::{Collection, KnowledgeBase};
use vitrine_retrieval::{ExactIndex, MultiVector, max_sim};

use crate::{
    Settings, Workbench, WorkbenchError,
    collections::collections_of,
    models::Models,
    view::{StateView, TrackRecordView, WorkFilter},
    views,
};

/// Properties whose values are prose that tells about a work.
const PROSE: [&str; 5] = ["description", "provenance", "inscription", "note", "notes"];

/// Labels that are kept of an answer: enough for top 3 and a look at the rest.
const LABELS: usize = 10;

/// What a run is made with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Means<'a> {
    /// The pack that is measured: an added one that writes; the compact one if none is named.
    pub pack: Option<&'a str>,
    /// The folder of a library in whose collections explanations may look things up, beside the articles.
    pub library: Option<&'a Path>,
    /// The folder that METEOR reads its word lists from.
    pub meteor: Option<&'a Path>,
}

/// Measures a pack on `data`.
pub fn run(
    settings: &Settings,
    Means { pack, library, meteor }: Means<'_>,
    task: Task,
    data: DataSet,
    options: &Options,
    hear: Listener<'_>,
) -> Result<RunReport, WorkbenchError> {
    let models = Models::load(settings)?;
    let pack = pack.filter(|id| *id != models.retriever.pack().id);
    let collections = library.map(collections).transpose()?.unwrap_or_default();
    let subject = Installed::new(settings, models, pack, collections)?;
    let text_pack = TextPack::of(settings, task)?;
    let scorers = scorers(text_pack.as_ref(), meteor)?;
    Ok(vitrine_evaluation::run::run(task, data, &subject, &scorers, options, hear)?)
}

/// The collections of the library in the folder `library`, all of them or a sentence on the first that can't be opened.
fn collections(library: &Path) -> Result<Vec<Arc<Collection>>, WorkbenchError> {
    let (collections, problems) = Collection::all(&collections_of(library));
    match problems.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => Ok(collections),
    }
}

/// Scores predictions that were made elsewhere, as [`run`] does; without the compact pack there is no BERTScore.
pub fn score(
    settings: &Settings,
    task: Task,
    data: DataSet,
    predictions: &Path,
    meteor: Option<&Path>,
    options: &Options,
) -> Result<RunReport, WorkbenchError> {
    // Whoever trains elsewhere may have no weights here; the report then says that BERTScore is absent.
    let text_pack = TextPack::of(settings, task).unwrap_or(None);
    let scorers = scorers(text_pack.as_ref(), meteor)?;
    Ok(vitrine_evaluation::run::score(task, data, predictions, &scorers, options)?)
}

fn scorers<'a>(text_pack: Option<&'a TextPack>, meteor: Option<&Path>) -> Result<Scorers<'a>, WorkbenchError> {
    let meteor = meteor.map(Package::read).transpose()?.map(Meteor::new);
    Ok(Scorers { meteor, text_rows: text_pack.map(|pack| pack as &dyn TextRows) })
}

/// The compact pack's text network, whose token rows BERTScore compares.
struct TextPack {
    identity: PackIdentity,
    encoder: TextEncoder,
}

impl TextPack {
    /// Loaded where the task's figures need it and the pack is there.
    fn of(settings: &Settings, task: Task) -> Result<Option<Self>, WorkbenchError> {
        let explains = matches!(task, Task::ExplanationWithTitle | Task::ExplanationWithoutTitle);
        let Some(paths) = settings.pack.as_ref().filter(|_| explains) else { return Ok(None) };
        let manifest = PackManifest::read(paths)?;
        Ok(Some(Self { identity: manifest.identity(), encoder: TextEncoder::load(&manifest, paths)? }))
    }
}

impl TextRows for TextPack {
    fn pack(&self) -> PackName {
        let PackIdentity { id, version, weights_sha256 } = self.identity.clone();
        PackName { id, version, weights_sha256 }
    }

    fn rows(&self, text: &str) -> Result<TokenRows, String> {
        let (tokens, rows) = self.encoder.hidden_rows(text).map_err(|error| error.to_string())?;
        Ok(TokenRows { tokens, rows, markers: self.encoder.markers() })
    }
}

impl Workbench {
    /// The library as a data set: what people stand by is true.
    pub fn as_data_set(&self) -> Result<DataSet, WorkbenchError> {
        let name = format!("The library ({})", self.0.catalogue.folder().display());
        let mut data = DataSet { name, items: Vec::new(), lacks: Vec::new() };
        for card in self.works(&WorkFilter::default())?.works {
            let work = self.work(card.id)?;
            let (mut labels, mut texts): (BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>) =
                Default::default();
            for statement in work.statements {
                if let (StateView::Accepted | StateView::Edited, Some(value)) = (statement.state, statement.value) {
                    let of = if PROSE.contains(&statement.property.as_str()) { &mut texts } else { &mut labels };
                    of.entry(statement.property).or_default().push(value);
                }
            }
            let title = labels.get("title").and_then(|titles| titles.first().cloned());
            let image = work.scans.first().map(|scan| scan.path.clone().into());
            data.items.push(Item { id: card.id.to_string(), image, title, labels, texts, ..Item::default() });
        }
        Ok(data)
    }

    /// How often which pack was right, by property: people's decisions over its suggestions. A suggestion that nobody decided on does not count; one whose value a
    /// person changed was wrong, one of which only the qualifier was changed was right. What was decided together with other works is counted apart: it says what was
    /// trusted, not what was right.
    pub fn track_records(&self) -> Result<Vec<TrackRecordView>, WorkbenchError> {
        let (together, by_itself): (Vec<Judged>, Vec<Judged>) =
            self.0.catalogue.judged_suggestions()?.into_iter().partition(|judged| judged.together);
        let decided: Vec<Decided> = by_itself
            .into_iter()
            .map(|judged| Decided {
                pack: name_of(&judged.pack),
                property: judged.property,
                confidence: judged.confidence.map(f64::from),
                right: judged.right,
                month: judged.at.strftime("%Y-%m").to_string(),
            })
            .collect();
        let mut unseen: HashMap<(String, String), u64> = HashMap::new();
        for judged in together {
            *unseen.entry((name_of(&judged.pack), judged.property)).or_default() += 1;
        }
        let count = |record: &TrackRecord| {
            unseen.get(&(record.pack.clone(), record.property.clone())).copied().unwrap_or_default()
        };
        let records = track_records(&decided).into_iter();
        Ok(records.map(|record| (count(&record), record)).map(|(n, record)| views::track_record(record, n)).collect())
    }
}

/// A pack as track records name it.
fn name_of(pack: &Pack) -> String {
    format!("{} {}", pack.id, pack.version)
}

/// The installed packs, ready to be asked.
struct Installed {
    settings: Settings,
    models: Models,
    /// The pack that is measured.
    identity: PackIdentity,
    writer: Option<Arc<Writer>>,
    spelling: BTreeMap<String, BTreeMap<String, String>>,
    collections: Vec<Arc<Collection>>,
    assistant: OnceLock<Result<Assistant, String>>,
    /// What was read to be found.
    documents: RefCell<Option<ExactIndex>>,
    /// Rows of sentences that were read already: many questions are asked about one text.
    read: RefCell<HashMap<String, MultiVector>>,
}

impl Installed {
    fn new(
        settings: &Settings,
        models: Models,
        pack: Option<&str>,
        collections: Vec<Arc<Collection>>,
    ) -> Result<Self, WorkbenchError> {
        let mut identity = models.retriever.pack().clone();
        let mut writer = None;
        if let Some(id) = pack {
            let pack = InstalledPacks::at(&settings.added_packs).list()?.into_iter().find(|pack| pack.id == id);
            let pack = pack.ok_or_else(|| WorkbenchError::NoAddedPack(id.to_owned()))?;
            // Tasks here show images, or ask for a model's own words.
            if !pack.has_role("explainer") || pack.has_role(REWRITER) {
                return Err(WorkbenchError::PackWritesNothing(pack.title));
            }
            identity = pack.identity();
            let device = OpenDevice::open(DeviceKind::Cpu, 0).map_err(InferenceError::from)?;
            let cache = settings.cache.join("packed");
            writer = Some(Arc::new(Writer::new(pack, &cache, device, Arc::new(|_: String| {}))?));
        }
        // A pack without the table spells as data sets do.
        let table =
            settings.pack.as_ref().and_then(|paths| fs::read_to_string(paths.manifest.join("labels.toml")).ok());
        let spelling = table.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        let (settings, assistant) = (settings.clone(), OnceLock::new());
        let (documents, read) = (RefCell::default(), RefCell::default());
        Ok(Self { settings, models, identity, writer, spelling, collections, assistant, documents, read })
    }

    fn assistant(&self) -> Result<&Assistant, String> {
        let made = self.assistant.get_or_init(|| {
            let retriever = self.models.retriever.clone();
            let index = self.settings.cache.join("knowledge.index");
            let never = AtomicBool::new(false);
            let knowledge =
                KnowledgeBase::open_or_build(&self.settings.knowledge, &index, retriever.clone(), &|_, _| {}, &never);
            let knowledge = Arc::new(knowledge.map_err(|error| error.to_string())?);
            knowledge.set_collections(self.collections.clone());
            Ok(match &self.writer {
                Some(writer) => Assistant::new(knowledge, Arc::new(WrittenExplainer::new(writer.clone()))),
                None => Assistant::new(knowledge, Arc::new(ExtractiveExplainer::new(retriever))),
            })
        });
        made.as_ref().map_err(Clone::clone)
    }

    fn query(&self, text: &str) -> Result<MultiVector, String> {
        self.models.retriever.embed_query(text).map(|rows| rows.rows).map_err(|error| error.to_string())
    }

    fn passage(&self, text: &str) -> Result<MultiVector, String> {
        self.models.retriever.embed_passage(text).map(|rows| rows.rows).map_err(|error| error.to_string())
    }

    fn rows(&self, sentence: &str) -> Result<MultiVector, String> {
        if let Some(rows) = self.read.borrow().get(sentence) {
            return Ok(rows.clone());
        }
        let rows = self.passage(sentence)?;
        self.read.borrow_mut().insert(sentence.to_owned(), rows.clone());
        Ok(rows)
    }
}

impl Subject for Installed {
    fn pack(&self) -> PackName {
        let PackIdentity { id, version, weights_sha256 } = self.identity.clone();
        PackName { id, version, weights_sha256 }
    }

    fn spelling(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        self.spelling.clone()
    }

    fn knowledge(&self) -> Vec<String> {
        self.collections.iter().map(|collection| collection.name().to_owned()).collect()
    }

    fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let tasks = self.models.classifier.tasks();
        tasks.into_iter().map(|(task, labels)| (task.property().to_owned(), labels)).collect()
    }

    fn classify(&self, image: &Path) -> Result<BTreeMap<String, Vec<Label>>, String> {
        let read = read_scan(image, &Limits::default()).map_err(|error| format!("{}: {error}", image.display()))?;
        let rows = self.models.retriever.embed_image(&read.image).map_err(|error| error.to_string())?;
        let predictions = self.models.classifier.classify(&rows, None, LABELS).map_err(|error| error.to_string())?;
        let labels = |ranked: Vec<vitrine_inference::RankedLabel>| {
            ranked.into_iter().map(|l| Label { label: l.label, confidence: f64::from(l.confidence) }).collect()
        };
        Ok(predictions.into_iter().map(|p| (p.task.property().to_owned(), labels(p.ranked))).collect())
    }

    fn read(&self, id: &str, text: &str) -> Result<(), String> {
        let rows = self.passage(text)?;
        let mut documents = self.documents.borrow_mut();
        let documents =
            documents.get_or_insert_with(|| ExactIndex::new(self.identity.id.as_str(), "evaluation", rows.dimension()));
        documents.push(id, &rows).map_err(|error| error.to_string())
    }

    fn find(&self, query: &str, k: usize) -> Result<Vec<String>, String> {
        let rows = self.query(query)?;
        let documents = self.documents.borrow();
        let documents = documents.as_ref().ok_or("nothing was read that could be found")?;
        let hits = documents.search(&rows, None, k).map_err(|error| error.to_string())?;
        Ok(hits.into_iter().map(|hit| hit.id.to_owned()).collect())
    }

    fn explain(&self, title: Option<&str>, image: Option<&Path>) -> Result<Vec<Sentence>, String> {
        let line = |property: &str, value: &str, confidence| CardLine {
            property: property.into(),
            value: value.into(),
            qualifier: None,
            confidence,
        };
        let mut card: Vec<CardLine> = title.map(|title| line("title", title, None)).into_iter().collect();
        let mut scan = None;
        if let Some(image) = image {
            for (property, labels) in self.classify(image)? {
                let best = labels.first().map(|label| line(&property, &label.label, Some(label.confidence as f32)));
                card.extend(best);
            }
            if self.writer.is_some() {
                let read =
                    read_scan(image, &Limits::default()).map_err(|error| format!("{}: {error}", image.display()))?;
                scan = Some(Arc::new(read.image));
            }
        }
        let work = WorkAtHand { scan: scan.as_ref(), ..WorkAtHand::of_card(&card) };
        let answer = self.assistant()?.explain(&work, &mut |_| ControlFlow::Continue(()));
        Ok(sentences(answer.map_err(|error| error.to_string())?))
    }

    /// The compact pack says the sentence of the text that is nearest to the question; where there is no text, the knowledge base is asked.
    fn answer(&self, question: &str, about: &[String]) -> Result<Vec<Sentence>, String> {
        if about.is_empty() || self.writer.is_some() {
            let nothing = WorkAtHand::of_card(&[]);
            let answer = self.assistant()?.ask(question, &nothing, &[], &mut |_| ControlFlow::Continue(()));
            return Ok(sentences(answer.map_err(|error| error.to_string())?));
        }
        let query = self.query(question)?;
        let mut best: Option<(f32, &String)> = None;
        for sentence in about {
            let score = max_sim(&query, &self.rows(sentence)?).map_err(|error| error.to_string())?;
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, sentence));
            }
        }
        Ok(best.map(|(_, text)| Sentence { text: text.clone(), quotes: vec![text.clone()] }).into_iter().collect())
    }
}

fn sentences(answer: Answer) -> Vec<Sentence> {
    let sentence = |s: vitrine_assistant::Sentence| Sentence {
        text: s.text,
        quotes: s.citations.into_iter().map(|citation| citation.quote).collect(),
    };
    answer.sentences.into_iter().map(sentence).collect()
}
