//! Workbooks of spreadsheets (XLSX): a sheet as the rows of a table, each cell as the text that it shows.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};

use super::shown;

/// The most that the parts of a workbook may have, unpacked.
const MOST_UNPACKED: u64 = 1 << 30;
/// The most cells that are read of a sheet.
const MOST_CELLS: usize = 4_000_000;
/// The names of the columns are looked for in so many rows: titles and remarks may stand above them.
const HEAD: usize = 20;

/// A sheet's rows below the one that names the columns.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows with their numbers, as the spreadsheet counts them. Empty ones are left out.
    pub rows: Vec<(u32, Vec<String>)>,
    /// Cells that hold an error, a sentence each.
    pub problems: Vec<String>,
}

/// Whether a file is a workbook, by its name's end.
pub(super) fn is_workbook(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|end| ["xlsx", "xlsm"].iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// The names of a workbook's sheets that can be seen, in their order.
pub(super) fn names(bytes: &[u8]) -> Result<Vec<String>, String> {
    guarded(bytes, |workbook| Ok(visible(workbook)))
}

/// Reads the sheet of this name, or the first one. The columns are named by the first row that `names_columns`, or else by the first one that has
/// anything in it.
pub(super) fn read(
    bytes: &[u8],
    wanted: Option<&str>,
    names_columns: impl Fn(&[String]) -> bool,
) -> Result<Sheet, String> {
    guarded(bytes, |workbook| {
        let names = visible(workbook);
        let name = match wanted {
            Some(wanted) => names.iter().find(|name| *name == wanted).ok_or_else(|| {
                let known: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
                format!("it has no sheet “{wanted}”; it has {}", known.join(", "))
            })?,
            None => names.first().ok_or("it has no sheet with cells; choose another file")?,
        };
        cells(workbook, name, names_columns)
    })
}

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Runs `read` on the workbook. Whatever a stranger's file makes of the reader becomes a sentence.
fn guarded<T>(bytes: &[u8], read: impl FnOnce(&mut Workbook<'_>) -> Result<T, String>) -> Result<T, String> {
    within_limits(bytes, MOST_UNPACKED)?;
    let run = AssertUnwindSafe(|| {
        let mut workbook: Workbook<'_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
        read(&mut workbook)
    });
    catch_unwind(run).unwrap_or_else(|_| Err(damaged("it is not put together as such files are")))
}

fn damaged(cause: impl std::fmt::Display) -> String {
    format!(
        "the workbook is damaged or none ({cause}); open it in a spreadsheet program, save it as .xlsx again, or save the sheet as CSV in UTF-8"
    )
}

/// A small file may unpack to more than any memory holds, whatever it says of itself: it is unpacked once to see.
fn within_limits(bytes: &[u8], most: u64) -> Result<(), String> {
    // The signature of the files of older programs, which are no zip.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err("it is a workbook of an older kind, or one with a password; save it as .xlsx without one".into());
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = most;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(damaged)?;
        // Pictures and the like are not unpacked.
        let name = part.name().map_err(damaged)?.into_owned();
        if !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(damaged)?;
        if unpacked > left {
            return Err(format!("unpacked it has more than {} MB; divide it", most >> 20));
        }
        left -= unpacked;
    }
    Ok(())
}

fn visible(workbook: &Workbook<'_>) -> Vec<String> {
    let sheets = workbook.sheets_metadata().iter();
    let seen = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    seen.map(|sheet| sheet.name.clone()).collect()
}

fn cells(workbook: &mut Workbook<'_>, name: &str, names_columns: impl Fn(&[String]) -> bool) -> Result<Sheet, String> {
    let mut reader = workbook.worksheet_cells_reader(name).map_err(damaged)?;
    let formats: Vec<String> = reader
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref().map_or_else(String::new, |format| format.format_code.clone()))
        .collect();
    let mut rows: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    let mut errors: Vec<(u32, u32, String)> = Vec::new();
    let mut count = 0;
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let format = formats.get(style).map_or("", String::as_str);
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::String(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::Int(value) => value.to_string(),
            DataRef::Float(value) => shown::number(*value, format),
            DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            DataRef::DateTime(moment) => shown::moment(moment, format),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            DataRef::Error(error) => {
                errors.push((row, column, error.to_string()));
                continue;
            }
        };
        if text.trim().is_empty() {
            continue;
        }
        count += 1;
        if count > MOST_CELLS {
            return Err(format!("the sheet “{name}” has more than {MOST_CELLS} cells; divide it"));
        }
        rows.entry(row).or_default().insert(column, text);
    }
    let header_of = |cells: &BTreeMap<u32, String>| -> Vec<String> {
        filled(cells, width(cells)).into_iter().map(|name| name.trim().to_owned()).collect()
    };
    let named = rows.iter().take(HEAD).find(|(_, cells)| names_columns(&header_of(cells)));
    let Some((head, names)) = named.or_else(|| rows.iter().next()) else {
        return Err(format!("the sheet “{name}” is empty; choose another one"));
    };
    let header = header_of(names);
    let problems = errors.into_iter().filter(|(row, ..)| row > head).map(|(row, column, error)| {
        let name = header.get(column as usize).map_or("", String::as_str);
        format!("row {}: the cell of “{name}” holds the error {error} and is left out", row + 1)
    });
    let problems = problems.collect();
    let below = rows.range(head + 1..).map(|(row, cells)| (row + 1, filled(cells, header.len())));
    Ok(Sheet { rows: below.collect(), header, problems })
}

fn width(cells: &BTreeMap<u32, String>) -> usize {
    cells.last_key_value().map_or(0, |(column, _)| *column as usize + 1)
}

/// So many cells from the first column on, empty ones where there are none.
fn filled(cells: &BTreeMap<u32, String>, width: usize) -> Vec<String> {
    let mut row = vec![String::new(); width];
    for (column, text) in cells {
        if let Some(cell) = row.get_mut(*column as usize) {
            cell.clone_from(text);
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::within_limits;

    #[test]
    fn a_small_file_that_unpacks_to_much_is_refused() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![b' '; 300_000]).unwrap();
        archive.start_file("xl/media/image1.png", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![b' '; 300_000]).unwrap();
        let bytes = archive.finish().unwrap().into_inner();
        assert!(bytes.len() < 3000);
        assert_eq!(within_limits(&bytes, 300_000), Ok(()), "pictures are not unpacked");
        assert!(within_limits(&bytes, 299_999).unwrap_err().contains("divide it"));
        let old = within_limits(b"\xd0\xcf\x11\xe0 and so on", 1).unwrap_err();
        assert!(old.contains("older kind"), "{old}");
    }
}
