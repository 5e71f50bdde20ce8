use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use bangioc_runtime::failure::Failure as _;

use super::*;

const PASSWORD: &str = "a password of some length";
const OTHER: &str = "another password, as long";

fn digest(password: &str) -> String {
    let digest = Sha256::digest(password);
    digest.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn used() -> Vec<UsedSubject> {
    let of = |name: &str, writer: &str, reader: &str| UsedSubject {
        name: name.into(),
        writer: writer.into(),
        readers: vec![reader.into()],
    };
    vec![
        of("c.shared.so-nnmt.land-parcel-value", "capture-so-nnmt", "shared-store"),
        of("c.open.so-nnmt.land-parcel-value", "capture-so-nnmt", "open-data"),
        of("c.shared.so-tp.notary-value", "capture-so-tp", "shared-store"),
    ]
}

/// A folder of users, in one of the test's own.
fn written(test: &str, users: &[(&str, String)]) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("bangioc-registry-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
    for (name, text) in users {
        fs::write(dir.join(name), text).unwrap();
        fs::set_permissions(dir.join(name), Permissions::from_mode(0o600)).unwrap();
    }
    dir
}

fn rights(name: &str, more: &str) -> Rights {
    let text = format!("{}\n{more}", digest(PASSWORD));
    let user = User::read(name, &text, &used()).map_err(|(line, why)| format!("{line} {why}"));
    (*user.unwrap().asker.rights).clone()
}

#[test]
fn a_service_has_the_subjects_of_its_topics_and_no_others() {
    let [parcel, open, notary] = used().try_into().unwrap();
    let seen = |rights: &Rights| {
        [&parcel, &open, &notary]
            .map(|subject| (rights.may_read(&subject.name), rights.may_write(&subject.name)))
    };
    let (none, read, write) = ((false, false), (true, false), (true, true));
    assert_eq!(seen(&rights("capture-so-nnmt", "")), [write, write, none]);
    assert_eq!(seen(&rights("capture-so-tp", "")), [none, none, write]);
    assert_eq!(seen(&rights("shared-store", "")), [read, none, read]);
    assert_eq!(seen(&rights("open-data", "")), [none, read, none]);
    assert_eq!(seen(&rights("stranger", "")), [none, none, none]);
    assert_eq!(seen(&rights("stranger", "read c.open.*")), [none, read, none]);
    assert_eq!(seen(&rights("stranger", "write *.shared.*-value")), [write, none, write]);
    assert_eq!(seen(&rights("someone", "admin")), [write, write, write]);
    // More than its topics' subjects it has not, whatever their names begin with.
    assert!(!rights("capture-so-nnmt", "").may_write("c.shared.so-nnmt.land-parcel-value2"));
}

#[test]
fn patterns() {
    for (pattern, subject, fit) in [
        ("*", "", true),
        ("a*", "a", true),
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "acb", false),
        ("a*b*c", "abbc", true),
        ("*.open.*", "x.open.y", true),
        ("*.open.*", "x.shared.open-y", false),
        ("aa*a", "aa", false),
    ] {
        assert_eq!(fits(pattern, subject), fit, "{pattern} {subject}");
    }
}

#[test]
fn only_the_password_logs_in_and_two_hold_while_it_is_changed() {
    let both = format!("# changed in November\n{}\n{}\n", digest(PASSWORD), digest(OTHER));
    let dir = written("login", &[("one", both), ("short", digest("1234"))]);
    let users = Users::read(&dir, &[]).map_err(|failure| failure.to_string()).unwrap();
    let logs_in = |name: &str, password: &str| users.log_in(name, password.as_bytes()).is_some();
    assert!(logs_in("one", PASSWORD) && logs_in("one", OTHER));
    assert!(!logs_in("one", "") && !logs_in("one", "a password of some lengtH"));
    assert!(!logs_in("two", PASSWORD) && !logs_in("", ""));
    assert!(!logs_in("short", "1234"), "a password that can be guessed");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_folder_that_lets_anyone_in_is_refused() {
    let code = |dir: &Path| Users::read(dir, &[]).err().map(|failure| failure.code());
    let dir = written("folder", &[("one", digest(PASSWORD)), (".hidden", "nothing".into())]);
    assert_eq!(code(&dir), None);
    fs::set_permissions(dir.join("one"), Permissions::from_mode(0o660)).unwrap();
    assert_eq!(code(&dir), Some("BG0147"));
    fs::set_permissions(dir.join("one"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(code(&dir), Some("BG0147"));
    fs::remove_dir_all(&dir).unwrap();
    assert_eq!(code(&dir), Some("BG0145"));
    for text in ["", "sha256:12", "admin", "a password in the clear"] {
        let dir = written("malformed", &[("one", text.into())]);
        assert_eq!(code(&dir), Some("BG0146"), "{text}");
        fs::remove_dir_all(dir).unwrap();
    }
    let dir = written("nobody", &[]);
    assert_eq!(code(&dir), Some("BG0148"));
    fs::remove_dir_all(dir).unwrap();
}
