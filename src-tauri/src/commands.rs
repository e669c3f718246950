//! The commands of the window: each calls the workbench's function of the same name, away from the window's thread.
//!
//! One table gives both the functions that Tauri calls and their signatures in TypeScript, so that neither can drift.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use tauri::{State, ipc::Channel};
use vitrine_workbench::{Sought, Workbench, view::*};

/// Works on which a change to many is shown.
const SHOWN_CHANGES: usize = 100;

/// The workbench, once it is open; until then commands wait, away from the window's thread.
#[derive(Clone, Default)]
pub struct Desk(Arc<OnceLock<Result<Workbench, String>>>);

impl Desk {
    /// Hands over the open workbench, or the sentence why there is none.
    pub fn lay(&self, opened: Result<Workbench, String>) {
        // Set once, by the start of the program; a second opening is ignored.
        let _ = self.0.set(opened);
    }

    /// Stops what runs and waits for it; what was done is kept.
    pub fn close(&self) {
        if let Some(Ok(workbench)) = self.0.get() {
            workbench.close();
        }
    }

    /// Runs `task` on the workbench where blocking does no harm.
    pub async fn work<T, E>(&self, task: impl FnOnce(&Workbench) -> Result<T, E> + Send + 'static) -> Result<T, String>
    where
        T: Send + 'static,
        E: ToString + 'static,
    {
        let desk = self.clone();
        let done = tauri::async_runtime::spawn_blocking(move || match desk.0.wait() {
            Ok(workbench) => task(workbench).map_err(|error| error.to_string()),
            Err(sentence) => Err(sentence.clone()),
        });
        done.await.unwrap_or_else(|stopped| Err(format!("Vitrine stumbled over a fault of its own: {stopped}")))
    }
}

/// A command as the page sees it.
#[cfg(test)]
pub(crate) struct Signature {
    pub name: &'static str,
    pub documentation: &'static str,
    /// Names and TypeScript types.
    pub arguments: Vec<(&'static str, String)>,
    /// The TypeScript type of what is streamed before the result.
    pub streams: Option<String>,
    pub result: String,
}

macro_rules! commands {
    ($(#[doc = $doc:literal] $kind:ident fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty = |$bench:ident $(, $emit:ident)?| $body:expr;)*) => {
        $(commands!(@define $doc $kind $name ($($argument: $type),*) $result, |$bench $(, $emit)?| $body);)*

        /// Answers the page's calls.
        pub fn handler() -> impl Fn(tauri::ipc::Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),*]
        }

        #[cfg(test)]
        pub(crate) fn signatures(config: &ts_rs::Config) -> Vec<Signature> {
            use ts_rs::TS;
            vec![$(Signature {
                name: stringify!($name),
                documentation: $doc.trim_ascii(),
                arguments: vec![$((stringify!($argument), <$type as TS>::name(config))),*],
                streams: (stringify!($kind) == "stream").then(|| AnswerEvent::name(config)),
                result: <$result as TS>::name(config),
            }),*]
        }

        #[cfg(test)]
        pub(crate) fn visit_types(visitor: &mut impl ts_rs::TypeVisitor) {
            $($(visitor.visit::<$type>();)* visitor.visit::<$result>();)*
            visitor.visit::<AnswerEvent>();
            visitor.visit::<WorkbenchEvent>();
        }
    };
    (@define $doc:literal plain $name:ident ($($argument:ident: $type:ty),*) $result:ty, |$bench:ident| $body:expr) => {
        #[doc = $doc]
        #[tauri::command]
        async fn $name(desk: State<'_, Desk>, $($argument: $type),*) -> Result<$result, String> {
            desk.work(move |$bench| $body).await
        }
    };
    (@define $doc:literal stream $name:ident ($($argument:ident: $type:ty),*) $result:ty, |$bench:ident, $emit:ident| $body:expr) => {
        #[doc = $doc]
        #[tauri::command]
        async fn $name(desk: State<'_, Desk>, $($argument: $type,)* channel: Channel<AnswerEvent>) -> Result<$result, String> {
            desk.work(move |$bench| {
                // A page that no longer listens ends the answer.
                let $emit = &mut |event: AnswerEvent| match channel.send(event) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                };
                $body
            })
            .await
        }
    };
}

commands! {
    /// The open library at a glance.
    plain fn library() -> LibraryView = |bench| bench.library();
    /// The works that fit a filter, a page of them.
    plain fn works(filter: WorkFilter) -> WorkPage = |bench| bench.works(&filter);
    /// What the works that a filter finds can be narrowed down by: so many values of each facet at most, and what they lack of a profile.
    plain fn facets(filter: WorkFilter, most: usize, profile: Option<String>) -> FacetsView =
        |bench| bench.facets(&filter, most, profile.as_deref());
    /// The searches that are kept, by name.
    plain fn saved_searches() -> Vec<SavedSearchView> = |bench| bench.saved_searches();
    /// Keeps a search under a name, and lists those that are kept.
    plain fn save_search(name: String, filter: WorkFilter) -> Vec<SavedSearchView> = |bench| bench.save_search(&name, &filter);
    /// Forgets a kept search, and lists those that still are.
    plain fn forget_search(name: String) -> Vec<SavedSearchView> = |bench| bench.forget_search(&name);
    /// The library's own properties, the profiles, and what is wrong with its files of them.
    plain fn record_plan() -> RecordPlanView = |bench| bench.record_plan();
    /// Changes an own property, or makes one: under the key that is given, else under one made of its name.
    plain fn save_property(key: Option<String>, property: PropertyEdit) -> RecordPlanView =
        |bench| bench.save_property(key.as_deref(), &property);
    /// Deletes an own property, which nothing may use any more.
    plain fn delete_property(key: String) -> RecordPlanView = |bench| bench.delete_property(&key);
    /// Changes a profile of one's own, or makes one: under the key that is given, else under one made of its name.
    plain fn save_profile(id: Option<String>, profile: ProfileEdit) -> RecordPlanView =
        |bench| bench.save_profile(id.as_deref(), &profile);
    /// Deletes a profile of one's own, file and all.
    plain fn delete_profile(id: String) -> RecordPlanView = |bench| bench.delete_profile(&id);
    /// The lists of works, by name.
    plain fn work_lists() -> Vec<WorkListView> = |bench| bench.work_lists();
    /// Puts works on a list, which is begun if there is none of that name.
    plain fn put_on_list(name: String, works: Vec<i64>) -> ListedView = |bench| bench.put_on_list(&name, &works);
    /// Takes works off a list.
    plain fn take_off_list(name: String, works: Vec<i64>) -> ListedView = |bench| bench.take_off_list(&name, &works);
    /// Gives up a list; the works that were on it stay as they are.
    plain fn give_up_list(name: String) -> ListedView = |bench| bench.give_up_list(&name);
    /// How much of a profile a work's record has.
    plain fn completeness(work: i64, profile: String) -> CompletenessView = |bench| bench.completeness(work, &profile);
    /// A work with its scans and statements.
    plain fn work(id: i64) -> WorkView = |bench| bench.work(id);
    /// How a scan can be looked at closely on a screen of this gamut; tiles that it takes are made in the background.
    plain fn tiles(scan: i64, gamut: ScreenGamut) -> TilesView = |bench| bench.tiles(scan, gamut);
    /// How large what a scan shows is, by accepted dimensions or else by its file; null where neither says so.
    plain fn scale(scan: i64) -> Option<ScaleView> = |bench| bench.scale(scan);
    /// Draws a region on a scan.
    plain fn add_region(scan: i64, content: RegionContentView) -> WorkView = |bench| bench.add_region(scan, content);
    /// Puts another shape, note or other statements in the place of a region's.
    plain fn change_region(region: i64, content: RegionContentView) -> WorkView =
        |bench| bench.change_region(region, content);
    /// Takes a region away.
    plain fn remove_region(region: i64) -> WorkView = |bench| bench.remove_region(region);
    /// Stands by a statement.
    plain fn accept(statement: i64) -> WorkView = |bench| bench.accept(statement);
    /// Holds a statement wrong.
    plain fn reject(statement: i64) -> WorkView = |bench| bench.reject(statement);
    /// Puts another value in a statement's place and stands by it.
    plain fn edit(statement: i64, value: String, qualifier: Option<String>) -> WorkView =
        |bench| bench.edit(statement, &value, qualifier.as_deref());
    /// Takes one of a statement's other values, counted from 0.
    plain fn take_alternative(statement: i64, index: usize) -> WorkView = |bench| bench.take_alternative(statement, index);
    /// Adds a statement of the person's own.
    plain fn add_statement(work: i64, property: String, value: String) -> WorkView =
        |bench| bench.add_statement(work, &property, &value);
    /// Whether Iconclass is there, and its divisions in a language.
    plain fn iconclass(language: String) -> IconclassView = |bench| Ok::<_, String>(bench.iconclass(&language));
    /// Notations of Iconclass for words of a language, or for the beginning of a notation, best first.
    plain fn iconclass_search(words: String, language: String) -> IconclassFound =
        |bench| bench.iconclass_search(&words, &language);
    /// All that Iconclass says of a notation.
    plain fn iconclass_concept(notation: String, language: String) -> IconclassConcept =
        |bench| bench.iconclass_concept(&notation, &language);
    /// States that a work shows what a notation of Iconclass means.
    plain fn add_iconclass(work: i64, property: String, notation: String, language: String) -> WorkView =
        |bench| bench.add_iconclass(work, &property, &notation, &language);
    /// Puts a notation of Iconclass in a statement's place.
    plain fn edit_to_iconclass(statement: i64, notation: String, language: String) -> WorkView =
        |bench| bench.edit_to_iconclass(statement, &notation, &language);
    /// The museum's own lists of terms, by name.
    plain fn term_lists() -> Vec<ListView> = |bench| bench.term_lists();
    /// Reads a file as a list of terms for a property; one of the same name is written anew.
    plain fn read_term_list(file: PathBuf, name: Option<String>, property: String, language: String) -> ListReadView =
        |bench| bench.read_term_list(&file, name.as_deref(), &property, &language);
    /// Forgets a list of terms, and lists those that are left.
    plain fn forget_term_list(list: i64) -> Vec<ListView> = |bench| bench.forget_term_list(list);
    /// Terms of a property's lists for what has been typed so far, best first.
    plain fn terms_typed(property: String, typed: String) -> Vec<TermView> = |bench| bench.terms_typed(&property, &typed);
    /// States a term of a list about a work.
    plain fn add_term(work: i64, property: String, list: i64, term: String) -> WorkView =
        |bench| bench.add_term(work, &property, list, &term);
    /// Puts a term of a list in a statement's place.
    plain fn edit_to_term(statement: i64, list: i64, term: String) -> WorkView =
        |bench| bench.edit_to_term(statement, list, &term);
    /// What people stand by of a list's property without naming a term, with the terms that are like it.
    plain fn unmatched(list: i64) -> Vec<UnmatchedView> = |bench| bench.unmatched(list);
    /// Puts terms of a list in the place of words, wherever people stand by them; how many statements that were.
    plain fn match_terms(list: i64, chosen: Vec<ChosenTerm>) -> u64 = |bench| bench.match_terms(list, &chosen);
    /// What a change to many works would do; nothing is done.
    plain fn batch_preview(request: BatchRequest) -> BatchView = |bench| bench.batch_preview(&request, SHOWN_CHANGES);
    /// Makes the change to many works that a preview showed, and nothing else.
    plain fn batch_edit(request: BatchRequest, seen: String) -> BatchView = |bench|
        bench.batch_edit(&request, SHOWN_CHANGES, Some(&seen));
    /// What waits in several works in the same words.
    plain fn waiting_groups() -> Vec<WaitingGroupView> = |bench| bench.waiting_groups();
    /// The suggestions that say the same.
    plain fn waiting_alike(property: String, value: String, qualifier: Option<String>) -> AlikeView =
        |bench| bench.waiting_alike(&property, &value, qualifier.as_deref());
    /// Accepts suggestions that say the same and that a person has looked at.
    plain fn accept_alike(statements: Vec<i64>) -> AcceptedView = |bench| bench.accept_alike(&statements);
    /// Suggestions that may be accepted unseen, with the figures that say so.
    plain fn bulk_offers() -> Vec<BulkOfferView> = |bench| bench.bulk_offers();
    /// Accepts suggestions unseen that are on offer.
    plain fn accept_in_bulk(pack: String, property: String, statements: Vec<i64>) -> AcceptedView =
        |bench| bench.accept_in_bulk(&pack, &property, &statements);
    /// Takes back what was last done.
    plain fn undo() -> Option<UndoView> = |bench| bench.undo();
    /// Does again what was last taken back.
    plain fn redo() -> Option<UndoView> = |bench| bench.redo();
    /// Works that look alike, the most alike first.
    plain fn similar(work: i64, count: usize) -> Vec<SimilarWork> = |bench| bench.similar(work, count);
    /// Passages that speak of a work.
    plain fn passages(work: i64, count: usize) -> Vec<PassageView> = |bench| bench.passages(work, count);
    /// A passage, whole.
    plain fn passage(id: String) -> PassageView = |bench| bench.passage(&id);
    /// Works and passages for some words.
    plain fn search(text: String) -> SearchView = |bench| bench.search(&text);
    /// Passages for some words, from some collections and in some languages.
    plain fn search_passages(text: String, scope: PassageScope) -> Vec<PassageView> =
        |bench| bench.search_passages(&text, &scope);
    /// What a search among passages can be narrowed down to beside what is chosen.
    plain fn scope_choices(chosen: PassageScope) -> ScopeChoices = |bench| bench.scope_choices(&chosen);
    /// A passage with the words lit that say what a sentence says.
    plain fn evidence(passage: String, sentence: String) -> PassageView = |bench| bench.evidence(&passage, &sentence);
    /// How much each part of a work's scan speaks for a sentence, by an added pack that compares images with words.
    plain fn patches(work: i64, sentence: String) -> PatchesView = |bench| bench.patches(work, &sentence);
    /// Writes about a work, or answers a question about it, sentence by sentence.
    stream fn talk(request: TalkRequest) -> AnswerView = |bench, emit| bench.talk(&request, emit);
    /// Stops the answer that is being made about a work.
    plain fn stop_answer(work: i64) -> () = |bench| {
        bench.stop_answer(work);
        Ok::<_, String>(())
    };
    /// Puts a sentence of an answer (counted from 0) forward as a suggestion.
    plain fn suggest_from_answer(exchange: i64, sentence: usize, property: String) -> WorkView =
        |bench| bench.suggest_from_answer(exchange, sentence, &property);
    /// What was asked and answered about a work, oldest first.
    plain fn conversation(work: i64) -> Vec<AnswerView> = |bench| bench.conversation(work);
    /// Exchanges about any work in which some words occur, newest first.
    plain fn conversations(text: String, most: usize) -> Vec<ExchangeView> = |bench| bench.conversations(&text, most);
    /// Deletes an exchange for good; the rest of the conversation.
    plain fn delete_exchange(exchange: i64) -> Vec<AnswerView> = |bench| bench.delete_exchange(exchange);
    /// Deletes all that was asked about a work for good; how many exchanges that were.
    plain fn delete_conversation(work: i64) -> usize = |bench| bench.delete_conversation(work);
    /// Writes all that was asked about a work to a file: JSON where its name ends so, else Markdown.
    plain fn write_conversation(work: i64, file: PathBuf) -> () = |bench| bench.write_conversation(work, &file);
    /// All prompts with the words that are in force.
    plain fn prompts() -> Vec<PromptView> = |bench| bench.prompts();
    /// Puts words of the library's own in force for a prompt; without words those that come with the program.
    plain fn write_prompt(prompt: String, text: Option<String>) -> PromptView = |bench| bench.write_prompt(&prompt, text.as_deref());
    /// How conversations are held.
    plain fn talk_settings() -> TalkSettings = |bench| bench.talk_settings();
    /// Changes how conversations are held.
    plain fn set_talk_settings(settings: TalkSettings) -> TalkSettings = |bench| bench.set_talk_settings(&settings);
    /// Reads scans, from files and from folders with all they hold; the number of the job.
    plain fn import(paths: Vec<PathBuf>) -> u64 = |bench| bench.import(paths);
    /// Reads the demonstration images; the number of the job.
    plain fn import_demonstration() -> u64 = |bench| bench.import_demonstration();
    /// Whether there are demonstration images.
    plain fn demonstration_available() -> bool = |bench| Ok::<_, String>(bench.demonstration_available());
    /// How each pack's suggestions fared with the people who decided on them, by property.
    plain fn track_records() -> Vec<TrackRecordView> = |bench| bench.track_records();
    /// What was learnt from the library, and what could be.
    plain fn learning() -> LearningView = |bench| bench.learning();
    /// Learns from the works that people stand by; the number of the job.
    plain fn learn() -> u64 = |bench| bench.start_learning();
    /// Uses what was learnt under a number; none puts all of it aside.
    plain fn use_learnt(number: Option<u32>) -> LearningView = |bench| bench.use_learnt(number);
    /// What a person brought into the knowledge base.
    plain fn collections() -> Vec<CollectionView> = |bench| bench.collections();
    /// What reading a source would take.
    plain fn estimate_source(source: PathBuf) -> SourceEstimateView = |bench| bench.estimate_source(&source);
    /// Reads a source into a collection; the number of the job.
    plain fn add_knowledge(source: PathBuf, request: SourceRequest) -> u64 =
        |bench| bench.start_adding_knowledge(source, request.into());
    /// Reads the library's accepted records into a collection; the number of the job.
    plain fn add_own_records() -> u64 = |bench| bench.start_adding_own_records();
    /// Of how many works the knowledge base has a page on the work or its artist.
    plain fn coverage() -> CoverageView = |bench| bench.coverage();
    /// Goes on reading a collection, or makes findable what is not yet; the number of the job.
    plain fn resume_collection(key: String) -> u64 = |bench| bench.resume_collection(&key);
    /// What the added pack is called that sees pages, where one is installed.
    plain fn seeing_pack() -> Option<String> = |bench| bench.seeing_pack();
    /// Draws a collection's passages as pages and lets an added pack read them; the number of the job.
    plain fn index_pages(key: String) -> u64 = |bench| bench.index_pages(&key);
    /// Passages whose pages look like a scan or a part of it, and say some words.
    plain fn passages_like(scan: i64, part: Option<ShapeView>, words: String, scope: PassageScope) -> Vec<PassageView> =
        |bench| bench.passages_like(Sought::Scan(scan), part.as_ref(), &words, &scope);
    /// Removes a collection.
    plain fn remove_collection(key: String) -> () = |bench| bench.remove_collection(&key);
    /// The jobs that run, and those that ended lately.
    plain fn jobs() -> Vec<JobView> = |bench| Ok::<_, String>(bench.jobs());
    /// Stops a job; what was done is kept.
    plain fn cancel(job: u64) -> () = |bench| {
        bench.cancel(job);
        Ok::<_, String>(())
    };
    /// Lets a job rest until it is resumed.
    plain fn pause(job: u64) -> () = |bench| {
        bench.pause(job);
        Ok::<_, String>(())
    };
    /// Lets a job that rests go on.
    plain fn resume(job: u64) -> () = |bench| {
        bench.resume(job);
        Ok::<_, String>(())
    };
    /// Tries a job's failures again; the number of the new job.
    plain fn retry(job: u64) -> u64 = |bench| bench.retry(job);
    /// Makes the backs that an import offers further scans of their fronts' works; how many.
    plain fn join_pairs(job: u64) -> usize = |bench| bench.join_pairs(job);
    /// Makes the scans of other works further scans of one work.
    plain fn join_works(into: i64, others: Vec<i64>) -> () = |bench| bench.join_works(into, others);
    /// Where the artwork may lie in a scan.
    plain fn propose_corners(scan: i64) -> ProposalView = |bench| bench.propose_corners(scan);
    /// Makes what four corners of a scan enclose a further scan of its work; the job's number.
    plain fn prepare(scan: i64, corners: Vec<(f64, f64)>) -> u64 = |bench| bench.prepare(scan, &corners);
    /// Who did what and when, newest first.
    plain fn log(request: LogRequest) -> LogView = |bench| bench.log(&request);
    /// The library's backups.
    plain fn backups() -> BackupsView = |bench| bench.backups();
    /// Writes a backup and checks it.
    plain fn back_up() -> BackupsView = |bench| bench.back_up();
    /// Tries a backup out.
    plain fn rehearse(backup: String) -> RehearsalView = |bench| bench.rehearse(&backup);
    /// Notes which backup takes the library's place when it is next opened; none takes the note back.
    plain fn restore_next(backup: Option<String>) -> BackupsView = |bench| bench.restore_next(backup.as_deref());
    /// Closes the library and opens the program again.
    plain fn restart() -> () = |bench| reopen(bench);
    /// What is wrong with the library, a sentence each.
    plain fn check() -> Vec<String> = |bench| bench.check();
    /// Writes all that is derived anew, and says what is still wrong.
    plain fn repair() -> Vec<String> = |bench| bench.repair();
    /// What is known of the originals, and how often they are looked at.
    plain fn fixity() -> FixityView = |bench| bench.fixity();
    /// Says after how many days each original is looked at again; 0 for never.
    plain fn set_fixity_days(days: u32) -> FixityView = |bench| bench.set_fixity_days(days);
    /// Looks at all originals, or at those that are due today; the job's number, none where nothing is due.
    plain fn check_originals(all: bool) -> Option<u64> = |bench| bench.check_originals(all);
    /// Looks in a folder for originals that are not where they were; nothing is changed.
    plain fn find_moved(folder: PathBuf) -> RelinkView = |bench| bench.find_moved(&folder);
    /// Gives originals the places where they were found; how many.
    plain fn relink(moved: Vec<MovedView>) -> usize = |bench| bench.relink(&moved);
    /// What tables of other systems can be read by.
    plain fn columns() -> Vec<ColumnsView> = |bench| bench.columns();
    /// The sheets of a workbook; none for other files.
    plain fn sheets(file: PathBuf) -> Vec<String> = |bench| bench.sheets(&file);
    /// What reading records in would change; nothing is.
    plain fn records_preview(request: RecordsRequest) -> RecordsView = |bench| bench.records_preview(&request);
    /// Reads records in, all of them or none.
    plain fn import_records(request: RecordsRequest) -> RecordsView = |bench| bench.import_records(&request);
    /// What an export would contain; nothing is written.
    plain fn export_preview(request: ExportRequest) -> ExportPreview = |bench| bench.export_preview(&request);
    /// Ends the preview that is being made: nobody waits for it any more.
    plain fn stop_export_preview() -> () = |bench| {
        bench.stop_export_preview();
        Ok::<_, String>(())
    };
    /// Writes records; the finished job says where.
    plain fn export(request: ExportRequest) -> JobView = |bench| bench.export(&request);
    /// Shows what an export wrote in the system's file manager.
    plain fn show_output(job: u64) -> () = |bench| show(&bench.jobs(), job);
}

/// Ends the program and starts it anew.
fn reopen(bench: &Workbench) -> Result<(), String> {
    bench.close();
    tauri::process::restart(&tauri::Env::default())
}

/// Only what a job of ours wrote is shown: the page names a job, never a path.
fn show(jobs: &[JobView], job: u64) -> Result<(), String> {
    let output = jobs.iter().find(|candidate| candidate.id == job).and_then(|found| found.output.as_deref());
    let output = output.ok_or_else(|| "this job has written nothing that could be shown".to_owned())?;
    // One line a file; they lie in one folder.
    let file = output.lines().next().unwrap_or(output);
    tauri_plugin_opener::reveal_item_in_dir(file)
        .map_err(|cause| format!("{file} could not be shown in the file manager: {cause}"))
}
