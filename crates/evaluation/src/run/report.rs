//! The report: one HTML file with its plots inside, for people who read it years later without this program.

use std::fmt::Write;

use super::figures::{Curves, Figure};
use super::score::RunReport;
use crate::plots::{self, STYLE, escaped};

/// The whole document.
pub(super) fn html(run: &RunReport) -> String {
    let environment = &run.environment;
    let title = format!("{}: {}", capital(environment.task.name()), environment.pack.id);
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style></head><body><h1>{0}</h1>",
        escaped(&title)
    );
    page.push_str("<table>");
    let facts = [
        ("Data", format!("{} ({} items)", environment.data, environment.items)),
        ("Data’s SHA-256", environment.data_sha256.clone()),
        ("Pack", format!("{} {}", environment.pack.id, environment.pack.version)),
        ("Weights’ SHA-256", environment.pack.weights_sha256.clone()),
        ("Collections to look up in", environment.knowledge.join("; ")),
        ("Seed, resamples", format!("{}, {}", environment.seed, environment.resamples)),
        (
            "Splits",
            if environment.artist_disjoint { "by painter: those of one are in no other" } else { "the data set’s" }
                .into(),
        ),
        ("Painters", if environment.unseen_artists { "only such as occur in no other split" } else { "all" }.into()),
        (
            "Words in no reference",
            if environment.vocabulary_deletion { "DROPPED before scoring" } else { "kept" }.into(),
        ),
        ("Program", format!("Vitrine {}", environment.version)),
        ("Machine", environment.machine.clone()),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(page, "<tr><th>{name}</th><td>{}</td></tr>", escaped(value));
    }
    page.push_str("</table><h2>Figures</h2>");
    table(&mut page, &run.figures.figures);
    for note in &run.figures.notes {
        let _ = write!(page, "<p class=\"note\">{}</p>", escaped(note));
    }
    for curves in &run.figures.curves {
        property(&mut page, curves);
    }
    if !run.figures.examples.is_empty() {
        page.push_str("<h2>Examples: the worst, the middling, the best</h2><table><tr><th>Asked</th><th>Said</th><th>True</th><th>Score</th></tr>");
        for example in &run.figures.examples {
            let cell = |text: &str| escaped(&shortened(text));
            let _ = write!(
                page,
                "<tr><td>{}<br><small>{}</small></td><td>{}</td><td>{}</td><td class=\"n\">{:.2}</td></tr>",
                cell(&example.asked),
                cell(&example.id),
                cell(&example.said),
                cell(&example.truth),
                example.score
            );
        }
        page.push_str("</table>");
    }
    if !run.failures.is_empty() {
        let _ = write!(page, "<h2>Not answered</h2><p>{} items; the first of them:</p><ul>", run.failures.len());
        for (id, reason) in run.failures.iter().take(20) {
            let _ = write!(page, "<li>{}: {}</li>", escaped(id), escaped(reason));
        }
        page.push_str("</ul>");
    }
    page.push_str("</body></html>\n");
    page
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Where a figure lies on a bar from 0 to 1.
fn share(figure: &Figure, value: f64) -> f64 {
    let most = match figure.scale.as_str() {
        "0 to 100" => 100.0,
        "0 to 10" => 10.0,
        "0 to 1" => 1.0,
        _ => figure.interval.high.max(f64::MIN_POSITIVE) * 1.25,
    };
    (value / most).clamp(0.0, 1.0)
}

fn table(page: &mut String, figures: &[Figure]) {
    page.push_str(
        "<table><tr><th>Of</th><th>Metric</th><th>Figure</th><th>95 % interval</th><th></th><th>Cases</th></tr>",
    );
    for figure in figures {
        let interval = figure.interval;
        let at = |value: f64| 200.0 * share(figure, value);
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{:.4}</td><td class=\"n\">{:.4} – {:.4}</td><td><svg width=\"204\" height=\"14\" role=\"img\" aria-label=\"{:.3}\">\
             <rect x=\"2\" y=\"5\" width=\"200\" height=\"4\" fill=\"#e4e0d6\"/><rect x=\"{:.1}\" y=\"3\" width=\"{:.1}\" height=\"8\" fill=\"#9db4c0\"/>\
             <rect x=\"{:.1}\" y=\"0\" width=\"2\" height=\"14\" fill=\"#1d3557\"/></svg></td><td class=\"n\">{}</td></tr>",
            escaped(&figure.of),
            escaped(&figure.metric),
            interval.value,
            interval.low,
            interval.high,
            interval.value,
            2.0 + at(interval.low),
            (at(interval.high) - at(interval.low)).max(1.0),
            1.0 + at(interval.value),
            figure.cases.len()
        );
    }
    page.push_str("</table>");
}

fn property(page: &mut String, curves: &Curves) {
    let _ = write!(page, "<h2>{}</h2>", escaped(&capital(&curves.of)));
    page.push_str(&plots::reliability(&curves.reliability, curves.calibration_error));

    let points: Vec<String> = curves
        .coverage_risk
        .iter()
        .map(|(coverage, risk)| format!("{:.1},{:.1}", 260.0 * coverage, 260.0 - 260.0 * risk))
        .collect();
    let line =
        format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#1d3557\" stroke-width=\"2\"/>", points.join(" "));
    let caption = format!(
        "Coverage and risk: answering only the surest share of the works, how many of the answers are wrong. Area {:.3}.",
        curves.area_under_risk
    );
    page.push_str(&plots::unit_square(&line, "share answered", "share wrong", &caption));

    let shown = &curves.labels[..curves.labels.len().min(25)];
    let mut rows = String::new();
    for (place, label) in shown.iter().enumerate() {
        let y = place * 16;
        let _ = write!(
            rows,
            "<text x=\"196\" y=\"{}\" text-anchor=\"end\">{} ({})</text><rect x=\"200\" y=\"{}\" width=\"{:.1}\" height=\"12\" fill=\"#9db4c0\"><title>precision {:.2}, recall {:.2}</title></rect><text x=\"{:.1}\" y=\"{}\">{:.2}</text>",
            y + 11,
            escaped(&shorter(&label.label)),
            label.cases,
            y + 1,
            200.0 * label.f1,
            label.precision,
            label.recall,
            204.0 + 200.0 * label.f1,
            y + 11,
            label.f1
        );
    }
    let _ = write!(
        page,
        "<figure><svg width=\"450\" height=\"{0}\" viewBox=\"0 0 450 {0}\">{rows}</svg><figcaption>F1 of the {1} most frequent labels (cases in brackets).</figcaption></figure>",
        shown.len() * 16 + 4,
        shown.len()
    );
    confusion(page, curves);
}

fn shorter(label: &str) -> String {
    if label.chars().count() > 26 { label.chars().take(25).chain(['…']).collect() } else { label.to_owned() }
}

fn confusion(page: &mut String, curves: &Curves) {
    let size = curves.confused.len();
    let mut cells = String::new();
    for (row, counts) in curves.confusion.iter().enumerate() {
        let all = counts.iter().sum::<usize>().max(1) as f64;
        for (column, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = count as f64 / all;
            let _ = write!(
                cells,
                "<rect x=\"{}\" y=\"{}\" width=\"17\" height=\"17\" fill=\"#1d3557\" fill-opacity=\"{:.2}\"><title>{} called {}: {count}</title></rect>",
                190 + column * 18,
                190 + row * 18,
                0.08 + 0.92 * share,
                escaped(&curves.confused[row]),
                escaped(&curves.confused[column])
            );
        }
    }
    for (place, label) in curves.confused.iter().enumerate() {
        let label = escaped(&shorter(label));
        let (x, y) = (190 + place * 18 + 12, 190 + place * 18 + 13);
        let _ = write!(
            cells,
            "<text x=\"184\" y=\"{y}\" text-anchor=\"end\">{label}</text><text x=\"{x}\" y=\"184\" transform=\"rotate(-90 {x} 184)\">{label}</text>"
        );
    }
    let _ = write!(
        page,
        "<figure><svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">{cells}</svg><figcaption>Confusion among the {size} most frequent labels: rows are true, columns were answered; the darker, the larger the share of the row.</figcaption></figure>",
        190 + size * 18 + 6,
        190 + size * 18 + 6
    );
}
