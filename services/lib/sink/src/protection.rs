//! Protections that can be switched off one at a time, to show that each is needed: the demo's check
//! must then fail. Never set this where data matter.

/// The protection that `BANGIOC_BREAK` switches off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Broken {
    #[default]
    Nothing,
    /// Versions are not compared.
    Version,
    /// TRUNCATE is ignored.
    Truncate,
    /// A column left out becomes null.
    Toast,
    /// Rules are not checked.
    Rule,
}

impl Broken {
    pub(crate) fn from_environment() -> Broken {
        let broken = match std::env::var("BANGIOC_BREAK").as_deref() {
            Ok("version") => Broken::Version,
            Ok("truncate") => Broken::Truncate,
            Ok("toast") => Broken::Toast,
            Ok("rule") => Broken::Rule,
            _ => Broken::Nothing,
        };
        if broken != Broken::Nothing {
            tracing::warn!(protection = ?broken, "a protection is switched off: the store will be wrong");
        }
        broken
    }
}
