//! An SQL connection to a source, with its settings pinned.

use bangioc_runtime::postgres;
use bangioc_runtime::tls::Tls;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::pinned::{self, APPLICATION_NAME};

fn options(source: &SourceSettings) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&source.host)
        .port(source.port)
        .username(&source.user)
        .password(source.password.reveal())
        .database(&source.database)
        .application_name(APPLICATION_NAME)
        .options(pinned::of_sql(source.limits))
        .log_statements(tracing::log::LevelFilter::Off);
    match &source.tls {
        Tls::Off => options.ssl_mode(PgSslMode::Disable),
        Tls::Verify { ca_file } => {
            let options = options.ssl_mode(PgSslMode::VerifyFull);
            match ca_file {
                Some(path) => options.ssl_root_cert(path),
                None => options,
            }
        }
    }
}

pub(crate) async fn connect(source: &SourceSettings) -> Result<PgConnection, CaptureError> {
    let asked = postgres::asks_for_password(
        &source.tls,
        &source.host,
        source.port,
        &source.user,
        &source.database,
    );
    if asked.await {
        return Err(CaptureError::PasswordAsked { address: source.address() });
    }
    let mut connection =
        PgConnection::connect_with(&options(source)).await.map_err(|error| match error {
            sqlx::Error::Tls(cause) => CaptureError::TlsFailed {
                address: source.address(),
                cause: std::io::Error::other(cause),
            },
            // A certificate that is not believed comes as an IO error; trying again would not help.
            sqlx::Error::Io(cause)
                if cause
                    .get_ref()
                    .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
            {
                CaptureError::TlsFailed { address: source.address(), cause }
            }
            sqlx::Error::Io(cause) => {
                CaptureError::Unreachable { address: source.address(), cause }
            }
            sqlx::Error::Database(refusal)
                if refusal.code().is_some_and(|code| code.starts_with("28") || code == "3D000") =>
            {
                CaptureError::Refused {
                    address: source.address(),
                    user: source.user.clone(),
                    database: source.database.clone(),
                    answer: refusal.code().unwrap_or_default().into_owned(),
                }
            }
            error => CaptureError::question("connecting", &error),
        })?;
    // PostgreSQL 17 has one limit more, which an older server would refuse to be told.
    if connection.server_version_num().is_some_and(|version| version >= 170_000) {
        sqlx::query("set transaction_timeout = 0")
            .execute(&mut connection)
            .await
            .map_err(|error| CaptureError::question("connecting", &error))?;
    }
    Ok(connection)
}
