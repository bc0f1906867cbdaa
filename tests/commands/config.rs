//! Sessions of CONFIG.

use crate::harness::check;

#[test]
fn config_get_finds_names_and_patterns() {
    check(
        r#"
        # resp2
        > CONFIG GET hz
        1) "hz"
        2) "10"
        > CONFIG GET HZ
        1) "HZ"
        2) "10"
        > CONFIG GET hz HZ h[z]
        1) "hz"
        2) "10"
        # sorted pairs
        > CONFIG GET lfu-* timeout
        1) "lfu-decay-time"
        2) "1"
        3) "lfu-log-factor"
        4) "10"
        5) "timeout"
        6) "0"
        # sorted pairs
        > CONFIG GET LFU-*
        1) "lfu-decay-time"
        2) "1"
        3) "lfu-log-factor"
        4) "10"
        > CONFIG GET key-load-delay
        1) "key-load-delay"
        2) "0"
        > CONFIG GET key-load-dela?
        (empty array)
        > CONFIG GET nosuch
        (empty array)
        > CONFIG GET
        (error) ERR wrong number of arguments for 'config|get' command
    "#,
    );
}

#[test]
fn config_get_answers_a_map_in_resp3() {
    check(
        r#"
        # resp3
        > CONFIG GET hz
        1# "hz" => "10"
        > CONFIG GET nosuch
        (empty hash)
    "#,
    );
}

#[test]
fn config_set_checks_keeps_and_shows() {
    check(
        r#"
        # resp2
        > CONFIG SET maxmemory 1Gb
        OK
        > CONFIG GET maxmemory
        1) "maxmemory"
        2) "1073741824"
        > config set HZ 20 timeout 100
        OK
        > CONFIG GET hz
        1) "hz"
        2) "20"
        > CONFIG GET timeout
        1) "timeout"
        2) "100"
        > CONFIG SET loglevel VERBOSE
        OK
        > CONFIG GET loglevel
        1) "loglevel"
        2) "verbose"
        > CONFIG SET save "60 5 60 5"
        OK
        > CONFIG GET save
        1) "save"
        2) "60 5 60 5"
        > CONFIG SET save ""
        OK
        > CONFIG GET save
        1) "save"
        2) ""
        > CONFIG SET client-output-buffer-limit "normal 1mb 2k 3"
        OK
        > CONFIG GET client-output-buffer-limit
        1) "client-output-buffer-limit"
        2) "normal 1048576 2000 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
        > CONFIG SET slave-priority 5 replica-priority 6
        OK
        > CONFIG GET slave-priority
        1) "slave-priority"
        2) "6"
    "#,
    );
}

#[test]
fn config_set_changes_all_or_nothing() {
    check(
        r#"
        > CONFIG SET hz 20 maxclients 0
        (error) ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument must be between 1 and 4294967295 inclusive
        > CONFIG SET hz 20 hz 30
        (error) ERR CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter
        > CONFIG SET hz x databases 3
        (error) ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
        > CONFIG SET hz 20 nosuch 1
        (error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
        > CONFIG SET nosuch 1 hz
        (error) ERR syntax error
        > CONFIG SET hz
        (error) ERR wrong number of arguments for 'config|set' command
        > CONFIG SET dir /
        (error) ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config
        > CONFIG SET appendonly maybe
        (error) ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must be 'yes' or 'no'
        > CONFIG SET bind "1.2.3.4" hz 20
        (error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.
        > EXISTS x
        (integer) 0
    "#,
    );
    check(
        r#"
        # resp2
        > CONFIG SET hz 20 bind "1.2.3.4"
        (error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.
        > CONFIG GET hz
        1) "hz"
        2) "10"
    "#,
    );
}

#[test]
fn protected_directives_are_set_where_that_is_allowed() {
    check(
        r#"
        # resp2
        # config --enable-protected-configs local
        > CONFIG SET dir /nonexistent
        (error) ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory
        > CONFIG SET dir /
        OK
        > CONFIG GET dir
        1) "dir"
        2) "/"
        > CONFIG SET dbfilename a/b
        (error) ERR CONFIG SET failed (possibly related to argument 'dbfilename') - dbfilename can't be a path, just a filename
    "#,
    );
}

#[test]
fn an_lfu_policy_changes_what_keys_remember() {
    check(
        r#"
        > SET k v
        OK
        > OBJECT FREQ k
        (error) ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > CONFIG SET maxmemory-policy allkeys-lfu
        OK
        > SET k v
        OK
        > OBJECT IDLETIME k
        (error) ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
    "#,
    );
}

#[test]
fn a_new_password_is_asked_of_new_clients_and_an_empty_one_of_nobody() {
    check(
        r#"
        # resp2
        > CONFIG SET requirepass secret
        OK
        > PING
        PONG
        A> PING
        (error) NOAUTH Authentication required.
        A> AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        A> AUTH secret
        OK
        > CONFIG SET requirepass ""
        OK
        B> PING
        PONG
    "#,
    );
}

#[test]
fn config_resetstat_takes_no_arguments() {
    check(
        r#"
        > CONFIG RESETSTAT
        OK
        > CONFIG RESETSTAT now
        (error) ERR wrong number of arguments for 'config|resetstat' command
    "#,
    );
}

#[test]
fn config_rewrite_needs_a_file() {
    check(
        r#"
        > CONFIG REWRITE
        (error) ERR The server is running without a config file
        > CONFIG REWRITE x
        (error) ERR wrong number of arguments for 'config|rewrite' command
    "#,
    );
}

#[test]
fn config_help_is_in_our_own_words() {
    check(
        r#"
        # ours: the texts are ours
        > CONFIG HELP
         1) CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
         2) GET <pattern>
         3)     Show the directives whose names fit <pattern>, with their values.
         4) SET <directive> <value>
         5)     Give <directive> the value <value>.
         6) RESETSTAT
         7)     Set the counters of INFO to zero.
         8) REWRITE
         9)     Write the configuration as it stands into its file.
        10) HELP
        11)     Print this help.
    "#,
    );
    check(
        r#"
        > CONFIG HELP me
        (error) ERR wrong number of arguments for 'config|help' command
        > CONFIG FOO
        (error) ERR unknown subcommand 'FOO'. Try CONFIG HELP.
        > CONFIG
        (error) ERR wrong number of arguments for 'config' command
    "#,
    );
}
