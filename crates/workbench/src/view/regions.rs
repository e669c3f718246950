//! Parts of scans that somebody pointed at, and how large what a scan shows is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A part of a scan that somebody pointed at, as evidence for statements.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RegionView {
    /// The region.
    #[ts(type = "number")]
    pub id: i64,
    /// The scan that it is a part of.
    #[ts(type = "number")]
    pub scan: i64,
    /// What it is.
    pub content: RegionContentView,
    /// Who drew it or changed it last.
    pub person: String,
    /// When (RFC 3339).
    pub at: String,
}

/// What a person says of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RegionContentView {
    /// Where it is.
    pub shape: ShapeView,
    /// What is seen there.
    pub note: Option<String>,
    /// The statements that it is evidence for.
    #[ts(type = "Array<number>")]
    pub statements: Vec<i64>,
}

/// A part of a scan, in pixels of the upright picture from its upper left corner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ShapeView {
    /// A rectangle along the scan's edges.
    Rectangle {
        /// Its left edge.
        x: u32,
        /// Its upper edge.
        y: u32,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A polygon by its corners.
    Polygon {
        /// The corners, each from the left and from above.
        corners: Vec<(u32, u32)>,
    },
    /// One pixel.
    Point {
        /// From the left.
        x: u32,
        /// From above.
        y: u32,
    },
}

/// How large what a scan shows is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScaleView {
    /// Millimetres of the work for a pixel of the scan.
    pub millimetres: f64,
    /// How that is known.
    pub known: ScaleKnown,
}

/// How a scan's scale is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum ScaleKnown {
    /// By dimensions that somebody stands by, which have the shape of the scan.
    Dimensions {
        /// As they are written in the record.
        value: String,
    },
    /// By the pixels per inch that the scan's file names, which are right for flat originals on a scanner.
    Resolution {
        /// Pixels per inch.
        density: f64,
    },
}
