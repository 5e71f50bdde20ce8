//! Would the server count our stream among the standbys that its commits wait for?
//!
//! `synchronous_standby_names` counts whoever streams under one of its names, and `*` is any name: it can't
//! tell a capture from a standby. Commits would then wait until Kafka has what they changed. What is to be
//! done depends on who else could answer:
//!
//! | are we named? | is another who is named connected? | |
//! |---|---|---|
//! | no | | apart: nothing waits for us |
//! | yes | yes | in the way: we leave, the other answers |
//! | yes | no | alone: leaving would stop every commit of the database, so we stay and say so |

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use crate::error::CaptureError;
use crate::pinned::APPLICATION_NAME;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StandbyCount {
    Apart,
    InTheWay,
    Alone,
}

/// `setting` as the server shows it; `others`: the application names of its other walsenders.
pub(crate) fn standing(setting: &str, others: &[String]) -> StandbyCount {
    let standbys = names(setting);
    // As the server compares them; a base backup streams as well, and never answers.
    let named =
        |who: &str| standbys.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(who));
    let another =
        |who: &&String| !who.eq_ignore_ascii_case(APPLICATION_NAME) && *who != "pg_basebackup";
    if !named(APPLICATION_NAME) {
        StandbyCount::Apart
    } else if others.iter().filter(another).any(|who| named(who)) {
        StandbyCount::InTheWay
    } else {
        StandbyCount::Alone
    }
}

/// `walsender`: our own stream's process, once there is one.
pub(crate) async fn look(
    connection: &mut PgConnection,
    walsender: Option<i32>,
) -> Result<StandbyCount, CaptureError> {
    let fails = |e: sqlx::Error| CaptureError::question("reading `synchronous_standby_names`", &e);
    let row = sqlx::query(
        "select current_setting('synchronous_standby_names'), \
         array(select coalesce(application_name, '') from pg_stat_replication where pid is distinct from $1)",
    )
    .bind(walsender)
    .fetch_one(connection)
    .await
    .map_err(fails)?;
    let (setting, others): (String, Vec<String>) =
        (row.try_get(0).map_err(fails)?, row.try_get(1).map_err(fails)?);
    Ok(standing(&setting, &others))
}

/// The names of a setting: `a, b`, `FIRST 2 (a, b)`, `ANY 1 ("c d", *)`.
fn names(setting: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    let mut letters = setting.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = names.len() - 1;
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                names[last].push('"');
            }
            '"' => quoted = !quoted,
            _ if quoted => names[last].push(letter),
            // What came before says how many must answer, no name.
            '(' => names = vec![String::new()],
            ',' | ')' => names.push(String::new()),
            _ if letter.is_whitespace() => {}
            _ => names[last].push(letter),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_server_reads_them() {
        for (setting, expected) in [
            ("", vec![]),
            ("*", vec!["*"]),
            ("s1, s2", vec!["s1", "s2"]),
            ("2 (s1,s2)", vec!["s1", "s2"]),
            ("FIRST 1 (\"a, (b\"\"c\", *)", vec!["a, (b\"c", "*"]),
            ("ANY 1(bangioc-capture)", vec!["bangioc-capture"]),
        ] {
            assert_eq!(names(setting), expected, "{setting}");
        }
    }

    #[test]
    fn nobody_waits_for_us_where_another_can_answer() {
        for (setting, others, expected) in [
            ("", vec![], StandbyCount::Apart),
            ("s1", vec!["s1"], StandbyCount::Apart),
            ("*", vec![], StandbyCount::Alone),
            ("*", vec!["s1"], StandbyCount::InTheWay),
            ("*", vec!["pg_basebackup", "bangioc-capture"], StandbyCount::Alone),
            ("FIRST 1 (s1, \"Bangioc-Capture\")", vec!["s2"], StandbyCount::Alone),
            ("FIRST 1 (s1, \"Bangioc-Capture\")", vec!["S1"], StandbyCount::InTheWay),
        ] {
            let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
            assert_eq!(standing(setting, &others), expected, "{setting} {others:?}");
        }
    }
}
