//! Sessions of DEBUG.

use crate::harness::check;

#[test]
fn digests_depend_on_all_data_and_on_nothing_else() {
    check(
        r#"
        > DEBUG DIGEST
        0000000000000000000000000000000000000000
        > DEBUG DIGEST-VALUE
        (empty array)
        > DEBUG DIGEST-VALUE nokey
        1) 0000000000000000000000000000000000000000
        > SET a 1
        OK
        > DEBUG DIGEST
        943d800368fb9c0e951138f1bc0e313ac769d91f
        > APPEND b hel
        (integer) 3
        > APPEND b lo
        (integer) 5
        > SET c -9223372036854775808
        OK
        > SET d ""
        OK
        > SET "" "\x00\r\n\xff"
        OK
        > DEBUG DIGEST
        f3d5061384e414f5d12c44e0bb1fd6a3e1cf29ab
        > DEBUG DIGEST-VALUE a b c d "" nokey
        1) b4fc66738120fba0b5aa500ab5c2bf89cea1c5da
        2) 36b23a1456b2dce2c3ed252c456761301dba8060
        3) 4191566616a6d8b974bba999f8e82b3f2c8dcce0
        4) 8b3447c33a834b810e3e181b6fd6a2ee1020921c
        5) 8fd43b434d37efbaf4efe55357948bb6b3b230a1
        6) 0000000000000000000000000000000000000000
        > EXPIRE a 100
        (integer) 1
        > DEBUG DIGEST-VALUE a
        1) 5279988c5d1911f474bcbbf2f0a87012d40f8459
        > PEXPIREAT a 99999999999999
        (integer) 1
        > DEBUG DIGEST-VALUE a
        1) 5279988c5d1911f474bcbbf2f0a87012d40f8459
        > DEBUG DIGEST
        6b803ddfa6ca417fbcf7ff862e997acbcaa4a2c5
        > SELECT 9
        OK
        > SET a 1
        OK
        > DEBUG DIGEST
        97f756495164b8f4843614f5ed349fa34119b9d6
        > SWAPDB 9 3
        OK
        > DEBUG DIGEST
        1be84d84c5ca8e54ccfbf78e1dd1033e12c71ab6
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > SET gone v PXAT 5
        OK
        > DEBUG DIGEST-VALUE gone
        1) 311b17018163335616e089f6b951c82c477335ac
        > DEBUG DIGEST
        c91d02a656087260dbc421a513215442079afc91
        > GET gone
        (nil)
        > DEBUG DIGEST
        1be84d84c5ca8e54ccfbf78e1dd1033e12c71ab6
        > FLUSHALL
        OK
        > DEBUG DIGEST
        0000000000000000000000000000000000000000
        > DEBUG DIGEST x
        (error) ERR unknown subcommand or wrong number of arguments for 'DIGEST'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn populate_makes_keys_with_values_of_a_size() {
    check(
        r#"
        > SET key:1 mine
        OK
        > DEBUG POPULATE 3
        OK
        > MGET key:0 key:1 key:2 key:3
        1) "value:0"
        2) "mine"
        3) "value:2"
        4) (nil)
        > DEBUG POPULATE 2 p 10
        OK
        > MGET p:0 p:1
        1) "value:0\x00\x00\x00"
        2) "value:1\x00\x00\x00"
        > DEBUG POPULATE 1 q 3
        OK
        > GET q:0
        "val"
        > OBJECT ENCODING q:0
        "embstr"
        > DEBUG POPULATE 1 r 0
        OK
        > GET r:0
        "value:0"
        > DEBUG POPULATE 1 "" 100
        OK
        > STRLEN :0
        (integer) 100
        > OBJECT ENCODING :0
        "raw"
        > DEBUG POPULATE 1 big 10000
        OK
        > STRLEN big:0
        (integer) 10000
        > DEBUG POPULATE 0
        OK
        > DBSIZE
        (integer) 9
        > DEBUG POPULATE 100000
        OK
        > DBSIZE
        (integer) 100006
        > DEBUG POPULATE
        (error) ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP.
        > DEBUG POPULATE x
        (error) ERR value is out of range, must be positive
        > DEBUG POPULATE -1
        (error) ERR value is out of range, must be positive
        > DEBUG POPULATE 9223372036854775808
        (error) ERR value is out of range, must be positive
        > DEBUG POPULATE 1 p x
        (error) ERR value is out of range, must be positive
        > DEBUG POPULATE 1 p -1
        (error) ERR value is out of range, must be positive
        > DEBUG POPULATE 1 p 1 1
        (error) ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn protocol_gives_samples_in_resp2() {
    check(
        r#"
        # resp2
        > DEBUG PROTOCOL string
        "Hello World"
        > DEBUG PROTOCOL integer
        (integer) 12345
        > DEBUG PROTOCOL double
        "3.141"
        > DEBUG PROTOCOL null
        (nil)
        > DEBUG PROTOCOL array
        1) (integer) 0
        2) (integer) 1
        3) (integer) 2
        > DEBUG PROTOCOL set
        1) (integer) 0
        2) (integer) 1
        3) (integer) 2
        > DEBUG PROTOCOL map
        1) (integer) 0
        2) (integer) 0
        3) (integer) 1
        4) (integer) 1
        5) (integer) 2
        6) (integer) 0
        > DEBUG PROTOCOL attrib
        "Some real reply following the attribute"
        > DEBUG PROTOCOL push
        (error) ERR RESP2 is not supported by this command
        > DEBUG PROTOCOL verbatim
        "This is a verbatim\nstring"
        > DEBUG PROTOCOL true
        (integer) 1
        > DEBUG PROTOCOL false
        (integer) 0
        > DEBUG PROTOCOL bignum
        "1234567999999999999999999999999999999"
    "#,
    );
}

#[test]
fn protocol_gives_samples_in_resp3() {
    check(
        r#"
        # since 8.2
        # resp3
        > DEBUG PROTOCOL string
        "Hello World"
        > DEBUG PROTOCOL integer
        (integer) 12345
        > DEBUG PROTOCOL double
        (double) 3.141
        > DEBUG PROTOCOL null
        (nil)
        > DEBUG PROTOCOL array
        1) (integer) 0
        2) (integer) 1
        3) (integer) 2
        > DEBUG PROTOCOL set
        1~ (integer) 0
        2~ (integer) 1
        3~ (integer) 2
        > DEBUG PROTOCOL map
        1# (integer) 0 => (false)
        2# (integer) 1 => (true)
        3# (integer) 2 => (false)
        > DEBUG PROTOCOL attrib
        (attribute) 1# "key-popularity" =>
                       1) "key:123"
                       2) (integer) 90
        "Some real reply following the attribute"
        > DEBUG PROTOCOL push
        "Some real reply following the push reply"
        -> 1) "server-cpu-usage"
           2) (integer) 42
        > DEBUG PROTOCOL verbatim
        (txt) "This is a verbatim\nstring"
        > DEBUG PROTOCOL true
        (true)
        > DEBUG PROTOCOL false
        (false)
        > DEBUG PROTOCOL bignum
        (big number) 1234567999999999999999999999999999999
    "#,
    );
}

#[test]
fn protocol_names_what_it_has() {
    check(
        r#"
        > DEBUG PROTOCOL
        (error) ERR unknown subcommand or wrong number of arguments for 'PROTOCOL'. Try DEBUG HELP.
        > DEBUG PROTOCOL foo
        (error) ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false
        > debug protocol STRING
        "Hello World"
        > DEBUG PROTOCOL string x
        (error) ERR unknown subcommand or wrong number of arguments for 'PROTOCOL'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn object_tells_how_a_value_is_kept() {
    check(
        r#"
        # since 8.2
        > SET k 1
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:int serializedlength:2 lru:* lru_seconds_idle:{0..1}
        > SET k -129
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:int serializedlength:3 lru:* lru_seconds_idle:{0..1}
        > SET k 70000
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:int serializedlength:5 lru:* lru_seconds_idle:{0..1}
        > SET k 2147483648
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:int serializedlength:11 lru:* lru_seconds_idle:{0..1}
        > SET k hello
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:embstr serializedlength:6 lru:* lru_seconds_idle:{0..1}
        > APPEND l 1
        (integer) 1
        > APPEND l 2
        (integer) 2
        > DEBUG OBJECT l
        ~ Value at:0x* refcount:1 encoding:raw serializedlength:2 lru:* lru_seconds_idle:{0..1}
        > DEBUG OBJECT nokey
        (error) ERR no such key
        > DEBUG OBJECT
        (error) ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.
        > DEBUG OBJECT k fast
        (error) ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn expired_keys_stay_while_active_expiry_is_off() {
    check(
        r#"
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > SET k v PX 50
        OK
        # advance 300
        > DBSIZE
        (integer) 1
        > DEBUG SET-ACTIVE-EXPIRE 1x
        OK
        # advance 300
        > DBSIZE
        (integer) 0
        > DEBUG SET-ACTIVE-EXPIRE x
        OK
        > DEBUG SET-ACTIVE-EXPIRE
        (error) ERR unknown subcommand or wrong number of arguments for 'SET-ACTIVE-EXPIRE'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn sleep_takes_what_c_takes_for_a_number() {
    check(
        r#"
        > DEBUG SLEEP 0
        OK
        > DEBUG SLEEP 0.001
        OK
        > DEBUG SLEEP 1e-3
        OK
        > DEBUG SLEEP -1
        OK
        > DEBUG SLEEP 0.001x
        OK
        > DEBUG SLEEP abc
        OK
        > DEBUG SLEEP ""
        OK
        > DEBUG SLEEP
        (error) ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.
        > DEBUG SLEEP 0 0
        (error) ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn error_log_and_help() {
    check(
        r#"
        > DEBUG ERROR "MINE it is"
        (error) MINE it is
        > DEBUG ERROR "two\r\nlines"
        (error) two  lines
        > DEBUG ERROR
        (error) ERR unknown subcommand or wrong number of arguments for 'ERROR'. Try DEBUG HELP.
        > DEBUG LOG hello
        OK
        > DEBUG LOG
        (error) ERR unknown subcommand or wrong number of arguments for 'LOG'. Try DEBUG HELP.
        > DEBUG STRINGMATCH-TEST 1
        (error) ERR unknown subcommand or wrong number of arguments for 'STRINGMATCH-TEST'. Try DEBUG HELP.
        > DEBUG
        (error) ERR wrong number of arguments for 'debug' command
        > DEBUG NOSUCH
        (error) ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.
        > DEBUG "no\nsuch" x
        (error) ERR unknown subcommand or wrong number of arguments for 'no such'. Try DEBUG HELP.
        > DEBUG HELP x
        (error) ERR unknown subcommand or wrong number of arguments for 'HELP'. Try DEBUG HELP.
        # The words of the help are our own.
        > DEBUG HELP
        ~ *1) DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        ~ *) HELP
        ~ *)     Print*
    "#,
    );
}

#[test]
fn patterns_are_tried() {
    check(
        r#"
        # ours: Redis tries for more than ten seconds
        > DEBUG STRINGMATCH-TEST
        Apparently Redis did not crash: test passed
    "#,
    );
}

#[test]
fn debug_may_be_forbidden() {
    check(
        r#"
        # config --enable-debug-command no
        > DEBUG SLEEP 0
        (error) ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        > DEBUG
        (error) ERR wrong number of arguments for 'debug' command
        > SET k v
        OK
    "#,
    );
}

#[test]
fn forms_of_collections_are_looked_at() {
    check(
        r#"
        # since 7.2
        > RPUSH l a
        (integer) 1
        > DEBUG LISTPACK l
        Listpack structure printed on stdout
        > DEBUG LISTPACK nokey
        (error) ERR no such key
        > DEBUG QUICKLIST l
        (error) ERR Not a quicklist encoded object.
        > DEBUG QUICKLIST nokey
        (error) ERR no such key
        > DEBUG HTSTATS-KEY l
        (error) ERR The value stored at the specified key is not represented using an hash table
        > DEBUG HTSTATS-KEY nokey
        (error) ERR no such key
        > SADD s "x"*100
        (integer) 1
        > DEBUG HTSTATS-KEY s
        ~ *Hash table 0 stats (main hash table):*
        ...
        > DEBUG QUICKLIST-PACKED-THRESHOLD 1b
        OK
        > DEBUG QUICKLIST-PACKED-THRESHOLD x
        (error) ERR argument must be a memory value bigger than 1 and smaller than 4gb
        > DEBUG QUICKLIST-PACKED-THRESHOLD 5gb
        (error) ERR argument must be a memory value bigger than 1 and smaller than 4gb
    "#,
    );
}

#[test]
fn the_table_of_a_database_is_described() {
    check(
        r#"
        # since 8.2
        # resp2
        > DEBUG HTSTATS 0
        "[Dictionary HT]\n[Expires HT]\n"
        > MSET a 1 b 2 c 3
        OK
        > EXPIRE a 100
        (integer) 1
        > DEBUG HTSTATS 0
        "[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: 4\n number of elements: 3\n[Expires HT]\nHash table 0 stats (main hash table):\n table size: 4\n number of elements: 1\n"
        > SELECT 3
        OK
        > DEBUG HTSTATS 3
        "[Dictionary HT]\n[Expires HT]\n"
        > DEBUG HTSTATS 16
        (error) ERR Out of range database
        > DEBUG HTSTATS x
        (error) ERR value is not an integer or out of range
        > DEBUG HTSTATS
        (error) ERR unknown subcommand or wrong number of arguments for 'HTSTATS'. Try DEBUG HELP.
    "#,
    );
}
