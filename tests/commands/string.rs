//! Sessions of the string commands.

use crate::harness::check;

#[test]
fn set_stores_any_bytes_and_get_returns_them() {
    check(
        r#"
        > GET k
        (nil)
        > SET k v
        OK
        > GET k
        "v"
        > SET k ""
        OK
        > GET k
        ""
        > SET "" "a key may be empty"
        OK
        > GET ""
        "a key may be empty"
        > SET "\x00\xff\r\n" "\x00\xff\r\n*1\r\n"
        OK
        > GET "\x00\xff\r\n"
        | \x00\xff
        | *1
        > SET k "x"*100000
        OK
        > STRLEN k
        (integer) 100000
        > GET k
        "x"*100000
        > set k lower
        OK
        > gEt k
        "lower"
        > GET K
        (nil)
    "#,
    );
}

#[test]
fn set_nx_and_xx_ask_whether_the_key_is_there() {
    check(
        r#"
        > SET k v XX
        (nil)
        > EXISTS k
        (integer) 0
        > SET k v NX
        OK
        > SET k w NX
        (nil)
        > GET k
        "v"
        > SET k x xx
        OK
        > GET k
        "x"
        > SET k y nx
        (nil)
        > SET k z NX NX
        (nil)
        > SET k z XX XX
        OK
        > GET k
        "z"
        > SET k v NX XX
        (error) ERR syntax error
        > SET k v XX NX
        (error) ERR syntax error
        > GET k
        "z"
    "#,
    );
}

#[test]
fn set_get_returns_what_was_there() {
    check(
        r#"
        > SET k v GET
        (nil)
        > SET k w GET
        "v"
        > GET k
        "w"
        > SET k x GET GET
        "w"
        > SET k y XX GET
        "x"
        > SET k z NX GET
        "y"
        > GET k
        "y"
        > SET new v NX GET
        (nil)
        > GET new
        "v"
        > SET other v XX GET
        (nil)
        > EXISTS other
        (integer) 0
        > SET k e GET EX 100
        "y"
        > TTL k
        (integer) 100
        > SET k f GET KEEPTTL
        "e"
        > TTL k
        (integer) 100
    "#,
    );
}

#[test]
fn set_takes_a_deadline_in_four_ways() {
    check(
        r#"
        > SET k v EX 100
        OK
        > TTL k
        (integer) 100
        > SET k v PX 100000
        OK
        > TTL k
        (integer) 100
        > PTTL k
        ~ (integer) {95000..100000}
        > SET k v EXAT 33177117420
        OK
        > EXPIRETIME k
        (integer) 33177117420
        > SET k v PXAT 33177117420123
        OK
        > PEXPIRETIME k
        (integer) 33177117420123
        > SET k v px 100000 nx
        (nil)
        > SET k v ex 50 XX get
        "v"
        > TTL k
        (integer) 50
        > SET k v EX 9223372036
        OK
        > TTL k
        (integer) 9223372036
    "#,
    );
}

#[test]
fn set_clears_the_deadline_unless_told_to_keep_it() {
    check(
        r#"
        > SET k v EX 100
        OK
        > SET k w KEEPTTL
        OK
        > TTL k
        (integer) 100
        > GET k
        "w"
        > SET k x keepttl KEEPTTL
        OK
        > TTL k
        (integer) 100
        > SET k y
        OK
        > TTL k
        (integer) -1
        > SET fresh v KEEPTTL
        OK
        > TTL fresh
        (integer) -1
    "#,
    );
}

#[test]
fn set_refuses_what_it_cannot_understand_and_changes_nothing() {
    check(
        r#"
        > SET
        (error) ERR wrong number of arguments for 'set' command
        > SET k
        (error) ERR wrong number of arguments for 'set' command
        > SET k v EX
        (error) ERR syntax error
        > SET k v EX 10 PX 10
        (error) ERR syntax error
        > SET k v PX 10 EXAT 10
        (error) ERR syntax error
        > SET k v EXAT 10 PXAT 10
        (error) ERR syntax error
        > SET k v KEEPTTL EX 10
        (error) ERR syntax error
        > SET k v EX 10 KEEPTTL
        (error) ERR syntax error
        > SET k v PERSIST
        (error) ERR syntax error
        > SET k v FOO
        (error) ERR syntax error
        > SET k v NX FOO
        (error) ERR syntax error
        > SET k v 10
        (error) ERR syntax error
        > SET k v ""
        (error) ERR syntax error
        > SET k v EX NX
        (error) ERR value is not an integer or out of range
        > SET k v NX EX
        (error) ERR syntax error
        > SET k v GET EX
        (error) ERR syntax error
        > SET k v IFEQ
        (error) ERR syntax error
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn set_takes_an_option_twice_and_the_last_counts() {
    check(
        r#"
        > SET k v EX 10 EX 100
        OK
        > TTL k
        (integer) 100
        > SET k v PX 10000 PX 50000 GET
        "v"
        > TTL k
        (integer) 50
        > SET k v EXAT 33177117420 EXAT 33177117421
        OK
        > EXPIRETIME k
        (integer) 33177117421
    "#,
    );
}

#[test]
fn set_refuses_deadlines_that_are_none() {
    check(
        r#"
        > SET k v EX 0
        (error) ERR invalid expire time in 'set' command
        > SET k v EX -1
        (error) ERR invalid expire time in 'set' command
        > SET k v PX 0
        (error) ERR invalid expire time in 'set' command
        > SET k v PX -1
        (error) ERR invalid expire time in 'set' command
        > SET k v EXAT 0
        (error) ERR invalid expire time in 'set' command
        > SET k v EXAT -5
        (error) ERR invalid expire time in 'set' command
        > SET k v PXAT 0
        (error) ERR invalid expire time in 'set' command
        > SET k v EX abc
        (error) ERR value is not an integer or out of range
        > SET k v EX 1.5
        (error) ERR value is not an integer or out of range
        > SET k v EX ""
        (error) ERR value is not an integer or out of range
        > SET k v EX " 1"
        (error) ERR value is not an integer or out of range
        > SET k v EX +1
        (error) ERR value is not an integer or out of range
        > SET k v EX 01
        (error) ERR value is not an integer or out of range
        > SET k v PX 9223372036854775808
        (error) ERR value is not an integer or out of range
        > SET k v PX -9223372036854775808
        (error) ERR invalid expire time in 'set' command
        > SET k v EX 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > SET k v EX 9223372036854775
        (error) ERR invalid expire time in 'set' command
        > SET k v PX 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > SET k v EXAT 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > SET k v EXAT 9223372036854776
        (error) ERR invalid expire time in 'set' command
        > EXISTS k
        (integer) 0
        > SET k v PXAT 9223372036854775807
        OK
        > PEXPIRETIME k
        (integer) 9223372036854775807
        > SET k v EXAT 9223372036854775
        OK
        > EXPIRETIME k
        (integer) 9223372036854775
        # The syntax is looked at before the numbers.
        > SET k v EX abc FOO
        (error) ERR syntax error
        > SET k v EX 0 NX XX
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_deadline_in_the_past_makes_set_leave_no_key() {
    check(
        r#"
        > SET k v EXAT 1
        OK
        > GET k
        (nil)
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > SET k w PXAT 1 GET
        "v"
        > EXISTS k
        (integer) 0
        > DBSIZE
        (integer) 0
    "#,
    );
}

#[test]
fn a_value_goes_when_its_deadline_has_passed() {
    check(
        r#"
        > SET k v PX 200
        OK
        > SET stays v PX 100000
        OK
        > GET k
        "v"
        # advance 300
        > GET k
        (nil)
        > EXISTS k
        (integer) 0
        > GET stays
        "v"
        > SETNX k w
        (integer) 1
        > GET k
        "w"
        > TTL k
        (integer) -1
    "#,
    );
}

#[test]
fn setnx_setex_and_psetex_are_set_with_an_option() {
    check(
        r#"
        > SETNX k v
        (integer) 1
        > SETNX k w
        (integer) 0
        > GET k
        "v"
        > SETEX k 100 x
        OK
        > GET k
        "x"
        > TTL k
        (integer) 100
        > PSETEX k 100000 y
        OK
        > GET k
        "y"
        > TTL k
        (integer) 100
        > SETNX k z
        (integer) 0
        > TTL k
        (integer) 100
        > SETEX k 0 v
        (error) ERR invalid expire time in 'setex' command
        > SETEX k -1 v
        (error) ERR invalid expire time in 'setex' command
        > SETEX k abc v
        (error) ERR value is not an integer or out of range
        > SETEX k 1.5 v
        (error) ERR value is not an integer or out of range
        > SETEX k 9223372036854775807 v
        (error) ERR invalid expire time in 'setex' command
        > PSETEX k 0 v
        (error) ERR invalid expire time in 'psetex' command
        > PSETEX k -100 v
        (error) ERR invalid expire time in 'psetex' command
        > PSETEX k abc v
        (error) ERR value is not an integer or out of range
        > PSETEX k 9223372036854775807 v
        (error) ERR invalid expire time in 'psetex' command
        > GET k
        "y"
        > SETNX k
        (error) ERR wrong number of arguments for 'setnx' command
        > SETNX k v w
        (error) ERR wrong number of arguments for 'setnx' command
        > SETEX k 10
        (error) ERR wrong number of arguments for 'setex' command
        > SETEX k 10 v w
        (error) ERR wrong number of arguments for 'setex' command
        > PSETEX k 10
        (error) ERR wrong number of arguments for 'psetex' command
        > PSETEX
        (error) ERR wrong number of arguments for 'psetex' command
    "#,
    );
}

#[test]
fn getex_reads_and_moves_the_deadline() {
    check(
        r#"
        > GETEX k
        (nil)
        > GETEX k EX 100
        (nil)
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > GETEX k
        "v"
        > TTL k
        (integer) -1
        > GETEX k EX 100
        "v"
        > TTL k
        (integer) 100
        > GETEX k
        "v"
        > TTL k
        (integer) 100
        > GETEX k PX 50000
        "v"
        > TTL k
        (integer) 50
        > GETEX k EXAT 33177117420
        "v"
        > EXPIRETIME k
        (integer) 33177117420
        > GETEX k PXAT 33177117420123
        "v"
        > PEXPIRETIME k
        (integer) 33177117420123
        > GETEX k PERSIST
        "v"
        > TTL k
        (integer) -1
        > GETEX k persist PERSIST
        "v"
        > GETEX k ex 100
        "v"
        > TTL k
        (integer) 100
        > GETEX k EXAT 1
        "v"
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn getex_refuses_what_it_cannot_understand() {
    check(
        r#"
        > SET k v EX 100
        OK
        > GETEX
        (error) ERR wrong number of arguments for 'getex' command
        > GETEX k FOO
        (error) ERR syntax error
        > GETEX k EX
        (error) ERR syntax error
        > GETEX k NX
        (error) ERR syntax error
        > GETEX k GET
        (error) ERR syntax error
        > GETEX k KEEPTTL
        (error) ERR syntax error
        > GETEX k EX 10 PX 10
        (error) ERR syntax error
        > GETEX k PERSIST EX 10
        (error) ERR syntax error
        > GETEX k EX 10 PERSIST
        (error) ERR syntax error
        > GETEX k EX 10 10
        (error) ERR syntax error
        > GETEX k EX abc
        (error) ERR value is not an integer or out of range
        > GETEX k EX 0
        (error) ERR invalid expire time in 'getex' command
        > GETEX k EX -1
        (error) ERR invalid expire time in 'getex' command
        > GETEX k PX 0
        (error) ERR invalid expire time in 'getex' command
        > GETEX k EXAT 0
        (error) ERR invalid expire time in 'getex' command
        > GETEX k PXAT -1
        (error) ERR invalid expire time in 'getex' command
        > GETEX k EX 9223372036854775807
        (error) ERR invalid expire time in 'getex' command
        > GETEX k PX 9223372036854775807
        (error) ERR invalid expire time in 'getex' command
        > TTL k
        (integer) 100
        > GETEX nokey EX 0
        (nil)
        > GETEX nokey FOO
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn getdel_reads_and_removes() {
    check(
        r#"
        > GETDEL k
        (nil)
        > SET k v EX 100
        OK
        > GETDEL k
        "v"
        > EXISTS k
        (integer) 0
        > GETDEL k
        (nil)
        > GETDEL
        (error) ERR wrong number of arguments for 'getdel' command
        > GETDEL a b
        (error) ERR wrong number of arguments for 'getdel' command
    "#,
    );
}

#[test]
fn getset_reads_replaces_and_clears_the_deadline() {
    check(
        r#"
        > GETSET k v
        (nil)
        > GETSET k w
        "v"
        > EXPIRE k 100
        (integer) 1
        > GETSET k x
        "w"
        > TTL k
        (integer) -1
        > GET k
        "x"
        > GETSET k
        (error) ERR wrong number of arguments for 'getset' command
        > GETSET k v w
        (error) ERR wrong number of arguments for 'getset' command
    "#,
    );
}

#[test]
fn mget_has_one_answer_per_key() {
    check(
        r#"
        > MGET a
        1) (nil)
        > MSET a 1 b 2 c ""
        OK
        > MGET a b c d
        1) "1"
        2) "2"
        3) ""
        4) (nil)
        > MGET a a a
        1) "1"
        2) "1"
        3) "1"
        > MGET d e
        1) (nil)
        2) (nil)
        > MGET
        (error) ERR wrong number of arguments for 'mget' command
    "#,
    );
}

#[test]
fn mset_sets_all_and_the_last_of_a_key_wins() {
    check(
        r#"
        > MSET a 1 b 2
        OK
        > MGET a b
        1) "1"
        2) "2"
        > MSET a x a y
        OK
        > GET a
        "y"
        > EXPIRE a 100
        (integer) 1
        > MSET a z
        OK
        > TTL a
        (integer) -1
        > MSET
        (error) ERR wrong number of arguments for 'mset' command
        > MSET a
        (error) ERR wrong number of arguments for 'mset' command
        > MSET a 1 b
        (error) ERR wrong number of arguments for 'mset' command
        > MSET a 1 b 2 c
        (error) ERR wrong number of arguments for 'mset' command
        > MGET a b c
        1) "z"
        2) "2"
        3) (nil)
    "#,
    );
}

#[test]
fn msetnx_sets_all_or_nothing() {
    check(
        r#"
        > MSETNX a 1 b 2
        (integer) 1
        > MSETNX b 3 c 4
        (integer) 0
        > MGET a b c
        1) "1"
        2) "2"
        3) (nil)
        > MSETNX c 5 c 6
        (integer) 1
        > GET c
        "6"
        > MSETNX
        (error) ERR wrong number of arguments for 'msetnx' command
        > MSETNX d
        (error) ERR wrong number of arguments for 'msetnx' command
        > MSETNX d 1 e
        (error) ERR wrong number of arguments for 'msetnx' command
        > EXISTS d
        (integer) 0
    "#,
    );
}

#[test]
fn append_lengthens_and_keeps_the_deadline() {
    check(
        r#"
        > APPEND k abc
        (integer) 3
        > APPEND k def
        (integer) 6
        > GET k
        "abcdef"
        > APPEND k ""
        (integer) 6
        > APPEND fresh ""
        (integer) 0
        > EXISTS fresh
        (integer) 1
        > STRLEN fresh
        (integer) 0
        > EXPIRE k 100
        (integer) 1
        > APPEND k g
        (integer) 7
        > TTL k
        (integer) 100
        > SET n 12
        OK
        > APPEND n 3
        (integer) 3
        > INCR n
        (integer) 124
        > APPEND k "y"*70000
        (integer) 70007
        > STRLEN k
        (integer) 70007
        > GETRANGE k 0 9
        "abcdefgyyy"
        > GETRANGE k -3 -1
        "yyy"
        > APPEND k
        (error) ERR wrong number of arguments for 'append' command
        > APPEND k a b
        (error) ERR wrong number of arguments for 'append' command
    "#,
    );
}

#[test]
fn a_string_may_not_outgrow_the_largest_bulk() {
    check(
        r#"
        # config --proto-max-bulk-len 1mb
        > SET k "x"*1048576
        OK
        > APPEND k y
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > STRLEN k
        (integer) 1048576
        > SETRANGE k 1048576 y
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 1048575 y
        (integer) 1048576
        > SETRANGE k 1048575 yz
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > STRLEN k
        (integer) 1048576
        > SETRANGE new 2000000 y
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > EXISTS new
        (integer) 0
        > SETRANGE k 9223372036854775807 y
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 9223372036854775806 yz
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
    "#,
    );
}

#[test]
fn strlen_counts_bytes() {
    check(
        r#"
        > STRLEN k
        (integer) 0
        > SET k "h\xc3\xa9"
        OK
        > STRLEN k
        (integer) 3
        > SET k 12345
        OK
        > STRLEN k
        (integer) 5
        > SET k -9223372036854775808
        OK
        > STRLEN k
        (integer) 20
        > SET k ""
        OK
        > STRLEN k
        (integer) 0
        > STRLEN
        (error) ERR wrong number of arguments for 'strlen' command
        > STRLEN a b
        (error) ERR wrong number of arguments for 'strlen' command
    "#,
    );
}

#[test]
fn getrange_counts_from_both_ends_and_stays_inside() {
    check(
        r#"
        > SET k "Hello, world"
        OK
        > GETRANGE k 0 4
        "Hello"
        > GETRANGE k -5 -1
        "world"
        > GETRANGE k 0 -1
        "Hello, world"
        > GETRANGE k 4 2
        ""
        > GETRANGE k 11 11
        "d"
        > GETRANGE k 12 20
        ""
        > GETRANGE k 5 5000
        ", world"
        > GETRANGE k -5000 4
        "Hello"
        > GETRANGE k -5000 -4999
        "H"
        > GETRANGE k -1 -5
        ""
        > GETRANGE k 0 -5000
        "H"
        > GETRANGE k -9223372036854775808 9223372036854775807
        "Hello, world"
        > GETRANGE k 9223372036854775807 -9223372036854775808
        ""
        > GETRANGE nokey 0 -1
        ""
        > SET n 12345
        OK
        > GETRANGE n 1 2
        "23"
        > GETRANGE n -2 -1
        "45"
        > SUBSTR k 0 4
        "Hello"
        > SUBSTR k -5 -1
        "world"
        > SUBSTR nokey 0 1
        ""
        > GETRANGE k a 1
        (error) ERR value is not an integer or out of range
        > GETRANGE k 0 b
        (error) ERR value is not an integer or out of range
        > GETRANGE k 0 9223372036854775808
        (error) ERR value is not an integer or out of range
        > GETRANGE k 0
        (error) ERR wrong number of arguments for 'getrange' command
        > GETRANGE k 0 1 2
        (error) ERR wrong number of arguments for 'getrange' command
        > SUBSTR k 0
        (error) ERR wrong number of arguments for 'substr' command
        > SUBSTR k 0 x
        (error) ERR value is not an integer or out of range
    "#,
    );
}

#[test]
fn setrange_overwrites_and_fills_with_zeros() {
    check(
        r#"
        > SETRANGE k 3 abc
        (integer) 6
        > GET k
        "\x00\x00\x00abc"
        > SETRANGE k 1 xyz
        (integer) 6
        > GET k
        "\x00xyzbc"
        > SETRANGE k 6 ""
        (integer) 6
        > SETRANGE k 100 ""
        (integer) 6
        > STRLEN k
        (integer) 6
        > SETRANGE nokey 5 ""
        (integer) 0
        > EXISTS nokey
        (integer) 0
        > SETRANGE k 8 q
        (integer) 9
        > GET k
        "\x00xyzbc\x00\x00q"
        > SET n 12345
        OK
        > SETRANGE n 1 9
        (integer) 5
        > GET n
        "19345"
        > INCR n
        (integer) 19346
        > EXPIRE n 100
        (integer) 1
        > SETRANGE n 0 7
        (integer) 5
        > TTL n
        (integer) 100
        > GET n
        "79346"
        > SETRANGE k -1 x
        (error) ERR offset is out of range
        > SETRANGE k abc x
        (error) ERR value is not an integer or out of range
        > SETRANGE k 1.5 x
        (error) ERR value is not an integer or out of range
        > SETRANGE nokey -1 ""
        (error) ERR offset is out of range
        > SETRANGE k 1
        (error) ERR wrong number of arguments for 'setrange' command
        > SETRANGE k 1 a b
        (error) ERR wrong number of arguments for 'setrange' command
    "#,
    );
}

#[test]
fn setrange_may_not_reach_beyond_512_megabytes() {
    check(
        r#"
        > SETRANGE k 536870912 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 536870911 xy
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 4611686018427387904 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 9223372036854775807 x
        (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
        > SETRANGE k 9223372036854775808 x
        (error) ERR value is not an integer or out of range
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn incr_and_decr_count_from_zero_and_keep_the_deadline() {
    check(
        r#"
        > INCR n
        (integer) 1
        > INCR n
        (integer) 2
        > DECR n
        (integer) 1
        > DECR n
        (integer) 0
        > DECR n
        (integer) -1
        > GET n
        "-1"
        > INCRBY n 10
        (integer) 9
        > DECRBY n 4
        (integer) 5
        > INCRBY n -10
        (integer) -5
        > DECRBY n -10
        (integer) 5
        > INCRBY n 0
        (integer) 5
        > INCRBY fresh 7
        (integer) 7
        > DECRBY other 7
        (integer) -7
        > EXPIRE n 100
        (integer) 1
        > INCR n
        (integer) 6
        > TTL n
        (integer) 100
        > SET n 9999999999999
        OK
        > INCR n
        (integer) 10000000000000
        > SET n "-1"
        OK
        > INCR n
        (integer) 0
        > INCR
        (error) ERR wrong number of arguments for 'incr' command
        > INCR a b
        (error) ERR wrong number of arguments for 'incr' command
        > DECR
        (error) ERR wrong number of arguments for 'decr' command
        > INCRBY n
        (error) ERR wrong number of arguments for 'incrby' command
        > INCRBY n 1 2
        (error) ERR wrong number of arguments for 'incrby' command
        > DECRBY n
        (error) ERR wrong number of arguments for 'decrby' command
    "#,
    );
}

#[test]
fn incr_refuses_what_is_not_an_integer() {
    check(
        r#"
        > SET k abc
        OK
        > INCR k
        (error) ERR value is not an integer or out of range
        > DECR k
        (error) ERR value is not an integer or out of range
        > INCRBY k 1
        (error) ERR value is not an integer or out of range
        > MSET a " 1" b "1 " c 1.0 d "" e +1 f 01 g -0 h 0x1 i 1e3
        OK
        > INCR a
        (error) ERR value is not an integer or out of range
        > INCR b
        (error) ERR value is not an integer or out of range
        > INCR c
        (error) ERR value is not an integer or out of range
        > INCR d
        (error) ERR value is not an integer or out of range
        > INCR e
        (error) ERR value is not an integer or out of range
        > INCR f
        (error) ERR value is not an integer or out of range
        > INCR g
        (error) ERR value is not an integer or out of range
        > INCR h
        (error) ERR value is not an integer or out of range
        > INCR i
        (error) ERR value is not an integer or out of range
        > SET k 9223372036854775808
        OK
        > INCR k
        (error) ERR value is not an integer or out of range
        > SET k -9223372036854775809
        OK
        > DECR k
        (error) ERR value is not an integer or out of range
        > SET n 1
        OK
        > INCRBY n abc
        (error) ERR value is not an integer or out of range
        > INCRBY n 1.5
        (error) ERR value is not an integer or out of range
        > INCRBY n ""
        (error) ERR value is not an integer or out of range
        > INCRBY n +1
        (error) ERR value is not an integer or out of range
        > INCRBY n 9223372036854775808
        (error) ERR value is not an integer or out of range
        > DECRBY n " 1"
        (error) ERR value is not an integer or out of range
        > GET n
        "1"
    "#,
    );
}

#[test]
fn counting_stops_at_the_ends_of_64_bits() {
    check(
        r#"
        > SET n 9223372036854775806
        OK
        > INCR n
        (integer) 9223372036854775807
        > INCR n
        (error) ERR increment or decrement would overflow
        > GET n
        "9223372036854775807"
        > INCRBY n 1
        (error) ERR increment or decrement would overflow
        > DECRBY n -1
        (error) ERR increment or decrement would overflow
        > SET n -9223372036854775807
        OK
        > DECR n
        (integer) -9223372036854775808
        > DECR n
        (error) ERR increment or decrement would overflow
        > GET n
        "-9223372036854775808"
        > INCRBY n -1
        (error) ERR increment or decrement would overflow
        > INCRBY n 9223372036854775807
        (integer) -1
        > SET n 0
        OK
        > DECRBY n -9223372036854775808
        (error) ERR decrement would overflow
        > INCRBY n -9223372036854775808
        (integer) -9223372036854775808
        > GET n
        "-9223372036854775808"
        > SET n 5
        OK
        > INCRBY n 9223372036854775807
        (error) ERR increment or decrement would overflow
        > GET n
        "5"
    "#,
    );
}

#[test]
fn incrbyfloat_prints_like_redis() {
    check(
        r#"
        > INCRBYFLOAT n 1.5
        "1.5"
        > INCRBYFLOAT n -0.5
        "1"
        > GET n
        "1"
        > INCRBYFLOAT n 1
        "2"
        > SET n 10.50
        OK
        > INCRBYFLOAT n 0.1
        "10.6"
        > INCRBYFLOAT n -5
        "5.6"
        > SET n 5.0e3
        OK
        > INCRBYFLOAT n 2.0e2
        "5200"
        > SET n 0.1
        OK
        > INCRBYFLOAT n 0.2
        "0.3"
        > SET n 1
        OK
        > INCRBYFLOAT n 1e17
        "100000000000000001"
        > INCRBYFLOAT n 1e-17
        "100000000000000001"
        > SET n 3
        OK
        > INCRBYFLOAT n -3
        "0"
        > INCRBYFLOAT n -0.0
        "0"
        > SET n 17179869184
        OK
        > INCRBYFLOAT n 1.5
        "17179869185.5"
        > SET n 0
        OK
        > INCRBYFLOAT n 1e-5
        "0.00001"
        > SET n 3.0
        OK
        > INCRBYFLOAT n 1.000000000000000005
        "4.00000000000000001"
        > SET n 0x10
        OK
        > INCRBYFLOAT n 1
        "17"
        > SET n 1
        OK
        > INCRBYFLOAT n 0x10
        "17"
        > EXPIRE n 100
        (integer) 1
        > INCRBYFLOAT n 1
        "18"
        > TTL n
        (integer) 100
        > SET n 1e300
        OK
        > INCRBYFLOAT n 1
        "1000000000000000000008997324079559193870523944273290747938260082321265646596180935755849152083750497190350372508614274835903592556184672983913096260520748646287327135641843653294084255107606016789726652932370030551382947620994540294772781889620606179267611627097410650567187386105690089424915104006144"
    "#,
    );
}

#[test]
fn incrbyfloat_refuses_what_is_no_number() {
    check(
        r#"
        > SET k abc
        OK
        > INCRBYFLOAT k 1
        (error) ERR value is not a valid float
        > SET n 1
        OK
        > INCRBYFLOAT n abc
        (error) ERR value is not a valid float
        > INCRBYFLOAT n ""
        (error) ERR value is not a valid float
        > INCRBYFLOAT n " 1"
        (error) ERR value is not a valid float
        > INCRBYFLOAT n "1 "
        (error) ERR value is not a valid float
        > INCRBYFLOAT n 1.5x
        (error) ERR value is not a valid float
        > INCRBYFLOAT n nan
        (error) ERR value is not a valid float
        > INCRBYFLOAT n inf
        (error) ERR increment would produce NaN or Infinity
        > INCRBYFLOAT n -inf
        (error) ERR increment would produce NaN or Infinity
        > INCRBYFLOAT n +inf
        (error) ERR increment would produce NaN or Infinity
        > INCRBYFLOAT n infinity
        (error) ERR increment would produce NaN or Infinity
        > INCRBYFLOAT n 1e5000
        (error) ERR value is not a valid float
        > INCRBYFLOAT n 1e-5000
        (error) ERR value is not a valid float
        > GET n
        "1"
        > SET k " 11"
        OK
        > INCRBYFLOAT k 1
        (error) ERR value is not a valid float
        > SET k "11 "
        OK
        > INCRBYFLOAT k 1
        (error) ERR value is not a valid float
        > SET k inf
        OK
        > INCRBYFLOAT k 1
        (error) ERR increment would produce NaN or Infinity
        > INCRBYFLOAT n
        (error) ERR wrong number of arguments for 'incrbyfloat' command
        > INCRBYFLOAT n 1 2
        (error) ERR wrong number of arguments for 'incrbyfloat' command
        > GET n
        "1"
    "#,
    );
}

#[test]
fn lcs_gives_the_longest_common_subsequence() {
    check(
        r#"
        > MSET a ohmytext b mynewtext n 12345 m 3145 e ""
        OK
        > LCS a b
        "mytext"
        > LCS a b LEN
        (integer) 6
        > LCS b a
        "mytext"
        > LCS n m
        "345"
        > LCS n m LEN
        (integer) 3
        > LCS a a LEN
        (integer) 8
        > LCS a n
        ""
        > LCS a n LEN
        (integer) 0
        > LCS a nokey
        ""
        > LCS nokey a LEN
        (integer) 0
        > LCS nokey nokey2
        ""
        > LCS a e
        ""
        > LCS a b WITHMATCHLEN MINMATCHLEN 4
        "mytext"
        > LCS a b LEN WITHMATCHLEN MINMATCHLEN 4
        (integer) 6
        # Of several of the same length it is this one.
        > MSET x abcabba y cbabac
        OK
        > LCS x y
        "cbba"
        > LCS y x
        "baba"
        > MSET p "ab"*100 q "ba"*120
        OK
        > LCS p q LEN
        (integer) 200
        > LCS p q
        "abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab"
    "#,
    );
}

#[test]
fn lcs_idx_says_where_the_parts_are() {
    check(
        r#"
        # resp2
        > MSET a ohmytext b mynewtext x abcabba y cbabac
        OK
        > LCS a b IDX
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
           2) 1) 1) (integer) 2
                 2) (integer) 3
              2) 1) (integer) 0
                 2) (integer) 1
        3) "len"
        4) (integer) 6
        > LCS a b IDX MINMATCHLEN 4
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
        3) "len"
        4) (integer) 6
        > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
        3) "len"
        4) (integer) 6
        > LCS a b idx withmatchlen minmatchlen -1
        1) "matches"
        2) 1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
           2) 1) 1) (integer) 2
                 2) (integer) 3
              2) 1) (integer) 0
                 2) (integer) 1
              3) (integer) 2
        3) "len"
        4) (integer) 6
        > LCS a b IDX MINMATCHLEN 2 MINMATCHLEN 5
        1) "matches"
        2) (empty array)
        3) "len"
        4) (integer) 6
        > LCS x y IDX WITHMATCHLEN
        1) "matches"
        2) 1) 1) 1) (integer) 5
                 2) (integer) 6
              2) 1) (integer) 3
                 2) (integer) 4
              3) (integer) 2
           2) 1) 1) (integer) 4
                 2) (integer) 4
              2) 1) (integer) 1
                 2) (integer) 1
              3) (integer) 1
           3) 1) 1) (integer) 2
                 2) (integer) 2
              2) 1) (integer) 0
                 2) (integer) 0
              3) (integer) 1
        3) "len"
        4) (integer) 4
        > LCS nokey b IDX
        1) "matches"
        2) (empty array)
        3) "len"
        4) (integer) 0
    "#,
    );
    check(
        r#"
        # resp3
        > MSET a ohmytext b mynewtext
        OK
        > LCS a b IDX
        1# "matches" =>
           1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
           2) 1) 1) (integer) 2
                 2) (integer) 3
              2) 1) (integer) 0
                 2) (integer) 1
        2# "len" => (integer) 6
        > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
        1# "matches" =>
           1) 1) 1) (integer) 4
                 2) (integer) 7
              2) 1) (integer) 5
                 2) (integer) 8
              3) (integer) 4
        2# "len" => (integer) 6
        > LCS nokey b IDX
        1# "matches" => (empty array)
        2# "len" => (integer) 0
    "#,
    );
}

#[test]
fn lcs_refuses_options_and_what_is_too_long() {
    check(
        r#"
        > MSET a ohmytext b mynewtext
        OK
        > LCS a
        (error) ERR wrong number of arguments for 'lcs' command
        > LCS a b FOO
        (error) ERR syntax error
        > LCS a b LEN IDX
        (error) ERR If you want both the length and indexes, please just use IDX.
        > LCS a b LEN IDX FOO
        (error) ERR syntax error
        > LCS a b MINMATCHLEN
        (error) ERR syntax error
        > LCS a b MINMATCHLEN x
        (error) ERR value is not an integer or out of range
        > LCS a b MINMATCHLEN x FOO
        (error) ERR value is not an integer or out of range
        > MSET long "x"*12000 short "x"*11183 shorter "x"*10
        OK
        > LCS long short
        (error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        > LCS long short LEN
        (error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        > LCS long short IDX
        (error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        > LCS long shorter LEN
        (integer) 10
        > CONFIG SET proto-max-bulk-len 1048576
        OK
        > MSET c "x"*511 d "x"*512
        OK
        > LCS c c LEN
        (integer) 511
        > LCS c d LEN
        (error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
        > LCS nokey long
        ""
    "#,
    );
}

#[test]
fn lcs_looks_at_its_keys_before_its_options() {
    check(
        r#"
        > RPUSH list 1
        (integer) 1
        > SET a x
        OK
        > LCS list a FOO
        (error) ERR The specified keys must contain string values
        > LCS a list LEN IDX
        (error) ERR The specified keys must contain string values
        > LCS nokey list
        (error) ERR The specified keys must contain string values
    "#,
    );
}

#[test]
fn a_long_string_is_edited_in_pieces_and_answers_as_one() {
    check(
        r#"
        > SETRANGE k 100000 "end"
        (integer) 100003
        > STRLEN k
        (integer) 100003
        > GETRANGE k 99998 -1
        "\x00\x00end"
        > OBJECT ENCODING k
        "raw"
        > TYPE k
        string
        > BITCOUNT k
        (integer) 12
        > BITCOUNT k 100001 100001
        (integer) 5
        > BITPOS k 1
        (integer) 800001
        > BITPOS k 0
        (integer) 0
        > BITPOS k 0 100000
        (integer) 800000
        > GETBIT k 800001
        (integer) 1
        > GETBIT k 8000000
        (integer) 0
        > SETBIT k 800000 1
        (integer) 0
        > SETBIT k 400000 1
        (integer) 0
        > BITPOS k 1
        (integer) 400000
        > BITFIELD k GET u8 800000 SET u16 131064 65535 GET u16 131064 INCRBY i64 900000 5
        1) (integer) 229
        2) (integer) 0
        3) (integer) 65535
        4) (integer) 5
        > STRLEN k
        (integer) 112508
        > APPEND k "x"*70000
        (integer) 182508
        > GETRANGE k 112500 112510
        "\x00\x00\x00\x00\x00\x00\x00\x05xxx"
        > GETRANGE k -3 -1
        "xxx"
        > COPY k other
        (integer) 1
        > SETRANGE other 0 "start"
        (integer) 182508
        > GETRANGE k 0 4
        "\x00\x00\x00\x00\x00"
        > GETRANGE other 0 5
        "start\x00"
        > BITOP XOR difference k other
        (integer) 182508
        > BITCOUNT difference
        (integer) 20
        > RENAME other third
        OK
        > EXPIRE third 100
        (integer) 1
        > PERSIST third
        (integer) 1
        > APPEND third ""
        (integer) 182508
        > INCR third
        (error) ERR value is not an integer or out of range
        > INCRBYFLOAT third 1
        (error) ERR value is not a valid float
        > PFADD third a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > LPUSH third a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSET third a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SET plain "y"*100000
        OK
        > SETRANGE plain 50000 "z"
        (integer) 100000
        > GETRANGE plain 49998 50002
        "yyzyy"
        > GETDEL plain
        "y"*50000"z""y"*49999
        > EXISTS plain
        (integer) 0
        > SET third short
        OK
        > GET third
        "short"
    "#,
    );
}

#[test]
fn a_long_string_is_an_element_of_a_result_as_any_other() {
    check(
        r#"
        > RPUSH l 1
        (integer) 1
        > SETRANGE v1 70000 "x"
        (integer) 70001
        > SORT l GET v* STORE sorted
        (integer) 1
        > LLEN sorted
        (integer) 1
        > SORT l BY v* ALPHA
        1) "1"
        > LCS v1 l
        (error) ERR The specified keys must contain string values
        > APPEND v1 y
        (integer) 70002
        > SET w xy
        OK
        > LCS v1 w
        "xy"
    "#,
    );
}

#[test]
fn set_ifeq_writes_over_the_string_that_is_named() {
    check(
        r#"
        # valkey 9.0
        > SET k v IFEQ x
        (nil)
        > EXISTS k
        (integer) 0
        > SET k a
        OK
        > SET k b IFEQ a
        OK
        > SET k c IFEQ a
        (nil)
        > SET k c ifeq b GET
        "b"
        > SET k d IFEQ b GET
        "c"
        > GET k
        "c"
        > SET missing v IFEQ "" GET
        (nil)
        > SET k 10 IFEQ c EX 100
        OK
        > TTL k
        (integer) 100
        > SET k 11 IFEQ 10 KEEPTTL
        OK
        > TTL k
        (integer) 100
        > SET k 12 IFEQ 011
        (nil)
        > SET k 12 IFEQ 11
        OK
        > TTL k
        (integer) -1
        > APPEND k "x"*100000
        (integer) 100002
        > SET k short IFEQ "x"*100002
        (nil)
        > APPEND k y
        (integer) 100003
        > COPY k other
        (integer) 1
        > APPEND other z
        (integer) 100004
        > SET k equal IFEQ "12""x"*100000"y"
        OK
        > SET other new PX 100000 IFEQ "12""x"*100000"yz"
        OK
        > GET other
        "new"
        > LPUSH l a
        (integer) 1
        > SET l v IFEQ a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SET l v IFEQ a GET
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SET k v IFEQ
        (error) ERR syntax error
        > SET k v NX IFEQ a
        (error) ERR syntax error
        > SET k v IFEQ a XX
        (error) ERR syntax error
        > SET k v IFEQ a IFEQ a
        (error) ERR syntax error
        > SET k v IFEQ x EX 0
        (error) ERR invalid expire time in 'set' command
        > SET k v IFEQ NX
        (nil)
    "#,
    );
}

#[test]
fn delifeq_deletes_the_string_that_is_named() {
    check(
        r#"
        # valkey 9.0
        > DELIFEQ k a
        (integer) 0
        > SET k a
        OK
        > DELIFEQ k b
        (integer) 0
        > GET k
        "a"
        > DELIFEQ k a
        (integer) 1
        > EXISTS k
        (integer) 0
        > SET k 10
        OK
        > DELIFEQ k 010
        (integer) 0
        > DELIFEQ k 10
        (integer) 1
        > LPUSH l a
        (integer) 1
        > DELIFEQ l a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > DELIFEQ k
        (error) ERR wrong number of arguments for 'delifeq' command
        > DELIFEQ k a b
        (error) ERR wrong number of arguments for 'delifeq' command
    "#,
    );
}

#[test]
fn msetex_sets_several_keys_with_conditions_and_a_deadline() {
    check(
        r#"
        # valkey 9.1
        > MSETEX 2 a 1 b 2
        (integer) 1
        > MGET a b
        1) "1"
        2) "2"
        > MSETEX 2 b 3 c 4 NX
        (integer) 0
        > MSETEX 2 b 3 c 4 XX
        (integer) 0
        > MGET a b c
        1) "1"
        2) "2"
        3) (nil)
        > MSETEX 2 c 3 d 4 nx
        (integer) 1
        > MSETEX 2 c 5 d 6 xx EX 100
        (integer) 1
        > TTL c
        (integer) 100
        > TTL d
        (integer) 100
        > MSETEX 2 c 7 d 8 KEEPTTL XX
        (integer) 1
        > TTL d
        (integer) 100
        > MSETEX 2 c 9 e 1 PX 50000
        (integer) 1
        > TTL c
        (integer) 50
        > MSETEX 2 c 9 e 1
        (integer) 1
        > TTL c
        (integer) -1
        > MSETEX 1 c x EXAT 4102444800
        (integer) 1
        > PEXPIRETIME c
        (integer) 4102444800000
        > MSETEX 1 c x PXAT 4102444800001
        (integer) 1
        > PEXPIRETIME c
        (integer) 4102444800001
        > MSETEX 1 c x EXAT 1
        (integer) 1
        > EXISTS c
        (integer) 0
        > LPUSH l a
        (integer) 1
        > MSETEX 2 l v l w
        (integer) 1
        > GET l
        "w"
        > MSETEX 2 new 1 new 2 NX
        (integer) 1
        > GET new
        "2"
        # Three keys, the last of them a word.
        > MSETEX 3 a 1 b 2 EX 10
        (integer) 1
        > GET EX
        "10"
    "#,
    );
}

#[test]
fn msetex_says_what_is_wrong() {
    check(
        r#"
        # valkey 9.1
        > MSETEX 1 a
        (error) ERR wrong number of arguments for 'msetex' command
        > MSETEX 0 a 1
        (error) ERR invalid numkeys value or out of range
        > MSETEX -1 a 1
        (error) ERR invalid numkeys value or out of range
        > MSETEX x a 1
        (error) ERR invalid numkeys value or out of range
        > MSETEX 2147483648 a 1
        (error) ERR invalid numkeys value or out of range
        > MSETEX 2147483647 a 1
        (error) ERR syntax error
        > MSETEX 2 a 1 b
        (error) ERR syntax error
        > MSETEX 1 a 1 b
        (error) ERR syntax error
        > MSETEX 1 a 1 NX XX
        (error) ERR syntax error
        > MSETEX 1 a 1 XX NX
        (error) ERR syntax error
        > MSETEX 1 a 1 EX
        (error) ERR syntax error
        > MSETEX 1 a 1 EX 10 PX 10
        (error) ERR syntax error
        > MSETEX 1 a 1 PX 10 KEEPTTL
        (error) ERR syntax error
        > MSETEX 1 a 1 GET
        (error) ERR syntax error
        > MSETEX 1 a 1 IFEQ x
        (error) ERR syntax error
        > MSETEX 1 a 1 PERSIST
        (error) ERR syntax error
        > MSETEX 1 a 1 EX 0
        (error) ERR invalid expire time in 'msetex' command
        > MSETEX 1 a 1 EX abc
        (error) ERR value is not an integer or out of range
        > MSETEX 1 missing 1 XX EX 0
        (error) ERR invalid expire time in 'msetex' command
        > DBSIZE
        (integer) 0
        > MSETEX 1 a 1 EX 10 EX 20 NX NX
        (integer) 1
        > TTL a
        (integer) 20
        > COMMAND GETKEYS MSETEX 3 a 1 b 2
        (error) ERR Invalid arguments specified for command
    "#,
    );
}

#[test]
fn keys_of_what_valkey_has_more() {
    check(
        r#"
        # valkey 9.1
        # resp2
        > COMMAND GETKEYSANDFLAGS SET k v IFEQ a
        1) 1) "k"
           2) 1) OW
              2) update
        > COMMAND GETKEYSANDFLAGS SET k v IFEQ GET
        1) 1) "k"
           2) 1) RW
              2) access
              3) update
        > COMMAND GETKEYSANDFLAGS DELIFEQ k a
        1) 1) "k"
           2) 1) RM
              2) delete
        > COMMAND GETKEYSANDFLAGS MSETEX 2 a 1 b 2 NX EX 10
        1) 1) "a"
           2) 1) OW
              2) update
        2) 1) "b"
           2) 1) OW
              2) update
    "#,
    );
}
