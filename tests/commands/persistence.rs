//! Snapshots and the append-only file, as clients ask for them.

use crate::harness::check;

#[test]
fn a_snapshot_is_made_and_its_time_told() {
    check(
        r#"
        > SET k v
        OK
        > SAVE
        OK
        > LASTSAVE
        ~ (integer) *
        > BGSAVE foo
        (error) ERR syntax error
        > BGSAVE schedule more
        (error) ERR syntax error
        > SAVE now
        (error) ERR wrong number of arguments for 'save' command
        > LASTSAVE now
        (error) ERR wrong number of arguments for 'lastsave' command
        > BGSAVE SCHEDULE
        Background saving started
    "#,
    );
}

#[test]
fn a_snapshot_is_put_off_inside_a_transaction() {
    check(
        r#"
        > MULTI
        OK
        > SAVE
        (error) ERR Command not allowed inside a transaction
        > DISCARD
        OK
        > MULTI
        OK
        > BGSAVE
        QUEUED
        > EXEC
        1) Background saving scheduled
        > MULTI
        OK
        > BGREWRITEAOF
        QUEUED
        > EXEC
        1) Background append only file rewriting scheduled
    "#,
    );
}

#[test]
fn a_log_that_a_transaction_asks_for_begins_behind_it() {
    check(
        r#"
        > MULTI
        OK
        > SET k v
        QUEUED
        > CONFIG SET appendonly yes
        QUEUED
        > EXEC
        1) OK
        2) OK
        > INFO persistence
        ...
        | aof_enabled:1
        ...
        > CONFIG SET appendonly no
        OK
    "#,
    );
}

#[test]
fn the_log_is_rewritten_when_asked_for() {
    check(
        r#"
        > SET k v
        OK
        > BGREWRITEAOF
        Background append only file rewriting started
        > BGREWRITEAOF now
        (error) ERR wrong number of arguments for 'bgrewriteaof' command
    "#,
    );
}

#[test]
fn data_survives_a_reload() {
    check(
        r#"
        > SET k v
        OK
        > RPUSH l a b c
        (integer) 3
        > ZADD z 1.5 a
        (integer) 1
        > DEBUG RELOAD
        OK
        > GET k
        "v"
        > LRANGE l 0 -1
        1) "a"
        2) "b"
        3) "c"
        > DEBUG RELOAD FOO
        (error) ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.
    "#,
    );
}

#[test]
fn a_reload_may_keep_what_is_there() {
    check(
        r#"
        > SET k saved
        OK
        > SET gone x
        OK
        > SAVE
        OK
        > DEL gone
        (integer) 1
        > SET k later
        OK
        > SET new x
        OK
        > DEBUG RELOAD NOSAVE NOFLUSH MERGE
        OK
        > MGET k gone new
        1) "saved"
        2) "x"
        3) "x"
    "#,
    );
}

#[test]
fn who_waits_for_the_log_says_for_how_many_copies_and_how_long() {
    check(
        r#"
        # since 7.2
        > WAITAOF 1 0 10
        (error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.
        > WAITAOF a 0 10
        (error) ERR value is not an integer or out of range
        > WAITAOF 2 0 10
        (error) ERR value is out of range, value must between 0 and 1
        > WAITAOF 0 a 10
        (error) ERR value is out of range, must be positive
        > WAITAOF 0 -1 10
        (error) ERR value is out of range, must be positive
        > WAITAOF 0 0 a
        (error) ERR timeout is not an integer or out of range
        > WAITAOF 0 0 -1
        (error) ERR timeout is negative
        > WAITAOF 0 0 0
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 1 0
        (error) ERR wrong number of arguments for 'waitaof' command
    "#,
    );
}

#[test]
fn the_empty_snapshot_of_flushall_stands_in_nobodys_way() {
    check(
        r#"
        > CONFIG SET save "3600 1"
        OK
        > SET k v
        OK
        > FLUSHALL
        OK
        > SAVE
        OK
        > FLUSHALL
        OK
        > BGSAVE
        Background saving started
    "#,
    );
}

#[test]
fn a_snapshot_can_be_called_off() {
    check(
        r#"
        # ours
        > BGSAVE CANCEL
        (error) ERR Background saving is currently not in progress or scheduled
        > DEBUG POPULATE 10
        OK
        > CONFIG SET rdb-key-save-delay 100000
        OK
        > BGSAVE
        Background saving started
        > BGSAVE CANCEL
        Background saving cancelled
        > INFO persistence
        ...
        | rdb_bgsave_in_progress:0
        ...
        > BGSAVE CANCEL
        (error) ERR Background saving is currently not in progress or scheduled
        > BGREWRITEAOF
        Background append only file rewriting started
        > BGSAVE SCHEDULE
        Background saving scheduled
        > BGSAVE CANCEL
        Scheduled background saving cancelled
        > BGSAVE CANCEL
        (error) ERR Background saving is currently not in progress or scheduled
        > CONFIG SET rdb-key-save-delay 0
        OK
    "#,
    );
}
