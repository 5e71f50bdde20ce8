//! A request's path → what is asked for, or nothing. Names are lower-case letters, digits, `-` and single
//! dots: no `..`, no `/`, no `%` is ever part of one.

use crate::catalogue::{JSON_LD, TURTLE};
use crate::folder::LATEST;
use crate::format::Format;
use crate::history::HISTORY;
use crate::manifest::{DATAPACKAGE, MANIFEST};
use crate::written::NAME_DIGITS;

#[derive(PartialEq, Eq, Debug)]
pub(super) enum Asked<'p> {
    Home,
    Catalogue(&'static str),
    /// A reader left out the `/`; links of the page would lead astray.
    SetWithoutSlash(&'p str),
    Set(&'p str),
    History(&'p str),
    Latest(&'p str, LatestFile<'p>),
    File {
        set: &'p str,
        revision: &'p str,
        file: RevisionFile<'p>,
    },
    Nothing,
}

#[derive(PartialEq, Eq, Debug)]
pub(super) enum LatestFile<'p> {
    Described(&'static str),
    Resource { name: &'p str, format: Format },
}

#[derive(PartialEq, Eq, Debug)]
pub(super) enum RevisionFile<'p> {
    Described(&'static str),
    Data(&'p str),
}

pub(super) fn parse(path: &str) -> Asked<'_> {
    let Some(path) = path.strip_prefix('/') else {
        return Asked::Nothing;
    };
    let mut parts = path.split('/');
    let (first, second, third, more) = (parts.next(), parts.next(), parts.next(), parts.next());
    if more.is_some() {
        return Asked::Nothing;
    }
    match (first, second, third) {
        (Some(""), None, None) => Asked::Home,
        (Some(name), None, None) => match name {
            TURTLE => Asked::Catalogue(TURTLE),
            JSON_LD => Asked::Catalogue(JSON_LD),
            id if is_id(id) => Asked::SetWithoutSlash(id),
            _ => Asked::Nothing,
        },
        (Some(id), Some(name), None) if is_id(id) => match name {
            "" => Asked::Set(id),
            HISTORY => Asked::History(id),
            _ => Asked::Nothing,
        },
        (Some(set), Some(LATEST), Some(name)) if is_id(set) => {
            latest_file(name).map_or(Asked::Nothing, |file| Asked::Latest(set, file))
        }
        (Some(set), Some(revision), Some(name)) if is_id(set) && is_revision(revision) => {
            revision_file(name).map_or(Asked::Nothing, |file| Asked::File { set, revision, file })
        }
        _ => Asked::Nothing,
    }
}

fn latest_file(name: &str) -> Option<LatestFile<'_>> {
    described(name).map(LatestFile::Described).or_else(|| {
        let (name, extension) = name.split_once('.')?;
        let format = Format::of_extension(extension)?;
        is_id(name).then_some(LatestFile::Resource { name, format })
    })
}

fn revision_file(name: &str) -> Option<RevisionFile<'_>> {
    described(name).map(RevisionFile::Described).or_else(|| {
        let (stem, extension) = name.split_once('.')?;
        (is_id(stem) && Format::of_extension(extension).is_some())
            .then_some(RevisionFile::Data(name))
    })
}

fn described(name: &str) -> Option<&'static str> {
    [MANIFEST, DATAPACKAGE].into_iter().find(|known| *known == name)
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_revision(text: &str) -> bool {
    text.len() == NAME_DIGITS
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        let file = RevisionFile::Data("land-price-0123456789ab.csv");
        for (path, asked) in [
            ("/", Asked::Home),
            ("/catalog.ttl", Asked::Catalogue(TURTLE)),
            ("/open-land-price", Asked::SetWithoutSlash("open-land-price")),
            ("/open-land-price/", Asked::Set("open-land-price")),
            ("/open-land-price/history.json", Asked::History("open-land-price")),
            (
                "/open-land-price/latest/manifest.json",
                Asked::Latest("open-land-price", LatestFile::Described(MANIFEST)),
            ),
            (
                "/open-land-price/latest/land-price.parquet",
                Asked::Latest(
                    "open-land-price",
                    LatestFile::Resource { name: "land-price", format: Format::Parquet },
                ),
            ),
            (
                "/open-land-price/0123456789ab/land-price-0123456789ab.csv",
                Asked::File { set: "open-land-price", revision: "0123456789ab", file },
            ),
        ] {
            assert_eq!(parse(path), asked, "{path}");
        }
    }

    #[test]
    fn nothing_else_can() {
        for path in [
            "",
            "//",
            "/..",
            "/../etc/passwd",
            "/open-a/..",
            "/open-a/../",
            "/open-a/../../etc/passwd",
            "/open-a/latest/../../../etc/passwd",
            "/open-a/latest/..",
            "/open-a/latest/",
            "/open-a/latest",
            "/%2e%2e/x",
            "/open-a/%2e%2e/x",
            "/open-a/latest/%2fetc%2fpasswd",
            "/open-a/0123456789ab/..%2f..%2fx.csv",
            "/open-a/.making/manifest.json",
            "/.lock",
            "/.catalog.ttl",
            "/open-a/.history.json",
            "/open-a/0123456789AB/manifest.json",
            "/open-a/0123456789ab/a/b",
            "/open-a/latest/a.csv/",
            "/open-a\0/",
            "/open-a/latest/a.exe",
            "/open-a/latest/.csv",
            "/open_a/",
            "/open-a\\..\\x",
        ] {
            assert_eq!(parse(path), Asked::Nothing, "{path:?}");
        }
    }
}
