// Written from the Rust types by the test `bindings_are_up_to_date`; with VITRINE_WRITE_BINDINGS=1 it writes anew.

import { Channel, invoke } from "@tauri-apps/api/core";

/**
 * Another value that was in question.
 */
export type AlternativeView = { 
/**
 * The value.
 */
value: string, 
/**
 * Its calibrated confidence, 0 to 1.
 */
confidence: number, };

/**
 * An answer while it is being made.
 */
export type AnswerEvent = { "kind": "step", 
/**
 * The search.
 */
step: StepView, } | { "kind": "writing", 
/**
 * The words.
 */
text: string, } | { "kind": "withdrawn" } | { "kind": "sentence", 
/**
 * The sentence.
 */
sentence: SentenceView, } | { "kind": "done", 
/**
 * The whole.
 */
answer: AnswerView, };

/**
 * An explanation, or the answer to a question.
 */
export type AnswerView = { 
/**
 * The work spoken of.
 */
work: number, 
/**
 * The question; none for an explanation.
 */
question: string | null, 
/**
 * Its sentences; empty when it abstains.
 */
sentences: Array<SentenceView>, 
/**
 * Why there is no answer.
 */
abstention: string | null, 
/**
 * What was looked up.
 */
steps: Array<StepView>, 
/**
 * The passages used, in order of their first citation.
 */
passages: Array<PassageView>, 
/**
 * The pack that speaks.
 */
pack: string, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * How far a work's record has come.
 */
export type Badge = "new" | "suggested" | "in-review" | "complete";

/**
 * How many works carry each badge.
 */
export type BadgeCounts = { 
/**
 * Imported, no suggestion yet.
 */
new: number, 
/**
 * Suggestions wait, none decided.
 */
suggested: number, 
/**
 * Some decided, some waiting.
 */
inReview: number, 
/**
 * Nothing waits.
 */
complete: number, };

/**
 * Whether suggestions were so often right that a person may accept them together.
 */
export type BulkView = { "kind": "from", 
/**
 * The confidence.
 */
confidence: number, 
/**
 * So many of them were decided.
 */
decided: number, 
/**
 * So many of those were right.
 */
right: number, } | { "kind": "never" } | { "kind": "too-few", 
/**
 * So many are needed, if all of them are right.
 */
needed: number, } | { "kind": "too-often-wrong" };

/**
 * A passage named by a sentence.
 */
export type CitationView = { 
/**
 * The fragment.
 */
passage: string, 
/**
 * Its title.
 */
title: string, 
/**
 * The words of the passage that say so.
 */
quote: string, };

/**
 * What a collection was read from.
 */
export type CollectionSourceView = { 
/**
 * The file or folder.
 */
path: string, 
/**
 * Whether it was read to its end.
 */
finished: boolean, 
/**
 * Pages that could not be read.
 */
skipped: number, 
/**
 * The licence of its texts, where that is known.
 */
licence: string | null, };

/**
 * Knowledge that a person brought in.
 */
export type CollectionView = { 
/**
 * Names it for commands.
 */
key: string, 
/**
 * What people call it.
 */
name: string, 
/**
 * Pages.
 */
pages: number, 
/**
 * Passages in them.
 */
passages: number, 
/**
 * How many of them can be found; fewer than there are where indexing was stopped.
 */
findable: number, 
/**
 * Bytes on the disk.
 */
bytes: number, 
/**
 * What it was read from.
 */
sources: Array<CollectionSourceView>, };

/**
 * A file that was in the library already.
 */
export type DuplicateView = { 
/**
 * The file.
 */
file: string, 
/**
 * The work that has it.
 */
work: number, };

/**
 * What a statement rests on.
 */
export type EvidenceView = { "kind": "work", 
/**
 * The work.
 */
id: number, 
/**
 * Its title.
 */
title: string, } | { "kind": "passage", 
/**
 * The fragment.
 */
id: string, 
/**
 * Its title.
 */
title: string, 
/**
 * What of it matters.
 */
snippet: string, };

/**
 * Formats of export.
 */
export type ExportFormat = "csv" | "collective-access" | "tms" | "omeka-s" | "lido" | "lido10" | "linked-art" | "iiif" | "dublin-core" | "schema-org" | "xmp" | "bagit" | "html";

/**
 * What an export would contain, before it is written.
 */
export type ExportPreview = { 
/**
 * Works that would be written.
 */
works: number, 
/**
 * Accepted statements in them.
 */
accepted: number, 
/**
 * Statements that nobody has decided on; left out unless asked for.
 */
undecided: number, 
/**
 * Works of which nothing has been accepted.
 */
empty: number, 
/**
 * The files, with their folder.
 */
files: Array<string>, };

/**
 * What to export.
 */
export type ExportRequest = { 
/**
 * The works, in this order; empty for all.
 */
works: number[], 
/**
 * The formats.
 */
formats: Array<ExportFormat>, 
/**
 * The folder to write to; files of the same name are not overwritten, a number is added.
 */
folder: string, 
/**
 * Also statements that nobody has accepted, marked as such.
 */
includeSuggestions: boolean, };

/**
 * A file that could not be taken, and why.
 */
export type FailureView = { 
/**
 * The file.
 */
file: string, 
/**
 * The cause and what can be done, as a sentence.
 */
reason: string, };

/**
 * Kinds of jobs.
 */
export type JobKind = "import" | "suggest" | "index" | "export" | "knowledge";

/**
 * Where a job stands.
 */
export type JobState = "running" | "finished" | "cancelled" | "failed";

/**
 * A long-running piece of work.
 */
export type JobView = { 
/**
 * The job.
 */
id: number, 
/**
 * What it does.
 */
kind: JobKind, 
/**
 * Where it stands.
 */
state: JobState, 
/**
 * Items done, failures and duplicates included.
 */
done: number, 
/**
 * Items in all, as far as known.
 */
total: number, 
/**
 * Items a second, once known.
 */
rate: number | null, 
/**
 * Seconds left, once known.
 */
secondsLeft: number | null, 
/**
 * What failed, by file.
 */
failures: Array<FailureView>, 
/**
 * Files that were in the library already.
 */
duplicates: Array<DuplicateView>, 
/**
 * Works added by an import.
 */
imported: number[], 
/**
 * Where an export was written.
 */
output: string | null, };

/**
 * The open library at a glance.
 */
export type LibraryView = { 
/**
 * The library's folder.
 */
path: string, 
/**
 * Works in it.
 */
works: number, 
/**
 * Works by badge.
 */
badges: BadgeCounts, 
/**
 * Statements waiting for a person.
 */
suggestions: number, 
/**
 * The packs in use.
 */
packs: Array<PackView>, 
/**
 * Articles in the knowledge base, once it is indexed.
 */
passages: number | null, 
/**
 * What Ctrl+Z would take back, in words.
 */
undo: string | null, 
/**
 * What Ctrl+Shift+Z would do again, in words.
 */
redo: string | null, };

/**
 * A confidence in words, the same everywhere.
 */
export type Likelihood = "very-likely" | "probably" | "possibly" | "doubtful";

/**
 * A model pack as it is shown.
 */
export type PackView = { 
/**
 * Its id, e.g. `compact`.
 */
id: string, 
/**
 * Its version.
 */
version: string, 
/**
 * SHA-256 of its weights, in hexadecimal.
 */
weightsSha256: string, 
/**
 * What it can do: `retriever`, `classifier`, `explainer`.
 */
roles: Array<string>, 
/**
 * Licences of its parts, in words.
 */
licences: Array<string>, 
/**
 * Its model card: purpose, data, figures, limits (Markdown).
 */
card: string, };

/**
 * A passage that speaks of a work or answers a search.
 */
export type PassageView = { 
/**
 * The fragment.
 */
id: string, 
/**
 * What it speaks about.
 */
title: string, 
/**
 * The headings that it stands under, outermost first.
 */
section: Array<string>, 
/**
 * `style`, `artist`, `genre`, `medium`, `technique`, `theme`, `term`, `page`.
 */
kind: string, 
/**
 * How well it matches, 0 to 1.
 */
score: number, 
/**
 * Its text in pieces, each with how much it matched.
 */
segments: Array<TextSegment>, 
/**
 * The search that found it, in words.
 */
query: string, 
/**
 * Whose text it is, with the licence.
 */
source: string, 
/**
 * Where its page stands on the web or on the disk, where that is known.
 */
address: string | null, };

/**
 * Suggestions of like confidence.
 */
export type ReliabilityView = { 
/**
 * Where the tenth begins, 0 to 0.9.
 */
from: number, 
/**
 * Suggestions that people decided on.
 */
decided: number, 
/**
 * Their mean confidence.
 */
confidence: number, 
/**
 * The share that people stood by.
 */
right: number, };

/**
 * A scan.
 */
export type ScanView = { 
/**
 * The scan.
 */
id: number, 
/**
 * Where the original lies.
 */
path: string, 
/**
 * SHA-256 of the original at import, in hexadecimal.
 */
sha256: string, 
/**
 * Its size in bytes.
 */
bytes: number, 
/**
 * Pixels across, upright.
 */
width: number, 
/**
 * Pixels down, upright.
 */
height: number, 
/**
 * `JPEG`, `PNG`, `TIFF` or `WebP`.
 */
format: string, 
/**
 * When it was imported (RFC 3339).
 */
importedAt: string, };

/**
 * What a search brought.
 */
export type SearchView = { 
/**
 * Works whose record or file name contains the words.
 */
works: Array<WorkCard>, 
/**
 * Passages that speak of it.
 */
passages: Array<PassageView>, };

/**
 * One sentence of an answer.
 */
export type SentenceView = { 
/**
 * The sentence.
 */
text: string, 
/**
 * What it rests on.
 */
support: Support, 
/**
 * Whether it rests on a suggestion that nobody has accepted.
 */
hedged: boolean, 
/**
 * The passages that it names.
 */
citations: Array<CitationView>, 
/**
 * Names and numbers in it that neither its passages nor the record say.
 */
unsupported: Array<string>, };

/**
 * A work that looks alike.
 */
export type SimilarWork = { 
/**
 * The work as in the grid.
 */
card: WorkCard, 
/**
 * Mean cosine of the best-matching parts, 0 to 1.
 */
score: number, };

/**
 * Who or what says so.
 */
export type SourceView = { 
/**
 * `person`, `pack`, `file`, `import` or `passage`.
 */
kind: string, 
/**
 * Its name, e.g. `compact 1` or the person's.
 */
name: string, };

/**
 * Where a statement stands.
 */
export type StateView = "suggested" | "accepted" | "edited" | "rejected" | "superseded";

/**
 * One assertion about a work.
 */
export type StatementView = { 
/**
 * The statement.
 */
id: number, 
/**
 * The property's key, e.g. `artist`; the window translates it.
 */
property: string, 
/**
 * What is asserted; none where the pack abstained.
 */
value: string | null, 
/**
 * `style of`, `attributed to`, `workshop of` ...
 */
qualifier: string | null, 
/**
 * Calibrated confidence, 0 to 1.
 */
confidence: number | null, 
/**
 * Confidence before calibration, 0 to 1.
 */
rawConfidence: number | null, 
/**
 * The confidence as a word; none where there is no confidence.
 */
likelihood: Likelihood | null, 
/**
 * Who or what says so.
 */
source: SourceView, 
/**
 * Where it stands.
 */
state: StateView, 
/**
 * Other values that were in question, best first; at most five, the first is the runner-up.
 */
alternatives: Array<AlternativeView>, 
/**
 * One line why, e.g. why the pack abstains.
 */
reason: string | null, 
/**
 * What it rests on.
 */
evidence: Array<EvidenceView>, 
/**
 * Who decided last.
 */
decidedBy: string | null, 
/**
 * When its state last changed (RFC 3339).
 */
changedAt: string, };

/**
 * How something was looked up.
 */
export type StepKind = "search" | "similarWorks" | "lookCloser" | "record";

/**
 * A step on the way to an answer, e.g. a search.
 */
export type StepView = { 
/**
 * How. Answers that were kept before there was anything but searches say nothing of it.
 */
kind: StepKind, 
/**
 * What was searched for; empty for other steps.
 */
query: string, 
/**
 * How many passages it brought.
 */
passages: number, 
/**
 * How long it took.
 */
milliseconds: number, };

/**
 * What a sentence of an answer rests on.
 */
export type Support = "passage" | "image" | "none";

/**
 * A piece of text and how much it matched.
 */
export type TextSegment = { 
/**
 * The piece.
 */
text: string, 
/**
 * 0 (not at all) to 1.
 */
weight: number, };

/**
 * A month's decisions.
 */
export type TrackMonthView = { 
/**
 * As `2026-11`.
 */
month: string, 
/**
 * Suggestions that people decided on.
 */
decided: number, 
/**
 * Those that they stood by.
 */
right: number, };

/**
 * How a pack's suggestions for a property fared with the people who decided on them.
 */
export type TrackRecordView = { 
/**
 * The pack with its version.
 */
pack: string, 
/**
 * The property, e.g. `style`.
 */
property: string, 
/**
 * Suggestions that people decided on.
 */
decided: number, 
/**
 * Those that they stood by.
 */
right: number, 
/**
 * Their share, 0 to 1.
 */
share: number, 
/**
 * The lower end of its 95 % interval.
 */
low: number, 
/**
 * The upper end.
 */
high: number, 
/**
 * How far confidence and the share of right ones lie apart on average; none where no suggestion had a confidence.
 */
calibrationError: number | null, 
/**
 * By confidence, tenths that have suggestions, the lowest first.
 */
reliability: Array<ReliabilityView>, 
/**
 * By month, the first one first.
 */
months: Array<TrackMonthView>, 
/**
 * What may be accepted together.
 */
bulk: BulkView, };

/**
 * The outcome of undo or redo.
 */
export type UndoView = { 
/**
 * What was taken back or done again, in words.
 */
what: string, 
/**
 * The work concerned.
 */
work: number | null, };

/**
 * A work in the grid.
 */
export type WorkCard = { 
/**
 * The work.
 */
id: number, 
/**
 * Its accepted title, or its file's name.
 */
title: string, 
/**
 * The accepted artist, if any.
 */
artist: string | null, 
/**
 * The file's name.
 */
fileName: string, 
/**
 * Its first scan; `thumb://localhost/<scan>` and `scan://localhost/<scan>` serve its pictures.
 */
scan: number, 
/**
 * Width over height of the picture, upright.
 */
aspect: number, 
/**
 * How far its record has come.
 */
badge: Badge, 
/**
 * Statements waiting for a person.
 */
waiting: number, };

/**
 * Which works, in which order.
 */
export type WorkFilter = { 
/**
 * Words that title, file name or a current statement must contain; empty for all.
 */
text: string, 
/**
 * Only works with this badge.
 */
badge: Badge | null, 
/**
 * The order.
 */
sort: WorkSort, 
/**
 * Skip that many.
 */
offset: number, 
/**
 * At most that many.
 */
limit: number, };

/**
 * Some works of many.
 */
export type WorkPage = { 
/**
 * How many fit the filter in all.
 */
total: number, 
/**
 * This page.
 */
works: Array<WorkCard>, };

/**
 * The order of works.
 */
export type WorkSort = "added" | "title" | "doubt";

/**
 * A work on the review desk.
 */
export type WorkView = { 
/**
 * The work as in the grid.
 */
card: WorkCard, 
/**
 * Its scans.
 */
scans: Array<ScanView>, 
/**
 * Its statements in their current state: waiting ones first, most doubtful first; then the decided ones.
 */
statements: Array<StatementView>, };

/**
 * What changed, for a window to follow.
 */
export type WorkbenchEvent = { "kind": "job", 
/**
 * The job.
 */
job: JobView, } | { "kind": "workChanged", 
/**
 * The work.
 */
work: number, } | { "kind": "libraryChanged" } | { "kind": "notice", 
/**
 * A sentence.
 */
text: string, };

export const commands = {
  /** The open library at a glance. */
  library: (): Promise<LibraryView> => invoke("library"),
  /** The works that fit a filter, a page of them. */
  works: (filter: WorkFilter): Promise<WorkPage> => invoke("works", { filter }),
  /** A work with its scans and statements. */
  work: (id: number): Promise<WorkView> => invoke("work", { id }),
  /** Stands by a statement. */
  accept: (statement: number): Promise<WorkView> => invoke("accept", { statement }),
  /** Holds a statement wrong. */
  reject: (statement: number): Promise<WorkView> => invoke("reject", { statement }),
  /** Puts another value in a statement's place and stands by it. */
  edit: (statement: number, value: string, qualifier: string | null): Promise<WorkView> => invoke("edit", { statement, value, qualifier }),
  /** Takes one of a statement's other values, counted from 0. */
  takeAlternative: (statement: number, index: number): Promise<WorkView> => invoke("take_alternative", { statement, index }),
  /** Adds a statement of the person's own. */
  addStatement: (work: number, property: string, value: string): Promise<WorkView> => invoke("add_statement", { work, property, value }),
  /** Takes back what was last done. */
  undo: (): Promise<UndoView | null> => invoke("undo"),
  /** Does again what was last taken back. */
  redo: (): Promise<UndoView | null> => invoke("redo"),
  /** Works that look alike, the most alike first. */
  similar: (work: number, count: number): Promise<Array<SimilarWork>> => invoke("similar", { work, count }),
  /** Passages that speak of a work. */
  passages: (work: number, count: number): Promise<Array<PassageView>> => invoke("passages", { work, count }),
  /** A passage, whole. */
  passage: (id: string): Promise<PassageView> => invoke("passage", { id }),
  /** Works and passages for some words. */
  search: (text: string): Promise<SearchView> => invoke("search", { text }),
  /** Explains a work sentence by sentence. */
  explain: (work: number, pack: string | null, hear: (event: AnswerEvent) => void): Promise<AnswerView> => invoke("explain", { work, pack, channel: new Channel(hear) }),
  /** Answers a question about a work sentence by sentence. */
  ask: (work: number, question: string, pack: string | null, hear: (event: AnswerEvent) => void): Promise<AnswerView> => invoke("ask", { work, question, pack, channel: new Channel(hear) }),
  /** Stops the answer that is being made about a work. */
  stopAnswer: (work: number): Promise<void> => invoke("stop_answer", { work }),
  /** Puts a sentence of an answer (both counted from 0) forward as a suggestion. */
  suggestFromAnswer: (work: number, answer: number, sentence: number, property: string): Promise<WorkView> => invoke("suggest_from_answer", { work, answer, sentence, property }),
  /** What was explained, asked and answered about a work. */
  conversation: (work: number): Promise<Array<AnswerView>> => invoke("conversation", { work }),
  /** Reads scans, from files and from folders with all they hold; the number of the job. */
  import: (paths: Array<string>): Promise<number> => invoke("import", { paths }),
  /** Reads the demonstration images; the number of the job. */
  importDemonstration: (): Promise<number> => invoke("import_demonstration"),
  /** Whether there are demonstration images. */
  demonstrationAvailable: (): Promise<boolean> => invoke("demonstration_available"),
  /** How each pack's suggestions fared with the people who decided on them, by property. */
  trackRecords: (): Promise<Array<TrackRecordView>> => invoke("track_records"),
  /** What a person brought into the knowledge base. */
  collections: (): Promise<Array<CollectionView>> => invoke("collections"),
  /** Reads a source into a collection: that of a name, or one called as the source is. The number of the job. */
  addKnowledge: (source: string, collection: string | null): Promise<number> => invoke("add_knowledge", { source, collection }),
  /** Makes findable what was read into a collection and is not yet; the number of the job. */
  indexCollection: (key: string): Promise<number> => invoke("index_collection", { key }),
  /** Removes a collection. */
  removeCollection: (key: string): Promise<void> => invoke("remove_collection", { key }),
  /** The jobs that run, and those that ended lately. */
  jobs: (): Promise<Array<JobView>> => invoke("jobs"),
  /** Stops a job; what was done is kept. */
  cancel: (job: number): Promise<void> => invoke("cancel", { job }),
  /** Tries a job's failures again; the number of the new job. */
  retry: (job: number): Promise<number> => invoke("retry", { job }),
  /** What an export would contain; nothing is written. */
  exportPreview: (request: ExportRequest): Promise<ExportPreview> => invoke("export_preview", { request }),
  /** Writes records; the finished job says where. */
  export: (request: ExportRequest): Promise<JobView> => invoke("export", { request }),
  /** Shows what an export wrote in the system's file manager. */
  showOutput: (job: number): Promise<void> => invoke("show_output", { job }),
};
