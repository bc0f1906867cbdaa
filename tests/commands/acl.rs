//! ACL, AUTH with users, and what a user may not do.

use crate::harness::check;

#[test]
fn the_default_user_may_do_everything() {
    check(
        r#"
        # since 8.2
        # resp2
        > ACL WHOAMI
        "default"
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        > ACL USERS
        1) "default"
        > ACL GETUSER default
         1) "flags"
         2) 1) "on"
            2) "nopass"
            3) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "+@all"
         7) "keys"
         8) "~*"
         9) "channels"
        10) "&*"
        11) "selectors"
        12) (empty array)
        > ACL GETUSER nobody
        (nil)
        > ACL DELUSER default
        (error) ERR The 'default' user cannot be removed
        > ACL DELUSER nobody
        (integer) 0
        > ACL CAT
         1) "keyspace"
         2) "read"
         3) "write"
         4) "set"
         5) "sortedset"
         6) "list"
         7) "hash"
         8) "string"
         9) "bitmap"
        10) "hyperloglog"
        11) "geo"
        12) "stream"
        13) "pubsub"
        14) "admin"
        15) "fast"
        16) "slow"
        17) "blocking"
        18) "dangerous"
        19) "connection"
        20) "transaction"
        21) "scripting"
        > ACL CAT nosuch
        (error) ERR Unknown category 'nosuch'
        > ACL CAT a b
        (error) ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.
        # sorted
        > ACL CAT hyperloglog
        1) "pfadd"
        2) "pfcount"
        3) "pfdebug"
        4) "pfmerge"
        5) "pfselftest"
    "#,
    );
}

#[test]
fn rules_about_commands_are_shown_as_they_came() {
    check(
        r#"
        # resp2
        # since 7.2
        > ACL SETUSER u +get +Config|Get +select|0 -@dangerous
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all +get +config|get +select|0 -@dangerous"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u +config -config|set
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all +get +select|0 -@dangerous +config -config|set"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u -config +@all -get +@read
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "+@all -get +@read"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u nocommands +@hash allcommands -@hash
        OK
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        2) "user u off sanitize-payload resetchannels +@all -@hash"
        > ACL SETUSER u +nosuch
        (error) ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL
        > ACL SETUSER u +@nosuch
        (error) ERR Error in ACL SETUSER modifier '+@nosuch': Unknown command or category name in ACL
        > ACL SETUSER u -select|0
        (error) ERR Error in ACL SETUSER modifier '-select|0': Unknown command or category name in ACL
        > ACL SETUSER u +config|nosuch
        (error) ERR Error in ACL SETUSER modifier '+config|nosuch': Unknown command or category name in ACL
        > ACL SETUSER u +config|
        (error) ERR Error in ACL SETUSER modifier '+config|': Syntax error
        > ACL SETUSER u +config|get|x
        (error) ERR Error in ACL SETUSER modifier '+config|get|x': Allowing first-arg of a subcommand is not supported
        > ACL SETUSER u what
        (error) ERR Error in ACL SETUSER modifier 'what': Syntax error
        > ACL SETUSER "a b" on
        (error) ERR Usernames can't contain spaces or null characters
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "+@all -@hash"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
    "#,
    );
}

#[test]
fn patterns_of_keys_and_channels_and_selectors() {
    check(
        r#"
        # resp2
        # since 7.2
        > ACL SETUSER u %R~r* %W~w* ~k* %RW~x %R~y %W~y &ch* &news
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) "%R~r* %W~w* ~k* ~x ~y"
         9) "channels"
        10) "&ch* &news"
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u %~foo
        (error) ERR Error in ACL SETUSER modifier '%~foo': Syntax error
        > ACL SETUSER u %RR~foo
        (error) ERR Error in ACL SETUSER modifier '%RR~foo': Syntax error
        > ACL SETUSER u "~a b"
        (error) ERR Error in ACL SETUSER modifier '~a b': Syntax error
        > ACL SETUSER u "&a b"
        (error) ERR Error in ACL SETUSER modifier '&a b': Syntax error
        > ACL SETUSER u ~* ~k
        (error) ERR Error in ACL SETUSER modifier '~k': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
        > ACL SETUSER u &* &k
        (error) ERR Error in ACL SETUSER modifier '&k': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
        > ACL SETUSER u allkeys allchannels
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) "~*"
         9) "channels"
        10) "&*"
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u resetkeys resetchannels (%R~a +get) "(~b ~c &d +@all -set)" ( ~z )
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) 1) 1) "commands"
               2) "-@all +get"
               3) "keys"
               4) "%R~a"
               5) "channels"
               6) ""
            2) 1) "commands"
               2) "+@all -set"
               3) "keys"
               4) "~b ~c"
               5) "channels"
               6) "&d"
            3) 1) "commands"
               2) "-@all"
               3) "keys"
               4) "~z"
               5) "channels"
               6) ""
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        2) "user u off sanitize-payload resetchannels -@all (%R~a resetchannels -@all +get) (~b ~c resetchannels &d +@all -set) (~z resetchannels -@all)"
        > ACL SETUSER u (on)
        (error) ERR Error in ACL SETUSER modifier '(on)': Syntax error
        > ACL SETUSER u (+get
        (error) ERR Unmatched parenthesis in acl selector starting at '(+get'.
        > ACL SETUSER u +get)
        (error) ERR Error in ACL SETUSER modifier '+get)': Unknown command or category name in ACL
        > ACL SETUSER u clearselectors
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
    "#,
    );
}

#[test]
fn passwords_and_switches() {
    check(
        r#"
        # since 8.2
        # resp2
        > ACL SETUSER u on >a >b >a
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "on"
            2) "sanitize-payload"
         3) "passwords"
         4) 1) "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
            2) "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u <a <c
        (error) ERR Error in ACL SETUSER modifier '<c': The password you are trying to remove from the user does not exist
        > ACL SETUSER u <a #ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "on"
            2) "sanitize-payload"
         3) "passwords"
         4) 1) "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
            2) "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u #CA
        (error) ERR Error in ACL SETUSER modifier '#CA': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
        > ACL SETUSER u !ca
        (error) ERR Error in ACL SETUSER modifier '!ca': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
        > AUTH u b
        OK
        > ACL WHOAMI
        (error) NOPERM User u has no permissions to run the 'acl|whoami' command
        > AUTH u c
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH default x
        OK
        > ACL SETUSER u nopass off
        OK
        > AUTH u b
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > ACL SETUSER u ON
        OK
        > AUTH u anything
        OK
        > AUTH default x
        OK
        > ACL SETUSER u reset
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > ACL SETUSER u skip-sanitize-payload ""
        OK
        > ACL GETUSER u
         1) "flags"
         2) 1) "off"
            2) "skip-sanitize-payload"
         3) "passwords"
         4) (empty array)
         5) "commands"
         6) "-@all"
         7) "keys"
         8) ""
         9) "channels"
        10) ""
        11) "selectors"
        12) (empty array)
        > AUTH a b c
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn what_is_not_allowed_is_refused() {
    check(
        r#"
        # since 7.2
        > ACL SETUSER u on nopass ~k* %R~r* %W~w* +get +set +mget +config|get +multi +exec +copy +select|0 +sort +acl|whoami
        OK
        > SET k1 v
        OK
        A> AUTH u x
        OK
        A> GET k1
        "v"
        A> DEL k1
        (error) NOPERM User u has no permissions to run the 'del' command
        A> CONFIG SET a b
        (error) NOPERM User u has no permissions to run the 'config|set' command
        A> CONFIG NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP.
        A> GET other
        (error) NOPERM No permissions to access a key
        A> GET w1
        (error) NOPERM No permissions to access a key
        A> SET r1 x
        (error) NOPERM No permissions to access a key
        A> SET w1 x
        OK
        A> SET w1 x GET
        (error) NOPERM No permissions to access a key
        A> MGET k1 other
        (error) NOPERM No permissions to access a key
        A> COPY r1 w2
        (integer) 0
        A> COPY w1 r2
        (error) NOPERM No permissions to access a key
        A> SELECT 0
        OK
        A> SELECT 1
        (error) NOPERM User u has no permissions to run the 'select' command
        A> SORT k BY nosuch*
        (error) ERR BY option of SORT denied due to insufficient ACL permissions.
        A> SORT k GET x*
        (error) ERR GET option of SORT denied due to insufficient ACL permissions.
        A> SORT k BY nosort
        (empty array)
        A> SORT k STORE other
        (error) NOPERM No permissions to access a key
        A> MULTI
        OK
        A> GET k1
        QUEUED
        A> DEL k1
        (error) NOPERM User u has no permissions to run the 'del' command
        A> EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
    "#,
    );
}

#[test]
fn a_transaction_is_checked_again_when_it_runs() {
    check(
        r#"
        # since 7.2
        > ACL SETUSER u on nopass ~* +@all
        OK
        A> AUTH u x
        OK
        A> MULTI
        OK
        A> SET a 1
        QUEUED
        A> GET b
        QUEUED
        A> GET c
        QUEUED
        > ACL SETUSER u -set resetkeys ~c
        OK
        A> EXEC
        1) (error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to execute the command or subcommand
        2) (error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to touch the specified keys
        3) (nil)
    "#,
    );
}

#[test]
fn a_user_who_goes_takes_its_clients_along() {
    check(
        r#"
        > ACL SETUSER u on nopass allkeys +@all
        OK
        > ACL SETUSER v on nopass allkeys +@all
        OK
        A> AUTH u x
        OK
        B> AUTH v x
        OK
        > ACL DELUSER u nobody
        (integer) 1
        A< (closed)
        B> ACL DELUSER v
        (integer) 1
        (closed)
        > ACL USERS
        1) "default"
    "#,
    );
}

#[test]
fn a_dry_run_tells_what_would_be_refused() {
    check(
        r#"
        # since 7.2
        > ACL SETUSER u ~a +get +config|get
        OK
        > ACL DRYRUN u GET a
        OK
        > ACL DRYRUN u GET b
        "User u has no permissions to access the 'b' key"
        > ACL DRYRUN u DEL a
        "User u has no permissions to run the 'del' command"
        > ACL DRYRUN u CONFIG SET a b
        "User u has no permissions to run the 'config|set' command"
        > ACL DRYRUN u CONFIG GET a
        OK
        > ACL DRYRUN u QUIT
        OK
        > ACL DRYRUN u GET
        (error) ERR wrong number of arguments for 'get' command
        > ACL DRYRUN u NOSUCH
        (error) ERR Command 'NOSUCH' not found
        > ACL DRYRUN u CONFIG NOSUCH
        (error) ERR Command 'CONFIG' not found
        > ACL DRYRUN nobody GET a
        (error) ERR User 'nobody' not found
        > ACL DRYRUN default GET a
        OK
    "#,
    );
}

#[test]
fn refusals_are_logged() {
    check(
        r#"
        # since 7.2
        # resp3
        > ACL SETUSER u on nopass ~a +get +multi
        OK
        A> AUTH u x
        OK
        A> GET b
        (error) NOPERM No permissions to access a key
        A> GET b
        (error) NOPERM No permissions to access a key
        A> MULTI
        OK
        A> DEL a
        (error) NOPERM User u has no permissions to run the 'del' command
        > AUTH nobody x
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > ACL LOG 2
        1)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "auth"
            5) "context"
            6) "toplevel"
            7) "object"
            8) "AUTH"
            9) "username"
           10) "nobody"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=N *cmd=auth user=default *"
           15) "entry-id"
           16) (integer) 2
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        2)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "command"
            5) "context"
            6) "multi"
            7) "object"
            8) "del"
            9) "username"
           10) "u"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=x *cmd=del user=u *"
           15) "entry-id"
           16) (integer) 1
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        > ACL LOG
        1)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "auth"
            5) "context"
            6) "toplevel"
            7) "object"
            8) "AUTH"
            9) "username"
           10) "nobody"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=N *cmd=auth user=default *"
           15) "entry-id"
           16) (integer) 2
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        2)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "command"
            5) "context"
            6) "multi"
            7) "object"
            8) "del"
            9) "username"
           10) "u"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=x *cmd=del user=u *"
           15) "entry-id"
           16) (integer) 1
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        3)  1) "count"
            2) (integer) 2
            3) "reason"
            4) "key"
            5) "context"
            6) "toplevel"
            7) "object"
            8) "b"
            9) "username"
           10) "u"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=N *cmd=get user=u *"
           15) "entry-id"
           16) (integer) 0
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        > ACL LOG -1
        (empty array)
        > ACL LOG x
        (error) ERR value is not an integer or out of range
        > ACL LOG 1 2
        (error) ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.
        > CONFIG SET acllog-max-len 1
        OK
        > AUTH nobody2 x
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > ACL LOG
        1)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "auth"
            5) "context"
            6) "toplevel"
            7) "object"
            8) "AUTH"
            9) "username"
           10) "nobody2"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=N *cmd=auth user=default *"
           15) "entry-id"
           16) (integer) 3
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
        > ACL LOG RESET
        OK
        > ACL LOG
        (empty array)
        > HELLO 3 AUTH nobody x
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > ACL LOG
        1)  1) "count"
            2) (integer) 1
            3) "reason"
            4) "auth"
            5) "context"
            6) "toplevel"
            7) "object"
            8) "HELLO"
            9) "username"
           10) "nobody"
           11) "age-seconds"
        ~ *12) *
           13) "client-info"
        ~ *14) "id=* addr=* flags=N *cmd=hello user=default *"
           15) "entry-id"
           16) (integer) 4
           17) "timestamp-created"
        ~ *18) *
           19) "timestamp-last-updated"
        ~ *20) *
    "#,
    );
}

#[test]
fn requirepass_is_the_password_of_default() {
    check(
        r#"
        # since 8.2
        # resp2
        A> PING
        PONG
        > CONFIG SET requirepass secret
        OK
        > ACL GETUSER default
         1) "flags"
         2) 1) "on"
            2) "sanitize-payload"
         3) "passwords"
         4) 1) "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
         5) "commands"
         6) "+@all"
         7) "keys"
         8) "~*"
         9) "channels"
        10) "&*"
        11) "selectors"
        12) (empty array)
        A> PING
        PONG
        B> PING
        (error) NOAUTH Authentication required.
        B> AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        B> AUTH default secret
        OK
        C> PING
        (error) NOAUTH Authentication required.
        > ACL SETUSER default >other
        OK
        C> AUTH other
        OK
        > CONFIG GET requirepass
        1) "requirepass"
        2) "secret"
        D> PING
        (error) NOAUTH Authentication required.
        > CONFIG SET requirepass ""
        OK
        D> PING
        PONG
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        > ACL SETUSER default resetpass
        OK
        > ACL SETUSER default off
        OK
        > PING
        PONG
        E> PING
        (error) NOAUTH Authentication required.
        E> AUTH x
        (error) WRONGPASS invalid username-password pair or user is disabled.
    "#,
    );
}

#[test]
fn passwords_are_made() {
    check(
        r#"
        > ACL GENPASS 0
        (error) ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
        > ACL GENPASS 4097
        (error) ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
        > ACL GENPASS x
        (error) ERR value is not an integer or out of range
        > ACL GENPASS 1 2
        (error) ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.
        > ACL LOAD
        (error) ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
        > ACL SAVE
        (error) ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
        > ACL NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try ACL HELP.
        > ACL
        (error) ERR wrong number of arguments for 'acl' command
    "#,
    );
}

#[test]
fn acl_help_lists_the_subcommands() {
    check(
        r#"
        # ours: the words
        > ACL HELP
        ~  1) ACL <subcommand> *
        ...
    "#,
    );
}

#[test]
fn who_waits_needs_the_right_until_it_is_served() {
    check(
        r#"
        # since 7.2
        > ACL SETUSER u on nopass ~list +blpop
        OK
        A> AUTH u x
        OK
        A> BLPOP list 0
        > ACL SETUSER u resetkeys
        OK
        > RPUSH list x
        (integer) 1
        A< (error) NOPERM No permissions to access a key
        > LLEN list
        (integer) 1
    "#,
    );
}

#[test]
fn channels_are_allowed_by_pattern_and_patterns_word_for_word() {
    check(
        r#"
        # since 8.2
        # resp2
        > ACL SETUSER ann on >p +@all ~* resetchannels &news &w*
        OK
        > ACL LIST
        1) "user ann on sanitize-payload #148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940 ~* resetchannels &news &w* +@all"
        2) "user default on nopass sanitize-payload ~* &* +@all"
        A> AUTH ann p
        OK
        A> PUBLISH news a
        (integer) 0
        A> PUBLISH weather a
        (integer) 0
        A> PUBLISH sport a
        (error) NOPERM No permissions to access a channel
        A> SPUBLISH news a
        (integer) 0
        A> SPUBLISH sport a
        (error) NOPERM No permissions to access a channel
        A> SUBSCRIBE sport
        (error) NOPERM No permissions to access a channel
        A> SUBSCRIBE news sport
        (error) NOPERM No permissions to access a channel
        A> PUBSUB CHANNELS
        (empty array)
        A> PSUBSCRIBE n*
        (error) NOPERM No permissions to access a channel
        A> PSUBSCRIBE wa*
        (error) NOPERM No permissions to access a channel
        A> PSUBSCRIBE w* n*
        (error) NOPERM No permissions to access a channel
        A> PSUBSCRIBE w* news
        1) "psubscribe"
        2) "w*"
        3) (integer) 1
        1) "psubscribe"
        2) "news"
        3) (integer) 2
        A> SUBSCRIBE news water
        1) "subscribe"
        2) "news"
        3) (integer) 3
        1) "subscribe"
        2) "water"
        3) (integer) 4
        A> SSUBSCRIBE sport
        (error) NOPERM No permissions to access a channel
        A> SSUBSCRIBE wind
        1) "ssubscribe"
        2) "wind"
        3) (integer) 1
        A> UNSUBSCRIBE sport
        1) "unsubscribe"
        2) "sport"
        3) (integer) 4
        A> PUNSUBSCRIBE n*
        1) "punsubscribe"
        2) "n*"
        3) (integer) 4
        > PUBLISH water x
        (integer) 2
        A< 1) "message"
           2) "water"
           3) "x"
        A< 1) "pmessage"
           2) "w*"
           3) "water"
           4) "x"
        > PUBLISH sport x
        (integer) 0
        > ACL LOG RESET
        OK
        > ACL DRYRUN ann PUBLISH sport x
        "User ann has no permissions to access the 'sport' channel"
        > ACL DRYRUN ann PUBLISH news x
        OK
        > ACL DRYRUN ann SSUBSCRIBE sport
        "User ann has no permissions to access the 'sport' channel"
        > ACL DRYRUN ann PSUBSCRIBE w*
        OK
    "#,
    );
}

#[test]
fn who_listens_to_what_is_forbidden_now_is_cut_off() {
    check(
        r#"
        # since 8.2
        # resp2
        > ACL SETUSER u on nopass +@all ~* allchannels
        OK
        A> AUTH u x
        OK
        B> AUTH u x
        OK
        C> AUTH u x
        OK
        D> AUTH u x
        OK
        E> AUTH u x
        OK
        A> SUBSCRIBE a b
        1) "subscribe"
        2) "a"
        3) (integer) 1
        1) "subscribe"
        2) "b"
        3) (integer) 2
        B> PSUBSCRIBE a*
        1) "psubscribe"
        2) "a*"
        3) (integer) 1
        C> SSUBSCRIBE s
        1) "ssubscribe"
        2) "s"
        3) (integer) 1
        D> PING
        PONG
        E> PSUBSCRIBE *
        1) "psubscribe"
        2) "*"
        3) (integer) 1
        > ACL SETUSER u resetchannels &a* &s
        OK
        A< (closed)
        E< (closed)
        > PUBSUB CHANNELS
        (empty array)
        > PUBSUB NUMPAT
        (integer) 1
        > PUBSUB SHARDCHANNELS
        1) "s"
        B> PING
        1) "pong"
        2) ""
        D> SUBSCRIBE b
        (error) NOPERM No permissions to access a channel
        D> SUBSCRIBE a
        1) "subscribe"
        2) "a"
        3) (integer) 1
        > ACL SETUSER u &b
        OK
        > ACL SETUSER u resetchannels &*
        OK
        B> PING
        1) "pong"
        2) ""
        > ACL SETUSER u resetchannels
        OK
        B< (closed)
        C< (closed)
        D< (closed)
        > PUBSUB CHANNELS
        (empty array)
        > PUBSUB NUMPAT
        (integer) 0
        > PUBSUB SHARDCHANNELS
        (empty array)
    "#,
    );
}

#[test]
fn new_users_begin_with_no_channels_unless_the_configuration_says_otherwise() {
    check(
        r#"
        # since 8.2
        # resp2
        > CONFIG GET acl-pubsub-default
        1) "acl-pubsub-default"
        2) "resetchannels"
        > ACL SETUSER u on nopass +@all ~*
        OK
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        2) "user u on nopass sanitize-payload ~* resetchannels +@all"
        A> AUTH u x
        OK
        A> PUBLISH c m
        (error) NOPERM No permissions to access a channel
        A> SUBSCRIBE c
        (error) NOPERM No permissions to access a channel
        > CONFIG SET acl-pubsub-default allchannels
        OK
        A> PUBLISH c m
        (error) NOPERM No permissions to access a channel
        > ACL SETUSER v on nopass +@all ~*
        OK
        > ACL SETUSER u (&c +publish)
        (error) ERR Error in ACL SETUSER modifier '(&c +publish)': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
        > ACL SETUSER u -@all +multi +exec (resetchannels +publish &c) (resetchannels +publish &d)
        OK
        A> PUBLISH c m
        (integer) 0
        A> PUBLISH d m
        (integer) 0
        A> PUBLISH e m
        (error) NOPERM No permissions to access a channel
        A> SUBSCRIBE c
        (error) NOPERM User u has no permissions to run the 'subscribe' command
        A> MULTI
        OK
        A> PUBLISH c m
        QUEUED
        A> PUBLISH e m
        (error) NOPERM No permissions to access a channel
        A> EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        A> MULTI
        OK
        A> PUBLISH c m
        QUEUED
        A> PUBLISH d m
        QUEUED
        > ACL SETUSER u clearselectors resetchannels +publish &d
        OK
        A> EXEC
        1) (error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to access one of the channels used as arguments
        2) (integer) 0
        > ACL LIST
        1) "user default on nopass sanitize-payload ~* &* +@all"
        2) "user u on nopass sanitize-payload ~* resetchannels &d -@all +multi +exec +publish"
        3) "user v on nopass sanitize-payload ~* &* +@all"
    "#,
    );
}
