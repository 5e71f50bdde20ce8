//! Access rights as Kafka keeps them: who may do what on which topic, group or cluster.
//!
//! The words are Kafka's own, so that what a plan prints is what `kafka-acls.sh` takes.

use std::fmt;

use serde::Serialize;

/// The cluster's name as a resource; Kafka has only this one.
pub const CLUSTER: &str = "kafka-cluster";

/// One entry of Kafka's access control list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Right {
    /// With its type, as Kafka writes it: `User:capture-so-nnmt`.
    pub principal: String,
    /// Address it holds for; `*` is any.
    pub host: String,
    pub resource: Resource,
    /// Topic, group or transactional id; a beginning of it where `pattern` is prefixed; `*` is any.
    pub name: String,
    pub pattern: Pattern,
    pub operation: Operation,
    pub permission: Permission,
}

impl Right {
    /// `user` may do `operation` on exactly this resource, from any address.
    pub fn allow(user: &str, operation: Operation, resource: Resource, name: &str) -> Right {
        Right {
            principal: format!("User:{user}"),
            host: "*".to_owned(),
            resource,
            name: name.to_owned(),
            pattern: Pattern::Literal,
            operation,
            permission: Permission::Allow,
        }
    }

    /// The principal's name when it is a user, which is all that SASL/SCRAM knows.
    pub fn user(&self) -> Option<&str> {
        self.principal.strip_prefix("User:")
    }

    /// What it is about, without who and what: `topic caobang.shared.… from 10.0.0.1`.
    pub fn place(&self) -> String {
        let more = if self.pattern == Pattern::Prefixed { "…" } else { "" };
        let from = if self.host == "*" { String::new() } else { format!(" from {}", self.host) };
        format!("{} {}{more}{from}", self.resource, self.name)
    }

    /// Does this entry speak of that resource?
    pub fn matches(&self, resource: Resource, name: &str) -> bool {
        self.resource == resource
            && match self.pattern {
                // The wildcard is a literal for Kafka, and means everything of that type.
                Pattern::Literal => self.name == name || self.name == "*",
                Pattern::Prefixed => name.starts_with(&self.name),
                Pattern::Other => false,
            }
    }
}

/// `READ on topic caobang.state.so-nnmt`
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let no = if self.permission == Permission::Deny { "no " } else { "" };
        write!(f, "{no}{} on {}", self.operation, self.place())
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(
    /// What a right is about. `Other` is a kind that this version doesn't know (delegation tokens).
    Resource { Topic => "topic", Group => "group", Cluster => "cluster", TransactionalId => "transactional-id", Other => "other" }
);
words!(Pattern { Literal => "literal", Prefixed => "prefixed", Other => "other" });
words!(Permission { Allow => "allow", Deny => "deny", Other => "other" });
words!(
    /// Read, write, delete and alter each imply describe.
    Operation {
        All => "ALL",
        Read => "READ",
        Write => "WRITE",
        Create => "CREATE",
        Delete => "DELETE",
        Alter => "ALTER",
        Describe => "DESCRIBE",
        ClusterAction => "CLUSTER_ACTION",
        DescribeConfigs => "DESCRIBE_CONFIGS",
        AlterConfigs => "ALTER_CONFIGS",
        IdempotentWrite => "IDEMPOTENT_WRITE",
        Other => "OTHER",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_kafka_matches_them() {
        let literal = Right::allow("a", Operation::Read, Resource::Topic, "x.y");
        let prefixed = Right { pattern: Pattern::Prefixed, ..literal.clone() };
        let any = Right { name: "*".to_owned(), ..literal.clone() };
        let prefixed_star = Right { name: "*".to_owned(), ..prefixed.clone() };
        let cases = [
            (&literal, "x.y", true),
            (&literal, "x.y.z", false),
            (&prefixed, "x.y.z", true),
            (&prefixed, "x", false),
            (&any, "anything", true),
            (&prefixed_star, "anything", false),
        ];
        for (right, name, expected) in cases {
            assert_eq!(right.matches(Resource::Topic, name), expected, "{right} against {name}");
            assert!(
                !right.matches(Resource::Group, name),
                "another kind of resource never matches"
            );
        }
    }
}
