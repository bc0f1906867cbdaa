//! Sessions of MEMORY, and of the limit.

use crate::harness::check;

#[test]
fn memory_takes_its_arguments_exactly() {
    check(
        r#"
        > MEMORY
        (error) ERR wrong number of arguments for 'memory' command
        > MEMORY NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP.
        > MEMORY PURGE
        OK
        > MEMORY PURGE now
        (error) ERR wrong number of arguments for 'memory|purge' command
        > MEMORY STATS x
        (error) ERR wrong number of arguments for 'memory|stats' command
        > MEMORY DOCTOR x
        (error) ERR wrong number of arguments for 'memory|doctor' command
        > MEMORY MALLOC-STATS x
        (error) ERR wrong number of arguments for 'memory|malloc-stats' command
    "#,
    );
}

#[test]
fn the_doctor_speaks_in_his_own_words() {
    check(
        r#"
        # ours
        # resp2
        > MEMORY DOCTOR
        "Less than 5 MB are in use: there is nothing to find yet."
    "#,
    );
}

#[test]
fn the_limit_may_be_a_share_of_the_machine() {
    check(
        r#"
        # ours
        # resp2
        > CONFIG SET maxmemory 0%
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
        > CONFIG SET maxmemory 101%
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - percentage argument must be less or equal to 100
        > CONFIG SET maxmemory 50%
        OK
        > CONFIG GET maxmemory
        1) "maxmemory"
        ~ 2) "{100000000..9000000000000}"
    "#,
    );
}

#[test]
fn commands_that_need_memory_are_refused_when_there_is_none() {
    check(
        r#"
        # since 8.2
        # resp2
        > SET k v
        OK
        > CONFIG SET maxmemory 1
        OK
        > SET a b
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > GET k
        "v"
        > DEL k
        (integer) 1
        > PUBLISH c m
        (integer) 0
        > MULTI
        OK
        > SET a b
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > MULTI
        OK
        > GET a
        QUEUED
        > EXEC
        1) (nil)
        > CONFIG SET maxmemory 0
        OK
        A> MULTI
        OK
        A> SET a b
        QUEUED
        > CONFIG SET maxmemory 1
        OK
        A> EXEC
        (error) EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.
        > INCR n
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > LPUSH l a
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > EXPIRE k 10
        (integer) 0
        > SET a
        (error) ERR wrong number of arguments for 'set' command
        > SUBSCRIBE c
        1) "subscribe"
        2) "c"
        3) (integer) 1
        > SET a b
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > UNSUBSCRIBE c
        1) "unsubscribe"
        2) "c"
        3) (integer) 0
        > SETRANGE k 0 x
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > LPOP l
        (nil)
        > RENAME a b
        (error) ERR no such key
        > SORT k
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > CONFIG SET maxmemory 0
        OK
    "#,
    );
}

#[test]
fn keys_that_go_are_told_of_and_counted() {
    check(
        r#"
        # resp2
        > CONFIG SET notify-keyspace-events KEA
        OK
        > SET a 1
        OK
        > CONFIG SET maxmemory-policy allkeys-lru
        OK
        A> PSUBSCRIBE __key*
        1) "psubscribe"
        2) "__key*"
        3) (integer) 1
        B> WATCH a
        OK
        B> MULTI
        OK
        B> PING
        QUEUED
        > CONFIG SET maxmemory 1
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:a"
           4) "evicted"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:evicted"
           4) "a"
        > PING
        PONG
        > DBSIZE
        (integer) 0
        > CONFIG SET maxmemory 0
        OK
        B> EXEC
        (nil array)
        > SET b 1
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:b"
           4) "set"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:set"
           4) "b"
        > CONFIG SET maxmemory-policy volatile-ttl
        OK
        > CONFIG SET maxmemory 1
        OK
        > SET c 1
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > CONFIG SET maxmemory 0
        OK
        > GET b
        "1"
        > EXPIRE b 100
        (integer) 1
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:b"
           4) "expire"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:expire"
           4) "b"
        > CONFIG SET maxmemory 1
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:b"
           4) "evicted"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:evicted"
           4) "b"
        > GET b
        (nil)
    "#,
    );
}

#[test]
fn idle_times_and_frequencies_follow_the_policy() {
    check(
        r#"
        # since 8.2
        > SET k v
        OK
        > OBJECT IDLETIME k
        (integer) 0
        > OBJECT FREQ k
        (error) ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        # advance 2000
        > OBJECT IDLETIME k
        (integer) 2
        > CONFIG SET maxmemory-policy volatile-lfu
        OK
        > OBJECT IDLETIME k
        (error) ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > SET l v
        OK
        > OBJECT FREQ l
        (integer) 5
    "#,
    );
}
