//! Sessions of the `HyperLogLog` commands. What GET shows, and the digests, are Redis's own bytes.

use crate::harness::check;

#[test]
fn pfadd_says_whether_anything_changed() {
    check(
        r#"
        > PFADD h
        (integer) 1
        > PFADD h
        (integer) 0
        > GET h
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
        > PFADD h a b c
        (integer) 1
        > PFADD h a
        (integer) 0
        > PFADD h c b ""
        (integer) 1
        > PFADD h ""
        (integer) 0
        > GET h
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80W1\x84I\xc0\x80P\xb1\x84K\xfb\x80BZ"
        > PFCOUNT h
        (integer) 4
        > GET h
        "HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00W1\x84I\xc0\x80P\xb1\x84K\xfb\x80BZ"
        > PFCOUNT h
        (integer) 4
        > PFADD h a
        (integer) 0
        > GET h
        "HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00W1\x84I\xc0\x80P\xb1\x84K\xfb\x80BZ"
        > PFADD h d
        (integer) 1
        > GET h
        "HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x80W1\x84EH\x80Dv\x80P\xb1\x84K\xfb\x80BZ"
        > PFADD new a a a
        (integer) 1
        > PFCOUNT new
        (integer) 1
        > OBJECT ENCODING new
        "raw"
        > TYPE new
        string
    "#,
    );
}

#[test]
fn a_string_from_another_server_goes_on_being_counted() {
    check(
        r#"
        > SET h "HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00`\xf3\x80P\xb1\x84K\xfb\x80BZ" EX 100
        OK
        > PFCOUNT h
        (integer) 3
        > PFADD h a
        (integer) 0
        > PFADD h x
        (integer) 1
        > PFCOUNT h
        (integer) 4
        > TTL h
        (integer) 100
        > GET h
        "HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00`\xf3\x80P\xb1\x84K\xfb\x80BP\x84\b"
        # A count that was kept is believed.
        > SET h "HYLL\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00`\xf3\x80P\xb1\x84K\xfb\x80BZ"
        OK
        > PFCOUNT h
        (integer) 7
        > PFCOUNT h nokey
        (integer) 3
    "#,
    );
}

#[test]
fn a_sparse_one_grows_and_becomes_dense() {
    check(
        r#"
        # since 8.2
        > CONFIG SET hll-sparse-max-bytes 60
        OK
        > PFADD h e1 e2 e3 e4 e5 e6 e7 e8
        (integer) 1
        > PFDEBUG ENCODING h
        sparse
        > PFDEBUG DECODE h
        "Z:3158 v:2,1 Z:4042 v:1,1 Z:1043 v:2,1 Z:2642 v:2,1 Z:782 v:2,1 Z:260 v:2,1 Z:3770 v:2,1 Z:245 v:2,1 Z:434"
        > STRLEN h
        (integer) 42
        > DEBUG DIGEST-VALUE h
        1) ffdadb199c95f8043187ef306a88b1a70248e04c
        > PFADD h e9 e10 e11 e12 e13
        (integer) 1
        > STRLEN h
        (integer) 57
        > PFADD h e14
        (integer) 1
        > STRLEN h
        (integer) 60
        > PFADD h e15 e16
        (integer) 1
        > PFDEBUG ENCODING h
        dense
        > STRLEN h
        (integer) 12304
        > PFCOUNT h
        (integer) 16
        > DEBUG DIGEST-VALUE h
        1) a7a4a66f887b86e9763d5d55052c10947e5cae67
        > PFADD h e16
        (integer) 0
        > PFADD h e17
        (integer) 1
        > DEBUG DIGEST-VALUE h
        1) cc73acea04487e7d14b57ab278c6ea2983444eb7
        > CONFIG SET hll-sparse-max-bytes 0
        OK
        > PFADD d
        (integer) 1
        > PFDEBUG ENCODING d
        sparse
        > PFADD d a
        (integer) 1
        > PFDEBUG ENCODING d
        dense
    "#,
    );
}

#[test]
fn pfcount_of_several_counts_the_union() {
    check(
        r#"
        > PFADD a 1 2 3 4 5
        (integer) 1
        > PFADD b 4 5 6 7
        (integer) 1
        > PFCOUNT a
        (integer) 5
        > PFCOUNT b
        (integer) 4
        > PFCOUNT a b
        (integer) 7
        > PFCOUNT a nokey b a
        (integer) 7
        > PFCOUNT nokey
        (integer) 0
        > PFCOUNT nokey nokey2
        (integer) 0
        > EXISTS nokey
        (integer) 0
        > PFDEBUG TODENSE b
        (integer) 1
        > PFCOUNT a b
        (integer) 7
        > PFCOUNT b
        (integer) 4
    "#,
    );
}

#[test]
fn pfmerge_makes_a_union() {
    check(
        r#"
        > PFADD a 1 2 3 4 5
        (integer) 1
        > PFADD b 4 5 6 7
        (integer) 1
        > PFMERGE d a b
        OK
        > PFCOUNT d
        (integer) 7
        > GET d
        "HYLL\x01\x00\x00\x00\a\x00\x00\x00\x00\x00\x00\x00A\xee\x84H#\x80SQ\x80Mt\x80O\x18\x80B\x12\x8c@\xcf\x84C\""
        > PFMERGE d
        OK
        > GET d
        "HYLL\x01\x00\x00\x00\a\x00\x00\x00\x00\x00\x00\x80A\xee\x84H#\x80SQ\x80Mt\x80O\x18\x80B\x12\x8c@\xcf\x84C\""
        > PFMERGE new
        OK
        > GET new
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
        > PFMERGE new nokey nokey2
        OK
        > PFCOUNT new
        (integer) 0
        > EXPIRE a 100
        (integer) 1
        > PFMERGE a b
        OK
        > PFCOUNT a
        (integer) 7
        > TTL a
        (integer) 100
        > PFMERGE a a a
        OK
        > DEBUG DIGEST-VALUE a
        1) 765ca4e3d1bd1c2ecbab1660ed4504867e52db27
        # What is merged with a dense one becomes dense.
        > PFADD x 1 2
        (integer) 1
        > PFADD y 3 4
        (integer) 1
        > PFDEBUG TODENSE y
        (integer) 1
        > PFMERGE x y
        OK
        > PFDEBUG ENCODING x
        dense
        > PFCOUNT x
        (integer) 4
        > PFMERGE z y a
        OK
        > PFDEBUG ENCODING z
        dense
        > PFCOUNT z
        (integer) 7
        > DEBUG DIGEST-VALUE z
        1) 1bc903469de6e5c08d66ac77efbf24c3d9d80c8b
        > PFMERGE z b
        OK
        > DEBUG DIGEST-VALUE z
        1) c5b5e891e86e2b14d98e7524afd92238d259d473
    "#,
    );
}

#[test]
fn pfmerge_keeps_to_the_limit_of_sparse_ones() {
    check(
        r#"
        > PFADD a 1 2 3 4 5 6 7 8 9 10
        (integer) 1
        > PFADD b 11 12 13 14 15 16 17 18
        (integer) 1
        > CONFIG SET hll-sparse-max-bytes 60
        OK
        > PFMERGE d a b
        OK
        > PFDEBUG ENCODING d
        dense
        > PFCOUNT d
        (integer) 18
        > CONFIG SET hll-sparse-max-bytes 3000
        OK
        > PFMERGE e a b
        OK
        > PFDEBUG ENCODING e
        sparse
        > PFDEBUG DECODE e
        "Z:495 v:2,1 Z:1042 v:1,1 Z:1041 v:1,1 Z:1315 v:1,1 Z:246 v:3,1 Z:1767 v:1,1 Z:1394 v:5,1 Z:220 v:1,1 Z:854 v:1,1 Z:850 v:4,1 Z:273 v:1,1 Z:1317 v:1,1 Z:147 v:1,1 Z:3136 v:1,1 Z:728 v:1,1 Z:531 v:4,1 Z:185 v:1,1 z:22 v:2,1 Z:803"
    "#,
    );
}

#[test]
fn neighbours_share_runs() {
    check(
        r#"
        > SET h "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
        OK
        > PFDEBUG DECODE h
        "Z:16384"
        > SET h "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x60\xf2\x80\x80\x80\x80\x80\x5f\x07"
        OK
        > PFDEBUG DECODE h
        "Z:8435 v:1,1 v:1,1 v:1,1 v:1,1 v:1,1 Z:7944"
        > PFADD h a
        (integer) 1
        > PFDEBUG DECODE h
        "Z:8435 v:1,1 v:1,1 v:1,1 v:1,1 v:1,1 Z:4271 v:2,1 Z:3672"
        > PFCOUNT h
        (integer) 6
        > PFMERGE h2 h
        OK
        > PFDEBUG DECODE h2
        "Z:8435 v:1,4 v:1,1 Z:4271 v:2,1 Z:3672"
    "#,
    );
}

#[test]
fn what_is_no_hyperloglog_is_refused() {
    check(
        r#"
        > SET s abc
        OK
        > SET n 12345
        OK
        > SET short "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        OK
        > SET other "HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        OK
        > SET dense "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        OK
        > PFADD s a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD n a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD short
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD other a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD dense a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFCOUNT s
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFCOUNT n
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFCOUNT nokey s
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE s
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE s nokey
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE d s
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > EXISTS d
        (integer) 0
        > PFDEBUG FOO s
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD
        (error) ERR wrong number of arguments for 'pfadd' command
        > PFCOUNT
        (error) ERR wrong number of arguments for 'pfcount' command
        > PFMERGE
        (error) ERR wrong number of arguments for 'pfmerge' command
    "#,
    );
}

#[test]
fn another_type_is_refused() {
    check(
        r#"
        > RPUSH list 1
        (integer) 1
        > SET s abc
        OK
        > PFADD list a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > PFCOUNT list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > PFCOUNT nokey list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > PFCOUNT s list
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > PFMERGE d list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > PFDEBUG FOO list
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn what_is_corrupt_is_refused() {
    check(
        r#"
        # More registers than there are, fewer, and none.
        > SET many "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x00"
        OK
        > SET few "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x40\x01"
        OK
        > SET none "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
        OK
        > PFCOUNT many
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFCOUNT few
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFCOUNT none
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFCOUNT few nokey
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFADD few a
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFADD none a
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFMERGE d few
        (error) INVALIDOBJ Corrupted HLL object detected
        > EXISTS d
        (integer) 0
        > PFMERGE few
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFDEBUG TODENSE few
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFDEBUG GETREG none
        (error) INVALIDOBJ Corrupted HLL object detected
        > PFDEBUG DECODE few
        "Z:2"
        > PFDEBUG DECODE none
        ""
        > PFDEBUG ENCODING none
        sparse
        > PFADD h a b c
        (integer) 1
        > SETRANGE h 16 "\xff\xff\xff\xff\xff\xff\xff"
        (integer) 27
        > PFCOUNT h
        (error) INVALIDOBJ Corrupted HLL object detected
    "#,
    );
}

#[test]
fn forged_registers_count_beyond_63_bits() {
    check(
        r#"
        > SET h "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80""\xff"*12288
        OK
        > PFCOUNT h
        (integer) -9223372036854775808
        > PFADD h a
        (integer) 0
        > SET h "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80""\x00"*12288
        OK
        > PFCOUNT h
        (integer) 0
        > PFADD h a
        (integer) 1
        > PFCOUNT h
        (integer) 1
        > DEBUG DIGEST-VALUE h
        1) 78d8d756947a0d3c7d1727b504707607a3161bdf
    "#,
    );
}

#[test]
fn pfdebug_shows_the_inner_form() {
    check(
        r#"
        > PFADD h a b c
        (integer) 1
        > PFDEBUG ENCODING h
        sparse
        > PFDEBUG DECODE h
        "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
        > pfdebug decode h
        "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
        > PFDEBUG TODENSE h
        (integer) 1
        > PFDEBUG TODENSE h
        (integer) 0
        > PFDEBUG ENCODING h
        dense
        > PFDEBUG DECODE h
        (error) ERR HLL encoding is not sparse
        > PFDEBUG FOO h
        (error) ERR Unknown PFDEBUG subcommand 'FOO'
        > PFDEBUG ENCODING nokey
        (error) ERR The specified key does not exist
        > PFDEBUG FOO nokey
        (error) ERR The specified key does not exist
        > PFDEBUG ENCODING
        (error) ERR wrong number of arguments for 'pfdebug' command
        > PFDEBUG ENCODING h x
        (error) ERR wrong number of arguments for 'pfdebug' command
        > PFADD g a
        (integer) 1
        > PFDEBUG GETREG g
            1) (integer) 0
        ...
        16384) (integer) 0
        > PFDEBUG ENCODING g
        dense
        > PFSELFTEST
        OK
        > PFSELFTEST x
        (error) ERR wrong number of arguments for 'pfselftest' command
    "#,
    );
}

#[test]
fn pfdebug_takes_a_word_on_simd() {
    check(
        r#"
        # since 8.2
        > PFDEBUG SIMD ON
        enabled
        > PFDEBUG SIMD off
        disabled
    "#,
    );
}
