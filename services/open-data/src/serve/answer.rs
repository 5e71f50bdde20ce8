//! Answers with their headers: type, length, validators, and what a browser may do with them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::stream;
use sha2::{Digest as _, Sha256};

use crate::error::OpenError;
use crate::manifest::FileEntry;
use crate::page::STYLE;
use crate::slot::Slot;
use crate::written::digest;

/// Of a file that is sent in parts.
const PART: usize = 256 << 10;

/// Nothing but the page itself: its one style by hash, no script, no frame, no form.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(SANDBOX)
});

/// For what is no page: should it be shown as one, it can do nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

pub(super) struct PageAnswer {
    status: StatusCode,
    content_type: HeaderValue,
    policy: HeaderValue,
    body: AnswerBody,
    /// Without quotes.
    tag: Option<String>,
    modified: Option<Slot>,
    location: Option<String>,
    /// Name under which a browser stores it.
    file_name: Option<String>,
    pub(super) caching: Caching,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Caching {
    /// A minute, then asked again by its tag.
    Short,
    /// Named by its content.
    Forever,
}

enum AnswerBody {
    Memory(Vec<u8>),
    File { path: PathBuf, bytes: u64 },
}

impl PageAnswer {
    fn new(status: StatusCode, content_type: &'static str, body: AnswerBody) -> PageAnswer {
        PageAnswer {
            status,
            content_type: HeaderValue::from_static(content_type),
            policy: SANDBOX,
            body,
            tag: None,
            modified: None,
            location: None,
            file_name: None,
            caching: Caching::Short,
        }
    }

    pub(super) fn page(status: StatusCode, html: String, modified: Option<Slot>) -> PageAnswer {
        PageAnswer {
            policy: POLICY.clone(),
            tag: (status == StatusCode::OK).then(|| tag_of(html.as_bytes())),
            modified,
            ..PageAnswer::new(
                status,
                "text/html; charset=utf-8",
                AnswerBody::Memory(html.into_bytes()),
            )
        }
    }

    pub(super) fn moved(status: StatusCode, location: &str) -> PageAnswer {
        PageAnswer {
            location: Some(location.to_owned()),
            ..PageAnswer::new(status, "text/plain; charset=utf-8", AnswerBody::Memory(Vec::new()))
        }
    }

    /// A file of a few kilobytes, tagged by its content.
    pub(super) fn small_file(
        path: &Path,
        content_type: &'static str,
        modified: Option<Slot>,
    ) -> Result<PageAnswer, OpenError> {
        match std::fs::read(path) {
            Ok(content) => Ok(PageAnswer {
                tag: Some(tag_of(&content)),
                modified,
                ..PageAnswer::new(StatusCode::OK, content_type, AnswerBody::Memory(content))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(PageAnswer::new(
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
                AnswerBody::Memory("chưa có / not there yet\n".into()),
            )),
            Err(error) => Err(OpenError::unreadable(path, error)),
        }
    }

    /// Opened while it is answered: a revision that is cleaned away meanwhile is still sent whole.
    pub(super) fn data_file(
        folder: &Path,
        entry: &FileEntry,
        published_at: Slot,
    ) -> Result<PageAnswer, OpenError> {
        let path = folder.join(&entry.path);
        if !path.is_file() {
            return Err(OpenError::unreadable(&path, io::ErrorKind::NotFound.into()));
        }
        Ok(PageAnswer {
            tag: Some(entry.sha256.clone()),
            modified: Some(published_at),
            file_name: entry.format.is_data().then(|| entry.path.clone()),
            caching: Caching::Forever,
            ..PageAnswer::new(
                StatusCode::OK,
                entry.format.content_type(),
                AnswerBody::File { path, bytes: entry.bytes },
            )
        })
    }

    pub(super) fn into_response(self, request: &Parts) -> Response {
        let unchanged = self.status == StatusCode::OK && self.is_known_to(&request.headers);
        let mut headers = HeaderMap::new();
        let mut set = |name: header::HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        if let Some(tag) = &self.tag {
            set(header::ETAG, &format!("\"{tag}\""));
        }
        if let Some(slot) = self.modified {
            set(header::LAST_MODIFIED, &slot.http());
        }
        if let Some(location) = &self.location {
            set(header::LOCATION, location);
        }
        if let Some(name) = &self.file_name {
            set(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
        }
        set(
            header::CACHE_CONTROL,
            match (self.status, self.caching) {
                (StatusCode::OK, Caching::Forever) => "public, max-age=31536000, immutable",
                (StatusCode::OK, Caching::Short) => "public, max-age=60, must-revalidate",
                _ => "no-cache",
            },
        );
        let length = match &self.body {
            AnswerBody::Memory(content) => content.len() as u64,
            AnswerBody::File { bytes, .. } => *bytes,
        };
        let (status, body) = if unchanged {
            (StatusCode::NOT_MODIFIED, Body::empty())
        } else {
            set(header::CONTENT_LENGTH, &length.to_string());
            let body = match self.body {
                _ if request.method == Method::HEAD => Body::empty(),
                AnswerBody::Memory(content) => Body::from(content),
                AnswerBody::File { path, .. } => match File::open(path) {
                    Ok(file) => parts_of(file),
                    Err(_) => return failed(),
                },
            };
            (self.status, body)
        };
        if !unchanged {
            headers.insert(header::CONTENT_TYPE, self.content_type);
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy);
        respond(status, headers, body)
    }

    /// Does the reader hold this very version? A tag goes before a date.
    fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(known) = text(header::IF_NONE_MATCH) {
            return self.tag.as_ref().is_some_and(|tag| {
                known.split(',').map(str::trim).any(|known| {
                    known == "*"
                        || known.strip_prefix("W/").unwrap_or(known).trim_matches('"') == tag
                })
            });
        }
        // Slots are whole seconds, and a reader gives back what we sent.
        match (text(header::IF_MODIFIED_SINCE), self.modified) {
            (Some(since), Some(slot)) => since == slot.http(),
            _ => false,
        }
    }
}

fn tag_of(content: &[u8]) -> String {
    let mut tag = digest(content);
    tag.truncate(32);
    tag
}

/// A file in parts, each read on a thread that may block.
fn parts_of(file: File) -> Body {
    Body::from_stream(stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut part = vec![0; PART];
            let count = file.read(&mut part)?;
            part.truncate(count);
            Ok::<_, io::Error>((part, file))
        });
        let (part, file) = read.await.map_err(io::Error::other)??;
        Ok::<_, io::Error>((!part.is_empty()).then(|| (Bytes::from(part), file)))
    }))
}

pub(super) fn failed() -> Response {
    plain(
        StatusCode::INTERNAL_SERVER_ERROR,
        "lỗi máy chủ, xin thử lại sau / a fault of ours, please try again later\n",
    )
}

pub(super) fn only_reading() -> Response {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "chỉ đọc / for reading only\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    respond(status, headers, Body::from(text))
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Open data: a page of anybody may read it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
