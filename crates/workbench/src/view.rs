//! What a front door shows: plain values, made for the window and the command line, with their TypeScript twins.
//!
//! The types are exported to `ui/src/lib/bindings/` by the test `bindings_are_up_to_date`.

mod audit;
mod exchange;
mod finding;
mod iconclass;
mod knowledge;
mod record_plan;
mod regions;
mod safety;
mod talk;
mod term_lists;
mod together;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use audit::*;
pub use exchange::*;
pub use finding::*;
pub use iconclass::*;
pub use knowledge::*;
pub use record_plan::*;
pub use regions::*;
pub use safety::*;
pub use talk::*;
pub use term_lists::*;
pub use together::*;

/// The open library at a glance.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LibraryView {
    /// The library's folder.
    pub path: String,
    /// Whether it lies where nothing can be written, so that it can be looked at and exported only.
    pub read_only: bool,
    /// Works in it.
    #[ts(type = "number")]
    pub works: u64,
    /// Works by badge.
    pub badges: BadgeCounts,
    /// Statements waiting for a person.
    #[ts(type = "number")]
    pub suggestions: u64,
    /// The packs in use.
    pub packs: Vec<PackView>,
    /// Articles in the knowledge base, once it is indexed.
    #[ts(type = "number | null")]
    pub passages: Option<u64>,
    /// What Ctrl+Z would take back, in words.
    pub undo: Option<String>,
    /// What Ctrl+Shift+Z would do again, in words.
    pub redo: Option<String>,
}

/// How many works carry each badge.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BadgeCounts {
    /// Imported, no suggestion yet.
    #[ts(type = "number")]
    pub new: u64,
    /// Suggestions wait, none decided.
    #[ts(type = "number")]
    pub suggested: u64,
    /// Some decided, some waiting.
    #[ts(type = "number")]
    pub in_review: u64,
    /// Nothing waits.
    #[ts(type = "number")]
    pub complete: u64,
}

/// A model pack as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PackView {
    /// Its id, e.g. `compact`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its weights, in hexadecimal.
    pub weights_sha256: String,
    /// What it can do: `retriever`, `classifier`, `explainer`.
    pub roles: Vec<String>,
    /// Licences of its parts, in words.
    pub licences: Vec<String>,
    /// Its model card: purpose, data, figures, limits (Markdown).
    pub card: String,
}

/// How far a work's record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Badge {
    /// Imported, no suggestion yet.
    New,
    /// Suggestions wait, none decided.
    Suggested,
    /// Some decided, some waiting.
    InReview,
    /// Nothing waits.
    Complete,
}

/// A work in the grid.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkCard {
    /// The work.
    #[ts(type = "number")]
    pub id: i64,
    /// Its accepted title, or its file's name.
    pub title: String,
    /// The accepted artist, if any.
    pub artist: Option<String>,
    /// The file's name.
    pub file_name: String,
    /// Its first scan; `thumb://localhost/<scan>` and `scan://localhost/<scan>` serve its pictures.
    #[ts(type = "number")]
    pub scan: i64,
    /// Width over height of the picture, upright.
    pub aspect: f32,
    /// How far its record has come.
    pub badge: Badge,
    /// Statements waiting for a person.
    #[ts(type = "number")]
    pub waiting: u64,
}

/// A work on the review desk.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkView {
    /// The work as in the grid.
    pub card: WorkCard,
    /// Its scans.
    pub scans: Vec<ScanView>,
    /// Its statements in their current state: waiting ones first, most doubtful first; then the decided ones.
    pub statements: Vec<StatementView>,
    /// The regions on its scans, in the order they were drawn.
    pub regions: Vec<RegionView>,
}

/// A scan.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScanView {
    /// The scan.
    #[ts(type = "number")]
    pub id: i64,
    /// Where the original lies.
    pub path: String,
    /// SHA-256 of the original at import, in hexadecimal.
    pub sha256: String,
    /// Which of the file's pages it is, counted from 0.
    pub page: u32,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// `JPEG`, `PNG`, `TIFF` or `WebP`.
    pub format: String,
    /// When it was imported (RFC 3339).
    pub imported_at: String,
    /// What it was made of, where it is no file that was taken in.
    pub prepared_from: Option<PreparedFrom>,
}

/// The scan that another one was made of.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PreparedFrom {
    /// That scan.
    #[ts(type = "number")]
    pub scan: i64,
    /// What was done, as JSON.
    pub recipe: String,
}

/// Where an artwork may lie in a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProposalView {
    /// Outlines within each other, the innermost first: four corners each in the scan's pixels, clockwise from the upper left one.
    pub outlines: Vec<Vec<(f64, f64)>>,
}

/// How a scan can be looked at closely.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TilesView {
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// The side of a tile in pixels; the last ones of a row and column are smaller.
    pub side: u32,
    /// Sizes: level 0 is the whole, each further one half of it, the last one a single tile. `scan://localhost/<scan>/<gamut>/<level>/<x>_<y>`
    /// serves a tile.
    pub levels: usize,
    /// Whether they are there.
    pub state: TilesState,
}

/// The colours that a screen shows, where it sends what it is given to its lamps as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ScreenGamut {
    /// sRGB, as most do.
    #[default]
    Srgb,
    /// Display P3.
    DisplayP3,
    /// Adobe RGB (1998).
    AdobeRgb,
}

/// Whether there are tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TilesState {
    /// The picture for the viewer is the whole size.
    Needless,
    /// They are there.
    Ready,
    /// They are being made; an event says when they are there.
    Making,
    /// They could not be made.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum StateView {
    /// A model's or a file's word that nobody has decided on.
    Suggested,
    /// A person stands by it.
    Accepted,
    /// A person wrote it, or changed the value and stands by it.
    Edited,
    /// A person holds it wrong.
    Rejected,
    /// A newer statement took its place.
    Superseded,
}

/// One assertion about a work.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatementView {
    /// The statement.
    #[ts(type = "number")]
    pub id: i64,
    /// The property's key, e.g. `artist`; the window translates it.
    pub property: String,
    /// What is asserted; none where the pack abstained.
    pub value: Option<String>,
    /// `style of`, `attributed to`, `workshop of` ...
    pub qualifier: Option<String>,
    /// What the value names, where it was taken from a list.
    pub concept: Option<ListedConcept>,
    /// Calibrated confidence, 0 to 1.
    pub confidence: Option<f32>,
    /// Confidence before calibration, 0 to 1.
    pub raw_confidence: Option<f32>,
    /// The confidence as a word; none where there is no confidence.
    pub likelihood: Option<Likelihood>,
    /// Who or what says so.
    pub source: SourceView,
    /// Where it stands.
    pub state: StateView,
    /// Other values that were in question, best first; at most five, the first is the runner-up.
    pub alternatives: Vec<AlternativeView>,
    /// One line why, e.g. why the pack abstains.
    pub reason: Option<String>,
    /// What it rests on.
    pub evidence: Vec<EvidenceView>,
    /// Who decided last.
    pub decided_by: Option<String>,
    /// When its state last changed (RFC 3339).
    pub changed_at: String,
}

/// A confidence in words, the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// 0.85 and up.
    VeryLikely,
    /// 0.6 to 0.85.
    Probably,
    /// 0.35 to 0.6.
    Possibly,
    /// Below 0.35.
    Doubtful,
}

impl Likelihood {
    /// As an adverb: "probably".
    pub fn word(self) -> &'static str {
        match self {
            Self::VeryLikely => "very likely",
            Self::Probably => "probably",
            Self::Possibly => "possibly",
            Self::Doubtful => "doubtful",
        }
    }
}

/// Who or what says so.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// `person`, `pack`, `file`, `import` or `passage`.
    pub kind: String,
    /// Its name, e.g. `compact 1` or the person's.
    pub name: String,
}

/// Another value that was in question.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlternativeView {
    /// The value.
    pub value: String,
    /// Its calibrated confidence, 0 to 1.
    pub confidence: f32,
}

/// What a statement rests on.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum EvidenceView {
    /// A similar work of the library.
    Work {
        /// The work.
        #[ts(type = "number")]
        id: i64,
        /// Its title.
        title: String,
    },
    /// A passage of the knowledge base.
    Passage {
        /// The fragment.
        id: String,
        /// Its title.
        title: String,
        /// What of it matters.
        snippet: String,
    },
}

/// A work that looks alike.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SimilarWork {
    /// The work as in the grid.
    pub card: WorkCard,
    /// Mean cosine of the best-matching parts, 0 to 1.
    pub score: f32,
    /// Whether a scan of it shows nearly the same picture.
    pub nearly_same: bool,
}

/// A passage that speaks of a work or answers a search.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PassageView {
    /// The fragment.
    pub id: String,
    /// What it speaks about.
    pub title: String,
    /// The headings that it stands under, outermost first.
    pub section: Vec<String>,
    /// `style`, `artist`, `genre`, `medium`, `technique`, `theme`, `term`, `page`.
    pub kind: String,
    /// How likely it answers, 0 to 1; none where nobody can say, as of pages that were found by their look.
    pub score: Option<f32>,
    /// Whether it merely comes near to what was sought, and likelier does not speak of it.
    pub doubtful: bool,
    /// Its text in pieces, each with how much it matched.
    pub segments: Vec<TextSegment>,
    /// The search that found it, in words.
    pub query: String,
    /// Whose text it is, with the licence.
    pub source: String,
    /// Where its page stands on the web or on the disk, where that is known.
    pub address: Option<String>,
}

/// Knowledge that a person brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CollectionView {
    /// Names it for commands.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Pages.
    #[ts(type = "number")]
    pub pages: u64,
    /// Passages in them.
    #[ts(type = "number")]
    pub passages: u64,
    /// How many of them can be found; fewer than there are where indexing was stopped.
    #[ts(type = "number")]
    pub findable: u64,
    /// How many of them can be found by how they look as pages.
    #[ts(type = "number")]
    pub drawn: u64,
    /// Bytes on the disk.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What it was read from.
    pub sources: Vec<CollectionSourceView>,
}

/// Of how many works the knowledge base has a page on the work or its artist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CoverageView {
    /// The library's works.
    #[ts(type = "number")]
    pub works: u64,
    /// Those that a page names.
    #[ts(type = "number")]
    pub covered: u64,
}

/// What a collection was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CollectionSourceView {
    /// The file or folder.
    pub path: String,
    /// Whether it was read to its end.
    pub finished: bool,
    /// Pages that could not be read.
    #[ts(type = "number")]
    pub skipped: u64,
    /// The licence of its texts, where that is known.
    pub licence: Option<String>,
}

/// A piece of text and how much it matched.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TextSegment {
    /// The piece.
    pub text: String,
    /// 0 (not at all) to 1.
    pub weight: f32,
}

/// What a sentence of an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// A passage that it names says so.
    Passage,
    /// The record of the work says so, or another of the library.
    Record,
    /// It was read off the image.
    Image,
    /// Nothing: it names no passage, or none that says so.
    None,
}

/// One sentence of an answer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SentenceView {
    /// The sentence.
    pub text: String,
    /// What it rests on.
    pub support: Support,
    /// Whether it rests on a suggestion that nobody has accepted.
    pub hedged: bool,
    /// The passages that it names.
    pub citations: Vec<CitationView>,
    /// Names, numbers and dates in it that neither its passages nor the record say.
    #[serde(default)]
    pub unsupported: Vec<String>,
    /// Whether a model that was asked holds that its passages say so; none where none was asked.
    #[serde(default)]
    pub confirmed: Option<bool>,
}

/// A passage named by a sentence.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CitationView {
    /// The fragment.
    pub passage: String,
    /// Its title.
    pub title: String,
    /// The words of the passage that come nearest to the sentence.
    pub quote: String,
    /// How far the passage says it, 0 to 1; none for answers that were kept before it was asked.
    #[serde(default)]
    pub agreement: Option<f32>,
}

/// How something was looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// The knowledge base was searched.
    #[default]
    Search,
    /// Works that look alike were looked for.
    SimilarWorks,
    /// A part of the scan was enlarged.
    LookCloser,
    /// The record was read again.
    Record,
}

/// A step on the way to an answer, e.g. a search.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// How. Answers that were kept before there was anything but searches say nothing of it.
    #[serde(default)]
    pub kind: StepKind,
    /// What was searched for; empty for other steps.
    pub query: String,
    /// The part of the scan that was looked at closely; none for other steps.
    #[serde(default)]
    pub part: Option<PartView>,
    /// Whether who answers asked for it; otherwise it was looked up beforehand.
    #[serde(default)]
    pub asked: bool,
    /// How many passages it brought.
    #[ts(type = "number")]
    pub passages: u64,
    /// How long it took.
    #[ts(type = "number")]
    pub milliseconds: u64,
}

/// A part of a scan, its edges as shares of the whole width and height, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PartView {
    /// Of the width, from the left.
    pub left: f64,
    /// Of the height, from the top.
    pub top: f64,
    /// Of the width, from the left.
    pub right: f64,
    /// Of the height, from the top.
    pub bottom: f64,
}

/// How much each part of a scan speaks for a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PatchesView {
    /// Parts beside each other; they fill whole lines.
    pub columns: usize,
    /// Line by line from the top, 0 to 1.
    pub weights: Vec<f32>,
    /// The pack that compared them, with its version.
    pub pack: String,
}

/// Something that was written about a work, or the answer to a question.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    /// Its number in the library.
    #[serde(default)]
    #[ts(type = "number")]
    pub id: i64,
    /// The number of the exchange that it follows; none at the beginning of a conversation.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub follows: Option<i64>,
    /// The work spoken of.
    #[ts(type = "number")]
    pub work: i64,
    /// The question; none for what a prompt alone asked for.
    pub question: Option<String>,
    /// The id of the prompt that it follows; empty for answers that were kept before there were any.
    #[serde(default)]
    pub prompt: String,
    /// The version of the prompt's words.
    #[serde(default)]
    pub prompt_version: String,
    /// The work that it was compared with.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub other: Option<i64>,
    /// Its sentences; empty when it abstains.
    pub sentences: Vec<SentenceView>,
    /// Why there is no answer.
    pub abstention: Option<String>,
    /// What was looked up.
    pub steps: Vec<StepView>,
    /// The passages used, in order of their first citation.
    pub passages: Vec<PassageView>,
    /// The ids of all passages that were found.
    #[serde(default)]
    pub retrieved: Vec<String>,
    /// What was thought before it was said.
    #[serde(default)]
    pub thoughts: Vec<String>,
    /// The pack that speaks.
    pub pack: String,
    /// How long it took.
    #[serde(default)]
    pub timing: TimingView,
    /// What a model read and wrote.
    #[serde(default)]
    pub effort: EffortView,
    /// When (RFC 3339).
    pub at: String,
}

/// How long an answer took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimingView {
    /// Until all searches made beforehand were done.
    #[ts(type = "number")]
    pub searched: u64,
    /// Until the first word.
    #[ts(type = "number")]
    pub first_word: u64,
    /// In all.
    #[ts(type = "number")]
    pub whole: u64,
}

/// What a model read and wrote, in tokens.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EffortView {
    /// Written.
    #[ts(type = "number")]
    pub written: u64,
    /// Read.
    #[ts(type = "number")]
    pub read: u64,
    /// Known from before, and not read again.
    #[ts(type = "number")]
    pub reused: u64,
}

/// An answer while it is being made.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum AnswerEvent {
    /// A search was made.
    Step {
        /// The search.
        step: StepView,
    },
    /// The words so far of the sentence that is being written.
    Writing {
        /// The words.
        text: String,
    },
    /// A thought that is no part of the answer.
    Thought {
        /// The thought.
        text: String,
    },
    /// The sentences so far were thinking aloud: the answer begins anew.
    Withdrawn,
    /// The next sentence.
    Sentence {
        /// The sentence.
        sentence: Box<SentenceView>,
    },
    /// It is complete and kept.
    Done {
        /// The whole.
        answer: Box<AnswerView>,
    },
}

/// What a search brought.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchView {
    /// Works whose record or file name contains the words.
    pub works: Vec<WorkCard>,
    /// Passages that speak of it.
    pub passages: Vec<PassageView>,
}

/// A long-running piece of work.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// The job.
    #[ts(type = "number")]
    pub id: u64,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Whether it can be paused.
    pub pausable: bool,
    /// Whether it rests until it is resumed; it counts as running.
    pub paused: bool,
    /// Whether it waits at the moment because a person waits for something else.
    pub giving_way: bool,
    /// Items done, failures and duplicates included.
    #[ts(type = "number")]
    pub done: u64,
    /// Items in all, as far as known.
    #[ts(type = "number")]
    pub total: u64,
    /// Items a second, once known.
    pub rate: Option<f32>,
    /// Seconds left, once known.
    pub seconds_left: Option<f32>,
    /// What failed, by file.
    pub failures: Vec<FailureView>,
    /// Files that were in the library already.
    pub duplicates: Vec<DuplicateView>,
    /// Files that show nearly what another work's scan shows; they are in all the same.
    pub near: Vec<NearView>,
    /// Works of an import that are the two sides of one sheet by their files' names, as long as nobody joined them.
    pub pairs: Vec<PairView>,
    /// What a person should know of files that are in: a block that could not be read, a page that was left out.
    pub remarks: Vec<FailureView>,
    /// Works added by an import.
    #[ts(type = "number[]")]
    pub imported: Vec<i64>,
    /// Where an export was written.
    pub output: Option<String>,
}

/// Kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Reading scans.
    Import,
    /// Looking at works and suggesting.
    Suggest,
    /// Indexing the knowledge base.
    Index,
    /// Writing records.
    Export,
    /// Making a scan of a part of another one.
    Prepare,
    /// Reading a source of knowledge; its items are megabytes.
    Knowledge,
    /// Copying the library.
    Backup,
    /// Learning from the library.
    Learn,
    /// Changing many works together; stopped, it has changed none.
    Edit,
    /// Drawing passages as pages and reading those.
    Pages,
    /// Looking whether originals are what was taken in.
    Fixity,
    /// Looking for originals that were moved.
    Relink,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// It runs.
    Running,
    /// It is through (failures may be listed).
    Finished,
    /// A person stopped it; what was done is kept.
    Cancelled,
    /// It could not go on.
    Failed,
}

/// A file that could not be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FailureView {
    /// The file.
    pub file: String,
    /// The cause and what can be done, as a sentence.
    pub reason: String,
}

/// A file that was in the library already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateView {
    /// The file.
    pub file: String,
    /// The work that has it.
    #[ts(type = "number")]
    pub work: i64,
}

/// A file that shows nearly what a scan of the library shows: smaller, compressed anew, with other colours, or cut a little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NearView {
    /// The file.
    pub file: String,
    /// Its work.
    #[ts(type = "number")]
    pub work: i64,
    /// The work that is like it.
    #[ts(type = "number")]
    pub like: i64,
    /// That work's title.
    pub title: String,
}

/// Two works that are front and back of one by the names of their files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairView {
    /// The work of the front.
    #[ts(type = "number")]
    pub front: i64,
    /// Its file's name.
    pub front_file: String,
    /// The work of the back.
    #[ts(type = "number")]
    pub back: i64,
    /// Its file's name.
    pub back_file: String,
}

/// What was learnt from the library, and what could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearningView {
    /// The number of what is used; none where the pack speaks alone.
    pub in_use: Option<u32>,
    /// Each time that it was learnt, the last one first.
    pub versions: Vec<LearntView>,
    /// Works that people stand by, by task.
    pub confirmed: Vec<TaughtView>,
    /// How many works of a task it takes.
    #[ts(type = "number")]
    pub needed: u64,
}

/// Works that could be learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaughtView {
    /// `artist`, `genre` or `style`.
    pub task: String,
    /// Works with a label that somebody stands by.
    #[ts(type = "number")]
    pub works: u64,
}

/// What was learnt at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearntView {
    /// Counted from 1.
    pub number: u32,
    /// When.
    pub made: String,
    /// Who asked for it.
    pub person: String,
    /// The pack that it belongs to, with its version.
    pub pack: String,
    /// Whether it may be used: it is better in a task, and belongs to the pack as it is.
    pub usable: bool,
    /// What came of it, by task.
    pub tasks: Vec<LearntTaskView>,
}

/// What came of learning one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LearntTaskView {
    /// `artist`, `genre` or `style`.
    pub task: String,
    /// Works that were learnt from.
    #[ts(type = "number")]
    pub learnt: u64,
    /// Works that were held back to judge by.
    #[ts(type = "number")]
    pub judged: u64,
    /// How many of these the pack alone has right.
    #[ts(type = "number")]
    pub right_before: u64,
    /// How many it has right with what was learnt.
    #[ts(type = "number")]
    pub right_after: u64,
    /// Whether it is used for this task.
    pub used: bool,
}

/// How a pack's suggestions for a property fared with the people who decided on them.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrackRecordView {
    /// The pack with its version.
    pub pack: String,
    /// The property, e.g. `style`.
    pub property: String,
    /// Suggestions that people decided on.
    #[ts(type = "number")]
    pub decided: u64,
    /// Those that they stood by.
    #[ts(type = "number")]
    pub right: u64,
    /// Suggestions that were decided on together with other works; they are not counted.
    #[ts(type = "number")]
    pub together: u64,
    /// Their share, 0 to 1.
    pub share: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How far confidence and the share of right ones lie apart on average; none where no suggestion had a confidence.
    pub calibration_error: Option<f64>,
    /// By confidence, tenths that have suggestions, the lowest first.
    pub reliability: Vec<ReliabilityView>,
    /// By month, the first one first.
    pub months: Vec<TrackMonthView>,
    /// What may be accepted together.
    pub bulk: BulkView,
}

/// Suggestions of like confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReliabilityView {
    /// Where the tenth begins, 0 to 0.9.
    pub from: f64,
    /// Suggestions that people decided on.
    #[ts(type = "number")]
    pub decided: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share that people stood by.
    pub right: f64,
}

/// A month's decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrackMonthView {
    /// As `2026-11`.
    pub month: String,
    /// Suggestions that people decided on.
    #[ts(type = "number")]
    pub decided: u64,
    /// Those that they stood by.
    #[ts(type = "number")]
    pub right: u64,
}

/// Whether suggestions were so often right that a person may accept them together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BulkView {
    /// They were, from a confidence on.
    From {
        /// The confidence.
        confidence: f64,
        /// So many of them were decided.
        #[ts(type = "number")]
        decided: u64,
        /// So many of those were right.
        #[ts(type = "number")]
        right: u64,
    },
    /// Never: who made a work is decided work by work.
    Never,
    /// Too few were decided to tell.
    TooFew {
        /// So many are needed, if all of them are right.
        #[ts(type = "number")]
        needed: u64,
    },
    /// Too many were wrong, at every confidence.
    TooOftenWrong,
}

/// The outcome of undo or redo.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UndoView {
    /// What was taken back or done again, in words.
    pub what: String,
    /// The work concerned.
    #[ts(type = "number | null")]
    pub work: Option<i64>,
}

/// What changed, for a window to follow.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum WorkbenchEvent {
    /// A job moved on.
    Job {
        /// The job.
        job: JobView,
    },
    /// A work's statements changed.
    WorkChanged {
        /// The work.
        #[ts(type = "number")]
        work: i64,
    },
    /// A scan's tiles are there, or could not be made.
    Tiles {
        /// The scan.
        #[ts(type = "number")]
        scan: i64,
    },
    /// Works came in, or the packs or the knowledge base became ready.
    LibraryChanged,
    /// Something that a person should know and need not do anything about, such as in what form a large model was loaded.
    Notice {
        /// A sentence.
        text: String,
    },
}
