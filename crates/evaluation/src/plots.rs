//! Plots as SVG inside HTML reports, which people read years later without this program.

use std::fmt::Write;

use crate::run::ReliabilityBin;

/// The style sheet of reports.
pub const STYLE: &str = "body{font:16px/1.5 Georgia,serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}\
h1{font-size:1.6em}h2{font-size:1.25em;margin-top:2em;border-top:1px solid #ccc;padding-top:1em}table{border-collapse:collapse;font-size:.9em}\
td,th{padding:.2em .8em .2em 0;text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto;font:12px sans-serif}\
figure{display:inline-block;margin:1em 1.5em 1em 0;vertical-align:top}figcaption{font-size:.9em;max-width:26em}.note{background:#f6f3ea;padding:.5em 1em}";

/// The side of a plot's square, in its own units.
const SIDE: f64 = 260.0;

/// Colours of lines, in the order in which they are drawn.
const LINES: [&str; 4] = ["#1d3557", "#b5532b", "#4d7c5a", "#8a6fa8"];

/// A line of a plot.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// One value a step.
    pub values: Vec<f64>,
}

/// Text that may stand between tags and in attributes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A reliability diagram: how often answers of a confidence are right.
pub fn reliability(bins: &[ReliabilityBin], calibration_error: f64) -> String {
    let answers: usize = bins.iter().map(|bin| bin.answers).sum();
    let mut bars = String::new();
    for bin in bins.iter().filter(|bin| bin.answers > 0) {
        let x = bin.from * SIDE;
        let width = SIDE / bins.len() as f64 - 2.0;
        let _ = write!(
            bars,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"#9db4c0\"><title>{} answers, {:.2} sure, {:.2} right</title></rect><circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#1d3557\"/>",
            x + 1.0,
            SIDE - SIDE * bin.accuracy,
            SIDE * bin.accuracy,
            bin.answers,
            bin.confidence,
            bin.accuracy,
            SIDE * bin.confidence,
            SIDE - SIDE * bin.accuracy
        );
    }
    let diagonal =
        format!("<line x1=\"0\" y1=\"{SIDE}\" x2=\"{SIDE}\" y2=\"0\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>");
    let caption = format!(
        "Reliability: how often answers of a confidence are right ({answers} answers). On the broken line they would be as sure as they are right. Expected calibration error {calibration_error:.3}."
    );
    unit_square(&format!("{bars}{diagonal}"), "confidence", "share right", &caption)
}

/// What is `inside`, drawn over a square of 260 units a side, both of whose axes go from 0 to 1.
pub fn unit_square(inside: &str, x: &str, y: &str, caption: &str) -> String {
    square(inside, (x, ["0", "1"]), (y, ["0", "1"]), caption)
}

/// Lines over the same steps, counted from 1; the axis upwards goes from 0 to the largest value, or to `most`.
pub fn lines(lines: &[Line], x: &str, y: &str, most: Option<f64>, caption: &str) -> String {
    let values = || lines.iter().flat_map(|line| &line.values).copied();
    let top = most.unwrap_or_else(|| values().fold(0.0, f64::max)).max(f64::MIN_POSITIVE);
    let steps = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let mut inside = String::new();
    for (line, colour) in lines.iter().zip(LINES.iter().cycle()) {
        let points: Vec<String> = line
            .values
            .iter()
            .enumerate()
            .map(|(step, value)| {
                let across = if steps < 2 { 0.0 } else { step as f64 / (steps - 1) as f64 };
                format!("{:.1},{:.1}", SIDE * across, SIDE - SIDE * (value / top).clamp(0.0, 1.0))
            })
            .collect();
        let _ = write!(
            inside,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"><title>{}</title></polyline>",
            points.join(" "),
            escaped(&line.name)
        );
    }
    if lines.len() > 1 {
        for (place, (line, colour)) in lines.iter().zip(LINES.iter().cycle()).enumerate() {
            let y = 16 + 15 * place;
            let _ = write!(
                inside,
                "<rect x=\"8\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"22\" y=\"{y}\">{}</text>",
                y - 9,
                escaped(&line.name)
            );
        }
    }
    let digits = if top < 10.0 { 2 } else { 0 };
    square(&inside, (x, ["1", &steps.to_string()]), (y, ["0", &format!("{top:.digits$}")]), caption)
}

/// A figure with axes: what each is, and where it begins and ends.
fn square(
    inside: &str,
    (x, [left, right]): (&str, [&str; 2]),
    (y, [low, high]): (&str, [&str; 2]),
    caption: &str,
) -> String {
    format!(
        "<figure><svg width=\"320\" height=\"310\" viewBox=\"-40 -10 320 310\"><rect width=\"260\" height=\"260\" fill=\"#faf8f3\" stroke=\"#ccc\"/>{inside}\
         <text x=\"0\" y=\"276\">{left}</text><text x=\"260\" y=\"276\" text-anchor=\"end\">{right}</text><text x=\"130\" y=\"292\" text-anchor=\"middle\">{x}</text>\
         <text x=\"-6\" y=\"260\" text-anchor=\"end\">{low}</text><text x=\"-6\" y=\"10\" text-anchor=\"end\">{high}</text><text x=\"-24\" y=\"130\" text-anchor=\"middle\" transform=\"rotate(-90 -24 130)\">{y}</text>\
         </svg><figcaption>{}</figcaption></figure>",
        escaped(caption)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_its_values() {
        let line = Line { name: "loss <1>".into(), values: vec![4.0, 2.0, 1.0] };
        let svg = lines(&[line], "epoch", "loss", None, "falls");
        assert!(svg.contains("points=\"0.0,0.0 130.0,130.0 260.0,195.0\""), "{svg}");
        assert!(svg.contains("loss &lt;1&gt;") && svg.contains(">4.00</text>") && svg.contains(">3</text>"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_is_an_empty_square() {
        assert!(lines(&[], "epoch", "loss", Some(1.0), "nothing").contains("<figcaption>nothing</figcaption>"));
    }
}
