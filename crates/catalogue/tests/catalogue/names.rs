use vitrine_catalogue::{Closeness, QUALIFIERS, closeness, read_maker};

#[test]
fn makers_are_read_and_written() {
    for (text, qualifier, name, role) in [
        ("Rembrandt van Rijn", None, "Rembrandt van Rijn", None),
        ("Workshop of Peter Paul Rubens", Some("workshop of"), "Peter Paul Rubens", None),
        ("workshop of Rubens (Printmaker)", Some("workshop of"), "Rubens", Some("printmaker")),
        ("in the style of Frans Hals", Some("style of"), "Frans Hals", None),
        ("possibly by Titian", Some("possibly by"), "Titian", None),
        ("Possibly Titian", Some("possibly by"), "Titian", None),
        ("by Titian", None, "Titian", None),
        ("Copy after Rogier van der Weyden", Some("copy after"), "Rogier van der Weyden", None),
        ("Formerly attributed to Goya", Some("formerly attributed to"), "Goya", None),
        ("Chester (Charles) Harding", None, "Chester (Charles) Harding", None),
        ("Antonio Allegri (Correggio)", None, "Antonio Allegri (Correggio)", None),
        ("Afterman", None, "Afterman", None),
        ("葛飾北斎 (printmaker)", None, "葛飾北斎", Some("printmaker")),
    ] {
        let maker = read_maker(text).unwrap();
        assert_eq!((maker.qualifier.as_deref(), maker.name.as_str(), maker.role.as_deref()), (qualifier, name, role));
        assert_eq!(read_maker(&maker.to_string()), Some(maker), "{text}");
    }
    assert_eq!(read_maker("  "), None);
    assert_eq!(read_maker("workshop of "), read_maker("workshop of"), "a qualifier of nobody is a name");
}

#[test]
fn qualifiers_tell_how_close_somebody_is() {
    for (words, told) in QUALIFIERS {
        assert_eq!(closeness(words), Some(*told));
    }
    assert_eq!(closeness("In the manner of"), Some(Closeness::Influence));
    assert_eq!(closeness("owned by"), None);
}
