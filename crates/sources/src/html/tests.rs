//! Pages in the layouts that the reader meets, written by us after Parsoid's and Kiwix's documentation.

use super::*;

const LONG: &str =
    "The canvas shows the harbour at daybreak, its cranes and masts dissolved in haze, with one small boat in front.";

fn read(html: &str) -> HtmlPage {
    read_html(html, "Harbour").unwrap()
}

fn paragraphs(page: &HtmlPage) -> Vec<&str> {
    page.blocks
        .iter()
        .filter_map(|block| if let Block::Paragraph(paragraph) = block { Some(paragraph.text.as_str()) } else { None })
        .collect()
}

fn images(page: &HtmlPage) -> Vec<(&str, &str)> {
    page.blocks
        .iter()
        .filter_map(|block| if let Block::Image(image) = block { Some((&*image.name, &*image.caption)) } else { None })
        .collect()
}

#[test]
fn a_wiki_page_as_parsoid_writes_it() {
    let page = read(&format!(
        r##"<!DOCTYPE html><html lang="en"><head><title>Harbour</title><link rel="canonical" href="https://en.wikipedia.org/wiki/Harbour"/>
        <style>p {{ color: red }}</style></head><body><nav>Menu</nav><h1>Harbour <i>at dawn</i></h1>
        <div id="mw-content-text"><div class="mw-parser-output">
        <div role="note" class="hatnote">For other uses, see Harbour (disambiguation).</div>
        <table class="infobox"><tr><td class="infobox-image"><a href="./File:H.jpg"><img src="./_assets_/1/H.jpg.webp" width="250" alt="H"/></a>
          <div class="infobox-caption">The canvas, 1872</div></td></tr><tr><th>Artist</th><td>Claude Monet</td></tr></table>
        <p>{LONG} By <a rel="mw:WikiLink" href="./Claude_Monet#Life" title="Claude Monet">Claude&nbsp;Monet</a><sup class="mw-ref reference"><a href="#cite-1">[1]</a></sup>,
           now in <a class="external" href="https://example.org/m">a museum</a><style data-mw-deduplicate="x">.a{{}}</style>.</p>
        <p><span style="display: none">hidden words</span></p>
        <section><h2 id="History">History<span class="mw-editsection">[edit]</span></h2>
        <figure typeof="mw:File/Thumb"><a href="./File:Port.jpg"><img src="./_assets_/Port.jpg" width="220"/></a><figcaption>The port in <a href="Le_Havre">Le Havre</a></figcaption></figure>
        <p>{LONG}</p>
        <ul class="gallery"><li class="gallerybox"><div class="thumb"><img src="G1.jpg" width="120"></div><div class="gallerytext">A sketch</div></li></ul>
        <p>A flag <img src="flag.png" width="20" height="12"> here.</p></section>
        <section><h2>References</h2><ol class="references"><li>{LONG}</li></ol><p>{LONG}</p><h3>Books</h3><p>{LONG}</p></section>
        <h2>Legacy</h2><p>{LONG}</p>
        <table class="navbox"><tr><td>{LONG}</td></tr></table></div></div>
        <div id="catlinks" class="catlinks"><a href="./Category:1872_paintings">1872 paintings</a></div></body></html>"##
    ));
    assert_eq!((page.title.as_str(), page.language.as_deref()), ("Harbour", Some("en")));
    assert_eq!(page.canonical.as_deref(), Some("https://en.wikipedia.org/wiki/Harbour"));
    assert_eq!(page.categories, ["1872 paintings"]);
    assert_eq!(paragraphs(&page), [&format!("{LONG} By Claude Monet, now in a museum."), LONG, "A flag here.", LONG]);
    assert_eq!(
        images(&page),
        [
            ("_assets_/1/H.jpg.webp", "The canvas, 1872"),
            ("_assets_/Port.jpg", "The port in Le Havre"),
            ("G1.jpg", "A sketch")
        ]
    );
    let headings: Vec<_> = page
        .blocks
        .iter()
        .filter_map(|b| if let Block::Heading { level, text } = b { Some((*level, &**text)) } else { None })
        .collect();
    assert_eq!(headings, [(2, "History"), (2, "Legacy")]);
    let Some(Block::Paragraph(first)) = page.blocks.iter().find(|block| matches!(block, Block::Paragraph(_))) else {
        panic!()
    };
    let links: Vec<_> = first.links.iter().map(|link| (&first.text[link.range.clone()], link.target.clone())).collect();
    assert_eq!(
        links,
        [
            ("Claude Monet", LinkTarget::Page("Claude_Monet#Life".to_owned())),
            ("a museum", LinkTarget::Address("https://example.org/m".to_owned()))
        ]
    );
}

#[test]
fn thumbnails_of_older_archives() {
    let page = read_html(
        r#"<body><h1>Boats</h1><div class="thumb tright"><div class="thumbinner"><a href="../I/m/Boat.jpg"><img src="../I/m/Boat.jpg" width="220"></a>
        <div class="thumbcaption"><div class="magnify"></div>A boat on the Seine</div></div></div>
        <p><img src="../I/m/Plain_view.jpg" alt="Plain_view.jpg"><img src="../I/m/x.jpg" alt="Three boats at anchor"></p>"#,
        "A/Boats",
    )
    .unwrap();
    assert_eq!(
        images(&page),
        [("I/m/Boat.jpg", "A boat on the Seine"), ("I/m/Plain_view.jpg", ""), ("I/m/x.jpg", "Three boats at anchor")]
    );
    assert_eq!(page.title, "Boats");
}

#[test]
fn nothing_of_a_hostile_page_stays_but_its_words() {
    let page = read(
        r#"<body onload="steal()"><script>alert(1)</script><p onclick="x()">Harmless <a href="javascript:alert(2)">words</a>
        <img src="data:image/png;base64,AAAA"><iframe src="http://example.org"></iframe><svg><script>alert(3)</script></svg>
        <noscript>no</noscript><object data="x"></object> &lt;b&gt;stay&lt;/b&gt;.</p><template><p>never</p></template>"#,
    );
    assert_eq!(paragraphs(&page), ["Harmless words <b>stay</b>."]);
    assert_eq!(images(&page), []);
    let Block::Paragraph(paragraph) = &page.blocks[0] else { panic!() };
    assert_eq!(paragraph.links, []);
}

#[test]
fn depth_and_formatting_without_end_are_refused() {
    let deep = "<div>".repeat(100_000);
    assert!(read_html(&deep, "x").unwrap_err().contains("nested"));
    let fonts: String = (0..200_000).map(|n| format!("<font size={n}>")).collect();
    assert!(read_html(&fonts, "x").is_err());
    let multiplied = (0..300).map(|n| format!("<b class=c{n}>")).collect::<String>();
    let multiplied = format!("<div>{multiplied}</div>{}", "<p>a</p>".repeat(200_000));
    assert!(read_html(&multiplied, "x").is_err());
    let huge = " ".repeat(17 << 20);
    assert!(read_html(&huge, "x").unwrap_err().contains("MB"));
}

#[test]
fn broken_html_gives_what_can_be_read() {
    for html in
        ["", "<", "<p", "</p></p>", "<table><p>a</table>", "\0<a href=", "<!--", "<figure><img src=a.jpg>", "<h2><p>x"]
    {
        read(html);
    }
    assert_eq!(paragraphs(&read("<p>one<p>two <b>three<p>four")), ["one", "two three", "four"]);
    assert_eq!(paragraphs(&read("loose <div>inner</div> text<br>more")), ["loose", "inner", "text more"]);
}

#[test]
fn a_link_over_a_blocks_end_stays_within_each_text() {
    let page = read(r#"<div><a href="A">before <p>within</p> after</a></div>"#);
    for block in &page.blocks {
        let Block::Paragraph(paragraph) = block else { panic!() };
        for link in &paragraph.links {
            assert!(paragraph.text.get(link.range.clone()).is_some_and(|words| !words.is_empty()));
        }
    }
    assert_eq!(paragraphs(&page), ["before", "within", "after"]);
}
