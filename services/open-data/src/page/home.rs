//! The first page: all sets.

use std::fmt::{self, Write as _};

use super::words::grouped;
use super::{Depth, Page};
use crate::config::Site;
use crate::html::escaped;
use crate::published::SetState;

pub(crate) fn home(site: &Site, sets: &[SetState<'_>]) -> String {
    let mut band = String::new();
    let _ = write_band(&mut band, site, sets);
    let head = "<link rel=\"alternate\" type=\"text/turtle\" href=\"catalog.ttl\">\n<link rel=\"alternate\" type=\"application/ld+json\" href=\"catalog.jsonld\">\n";
    let mut page = Page::new(site, &escaped(&site.title.vi), head, &band);
    let _ = write_cards(&mut page.html, sets);
    page.finish(site, Depth::Home)
}

fn write_band(band: &mut String, site: &Site, sets: &[SetState<'_>]) -> fmt::Result {
    writeln!(
        band,
        "<h1>{}</h1>\n<p class=\"en\" lang=\"en\">{}</p>\n\
         <p class=\"lead\">{} bộ dữ liệu của tỉnh, ai cũng được tải về và dùng lại, không cần đăng ký. \
         <span class=\"en\" lang=\"en\">{} sets, free to download and reuse, no account needed.</span></p>",
        escaped(&site.title.vi),
        escaped(&site.title.en),
        sets.len(),
        sets.len(),
    )
}

fn write_cards(html: &mut String, sets: &[SetState<'_>]) -> fmt::Result {
    html.push_str("<ul class=\"cards\">\n");
    for state in sets {
        let set = state.set;
        writeln!(
            html,
            "<li class=\"card\"><h2><a href=\"{}/\">{}</a></h2>\n<p class=\"en\" lang=\"en\">{}</p>",
            set.id,
            escaped(&set.name.vi),
            escaped(&set.name.en)
        )?;
        if let Some(about) = &set.about {
            writeln!(html, "<p>{}</p>", escaped(&about.vi))?;
        }
        write_foot(html, state)?;
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
    Ok(())
}

fn write_foot(html: &mut String, state: &SetState<'_>) -> fmt::Result {
    let Some(snapshot) = &state.snapshot else {
        return writeln!(
            html,
            "<div class=\"foot\"><p>Chưa công bố <span class=\"en\" lang=\"en\">Not published yet</span></p></div>"
        );
    };
    html.push_str("<ul class=\"tags\" aria-label=\"Định dạng\">");
    let mut formats: Vec<_> = snapshot
        .manifest
        .files()
        .map(|file| file.format)
        .filter(|format| format.is_data())
        .collect();
    formats.sort_unstable();
    formats.dedup();
    for format in formats {
        write!(html, "<li>{}</li>", format.name())?;
    }
    let rows: u64 = snapshot.manifest.resources.iter().map(|resource| resource.rows).sum();
    write!(
        html,
        "</ul>\n<div class=\"foot\"><p>Cập nhật <time datetime=\"{slot}\">{}</time></p>\
         <p lang=\"en\">Updated {}</p><p>{} dòng <span lang=\"en\">· {} rows</span></p></div>",
        snapshot.published_at.vi(),
        snapshot.published_at.en(),
        grouped(rows),
        grouped(rows).replace('.', ","),
        slot = snapshot.published_at,
    )
}
