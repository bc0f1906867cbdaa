//! Sessions of the commands with which a client introduces itself and leaves, and of transactions in their plain form.

use crate::harness::check;

#[test]
fn ping_answers_pong_or_what_it_was_sent() {
    check(
        r#"
        > PING
        PONG
        > ping
        PONG
        > PING hello
        "hello"
        > PING ""
        ""
        > PING a b
        (error) ERR wrong number of arguments for 'ping' command
        > ECHO hello
        "hello"
        > ECHO "a\r\nb\x00"
        "a\r\nb\x00"
        > ECHO
        (error) ERR wrong number of arguments for 'echo' command
        > ECHO a b
        (error) ERR wrong number of arguments for 'echo' command
    "#,
    );
}

#[test]
fn select_chooses_a_database() {
    check(
        r#"
        > SET k zero
        OK
        > SELECT 1
        OK
        > GET k
        (nil)
        > SET k one
        OK
        > SELECT 15
        OK
        > GET k
        (nil)
        > SELECT 0
        OK
        > GET k
        "zero"
        > SELECT 16
        (error) ERR DB index is out of range
        > SELECT -1
        (error) ERR DB index is out of range
        > SELECT a
        (error) ERR value is not an integer or out of range
        > SELECT ""
        (error) ERR value is not an integer or out of range
        > SELECT 1.0
        (error) ERR value is not an integer or out of range
        > SELECT 9223372036854775807
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > SELECT 4294967296
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > SELECT 99999999999999999999
        (error) ERR value is not an integer or out of range
        > SELECT -2147483649
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > SELECT
        (error) ERR wrong number of arguments for 'select' command
        > SELECT 1 2
        (error) ERR wrong number of arguments for 'select' command
        > GET k
        "zero"
    "#,
    );
}

#[test]
fn the_number_of_databases_is_configured() {
    check(
        r#"
        # config --databases 2
        > SELECT 1
        OK
        > SELECT 2
        (error) ERR DB index is out of range
    "#,
    );
}

#[test]
fn quit_answers_and_closes() {
    check(
        r#"
        > QUIT
        OK
        (closed)
        > QUIT now please
        OK
        (closed)
        A> QUIT
        OK
        (closed)
        > PING
        PONG
        A> PING
        PONG
    "#,
    );
}

#[test]
fn auth_without_a_password_tells_so() {
    check(
        r#"
        > AUTH x
        (error) ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
        > AUTH default x
        OK
        > AUTH default ""
        OK
        > AUTH bob x
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH a b c
        (error) ERR syntax error
        > AUTH
        (error) ERR wrong number of arguments for 'auth' command
    "#,
    );
}

#[test]
fn a_password_guards_everything() {
    check(
        r#"
        # config --requirepass foobar
        # resp2
        > PING
        (error) NOAUTH Authentication required.
        > GET k
        (error) NOAUTH Authentication required.
        > PING a b
        (error) NOAUTH Authentication required.
        > FOO
        (error) ERR unknown command 'FOO', with args beginning with:
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > SELECT 1
        (error) NOAUTH Authentication required.
        > MULTI
        (error) NOAUTH Authentication required.
        > EXEC
        (error) EXECABORT Transaction discarded because of: NOAUTH Authentication required.
        > RESET
        RESET
        > AUTH
        (error) ERR wrong number of arguments for 'auth' command
        > AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH default wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH bob foobar
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH foobar extra words
        (error) ERR syntax error
        > AUTH foobar
        OK
        > PING
        PONG
        > AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > PING
        PONG
        A> PING
        (error) NOAUTH Authentication required.
        A> AUTH default foobar
        OK
        A> PING
        PONG
        A> RESET
        RESET
        A> PING
        (error) NOAUTH Authentication required.
        > QUIT
        OK
        (closed)
    "#,
    );
}

#[test]
fn hello_may_authenticate_and_name() {
    check(
        r#"
        # config --requirepass foobar
        # resp2
        > HELLO
        (error) NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
        > HELLO 3
        (error) NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
        > HELLO 3 SETNAME x
        (error) NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
        > HELLO 4
        (error) NOPROTO unsupported protocol version
        > HELLO 3 AUTH default wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > HELLO 3 AUTH bob foobar
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > HELLO 3 AUTH default foobar SETNAME "a b"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > PING
        (error) NOAUTH Authentication required.
        > HELLO 2 AUTH default foobar FOO
        (error) ERR Syntax error in HELLO option 'FOO'
        > PING
        (error) NOAUTH Authentication required.
        > HELLO 9 AUTH default foobar
        (error) NOPROTO unsupported protocol version
        > PING
        (error) NOAUTH Authentication required.
        > HELLO 2 AUTH default foobar SETNAME ann
         1) "server"
         2) "redis"
         3) "version"
        ~  4) "*"
         5) "proto"
         6) (integer) 2
         7) "id"
        ~  8) (integer) *
         9) "mode"
        10) "standalone"
        11) "role"
        12) "master"
        13) "modules"
        ...
        > CLIENT GETNAME
        "ann"
        > HELLO 2 SETNAME bob AUTH default wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > CLIENT GETNAME
        "ann"
        > PING
        PONG
        > HELLO 2 SETNAME ""
         1) "server"
         2) "redis"
         3) "version"
        ~  4) "*"
         5) "proto"
         6) (integer) 2
         7) "id"
        ~  8) (integer) *
         9) "mode"
        10) "standalone"
        11) "role"
        12) "master"
        13) "modules"
        ...
        > CLIENT GETNAME
        (nil)
        > HELLO 2 SETNAME a SETNAME c
         1) "server"
         2) "redis"
         3) "version"
        ~  4) "*"
         5) "proto"
         6) (integer) 2
         7) "id"
        ~  8) (integer) *
         9) "mode"
        10) "standalone"
        11) "role"
        12) "master"
        13) "modules"
        ...
        > CLIENT GETNAME
        "c"
        > HELLO 3 SETNAME d
        1# "server" => "redis"
        ~ 2# "version" => "*"
        3# "proto" => (integer) 3
        ~ 4# "id" => (integer) *
        5# "mode" => "standalone"
        6# "role" => "master"
        ~ 7# "modules" =>*
        ...
        > CLIENT GETNAME
        "d"
        > RESET
        RESET
        > AUTH foobar
        OK
        > CLIENT GETNAME
        (nil)
    "#,
    );
}

#[test]
fn hello_chooses_the_protocol() {
    check(
        r#"
        # resp2
        > HELLO
         1) "server"
         2) "redis"
         3) "version"
        ~  4) "*"
         5) "proto"
         6) (integer) 2
         7) "id"
        ~  8) (integer) *
         9) "mode"
        10) "standalone"
        11) "role"
        12) "master"
        13) "modules"
        ...
        > HELLO 3
        1# "server" => "redis"
        ~ 2# "version" => "*"
        3# "proto" => (integer) 3
        ~ 4# "id" => (integer) *
        5# "mode" => "standalone"
        6# "role" => "master"
        ~ 7# "modules" =>*
        ...
        > HELLO
        1# "server" => "redis"
        ~ 2# "version" => "*"
        3# "proto" => (integer) 3
        ~ 4# "id" => (integer) *
        5# "mode" => "standalone"
        6# "role" => "master"
        ~ 7# "modules" =>*
        ...
        > GET missing
        (nil)
        > HELLO 2
         1) "server"
         2) "redis"
         3) "version"
        ~  4) "*"
         5) "proto"
         6) (integer) 2
         7) "id"
        ~  8) (integer) *
         9) "mode"
        10) "standalone"
        11) "role"
        12) "master"
        13) "modules"
        ...
        > GET missing
        (nil)
        > HELLO 1
        (error) NOPROTO unsupported protocol version
        > HELLO 4
        (error) NOPROTO unsupported protocol version
        > HELLO abc
        (error) ERR Protocol version is not an integer or out of range
        > HELLO ""
        (error) ERR Protocol version is not an integer or out of range
        > HELLO " 3"
        (error) ERR Protocol version is not an integer or out of range
        > HELLO 3.0
        (error) ERR Protocol version is not an integer or out of range
        > HELLO 9223372036854775808
        (error) ERR Protocol version is not an integer or out of range
        > HELLO 3 AUTH
        (error) ERR Syntax error in HELLO option 'AUTH'
        > HELLO 3 AUTH default
        (error) ERR Syntax error in HELLO option 'AUTH'
        > HELLO 3 SETNAME
        (error) ERR Syntax error in HELLO option 'SETNAME'
        > HELLO 3 FOO
        (error) ERR Syntax error in HELLO option 'FOO'
        > HELLO 3 foo bar
        (error) ERR Syntax error in HELLO option 'foo'
        > GET missing
        (nil)
    "#,
    );
}

#[test]
fn a_password_that_is_set_later_leaves_who_is_in() {
    check(
        r#"
        # resp2
        A> PING
        PONG
        > CONFIG SET requirepass secret
        OK
        > PING
        PONG
        A> PING
        PONG
        B> PING
        (error) NOAUTH Authentication required.
        B> AUTH secret
        OK
        B> PING
        PONG
        > CONFIG SET requirepass ""
        OK
        C> PING
        PONG
        C> AUTH ""
        (error) ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
        C> AUTH secret
        (error) ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
    "#,
    );
}

#[test]
fn reset_makes_the_connection_new() {
    check(
        r#"
        # resp2
        > CLIENT SETNAME ann
        OK
        > SELECT 3
        OK
        > SET k v
        OK
        > MULTI
        OK
        > GET k
        QUEUED
        > RESET
        RESET
        > EXEC
        (error) ERR EXEC without MULTI
        > GET k
        (nil)
        > CLIENT GETNAME
        (nil)
        > RESET a
        (error) ERR wrong number of arguments for 'reset' command
    "#,
    );
}

#[test]
fn multi_queues_until_exec() {
    check(
        r#"
        > MULTI
        OK
        > SET a 1
        QUEUED
        > INCR a
        QUEUED
        > GET a
        QUEUED
        > PING
        QUEUED
        A> GET a
        (nil)
        > EXEC
        1) OK
        2) (integer) 2
        3) "2"
        4) PONG
        A> GET a
        "2"
        > EXEC
        (error) ERR EXEC without MULTI
        > DISCARD
        (error) ERR DISCARD without MULTI
        > MULTI
        OK
        > EXEC
        (empty array)
        > MULTI
        OK
        > SET a 9
        QUEUED
        > DISCARD
        OK
        > GET a
        "2"
        > EXEC
        (error) ERR EXEC without MULTI
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
fn an_error_inside_exec_does_not_stop_it() {
    check(
        r#"
        > SET s text
        OK
        > MULTI
        OK
        > INCR s
        QUEUED
        > SET a 1
        QUEUED
        > PING a b
        QUEUED
        > GET a
        QUEUED
        > EXEC
        1) (error) ERR value is not an integer or out of range
        2) OK
        3) (error) ERR wrong number of arguments for 'ping' command
        4) "1"
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
fn select_inside_exec_holds_for_what_follows() {
    check(
        r#"
        > MULTI
        OK
        > SELECT 2
        QUEUED
        > SET k two
        QUEUED
        > EXEC
        1) OK
        2) OK
        > GET k
        "two"
        > SELECT 0
        OK
        > GET k
        (nil)
    "#,
    );
}

#[test]
fn quit_ends_a_transaction() {
    check(
        r#"
        > MULTI
        OK
        > SET a 1
        QUEUED
        > QUIT
        OK
        (closed)
        > GET a
        (nil)
    "#,
    );
}

#[test]
fn hello_inside_exec_changes_the_protocol_on_the_way() {
    check(
        r#"
        # resp2
        > MULTI
        OK
        > GET missing
        QUEUED
        > HELLO 3
        QUEUED
        > GET missing
        QUEUED
        > EXEC
        1) (nil)
        2) 1# "server" => "redis"
        ~    2# "version" => "*"
           3# "proto" => (integer) 3
        ~    4# "id" => (integer) *
           5# "mode" => "standalone"
           6# "role" => "master"
        ~    7# "modules" =>*
        ...
        > GET missing
        (nil)
    "#,
    );
}
