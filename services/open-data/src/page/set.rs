//! The page of one set: what it is, how fresh, its files, how it looks, its columns, what changed.

use std::fmt::{self, Write as _};

use serde_json::json;

use super::resource::{write_columns, write_files, write_look};
use super::words::{every, grouped};
use super::{Depth, Page, heading};
use crate::config::OpenDataSettings;
use crate::history::{History, Revision};
use crate::html::escaped;
use crate::manifest::{DATAPACKAGE, MANIFEST};
use crate::published::{SetState, Snapshot};
use crate::set::OpenSet;

/// Newest revisions that the page lists; `history.json` has all.
const SHOWN: usize = 30;

pub(crate) fn set_page(settings: &OpenDataSettings, state: &SetState<'_>) -> String {
    let (site, set) = (&settings.site, state.set);
    let band = format!(
        "<p class=\"crumb\"><a href=\"../\">← {}</a></p>\n<h1>{}</h1>\n<p class=\"en\" lang=\"en\">{}</p>\n",
        escaped(&site.title.vi),
        escaped(&set.name.vi),
        escaped(&set.name.en),
    );
    let title = format!("{} – {}", escaped(&set.name.vi), escaped(&site.title.vi));
    let head = state
        .snapshot
        .as_ref()
        .map(|snapshot| linked_data(settings, set, snapshot))
        .unwrap_or_default();
    let mut page = Page::new(site, &title, &head, &band);
    let _ = write_body(&mut page.html, state);
    page.finish(site, Depth::Set)
}

fn write_body(html: &mut String, state: &SetState<'_>) -> fmt::Result {
    let set = state.set;
    if let Some(about) = &set.about {
        writeln!(
            html,
            "<div class=\"pair\"><p>{}</p><p class=\"en\" lang=\"en\">{}</p></div>",
            escaped(&about.vi),
            escaped(&about.en)
        )?;
    }
    let Some(snapshot) = &state.snapshot else {
        return html.write_str(
            "<div class=\"note\"><p>Bộ dữ liệu này chưa được công bố lần nào.</p><p class=\"en\" lang=\"en\">This set has not been published yet.</p></div>\n",
        );
    };
    write_facts(html, set, snapshot)?;
    let resources = || {
        set.resources
            .iter()
            .filter_map(|resource| Some((resource, snapshot.manifest.resource(&resource.name)?)))
    };
    heading(html, "tai-ve", "Tải về", "Download")?;
    for (resource, entry) in resources() {
        write_files(html, &snapshot.manifest, resource, entry)?;
    }
    write_use(html, snapshot)?;
    heading(html, "xem-truoc", "Xem trước", "Preview")?;
    for (resource, entry) in resources() {
        write_look(html, &snapshot.folder, resource, entry)?;
    }
    heading(html, "cac-cot", "Các cột", "Columns")?;
    for (resource, _) in resources() {
        write_columns(html, resource)?;
    }
    heading(html, "lich-su", "Lịch sử thay đổi", "History of changes")?;
    write_history(html, set, &state.history, &snapshot.kept)?;
    if let Some(legal) = &set.legal {
        heading(html, "phap-ly", "Ghi chú pháp lý", "Legal note")?;
        writeln!(
            html,
            "<div class=\"pair\"><p>{}</p><p class=\"en\" lang=\"en\">{}</p></div>",
            escaped(&legal.vi),
            escaped(&legal.en)
        )?;
    }
    Ok(())
}

fn write_facts(html: &mut String, set: &OpenSet, snapshot: &Snapshot) -> fmt::Result {
    html.push_str("<dl class=\"facts\">\n");
    let mut fact = |vi: &str, en: &str, value: &str, value_en: &str| {
        writeln!(
            html,
            "<div><dt>{vi} <span lang=\"en\">· {en}</span></dt><dd>{value}{}</dd></div>",
            if value_en.is_empty() {
                String::new()
            } else {
                format!("<span class=\"en\" lang=\"en\">{value_en}</span>")
            }
        )
    };
    let (often, often_en) = every(set.every_seconds);
    let licence = match set.licence_page() {
        Some(page) => format!("<a rel=\"license\" href=\"{page}\">{}</a>", escaped(&set.licence)),
        None => escaped(&set.licence).into_owned(),
    };
    fact(
        "Thay đổi lần cuối",
        "Last changed",
        &snapshot.published_at.vi(),
        &snapshot.published_at.en(),
    )?;
    if let Some(current) = snapshot.current_at {
        fact("Đúng tới", "Current as of", &current.vi(), &current.en())?;
    }
    fact("Chu kỳ công bố", "Published", &often, &often_en)?;
    fact("Giấy phép", "Licence", &licence, "")?;
    fact("Bản", "Revision", &format!("<code>{}</code>", snapshot.manifest.revision), "")?;
    html.push_str("</dl>\n");
    Ok(())
}

fn write_use(html: &mut String, snapshot: &Snapshot) -> fmt::Result {
    let revision = &snapshot.manifest.revision;
    let name =
        snapshot.manifest.resources.first().map_or("data", |resource| resource.name.as_str());
    writeln!(
        html,
        "<div class=\"note\"><p>Địa chỉ cố định cho bản mới nhất: <a href=\"latest/{name}.csv\"><code>latest/{name}.csv</code></a>. \
         Mô tả cho máy đọc: <a href=\"{revision}/{DATAPACKAGE}\">{DATAPACKAGE}</a>, <a href=\"{revision}/{MANIFEST}\">{MANIFEST}</a>. \
         Trong CSV, văn bản bắt đầu bằng <code>= + - @ '</code> có thêm một dấu <code>'</code> phía trước để bảng tính không chạy nó như công thức.</p>\
         <p class=\"en\" lang=\"en\">Lasting address of the newest revision: <code>latest/{name}.csv</code>. In the CSV, text that begins with \
         <code>= + - @ '</code> has one more <code>'</code> before it, so that no spreadsheet runs it as a formula.</p></div>"
    )
}

fn write_history(
    html: &mut String,
    set: &OpenSet,
    history: &History,
    kept: &[String],
) -> fmt::Result {
    html.push_str(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Lịch sử thay đổi\"><table>\n<thead><tr>\
         <th scope=\"col\">Công bố<span class=\"en\" lang=\"en\">Published</span></th><th scope=\"col\">Bản<span class=\"en\" lang=\"en\">Revision</span></th>\
         <th scope=\"col\">Bảng<span class=\"en\" lang=\"en\">Table</span></th><th scope=\"col\" class=\"num\">Số dòng<span class=\"en\" lang=\"en\">Rows</span></th>\
         <th scope=\"col\" class=\"num\">Thêm<span class=\"en\" lang=\"en\">Added</span></th><th scope=\"col\" class=\"num\">Bớt<span class=\"en\" lang=\"en\">Removed</span></th>\
         <th scope=\"col\" class=\"num\">Sửa<span class=\"en\" lang=\"en\">Changed</span></th></tr></thead>\n<tbody>\n",
    );
    for revision in history.revisions.iter().rev().take(SHOWN) {
        write_revision(html, set, revision, kept.contains(&revision.revision))?;
    }
    let rest = history.revisions.len().saturating_sub(SHOWN);
    writeln!(
        html,
        "</tbody></table></div>\n<p><a href=\"history.json\">history.json</a>{}</p>",
        if rest > 0 {
            format!(
                " – còn {} bản cũ hơn <span class=\"en\" lang=\"en\">{} older revisions</span>",
                grouped(rest as u64),
                rest
            )
        } else {
            String::new()
        }
    )
}

fn write_revision(
    html: &mut String,
    set: &OpenSet,
    revision: &Revision,
    kept: bool,
) -> fmt::Result {
    let id = &revision.revision;
    let link = if kept {
        format!("<a href=\"{id}/{MANIFEST}\"><code>{id}</code></a>")
    } else {
        format!("<code>{id}</code>")
    };
    let contract = if revision.contract_changed {
        "<span class=\"more\">đổi cấu trúc <span lang=\"en\">new structure</span></span>"
    } else {
        ""
    };
    for (i, resource) in revision.resources.iter().enumerate() {
        html.push_str("<tr>");
        if i == 0 {
            let span = revision.resources.len();
            write!(
                html,
                "<td rowspan=\"{span}\"><time datetime=\"{}\">{}</time><span class=\"en\" lang=\"en\">{}</span></td><td rowspan=\"{span}\">{link} {contract}</td>",
                revision.published_at,
                revision.published_at.vi(),
                revision.published_at.en()
            )?;
        }
        let title = set
            .resources
            .iter()
            .find(|known| known.name == resource.name)
            .map_or(&*resource.name, |known| &known.title.vi);
        let counts = resource.difference;
        writeln!(
            html,
            "<td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td></tr>",
            escaped(title),
            grouped(resource.rows),
            counted('+', counts.added),
            counted('−', counts.removed),
            counted('±', counts.changed),
        )?;
    }
    Ok(())
}

fn counted(sign: char, count: u64) -> String {
    if count == 0 { "0".into() } else { format!("{sign}{}", grouped(count)) }
}

/// For search engines that know data sets: schema.org's Dataset.
fn linked_data(settings: &OpenDataSettings, set: &OpenSet, snapshot: &Snapshot) -> String {
    let page = format!("{}/{}/", settings.base_url, set.id);
    let files: Vec<_> = snapshot
        .manifest
        .files()
        .filter(|file| file.format.is_data())
        .map(|file| {
            json!({
                "@type": "DataDownload",
                "encodingFormat": file.format.iana().unwrap_or("application/jsonl"),
                "contentUrl": format!("{page}{}/{}", snapshot.manifest.revision, file.path),
                "contentSize": format!("{} B", file.bytes),
                "sha256": file.sha256,
            })
        })
        .collect();
    let mut keywords = set.keywords.vi.clone();
    keywords.extend(set.keywords.en.iter().cloned());
    let dataset = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": set.name.vi,
        "alternateName": set.name.en,
        "description": set.about.as_ref().unwrap_or(&set.name).vi,
        "url": page,
        "identifier": set.id,
        "version": snapshot.manifest.revision,
        "dateModified": snapshot.published_at.to_string(),
        "license": set.licence_page().unwrap_or_else(|| set.licence.clone()),
        "isAccessibleForFree": true,
        "keywords": keywords,
        "inLanguage": ["vi", "en"],
        "creator": { "@type": "GovernmentOrganization", "name": settings.site.publisher.vi },
        "distribution": files,
    });
    // `<` could end the element; as an escape it is the same JSON.
    let text = dataset.to_string().replace('<', "\\u003c");
    format!(
        "<meta name=\"description\" content=\"{}\">\n<link rel=\"canonical\" href=\"{}\">\n<script type=\"application/ld+json\">{text}</script>\n",
        escaped(&set.about.as_ref().unwrap_or(&set.name).vi),
        escaped(&page),
    )
}
