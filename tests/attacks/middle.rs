//! Somebody between a service and its PostgreSQL: answers in its place, and asks for the password in clear.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bangioc_tests::platform::free_port;
use bangioc_tests::{bangioc, secret};

use crate::attack::Attack;
use crate::ground::Ground;

pub(crate) const ATTACKS: &[Attack] = &[Attack {
    name: "middle::the_password_in_clear",
    who: "whoever stands between a service and its PostgreSQL",
    does: "refuses TLS, or takes it with nobody's certificate, and asks for the password in clear or as MD5; of capture and of both stores",
    holds: "with nothing written, or `tls = \"verify\"`, it gets none; nor without TLS where the server asks in clear",
    got: "the password, in clear and as MD5, of capture and of the shared store",
    run: the_password_in_clear,
}];

const PASSWORD: &str = "the-password-of-a-department";

/// How many came, and what a client has sent after the request for a password.
type Heard = Arc<Mutex<(usize, Vec<u8>)>>;

/// A server that asks for the password: `kind` 3 in clear, 5 as MD5.
fn impostor(kind: u32) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard: Heard = Arc::default();
    let shared = Arc::clone(&heard);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let heard = Arc::clone(&shared);
            heard.lock().expect("no panic").0 += 1;
            std::thread::spawn(move || {
                let _ = answer(client, kind, &heard);
            });
        }
    });
    (port, heard)
}

fn answer(mut client: TcpStream, kind: u32, heard: &Heard) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(3)))?;
    let mut length = [0; 4];
    loop {
        client.read_exact(&mut length)?;
        let mut message = vec![0; u32::from_be_bytes(length).saturating_sub(4) as usize];
        client.read_exact(&mut message)?;
        // SSLRequest, GSSENCRequest: no. Then comes the start as it would without.
        if message.starts_with(&80_877_103_u32.to_be_bytes())
            || message.starts_with(&80_877_104_u32.to_be_bytes())
        {
            client.write_all(b"N")?;
            continue;
        }
        break;
    }
    let salt: &[u8] = if kind == 5 { b"salt" } else { b"" };
    let mut request = vec![b'R'];
    request.extend(u32::try_from(8 + salt.len()).unwrap_or(8).to_be_bytes());
    request.extend(kind.to_be_bytes());
    request.extend(salt);
    client.write_all(&request)?;
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        heard.lock().expect("no panic").1.extend(&buffer[..count]);
    }
    Ok(())
}

fn the_password_in_clear(ground: &Ground) {
    let password = ground.desk.join("password");
    secret::write(&password, PASSWORD);
    let pages = ground.desk.join("middle-pages");
    let mut wrong = Vec::new();
    for (service, file, section) in [
        ("capture", "capture-so-nnmt", "source"),
        ("shared-store", "shared-store", "store"),
        ("open-data", "open-data", "open-store"),
    ] {
        let file = if ground.small.is_some() { file.trim_start_matches("capture-") } else { file };
        let honest = std::fs::read_to_string(ground.settings.join(format!("{file}.toml")))
            .expect("settings");
        for tls in ["", "tls = \"verify\"", "tls = \"require\"", "tls = \"off\""] {
            for kind in [3, 5] {
                let (port, heard) = impostor(kind);
                let parts =
                    honest.split("\n[").filter(|part| !part.starts_with("metrics]")).map(|part| {
                        // The one that runs has its folder and its port.
                        if part.starts_with("open-data]") {
                            let lines = part.lines().map(|line| match line.split(" = ").next() {
                                Some("dir") => format!("dir = \"{}\"", pages.display()),
                                Some("listen") => {
                                    format!("listen = \"127.0.0.1:{}\"", free_port())
                                }
                                _ => line.to_owned(),
                            });
                            return lines.collect::<Vec<_>>().join("\n") + "\n";
                        }
                        if !part.starts_with(&format!("{section}]")) {
                            return part.to_owned();
                        }
                        let lines =
                            part.lines().filter_map(|line| match line.split(" = ").next() {
                                Some("port") => Some(format!("port = {port}")),
                                Some("password_file") => {
                                    Some(format!("password_file = \"{}\"", password.display()))
                                }
                                Some("tls") => None,
                                _ => Some(line.to_owned()),
                            });
                        lines.chain([tls.to_owned()]).collect::<Vec<_>>().join("\n") + "\n"
                    });
                let config = ground.desk.join(format!("middle-{service}.toml"));
                std::fs::write(&config, parts.collect::<Vec<_>>().join("\n[")).expect("settings");
                let mut child = Command::new(bangioc())
                    .arg("--config")
                    .arg(&config)
                    .args(["run", service])
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("the binary");
                let end = Instant::now() + Duration::from_secs(4);
                let got = loop {
                    let (came, heard) = heard.lock().expect("no panic").clone();
                    let ended = child.try_wait().expect("its state").is_some();
                    if !heard.is_empty() || ended || Instant::now() > end {
                        // `require` is no word any more: such settings are refused before.
                        assert!(
                            came > 0 || tls.contains("require"),
                            "{service} with `{tls}` never came"
                        );
                        break heard;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                };
                let _ = child.kill();
                let _ = child.wait();
                // `p`: whatever it says of the password.
                if got.first() == Some(&b'p') {
                    let how = if kind == 3 { "in clear" } else { "as MD5" };
                    wrong.push(format!("{service} with `{tls}` gives it {how}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
