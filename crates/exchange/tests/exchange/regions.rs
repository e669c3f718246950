//! Regions leave the library as annotations of IIIF, with what they are evidence for as far as it is in the record.

use serde_json::{Value, json};
use vitrine_catalogue::{RegionContent, Shape};
use vitrine_exchange::{Format, losses, records, write_into_folder};

use crate::{at, issuer, reviewed, shelf};

#[test]
fn regions_are_annotations_with_selectors() {
    let s = shelf();
    let works = reviewed(&s.library);
    let [scan, unseen] = works.map(|work| s.library.scans(work).unwrap()[0].id);
    let statements = s.library.statements(works[0]).unwrap();
    let of = |property: &str, affirmed: bool| {
        statements.iter().find(|s| s.property == property && s.state.is_affirmed() == affirmed).unwrap().id
    };
    let linked = vec![of("inscription", true), of("tag", false)];
    let draw = |scan, shape, note: Option<&str>, statements| {
        let content = RegionContent { shape, note: note.map(str::to_owned), statements };
        s.library.add_region(scan, content, "Anna", at(10)).unwrap()
    };
    draw(scan, Shape::Rectangle { x: 700, y: 800, width: 90, height: 40 }, Some("lower right"), linked);
    draw(scan, Shape::Polygon(vec![(0, 0), (10, 0), (0, 10)]), None, vec![]);
    let gone = draw(scan, Shape::Point { x: 5, y: 6 }, None, vec![]);
    s.library.remove_region(gone, "Anna", at(11)).unwrap();
    draw(unseen, Shape::Point { x: 7, y: 8 }, None, vec![]);

    let records = records(&s.library, &works, false).unwrap();
    let out = tempfile::tempdir().unwrap();
    let exported = write_into_folder(Format::Iiif, &records, &issuer(), at(60), out.path(), "iiif").unwrap();
    let regions = |work: i64| -> Vec<Value> {
        let manifest = std::fs::read(exported.path.join(format!("manifest/{work}.json"))).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let pages = manifest["items"][0]["annotations"].as_array().cloned().unwrap_or_default();
        let page = pages.iter().find(|page| page["id"].as_str().unwrap().ends_with("/regions"));
        page.map_or_else(Vec::new, |page| page["items"].as_array().unwrap().clone())
    };
    let first = regions(works[0].0);
    assert_eq!(first.len(), 2, "what was removed stays at home");
    let said: Vec<&str> = first[0]["body"].as_array().unwrap().iter().map(|b| b["value"].as_str().unwrap()).collect();
    assert_eq!(said, ["lower right", "inscription: Renoir 76"], "what is not in the record is not in the annotation");
    assert_eq!(first[0]["target"]["selector"]["value"], "xywh=pixel:700,800,90,40");
    assert_eq!(first[1]["target"]["selector"]["type"], "SvgSelector");
    assert_eq!(regions(works[1].0)[0]["target"]["selector"]["value"], json!("xywh=pixel:7,8,1,1"));

    let lost = |format| losses(format, &records).unwrap().iter().any(|loss| loss.property == "region");
    assert!(!lost(Format::Iiif) && lost(Format::Lido), "other formats say that they carry none");
}
