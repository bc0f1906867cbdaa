//! Which files the append-only file consists of, at every turn of its life; and who may wait for it.

use crate::aof::{ask, config, server};
use crate::data::START_MS;
use crate::disk::Memory;
use redoxide::net::local::Local;

const DIR: &str = "/appendonlydir/appendonly.aof";

/// The manifest, a line after another, without what all lines have.
fn manifest(disk: &Memory) -> String {
    let text = disk.bytes(format!("{DIR}.manifest")).unwrap_or_default();
    let text = String::from_utf8(text).expect("a manifest is text");
    text.replace("file appendonly.aof.", "").replace('\n', ", ")
}

fn rewrite(local: &mut Local, client: usize) {
    assert!(ask(local, client, &["BGREWRITEAOF"]).starts_with("+Background"));
    settle(local);
}

/// Lets the regular work run, which tidies up.
fn settle(local: &mut Local) {
    for _ in 0..5 {
        local.advance_ms(200);
    }
}

fn files(disk: &Memory) -> Vec<String> {
    disk.names().into_iter().filter(|name| name.starts_with("/appendonlydir/") && !name.ends_with(".journal")).collect()
}

#[test]
fn files_that_a_rewrite_made_needless_go_or_are_kept() {
    let disk = Memory::default();
    let mut local = server(config("everysec", &[]), &disk, START_MS);
    let client = local.connect();
    ask(&mut local, client, &["SET", "a", "1"]);
    assert_eq!(manifest(&disk), "1.base.aof seq 1 type b, 1.incr.aof seq 1 type i, ");
    rewrite(&mut local, client);
    assert_eq!(manifest(&disk), "2.base.aof seq 2 type b, 2.incr.aof seq 2 type i, ");
    assert_eq!(files(&disk).len(), 3);
    ask(&mut local, client, &["CONFIG", "SET", "aof-disable-auto-gc", "yes"]);
    rewrite(&mut local, client);
    rewrite(&mut local, client);
    let kept = "2.incr.aof seq 2 type h, 2.base.aof seq 2 type h, ";
    let newer = "3.incr.aof seq 3 type h, 3.base.aof seq 3 type h, ";
    assert_eq!(manifest(&disk), format!("4.base.aof seq 4 type b, {newer}{kept}4.incr.aof seq 4 type i, "));
    assert_eq!(files(&disk).len(), 7);
    ask(&mut local, client, &["CONFIG", "SET", "aof-disable-auto-gc", "no"]);
    assert_eq!(manifest(&disk), "4.base.aof seq 4 type b, 4.incr.aof seq 4 type i, ");
    assert_eq!(files(&disk).len(), 3);
}

#[test]
fn a_rewrite_without_a_log_leaves_a_base_and_a_later_log_begins_with_the_data() {
    let disk = Memory::default();
    let mut local = server(config("everysec", &[]), &disk, START_MS);
    let client = local.connect();
    ask(&mut local, client, &["SET", "a", "1"]);
    ask(&mut local, client, &["CONFIG", "SET", "appendonly", "no"]);
    ask(&mut local, client, &["SET", "a", "2"]);
    rewrite(&mut local, client);
    assert_eq!(manifest(&disk), "2.base.aof seq 2 type b, ");
    ask(&mut local, client, &["SET", "a", "3"]);
    // What is in the files, not what was written since.
    assert_eq!(ask(&mut local, client, &["DEBUG", "LOADAOF"]), "+OK\r\n");
    assert_eq!(ask(&mut local, client, &["GET", "a"]), "$1\r\n2\r\n");
    ask(&mut local, client, &["CONFIG", "SET", "appendonly", "yes"]);
    settle(&mut local);
    assert_eq!(manifest(&disk), "3.base.aof seq 3 type b, 1.incr.aof seq 1 type i, ");
    ask(&mut local, client, &["SET", "a", "4"]);
    let mut after = server(config("everysec", &[]), &disk, START_MS);
    let client = after.connect();
    assert_eq!(ask(&mut after, client, &["GET", "a"]), "$1\r\n4\r\n");
}

#[test]
fn a_log_from_before_there_were_directories_comes_into_one_whatever_happens_on_the_way() {
    let old = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    let upgraded = b"file appendonly.aof seq 1 type b\n";
    // Nothing done yet; the manifest written, the file not moved; both.
    for step in 0..3 {
        let disk = Memory::default();
        disk.put(if step < 2 { "/appendonly.aof" } else { "/appendonlydir/appendonly.aof" }, old);
        if step > 0 {
            disk.put(format!("{DIR}.manifest"), upgraded);
        }
        let mut local = server(config("everysec", &[]), &disk, START_MS);
        let client = local.connect();
        assert_eq!(ask(&mut local, client, &["GET", "a"]), "$1\r\n1\r\n");
        assert!(!disk.names().contains(&"/appendonly.aof".to_string()), "step {step}: {:?}", disk.names());
        assert_eq!(manifest(&disk), "file appendonly.aof seq 1 type b, 1.incr.aof seq 1 type i, ");
        rewrite(&mut local, client);
        assert_eq!(manifest(&disk), "2.base.aof seq 2 type b, 2.incr.aof seq 2 type i, ");
        let mut after = server(config("everysec", &[]), &disk.after_power_loss(), START_MS);
        let client = after.connect();
        assert_eq!(ask(&mut after, client, &["GET", "a"]), "$1\r\n1\r\n", "step {step}");
    }
}

#[test]
fn who_waits_for_the_log_is_told_when_it_is_on_the_medium() {
    const HERE: &str = "*2\r\n:1\r\n:0\r\n";
    const NOWHERE: &str = "*2\r\n:0\r\n:0\r\n";
    let disk = Memory::default();
    let mut local = server(config("everysec", &[]), &disk, START_MS);
    let client = local.connect();
    settle(&mut local);
    // The first write after a rest is synced at once, the second after a second.
    ask(&mut local, client, &["SET", "a", "0"]);
    ask(&mut local, client, &["SET", "a", "1"]);
    let syncs = disk.syncs();
    assert_eq!(ask(&mut local, client, &["WAITAOF", "1", "0", "0"]), "", "it waits");
    local.advance_ms(1100);
    assert_eq!(String::from_utf8_lossy(&local.receive(client)), HERE);
    assert!(disk.syncs() > syncs);
    // Nothing written since: nothing to wait for.
    assert_eq!(ask(&mut local, client, &["WAITAOF", "1", "0", "0"]), HERE);
    // Whoever wrote nothing has nothing to wait for either; a replica nobody has.
    let other = local.connect();
    assert_eq!(ask(&mut local, other, &["WAITAOF", "1", "0", "0"]), HERE);
    assert_eq!(ask(&mut local, other, &["WAITAOF", "0", "1", "50"]), "", "it waits");
    local.advance_ms(60);
    assert_eq!(String::from_utf8_lossy(&local.receive(other)), HERE);
    // With `no` nothing is synced until somebody asks for that.
    ask(&mut local, client, &["CONFIG", "SET", "appendfsync", "no"]);
    ask(&mut local, client, &["SET", "a", "2"]);
    assert_eq!(ask(&mut local, client, &["WAITAOF", "1", "0", "50"]), "", "it waits");
    local.advance_ms(60);
    assert_eq!(String::from_utf8_lossy(&local.receive(client)), NOWHERE);
    ask(&mut local, client, &["CONFIG", "SET", "appendfsync", "always"]);
    assert_eq!(ask(&mut local, client, &["WAITAOF", "1", "0", "0"]), HERE);
    // Without a log there is nothing to wait for any more.
    ask(&mut local, client, &["CONFIG", "SET", "appendfsync", "no"]);
    ask(&mut local, client, &["SET", "a", "3"]);
    assert_eq!(ask(&mut local, client, &["WAITAOF", "1", "0", "0"]), "", "it waits");
    ask(&mut local, other, &["CONFIG", "SET", "appendonly", "no"]);
    let told = String::from_utf8_lossy(&local.receive(client)).into_owned();
    assert!(told.starts_with("-ERR WAITAOF cannot be used"), "{told}");
}
