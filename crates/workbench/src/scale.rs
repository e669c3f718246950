//! How large what a scan shows is: by the dimensions that somebody stands by, else by the resolution that the scan's file names.

use vitrine_catalogue::{Measure, MeasureKind, Scan, ScanId, Unit, read_measures};
use vitrine_imaging::{Limits, ScanFile};

use crate::{
    Workbench, WorkbenchError,
    view::{ScaleKnown, ScaleView},
};

/// How far height and width may disagree about the scale, as a share. Beyond that the scan shows a frame, a margin or a detail, and dimensions of the
/// work are not those of the picture.
const DISAGREEMENT: f64 = 0.05;

/// Pixels per inch that programs write where nobody has measured anything.
const MEANINGLESS: [f64; 3] = [1.0, 72.0, 96.0];

const INCH: f64 = 25.4;

impl Workbench {
    /// How large what a scan shows is; none where neither the record nor the file says so.
    pub fn scale(&self, scan: i64) -> Result<Option<ScaleView>, WorkbenchError> {
        let scan = self.0.catalogue.scan(ScanId(scan))?;
        let statements = self.0.catalogue.statements(scan.work)?;
        let dimensions = statements.iter().filter(|s| s.property == "dimensions" && s.state.is_affirmed());
        let by_dimensions = dimensions.filter_map(|s| s.value.as_deref()).find_map(|value| by_dimensions(value, &scan));
        Ok(by_dimensions.or_else(|| by_resolution(&scan)))
    }
}

fn by_dimensions(value: &str, scan: &Scan) -> Option<ScaleView> {
    let measures = read_measures(value)?;
    let millimetres = measures.0.iter().find_map(|group| {
        let length = |kind: MeasureKind| group.measures.iter().find(|m| m.kind == kind).and_then(in_millimetres);
        let down = length(MeasureKind::Height)? / f64::from(scan.height);
        let across = length(MeasureKind::Width)? / f64::from(scan.width);
        let mean = (down + across) / 2.0;
        ((down - across).abs() <= DISAGREEMENT * mean && mean > 0.0).then_some(mean)
    })?;
    Some(ScaleView { millimetres, known: ScaleKnown::Dimensions { value: value.to_owned() } })
}

fn in_millimetres(measure: &Measure) -> Option<f64> {
    let unit = match measure.unit {
        Unit::Millimetre => 1.0,
        Unit::Centimetre => 10.0,
        Unit::Metre => 1000.0,
        Unit::Inch => INCH,
        Unit::Foot => 12.0 * INCH,
        Unit::Gram | Unit::Kilogram | Unit::Ounce | Unit::Pound => return None,
    };
    Some(measure.amount.value() * unit)
}

/// What the file says. One that cannot be read says nothing: the viewer tells that in its own place.
fn by_resolution(scan: &Scan) -> Option<ScaleView> {
    let [across, down] = ScanFile::read(&scan.path, &Limits::default()).ok()?.metadata().resolution?;
    let per_inch = (across + down) / 2.0;
    let odd = (across - down).abs() > DISAGREEMENT * per_inch || MEANINGLESS.contains(&per_inch.round());
    (!odd && per_inch > 0.0)
        .then(|| ScaleView { millimetres: INCH / per_inch, known: ScaleKnown::Resolution { density: per_inch } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scan(width: u32, height: u32) -> Scan {
        Scan {
            id: ScanId(1),
            work: vitrine_catalogue::WorkId(1),
            path: "/nowhere/a.tif".into(),
            sha256: String::new(),
            page: 0,
            bytes: 0,
            width,
            height,
            format: "TIFF".into(),
            fingerprint: None,
            imported_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn dimensions_of_the_pictures_shape_give_the_scale() {
        let known =
            |value: &str| by_dimensions(value, &scan(1000, 800)).map(|scale| (scale.millimetres * 1000.0).round());
        assert_eq!(known("40 × 50 cm"), Some(500.0));
        assert_eq!(known("H. 15.75 in.; W. 19.7 in."), None, "two groups do not belong together");
        assert_eq!(known("15 3/4 × 19 11/16 in."), Some(500.0));
        assert_eq!(
            known("framed: 60 × 70 cm; sheet: 400 × 500 mm"),
            Some(500.0),
            "the part that has the picture's shape"
        );
    }

    #[test]
    fn a_file_that_was_scanned_at_600_to_the_inch_says_so() {
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../imaging/tests/fixtures/metadata.tif");
        let known = by_resolution(&Scan { path: fixture.into(), ..scan(12, 8) }).unwrap();
        assert_eq!(known.known, ScaleKnown::Resolution { density: 600.0 });
        assert!((known.millimetres - 0.042_333).abs() < 1e-5);
    }

    #[test]
    fn dimensions_of_another_shape_give_none() {
        for value in ["50 × 40 cm", "40 cm", "Wt. 3 kg", "large", "0 × 0 cm"] {
            assert_eq!(by_dimensions(value, &scan(1000, 800)), None, "{value}");
        }
        assert_eq!(by_resolution(&scan(10, 10)), None, "a file that is not there says nothing");
    }
}
