//! The pages that people read: Vietnamese first, English beside it. Made from what is published, on
//! each request; no script, nothing fetched from elsewhere.

mod home;
mod resource;
mod set;
mod words;

use std::fmt::{self, Write as _};

use bangioc_schemas::contract::Label;

use crate::config::Site;
use crate::html::escaped;

pub(crate) use home::home;
pub(crate) use set::set_page;

pub(crate) const STYLE: &str = include_str!("style.css");

/// Way back to the first page from where a page stands; links are relative, so that a proxy may put the
/// whole site below any path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Depth {
    Home,
    Set,
}

impl Depth {
    fn home(self) -> &'static str {
        match self {
            Depth::Home => "./",
            Depth::Set => "../",
        }
    }
}

/// A page under way.
struct Page {
    html: String,
}

impl Page {
    /// `head`: what this page adds to the document's head; `band`: its title area.
    fn new(site: &Site, title: &str, head: &str, band: &str) -> Page {
        let mut html = String::with_capacity(32 << 10);
        let _ = write!(
            html,
            "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<meta name=\"author\" content=\"{}\">\n{ICON}{head}<style>{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">Đến nội dung chính</a>\n\
             <header class=\"band\"><div class=\"wide\">\n{MARK}\n<div>\n{band}</div>\n</div></header>\n\
             <main id=\"main\"><div class=\"wide\">\n",
            escaped(&site.publisher.vi),
        );
        Page { html }
    }

    fn finish(mut self, site: &Site, depth: Depth) -> String {
        let home = depth.home();
        let _ = write!(
            self.html,
            "</div></main>\n<footer><div class=\"wide\">\n<div><p><strong>{}</strong></p><p lang=\"en\">{}</p>{}</div>\n\
             <div><p>Danh mục cho máy đọc (DCAT-AP 3): <a href=\"{home}catalog.ttl\">Turtle</a> · <a href=\"{home}catalog.jsonld\">JSON-LD</a></p>\
             <p lang=\"en\">Machine-readable catalogue, harvested by data portals</p></div>\n</div></footer>\n</body>\n</html>\n",
            escaped(&site.publisher.vi),
            escaped(&site.publisher.en),
            contact(site),
        );
        self.html
    }
}

fn contact(site: &Site) -> String {
    site.contact_email.as_deref().map_or(String::new(), |email| {
        let email = escaped(email);
        format!("<p>Báo dữ liệu sai: <a href=\"mailto:{email}\">{email}</a> <span class=\"en\" lang=\"en\">Report a wrong value</span></p>")
    })
}

/// The mark, for the browser's tab; part of the page, so that nothing is fetched.
const ICON: &str = "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'%3E\
    %3Crect width='48' height='48' rx='10' fill='%230a5c63'/%3E%3Cg fill='none' stroke='%23fff' stroke-width='4' stroke-linecap='round'%3E\
    %3Cpath d='M8 11h14c4 0 5 3 5 7v12M22 11h8c4 0 5 3 5 7v8'/%3E%3Cpath d='M8 39c5-3 9-3 13 0s9 3 13 0 6-2 7-1'/%3E%3C/g%3E%3C/svg%3E\">\n";

/// One river that fans out.
const MARK: &str = "<svg class=\"mark\" viewBox=\"0 0 48 48\" aria-hidden=\"true\" focusable=\"false\">\
    <g fill=\"none\" stroke=\"#fff\" stroke-width=\"3.2\" stroke-linecap=\"round\">\
    <path d=\"M5 10h15c4 0 5 3 5 7v13\"/><path d=\"M5 17h9c3 0 4 2 4 5v11\" opacity=\".75\"/>\
    <path d=\"M20 10h9c4 0 5 3 5 7v9\" opacity=\".75\"/><path d=\"M30 10h8c3 0 4 2 4 6v7\" opacity=\".5\"/>\
    <path d=\"M7 39c5-3 9-3 13 0s9 3 13 0 6-2.400 8-1.500\"/></g></svg>";

/// `<h2>`: Vietnamese, then English, smaller.
fn heading(html: &mut String, id: &str, vi: &str, en: &str) -> fmt::Result {
    writeln!(html, "<h2 id=\"{id}\">{vi} <span class=\"en\" lang=\"en\">{en}</span></h2>")
}

/// Both languages on lines of their own.
fn both(label: &Label) -> String {
    format!("{}<span class=\"en\" lang=\"en\">{}</span>", escaped(&label.vi), escaped(&label.en))
}

/// A page for what is not there.
pub(crate) fn not_found(site: &Site, base_url: &str) -> String {
    let band =
        "<h1>Không có trang này</h1>\n<p class=\"en\" lang=\"en\">There is no such page</p>\n";
    let mut page =
        Page::new(site, "Không có trang này", "<meta name=\"robots\" content=\"noindex\">\n", band);
    let _ = writeln!(
        page.html,
        "<p>Tệp của bản cũ có thể đã được gỡ. Xin bắt đầu lại từ <a href=\"{base}/\">trang đầu</a>.</p>\
         <p class=\"en\" lang=\"en\">Files of old revisions may be gone. Please begin at the <a href=\"{base}/\">first page</a>.</p>",
        base = escaped(base_url),
    );
    // Nobody knows how deep the address was that brought a reader here.
    page.html.push_str("</div></main>\n</body>\n</html>\n");
    page.html
}
