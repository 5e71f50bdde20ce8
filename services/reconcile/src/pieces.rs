//! From a chunk whose hashes differ down to its rows.

use crate::error::ReconcileError;
use crate::open::RowCut;
use crate::source::{KeyTexts, Source};
use crate::store::Store;

/// So few rows are read, instead of halved again.
const ROWS: usize = 64;

/// The keys of those rows that are not equal now. They may be on their way: [`crate::settle`] decides.
pub(crate) async fn unequal(
    source: &mut Source,
    store: &mut Store,
    keys: &[KeyTexts],
    now_us: i64,
) -> Result<Vec<KeyTexts>, ReconcileError> {
    let mut found = Vec::new();
    let middle = keys.len() / 2;
    let mut pieces = vec![&keys[..middle], &keys[middle..]];
    while let Some(piece) = pieces.pop() {
        if piece.is_empty() {
            continue;
        }
        if piece.len() <= ROWS {
            found.extend(rows(source, store, piece, now_us).await?);
            continue;
        }
        let (at_source, in_store) = tokio::join!(source.digest(piece), store.digest(piece));
        if at_source? != in_store? {
            let middle = piece.len() / 2;
            pieces.extend([&piece[..middle], &piece[middle..]]);
        }
    }
    Ok(found)
}

async fn rows(
    source: &mut Source,
    store: &mut Store,
    mut keys: &[KeyTexts],
    now_us: i64,
) -> Result<Vec<KeyTexts>, ReconcileError> {
    let mut found = Vec::new();
    while !keys.is_empty() {
        let (rows, _) = source.rows(keys).await?;
        let (read, rest) = keys.split_at(rows.len().clamp(1, keys.len()));
        let expected: Vec<_> = read
            .iter()
            .zip(rows)
            .map(|(key, row)| RowCut::Whole.expected(key.clone(), row, now_us))
            .collect();
        for unequal in store.unequal(&expected).await? {
            found.extend(read.get(unequal.place).cloned());
        }
        keys = rest;
    }
    Ok(found)
}
