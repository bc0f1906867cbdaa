//! Sessions of CLIENT REPLY, PAUSE, UNPAUSE, UNBLOCK and KILL: what one client does to itself or to others.

use crate::harness::check;

#[test]
fn reply_off_and_skip_hide_replies_but_no_messages() {
    check(
        r#"
        # since 7.0
        # resp3
        > CLIENT REPLY FOO
        (error) ERR syntax error
        > CLIENT REPLY ON
        OK
        > CLIENT REPLY OFF
        > PING
        > GET
        > FOO
        > SET k v
        > SUBSCRIBE a
        -> 1) "subscribe"
           2) "a"
           3) (integer) 1
        A> PUBLISH a 1
        (integer) 1
        < -> 1) "message"
             2) "a"
             3) "1"
        > UNSUBSCRIBE
        -> 1) "unsubscribe"
           2) "a"
           3) (integer) 0
        > CLIENT REPLY SKIP
        > PING
        > CLIENT REPLY ON
        OK
        > GET k
        "v"
        > CLIENT REPLY SKIP
        > GET k
        > GET k
        "v"
        > CLIENT REPLY SKIP
        > CLIENT REPLY SKIP
        > GET k
        > GET k
        "v"
        > CLIENT REPLY SKIP
        > GET
        > GET k
        "v"
        > CLIENT REPLY SKIP
        > CLIENT REPLY OFF
        > PING
        > CLIENT REPLY ON
        OK
        > CLIENT REPLY OFF
        > RESET
        RESET
        > PING
        PONG
    "#,
    );
}

#[test]
fn a_skipped_reply_may_be_that_of_a_command_that_waits() {
    check(
        r#"
        # since 7.0
        > CLIENT REPLY SKIP
        > BLPOP list 0
        > PING
        A> RPUSH list a
        (integer) 1
        < PONG
        > LLEN list
        (integer) 0
    "#,
    );
}

#[test]
fn replies_may_be_switched_off_inside_a_transaction() {
    check(
        r#"
        > MULTI
        OK
        > SET k 1
        QUEUED
        > CLIENT REPLY OFF
        QUEUED
        > GET k
        QUEUED
        > EXEC
        > PING
        > CLIENT REPLY ON
        > GET k
        1) OK
        2) OK
        3) "1"
    "#,
    );
}

#[test]
fn pause_refuses_what_makes_no_sense() {
    check(
        r#"
        # since 7.2
        > CLIENT PAUSE
        (error) ERR wrong number of arguments for 'client|pause' command
        > CLIENT PAUSE abc
        (error) ERR timeout is not an integer or out of range
        > CLIENT PAUSE -1
        (error) ERR timeout is negative
        > CLIENT PAUSE abc FOO
        (error) ERR CLIENT PAUSE mode must be WRITE or ALL
        > CLIENT PAUSE 1 WRITE X
        (error) ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.
        > CLIENT PAUSE 9223372036854775807
        (error) ERR timeout is out of range
        > CLIENT UNPAUSE
        OK
        > CLIENT UNPAUSE x
        (error) ERR wrong number of arguments for 'client|unpause' command
    "#,
    );
}

#[test]
fn a_pause_of_writes_puts_off_writes_in_order() {
    check(
        r#"
        # since 7.2
        > CLIENT PAUSE 600000 WRITE
        OK
        A> GET k
        (nil)
        A> RPUSH list a
        B> RPUSH list b
        A> RPUSH list c
        C> PFCOUNT x
        D> PUBLISH x y
        E> MULTI
        OK
        E> GET k
        QUEUED
        E> EXEC
        1) (nil)
        E> MULTI
        OK
        E> RPUSH list d
        > INFO clients
        ...
        | blocked_clients:5
        ...
        > CLIENT UNPAUSE
        OK
        A< (integer) 1
        A< (integer) 2
        B< (integer) 3
        C< (integer) 0
        D< (integer) 0
        E< QUEUED
        E> EXEC
        1) (integer) 4
        > LRANGE list 0 -1
        1) "a"
        2) "c"
        3) "b"
        4) "d"
        > INFO clients
        ...
        | blocked_clients:0
        ...
        E> MULTI
        OK
        E> SET k 1
        QUEUED
        > CLIENT PAUSE 600000 WRITE
        OK
        E> EXEC
        A> BLPOP list2 0
        B> SET k 2
        # close B
        > INFO clients
        ...
        | blocked_clients:2
        ...
        > CLIENT UNPAUSE
        OK
        E< 1) OK
        > GET k
        "1"
        > INFO clients
        ...
        | blocked_clients:1
        ...
        > RPUSH list2 x
        (integer) 1
        A< 1) "list2"
           2) "x"
    "#,
    );
}

#[test]
fn a_pause_ends_by_itself_and_the_longest_counts() {
    check(
        r#"
        # since 7.2
        > CLIENT PAUSE 300 WRITE
        OK
        > CLIENT PAUSE 100 WRITE
        OK
        A> SET k 1
        # advance 150
        > GET k
        (nil)
        # advance 200
        A< OK
        > GET k
        "1"
    "#,
    );
}

#[test]
fn a_pause_of_everything_can_only_be_waited_for() {
    check(
        r#"
        # ours: the fence of the harness would wait as well
        A> ECHO x
        "x"
        > CLIENT PAUSE 200 ALL
        OK
        A> PING
        > CLIENT UNPAUSE
        # advance 150
        # advance 100
        A< PONG
        < OK
        > PING
        PONG
    "#,
    );
}

#[test]
fn during_a_pause_nothing_expires_but_is_hidden() {
    check(
        r#"
        # since 7.2
        # config --hz 1
        > SET k v PX 50
        OK
        > CLIENT PAUSE 400 WRITE
        OK
        # advance 100
        > GET k
        (nil)
        > DBSIZE
        (integer) 1
        > EXISTS k
        (integer) 0
        # advance 350
        > SET k w NX
        OK
        > GET k
        "w"
    "#,
    );
}

#[test]
fn a_client_that_waits_is_unblocked_as_by_its_timeout_or_with_an_error() {
    check(
        r#"
        # resp2
        A> CLIENT ID
        ~ (integer) *
        A> BLPOP list 0
        > CLIENT UNBLOCK 0
        (integer) 0
        > CLIENT UNBLOCK 1 FOO
        (error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
        > CLIENT UNBLOCK x
        (error) ERR value is not an integer or out of range
    "#,
    );
}

#[test]
fn a_command_counts_for_its_client_when_it_has_an_end() {
    check(
        r#"
        # since 8.0
        # resp2
        A> PING
        PONG
        A> BLPOP list 0
        > CLIENT LIST
        ~ "*cmd=blpop *tot-cmds=1\nid=*"
        > RPUSH list a
        (integer) 1
        A< 1) "list"
           2) "a"
        > CLIENT LIST
        ~ "*cmd=blpop *tot-cmds=2\nid=*"
    "#,
    );
}

#[test]
fn clients_are_found_by_what_valkey_lets_ask_for() {
    check(
        r#"
        # ours
        # resp2
        > CLIENT SETNAME me
        OK
        A> SELECT 3
        OK
        A> CLIENT SETINFO LIB-NAME lib
        OK
        A> SUBSCRIBE c
        1) "subscribe"
        2) "c"
        3) (integer) 1
        > CLIENT LIST NAME me
        ~ "id=* name=me *\n"
        > CLIENT LIST NAME m
        ""
        > CLIENT LIST NOT-NAME me DB 3
        ~ "id=* name= * db=3 *\n"
        > CLIENT LIST DB 3 TYPE pubsub FLAGS P LIB-NAME lib IP 127.0.0.1
        ~ "id=* name= *\n"
        > CLIENT LIST DB 3 NOT-TYPE pubsub
        ""
        > CLIENT LIST SKIPME yes NAME me
        ""
        > CLIENT LIST NOT-FLAGS P NAME me
        ~ "id=* name=me *\n"
        > CLIENT LIST NOT-USER default
        ""
        > CLIENT LIST NAME you NAME me
        ~ "id=* name=me *\n"
        > CLIENT LIST NAME me IDLE 100
        ""
        > CLIENT LIST MAXAGE 100
        ""
        > CLIENT LIST IDLE 0
        (error) ERR idle should be greater than 0
        > CLIENT LIST NOT-IDLE 1
        (error) ERR syntax error
        > CLIENT LIST FLAGS z
        (error) ERR Unknown flags found in the provided filter: z
        > CLIENT LIST DB x
        (error) ERR DB is not an integer or out of range
        > CLIENT LIST DB 16
        (error) ERR DB number should be between 0 and 15
        > CLIENT LIST USER nobody
        (error) ERR No such user 'nobody'
        > CLIENT LIST NAME me FOO
        (error) ERR syntax error
        > CLIENT LIST FOO bar
        (error) ERR syntax error
        > CLIENT KILL ID 1000 1001 NAME me
        (integer) 0
        > CLIENT KILL NOT-NAME me DB 3
        (integer) 1
        A< (closed)
        > CLIENT LIST DB 3
        ""
        > CLIENT CAPA redirect
        OK
        > CLIENT CAPA
        (error) ERR wrong number of arguments for 'client|capa' command
    "#,
    );
}

#[test]
fn import_source_needs_import_mode() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > CLIENT IMPORT-SOURCE ON
        (error) ERR Server is not in import mode
        > CLIENT IMPORT-SOURCE x
        (error) ERR Server is not in import mode
        > CLIENT IMPORT-SOURCE OFF
        OK
        > CLIENT IMPORT-SOURCE
        (error) ERR wrong number of arguments for 'client|import-source' command
        > CLIENT IMPORT-SOURCE ON OFF
        (error) ERR wrong number of arguments for 'client|import-source' command
        > CONFIG SET import-mode yes
        OK
        > CLIENT IMPORT-SOURCE x
        (error) ERR syntax error
        > CLIENT NO-TOUCH on
        OK
        > CLIENT IMPORT-SOURCE on
        OK
        > CLIENT LIST FLAGS TI
        ~ "id=* flags=TI *"
        > CONFIG SET import-mode no
        OK
        > CLIENT LIST FLAGS TI
        ~ "id=* flags=TI *"
        > CLIENT IMPORT-SOURCE OFF
        OK
        > CLIENT LIST FLAGS TI
        ""
        > CONFIG SET import-mode yes
        OK
        > CLIENT IMPORT-SOURCE on
        OK
        > RESET
        RESET
        > CLIENT LIST FLAGS I
        ""
    "#,
    );
}

/// What has expired waits, hidden, until somebody writes; but who imports sees it.
#[test]
fn nothing_expires_by_itself_while_data_is_imported() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > CONFIG SET import-mode yes
        OK
        source> CLIENT IMPORT-SOURCE ON
        OK
        > MSET a 1 b 1 c 1 d 1 e 1 f 1
        OK
        source> SET g 1 PXAT 1
        OK
        source> PEXPIREAT a 1
        (integer) 1
        source> EXPIREAT b 1
        (integer) 1
        source> GETEX c PXAT 1
        "1"
        source> EXPIRE d -5
        (integer) 1
        source> PEXPIREAT e 1
        (integer) 1
        source> PEXPIREAT f 1
        (integer) 1
        source> HSET h f 1 g 2
        (integer) 2
        source> HPEXPIREAT h 1 FIELDS 1 f
        1) (integer) 1
        > DBSIZE
        (integer) 8
        > GET a
        (nil)
        > EXISTS a b g
        (integer) 0
        > TTL a
        (integer) -2
        > KEYS *
        1) "h"
        > HGETALL h
        1) "g"
        2) "2"
        source> HGETALL h
        1) "f"
        2) "1"
        3) "g"
        4) "2"
        source> GET a
        "1"
        source> TTL a
        (integer) 0
        source> PEXPIRETIME a
        (integer) 1
        source> EXISTS a b c d e f g
        (integer) 7
        source> INCR b
        (integer) 2
        > GET b
        (nil)
        source> MULTI
        OK
        source> GET b
        QUEUED
        source> EXEC
        1) "2"
        > DBSIZE
        (integer) 8
        > INCR c
        (integer) 1
        > TTL c
        (integer) -1
        > SETNX d 7
        (integer) 1
        > EXPIRE e 100
        (integer) 0
        > DBSIZE
        (integer) 7
        source> EXPIRE f 100
        (integer) 1
        > GET f
        "1"
        source> CLIENT IMPORT-SOURCE OFF
        OK
        source> GET a
        (nil)
        > CONFIG SET import-mode no
        OK
        > EXISTS a b g
        (integer) 0
    "#,
    );
}

#[test]
fn nothing_is_evicted_while_data_is_imported() {
    check(
        r#"
        # valkey 9.0
        > MSET a 1 b 2
        OK
        > CONFIG SET import-mode yes maxmemory-policy allkeys-lru
        OK
        > CONFIG SET maxmemory 1
        OK
        > SET c 3
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > DBSIZE
        (integer) 2
        > CONFIG SET import-mode no
        OK
        > SET c 3
        (error) OOM command not allowed when used memory > 'maxmemory'.
        > DBSIZE
        (integer) 0
    "#,
    );
}

#[test]
fn clients_are_found_by_what_they_can_do() {
    check(
        r#"
        # valkey 9.1
        # resp2
        > CLIENT LIST CAPA r
        ""
        > CLIENT LIST CAPA "" NOT-CAPA r
        ~ "id=* cmd=client|list *
        > CLIENT CAPA redirect other
        OK
        > CLIENT CAPA other
        OK
        > CLIENT LIST CAPA rr
        ~ "id=* cmd=client|list *
        > CLIENT LIST NOT-CAPA r
        ""
        > CLIENT LIST NOT-CAPA ""
        ""
        > RESET
        RESET
        > CLIENT LIST CAPA r ID 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
        ~ "id=* cmd=client|list *
        > CLIENT KILL CAPA r
        (integer) 0
        > CLIENT LIST CAPA x
        (error) ERR Unknown capa found in the provided filter: x
        > CLIENT KILL NOT-CAPA rx
        (error) ERR Unknown capa found in the NOT-CAPA filter: rx
        > CLIENT LIST NOT-FLAGS y
        (error) ERR Unknown flags found in the NOT-FLAGS filter: y
        > CLIENT LIST TYPE primary
        ""
        > CLIENT KILL NOT-TYPE PRIMARY
        (integer) 0
    "#,
    );
}
