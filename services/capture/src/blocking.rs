//! Calls that wait in a library, kept off the runtime's own threads.

use crate::error::CaptureError;

/// For calls that block, off the runtime's own threads.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, CaptureError> + Send + 'static,
) -> Result<T, CaptureError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CaptureError::Internal { what: "a blocking call broke off" }),
    }
}
