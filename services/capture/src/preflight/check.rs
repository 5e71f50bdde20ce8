//! One thing looked at, and what was found.

use bangioc_schemas::contract::{Contract, Label};

use super::label;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub about: CheckSubject,
    /// As it should be: "the table is published".
    pub what: Label,
    pub outcome: CheckOutcome,
    /// Run at the source by its administrator.
    pub remedy: Option<Remedy>,
    /// Its page; none where nothing is wrong.
    pub code: Option<&'static str>,
    /// Set when only this dataset is concerned.
    pub dataset: Option<String>,
    /// A problem that keeps no capture from running: the department's own trouble, or one that a run deals with.
    aside: bool,
}

/// What a finding is about; in this order they are listed where they are equally bad.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CheckSubject {
    Server,
    Role,
    Slot,
    Publication,
    /// As SQL names it: `"dept"."land_parcel"`.
    Table(String),
}

/// What is wrong, and in the same sentence what comes of it, for whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckOutcome {
    Fine,
    /// Capture works, but someone should know.
    Warning(Label),
    Problem(Label),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remedy {
    pub step: Step,
    /// Whole statements; or comments alone, where a person has to decide.
    pub sql: String,
    /// What running it does to a live database, beyond a moment's lock.
    pub cost: Option<Label>,
}

/// In this order the SQL of all findings runs, top to bottom: a table is published only when its UPDATEs can
/// be, and what needs a restart comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// Before it, the commit of anything that follows might hang.
    Commits,
    Role,
    Grant,
    Table,
    Publication,
    Server,
    /// No SQL: a person decides.
    Person,
}

impl CheckSubject {
    pub fn name(&self) -> Label {
        match self {
            CheckSubject::Server => label("máy chủ", "the server"),
            CheckSubject::Role => label("tài khoản thu nhận", "the capture's role"),
            CheckSubject::Slot => label("khe sao chép (replication slot)", "the replication slot"),
            CheckSubject::Publication => label("publication", "the publication"),
            CheckSubject::Table(name) => label(format!("bảng {name}"), format!("table {name}")),
        }
    }
}

impl Check {
    pub(super) fn new(about: CheckSubject, what: Label) -> Check {
        Check {
            about,
            what,
            outcome: CheckOutcome::Fine,
            remedy: None,
            code: None,
            dataset: None,
            aside: false,
        }
    }

    /// About the table of a contract.
    pub(super) fn of(contract: &Contract, what: Label) -> Check {
        let mut check = Check::new(CheckSubject::Table(super::table_name(contract)), what);
        check.dataset = Some(contract.dataset.as_str().to_owned());
        check
    }

    pub(super) fn problem(mut self, why: Label) -> Check {
        self.outcome = CheckOutcome::Problem(why);
        self
    }

    pub(super) fn warning(mut self, why: Label) -> Check {
        self.outcome = CheckOutcome::Warning(why);
        self
    }

    /// The three that follow say nothing where nothing is wrong.
    pub(super) fn coded(mut self, code: &'static str) -> Check {
        self.code = (!self.is_fine()).then_some(code);
        self
    }

    pub(super) fn remedy(mut self, step: Step, sql: impl Into<String>) -> Check {
        let sql = sql.into();
        self.remedy =
            (!self.is_fine() && !sql.is_empty()).then_some(Remedy { step, sql, cost: None });
        self
    }

    pub(super) fn at_the_cost(mut self, cost: Label) -> Check {
        if let Some(remedy) = &mut self.remedy {
            remedy.cost = Some(cost);
        }
        self
    }

    pub(super) fn costs(self, cost: Option<Label>) -> Check {
        match cost {
            Some(cost) => self.at_the_cost(cost),
            None => self,
        }
    }

    /// See [`Check::stops_capture`].
    pub(super) fn aside(mut self) -> Check {
        self.aside = true;
        self
    }

    pub fn is_fine(&self) -> bool {
        self.outcome == CheckOutcome::Fine
    }

    pub fn is_problem(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Problem(_))
    }

    pub fn is_warning(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Warning(_))
    }

    /// Nothing can be captured, or, when it has a dataset, nothing of that.
    pub fn stops_capture(&self) -> bool {
        self.is_problem() && !self.aside
    }

    /// What is wrong, or what is right.
    pub fn sentence(&self) -> &Label {
        match &self.outcome {
            CheckOutcome::Fine => &self.what,
            CheckOutcome::Warning(why) | CheckOutcome::Problem(why) => why,
        }
    }

    /// 0 is the worst.
    pub fn rank(&self) -> u8 {
        match self.outcome {
            CheckOutcome::Problem(_) => 0,
            CheckOutcome::Warning(_) => 1,
            CheckOutcome::Fine => 2,
        }
    }

    pub(super) fn log(&self) {
        let (about, said) = (&self.about.name().en, &self.sentence().en);
        let sql = self.remedy.as_ref().map(|remedy| remedy.sql.as_str());
        match self.outcome {
            CheckOutcome::Fine => tracing::info!("✔ {about}: {said}"),
            CheckOutcome::Warning(_) => tracing::warn!(sql, code = self.code, "⚠ {about}: {said}"),
            CheckOutcome::Problem(_) => tracing::error!(sql, code = self.code, "✖ {about}: {said}"),
        }
    }
}
