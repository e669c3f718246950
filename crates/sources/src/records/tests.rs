use std::fs;
use std::io::Write;

use super::*;

fn read(name: &str, content: &[u8]) -> Vec<Result<Page, String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    match RecordReader::open(&path, &RecordOptions::default(), None) {
        Ok(reader) => reader.map(|page| page.map_err(|problem| problem.to_string())).collect(),
        Err(error) => vec![Err(error.to_string())],
    }
}

fn texts(name: &str, content: &[u8]) -> Vec<String> {
    read(name, content)
        .into_iter()
        .map(|page| page.unwrap().fragments.into_iter().map(|f| f.text).collect::<Vec<_>>().join(" ¶ "))
        .collect()
}

const RECORD: &str = r#"{"Object ID": 435984.0, "Title": "Sibylle", "Object Name": "Painting", "Artist Display Name": "Camille Corot",
 "Artist Display Bio": "French, Paris 1796–1875 Paris", "Object Date": "ca. 1870", "Medium": "Oil on canvas", "Dimensions": "81.9 x 64.8 cm_x000D_\n(framed)",
 "Repository": "A museum", "Object Number": "29.100.565", "Culture": null, "Tags": "Women|Books", "Link Resource": "https://example.org/435984"}"#;
const SENTENCE: &str = "Sibylle (painting) by Camille Corot (French, Paris 1796–1875 Paris), ca. 1870. Oil on canvas, 81.9 x 64.8 cm (framed). \
Kept in A museum under the number 29.100.565. Subjects: Women, Books.";

#[test]
fn a_record_becomes_a_sentence_with_its_provenance() {
    let line = RECORD.replace('\n', "");
    for (name, content) in [
        ("a.jsonl", format!("{line}\n\n")),
        ("a.json", format!("\u{feff} [ {RECORD} ]")),
        ("a.json", format!("{{\"count\": 1, \"list\": [{RECORD}], \"next\": null}}")),
    ] {
        let page = read(name, content.as_bytes()).remove(0).unwrap();
        assert_eq!(page.fragments[0].text, SENTENCE);
        assert_eq!((page.id.as_str(), page.title.as_str()), ("435984", "Sibylle"));
        assert_eq!(page.categories, ["Women", "Books"]);
        assert_eq!(page.provenance.address.as_deref(), Some("https://example.org/435984"));
        assert_eq!(page.fragments[0].id, "a/435984#0");
    }
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    compressed.write_all(format!("{line}\n{line}\n").as_bytes()).unwrap();
    assert_eq!(texts("a.jsonl.gz", &compressed.finish().unwrap()), [SENTENCE, SENTENCE]);
}

#[test]
fn an_object_of_records_gives_its_keys_and_lists_of_sentences_their_text() {
    let pages = read("w.json", br#"{"1039.jpg": {"title": "Cavalier", "visual": ["A man stands.", "He smiles."], "size": {"h": 3}}, "2": {"title": "B"}}"#);
    let page = pages[0].as_ref().unwrap();
    assert_eq!((page.id.as_str(), page.fragments[0].text.as_str()), ("1039.jpg", "Cavalier. A man stands. He smiles."));
    assert_eq!(pages.len(), 2);
}

#[test]
fn tables_are_read_in_their_encoding_with_their_delimiter() {
    let table = "IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\n1.jpg\tA view 5\" wide.\tCÉZANNE, Paul\tThe \"Café\"\tOil on canvas\t1890\n";
    let latin: Vec<u8> = table.chars().map(|character| character as u8).collect();
    assert_eq!(texts("a.tsv", &latin), ["The \"Café\" by CÉZANNE, Paul, 1890. Oil on canvas. A view 5\" wide."]);
    assert_eq!(
        texts("a.csv", "Titel;Künstler;Datierung\n\"Hafen; früh\";Monet;1872\n".as_bytes()),
        ["Hafen; früh by Monet, 1872."]
    );
    assert_eq!(
        texts("b.csv", b"\xef\xbb\xbfname,years,bio\r\n\"Modigliani, A.\",1884 - 1920,\"He\npainted.\"\r\n"),
        ["Modigliani, A., 1884 - 1920. He painted."]
    );
    let page = read("a.tsv", &latin).remove(0).unwrap();
    assert_eq!(page.fragments[0].images[0].name, "1.jpg");
}

#[test]
fn a_mapping_decides_where_there_is_one() {
    let mapping = Mapping::from_toml("title = [\"b\"]\ntext = [\"a\"]\nid = \"c\"").unwrap();
    assert!(Mapping::from_toml("titel = 1").unwrap_err().contains("titel"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "a,b,c\nlong text,Title,7\n").unwrap();
    let options = RecordOptions { mapping: Some(mapping), key: Some("db".to_owned()), ..RecordOptions::default() };
    let page = RecordReader::open(&path, &options, None).unwrap().next().unwrap().unwrap();
    assert_eq!((page.fragments[0].id.as_str(), page.fragments[0].text.as_str()), ("db/7#0", "Title. long text"));
}

#[test]
fn reading_resumes_after_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, "{\"title\": \"a\"}\nbroken\n{\"title\": \"b\"}\n{\"title\": \"c\"}\n").unwrap();
    let open = |from: Option<&Position>| RecordReader::open(&path, &RecordOptions::default(), from);
    let strings = |reader: RecordReader| {
        reader.map(|page| page.map(|page| page.id).map_err(|e| e.to_string())).collect::<Vec<_>>()
    };
    let all = strings(open(None).unwrap());
    assert_eq!(all.len(), 4);
    for stop in 0..=4 {
        let mut reader = open(None).unwrap();
        reader.by_ref().take(stop).for_each(drop);
        assert_eq!(strings(open(Some(&reader.reached())).unwrap()), all[stop..]);
    }
    for position in ["5", "-1", "x"] {
        assert!(open(Some(&Position(position.to_owned()))).unwrap_err().to_string().contains("beginning"));
    }
}

#[test]
fn broken_records_are_told_and_the_next_are_read() {
    let outcomes = read("x.jsonl", b"{\"title\": \"a\"}\n{\"title\": \n[1]\n\xff\xfe\n{\"title\": \"b\"}");
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert!(outcomes[1].as_ref().unwrap_err().contains("record 2"));
    let long = format!("{{\"title\": \"{}\"}}\n{{\"title\": \"b\"}}", "x".repeat(9 << 20));
    let outcomes = read("x.jsonl", long.as_bytes());
    assert!(outcomes[0].as_ref().unwrap_err().contains("too long") && outcomes[1].is_ok());
    let outcomes = read("x.json", format!("[{}]", long.replace('\n', ",")).as_bytes());
    assert!(outcomes[0].as_ref().unwrap_err().contains("too long") && outcomes[1].is_ok());
    let outcomes = read("x.csv", b"a,title\n1,A\n1,2,3\n2,B\n");
    assert!(outcomes[1].as_ref().unwrap_err().contains("3 fields") && outcomes[2].is_ok());
    for (name, content) in [
        ("x.json", b"[{\"title\": \"a\"}, {\"tit".as_slice()),
        ("x.json", b"hello"),
        ("x.json", b""),
        ("x.json", b"{\"a\" 1}"),
        ("x.csv", b""),
        ("x.csv", b"a\0b\0"),
        ("x.jsonl.gz", b"no gzip"),
        ("x.xlsx", b"PK"),
    ] {
        let outcomes = read(name, content);
        let error = outcomes.last().unwrap().as_ref().unwrap_err();
        assert!(error.contains(name), "{error}");
    }
    assert!(read("x.json", &[b'['; 100_000]).last().unwrap().is_err());
    assert!(read("x.json", &[b','; 1_000_000]).last().unwrap().is_err());
    assert!(read("x.jsonl", b"").is_empty());
}
