//! The data sets' files as their authors publish them: what is read, and what is said where something lacks.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use vitrine_evaluation::data::{Form, read};

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn refused(folder: &Path, form: Option<Form>, says: &[&str]) {
    let message = read(folder, form).unwrap_err().to_string();
    for part in says {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

/// Each reader names the file, the entry and what it lacks.
#[test]
fn what_lacks_is_named() {
    let folder = TempDir::new().unwrap();
    let cases: [(&str, &str, &[&str]); 9] = [
        ("artpedia.json", r#"{"9": {"title": "Ships"}}"#, &["artpedia.json, entry 9", "neither visual nor contextual"]),
        ("artpedia.json", r#"{"9": "#, &["artpedia.json, line 1", "not JSON", "download the file again"]),
        (
            "artpedia.json",
            r#"{"9": {"year": NaN, "visual_sentences": ["x"]}}"#,
            &["artpedia.json, line 1", "not a number"],
        ),
        ("semart_val.csv", "IMAGE_FILE\tAUTHOR\na.jpg\tX\n", &["semart_val.csv, line 1", "no column DESCRIPTION"]),
        (
            "semart_val.csv",
            "IMAGE_FILE\tDESCRIPTION\tTITLE\na.jpg\tX\n",
            &["semart_val.csv, line 2", "2 columns instead of 3"],
        ),
        ("paintingform.json", r#"[{"id": "a", "title": "X"}]"#, &["paintingform.json, entry a", "no formal analysis"]),
        (
            "aqua_val.json",
            r#"[{"image": "a.jpg", "question": "what"}]"#,
            &["aqua_val.json, entry 1", "no question, answer or image"],
        ),
        ("expart_train.json", r#"[{"id": "a", "title": "X"}]"#, &["expart_train.json, entry 1", "no explanation"]),
        ("own.csv", "title,style\nX,Baroque\n", &["own.csv, line 1", "no column file or id"]),
    ];
    for (number, (name, content, says)) in cases.into_iter().enumerate() {
        file(&folder, &format!("{number}/{name}"), content);
        refused(&folder.path().join(number.to_string()), None, says);
    }
    // A folder of which somebody says what it is, and it is not.
    for form in Form::ALL {
        let empty = TempDir::new().unwrap();
        refused(empty.path(), Some(form), &["holds no data set that is known", "it should have"]);
    }
}

#[test]
fn other_data_sets_are_read() {
    let folder = TempDir::new().unwrap();
    file(&folder, "artgraph/train.json", r#"[{"image": "a.jpg", "artist": 0, "style": 2, "tags": ["sea", "boat"]}]"#);
    file(&folder, "artgraph/artist_lookup.json", r#"{"0": "Claude Monet"}"#);
    refused(&folder.path().join("artgraph"), None, &["the number 2 of style has no name", "style_lookup.json"]);
    file(&folder, "artgraph/style_lookup.json", r#"{"Impressionism": 2}"#);
    let graph = read(&folder.path().join("artgraph"), None).unwrap();
    let labels = &graph.items[0].labels;
    assert_eq!(
        (&labels["artist"][0][..], &labels["style"][0][..], labels["tag"].len()),
        ("Claude Monet", "Impressionism", 2)
    );
    assert_eq!(graph.items[0].split.as_deref(), Some("train"));

    file(
        &folder,
        "expart/test_unseen.json",
        r#"[{"id": "7", "title": "Irises", "instruction": "Explain the style of Irises.", "explanation": "Irises was painted in Saint-Rémy.", "entities": ["Saint-Rémy"]}]"#,
    );
    let expart = read(&folder.path().join("expart"), None).unwrap();
    assert_eq!((&expart.name[..6], expart.items[0].split.as_deref()), ("ExpArt", Some("test_unseen")));
    assert_eq!((&expart.items[0].entities[0][..], expart.items[0].question.is_some()), ("Saint-Rémy", true));

    file(
        &folder,
        "paintingform/PaintingForm_test.json",
        r#"{"a": {"title": "X", "formal_analysis": "Broad strokes."}}"#,
    );
    assert_eq!(read(&folder.path().join("paintingform"), None).unwrap().items[0].texts["form"], ["Broad strokes."]);

    file(&folder, "wikiart/Art_Nouveau/alphonse-mucha_the-seasons.jpg", "");
    let wikiart = read(&folder.path().join("wikiart"), None).unwrap();
    assert_eq!(
        (&wikiart.items[0].labels["style"][0][..], &wikiart.items[0].labels["artist"][0][..]),
        ("Art Nouveau", "Alphonse Mucha")
    );

    file(
        &folder,
        "semart2/semart_test.json",
        r#"[{"img": "a.jpg", "content": ["A ship."], "form": ["Dark."], "context": ["Sold in 1900."]}]"#,
    );
    assert_eq!(read(&folder.path().join("semart2"), None).unwrap().items[0].texts.len(), 3);

    file(&folder, "twice/own.csv", "id,style\n1,A\n1,B\n");
    refused(&folder.path().join("twice"), None, &["“1”", "stands there twice"]);
}

/// The data that is not committed: all of it can be read.
#[test]
fn real_files_are_read() {
    let shared = std::env::var_os("VITRINE_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), Into::into);
    if !shared.join("texts").is_dir() {
        println!("skipped: no data in {}", shared.display());
        return;
    }
    let artpedia = read(&shared.join("texts/artpedia.json"), None).unwrap();
    assert_eq!(artpedia.items.len(), 2870);
    let semart = read(&shared.join("texts/semart_val.tsv"), None).unwrap();
    assert_eq!((semart.items.len(), semart.items[0].split.as_deref()), (1069, Some("val")));
    let aqua = read(&shared.join("texts"), Some(Form::Aqua)).unwrap();
    assert_eq!((aqua.items.len(), aqua.items.iter().filter(|item| item.texts.is_empty()).count()), (5124, 0));
    assert!(read(&shared.join("artworks"), None).unwrap().items.len() > 10_000);
}
