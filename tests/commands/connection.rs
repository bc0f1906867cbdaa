//! Sessions of the connection commands.

use crate::harness::check;

#[test]
fn ping_and_echo_answer() {
    check(
        r#"
        > PING
        PONG
        > PING hello
        "hello"
        > PING ""
        ""
        > PING "\x00\r\n"
        "\x00\r\n"
        > PING a b
        (error) ERR wrong number of arguments for 'ping' command
        > ECHO hello
        "hello"
        > ECHO ""
        ""
        > ECHO
        (error) ERR wrong number of arguments for 'echo' command
        > ECHO a b
        (error) ERR wrong number of arguments for 'echo' command
        > ping
        PONG
        > PiNg
        PONG
    "#,
    );
}

#[test]
fn unknown_commands_are_echoed_and_cut() {
    check(
        r#"
        > foo
        (error) ERR unknown command 'foo', with args beginning with:
        > foo bar baz
        (error) ERR unknown command 'foo', with args beginning with: 'bar' 'baz'
        > foo ""
        (error) ERR unknown command 'foo', with args beginning with: ''
        > FOO BAR
        (error) ERR unknown command 'FOO', with args beginning with: 'BAR'
        > "f\r\no" "b\nr"
        (error) ERR unknown command 'f  o', with args beginning with: 'b r'
        > foo "x"*200
        (error) ERR unknown command 'foo', with args beginning with: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
        > foo "x"*127 b c
        (error) ERR unknown command 'foo', with args beginning with: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
        > foo "x"*64 "y"*64 c
        (error) ERR unknown command 'foo', with args beginning with: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'
        > "f"*200 a
        (error) ERR unknown command 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', with args beginning with: 'a'
        > "" a
        (error) ERR unknown command '', with args beginning with: 'a'
        > foo a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w x y z
        (error) ERR unknown command 'foo', with args beginning with: 'a' 'b' 'c' 'd' 'e' 'f' 'g' 'h' 'i' 'j' 'k' 'l' 'm' 'n' 'o' 'p' 'q' 'r' 's' 't' 'u' 'v' 'w' 'x' 'y' 'z' 'a' 'b' 'c' 'd' 'e' 'f'
        > GET "a'b'c"*1 d e
        (error) ERR wrong number of arguments for 'get' command
        > foo "a'b" "c\"d"
        (error) ERR unknown command 'foo', with args beginning with: 'a'b' 'c"d'
    "#,
    );
}

#[test]
fn hello_tells_what_the_server_is() {
    check(
        r#"
        > HELLO
        ...
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
        ~ 14) *
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
        > GET nokey
        (nil)
        > HELLO
        ...
        > HELLO 2 SETNAME me
        ...
        > CLIENT GETNAME
        "me"
        > HELLO 3 AUTH default anything SETNAME you
        ...
        > CLIENT GETNAME
        "you"
        > HELLO 2 setname she auth default ""
        ...
        > CLIENT GETNAME
        "she"
    "#,
    );
}

#[test]
fn hello_refuses_what_it_cannot_understand_and_changes_nothing() {
    check(
        r#"
        # since 7.2
        > HELLO 1
        (error) NOPROTO unsupported protocol version
        > HELLO 4
        (error) NOPROTO unsupported protocol version
        > HELLO x
        (error) ERR Protocol version is not an integer or out of range
        > HELLO ""
        (error) ERR Protocol version is not an integer or out of range
        > HELLO 99999999999999999999
        (error) ERR Protocol version is not an integer or out of range
        > HELLO -1
        (error) NOPROTO unsupported protocol version
        > HELLO 3 FOO
        (error) ERR Syntax error in HELLO option 'FOO'
        > HELLO 3 AUTH
        (error) ERR Syntax error in HELLO option 'AUTH'
        > HELLO 3 AUTH default
        (error) ERR Syntax error in HELLO option 'AUTH'
        > HELLO 3 SETNAME
        (error) ERR Syntax error in HELLO option 'SETNAME'
        > HELLO 3 AUTH nobody x
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > HELLO 3 SETNAME "a b"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > HELLO 3 SETNAME "a\n"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > HELLO 3 SETNAME ok FOO
        (error) ERR Syntax error in HELLO option 'FOO'
        > CLIENT GETNAME
        (nil)
        > GET nokey
        (nil)
    "#,
    );
}

#[test]
fn without_a_password_auth_is_a_mistake() {
    check(
        r#"
        > AUTH secret
        (error) ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
        > AUTH default secret
        OK
        > AUTH default ""
        OK
        > AUTH nobody secret
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH
        (error) ERR wrong number of arguments for 'auth' command
        > AUTH a b c
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_password_guards_everything() {
    check(
        r#"
        # since 7.2
        # config --requirepass secret
        # resp2
        > PING
        (error) NOAUTH Authentication required.
        > GET k
        (error) NOAUTH Authentication required.
        > SET k v
        (error) NOAUTH Authentication required.
        > foo
        (error) ERR unknown command 'foo', with args beginning with:
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > CLIENT ID
        (error) NOAUTH Authentication required.
        > MULTI
        (error) NOAUTH Authentication required.
        > SELECT 1
        (error) NOAUTH Authentication required.
        > HELLO
        (error) NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
        > HELLO 3
        (error) NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
        > HELLO 3 AUTH default wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH default wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH nobody secret
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > AUTH ""
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > PING
        (error) NOAUTH Authentication required.
        > AUTH secret
        OK
        > PING
        PONG
        > AUTH wrong
        (error) WRONGPASS invalid username-password pair or user is disabled.
        > PING
        PONG
        A> AUTH default secret
        OK
        A> PING
        PONG
        B> HELLO 3 AUTH default secret
        ...
        B> GET nokey
        (nil)
        C> RESET
        RESET
        C> PING
        (error) NOAUTH Authentication required.
        C> QUIT
        OK
        (closed)
    "#,
    );
}

#[test]
fn reset_undoes_what_a_client_has_set() {
    check(
        r#"
        # config --requirepass secret
        # resp2
        > AUTH secret
        OK
        > HELLO 3 SETNAME me
        ...
        > SELECT 1
        OK
        > MULTI
        OK
        > PING
        QUEUED
        > RESET
        RESET
        > PING
        (error) NOAUTH Authentication required.
        > AUTH secret
        OK
        > GET nokey
        (nil)
        > CLIENT GETNAME
        (nil)
        > CLIENT INFO
        ~ "id=* db=0 *resp=2*"
        > EXEC
        (error) ERR EXEC without MULTI
        > RESET a
        (error) ERR wrong number of arguments for 'reset' command
    "#,
    );
}

#[test]
fn quit_ends_the_connection() {
    check(
        r#"
        > SELECT 1
        OK
        > QUIT
        OK
        (closed)
        > CLIENT INFO
        ~ *db=0*
        > QUIT a b
        OK
        (closed)
    "#,
    );
}

#[test]
fn a_client_has_an_id_and_may_have_a_name() {
    check(
        r#"
        > CLIENT ID
        ~ (integer) *
        > CLIENT GETNAME
        (nil)
        > CLIENT SETNAME me
        OK
        > CLIENT GETNAME
        "me"
        > CLIENT SETNAME "a b"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > CLIENT SETNAME "a\n"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > CLIENT SETNAME "h\xc3\xa9"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > CLIENT GETNAME
        "me"
        > CLIENT SETNAME ""
        OK
        > CLIENT GETNAME
        (nil)
    "#,
    );
}

#[test]
fn a_client_may_say_which_library_it_is() {
    check(
        r#"
        # since 7.2
        > CLIENT SETINFO LIB-NAME redis-rs
        OK
        > CLIENT SETINFO lib-ver 1.0
        OK
        > CLIENT SETINFO LIB-NAME "a b"
        (error) ERR LIB-NAME cannot contain spaces, newlines or special characters.
        > CLIENT SETINFO LIB-VER "a\n"
        (error) ERR LIB-VER cannot contain spaces, newlines or special characters.
        > CLIENT SETINFO FOO bar
        (error) ERR Unrecognized option 'FOO'
        > CLIENT SETINFO LIB-NAME
        (error) ERR wrong number of arguments for 'client|setinfo' command
        > CLIENT INFO
        ~ *name= *lib-name=redis-rs lib-ver=1.0*
        > CLIENT SETINFO LIB-NAME ""
        OK
        > CLIENT INFO
        ~ *lib-name= lib-ver=1.0*
    "#,
    );
}

#[test]
fn client_info_and_list_show_one_line_per_client() {
    check(
        r#"
        # since 8.0
        # resp2
        > CLIENT INFO
        ~ "id=* addr=127.0.0.1:* laddr=127.0.0.1:* fd=* name= age={0..5} idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=* qbuf-free=* argv-mem=* multi-mem=0 rbs=* rbp=* obl=0 oll=0 omem=0 tot-mem=* events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver= io-thread=0 tot-net-in=* tot-net-out=* tot-cmds=*\n"
        A> CLIENT SETNAME a
        OK
        A> SELECT 3
        OK
        A> MULTI
        OK
        A> GET k
        QUEUED
        > CLIENT LIST
        ~ *name=a *flags=x db=3 *multi=1 *cmd=get *
        > CLIENT LIST TYPE normal
        ~ *name=a *
        > CLIENT LIST TYPE pubsub
        ""
        > CLIENT LIST TYPE replica
        ""
        > CLIENT LIST TYPE master
        ""
        > CLIENT LIST ID 99999
        ""
        > CLIENT LIST TYPE foo
        (error) ERR Unknown client type 'foo'
        > CLIENT LIST TYPE
        (error) ERR syntax error
        > CLIENT LIST FOO
        (error) ERR syntax error
        > CLIENT LIST ID
        (error) ERR syntax error
        > CLIENT LIST ID x
        (error) ERR Invalid client ID
        > CLIENT LIST ID 0
        ""
        > CLIENT LIST ID 5 FOO
        (error) ERR Invalid client ID
    "#,
    );
}

#[test]
fn client_kill_ends_others() {
    check(
        r#"
        # resp2
        A> CLIENT SETNAME a
        OK
        > CLIENT KILL 1.2.3.4:5
        (error) ERR No such client
        > CLIENT KILL ID 99999
        (integer) 0
        > CLIENT KILL ADDR 1.2.3.4:5
        (integer) 0
        > CLIENT KILL TYPE pubsub
        (integer) 0
        > CLIENT KILL TYPE master
        (integer) 0
        > CLIENT KILL TYPE slave
        (integer) 0
        > CLIENT KILL TYPE replica
        (integer) 0
        > CLIENT KILL USER default ID 99999
        (integer) 0
        > CLIENT KILL LADDR 1.2.3.4:5
        (integer) 0
        > CLIENT KILL SKIPME no ID 99999
        (integer) 0
        > CLIENT KILL TYPE normal SKIPME yes ID 99999
        (integer) 0
        > CLIENT KILL
        (error) ERR wrong number of arguments for 'client|kill' command
        > CLIENT KILL ID
        (error) ERR No such client
        > CLIENT KILL ID x
        (error) ERR client-id should be greater than 0
        > CLIENT KILL ID 0
        (error) ERR client-id should be greater than 0
        > CLIENT KILL ID -1
        (error) ERR client-id should be greater than 0
        > CLIENT KILL TYPE foo
        (error) ERR Unknown client type 'foo'
        > CLIENT KILL USER nobody
        (error) ERR No such user 'nobody'
        > CLIENT KILL SKIPME maybe
        (error) ERR syntax error
        > CLIENT KILL FOO bar
        (error) ERR syntax error
        > CLIENT KILL ID 1 FOO
        (error) ERR syntax error
        > CLIENT KILL ADDR a LADDR
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn client_kill_maxage_takes_the_old_ones() {
    check(
        r#"
        # since 7.4
        > CLIENT KILL MAXAGE 1000
        (integer) 0
        > CLIENT KILL MAXAGE x
        (error) ERR maxage is not an integer or out of range
        > CLIENT KILL MAXAGE 0
        (error) ERR maxage should be greater than 0
        > CLIENT KILL MAXAGE -1
        (error) ERR maxage should be greater than 0
        > CLIENT KILL MAXAGE
        (error) ERR No such client
    "#,
    );
}

#[test]
fn a_client_may_ask_not_to_touch_what_it_reads() {
    check(
        r#"
        # since 7.2
        > CLIENT NO-TOUCH on
        OK
        > CLIENT NO-TOUCH OFF
        OK
        > CLIENT NO-TOUCH
        (error) ERR wrong number of arguments for 'client|no-touch' command
        > CLIENT NO-TOUCH maybe
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_container_says_what_it_knows() {
    check(
        r#"
        > CLIENT
        (error) ERR wrong number of arguments for 'client' command
        > CLIENT FOO
        (error) ERR unknown subcommand 'FOO'. Try CLIENT HELP.
        > CLIENT HELP a
        (error) ERR wrong number of arguments for 'client|help' command
        > CLIENT ID a
        (error) ERR wrong number of arguments for 'client|id' command
        > client getname a
        (error) ERR wrong number of arguments for 'client|getname' command
        # The words of the help are our own.
        > CLIENT HELP
        ~ *1) CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        ~ ??) HELP
        ~ ??)     Print*
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
fn hello_may_authenticate_and_name() {
    check(
        r#"
        # since 7.2
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
fn a_client_may_ask_to_be_spared_eviction() {
    check(
        r#"
        # since 8.2
        > CLIENT NO-EVICT ON
        OK
        > CLIENT INFO
        ~ *flags=e *
        > CLIENT NO-TOUCH ON
        OK
        > CLIENT INFO
        ~ *flags=eT *
        > CLIENT NO-EVICT off
        OK
        > CLIENT NO-EVICT
        (error) ERR wrong number of arguments for 'client|no-evict' command
        > CLIENT NO-EVICT FOO
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn client_setinfo_spells_the_attribute_as_it_was_sent() {
    check(
        r#"
        # since 7.2
        > CLIENT SETINFO lib-name "a b"
        (error) ERR lib-name cannot contain spaces, newlines or special characters.
        > CLIENT SETINFO Lib-Ver "a\n"
        (error) ERR Lib-Ver cannot contain spaces, newlines or special characters.
        > CLIENT SETINFO lib-what x
        (error) ERR Unrecognized option 'lib-what'
        > CLIENT SETINFO lib-name ""
        OK
    "#,
    );
}

#[test]
fn behind_a_zero_byte_a_client_name_may_have_anything_and_is_not_listed() {
    check(
        r#"
        # since 8.0
        > CLIENT SETNAME "me\x00 and \nyou"
        OK
        > CLIENT GETNAME
        "me\x00 and \nyou"
        > CLIENT SETINFO LIB-NAME "lib\x00 \n"
        OK
        > CLIENT SETINFO LIB-VER "1.0\x00 \n"
        OK
        > CLIENT LIST
        ~ "id=* name=me age=* lib-name=lib lib-ver=1.0 *\n"
        > CLIENT SETNAME "\x00"
        OK
        > CLIENT GETNAME
        "\x00"
        > CLIENT INFO
        ~ "id=* name= age=* lib-name=lib lib-ver=1.0 *\n"
        > CLIENT SETNAME " \x00"
        (error) ERR Client names cannot contain spaces, newlines or special characters.
        > HELLO 2 SETNAME "she\x00\n"
        ...
        > CLIENT GETNAME
        "she\x00\n"
        > CONFIG SET slowlog-log-slower-than 0
        OK
        > SLOWLOG GET 1
        1) 1) (integer) 0
        ~    2) (integer) *
        ~    3) (integer) *
           4) 1) "CONFIG"
              2) "SET"
              3) "slowlog-log-slower-than"
              4) "0"
        ~    5) "127.0.0.1:*"
           6) "she"
    "#,
    );
}

#[test]
fn client_list_shows_the_last_command_also_of_who_was_refused() {
    check(
        r#"
        # since 7.2
        > CLIENT SETNAME x
        OK
        A> CLIENT SETNAME a
        OK
        A> GET
        (error) ERR wrong number of arguments for 'get' command
        > CLIENT LIST
        ~ *name=a *multi=-1 *cmd=get *
        A> FOO
        (error) ERR unknown command 'FOO', with args beginning with:
        > CLIENT LIST
        ~ *name=a *cmd=NULL *
        A> CLIENT FOO
        (error) ERR unknown subcommand 'FOO'. Try CLIENT HELP.
        > CLIENT LIST
        ~ *name=a *cmd=NULL *
        A> MULTI
        OK
        A> GET k
        QUEUED
        > CLIENT LIST
        ~ *name=a *flags=x *multi=1 *cmd=get *
        A> EXEC
        1) (nil)
        > CLIENT LIST
        ~ *name=a *flags=N *multi=-1 *cmd=exec *
    "#,
    );
}

#[test]
fn client_list_by_id_lists_who_is_named_as_often_as_named() {
    check(
        r#"
        # resp2
        > CLIENT LIST ID -1
        ""
        > CLIENT LIST ID 0 123456789
        ""
        > CLIENT LIST ID x
        (error) ERR Invalid client ID
        > CLIENT LIST ID 123456789 x
        (error) ERR Invalid client ID
        > CLIENT LIST ID
        (error) ERR syntax error
    "#,
    );
}
