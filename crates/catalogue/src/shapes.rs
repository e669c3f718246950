//! The shape of a region, and the selectors of the W3C's Web Annotation model that it is kept and handed on as.
//!
//! A rectangle and a point are a `FragmentSelector` by the rules of Media Fragments (`xywh=pixel:`), a polygon is an `SvgSelector`. A point is the one
//! pixel that it names. Everything is counted in pixels of the upright scan, from its upper left corner.

use serde_json::{Value, json};

/// Corners beyond these are a slip of the hand, not a shape.
pub(crate) const MOST_CORNERS: usize = 2000;

const MEDIA_FRAGMENTS: &str = "http://www.w3.org/TR/media-frags/";

/// A part of a scan, in pixels of the upright picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A rectangle along the scan's edges.
    Rectangle {
        /// Its left edge.
        x: u32,
        /// Its upper edge.
        y: u32,
        /// Pixels across, at least 1.
        width: u32,
        /// Pixels down, at least 1.
        height: u32,
    },
    /// A polygon by its corners, at least three; it is closed without naming the first one again.
    Polygon(Vec<(u32, u32)>),
    /// One pixel.
    Point {
        /// From the left.
        x: u32,
        /// From above.
        y: u32,
    },
}

impl Shape {
    /// The selector that stands for it, as JSON.
    pub fn selector(&self) -> Value {
        let fragment =
            |value: String| json!({"type": "FragmentSelector", "conformsTo": MEDIA_FRAGMENTS, "value": value});
        match self {
            Self::Rectangle { x, y, width, height } => fragment(format!("xywh=pixel:{x},{y},{width},{height}")),
            Self::Point { x, y } => fragment(format!("xywh=pixel:{x},{y},1,1")),
            Self::Polygon(corners) => {
                let corners: Vec<String> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
                let svg = format!(
                    r#"<svg xmlns="http://www.w3.org/2000/svg"><polygon points="{}"/></svg>"#,
                    corners.join(" ")
                );
                json!({"type": "SvgSelector", "value": svg})
            }
        }
    }

    /// What a selector of [`Shape::selector`]'s forms stands for; none for any other.
    pub fn from_selector(selector: &Value) -> Option<Self> {
        let value = selector.get("value")?.as_str()?;
        match selector.get("type")?.as_str()? {
            "FragmentSelector" => {
                let numbers: Option<Vec<u32>> =
                    value.strip_prefix("xywh=pixel:")?.split(',').map(|number| number.parse().ok()).collect();
                let [x, y, width, height] = numbers?.try_into().ok()?;
                Some(if (width, height) == (1, 1) {
                    Self::Point { x, y }
                } else {
                    Self::Rectangle { x, y, width, height }
                })
            }
            "SvgSelector" => {
                let points = value.split_once("<polygon points=\"")?.1.split_once('"')?.0;
                let corners: Option<Vec<(u32, u32)>> = points
                    .split_ascii_whitespace()
                    .map(|corner| corner.split_once(',').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?))))
                    .collect();
                corners.map(Self::Polygon)
            }
            _ => None,
        }
    }

    /// What keeps it from being a part of a scan of this size, in words; none where nothing does.
    pub(crate) fn fault(&self, width: u32, height: u32) -> Option<&'static str> {
        let outside = "it lies outside the scan";
        match self {
            Self::Rectangle { width: 0, .. } | Self::Rectangle { height: 0, .. } => Some("it is empty"),
            Self::Rectangle { x, y, width: across, height: down } => {
                let beyond = |from: u32, size: u32, whole: u32| from.checked_add(size).is_none_or(|end| end > whole);
                (beyond(*x, *across, width) || beyond(*y, *down, height)).then_some(outside)
            }
            Self::Point { x, y } => (*x >= width || *y >= height).then_some(outside),
            Self::Polygon(corners) if corners.len() < 3 => Some("a polygon has at least three corners"),
            Self::Polygon(corners) if corners.len() > MOST_CORNERS => Some("it has more than 2,000 corners"),
            Self::Polygon(corners) => corners.iter().any(|(x, y)| *x > width || *y > height).then_some(outside),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn selectors_stand_for_shapes() {
        for shape in [
            Shape::Rectangle { x: 3, y: 0, width: 20, height: 1 },
            Shape::Point { x: 7, y: 9 },
            Shape::Polygon(vec![(0, 0), (30, 0), (15, 22)]),
        ] {
            assert_eq!(Shape::from_selector(&shape.selector()), Some(shape));
        }
        assert_eq!(Shape::Point { x: 7, y: 9 }.selector()["value"], "xywh=pixel:7,9,1,1");
    }

    #[test]
    fn other_selectors_are_not_understood() {
        for (kind, value) in [
            ("FragmentSelector", "xywh=percent:1,2,3,4"),
            ("FragmentSelector", "xywh=pixel:1,2,3"),
            ("FragmentSelector", "xywh=pixel:1,2,3,-4"),
            ("SvgSelector", "<svg><circle r=\"3\"/></svg>"),
            ("SvgSelector", "<svg><polygon points=\"1,2 3\"/></svg>"),
            ("CssSelector", "p"),
        ] {
            assert_eq!(Shape::from_selector(&json!({"type": kind, "value": value})), None, "{value}");
        }
    }

    #[test]
    fn shapes_lie_within_their_scan() {
        let fault = |shape: Shape| shape.fault(300, 200);
        assert_eq!(fault(Shape::Rectangle { x: 0, y: 0, width: 300, height: 200 }), None);
        assert!(fault(Shape::Rectangle { x: 1, y: 0, width: 300, height: 200 }).is_some());
        assert!(fault(Shape::Rectangle { x: u32::MAX, y: 0, width: 2, height: 2 }).is_some());
        assert!(fault(Shape::Rectangle { x: 1, y: 1, width: 0, height: 2 }).is_some());
        assert!(fault(Shape::Point { x: 300, y: 0 }).is_some());
        assert_eq!(fault(Shape::Polygon(vec![(0, 0), (300, 0), (300, 200)])), None);
        assert!(fault(Shape::Polygon(vec![(0, 0), (300, 0)])).is_some());
        assert!(fault(Shape::Polygon(vec![(0, 0); MOST_CORNERS + 1])).is_some());
    }
}
