//! What of the configuration this service reads: `[open-data]`, `[open-store]`; to fill the store also
//! `prefix`, `[kafka]`, `[registry]`, `[sink]`.

use std::path::PathBuf;

use bangioc_runtime::listener::ListenerSettings;
use bangioc_runtime::settings::Settings;
use bangioc_schemas::contract::Label;
use bangioc_schemas::names::Side;

#[derive(Clone, Debug)]
pub struct Config {
    pub sink: bangioc_sink::Config,
    pub open_data: OpenDataSettings,
}

impl Config {
    /// Mistakes are found by [`Settings::finish`].
    pub fn read(settings: &Settings) -> Config {
        Config {
            sink: bangioc_sink::Config::read(settings, Side::Open),
            open_data: OpenDataSettings::read(settings),
        }
    }
}

/// `[open-data]`: the folder of the snapshots, and how they are shown.
#[derive(Clone, Debug)]
pub struct OpenDataSettings {
    pub dir: PathBuf,
    /// None: another process serves the folder.
    pub listen: Option<String>,
    pub listener: ListenerSettings,
    /// Where the public reaches the pages, without a `/` at its end; the catalogue needs it.
    pub base_url: String,
    /// Publish at every start, also what this slot has seen already.
    pub publish_on_start: bool,
    /// Revisions of a set whose files stay.
    pub keep_revisions: usize,
    pub site: Site,
}

/// Who publishes, as readers see it.
#[derive(Clone, Debug)]
pub struct Site {
    pub title: Label,
    pub publisher: Label,
    /// Where to report a wrong value.
    pub contact_email: Option<String>,
}

impl OpenDataSettings {
    pub fn read(settings: &Settings) -> OpenDataSettings {
        let section = settings.section("open-data");
        let base_url = section.text_or("base_url", "http://127.0.0.1:8080");
        let is_address = (base_url.starts_with("https://") || base_url.starts_with("http://"))
            && !base_url.contains(|c: char| {
                c.is_whitespace() || c.is_control() || "<>\"{}|\\^`?#".contains(c)
            });
        if !is_address {
            section.refuse(
                "base_url",
                "is no web address",
                "write it as in \"https://dulieumo.example.vn\"",
            );
        }
        let contact_email = section.optional_text("contact_email");
        if contact_email
            .as_ref()
            .is_some_and(|email| !email.contains('@') || email.contains(char::is_whitespace))
        {
            section.refuse(
                "contact_email",
                "is no e-mail address",
                "write it as in \"dulieumo@example.vn\"",
            );
        }
        OpenDataSettings {
            dir: section.path("dir"),
            listen: section.optional_text("listen"),
            listener: ListenerSettings::read(settings, "open-data"),
            base_url: base_url.trim_end_matches('/').to_owned(),
            publish_on_start: section.flag("publish_on_start", false),
            keep_revisions: usize::try_from(section.whole_number("keep_revisions", 1..=1000, 60))
                .unwrap_or(60),
            site: Site {
                title: Label {
                    vi: section.text_or("title_vi", "Dữ liệu mở tỉnh Cao Bằng"),
                    en: section.text_or("title_en", "Open data of Cao Bang province"),
                },
                publisher: Label {
                    vi: section.text_or("publisher_vi", "Sở Khoa học và Công nghệ tỉnh Cao Bằng"),
                    en: section.text_or(
                        "publisher_en",
                        "Department of Science and Technology of Cao Bang",
                    ),
                },
                contact_email,
            },
        }
    }
}
