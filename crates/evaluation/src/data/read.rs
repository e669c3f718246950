//! One reader a data set. Names of files and fields are those that the authors publish, as far as they could be looked at; `docs/evaluation.md` says which could not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::files::{json, utf8, utf8_or_latin1};
use super::{DataSet, Item};
use crate::EvaluationError;

/// The data sets that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `artpedia.json`: visual and contextual sentences (Stefanini and others 2019).
    Artpedia,
    /// `semart_*.csv` (Garcia, Vogiatzis 2018), and JSON with the topics content, form, context (v2.0).
    SemArt,
    /// `paintingform*.json`: formal analyses.
    PaintingForm,
    /// `aqua*.json`, or `train.json`, `val.json`, `test.json` with questions and answers (Garcia and others 2020).
    Aqua,
    /// JSON splits with look-ups from numbers to names (Castellano, Digeno, Sansaro, Vessio 2022).
    ArtGraph,
    /// `*expart*.json`: explanations by section (Hayashi and others 2024).
    ExpArt,
    /// A folder a style, files `artist_title.jpg`.
    WikiArt,
    /// A CSV file with the columns file or id, and any of split, artist, title, style, genre, media, tag, text, question, answer.
    Csv,
}

impl Form {
    /// All of them, in the order in which they are recognised.
    pub const ALL: [Self; 8] = [
        Self::Artpedia,
        Self::SemArt,
        Self::PaintingForm,
        Self::ExpArt,
        Self::ArtGraph,
        Self::Aqua,
        Self::Csv,
        Self::WikiArt,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Artpedia => "Artpedia",
            Self::SemArt => "SemArt",
            Self::PaintingForm => "PaintingForm",
            Self::Aqua => "AQUA",
            Self::ArtGraph => "ArtGraph",
            Self::ExpArt => "ExpArt",
            Self::WikiArt => "WikiArt folders",
            Self::Csv => "CSV",
        }
    }

    /// What its folder should have.
    fn wanted(self) -> &'static str {
        match self {
            Self::Artpedia => "artpedia.json",
            Self::SemArt => "semart_train.csv, semart_val.csv or semart_test.csv (or .tsv)",
            Self::PaintingForm => "paintingform*.json",
            Self::Aqua => "aqua*.json, or train.json, val.json and test.json with questions and answers",
            Self::ArtGraph => "train.json, validation.json or test.json, and look-ups such as style_lookup.json",
            Self::ExpArt => {
                "*expart*.json, or train.json, dev.json, test_seen.json, test_unseen.json with explanations"
            }
            Self::WikiArt => "a folder a style with images named artist_title.jpg",
            Self::Csv => "a CSV file with a column file or id, such as manifest.csv",
        }
    }
}

/// Reads the data set in `place`, a folder or one of its files. Without a `form` it is recognised by its files.
pub fn read(place: &Path, form: Option<Form>) -> Result<DataSet, EvaluationError> {
    if !place.exists() {
        let cause = std::io::ErrorKind::NotFound.into();
        let advice = "; name the folder that the data set was unpacked into".into();
        return Err(EvaluationError::File { file: place.to_path_buf(), cause, advice });
    }
    let files = if place.is_file() { vec![place.to_path_buf()] } else { listing(place)? };
    let forms = form.map_or_else(|| Form::ALL.to_vec(), |form| vec![form]);
    for form in &forms {
        let data = match form {
            Form::Artpedia => artpedia(place, &files)?,
            Form::SemArt => semart(place, &files)?,
            Form::PaintingForm => painting_form(place, &files)?,
            Form::ExpArt => expart(place, &files)?,
            Form::ArtGraph => artgraph(place, &files)?,
            Form::Aqua => aqua(place, &files)?,
            Form::Csv => table(place, &files)?,
            Form::WikiArt => wikiart(place)?,
        };
        if let Some(data) = data.filter(|data| !data.items.is_empty()) {
            return checked(data, place);
        }
    }
    let wanted: Vec<&str> = forms.iter().map(|form| form.wanted()).collect();
    Err(EvaluationError::NoDataSet { folder: place.to_path_buf(), wanted: wanted.join("; or ") })
}

/// Ids are unique, or figures would be joined with the wrong truth.
fn checked(data: DataSet, place: &Path) -> Result<DataSet, EvaluationError> {
    let mut seen = std::collections::HashSet::new();
    match data.items.iter().find(|item| !seen.insert(&item.id)) {
        None => Ok(data),
        Some(twice) => {
            Err(EvaluationError::broken(place, format!("“{}”", twice.id), "stands there twice; ids must differ"))
        }
    }
}

fn listing(folder: &Path) -> Result<Vec<PathBuf>, EvaluationError> {
    let entries = fs::read_dir(folder).map_err(|cause| EvaluationError::file(folder, cause))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

/// The file's name in small letters.
fn name(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase())
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name(file).ends_with(ending))
}

/// `train`, `val`, `test`, … as the file's name says.
fn split_of(file: &Path) -> Option<String> {
    let name = name(file);
    let known = ["test_unseen", "test_seen", "test-unseen", "test-seen", "train", "validation", "val", "dev", "test"];
    let found = known.into_iter().find(|split| name.contains(split))?;
    Some(if found == "validation" { "val".into() } else { found.replace('-', "_") })
}

fn text(entry: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match entry.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn texts(entry: &Map<String, Value>, names: &[&str]) -> Vec<String> {
    let found = names.iter().find_map(|name| match entry.get(*name)? {
        Value::Array(list) => Some(list.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect()),
        Value::String(text) if !text.trim().is_empty() => Some(vec![text.clone()]),
        _ => None,
    });
    found.unwrap_or_default()
}

/// An entry with its id, where the file is a map.
type Entry = (Option<String>, Map<String, Value>);

/// The entries of a JSON file that is a list or a map by id.
fn entries(file: &Path) -> Result<Vec<Entry>, EvaluationError> {
    let object = |place: String, value: Value| match value {
        Value::Object(entry) => Ok(entry),
        _ => Err(EvaluationError::broken(
            file,
            place,
            "not an entry with named fields; is this the data set's own file?",
        )),
    };
    match json(file, "")? {
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(place, value)| Ok((None, object(format!("entry {}", place + 1), value)?)))
            .collect(),
        Value::Object(map) => {
            map.into_iter().map(|(id, value)| Ok((Some(id.clone()), object(format!("entry {id}"), value)?))).collect()
        }
        _ => Err(EvaluationError::broken(
            file,
            "line 1",
            "neither a list nor a map of entries; is this the data set's own file?",
        )),
    }
}

fn artpedia(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let Some(file) = files.iter().find(|file| name(file).contains("artpedia") && has_ending(file, &[".json"])) else {
        return Ok(None);
    };
    let mut data = DataSet::named("Artpedia", place);
    let images = file.with_file_name("images");
    for (id, entry) in entries(file)? {
        let id = id.or_else(|| text(&entry, &["id"])).unwrap_or_else(|| data.items.len().to_string());
        let kinds = [
            ("visual", texts(&entry, &["visual_sentences", "visual"])),
            ("context", texts(&entry, &["contextual_sentences", "context"])),
        ];
        if kinds.iter().all(|(_, sentences)| sentences.is_empty()) {
            return Err(EvaluationError::broken(
                file,
                format!("entry {id}"),
                "neither visual nor contextual sentences; download artpedia.json again",
            ));
        }
        data.items.push(Item {
            image: Some(images.join(if id.contains('.') { id.clone() } else { format!("{id}.jpg") })),
            title: text(&entry, &["title"]),
            split: text(&entry, &["split"]),
            texts: kinds.into_iter().filter(|(_, s)| !s.is_empty()).map(|(kind, s)| (kind.to_owned(), s)).collect(),
            id,
            ..Item::default()
        });
    }
    if !images.is_dir() {
        data.lacks.push(format!("the images (they would be in {})", images.display()));
    }
    Ok(Some(data))
}

fn semart(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let ours: Vec<&PathBuf> = files.iter().filter(|file| name(file).contains("semart")).collect();
    let mut data = DataSet::named("SemArt", place);
    let images = |file: &Path| file.with_file_name("Images");
    for file in ours.iter().filter(|file| has_ending(file, &[".csv", ".tsv"])) {
        let text = utf8_or_latin1(file, "")?;
        let mut lines = text.lines();
        let header: Vec<String> = lines
            .next()
            .unwrap_or_default()
            .split('\t')
            .map(|cell| cell.trim().trim_matches('"').to_uppercase())
            .collect();
        let column = |name: &str| {
            header.iter().position(|cell| cell == name).ok_or_else(|| {
                EvaluationError::broken(
                    file,
                    "line 1",
                    format!(
                        "no column {name}; SemArt's files are separated by tabs and begin with their columns' names"
                    ),
                )
            })
        };
        let (image, description) = (column("IMAGE_FILE")?, column("DESCRIPTION")?);
        let labels = [
            ("artist", "AUTHOR"),
            ("genre", "TYPE"),
            ("school", "SCHOOL"),
            ("timeframe", "TIMEFRAME"),
            ("technique", "TECHNIQUE"),
            ("date", "DATE"),
        ];
        let title = column("TITLE")?;
        for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split('\t').map(|cell| cell.trim().trim_matches('"')).collect();
            if cells.len() < header.len() {
                let reason = format!("{} columns instead of {}", cells.len(), header.len());
                return Err(EvaluationError::broken(file, format!("line {}", number + 2), reason));
            }
            let label = |(property, name): &(&str, &str)| {
                let value = cells[header.iter().position(|cell| cell == name)?];
                (!value.is_empty()).then(|| ((*property).to_owned(), vec![value.to_owned()]))
            };
            data.items.push(Item {
                id: cells[image].to_owned(),
                split: split_of(file),
                image: Some(images(file).join(cells[image])),
                title: Some(cells[title].to_owned()),
                labels: labels.iter().filter_map(label).collect(),
                texts: BTreeMap::from([("description".to_owned(), vec![cells[description].to_owned()])]),
                ..Item::default()
            });
        }
    }
    for file in ours.iter().filter(|file| has_ending(file, &[".json"])) {
        for (id, entry) in entries(file)? {
            let Some(id) = id.or_else(|| text(&entry, &["img", "image", "image_file", "IMAGE_FILE", "id"])) else {
                return Err(EvaluationError::broken(file, "an entry", "it names no image"));
            };
            let topics: BTreeMap<String, Vec<String>> = ["content", "form", "context"]
                .into_iter()
                .map(|topic| (topic.to_owned(), texts(&entry, &[topic, &topic.to_uppercase()])))
                .filter(|(_, sentences)| !sentences.is_empty())
                .collect();
            match data.items.iter_mut().find(|item| item.id == id) {
                Some(item) => item.texts.extend(topics),
                None => data.items.push(Item {
                    id,
                    split: split_of(file),
                    title: text(&entry, &["title", "TITLE"]),
                    texts: topics,
                    ..Item::default()
                }),
            }
        }
    }
    let folder = place.join("Images");
    if !data.items.is_empty() && !folder.is_dir() {
        data.lacks.push(format!("the images (they would be in {})", folder.display()));
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn painting_form(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let mut data = DataSet::named("PaintingForm", place);
    for file in files
        .iter()
        .filter(|file| name(file).replace(['_', '-'], "").contains("paintingform") && has_ending(file, &[".json"]))
    {
        for (id, entry) in entries(file)? {
            let id = id
                .or_else(|| text(&entry, &["id", "image", "img", "file"]))
                .unwrap_or_else(|| data.items.len().to_string());
            let form = texts(&entry, &["formal_analysis", "form", "analysis", "description"]);
            if form.is_empty() {
                return Err(EvaluationError::broken(
                    file,
                    format!("entry {id}"),
                    "no formal analysis (field formal_analysis, form, analysis or description)",
                ));
            }
            data.items.push(Item {
                image: text(&entry, &["image", "img", "file"]).map(|image| file.with_file_name("images").join(image)),
                title: text(&entry, &["title"]),
                split: text(&entry, &["split"]).or_else(|| split_of(file)),
                texts: BTreeMap::from([("form".to_owned(), form)]),
                id,
                ..Item::default()
            });
        }
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn aqua(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let mut data = DataSet::named("AQUA", place);
    let named = |file: &&PathBuf| {
        name(file).contains("aqua") || matches!(name(file).as_str(), "train.json" | "val.json" | "test.json")
    };
    // The descriptions of the paintings that are asked about, where SemArt lies beside.
    let about: BTreeMap<String, Vec<String>> = semart(place, files)?
        .map(|semart| {
            semart.items.into_iter().map(|item| (item.id, item.texts.into_values().flatten().collect())).collect()
        })
        .unwrap_or_default();
    for file in files.iter().filter(|file| has_ending(file, &[".json"])).filter(named) {
        let split = split_of(file);
        for (number, (_, entry)) in entries(file)?.into_iter().enumerate() {
            let asked = text(&entry, &["question"]).zip(text(&entry, &["answer"])).zip(text(&entry, &["image"]));
            let Some(((question, answer), image)) = asked else {
                // Another data set's splits have the same names.
                if !name(file).contains("aqua") {
                    return Ok(None);
                }
                return Err(EvaluationError::broken(
                    file,
                    format!("entry {}", number + 1),
                    "no question, answer or image",
                ));
            };
            let external = entry.get("need_external_knowledge").and_then(Value::as_bool);
            data.items.push(Item {
                id: format!("{}{}", split.as_ref().map_or_else(String::new, |split| format!("{split} ")), number + 1),
                split: split.clone(),
                image: Some(file.with_file_name("Images").join(&image)),
                labels: external
                    .map(|external| ("kind".to_owned(), vec![if external { "knowledge" } else { "visual" }.to_owned()]))
                    .into_iter()
                    .collect(),
                texts: about.get(&image).map(|text| ("description".to_owned(), text.clone())).into_iter().collect(),
                question: Some(question),
                answers: vec![answer],
                ..Item::default()
            });
        }
    }
    if about.is_empty() && !data.items.is_empty() {
        data.lacks.push(
            "SemArt's descriptions (semart_*.csv beside the questions), which a model without eyes would answer from"
                .into(),
        );
    }
    if !data.items.is_empty() && !place.join("Images").is_dir() {
        data.lacks.push("the images".into());
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn artgraph(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    const PROPERTIES: [&str; 5] = ["artist", "genre", "style", "media", "tag"];
    let mut lookups: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let json_files = || files.iter().filter(|file| has_ending(file, &[".json"]));
    for file in json_files().filter(|file| split_of(file).is_none()) {
        let Some(property) = PROPERTIES.into_iter().find(|property| name(file).contains(property)) else { continue };
        let Value::Object(map) = json(file, "")? else { continue };
        let pairs = map.into_iter().map(|(key, value)| match value {
            // Either way round: number to name, or name to number.
            Value::String(label) => (key, label),
            other => (other.to_string(), key),
        });
        lookups.insert(property, pairs.collect());
    }
    let mut data = DataSet::named("ArtGraph", place);
    for file in json_files().filter(|file| split_of(file).is_some()) {
        for (place, (id, entry)) in entries(file)?.into_iter().enumerate() {
            let image = text(&entry, &["image", "name", "file", "filename", "img"]);
            let Some(id) = id.or_else(|| image.clone()) else { return Ok(None) };
            let mut labels = BTreeMap::new();
            for property in PROPERTIES {
                let plural = format!("{property}s");
                let Some(value) = entry.get(property).or_else(|| entry.get(&plural)) else { continue };
                let values = if let Value::Array(list) = value { list.clone() } else { vec![value.clone()] };
                let mut names = Vec::new();
                for value in values {
                    let key = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    match (lookups.get(property).and_then(|lookup| lookup.get(&key)), value.is_string()) {
                        (Some(label), _) => names.push(label.clone()),
                        (None, true) => names.push(key),
                        (None, false) => {
                            let reason = format!(
                                "the number {key} of {property} has no name; put the look-up (for example {property}_lookup.json) beside the splits"
                            );
                            return Err(EvaluationError::broken(file, format!("entry {}", place + 1), reason));
                        }
                    }
                }
                labels.insert(property.to_owned(), names);
            }
            if labels.is_empty() {
                return Ok(None);
            }
            let image = image.unwrap_or_else(|| id.clone());
            data.items.push(Item {
                image: Some(file.with_file_name("images").join(image)),
                split: split_of(file),
                id,
                labels,
                ..Item::default()
            });
        }
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn expart(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let mut data = DataSet::named("ExpArt", place);
    for file in files
        .iter()
        .filter(|file| has_ending(file, &[".json"]) && (name(file).contains("expart") || split_of(file).is_some()))
    {
        for (number, (id, entry)) in entries(file)?.into_iter().enumerate() {
            let explanation = text(&entry, &["explanation", "reference", "output", "response"]);
            // Conversations, as vision models are trained on them: the last turn is the explanation.
            let turns = entry.get("conversations").and_then(Value::as_array);
            let turn =
                |place: usize| turns.and_then(|turns| Some(turns.get(place)?.get("value")?.as_str()?.to_owned()));
            let (question, explanation) = (
                text(&entry, &["instruction", "prompt", "input"]).or_else(|| turn(0)),
                explanation.or_else(|| turn(1)),
            );
            let Some(explanation) = explanation else {
                if !name(file).contains("expart") {
                    return Ok(None);
                }
                return Err(EvaluationError::broken(
                    file,
                    format!("entry {}", number + 1),
                    "no explanation (field explanation, reference, output or conversations)",
                ));
            };
            let split = text(&entry, &["split"]).or_else(|| split_of(file));
            let own = id.or_else(|| text(&entry, &["id"])).unwrap_or_else(|| (number + 1).to_string());
            data.items.push(Item {
                id: split.as_ref().map_or_else(|| own.clone(), |split| format!("{split} {own}")),
                split,
                image: text(&entry, &["image", "img"]).map(|image| file.with_file_name("images").join(image)),
                title: text(&entry, &["title"]),
                texts: BTreeMap::from([("explanation".to_owned(), vec![explanation])]),
                question,
                entities: texts(&entry, &["entities", "entity"]),
                ..Item::default()
            });
        }
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn wikiart(place: &Path) -> Result<Option<DataSet>, EvaluationError> {
    if !place.is_dir() {
        return Ok(None);
    }
    let mut data = DataSet::named("WikiArt folders", place);
    let spaced = |text: &str| text.replace(['_', '-'], " ");
    let entries = fs::read_dir(place).map_err(|cause| EvaluationError::file(place, cause))?;
    let mut styles: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    styles.sort();
    for style in styles {
        let label = style.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for file in listing(&style)?.into_iter().filter(|file| has_ending(file, &[".jpg", ".jpeg", ".png"])) {
            let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            let (artist, title) = stem.split_once('_').unwrap_or(("", &stem));
            let mut labels = BTreeMap::from([("style".to_owned(), vec![label.replace('_', " ")])]);
            if !artist.is_empty() {
                labels.insert("artist".to_owned(), vec![capitalised(&spaced(artist))]);
            }
            data.items.push(Item {
                id: format!("{label}/{}", name(&file)),
                title: Some(spaced(title)),
                image: Some(file),
                labels,
                ..Item::default()
            });
        }
    }
    Ok((!data.items.is_empty()).then_some(data))
}

fn capitalised(words: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn table(place: &Path, files: &[PathBuf]) -> Result<Option<DataSet>, EvaluationError> {
    let mut tables = files.iter().filter(|file| has_ending(file, &[".csv"]));
    let Some(file) = tables.clone().find(|file| name(file) == "manifest.csv").or_else(|| tables.next()) else {
        return Ok(None);
    };
    let mut data = DataSet::named("CSV", place);
    let content = utf8(file, "")?;
    let mut reader = csv::Reader::from_reader(content.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or_else(|| "somewhere".into(), |position| format!("line {}", position.line()));
        EvaluationError::broken(file, line, error.to_string())
    };
    let header = reader.headers().map_err(broken)?.clone();
    let column = |names: &[&str]| header.iter().position(|cell| names.contains(&cell.trim().to_lowercase().as_str()));
    let (image, id) = (column(&["file", "image", "img"]), column(&["id"]));
    let Some(key) = id.or(image) else {
        return Err(EvaluationError::broken(file, "line 1", "no column file or id, which the rows are told apart by"));
    };
    const LABELS: [&str; 7] = ["artist", "genre", "style", "media", "tag", "school", "timeframe"];
    const TEXTS: [&str; 7] = ["visual", "context", "content", "form", "explanation", "description", "text"];
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let cell = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
        };
        let many = |names: &[&str], cut: bool| -> BTreeMap<String, Vec<String>> {
            let values = |name: &&str| {
                let value = cell(column(&[*name]))?;
                let values =
                    if cut { value.split(';').map(|part| part.trim().to_owned()).collect() } else { vec![value] };
                Some(((*name).to_owned(), values))
            };
            names.iter().filter_map(values).collect()
        };
        data.items.push(Item {
            id: cell(Some(key)).unwrap_or_default(),
            split: cell(column(&["split"])),
            image: cell(image).map(|image| file.with_file_name("").join(image)),
            title: cell(column(&["title"])),
            labels: many(&LABELS, true),
            texts: many(&TEXTS, false),
            question: cell(column(&["question", "instruction"])),
            answers: cell(column(&["answer"])).into_iter().collect(),
            entities: cell(column(&["entities"]))
                .map(|all| all.split(';').map(|one| one.trim().to_owned()).collect())
                .unwrap_or_default(),
        });
    }
    Ok(Some(data))
}
