//! Where a stream may begin: what the source is, what the state topic remembers, what the slot says.
//! Anything that does not add up is a halt, never a silent restart: it could hide a gap.

use bangioc_change::version::Lsn;
use bangioc_runtime::failpoint;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::Session;
use crate::state::{SourceState, State, StateWriter};
use crate::unit::Position;

/// Who answers: `IDENTIFY_SYSTEM`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    pub(crate) system_id: String,
    pub(crate) timeline: u32,
    /// The end of its log, as far as it is on the disk.
    pub(crate) flushed: Lsn,
}

impl Identity {
    pub(crate) fn ask(session: &mut Session) -> Result<Identity, CaptureError> {
        let answer = session
            .query("IDENTIFY_SYSTEM")?
            .into_iter()
            .next()
            .unwrap_or_default();
        let mut cells = answer.into_iter().flatten();
        let (system_id, timeline, flushed) = (
            cells.next(),
            cells.next().and_then(|timeline| timeline.parse().ok()),
            cells.next().and_then(|flushed| flushed.parse().ok()),
        );
        system_id
            .zip(timeline)
            .zip(flushed)
            .map(|((system_id, timeline), flushed)| Identity {
                system_id,
                timeline,
                flushed,
            })
            .ok_or(CaptureError::Internal {
                what: "an unreadable answer to IDENTIFY_SYSTEM",
            })
    }
}

/// A slot as `pg_replication_slots` shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub(crate) plugin: String,
    pub(crate) database: String,
    pub(crate) lost: bool,
    pub(crate) confirmed: Lsn,
}

impl Slot {
    pub(crate) async fn look_up(
        connection: &mut PgConnection,
        name: &str,
    ) -> Result<Option<Slot>, CaptureError> {
        let fails = |e: sqlx::Error| CaptureError::question("looking for the slot", &e);
        let row = sqlx::query(
            "select coalesce(plugin::text, ''), coalesce(database::text, ''), restart_lsn is null or coalesce(wal_status = 'lost', false), coalesce(confirmed_flush_lsn::text, '0/0') \
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
            confirmed: confirmed.parse().unwrap_or_default(),
        }))
    }
}

/// What to do before streaming.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Beginning {
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
}

/// Decides. `topics_used`: a topic of this source that already holds records, if one does.
pub(crate) fn beginning(
    source: &SourceSettings,
    state_topic: &str,
    identity: &Identity,
    state: &State,
    slot: Option<&Slot>,
    topic_used: Option<&str>,
) -> Result<Beginning, CaptureError> {
    let epoch_changed = |what: String| {
        Err(CaptureError::SourceEpoch {
            source_name: source.name.clone(),
            what,
        })
    };
    let lost = |answer: &str| {
        Err(CaptureError::SlotLost {
            slot: source.slot.clone(),
            answer: answer.to_owned(),
        })
    };
    let Some(known) = &state.source else {
        let found = match (slot, topic_used) {
            (Some(_), _) => format!("slot `{}` exists", source.slot),
            (None, Some(topic)) => format!("topic `{topic}` holds records"),
            (None, None) => return Ok(Beginning::Create { epoch: 1 }),
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
    if known.slot != source.slot {
        return epoch_changed(format!("slot `{}` became `{}`", known.slot, source.slot));
    }
    let epoch = known.epoch;
    let consistent_point: Option<Lsn> = known
        .consistent_point
        .as_ref()
        .and_then(|lsn| lsn.parse().ok());
    let Some(slot) = slot else {
        return if consistent_point.is_none() {
            Ok(Beginning::Create { epoch })
        } else {
            lost("it does not exist")
        };
    };
    if slot.lost {
        return lost("it no longer has the log it needs");
    }
    if slot.plugin != "pgoutput" || slot.database != source.database {
        return lost("another slot has its name, of another plugin or database");
    }
    let Some(consistent_point) = consistent_point else {
        return Ok(Beginning::Adopt {
            epoch,
            at: slot.confirmed,
        });
    };
    // The position is written down before the server is told, so the slot can't be ahead of it.
    let known = state.position.unwrap_or_default();
    let confirmed = known.lsn.max(consistent_point);
    if slot.confirmed > confirmed {
        return Err(CaptureError::SlotIdentity {
            slot: source.slot.clone(),
            found: slot.confirmed,
            confirmed,
        });
    }
    Ok(Beginning::Resume {
        epoch,
        from: Position {
            lsn: confirmed,
            at_us: known.at_us,
        },
    })
}

/// Carries the decision out; from where to stream, and the source's epoch.
pub(crate) async fn prepare(
    source: &SourceSettings,
    session: &mut Session,
    identity: Identity,
    beginning: Beginning,
    state: &StateWriter,
    now_us: i64,
) -> Result<(u32, Position), CaptureError> {
    let (epoch, at) = match beginning {
        Beginning::Resume { epoch, from } => return Ok((epoch, from)),
        Beginning::Adopt { epoch, at } => (epoch, Some(at)),
        Beginning::Create { epoch } => (epoch, None),
    };
    let mut record = SourceState {
        system_id: identity.system_id,
        timeline: identity.timeline,
        slot: source.slot.clone(),
        epoch,
        consistent_point: None,
    };
    let at = if let Some(at) = at {
        at
    } else {
        // First the intent: a slot without state means lost state.
        state.source(&record).await?;
        create_slot(session, &source.slot)?
    };
    failpoint::hit("capture.slot_created");
    record.consistent_point = Some(at.to_string());
    let position = Position {
        lsn: at,
        at_us: now_us,
    };
    state.position(position).await?;
    state.source(&record).await?;
    tracing::info!(slot = source.slot, lsn = %at, epoch, "slot created");
    Ok((epoch, position))
}

/// Waits for the transactions that run now, on the server's side.
fn create_slot(session: &mut Session, name: &str) -> Result<Lsn, CaptureError> {
    let answer = session.query(&format!(
        "CREATE_REPLICATION_SLOT \"{}\" LOGICAL pgoutput NOEXPORT_SNAPSHOT",
        name.replace('"', "\"\"")
    ))?;
    let consistent_point = answer
        .first()
        .and_then(|row| row.get(1))
        .and_then(Option::as_deref);
    consistent_point
        .and_then(|lsn| lsn.parse().ok())
        .ok_or(CaptureError::Internal {
            what: "an unreadable answer to CREATE_REPLICATION_SLOT",
        })
}

#[cfg(test)]
mod tests {
    use bangioc_runtime::Secret;
    use bangioc_runtime::failure::Failure;

    use super::*;
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
        }
    }

    fn identity() -> Identity {
        Identity {
            system_id: "7".into(),
            timeline: 1,
            flushed: Lsn(900),
        }
    }

    fn at(lsn: u64) -> Position {
        Position {
            lsn: Lsn(lsn),
            at_us: 5,
        }
    }

    fn known() -> State {
        let source = SourceState {
            system_id: "7".into(),
            timeline: 1,
            slot: "bangioc_so_tc".into(),
            epoch: 2,
            consistent_point: Some("0/64".into()),
        };
        State {
            source: Some(source),
            position: Some(at(200)),
            ..State::default()
        }
    }

    fn slot(confirmed: u64) -> Slot {
        Slot {
            plugin: "pgoutput".into(),
            database: "d".into(),
            lost: false,
            confirmed: Lsn(confirmed),
        }
    }

    fn code(
        identity: &Identity,
        state: &State,
        slot: Option<&Slot>,
        topic_used: Option<&str>,
    ) -> Result<Beginning, &'static str> {
        beginning(
            &source(),
            "x.state.so-tc",
            identity,
            state,
            slot,
            topic_used,
        )
        .map_err(|failure| failure.code())
    }

    #[test]
    fn only_nothing_at_all_is_a_first_start() {
        let empty = State::default();
        assert_eq!(
            code(&identity(), &empty, None, None),
            Ok(Beginning::Create { epoch: 1 })
        );
        assert_eq!(
            code(&identity(), &empty, Some(&slot(1)), None),
            Err("BG0211")
        );
        assert_eq!(code(&identity(), &empty, None, Some("t")), Err("BG0211"));
    }

    #[test]
    fn a_known_source_goes_on_where_it_was_confirmed() {
        assert_eq!(
            code(&identity(), &known(), Some(&slot(200)), Some("t")),
            Ok(Beginning::Resume {
                epoch: 2,
                from: at(200)
            })
        );
        // The server never heard of it, or lost it in a crash.
        assert_eq!(
            code(&identity(), &known(), Some(&slot(150)), None),
            Ok(Beginning::Resume {
                epoch: 2,
                from: at(200)
            })
        );
    }

    #[test]
    fn what_does_not_add_up_halts() {
        assert_eq!(
            code(&identity(), &known(), Some(&slot(201)), None),
            Err("BG0213")
        );
        assert_eq!(code(&identity(), &known(), None, None), Err("BG0210"));
        assert_eq!(
            code(
                &identity(),
                &known(),
                Some(&Slot {
                    lost: true,
                    ..slot(200)
                }),
                None
            ),
            Err("BG0210")
        );
        assert_eq!(
            code(
                &identity(),
                &known(),
                Some(&Slot {
                    database: "e".into(),
                    ..slot(200)
                }),
                None
            ),
            Err("BG0210")
        );
        let other = [
            Identity {
                system_id: "8".into(),
                ..identity()
            },
            Identity {
                timeline: 2,
                ..identity()
            },
        ];
        for identity in other {
            assert_eq!(
                code(&identity, &known(), Some(&slot(200)), None),
                Err("BG0212")
            );
        }
    }

    #[test]
    fn a_stop_while_the_slot_was_made_is_no_loss() {
        let mut state = known();
        state.position = None;
        state.source.as_mut().unwrap().consistent_point = None;
        assert_eq!(
            code(&identity(), &state, None, None),
            Ok(Beginning::Create { epoch: 2 })
        );
        assert_eq!(
            code(&identity(), &state, Some(&slot(300)), None),
            Ok(Beginning::Adopt {
                epoch: 2,
                at: Lsn(300)
            })
        );
    }
}
