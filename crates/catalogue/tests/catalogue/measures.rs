use vitrine_catalogue::{MeasureKind, Measures, Unit, read_measures};

#[test]
fn measures_are_read_and_written_in_one_form() {
    for (text, written) in [
        ("65 x 48 in. (165.1 x 121.9 cm)", "65 × 48 in. (165.1 × 121.9 cm)"),
        ("2 1/16 × 1 11/16 in. (5.2 × 4.3 cm)", "2 1/16 × 1 11/16 in. (5.2 × 4.3 cm)"),
        ("H. 3 5/8 in. (8.4 cm)_x000D_\nW. 3 1/2 in. (8.9 cm)", "H. 3 5/8 in. (8.4 cm); W. 3 1/2 in. (8.9 cm)"),
        ("H. 30-3/4 x W. 21-1/2 x D. 21-1/2 in.", "H. 30 3/4 × W. 21 1/2 × D. 21 1/2 in."),
        (
            "Overall: 2 1/2 x 15/16 x 1 1/4 in. (6.4 x 2.4 x 3.1 cm)",
            "Overall: 2 1/2 × 15/16 × 1 1/4 in. (6.4 × 2.4 × 3.1 cm)",
        ),
        ("H x W: 5 1/4 x 1 1/2in. (13.3 x 3.8cm)", "5 1/4 × 1 1/2 in. (13.3 × 3.8 cm)"),
        ("Diam. 2 3/4 in. (7 cm)", "Diam. 2 3/4 in. (7 cm)"),
        ("165,1 x 121,9 cm", "165.1 × 121.9 cm"),
        ("H. 2 in., W. 3 in.", "H. 2 × W. 3 in."),
        ("30¾ × 20½ in", "30 3/4 × 20 1/2 in."),
        ("Wt. 0.12 oz. (3.4 g)", "Wt. 3/25 oz. (3.4 g)"),
        ("1.5 m x 80 cm", "1.5 m × 80 cm"),
        ("height 300 mm", "H. 300 mm"),
    ] {
        let read = read_measures(text).map(|measures| measures.to_string());
        let written = written.replace("3/25", "0.12");
        assert_eq!(read.as_deref(), Some(written.as_str()), "{text}");
    }
}

#[test]
fn what_is_written_is_read_as_the_same() {
    for text in ["65 × 48 in. (165.1 × 121.9 cm); framed: 80 × 60 in.", "H. 3 1/32 × Diam. 2 cm", "H. 3 in. × Wt. 4 kg"]
    {
        let measures = read_measures(text).unwrap();
        assert_eq!(read_measures(&measures.to_string()), Some(measures), "{text}");
    }
}

#[test]
fn kinds_and_units_are_told() {
    let Measures(groups) = read_measures("framed: 30 × 20 × 2.5 in. (76.2 × 50.8 × 6.35 cm)").unwrap();
    assert_eq!(groups[0].part.as_deref(), Some("framed"));
    let told: Vec<_> = groups[0].measures.iter().map(|m| (m.kind, m.amount.decimal(), m.unit)).collect();
    assert_eq!(
        told,
        [
            (MeasureKind::Height, "30".to_owned(), Unit::Inch),
            (MeasureKind::Width, "20".to_owned(), Unit::Inch),
            (MeasureKind::Depth, "2.5".to_owned(), Unit::Inch),
        ]
    );
    assert_eq!(groups[0].again[2].amount.decimal(), "6.35");
    let Measures(groups) = read_measures("Diam. 2 in. (5.1 cm)").unwrap();
    assert_eq!(groups[0].again[0].kind, MeasureKind::Diameter, "the bracket speaks of the same");
}

#[test]
fn what_cannot_be_understood_is_left_a_text() {
    for text in [
        "",
        "variable",
        "30 × 20",
        "30 × 20 × 10 × 5 cm",
        "about 30 cm",
        "1/0 in.",
        "H. 3 kg",
        "30 furlongs",
        "30 x cm",
        "(30 cm",
        "9999999999 cm",
    ] {
        assert_eq!(read_measures(text), None, "{text}");
    }
    assert_eq!(read_measures(&"1 x ".repeat(10_000)), None);
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_odd(text in "[0-9HWDx×. ,/()cmin:;¾-]{0,40}") {
        if let Some(measures) = read_measures(&text) {
            proptest::prop_assert_eq!(read_measures(&measures.to_string()).map(|m| m.to_string()), Some(measures.to_string()));
        }
    }
}
