//! Pages as they must come out, pixel by pixel, and what must hold of every page.
//!
//! `VITRINE_DRAW_GOLDEN=1` writes the golden images anew; look at them before you commit them.

use std::path::{Path, PathBuf};

use image::Rgb;
use vitrine_rendering::{Fonts, FragmentPage, PageStyle, PictureOnPage, RenderedPage, Renderer, RgbImage};

fn renderer(fonts: &Fonts, language: &str) -> Renderer {
    Renderer::new(fonts, language, PageStyle::default())
}

/// The fonts of all scripts, where set-up has fetched them.
fn all_fonts() -> Option<Fonts> {
    let fonts = dirs::cache_dir().map(|cache| cache.join("vitrine").join("fonts"));
    let fonts = fonts.map(|folder| Fonts::with_folder(&folder).unwrap()).filter(|fonts| fonts.absent().is_empty());
    if fonts.is_none() {
        eprintln!("skipped: assets/fonts/fetch.py has not put the fonts into the cache");
    }
    fonts
}

fn assert_golden(name: &str, page: &RenderedPage) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.png"));
    if std::env::var_os("VITRINE_DRAW_GOLDEN").is_some() {
        page.image.save(&path).unwrap();
    }
    let golden = image::open(&path).unwrap().to_rgb8();
    if golden != page.image {
        let drawn = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        page.image.save(&drawn).unwrap();
        panic!("{} is not what was drawn, which is {}", path.display(), drawn.display());
    }
}

/// A picture whose every part looks different, so that a wrong place or scale shows.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let stripe = if (x / 16 + y / 16) % 2 == 0 { 40 } else { 0 };
        Rgb([(x * 200 / width) as u8 + stripe, (y * 200 / height) as u8 + stripe, 120])
    })
}

fn is_blue(pixel: &Rgb<u8>) -> bool {
    let [r, g, b] = pixel.0.map(i32::from);
    b - r > 60 && b - g > 40
}

const TEXT: &str = "The harbour lies in a haze that dissolves masts and cranes into strokes of grey and green, while the low sun throws one \
broken line of orange across the water. The painter (Ζωγράφος; художник, живописец) worked quickly and let the ground show through; \
“finish” was never the aim – it is the light of a single quarter of an hour, before eight o’clock, seen from a hotel window.";

#[test]
fn a_paragraph_with_links_under_its_headings() {
    let links = [4..11, TEXT.find("painter").unwrap()..TEXT.find("painter").unwrap() + 7];
    let section = ["Reception".to_owned(), "In Łódź and Ἀθῆναι".to_owned()];
    let fragment =
        FragmentPage { title: "Harbour at daybreak", section: &section, text: TEXT, links: &links, pictures: &[] };
    let page = renderer(&Fonts::shipped(), "en").draw(&fragment);
    assert_eq!((page.text_drawn, page.pictures_drawn), (TEXT.len(), 0));
    assert_eq!(page.without_glyph, []);
    assert!(page.image.pixels().any(is_blue));
    assert_golden("links", &page);
    let plain = renderer(&Fonts::shipped(), "en").draw(&FragmentPage { links: &[], ..fragment });
    assert!(!plain.image.pixels().any(is_blue));
}

#[test]
fn pictures_stand_in_rows_of_two_beside_their_captions() {
    let (wide, tall, small) = (picture(900, 300), picture(200, 700), picture(90, 60));
    let pictures = [
        PictureOnPage { pixels: &wide, caption: "A wide picture, made smaller until it fits its half of the row" },
        PictureOnPage { pixels: &tall, caption: "A tall one" },
        PictureOnPage { pixels: &small, caption: "" },
    ];
    let fragment = FragmentPage { title: "Three pictures", section: &[], text: TEXT, links: &[], pictures: &pictures };
    let page = renderer(&Fonts::shipped(), "en").draw(&fragment);
    assert_eq!(page.pictures_drawn, 3);
    assert_golden("pictures", &page);
}

#[test]
fn every_script_of_wikipedias_titles_has_its_letters() {
    let Some(fonts) = all_fonts() else { return };
    let names = [
        ("he", "מארק שאגאל נולד בוויטבסק (1887) ומת בסן־פול־דה־ואנס"),
        ("ar", "محمود سعيد (1897–1964) رسام مصري من الإسكندرية"),
        ("fa", "کمال‌الدین بهزاد نگارگر ایرانی"),
        ("hi", "राजा रवि वर्मा भारत के विख्यात चित्रकार थे"),
        ("bn", "অবনীন্দ্রনাথ ঠাকুর ভারতীয় চিত্রশিল্পী"),
        ("ta", "ராஜா ரவி வர்மா ஓவியர்"),
        ("te", "రాజా రవివర్మ చిత్రకారుడు"),
        ("kn", "ರಾಜಾ ರವಿ ವರ್ಮ ಚಿತ್ರಕಾರ"),
        ("ml", "രാജാ രവിവർമ്മ ചിത്രകാരൻ"),
        ("gu", "રાજા રવિ વર્મા ચિત્રકાર"),
        ("pa", "ਅੰਮ੍ਰਿਤਾ ਸ਼ੇਰਗਿੱਲ ਚਿੱਤਰਕਾਰ"),
        ("or", "ଚିତ୍ରକର ଜଗନ୍ନାଥ"),
        ("si", "සිගිරිය චිත්‍ර"),
        ("th", "ถวัลย์ ดัชนี จิตรกรชาวไทย"),
        ("lo", "ສິລະປະລາວ"),
        ("km", "សិល្បៈខ្មែរ"),
        ("my", "မြန်မာပန်းချီ"),
        ("ka", "ნიკო ფიროსმანი ქართველი მხატვარი"),
        ("hy", "Հովհաննես Այվազովսկի ծովանկարիչ"),
        ("am", "አፈወርቅ ተክሌ ሠዓሊ"),
        ("zh", "齐白石是中国近现代绘画大师,擅画花鸟、虫鱼、山水"),
        ("ja", "葛飾北斎は江戸時代後期の浮世絵師である。「ひらがな」とカタカナ"),
        ("ko", "김홍도는 조선 후기의 화가이다"),
        ("vi", "Nguyễn Phan Chánh là họa sĩ tranh lụa"),
        ("el", "Δομήνικος Θεοτοκόπουλος, γνωστός ως Ελ Γκρέκο"),
        ("ru", "Казимир Малевич — художник-авангардист, ѣ, Ґ, Љ, Ў"),
        ("en", "Symbols: ♀ ♂ ☉ ★ ✓ → ½ № ‰ … 🎨"),
    ];
    for (language, text) in names {
        let page = renderer(&fonts, language).draw(&FragmentPage { title: text, text, ..FragmentPage::default() });
        assert_eq!(page.without_glyph, [], "{language}");
        let ink = page.image.pixels().filter(|pixel| pixel.0[1] < 128).count();
        assert!(ink > 200, "{language}: {ink} dark pixels");
    }
    let text = names.map(|(_, text)| text).join(" · ");
    let fragment = FragmentPage {
        title: "葛飾北斎 · מארק שאגאל · محمود سعيد", text: &text, ..FragmentPage::default()
    };
    assert_golden("scripts", &renderer(&fonts, "ja").draw(&fragment));
    // Alone, a paragraph that runs from right to left begins at the right.
    let hebrew = FragmentPage { text: names[0].1, ..FragmentPage::default() };
    let page = renderer(&fonts, "he").draw(&hebrew);
    let left_half = page.image.enumerate_pixels().filter(|(x, _, pixel)| *x < 827 && pixel.0[1] < 128).count();
    assert_eq!(left_half, 0);
}

#[test]
fn letters_without_a_font_are_named_and_no_boxes_are_drawn() {
    let text = "שאגאל";
    let fragment = FragmentPage { text, ..FragmentPage::default() };
    let page = renderer(&Fonts::shipped(), "he").draw(&fragment);
    assert_eq!(
        page.without_glyph,
        ['ש', 'א', 'ג', 'ל'].into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    );
    assert!(page.image.pixels().all(|pixel| pixel.0 == [255; 3]));
}

#[test]
fn the_paragraph_has_precedence_and_is_cut_at_a_word_only_when_it_fills_the_page() {
    let mut renderer = renderer(&Fonts::shipped(), "en");
    let picture = picture(600, 400);
    let pictures = vec![PictureOnPage { pixels: &picture, caption: "A picture" }; 30];
    let many =
        renderer.draw(&FragmentPage { title: "Many", text: TEXT, pictures: &pictures, ..FragmentPage::default() });
    assert!(many.image.height() <= 2339);
    assert!(many.pictures_drawn >= 8 && many.pictures_drawn < 30 && many.pictures_drawn % 2 == 0);
    assert_eq!(many.text_drawn, TEXT.len());

    let long = TEXT.repeat(120);
    let cut =
        renderer.draw(&FragmentPage { title: "Long", text: &long, pictures: &pictures, ..FragmentPage::default() });
    assert!(cut.image.height() <= 2339 && cut.image.height() > 2300);
    assert_eq!(cut.pictures_drawn, 0);
    assert!(cut.text_drawn < long.len() && cut.text_drawn > 10_000);
    assert!(long[cut.text_drawn..].starts_with(char::is_whitespace), "cut within a word");
}

#[test]
fn the_same_fragment_gives_the_same_pixels_whatever_was_drawn_before() {
    let fonts = Fonts::shipped();
    let mut warm = renderer(&fonts, "en");
    let fragment = FragmentPage { title: "Twice", text: TEXT, ..FragmentPage::default() };
    let first = warm.draw(&fragment).image;
    for text in ["Other words, Другие слова", &TEXT.to_uppercase()] {
        warm.draw(&FragmentPage { title: text, text, ..FragmentPage::default() });
    }
    assert_eq!(warm.draw(&fragment).image, first);
    assert_eq!(renderer(&fonts, "en").draw(&fragment).image, first);
}

#[test]
fn no_text_and_no_style_breaks_a_page() {
    let fonts = Fonts::shipped();
    let long_word = "Ω".repeat(200_000);
    let marks = format!("e{}", "\u{301}".repeat(5_000));
    let texts = [
        "",
        " ",
        "\0\u{1}\r\n\t\u{85}\u{2028}\u{2029}x",
        "\u{202e}\u{2067}abc\u{202d}אבג\u{2069}\u{202c}",
        "\u{feff}\u{200d}\u{200b}\u{ffff}\u{10ffff}",
        &marks,
        &long_word,
    ];
    let (none, dot) = (RgbImage::new(0, 0), picture(1, 1));
    let sliver = picture(1, 4000);
    for style in [
        PageStyle::default(),
        PageStyle { width: 0, max_height: 0, margin: 5000, ..PageStyle::default() },
        PageStyle { width: 300, max_height: 120, text_size: 90.0, ..PageStyle::default() },
    ] {
        let mut renderer = Renderer::new(&fonts, "", style);
        for text in texts {
            let pictures = [&none, &dot, &sliver].map(|pixels| PictureOnPage { pixels, caption: text });
            let section = [text.to_owned()];
            // Ranges that lie outside, overlap or split a character.
            let links = [0..usize::MAX, 1..2, 5..3, 1..usize::MAX];
            let page = renderer.draw(&FragmentPage {
                title: text,
                section: &section,
                text,
                links: &links,
                pictures: &pictures,
            });
            assert!(page.image.height() <= style.max_height.max(100));
            assert!(page.text_drawn <= text.len() && text.is_char_boundary(page.text_drawn));
        }
    }
}
