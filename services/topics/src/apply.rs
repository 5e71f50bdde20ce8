//! Does what a plan says, as far as it may. Safe to kill and run again, and to run twice at once: every
//! step adds one thing, adding what is there changes nothing, and the plan is made anew each time. So
//! there is no lock that a killed run could leave behind.

use std::time::Duration;

use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::retry::Policy;
use bangioc_runtime::shutdown::Shutdown;
use serde::Serialize;

use crate::actual::{Actual, Registry};
use crate::deployment::Deployment;
use crate::error::TopicsError;
use crate::observe::{self, registry};
use crate::plan::{Action, Line, Plan, Verdict, plan};
use crate::subjects::Subjects;
use crate::wanted::COMPATIBILITY;

/// What a person agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    SafeOnly,
    /// The lines marked REVIEW have been read, and are meant.
    Reviewed,
}

/// How far to go. On the first day the registry can't start before its topic and its rights are there,
/// nor schemas be registered before it runs: either a wait, or two calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Kafka, then the registry, waiting for it up to a minute.
    All,
    /// Kafka alone; the registry isn't asked.
    KafkaOnly,
}

/// What was done, and the plan that is left, looked up anew.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub done: Vec<Line>,
    pub left: Plan,
}

impl Report {
    /// Fails when something was refused.
    pub fn outcome(&self) -> Result<(), TopicsError> {
        match self.left.count(Verdict::Refuse) {
            0 => Ok(()),
            count => Err(TopicsError::Refused { count }),
        }
    }
}

/// What applying works with.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    pub admin: &'a Admin,
    pub subjects: &'a dyn Subjects,
    /// The registry's address, for messages.
    pub registry: &'a str,
    pub shutdown: &'a Shutdown,
}

/// Longest wait for a registry that is starting: on the first day it starts beside us.
const REGISTRY_WAIT: Duration = Duration::from_mins(1);
/// The controller's answer precedes what the brokers show by some milliseconds.
const SEEN_WITHIN: Duration = Duration::from_secs(15);

pub fn apply(
    tools: Tools<'_>,
    deployment: &Deployment,
    extent: Extent,
    consent: Consent,
    told: &mut dyn FnMut(&Line),
) -> Result<Report, BoxFailure> {
    let first = plan(deployment, &look(tools.admin, tools.subjects, deployment, extent)?);
    let mut done = Vec::new();
    let mut run = |plan: &Plan| {
        carry_out(tools, plan, consent, &mut |line| {
            told(line);
            done.push(line.clone());
        })
    };
    run(&first)?;
    if extent == Extent::All && first.registry_silent && !first.is_refused_whole() {
        await_registry(tools, deployment)?;
        run(&plan(deployment, &look(tools.admin, tools.subjects, deployment, extent)?))?;
    }
    let left = left_over(tools, deployment, extent)?;
    Ok(Report { done, left })
}

pub(crate) fn look(
    admin: &Admin,
    subjects: &dyn Subjects,
    deployment: &Deployment,
    extent: Extent,
) -> Result<Actual, BoxFailure> {
    match extent {
        Extent::All => observe::observe(admin, subjects, deployment),
        Extent::KafkaOnly => observe::kafka(admin, deployment),
    }
}

/// Topics first, then who may use them, then what is written there.
fn carry_out(
    tools: Tools<'_>,
    plan: &Plan,
    consent: Consent,
    told: &mut dyn FnMut(&Line),
) -> Result<(), BoxFailure> {
    let allowed = |line: &&Line| match line.verdict {
        Verdict::Safe => true,
        Verdict::Review => consent == Consent::Reviewed,
        Verdict::Refuse => false,
    };
    let mut lines: Vec<_> = plan
        .lines
        .iter()
        .filter(allowed)
        .filter(|line| !plan.is_held(line))
        .filter_map(|line| Some((line, line.action.as_ref()?)))
        .collect();
    lines.sort_by_key(|(_, action)| rank(action));
    for (line, action) in lines {
        if tools.shutdown.is_requested() {
            return Err(TopicsError::Interrupted.into());
        }
        act(tools, action)?;
        told(line);
    }
    Ok(())
}

fn rank(action: &Action) -> u8 {
    match action {
        Action::CreateTopic(_) => 0,
        Action::SetConfigs { .. } => 1,
        Action::Grant(_) => 2,
        // Before the schema, so that the registry judges by it from the first version on.
        Action::SetLevel { .. } => 3,
        Action::Register { .. } => 4,
    }
}

fn act(tools: Tools<'_>, action: &Action) -> Result<(), BoxFailure> {
    match action {
        Action::CreateTopic(topic) => {
            // `Created::Before`: somebody was quicker; whether they made it as we want it, the look
            // afterwards tells.
            tools.admin.create_topic(&TopicOrder {
                name: &topic.name,
                partitions: topic.partitions,
                replication: topic.replication,
                configs: &topic.configs,
            })?;
        }
        Action::SetConfigs { topic, configs } => tools.admin.set_topic_configs(topic, configs)?,
        Action::Grant(rights) => tools.admin.grant(rights)?,
        Action::SetLevel { subject } => tools.subjects.set_level(subject, COMPATIBILITY)?,
        Action::Register { subject, schema } => tools.subjects.register(subject, schema)?,
    }
    Ok(())
}

fn await_registry(tools: Tools<'_>, deployment: &Deployment) -> Result<(), BoxFailure> {
    tracing::info!(registry = tools.registry, "waiting for the registry");
    let policy = Policy { longest: Duration::from_secs(2), ..Policy::default() }
        .giving_up_after(REGISTRY_WAIT);
    for delay in policy.delays() {
        if let Registry::Read(_) = registry(tools.subjects, deployment)? {
            return Ok(());
        }
        pause(tools.shutdown, delay)?;
    }
    Err(TopicsError::RegistrySilent { address: tools.registry.to_owned() }.into())
}

/// Looks until everything that should be there shows, and fails when it doesn't.
fn left_over(
    tools: Tools<'_>,
    deployment: &Deployment,
    extent: Extent,
) -> Result<Plan, BoxFailure> {
    let policy = Policy { longest: Duration::from_secs(1), ..Policy::default() }
        .giving_up_after(SEEN_WITHIN);
    let mut delays = policy.delays();
    loop {
        let left = plan(deployment, &look(tools.admin, tools.subjects, deployment, extent)?);
        let missing = left
            .lines
            .iter()
            .filter(|line| line.verdict == Verdict::Safe && !left.is_held(line))
            .count();
        if missing == 0 {
            return Ok(left);
        }
        let Some(delay) = delays.next() else {
            return Err(TopicsError::NotSeen { count: missing }.into());
        };
        pause(tools.shutdown, delay)?;
    }
}

fn pause(shutdown: &Shutdown, delay: Duration) -> Result<(), TopicsError> {
    if shutdown.pause(delay) { Err(TopicsError::Interrupted) } else { Ok(()) }
}
