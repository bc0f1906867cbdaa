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
