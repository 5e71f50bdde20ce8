//! Where a stream may begin: what the source is, what the state topic remembers, what the slot says.
//! Anything that does not add up is a halt, never a silent restart: it could hide a gap.

mod creation;
mod same_log;

use bangioc_change::version::Lsn;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

pub(crate) use self::creation::Preparing;
use crate::blocking::blocking;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::Session;
use crate::state::CaptureState;
use crate::unit::{Position, TransactionSeen};

/// Who answers: `IDENTIFY_SYSTEM`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SystemIdentity {
    pub(crate) system_id: String,
    pub(crate) timeline: u32,
    /// The end of its log, as far as it is on the disk.
    pub(crate) flushed: Lsn,
}

impl SystemIdentity {
    pub(crate) fn ask(session: &mut Session) -> Result<SystemIdentity, CaptureError> {
        let answer = session.query("IDENTIFY_SYSTEM")?.into_iter().next().unwrap_or_default();
        let mut cells = answer.into_iter().flatten();
        let (system_id, timeline, flushed) = (
            cells.next(),
            cells.next().and_then(|timeline| timeline.parse().ok()),
            cells.next().and_then(|flushed| flushed.parse().ok()),
        );
        system_id
            .zip(timeline)
            .zip(flushed)
            .map(|((system_id, timeline), flushed)| SystemIdentity { system_id, timeline, flushed })
            .ok_or(CaptureError::Internal { what: "an unreadable answer to IDENTIFY_SYSTEM" })
    }
}

/// A slot as `pg_replication_slots` shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub(crate) plugin: String,
    pub(crate) database: String,
    pub(crate) lost: bool,
    /// The server has not finished it; the process that does.
    pub(crate) being_made_by: Option<i32>,
    pub(crate) confirmed: Lsn,
}

impl Slot {
    pub(crate) async fn look_up(
        connection: &mut PgConnection,
        name: &str,
    ) -> Result<Option<Slot>, CaptureError> {
        let fails = |e: sqlx::Error| CaptureError::question("looking for the slot", &e);
        let row = sqlx::query(
            "select coalesce(plugin::text, ''), coalesce(database::text, ''), restart_lsn is null or coalesce(wal_status = 'lost', false), coalesce(confirmed_flush_lsn::text, '0/0'), \
             case when confirmed_flush_lsn is null then coalesce(active_pid, 0) end \
             from pg_replication_slots where slot_name = $1",
        )
        .bind(name)
        .fetch_optional(connection)
        .await
        .map_err(fails)?;
        let Some(row) = row else { return Ok(None) };
        let confirmed: String = row.try_get(3).map_err(fails)?;
        Ok(Some(Slot {
            plugin: row.try_get(0).map_err(fails)?,
            database: row.try_get(1).map_err(fails)?,
            lost: row.try_get(2).map_err(fails)?,
            being_made_by: row.try_get(4).map_err(fails)?,
            confirmed: confirmed.parse().unwrap_or_default(),
        }))
    }
}

/// What to do before streaming.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SlotPlan {
    /// Nothing is known and nothing is there: make the slot.
    Create {
        epoch: u32,
    },
    /// The slot was made, but the process ended before that was recorded.
    Adopt {
        epoch: u32,
        at: Lsn,
    },
    Resume {
        epoch: u32,
        from: Position,
    },
    /// The server is still making it, for a process of ours that is gone: nothing is in it yet.
    Wait,
}

/// Decides. `topics_used`: a topic of this source that already holds records, if one does.
pub(crate) fn beginning(
    source: &SourceSettings,
    state_topic: &str,
    identity: &SystemIdentity,
    state: &CaptureState,
    slot: Option<&Slot>,
    topic_used: Option<&str>,
) -> Result<SlotPlan, CaptureError> {
    let epoch_changed =
        |what: String| Err(CaptureError::SourceEpoch { source_name: source.name.clone(), what });
    let lost = |answer: &str| {
        Err(CaptureError::SlotLost { slot: source.slot.clone(), answer: answer.to_owned() })
    };
    let Some(known) = &state.source else {
        let found = match (slot, topic_used) {
            (Some(_), _) => format!("slot `{}` exists", source.slot),
            (None, Some(topic)) => format!("topic `{topic}` holds records"),
            (None, None) => return Ok(SlotPlan::Create { epoch: 1 }),
        };
        return Err(CaptureError::StateLost {
            source_name: source.name.clone(),
            topic: state_topic.to_owned(),
            found,
        });
    };
    if known.system_id != identity.system_id {
        return epoch_changed("another database cluster answers (system identifier)".to_owned());
    }
    if known.timeline != identity.timeline {
        return epoch_changed(format!(
            "timeline {} became {}: it was restored or promoted",
            known.timeline, identity.timeline
        ));
    }
    let position = state.position.unwrap_or_default();
    if position.lsn > identity.flushed {
        return epoch_changed(format!(
            "its log ends at {}, before {}, which was read: its disk was put back to an earlier state",
            identity.flushed, position.lsn
        ));
    }
    if known.slot != source.slot {
        return epoch_changed(format!("slot `{}` became `{}`", known.slot, source.slot));
    }
    let epoch = known.epoch;
    let consistent_point: Option<Lsn> =
        known.consistent_point.as_ref().and_then(|lsn| lsn.parse().ok());
    let Some(slot) = slot else {
        return if consistent_point.is_none() {
            Ok(SlotPlan::Create { epoch })
        } else {
            lost("it does not exist")
        };
    };
    if slot.being_made_by.is_some() {
        return if consistent_point.is_none() {
            Ok(SlotPlan::Wait)
        } else {
            lost("it does not exist, and another is being made under its name")
        };
    }
    if slot.lost {
        return lost("it no longer has the log it needs");
    }
    if slot.plugin != "pgoutput" || slot.database != source.database {
        return lost("another slot has its name, of another plugin or database");
    }
    let Some(consistent_point) = consistent_point else {
        return Ok(SlotPlan::Adopt { epoch, at: slot.confirmed });
    };
    // The position is written down before the server is told, so the slot can't be ahead of it.
    let confirmed = position.lsn.max(consistent_point);
    if slot.confirmed > confirmed {
        return Err(CaptureError::SlotIdentity {
            slot: source.slot.clone(),
            found: slot.confirmed,
            confirmed,
        });
    }
    Ok(SlotPlan::Resume { epoch, from: Position { lsn: confirmed, ..position } })
}

/// Where a slot behind the position that the state knows is to be read from, to see that the log between is
/// the one that was read before: the slot's own position, and the transaction to be met.
fn to_compare(beginning: &SlotPlan, slot: Option<&Slot>) -> Option<(Lsn, Lsn, TransactionSeen)> {
    let (SlotPlan::Resume { from, .. }, Some(slot)) = (beginning, slot) else {
        return None;
    };
    (slot.confirmed < from.lsn).then_some((slot.confirmed, from.lsn, from.last?))
}

/// [`CaptureError::SourceEpoch`] unless the log before the known position is the one that was read before.
pub(crate) async fn same_log(
    source: &SourceSettings,
    beginning: &SlotPlan,
    slot: Option<&Slot>,
    origins: bool,
) -> Result<(), CaptureError> {
    let Some((from, position, last)) = to_compare(beginning, slot) else {
        return Ok(());
    };
    let source_settings = source.clone();
    let same = blocking(move || {
        let source = source_settings;
        // One of its own: a session that has streamed can't be used again.
        let session = Session::connect(&source)?;
        let (wal, frames) = session.start(&source.slot, from, &source.publication, origins)?;
        same_log::is_same_log(wal, frames, from, position, last)
    })
    .await?;
    if same {
        Ok(())
    } else {
        Err(CaptureError::SourceEpoch {
            source_name: source.name.clone(),
            what: format!(
                "the log between {from} and {position} is another than the one that was read: the server's disk was put back to an earlier state"
            ),
        })
    }
}

/// Now that the slot is ours and nobody else can move it: did anyone since it was looked at? The server would
/// leave out what lies between, and say nothing.
pub(crate) async fn still_there(
    connection: &mut PgConnection,
    source: &SourceSettings,
    from: Lsn,
) -> Result<(), CaptureError> {
    let Some(slot) = Slot::look_up(connection, &source.slot).await? else {
        return Err(CaptureError::SlotLost {
            slot: source.slot.clone(),
            answer: "it does not exist".to_owned(),
        });
    };
    if slot.confirmed > from {
        return Err(CaptureError::SlotIdentity {
            slot: source.slot.clone(),
            found: slot.confirmed,
            confirmed: from,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bangioc_runtime::Secret;
    use bangioc_runtime::failure::Failure;
    use std::time::Duration;

    use super::*;
    use crate::pinned::QuestionLimits;
    use crate::state::SourceState;
    use bangioc_runtime::tls::Tls;

    fn source() -> SourceSettings {
        SourceSettings {
            name: "so-tc".into(),
            host: "h".into(),
            port: 1,
            user: "u".into(),
            password: Secret::new("p".to_owned()),
            database: "d".into(),
            tls: Tls::Off,
            slot: "bangioc_so_tc".into(),
            publication: "bangioc".into(),
            limits: QuestionLimits {
                lock: Duration::from_secs(1),
                statement: Duration::from_secs(1),
            },
        }
    }

    fn identity() -> SystemIdentity {
        SystemIdentity { system_id: "7".into(), timeline: 1, flushed: Lsn(900) }
    }

    fn at(lsn: u64) -> Position {
        Position { lsn: Lsn(lsn), at_us: 5, last: None }
    }

    fn known() -> CaptureState {
        let source = SourceState {
            system_id: "7".into(),
            timeline: 1,
            slot: "bangioc_so_tc".into(),
            epoch: 2,
            consistent_point: Some("0/64".into()),
        };
        CaptureState { source: Some(source), position: Some(at(200)), ..CaptureState::default() }
    }

    fn slot(confirmed: u64) -> Slot {
        Slot {
            plugin: "pgoutput".into(),
            database: "d".into(),
            lost: false,
            being_made_by: None,
            confirmed: Lsn(confirmed),
        }
    }

    fn code(
        identity: &SystemIdentity,
        state: &CaptureState,
        slot: Option<&Slot>,
        topic_used: Option<&str>,
    ) -> Result<SlotPlan, &'static str> {
        beginning(&source(), "x.state.so-tc", identity, state, slot, topic_used)
            .map_err(|failure| failure.code())
    }

    #[test]
    fn only_nothing_at_all_is_a_first_start() {
        let empty = CaptureState::default();
        assert_eq!(code(&identity(), &empty, None, None), Ok(SlotPlan::Create { epoch: 1 }));
        assert_eq!(code(&identity(), &empty, Some(&slot(1)), None), Err("BG0211"));
        assert_eq!(code(&identity(), &empty, None, Some("t")), Err("BG0211"));
    }

    #[test]
    fn a_known_source_goes_on_where_it_was_confirmed() {
        assert_eq!(
            code(&identity(), &known(), Some(&slot(200)), Some("t")),
            Ok(SlotPlan::Resume { epoch: 2, from: at(200) })
        );
        // The server never heard of it, or lost it in a crash.
        assert_eq!(
            code(&identity(), &known(), Some(&slot(150)), None),
            Ok(SlotPlan::Resume { epoch: 2, from: at(200) })
        );
    }

    #[test]
    fn what_does_not_add_up_halts() {
        assert_eq!(code(&identity(), &known(), Some(&slot(201)), None), Err("BG0213"));
        assert_eq!(code(&identity(), &known(), None, None), Err("BG0210"));
        assert_eq!(
            code(&identity(), &known(), Some(&Slot { lost: true, ..slot(200) }), None),
            Err("BG0210")
        );
        assert_eq!(
            code(&identity(), &known(), Some(&Slot { database: "e".into(), ..slot(200) }), None),
            Err("BG0210")
        );
        let other = [
            SystemIdentity { system_id: "8".into(), ..identity() },
            SystemIdentity { timeline: 2, ..identity() },
        ];
        for identity in other {
            assert_eq!(code(&identity, &known(), Some(&slot(200)), None), Err("BG0212"));
        }
    }

    #[test]
    fn a_log_that_ends_before_what_was_read_is_another() {
        let restored = SystemIdentity { flushed: Lsn(199), ..identity() };
        assert_eq!(code(&restored, &known(), Some(&slot(150)), None), Err("BG0212"));
    }

    #[test]
    fn a_slot_that_is_behind_is_compared() {
        let last = TransactionSeen { commit_lsn: Lsn(190), committed_at_us: 3, xid: 7 };
        let resume = |last| SlotPlan::Resume { epoch: 2, from: Position { last, ..at(200) } };
        assert_eq!(
            to_compare(&resume(Some(last)), Some(&slot(150))),
            Some((Lsn(150), Lsn(200), last))
        );
        assert_eq!(to_compare(&resume(Some(last)), Some(&slot(200))), None);
        assert_eq!(to_compare(&resume(None), Some(&slot(150))), None);
    }

    #[test]
    fn a_slot_that_is_being_made_is_not_adopted() {
        let half_made = Slot { being_made_by: Some(77), ..slot(0) };
        assert_eq!(code(&identity(), &known(), Some(&half_made), None), Err("BG0210"));
        let mut state = known();
        state.position = None;
        state.source.as_mut().unwrap().consistent_point = None;
        assert_eq!(code(&identity(), &state, Some(&half_made), None), Ok(SlotPlan::Wait));
    }

    #[test]
    fn a_stop_while_the_slot_was_made_is_no_loss() {
        let mut state = known();
        state.position = None;
        state.source.as_mut().unwrap().consistent_point = None;
        assert_eq!(code(&identity(), &state, None, None), Ok(SlotPlan::Create { epoch: 2 }));
        assert_eq!(
            code(&identity(), &state, Some(&slot(300)), None),
            Ok(SlotPlan::Adopt { epoch: 2, at: Lsn(300) })
        );
    }
}
