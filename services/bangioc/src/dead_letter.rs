//! `bangioc dead-letter`: what people do with parked keys.

use bangioc_dead_letter::discard::Discarded;
use bangioc_dead_letter::list::{KeyFilter, to_page, to_table};
use bangioc_dead_letter::{Config, DeadLetters};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_schemas::names::Side;
use serde_json::json;

use crate::output::Output;
use crate::{args, contract};

pub(crate) async fn run(
    side: args::Side,
    command: args::DeadLetter,
    settings: &Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let side = match side {
        args::Side::Shared => Side::Shared,
        args::Side::Open => Side::Open,
    };
    let (config, contracts) = (Config::read(settings, side), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    let contracts = contract::of_side(&catalogue, side);
    let mut letters = DeadLetters::open(&config, contracts).await?;
    match command {
        args::DeadLetter::List { dataset, all } => {
            if let Some(dataset) = &dataset {
                contract::find(&catalogue, dataset)?;
            }
            let keys = letters.list(&KeyFilter { dataset, ended_too: all }).await?;
            out.show(&keys, |keys| to_table(keys))
        }
        args::DeadLetter::Show { key_ref, purpose } => {
            let (key, records) = letters.show(key_ref).await?;
            let (field, purpose) = (key.field.as_deref(), purpose.as_deref());
            let reason = letters.reason(key_ref, &key.code, field, purpose).await?;
            let all = json!({ "key": key, "records": records, "reason": reason });
            out.show(&all, |_| to_page(&key, &records, &reason))
        }
        args::DeadLetter::Replay { key_ref } => {
            let done = letters.replay(key_ref).await?;
            out.show(&done, |done| {
                let superseded = if done.superseded > 0 {
                    format!(", {} superseded", done.superseded)
                } else {
                    String::new()
                };
                format!("{key_ref}: {} records replayed{superseded}; the key is free", done.records)
            })
        }
        args::DeadLetter::Discard { key_ref } => {
            let discarded = letters.discard(key_ref).await?;
            out.show(&discarded, |discarded| match discarded {
                Discarded::Asked { by } => {
                    format!("{key_ref}: `{by}` asks to discard; another person confirms with the same command")
                }
                Discarded::Done { records, copy_asked: true } => {
                    format!("{key_ref}: {records} records discarded; the source is asked for the row as it is now")
                }
                Discarded::Done { records, copy_asked: false } => {
                    format!("{key_ref}: {records} records discarded; none of them told its key, so no row is copied again")
                }
            })
        }
    }
}
