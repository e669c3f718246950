//! IIIF: a Presentation 3 manifest for each work, its scans as static images of the Image API 3 at level 0.
//!
//! The files go on any web server under the issuer's base address; nothing has to run there. A scan whose file cannot be read has its canvas
//! without a picture, and the export says so.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use vitrine_catalogue::{Region, Scan, Statement, core_property, rights_statement};
use vitrine_imaging::{Filter, Limits, RgbImage, ScanFile, resized};

use crate::folder::{Problem, write_bytes, write_json};
use crate::marks::mark;
use crate::text::{clean, clean_line};
use crate::{ExchangeError, Issuer, Record, RecordSource, Result, batch_id};

/// The side of a tile.
const TILE: u32 = 512;
const QUALITY: u8 = 85;

/// Writes manifests and images into `folder`: `manifest/N` for the work N, `image/N` for the scan N.
pub(crate) fn write_iiif(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<Vec<Problem>> {
    let batch = batch_id(records, issuer, at)?;
    let mut problems = Vec::new();
    records.each(&mut |record| {
        let mut shown = Vec::new();
        for scan in &record.scans {
            match write_image(scan, issuer, folder)? {
                Ok(size) => shown.push((scan, size, true)),
                Err(reason) => {
                    shown.push((scan, (scan.width, scan.height), false));
                    problems.push(Problem { work: record.card.id, file: scan.file_name(), reason });
                }
            }
        }
        let file = folder.join("manifest").join(format!("{}.json", record.card.id));
        write_json(&file, &manifest(record, &shown, issuer, &batch))
    })?;
    Ok(problems)
}

/// A scan, its width and height as shown, and whether there is a picture.
type Shown<'a> = (&'a Scan, (u32, u32), bool);

fn manifest(record: &Record, shown: &[Shown<'_>], issuer: &Issuer, batch: &str) -> Value {
    let number = record.card.id.to_string();
    let language = issuer.language.as_str();
    let told = |text: &str| json!({language: [clean(text)]});
    let pair = |label: &str, values: Vec<String>| json!({"label": {"en": [label]}, "value": {language: values}});
    let mut metadata = Vec::new();
    for (key, label) in record.properties(issuer) {
        let values: Vec<String> = said(record, key).map(displayed).collect();
        // In which language a museum names its own properties is not known.
        let language_of_label = if core_property(key).is_some() { "en" } else { "none" };
        metadata.push(json!({"label": {language_of_label: [label]}, "value": {language: values}}));
    }
    let marks: Vec<String> = record.statements.iter().filter_map(origin).collect();
    if !marks.is_empty() {
        metadata.push(pair("Origin of statements", marks.clone()));
    }
    metadata.push(pair("Export batch", vec![batch.to_owned()]));
    let canvases: Vec<Value> = shown.iter().map(|shown| canvas(record, shown, issuer, &marks)).collect();
    let mut manifest = json!({
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": format!("{}.json", issuer.address("manifest", &number)),
        "type": "Manifest",
        "label": told(&clean_line(&record.card.title)),
        "metadata": metadata,
        "provider": [{"id": issuer.base_uri, "type": "Agent", "label": told(&clean_line(&issuer.name))}],
        "items": canvases,
    });
    let affirmed = |key: &str| said(record, key).find(|statement| statement.state.is_affirmed());
    if let Some(map) = manifest.as_object_mut() {
        if let Some(description) = affirmed("description") {
            map.insert("summary".into(), told(&displayed(description)));
        }
        if let Some(credit) = affirmed("credit-line") {
            map.insert("requiredStatement".into(), pair("Credit line", vec![displayed(credit)]));
        }
        let rights = affirmed("rights").and_then(|s| rights_statement(s.value.as_deref()?));
        if let Some((address, _)) = rights {
            map.insert("rights".into(), address.into());
        }
    }
    manifest
}

fn said<'a>(record: &'a Record, key: &str) -> impl Iterator<Item = &'a Statement> {
    record.statements.iter().filter(move |statement| statement.property == key)
}

fn displayed(statement: &Statement) -> String {
    let words = clean(&statement.wording().unwrap_or_default());
    if statement.state.is_affirmed() { words } else { format!("{words} (suggestion, not reviewed)") }
}

fn origin(statement: &Statement) -> Option<String> {
    let words = statement.wording().unwrap_or_default();
    Some(clean_line(&format!("{}: {words} — {}", statement.property, mark(statement)?)))
}

fn canvas(record: &Record, (scan, (width, height), readable): &Shown<'_>, issuer: &Issuer, marks: &[String]) -> Value {
    let id = issuer.address("canvas", &scan.id.0.to_string());
    let image = issuer.address("image", &scan.id.0.to_string());
    let painting = json!({
        "id": format!("{id}/painting"),
        "type": "Annotation",
        "motivation": "painting",
        "target": id,
        "body": {
            "id": format!("{image}/full/max/0/default.jpg"),
            "type": "Image",
            "format": "image/jpeg",
            "width": width,
            "height": height,
            "service": [{"id": image, "type": "ImageService3", "profile": "level0"}],
        },
    });
    let items = if *readable { vec![painting] } else { Vec::new() };
    let mut canvas = json!({
        "id": id,
        "type": "Canvas",
        "label": {"none": [clean_line(&scan.file_name())]},
        "width": width,
        "height": height,
        "items": [{"id": format!("{id}/page"), "type": "AnnotationPage", "items": items}],
    });
    let page = |name: &str, items: Vec<Value>| {
        (!items.is_empty()).then(|| json!({"id": format!("{id}/{name}"), "type": "AnnotationPage", "items": items}))
    };
    let mut pages: Vec<Value> = Vec::new();
    // What a model proposed is said on the picture too, for viewers that show annotations and no metadata.
    if !marks.is_empty() {
        let first = record.scans.first().is_some_and(|first| first.id == scan.id);
        let notes = marks.iter().enumerate().filter(|_| first).map(|(index, mark)| {
            json!({
                "id": format!("{id}/note/{index}"),
                "type": "Annotation",
                "motivation": "describing",
                "target": id,
                "body": {"type": "TextualBody", "value": mark, "format": "text/plain", "language": "en"},
            })
        });
        pages.extend(page("notes", notes.collect()));
    }
    let regions = record.regions.iter().filter(|region| region.scan == scan.id);
    pages.extend(page("regions", regions.map(|region| annotation(record, region, &id, issuer)).collect()));
    if let (Some(canvas), false) = (canvas.as_object_mut(), pages.is_empty()) {
        canvas.insert("annotations".into(), pages.into());
    }
    canvas
}

/// A region as an annotation: its note, and what it is evidence for as far as that is in the record.
fn annotation(record: &Record, region: &Region, canvas: &str, issuer: &Issuer) -> Value {
    let text = |value: String, purpose: &str| json!({"type": "TextualBody", "value": value, "format": "text/plain", "language": issuer.language, "purpose": purpose});
    let supported = record.statements.iter().filter(|statement| region.content.statements.contains(&statement.id));
    let supported = supported.map(|s| text(clean_line(&format!("{}: {}", s.property, displayed(s))), "identifying"));
    let note = region.content.note.iter().map(|note| text(clean(note), "commenting"));
    json!({
        "id": format!("{canvas}/region/{}", region.id),
        "type": "Annotation",
        "motivation": "commenting",
        "creator": {"type": "Person", "name": clean_line(&region.person)},
        "modified": region.at.to_string(),
        "body": note.chain(supported).collect::<Vec<Value>>(),
        "target": {"type": "SpecificResource", "source": {"id": canvas, "type": "Canvas"}, "selector": region.content.shape.selector()},
    })
}

/// Writes the tiles, sizes and description of a scan's image; the inner error says why its file cannot be read.
fn write_image(scan: &Scan, issuer: &Issuer, folder: &Path) -> Result<std::result::Result<(u32, u32), String>> {
    let image = match ScanFile::read(&scan.path, &Limits::default()).and_then(|file| file.page(scan.page)) {
        Ok(page) => page.image,
        Err(error) => return Ok(Err(format!("{}: {error}", scan.path.display()))),
    };
    let (width, height) = image.dimensions();
    if width.max(height) > u32::from(u16::MAX) {
        return Ok(Err(format!(
            "{}: the picture has more than 65,535 pixels a side, which no JPEG can hold",
            scan.path.display()
        )));
    }
    let folder = folder.join("image").join(scan.id.0.to_string());
    let mut sizes = Vec::new();
    let mut factors = Vec::new();
    let mut factor = 1;
    loop {
        let (across, down) = (width.div_ceil(factor), height.div_ceil(factor));
        let Some(scaled) =
            (if factor == 1 { Some(image.clone()) } else { resized(&image, across, down, Filter::Lanczos3) })
        else {
            break;
        };
        write_tiles(&scaled, (width, height), factor, &folder)?;
        write_jpeg(&folder.join(format!("full/{across},{down}/0/default.jpg")), &scaled)?;
        if factor == 1 {
            write_jpeg(&folder.join("full/max/0/default.jpg"), &scaled)?;
        }
        sizes.push(json!({"width": across, "height": down}));
        factors.push(factor);
        if across.max(down) <= TILE || factor > 1 << 16 {
            break;
        }
        factor *= 2;
    }
    let info = json!({
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": issuer.address("image", &scan.id.0.to_string()),
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": width,
        "height": height,
        "sizes": sizes,
        "tiles": [{"width": TILE, "scaleFactors": factors}],
    });
    write_json(&folder.join("info.json"), &info)?;
    Ok(Ok((width, height)))
}

/// The tiles of one scale, by the names that the Image API gives them: region of the whole image, then size.
fn write_tiles(scaled: &RgbImage, (width, height): (u32, u32), factor: u32, folder: &Path) -> Result<()> {
    let (across, down) = scaled.dimensions();
    for y in (0..down).step_by(TILE as usize) {
        for x in (0..across).step_by(TILE as usize) {
            let (w, h) = (TILE.min(across - x), TILE.min(down - y));
            let (left, top) = (x * factor, y * factor);
            let region = ((TILE * factor).min(width - left), (TILE * factor).min(height - top));
            let whole = left == 0 && top == 0 && region == (width, height);
            // The whole image is one of the sizes, and level 0 has one name for each picture.
            if whole {
                continue;
            }
            let tile = image::imageops::crop_imm(scaled, x, y, w, h).to_image();
            let name = format!("{left},{top},{},{}/{w},{h}/0/default.jpg", region.0, region.1);
            write_jpeg(&folder.join(name), &tile)?;
        }
    }
    Ok(())
}

fn write_jpeg(file: &Path, image: &RgbImage) -> Result<()> {
    write_bytes(file, &jpeg(image, QUALITY).map_err(|source| ExchangeError::Write { format: "IIIF", source })?)
}

/// A picture as JPEG.
pub(crate) fn jpeg(image: &RgbImage, quality: u8) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).map_err(std::io::Error::other)?;
    Ok(bytes)
}
