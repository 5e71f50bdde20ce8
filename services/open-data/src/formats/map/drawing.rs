//! The picture as text. Colours are attributes, so that a file stands by itself; the page's style goes
//! before them by class.

use std::collections::HashSet;
use std::fmt::Write as _;

use bangioc_schemas::contract::Label;

use super::frame::{MapFrame, WIDTH};
use super::{Place, Shapes};
use crate::html::escaped;

/// Side of the cell, in pixels, in which one point stands for all.
const CELL: f64 = 1.5;

pub(super) fn draw(shapes: &Shapes, title: &Label, places: u64) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = match MapFrame::around(shapes.all()) {
        Some(frame) => write_map(&mut svg, shapes, &frame, title, places),
        None => write_empty(&mut svg, title),
    };
    svg
}

fn head(svg: &mut String, height: f64, title: &str) -> std::fmt::Result {
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
         aria-label=\"{}\" font-family=\"sans-serif\" font-size=\"12\">",
        escaped(title)
    )?;
    writeln!(
        svg,
        "<rect class=\"map-ground\" width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#f3f7f6\"/>"
    )
}

fn write_empty(svg: &mut String, title: &Label) -> std::fmt::Result {
    head(svg, 120.0, &title.vi)?;
    svg.push_str(
        "<text class=\"map-label\" x=\"360\" y=\"64\" text-anchor=\"middle\" fill=\"#4a5d5b\">Không có vị trí nào – no places</text>\n</svg>\n",
    );
    Ok(())
}

fn write_map(
    svg: &mut String,
    shapes: &Shapes,
    frame: &MapFrame,
    title: &Label,
    places: u64,
) -> std::fmt::Result {
    head(
        svg,
        frame.height,
        &format!(
            "Sơ đồ vị trí: {}; {places} đối tượng. Locations: {}; {places} features.",
            title.vi, title.en
        ),
    )?;
    grid(svg, frame)?;
    paths(svg, frame, &shapes.rings, true)?;
    paths(svg, frame, &shapes.lines, false)?;
    points(svg, frame, &shapes.points)?;
    let (km, length) = frame.scale_bar();
    let (x, y) = (WIDTH - length - 16.0, frame.height - 14.0);
    writeln!(
        svg,
        "<path class=\"map-scale\" d=\"M{x:.1} {y:.1}v-5m0 5h{length}v-5\" fill=\"none\" stroke=\"#24403d\" stroke-width=\"1.5\"/>\
         <text class=\"map-label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#24403d\">{km} km</text>\n</svg>",
        x + length / 2.0,
        y - 8.0
    )
}

fn grid(svg: &mut String, frame: &MapFrame) -> std::fmt::Result {
    let mut lines = String::new();
    let mut labels = String::new();
    for (degrees, x) in frame.meridians() {
        write!(lines, "M{x} 0v{:.0}", frame.height)?;
        // The corner belongs to the parallels' labels.
        if (60.0..WIDTH - 30.0).contains(&x) {
            write!(
                labels,
                "<text x=\"{x}\" y=\"14\" text-anchor=\"middle\">{}° Đ</text>",
                comma(degrees)
            )?;
        }
    }
    for (degrees, y) in frame.parallels() {
        write!(lines, "M0 {y}h{WIDTH}")?;
        if (24.0..frame.height - 6.0).contains(&y) {
            write!(labels, "<text x=\"6\" y=\"{:.1}\">{}° B</text>", y - 3.0, comma(degrees))?;
        }
    }
    writeln!(
        svg,
        "<path class=\"map-grid\" d=\"{lines}\" fill=\"none\" stroke=\"#cfdcd9\"/>\n<g class=\"map-label\" fill=\"#4a5d5b\">{labels}</g>"
    )
}

/// As numbers are written in Viet Nam; a degree's second decimal only where the grid is that fine.
fn comma(degrees: f64) -> String {
    let text = format!("{degrees:.2}");
    text.strip_suffix('0').unwrap_or(&text).replace('.', ",")
}

fn paths(svg: &mut String, frame: &MapFrame, all: &[Vec<Place>], closed: bool) -> std::fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    let mut path = String::new();
    for vertices in all {
        let mut last = None;
        for &vertex in vertices {
            let at = frame.on(vertex);
            // What moves less than a pixel's tenth is the same place.
            if last == Some(at) {
                continue;
            }
            write!(path, "{}{} {}", if last.is_none() { 'M' } else { 'L' }, at.0, at.1)?;
            last = Some(at);
        }
        if closed {
            path.push('Z');
        }
    }
    let (class, fill) = if closed { ("map-area", "#0b7a75") } else { ("map-line", "none") };
    writeln!(
        svg,
        "<path class=\"{class}\" d=\"{path}\" fill=\"{fill}\" fill-opacity=\"0.25\" fill-rule=\"evenodd\" stroke=\"#0b5f5b\" stroke-width=\"1\" stroke-linejoin=\"round\"/>"
    )
}

/// All of them one path of round-capped strokes without length: a fifth of the size of circles.
fn points(svg: &mut String, frame: &MapFrame, all: &[Place]) -> std::fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    let mut taken = HashSet::new();
    let mut path = String::new();
    for &point in all {
        let (x, y) = frame.on(point);
        if taken.insert(((x / CELL).round().to_bits(), (y / CELL).round().to_bits())) {
            write!(path, "M{x} {y}h0")?;
        }
    }
    let width = if taken.len() > 2000 { 4 } else { 8 };
    writeln!(
        svg,
        "<path class=\"map-point-edge\" d=\"{path}\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"{}\" stroke-linecap=\"round\"/>\n\
         <path class=\"map-point\" d=\"{path}\" fill=\"none\" stroke=\"#c2410c\" stroke-width=\"{width}\" stroke-linecap=\"round\"/>",
        width + 2
    )
}
