//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use vitrine_workbench::view::{FacetChoice, FacetKind, ShapeView};

/// Vitrine on the command line: results on standard output, messages on standard error.
///
/// Exit codes: 0 all went well; 1 it could not be done; 2 the command was not understood; 3 some files failed, the rest is in.
#[derive(Debug, Parser)]
#[command(name = "vitrine-cli", version)]
pub struct Arguments {
    /// The library's folder; it is begun where there is none [default: the window's library]
    #[arg(long, global = true, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// Print the result as JSON (docs/cli.md)
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take scans in: files, and folders with all that is in them
    Import {
        /// Files and folders
        #[arg(required = true)]
        scans: Vec<PathBuf>,
        /// Make backs further scans of their fronts' works, as far as names tell them (x_recto, x_verso)
        #[arg(long)]
        join_sides: bool,
    },
    /// Make the artwork in a photograph with table, mount and colour target a further scan, alone and straight; `undo` takes it back
    Prepare {
        /// The work's number
        work: i64,
        /// Which of its scans, counted from 1
        #[arg(long, default_value_t = 1)]
        scan: usize,
        /// The artwork's corners in pixels, clockwise from the upper left one [default: where it is found]
        #[arg(long, num_args = 4, value_name = "X,Y", value_parser = point)]
        corners: Option<Vec<(f64, f64)>>,
        /// Which of the outlines that are found, the innermost being 1
        #[arg(long, default_value_t = 1, conflicts_with = "corners")]
        outline: usize,
        /// Say where the artwork is found, and make nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Make the scans of works further scans of another one, which `undo` takes back
    Join {
        /// The work that stays
        work: i64,
        /// The works whose scans go to it
        #[arg(required = true)]
        others: Vec<i64>,
    },
    /// Suggest artist, genre, style, media and tags
    Suggest {
        /// Numbers of works, which are looked at again [default: all works, looking at those that have no suggestions yet]
        works: Vec<i64>,
    },
    /// Works of the library that look alike
    Similar {
        /// The work's number
        work: i64,
        /// How many
        #[arg(short, long, default_value_t = 8)]
        count: usize,
    },
    /// List works: by words, phrases and fields of their records, by values, by what they lack
    Works {
        /// The query: words, "phrases", begin*, OR, -not, title:swing, date:1600..1650, lacks:date [default: all works]
        text: Vec<String>,
        /// A value that must be there, as style=Rococo; several narrow down
        #[arg(long = "facet", value_name = "FACET=VALUE", value_parser = facet)]
        facets: Vec<FacetChoice>,
        /// A property of which nobody stands by a value; several narrow down
        #[arg(long, value_name = "PROPERTY")]
        lacks: Vec<String>,
        /// The order
        #[arg(long, value_enum, default_value_t = Sort::Added)]
        sort: Sort,
        /// At most that many [default: all]
        #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true)]
        limit: u64,
        /// Also how often values occur among the works found, so many of each facet
        #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "10")]
        counts: Option<usize>,
        /// With --counts: what the works lack of a profile, such as object-id or lido-minimum
        #[arg(long, value_name = "ID", requires = "counts")]
        profile: Option<String>,
        /// Keep the search under this name
        #[arg(long, value_name = "NAME")]
        save: Option<String>,
        /// Search again what was kept under this name
        #[arg(long, value_name = "NAME", conflicts_with_all = ["text", "facets", "lacks", "sort", "save"])]
        saved: Option<String>,
        /// Forget what was kept under this name, and list nothing
        #[arg(long, value_name = "NAME", conflicts_with_all = ["text", "facets", "lacks", "sort", "save", "saved"])]
        forget: Option<String>,
        /// Put all works found on the list of works of this name, which is begun if there is none
        #[arg(long, value_name = "NAME")]
        put_on: Option<String>,
        /// Take all works found off the list of works of this name
        #[arg(long, value_name = "NAME", conflicts_with = "put_on")]
        take_off: Option<String>,
    },
    /// Search the works' records and the knowledge base
    Search {
        /// Words
        #[arg(required_unless_present = "like")]
        text: Vec<String>,
        /// Search the passages whose drawn pages look like the picture in this file, and say the words, if there are any (`knowledge pages` lets an added pack read the pages)
        #[arg(long, value_name = "FILE")]
        like: Option<PathBuf>,
        /// Only this part of the picture, in pixels from its upper left corner
        #[arg(long, value_name = "X,Y,WIDTH,HEIGHT", requires = "like", value_parser = part)]
        part: Option<ShapeView>,
        /// Search only the passages of this collection, by its key (`knowledge list` prints it; shipped_articles are those that come with Vitrine); may be given several times
        #[arg(long, value_name = "KEY")]
        collection: Vec<String>,
        /// Search only passages in this language, such as "en"; may be given several times
        #[arg(long, value_name = "CODE")]
        language: Vec<String>,
    },
    /// Explain a work, or write something else about it, in sentences that name their passages
    Explain {
        /// The work's number [default: the first one]
        work: Option<i64>,
        /// What is written: explain, wall-label, alt-text … (`prompts` lists them)
        #[arg(long, value_name = "ID", default_value = "explain")]
        prompt: String,
        /// The number of the work that it is compared with, for --prompt compare
        #[arg(long, value_name = "WORK")]
        with: Option<i64>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Answer a question about a work from the knowledge base
    Ask {
        /// The work's number
        work: i64,
        /// The question
        #[arg(required = true)]
        question: Vec<String>,
        /// Answer from the picture alone, with a pack that sees
        #[arg(long)]
        look: bool,
        /// Begin anew instead of following what was asked before
        #[arg(long, conflicts_with = "after")]
        anew: bool,
        /// Follow this exchange instead of the newest
        #[arg(long, value_name = "NUMBER")]
        after: Option<i64>,
        #[command(flatten)]
        manner: Manner,
    },
    /// What was asked about works: list, search, write down, delete
    Conversations {
        #[command(subcommand)]
        what: Option<Conversations>,
    },
    /// The prompts that are followed; show one, write it anew, or change how far models may go
    Prompts {
        #[command(subcommand)]
        change: Option<PromptChange>,
    },
    /// Knowledge that this library's searches and answers draw on, beside the articles that come with Vitrine
    Knowledge {
        #[command(subcommand)]
        change: Option<KnowledgeChange>,
    },
    /// Write records
    Export {
        /// The format
        #[arg(long, value_enum)]
        format: Format,
        /// The file to write; one that is there is replaced. For a format of many files a folder, new or empty
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Also what nobody has accepted, marked as a suggestion
        #[arg(long)]
        include_suggestions: bool,
        /// Where the records' own addresses begin, for Linked Art, IIIF, Dublin Core and schema.org
        #[arg(long, value_name = "ADDRESS")]
        base_uri: Option<String>,
        /// Numbers of works [default: all]
        works: Vec<i64>,
    },
    /// Read records in: a table (.csv, .xlsx), LIDO (.xml), Linked Art (.json, .jsonld, .jsonl, .zip, a folder) or the folder of a bag
    ImportRecords {
        /// The file or folder
        file: PathBuf,
        /// What the columns of another system's table mean: collective-access, tms, omeka-s, or the file of a profile (docs/formats.md)
        #[arg(long, value_name = "ID|FILE")]
        profile: Option<String>,
        /// The sheet of a workbook [default: the first one]
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
        /// Know works by their scans' file names too
        #[arg(long)]
        by_file_name: bool,
        /// Stand by what is new at once; artists that a model proposed wait all the same
        #[arg(long)]
        accept: bool,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Change a property of many works, as one act that one undo takes back: set, append or remove a value, or replace words
    Edit {
        #[command(subcommand)]
        change: EditChange,
    },
    /// Accept suggestions of many works as one act: those of a pack that were right often enough here, or ones that say the same
    Accept {
        #[command(subcommand)]
        what: Option<Together>,
    },
    /// Take back the last thing that was decided, or do it again
    Undo {
        /// Do again what was taken back last
        #[arg(long)]
        redo: bool,
    },
    /// Who did what and when, newest first
    Log {
        /// Of the work of this number alone
        #[arg(long, value_name = "N")]
        work: Option<i64>,
        /// By this person alone
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// On this day alone, such as 2026-11-22
        #[arg(long, value_name = "DAY")]
        day: Option<String>,
        /// Also what packs, files and imports put down
        #[arg(long)]
        everything: bool,
        /// What came before the row of this number
        #[arg(long, value_name = "N")]
        before: Option<i64>,
    },
    /// Write a backup and check it, list backups, or try one out
    Backup {
        /// Only list the backups that there are
        #[arg(long, conflicts_with = "rehearse")]
        list: bool,
        /// Try out the backup of this name: restore it elsewhere and look through all of it
        #[arg(long, value_name = "NAME")]
        rehearse: Option<String>,
    },
    /// Put a backup in the library's place; what was there is kept beside it. The library must not be open anywhere
    Restore {
        /// The backup's file
        backup: PathBuf,
    },
    /// Look through the whole library for damage
    Check {
        /// Write all that is derived (cards, what searches look up) anew first
        #[arg(long)]
        repair: bool,
    },
    /// Look whether originals are byte for byte what was taken in: those that are due today, or all
    Originals {
        /// All of them
        #[arg(long, conflicts_with_all = ["report", "every"])]
        all: bool,
        /// Look at none, and say what was found last
        #[arg(long)]
        report: bool,
        /// Look at each every so many days from now on, while the library is open; 0 for never
        #[arg(long, value_name = "DAYS")]
        every: Option<u32>,
    },
    /// Look in a folder, by size and hash, for originals that are not where they were
    Relink {
        /// The folder that they lie in now
        folder: PathBuf,
        /// Give them their new places, in one act
        #[arg(long)]
        apply: bool,
    },
    /// How much of a profile a work's record has, and what it lacks
    Completeness {
        /// The work's number
        work: i64,
        /// The profile's key; own ones lie in the library's folder `profiles`
        #[arg(long, value_name = "ID", default_value = "object-id")]
        profile: String,
    },
    /// Train the compact pack's classifier on a folder of labelled images: on train to calibrate on val, then on both
    Train {
        /// The folder with `manifest.csv` (columns file, split, artist, style, genre, perhaps year) and the images
        #[arg(long, value_name = "DIR", required_unless_present = "own_works")]
        data: Option<PathBuf>,
        /// Learn from the works of the library instead, by what people stand by
        #[arg(long, conflicts_with = "data")]
        own_works: bool,
        /// The folder that the trained weights are written to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Fixes initial weights and the order of the examples
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Validate and test on painters who were never learnt from
        #[arg(long)]
        artist_disjoint: bool,
        /// Learn five times, each time without another fifth of the painters, and measure on the works of those; no weights are written
        #[arg(long, conflicts_with_all = ["trial", "calibration", "artist_disjoint", "recalibrate"])]
        every_painter: bool,
        /// A folder of pictures that are no artworks, a folder a kind, which it shall not name anything on; half of them are only measured on
        #[arg(long, value_name = "DIR")]
        strangers: Option<PathBuf>,
        /// Keep the weights of this folder (classifier.safetensors, classifier.json) and only calibrate them anew, on half of test; the other half is measured
        #[arg(long, value_name = "DIR", conflicts_with_all = ["trial", "calibration", "epochs", "artist_disjoint"])]
        recalibrate: Option<PathBuf>,
        /// Learn from the split train alone and measure on val, to choose settings by; test stays unseen, nothing is written
        #[arg(long)]
        trial: bool,
        /// Keep the calibration in this classifier.json, which an earlier trial made on the same data, instead of making a trial
        #[arg(long, value_name = "FILE", conflicts_with = "trial")]
        calibration: Option<PathBuf>,
        /// Passes over the data [default: the pack's own setting]
        #[arg(long)]
        epochs: Option<usize>,
        /// Where what the backbone sees is kept between runs [default: the user's cache]
        #[arg(long, value_name = "DIR")]
        cache: Option<PathBuf>,
    },
    /// Measure packs and predictions on the papers' data sets or one's own (docs/evaluation.md)
    Eval {
        #[command(subcommand)]
        what: Evaluation,
    },
    /// Learn from what people stand by in this library; without a change, list what was learnt
    Learn {
        #[command(subcommand)]
        change: Option<LearningChange>,
    },
    /// The museum's own lists of terms: read one, forget one, or hold one against what was written before
    Lists {
        #[command(subcommand)]
        what: Option<ListUse>,
    },
    /// Search Iconclass, the classification of what pictures show; show a notation, or add one to a work
    Iconclass {
        #[command(subcommand)]
        what: IconclassUse,
    },
    /// List the installed model packs, add one or forget one
    Packs {
        #[command(subcommand)]
        change: Option<PackChange>,
    },
    /// Everything at once: import, suggestions, similar works, passages, an explanation, and records in a folder
    Tour {
        /// Files and folders [default: the demonstration scans]
        scans: Vec<PathBuf>,
    },
}

/// The order of works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Newest first
    Added,
    /// By title
    Title,
    /// Most doubtful first
    Doubt,
}

/// Reads `style=Rococo`; facets have the same names as in JSON.
fn facet(text: &str) -> Result<FacetChoice, String> {
    let (name, value) = text.split_once('=').ok_or("write it as FACET=VALUE, such as style=Rococo")?;
    let facet: FacetKind = serde_json::from_value(name.into()).map_err(|_| {
        format!("there is no facet “{name}”; there are state, artist, style, genre, object-type, media, subject, location, century, source, pack, list and has")
    })?;
    Ok(FacetChoice { facet, value: value.to_owned() })
}

/// What is done to the values of a property.
#[derive(Debug, Subcommand)]
pub enum EditChange {
    /// The works have this value, and no other
    Set {
        /// The property, such as style
        property: String,
        /// The value; a maker's qualifier may stand in front of the name
        value: String,
        /// The qualifier, such as "workshop of" [default: the one that stands there]
        #[arg(long, value_name = "WORDS")]
        qualifier: Option<String>,
        /// No qualifier
        #[arg(long, conflicts_with = "qualifier")]
        no_qualifier: bool,
        /// Also settle suggestions that wait: accept what says the same, reject the rest; makers wait all the same
        #[arg(long)]
        settle: bool,
        #[command(flatten)]
        on: Chosen,
    },
    /// The works have this value beside those that they have
    Append {
        /// The property
        property: String,
        /// The value
        value: String,
        /// The qualifier [default: none]
        #[arg(long, value_name = "WORDS")]
        qualifier: Option<String>,
        /// Accept a suggestion that says the same in its place
        #[arg(long)]
        settle: bool,
        #[command(flatten)]
        on: Chosen,
    },
    /// The works do not have this value: it is rejected, never deleted
    #[command(group = ArgGroup::new("what").required(true).args(["value", "any"]))]
    Remove {
        /// The property
        property: String,
        /// The value, its qualifier in front
        value: Option<String>,
        /// Whatever value there is
        #[arg(long)]
        any: bool,
        #[command(flatten)]
        on: Chosen,
    },
    /// Replace words in the values; qualifiers stay
    Replace {
        /// The property
        property: String,
        /// The words to be found
        find: String,
        /// The words in their place
        with: String,
        /// Only where they are words of their own
        #[arg(long)]
        whole_words: bool,
        /// Only in the same upper and lower case
        #[arg(long)]
        match_case: bool,
        #[command(flatten)]
        on: Chosen,
    },
}

/// Which works are changed, and whether they are.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["works", "query", "facets", "lacks", "saved", "all"]))]
pub struct Chosen {
    /// Numbers of works
    #[arg(long = "work", value_name = "WORK", value_delimiter = ',')]
    pub works: Vec<i64>,
    /// The works that a query finds, as `works` has it
    #[arg(long, value_name = "TEXT")]
    pub query: Option<String>,
    /// A value that must be there, as style=Rococo; several narrow down
    #[arg(long = "facet", value_name = "FACET=VALUE", value_parser = facet)]
    pub facets: Vec<FacetChoice>,
    /// A property of which nobody stands by a value; several narrow down
    #[arg(long, value_name = "PROPERTY")]
    pub lacks: Vec<String>,
    /// The works of a kept search
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "facets", "lacks"])]
    pub saved: Option<String>,
    /// All works
    #[arg(long, conflicts_with_all = ["works", "query", "facets", "lacks", "saved"])]
    pub all: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is accepted together.
#[derive(Debug, Subcommand)]
pub enum Together {
    /// List what may be accepted unseen, with the figures that say so, and what waits in several works in the same words
    List,
    /// A pack's suggestions for a property that may be accepted unseen
    Bulk {
        /// The property
        property: String,
        /// The pack with its version, such as "compact 1" [default: the only one on offer]
        #[arg(long, value_name = "PACK")]
        pack: Option<String>,
        /// Only list them
        #[arg(long)]
        dry_run: bool,
    },
    /// Suggestions that say the same, in works that somebody has looked at
    Alike {
        /// The property
        property: String,
        /// The value, its qualifier in front
        value: String,
        /// Numbers of the works
        #[arg(long = "work", value_name = "WORK", value_delimiter = ',', required = true)]
        works: Vec<i64>,
        /// Only list them
        #[arg(long)]
        dry_run: bool,
    },
}

/// How something is written.
#[derive(Debug, Args)]
pub struct Manner {
    /// The id of an added pack that writes [default: sentences of the passages]
    #[arg(long, value_name = "ID")]
    pub pack: Option<String>,
    /// How long [default: as the library's settings say]
    #[arg(long, value_enum)]
    pub length: Option<Length>,
    /// The language that a pack writes in, by its English name
    #[arg(long, value_name = "NAME")]
    pub language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Length {
    Short,
    Medium,
    Long,
}

#[derive(Debug, Subcommand)]
pub enum Conversations {
    /// The newest exchanges
    List {
        /// At most that many
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
    /// Exchanges in which all of these words occur
    Search {
        #[arg(required = true)]
        text: Vec<String>,
        /// At most that many
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
    /// All that was asked about a work
    Show {
        /// The work's number
        work: i64,
    },
    /// Write all that was asked about a work to a file: JSON if its name ends so, else Markdown
    Export {
        /// The work's number
        work: i64,
        /// The file; one that is there is replaced
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Delete an exchange, or all that was asked about a work, for good
    Delete {
        /// The exchange's number
        #[arg(required_unless_present = "work", conflicts_with = "work")]
        number: Option<i64>,
        /// Everything about this work
        #[arg(long, value_name = "WORK")]
        work: Option<i64>,
    },
}

#[derive(Debug, Subcommand)]
pub enum PromptChange {
    /// The words of a prompt that are in force
    Show {
        /// The prompt's id
        id: String,
    },
    /// Put words of one's own in force
    Write {
        /// The prompt's id
        id: String,
        /// A text file; {length} and {language} stand for what is wished for
        file: PathBuf,
    },
    /// Go back to the words that come with Vitrine
    Reset {
        /// The prompt's id
        id: String,
    },
    /// How far models may go for one question, and how answers are written
    Settings {
        /// Searches that a model may make itself
        #[arg(long, value_name = "COUNT")]
        searches: Option<u32>,
        /// Turns that it may take
        #[arg(long, value_name = "COUNT")]
        turns: Option<u32>,
        /// Tokens that it may write
        #[arg(long, value_name = "COUNT")]
        tokens: Option<u32>,
        /// Seconds after which it has to answer
        #[arg(long, value_name = "COUNT")]
        seconds: Option<u32>,
        /// Whether a model is asked of each sentence if its passages say so
        #[arg(long, value_name = "true|false")]
        check: Option<bool>,
        /// How long answers are
        #[arg(long, value_enum)]
        length: Option<Length>,
        /// The language that models write in, by its English name
        #[arg(long, value_name = "NAME")]
        language: Option<String>,
        /// Draw on these collections only, by their keys and with commas between (`knowledge list` prints them; shipped_articles are those that come with Vitrine), or on all
        #[arg(long, value_name = "KEYS|all", value_delimiter = ',')]
        collections: Vec<String>,
        /// Draw only on passages in these languages, such as "en,it", or in all
        #[arg(long, value_name = "CODES|all", value_delimiter = ',')]
        passage_languages: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum PackChange {
    /// Check a folder with a published model, or the GGUF file of a small one that rewrites, and note it; files stay where they are
    Add {
        /// The folder or file that was downloaded
        folder: PathBuf,
    },
    /// Forget a pack that was added; its folder is left alone
    Remove {
        /// The pack's id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Evaluation {
    /// Labels of images: artist, genre, style
    Classification(Run),
    /// Find what is told about a work with a sentence on what is seen in it
    Retrieval(Run),
    /// Explain works
    Explanation {
        /// From the image alone; otherwise the title is known
        #[arg(long)]
        without_title: bool,
        #[command(flatten)]
        run: Run,
    },
    /// Answer questions on works
    Vqa(Run),
    /// Whether the sentences of explanations rest on passages
    Grounding(Run),
    /// Score the outputs of a model that runs elsewhere
    Score {
        /// JSON lines, one object an item: `{"id": …, "text": …}`, or with `labels`, `ranking`, `sentences`
        predictions: PathBuf,
        /// What they answer
        #[arg(long, value_enum)]
        task: TaskName,
        #[command(flatten)]
        run: Run,
    },
    /// Write explanation instructions to train and test on elsewhere (ExpArt's form), and check them
    Instructions {
        /// The data set's folder or file [default: the library, its accepted titles and texts]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// The folder that the four files are written to
        #[arg(long, value_name = "DIR", required_unless_present = "check")]
        out: Option<PathBuf>,
        /// Only check the files of this folder
        #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "out"])]
        check: Option<PathBuf>,
        /// Says which work falls where
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The differences of two runs over the same cases, with intervals: the second less the first
    Compare {
        /// The folder of a run
        first: PathBuf,
        /// The folder of another
        second: PathBuf,
        /// For the resamples
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// What every evaluation is told.
#[derive(Debug, Args)]
pub struct Run {
    /// The data set's folder or file [default: the library]. With --library, explanations may look things up in its collections
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Which data set it is [default: told by its files]
    #[arg(long, value_enum)]
    pub form: Option<DataForm>,
    /// The pack's id [default: the compact pack]
    #[arg(long, value_name = "ID")]
    pub pack: Option<String>,
    /// The folder that predictions, figures and report are written to; an interrupted run goes on there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Only this split
    #[arg(long)]
    pub split: Option<String>,
    /// Only so many items, drawn by the seed
    #[arg(long, value_name = "COUNT")]
    pub sample: Option<usize>,
    /// For samples and intervals
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Resamples of an interval
    #[arg(long, default_value_t = 1000)]
    pub resamples: usize,
    /// Only works of painters who occur in no other split
    #[arg(long)]
    pub unseen_artists: bool,
    /// Split by painter, as `train --artist-disjoint` does, instead of the data set's splits
    #[arg(long)]
    pub artist_disjoint: bool,
    /// The folder of the Python package pycocoevalcap, whose word lists METEOR needs
    #[arg(long, value_name = "DIR", env = "VITRINE_METEOR")]
    pub meteor: Option<PathBuf>,
    /// Drop generated words that occur in no reference before scoring. It flatters, and the report says so
    #[arg(long)]
    pub vocabulary_deletion: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskName {
    Classification,
    Retrieval,
    Explanation,
    ExplanationWithoutTitle,
    Vqa,
    Grounding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DataForm {
    Artpedia,
    Semart,
    Paintingform,
    Aqua,
    Artgraph,
    Expart,
    Wikiart,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One row a work
    Csv,
    /// CSV in the columns of CollectiveAccess
    CollectiveAccess,
    /// CSV in columns like those of TMS
    Tms,
    /// CSV in the columns of Omeka S
    OmekaS,
    /// LIDO 1.1
    Lido,
    /// LIDO 1.0
    #[value(name = "lido10")]
    Lido10,
    /// Linked Art 1.0, a folder
    LinkedArt,
    /// IIIF Presentation 3 with static images, a folder
    Iiif,
    /// Dublin Core in JSON-LD
    DublinCore,
    /// schema.org in JSON-LD
    SchemaOrg,
    /// XMP sidecars, a folder
    Xmp,
    /// BagIt with records and originals, a folder
    Bagit,
    /// One HTML page with its pictures
    Html,
    /// A sheet for each work, as PDF
    Pdf,
    /// A list of all works to tick off, as PDF
    Checklist,
}

#[derive(Debug, Subcommand)]
pub enum LearningChange {
    /// Learn anew; it is used where it is better on works that were held back
    Now,
    /// Use what was learnt under this number
    Use {
        /// Its number
        number: u32,
    },
    /// Put all that was learnt aside, so that the pack speaks alone
    PackAlone,
}

#[derive(Debug, Subcommand)]
pub enum ListUse {
    /// List them
    List,
    /// Read a table (.csv, .tsv, .txt) or SKOS (.rdf, .xml, .ttl, .nt, .jsonld); a list of the same name is written anew
    Add {
        /// The file
        file: PathBuf,
        /// The property that the terms are values of
        #[arg(long, value_name = "PROPERTY")]
        property: String,
        /// Its name, which records give for the source of a term [default: what the file calls itself, or is called]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Of labels in several languages the one that is the term
        #[arg(long, value_name = "CODE", default_value = "en")]
        language: String,
    },
    /// Forget a list; what names its terms still does
    Remove {
        /// Its name
        name: String,
    },
    /// Show what people stand by without naming a term, with the terms that are like it; or put terms in the place of words
    Match {
        /// The list's name
        name: String,
        /// Words, and the identifier of the term that is meant, as "oils=M1"; several are one act, which one undo takes back
        #[arg(long, value_name = "WORDS=ID", value_parser = taken)]
        take: Vec<(String, String)>,
    },
}

/// Words and the term that is meant; the words may have equal signs themselves.
fn taken(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((words, id)) if !words.is_empty() && !id.is_empty() => Ok((words.to_owned(), id.to_owned())),
        _ => Err("write words, an equal sign, and a term's identifier, as in oils=M1".into()),
    }
}

#[derive(Debug, Subcommand)]
pub enum IconclassUse {
    /// Find notations by words, best first, or by the beginning of a notation
    Search {
        /// Words; all of them must be there, as they are or as beginnings
        #[arg(required = true)]
        words: Vec<String>,
        /// The language of the words, such as de, fr, it, pt or ja
        #[arg(long, value_name = "CODE", default_value = "en")]
        language: String,
        /// At most that many
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
    /// Show a notation with its path, what stands below, and its keys; without one the divisions
    Show {
        /// The notation, such as 25F23(LION)(+46) or 11H(ADELA)12
        notation: Option<String>,
        /// The language
        #[arg(long, value_name = "CODE", default_value = "en")]
        language: String,
    },
    /// State that a work shows what a notation means
    Add {
        /// The work's number
        work: i64,
        /// The notation
        notation: String,
        /// The property
        #[arg(long, value_name = "PROPERTY", default_value = "subject")]
        property: String,
        /// The language of the words that the record gets
        #[arg(long, value_name = "CODE", default_value = "en")]
        language: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum KnowledgeChange {
    /// List the collections
    List,
    /// Of how many works the knowledge base has a page that is called as the work or its artist
    Coverage,
    /// Read a source: a wiki's dump (.xml, .bz2), an archive of Kiwix (.zim), records (.csv, .tsv, .json, .jsonl, also .gz), or a folder of texts (.md, .html, .txt, .pdf).
    /// What was cut off goes on when the same is given again; what has changed since is read anew
    Add {
        /// The file or folder
        #[arg(required_unless_present = "own_records")]
        source: Option<PathBuf>,
        /// The library's own accepted records, so that what was catalogued helps with what is not yet
        #[arg(long, conflicts_with = "source")]
        own_records: bool,
        /// The collection's name; one that is there already is added to [default: the source's name]
        #[arg(long, value_name = "NAME")]
        collection: Option<String>,
        /// The licence of the texts, where the source does not tell it
        #[arg(long, value_name = "TEXT")]
        licence: Option<String>,
        /// The language of the texts, where the source does not tell it, such as "en"
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        /// Every page [default: of a wiki's dump those on the visual arts, of others every page]
        #[arg(long, conflicts_with_all = ["category", "title", "words"])]
        everything: bool,
        /// Only pages in this category or below; may be given several times
        #[arg(long, value_name = "NAME")]
        category: Vec<String>,
        /// How far below the categories
        #[arg(long, default_value_t = 5, value_name = "STEPS")]
        depth: u32,
        /// Also the page of this title; may be given several times
        #[arg(long, value_name = "TITLE")]
        title: Vec<String>,
        /// Also pages with all of these words; may be given several times
        #[arg(long, value_name = "WORDS")]
        words: Vec<String>,
        /// A file (TOML) that says which column of records is what [default: by the columns' names]
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
    },
    /// Draw a collection's passages as pages, with their pictures, and let an added pack that sees (such as ColQwen2) read them; what was stopped goes on when it is given again
    Pages {
        /// Its key, as `knowledge list` prints it
        key: String,
    },
    /// Remove a collection
    Remove {
        /// Its key, as `knowledge list` prints it
        key: String,
    },
}

/// A point as `12.5,7`.
fn point(text: &str) -> Result<(f64, f64), String> {
    let parsed = text.split_once(',').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
    parsed.ok_or_else(|| format!("“{text}” is no point; write it as 12.5,7"))
}

/// A part of a picture.
fn part(text: &str) -> Result<ShapeView, String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[x, y, width, height]) if width > 0 && height > 0 => Ok(ShapeView::Rectangle { x, y, width, height }),
        _ => {
            Err("give the left and upper edge, the width and the height in whole pixels, as in 120,80,400,300"
                .to_owned())
        }
    }
}
