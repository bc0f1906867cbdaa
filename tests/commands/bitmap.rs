//! Sessions of the bitmap commands.

use crate::harness::check;

#[test]
fn setbit_gives_the_old_bit_and_lets_the_string_grow() {
    check(
        r#"
        > SETBIT k 7 1
        (integer) 0
        > GET k
        "\x01"
        > SETBIT k 7 1
        (integer) 1
        > SETBIT k 7 0
        (integer) 1
        > GET k
        "\x00"
        > SETBIT k 23 0
        (integer) 0
        > STRLEN k
        (integer) 3
        > SETBIT k 0 1
        (integer) 0
        > GET k
        "\x80\x00\x00"
        > SETBIT big 80000 1
        (integer) 0
        > STRLEN big
        (integer) 10001
        > GETBIT big 80000
        (integer) 1
        > SETBIT big 200000 1
        (integer) 0
        > STRLEN big
        (integer) 25001
        > GETBIT big 80000
        (integer) 1
        > GETBIT big 200000
        (integer) 1
        > BITCOUNT big
        (integer) 2
    "#,
    );
}

#[test]
fn setbit_changes_any_string_and_keeps_its_deadline() {
    check(
        r#"
        > SET k 5 EX 100
        OK
        > OBJECT ENCODING k
        "int"
        > SETBIT k 0 0
        (integer) 0
        > OBJECT ENCODING k
        "raw"
        > SETBIT k 6 1
        (integer) 0
        > GET k
        "7"
        > TTL k
        (integer) 100
        > SET k abc
        OK
        > OBJECT ENCODING k
        "embstr"
        > SETBIT k 1 1
        (integer) 1
        > OBJECT ENCODING k
        "raw"
        > GET k
        "abc"
    "#,
    );
}

#[test]
fn setbit_and_getbit_refuse_other_bits_and_offsets() {
    check(
        r#"
        > RPUSH list a
        (integer) 1
        > SETBIT k -1 1
        (error) ERR bit offset is not an integer or out of range
        > SETBIT k 4294967296 1
        (error) ERR bit offset is not an integer or out of range
        > SETBIT k x 5
        (error) ERR bit offset is not an integer or out of range
        > SETBIT k 1 2
        (error) ERR bit is not an integer or out of range
        > SETBIT k 1 -1
        (error) ERR bit is not an integer or out of range
        > SETBIT k 1 01
        (error) ERR bit is not an integer or out of range
        > SETBIT list x y
        (error) ERR bit offset is not an integer or out of range
        > SETBIT list 1 y
        (error) ERR bit is not an integer or out of range
        > SETBIT list 1 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SETBIT k 1
        (error) ERR wrong number of arguments for 'setbit' command
        > SETBIT k 1 1 1
        (error) ERR wrong number of arguments for 'setbit' command
        > EXISTS k
        (integer) 0
        > GETBIT list x
        (error) ERR bit offset is not an integer or out of range
        > GETBIT list 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GETBIT k -1
        (error) ERR bit offset is not an integer or out of range
        > GETBIT k 4294967295
        (integer) 0
        > GETBIT k 4294967296
        (error) ERR bit offset is not an integer or out of range
        > GETBIT k 99999999999999999999
        (error) ERR bit offset is not an integer or out of range
        > GETBIT k
        (error) ERR wrong number of arguments for 'getbit' command
    "#,
    );
}

#[test]
fn an_offset_is_limited_by_the_longest_string() {
    check(
        r#"
        > CONFIG SET proto-max-bulk-len 1048576
        OK
        > SETBIT k 8388607 0
        (integer) 0
        > SETBIT k 8388608 0
        (error) ERR bit offset is not an integer or out of range
        > GETBIT k 8388608
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD k GET u8 8388607
        1) (integer) 0
        > BITFIELD k GET u8 8388608
        (error) ERR bit offset is not an integer or out of range
    "#,
    );
}

#[test]
fn getbit_counts_from_the_highest_bit_and_reads_zeros_behind_the_end() {
    check(
        r#"
        > SET k "\x80\x01"
        OK
        > GETBIT k 0
        (integer) 1
        > GETBIT k 1
        (integer) 0
        > GETBIT k 14
        (integer) 0
        > GETBIT k 15
        (integer) 1
        > GETBIT k 16
        (integer) 0
        > GETBIT nokey 0
        (integer) 0
        > SET n 1
        OK
        > GETBIT n 2
        (integer) 1
        > GETBIT n 7
        (integer) 1
        > OBJECT ENCODING n
        "int"
    "#,
    );
}

#[test]
fn bitcount_counts_a_string_or_a_part_of_it() {
    check(
        r#"
        > SET k foobar
        OK
        > BITCOUNT k
        (integer) 26
        > BITCOUNT k 0 0
        (integer) 4
        > BITCOUNT k 1 1
        (integer) 6
        > BITCOUNT k 1 1 BYTE
        (integer) 6
        > BITCOUNT k 5 30 BIT
        (integer) 17
        > BITCOUNT k -2 -1
        (integer) 7
        > BITCOUNT k -9 -1 bit
        (integer) 5
        > BITCOUNT k 0 9223372036854775807
        (integer) 26
        > BITCOUNT k 0 9223372036854775807 BIT
        (integer) 26
        > BITCOUNT k -9223372036854775808 9223372036854775807
        (integer) 26
        > BITCOUNT k 3 2
        (integer) 0
        > BITCOUNT k -100 -50
        (integer) 4
        > BITCOUNT k -50 -100
        (integer) 0
        > BITCOUNT k -1 -9223372036854775808
        (integer) 0
        > BITCOUNT k 100 200
        (integer) 0
        > BITCOUNT nokey
        (integer) 0
        > BITCOUNT nokey 0 -1 BIT
        (integer) 0
        > SET e ""
        OK
        > BITCOUNT e
        (integer) 0
        > BITCOUNT e 0 -1
        (integer) 0
        > BITCOUNT e -1 -1 BIT
        (integer) 0
        > SET n 255
        OK
        > BITCOUNT n
        (integer) 11
        > SET long "\xff"*100000
        OK
        > BITCOUNT long
        (integer) 800000
        > BITCOUNT long 3 99998 BIT
        (integer) 99996
        > BITCOUNT long 3 99998
        (integer) 799968
    "#,
    );
}

#[test]
fn bitcount_looks_at_its_arguments_before_its_key() {
    check(
        r#"
        # since 8.2
        > RPUSH list a
        (integer) 1
        > BITCOUNT nokey 1
        (error) ERR syntax error
        > BITCOUNT list x
        (error) ERR syntax error
        > BITCOUNT list x 2
        (error) ERR value is not an integer or out of range
        > BITCOUNT list 1 x FOO
        (error) ERR value is not an integer or out of range
        > BITCOUNT list 1 2 FOO
        (error) ERR syntax error
        > BITCOUNT list 1 2 BIT x
        (error) ERR syntax error
        > BITCOUNT list 1 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITCOUNT list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn bitpos_finds_the_first_bit() {
    check(
        r#"
        > SET k "\xff\xf0\x00"
        OK
        > BITPOS k 0
        (integer) 12
        > BITPOS k 1
        (integer) 0
        > SET k "\x00\xff\xf0"
        OK
        > BITPOS k 1 0
        (integer) 8
        > BITPOS k 1 2
        (integer) 16
        > BITPOS k 1 2 -1 BYTE
        (integer) 16
        > BITPOS k 1 7 15 BIT
        (integer) 8
        > BITPOS k 1 7 -3 bit
        (integer) 8
        > BITPOS k 0 8 -1 BIT
        (integer) 20
        > BITPOS k 0 8 18 BIT
        (integer) -1
        > BITPOS k 1 -1
        (integer) 16
        > BITPOS k 1 -3 -3
        (integer) -1
        > BITPOS k 1 3
        (integer) -1
        > BITPOS k 1 2 1
        (integer) -1
        > BITPOS k 1 -100 -50
        (integer) -1
        > BITPOS k 0 -50 -100
        (integer) 0
        > BITPOS nokey 0
        (integer) 0
        > BITPOS nokey 1
        (integer) -1
        > BITPOS nokey 0 5 2
        (integer) 0
        > SET e ""
        OK
        > BITPOS e 0
        (integer) -1
        > BITPOS e 1
        (integer) -1
        > BITPOS e 0 0 -1
        (integer) -1
        > SET n 1
        OK
        > BITPOS n 1
        (integer) 2
        > SET long "\x00"*99999
        OK
        > BITPOS long 1
        (integer) -1
        > SETBIT long 799990 1
        (integer) 0
        > BITPOS long 1
        (integer) 799990
        > BITPOS long 1 5
        (integer) 799990
        > BITPOS long 1 799991 -1 BIT
        (integer) -1
    "#,
    );
}

#[test]
fn a_string_of_ones_is_followed_by_zeros_unless_an_end_is_given() {
    check(
        r#"
        > SET k "\xff\xff\xff"
        OK
        > BITPOS k 0
        (integer) 24
        > BITPOS k 0 0
        (integer) 24
        > BITPOS k 0 1
        (integer) 24
        > BITPOS k 0 -1
        (integer) 24
        > BITPOS k 0 0 -1
        (integer) -1
        > BITPOS k 0 0 5
        (integer) -1
        > BITPOS k 0 3
        (integer) -1
        > BITPOS k 0 3 5
        (integer) -1
        > BITPOS k 0 5 10 BIT
        (integer) -1
        > BITPOS k 0 5 100 BIT
        (integer) -1
        > BITPOS k 1 5 10 BIT
        (integer) 5
    "#,
    );
}

#[test]
fn bitpos_looks_at_its_arguments_before_its_key() {
    check(
        r#"
        # since 8.2
        > RPUSH list a
        (integer) 1
        > BITPOS list 2
        (error) ERR The bit argument must be 1 or 0.
        > BITPOS list x
        (error) ERR value is not an integer or out of range
        > BITPOS list 2 x
        (error) ERR The bit argument must be 1 or 0.
        > BITPOS list 1 x
        (error) ERR value is not an integer or out of range
        > BITPOS list 1 x 1 FOO
        (error) ERR value is not an integer or out of range
        > BITPOS list 1 0 x FOO
        (error) ERR syntax error
        > BITPOS list 1 0 x
        (error) ERR value is not an integer or out of range
        > BITPOS list 1 0 1 FOO
        (error) ERR syntax error
        > BITPOS list 1 0 1 BIT BIT
        (error) ERR syntax error
        > BITPOS list 1 x 1 BIT BIT
        (error) ERR syntax error
        > BITPOS list 1 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITPOS nokey 1 x
        (error) ERR value is not an integer or out of range
        > BITPOS nokey
        (error) ERR wrong number of arguments for 'bitpos' command
    "#,
    );
}

#[test]
fn bitop_combines_strings_of_any_length() {
    check(
        r#"
        > SET a "\x0f\x0f\xff"
        OK
        > SET b "\x33"
        OK
        > SET n 12
        OK
        > BITOP AND d a b
        (integer) 3
        > GET d
        "\x03\x00\x00"
        > BITOP OR d a b
        (integer) 3
        > GET d
        "?\x0f\xff"
        > BITOP XOR d a b
        (integer) 3
        > GET d
        "<\x0f\xff"
        > BITOP NOT d a
        (integer) 3
        > GET d
        "\xf0\xf0\x00"
        > BITOP AND d a nokey
        (integer) 3
        > GET d
        "\x00\x00\x00"
        > BITOP OR d a
        (integer) 3
        > GET d
        "\x0f\x0f\xff"
        > BITOP or d n b
        (integer) 2
        > GET d
        "32"
        > OBJECT ENCODING d
        "raw"
        > BITOP NOT a a
        (integer) 3
        > GET a
        "\xf0\xf0\x00"
        > SET c "1"*50000
        OK
        > BITOP AND d c c
        (integer) 50000
        > STRLEN d
        (integer) 50000
        > BITOP XOR d c d
        (integer) 50000
        > BITCOUNT d
        (integer) 0
    "#,
    );
}

#[test]
fn bitop_has_four_more_operations() {
    check(
        r#"
        # since 8.2
        > SET x "\x0f\xff"
        OK
        > SET y1 "\x33"
        OK
        > SET y2 "\x55\x55\x55"
        OK
        > BITOP DIFF d x y1 y2
        (integer) 3
        > GET d
        "\b\xaa\x00"
        > BITOP DIFF1 d x y1 y2
        (integer) 3
        > GET d
        "p\x00U"
        > BITOP ANDOR d x y1 y2
        (integer) 3
        > GET d
        "\aU\x00"
        > BITOP ONE d x y1 y2
        (integer) 3
        > GET d
        "h\xaaU"
        > BITOP ONE d x
        (integer) 2
        > GET d
        "\x0f\xff"
        > BITOP one d x x
        (integer) 2
        > GET d
        "\x00\x00"
        > BITOP DIFF d x nokey
        (integer) 2
        > GET d
        "\x0f\xff"
        > BITOP DIFF1 d nokey x
        (integer) 2
        > GET d
        "\x0f\xff"
        > BITOP ANDOR d x nokey
        (integer) 2
        > GET d
        "\x00\x00"
    "#,
    );
}

#[test]
fn bitop_replaces_its_destination_or_deletes_it() {
    check(
        r#"
        > SET a x
        OK
        > RPUSH d 1
        (integer) 1
        > EXPIRE d 100
        (integer) 1
        > BITOP OR d a
        (integer) 1
        > TYPE d
        string
        > TTL d
        (integer) -1
        > BITOP OR d nokey nokey2
        (integer) 0
        > EXISTS d
        (integer) 0
        > SET e ""
        OK
        > SET d x
        OK
        > BITOP NOT d e
        (integer) 0
        > EXISTS d
        (integer) 0
    "#,
    );
}

#[test]
fn bitop_refuses_other_operations_and_types() {
    check(
        r#"
        > RPUSH list 1
        (integer) 1
        > BITOP FOO d list
        (error) ERR syntax error
        > BITOP NOT d list a
        (error) ERR BITOP NOT must be called with a single source key.
        > BITOP NOT d
        (error) ERR wrong number of arguments for 'bitop' command
        > BITOP NOT d list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITOP AND d a list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > EXISTS d
        (integer) 0
    "#,
    );
}

#[test]
fn bitop_wants_two_sources_where_the_first_is_special() {
    check(
        r#"
        # since 8.2
        > RPUSH list 1
        (integer) 1
        > BITOP DIFF d list
        (error) ERR BITOP DIFF must be called with at least two source keys.
        > BITOP DIFF1 d list
        (error) ERR BITOP DIFF1 must be called with at least two source keys.
        > BITOP ANDOR d list
        (error) ERR BITOP ANDOR must be called with at least two source keys.
        > BITOP ONE d list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITOP DIFF d a list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn bitfield_reads_and_writes_integers_of_any_width() {
    check(
        r#"
        > BITFIELD k SET u8 0 200
        1) (integer) 0
        > BITFIELD k GET u8 0 GET i8 0 GET u4 0 GET u4 4 GET i1 0 GET u1 7
        1) (integer) 200
        2) (integer) -56
        3) (integer) 12
        4) (integer) 8
        5) (integer) -1
        6) (integer) 0
        > BITFIELD k SET i5 3 -3 GET i5 3
        1) (integer) 8
        2) (integer) -3
        > GET k
        "\xdd"
        > BITFIELD k SET u8 #1 65 SET u8 #2 66
        1) (integer) 0
        2) (integer) 0
        > GET k
        "\xddAB"
        > BITFIELD k GET u16 #0 GET u16 4 GET i64 0 GET u63 1
        1) (integer) 56641
        2) (integer) 54292
        3) (integer) -2503647350073851904
        4) (integer) 6719724686780923904
        > BITFIELD k INCRBY u8 0 5 INCRBY u8 0 -10
        1) (integer) 226
        2) (integer) 216
        > BITFIELD k SET i64 100 -9223372036854775808 GET i64 100 INCRBY i64 100 1
        1) (integer) 0
        2) (integer) -9223372036854775808
        3) (integer) -9223372036854775807
        > BITFIELD k SET u63 37 9223372036854775807 GET u63 37
        1) (integer) 0
        2) (integer) 9223372036854775807
        > STRLEN k
        (integer) 21
        > BITFIELD k
        (empty array)
        > BITFIELD nokey
        (empty array)
        > BITFIELD nokey GET u8 0 GET i64 1000000
        1) (integer) 0
        2) (integer) 0
        > EXISTS nokey
        (integer) 0
        > BITFIELD k GET u8 4294967295
        1) (integer) 0
        > BITFIELD far SET u1 100000 1 GET u8 #12500
        1) (integer) 0
        2) (integer) 128
        > STRLEN far
        (integer) 12501
    "#,
    );
}

#[test]
fn bitfield_overflows_in_three_ways() {
    check(
        r#"
        > BITFIELD k SET u8 0 250 SET i8 8 120
        1) (integer) 0
        2) (integer) 0
        > BITFIELD k INCRBY u8 0 10 INCRBY i8 8 10
        1) (integer) 4
        2) (integer) -126
        > BITFIELD k OVERFLOW SAT INCRBY u8 0 255 INCRBY i8 8 -100
        1) (integer) 255
        2) (integer) -128
        > BITFIELD k OVERFLOW SAT INCRBY u8 0 -300 INCRBY i8 8 300
        1) (integer) 0
        2) (integer) 127
        > BITFIELD k OVERFLOW FAIL INCRBY u8 0 -1 INCRBY i8 8 1 GET u8 0 GET i8 8
        1) (nil)
        2) (nil)
        3) (integer) 0
        4) (integer) 127
        > BITFIELD k OVERFLOW FAIL INCRBY u8 0 255 OVERFLOW WRAP INCRBY u8 0 2
        1) (integer) 255
        2) (integer) 1
        > BITFIELD k SET u8 0 300 SET i8 8 -129 GET u8 0 GET i8 8
        1) (integer) 1
        2) (integer) 127
        3) (integer) 44
        4) (integer) 127
        > BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0 SET i8 8 -300 GET i8 8
        1) (integer) 44
        2) (integer) 255
        3) (integer) 127
        4) (integer) -128
        > BITFIELD k OVERFLOW fail SET u8 0 256 SET i8 8 128 GET u8 0 GET i8 8
        1) (nil)
        2) (nil)
        3) (integer) 255
        4) (integer) -128
        > BITFIELD k OVERFLOW SAT SET u63 0 -1 GET u63 0
        1) (integer) 9205357638345293824
        2) (integer) 9223372036854775807
        > BITFIELD k OVERFLOW FAIL SET u63 0 -1 INCRBY u63 0 1
        1) (nil)
        2) (nil)
        > BITFIELD k OVERFLOW WRAP INCRBY u63 0 1 INCRBY u63 0 -9223372036854775808
        1) (integer) 0
        2) (integer) 0
        > BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 9223372036854775807
        1) (integer) 0
        2) (integer) -2
        > BITFIELD k OVERFLOW SAT INCRBY i64 0 -9223372036854775808 INCRBY i64 0 -9223372036854775808
        1) (integer) -9223372036854775808
        2) (integer) -9223372036854775808
        > BITFIELD k OVERFLOW WRAP
        (empty array)
    "#,
    );
}

#[test]
fn a_refused_write_lets_the_string_grow_all_the_same() {
    check(
        r#"
        > BITFIELD k OVERFLOW FAIL SET u8 80 300
        1) (nil)
        > EXISTS k
        (integer) 1
        > STRLEN k
        (integer) 11
        > SET n 12
        OK
        > BITFIELD n GET u8 0
        1) (integer) 49
        > OBJECT ENCODING n
        "int"
        > BITFIELD n SET u8 0 49
        1) (integer) 49
        > OBJECT ENCODING n
        "raw"
        > GET n
        "12"
        > SET e abc EX 100
        OK
        > BITFIELD e OVERFLOW FAIL INCRBY u8 0 255
        1) (nil)
        > OBJECT ENCODING e
        "raw"
        > TTL e
        (integer) 100
    "#,
    );
}

#[test]
fn bitfield_reads_all_operations_before_it_looks_at_its_key() {
    check(
        r#"
        > RPUSH list 1
        (integer) 1
        > BITFIELD list FOO
        (error) ERR syntax error
        > BITFIELD list GET
        (error) ERR syntax error
        > BITFIELD list GET u8
        (error) ERR syntax error
        > BITFIELD list GET x x
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET u8 x
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u0 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET u64 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET i65 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET U8 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET u08 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET u 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET "" 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > BITFIELD list GET u8 -1
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u8 4294967296
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u8 #
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u8 #-1
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u8 #536870912
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list GET u8 #9223372036854775807
        (error) ERR bit offset is not an integer or out of range
        > BITFIELD list SET u8 0
        (error) ERR syntax error
        > BITFIELD list SET u8 0 x
        (error) ERR value is not an integer or out of range
        > BITFIELD list INCRBY u8 0
        (error) ERR syntax error
        > BITFIELD list INCRBY i64 0 9223372036854775808
        (error) ERR value is not an integer or out of range
        > BITFIELD list OVERFLOW
        (error) ERR syntax error
        > BITFIELD list OVERFLOW FOO
        (error) ERR Invalid OVERFLOW type specified
        > BITFIELD list OVERFLOW GET u8 0
        (error) ERR Invalid OVERFLOW type specified
        > BITFIELD list GET u8 0 OVERFLOW
        (error) ERR syntax error
        > BITFIELD list SET u8 0 1 FOO
        (error) ERR syntax error
        > BITFIELD list SET u8 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITFIELD list GET u8 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITFIELD list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        # The product of width and number wraps around.
        > SET k abc
        OK
        > BITFIELD k GET u8 #2305843009213693952 GET u8 #2305843009213693953
        1) (integer) 97
        2) (integer) 98
    "#,
    );
}

#[test]
fn bitfield_ro_only_reads() {
    check(
        r#"
        > SET k abc
        OK
        > BITFIELD_RO k GET u8 0 GET i5 #2
        1) (integer) 97
        2) (integer) -15
        > BITFIELD_RO k
        (empty array)
        > BITFIELD_RO nokey GET u8 0 GET u1 77
        1) (integer) 0
        2) (integer) 0
        > BITFIELD_RO k GET u8 0 OVERFLOW WRAP
        1) (integer) 97
        > BITFIELD_RO k SET u8 0 1
        (error) ERR BITFIELD_RO only supports the GET subcommand
        > BITFIELD_RO k GET u8 0 INCRBY u8 0 1
        (error) ERR BITFIELD_RO only supports the GET subcommand
        > BITFIELD_RO k SET u8 0 0 GET x x
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > RPUSH list 1
        (integer) 1
        > BITFIELD_RO list SET u8 0 0
        (error) ERR BITFIELD_RO only supports the GET subcommand
        > BITFIELD_RO list GET u8 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BITFIELD_RO list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}
