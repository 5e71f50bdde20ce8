//! Protections that a build for tests can switch off one at a time, to show that each is needed: the demo's check must
//! then fail.

use bangioc_runtime::protection;

/// The protection that is switched off.
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
        let names = [
            ("version", Broken::Version),
            ("truncate", Broken::Truncate),
            ("toast", Broken::Toast),
            ("rule", Broken::Rule),
        ];
        names
            .into_iter()
            .find(|(name, _)| protection::is_off(name))
            .map_or(Broken::Nothing, |(_, broken)| broken)
    }
}
