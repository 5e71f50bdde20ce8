//! Where log lines go: standard error, as text for people or JSON for machines.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::Section;
use crate::terminal;

/// Starts logging as `[log]` says: `format = text|json`, `level = info` or a filter such as
/// `info,bangioc_feed=debug`. A second call in one process changes nothing.
pub fn init(log: &Section<'_>) {
    let format = log.choice("format", &["text", "json"], "text");
    let level = log.text_or("level", "info");
    let filter = EnvFilter::try_new(&level).unwrap_or_else(|error| {
        log.refuse(
            "level",
            &error.to_string(),
            "write `error`, `warn`, `info`, `debug` or `info,bangioc_feed=debug`",
        );
        EnvFilter::new("info")
    });
    let builder = fmt().with_env_filter(filter).with_writer(terminal::LogLines);
    // An error here means that the process logs already, as in a test with several services.
    let _ = if format == "json" {
        builder.json().flatten_event(true).try_init()
    } else {
        // Without colours: an escape in the log is then never ours, and is shown as what it is.
        builder.with_ansi(false).with_target(false).try_init()
    };
}
