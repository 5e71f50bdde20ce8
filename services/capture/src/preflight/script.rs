//! The SQL of all findings in an order in which it runs, top to bottom, each statement once.

use bangioc_runtime::printable::printable;
use bangioc_schemas::contract::Label;

use super::check::{Check, Remedy, Step};

/// For `psql -f`. `said`: the language of its comments. Empty when there is nothing to run.
pub fn script(checks: &[Check], said: impl Fn(&Label) -> &str) -> String {
    let mut remedies: Vec<(&Check, &Remedy)> =
        checks.iter().filter_map(|check| Some((check, check.remedy.as_ref()?))).collect();
    // Stable: what one check found stays in the order in which it must be done.
    remedies.sort_by_key(|(_, remedy)| remedy.step);
    let mut parts: Vec<String> = Vec::new();
    let mut printed: Vec<&str> = Vec::new();
    for (check, remedy) in remedies {
        if printed.contains(&remedy.sql.as_str()) {
            continue;
        }
        printed.push(&remedy.sql);
        let comment = |text: &str| format!("-- {}\n", printable(text));
        let about = check.about.name();
        let mut part = comment(&format!("{}: {}", said(&about), said(check.sentence())));
        if let Some(cost) = &remedy.cost {
            part.push_str(&comment(&format!("! {}", said(cost))));
        }
        part.push_str(&remedy.sql);
        parts.push(part);
    }
    parts.join("\n\n")
}

/// Is there anything in it for psql, or only something for a person to decide?
pub fn has_statements(checks: &[Check]) -> bool {
    let remedies = checks.iter().filter_map(|check| check.remedy.as_ref());
    remedies.into_iter().any(|remedy| remedy.step != Step::Person)
}

#[cfg(test)]
mod tests {
    use super::super::check::CheckSubject;
    use super::super::label;
    use super::*;

    #[test]
    fn tables_come_before_what_publishes_them_and_nothing_comes_twice() {
        let check = |about, step, sql: &str| {
            Check::new(about, label("", ""))
                .problem(label("hỏng", "it is\nbroken"))
                .remedy(step, sql)
        };
        let table = || CheckSubject::Table("\"d\".\"t\"".to_owned());
        let checks = [
            check(CheckSubject::Publication, Step::Publication, "create publication p;"),
            check(table(), Step::Grant, "grant usage on schema d to r;"),
            check(table(), Step::Table, "alter table t set logged;")
                .at_the_cost(label("viết lại", "rewrites it")),
            check(table(), Step::Grant, "grant usage on schema d to r;"),
        ];
        assert_eq!(
            script(&checks, |label| &label.en),
            "-- table \"d\".\"t\": it is\\nbroken\ngrant usage on schema d to r;\n\n\
             -- table \"d\".\"t\": it is\\nbroken\n-- ! rewrites it\nalter table t set logged;\n\n\
             -- the publication: it is\\nbroken\ncreate publication p;"
        );
    }
}
