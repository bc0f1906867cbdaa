//! Sessions of SORT.

use crate::harness::check;

#[test]
fn numbers_are_sorted_as_numbers_and_texts_as_texts() {
    check(
        r#"
        # since 7.2
        > RPUSH l 10 9 1.5 -3 1e2 inf
        (integer) 6
        > SORT l
        1) "-3"
        2) "1.5"
        3) "9"
        4) "10"
        5) "1e2"
        6) "inf"
        > SORT l DESC
        1) "inf"
        2) "1e2"
        3) "10"
        4) "9"
        5) "1.5"
        6) "-3"
        > SORT l ALPHA
        1) "-3"
        2) "1.5"
        3) "10"
        4) "1e2"
        5) "9"
        6) "inf"
        > SORT l ALPHA DESC
        1) "inf"
        2) "9"
        3) "1e2"
        4) "10"
        5) "1.5"
        6) "-3"
        > SORT l ASC DESC ASC
        1) "-3"
        2) "1.5"
        3) "9"
        4) "10"
        5) "1e2"
        6) "inf"
        > SORT_RO l ASC ALPHA LIMIT 0 1
        1) "-3"
        > SORT_RO l
        1) "-3"
        2) "1.5"
        3) "9"
        4) "10"
        5) "1e2"
        6) "inf"
        > SORT nokey
        (empty array)
        > RPUSH e "" 1
        (integer) 2
        > SORT e
        1) ""
        2) "1"
        > RPUSH x 1 nan
        (integer) 2
        > SORT x
        (error) ERR One or more scores can't be converted into double
        > RPUSH y 0x10 1
        (integer) 2
        > SORT y
        (error) ERR One or more scores can't be converted into double
        > SORT y ALPHA
        1) "0x10"
        2) "1"
        > SET s v
        OK
        > SORT s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SORT s BY w_*
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > SORT l FOO
        (error) ERR syntax error
        > SORT l LIMIT 1
        (error) ERR syntax error
        > SORT l LIMIT a b
        (error) ERR value is not an integer or out of range
        > SORT nokey LIMIT a b
        (error) ERR value is not an integer or out of range
        > SORT l BY
        (error) ERR syntax error
        > SORT l GET
        (error) ERR syntax error
        > SORT l STORE
        (error) ERR syntax error
        > SORT_RO l STORE d
        (error) ERR syntax error
        > SORT_RO s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn a_limit_cuts_a_part_out() {
    check(
        r#"
        > RPUSH l 5 3 1 4 2
        (integer) 5
        > SORT l LIMIT 1 2
        1) "2"
        2) "3"
        > SORT l LIMIT 0 0
        (empty array)
        > SORT l LIMIT -5 2
        1) "1"
        2) "2"
        > SORT l LIMIT 3 -1
        1) "4"
        2) "5"
        > SORT l LIMIT 4 100
        1) "5"
        > SORT l LIMIT 5 1
        (empty array)
        > SORT l LIMIT 9223372036854775807 9223372036854775807
        (empty array)
        > SORT l DESC LIMIT 0 2
        1) "5"
        2) "4"
        > SORT l LIMIT 0 1 LIMIT 1 2
        1) "2"
        2) "3"
        > SORT_RO l LIMIT 1 1
        1) "2"
    "#,
    );
}

#[test]
fn other_keys_may_decide_and_be_given() {
    check(
        r#"
        > RPUSH l 3 1 2
        (integer) 3
        > MSET w_1 3 w_2 2 w_3 1
        OK
        > SORT l BY w_*
        1) "3"
        2) "2"
        3) "1"
        > SORT l BY w_* DESC
        1) "1"
        2) "2"
        3) "3"
        > SORT l BY w_* GET w_*
        1) "1"
        2) "2"
        3) "3"
        > SORT l BY w_* GET # GET w_* GET nokey_* GET nostar
         1) "3"
         2) "1"
         3) (nil)
         4) (nil)
         5) "2"
         6) "2"
         7) (nil)
         8) (nil)
         9) "1"
        10) "3"
        11) (nil)
        12) (nil)
        > SORT_RO l BY w_* GET # DESC
        1) "1"
        2) "2"
        3) "3"
        > DEL w_2
        (integer) 1
        > SORT l BY w_*
        1) "2"
        2) "3"
        3) "1"
        > SORT l BY w_* ALPHA
        1) "2"
        2) "3"
        3) "1"
        > SET w_1 abc
        OK
        > SORT l BY w_*
        (error) ERR One or more scores can't be converted into double
        > SORT l BY w_* ALPHA
        1) "2"
        2) "3"
        3) "1"
        > SORT l BY nokey_*
        1) "1"
        2) "2"
        3) "3"
        > SORT l ALPHA GET *
        1) (nil)
        2) (nil)
        3) (nil)
        > HSET h_1 f 9 g x
        (integer) 2
        > HSET h_2 f 5
        (integer) 1
        > SORT l BY h_*->f GET h_*->g
        1) (nil)
        2) (nil)
        3) "x"
        > SORT l BY h_*->f DESC
        1) "1"
        2) "2"
        3) "3"
        > SORT l BY h_*->
        1) "1"
        2) "2"
        3) "3"
        > SORT l BY w_*->f
        1) "1"
        2) "2"
        3) "3"
        > SORT l BY h_*
        1) "1"
        2) "2"
        3) "3"
        > SORT_RO l BY h_*->f GET h_*->f
        1) (nil)
        2) "5"
        3) "9"
    "#,
    );
}

#[test]
fn a_pattern_without_a_star_keeps_the_order() {
    check(
        r#"
        > RPUSH l 3 1 2
        (integer) 3
        > SORT l BY nosort
        1) "3"
        2) "1"
        3) "2"
        > SORT l BY nosort DESC
        1) "2"
        2) "1"
        3) "3"
        > SORT l BY nosort LIMIT 1 2
        1) "1"
        2) "2"
        > SORT l BY nosort GET #
        1) "3"
        2) "1"
        3) "2"
        > ZADD z 1 c 2 b 3 a
        (integer) 3
        > SORT z BY nosort
        1) "c"
        2) "b"
        3) "a"
        > SORT z BY nosort DESC
        1) "a"
        2) "b"
        3) "c"
        > SORT z BY nosort LIMIT 1 1
        1) "b"
        > SORT z BY nosort DESC LIMIT 0 2
        1) "a"
        2) "b"
        > SORT z
        (error) ERR One or more scores can't be converted into double
        > SORT z ALPHA
        1) "a"
        2) "b"
        3) "c"
        > SADD s b a c
        (integer) 3
        > SORT s ALPHA
        1) "a"
        2) "b"
        3) "c"
        > SORT s BY nosort STORE d
        (integer) 3
        > LRANGE d 0 -1
        1) "a"
        2) "b"
        3) "c"
    "#,
    );
}

#[test]
fn the_result_may_be_stored_as_a_list() {
    check(
        r#"
        # since 7.2
        > SADD s 3 1 2
        (integer) 3
        > SORT s STORE d
        (integer) 3
        > TYPE d
        list
        > LRANGE d 0 -1
        1) "1"
        2) "2"
        3) "3"
        > SORT s DESC GET # GET nokey_* STORE d
        (integer) 6
        > LRANGE d 0 -1
        1) "3"
        2) ""
        3) "2"
        4) ""
        5) "1"
        6) ""
        > SET d v EX 100
        OK
        > SORT s STORE d
        (integer) 3
        > TTL d
        (integer) -1
        > OBJECT ENCODING d
        "listpack"
        > SORT nokey STORE d
        (integer) 0
        > EXISTS d
        (integer) 0
        > SORT s STORE s
        (integer) 3
        > TYPE s
        list
        > SORT s LIMIT 0 0 STORE s
        (integer) 0
        > EXISTS s
        (integer) 0
        A> BLPOP ready 0
        > RPUSH l 1 2
        (integer) 2
        > SORT l DESC STORE ready
        (integer) 2
        A< 1) "ready"
           2) "2"
        > LRANGE ready 0 -1
        1) "1"
    "#,
    );
}

#[test]
fn a_sorted_set_that_is_sorted_becomes_a_skiplist() {
    check(
        r#"
        > ZADD z 1 a 2 1
        (integer) 2
        > SORT z NONSENSE
        (error) ERR syntax error
        > OBJECT ENCODING z
        "listpack"
        > SORT z
        (error) ERR One or more scores can't be converted into double
        > OBJECT ENCODING z
        "skiplist"
        > ZADD y 1 a
        (integer) 1
        > SORT_RO y BY nosort LIMIT 5 5
        (empty array)
        > OBJECT ENCODING y
        "skiplist"
        > ZRANGE y 0 -1 WITHSCORES
        ...
    "#,
    );
}

#[test]
fn equal_text_weights_leave_the_order() {
    check(
        r#"
        > RPUSH l b a c d
        (integer) 4
        > SORT l BY w_* ALPHA
        1) "b"
        2) "a"
        3) "c"
        4) "d"
        > SORT l BY w_* ALPHA DESC
        1) "b"
        2) "a"
        3) "c"
        4) "d"
        > MSET w_b x w_c x
        OK
        > SORT l BY w_* ALPHA
        1) "a"
        2) "d"
        3) "b"
        4) "c"
        > SORT l BY w_* ALPHA DESC
        1) "b"
        2) "c"
        3) "a"
        4) "d"
        > DEL w_b w_c
        (integer) 2
        > SORT l BY w_*
        1) "a"
        2) "b"
        3) "c"
        4) "d"
    "#,
    );
}

#[test]
fn a_result_over_another_type_wakes_who_waits() {
    check(
        r#"
        # ours: Redis lets them wait for the next push
        # resp2
        A> BLPOP l 0
        B> BZPOPMIN z 0
        > MSET l x z x
        OK
        > RPUSH source b a
        (integer) 2
        > SORT source ALPHA STORE l
        (integer) 2
        A< 1) "l"
           2) "a"
        > ZADD scores 1 m
        (integer) 1
        > ZUNIONSTORE z 1 scores
        (integer) 1
        B< 1) "z"
           2) "m"
           3) "1"
    "#,
    );
}
