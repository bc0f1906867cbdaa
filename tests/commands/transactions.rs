//! Sessions of MULTI, EXEC and DISCARD.

use crate::harness::check;

#[test]
fn a_transaction_is_queued_and_runs_at_once() {
    check(
        r#"
        > MULTI
        OK
        > SET k v
        QUEUED
        > GET k
        QUEUED
        > INCR n
        QUEUED
        > MGET k n nokey
        QUEUED
        A> GET k
        (nil)
        > EXEC
        1) OK
        2) "v"
        3) (integer) 1
        4) 1) "v"
           2) "1"
           3) (nil)
        > MULTI
        OK
        > EXEC
        (empty array)
        > GET k
        "v"
    "#,
    );
}

#[test]
fn an_error_while_running_stops_nothing() {
    check(
        r#"
        > SET k v
        OK
        > MULTI
        OK
        > INCR k
        QUEUED
        > INCR n
        QUEUED
        > SET k v EX 0
        QUEUED
        > SELECT 99
        QUEUED
        > EXEC
        1) (error) ERR value is not an integer or out of range
        2) (integer) 1
        3) (error) ERR invalid expire time in 'set' command
        4) (error) ERR DB index is out of range
        > GET n
        "1"
    "#,
    );
}

#[test]
fn an_error_while_queueing_stops_everything() {
    check(
        r#"
        > MULTI
        OK
        > SET k v
        QUEUED
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > foo bar
        (error) ERR unknown command 'foo', with args beginning with: 'bar'
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > EXISTS k
        (integer) 0
        > MULTI
        OK
        > CONFIG FOO
        (error) ERR unknown subcommand 'FOO'. Try CONFIG HELP.
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > MULTI
        OK
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > DISCARD
        OK
        > EXEC
        (error) ERR EXEC without MULTI
    "#,
    );
}

#[test]
fn discard_forgets_the_queue() {
    check(
        r#"
        > MULTI
        OK
        > SET k v
        QUEUED
        > DISCARD
        OK
        > EXISTS k
        (integer) 0
        > DISCARD
        (error) ERR DISCARD without MULTI
        > EXEC
        (error) ERR EXEC without MULTI
        > MULTI
        OK
        > MULTI
        (error) ERR MULTI calls can not be nested
        > SET k v
        QUEUED
        > EXEC
        1) OK
        > GET k
        "v"
        > MULTI a
        (error) ERR wrong number of arguments for 'multi' command
        > EXEC a
        (error) EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
        > DISCARD a
        (error) ERR wrong number of arguments for 'discard' command
    "#,
    );
}

#[test]
fn the_database_may_change_inside() {
    check(
        r#"
        > MULTI
        OK
        > SELECT 1
        QUEUED
        > SET k one
        QUEUED
        > SELECT 2
        QUEUED
        > SET k two
        QUEUED
        > EXEC
        1) OK
        2) OK
        3) OK
        4) OK
        > GET k
        "two"
        > SELECT 1
        OK
        > GET k
        "one"
        > SELECT 0
        OK
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn a_queue_goes_with_its_client() {
    check(
        r#"
        A> MULTI
        OK
        A> SET k v
        QUEUED
        # close A
        > EXISTS k
        (integer) 0
        A> EXEC
        (error) ERR EXEC without MULTI
        A> MULTI
        OK
        A> SET k v
        QUEUED
        A> QUIT
        OK
        (closed)
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn inside_one_transaction_the_clock_stands() {
    check(
        r#"
        > MULTI
        OK
        > SET k v PX 100
        QUEUED
        > PTTL k
        QUEUED
        > PTTL k
        QUEUED
        > GET k
        QUEUED
        > EXEC
        1) OK
        2) (integer) 100
        3) (integer) 100
        4) "v"
        # advance 150
        > GET k
        (nil)
    "#,
    );
}

#[test]
fn the_protocol_may_change_inside() {
    check(
        r#"
        > MULTI
        OK
        > GET nokey
        QUEUED
        > HELLO 3
        QUEUED
        > GET nokey
        QUEUED
        > EXEC
        1) (nil)
        ...
    "#,
    );
}

#[test]
fn a_refused_command_spoils_the_transaction() {
    check(
        r#"
        > MULTI
        OK
        > SET a 1
        QUEUED
        > FOO bar
        (error) ERR unknown command 'FOO', with args beginning with: 'bar'
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > GET a
        (nil)
        > MULTI
        OK
        > SET a
        (error) ERR wrong number of arguments for 'set' command
        > SET a 1
        QUEUED
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > GET a
        (nil)
        > MULTI
        OK
        > SET a 1
        QUEUED
        > DISCARD
        OK
        > MULTI
        OK
        > CLIENT FOO
        (error) ERR unknown subcommand 'FOO'. Try CLIENT HELP.
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > MULTI
        OK
        > EXEC foo
        (error) EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
        > EXEC
        (error) ERR EXEC without MULTI
        > MULTI
        OK
        > DISCARD foo
        (error) ERR wrong number of arguments for 'discard' command
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > MULTI
        OK
        > SHUTDOWN NOSAVE
        (error) ERR Command not allowed inside a transaction
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
    "#,
    );
}

#[test]
fn multi_does_not_nest() {
    check(
        r#"
        > MULTI
        OK
        > MULTI
        (error) ERR MULTI calls can not be nested
        > SET a 1
        QUEUED
        > EXEC
        1) OK
        > MULTI
        OK
        > MULTI a
        (error) ERR wrong number of arguments for 'multi' command
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
    "#,
    );
}

#[test]
fn a_client_shows_its_transaction_while_it_runs() {
    check(
        r#"
        # since 7.2
        # resp2
        > CLIENT INFO
        ~ *flags=N *multi=-1 *
        > MULTI
        OK
        > CLIENT INFO
        QUEUED
        > CLIENT INFO
        QUEUED
        > EXEC
        ~ 1) *flags=x *multi=2 *cmd=exec *
        ~ 2) *flags=x *multi=2 *cmd=exec *
        > CLIENT INFO
        ~ *flags=N *multi=-1 *cmd=client|info *
    "#,
    );
}

#[test]
fn a_watched_key_that_changes_spoils_the_transaction() {
    check(
        r#"
        # resp2
        > SET k 1
        OK
        > WATCH k
        OK
        A> SET k 2
        OK
        > MULTI
        OK
        > SET k 3
        QUEUED
        > EXEC
        (nil array)
        > GET k
        "2"
        > WATCH k
        OK
        A> GET k
        "2"
        > MULTI
        OK
        > GET k
        QUEUED
        > EXEC
        1) "2"
        > WATCH nokey k
        OK
        A> SET nokey 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH k
        OK
        A> SETNX k 1
        (integer) 0
        A> DEL other
        (integer) 0
        A> EXPIRE k 100 GT
        (integer) 0
        A> SADD s a
        (integer) 1
        A> SREM s b
        (integer) 0
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> EXPIRE k 100
        (integer) 1
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH k
        OK
        A> SELECT 1
        OK
        A> SET k 1
        OK
        A> SELECT 0
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        > SET k mine
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > GET k
        "mine"
    "#,
    );
}

#[test]
fn watch_inside_multi_is_refused_and_unwatch_queued() {
    check(
        r#"
        # resp2
        > MULTI
        OK
        > WATCH k
        (error) ERR WATCH inside MULTI is not allowed
        > UNWATCH
        QUEUED
        > PING
        QUEUED
        > EXEC
        1) OK
        2) PONG
        > WATCH
        (error) ERR wrong number of arguments for 'watch' command
        > UNWATCH x
        (error) ERR wrong number of arguments for 'unwatch' command
        > WATCH k
        OK
        > MULTI
        OK
        A> SET k 1
        OK
        > UNWATCH
        QUEUED
        > EXEC
        (nil array)
    "#,
    );
}

#[test]
fn what_ends_watching_forgives_what_has_changed() {
    check(
        r#"
        # resp2
        > WATCH k
        OK
        A> SET k 1
        OK
        > UNWATCH
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SET k 1
        OK
        > MULTI
        OK
        > DISCARD
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SET k 1
        OK
        > EXEC
        (error) ERR EXEC without MULTI
        > MULTI
        OK
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SET k 1
        OK
        > RESET
        RESET
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SET k 1
        OK
        > WATCH other
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH k
        OK
        > MULTI
        OK
        > EXEC a
        (error) EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
        A> SET k 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
    "#,
    );
}

#[test]
fn watched_keys_move_with_flush_swap_and_rename() {
    check(
        r#"
        # resp2
        > WATCH nokey
        OK
        A> FLUSHALL
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > SET k 1
        OK
        > WATCH k
        OK
        A> FLUSHDB
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SET k 1
        OK
        > WATCH k
        OK
        A> FLUSHALL
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SET k 1
        OK
        > WATCH k
        OK
        A> SELECT 1
        OK
        A> FLUSHDB
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH k
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH nokey
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > FLUSHALL
        OK
        > SET a 1
        OK
        > WATCH a
        OK
        A> SELECT 0
        OK
        A> RENAME a b
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH c
        OK
        A> RENAME b c
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH c
        OK
        A> MOVE c 2
        (integer) 1
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SELECT 2
        OK
        > WATCH c
        OK
        A> SELECT 2
        OK
        A> COPY c d
        (integer) 1
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH d
        OK
        A> COPY c d REPLACE
        (integer) 1
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
    "#,
    );
}

#[test]
fn a_watched_key_that_expires_spoils_the_transaction_unless_it_had_expired_before() {
    check(
        r#"
        # resp2
        # config --hz 1
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > SET k 1 PX 500
        OK
        > WATCH k
        OK
        # advance 600
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > WATCH k
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> GET k
        (nil)
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SET k 2
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SET k 1 PX 500
        OK
        # advance 600
        > WATCH k
        OK
        A> SET k 2
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SET k 1 PX 500
        OK
        # advance 600
        > WATCH k
        OK
        A> FLUSHALL
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > SET k 1 PX 500
        OK
        > WATCH k
        OK
        # advance 600
        A> GET k
        (nil)
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        > SET k 1 PX 500
        OK
        # advance 600
        > SELECT 1
        OK
        > WATCH k
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > WATCH k
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
    "#,
    );
}

#[test]
fn a_blocked_client_that_is_served_spoils_the_transaction() {
    check(
        r#"
        # resp2
        A> BLPOP list 0
        > WATCH list
        OK
        B> RPUSH list a
        (integer) 1
        A< 1) "list"
           2) "a"
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        A> BLPOP list 0
        > RPUSH other x
        (integer) 1
        > WATCH list
        OK
        B> LMOVE other list LEFT LEFT
        "x"
        A< 1) "list"
           2) "x"
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
        A> BLMOVE from to LEFT LEFT 0
        > WATCH to
        OK
        B> RPUSH from x
        (integer) 1
        A< "x"
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        (nil array)
    "#,
    );
}

#[test]
fn whoever_watches_is_counted_and_goes_without_a_trace() {
    check(
        r#"
        # since 7.4
        # resp2
        > WATCH a b c
        ~ OK
        > SELECT 1
        OK
        > WATCH a
        OK
        A> WATCH a
        OK
        > CLIENT INFO
        ~ *flags=N *db=1 *multi=-1 watch=4 *
        > INFO clients
        ...
        | watching_clients:2
        ...
        | total_watched_keys:4
        ...
        B> SET a 1
        OK
        A> CLIENT INFO
        ~ *flags=d *multi=-1 watch=0 *
        > INFO clients
        ...
        | watching_clients:0
        ...
        | total_watched_keys:0
        ...
        > UNWATCH
        OK
        A> WATCH a
        OK
        > INFO clients
        ...
        | watching_clients:0
        ...
        | total_watched_keys:0
        ...
        A> UNWATCH
        OK
        A> WATCH x y
        OK
        # close A
        > INFO clients
        ...
        | watching_clients:0
        ...
        | total_watched_keys:0
        ...
    "#,
    );
}

#[test]
fn inside_a_transaction_nobody_waits() {
    check(
        r#"
        # since 7.0
        # resp2
        > MULTI
        OK
        > BLPOP list 0
        QUEUED
        > BRPOP list 0
        QUEUED
        > BRPOPLPUSH a b 0
        QUEUED
        > BLMOVE a b LEFT LEFT 0
        QUEUED
        > BZPOPMIN z 0
        QUEUED
        > BZPOPMAX z 0
        QUEUED
        > BLMPOP 0 1 list LEFT
        QUEUED
        > BZMPOP 0 1 z MIN
        QUEUED
        > RPUSH list x
        QUEUED
        > BLPOP list 0
        QUEUED
        > EXEC
         1) (nil array)
         2) (nil array)
         3) (nil)
         4) (nil)
         5) (nil array)
         6) (nil array)
         7) (nil array)
         8) (nil array)
         9) (integer) 1
        10) 1) "list"
            2) "x"
        > EXISTS list
        (integer) 0
    "#,
    );
}

#[test]
fn swapping_databases_changes_the_key_without_a_name_only_if_it_is_there() {
    check(
        r#"
        # resp2
        > WATCH ""
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        A> SET "" x
        OK
        > WATCH ""
        OK
        A> SWAPDB 0 1
        OK
        > MULTI
        OK
        > EXEC
        (nil array)
    "#,
    );
}
