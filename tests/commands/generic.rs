//! Sessions of the commands for keys of any type.

use crate::harness::check;

#[test]
fn del_and_unlink_count_what_was_there() {
    check(
        r#"
        > DEL k
        (integer) 0
        > MSET a 1 b 2 c 3 d 4
        OK
        > DEL a b nokey
        (integer) 2
        > UNLINK c nokey
        (integer) 1
        > UNLINK c
        (integer) 0
        > EXISTS a b c d
        (integer) 1
        > DEL d d d
        (integer) 1
        > DBSIZE
        (integer) 0
        > SET gone v PXAT 1
        OK
        > DEL gone
        (integer) 0
        > DEL
        (error) ERR wrong number of arguments for 'del' command
        > UNLINK
        (error) ERR wrong number of arguments for 'unlink' command
    "#,
    );
}

#[test]
fn exists_and_touch_count_a_key_as_often_as_it_is_named() {
    check(
        r#"
        > EXISTS k
        (integer) 0
        > MSET a 1 b 2
        OK
        > EXISTS a b
        (integer) 2
        > EXISTS a a nokey a
        (integer) 3
        > TOUCH a b
        (integer) 2
        > TOUCH a a nokey
        (integer) 2
        > TOUCH nokey
        (integer) 0
        > EXISTS
        (error) ERR wrong number of arguments for 'exists' command
        > TOUCH
        (error) ERR wrong number of arguments for 'touch' command
    "#,
    );
}

#[test]
fn type_names_what_a_key_holds() {
    check(
        r#"
        > TYPE k
        none
        > SET k v
        OK
        > TYPE k
        string
        > SET k 1
        OK
        > TYPE k
        string
        > TYPE
        (error) ERR wrong number of arguments for 'type' command
        > TYPE a b
        (error) ERR wrong number of arguments for 'type' command
    "#,
    );
}

#[test]
fn keys_matches_globs() {
    check(
        r#"
        > KEYS *
        (empty array)
        > MSET hello 1 hallo 2 hxllo 3 hllo 4 heeello 5 h^llo 6 other 7
        OK
        # sorted
        > KEYS *
        1) "h^llo"
        2) "hallo"
        3) "heeello"
        4) "hello"
        5) "hllo"
        6) "hxllo"
        7) "other"
        # sorted
        > KEYS h?llo
        1) "h^llo"
        2) "hallo"
        3) "hello"
        4) "hxllo"
        # sorted
        > KEYS h*llo
        1) "h^llo"
        2) "hallo"
        3) "heeello"
        4) "hello"
        5) "hllo"
        6) "hxllo"
        # sorted
        > KEYS h[ae]llo
        1) "hallo"
        2) "hello"
        # sorted
        > KEYS h[^e]llo
        1) "h^llo"
        2) "hallo"
        3) "hxllo"
        # sorted
        > KEYS h[a-e]llo
        1) "hallo"
        2) "hello"
        # sorted
        > KEYS h[e-a]llo
        1) "hallo"
        2) "hello"
        > KEYS h\^llo
        1) "h^llo"
        > KEYS h[\^]llo
        1) "h^llo"
        > KEYS other
        1) "other"
        > KEYS oth
        (empty array)
        > KEYS OTHER
        (empty array)
        > KEYS ""
        (empty array)
        > KEYS nothing*
        (empty array)
        > KEYS [o
        (empty array)
        > KEYS "o\\"
        (empty array)
        > MSET "a*b" 1 "a\x00b" 2 "a[b" 3 "a\nb" 4
        OK
        > KEYS a\*b
        1) "a*b"
        > KEYS a[[]b
        1) "a[b"
        > KEYS "a\x00*"
        1) "a\x00b"
        # sorted
        > KEYS a?b
        1) "a*b"
        2) "a[b"
        3) "a\nb"
        4) "a\x00b"
        > KEYS
        (error) ERR wrong number of arguments for 'keys' command
        > KEYS a b
        (error) ERR wrong number of arguments for 'keys' command
    "#,
    );
}

#[test]
fn keys_leaves_out_what_has_expired() {
    check(
        r#"
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > SET k v PX 100
        OK
        > SET other v
        OK
        # advance 150
        > KEYS *
        1) "other"
        > DBSIZE
        (integer) 2
        > EXISTS k
        (integer) 0
        > DBSIZE
        (integer) 1
    "#,
    );
}

#[test]
fn a_scan_of_few_keys_ends_at_once() {
    check(
        r#"
        > SCAN 0
        1) "0"
        2) (empty array)
        > SET k v
        OK
        > SCAN 0
        1) "0"
        2) 1) "k"
        > SCAN 0 MATCH k*
        1) "0"
        2) 1) "k"
        > SCAN 0 MATCH x*
        1) "0"
        2) (empty array)
        > SCAN 0 COUNT 100
        1) "0"
        2) 1) "k"
        > SCAN 0 COUNT 1000000000
        1) "0"
        2) 1) "k"
        > SCAN 0 TYPE string
        1) "0"
        2) 1) "k"
        > SCAN 0 TYPE STRING
        1) "0"
        2) 1) "k"
        > SCAN 0 TYPE list
        1) "0"
        2) (empty array)
        > SCAN 0 match k count 5 type string
        1) "0"
        2) 1) "k"
        > SCAN 0 COUNT 5 COUNT 10 MATCH a MATCH k
        1) "0"
        2) 1) "k"
        > MSET a1 1 a2 2 b1 3
        OK
        # sorted
        > SCAN 0 COUNT 100
        1) "0"
        2) 1) "a1"
           2) "a2"
           3) "b1"
           4) "k"
        # sorted
        > SCAN 0 COUNT 100 MATCH a*
        1) "0"
        2) 1) "a1"
           2) "a2"
        > SCAN 0 COUNT 100 MATCH a1
        1) "0"
        2) 1) "a1"
    "#,
    );
}

#[test]
fn scan_refuses_what_it_cannot_understand() {
    check(
        r#"
        > SCAN
        (error) ERR wrong number of arguments for 'scan' command
        > SCAN x
        (error) ERR invalid cursor
        > SCAN 1.5
        (error) ERR invalid cursor
        > SCAN 18446744073709551616
        (error) ERR invalid cursor
        > SCAN 0 FOO
        (error) ERR syntax error
        > SCAN 0 MATCH
        (error) ERR syntax error
        > SCAN 0 COUNT
        (error) ERR syntax error
        > SCAN 0 COUNT x
        (error) ERR value is not an integer or out of range
        > SCAN 0 COUNT 0
        (error) ERR syntax error
        > SCAN 0 COUNT -1
        (error) ERR syntax error
        > SCAN 0 COUNT 9223372036854775808
        (error) ERR value is not an integer or out of range
        > SCAN 0 TYPE
        (error) ERR syntax error
        > SCAN 0 TYPE foo
        1) "0"
        2) (empty array)
        > SCAN 0 MATCH * FOO
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_cursor_may_be_any_number() {
    check(
        r#"
        # since 8.0
        > SCAN ""
        (error) ERR invalid cursor
        > SCAN " 0"
        1) "0"
        2) (empty array)
        > SCAN "0 "
        (error) ERR invalid cursor
        > SCAN -1
        (error) ERR invalid cursor
        > SCAN 0x0
        (error) ERR invalid cursor
        > SCAN +0
        1) "0"
        2) (empty array)
        > SCAN 00
        1) "0"
        2) (empty array)
        > SCAN 18446744073709551615
        1) "0"
        2) (empty array)
        > SCAN 9223372036854775808
        1) "0"
        2) (empty array)
    "#,
    );
}

#[test]
fn randomkey_is_one_of_them() {
    check(
        r#"
        > RANDOMKEY
        (nil)
        > SET k v
        OK
        > RANDOMKEY
        "k"
        > SET l v
        OK
        > RANDOMKEY
        ~ "?"
        > RANDOMKEY a
        (error) ERR wrong number of arguments for 'randomkey' command
    "#,
    );
}

#[test]
fn rename_moves_value_and_deadline() {
    check(
        r#"
        > RENAME a b
        (error) ERR no such key
        > SET a 1 EX 100
        OK
        > RENAME a b
        OK
        > GET b
        "1"
        > TTL b
        (integer) 100
        > EXISTS a
        (integer) 0
        > SET c 3
        OK
        > RENAME c b
        OK
        > GET b
        "3"
        > TTL b
        (integer) -1
        > RENAME b b
        OK
        > GET b
        "3"
        > RENAME nokey nokey
        (error) ERR no such key
        > RENAME a
        (error) ERR wrong number of arguments for 'rename' command
        > RENAME a b c
        (error) ERR wrong number of arguments for 'rename' command
    "#,
    );
}

#[test]
fn renamenx_takes_only_a_free_name() {
    check(
        r#"
        > RENAMENX a b
        (error) ERR no such key
        > MSET a 1 b 2
        OK
        > RENAMENX a b
        (integer) 0
        > MGET a b
        1) "1"
        2) "2"
        > RENAMENX a c
        (integer) 1
        > MGET a b c
        1) (nil)
        2) "2"
        3) "1"
        > RENAMENX b b
        (integer) 0
        > RENAMENX nokey nokey
        (error) ERR no such key
        > EXPIRE b 100
        (integer) 1
        > RENAMENX b d
        (integer) 1
        > TTL d
        (integer) 100
        > RENAMENX a
        (error) ERR wrong number of arguments for 'renamenx' command
        > RENAMENX a b c
        (error) ERR wrong number of arguments for 'renamenx' command
    "#,
    );
}

#[test]
fn copy_makes_a_second_value_with_the_same_deadline() {
    check(
        r#"
        > COPY a b
        (integer) 0
        > SET a 1 EX 100
        OK
        > COPY a b
        (integer) 1
        > GET b
        "1"
        > TTL b
        (integer) 100
        > SET a 2
        OK
        > GET b
        "1"
        > COPY a b
        (integer) 0
        > GET b
        "1"
        > COPY a b REPLACE
        (integer) 1
        > GET b
        "2"
        > TTL b
        (integer) -1
        > APPEND b x
        (integer) 2
        > GET a
        "2"
        > COPY nokey b REPLACE
        (integer) 0
        > GET b
        "2x"
    "#,
    );
}

#[test]
fn copy_reaches_into_another_database() {
    check(
        r#"
        > SET a 1
        OK
        > COPY a a DB 1
        (integer) 1
        > COPY a a DB 1
        (integer) 0
        > SET a 2
        OK
        > COPY a a DB 1 REPLACE
        (integer) 1
        > COPY a b replace db 1
        (integer) 1
        > COPY a c DB 5 DB 1
        (integer) 1
        > SELECT 1
        OK
        > MGET a b c
        1) "2"
        2) "2"
        3) "2"
        > COPY b b DB 0
        (integer) 1
        > SELECT 0
        OK
        > MGET a b
        1) "2"
        2) "2"
    "#,
    );
}

#[test]
fn copy_refuses_what_it_cannot_understand() {
    check(
        r#"
        > SET a 1
        OK
        > COPY a a
        (error) ERR source and destination objects are the same
        > COPY a a DB 0
        (error) ERR source and destination objects are the same
        > COPY a a REPLACE
        (error) ERR source and destination objects are the same
        > COPY nokey nokey
        (error) ERR source and destination objects are the same
        > COPY a b FOO
        (error) ERR syntax error
        > COPY a b DB
        (error) ERR syntax error
        > COPY a b DB x
        (error) ERR value is not an integer or out of range
        > COPY a b DB 16
        (error) ERR DB index is out of range
        > COPY a b DB -1
        (error) ERR DB index is out of range
        > COPY a b DB 9223372036854775807
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > COPY a b REPLACE FOO
        (error) ERR syntax error
        > COPY a
        (error) ERR wrong number of arguments for 'copy' command
        > EXISTS b
        (integer) 0
    "#,
    );
}

#[test]
fn expire_sets_deadlines_in_four_units() {
    check(
        r#"
        > EXPIRE k 100
        (integer) 0
        > PEXPIRE k 100
        (integer) 0
        > EXPIREAT k 33177117420
        (integer) 0
        > PEXPIREAT k 33177117420123
        (integer) 0
        > SET k v
        OK
        > EXPIRE k 100
        (integer) 1
        > TTL k
        (integer) 100
        > PTTL k
        ~ (integer) {95000..100000}
        > PEXPIRE k 50000
        (integer) 1
        > TTL k
        (integer) 50
        > EXPIREAT k 33177117420
        (integer) 1
        > EXPIRETIME k
        (integer) 33177117420
        > PEXPIRETIME k
        (integer) 33177117420000
        > PEXPIREAT k 33177117420123
        (integer) 1
        > PEXPIRETIME k
        (integer) 33177117420123
        > EXPIRETIME k
        (integer) 33177117420
        > PEXPIREAT k 33177117420500
        (integer) 1
        > EXPIRETIME k
        (integer) 33177117421
        > GET k
        "v"
    "#,
    );
}

#[test]
fn ttl_tells_no_key_from_no_deadline() {
    check(
        r#"
        > TTL k
        (integer) -2
        > PTTL k
        (integer) -2
        > EXPIRETIME k
        (integer) -2
        > PEXPIRETIME k
        (integer) -2
        > SET k v
        OK
        > TTL k
        (integer) -1
        > PTTL k
        (integer) -1
        > EXPIRETIME k
        (integer) -1
        > PEXPIRETIME k
        (integer) -1
        > SET k v PX 1500
        OK
        > TTL k
        ~ (integer) {1..2}
        > TTL
        (error) ERR wrong number of arguments for 'ttl' command
        > TTL a b
        (error) ERR wrong number of arguments for 'ttl' command
        > PTTL
        (error) ERR wrong number of arguments for 'pttl' command
        > EXPIRETIME
        (error) ERR wrong number of arguments for 'expiretime' command
        > PEXPIRETIME
        (error) ERR wrong number of arguments for 'pexpiretime' command
    "#,
    );
}

#[test]
fn a_deadline_in_the_past_removes_at_once() {
    check(
        r#"
        > SET k v
        OK
        > EXPIRE k 0
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > EXPIRE k -1
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > PEXPIRE k -100
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > EXPIREAT k 1
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > PEXPIREAT k 0
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > EXPIREAT k -100
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v EX 100
        OK
        > EXPIRE k -1 GT
        (integer) 0
        > EXISTS k
        (integer) 1
        > EXPIRE k -1 LT
        (integer) 1
        > EXISTS k
        (integer) 0
        > DBSIZE
        (integer) 0
    "#,
    );
}

#[test]
fn expire_nx_xx_gt_lt_ask_for_the_deadline_before() {
    check(
        r#"
        > SET k v
        OK
        > EXPIRE k 100 XX
        (integer) 0
        > EXPIRE k 100 GT
        (integer) 0
        > TTL k
        (integer) -1
        > EXPIRE k 100 NX
        (integer) 1
        > EXPIRE k 200 NX
        (integer) 0
        > TTL k
        (integer) 100
        > EXPIRE k 200 XX
        (integer) 1
        > TTL k
        (integer) 200
        > EXPIRE k 100 GT
        (integer) 0
        > EXPIRE k 300 GT
        (integer) 1
        > TTL k
        (integer) 300
        > EXPIRE k 400 LT
        (integer) 0
        > EXPIRE k 100 LT
        (integer) 1
        > TTL k
        (integer) 100
        > PERSIST k
        (integer) 1
        > EXPIRE k 100 LT
        (integer) 1
        > TTL k
        (integer) 100
        > EXPIRE k 50 XX LT
        (integer) 1
        > EXPIRE k 70 xx gt
        (integer) 1
        > TTL k
        (integer) 70
        > PERSIST k
        (integer) 1
        > EXPIRE k 50 LT XX
        (integer) 0
        > EXPIRE k 50 XX GT
        (integer) 0
        > TTL k
        (integer) -1
        > PEXPIRE k 100000 NX
        (integer) 1
        > PEXPIRE k 100000 NX
        (integer) 0
        > PEXPIRE k 200000 XX
        (integer) 1
        > PEXPIRE k 300000 GT
        (integer) 1
        > PEXPIRE k 200000 LT
        (integer) 1
        > TTL k
        (integer) 200
        > EXPIREAT k 33177117420 NX
        (integer) 0
        > EXPIREAT k 33177117420 XX
        (integer) 1
        > EXPIREAT k 33177117420 GT
        (integer) 0
        > EXPIREAT k 33177117421 GT
        (integer) 1
        > EXPIREAT k 33177117421 LT
        (integer) 0
        > EXPIREAT k 33177117420 LT
        (integer) 1
        > EXPIRETIME k
        (integer) 33177117420
        > PEXPIREAT k 33177117420123 NX
        (integer) 0
        > PEXPIREAT k 33177117420123 XX
        (integer) 1
        > PEXPIREAT k 33177117420124 GT
        (integer) 1
        > PEXPIREAT k 33177117420122 LT
        (integer) 1
        > PEXPIRETIME k
        (integer) 33177117420122
        > EXPIRE k 100 NX NX
        (integer) 0
        > EXPIRE nokey 100 NX
        (integer) 0
        > EXPIRE nokey 100 LT
        (integer) 0
    "#,
    );
}

#[test]
fn expire_refuses_what_it_cannot_understand() {
    check(
        r#"
        > SET k v EX 100
        OK
        > EXPIRE k x
        (error) ERR value is not an integer or out of range
        > EXPIRE k 1.5
        (error) ERR value is not an integer or out of range
        > EXPIRE k ""
        (error) ERR value is not an integer or out of range
        > EXPIRE k 9223372036854775808
        (error) ERR value is not an integer or out of range
        > EXPIRE k 9223372036854775807
        (error) ERR invalid expire time in 'expire' command
        > EXPIRE k 9223372036854775
        (error) ERR invalid expire time in 'expire' command
        > EXPIRE k -9223372036854775808
        (error) ERR invalid expire time in 'expire' command
        > EXPIRE k -9223372036854776
        (error) ERR invalid expire time in 'expire' command
        > PEXPIRE k 9223372036854775807
        (error) ERR invalid expire time in 'pexpire' command
        > PEXPIRE k x
        (error) ERR value is not an integer or out of range
        > EXPIREAT k 9223372036854775807
        (error) ERR invalid expire time in 'expireat' command
        > EXPIREAT k 9223372036854776
        (error) ERR invalid expire time in 'expireat' command
        > EXPIREAT k x
        (error) ERR value is not an integer or out of range
        > PEXPIREAT k x
        (error) ERR value is not an integer or out of range
        > PEXPIREAT k 9223372036854775808
        (error) ERR value is not an integer or out of range
        > EXPIRE k 10 FOO
        (error) ERR Unsupported option FOO
        > EXPIRE k 10 NX FOO
        (error) ERR Unsupported option FOO
        > EXPIRE k 10 ""
        (error) ERR Unsupported option
        > EXPIRE k 10 NX XX
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > EXPIRE k 10 NX GT
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > EXPIRE k 10 LT NX
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > EXPIRE k 10 GT LT
        (error) ERR GT and LT options at the same time are not compatible
        > PEXPIRE k 10 GT LT
        (error) ERR GT and LT options at the same time are not compatible
        > EXPIREAT k 10 NX XX
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > PEXPIREAT k 10 FOO
        (error) ERR Unsupported option FOO
        > EXPIRE k x FOO
        (error) ERR Unsupported option FOO
        > EXPIRE nokey x
        (error) ERR value is not an integer or out of range
        > EXPIRE nokey 9223372036854775807
        (error) ERR invalid expire time in 'expire' command
        > EXPIRE k
        (error) ERR wrong number of arguments for 'expire' command
        > PEXPIRE k
        (error) ERR wrong number of arguments for 'pexpire' command
        > EXPIREAT k
        (error) ERR wrong number of arguments for 'expireat' command
        > PEXPIREAT
        (error) ERR wrong number of arguments for 'pexpireat' command
        > TTL k
        (integer) 100
        > PEXPIREAT k 9223372036854775807
        (integer) 1
        > PEXPIRETIME k
        (integer) 9223372036854775807
        > EXPIREAT k 9223372036854775
        (integer) 1
        > EXPIRETIME k
        (integer) 9223372036854775
    "#,
    );
}

#[test]
fn persist_takes_the_deadline_away() {
    check(
        r#"
        > PERSIST k
        (integer) 0
        > SET k v
        OK
        > PERSIST k
        (integer) 0
        > EXPIRE k 100
        (integer) 1
        > PERSIST k
        (integer) 1
        > TTL k
        (integer) -1
        > PERSIST
        (error) ERR wrong number of arguments for 'persist' command
        > PERSIST a b
        (error) ERR wrong number of arguments for 'persist' command
    "#,
    );
}

#[test]
fn a_key_goes_when_its_deadline_has_passed() {
    check(
        r#"
        > MSET a 1 b 2 c 3
        OK
        > PEXPIRE a 100
        (integer) 1
        > EXPIRE b 1
        (integer) 1
        > EXPIRE c 1000
        (integer) 1
        # advance 150
        > EXISTS a b c
        (integer) 2
        > TTL a
        (integer) -2
        > TYPE a
        none
        > PERSIST a
        (integer) 0
        > EXPIRE a 100
        (integer) 0
        > RENAME a x
        (error) ERR no such key
        > COPY a x
        (integer) 0
        > TOUCH a
        (integer) 0
        > RANDOMKEY
        ~ "?"
        # advance 1000
        > EXISTS a b c
        (integer) 1
        > RANDOMKEY
        "c"
        > INCR b
        (integer) 1
        > APPEND a x
        (integer) 1
        > TTL a
        (integer) -1
    "#,
    );
}

#[test]
fn expired_keys_are_removed_without_anybody_asking() {
    check(
        r#"
        > SET k v PX 20
        OK
        > SET stays v EX 100
        OK
        # advance 500
        > DBSIZE
        (integer) 1
        > KEYS *
        1) "stays"
    "#,
    );
}

#[test]
fn object_encoding_tells_how_a_string_is_kept() {
    check(
        r#"
        # since 8.2
        # (A string is "embstr" as long as it fits into one block of 64 bytes with its key.)
        > OBJECT ENCODING k
        (nil)
        > SET k 12345
        OK
        > OBJECT ENCODING k
        "int"
        > SET k abc
        OK
        > OBJECT ENCODING k
        "embstr"
        > SET k "x"*44
        OK
        > OBJECT ENCODING k
        "raw"
        > SET k "x"*45
        OK
        > OBJECT ENCODING k
        "raw"
        > SET k 01
        OK
        > OBJECT ENCODING k
        "embstr"
        > SET k -9223372036854775808
        OK
        > OBJECT ENCODING k
        "int"
        > SET k 9223372036854775808
        OK
        > OBJECT ENCODING k
        "embstr"
        > SET k ""
        OK
        > OBJECT ENCODING k
        "embstr"
        > SET k ab
        OK
        > APPEND k c
        (integer) 3
        > OBJECT ENCODING k
        "raw"
        > SET k 10
        OK
        > INCRBYFLOAT k 1
        "11"
        > OBJECT ENCODING k
        "embstr"
        > INCR k
        (integer) 12
        > OBJECT ENCODING k
        "int"
        > SETRANGE fresh 0 a
        (integer) 1
        > OBJECT ENCODING fresh
        "raw"
        > APPEND added 5
        (integer) 1
        > OBJECT ENCODING added
        "int"
        > APPEND added abc
        (integer) 4
        > OBJECT ENCODING added
        "raw"
        > INCR counted
        (integer) 1
        > OBJECT ENCODING counted
        "int"
        > SETEX e 100 1
        OK
        > OBJECT ENCODING e
        "int"
        > GETSET e "x"*44
        "1"
        > OBJECT ENCODING e
        "raw"
        > MSET m 7 n seven
        OK
        > OBJECT ENCODING m
        "int"
        > OBJECT ENCODING n
        "embstr"
    "#,
    );
}

#[test]
fn object_tells_references_and_idle_time() {
    check(
        r#"
        > OBJECT REFCOUNT k
        (nil)
        > OBJECT IDLETIME k
        (nil)
        > OBJECT FREQ k
        (nil)
        > SET k abc
        OK
        > OBJECT REFCOUNT k
        (integer) 1
        > OBJECT IDLETIME k
        (integer) 0
        > OBJECT FREQ k
        (error) ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > OBJECT
        (error) ERR wrong number of arguments for 'object' command
        > OBJECT FOO k
        (error) ERR unknown subcommand 'FOO'. Try OBJECT HELP.
        > OBJECT ENCODING
        (error) ERR wrong number of arguments for 'object|encoding' command
        > OBJECT ENCODING a b
        (error) ERR wrong number of arguments for 'object|encoding' command
        > OBJECT FREQ
        (error) ERR wrong number of arguments for 'object|freq' command
        > OBJECT IDLETIME a b
        (error) ERR wrong number of arguments for 'object|idletime' command
        > OBJECT REFCOUNT
        (error) ERR wrong number of arguments for 'object|refcount' command
        > OBJECT HELP a
        (error) ERR wrong number of arguments for 'object|help' command
        > object encoding k
        "embstr"
        # The words of the help are our own.
        > OBJECT HELP
        ~ ?1) OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        ~ ??) HELP
        ~ ??)     Print*
    "#,
    );
}

#[test]
fn small_integers_are_not_shared() {
    check(
        r#"
        # since 8.2
        > SET n 100
        OK
        > OBJECT REFCOUNT n
        (integer) 1
        > SET n 10000
        OK
        > OBJECT REFCOUNT n
        (integer) 1
        "#,
    );
}

#[test]
fn object_freq_counts_under_an_lfu_policy() {
    check(
        r#"
        # config --maxmemory-policy allkeys-lfu --lfu-decay-time 0
        > OBJECT FREQ k
        (nil)
        > SET k v
        OK
        > OBJECT FREQ k
        ~ (integer) {5..6}
        > OBJECT IDLETIME k
        (error) ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > OBJECT IDLETIME nokey
        (nil)
    "#,
    );
}

#[test]
fn move_takes_a_key_to_another_database() {
    check(
        r#"
        > MOVE k 1
        (integer) 0
        > SET k v EX 100
        OK
        > MOVE k 1
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k w
        OK
        > MOVE k 1
        (integer) 0
        > SELECT 1
        OK
        > GET k
        "v"
        > TTL k
        (integer) 100
        > MOVE k 1
        (error) ERR source and destination objects are the same
        > MOVE k 16
        (error) ERR DB index is out of range
        > MOVE k -1
        (error) ERR DB index is out of range
        > MOVE k x
        (error) ERR value is not an integer or out of range
        > MOVE nokey x
        (error) ERR value is not an integer or out of range
        > MOVE nokey 1
        (error) ERR source and destination objects are the same
        > MOVE k
        (error) ERR wrong number of arguments for 'move' command
        > MOVE k 1 2
        (error) ERR wrong number of arguments for 'move' command
    "#,
    );
}

#[test]
fn select_chooses_one_of_the_databases() {
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
        > DBSIZE
        (integer) 0
        > SELECT 16
        (error) ERR DB index is out of range
        > SELECT -1
        (error) ERR DB index is out of range
        > SELECT x
        (error) ERR value is not an integer or out of range
        > SELECT 1.5
        (error) ERR value is not an integer or out of range
        > SELECT 4294967296
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > SELECT 9223372036854775808
        (error) ERR value is not an integer or out of range
        > SELECT ""
        (error) ERR value is not an integer or out of range
        > SELECT
        (error) ERR wrong number of arguments for 'select' command
        > SELECT 1 2
        (error) ERR wrong number of arguments for 'select' command
        > DBSIZE
        (integer) 0
        > SELECT 1
        OK
        > GET k
        "one"
        > SELECT 00
        (error) ERR value is not an integer or out of range
        > SELECT 0
        OK
        > GET k
        "zero"
        A> GET k
        "zero"
    "#,
    );
}

#[test]
fn there_are_as_many_databases_as_configured() {
    check(
        r#"
        # config --databases 2
        > SELECT 1
        OK
        > SELECT 2
        (error) ERR DB index is out of range
        > MOVE k 2
        (error) ERR DB index is out of range
        > COPY a b DB 2
        (error) ERR DB index is out of range
        > SWAPDB 0 2
        (error) ERR DB index is out of range
    "#,
    );
}

#[test]
fn swapdb_swaps_under_everybody() {
    check(
        r#"
        > SET k zero EX 100
        OK
        A> SELECT 1
        OK
        A> SET k one
        OK
        > SWAPDB 0 1
        OK
        > GET k
        "one"
        > TTL k
        (integer) -1
        A> GET k
        "zero"
        A> TTL k
        (integer) 100
        > SWAPDB 1 1
        OK
        > GET k
        "one"
        > SWAPDB 1 0
        OK
        > GET k
        "zero"
        > SWAPDB x 1
        (error) ERR invalid first DB index
        > SWAPDB 0 y
        (error) ERR invalid second DB index
        > SWAPDB x y
        (error) ERR invalid first DB index
        > SWAPDB 0 16
        (error) ERR DB index is out of range
        > SWAPDB 16 0
        (error) ERR DB index is out of range
        > SWAPDB -1 0
        (error) ERR DB index is out of range
        > SWAPDB 0
        (error) ERR wrong number of arguments for 'swapdb' command
        > SWAPDB 0 1 2
        (error) ERR wrong number of arguments for 'swapdb' command
    "#,
    );
}

#[test]
fn flushdb_empties_one_database_and_flushall_all() {
    check(
        r#"
        > SET a 1
        OK
        > SELECT 1
        OK
        > MSET b 2 c 3
        OK
        > DBSIZE
        (integer) 2
        > FLUSHDB
        OK
        > DBSIZE
        (integer) 0
        > SET b 2
        OK
        > SELECT 0
        OK
        > DBSIZE
        (integer) 1
        > FLUSHDB SYNC
        OK
        > DBSIZE
        (integer) 0
        > SET a 1
        OK
        > FLUSHDB async
        OK
        > DBSIZE
        (integer) 0
        > SET a 1
        OK
        > FLUSHALL
        OK
        > DBSIZE
        (integer) 0
        > SELECT 1
        OK
        > DBSIZE
        (integer) 0
        > SET b 2
        OK
        > FLUSHALL ASYNC
        OK
        > DBSIZE
        (integer) 0
        > SET b 2
        OK
        > FLUSHALL sync
        OK
        > DBSIZE
        (integer) 0
        > FLUSHDB FOO
        (error) ERR syntax error
        > FLUSHALL FOO
        (error) ERR syntax error
        > FLUSHDB SYNC ASYNC
        (error) ERR syntax error
        > FLUSHALL ASYNC SYNC
        (error) ERR syntax error
        > DBSIZE a
        (error) ERR wrong number of arguments for 'dbsize' command
    "#,
    );
}

#[test]
fn a_cursor_is_read_as_c_reads_numbers() {
    check(
        r#"
        # since 8.0
        > SET k v
        OK
        > SCAN "\t\n\r 0"
        1) "0"
        2) 1) "k"
        > SCAN -0
        1) "0"
        2) 1) "k"
        > SCAN -00
        1) "0"
        2) 1) "k"
        > SCAN +-0
        (error) ERR invalid cursor
        > SCAN "- 0"
        (error) ERR invalid cursor
        > SCAN +
        (error) ERR invalid cursor
        > SCAN " "
        (error) ERR invalid cursor
        > SCAN "\x00"
        (error) ERR invalid cursor
        > SCAN "0\x00 whatever"
        1) "0"
        2) 1) "k"
        > SCAN 0000000000000000000000000000000000000000
        1) "0"
        2) 1) "k"
        > SCAN -18446744073709551616
        (error) ERR invalid cursor
        > SCAN 99999999999999999999999
        (error) ERR invalid cursor
        > SCAN x FOO
        (error) ERR invalid cursor
    "#,
    );
}

#[test]
fn scan_reads_its_options_one_after_the_other() {
    check(
        r#"
        # since 8.2
        > SET k v
        OK
        > SCAN 0 COUNT x FOO
        (error) ERR value is not an integer or out of range
        > SCAN 0 COUNT 0 FOO
        (error) ERR syntax error
        > SCAN 0 COUNT 00
        (error) ERR value is not an integer or out of range
        > SCAN 0 COUNT 9223372036854775807
        1) "0"
        2) 1) "k"
        > SCAN 0 FOO NOVALUES
        (error) ERR syntax error
        > SCAN 0 NOVALUES FOO
        (error) ERR NOVALUES option can only be used in HSCAN
        > SCAN 0 TYPE list TYPE string
        1) "0"
        2) 1) "k"
        > SCAN 0 TYPE string TYPE list
        1) "0"
        2) (empty array)
        > SCAN 0 TYPE "string\x00"
        1) "0"
        2) 1) "k"
        > SCAN 0 TYPE ""
        1) "0"
        2) (empty array)
        > SCAN 0 MATCH x MATCH *
        1) "0"
        2) 1) "k"
    "#,
    );
}

#[test]
fn a_scan_deletes_what_it_meets_after_its_deadline() {
    check(
        r#"
        # since 8.2
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > SET a 1 PX 50
        OK
        > SET b 1
        OK
        # advance 60
        > DBSIZE
        (integer) 2
        > KEYS *
        1) "b"
        > KEYS a
        (empty array)
        > DBSIZE
        (integer) 2
        > SCAN 0 MATCH x TYPE list
        1) "0"
        2) (empty array)
        > DBSIZE
        (integer) 1
    "#,
    );
}

#[test]
fn keys_without_wildcards_is_one_key() {
    check(
        r#"
        > MSET a 1 a\b 2 [x 3 "" 4
        OK
        > KEYS a
        1) "a"
        > KEYS a\b
        (empty array)
        > KEYS a\\b
        1) "a\\b"
        > KEYS "[x"
        (empty array)
        > KEYS \[x
        1) "[x"
        > KEYS ""
        1) ""
        > KEYS A
        (empty array)
    "#,
    );
}

#[test]
fn only_touch_and_reads_set_the_idle_time_back() {
    check(
        r#"
        # since 8.2
        > MSET a 1 b 1 c 1 d 1 e 1 f 1 g 1 h 1
        OK
        # advance 2100
        > EXISTS a
        (integer) 1
        > TYPE a
        string
        > TTL a
        (integer) -1
        > OBJECT ENCODING a
        "int"
        > OBJECT IDLETIME a
        ~ (integer) {2..3}
        > TOUCH a
        (integer) 1
        > OBJECT IDLETIME a
        ~ (integer) {0..1}
        > COPY b b2
        (integer) 1
        > OBJECT IDLETIME b
        ~ (integer) {0..1}
        > OBJECT IDLETIME b2
        ~ (integer) {0..1}
        > EXPIRE c 100
        (integer) 1
        > OBJECT IDLETIME c
        ~ (integer) {0..1}
        > CLIENT NO-TOUCH ON
        OK
        > GET d
        "1"
        > OBJECT IDLETIME d
        ~ (integer) {2..3}
        > TOUCH d
        (integer) 1
        > OBJECT IDLETIME d
        ~ (integer) {0..1}
        > RENAME e e2
        OK
        > OBJECT IDLETIME e2
        ~ (integer) {0..1}
        > MOVE f 1
        (integer) 1
        > SELECT 1
        OK
        > OBJECT IDLETIME f
        ~ (integer) {0..1}
        > SELECT 0
        OK
        > COPY g g2
        (integer) 1
        > OBJECT IDLETIME g
        ~ (integer) {2..3}
        > OBJECT IDLETIME g2
        ~ (integer) {0..1}
        > SET h "x"*100
        OK
        > OBJECT IDLETIME h
        ~ (integer) {2..3}
    "#,
    );
}

#[test]
fn frequency_starts_afresh_under_another_name() {
    check(
        r#"
        # since 8.2
        # config --maxmemory-policy allkeys-lfu --lfu-decay-time 0 --lfu-log-factor 0
        > SET k v
        OK
        > GET k
        "v"
        > GET k
        "v"
        > TOUCH k
        (integer) 1
        > EXISTS k
        (integer) 1
        > OBJECT FREQ k
        (integer) 8
        > RENAME k l
        OK
        > OBJECT FREQ l
        (integer) 5
        > GET l
        "v"
        > COPY l m
        (integer) 1
        > OBJECT FREQ l
        (integer) 7
        > OBJECT FREQ m
        (integer) 5
        > MOVE m 1
        (integer) 1
        > SELECT 1
        OK
        > OBJECT FREQ m
        (integer) 5
    "#,
    );
}

#[test]
fn deadlines_reach_to_the_ends_of_64_bits() {
    check(
        r#"
        > SET k v
        OK
        > EXPIREAT k 9223372036854775
        (integer) 1
        > PEXPIRETIME k
        (integer) 9223372036854775000
        > EXPIRETIME k
        (integer) 9223372036854775
        > PEXPIREAT k 9223372036854775807
        (integer) 1
        > PEXPIRETIME k
        (integer) 9223372036854775807
        > EXPIRETIME k
        (integer) 9223372036854776
        > EXPIREAT k 9223372036854776
        (error) ERR invalid expire time in 'expireat' command
        > EXPIRE k 9223372036854775
        (error) ERR invalid expire time in 'expire' command
        > EXPIRE k -9223372036854776
        (error) ERR invalid expire time in 'expire' command
        > PEXPIRE k 9223372036854775807
        (error) ERR invalid expire time in 'pexpire' command
        > EXPIREAT nokey 9223372036854775807
        (error) ERR invalid expire time in 'expireat' command
        > PERSIST k
        (integer) 1
        > EXPIRE k -9223372036854775
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > PEXPIRE k -9223372036854775808
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > PEXPIREAT k -9223372036854775808
        (integer) 1
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn an_unknown_option_of_expire_is_quoted_as_c_sees_it() {
    check(
        r#"
        # since 7.0
        > EXPIRE k 1 "x\x00y"
        (error) ERR Unsupported option x
        > EXPIRE k 1 "a\r\nb"
        (error) ERR Unsupported option a  b
        > EXPIRE k x NX XX
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > EXPIRE k x FOO
        (error) ERR Unsupported option FOO
        > EXPIRE k 1 NX FOO
        (error) ERR Unsupported option FOO
    "#,
    );
}

#[test]
fn renames_and_copies_onto_expired_keys() {
    check(
        r#"
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > MSET a 1 b 2 c 3
        OK
        > SET x 9 PX 50
        OK
        > SET y 9 PX 50
        OK
        > SET z 9 PX 50
        OK
        > COPY x x DB 1
        (integer) 1
        # advance 60
        > RENAMENX a x
        (integer) 1
        > TTL x
        (integer) -1
        > COPY b y
        (integer) 1
        > GET y
        "2"
        > MOVE x 1
        (integer) 1
        > RENAME c z
        OK
        > GET z
        "3"
        > RENAME c c
        (error) ERR no such key
        > DBSIZE
        (integer) 3
        > SELECT 1
        OK
        > GET x
        "1"
        > DBSIZE
        (integer) 1
    "#,
    );
}

#[test]
fn big_values_are_renamed_moved_and_copied() {
    check(
        r#"
        > SET a "x"*100000
        OK
        > RENAME a b
        OK
        > APPEND b y
        (integer) 100001
        > STRLEN b
        (integer) 100001
        > COPY b c
        (integer) 1
        > SETRANGE c 0 z
        (integer) 100001
        > GETRANGE b 0 0
        "x"
        > GETRANGE c 0 0
        "z"
        > MOVE b 1
        (integer) 1
        > SELECT 1
        OK
        > STRLEN b
        (integer) 100001
        > EXPIRE b 100
        (integer) 1
        > COPY b b DB 0
        (integer) 1
        > SELECT 0
        OK
        > TTL b
        (integer) 100
        > STRLEN b
        (integer) 100001
        > COPY a b
        (integer) 0
        > COPY c b REPLACE
        (integer) 1
        > TTL b
        (integer) -1
        > GETRANGE b 0 0
        "z"
    "#,
    );
}

#[test]
fn copy_checks_its_options_in_order() {
    check(
        r#"
        > COPY a b DB 99 FOO
        (error) ERR DB index is out of range
        > COPY a b FOO DB 99
        (error) ERR syntax error
        > COPY a b DB 2147483648
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > COPY a b DB ""
        (error) ERR value is not an integer or out of range
        > COPY a b DB -1
        (error) ERR DB index is out of range
        > COPY a a FOO
        (error) ERR syntax error
        > COPY a a REPLACE
        (error) ERR source and destination objects are the same
        > COPY a a DB 0
        (error) ERR source and destination objects are the same
        > COPY a b REPLACE REPLACE DB 1 DB 2
        (integer) 0
        > MOVE a 2147483648
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > MOVE a x
        (error) ERR value is not an integer or out of range
        > MOVE a 0
        (error) ERR source and destination objects are the same
        > SWAPDB 99 x
        (error) ERR invalid second DB index
        > SWAPDB 99 1
        (error) ERR DB index is out of range
        > SWAPDB x 99
        (error) ERR invalid first DB index
        > SWAPDB 2147483648 0
        (error) ERR invalid first DB index
        > SWAPDB 0 -2147483649
        (error) ERR invalid second DB index
        > SWAPDB -1 0
        (error) ERR DB index is out of range
        > SWAPDB 0 0
        OK
    "#,
    );
}
