//! The `[registry]` section, as the service reads it. Clients read `url` from the same section.

use bangioc_runtime::settings::Section;

use crate::api::Login;

/// Settings of the service.
#[derive(Clone)]
pub struct Config {
    pub(crate) listen: String,
    pub(crate) topic: String,
    /// None: every request is answered.
    pub(crate) login: Option<Login>,
}

impl Config {
    /// Keys: `listen` (default `127.0.0.1:8081`), `topic` (default `_schemas`), `user` and `password_file`:
    /// both or none. `url` is known, but not used here.
    pub fn read(section: &Section<'_>) -> Self {
        let listen = section.text_or("listen", "127.0.0.1:8081");
        if listen.parse::<std::net::SocketAddr>().is_err() {
            section.refuse("listen", "is no address", "write it as `127.0.0.1:8081`");
        }
        let _ = section.optional_text("url");
        let (user, password) = (
            section.optional_text("user"),
            section.optional_secret("password"),
        );
        let login = match (user, password) {
            (Some(user), Some(password)) => Some(Login { user, password }),
            (None, None) => None,
            (Some(_), None) => {
                section.refuse(
                    "user",
                    "has no password",
                    "name the file that holds it: `password_file`",
                );
                None
            }
            (None, Some(_)) => {
                section.refuse("password_file", "has no user", "set `user` too, or neither");
                None
            }
        };
        Self {
            listen,
            topic: section.text_or("topic", "_schemas"),
            login,
        }
    }

    /// For tests and tools: any free port, nobody asked who they are.
    pub fn open(listen: impl Into<String>) -> Self {
        Self {
            listen: listen.into(),
            topic: "_schemas".to_owned(),
            login: None,
        }
    }
}
