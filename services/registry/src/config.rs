//! The `[registry]` section, as the service reads it. Clients read `url` and their login from the same section.

use std::net::SocketAddr;
use std::path::PathBuf;

use bangioc_runtime::listener::ListenerSettings;
use bangioc_runtime::settings::Settings;

/// Settings of the service.
#[derive(Clone)]
pub struct Config {
    pub(crate) listen: String,
    pub(crate) topic: String,
    pub(crate) listener: ListenerSettings,
    pub(crate) logins: Logins,
}

/// Who is asked who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Logins {
    /// A file for each user.
    Of(PathBuf),
    /// Whoever reaches the port may do anything that the registry does at all.
    Nobodys,
}

impl Config {
    /// Keys: `listen` (default `127.0.0.1:8081`), `topic` (default `_schemas`), `users_dir`, `insecure` in its
    /// place, `certificate_file` and `key_file`, `tls`. Those of clients are known, but not used here.
    pub fn read(settings: &Settings) -> Self {
        let section = settings.section("registry");
        for key in ["url", "user", "password_file", "ca_file"] {
            section.has(key);
        }
        let listen = section.text_or("listen", "127.0.0.1:8081");
        let address = listen.parse::<SocketAddr>();
        if address.is_err() {
            section.refuse("listen", "is no address", "write it as `127.0.0.1:8081`");
        }
        let address_is_one = address.is_ok();
        let loopback = address.is_ok_and(|address| address.ip().to_canonical().is_loopback());
        let off =
            section.choice("tls", &["verify", "off", "insecure-off"], "verify") == "insecure-off";
        let listener = ListenerSettings::read(settings, "registry");
        if listener.tls.is_none() && !loopback && !off && address_is_one {
            let hint = "set `certificate_file` and `key_file`; where the network between is your own from end to end, `tls = \"insecure-off\"`";
            section.refuse("listen", "takes passwords in the clear from other machines", hint);
        }
        let users = section.optional_path("users_dir");
        let logins = match (users, section.flag("insecure", false)) {
            (Some(dir), false) => Logins::Of(dir),
            (None, true) if loopback => Logins::Nobodys,
            (None, true) => {
                let hint = "set `users_dir`, or listen on `127.0.0.1`";
                section.refuse("insecure", "is for loopback alone", hint);
                Logins::Nobodys
            }
            (Some(_), true) => {
                section.refuse("insecure", "contradicts `users_dir`", "take one of them out");
                Logins::Nobodys
            }
            (None, false) => {
                let hint = "name a folder with a file for each user: `bangioc explain BG0145`; for experiments on loopback, `insecure = true`";
                section.refuse("users_dir", "is missing: nobody writes without a login", hint);
                Logins::Nobodys
            }
        };
        Self { listen, topic: section.text_or("topic", "_schemas"), listener, logins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let dir = std::env::temp_dir().join(format!(
            "bangioc-registry-config-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("registry.toml");
        std::fs::write(&file, format!("[registry]\n{text}\n")).unwrap();
        let settings = Settings::load_with(Some(&file), []).unwrap();
        let config = Config::read(&settings);
        let end = settings.finish().map_err(|mistakes| format!("{mistakes:?}"));
        std::fs::remove_dir_all(dir).unwrap();
        end.map(|()| config)
    }

    #[test]
    fn nobody_is_let_in_unasked_but_on_loopback_and_with_a_word() {
        let logins = |text: &str| read(text).ok().map(|config| config.logins);
        assert_eq!(logins(""), None);
        assert_eq!(logins("insecure = true"), Some(Logins::Nobodys));
        assert_eq!(logins("listen = \"127.0.0.9:1\"\ninsecure = true"), Some(Logins::Nobodys));
        assert_eq!(logins("listen = \"[::1]:1\"\ninsecure = true"), Some(Logins::Nobodys));
        for elsewhere in ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::ffff:10.0.0.1]:1"] {
            assert_eq!(
                logins(&format!("listen = \"{elsewhere}\"\ninsecure = true")),
                None,
                "{elsewhere}"
            );
        }
        assert_eq!(logins("users_dir = \"/u\""), Some(Logins::Of("/u".into())));
        assert_eq!(logins("users_dir = \"/u\"\ninsecure = true"), None);
        // Off loopback a password needs TLS, or a word.
        let open = "users_dir = \"/u\"\nlisten = \"10.0.0.1:1\"";
        assert_eq!(logins(open), None);
        assert_eq!(logins(&format!("{open}\ntls = \"off\"")), None);
        for more in ["tls = \"insecure-off\"", "certificate_file = \"/c\"\nkey_file = \"/k\""] {
            assert_eq!(logins(&format!("{open}\n{more}")), Some(Logins::Of("/u".into())));
        }
        // A client's keys in the same section are no mistakes of the server's.
        let client =
            "url = \"http://x\"\nuser = \"x\"\npassword_file = \"/nowhere\"\ntls = \"off\"";
        assert_eq!(logins(&format!("users_dir = \"/u\"\n{client}")), Some(Logins::Of("/u".into())));
    }
}
