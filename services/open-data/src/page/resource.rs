//! One resource on its set's page: files, map, first rows, columns.

use std::fmt::{self, Write as _};
use std::path::Path;

use bangioc_schemas::contract::ColumnType;

use super::both;
use super::words::{grouped, is_number, size, type_name};
use crate::csv_rows::CsvRows;
use crate::format::Format;
use crate::html::escaped;
use crate::manifest::{Manifest, ResourceEntry};
use crate::set::{Geometry, Resource};

/// Rows of the preview.
const PREVIEW: usize = 20;

/// Characters of a cell that a preview shows.
const CELL: usize = 120;

pub(super) fn write_files(
    html: &mut String,
    manifest: &Manifest,
    resource: &Resource,
    entry: &ResourceEntry,
) -> fmt::Result {
    writeln!(
        html,
        "<section class=\"panel\" aria-labelledby=\"r-{name}\"><h3 id=\"r-{name}\">{} <span class=\"en\" lang=\"en\">{}</span></h3>\n\
         <p>{} dòng <span class=\"en\" lang=\"en\">· {} rows</span></p>\n\
         <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Tệp: {}\"><table>\n\
         <thead><tr><th scope=\"col\">Tải về<span class=\"en\" lang=\"en\">Download</span></th><th scope=\"col\" class=\"num\">Kích thước<span class=\"en\" lang=\"en\">Size</span></th>\
         <th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>",
        escaped(&resource.title.vi),
        escaped(&resource.title.en),
        grouped(entry.rows),
        grouped(entry.rows).replace('.', ","),
        escaped(&resource.title.vi),
        name = resource.name,
    )?;
    for file in entry.files.iter().filter(|file| file.format.is_data()) {
        writeln!(
            html,
            "<tr><th scope=\"row\"><a class=\"get\" href=\"{}/{}\" download>{}</a></th><td class=\"num\">{}</td><td><code class=\"hash\">{}</code></td></tr>",
            manifest.revision,
            file.path,
            file.format.name(),
            size(file.bytes),
            file.sha256
        )?;
    }
    html.push_str("</tbody></table></div>\n</section>\n");
    Ok(())
}

/// A map and the first rows; what cannot be read is left out, the files say it all.
pub(super) fn write_look(
    html: &mut String,
    folder: &Path,
    resource: &Resource,
    entry: &ResourceEntry,
) -> fmt::Result {
    if let Some(svg) = entry
        .file(Format::Map)
        .and_then(|file| std::fs::read_to_string(folder.join(&file.path)).ok())
    {
        writeln!(
            html,
            "<figure>{svg}<figcaption>Vị trí trong “{}”, WGS 84. <span class=\"en\" lang=\"en\">Locations in “{}”.</span></figcaption></figure>",
            escaped(&resource.title.vi),
            escaped(&resource.title.en)
        )?;
    }
    let rows = entry.file(Format::Csv).and_then(|file| {
        let rows = CsvRows::open(&folder.join(&file.path), &resource.fields).ok()?;
        rows.take(PREVIEW).collect::<Result<Vec<_>, _>>().ok()
    });
    let Some(rows) = rows.filter(|rows| !rows.is_empty()) else {
        return Ok(());
    };
    writeln!(
        html,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Những dòng đầu: {}\"><table class=\"preview\">\n\
         <caption>{} dòng đầu của “{}” <span lang=\"en\">(first rows)</span></caption>\n<thead><tr>",
        escaped(&resource.title.vi),
        rows.len(),
        escaped(&resource.title.vi),
    )?;
    for field in &resource.fields {
        write!(
            html,
            "<th scope=\"col\"{}>{}<span class=\"en\"><code>{}</code></span></th>",
            if is_number(&field.column_type) { " class=\"num\"" } else { "" },
            escaped(&field.label.vi),
            field.name
        )?;
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &rows {
        html.push_str("<tr>");
        for (i, (cell, field)) in row.iter().zip(&resource.fields).enumerate() {
            let Some(text) = cell else {
                html.push_str("<td class=\"none\">–</td>");
                continue;
            };
            if resource.geometry == Some(Geometry::Column(i)) {
                write!(html, "<td class=\"none\">{}</td>", escaped(geometry_kind(text)))?;
                continue;
            }
            if field.column_type == ColumnType::Bytea {
                write!(
                    html,
                    "<td class=\"none\">{}</td>",
                    size((text.len() as u64).saturating_sub(2) / 2)
                )?;
                continue;
            }
            let class = if is_number(&field.column_type) {
                "num"
            } else if text.chars().count() > 24 {
                "raw"
            } else {
                ""
            };
            write!(html, "<td{}>{}</td>", attribute(class), escaped(&shortened(text)))?;
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    Ok(())
}

pub(super) fn write_columns(html: &mut String, resource: &Resource) -> fmt::Result {
    writeln!(
        html,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Các cột: {}\"><table>\n<caption>{} <span lang=\"en\">– {}</span></caption>\n\
         <thead><tr><th scope=\"col\">Cột<span class=\"en\" lang=\"en\">Column</span></th><th scope=\"col\">Ý nghĩa<span class=\"en\" lang=\"en\">Meaning</span></th>\
         <th scope=\"col\">Kiểu<span class=\"en\" lang=\"en\">Type</span></th></tr></thead>\n<tbody>",
        escaped(&resource.title.vi),
        escaped(&resource.title.vi),
        escaped(&resource.title.en),
    )?;
    for (i, field) in resource.fields.iter().enumerate() {
        let key = if resource.key.contains(&i) {
            " <span class=\"key\">khóa <span lang=\"en\">key</span></span>"
        } else {
            ""
        };
        let (vi, en) = type_name(&field.column_type);
        let about =
            field.about.as_ref().map_or(String::new(), |about| format!("<p>{}</p>", both(about)));
        writeln!(
            html,
            "<tr><th scope=\"row\"><code>{}</code>{key}</th><td>{}{about}</td><td>{vi}<span class=\"en\" lang=\"en\">{en}</span></td></tr>",
            field.name,
            both(&field.label),
        )?;
    }
    html.push_str("</tbody></table></div>\n");
    Ok(())
}

fn attribute(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `Polygon` out of GeoJSON.
fn geometry_kind(text: &str) -> &str {
    let after = text.split_once("\"type\"").and_then(|(_, after)| after.split_once('"'));
    after.and_then(|(_, after)| after.split_once('"')).map_or("GeoJSON", |(kind, _)| kind)
}
