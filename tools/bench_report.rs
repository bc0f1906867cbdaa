//! What a run found, as a table (Markdown), as JSON, and as a plot (SVG).

use std::fmt::Write;

use crate::bench_load::Sample;

/// A line of the table.
pub struct Row {
    /// The load.
    pub name: String,
    /// At most this part of the better peer's processor time: what the project promises.
    pub bound: f64,
    /// Per server, Redoxide first: one sample for each round.
    pub samples: Vec<Vec<Sample>>,
}

impl Row {
    /// The median processor time per request of each server, in microseconds.
    pub fn cpus(&self) -> Vec<f64> {
        self.samples.iter().map(|of| median(of, |sample| sample.cpu)).collect()
    }
}

/// The middle of the figures.
pub fn median<T>(items: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut figures: Vec<f64> = items.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[middle] } else { f64::midpoint(figures[middle - 1], figures[middle]) }
}

/// All rows with medians and ranges, for other programs.
pub fn json(titles: &[String], rows: &[Row]) -> String {
    let mut out = String::from("{\"unit\": \"us of server processor time per request\", \"rows\": [");
    for (i, row) in rows.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        _ = write!(out, "{comma}\n  {{\"load\": \"{}\", \"bound\": {}, \"servers\": [", row.name, row.bound);
        for (j, (title, of)) in titles.iter().zip(&row.samples).enumerate() {
            let low = of.iter().map(|s| s.cpu).fold(f64::INFINITY, f64::min);
            let high = of.iter().map(|s| s.cpu).fold(0.0, f64::max);
            let (cpu, rate) = (median(of, |s| s.cpu), median(of, |s| s.per_second));
            let comma = if j == 0 { "" } else { ", " };
            _ = write!(
                out,
                "{comma}{{\"server\": \"{title}\", \"us\": {cpu:.4}, \"low\": {low:.4}, \"high\": {high:.4}, \
                 \"per_second\": {rate:.0}}}"
            );
        }
        out.push_str("]}");
    }
    out.push_str("\n]}\n");
    out
}

/// Bars of processor time, each as a part of the slowest server's in its row.
pub fn svg(titles: &[String], rows: &[Row]) -> String {
    const COLOURS: [&str; 4] = ["#b7410e", "#8899aa", "#556677", "#bbbbbb"];
    const LABEL: usize = 290;
    const WIDTH: usize = 420;
    const BAR: usize = 11;
    const GAP: usize = 10;
    let each = titles.len() * BAR + GAP;
    let height = 40 + rows.len() * each;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n",
        LABEL + WIDTH + 90
    );
    for (i, title) in titles.iter().enumerate() {
        let (x, colour) = (LABEL + i * 150, COLOURS[i % COLOURS.len()]);
        _ = writeln!(out, "<rect x=\"{x}\" y=\"8\" width=\"10\" height=\"10\" fill=\"{colour}\"/>");
        _ = writeln!(out, "<text x=\"{}\" y=\"17\">{title}</text>", x + 14);
    }
    for (r, row) in rows.iter().enumerate() {
        let top = 34 + r * each;
        _ = writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", LABEL - 8, top + each / 2, row.name);
        let cpus = row.cpus();
        let most = cpus.iter().copied().fold(0.0, f64::max);
        for (i, cpu) in cpus.iter().enumerate() {
            let (y, width) = (top + i * BAR, cpu / most * WIDTH as f64);
            let colour = COLOURS[i % COLOURS.len()];
            _ = writeln!(
                out,
                "<rect x=\"{LABEL}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                BAR - 1
            );
            _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{}\" font-size=\"9\">{cpu:.3} µs</text>",
                LABEL as f64 + width + 4.0,
                y + 8
            );
        }
    }
    out.push_str("</svg>\n");
    out
}
