//! Sessions of the set commands.

use crate::harness::check;

#[test]
fn members_are_added_once_and_counted() {
    check(
        r#"
        # since 7.2
        # resp2
        > SADD s a b a
        (integer) 2
        > SADD s a c
        (integer) 1
        > SADD s b
        (integer) 0
        > SCARD s
        (integer) 3
        > SCARD nokey
        (integer) 0
        > TYPE s
        set
        > OBJECT ENCODING s
        "listpack"
        > SISMEMBER s a
        (integer) 1
        > SISMEMBER s z
        (integer) 0
        > SISMEMBER nokey a
        (integer) 0
        > SMISMEMBER s a z b
        1) (integer) 1
        2) (integer) 0
        3) (integer) 1
        > SMISMEMBER nokey a b
        1) (integer) 0
        2) (integer) 0
        > SMEMBERS s
        1) "a"
        2) "b"
        3) "c"
        > SMEMBERS nokey
        (empty array)
        > SREM s a z
        (integer) 1
        > SREM s z
        (integer) 0
        > SREM nokey a
        (integer) 0
        > SREM s b c
        (integer) 2
        > EXISTS s
        (integer) 0
        > SET k v
        OK
        > SADD k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SREM k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SCARD k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SISMEMBER k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SMISMEMBER k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SMEMBERS k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SADD s
        (error) ERR wrong number of arguments for 'sadd' command
        > SREM s
        (error) ERR wrong number of arguments for 'srem' command
    "#,
    );
}

#[test]
fn a_set_has_the_encoding_that_its_members_ask_for() {
    check(
        r#"
        # since 7.2
        # resp2
        > SADD i 3 1 2
        (integer) 3
        > OBJECT ENCODING i
        "intset"
        > SMEMBERS i
        1) "1"
        2) "2"
        3) "3"
        > SADD i 70000 -5000000000
        (integer) 2
        > SMEMBERS i
        1) "-5000000000"
        2) "1"
        3) "2"
        4) "3"
        5) "70000"
        > SADD i x
        (integer) 1
        > OBJECT ENCODING i
        "listpack"
        > SADD i "y"*65
        (integer) 1
        > OBJECT ENCODING i
        "hashtable"
        > CONFIG SET set-max-intset-entries 3
        OK
        > SADD j 1 2 3
        (integer) 3
        > OBJECT ENCODING j
        "intset"
        > SADD j 4
        (integer) 1
        > OBJECT ENCODING j
        "hashtable"
        > SADD k 1 2 3 4
        (integer) 4
        > OBJECT ENCODING k
        "listpack"
        > CONFIG SET set-max-listpack-entries 3
        OK
        > SADD l a b c
        (integer) 3
        > OBJECT ENCODING l
        "listpack"
        > SADD l d
        (integer) 1
        > OBJECT ENCODING l
        "hashtable"
        > SADD m a b c d
        (integer) 4
        > OBJECT ENCODING m
        "hashtable"
        > SADD n 1 2 3
        (integer) 3
        > SADD n 01
        (integer) 1
        > OBJECT ENCODING n
        "hashtable"
        > SISMEMBER n 01
        (integer) 1
        > SISMEMBER n 1
        (integer) 1
        > CONFIG SET set-max-listpack-value 2
        OK
        > SADD o 1
        (integer) 1
        > SADD o abc
        (integer) 1
        > OBJECT ENCODING o
        "hashtable"
        > SADD p 100
        (integer) 1
        > SADD p a
        (integer) 1
        > OBJECT ENCODING p
        "hashtable"
    "#,
    );
}

#[test]
fn smove_takes_a_member_along() {
    check(
        r#"
        # since 7.2
        # resp2
        > SADD a x y 1
        (integer) 3
        > SADD b z
        (integer) 1
        > SMOVE a b x
        (integer) 1
        > SMOVE a b x
        (integer) 0
        > SMOVE nokey b x
        (integer) 0
        > SMOVE a a y
        (integer) 1
        > SMOVE a a z
        (integer) 0
        > SMOVE a new 1
        (integer) 1
        > SMOVE a b y
        (integer) 1
        > EXISTS a
        (integer) 0
        > SMEMBERS b
        1) "z"
        2) "x"
        3) "y"
        > SET s v
        OK
        > SMOVE s b x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SMOVE b s z
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SMOVE nokey s z
        (integer) 0
        > SMOVE b s nothing
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SADD c z
        (integer) 1
        > SMOVE b c z
        (integer) 1
        > SCARD c
        (integer) 1
    "#,
    );
}

#[test]
fn sets_are_united_intersected_and_subtracted() {
    check(
        r#"
        # resp2
        > SADD a 1 2 3 x y
        (integer) 5
        > SADD b 2 3 4 y z
        (integer) 5
        > SADD c 3 y 5
        (integer) 3
        # sorted
        > SINTER a b c
        1) "3"
        2) "y"
        # sorted
        > SINTER a
        1) "1"
        2) "2"
        3) "3"
        4) "x"
        5) "y"
        # sorted
        > SUNION a b c
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        6) "x"
        7) "y"
        8) "z"
        # sorted
        > SUNION nokey a
        1) "1"
        2) "2"
        3) "3"
        4) "x"
        5) "y"
        # sorted
        > SDIFF a b
        1) "1"
        2) "x"
        > SDIFF a b a
        (empty array)
        # sorted
        > SDIFF a nokey
        1) "1"
        2) "2"
        3) "3"
        4) "x"
        5) "y"
        > SDIFF nokey a
        (empty array)
        > SINTER a nokey
        (empty array)
        > SINTER nokey
        (empty array)
        > SINTERCARD 2 a b
        (integer) 3
        > SINTERCARD 2 a b LIMIT 2
        (integer) 2
        > SINTERCARD 2 a b LIMIT 0
        (integer) 3
        > SINTERCARD 2 a nokey
        (integer) 0
        > SINTERCARD 0 a
        (error) ERR numkeys should be greater than 0
        > SINTERCARD x a
        (error) ERR numkeys should be greater than 0
        > SINTERCARD 3 a b
        (error) ERR Number of keys can't be greater than number of args
        > SINTERCARD 1 a LIMIT -1
        (error) ERR LIMIT can't be negative
        > SINTERCARD 1 a LIMIT x
        (error) ERR LIMIT can't be negative
        > SINTERCARD 1 a LIMIT
        (error) ERR syntax error
        > SINTERCARD 1 a FOO 1
        (error) ERR syntax error
        > SET k v
        OK
        > SINTER a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SINTER nokey k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SUNION a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SDIFF a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SDIFF nokey k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SINTERCARD 2 a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn results_are_stored_over_whatever_was_there() {
    check(
        r#"
        # since 7.2
        # resp2
        > SADD a 1 2 3 x
        (integer) 4
        > SADD b 2 3 4 y
        (integer) 4
        > SINTERSTORE d a b
        (integer) 2
        > OBJECT ENCODING d
        "intset"
        > SMEMBERS d
        1) "2"
        2) "3"
        > SUNIONSTORE d a b
        (integer) 6
        > OBJECT ENCODING d
        "listpack"
        > SDIFFSTORE d a b
        (integer) 2
        # sorted
        > SMEMBERS d
        1) "1"
        2) "x"
        > SDIFFSTORE d a a
        (integer) 0
        > EXISTS d
        (integer) 0
        > SINTERSTORE d a nokey
        (integer) 0
        > SET d string EX 100
        OK
        > SUNIONSTORE d a
        (integer) 4
        > TTL d
        (integer) -1
        > SCARD d
        (integer) 4
        > SINTERSTORE a a b
        (integer) 2
        # sorted
        > SMEMBERS a
        1) "2"
        2) "3"
        > SDIFFSTORE b b a
        (integer) 2
        # sorted
        > SMEMBERS b
        1) "4"
        2) "y"
        > SUNIONSTORE b nokey nokey
        (integer) 0
        > EXISTS b
        (integer) 0
        > SET k v
        OK
        > SINTERSTORE d a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SUNIONSTORE d k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SDIFFSTORE d a k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SUNIONSTORE k a
        (integer) 2
        > TYPE k
        set
    "#,
    );
}

#[test]
fn random_members_are_members() {
    check(
        r#"
        # resp2
        > SADD one x
        (integer) 1
        > SRANDMEMBER one
        "x"
        > SRANDMEMBER one 3
        1) "x"
        > SRANDMEMBER one -3
        1) "x"
        2) "x"
        3) "x"
        > SRANDMEMBER one 0
        (empty array)
        > SRANDMEMBER nokey
        (nil)
        > SRANDMEMBER nokey 2
        (empty array)
        > SRANDMEMBER nokey -2
        (empty array)
        > SADD s 1 2 3
        (integer) 3
        # sorted
        > SRANDMEMBER s 3
        1) "1"
        2) "2"
        3) "3"
        # sorted
        > SRANDMEMBER s 9
        1) "1"
        2) "2"
        3) "3"
        > SRANDMEMBER s x
        (error) ERR value is not an integer or out of range
        > SRANDMEMBER s -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > SRANDMEMBER s 1 2
        (error) ERR syntax error
        > SPOP one
        "x"
        > EXISTS one
        (integer) 0
        > SPOP nokey
        (nil)
        > SPOP nokey 1
        (empty array)
        > SPOP s 0
        (empty array)
        # sorted
        > SPOP s 5
        1) "1"
        2) "2"
        3) "3"
        > EXISTS s
        (integer) 0
        > SADD s a
        (integer) 1
        > SPOP s -1
        (error) ERR value is out of range, must be positive
        > SPOP s x
        (error) ERR value is out of range, must be positive
        > SPOP s 1 2
        (error) ERR syntax error
        > SPOP s 1
        1) "a"
        > SET k v
        OK
        > SPOP k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SPOP k 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SRANDMEMBER k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SRANDMEMBER k 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn sets_are_sets_in_the_new_protocol() {
    check(
        r#"
        # resp3
        > SADD s 1
        (integer) 1
        > SMEMBERS s
        1~ "1"
        > SMEMBERS nokey
        (empty set)
        > SINTER s
        1~ "1"
        > SUNION s nokey
        1~ "1"
        > SDIFF s
        1~ "1"
        > SINTER nokey
        (empty set)
        > SRANDMEMBER s 1
        1) "1"
        > SRANDMEMBER nokey 1
        (empty array)
        > SMISMEMBER s 1 2
        1) (integer) 1
        2) (integer) 0
        > SPOP nokey 1
        (empty set)
        > SPOP nokey
        (nil)
        > SPOP s 1
        1~ "1"
        > SSCAN s 0
        1) "0"
        2) (empty array)
    "#,
    );
}

#[test]
fn a_small_set_is_scanned_at_once() {
    check(
        r#"
        # since 7.2
        > SADD s 1 2 3 12
        (integer) 4
        > SSCAN s 0
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "12"
        > SSCAN s 0 MATCH 1*
        1) "0"
        2) 1) "1"
           2) "12"
        > SSCAN s 0 MATCH * COUNT 1
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "12"
        > SSCAN s 7
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "12"
        > SSCAN nokey 0
        1) "0"
        2) (empty array)
        > SSCAN nokey x
        (error) ERR invalid cursor
        > SSCAN nokey 0 COUNT 0
        1) "0"
        2) (empty array)
        > SSCAN s x
        (error) ERR invalid cursor
        > SSCAN s 0 COUNT 0
        (error) ERR syntax error
        > SSCAN s 0 COUNT x
        (error) ERR value is not an integer or out of range
        > SSCAN s 0 FOO
        (error) ERR syntax error
        > SSCAN s 0 MATCH
        (error) ERR syntax error
        > SSCAN s 0 NOVALUES
        (error) ERR NOVALUES option can only be used in HSCAN
        > SET k v
        OK
        > SSCAN k 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn a_digest_of_sets_knows_no_order() {
    check(
        r#"
        > SADD s 1 2 3
        (integer) 3
        > DEBUG DIGEST-VALUE s
        1) 2a462a3f51a1db89738ebbeef0c47ce1bbc85246
        > SADD t 3 2 x 1
        (integer) 4
        > SREM t x
        (integer) 1
        > DEBUG DIGEST-VALUE t
        1) 2a462a3f51a1db89738ebbeef0c47ce1bbc85246
        > SADD u "z"*100 3 1 2
        (integer) 4
        > SREM u "z"*100
        (integer) 1
        > OBJECT ENCODING u
        "hashtable"
        > DEBUG DIGEST-VALUE u
        1) 2a462a3f51a1db89738ebbeef0c47ce1bbc85246
        > COPY u v
        (integer) 1
        > DEBUG DIGEST-VALUE v
        1) 2a462a3f51a1db89738ebbeef0c47ce1bbc85246
        > SREM v 1
        (integer) 1
        > SCARD u
        (integer) 3
        > DEBUG DIGEST
        d0f10a6a41284385c312bb03a5909fbe55e200b6
    "#,
    );
}

#[test]
fn without_room_for_integers_a_new_set_is_a_listpack() {
    check(
        r#"
        # since 7.2
        > CONFIG SET set-max-intset-entries 0
        OK
        > SADD a 1
        (integer) 1
        > OBJECT ENCODING a
        "listpack"
        > SMOVE a b 1
        (integer) 1
        > OBJECT ENCODING b
        "listpack"
        > SADD c 1 2 3
        (integer) 3
        > OBJECT ENCODING c
        "listpack"
        > SINTERSTORE d c
        (integer) 3
        > OBJECT ENCODING d
        "listpack"
        > CONFIG SET set-max-listpack-entries 0
        OK
        > SADD e 1
        (integer) 1
        > OBJECT ENCODING e
        "hashtable"
    "#,
    );
}

#[test]
fn the_form_of_a_stored_set_depends_on_what_is_added_first() {
    check(
        r#"
        # since 7.2
        > SADD ints 5 6
        (integer) 2
        > CONFIG SET set-max-intset-entries 1
        OK
        > SADD packed 5 6
        (integer) 2
        > SADD mixed 5 6 a
        (integer) 3
        > SADD behind a 5 6
        (integer) 3
        > SUNIONSTORE d packed
        (integer) 2
        > OBJECT ENCODING d
        "hashtable"
        > SDIFFSTORE d mixed
        (integer) 3
        > OBJECT ENCODING d
        "hashtable"
        > SDIFFSTORE d behind
        (integer) 3
        > OBJECT ENCODING d
        "listpack"
        > SINTERSTORE d ints
        (integer) 2
        > OBJECT ENCODING d
        "hashtable"
        > SINTERSTORE d packed
        (integer) 2
        > OBJECT ENCODING d
        "listpack"
        > SADD one 5
        (integer) 1
        > SINTERSTORE d mixed behind one
        (integer) 1
        > OBJECT ENCODING d
        "intset"
        > CONFIG SET set-max-intset-entries 2
        OK
        > SINTERSTORE d mixed packed
        (integer) 2
        > OBJECT ENCODING d
        "intset"
    "#,
    );
}

#[test]
fn as_many_members_as_a_form_may_not_hold_end_it_also_if_they_are_there() {
    check(
        r#"
        # since 7.2
        > SADD a x y
        (integer) 2
        > SADD n 1 2 3
        (integer) 3
        > CONFIG SET set-max-listpack-entries 1
        OK
        > CONFIG SET set-max-intset-entries 1
        OK
        > SADD a x
        (integer) 0
        > OBJECT ENCODING a
        "listpack"
        > SADD a x x
        (integer) 0
        > OBJECT ENCODING a
        "hashtable"
        > SADD n 1
        (integer) 0
        > OBJECT ENCODING n
        "intset"
        > SADD n 1 2
        (integer) 0
        > OBJECT ENCODING n
        "hashtable"
    "#,
    );
}

#[test]
fn the_form_of_a_stored_difference_depends_on_how_many_are_taken_away() {
    check(
        r#"
        # since 7.2
        > SADD a x 1 2 3 4 5 6 7 8
        (integer) 9
        > SADD b x
        (integer) 1
        > SDIFFSTORE d a b
        (integer) 8
        > OBJECT ENCODING d
        "intset"
        > SDIFFSTORE d a none b none
        (integer) 8
        > OBJECT ENCODING d
        "intset"
        > SDIFFSTORE d a b b
        (integer) 8
        > OBJECT ENCODING d
        "listpack"
        > SDIFFSTORE d none a b b
        (integer) 0
        > EXISTS d
        (integer) 0
    "#,
    );
}

#[test]
fn sscan_takes_no_empty_option() {
    check(
        r#"
        > SADD s 3
        (integer) 1
        > SSCAN s 0 ""
        (error) ERR syntax error
        > SSCAN s 0 MATCH 3 ""
        (error) ERR syntax error
        > ZADD z 1 a
        (integer) 1
        > ZSCAN z 0 ""
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_stored_difference_looks_its_keys_up_once() {
    check(
        r#"
        # resp2
        > SADD a 1 2 3
        (integer) 3
        > SADD b 2
        (integer) 1
        > CONFIG RESETSTAT
        OK
        > SDIFFSTORE d a b nokey
        (integer) 2
        > INFO stats
        | # Stats
        ...
        ~ | keyspace_hits:2
        ~ | keyspace_misses:1
        ...
    "#,
    );
}
