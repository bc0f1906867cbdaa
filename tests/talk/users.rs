//! Users that outlive the process: ACL SAVE and ACL LOAD.

use super::ask;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::local::Local;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn server(file: &Path) -> Local {
    let words = [b"--aclfile".to_vec(), file.display().to_string().into_bytes()];
    let Asked::Run(config) = arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(())) else {
        panic!("the arguments are good")
    };
    let mut local = Local::new(&redoxide::commands::table(), *config, 1, 1_700_000_000_000);
    local.server.load_users().expect("the users are good");
    local
}

#[test]
fn users_are_saved_in_one_step_and_loaded_again() {
    let folder = std::env::temp_dir().join(format!("redoxide-users-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("users.acl");
    fs::write(&file, "user default on nopass ~* &* +@all\nuser ann on nopass ~a* +get\n").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let mut local = server(&file);
    let client = local.connect();
    assert_eq!(ask(&mut local, client, "ACL DRYRUN ann get abc"), "+OK\r\n");
    ask(&mut local, client, "ACL SETUSER bob on >secret ~b* +set");
    ask(&mut local, client, "ACL DELUSER ann");
    assert_eq!(ask(&mut local, client, "ACL SAVE"), "+OK\r\n");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("user bob on ") && !text.contains("user ann") && !text.contains("secret"), "{text}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "who may read it stays as it was");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left there");

    let mut after = server(&file);
    let client = after.connect();
    assert_eq!(ask(&mut after, client, "ACL USERS"), "*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
    assert_eq!(ask(&mut after, client, "AUTH bob secret"), "+OK\r\n");
    assert_eq!(ask(&mut after, client, "SET b1 x"), "+OK\r\n");

    // What was changed since is forgotten by ACL LOAD, and a file with a mistake changes nothing.
    let client = local.connect();
    ask(&mut local, client, "ACL SETUSER carl on");
    assert_eq!(ask(&mut local, client, "ACL LOAD"), "+OK\r\n");
    assert_eq!(ask(&mut local, client, "ACL GETUSER carl"), "$-1\r\n");
    fs::write(&file, "user dora on\nuser bob on +nosuch\n").unwrap();
    assert!(ask(&mut local, client, "ACL LOAD").starts_with("-ERR"));
    assert_eq!(ask(&mut local, client, "ACL USERS"), "*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
    fs::remove_dir_all(&folder).unwrap();
}
