//! Records that are refused: of each only the place is kept, so that whoever may do it costs the store a
//! line, and the partition goes on.

use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::refusal::RecordRefusal;

/// Records in a row that were refused for one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Quarantined {
    pub first_offset: i64,
    pub next_offset: i64,
    pub reason: RecordRefusal,
    /// Of keys, values and headers.
    pub bytes: i64,
}

/// Adds one record, which comes after all that are noted.
pub(crate) fn note(noted: &mut Vec<Quarantined>, offset: i64, reason: RecordRefusal, bytes: usize) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    match noted.last_mut() {
        Some(last) if last.next_offset == offset && last.reason == reason => {
            last.next_offset += 1;
            last.bytes = last.bytes.saturating_add(bytes);
        }
        _ => {
            noted.push(Quarantined {
                first_offset: offset,
                next_offset: offset + 1,
                reason,
                bytes,
            });
        }
    }
}

pub(crate) async fn write(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
    noted: &[Quarantined],
) -> Result<(), SinkError> {
    let column = |of: fn(&Quarantined) -> i64| noted.iter().map(of).collect::<Vec<_>>();
    let reasons: Vec<&str> = noted.iter().map(|range| range.reason.as_str()).collect();
    sqlx::query(
        "insert into flow.quarantined (topic, partition, dataset, first_offset, next_offset, bytes, reason) \
         select $1, $2, $3, * from unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) \
         on conflict do nothing",
    )
    .bind(&dataset.topic)
    .bind(partition)
    .bind(dataset.id())
    .bind(column(|range| range.first_offset))
    .bind(column(|range| range.next_offset))
    .bind(column(|range| range.bytes))
    .bind(reasons)
    .execute(connection)
    .await
    .map_err(|error| SinkError::from(error).of_bookkeeping())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_in_a_row_that_fail_alike_are_one_line() {
        let mut noted = Vec::new();
        for (offset, reason) in [
            (3, RecordRefusal::KeyNull),
            (4, RecordRefusal::KeyNull),
            (5, RecordRefusal::VersionBeyond),
            (7, RecordRefusal::VersionBeyond),
        ] {
            note(&mut noted, offset, reason, 10);
        }
        let ranges: Vec<_> = noted
            .iter()
            .map(|range| (range.first_offset, range.next_offset, range.bytes))
            .collect();
        assert_eq!(ranges, [(3, 5, 20), (5, 6, 10), (7, 8, 10)]);
    }
}
