//! IPTC's Information Interchange Model 4.2: a row of data sets.

use super::{Metadata, iso_date, text};

pub(super) fn read(block: &[u8]) -> Result<Metadata, String> {
    let mut metadata = Metadata::default();
    let mut rest = block;
    let mut found = 0;
    while let [0x1C, record, number, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        // A set bit says that the length itself is longer: 32 bits as a rule.
        let (length, tail) = match (length & 0x8000, tail) {
            (0, _) => (length, tail),
            (_, [a, b, c, d, after @ ..]) if length & 0x7FFF == 4 => {
                (u32::from_be_bytes([*a, *b, *c, *d]) as usize, after)
            }
            _ => return Err("a field of impossible length".into()),
        };
        let (value, after) = tail.split_at_checked(length).ok_or("it ends within a field")?;
        rest = after;
        found += 1;
        if *record != 2 {
            continue;
        }
        let value = || text(value);
        match number {
            5 => metadata.title = Some(value()),
            25 => metadata.keywords.push(value()),
            55 => metadata.created = date(&value()),
            62 => metadata.digitised = date(&value()),
            80 => metadata.creators.push(value()),
            110 => metadata.credit = Some(value()),
            116 => metadata.rights = Some(value()),
            120 => metadata.description = Some(value()),
            _ => {}
        }
    }
    if found == 0 && !block.is_empty() { Err("it is no row of data sets".into()) } else { Ok(metadata) }
}

/// CCYYMMDD; month and day may be zeros where they are not known.
fn date(value: &str) -> Option<String> {
    let (year, rest) = value.trim().split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    match (month, day) {
        ("00", _) => year.parse::<u32>().ok().filter(|y| *y > 0).map(|_| year.into()),
        (_, "00") => iso_date(&format!("{year}-{month}-01")).map(|_| format!("{year}-{month}")),
        _ => iso_date(&format!("{year}-{month}-{day}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, value: &str) -> Vec<u8> {
        [&[0x1C, 2, number], &(value.len() as u16).to_be_bytes()[..], value.as_bytes()].concat()
    }

    #[test]
    fn fields_repeat_and_end() {
        let block =
            [field(5, "Die Brücke"), field(80, "A. Bauer"), field(80, "B. Koch"), field(55, "19320500")].concat();
        let found = read(&block).unwrap();
        assert_eq!(found.title.as_deref(), Some("Die Brücke"));
        assert_eq!(found.creators, ["A. Bauer", "B. Koch"]);
        assert_eq!(found.created.as_deref(), Some("1932-05"));
        assert!(read(&block[..block.len() - 1]).unwrap_err().contains("within a field"));
        assert!(read(b"nothing").is_err());
        assert_eq!(read(&[&[0x1C, 2, 5, 0, 3], &b"M\xFCn"[..]].concat()).unwrap().title.as_deref(), Some("Mün"));
    }
}
