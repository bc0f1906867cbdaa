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
