//! What a curator is told when something cannot be done.

use std::path::PathBuf;

use vitrine_assistant::AssistantError;
use vitrine_catalogue::CatalogueError;
use vitrine_evaluation::EvaluationError;
use vitrine_exchange::ExchangeError;
use vitrine_imaging::ImagingError;
use vitrine_inference::InferenceError;
use vitrine_knowledge::KnowledgeError;
use vitrine_rendering::RenderingError;
use vitrine_vocabularies::VocabularyError;

/// Why the workbench could not do as asked, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    /// The library's database.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A model.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The knowledge base.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// The fonts that pages are drawn with.
    #[error(transparent)]
    Rendering(#[from] RenderingError),
    /// The assistant.
    #[error(transparent)]
    Assistant(#[from] AssistantError),
    /// A list of concepts.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// A term that a list does not have.
    #[error("the list {list} has no term with the identifier {term}; look at the list again")]
    NoTerm {
        /// The list's name.
        list: String,
        /// The identifier.
        term: String,
    },
    /// A list that the library does not have, by its name.
    #[error("this library has no list called {0}; `vitrine-cli lists` lists those that it has")]
    NoList(String),
    /// A notation with a place for a name that nobody has filled in.
    #[error("{notation} leaves room for a name; write one in its brackets, as in {example}")]
    NameWanted {
        /// The notation.
        notation: String,
        /// The same with a name.
        example: String,
    },
    /// A sentence was named that no answer has.
    #[error("this sentence is no longer among the answers on this work; open the work again")]
    NoSuchSentence,
    /// An export.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// An evaluation.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// A scan's preview.
    #[error("{}: {cause}", .file.display())]
    Preview {
        /// The original.
        file: PathBuf,
        /// Why it cannot be shown.
        cause: ImagingError,
    },
    /// The library's rows are not what they should be.
    #[error("what the library keeps of the look of work {work} is damaged; ask for its suggestions again")]
    Rows {
        /// The work.
        work: i64,
    },
    /// There is no model pack.
    #[error("the compact model pack is not installed; run ./run.sh again, which sets it up")]
    NoPack,
    /// A pack that nobody has added.
    #[error("no pack {0} was added; `vitrine-cli packs` lists those that were")]
    NoAddedPack(String),
    /// A pack that finds or classifies, and was asked to write.
    #[error("{0} writes no text; name a pack that explains, such as Qwen2.5-VL")]
    PackWritesNothing(String),
    /// Something that was tried before, and failed then.
    #[error("{0}")]
    Unavailable(String),
    /// A passage that the knowledge base does not have (any more).
    #[error("the knowledge base has no passage “{0}”")]
    NoPassage(String),
    /// A collection that the library does not have.
    #[error(
        "this library has no collection of knowledge called {0}; `vitrine-cli knowledge list` lists those that it has"
    )]
    NoCollection(String),
    /// A file that should say which column of records is what.
    #[error("{}: {reason}; it should be TOML such as title = [\"Title\"]", .file.display())]
    Mapping {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An address that no record's own could begin with.
    #[error("“{0}” is no address that records' own could begin with; write one like https://example.org/collection")]
    BadAddress(String),
    /// No day of the calendar.
    #[error("“{0}” is no day; write one like 2026-11-22")]
    BadDay(String),
    /// No backup of this library has this name.
    #[error("there is no backup “{0}” of this library any more")]
    NoBackup(String),
    /// The note of what is restored next.
    #[error("{} could not be changed ({cause}); check that you may write to the library's folder", .file.display())]
    RestoreNote {
        /// The note.
        file: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// No search was kept under this name.
    #[error("no search is kept as “{name}”; kept are: {}", if .kept.is_empty() { "none" } else { .kept })]
    NoSavedSearch {
        /// What was asked for.
        name: String,
        /// The names that there are.
        kept: String,
    },
    /// No profile has this key.
    #[error("there is no profile “{0}”; own ones lie in the library's folder `profiles`")]
    NoProfile(String),
    /// Something that records hold or should have was to be kept without a name.
    #[error("{0} has no name; write one")]
    Nameless(&'static str),
    /// An own property that the library does not have.
    #[error("this library has no property “{0}” of its own (any more); look at its properties again")]
    NoOwnProperty(String),
    /// Two properties would have one name.
    #[error("there is a property called “{0}” already; choose another name, so that the two can be told apart")]
    PropertyTwice(String),
    /// Two profiles would have one name.
    #[error("there is a profile called “{0}” already; choose another name, so that the two can be told apart")]
    ProfileTwice(String),
    /// A profile that the program brings along was to be changed.
    #[error("“{0}” comes with Vitrine and stays as it is; make a copy of it and change that")]
    ProfileShipped(String),
    /// A property that works have values of was to be deleted.
    #[error("“{label}” is not deleted, because works have values of it ({works}); take those out first")]
    PropertyUsed {
        /// Its name.
        label: String,
        /// How many.
        works: u64,
    },
    /// A property that a profile asks for was to be deleted.
    #[error(
        "the profile “{profile}” asks for “{label}”, which is therefore not deleted; take it out of the profile first"
    )]
    PropertyAskedFor {
        /// The property's name.
        label: String,
        /// The profile's.
        profile: String,
    },
    /// A property was to be changed that a profile's file has.
    #[error("“{label}” belongs to a profile; change it in {}", .file.display())]
    PropertyBroughtAlong {
        /// Its name.
        label: String,
        /// The file.
        file: PathBuf,
    },
    /// A second value for a property that has one.
    #[error("a work has one value of “{label}”, and this one has “{value}” already; change that one")]
    OneValueOnly {
        /// The property's name.
        label: String,
        /// The value that stands.
        value: String,
    },
    /// A second value for a property that has one, in many works.
    #[error("a work has one value of “{0}”, so that none can be added beside another; set it instead")]
    OneValueEach(String),
    /// Files of one's own must be understood before the window changes any.
    #[error("nothing was changed, because a file has to be put right first: {0}")]
    FilesFirst(String),
    /// A file of one's own, properties or a profile, that cannot be used.
    #[error("{}: {cause}", .file.display())]
    Profile {
        /// Its file.
        file: PathBuf,
        /// What is wrong with it.
        cause: Box<ProfileFault>,
    },
    /// Suggestions that say different things were to be accepted as one group.
    #[error("these suggestions do not all say the same, so they are no group; choose the group again")]
    NotAlike,
    /// A pack's suggestions were to be accepted unseen that may not be.
    #[error(
        "suggestions of {pack} for “{property}” are accepted one by one: the decisions in this library do not show yet that 95 % of them are right"
    )]
    NotVouched {
        /// The pack with its version.
        pack: String,
        /// The property.
        property: String,
    },
    /// Several packs' suggestions may be accepted unseen, and none was named.
    #[error("suggestions of several packs for “{property}” may be accepted: {}; name one with --pack", .packs.join(", "))]
    SeveralPacks {
        /// The property.
        property: String,
        /// The packs with their versions.
        packs: Vec<String>,
    },
    /// A work has no such suggestion.
    #[error("“{value}” does not wait in work {work}; `vitrine-cli suggest` lists what does")]
    NothingWaits {
        /// The work.
        work: i64,
        /// What was asked for.
        value: String,
    },
    /// The library has no work yet.
    #[error("the library is empty; import scans first")]
    EmptyLibrary,
    /// Somebody asked for another preview of an export.
    #[error("another export was chosen before this one was looked through; what is shown is that one's")]
    PreviewOvertaken,
    /// A folder for exports that cannot be made.
    #[error("the folder {} could not be made ({cause}); choose one that you may write to", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// Nobody stands by anything that could be learnt from.
    #[error("no work of this library has an accepted title yet; accept some, and its records can be drawn on")]
    NothingAccepted,
    /// No pack compares images with words.
    #[error(
        "no installed pack can compare a scan with words; add one that does, such as ColQwen2, with `vitrine-cli packs add FOLDER`"
    )]
    NothingSees,
    /// Corners of which nothing can be made.
    #[error("the corners cannot be used: {0}; move them and try again")]
    Corners(&'static str),
    /// A folder that is none.
    #[error("{} is not a folder; choose the one that the originals lie in now", .0.display())]
    NoFolder(PathBuf),
    /// A time between checks that nobody means.
    #[error("{days} days are too long between two looks at an original; choose at most {most}, or 0 for none")]
    FixityDays {
        /// What was asked for.
        days: u32,
        /// The most.
        most: u32,
    },
    /// Another file lies where the original was.
    #[error("{} is not the file that was taken in: it was changed or replaced; put the original back, or take the file in anew", .0.display())]
    OriginalChanged(PathBuf),
    /// A work without a scan.
    #[error("work {0} has no scan to look at; import one")]
    NoScan(i64),
    /// Too few works to learn from.
    #[error(
        "too few works are confirmed to learn from them: it takes {needed} of one task, a part of which is held back to judge by; accept more styles, genres or artists"
    )]
    TooFewToLearnFrom {
        /// How many it takes.
        needed: usize,
    },
    /// A file that cannot be written.
    #[error("{} could not be written ({cause}); choose a folder that you may write to", .file.display())]
    Report {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// The demonstration scans are not there.
    #[error("the demonstration scans are not in {}; run ./run.sh again, which fetches them", .0.display())]
    NoDemonstration(PathBuf),
    /// No such job.
    #[error("there is no job {0} any more")]
    NoJob(u64),
    /// A job that cannot be tried again.
    #[error("nothing of this job failed, so there is nothing to try again")]
    NothingToRetry,
    /// No prompt has this id.
    #[error("there is no prompt “{0}”; `vitrine-cli prompts` lists those that there are")]
    NoPrompt(String),
    /// A prompt that asks for a question was given none, or the other way round.
    #[error("the prompt “{0}” {1}")]
    WrongPrompt(String, &'static str),
    /// A file for a conversation, or with a prompt, that cannot be used.
    #[error("{} could not be read or written ({cause}); choose another file or folder", .file.display())]
    ConversationFile {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// An answer that is kept but cannot be read.
    #[error("an earlier answer in the library cannot be read: {0}")]
    KeptAnswer(serde_json::Error),
    /// A thread could not be started.
    #[error("the system does not allow another thread: {0}")]
    Thread(std::io::Error),
}

/// What is the matter with a file of one's own.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFault {
    /// It cannot be read.
    #[error("it could not be read ({0}); check that you may, or take it out of the folder")]
    Unreadable(std::io::Error),
    /// It cannot be written or deleted.
    #[error(
        "it could not be written ({0}); check that you may write to the library's folder and that its disk has room"
    )]
    Unwritable(std::io::Error),
    /// Its text is not what it should be.
    #[error(transparent)]
    NotUnderstood(CatalogueError),
}
