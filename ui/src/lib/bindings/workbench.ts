// Written from the Rust types by the test `bindings_are_up_to_date`; with VITRINE_WRITE_BINDINGS=1 it writes anew.

import { Channel, invoke } from "@tauri-apps/api/core";

/**
 * What accepting together brought about.
 */
export type AcceptedView = { 
/**
 * What was done, in the words of undo.
 */
what: string, 
/**
 * How many suggestions were accepted.
 */
accepted: number, 
/**
 * In how many works.
 */
works: number, };

/**
 * Suggestions that say the same.
 */
export type AlikeView = { 
/**
 * The first of them, the surest first.
 */
suggestions: Array<WaitingView>, 
/**
 * How many wait in all.
 */
waiting: number, };

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
text: string, } | { "kind": "thought", 
/**
 * The thought.
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
 * Something that was written about a work, or the answer to a question.
 */
export type AnswerView = { 
/**
 * Its number in the library.
 */
id: number, 
/**
 * The number of the exchange that it follows; none at the beginning of a conversation.
 */
follows: number | null, 
/**
 * The work spoken of.
 */
work: number, 
/**
 * The question; none for what a prompt alone asked for.
 */
question: string | null, 
/**
 * The id of the prompt that it follows; empty for answers that were kept before there were any.
 */
prompt: string, 
/**
 * The version of the prompt's words.
 */
promptVersion: string, 
/**
 * The work that it was compared with.
 */
other: number | null, 
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
 * The ids of all passages that were found.
 */
retrieved: Array<string>, 
/**
 * What was thought before it was said.
 */
thoughts: Array<string>, 
/**
 * The pack that speaks.
 */
pack: string, 
/**
 * How long it took.
 */
timing: TimingView, 
/**
 * What a model read and wrote.
 */
effort: EffortView, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * A backup.
 */
export type BackupView = { 
/**
 * Its file's name.
 */
name: string, 
/**
 * When it was made (RFC 3339).
 */
madeAt: string, 
/**
 * Its size in bytes.
 */
bytes: number, };

/**
 * The library's backups.
 */
export type BackupsView = { 
/**
 * Where they lie.
 */
folder: string, 
/**
 * Newest first.
 */
backups: Array<BackupView>, 
/**
 * The one that takes the library's place when it is next opened.
 */
restoredNext: string | null, };

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
 * What is done to the values of a property.
 */
export type BatchChangeView = { "kind": "set", 
/**
 * The value.
 */
value: string, 
/**
 * The qualifier; none for none.
 */
qualifier: string | null, 
/**
 * Whether the qualifier that stands there stays, whatever `qualifier` says.
 */
keepQualifier: boolean, 
/**
 * Whether suggestions that wait are settled by it.
 */
settle: boolean, } | { "kind": "append", 
/**
 * The value.
 */
value: string, 
/**
 * The qualifier; none for none.
 */
qualifier: string | null, 
/**
 * Whether a suggestion that says the same is accepted in its place.
 */
settle: boolean, } | { "kind": "remove", 
/**
 * The value, its qualifier in front; none for whatever value there is.
 */
value: string | null, } | { "kind": "replace", 
/**
 * The words to be found.
 */
find: string, 
/**
 * The words in their place.
 */
with: string, 
/**
 * Only where they are words of their own.
 */
wholeWords: boolean, 
/**
 * Only in the same upper and lower case.
 */
matchCase: boolean, };

/**
 * A change to a property of many works.
 */
export type BatchRequest = { 
/**
 * The works.
 */
works: number[], 
/**
 * The property's key.
 */
property: string, 
/**
 * What is done to its values.
 */
change: BatchChangeView, };

/**
 * What a change to many works does, or would do.
 */
export type BatchView = { 
/**
 * How many works change.
 */
changing: number, 
/**
 * The first of them.
 */
changes: Array<BatchWorkView>, 
/**
 * The works that are left alone, by the reason why.
 */
left: Array<LeftAloneView>, 
/**
 * What a person may want to look at before, in sentences.
 */
cautions: Array<string>, 
/**
 * Names exactly this change: it is made only if it is still the same.
 */
seen: string, 
/**
 * What was done, in the words of undo; none before it is.
 */
done: string | null, };

/**
 * What changes in a work.
 */
export type BatchWorkView = { 
/**
 * The work.
 */
work: number, 
/**
 * Its title.
 */
title: string, 
/**
 * The values that a person stands by before, qualifiers in front.
 */
before: Array<string>, 
/**
 * Those afterwards.
 */
after: Array<string>, 
/**
 * Suggestions that are rejected by it.
 */
turnedDown: Array<string>, };

/**
 * Suggestions of a pack that may be accepted together, by what people decided on its earlier ones in this library.
 */
export type BulkOfferView = { 
/**
 * The pack with its version.
 */
pack: string, 
/**
 * The property's key.
 */
property: string, 
/**
 * The confidence from which on they may be.
 */
confidence: number, 
/**
 * So many of that confidence were decided on one by one.
 */
decided: number, 
/**
 * So many of those were right.
 */
right: number, 
/**
 * The share that can be expected to be right at least: the lower end of the 95 % interval.
 */
expected: number, 
/**
 * The suggestions, the surest first.
 */
statements: number[], 
/**
 * The first of them with their works.
 */
suggestions: Array<WaitingView>, };

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
 * Which term a person puts in the place of words.
 */
export type ChosenTerm = { 
/**
 * The words.
 */
value: string, 
/**
 * The term's identifier within the list.
 */
term: string, };

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
 * The words of the passage that come nearest to the sentence.
 */
quote: string, 
/**
 * How far the passage says it, 0 to 1; none for answers that were kept before it was asked.
 */
agreement: number | null, };

/**
 * What a record says and the library does not.
 */
export type ClaimView = { 
/**
 * The property's key.
 */
property: string, 
/**
 * The value, its qualifier in front.
 */
value: string, 
/**
 * Whether a person stands by another value.
 */
competing: boolean, };

/**
 * A collection that a search can be narrowed down to.
 */
export type CollectionChoice = { 
/**
 * Names it for commands.
 */
key: string, 
/**
 * What people call it; null for the articles that come along.
 */
name: string | null, 
/**
 * Its passages in the chosen languages.
 */
passages: number, };

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
 * How many of them can be found by how they look as pages.
 */
drawn: number, 
/**
 * Bytes on the disk.
 */
bytes: number, 
/**
 * What it was read from.
 */
sources: Array<CollectionSourceView>, };

/**
 * What a table's columns mean.
 */
export type ColumnsView = { 
/**
 * The profile's key.
 */
id: string, 
/**
 * Its name.
 */
title: string, };

/**
 * How much of a profile a work's record has.
 */
export type CompletenessView = { 
/**
 * The profile's name.
 */
profile: string, 
/**
 * How many needed things it has.
 */
met: number, 
/**
 * How many are needed.
 */
needed: number, 
/**
 * The needed things that it lacks, in the profile's order.
 */
lacking: Array<LackingView>, 
/**
 * The things that it lacks and that would be welcome.
 */
wanted: Array<LackingView>, };

/**
 * Of how many works the knowledge base has a page on the work or its artist.
 */
export type CoverageView = { 
/**
 * The library's works.
 */
works: number, 
/**
 * Those that a page names.
 */
covered: number, };

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
 * What a model read and wrote, in tokens.
 */
export type EffortView = { 
/**
 * Written.
 */
written: number, 
/**
 * Read.
 */
read: number, 
/**
 * Known from before, and not read again.
 */
reused: number, };

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
 * An exchange of any conversation, as a search lists it.
 */
export type ExchangeView = { 
/**
 * Its number.
 */
id: number, 
/**
 * The work spoken of.
 */
work: number, 
/**
 * The work's title.
 */
title: string, 
/**
 * The question; none for what a prompt alone asked for.
 */
question: string | null, 
/**
 * The answer's words, or their beginning.
 */
said: string, 
/**
 * The prompt that was followed, with the version of its words.
 */
prompt: string, 
/**
 * The pack that spoke.
 */
pack: string, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * What one format would write.
 */
export type ExportFileView = { 
/**
 * The format.
 */
format: ExportFormat, 
/**
 * The file or folder.
 */
path: string, 
/**
 * What the format cannot carry.
 */
losses: Array<LossView>, };

/**
 * Formats of export.
 */
export type ExportFormat = "csv" | "collective-access" | "tms" | "omeka-s" | "lido" | "lido10" | "linked-art" | "iiif" | "dublin-core" | "schema-org" | "xmp" | "bagit" | "html" | "pdf" | "checklist";

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
 * Format by format, what would be written and what the format loses.
 */
files: Array<ExportFileView>, 
/**
 * What is the matter with some of the works, the first of them.
 */
problems: Array<ExportProblemView>, 
/**
 * How many problems there are in all.
 */
problemCount: number, };

/**
 * Something that a person may want to put right before a work leaves the library.
 */
export type ExportProblemView = { 
/**
 * The work.
 */
work: number, 
/**
 * Its title.
 */
title: string, 
/**
 * The property that it concerns, if one.
 */
property: string | null, 
/**
 * What is the matter, in a sentence.
 */
reason: string, };

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
includeSuggestions: boolean, 
/**
 * Where the records' own addresses begin, such as `https://example.org/collection`; none for addresses that lead nowhere.
 */
baseUri: string | null, };

/**
 * A value that was chosen.
 */
export type FacetChoice = { 
/**
 * Of what.
 */
facet: FacetKind, 
/**
 * The value.
 */
value: string, };

/**
 * What works are counted by.
 */
export type FacetKind = "state" | "artist" | "style" | "genre" | "object-type" | "media" | "subject" | "location" | "century" | "source" | "pack" | "has" | "list";

/**
 * A value and in how many works it occurs.
 */
export type FacetValueView = { 
/**
 * The value.
 */
value: string, 
/**
 * The works.
 */
works: number, };

/**
 * The values of one facet.
 */
export type FacetView = { 
/**
 * Of what.
 */
facet: FacetKind, 
/**
 * The most frequent ones first.
 */
values: Array<FacetValueView>, 
/**
 * Whether there are more values than these.
 */
more: boolean, };

/**
 * What the works that a filter finds can be narrowed down by.
 */
export type FacetsView = { 
/**
 * Facets that have values, in a fixed order.
 */
facets: Array<FacetView>, 
/**
 * What a profile asks for and some of the works lack, in the profile's order.
 */
lacking: Array<LackView>, };

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
 * An original that was not as it had been when it was last looked at.
 */
export type FixityTroubleView = { 
/**
 * The work that it shows.
 */
work: number, 
/**
 * The work's title.
 */
title: string, 
/**
 * Where it lay.
 */
file: string, 
/**
 * SHA-256 of what was taken in.
 */
sha256: string, 
/**
 * `missing`, `unreadable`, `changed` or `replaced`.
 */
finding: string, 
/**
 * SHA-256 of what lies there.
 */
foundSha256: string | null, 
/**
 * When that was seen (RFC 3339).
 */
at: string, };

/**
 * What is known of the files that scans were taken in from.
 */
export type FixityView = { 
/**
 * After how many days each is looked at again; 0 for never.
 */
days: number, 
/**
 * How many there are.
 */
originals: number, 
/**
 * How many were byte for byte the same when they were last looked at.
 */
unchanged: number, 
/**
 * How many nobody has looked at since they came in, or since they lie where they lie.
 */
never: number, 
/**
 * When the one was looked at that was longest not looked at (RFC 3339); none where none was.
 */
oldest: string | null, 
/**
 * Those that were not as they had been.
 */
troubles: Array<FixityTroubleView>, };

/**
 * What an exchange follows.
 */
export type Follows = { "kind": "last" } | { "kind": "nothing" } | { "kind": "exchange", 
/**
 * Its number.
 */
id: number, };

/**
 * All about a notation.
 */
export type IconclassConcept = { 
/**
 * The notation.
 */
notation: string, 
/**
 * What it means.
 */
text: string, 
/**
 * What a record says: the notation and its meaning.
 */
value: string, 
/**
 * Its identifier on the web.
 */
uri: string, 
/**
 * Keywords.
 */
keywords: Array<string>, 
/**
 * Whether a name has to be written into its brackets first.
 */
open: boolean, 
/**
 * From the division down to the notation itself.
 */
path: Array<IconclassEntry>, 
/**
 * What stands below.
 */
children: Array<IconclassEntry>, 
/**
 * The same with a key, or with a key that says more.
 */
keys: Array<IconclassEntry>, 
/**
 * Notations that are worth a look too.
 */
related: Array<IconclassEntry>, };

/**
 * A notation with its meaning.
 */
export type IconclassEntry = { 
/**
 * The notation.
 */
notation: string, 
/**
 * What it means.
 */
text: string, 
/**
 * Whether anything stands below it.
 */
branches: boolean, };

/**
 * What a search found.
 */
export type IconclassFound = { 
/**
 * The language whose words were found.
 */
language: string, 
/**
 * How many there are.
 */
total: number, 
/**
 * The best.
 */
entries: Array<IconclassEntry>, };

/**
 * Whether Iconclass is there, and where it begins.
 */
export type IconclassView = { 
/**
 * Its divisions.
 */
divisions: Array<IconclassEntry>, 
/**
 * Why it cannot be read, and what to do; none where it can.
 */
missing: string | null, };

/**
 * Kinds of jobs.
 */
export type JobKind = "import" | "suggest" | "index" | "export" | "prepare" | "knowledge" | "backup" | "learn" | "edit" | "pages" | "fixity" | "relink";

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
 * Whether it can be paused.
 */
pausable: boolean, 
/**
 * Whether it rests until it is resumed; it counts as running.
 */
paused: boolean, 
/**
 * Whether it waits at the moment because a person waits for something else.
 */
givingWay: boolean, 
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
 * Files that show nearly what another work's scan shows; they are in all the same.
 */
near: Array<NearView>, 
/**
 * Works of an import that are the two sides of one sheet by their files' names, as long as nobody joined them.
 */
pairs: Array<PairView>, 
/**
 * What a person should know of files that are in: a block that could not be read, a page that was left out.
 */
remarks: Array<FailureView>, 
/**
 * Works added by an import.
 */
imported: number[], 
/**
 * Where an export was written.
 */
output: string | null, };

/**
 * Something that a profile asks for, and how many works lack it.
 */
export type LackView = { 
/**
 * Its name in the profile's terms.
 */
name: string, 
/**
 * The properties of which one would be enough.
 */
properties: Array<string>, 
/**
 * The works.
 */
works: number, };

/**
 * A thing that a record lacks.
 */
export type LackingView = { 
/**
 * Its name in the profile's terms.
 */
name: string, 
/**
 * The properties of which one is enough.
 */
properties: Array<string>, 
/**
 * Whether somebody stands by a value that cannot be understood, such as a date that is none.
 */
notUnderstood: boolean, };

/**
 * A language that a search can be narrowed down to.
 */
export type LanguageChoice = { 
/**
 * The first part of its BCP 47 tag.
 */
language: string, 
/**
 * Passages in it, in the chosen collections.
 */
passages: number, };

/**
 * What was learnt from the library, and what could be.
 */
export type LearningView = { 
/**
 * The number of what is used; none where the pack speaks alone.
 */
inUse: number | null, 
/**
 * Each time that it was learnt, the last one first.
 */
versions: Array<LearntView>, 
/**
 * Works that people stand by, by task.
 */
confirmed: Array<TaughtView>, 
/**
 * How many works of a task it takes.
 */
needed: number, };

/**
 * What came of learning one task.
 */
export type LearntTaskView = { 
/**
 * `artist`, `genre` or `style`.
 */
task: string, 
/**
 * Works that were learnt from.
 */
learnt: number, 
/**
 * Works that were held back to judge by.
 */
judged: number, 
/**
 * How many of these the pack alone has right.
 */
rightBefore: number, 
/**
 * How many it has right with what was learnt.
 */
rightAfter: number, 
/**
 * Whether it is used for this task.
 */
used: boolean, };

/**
 * What was learnt at one time.
 */
export type LearntView = { 
/**
 * Counted from 1.
 */
number: number, 
/**
 * When.
 */
made: string, 
/**
 * Who asked for it.
 */
person: string, 
/**
 * The pack that it belongs to, with its version.
 */
pack: string, 
/**
 * Whether it may be used: it is better in a task, and belongs to the pack as it is.
 */
usable: boolean, 
/**
 * What came of it, by task.
 */
tasks: Array<LearntTaskView>, };

/**
 * Works that are left alone.
 */
export type LeftAloneView = { 
/**
 * Why.
 */
reason: LeftReason, 
/**
 * How many works.
 */
works: number, 
/**
 * The first of them.
 */
first: Array<NamedWork>, };

/**
 * Why a work is left alone.
 */
export type LeftReason = "says-so" | "nothing-stands" | "only-suggested" | "other-values" | "not-found" | "nothing-left" | "maker-of-a-model";

/**
 * How long something is to be.
 */
export type LengthView = "short" | "medium" | "long";

/**
 * The open library at a glance.
 */
export type LibraryView = { 
/**
 * The library's folder.
 */
path: string, 
/**
 * Whether it lies where nothing can be written, so that it can be looked at and exported only.
 */
readOnly: boolean, 
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
 * What became of reading a list.
 */
export type ListReadView = { 
/**
 * The list.
 */
list: number, 
/**
 * How many terms it has.
 */
terms: number, 
/**
 * What was left out, and why.
 */
problems: Array<string>, 
/**
 * All lists now.
 */
lists: Array<ListView>, };

/**
 * A list of terms for a property.
 */
export type ListView = { 
/**
 * Its number.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The property that its terms are values of.
 */
property: string, 
/**
 * The file that it was read from.
 */
file: string, 
/**
 * How many terms it has.
 */
terms: number, 
/**
 * Who read it.
 */
person: string, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * What a value names, where it was taken from a list.
 */
export type ListedConcept = { 
/**
 * The list, e.g. `Iconclass`.
 */
list: string, 
/**
 * The identifier within it.
 */
id: string, 
/**
 * The identifier on the web.
 */
uri: string | null, };

/**
 * What became of putting works on a list or taking them off.
 */
export type ListedView = { 
/**
 * The works for which something changed.
 */
works: number[], 
/**
 * All lists now.
 */
lists: Array<WorkListView>, };

/**
 * A row of the log.
 */
export type LogEntryView = { 
/**
 * Its number; higher ones are later.
 */
number: number, 
/**
 * When.
 */
at: string, 
/**
 * Who; none where a pack, a file or an import did.
 */
person: string | null, 
/**
 * What the person did, in words; one act may have many rows.
 */
action: string | null, 
/**
 * The work.
 */
work: number, 
/**
 * Its title.
 */
title: string, 
/**
 * The statement's property.
 */
property: string, 
/**
 * Its value; none for an abstention.
 */
value: string | null, 
/**
 * The state that the statement came into.
 */
state: string, 
/**
 * Who or what made the statement.
 */
source: string, 
/**
 * A remark.
 */
note: string | null, };

/**
 * What of the log is asked for; nothing said is all that people did.
 */
export type LogRequest = { 
/**
 * Of this work alone.
 */
work: number | null, 
/**
 * By this person alone.
 */
person: string | null, 
/**
 * On this day alone, `2026-11-22`, as days are where this computer stands.
 */
day: string | null, 
/**
 * Also what packs, files and imports put down.
 */
everything: boolean, 
/**
 * What came before the row of this number; none for the newest.
 */
before: number | null, };

/**
 * A part of the log, newest first.
 */
export type LogView = { 
/**
 * Its rows.
 */
entries: Array<LogEntryView>, 
/**
 * Whether there are earlier ones.
 */
more: boolean, 
/**
 * Everybody who ever decided something.
 */
people: Array<string>, };

/**
 * A property that a format carries in part or not at all.
 */
export type LossView = { 
/**
 * The property's key; `statements` for what concerns them all.
 */
property: string, 
/**
 * What is lost and why, in a sentence.
 */
reason: string, };

/**
 * A term that is like words that somebody wrote.
 */
export type MatchedTerm = { 
/**
 * The term.
 */
term: TermView, 
/**
 * How alike, 0 to 1.
 */
score: number, 
/**
 * The word that is alike, where it is another one for the term.
 */
by: string | null, };

/**
 * An original that was found elsewhere.
 */
export type MovedView = { 
/**
 * SHA-256 of it.
 */
sha256: string, 
/**
 * The work that it shows.
 */
work: number, 
/**
 * The work's title.
 */
title: string, 
/**
 * Where it lay.
 */
from: string, 
/**
 * Where it lies now.
 */
to: string, };

/**
 * A work and what it is called.
 */
export type NamedWork = { 
/**
 * The work.
 */
work: number, 
/**
 * Its title.
 */
title: string, };

/**
 * A file that shows nearly what a scan of the library shows: smaller, compressed anew, with other colours, or cut a little.
 */
export type NearView = { 
/**
 * The file.
 */
file: string, 
/**
 * Its work.
 */
work: number, 
/**
 * The work that is like it.
 */
like: number, 
/**
 * That work's title.
 */
title: string, };

/**
 * A property that the core record does not have.
 */
export type OwnPropertyView = { 
/**
 * Its key in statements.
 */
key: string, 
/**
 * Its name.
 */
label: string, 
/**
 * What its values are.
 */
kind: PropertyKind, 
/**
 * The list of terms that values are offered from.
 */
list: string | null, 
/**
 * Whether a work may have several values.
 */
repeatable: boolean, 
/**
 * In how many works somebody stands by a value.
 */
works: number, 
/**
 * The profile that brings it along, in whose file it is changed.
 */
profile: string | null, };

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
 * Two works that are front and back of one by the names of their files.
 */
export type PairView = { 
/**
 * The work of the front.
 */
front: number, 
/**
 * Its file's name.
 */
frontFile: string, 
/**
 * The work of the back.
 */
back: number, 
/**
 * Its file's name.
 */
backFile: string, };

/**
 * A part of a scan, its edges as shares of the whole width and height, 0 to 1.
 */
export type PartView = { 
/**
 * Of the width, from the left.
 */
left: number, 
/**
 * Of the height, from the top.
 */
top: number, 
/**
 * Of the width, from the left.
 */
right: number, 
/**
 * Of the height, from the top.
 */
bottom: number, };

/**
 * Which passages may be drawn on. Where a list is empty, all are.
 */
export type PassageScope = { 
/**
 * Keys of collections, and of the articles that come along.
 */
collections: Array<string>, 
/**
 * Languages by the first part of their BCP 47 tag: `en`.
 */
languages: Array<string>, };

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
 * How likely it answers, 0 to 1; none where nobody can say, as of pages that were found by their look.
 */
score: number | null, 
/**
 * Whether it merely comes near to what was sought, and likelier does not speak of it.
 */
doubtful: boolean, 
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
 * How much each part of a scan speaks for a sentence.
 */
export type PatchesView = { 
/**
 * Parts beside each other; they fill whole lines.
 */
columns: number, 
/**
 * Line by line from the top, 0 to 1.
 */
weights: Array<number>, 
/**
 * The pack that compared them, with its version.
 */
pack: string, };

/**
 * The scan that another one was made of.
 */
export type PreparedFrom = { 
/**
 * That scan.
 */
scan: number, 
/**
 * What was done, as JSON.
 */
recipe: string, };

/**
 * What a person says of a profile.
 */
export type ProfileEdit = { 
/**
 * Its name.
 */
title: string, 
/**
 * What is asked for, in the order in which it is shown.
 */
requirements: Array<RequirementView>, };

/**
 * What a record should have.
 */
export type ProfileView = { 
/**
 * Its key, e.g. `object-id`.
 */
id: string, 
/**
 * Its name.
 */
title: string, 
/**
 * Whether it is the library's own, and can be changed.
 */
own: boolean, 
/**
 * What is asked for, in the order in which it is shown.
 */
requirements: Array<RequirementView>, };

/**
 * What a prompt is for.
 */
export type PromptUse = "rules" | "answer" | "look" | "explain" | "section" | "describe" | "compare" | "check";

/**
 * A version of a prompt's words that was written in the library.
 */
export type PromptVersionView = { 
/**
 * Counted from 1.
 */
version: number, 
/**
 * The words; none where the program's own were taken again.
 */
text: string | null, 
/**
 * Who wrote them.
 */
person: string, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * A prompt with the words that are in force.
 */
export type PromptView = { 
/**
 * Its id, e.g. `wall-label`.
 */
id: string, 
/**
 * What it is for.
 */
purpose: PromptUse, 
/**
 * The version of the words in force, e.g. `1`, or `1, own 2`.
 */
version: string, 
/**
 * The words in force.
 */
text: string, 
/**
 * The words that come with the program.
 */
shipped: string, 
/**
 * Whether the words in force are the library's own.
 */
own: boolean, 
/**
 * The library's own versions, oldest first.
 */
history: Array<PromptVersionView>, };

/**
 * What a person says of a property.
 */
export type PropertyEdit = { 
/**
 * Its name.
 */
label: string, 
/**
 * What its values are.
 */
kind: PropertyKind, 
/**
 * The list of terms that values are offered from.
 */
list: string | null, 
/**
 * Whether a work may have several values.
 */
repeatable: boolean, };

/**
 * What a value of a property is.
 */
export type PropertyKind = "text" | "term" | "maker" | "date" | "measures" | "rights" | "identifier";

/**
 * Where an artwork may lie in a scan.
 */
export type ProposalView = { 
/**
 * Outlines within each other, the innermost first: four corners each in the scan's pixels, clockwise from the upper left one.
 */
outlines: Array<Array<[number, number]>>, };

/**
 * What a record changes.
 */
export type RecordChangeView = { 
/**
 * Where in the file: `row 3`.
 */
place: string, 
/**
 * The work; none for a new one.
 */
work: number | null, 
/**
 * The work's title, or the file of a new one's scan.
 */
title: string, 
/**
 * What is new.
 */
claims: Array<ClaimView>, };

/**
 * Properties of the library's own, and the profiles that completeness is told by.
 */
export type RecordPlanView = { 
/**
 * Properties that the core record does not have.
 */
properties: Array<OwnPropertyView>, 
/**
 * The profiles, shipped ones first.
 */
profiles: Array<ProfileView>, 
/**
 * Files that cannot be used, a sentence each.
 */
faults: Array<string>, 
/**
 * The library's folder, in which the files lie.
 */
folder: string, };

/**
 * Which records are read in, and how.
 */
export type RecordsRequest = { 
/**
 * A table (CSV, or a workbook), LIDO (`.xml`), Linked Art (`.json` and the like, a folder, a `.zip`), or the folder of a bag.
 */
file: string, 
/**
 * The sheet of a workbook; none for the first one.
 */
sheet: string | null, 
/**
 * What a table's columns mean: the key of a profile that ships, or the file of one's own; none for the program's own columns.
 */
profile: string | null, 
/**
 * Whether works are also known by their scans' file names.
 */
byFileName: boolean, 
/**
 * Whether the person at the desk stands by what is new at once.
 */
accept: boolean, };

/**
 * What records that are read in change, or would change.
 */
export type RecordsView = { 
/**
 * Records that found their work or make a new one.
 */
records: number, 
/**
 * Works that are new.
 */
worksAdded: number, 
/**
 * Statements that are new.
 */
statementsAdded: number, 
/**
 * Of these the ones beside another value that a person stands by.
 */
competing: number, 
/**
 * Statements that a person stands by now; 0 before anything is changed.
 */
accepted: number, 
/**
 * What is left out, a sentence each.
 */
problems: Array<string>, 
/**
 * The first records that change something.
 */
changes: Array<RecordChangeView>, 
/**
 * How many records change something.
 */
changing: number, };

/**
 * What a person says of a region.
 */
export type RegionContentView = { 
/**
 * Where it is.
 */
shape: ShapeView, 
/**
 * What is seen there.
 */
note: string | null, 
/**
 * The statements that it is evidence for.
 */
statements: Array<number>, };

/**
 * A part of a scan that somebody pointed at, as evidence for statements.
 */
export type RegionView = { 
/**
 * The region.
 */
id: number, 
/**
 * The scan that it is a part of.
 */
scan: number, 
/**
 * What it is.
 */
content: RegionContentView, 
/**
 * Who drew it or changed it last.
 */
person: string, 
/**
 * When (RFC 3339).
 */
at: string, };

/**
 * What a backup gave when it was tried out.
 */
export type RehearsalView = { 
/**
 * Works in it.
 */
works: number, 
/**
 * Statements in it.
 */
statements: number, 
/**
 * Rows of its log.
 */
decisions: number, };

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
 * What was found of the originals that are not where they were.
 */
export type RelinkView = { 
/**
 * How many are not where they were.
 */
missing: number, 
/**
 * Those that were found.
 */
moved: Array<MovedView>, };

/**
 * One thing that a record should have.
 */
export type RequirementView = { 
/**
 * Its name in the profile's terms.
 */
name: string, 
/**
 * The properties of which one is enough.
 */
any: Array<string>, 
/**
 * Whether it counts for completeness; what does not is welcome.
 */
needed: boolean, 
/**
 * Whether the value must be understood: a date that has days, measures that have units.
 */
understood: boolean, };

/**
 * A search under a name.
 */
export type SavedSearchView = { 
/**
 * The name.
 */
name: string, 
/**
 * What it finds; offset and limit are 0.
 */
filter: WorkFilter, };

/**
 * How a scan's scale is known.
 */
export type ScaleKnown = { "by": "dimensions", 
/**
 * As they are written in the record.
 */
value: string, } | { "by": "resolution", 
/**
 * Pixels per inch.
 */
density: number, };

/**
 * How large what a scan shows is.
 */
export type ScaleView = { 
/**
 * Millimetres of the work for a pixel of the scan.
 */
millimetres: number, 
/**
 * How that is known.
 */
known: ScaleKnown, };

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
 * Which of the file's pages it is, counted from 0.
 */
page: number, 
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
importedAt: string, 
/**
 * What it was made of, where it is no file that was taken in.
 */
preparedFrom: PreparedFrom | null, };

/**
 * What a search among passages can be narrowed down to.
 */
export type ScopeChoices = { 
/**
 * The articles that come along, then the collections by name.
 */
collections: Array<CollectionChoice>, 
/**
 * The languages that passages are known to be in, those with most passages first.
 */
languages: Array<LanguageChoice>, };

/**
 * The colours that a screen shows, where it sends what it is given to its lamps as it is.
 */
export type ScreenGamut = "srgb" | "display-p3" | "adobe-rgb";

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
 * Names, numbers and dates in it that neither its passages nor the record say.
 */
unsupported: Array<string>, 
/**
 * Whether a model that was asked holds that its passages say so; none where none was asked.
 */
confirmed: boolean | null, };

/**
 * A part of a scan, in pixels of the upright picture from its upper left corner.
 */
export type ShapeView = { "kind": "rectangle", 
/**
 * Its left edge.
 */
x: number, 
/**
 * Its upper edge.
 */
y: number, 
/**
 * Pixels across.
 */
width: number, 
/**
 * Pixels down.
 */
height: number, } | { "kind": "polygon", 
/**
 * The corners, each from the left and from above.
 */
corners: Array<[number, number]>, } | { "kind": "point", 
/**
 * From the left.
 */
x: number, 
/**
 * From above.
 */
y: number, };

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
score: number, 
/**
 * Whether a scan of it shows nearly the same picture.
 */
nearlySame: boolean, };

/**
 * What reading a source would take.
 */
export type SourceEstimateView = { 
/**
 * The file or folder.
 */
path: string, 
/**
 * What it is.
 */
kind: SourceKind, 
/**
 * What its collection would be called.
 */
name: string, 
/**
 * The licence of its texts, where it tells one.
 */
licence: string | null, 
/**
 * The language of its texts as a BCP 47 tag, where it tells one.
 */
language: string | null, 
/**
 * The titles of its first pages.
 */
titles: Array<string>, 
/**
 * Pages with a text.
 */
pages: number, 
/**
 * Passages.
 */
passages: number, 
/**
 * Whether that was counted, and not estimated from a part.
 */
exact: boolean, 
/**
 * Pages of that part that could not be read.
 */
skipped: number, 
/**
 * Seconds that reading and indexing would take here; none without a model pack.
 */
seconds: number | null, 
/**
 * Bytes that it would take on the disk.
 */
bytes: number, };

/**
 * What a person brings in.
 */
export type SourceKind = "dump" | "archive" | "folder" | "records";

/**
 * How a person wants a source to be read.
 */
export type SourceRequest = { 
/**
 * The collection's name; that of the source if there is none.
 */
collection: string | null, 
/**
 * The licence of the texts, where the source does not tell it.
 */
licence: string | null, 
/**
 * The language of the texts, where the source does not tell it.
 */
language: string | null, 
/**
 * Whether every page is wanted, of a wiki's dump too.
 */
everything: boolean, 
/**
 * Only pages in one of these categories or below.
 */
categories: Array<string>, };

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
 * What the value names, where it was taken from a list.
 */
concept: ListedConcept | null, 
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
 * The part of the scan that was looked at closely; none for other steps.
 */
part: PartView | null, 
/**
 * Whether who answers asked for it; otherwise it was looked up beforehand.
 */
asked: boolean, 
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
export type Support = "passage" | "record" | "image" | "none";

/**
 * What is asked or wished for about a work.
 */
export type TalkRequest = { 
/**
 * The work.
 */
work: number, 
/**
 * The question; none for what a prompt alone asks for.
 */
question: string | null, 
/**
 * The prompt's id; none for the one that explains, or answers.
 */
prompt: string | null, 
/**
 * The added pack that speaks; none for the compact one.
 */
pack: string | null, 
/**
 * The work that it is compared with.
 */
other: number | null, 
/**
 * How long; none for what the settings say.
 */
length: LengthView | null, 
/**
 * The language, by its English name; none for what the settings say.
 */
language: string | null, 
/**
 * What it follows.
 */
follows: Follows, };

/**
 * What a library's conversations are held by.
 */
export type TalkSettings = { 
/**
 * Searches that a model may make for one question, 0 to 10.
 */
searches: number, 
/**
 * Turns that it may take, 1 to 20.
 */
turns: number, 
/**
 * Tokens that it may write for one question, 64 to 32,768.
 */
tokens: number, 
/**
 * Seconds after which it has to answer, 5 to 3,600.
 */
seconds: number, 
/**
 * Whether a model is asked of each of its sentences if the passages say so.
 */
check: boolean, 
/**
 * How long answers are.
 */
length: LengthView, 
/**
 * The language that models write in, by its English name.
 */
language: string, 
/**
 * The passages that explanations and answers draw on.
 */
sources: PassageScope, };

/**
 * Works that could be learnt from.
 */
export type TaughtView = { 
/**
 * `artist`, `genre` or `style`.
 */
task: string, 
/**
 * Works with a label that somebody stands by.
 */
works: number, };

/**
 * A term of a list.
 */
export type TermView = { 
/**
 * The list.
 */
list: number, 
/**
 * The list's name.
 */
listName: string, 
/**
 * Its identifier within the list.
 */
id: string, 
/**
 * The words that a record gets.
 */
label: string, 
/**
 * Its identifier on the web.
 */
uri: string | null, };

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
 * Whether there are tiles.
 */
export type TilesState = { "kind": "needless" } | { "kind": "ready" } | { "kind": "making" } | { "kind": "failed", 
/**
 * Why.
 */
reason: string, };

/**
 * How a scan can be looked at closely.
 */
export type TilesView = { 
/**
 * Pixels across, upright.
 */
width: number, 
/**
 * Pixels down, upright.
 */
height: number, 
/**
 * The side of a tile in pixels; the last ones of a row and column are smaller.
 */
side: number, 
/**
 * Sizes: level 0 is the whole, each further one half of it, the last one a single tile. `scan://localhost/<scan>/<gamut>/<level>/<x>_<y>`
 * serves a tile.
 */
levels: number, 
/**
 * Whether they are there.
 */
state: TilesState, };

/**
 * How long an answer took, in milliseconds.
 */
export type TimingView = { 
/**
 * Until all searches made beforehand were done.
 */
searched: number, 
/**
 * Until the first word.
 */
firstWord: number, 
/**
 * In all.
 */
whole: number, };

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
 * Suggestions that were decided on together with other works; they are not counted.
 */
together: number, 
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
 * Words that people stand by and that name no term, with the terms that are like them.
 */
export type UnmatchedView = { 
/**
 * The words.
 */
value: string, 
/**
 * How many statements say so.
 */
statements: number, 
/**
 * Terms, the most alike first.
 */
candidates: Array<MatchedTerm>, };

/**
 * Works for which the same waits.
 */
export type WaitingGroupView = { 
/**
 * The property's key.
 */
property: string, 
/**
 * The value that is suggested.
 */
value: string, 
/**
 * Its qualifier.
 */
qualifier: string | null, 
/**
 * How many works it waits in.
 */
works: number, };

/**
 * A suggestion among those that may be accepted together.
 */
export type WaitingView = { 
/**
 * The statement.
 */
statement: number, 
/**
 * The work.
 */
work: WorkCard, 
/**
 * The value, its qualifier in front.
 */
value: string, 
/**
 * Calibrated confidence, 0 to 1.
 */
confidence: number | null, 
/**
 * Who or what says so.
 */
source: SourceView, 
/**
 * Whether the pack's suggestions of that confidence were so often right here that they may be accepted unseen.
 */
vouched: boolean, };

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
 * A query: words, `"phrases"`, `begin*`, `OR`, `-not`, `title:swing`, `date:1600..1650`, `lacks:date`; empty for all.
 */
text: string, 
/**
 * Only works with this badge.
 */
badge: Badge | null, 
/**
 * Only works whose record is not complete yet: the inbox.
 */
open: boolean, 
/**
 * Values that must all be there.
 */
facets: Array<FacetChoice>, 
/**
 * Properties of which nobody stands by a value.
 */
lacking: Array<string>, 
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
 * A list of works that somebody put together.
 */
export type WorkListView = { 
/**
 * Its name.
 */
name: string, 
/**
 * How many works are on it.
 */
works: number, };

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
statements: Array<StatementView>, 
/**
 * The regions on its scans, in the order they were drawn.
 */
regions: Array<RegionView>, };

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
work: number, } | { "kind": "tiles", 
/**
 * The scan.
 */
scan: number, } | { "kind": "libraryChanged" } | { "kind": "notice", 
/**
 * A sentence.
 */
text: string, };

export const commands = {
  /** The open library at a glance. */
  library: (): Promise<LibraryView> => invoke("library"),
  /** The works that fit a filter, a page of them. */
  works: (filter: WorkFilter): Promise<WorkPage> => invoke("works", { filter }),
  /** What the works that a filter finds can be narrowed down by: so many values of each facet at most, and what they lack of a profile. */
  facets: (filter: WorkFilter, most: number, profile: string | null): Promise<FacetsView> => invoke("facets", { filter, most, profile }),
  /** The searches that are kept, by name. */
  savedSearches: (): Promise<Array<SavedSearchView>> => invoke("saved_searches"),
  /** Keeps a search under a name, and lists those that are kept. */
  saveSearch: (name: string, filter: WorkFilter): Promise<Array<SavedSearchView>> => invoke("save_search", { name, filter }),
  /** Forgets a kept search, and lists those that still are. */
  forgetSearch: (name: string): Promise<Array<SavedSearchView>> => invoke("forget_search", { name }),
  /** The library's own properties, the profiles, and what is wrong with its files of them. */
  recordPlan: (): Promise<RecordPlanView> => invoke("record_plan"),
  /** Changes an own property, or makes one: under the key that is given, else under one made of its name. */
  saveProperty: (key: string | null, property: PropertyEdit): Promise<RecordPlanView> => invoke("save_property", { key, property }),
  /** Deletes an own property, which nothing may use any more. */
  deleteProperty: (key: string): Promise<RecordPlanView> => invoke("delete_property", { key }),
  /** Changes a profile of one's own, or makes one: under the key that is given, else under one made of its name. */
  saveProfile: (id: string | null, profile: ProfileEdit): Promise<RecordPlanView> => invoke("save_profile", { id, profile }),
  /** Deletes a profile of one's own, file and all. */
  deleteProfile: (id: string): Promise<RecordPlanView> => invoke("delete_profile", { id }),
  /** The lists of works, by name. */
  workLists: (): Promise<Array<WorkListView>> => invoke("work_lists"),
  /** Puts works on a list, which is begun if there is none of that name. */
  putOnList: (name: string, works: Array<number>): Promise<ListedView> => invoke("put_on_list", { name, works }),
  /** Takes works off a list. */
  takeOffList: (name: string, works: Array<number>): Promise<ListedView> => invoke("take_off_list", { name, works }),
  /** Gives up a list; the works that were on it stay as they are. */
  giveUpList: (name: string): Promise<ListedView> => invoke("give_up_list", { name }),
  /** How much of a profile a work's record has. */
  completeness: (work: number, profile: string): Promise<CompletenessView> => invoke("completeness", { work, profile }),
  /** A work with its scans and statements. */
  work: (id: number): Promise<WorkView> => invoke("work", { id }),
  /** How a scan can be looked at closely on a screen of this gamut; tiles that it takes are made in the background. */
  tiles: (scan: number, gamut: ScreenGamut): Promise<TilesView> => invoke("tiles", { scan, gamut }),
  /** How large what a scan shows is, by accepted dimensions or else by its file; null where neither says so. */
  scale: (scan: number): Promise<ScaleView | null> => invoke("scale", { scan }),
  /** Draws a region on a scan. */
  addRegion: (scan: number, content: RegionContentView): Promise<WorkView> => invoke("add_region", { scan, content }),
  /** Puts another shape, note or other statements in the place of a region's. */
  changeRegion: (region: number, content: RegionContentView): Promise<WorkView> => invoke("change_region", { region, content }),
  /** Takes a region away. */
  removeRegion: (region: number): Promise<WorkView> => invoke("remove_region", { region }),
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
  /** Whether Iconclass is there, and its divisions in a language. */
  iconclass: (language: string): Promise<IconclassView> => invoke("iconclass", { language }),
  /** Notations of Iconclass for words of a language, or for the beginning of a notation, best first. */
  iconclassSearch: (words: string, language: string): Promise<IconclassFound> => invoke("iconclass_search", { words, language }),
  /** All that Iconclass says of a notation. */
  iconclassConcept: (notation: string, language: string): Promise<IconclassConcept> => invoke("iconclass_concept", { notation, language }),
  /** States that a work shows what a notation of Iconclass means. */
  addIconclass: (work: number, property: string, notation: string, language: string): Promise<WorkView> => invoke("add_iconclass", { work, property, notation, language }),
  /** Puts a notation of Iconclass in a statement's place. */
  editToIconclass: (statement: number, notation: string, language: string): Promise<WorkView> => invoke("edit_to_iconclass", { statement, notation, language }),
  /** The museum's own lists of terms, by name. */
  termLists: (): Promise<Array<ListView>> => invoke("term_lists"),
  /** Reads a file as a list of terms for a property; one of the same name is written anew. */
  readTermList: (file: string, name: string | null, property: string, language: string): Promise<ListReadView> => invoke("read_term_list", { file, name, property, language }),
  /** Forgets a list of terms, and lists those that are left. */
  forgetTermList: (list: number): Promise<Array<ListView>> => invoke("forget_term_list", { list }),
  /** Terms of a property's lists for what has been typed so far, best first. */
  termsTyped: (property: string, typed: string): Promise<Array<TermView>> => invoke("terms_typed", { property, typed }),
  /** States a term of a list about a work. */
  addTerm: (work: number, property: string, list: number, term: string): Promise<WorkView> => invoke("add_term", { work, property, list, term }),
  /** Puts a term of a list in a statement's place. */
  editToTerm: (statement: number, list: number, term: string): Promise<WorkView> => invoke("edit_to_term", { statement, list, term }),
  /** What people stand by of a list's property without naming a term, with the terms that are like it. */
  unmatched: (list: number): Promise<Array<UnmatchedView>> => invoke("unmatched", { list }),
  /** Puts terms of a list in the place of words, wherever people stand by them; how many statements that were. */
  matchTerms: (list: number, chosen: Array<ChosenTerm>): Promise<number> => invoke("match_terms", { list, chosen }),
  /** What a change to many works would do; nothing is done. */
  batchPreview: (request: BatchRequest): Promise<BatchView> => invoke("batch_preview", { request }),
  /** Makes the change to many works that a preview showed, and nothing else. */
  batchEdit: (request: BatchRequest, seen: string): Promise<BatchView> => invoke("batch_edit", { request, seen }),
  /** What waits in several works in the same words. */
  waitingGroups: (): Promise<Array<WaitingGroupView>> => invoke("waiting_groups"),
  /** The suggestions that say the same. */
  waitingAlike: (property: string, value: string, qualifier: string | null): Promise<AlikeView> => invoke("waiting_alike", { property, value, qualifier }),
  /** Accepts suggestions that say the same and that a person has looked at. */
  acceptAlike: (statements: Array<number>): Promise<AcceptedView> => invoke("accept_alike", { statements }),
  /** Suggestions that may be accepted unseen, with the figures that say so. */
  bulkOffers: (): Promise<Array<BulkOfferView>> => invoke("bulk_offers"),
  /** Accepts suggestions unseen that are on offer. */
  acceptInBulk: (pack: string, property: string, statements: Array<number>): Promise<AcceptedView> => invoke("accept_in_bulk", { pack, property, statements }),
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
  /** Passages for some words, from some collections and in some languages. */
  searchPassages: (text: string, scope: PassageScope): Promise<Array<PassageView>> => invoke("search_passages", { text, scope }),
  /** What a search among passages can be narrowed down to beside what is chosen. */
  scopeChoices: (chosen: PassageScope): Promise<ScopeChoices> => invoke("scope_choices", { chosen }),
  /** A passage with the words lit that say what a sentence says. */
  evidence: (passage: string, sentence: string): Promise<PassageView> => invoke("evidence", { passage, sentence }),
  /** How much each part of a work's scan speaks for a sentence, by an added pack that compares images with words. */
  patches: (work: number, sentence: string): Promise<PatchesView> => invoke("patches", { work, sentence }),
  /** Writes about a work, or answers a question about it, sentence by sentence. */
  talk: (request: TalkRequest, hear: (event: AnswerEvent) => void): Promise<AnswerView> => invoke("talk", { request, channel: new Channel(hear) }),
  /** Stops the answer that is being made about a work. */
  stopAnswer: (work: number): Promise<void> => invoke("stop_answer", { work }),
  /** Puts a sentence of an answer (counted from 0) forward as a suggestion. */
  suggestFromAnswer: (exchange: number, sentence: number, property: string): Promise<WorkView> => invoke("suggest_from_answer", { exchange, sentence, property }),
  /** What was asked and answered about a work, oldest first. */
  conversation: (work: number): Promise<Array<AnswerView>> => invoke("conversation", { work }),
  /** Exchanges about any work in which some words occur, newest first. */
  conversations: (text: string, most: number): Promise<Array<ExchangeView>> => invoke("conversations", { text, most }),
  /** Deletes an exchange for good; the rest of the conversation. */
  deleteExchange: (exchange: number): Promise<Array<AnswerView>> => invoke("delete_exchange", { exchange }),
  /** Deletes all that was asked about a work for good; how many exchanges that were. */
  deleteConversation: (work: number): Promise<number> => invoke("delete_conversation", { work }),
  /** Writes all that was asked about a work to a file: JSON where its name ends so, else Markdown. */
  writeConversation: (work: number, file: string): Promise<void> => invoke("write_conversation", { work, file }),
  /** All prompts with the words that are in force. */
  prompts: (): Promise<Array<PromptView>> => invoke("prompts"),
  /** Puts words of the library's own in force for a prompt; without words those that come with the program. */
  writePrompt: (prompt: string, text: string | null): Promise<PromptView> => invoke("write_prompt", { prompt, text }),
  /** How conversations are held. */
  talkSettings: (): Promise<TalkSettings> => invoke("talk_settings"),
  /** Changes how conversations are held. */
  setTalkSettings: (settings: TalkSettings): Promise<TalkSettings> => invoke("set_talk_settings", { settings }),
  /** Reads scans, from files and from folders with all they hold; the number of the job. */
  import: (paths: Array<string>): Promise<number> => invoke("import", { paths }),
  /** Reads the demonstration images; the number of the job. */
  importDemonstration: (): Promise<number> => invoke("import_demonstration"),
  /** Whether there are demonstration images. */
  demonstrationAvailable: (): Promise<boolean> => invoke("demonstration_available"),
  /** How each pack's suggestions fared with the people who decided on them, by property. */
  trackRecords: (): Promise<Array<TrackRecordView>> => invoke("track_records"),
  /** What was learnt from the library, and what could be. */
  learning: (): Promise<LearningView> => invoke("learning"),
  /** Learns from the works that people stand by; the number of the job. */
  learn: (): Promise<number> => invoke("learn"),
  /** Uses what was learnt under a number; none puts all of it aside. */
  useLearnt: (number: number | null): Promise<LearningView> => invoke("use_learnt", { number }),
  /** What a person brought into the knowledge base. */
  collections: (): Promise<Array<CollectionView>> => invoke("collections"),
  /** What reading a source would take. */
  estimateSource: (source: string): Promise<SourceEstimateView> => invoke("estimate_source", { source }),
  /** Reads a source into a collection; the number of the job. */
  addKnowledge: (source: string, request: SourceRequest): Promise<number> => invoke("add_knowledge", { source, request }),
  /** Reads the library's accepted records into a collection; the number of the job. */
  addOwnRecords: (): Promise<number> => invoke("add_own_records"),
  /** Of how many works the knowledge base has a page on the work or its artist. */
  coverage: (): Promise<CoverageView> => invoke("coverage"),
  /** Goes on reading a collection, or makes findable what is not yet; the number of the job. */
  resumeCollection: (key: string): Promise<number> => invoke("resume_collection", { key }),
  /** What the added pack is called that sees pages, where one is installed. */
  seeingPack: (): Promise<string | null> => invoke("seeing_pack"),
  /** Draws a collection's passages as pages and lets an added pack read them; the number of the job. */
  indexPages: (key: string): Promise<number> => invoke("index_pages", { key }),
  /** Passages whose pages look like a scan or a part of it, and say some words. */
  passagesLike: (scan: number, part: ShapeView | null, words: string, scope: PassageScope): Promise<Array<PassageView>> => invoke("passages_like", { scan, part, words, scope }),
  /** Removes a collection. */
  removeCollection: (key: string): Promise<void> => invoke("remove_collection", { key }),
  /** The jobs that run, and those that ended lately. */
  jobs: (): Promise<Array<JobView>> => invoke("jobs"),
  /** Stops a job; what was done is kept. */
  cancel: (job: number): Promise<void> => invoke("cancel", { job }),
  /** Lets a job rest until it is resumed. */
  pause: (job: number): Promise<void> => invoke("pause", { job }),
  /** Lets a job that rests go on. */
  resume: (job: number): Promise<void> => invoke("resume", { job }),
  /** Tries a job's failures again; the number of the new job. */
  retry: (job: number): Promise<number> => invoke("retry", { job }),
  /** Makes the backs that an import offers further scans of their fronts' works; how many. */
  joinPairs: (job: number): Promise<number> => invoke("join_pairs", { job }),
  /** Makes the scans of other works further scans of one work. */
  joinWorks: (into: number, others: Array<number>): Promise<void> => invoke("join_works", { into, others }),
  /** Where the artwork may lie in a scan. */
  proposeCorners: (scan: number): Promise<ProposalView> => invoke("propose_corners", { scan }),
  /** Makes what four corners of a scan enclose a further scan of its work; the job's number. */
  prepare: (scan: number, corners: Array<[number, number]>): Promise<number> => invoke("prepare", { scan, corners }),
  /** Who did what and when, newest first. */
  log: (request: LogRequest): Promise<LogView> => invoke("log", { request }),
  /** The library's backups. */
  backups: (): Promise<BackupsView> => invoke("backups"),
  /** Writes a backup and checks it. */
  backUp: (): Promise<BackupsView> => invoke("back_up"),
  /** Tries a backup out. */
  rehearse: (backup: string): Promise<RehearsalView> => invoke("rehearse", { backup }),
  /** Notes which backup takes the library's place when it is next opened; none takes the note back. */
  restoreNext: (backup: string | null): Promise<BackupsView> => invoke("restore_next", { backup }),
  /** Closes the library and opens the program again. */
  restart: (): Promise<void> => invoke("restart"),
  /** What is wrong with the library, a sentence each. */
  check: (): Promise<Array<string>> => invoke("check"),
  /** Writes all that is derived anew, and says what is still wrong. */
  repair: (): Promise<Array<string>> => invoke("repair"),
  /** What is known of the originals, and how often they are looked at. */
  fixity: (): Promise<FixityView> => invoke("fixity"),
  /** Says after how many days each original is looked at again; 0 for never. */
  setFixityDays: (days: number): Promise<FixityView> => invoke("set_fixity_days", { days }),
  /** Looks at all originals, or at those that are due today; the job's number, none where nothing is due. */
  checkOriginals: (all: boolean): Promise<number | null> => invoke("check_originals", { all }),
  /** Looks in a folder for originals that are not where they were; nothing is changed. */
  findMoved: (folder: string): Promise<RelinkView> => invoke("find_moved", { folder }),
  /** Gives originals the places where they were found; how many. */
  relink: (moved: Array<MovedView>): Promise<number> => invoke("relink", { moved }),
  /** What tables of other systems can be read by. */
  columns: (): Promise<Array<ColumnsView>> => invoke("columns"),
  /** The sheets of a workbook; none for other files. */
  sheets: (file: string): Promise<Array<string>> => invoke("sheets", { file }),
  /** What reading records in would change; nothing is. */
  recordsPreview: (request: RecordsRequest): Promise<RecordsView> => invoke("records_preview", { request }),
  /** Reads records in, all of them or none. */
  importRecords: (request: RecordsRequest): Promise<RecordsView> => invoke("import_records", { request }),
  /** What an export would contain; nothing is written. */
  exportPreview: (request: ExportRequest): Promise<ExportPreview> => invoke("export_preview", { request }),
  /** Ends the preview that is being made: nobody waits for it any more. */
  stopExportPreview: (): Promise<void> => invoke("stop_export_preview"),
  /** Writes records; the finished job says where. */
  export: (request: ExportRequest): Promise<JobView> => invoke("export", { request }),
  /** Shows what an export wrote in the system's file manager. */
  showOutput: (job: number): Promise<void> => invoke("show_output", { job }),
};
