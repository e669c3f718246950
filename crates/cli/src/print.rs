//! Printing: one document as JSON or as text on standard output, messages and progress on standard error.

use std::{
    io::{self, IsTerminal, Write},
    sync::Mutex,
};

use serde::Serialize;
use vitrine_workbench::{
    evaluation::{Comparison, instructions::Written},
    training,
    view::{ExchangeView, JobKind, JobState, JobView, Support, TalkSettings},
};

use crate::document::{
    AcceptedTogether, AddedPack, Backups, BatchEdited, Checked, Collected, Complete, Covered, Deleted, Evaluated,
    Exchanged, Explained, Exported, Found, Imported, Joined, KnowledgeRead, Learning, Log, Originals, Pack, Prepared,
    PromptText, RecordsImported, Rehearsed, Relinked, RemovedCollection, RemovedPack, Restored, Statement, Suggested,
    TakenBack, TogetherOffers, Works, WrittenTo,
};

/// Where results and messages go.
pub struct Printer {
    json: bool,
}

impl Printer {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// A result.
    pub fn document<T: Serialize>(&self, document: &T, text: impl FnOnce(&T) -> String) {
        self.out(document, || text(document));
    }

    /// Several results.
    pub fn list<T: Serialize>(&self, list: &[T], text: impl Fn(&T) -> String) {
        self.out(list, || list.iter().map(text).collect());
    }

    fn out<T: Serialize + ?Sized>(&self, document: &T, text: impl FnOnce() -> String) {
        let text = if self.json {
            serde_json::to_string_pretty(document).map_or_else(|error| error.to_string(), |json| json + "\n")
        } else {
            text()
        };
        // Whoever reads may have had enough (`| head`): nothing is lost by that.
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// A line for the person, not part of the result.
    pub fn message(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Shows jobs as they go on; on a terminal only.
    pub fn progress(&self) -> Progress {
        Progress { terminal: io::stderr().is_terminal(), shown: Mutex::new(false) }
    }
}

/// A line on the terminal that is written over and over.
pub struct Progress {
    terminal: bool,
    shown: Mutex<bool>,
}

impl Progress {
    pub fn show(&self, job: &JobView) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if !self.terminal {
            return;
        }
        let what = match job.kind {
            JobKind::Import => "Reading scans",
            JobKind::Suggest => "Looking at works",
            JobKind::Index => "Indexing the knowledge base",
            JobKind::Export => "Writing records",
            JobKind::Prepare => "Preparing a scan",
            JobKind::Knowledge => "Reading knowledge, megabytes",
            JobKind::Backup => "Copying the library",
            JobKind::Learn => "Learning from the library",
            JobKind::Edit => "Changing works",
            JobKind::Pages => "Drawing and reading pages",
            JobKind::Fixity => "Looking at originals",
            JobKind::Relink => "Looking for originals",
        };
        let left = job.seconds_left.map_or_else(String::new, |seconds| format!(", {seconds:.0} s left"));
        let mut error = io::stderr().lock();
        let _ = write!(error, "\r\x1b[K{what}: {} of {}{left}", job.done, job.total);
        if job.state == JobState::Running {
            *shown = true;
        } else if *shown {
            let _ = write!(error, "\r\x1b[K");
            *shown = false;
        }
        let _ = error.flush();
    }

    /// A sentence of its own, in place of the line that is written over.
    pub fn notice(&self, text: &str) {
        let erase = if self.terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(io::stderr(), "{erase}{text}");
    }
}

pub fn imported(document: &Imported) -> String {
    let mut text = String::new();
    for file in &document.imported {
        text += &format!("{:>6}  {}\n", file.work, file.file);
    }
    for file in &document.duplicates {
        text += &format!("{:>6}  {} (here already)\n", file.work, file.file);
    }
    for near in &document.near {
        text += &format!("{:>6}  {} (nearly the same as {}, {})\n", near.work, near.file, near.like, near.title);
    }
    for pair in &document.pairs {
        let (front, back) = (&pair.front, &pair.back);
        text += &match pair.joined {
            true => format!("{:>6}  {} with its back {}\n", front.work, front.file, back.file),
            false => {
                format!("{:>6}  {} may have its back in work {}, {}\n", front.work, front.file, back.work, back.file)
            }
        };
    }
    if document.pairs.iter().any(|pair| !pair.joined) {
        text +=
            "        `import --join-sides` joins fronts and backs, and so does `join FRONT BACK`; `undo` parts them.\n";
    }
    for file in &document.remarks {
        text += &format!("     !  {}: {}\n", file.file, file.reason);
    }
    for file in &document.failed {
        text += &format!("     –  {}: {}\n", file.file, file.reason);
    }
    let (new, again, failed) = (document.imported.len(), document.duplicates.len(), document.failed.len());
    text + &format!("{new} imported, {again} here already, {failed} failed\n")
}

pub fn joined(document: &Joined) -> String {
    let scans = document.scans.iter().map(|scan| format!("        {scan}\n"));
    format!("{:>6}  has these scans now:\n{}", document.work, scans.collect::<String>())
}

pub fn prepared(document: &Prepared) -> String {
    let corners = |outline: &Vec<(f64, f64)>| {
        let corners = outline.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
        corners.collect::<Vec<_>>().join(" ")
    };
    let mut text = String::new();
    for (number, outline) in document.outlines.iter().enumerate() {
        text += &format!("outline {}  {}\n", number + 1, corners(outline));
    }
    match &document.made {
        Some(file) => {
            text + &format!(
                "made scan {} of {}: {file}\n",
                document.new_scan.unwrap_or_default(),
                corners(&document.corners)
            )
        }
        None if document.outlines.is_empty() => {
            text + "Nothing stands out of this scan; `--corners` says where the artwork is.\n"
        }
        None => text,
    }
}

pub fn suggested(work: &Suggested) -> String {
    let statements: String = work.statements.iter().map(statement).collect();
    format!("{:>6}  {}\n{statements}", work.work, work.file)
}

fn statement(statement: &Statement) -> String {
    let Statement { property, value, qualifier, confidence, likelihood, alternatives, reason, .. } = statement;
    let runner_up =
        alternatives.first().map_or_else(String::new, |a| format!("; else {} {}", a.value, percent(a.confidence)));
    let said = match value {
        Some(value) => {
            let qualifier = qualifier.as_ref().map_or_else(String::new, |q| format!("{q} "));
            let word = likelihood.map_or_else(String::new, |likelihood| format!(", {}", likelihood.word()));
            let confidence = confidence.map_or_else(String::new, |c| format!(" {}", percent(c)));
            let why = reason.as_ref().map_or_else(String::new, |reason| format!(" – {reason}"));
            format!("{qualifier}{value}{word}{confidence}{runner_up}{why}")
        }
        None => reason.clone().unwrap_or_else(|| "unknown".into()),
    };
    format!("        {property:<7} {said}\n")
}

fn percent(confidence: f32) -> String {
    format!("{:.0} %", confidence * 100.0)
}

pub fn found(found: &Found) -> String {
    let score = found.score.map_or_else(|| "    ".into(), |score| format!("{score:.2}"));
    let snippet =
        if found.snippet.is_empty() { String::new() } else { format!("\n        {}", shorten(&found.snippet)) };
    format!("  {score}  {} {}: {}{snippet}\n", found.kind, found.id, found.title)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

pub fn works(found: &Works) -> String {
    let mut text = String::new();
    for work in &found.works {
        let artist = work.artist.as_ref().map_or_else(String::new, |artist| format!(", {artist}"));
        text += &format!("{:>6}  {}{artist}\n", work.work, work.title);
    }
    text += &format!("{} works\n", found.total);
    let Some(counts) = &found.counts else { return text };
    for facet in &counts.facets {
        text += &format!("{}\n", word(&facet.facet));
        text += &facet.values.iter().map(|v| format!("{:>8}  {}\n", v.works, v.value)).collect::<String>();
    }
    if !counts.lacking.is_empty() {
        text += "lacking\n";
        text += &counts.lacking.iter().map(|lack| format!("{:>8}  {}\n", lack.works, lack.name)).collect::<String>();
    }
    text
}

/// A value's name in JSON.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

pub fn explained(answer: &Explained) -> String {
    if let Some(reason) = &answer.abstention {
        return format!("{reason}\n");
    }
    let mut text = String::new();
    for sentence in &answer.sentences {
        let passages: Vec<&str> = sentence.citations.iter().map(|c| c.passage.as_str()).collect();
        let mut marks = if passages.is_empty() { String::new() } else { format!(" [{}]", passages.join(", ")) };
        marks += match sentence.support {
            Support::Passage => "",
            Support::Record => " (the record)",
            Support::Image => " (the picture)",
            Support::None => " (nothing supports this)",
        };
        if !sentence.unsupported.is_empty() {
            marks += &format!(" (nothing says: {})", sentence.unsupported.join(", "));
        }
        text += &format!("  {}{marks}\n", sentence.text);
    }
    text
}

pub fn exchanged(exchange: &Exchanged) -> String {
    let Exchanged { number, prompt, prompt_version, pack, at, milliseconds, answer, .. } = exchange;
    let asked = answer.question.as_deref().unwrap_or(prompt);
    let seconds = *milliseconds as f64 / 1000.0;
    format!(
        "{number:>6}  {asked}\n        {pack}, prompt {prompt} {prompt_version}, {at}, {seconds:.1} s\n{}",
        explained(answer)
    )
}

pub fn found_exchange(found: &ExchangeView) -> String {
    let ExchangeView { id, work, title, question, said, prompt, at, .. } = found;
    let asked = question.as_deref().unwrap_or(prompt);
    format!("{id:>6}  work {work}, {title}, {at}\n        {asked}\n        {}\n", shorten(said))
}

pub fn written_to(written: &WrittenTo) -> String {
    format!("written: {}\n", written.file)
}

pub fn deleted(deleted: &Deleted) -> String {
    format!("{} exchanges are deleted\n", deleted.deleted)
}

pub fn prompt_line(prompt: &PromptText) -> String {
    format!("{:<22} {:<9} version {}\n", prompt.id, word(&prompt.purpose), prompt.version)
}

pub fn prompt(prompt: &PromptText) -> String {
    format!("{}{}\n", prompt_line(prompt), prompt.text)
}

fn all_or(chosen: &[String], all: &str) -> String {
    if chosen.is_empty() { all.to_owned() } else { chosen.join(", ") }
}

pub fn talk_settings(settings: &TalkSettings) -> String {
    let TalkSettings { searches, turns, tokens, seconds, check, length, language, sources } = settings;
    let check = if *check { "checked by the model" } else { "not checked by the model" };
    format!(
        "{searches} searches, {turns} turns, {tokens} tokens, {seconds} s; sentences are {check}; {}, {language}\n\
         draws on {}; passages in {}\n",
        word(length),
        all_or(&sources.collections, "all collections"),
        all_or(&sources.languages, "all languages"),
    )
}

pub fn exported(exported: &Exported) -> String {
    let losses: String =
        exported.losses.iter().map(|loss| format!("  not all of {}: {}\n", loss.property, loss.reason)).collect();
    format!("{} works written to {}, batch {}\n{losses}", exported.works, exported.file, exported.batch)
}

pub fn records_imported(read: &RecordsImported) -> String {
    let done = if read.changed { "" } else { "nothing was changed; it would be: " };
    format!(
        "{done}{} records, {} new works, {} new statements, {} beside another value, {} accepted\n",
        read.records, read.works_added, read.statements_added, read.competing, read.accepted
    )
}

pub fn batch_edited(edited: &BatchEdited) -> String {
    let BatchEdited { changed, works, changes, left, cautions, what } = edited;
    let mut text = String::new();
    for change in changes {
        let list = |values: &[String]| if values.is_empty() { "–".to_owned() } else { values.join(" | ") };
        text += &format!("{:>6}  {}: {} → {}\n", change.work, change.title, list(&change.before), list(&change.after));
        if !change.turned_down.is_empty() {
            text += &format!("        rejected: {}\n", change.turned_down.join(" | "));
        }
    }
    for left in left {
        text += &format!("     –  {} left alone: {}\n", left.works, left.reason);
    }
    text += &cautions.iter().map(|caution| format!("     !  {caution}\n")).collect::<String>();
    match (what, changed) {
        (Some(what), true) => text + &format!("{what}\n"),
        _ => text + &format!("nothing was changed; {works} works would be\n"),
    }
}

pub fn together_offers(offers: &TogetherOffers) -> String {
    let mut text = String::new();
    for offer in &offers.bulk {
        text += &format!(
            "{} of {}: {} wait from {:.2} on; {} of {} were right, at least {:.1} % can be expected to be\n",
            offer.property,
            offer.pack,
            offer.waiting,
            offer.confidence,
            offer.right,
            offer.decided,
            offer.expected * 100.0
        );
    }
    for group in &offers.alike {
        text += &format!("{:>6}  {}: {}\n", group.works, group.property, group.value);
    }
    if text.is_empty() { "nothing waits that could be accepted together\n".to_owned() } else { text }
}

pub fn accepted_together(accepted: &AcceptedTogether) -> String {
    let mut text = String::new();
    for suggestion in &accepted.suggestions {
        let sure = suggestion.confidence.map_or_else(String::new, |sure| format!(" {}", percent(sure)));
        text += &format!("{:>6}  {}: {}{sure}\n", suggestion.work, suggestion.title, suggestion.value);
    }
    match &accepted.what {
        Some(what) => text + &format!("{what}\n"),
        None => text + &format!("nothing was changed; {} would be accepted\n", accepted.waiting),
    }
}

pub fn taken_back(taken: &TakenBack) -> String {
    match (&taken.what, taken.redo) {
        (Some(what), false) => format!("taken back: {what}\n"),
        (Some(what), true) => format!("done again: {what}\n"),
        (None, false) => "there is nothing to take back\n".to_owned(),
        (None, true) => "there is nothing to do again\n".to_owned(),
    }
}

pub fn knowledge_read(read: &KnowledgeRead) -> String {
    let mut text: String = read.problems.iter().map(|problem| format!("     –  {problem}\n")).collect();
    if read.skipped > read.problems.len() as u64 {
        text += &format!("     –  and {} more\n", read.skipped - read.problems.len() as u64);
    }
    let KnowledgeRead { pages, unchanged, new_passages, gone, .. } = read;
    text +=
        &format!("{pages} pages read, {unchanged} of them as before; {new_passages} new passages, {gone} pages gone\n");
    if !read.complete {
        text += "not all of it is there yet: give the same command again to go on\n";
    }
    text + &collection(&read.collection)
}

pub fn collection(collection: &Collected) -> String {
    let Collected { key, name, pages, passages, findable, drawn, bytes } = collection;
    let megabytes = *bytes as f64 / 1e6;
    let drawn = if *drawn > 0 { format!(", {drawn} by their look") } else { String::new() };
    format!("{key}: {name}, {passages} passages of {pages} pages, {findable} can be found{drawn}, {megabytes:.1} MB\n")
}

pub fn covered(coverage: &Covered) -> String {
    format!("Of {} works, {} have a page that is called as the work or its artist\n", coverage.works, coverage.covered)
}

pub fn learning(learning: &Learning) -> String {
    let Learning { in_use, versions, confirmed, needed } = learning;
    let works: Vec<String> = confirmed.iter().map(|of| format!("{} {}", of.works, of.task)).collect();
    let mut text = format!("Confirmed works: {}; it takes {needed} of one task\n", works.join(", "));
    for version in versions {
        let used = match (*in_use == Some(version.number), version.usable) {
            (true, _) => "in use",
            (false, true) => "not in use",
            (false, false) => "of no use",
        };
        text.push_str(&format!(
            "{} ({used}) for {}, {} by {}\n",
            version.number, version.pack, version.made, version.person
        ));
        for task in &version.tasks {
            text.push_str(&format!(
                "  {}: of {} works held back the pack has {} right, with what was learnt from {} {}{}\n",
                task.task,
                task.judged,
                task.right_before,
                task.learnt,
                task.right_after,
                if task.used { "" } else { "; left to the pack" }
            ));
        }
    }
    text
}

pub fn removed_collection(collection: &RemovedCollection) -> String {
    format!("{} is removed; what it was read from is left alone\n", collection.removed)
}

pub fn complete(record: &Complete) -> String {
    let Complete { work, profile, met, needed, lacking, wanted } = record;
    let lines =
        |what: &str, names: &[String]| names.iter().map(|name| format!("  {what} {name}\n")).collect::<String>();
    format!("{work}: {met} of {needed} of {profile}\n{}{}", lines("lacks", lacking), lines("would be welcome:", wanted))
}

pub fn log(log: &Log) -> String {
    let mut text = String::new();
    for line in &log.entries {
        let who = line.person.as_deref().unwrap_or(&line.source);
        let value = line.value.as_deref().unwrap_or("—");
        text += &format!(
            "{}  {}  {who}  {} ({})  {}: {value}  {}\n",
            line.number, line.at, line.title, line.work, line.property, line.state
        );
    }
    if let (true, Some(last)) = (log.more, log.entries.last()) {
        text += &format!("there is more: --before {}\n", last.number);
    }
    if log.entries.is_empty() { "nothing of the kind was done\n".into() } else { text }
}

pub fn backups(backups: &Backups) -> String {
    let mut text = format!("{} backups in {}\n", backups.backups.len(), backups.folder);
    for backup in &backups.backups {
        text += &format!("  {}  {:.1} MB\n", backup.name, backup.bytes as f64 / 1e6);
    }
    text
}

pub fn rehearsed(tried: &Rehearsed) -> String {
    format!("{} is sound: {} works, {} statements\n", tried.backup, tried.works, tried.statements)
}

pub fn restored(restored: &Restored) -> String {
    let kept = restored.replaced.as_ref().map_or_else(String::new, |file| format!("; what was there is {file}"));
    format!("restored to {}{kept}\n", restored.library)
}

pub fn originals(document: &Originals) -> String {
    let Originals { days, originals, unchanged, never, oldest, troubles } = document;
    let mut text = format!(
        "{originals} originals: {unchanged} unchanged, {never} not looked at yet, {} in trouble\n",
        troubles.len()
    );
    for trouble in troubles {
        text += &format!("  {:10}  {} ({}, work {})\n", trouble.finding, trouble.file, trouble.title, trouble.work);
    }
    if let Some(oldest) = oldest {
        text += &format!("none was longer not looked at than since {oldest}\n");
    }
    text + &match days {
        0 => "they are looked at when asked for only\n".to_owned(),
        days => format!("while the library is open, each is looked at every {days} days\n"),
    }
}

pub fn relinked(document: &Relinked) -> String {
    let Relinked { missing, relinked, moved } = document;
    let mut text: String = moved.iter().map(|one| format!("{}\n  now {}\n", one.from, one.to)).collect();
    text += &format!("{} of {missing} that are not where they were: found\n", moved.len());
    if *relinked {
        text += "the library knows their places now; undo takes that back\n";
    } else if !moved.is_empty() {
        text += "nothing is changed yet: --apply gives them their new places\n";
    }
    text
}

pub fn checked(checked: &Checked) -> String {
    match checked.problems.as_slice() {
        [] => "the library is sound\n".to_owned(),
        problems => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

pub fn pack(pack: &Pack) -> String {
    let Pack { id, version, weights_sha256, roles, licences } = pack;
    format!("{id} {version}  {}\n  weights {weights_sha256}\n  {}\n", roles.join(", "), licences.join("\n  "))
}

pub fn added_pack(pack: &AddedPack) -> String {
    let AddedPack { id, title, folder, files, licences, .. } = pack;
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let size = bytes as f64 / 1e9;
    format!("{id}: {title}, {} files of {size:.1} GB in {folder}\n  {}\n", files.len(), licences.join("\n  "))
}

pub fn removed_pack(pack: &RemovedPack) -> String {
    format!("{} is forgotten; its folder is left alone\n", pack.removed)
}

pub fn training(event: &training::Event) -> String {
    use training::Event;
    match event {
        Event::Rows { done, total } => format!("looked at {done} of {total} images"),
        Event::Epoch { epoch, epochs, loss, validation } if validation.is_empty() => {
            format!("without validation, epoch {epoch} of {epochs}: loss {loss:.4}")
        }
        Event::Epoch { epoch, epochs, loss, validation } => {
            let figures: Vec<String> =
                validation.iter().map(|(task, top1)| format!("{} {top1:.3}", task.property())).collect();
            format!("on train, epoch {epoch} of {epochs}: loss {loss:.4}; val {}", figures.join(", "))
        }
        Event::LeftOut { image, reason } => format!("left out {}: {reason}", image.display()),
    }
}

pub fn trained(report: &training::Report) -> String {
    let mut text = String::new();
    let dated = report.dated.clone().unwrap_or_default();
    let parts = [
        ("learnt on train, measured on val", &report.trial, None),
        (
            "learnt on train, measured on painters who were kept from it",
            &report.trial_unseen,
            Some(&report.trial_outside),
        ),
        ("from others, measured on all painters", &report.every_painter, None),
        ("written, measured on test", &report.figures, Some(&report.outside)),
        ("so, asked about works with a date, without it", &dated.without, Some(&dated.outside_without)),
        ("so, asked about works with a date, with it", &dated.with, Some(&dated.outside_with)),
    ];
    for (of, figures, outside) in parts {
        if figures.is_empty() {
            continue;
        }
        text +=
            &format!("learnt {of}\ntask      labels  images  top-1  top-2  top-3  macro F1  calibration  95 % sure\n");
        for f in figures {
            text += &format!(
                "{:<9} {:>6}  {:>6}  {:.3}  {:.3}  {:.3}     {:.3}        {:.3}      {:.3}\n",
                f.task, f.labels, f.images, f.top1, f.top2, f.top3, f.macro_f1, f.calibration_error, f.sure
            );
        }
        for o in outside.into_iter().flatten() {
            text += &format!(
                "{:<9} {:.3} of {} right answers named; nothing named on {:.3} of {} works outside the labels, {:.3} of {} other pictures\n",
                o.task, o.right_named, o.right, o.hands_refused, o.hands, o.strangers_refused, o.strangers
            );
        }
    }
    text + &report.written.iter().map(|file| format!("written: {file}\n")).collect::<String>()
}

pub fn evaluated(run: &Evaluated) -> String {
    let mut text = format!("{} of {} on {}, {} items\n", run.task, run.pack, run.data, run.items);
    for f in &run.figures {
        text += &format!("  {:<12} {:<44} {:>9.4}  ({:.4} to {:.4})\n", f.of, f.metric, f.value, f.low, f.high);
    }
    text += &run.notes.iter().map(|note| format!("  {note}\n")).collect::<String>();
    text + &run.written.iter().map(|file| format!("written: {file}\n")).collect::<String>()
}

pub fn instructions(written: &Written) -> String {
    let splits = written.instructions.iter().map(|(split, many)| format!("  {split:<12} {many:>7}\n"));
    let left_out = match written.left_out {
        0 => String::new(),
        many => format!("  {many} works were left out: they lack a title or texts\n"),
    };
    splits.chain([left_out]).collect()
}

pub fn compared(compared: &Comparison) -> String {
    let Comparison { of, metric, first, second, paired, cases } = compared;
    let difference = paired.difference;
    format!(
        "  {of:<12} {metric:<44} {first:>9.4} {second:>9.4}  {:+.4} ({:+.4} to {:+.4}), p {:.3}, {cases} cases\n",
        difference.value, difference.low, difference.high, paired.p
    )
}
