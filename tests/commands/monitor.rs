//! Sessions of MONITOR.

use crate::harness::check;

#[test]
fn a_monitor_is_shown_what_runs() {
    check(
        r#"
        # since 7.2
        # resp2
        M> MONITOR
        OK
        > SET k "a\x00\n\r\t\a\b\"\\é"
        OK
        M< ~ {1..9999999999}.* [0 127.0.0.1:*] "SET" "k" "a\\x00\\n\\r\\t\\a\\b\\"\\\\\\xc3\\xa9"
        > select 3
        OK
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "select" "3"
        > FOO bar
        (error) ERR unknown command 'FOO', with args beginning with: 'bar'
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > CONFIG GET databases
        1) "databases"
        2) "16"
        > CLIENT ID
        ~ (integer) *
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "CLIENT" "ID"
        > CLIENT LIST ID 1000000
        ""
        > MULTI
        OK
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "MULTI"
        > GET k
        QUEUED
        > ECHO x
        QUEUED
        > EXEC
        1) (nil)
        2) "x"
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "GET" "k"
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "ECHO" "x"
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "EXEC"
        > BLPOP list 0
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "BLPOP" "list" "0"
        A> SELECT 3
        OK
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "SELECT" "3"
        A> RPUSH list x
        (integer) 1
        M< ~ {1..9999999999}.* [3 127.0.0.1:*] "RPUSH" "list" "x"
        < 1) "list"
          2) "x"
        M> GET k
        (error) ERR Replica can't interact with the keyspace
        M> SET k v
        (error) ERR Replica can't interact with the keyspace
        M> PUBLISH a b
        (error) ERR Replica can't interact with the keyspace
        M> ECHO x
        "x"
        ~ {1..9999999999}.* [0 127.0.0.1:*] "ECHO" "x"
        M> MONITOR
        M> RESET
        RESET
        M> GET k
        "a\x00\n\r\t\a\b\"\\\xc3\xa9"
        > ECHO x
        "x"
    "#,
    );
}

#[test]
fn secrets_are_blotted_out() {
    check(
        r#"
        # since 7.0
        # resp2
        M> MONITOR
        OK
        > AUTH secret
        (error) ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
        M< ~ {1..9999999999}.* [0 127.0.0.1:*] "AUTH" "(redacted)"
        > AUTH default secret
        OK
        M< ~ {1..9999999999}.* [0 127.0.0.1:*] "AUTH" "(redacted)" "(redacted)"
        > HELLO 2 SETNAME x AUTH default secret
        ...
        M< ~ {1..9999999999}.* [0 127.0.0.1:*] "HELLO" "2" "SETNAME" "x" "AUTH" "(redacted)" "(redacted)"
        > HELLO 2 AUTH default
        (error) ERR Syntax error in HELLO option 'AUTH'
        M< ~ {1..9999999999}.* [0 127.0.0.1:*] "HELLO" "2" "AUTH" "default"
    "#,
    );
}

#[test]
fn inside_a_transaction_nobody_becomes_a_monitor() {
    check(
        r#"
        # since 7.0
        > MULTI
        OK
        > MONITOR
        QUEUED
        > EXEC
        1) (error) ERR MONITOR isn't allowed for DENY BLOCKING client
        > ECHO x
        "x"
    "#,
    );
}

#[test]
fn a_monitor_shows_as_one() {
    check(
        r#"
        # since 7.0
        # resp2
        M> MONITOR
        OK
        M> CLIENT INFO
        ~ *flags=O *
        ~ {1..9999999999}.* [0 127.0.0.1:*] "CLIENT" "INFO"
        # close M
        > CLIENT INFO
        ~ *flags=N *
    "#,
    );
}
