//! Does something stand between us and the server that hands its connections around? Settings, cursors and
//! replication belong to one connection: over another's, rows would be read with another's settings.

use super::check::{Check, CheckSubject};
use super::{Inspection, label};
use crate::error::CaptureError;

/// What a server never refuses, and poolers do: parameters of a connection that they don't know.
const UNKNOWN_PARAMETER: &str = "08P01";

impl Inspection<'_> {
    pub(super) async fn pooler(&mut self) -> Result<(), CaptureError> {
        let mut answers: [i32; 2] = [0; 2];
        for answer in &mut answers {
            *answer = self.row("select pg_backend_pid()").await?.get(0)?;
        }
        self.add(found(answers[0] != answers[1]));
        Ok(())
    }
}

pub(super) fn found(pooler: bool) -> Check {
    let check = Check::new(
        CheckSubject::Server,
        label(
            "kết nối thẳng, không qua bộ gộp kết nối",
            "the connection is direct, through no pooler",
        ),
    );
    if !pooler {
        return check;
    }
    check
        .problem(label(
            "có bộ gộp kết nối (PgBouncer hoặc tương tự) đứng giữa: nó không cho sao chép và đổi kết nối giữa chừng, nên không thu nhận được; hãy ghi `host` và `port` của chính máy chủ vào `[source]`",
            "a pooler (PgBouncer or its like) stands in between: it lets no replication through and swaps connections between questions, so nothing can be captured; write `host` and `port` of the server itself under `[source]`",
        ))
        .coded("BG0267")
}

/// Is this how a pooler refuses?
pub(crate) fn refuses(failure: &CaptureError) -> bool {
    match failure {
        CaptureError::Question { sqlstate, .. } => sqlstate == UNKNOWN_PARAMETER,
        CaptureError::Refused { answer, .. } => answer.contains("unsupported startup parameter"),
        _ => false,
    }
}
