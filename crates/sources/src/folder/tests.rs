use super::*;
use crate::LinkTarget;

const LONG: &str =
    "The canvas shows the harbour at daybreak, its cranes and masts dissolved in haze, with one small boat in front.";

fn write(folder: &Path, inside: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn open(folder: &Path) -> FolderReader {
    let options = FolderOptions {
        key: Some("own".to_owned()),
        licence: Some("CC0".to_owned()),
        language: Some("en".to_owned()),
        ..FolderOptions::default()
    };
    FolderReader::open(folder, &options, None).unwrap()
}

/// A PDF of one page, whose content is given as the operators between `BT` and `ET`.
fn pdf(text: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\nBT {text} ET\nendstream", text.len() + 6),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let start = file.len();
    file.extend(b"xref\n0 6\n0000000000 65535 f \n");
    places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").bytes()));
    file.extend(format!("trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF").bytes());
    file
}

#[test]
fn every_kind_of_file_is_a_page_with_its_own_title() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "a/notes.md",
        format!("# Harbour notes\n\n{LONG} See [the loan](../loan.txt).\n\n![A boat](boat.jpg)\n\n## Later\n\nSold.\n"),
    );
    write(
        folder,
        "letter.html",
        format!("<html lang=de><head><meta charset=iso-8859-1><title>Brief</title><p>M\u{fc}nchen, {LONG}")
            .chars()
            .map(|c| c as u8)
            .collect::<Vec<_>>(),
    );
    write(folder, "loan.txt", [LONG.as_bytes(), b"\n\nLent to K\xf6ln f\xfcr drei Monate.\n"].concat());
    write(
        folder,
        "report.pdf",
        pdf(
            "/F 14 Tf 60 780 Td (The first line of a re-) Tj 0 -18 Td (port on the harbour.) Tj 0 -60 Td (Another one.) Tj",
        ),
    );
    write(folder, "sub/view_of_port.JPG", b"");
    write(folder, "sub/view_of_port.txt", "The port of\nLe Havre, 1872");
    write(folder, "sub/uncaptioned.png", b"");
    write(folder, ".hidden.md", LONG);
    write(folder, "table.xlsx", b"PK");
    let pages: Vec<Page> = open(folder).map(|page| page.unwrap()).collect();
    let seen: Vec<_> = pages.iter().map(|page| (page.id.as_str(), page.title.as_str(), page.fragments.len())).collect();
    assert_eq!(
        seen,
        [
            ("a/notes.md", "Harbour notes", 2),
            ("letter.html", "Brief", 1),
            ("loan.txt", "loan", 2),
            ("report.pdf", "report", 1),
            ("sub/view_of_port.JPG", "view of port", 1),
        ]
    );
    let notes = &pages[0].fragments;
    assert_eq!(notes[0].links[0].target, LinkTarget::Page("loan.txt".to_owned()));
    assert_eq!((notes[1].section.join("/"), notes[1].text.as_str()), ("Later".to_owned(), "Sold."));
    assert_eq!((notes[1].images[0].name.as_str(), notes[1].images[0].caption.as_str()), ("a/boat.jpg", "A boat"));
    assert!(pages[1].fragments[0].text.starts_with("München"));
    assert_eq!(pages[1].provenance.language.as_deref(), Some("de"));
    assert_eq!(pages[2].fragments[1].text, "Lent to Köln für drei Monate.");
    assert_eq!(pages[3].fragments[0].text, "The first line of a report on the harbour. Another one.");
    assert_eq!(pages[3].fragments[0].section, ["p. 1"]);
    let view = &pages[4].fragments[0];
    assert_eq!(
        (view.text.as_str(), view.images[0].name.as_str()),
        ("The port of Le Havre, 1872", "sub/view_of_port.JPG")
    );
    assert_eq!((view.id.as_str(), view.provenance.licence.as_deref()), ("own/sub/view_of_port.JPG#0", Some("CC0")));
}

#[test]
fn reading_resumes_after_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.md", "a/b.md", "a-b.md", "c.txt", "d/e/f.md"] {
        write(folder.path(), name, LONG);
    }
    let all: Vec<Page> = open(folder.path()).map(|page| page.unwrap()).collect();
    assert_eq!(all.len(), 5);
    for stop in 0..=5 {
        let mut reader = open(folder.path());
        reader.by_ref().take(stop).for_each(drop);
        let rest = FolderReader::open(
            folder.path(),
            &FolderOptions {
                key: Some("own".to_owned()),
                licence: Some("CC0".to_owned()),
                language: Some("en".to_owned()),
                name: None,
            },
            Some(&reader.reached()),
        );
        assert_eq!(rest.unwrap().map(|page| page.unwrap()).collect::<Vec<_>>(), all[stop..]);
        assert_eq!(reader.progress().bytes_done, (stop * LONG.len()) as u64);
    }
    for outside in ["/etc/passwd", "../x"] {
        let error = FolderReader::open(folder.path(), &FolderOptions::default(), Some(&Position(outside.to_owned())));
        assert!(error.unwrap_err().to_string().contains("no file below the folder"));
    }
    assert!(FolderReader::open(&folder.path().join("none"), &FolderOptions::default(), None).is_err());
}

#[test]
fn broken_and_hostile_files_cost_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a_deep.html", "<div>".repeat(50_000));
    write(folder, "b_no.pdf", b"not a PDF");
    let whole = pdf("/F 14 Tf 60 780 Td (Some words of text here.) Tj");
    write(folder, "c_cut.pdf", &whole[..whole.len() / 2]);
    write(folder, "d_scan.pdf", pdf(""));
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::copy(&mut std::io::repeat(b' ').take(130 << 20), &mut bomb).unwrap();
    let bomb = bomb.finish().unwrap();
    let stream = [b"%PDF-1.4\n1 0 obj << /Filter /FlateDecode >> stream\n".as_slice(), &bomb, b"endstream"].concat();
    write(folder, "e_bomb.pdf", stream);
    write(folder, "f_good.txt", LONG);
    let outcomes: Vec<_> = open(folder).collect();
    let problems: Vec<String> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err().map(ToString::to_string)).collect();
    let named = |name: &str, reason: &str| {
        let problem =
            problems.iter().find(|problem| problem.contains(name)).unwrap_or_else(|| panic!("{name}: {problems:?}"));
        assert!(problem.contains(reason), "{problem}");
    };
    named("a_deep.html", "nested");
    named("b_no.pdf", "no PDF");
    named("d_scan.pdf", "scan");
    named("e_bomb.pdf", "unfolds");
    assert_eq!(outcomes.last().unwrap().as_ref().unwrap().id, "f_good.txt");
    assert_eq!(outcomes.len(), 6);
}

#[test]
fn forms_that_hold_themselves_many_times_end() {
    // Each form draws the next one twenty times: without a limit 20^12 glyphs.
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> /XObject << /X 6 0 R >> >> >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        "<< /Length 5 >>\nstream\n/X Do\nendstream".to_owned(),
    ];
    for number in 6..18 {
        let draws = if number == 17 { "BT /F 12 Tf (a) Tj ET".to_owned() } else { "/X Do ".repeat(20) };
        objects.push(format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F 4 0 R >> /XObject << /X {} 0 R >> >> /Length {} >>\nstream\n{draws}\nendstream",
            number + 1,
            draws.len()
        ));
    }
    let mut file = b"%PDF-1.4\n".to_vec();
    for (number, object) in objects.iter().enumerate() {
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    file.extend(b"trailer << /Root 1 0 R >>\n%%EOF");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "forms.pdf", file);
    let outcome = open(folder.path()).next().unwrap();
    // Whether it is stopped by its number of glyphs or its nesting is cut off: it ends.
    assert!(outcome.is_err_and(|problem| problem.to_string().contains("forms.pdf")));
}
