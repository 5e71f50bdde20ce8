//! Who may ask something of a capture. An asker writes to a signal topic of its own, to which nobody else
//! may write; so who asked is who wrote, and no field of a record says it.

use std::fmt;

use crate::id::id_fault;

/// The Kafka user of the shared store.
pub const SHARED_STORE: &str = "shared-store";
/// The Kafka user of the open side.
pub const OPEN_DATA: &str = "open-data";
/// Before a person's name: `operator-lan`.
pub const OPERATOR: &str = "operator-";

/// By the name of its Kafka user, which is also the last part of its topics' names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Asker {
    SharedStore,
    OpenData,
    /// A person, by the whole name of the user: `operator-lan`.
    Operator(String),
}

impl Asker {
    /// None: this user may ask for nothing.
    pub fn of_user(user: &str) -> Option<Asker> {
        match user {
            SHARED_STORE => Some(Asker::SharedStore),
            OPEN_DATA => Some(Asker::OpenData),
            _ => {
                let name = user.strip_prefix(OPERATOR)?;
                (id_fault(name).is_none()).then(|| Asker::Operator(user.to_owned()))
            }
        }
    }

    /// A person of this name. None where it can't be one: see [`id_fault`].
    pub fn operator(name: &str) -> Option<Asker> {
        Asker::of_user(&format!("{OPERATOR}{name}"))
    }

    pub fn as_str(&self) -> &str {
        match self {
            Asker::SharedStore => SHARED_STORE,
            Asker::OpenData => OPEN_DATA,
            Asker::Operator(user) => user,
        }
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_that_have_something_to_ask_are_askers() {
        for user in ["shared-store", "open-data", "operator-lan", "operator-an-2"] {
            let asker = Asker::of_user(user).expect(user);
            assert_eq!(asker.as_str(), user);
        }
        for user in [
            "",
            "admin",
            "dead-letter",
            "registry",
            "capture-so-nnmt",
            "operator",
            "operator-",
            "operator-Lan",
            "operator-a.b",
            "operator-a--b",
            "operator-lan ",
            "xoperator-lan",
        ] {
            assert_eq!(Asker::of_user(user), None, "{user:?}");
        }
        assert_eq!(Asker::operator("lan"), Asker::of_user("operator-lan"));
    }
}
