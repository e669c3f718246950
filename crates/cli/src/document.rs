//! The JSON that is printed: a contract (docs/cli.md) on which others build. Fields are added, never renamed or removed.

use std::path::Path;

use serde::Serialize;
use vitrine_workbench::evaluation::{Figure, RunReport};
use vitrine_workbench::view::{
    AnswerView, BackupView, BackupsView, Badge, BatchView, BulkOfferView, CollectionView, CompletenessView,
    CoverageView, FacetView, FacetsView, FailureView, FixityTroubleView, FixityView, JobView, LackView, LackingView,
    LearningView, LearntTaskView, LearntView, Likelihood, LogEntryView, LogView, MovedView, PackView, PassageView,
    PromptUse, PromptView, RehearsalView, RelinkView, SearchView, SimilarWork, StateView, StatementView, Support,
    TaughtView, WaitingGroupView, WorkCard, WorkPage, WorkView,
};
use vitrine_workbench::{HashedFile, InstalledPack, KnowledgeAdded, WeightsForm};

/// Properties that packs suggest, in the order in which they are printed.
const SUGGESTED: [&str; 5] = ["artist", "genre", "style", "media", "tag"];

#[derive(Debug, Serialize)]
pub struct Imported {
    pub imported: Vec<FileWork>,
    pub duplicates: Vec<FileWork>,
    /// Imported files that show nearly what another work's scan shows.
    pub near: Vec<Near>,
    /// Front and back of one sheet by their files' names.
    pub pairs: Vec<Pair>,
    /// What to know of imported files.
    pub remarks: Vec<Failed>,
    pub failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
pub struct FileWork {
    pub file: String,
    pub work: i64,
}

#[derive(Debug, Serialize)]
pub struct Near {
    pub file: String,
    pub work: i64,
    /// The work that it is like, and its title.
    pub like: i64,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub struct Pair {
    pub front: FileWork,
    pub back: FileWork,
    /// Whether the back's scans are now scans of the front's work.
    pub joined: bool,
}

#[derive(Debug, Serialize)]
pub struct Failed {
    pub file: String,
    pub reason: String,
}

impl Imported {
    /// `imported` are the new works with their files; `joined` says whether the pairs among them were joined.
    pub fn new(job: JobView, imported: Vec<FileWork>, joined: bool) -> Self {
        let near = job.near.into_iter().map(|n| Near { file: n.file, work: n.work, like: n.like, title: n.title });
        let pairs = job.pairs.into_iter().map(|pair| Pair {
            front: FileWork { file: pair.front_file, work: pair.front },
            back: FileWork { file: pair.back_file, work: pair.back },
            joined,
        });
        let told = |f: FailureView| Failed { file: f.file, reason: f.reason };
        Self {
            imported,
            near: near.collect(),
            pairs: pairs.collect(),
            remarks: job.remarks.into_iter().map(told).collect(),
            duplicates: job.duplicates.into_iter().map(|d| FileWork { file: d.file, work: d.work }).collect(),
            failed: job.failures.into_iter().map(told).collect(),
        }
    }
}

/// What became of a source of knowledge.
#[derive(Debug, Serialize)]
pub struct KnowledgeRead {
    pub collection: Collected,
    pub pages: u64,
    pub unchanged: u64,
    pub new_passages: u64,
    pub gone: u64,
    pub skipped: u64,
    pub problems: Vec<String>,
    pub complete: bool,
}

impl KnowledgeRead {
    pub fn new(added: KnowledgeAdded) -> Self {
        let KnowledgeAdded { collection, read, complete } = added;
        Self {
            collection: Collected {
                key: collection.key,
                name: collection.name,
                pages: collection.pages,
                passages: collection.fragments,
                findable: collection.indexed,
                drawn: collection.drawn,
                bytes: collection.bytes,
            },
            pages: read.pages,
            unchanged: read.unchanged,
            new_passages: read.fragments,
            gone: read.gone,
            skipped: read.skipped,
            problems: read.problems,
            complete,
        }
    }
}

/// A collection of knowledge.
#[derive(Debug, Serialize)]
pub struct Collected {
    pub key: String,
    pub name: String,
    pub pages: u64,
    pub passages: u64,
    pub findable: u64,
    pub drawn: u64,
    pub bytes: u64,
}

impl Collected {
    pub fn new(view: CollectionView) -> Self {
        let CollectionView { key, name, pages, passages, findable, drawn, bytes, .. } = view;
        Self { key, name, pages, passages, findable, drawn, bytes }
    }
}

#[derive(Debug, Serialize)]
pub struct Covered {
    pub works: u64,
    pub covered: u64,
}

impl Covered {
    pub fn new(CoverageView { works, covered }: CoverageView) -> Self {
        Self { works, covered }
    }
}

#[derive(Debug, Serialize)]
pub struct Learning {
    pub in_use: Option<u32>,
    pub versions: Vec<Learnt>,
    /// Works that could be learnt from, by task.
    pub confirmed: Vec<Taught>,
    /// How many works of a task it takes.
    pub needed: u64,
}

#[derive(Debug, Serialize)]
pub struct Learnt {
    pub number: u32,
    pub made: String,
    pub person: String,
    pub pack: String,
    pub usable: bool,
    pub tasks: Vec<LearntTask>,
}

#[derive(Debug, Serialize)]
pub struct LearntTask {
    pub task: String,
    pub learnt: u64,
    pub judged: u64,
    pub right_before: u64,
    pub right_after: u64,
    pub used: bool,
}

#[derive(Debug, Serialize)]
pub struct Taught {
    pub task: String,
    pub works: u64,
}

impl Learning {
    pub fn new(LearningView { in_use, versions, confirmed, needed }: LearningView) -> Self {
        let confirmed = confirmed.into_iter().map(|TaughtView { task, works }| Taught { task, works }).collect();
        Self { in_use, versions: versions.into_iter().map(Learnt::new).collect(), confirmed, needed }
    }
}

impl Learnt {
    fn new(LearntView { number, made, person, pack, usable, tasks }: LearntView) -> Self {
        let task = |view: LearntTaskView| {
            let LearntTaskView { task, learnt, judged, right_before, right_after, used } = view;
            LearntTask { task, learnt, judged, right_before, right_after, used }
        };
        Self { number, made, person, pack, usable, tasks: tasks.into_iter().map(task).collect() }
    }
}

#[derive(Debug, Serialize)]
pub struct RemovedCollection {
    pub removed: String,
}

#[derive(Debug, Serialize)]
pub struct Suggested {
    pub work: i64,
    pub file: String,
    pub statements: Vec<Statement>,
}

#[derive(Debug, Serialize)]
pub struct Statement {
    pub id: i64,
    pub property: String,
    pub value: Option<String>,
    pub qualifier: Option<String>,
    pub confidence: Option<f32>,
    pub raw_confidence: Option<f32>,
    /// The word for the confidence.
    pub likelihood: Option<Likelihood>,
    pub alternatives: Vec<Alternative>,
    pub reason: Option<String>,
    pub state: StateView,
    pub source: String,
}

#[derive(Debug, Serialize)]
pub struct Alternative {
    pub value: String,
    pub confidence: f32,
}

impl Suggested {
    pub fn new(work: WorkView) -> Self {
        let file = work.scans.into_iter().next().map_or_else(|| work.card.file_name, |scan| scan.path);
        let place = |s: &StatementView| SUGGESTED.iter().position(|property| *property == s.property);
        let mut statements: Vec<_> = work.statements.into_iter().filter(|s| place(s).is_some()).collect();
        statements.sort_by_key(|s| place(s));
        Self { work: work.card.id, file, statements: statements.into_iter().map(Statement::new).collect() }
    }
}

impl Statement {
    fn new(s: StatementView) -> Self {
        let alternatives = s.alternatives.into_iter();
        Self {
            id: s.id,
            property: s.property,
            value: s.value,
            qualifier: s.qualifier,
            confidence: s.confidence,
            raw_confidence: s.raw_confidence,
            likelihood: s.likelihood,
            alternatives: alternatives.map(|a| Alternative { value: a.value, confidence: a.confidence }).collect(),
            reason: s.reason,
            state: s.state,
            source: s.source.name,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Found {
    /// `work` or `passage`.
    pub kind: &'static str,
    /// A work's number, or a passage's id.
    pub id: String,
    pub title: String,
    /// 0 to 1; none for a work whose record contains the words, which has no degree.
    pub score: Option<f32>,
    pub snippet: String,
    pub source: String,
}

impl Found {
    fn work(card: WorkCard, score: Option<f32>) -> Self {
        let artist = card.artist.unwrap_or_default();
        Self {
            kind: "work",
            id: card.id.to_string(),
            title: card.title,
            score,
            snippet: artist,
            source: card.file_name,
        }
    }

    pub fn similar(similar: SimilarWork) -> Self {
        Self::work(similar.card, Some(similar.score))
    }

    pub fn passage(passage: PassageView) -> Self {
        let snippet = passage.segments.into_iter().map(|segment| segment.text).collect();
        let PassageView { id, title, score, source, .. } = passage;
        Self { kind: "passage", id, title, score, snippet, source }
    }

    /// Works first, then passages.
    pub fn search(found: SearchView) -> Vec<Self> {
        let works = found.works.into_iter().map(|card| Self::work(card, None));
        works.chain(found.passages.into_iter().map(Self::passage)).collect()
    }
}

#[derive(Debug, Serialize)]
pub struct Works {
    /// How many fit in all.
    pub total: u64,
    pub works: Vec<ListedWork>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

#[derive(Debug, Serialize)]
pub struct ListedWork {
    pub work: i64,
    pub title: String,
    pub artist: Option<String>,
    pub file: String,
    pub state: Badge,
    /// Statements that wait for a person.
    pub waiting: u64,
}

/// How often values occur, by facet.
#[derive(Debug, Serialize)]
pub struct Counts {
    pub facets: Vec<FacetView>,
    pub lacking: Vec<LackView>,
}

impl Works {
    pub fn new(page: WorkPage, counts: Option<Counts>) -> Self {
        let works = page.works.into_iter().map(|card| ListedWork {
            work: card.id,
            title: card.title,
            artist: card.artist,
            file: card.file_name,
            state: card.badge,
            waiting: card.waiting,
        });
        Self { total: page.total, works: works.collect(), counts }
    }
}

impl Counts {
    pub fn new(view: FacetsView) -> Self {
        Self { facets: view.facets, lacking: view.lacking }
    }
}

#[derive(Debug, Serialize)]
pub struct Explained {
    pub number: i64,
    pub work: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    pub sentences: Vec<Sentence>,
    pub abstention: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Sentence {
    pub text: String,
    pub support: Support,
    pub hedged: bool,
    pub unsupported: Vec<String>,
    pub confirmed: Option<bool>,
    pub citations: Vec<Citation>,
}

#[derive(Debug, Serialize)]
pub struct Citation {
    pub passage: String,
    pub title: String,
    pub quote: String,
    pub agreement: Option<f32>,
}

impl Explained {
    pub fn new(answer: AnswerView) -> Self {
        let sentences = answer.sentences.into_iter().map(|s| Sentence {
            text: s.text,
            support: s.support,
            hedged: s.hedged,
            unsupported: s.unsupported,
            confirmed: s.confirmed,
            citations: s
                .citations
                .into_iter()
                .map(|c| Citation { passage: c.passage, title: c.title, quote: c.quote, agreement: c.agreement })
                .collect(),
        });
        Self {
            number: answer.id,
            work: answer.work,
            question: answer.question,
            sentences: sentences.collect(),
            abstention: answer.abstention,
        }
    }
}

/// An exchange as it is kept.
#[derive(Debug, Serialize)]
pub struct Exchanged {
    pub number: i64,
    /// The number of the exchange that it follows.
    pub follows: Option<i64>,
    pub prompt: String,
    pub prompt_version: String,
    pub pack: String,
    pub at: String,
    /// The ids of all passages that were found.
    pub retrieved: Vec<String>,
    pub milliseconds: u64,
    pub answer: Explained,
}

#[derive(Debug, Serialize)]
pub struct WrittenTo {
    pub file: String,
}

#[derive(Debug, Serialize)]
pub struct Deleted {
    pub deleted: usize,
}

/// A prompt with the words in force.
#[derive(Debug, Serialize)]
pub struct PromptText {
    pub id: String,
    pub purpose: PromptUse,
    pub version: String,
    pub own: bool,
    pub text: String,
}

impl PromptText {
    pub fn new(prompt: PromptView) -> Self {
        let PromptView { id, purpose, version, own, text, .. } = prompt;
        Self { id, purpose, version, own, text }
    }
}

/// A run of an evaluation; everything else is in the folder that it names.
#[derive(Debug, Serialize)]
pub struct Evaluated {
    pub task: String,
    pub data: String,
    pub pack: String,
    pub items: usize,
    pub figures: Vec<MeasuredFigure>,
    pub notes: Vec<String>,
    pub failed: Vec<Failed>,
    pub written: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct MeasuredFigure {
    pub of: String,
    pub metric: String,
    pub scale: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub cases: usize,
}

impl Evaluated {
    pub fn new(run: RunReport) -> Self {
        let RunReport { environment, figures, failures, written } = run;
        let figure = |f: Figure| MeasuredFigure {
            of: f.of,
            metric: f.metric,
            scale: f.scale,
            value: f.interval.value,
            low: f.interval.low,
            high: f.interval.high,
            cases: f.cases.len(),
        };
        Self {
            task: environment.task.name().into(),
            data: environment.data,
            pack: environment.pack.id,
            items: environment.items,
            figures: figures.figures.into_iter().map(figure).collect(),
            notes: figures.notes,
            failed: failures.into_iter().map(|(file, reason)| Failed { file, reason }).collect(),
            written: written.iter().map(|file| file.display().to_string()).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Exported {
    pub format: String,
    pub file: String,
    pub works: u64,
    pub batch: String,
    pub losses: Vec<Loss>,
    pub failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
pub struct Loss {
    pub property: String,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct RecordsImported {
    pub records: u64,
    pub works_added: u64,
    pub statements_added: u64,
    pub competing: u64,
    pub accepted: u64,
    pub changed: bool,
    pub problems: Vec<String>,
}

/// A change to a property of many works, made or only looked at.
#[derive(Debug, Serialize)]
pub struct BatchEdited {
    pub changed: bool,
    pub works: u64,
    pub changes: Vec<BatchWork>,
    pub left: Vec<Left>,
    pub cautions: Vec<String>,
    pub what: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct BatchWork {
    pub work: i64,
    pub title: String,
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub turned_down: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Left {
    pub reason: &'static str,
    pub works: u64,
}

impl BatchEdited {
    pub fn new(view: BatchView) -> Self {
        let changes = view.changes.into_iter().map(|change| BatchWork {
            work: change.work,
            title: change.title,
            before: change.before,
            after: change.after,
            turned_down: change.turned_down,
        });
        Self {
            changed: view.done.is_some(),
            works: view.changing,
            changes: changes.collect(),
            left: view.left.iter().map(|left| Left { reason: left.reason.words(), works: left.works }).collect(),
            cautions: view.cautions,
            what: view.done,
        }
    }
}

/// What may be accepted together.
#[derive(Debug, Serialize)]
pub struct TogetherOffers {
    pub bulk: Vec<BulkOffer>,
    pub alike: Vec<Alike>,
}

#[derive(Debug, Serialize)]
pub struct BulkOffer {
    pub pack: String,
    pub property: String,
    pub confidence: f64,
    pub decided: u64,
    pub right: u64,
    pub expected: f64,
    pub waiting: usize,
}

#[derive(Debug, Serialize)]
pub struct Alike {
    pub property: String,
    pub value: String,
    pub works: u64,
}

impl TogetherOffers {
    pub fn new(bulk: Vec<BulkOfferView>, alike: Vec<WaitingGroupView>) -> Self {
        let bulk = bulk.into_iter().map(|offer| BulkOffer {
            pack: offer.pack,
            property: offer.property,
            confidence: offer.confidence,
            decided: offer.decided,
            right: offer.right,
            expected: offer.expected,
            waiting: offer.statements.len(),
        });
        let alike = alike.into_iter().map(|group| Alike {
            property: group.property,
            value: match group.qualifier {
                Some(qualifier) => format!("{qualifier} {}", group.value),
                None => group.value,
            },
            works: group.works,
        });
        Self { bulk: bulk.collect(), alike: alike.collect() }
    }
}

/// Suggestions accepted together, or those that would be.
#[derive(Debug, Serialize)]
pub struct AcceptedTogether {
    pub accepted: u64,
    pub waiting: usize,
    pub suggestions: Vec<Waiting>,
    pub what: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Waiting {
    pub work: i64,
    pub title: String,
    pub value: String,
    pub confidence: Option<f32>,
}

/// What undo took back, or did again.
#[derive(Debug, Serialize)]
pub struct TakenBack {
    pub what: Option<String>,
    pub redo: bool,
}

#[derive(Debug, Serialize)]
pub struct Complete {
    pub work: i64,
    pub profile: String,
    pub met: usize,
    pub needed: usize,
    pub lacking: Vec<String>,
    pub wanted: Vec<String>,
}

impl Complete {
    pub fn new(work: i64, view: CompletenessView) -> Self {
        let names = |lacking: Vec<LackingView>| lacking.into_iter().map(|lacking| lacking.name).collect();
        let CompletenessView { profile, met, needed, lacking, wanted } = view;
        Self { work, profile, met, needed, lacking: names(lacking), wanted: names(wanted) }
    }
}

/// A part of the log.
#[derive(Debug, Serialize)]
pub struct Log {
    /// Newest first.
    pub entries: Vec<LogLine>,
    /// Whether there are earlier ones.
    pub more: bool,
}

#[derive(Debug, Serialize)]
pub struct LogLine {
    pub number: i64,
    pub at: String,
    pub person: Option<String>,
    pub action: Option<String>,
    pub work: i64,
    pub title: String,
    pub property: String,
    pub value: Option<String>,
    pub state: String,
    pub source: String,
    pub note: Option<String>,
}

impl Log {
    pub fn new(view: LogView) -> Self {
        let line = |entry: LogEntryView| {
            let LogEntryView { number, at, person, action, work, title, property, value, state, source, note } = entry;
            LogLine { number, at, person, action, work, title, property, value, state, source, note }
        };
        Self { entries: view.entries.into_iter().map(line).collect(), more: view.more }
    }
}

#[derive(Debug, Serialize)]
pub struct Backups {
    pub folder: String,
    /// Newest first.
    pub backups: Vec<BackupFile>,
}

#[derive(Debug, Serialize)]
pub struct BackupFile {
    pub name: String,
    pub made_at: String,
    pub bytes: u64,
}

impl Backups {
    pub fn new(view: BackupsView) -> Self {
        let backups = view.backups.into_iter();
        let file = |b: BackupView| BackupFile { name: b.name, made_at: b.made_at, bytes: b.bytes };
        Self { folder: view.folder, backups: backups.map(file).collect() }
    }
}

#[derive(Debug, Serialize)]
pub struct Rehearsed {
    pub backup: String,
    pub works: u64,
    pub statements: u64,
    pub decisions: u64,
}

impl Rehearsed {
    pub fn new(backup: &str, view: RehearsalView) -> Self {
        let RehearsalView { works, statements, decisions } = view;
        Self { backup: backup.to_owned(), works, statements, decisions }
    }
}

#[derive(Debug, Serialize)]
pub struct Restored {
    pub library: String,
    /// Where what was there is kept.
    pub replaced: Option<String>,
}

impl Restored {
    pub fn new(library: &Path, replaced: Option<&Path>) -> Self {
        Self { library: library.display().to_string(), replaced: replaced.map(|file| file.display().to_string()) }
    }
}

#[derive(Debug, Serialize)]
pub struct Originals {
    /// After how many days each is looked at again; 0 for never.
    pub days: u32,
    pub originals: u64,
    pub unchanged: u64,
    pub never: u64,
    pub oldest: Option<String>,
    pub troubles: Vec<OriginalInTrouble>,
}

#[derive(Debug, Serialize)]
pub struct OriginalInTrouble {
    pub work: i64,
    pub title: String,
    pub file: String,
    pub sha256: String,
    /// `missing`, `unreadable`, `changed` or `replaced`.
    pub finding: String,
    pub found_sha256: Option<String>,
    pub at: String,
}

impl Originals {
    pub fn new(view: FixityView) -> Self {
        let FixityView { days, originals, unchanged, never, oldest, troubles } = view;
        let trouble = |one: FixityTroubleView| {
            let FixityTroubleView { work, title, file, sha256, finding, found_sha256, at } = one;
            OriginalInTrouble { work, title, file, sha256, finding, found_sha256, at }
        };
        Self { days, originals, unchanged, never, oldest, troubles: troubles.into_iter().map(trouble).collect() }
    }
}

#[derive(Debug, Serialize)]
pub struct Relinked {
    /// Originals that are not where they were.
    pub missing: u64,
    /// Whether the library knows their places now.
    pub relinked: bool,
    pub moved: Vec<Moved>,
}

#[derive(Debug, Serialize)]
pub struct Moved {
    pub sha256: String,
    pub work: i64,
    pub title: String,
    pub from: String,
    pub to: String,
}

impl Relinked {
    pub fn new(view: RelinkView, relinked: bool) -> Self {
        let one = |one: MovedView| {
            let MovedView { sha256, work, title, from, to } = one;
            Moved { sha256, work, title, from, to: to.display().to_string() }
        };
        Self { missing: view.missing, relinked, moved: view.moved.into_iter().map(one).collect() }
    }
}

#[derive(Debug, Serialize)]
pub struct Checked {
    /// What is wrong, a sentence each; empty for a sound library.
    pub problems: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Pack {
    pub id: String,
    pub version: String,
    pub weights_sha256: String,
    pub roles: Vec<String>,
    pub licences: Vec<String>,
}

impl Pack {
    pub fn new(pack: PackView) -> Self {
        let PackView { id, version, weights_sha256, roles, licences, .. } = pack;
        Self { id, version, weights_sha256, roles, licences }
    }
}

#[derive(Debug, Serialize)]
pub struct AddedPack {
    pub id: String,
    pub version: String,
    pub title: String,
    pub weights_sha256: String,
    pub roles: Vec<String>,
    pub licences: Vec<String>,
    pub form: WeightsForm,
    pub folder: String,
    pub files: Vec<HashedFile>,
}

impl AddedPack {
    pub fn new(pack: InstalledPack) -> Self {
        let weights_sha256 = pack.identity().weights_sha256;
        let InstalledPack { id, version, title, roles, licences, form, folder, files } = pack;
        Self { id, version, title, weights_sha256, roles, licences, form, folder: folder.display().to_string(), files }
    }
}

#[derive(Debug, Serialize)]
pub struct RemovedPack {
    pub removed: String,
}

/// A work that the scans of others went to.
#[derive(Debug, Serialize)]
pub struct Joined {
    pub work: i64,
    pub scans: Vec<String>,
}

impl Joined {
    pub fn new(work: WorkView) -> Self {
        Self { work: work.card.id, scans: work.scans.into_iter().map(|scan| scan.path).collect() }
    }
}

/// Where an artwork lies in a scan, and what was made of that.
#[derive(Debug, Serialize)]
pub struct Prepared {
    pub work: i64,
    pub scan: i64,
    /// Proposed outlines, the innermost first.
    pub outlines: Vec<Vec<(f64, f64)>>,
    /// The corners that were used.
    pub corners: Vec<(f64, f64)>,
    pub new_scan: Option<i64>,
    /// The new scan's file.
    pub made: Option<String>,
}
