//! What a PostgreSQL server asks for, looked at before its driver answers: sqlx gives a password in clear or
//! as MD5 to whoever asks.
//!
//! Only where the server is not verified. It is a look, not a lock: who can come between two connections of
//! ours may ask otherwise in the second one (`ops/decisions/0015`).

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::tls::Tls;

const PATIENCE: Duration = Duration::from_secs(10);
/// `AuthenticationCleartextPassword` and `AuthenticationMD5Password`.
const ASKS_FOR_PASSWORD: [u32; 2] = [3, 5];

/// Does whoever answers want the password itself, or what it can be found from by trying? False when there
/// is no answer: the driver meets and reports the same.
pub async fn asks_for_password(
    tls: &Tls,
    host: &str,
    port: u16,
    user: &str,
    database: &str,
) -> bool {
    if tls.is_verified() || host.starts_with('/') {
        return false;
    }
    let (host, login) = (host.to_owned(), startup(user, database));
    let look = tokio::task::spawn_blocking(move || first_question(&host, port, &login));
    matches!(look.await, Ok(Ok(Some(method))) if ASKS_FOR_PASSWORD.contains(&method))
}

fn startup(user: &str, database: &str) -> Vec<u8> {
    let mut body = 0x0003_0000_u32.to_be_bytes().to_vec();
    for text in ["user", user, "database", database] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

/// The number of the way to log in; none for any other message.
fn first_question(host: &str, port: u16, login: &[u8]) -> io::Result<Option<u32>> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(login)?;
                let mut message = [0; 9];
                stream.read_exact(&mut message)?;
                let [kind, _, _, _, _, a, b, c, d] = message;
                return Ok((kind == b'R').then(|| u32::from_be_bytes([a, b, c, d])));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one login with `message`, and gives back what else it heard.
    async fn asked(message: &'static [u8], tls: Tls) -> (bool, Option<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let looked = tls == Tls::Off;
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut login = [0; 512];
            let _ = stream.read(&mut login).unwrap();
            stream.write_all(message).unwrap();
            let mut more = Vec::new();
            // What is left unread at the other end comes back as a reset.
            let _ = stream.read_to_end(&mut more);
            more.len()
        });
        let asked = asks_for_password(&tls, "127.0.0.1", port, "bangioc_store", "store").await;
        (asked, looked.then(|| server.join().unwrap()))
    }

    #[tokio::test]
    async fn only_a_proof_that_tells_nothing_is_let_through() {
        for (message, wanted) in [
            (&b"R\0\0\0\x08\0\0\0\x03"[..], true),
            (b"R\0\0\0\x0c\0\0\0\x05salt", true),
            (b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", false),
            (b"R\0\0\0\x08\0\0\0\0", false),
            (b"E\0\0\0\x10SFATAL\0C53300\0\0", false),
        ] {
            assert_eq!(asked(message, Tls::Off).await, (wanted, Some(0)));
        }
    }

    #[tokio::test]
    async fn a_verified_server_is_not_looked_at() {
        let tls = Tls::Verify { ca_file: None };
        assert_eq!(asked(b"R\0\0\0\x08\0\0\0\x03", tls).await, (false, None));
    }
}
