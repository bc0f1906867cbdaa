//! Sessions of the server commands.

use crate::harness::check;

#[test]
fn time_is_seconds_and_microseconds() {
    check(
        r#"
        > TIME
        ~ 1) "{1000000000..9999999999}"
        ~ 2) "{0..999999}"
        > TIME a
        (error) ERR wrong number of arguments for 'time' command
    "#,
    );
}

#[test]
fn lolwut_draws_something() {
    check(
        r#"
        # resp2
        > LOLWUT
        ~ "*"
        > LOLWUT VERSION 1
        ~ "*"
    "#,
    );
}

#[test]
fn config_get_takes_patterns_and_names_each_directive_once() {
    check(
        r#"
        # resp2
        > CONFIG GET maxmemory
        1) "maxmemory"
        2) "0"
        > CONFIG GET MAXMEMORY
        1) "MAXMEMORY"
        2) "0"
        > CONFIG GET maxmemory-s* maxmemory-sample?
        1) "maxmemory-samples"
        2) "5"
        > CONFIG GET nosuch
        (empty array)
        > CONFIG GET
        (error) ERR wrong number of arguments for 'config|get' command
        > CONFIG GET databases port*x
        1) "databases"
        2) "16"
        # sorted pairs
        > CONFIG GET hash-max-listpack-* maxmemory-policy
        1) "hash-max-listpack-entries"
        2) "512"
        3) "hash-max-listpack-value"
        4) "64"
        5) "maxmemory-policy"
        6) "noeviction"
        > CONFIG GET save
        1) "save"
        2) ""
    "#,
    );
}

#[test]
fn config_get_is_a_map_in_resp3() {
    check(
        r#"
        # resp3
        > CONFIG GET maxmemory
        1# "maxmemory" => "0"
        # sorted
        > CONFIG GET maxmemory-sample? maxmemory-policy
        1# "maxmemory-policy" => "noeviction"
        2# "maxmemory-samples" => "5"
        > CONFIG GET nosuch
        (empty hash)
    "#,
    );
}

#[test]
fn command_getkeysandflags_has_sets_in_resp3() {
    check(
        r#"
        # resp3
        > COMMAND GETKEYSANDFLAGS SET k v GET
        1) 1) "k"
           2) 1~ RW
              2~ access
              3~ update
    "#,
    );
}

#[test]
fn config_set_changes_what_it_can_and_all_or_nothing() {
    check(
        r#"
        # resp2
        > CONFIG SET maxmemory-samples 7
        OK
        > CONFIG GET maxmemory-samples
        1) "maxmemory-samples"
        2) "7"
        > CONFIG SET MAXMEMORY-SAMPLES 8 hz 20
        OK
        > CONFIG GET maxmemory-samples
        1) "maxmemory-samples"
        2) "8"
        > CONFIG GET hz
        1) "hz"
        2) "20"
        > CONFIG SET hz 30 maxmemory-samples x
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - argument couldn't be parsed into an integer
        > CONFIG GET hz
        1) "hz"
        2) "20"
        > CONFIG SET hz 30 nosuch 1
        (error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
        > CONFIG GET hz
        1) "hz"
        2) "20"
        > CONFIG SET hz 30 hz 40
        (error) ERR CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter
        > CONFIG SET hz
        (error) ERR wrong number of arguments for 'config|set' command
        > CONFIG SET hz 30 maxmemory-samples
        (error) ERR syntax error
        > CONFIG SET nosuch 1
        (error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
        > CONFIG SET databases 4
        (error) ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
        > CONFIG SET maxmemory 100mb
        OK
        > CONFIG GET maxmemory
        1) "maxmemory"
        2) "104857600"
        > CONFIG SET maxmemory 1gb maxmemory-policy allkeys-lru
        OK
        > CONFIG GET maxmemory
        1) "maxmemory"
        2) "1073741824"
        > CONFIG SET maxmemory-policy nosuch
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction
        > CONFIG SET maxmemory 0
        OK
        > CONFIG SET lazyfree-lazy-user-del yes
        OK
        > CONFIG SET lazyfree-lazy-user-del maybe
        (error) ERR CONFIG SET failed (possibly related to argument 'lazyfree-lazy-user-del') - argument must be 'yes' or 'no'
        > CONFIG GET lazyfree-lazy-user-del
        1) "lazyfree-lazy-user-del"
        2) "yes"
        > CONFIG SET timeout -1
        (error) ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive
        > CONFIG SET maxmemory -1
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
        > CONFIG SET maxmemory 1zb
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
    "#,
    );
}

#[test]
fn a_password_can_be_set_while_running() {
    check(
        r#"
        # resp2
        > CONFIG SET requirepass secret
        OK
        > CONFIG GET requirepass
        1) "requirepass"
        2) "secret"
        > PING
        PONG
        A> PING
        (error) NOAUTH Authentication required.
        A> AUTH secret
        OK
        A> PING
        PONG
        > CONFIG SET requirepass ""
        OK
        B> PING
        PONG
    "#,
    );
}

#[test]
fn config_knows_its_subcommands() {
    check(
        r#"
        > CONFIG
        (error) ERR wrong number of arguments for 'config' command
        > CONFIG FOO
        (error) ERR unknown subcommand 'FOO'. Try CONFIG HELP.
        > CONFIG RESETSTAT
        OK
        > CONFIG RESETSTAT a
        (error) ERR wrong number of arguments for 'config|resetstat' command
        > CONFIG REWRITE
        (error) ERR The server is running without a config file
        > CONFIG HELP a
        (error) ERR wrong number of arguments for 'config|help' command
        # The words of the help are our own.
        > CONFIG HELP
        ~ *1) CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        ~ ??) HELP
        ~ ??)     Print*
    "#,
    );
}

#[test]
fn info_has_sections() {
    check(
        r#"
        # resp2
        > INFO
        | # Server
        ...
        | # Keyspace
        ...
        > INFO keyspace
        "\x23 Keyspace\r\n"
        > SET k v
        OK
        > SET l v EX 100
        OK
        > SELECT 3
        OK
        > SET m v
        OK
        > INFO keyspace
        | # Keyspace
        ~ | db0:keys=2,expires=1,avg_ttl=*
        ~ | db3:keys=1,expires=0,avg_ttl=0*
        > INFO nosuch
        ""
        > INFO CLUSTER
        | # Cluster
        | cluster_enabled:0
        > info cluster Keyspace nosuch
        | # Cluster
        | cluster_enabled:0
        |
        | # Keyspace
        ...
        > INFO default
        | # Server
        ...
        > INFO all
        | # Server
        ...
        | # Commandstats
        ...
        > INFO everything
        | # Server
        ...
    "#,
    );
}

#[test]
fn info_counts_commands_and_errors() {
    check(
        r#"
        # resp2
        > CONFIG RESETSTAT
        OK
        > SET k v
        OK
        > INCR k
        (error) ERR value is not an integer or out of range
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > nosuch
        (error) ERR unknown command 'nosuch', with args beginning with:
        > GET k
        "v"
        > GET nokey
        (nil)
        > INFO commandstats
        | # Commandstats
        ...
        > INFO errorstats
        | # Errorstats
        | errorstat_ERR:count=3
        > INFO stats
        | # Stats
        ...
        ~ | keyspace_hits:1
        ~ | keyspace_misses:1
        ...
    "#,
    );
}

#[test]
fn command_lists_and_counts() {
    check(
        r#"
        > COMMAND COUNT
        ~ (integer) *
        > COMMAND COUNT a
        (error) ERR wrong number of arguments for 'command|count' command
        > COMMAND LIST
        ...
        # sorted
        > COMMAND LIST FILTERBY PATTERN getr*
        1) "getrange"
        # sorted
        > COMMAND LIST filterby pattern GETR*
        1) "getrange"
        > COMMAND LIST FILTERBY MODULE nosuch
        (empty array)
        > COMMAND LIST FILTERBY ACLCAT nosuch
        (empty array)
        > COMMAND LIST FILTERBY PATTERN
        (error) ERR syntax error
        > COMMAND LIST FILTERBY FOO bar
        (error) ERR syntax error
        > COMMAND LIST FOO
        (error) ERR syntax error
        > COMMAND FOO
        (error) ERR unknown subcommand 'FOO'. Try COMMAND HELP.
        > COMMAND HELP a
        (error) ERR wrong number of arguments for 'command|help' command
        # The words of the help are our own.
        > COMMAND HELP
        ~ *1) COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        ~ ??) HELP
        ~ ??)     Print*
    "#,
    );
}

#[test]
fn command_is_served_before_authentication() {
    check(
        r#"
        # ours: redis-cli gets its hints before AUTH
        # resp2
        # config --requirepass secret
        > GET k
        (error) NOAUTH Authentication required.
        > COMMAND COUNT
        ~ (integer) *
        > COMMAND DOCS get
        ...
        > COMMAND INFO nosuch
        1) (nil)
        > COMMAND LIST FILTERBY PATTERN getr*
        1) "getrange"
    "#,
    );
}

#[test]
fn command_info_tells_the_facts() {
    check(
        r#"
        # resp2
        > COMMAND INFO get
        1)  1) "get"
            2) (integer) 2
            3) 1) readonly
               2) fast
            4) (integer) 1
            5) (integer) 1
            6) (integer) 1
            7) 1) @read
               2) @string
               3) @fast
            8) (empty array)
            9) 1) 1) "flags"
                  2) 1) RO
                     2) access
                  3) "begin_search"
                  4) 1) "type"
                     2) "index"
                     3) "spec"
                     4) 1) "index"
                        2) (integer) 1
                  5) "find_keys"
                  6) 1) "type"
                     2) "range"
                     3) "spec"
                     4) 1) "lastkey"
                        2) (integer) 0
                        3) "keystep"
                        4) (integer) 1
                        5) "limit"
                        6) (integer) 0
           10) (empty array)
        > COMMAND INFO nosuch
        1) (nil)
        > COMMAND INFO GET nosuch get
        ...
        > COMMAND INFO config|get
        1)  1) "config|get"
            2) (integer) -3
            3) 1) admin
               2) noscript
               3) loading
               4) stale
            4) (integer) 0
            5) (integer) 0
            6) (integer) 0
            7) 1) @admin
               2) @slow
               3) @dangerous
            8) (empty array)
            9) (empty array)
           10) (empty array)
        > COMMAND INFO config|nosuch
        1) (nil)
        > COMMAND INFO mset
        1)  1) "mset"
            2) (integer) -3
            3) 1) write
               2) denyoom
            4) (integer) 1
            5) (integer) -1
            6) (integer) 2
            7) 1) @write
               2) @string
               3) @slow
            8) 1) "request_policy:multi_shard"
               2) "response_policy:all_succeeded"
            9) 1) 1) "flags"
                  2) 1) OW
                     2) update
                  3) "begin_search"
                  4) 1) "type"
                     2) "index"
                     3) "spec"
                     4) 1) "index"
                        2) (integer) 1
                  5) "find_keys"
                  6) 1) "type"
                     2) "range"
                     3) "spec"
                     4) 1) "lastkey"
                        2) (integer) -1
                        3) "keystep"
                        4) (integer) 2
                        5) "limit"
                        6) (integer) 0
           10) (empty array)
        > COMMAND INFO
        ...
        > COMMAND
        ...
    "#,
    );
}

#[test]
fn command_info_has_sets_and_maps_in_resp3() {
    check(
        r#"
        # resp3
        > COMMAND INFO get
        1)  1) "get"
            2) (integer) 2
            3) 1~ readonly
               2~ fast
            4) (integer) 1
            5) (integer) 1
            6) (integer) 1
            7) 1~ @read
               2~ @string
               3~ @fast
            8) (empty set)
            9) 1~ 1# "flags" =>
                     1~ RO
                     2~ access
                  2# "begin_search" =>
                     1# "type" => "index"
                     2# "spec" => 1# "index" => (integer) 1
                  3# "find_keys" =>
                     1# "type" => "range"
                     2# "spec" =>
                        1# "lastkey" => (integer) 0
                        2# "keystep" => (integer) 1
                        3# "limit" => (integer) 0
           10) (empty set)
        > COMMAND INFO nosuch
        1) (nil)
    "#,
    );
}

#[test]
fn command_docs_tell_the_syntax() {
    check(
        r#"
        # resp3
        > COMMAND DOCS nosuch
        (empty hash)
        > COMMAND DOCS
        ...
        > COMMAND DOCS get
        1# "get" =>
        ~    1# "summary" => "*"
           2# "since" => "1.0.0"
           3# "group" => "string"
        ~    4# "complexity" => "O(1)"
        ...
    "#,
    );
}

#[test]
fn command_getkeys_finds_the_keys() {
    check(
        r#"
        # since 7.2
        # resp2
        > COMMAND GETKEYS GET k
        1) "k"
        > COMMAND GETKEYS MSET a 1 b 2
        1) "a"
        2) "b"
        > COMMAND GETKEYS SET k v EX 10
        1) "k"
        > COMMAND GETKEYS MGET a b c
        1) "a"
        2) "b"
        3) "c"
        > COMMAND GETKEYS RENAME a b
        1) "a"
        2) "b"
        > COMMAND GETKEYS COPY a b DB 1
        1) "a"
        2) "b"
        > COMMAND GETKEYS OBJECT ENCODING k
        1) "k"
        > COMMAND GETKEYS PING
        (error) ERR The command has no key arguments
        > COMMAND GETKEYS nosuch k
        (error) ERR Invalid command specified
        > COMMAND GETKEYS GET
        (error) ERR Invalid number of arguments specified for command
        > COMMAND GETKEYS GET a b
        (error) ERR Invalid number of arguments specified for command
        > COMMAND GETKEYS MSET a
        (error) ERR Invalid number of arguments specified for command
        > COMMAND GETKEYS
        (error) ERR wrong number of arguments for 'command|getkeys' command
        > COMMAND GETKEYSANDFLAGS GET k
        1) 1) "k"
           2) 1) RO
              2) access
        > COMMAND GETKEYSANDFLAGS SET k v
        1) 1) "k"
           2) 1) OW
              2) update
        > COMMAND GETKEYSANDFLAGS SET k v GET
        1) 1) "k"
           2) 1) RW
              2) access
              3) update
        > COMMAND GETKEYSANDFLAGS MSET a 1 b 2
        1) 1) "a"
           2) 1) OW
              2) update
        2) 1) "b"
           2) 1) OW
              2) update
        > COMMAND GETKEYSANDFLAGS DEL a b
        1) 1) "a"
           2) 1) RM
              2) delete
        2) 1) "b"
           2) 1) RM
              2) delete
        > COMMAND GETKEYSANDFLAGS RENAME a b
        1) 1) "a"
           2) 1) RW
              2) access
              3) delete
        2) 1) "b"
           2) 1) OW
              2) update
        > COMMAND GETKEYSANDFLAGS PING
        (error) ERR The command has no key arguments
        > COMMAND GETKEYSANDFLAGS
        (error) ERR wrong number of arguments for 'command|getkeysandflags' command
    "#,
    );
}

#[test]
fn debug_answers_in_every_type() {
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
        > DEBUG PROTOCOL nosuch
        (error) ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false
    "#,
    );
}

#[test]
fn debug_answers_in_every_type_of_resp3() {
    check(
        r#"
        # since 8.0
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
fn debug_digest_tells_equal_data() {
    check(
        r#"
        > DEBUG DIGEST
        0000000000000000000000000000000000000000
        > SET k v
        OK
        > DEBUG DIGEST
        264ccf65edec66bccfa7cc659414ccca432057d2
        > DEBUG DIGEST-VALUE k
        1) d79ee9fe5d5ad902d7f6620efc3b07b75ddd742f
        > SET n 12345
        OK
        > DEBUG DIGEST
        39bd85711911b83f6d9db728d4a43b1f9bbc10d3
        > DEBUG DIGEST-VALUE k n nokey
        1) d79ee9fe5d5ad902d7f6620efc3b07b75ddd742f
        2) e1cf90774e995ae03de66e8109dc5cb9d9c2dc83
        3) 0000000000000000000000000000000000000000
        > EXPIRE k 1000
        (integer) 1
        > DEBUG DIGEST-VALUE k
        1) 311b17018163335616e089f6b951c82c477335ac
        > SELECT 1
        OK
        > SET k v
        OK
        > SELECT 0
        OK
        > DEBUG DIGEST
        64867e4d9d4f1427f1276e9e092a36b59c0df074
        > DEL k n
        (integer) 2
        > DEBUG DIGEST
        3efb24844f90383a755c8c3b3dd4be484730a360
        > FLUSHALL
        OK
        > DEBUG DIGEST
        0000000000000000000000000000000000000000
    "#,
    );
}

#[test]
fn debug_does_what_tests_need() {
    check(
        r#"
        > DEBUG SLEEP 0
        OK
        > DEBUG SLEEP 0.001
        OK
        > DEBUG SET-ACTIVE-EXPIRE 1
        OK
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > DEBUG POPULATE 3
        OK
        # sorted
        > KEYS *
        1) "key:0"
        2) "key:1"
        3) "key:2"
        > GET key:1
        "value:1"
        > FLUSHALL
        OK
        > DEBUG POPULATE 2 test
        OK
        # sorted
        > KEYS *
        1) "test:0"
        2) "test:1"
        > GET test:0
        "value:0"
        > FLUSHALL
        OK
        > DEBUG POPULATE 1 big 100
        OK
        > STRLEN big:0
        (integer) 100
        > DEBUG OBJECT nokey
        (error) ERR no such key
        > SET k v
        OK
        > DEBUG OBJECT k
        ~ Value at:0x* refcount:1 encoding:embstr serializedlength:* lru:* lru_seconds_idle:0*
        > DEBUG NOSUCH
        (error) ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.
        > DEBUG
        (error) ERR wrong number of arguments for 'debug' command
        > DEBUG OBJECT
        (error) ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.
    "#,
    );
}

#[test]
fn debug_must_be_allowed() {
    check(
        r#"
        # resp2
        # config --enable-debug-command no
        > DEBUG SLEEP 0
        (error) ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        > DEBUG NOSUCH
        (error) ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        > CONFIG SET enable-debug-command yes
        (error) ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set immutable config
        > CONFIG GET enable-debug-command
        1) "enable-debug-command"
        2) "no"
    "#,
    );
}

#[test]
fn shutdown_refuses_what_it_cannot_understand() {
    check(
        r#"
        > SHUTDOWN FOO
        (error) ERR syntax error
        > SHUTDOWN NOSAVE SAVE
        (error) ERR syntax error
        > SHUTDOWN SAVE NOSAVE
        (error) ERR syntax error
        > SHUTDOWN ABORT NOW
        (error) ERR syntax error
        > SHUTDOWN ABORT
        (error) ERR No shutdown in progress.
        > PING
        PONG
    "#,
    );
}

#[test]
fn shutdown_ends_the_server() {
    check(
        r#"
        > SHUTDOWN NOSAVE NOW FORCE
        (closed)
    "#,
    );
}

#[test]
fn shutdown_that_must_be_safe_is_so_without_a_cluster() {
    check(
        r#"
        # valkey 9.0
        # resp2
        > SHUTDOWN SAFE ABORT
        (error) ERR syntax error
        > SHUTDOWN ABORT FAILOVER
        (error) ERR syntax error
        > SHUTDOWN FAILOVER
        (error) ERR SHUTDOWN FAILOVER is only supported in cluster mode.
        > SHUTDOWN NOSAVE NOW SAFE FAILOVER
        (error) ERR SHUTDOWN FAILOVER is only supported in cluster mode.
        > CONFIG SET shutdown-on-sigterm "now failover safe"
        OK
        # sorted
        > CONFIG GET shutdown-on-sigterm
        1) "now safe failover"
        2) "shutdown-on-sigterm"
        > SHUTDOWN NOSAVE SAFE SAFE
        (closed)
    "#,
    );
}

#[test]
fn memory_usage_knows_the_bytes_of_every_type() {
    check(
        r#"
        # ours: the bytes are our own
        > SET s v
        OK
        > MEMORY USAGE s
        (integer) 24
        > SET s "x"*100
        OK
        > MEMORY USAGE s SAMPLES 5
        (integer) 120
        > RPUSH l a b c
        (integer) 3
        > MEMORY USAGE l SAMPLES 0
        (integer) 40
        > MEMORY USAGE nokey
        (nil)
        > MEMORY USAGE l SAMPLES -1
        (error) ERR syntax error
        > MEMORY USAGE l SAMPLES x
        (error) ERR value is not an integer or out of range
        > MEMORY USAGE l SAMPLES
        (error) ERR syntax error
        > MEMORY USAGE l FOO 1
        (error) ERR syntax error
        > MEMORY USAGE
        (error) ERR wrong number of arguments for 'memory|usage' command
        > MEMORY HELP
         1) MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
    "#,
    );
}

#[test]
fn keys_are_found_where_options_decide() {
    check(
        r#"
        # since 7.2
        # resp2
        > COMMAND GETKEYS SORT abc STORE def
        1) "abc"
        2) "def"
        > COMMAND GETKEYSANDFLAGS SORT abc BY x GET a* STORE def STORE x
        1) 1) "abc"
           2) 1) RO
              2) access
        2) 1) "x"
           2) 1) OW
              2) update
        > COMMAND GETKEYS SORT abc LIMIT 0 STORE x GET STORE
        1) "abc"
        > COMMAND GETKEYS SORT abc STORE
        1) "abc"
        > COMMAND GETKEYSANDFLAGS SORT_RO abc BY x GET a*
        1) 1) "abc"
           2) 1) RO
              2) access
        > COMMAND GETKEYSANDFLAGS SET a b GET
        1) 1) "a"
           2) 1) RW
              2) access
              3) update
        > COMMAND GETKEYSANDFLAGS SET a b NX
        1) 1) "a"
           2) 1) OW
              2) update
        > COMMAND GETKEYSANDFLAGS BITFIELD a GET u8 0
        1) 1) "a"
           2) 1) RO
              2) access
        > COMMAND GETKEYSANDFLAGS BITFIELD a OVERFLOW WRAP GET u8 0 SET u8 0 1
        1) 1) "a"
           2) 1) RW
              2) access
              3) update
        > COMMAND GETKEYSANDFLAGS BITFIELD a SET u8 0
        1) 1) "a"
           2) 1) RW
              2) access
              3) update
        > COMMAND GETKEYSANDFLAGS BITFIELD a
        1) 1) "a"
           2) 1) RO
              2) access
        > COMMAND GETKEYSANDFLAGS GEORADIUS a 1 2 3 m STORE x STOREDIST y
        1) 1) "a"
           2) 1) RO
              2) access
        2) 1) "x"
           2) 1) OW
              2) update
        3) 1) "y"
           2) 1) OW
              2) update
    "#,
    );
}

#[test]
fn commands_can_have_other_names() {
    check(
        r#"
        # since 7.2
        # config --rename-command get foo --rename-command flushall "" --rename-command config cfg
        > GET a
        (error) ERR unknown command 'GET', with args beginning with: 'a'
        > FOO a
        (nil)
        > FOO
        (error) ERR wrong number of arguments for 'get' command
        > FLUSHALL
        (error) ERR unknown command 'FLUSHALL', with args beginning with:
        > CFG NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try CFG HELP.
        > CFG
        (error) ERR wrong number of arguments for 'config' command
        > CONFIG GET port
        (error) ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port'
        > COMMAND GETKEYS foo a
        1) "a"
        > COMMAND GETKEYS get a
        (error) ERR Invalid command specified
        > ACL SETUSER u on nopass ~* +get +config|get
        OK
        > ACL SETUSER u +foo
        (error) ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in ACL
        > ACL DRYRUN u foo a
        OK
        > ACL DRYRUN u get a
        (error) ERR Command 'get' not found
        > AUTH u x
        OK
        > FOO a
        (nil)
        > CFG SET a b
        (error) NOPERM User u has no permissions to run the 'config|set' command
    "#,
    );
}

#[test]
fn info_tells_the_sizes_of_keys() {
    check(
        r#"
        # since 8.2
        # resp2
        > SET a ""
        OK
        > SET b x
        OK
        > SET n 12345
        OK
        > SETRANGE long 1100000 x
        (integer) 1100001
        > RPUSH l 1 2 3
        (integer) 3
        > SADD s 1 2 3 4 5
        (integer) 5
        > ZADD z 1 a
        (integer) 1
        > HSET h a b c d
        (integer) 2
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:0=1,1=1,4=1,1M=1
        | db0_distrib_lists_items:2=1
        | db0_distrib_sets_items:4=1
        | db0_distrib_zsets_items:1=1
        | db0_distrib_hashes_items:2=1
        > SELECT 3
        OK
        > SET k vv
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:0=1,1=1,4=1,1M=1
        | db0_distrib_lists_items:2=1
        | db0_distrib_sets_items:4=1
        | db0_distrib_zsets_items:1=1
        | db0_distrib_hashes_items:2=1
        | db3_distrib_strings_sizes:2=1
        > FLUSHALL
        OK
        > INFO keysizes
        "\x23 Keysizes\r\n"
        > INFO threads
        | # Threads
        ~ | io_thread_0:clients=*,reads=*,writes=*
    "#,
    );
}

#[test]
fn the_sizes_of_many_keys_follow_their_database() {
    check(
        r#"
        # since 8.2
        # resp2
        > DEBUG POPULATE 5000 key 10
        OK
        > SELECT 1
        OK
        > DEBUG POPULATE 5000 key 100
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:8=5000
        | db1_distrib_strings_sizes:64=5000
        > SWAPDB 0 1
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:64=5000
        | db1_distrib_strings_sizes:8=5000
        > FLUSHDB
        OK
        > DEBUG POPULATE 5000 key 40
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:64=5000
        | db1_distrib_strings_sizes:32=5000
    "#,
    );
}

#[test]
fn the_sizes_of_many_keys_are_those_of_the_data_that_was_loaded() {
    check(
        r#"
        # since 8.2
        # resp2
        > DEBUG POPULATE 5000 key 10
        OK
        > SAVE
        OK
        > FLUSHALL
        OK
        > DEBUG POPULATE 5000 key 100
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:64=5000
        > DEBUG RELOAD NOSAVE
        OK
        > INFO keysizes
        | # Keysizes
        | db0_distrib_strings_sizes:8=5000
    "#,
    );
}

#[test]
fn info_debug_is_only_for_who_names_it() {
    check(
        r#"
        # since 8.0
        # resp2
        > INFO debug
        | # Debug
        ~ | eventloop_duration_aof_sum:*
        ~ | eventloop_duration_cron_sum:*
        ~ | eventloop_duration_max:*
        ~ | eventloop_cmd_per_cycle_max:*
        ...
    "#,
    );
}

#[test]
fn what_an_error_tells_of_the_request_ends_at_a_zero_byte() {
    check(
        r#"
        # since 8.0
        > "FO\x00O" "a\x00b" c
        (error) ERR unknown command 'FO', with args beginning with: 'a' 'c'
        > CONFIG "x\x00y"
        (error) ERR unknown subcommand 'x'. Try CONFIG HELP.
        > CONFIG SET "x\x00y" 1
        (error) ERR Unknown option or number of arguments for CONFIG SET - 'x'
        > HSETEX k "x\x00y" 1 a b
        (error) ERR unknown argument: x
        > CLIENT LIST TYPE "x\x00y"
        (error) ERR Unknown client type 'x'
        > LATENCY GRAPH "x\x00y"
        (error) ERR No samples available for event 'x'
        > ACL CAT "x\x00y"
        (error) ERR Unknown category 'x'
        > ACL DRYRUN default "x\x00y"
        (error) ERR Command 'x' not found
        > ACL SETUSER u "x\x00y"
        (error) ERR Error in ACL SETUSER modifier 'x': Syntax error
        > REPLCONF "x\x00y" 1
        (error) ERR Unrecognized REPLCONF option: x
    "#,
    );
}
