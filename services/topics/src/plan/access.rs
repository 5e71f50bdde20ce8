//! Access rights: those missing, those of ours that nobody needs, and everyone else who reaches our
//! topics.

use std::collections::BTreeSet;

use bangioc_feed::access::{Operation, Pattern, Permission, Resource, Right};
use bangioc_feed::admin::Authorizer;

use super::{Action, Kind, Line, plural};
use crate::actual::Actual;
use crate::deployment::Deployment;
use crate::principals::{self, WantedRight};
use crate::wanted::{self, Group, WantedTopic};

/// Rights mean nothing at a cluster that doesn't check them, and there is personal data to send.
pub(super) fn no_authorizer(actual: &Actual) -> Option<Line> {
    (actual.authorizer == Authorizer::Missing).then(|| {
        let reason =
            "the cluster checks no access rights: anyone could read personal data".to_owned();
        Line::refuse(
            &Group::Deployment,
            Kind::Cluster,
            "authorizer.class.name",
            "is not set",
            reason,
            "BG0139",
        )
    })
}

pub(super) fn lines(deployment: &Deployment, actual: &Actual) -> Vec<Line> {
    let wanted = principals::rights(deployment);
    let topics = wanted::topics(deployment);
    let mut lines = missing(&wanted, actual);
    let unasked = |right: &&Right| {
        !wanted.iter().any(|wanted| wanted.right == **right)
            && user(right) != deployment.administrator
    };
    let (denials, mut others): (Vec<_>, Vec<_>) = actual
        .rights
        .iter()
        .filter(unasked)
        .partition(|right| right.permission == Permission::Deny);
    lines.extend(denials.into_iter().filter_map(|denial| blocking(&wanted, denial)));
    let beginning = format!("{}.", deployment.prefix);
    let elsewhere = |right: &Right| {
        matches!(right.resource, Resource::Topic | Resource::Group)
            && !right.name.starts_with(&beginning)
            && !topics.iter().any(|topic| right.matches(right.resource, &topic.name))
    };
    others.sort();
    let (outside, inside): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|right| elsewhere(right));
    lines.extend(
        outside
            .chunk_by(|a, b| a.principal == b.principal)
            .filter_map(|rights| beside(&beginning, rights)),
    );
    lines.extend(
        inside
            .chunk_by(|a, b| place(a) == place(b))
            .filter_map(|rights| unneeded(&topics, &beginning, rights)),
    );
    lines
}

fn user(right: &Right) -> &str {
    right.user().unwrap_or(&right.principal)
}

/// Everything of a right but its operation.
fn place(right: &Right) -> (&str, &str, Resource, &str, Pattern) {
    (&right.principal, &right.host, right.resource, &right.name, right.pattern)
}

/// One line per principal and resource, its operations together.
fn missing(wanted: &[WantedRight], actual: &Actual) -> Vec<Line> {
    let held: BTreeSet<_> = actual.rights.iter().collect();
    let missing: Vec<_> = wanted.iter().filter(|wanted| !held.contains(&wanted.right)).collect();
    let together = |a: &&WantedRight, b: &&WantedRight| {
        a.group == b.group && a.right.principal == b.right.principal && a.right.name == b.right.name
    };
    let line = |rights: &[&WantedRight]| {
        let first = rights.first()?;
        let join = |part: fn(&WantedRight) -> &str| {
            rights.iter().map(|right| part(right)).collect::<Vec<_>>().join(", ")
        };
        let operations = join(|wanted| wanted.right.operation.as_str());
        let change = format!("allow {operations} on {} {}", first.right.resource, first.right.name);
        let action = Action::Grant(rights.iter().map(|wanted| wanted.right.clone()).collect());
        Some(Line::safe(
            &first.group,
            Kind::Right,
            user(&first.right),
            change,
            &join(|wanted| wanted.reason),
            action,
        ))
    };
    missing.chunk_by(together).filter_map(line).collect()
}

/// A denial of what one of our services needs.
fn blocking(wanted: &[WantedRight], denial: &Right) -> Option<Line> {
    let blocked = wanted.iter().find(|wanted| denies(denial, &wanted.right))?;
    let change = format!("is denied {} on {} {}", denial.operation, denial.resource, denial.name);
    let reason = format!(
        "`{}` needs {} on {}",
        user(&blocked.right),
        blocked.right.operation,
        blocked.right.name
    );
    Some(Line::review(&blocked.group, Kind::Right, user(denial), change, reason))
}

/// One of our users' rights beside our topics and groups: of another deployment, most often.
fn beside(beginning: &str, rights: &[&Right]) -> Option<Line> {
    let user = user(rights.first()?);
    principals::is_ours(user).then(|| {
        let change = format!("has {} beside `{beginning}`", plural(rights.len(), "right"));
        let reason = format!(
            "more than its service needs; `kafka-acls.sh --list --principal 'User:{user}'`"
        );
        Line::review(&Group::Deployment, Kind::Right, user, change, reason)
    })
}

/// Rights on one resource that the contracts don't ask for: shown when they are our users', or when they
/// reach our topics.
fn unneeded(topics: &[WantedTopic], beginning: &str, rights: &[&Right]) -> Option<Line> {
    let first = rights.first()?;
    let (user, ours) = (user(first), principals::is_ours(user(first)));
    let reached: Vec<_> =
        topics.iter().filter(|topic| first.matches(Resource::Topic, &topic.name)).collect();
    let signals = format!("{beginning}signal.");
    let under_prefix = first.resource == Resource::Topic && first.name.starts_with(beginning);
    if !ours && reached.is_empty() && !under_prefix {
        return None;
    }
    let group = match reached.as_slice() {
        [only] => only.group.clone(),
        _ => Group::Deployment,
    };
    let harmless = rights
        .iter()
        .all(|right| matches!(right.operation, Operation::Describe | Operation::DescribeConfigs));
    let reason = match (ours, harmless) {
        (true, _) => "more than its service needs",
        (false, true) => "no contract asks for it; it sees no records",
        (false, false) => "no contract asks for it, and it reaches our records",
    };
    let operations = rights.iter().map(|right| right.operation.as_str()).collect::<Vec<_>>();
    let change = format!("has {} on {}", operations.join(", "), first.place());
    if user == principals::OPEN_DATA && rights.iter().any(|right| reads(right)) {
        let reason = format!(
            "what it reads it may publish, so it must never read what is not open; `{}`",
            removal(first, &operations)
        );
        return Some(Line::refuse(&group, Kind::Right, user, &change, reason, "BG0144"));
    }
    if rights.iter().any(|right| writes(right)) {
        let anothers = |topic: &&&WantedTopic| {
            let asker = topic.name.strip_prefix(&signals).and_then(|rest| rest.rsplit_once('.'));
            asker.is_some_and(|(_, asker)| asker != user)
        };
        if let Some(topic) = reached.iter().find(anothers) {
            let reason = format!(
                "who writes to `{}` asks in another's name; `{}`",
                topic.name,
                removal(first, &operations)
            );
            return Some(Line::refuse(&group, Kind::Right, user, &change, reason, "BG0197"));
        }
    }
    Some(Line::review(
        &group,
        Kind::Right,
        user,
        change,
        format!("{reason}; `{}`", removal(first, &operations)),
    ))
}

fn writes(right: &Right) -> bool {
    right.resource == Resource::Topic
        && matches!(right.operation, Operation::Write | Operation::All)
}

/// The open side's own topics are not asked about here: reading those is a right it should have.
fn reads(right: &Right) -> bool {
    right.resource == Resource::Topic && matches!(right.operation, Operation::Read | Operation::All)
}

/// Would `denial` take from a principal of ours what it needs?
fn denies(denial: &Right, needed: &Right) -> bool {
    let same_user = denial.principal == needed.principal || denial.principal == "User:*";
    let same_operation = match denial.operation {
        Operation::All => true,
        // Describe goes with read and write, and falls with its denial.
        Operation::Describe => matches!(needed.operation, Operation::Read | Operation::Write),
        operation => operation == needed.operation,
    };
    same_user && same_operation && denial.matches(needed.resource, &needed.name)
}

/// Nothing here takes a right away; this is how a person does.
fn removal(right: &Right, operations: &[&str]) -> String {
    let name = match right.resource {
        Resource::Topic => format!("--topic '{}'", right.name),
        Resource::Group => format!("--group '{}'", right.name),
        Resource::TransactionalId => format!("--transactional-id '{}'", right.name),
        Resource::Cluster | Resource::Other => "--cluster".to_owned(),
    };
    let prefixed =
        if right.pattern == Pattern::Prefixed { " --resource-pattern-type prefixed" } else { "" };
    let host =
        if right.host == "*" { String::new() } else { format!(" --allow-host {}", right.host) };
    let operations = operations.join(" --operation ");
    format!(
        "kafka-acls.sh --remove --allow-principal '{}'{host} --operation {operations} {name}{prefixed}",
        right.principal
    )
}
