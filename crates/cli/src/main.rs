//! Vitrine on the command line: a thin front door to the workbench, as the window is.

mod arguments;
mod document;
mod edit;
mod evaluation;
mod iconclass;
mod prepare;
mod print;
mod safety;
mod talk;
mod term_lists;
mod together;
mod tour;
mod works;

use std::{
    env,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use arguments::{Arguments, Command, Format, KnowledgeChange, LearningChange, PackChange, Sort};
use clap::{Parser, ValueEnum};
use document::{
    AddedPack, Collected, Complete, Covered, Exported, Failed, FileWork, Found, Imported, Joined, KnowledgeRead,
    Learning, Log, Loss, Pack, RecordsImported, RemovedCollection, RemovedPack, Suggested,
};
use print::Printer;
use vitrine_workbench::{
    KnowledgeRequest, Settings, Sought, Subject, Workbench, WorkbenchError, default_library, training,
    view::{
        ExportFormat, ExportRequest, JobState, JobView, LogRequest, PassageScope, RecordsRequest, TalkRequest,
        WorkFilter, WorkSort, WorkbenchEvent,
    },
};

vitrine_workbench::keep_dropped_buffers!();

/// Some files failed, the rest is in.
const SOME_FAILED: u8 = 3;

fn main() -> ExitCode {
    // Candle reads it when it first computes. Its threads would wait for each other in a busy loop after every small operation; the
    // workbench runs several works at once instead.
    // SAFETY: no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        env::set_var("CANDLE_NUM_THREADS", "1");
    }
    let arguments = Arguments::parse();
    let printer = Printer::new(arguments.json);
    match run(arguments, &printer) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            printer.message(&format!("vitrine-cli: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, printer: &Printer) -> Result<u8, WorkbenchError> {
    let library = arguments.library.as_deref();
    match arguments.command {
        Command::Import { scans, join_sides } => import(&open(library, printer, false)?, scans, join_sides, printer),
        Command::Prepare { work, scan, corners, outline, dry_run } => {
            let request = prepare::Request { work, scan, outline, corners, dry_run };
            prepare::run(&open(library, printer, false)?, request, printer)
        }
        Command::Join { work, others } => {
            let bench = open(library, printer, false)?;
            bench.join_works(work, others)?;
            printer.document(&Joined::new(bench.work(work)?), print::joined);
            Ok(0)
        }
        Command::Suggest { works } => suggest(&open(library, printer, true)?, &works, printer),
        Command::Similar { work, count } => {
            let bench = open(library, printer, true)?;
            let found: Vec<Found> = bench.similar(work, count)?.into_iter().map(Found::similar).collect();
            if found.is_empty() {
                printer.message("No other work of this library has been looked at yet; `suggest` does that.");
            }
            printer.list(&found, print::found);
            Ok(0)
        }
        Command::Works { text, facets, lacks, sort, limit, counts, profile, save, saved, forget, put_on, take_off } => {
            let bench = open(library, printer, false)?;
            if let Some(name) = forget {
                bench.forget_search(&name)?;
                return Ok(0);
            }
            let filter = WorkFilter {
                text: text.join(" "),
                facets,
                lacking: lacks,
                sort: match sort {
                    Sort::Added => WorkSort::Added,
                    Sort::Title => WorkSort::Title,
                    Sort::Doubt => WorkSort::Doubt,
                },
                ..WorkFilter::default()
            };
            works::run(&bench, filter, works::Wanted { limit, counts, profile, save, saved, put_on, take_off }, printer)
        }
        Command::Search { text, like, part, collection, language } => {
            let (bench, text) = (open(library, printer, true)?, text.join(" "));
            let scope = PassageScope { collections: collection, languages: language };
            let found = if let Some(file) = like {
                let passages = bench.passages_like(Sought::File(&file), part.as_ref(), &text, &scope)?;
                if passages.is_empty() {
                    printer.message("No page was read that could be compared; `knowledge pages` lets an added pack read those of a collection.");
                }
                passages.into_iter().map(Found::passage).collect()
            } else if scope == PassageScope::default() {
                let found = Found::search(bench.search(&text)?);
                if found.is_empty() {
                    printer.message("Neither the library nor the knowledge base has anything on this.");
                }
                found
            } else {
                let found: Vec<Found> = bench.search_passages(&text, &scope)?.into_iter().map(Found::passage).collect();
                if found.is_empty() {
                    printer.message(
                        "These collections and languages have nothing on this; leave out --collection and --language to search all.",
                    );
                }
                found
            };
            printer.list(&found, print::found);
            Ok(0)
        }
        Command::Explain { work, prompt, with, manner } => {
            let bench = open(library, printer, true)?;
            let work = match work {
                Some(work) => work,
                None => first_work(&bench)?,
            };
            talk::speak(
                &bench,
                TalkRequest { work, prompt: Some(prompt), other: with, ..TalkRequest::default() },
                manner,
                printer,
            )
        }
        Command::Ask { work, question, look, anew, after, manner } => {
            let prompt = look.then(|| "look".to_owned());
            let (question, follows) = (Some(question.join(" ")), talk::follows(anew, after));
            let request = TalkRequest { work, question, prompt, follows, ..TalkRequest::default() };
            talk::speak(&open(library, printer, true)?, request, manner, printer)
        }
        Command::Conversations { what } => talk::conversations(&open(library, printer, false)?, what, printer),
        Command::Prompts { change } => talk::prompts(&open(library, printer, false)?, change, printer),
        Command::Export { format, out, include_suggestions, base_uri, works } => {
            let folder = String::new();
            let request = ExportRequest { works, formats: Vec::new(), folder, include_suggestions, base_uri };
            export(&open(library, printer, true)?, format, &out, &request, printer)
        }
        Command::ImportRecords { file, profile, sheet, by_file_name, accept, dry_run } => {
            let request = RecordsRequest { file, sheet, profile, by_file_name, accept };
            import_records(&open(library, printer, false)?, &request, dry_run, printer)
        }
        Command::Edit { change } => edit::run(&open(library, printer, false)?, change, printer),
        Command::Accept { what } => together::run(&open(library, printer, false)?, what, printer),
        Command::Undo { redo } => edit::undo(&open(library, printer, false)?, redo, printer),
        Command::Log { work, by, day, everything, before } => {
            let request = LogRequest { work, person: by, day, everything, before };
            let view = open(library, printer, false)?.log(&request)?;
            printer.document(&Log::new(view), print::log);
            Ok(0)
        }
        Command::Backup { list, rehearse } => {
            safety::backup(&open(library, printer, false)?, list, rehearse.as_deref(), printer)
        }
        Command::Restore { backup } => safety::restore(library, &backup, printer),
        Command::Check { repair } => safety::check(&open(library, printer, false)?, repair, printer),
        Command::Originals { all, report, every } => {
            safety::originals(&open(library, printer, false)?, all, report, every, printer)
        }
        Command::Relink { folder, apply } => safety::relink(&open(library, printer, false)?, &folder, apply, printer),
        Command::Lists { what } => term_lists::run(&open(library, printer, false)?, what, printer),
        Command::Iconclass { what } => iconclass::run(library, what, printer),
        Command::Completeness { work, profile } => {
            let view = open(library, printer, false)?.completeness(work, &profile)?;
            printer.document(&Complete::new(work, view), print::complete);
            Ok(0)
        }
        Command::Train {
            data,
            own_works: _,
            out,
            seed,
            artist_disjoint,
            strangers,
            recalibrate,
            every_painter,
            trial: trial_only,
            calibration,
            epochs,
            cache,
        } => {
            let options = training::Options {
                seed,
                artist_disjoint,
                strangers,
                recalibrate,
                every_painter,
                trial_only,
                calibration,
                epochs,
                cache,
                output: out,
            };
            match data {
                Some(folder) => train(training::Data::Folder(&folder), options, printer),
                None => train(training::Data::Library(&open(library, printer, false)?), options, printer),
            }
        }
        Command::Eval { what } => evaluation::run(library, what, printer),
        Command::Learn { change } => {
            let bench = open(library, printer, false)?;
            match change {
                None => {}
                Some(LearningChange::Now) => drop(bench.learn_now()?),
                Some(LearningChange::Use { number }) => drop(bench.use_learnt(Some(number))?),
                Some(LearningChange::PackAlone) => drop(bench.use_learnt(None)?),
            }
            bench.wait();
            printer.document(&Learning::new(bench.learning()?), print::learning);
            Ok(0)
        }
        Command::Packs { change } => packs(change, printer),
        Command::Knowledge { change } => knowledge(&open(library, printer, false)?, change, printer),
        Command::Tour { scans } => tour::run(library, scans, printer),
    }
}

fn knowledge(bench: &Workbench, change: Option<KnowledgeChange>, printer: &Printer) -> Result<u8, WorkbenchError> {
    match change.unwrap_or(KnowledgeChange::List) {
        KnowledgeChange::List => {
            let collections: Vec<Collected> = bench.collections()?.into_iter().map(Collected::new).collect();
            if collections.is_empty() {
                printer.message("This library has no collection of knowledge yet; `knowledge add` reads one in.");
            }
            printer.list(&collections, print::collection);
            Ok(0)
        }
        KnowledgeChange::Add {
            source,
            own_records: _,
            collection,
            licence,
            language,
            everything,
            category,
            depth,
            title,
            words,
            mapping,
        } => {
            let chosen = everything || !(category.is_empty() && title.is_empty() && words.is_empty());
            let subject = Subject { categories: category, depth, titles: title, queries: words };
            let request =
                KnowledgeRequest { collection, licence, language, subject: chosen.then_some(subject), mapping };
            let added = match source {
                Some(source) => bench.add_knowledge(&source, &request)?,
                None => bench.add_own_records()?,
            };
            let read = KnowledgeRead::new(added);
            let code = if read.skipped > 0 || !read.complete { SOME_FAILED } else { 0 };
            printer.document(&read, print::knowledge_read);
            Ok(code)
        }
        KnowledgeChange::Coverage => {
            printer.document(&Covered::new(bench.coverage()?), print::covered);
            Ok(0)
        }
        KnowledgeChange::Pages { key } => {
            let complete = bench.index_pages_now(&key)?;
            let collection = bench.collections()?.into_iter().find(|collection| collection.key == key);
            if let Some(collection) = collection {
                printer.document(&Collected::new(collection), print::collection);
            }
            Ok(if complete { 0 } else { SOME_FAILED })
        }
        KnowledgeChange::Remove { key } => {
            bench.remove_collection(&key)?;
            printer.document(&RemovedCollection { removed: key }, print::removed_collection);
            Ok(0)
        }
    }
}

fn packs(change: Option<PackChange>, printer: &Printer) -> Result<u8, WorkbenchError> {
    let settings = Settings::discover(None);
    match change {
        None => {
            let packs: Vec<Pack> = vitrine_workbench::packs(&settings)?.into_iter().map(Pack::new).collect();
            if packs.is_empty() {
                printer.message("No model pack is installed; run ./run.sh, which sets the compact one up.");
            }
            printer.list(&packs, print::pack);
        }
        Some(PackChange::Add { folder }) => {
            let mut told = 0;
            let added = vitrine_workbench::add_pack(&settings, &folder, &mut |done, total| {
                // Once a tenth: a large model takes a minute.
                let tenth = done * 10 / total.max(1);
                if tenth > told {
                    told = tenth;
                    printer.message(&format!("read {}0 % of {:.1} GB", tenth, total as f64 / 1e9));
                }
                true
            })?;
            printer.document(&AddedPack::new(added), print::added_pack);
        }
        Some(PackChange::Remove { id }) => {
            vitrine_workbench::remove_pack(&settings, &id)?;
            printer.document(&RemovedPack { removed: id }, print::removed_pack);
        }
    }
    Ok(0)
}

/// Opens the library; progress goes to standard error.
fn open(library: Option<&Path>, printer: &Printer, suggest_on_import: bool) -> Result<Workbench, WorkbenchError> {
    let folder = library.map_or_else(default_library, Path::to_path_buf);
    let settings = Settings { suggest_on_import, ..Settings::discover(None) };
    let progress = printer.progress();
    Workbench::at(
        &folder,
        settings,
        Arc::new(move |event| match event {
            WorkbenchEvent::Job { job } => progress.show(&job),
            WorkbenchEvent::Notice { text } => progress.notice(&text),
            WorkbenchEvent::WorkChanged { .. } | WorkbenchEvent::Tiles { .. } | WorkbenchEvent::LibraryChanged => {}
        }),
    )
}

fn import(bench: &Workbench, scans: Vec<PathBuf>, join_sides: bool, printer: &Printer) -> Result<u8, WorkbenchError> {
    let job = import_all(bench, scans)?;
    let id = job.id;
    let document = imported(bench, job, join_sides)?;
    if join_sides {
        bench.join_pairs(id)?;
    }
    printer.document(&document, print::imported);
    Ok(match (document.failed.is_empty(), document.imported.is_empty() && document.duplicates.is_empty()) {
        (true, _) => 0,
        (false, false) => SOME_FAILED,
        (false, true) => 1,
    })
}

/// Imports, and waits until all that follows from it is done too.
fn import_all(bench: &Workbench, scans: Vec<PathBuf>) -> Result<JobView, WorkbenchError> {
    let id = bench.import(scans)?;
    bench.wait();
    bench.jobs().into_iter().find(|job| job.id == id).ok_or(WorkbenchError::NoJob(id))
}

fn imported(bench: &Workbench, job: JobView, joined: bool) -> Result<Imported, WorkbenchError> {
    let mut files = Vec::with_capacity(job.imported.len());
    for work in &job.imported {
        let scan = bench.work(*work)?.scans.into_iter().next();
        files.push(FileWork { file: scan.map_or_else(String::new, |scan| scan.path), work: *work });
    }
    files.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(Imported::new(job, files, joined))
}

fn suggest(bench: &Workbench, works: &[i64], printer: &Printer) -> Result<u8, WorkbenchError> {
    let job = bench.suggest(works)?;
    bench.wait();
    let ended = bench.jobs().into_iter().find(|view| Some(view.id) == job);
    let listed = if works.is_empty() { all_works(bench)? } else { works.to_vec() };
    let mut suggested = Vec::with_capacity(listed.len());
    for work in listed {
        suggested.push(Suggested::new(bench.work(work)?));
    }
    printer.list(&suggested, print::suggested);
    let failures = ended.as_ref().map_or(&[][..], |job| &job.failures);
    for failure in failures {
        printer.message(&format!("{}: {}", failure.file, failure.reason));
    }
    let failed = ended.as_ref().is_some_and(|job| job.state == JobState::Failed);
    Ok(if failed {
        1
    } else if failures.is_empty() {
        0
    } else {
        SOME_FAILED
    })
}

/// The numbers of all works, in order of import.
fn all_works(bench: &Workbench) -> Result<Vec<i64>, WorkbenchError> {
    let mut works: Vec<i64> = bench.works(&WorkFilter::default())?.works.into_iter().map(|card| card.id).collect();
    works.sort_unstable();
    Ok(works)
}

fn first_work(bench: &Workbench) -> Result<i64, WorkbenchError> {
    all_works(bench)?.first().copied().ok_or(WorkbenchError::EmptyLibrary)
}

fn export(
    bench: &Workbench,
    format: Format,
    out: &Path,
    request: &ExportRequest,
    printer: &Printer,
) -> Result<u8, WorkbenchError> {
    let name = format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let (preview, written) = bench.export_to_file(request, export_format(format), out)?;
    if preview.empty > 0 && !request.include_suggestions {
        printer.message(&format!(
            "{} of {} works have no accepted statement; --include-suggestions writes what waits, marked as such.",
            preview.empty, preview.works
        ));
    }
    for problem in &written.problems {
        printer.message(&format!("{}: {}", problem.file, problem.reason));
    }
    let failed = written.problems.into_iter().map(|problem| Failed { file: problem.file, reason: problem.reason });
    let losses = written.losses.into_iter().map(|loss| Loss { property: loss.property, reason: loss.reason });
    let exported = Exported {
        format: name,
        file: out.display().to_string(),
        works: preview.works,
        batch: written.batch,
        losses: losses.collect(),
        failed: failed.collect(),
    };
    printer.document(&exported, print::exported);
    Ok(if exported.failed.is_empty() { 0 } else { SOME_FAILED })
}

fn export_format(format: Format) -> ExportFormat {
    match format {
        Format::Csv => ExportFormat::Csv,
        Format::CollectiveAccess => ExportFormat::CollectiveAccess,
        Format::Tms => ExportFormat::Tms,
        Format::OmekaS => ExportFormat::OmekaS,
        Format::Lido => ExportFormat::Lido,
        Format::Lido10 => ExportFormat::Lido10,
        Format::LinkedArt => ExportFormat::LinkedArt,
        Format::Iiif => ExportFormat::Iiif,
        Format::DublinCore => ExportFormat::DublinCore,
        Format::SchemaOrg => ExportFormat::SchemaOrg,
        Format::Xmp => ExportFormat::Xmp,
        Format::Bagit => ExportFormat::Bagit,
        Format::Html => ExportFormat::Html,
        Format::Pdf => ExportFormat::Pdf,
        Format::Checklist => ExportFormat::Checklist,
    }
}

fn import_records(
    bench: &Workbench,
    request: &RecordsRequest,
    dry_run: bool,
    printer: &Printer,
) -> Result<u8, WorkbenchError> {
    let read = if dry_run { bench.records_preview(request)? } else { bench.import_records(request)? };
    // Where dates came in, suggestions are made anew.
    bench.wait();
    for problem in &read.problems {
        printer.message(problem);
    }
    let document = RecordsImported {
        records: read.records,
        works_added: read.works_added,
        statements_added: read.statements_added,
        competing: read.competing,
        accepted: read.accepted,
        changed: !dry_run,
        problems: read.problems,
    };
    printer.document(&document, print::records_imported);
    Ok(if document.problems.is_empty() { 0 } else { SOME_FAILED })
}

fn train(data: training::Data<'_>, options: training::Options, printer: &Printer) -> Result<u8, WorkbenchError> {
    let report = training::run(&Settings::discover(None), data, options, &mut |event| {
        printer.message(&print::training(&event));
        ControlFlow::Continue(())
    })?;
    printer.document(&report, print::trained);
    Ok(0)
}
