//! SLOWLOG.

use crate::harness::check;

#[test]
fn slow_requests_are_kept_with_what_may_be_shown() {
    check(
        r#"
        # since 8.0
        # resp2
        > CONFIG SET slowlog-log-slower-than 0
        OK
        > ECHO "a"*129
        "a"*129
        > ECHO "a"*128
        "a"*128
        > SADD s a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5
        (integer) 31
        > SADD s a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4
        (integer) 0
        > ACL SETUSER u on >p
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "on"
            2) "sanitize-payload"
         3) "passwords"
         4) 1) "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940"
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL DELUSER u v
        (integer) 1
        > AUTH default x
        OK
        > AUTH a b c
        (error) ERR syntax error
        > HELLO 2 AUTH default x SETNAME me
         1) "server"
        ...
        > HELLO 2 AUTH
        (error) ERR Syntax error in HELLO option 'AUTH'
        > CONFIG SET masterauth p MasterUser q maxclients 100
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > EXEC
        1) PONG
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > SLOWLOG GET -1
         1) 1) (integer) 14
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "PING"
        ~     5) "127.0.0.1:*"
            6) "me"
         2) 1) (integer) 13
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "MULTI"
        ~     5) "127.0.0.1:*"
            6) "me"
         3) 1) (integer) 12
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "CONFIG"
               2) "SET"
               3) "masterauth"
               4) "(redacted)"
               5) "MasterUser"
               6) "(redacted)"
               7) "maxclients"
               8) "100"
        ~     5) "127.0.0.1:*"
            6) "me"
         4) 1) (integer) 11
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "HELLO"
               2) "2"
               3) "AUTH"
        ~     5) "127.0.0.1:*"
            6) "me"
         5) 1) (integer) 10
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "HELLO"
               2) "2"
               3) "AUTH"
               4) "(redacted)"
               5) "(redacted)"
               6) "SETNAME"
               7) "me"
        ~     5) "127.0.0.1:*"
            6) "me"
         6) 1) (integer) 9
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "AUTH"
               2) "a"
               3) "b"
               4) "c"
        ~     5) "127.0.0.1:*"
            6) ""
         7) 1) (integer) 8
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "AUTH"
               2) "(redacted)"
               3) "(redacted)"
        ~     5) "127.0.0.1:*"
            6) ""
         8) 1) (integer) 7
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "ACL"
               2) "DELUSER"
               3) "(redacted)"
               4) "(redacted)"
        ~     5) "127.0.0.1:*"
            6) ""
         9) 1) (integer) 6
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "ACL"
               2) "GETUSER"
               3) "(redacted)"
        ~     5) "127.0.0.1:*"
            6) ""
        10) 1) (integer) 5
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "ACL"
               2) "SETUSER"
               3) "(redacted)"
               4) "(redacted)"
               5) "(redacted)"
        ~     5) "127.0.0.1:*"
            6) ""
        11) 1) (integer) 4
        ~     2) (integer) *
        ~     3) (integer) *
            4)  1) "SADD"
                2) "s"
                3) "a"
                4) "b"
                5) "c"
                6) "d"
                7) "e"
                8) "f"
                9) "g"
               10) "h"
               11) "i"
               12) "j"
               13) "k"
               14) "l"
               15) "m"
               16) "n"
               17) "o"
               18) "p"
               19) "q"
               20) "r"
               21) "s"
               22) "t"
               23) "u"
               24) "v"
               25) "w"
               26) "x"
               27) "y"
               28) "z"
               29) "1"
               30) "2"
               31) "3"
               32) "4"
        ~     5) "127.0.0.1:*"
            6) ""
        12) 1) (integer) 3
        ~     2) (integer) *
        ~     3) (integer) *
            4)  1) "SADD"
                2) "s"
                3) "a"
                4) "b"
                5) "c"
                6) "d"
                7) "e"
                8) "f"
                9) "g"
               10) "h"
               11) "i"
               12) "j"
               13) "k"
               14) "l"
               15) "m"
               16) "n"
               17) "o"
               18) "p"
               19) "q"
               20) "r"
               21) "s"
               22) "t"
               23) "u"
               24) "v"
               25) "w"
               26) "x"
               27) "y"
               28) "z"
               29) "1"
               30) "2"
               31) "3"
               32) "... (2 more arguments)"
        ~     5) "127.0.0.1:*"
            6) ""
        13) 1) (integer) 2
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "ECHO"
               2) "a"*128
        ~     5) "127.0.0.1:*"
            6) ""
        14) 1) (integer) 1
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "ECHO"
               2) "a"*128"... (1 more bytes)"
        ~     5) "127.0.0.1:*"
            6) ""
        15) 1) (integer) 0
        ~     2) (integer) *
        ~     3) (integer) *
            4) 1) "CONFIG"
               2) "SET"
               3) "slowlog-log-slower-than"
               4) "0"
        ~     5) "127.0.0.1:*"
            6) ""
        > SLOWLOG RESET
        OK
        > SLOWLOG LEN
        (integer) 1
    "#,
    );
}

#[test]
fn the_slow_log_has_an_end() {
    check(
        r#"
        # since 8.2
        > CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 2
        OK
        > PING
        PONG
        > PING
        PONG
        > PING
        PONG
        > SLOWLOG LEN
        (integer) 2
        > CONFIG SET slowlog-max-len 0
        OK
        > SLOWLOG LEN
        (integer) 2
        > CONFIG SET slowlog-log-slower-than -1 slowlog-max-len 10
        OK
        > PING
        PONG
        > SLOWLOG LEN
        (integer) 2
        > CONFIG SET slowlog-log-slower-than 1000000
        OK
        > PING
        PONG
        > SLOWLOG LEN
        (integer) 2
        > SLOWLOG GET 0
        (empty array)
        > SLOWLOG GET -2
        (error) ERR count should be greater than or equal to -1
        > SLOWLOG GET x
        (error) ERR count should be greater than or equal to -1
        > SLOWLOG GET 1 2
        (error) ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
        > SLOWLOG NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP.
        > SLOWLOG
        (error) ERR wrong number of arguments for 'slowlog' command
        > SLOWLOG RESET
        OK
        > SLOWLOG GET
        (empty array)
    "#,
    );
}

#[test]
fn a_blocked_command_is_logged_when_it_ends() {
    check(
        r#"
        # ours: a replay sends pings, which are logged, too
        # resp2
        > CONFIG SET slowlog-log-slower-than 0
        OK
        > SLOWLOG RESET
        OK
        # advance 1
        A> BLPOP list 0
        > SLOWLOG LEN
        (integer) 1
        > RPUSH list x
        (integer) 1
        A< 1) "list"
           2) "x"
        > SLOWLOG LEN
        (integer) 4
    "#,
    );
}

#[test]
fn slowlog_help_lists_the_subcommands() {
    check(
        r#"
        # ours: the words
        > SLOWLOG HELP
        ~  1) SLOWLOG <subcommand> *
        ...
    "#,
    );
}

#[test]
fn commandlog_keeps_long_requests_and_long_replies() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > CLIENT SETNAME me
        OK
        > CONFIG SET commandlog-reply-larger-than 106
        OK
        > CONFIG SET commandlog-request-larger-than 100
        OK
        > COMMANDLOG RESET large-request
        OK
        > SET k "x"*73
        OK
        > SET k "x"*72
        OK
        > SET k "x"*200
        OK
        > GET k
        "x"*200
        > SET k "x"*97
        OK
        > GET k
        "x"*97
        > SET k "x"*98
        OK
        > GET k
        "x"*98
        > COMMANDLOG LEN LARGE-REPLY
        (integer) 1
        > COMMANDLOG GET -1 large-request
        1) 1) (integer) 3
        ~    2) (integer) *
           3) (integer) 125
           4) 1) "SET"
              2) "k"
              3) "x"*98
        ~    5) *
           6) "me"
        2) 1) (integer) 2
        ~    2) (integer) *
           3) (integer) 124
           4) 1) "SET"
              2) "k"
              3) "x"*97
        ~    5) *
           6) "me"
        ...
        > COMMANDLOG LEN large-request
        (integer) 4
        > COMMANDLOG GET 1 large-reply
        1) 1) (integer) 1
        ~    2) (integer) *
        ~    3) (integer) *
           4) 1) "COMMANDLOG"
              2) "GET"
              3) "-1"
              4) "large-request"
        ~    5) *
           6) "me"
        > CONFIG SET commandlog-reply-larger-than -1 commandlog-large-request-max-len 2
        OK
        > PING "x"*100
        "x"*100
        > COMMANDLOG LEN large-request
        (integer) 2
        > CONFIG SET commandlog-large-request-max-len 0
        OK
        > PING "x"*100
        "x"*100
        > COMMANDLOG LEN large-request
        (integer) 2
        > COMMANDLOG LEN slow
        (integer) 0
        > CONFIG SET commandlog-request-larger-than -1 commandlog-large-request-max-len 128
        OK
        > PING "x"*100
        "x"*100
        > COMMANDLOG LEN large-request
        (integer) 2
        > CONFIG SET commandlog-request-larger-than 28
        OK
        > COMMANDLOG RESET large-request
        OK
        > AUTH a b
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > COMMANDLOG GET 1 large-request
        1) 1) (integer) 8
        ~    2) (integer) *
           3) (integer) 28
           4) 1) "AUTH"
              2) "(redacted)"
              3) "(redacted)"
        ~    5) *
           6) "me"
        > ECHO "28 bytes"
        "28 bytes"
        > ECHO less
        "less"
        > COMMANDLOG GET 1 large-request
        1) 1) (integer) 10
        ~    2) (integer) *
           3) (integer) 28
           4) 1) "ECHO"
              2) "28 bytes"
        ~    5) *
           6) "me"
        > CONFIG SET commandlog-request-larger-than -1 commandlog-reply-larger-than 8
        OK
        > COMMANDLOG RESET large-reply
        OK
        > LPUSH k v
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > CLIENT REPLY SKIP
        > GET k
        > PING
        PONG
        > BLPOP list 0
        b> LPUSH list x
        (integer) 1
        < 1) "list"
          2) "x"
        > COMMANDLOG LEN large-reply
        (integer) 2
        > COMMANDLOG GET 1 large-reply
        1) 1) (integer) 4
        ~    2) (integer) *
           3) (integer) 21
           4) 1) "BLPOP"
              2) "list"
              3) "0"
        ~    5) *
           6) "me"
    "#,
    );
}

#[test]
fn commandlog_shares_its_first_list_with_the_slow_log() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > COMMANDLOG LEN slow
        (integer) 0
        > CONFIG SET commandlog-execution-slower-than 0
        OK
        > CONFIG GET slowlog-log-slower-than
        1) "slowlog-log-slower-than"
        2) "0"
        > COMMANDLOG RESET slow
        OK
        > PING
        PONG
        > SLOWLOG LEN
        (integer) 2
        > COMMANDLOG GET 2 SLOW
        1) 1) (integer) 4
        ~    2) (integer) *
        ~    3) (integer) *
           4) 1) "SLOWLOG"
              2) "LEN"
        ~    5) *
           6) ""
        2) 1) (integer) 3
        ~    2) (integer) *
        ~    3) (integer) *
           4) 1) "PING"
        ~    5) *
           6) ""
        > CONFIG SET slowlog-log-slower-than -1 slowlog-max-len 7
        OK
        # sorted pairs
        > CONFIG GET commandlog-execution-slower-than commandlog-slow-execution-max-len
        1) "commandlog-execution-slower-than"
        2) "-1"
        3) "commandlog-slow-execution-max-len"
        4) "7"
        > SLOWLOG RESET
        OK
        > COMMANDLOG LEN slow
        (integer) 0
    "#,
    );
}

#[test]
fn commandlog_says_what_is_wrong() {
    check(
        r#"
        # valkey 9.0
        > COMMANDLOG
        (error) ERR wrong number of arguments for 'commandlog' command
        > COMMANDLOG GET 10
        (error) ERR wrong number of arguments for 'commandlog|get' command
        > COMMANDLOG GET 10 slow x
        (error) ERR wrong number of arguments for 'commandlog|get' command
        > COMMANDLOG GET 10 fast
        (error) ERR type should be one of the following: slow, large-request, large-reply
        > COMMANDLOG GET -2 slow
        (error) ERR count should be greater than or equal to -1
        > COMMANDLOG GET x fast
        (error) ERR count should be greater than or equal to -1
        > COMMANDLOG LEN
        (error) ERR wrong number of arguments for 'commandlog|len' command
        > COMMANDLOG LEN fast
        (error) ERR type should be one of the following: slow, large-request, large-reply
        > COMMANDLOG RESET
        (error) ERR wrong number of arguments for 'commandlog|reset' command
        > COMMANDLOG RESET fast
        (error) ERR type should be one of the following: slow, large-request, large-reply
        > COMMANDLOG RESET large-reply
        OK
        > COMMANDLOG HELP x
        (error) ERR wrong number of arguments for 'commandlog|help' command
        > COMMANDLOG NONE
        (error) ERR unknown subcommand 'NONE'. Try COMMANDLOG HELP.
        > COMMANDLOG GET 10 large-reply
        (empty array)
        > CONFIG SET commandlog-request-larger-than -2
        (error) ERR CONFIG SET failed (possibly related to argument 'commandlog-request-larger-than') - argument must be between -1 and 9223372036854775807 inclusive
    "#,
    );
}

#[test]
fn passwords_are_blotted_out_under_the_names_that_valkey_has_for_them() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > CONFIG SET slowlog-log-slower-than 0
        OK
        > CONFIG SET PrimaryAuth p primaryuser q maxclients 100
        OK
        > SLOWLOG GET 1
        1) 1) (integer) 1
        ~    2) (integer) *
        ~    3) (integer) *
           4) 1) "CONFIG"
              2) "SET"
              3) "PrimaryAuth"
              4) "(redacted)"
              5) "primaryuser"
              6) "(redacted)"
              7) "maxclients"
              8) "100"
        ~    5) *
           6) ""
    "#,
    );
}
