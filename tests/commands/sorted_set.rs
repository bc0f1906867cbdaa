//! Sessions of the sorted set commands.

use crate::harness::check;

#[test]
fn scores_are_set_and_asked_for_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b
        (integer) 2
        > ZADD z 3 a 2 b 5 c
        (integer) 1
        > ZADD z CH 4 a 2 b 6 d
        (integer) 2
        > ZCARD z
        (integer) 4
        > ZCARD nokey
        (integer) 0
        > TYPE z
        zset
        > OBJECT ENCODING z
        "listpack"
        > ZSCORE z a
        "4"
        > ZSCORE z zz
        (nil)
        > ZSCORE nokey a
        (nil)
        > ZMSCORE z a zz b
        1) "4"
        2) (nil)
        3) "2"
        > ZMSCORE nokey a b
        1) (nil)
        2) (nil)
        > ZRANK z a
        (integer) 1
        > ZRANK z zz
        (nil)
        > ZRANK nokey a
        (nil)
        > ZREVRANK z a
        (integer) 2
        > ZREVRANK z zz
        (nil)
        > ZRANGE z 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "d"
        > ZRANGE z 0 -1 WITHSCORES
        1) "b"
        2) "2"
        3) "a"
        4) "4"
        5) "c"
        6) "5"
        7) "d"
        8) "6"
        > ZINCRBY z 1.5 a
        "5.5"
        > ZINCRBY z -10 new
        "-10"
        > ZINCRBY nokey2 0.25 m
        "0.25"
        > ZRANGE z 0 -1 WITHSCORES
         1) "new"
         2) "-10"
         3) "b"
         4) "2"
         5) "c"
         6) "5"
         7) "a"
         8) "5.5"
         9) "d"
        10) "6"
        > ZREM z a zz
        (integer) 1
        > ZREM z zz
        (integer) 0
        > ZREM nokey a
        (integer) 0
        > ZREM z b c d new
        (integer) 4
        > EXISTS z
        (integer) 0
    "#,
    );
}

#[test]
fn scores_are_set_and_asked_for_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a 2 b
        (integer) 2
        > ZADD z 3 a 2 b 5 c
        (integer) 1
        > ZADD z CH 4 a 2 b 6 d
        (integer) 2
        > ZCARD z
        (integer) 4
        > ZCARD nokey
        (integer) 0
        > TYPE z
        zset
        > OBJECT ENCODING z
        "listpack"
        > ZSCORE z a
        (double) 4
        > ZSCORE z zz
        (nil)
        > ZSCORE nokey a
        (nil)
        > ZMSCORE z a zz b
        1) (double) 4
        2) (nil)
        3) (double) 2
        > ZMSCORE nokey a b
        1) (nil)
        2) (nil)
        > ZRANK z a
        (integer) 1
        > ZRANK z zz
        (nil)
        > ZRANK nokey a
        (nil)
        > ZREVRANK z a
        (integer) 2
        > ZREVRANK z zz
        (nil)
        > ZRANGE z 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "d"
        > ZRANGE z 0 -1 WITHSCORES
        1) 1) "b"
           2) (double) 2
        2) 1) "a"
           2) (double) 4
        3) 1) "c"
           2) (double) 5
        4) 1) "d"
           2) (double) 6
        > ZINCRBY z 1.5 a
        (double) 5.5
        > ZINCRBY z -10 new
        (double) -10
        > ZINCRBY nokey2 0.25 m
        (double) 0.25
        > ZRANGE z 0 -1 WITHSCORES
        1) 1) "new"
           2) (double) -10
        2) 1) "b"
           2) (double) 2
        3) 1) "c"
           2) (double) 5
        4) 1) "a"
           2) (double) 5.5
        5) 1) "d"
           2) (double) 6
        > ZREM z a zz
        (integer) 1
        > ZREM z zz
        (integer) 0
        > ZREM nokey a
        (integer) 0
        > ZREM z b c d new
        (integer) 4
        > EXISTS z
        (integer) 0
    "#,
    );
}

#[test]
fn a_rank_is_given_with_its_score_resp2() {
    check(
        r#"
        # resp2
        # since 7.2
        > ZADD z 1.5 a 2 b 3 c
        (integer) 3
        > ZRANK z b WITHSCORE
        1) (integer) 1
        2) "2"
        > ZRANK z a withscore
        1) (integer) 0
        2) "1.5"
        > ZREVRANK z b WITHSCORE
        1) (integer) 1
        2) "2"
        > ZRANK z zz WITHSCORE
        (nil array)
        > ZREVRANK nokey a WITHSCORE
        (nil array)
        > ZRANK z a foo
        (error) ERR syntax error
        > ZRANK z a WITHSCORE foo
        (error) ERR wrong number of arguments for 'zrank' command
        > ZREVRANK z a WITHSCORES
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn a_rank_is_given_with_its_score_resp3() {
    check(
        r#"
        # resp3
        # since 7.2
        > ZADD z 1.5 a 2 b 3 c
        (integer) 3
        > ZRANK z b WITHSCORE
        1) (integer) 1
        2) (double) 2
        > ZRANK z a withscore
        1) (integer) 0
        2) (double) 1.5
        > ZREVRANK z b WITHSCORE
        1) (integer) 1
        2) (double) 2
        > ZRANK z zz WITHSCORE
        (nil)
        > ZREVRANK nokey a WITHSCORE
        (nil)
        > ZRANK z a foo
        (error) ERR syntax error
        > ZRANK z a WITHSCORE foo
        (error) ERR wrong number of arguments for 'zrank' command
        > ZREVRANK z a WITHSCORES
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn zadd_heeds_its_conditions_resp2() {
    check(
        r#"
        # resp2
        > ZADD z NX 1 a
        (integer) 1
        > ZADD z NX 2 a 3 b
        (integer) 1
        > ZADD z XX 5 a 5 c
        (integer) 0
        > ZADD z XX CH 6 a 6 c
        (integer) 1
        > ZRANGE z 0 -1 WITHSCORES
        1) "b"
        2) "3"
        3) "a"
        4) "6"
        > ZADD z GT CH 5 a 4 b 1 n
        (integer) 2
        > ZADD z LT CH 5 a 9 b 2 n
        (integer) 1
        > ZRANGE z 0 -1 WITHSCORES
        1) "n"
        2) "1"
        3) "b"
        4) "4"
        5) "a"
        6) "5"
        > ZADD z GT XX CH 10 a 10 zz
        (integer) 1
        > ZADD z INCR 2 a
        "12"
        > ZADD z NX INCR 2 a
        (nil)
        > ZADD z NX INCR 2 q
        "2"
        > ZADD z XX INCR 2 nope
        (nil)
        > ZADD z XX INCR 2 q
        "4"
        > ZADD z GT INCR -1 q
        (nil)
        > ZADD z GT INCR 0 q
        (nil)
        > ZADD z LT INCR -1 q
        "3"
        > ZADD z CH INCR 1 q
        "4"
        > ZADD nokey XX 1 a
        (integer) 0
        > ZADD nokey XX INCR 1 a
        (nil)
        > EXISTS nokey
        (integer) 0
        > ZADD z NX XX 1 a
        (error) ERR XX and NX options at the same time are not compatible
        > ZADD z GT LT 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z NX GT 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z LT NX 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z NX XX GT 1 a
        (error) ERR XX and NX options at the same time are not compatible
        > ZADD z INCR 1 a 2 b
        (error) ERR INCR option supports a single increment-element pair
        > ZADD z INCR 1 a 2
        (error) ERR syntax error
        > ZADD z INCR CH
        (error) ERR syntax error
        > ZADD z NX XX foo
        (error) ERR syntax error
        > ZADD z 1 a 2
        (error) ERR syntax error
        > ZADD z 1
        (error) ERR wrong number of arguments for 'zadd' command
        > ZADD z foo 1
        (error) ERR value is not a valid float
        > ZADD z 1 p x q
        (error) ERR value is not a valid float
        > ZSCORE z p
        (nil)
        > ZADD z nan a
        (error) ERR value is not a valid float
        > ZADD z "" a
        (error) ERR value is not a valid float
        > ZADD z " 1" a
        (error) ERR value is not a valid float
        > ZADD z 1e400 a
        (error) ERR value is not a valid float
        > ZINCRBY z x a
        (error) ERR value is not a valid float
        > ZINCRBY z 1
        (error) ERR wrong number of arguments for 'zincrby' command
        > ZADD z INCR nan a
        (error) ERR value is not a valid float
        > ZADD i inf a -inf b +inf c
        (integer) 3
        > ZINCRBY i -inf a
        (error) ERR resulting score is not a number (NaN)
        > ZADD i INCR inf b
        (error) ERR resulting score is not a number (NaN)
        > ZINCRBY i inf a
        "inf"
        > ZRANGE i 0 -1 WITHSCORES
        1) "b"
        2) "-inf"
        3) "a"
        4) "inf"
        5) "c"
        6) "inf"
    "#,
    );
}

#[test]
fn zadd_heeds_its_conditions_resp3() {
    check(
        r#"
        # resp3
        > ZADD z NX 1 a
        (integer) 1
        > ZADD z NX 2 a 3 b
        (integer) 1
        > ZADD z XX 5 a 5 c
        (integer) 0
        > ZADD z XX CH 6 a 6 c
        (integer) 1
        > ZRANGE z 0 -1 WITHSCORES
        1) 1) "b"
           2) (double) 3
        2) 1) "a"
           2) (double) 6
        > ZADD z GT CH 5 a 4 b 1 n
        (integer) 2
        > ZADD z LT CH 5 a 9 b 2 n
        (integer) 1
        > ZRANGE z 0 -1 WITHSCORES
        1) 1) "n"
           2) (double) 1
        2) 1) "b"
           2) (double) 4
        3) 1) "a"
           2) (double) 5
        > ZADD z GT XX CH 10 a 10 zz
        (integer) 1
        > ZADD z INCR 2 a
        (double) 12
        > ZADD z NX INCR 2 a
        (nil)
        > ZADD z NX INCR 2 q
        (double) 2
        > ZADD z XX INCR 2 nope
        (nil)
        > ZADD z XX INCR 2 q
        (double) 4
        > ZADD z GT INCR -1 q
        (nil)
        > ZADD z GT INCR 0 q
        (nil)
        > ZADD z LT INCR -1 q
        (double) 3
        > ZADD z CH INCR 1 q
        (double) 4
        > ZADD nokey XX 1 a
        (integer) 0
        > ZADD nokey XX INCR 1 a
        (nil)
        > EXISTS nokey
        (integer) 0
        > ZADD z NX XX 1 a
        (error) ERR XX and NX options at the same time are not compatible
        > ZADD z GT LT 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z NX GT 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z LT NX 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > ZADD z NX XX GT 1 a
        (error) ERR XX and NX options at the same time are not compatible
        > ZADD z INCR 1 a 2 b
        (error) ERR INCR option supports a single increment-element pair
        > ZADD z INCR 1 a 2
        (error) ERR syntax error
        > ZADD z INCR CH
        (error) ERR syntax error
        > ZADD z NX XX foo
        (error) ERR syntax error
        > ZADD z 1 a 2
        (error) ERR syntax error
        > ZADD z 1
        (error) ERR wrong number of arguments for 'zadd' command
        > ZADD z foo 1
        (error) ERR value is not a valid float
        > ZADD z 1 p x q
        (error) ERR value is not a valid float
        > ZSCORE z p
        (nil)
        > ZADD z nan a
        (error) ERR value is not a valid float
        > ZADD z "" a
        (error) ERR value is not a valid float
        > ZADD z " 1" a
        (error) ERR value is not a valid float
        > ZADD z 1e400 a
        (error) ERR value is not a valid float
        > ZINCRBY z x a
        (error) ERR value is not a valid float
        > ZINCRBY z 1
        (error) ERR wrong number of arguments for 'zincrby' command
        > ZADD z INCR nan a
        (error) ERR value is not a valid float
        > ZADD i inf a -inf b +inf c
        (integer) 3
        > ZINCRBY i -inf a
        (error) ERR resulting score is not a number (NaN)
        > ZADD i INCR inf b
        (error) ERR resulting score is not a number (NaN)
        > ZINCRBY i inf a
        (double) inf
        > ZRANGE i 0 -1 WITHSCORES
        1) 1) "b"
           2) (double) -inf
        2) 1) "a"
           2) (double) inf
        3) 1) "c"
           2) (double) inf
    "#,
    );
}

#[test]
fn wrong_types_are_refused() {
    check(
        r#"
        # resp2
        > SET k v
        OK
        > ZADD k x a
        (error) ERR value is not a valid float
        > ZADD k 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZADD k XX 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZINCRBY k 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZREM k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZCARD k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZSCORE k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZMSCORE k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZCOUNT k 1 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZCOUNT k x 2
        (error) ERR min or max is not a float
        > ZLEXCOUNT k - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZLEXCOUNT k x +
        (error) ERR min or max not valid string range item
        > ZRANK k a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANGE k 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANGE k x 1
        (error) ERR value is not an integer or out of range
        > ZRANGESTORE d k 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANGESTORE k nokey 0 1
        (integer) 0
        > EXISTS k
        (integer) 0
        > SET k v
        OK
        > ZREMRANGEBYRANK k 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZREMRANGEBYSCORE k 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZREMRANGEBYLEX k - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZPOPMIN k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZPOPMIN k 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZPOPMAX k x
        (error) ERR value is out of range, must be positive
        > ZMPOP 2 nokey k MIN
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BZPOPMIN nokey k 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BZMPOP 0 1 k MAX
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANDMEMBER k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANDMEMBER k 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZRANDMEMBER k x
        (error) ERR value is not an integer or out of range
        > ZSCAN k 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZSCAN k 0 foo
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZSCAN k x
        (error) ERR invalid cursor
        > ZUNION 1 k foo
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZUNION 2 k
        (error) ERR syntax error
        > ZINTER 2 nokey k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZDIFF 2 nokey k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZDIFFSTORE d 1 k
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZINTERCARD 1 k LIMIT x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ZUNIONSTORE k 1 nokey
        (integer) 0
        > EXISTS k
        (integer) 0
    "#,
    );
}

#[test]
fn scores_are_printed_as_they_are_short_resp2() {
    check(
        r#"
        # resp2
        # since 7.2
        > ZADD z 3.1 a 1e20 b inf c 100000 d 1e-10 e 123456789.123 f 12345678901234567 g 0.1 h -0.0 i 1e300 j -inf k 0x1f l .5 m 5. n 4e-324 o
        (integer) 15
        > ZRANGE z 0 -1 WITHSCORES
         1) "k"
         2) "-inf"
         3) "i"
         4) "0"
         5) "o"
         6) "5e-324"
         7) "e"
         8) "1e-10"
         9) "h"
        10) "0.1"
        11) "m"
        12) "0.5"
        13) "a"
        14) "3.1"
        15) "n"
        16) "5"
        17) "l"
        18) "31"
        19) "d"
        20) "100000"
        21) "f"
        22) "123456789.123"
        23) "g"
        24) "12345678901234568"
        25) "b"
        26) "1e+20"
        27) "j"
        28) "1e+300"
        29) "c"
        30) "inf"
        > ZSCORE z l
        "31"
        > ZSCORE z o
        "5e-324"
        > ZSCORE z i
        "0"
        > ZADD z -0 i
        (integer) 0
        > ZINCRBY z 0.2 h
        "0.30000000000000004"
    "#,
    );
}

#[test]
fn scores_are_printed_as_they_are_short_resp3() {
    check(
        r#"
        # resp3
        # since 7.2
        > ZADD z 3.1 a 1e20 b inf c 100000 d 1e-10 e 123456789.123 f 12345678901234567 g 0.1 h -0.0 i 1e300 j -inf k 0x1f l .5 m 5. n 4e-324 o
        (integer) 15
        > ZRANGE z 0 -1 WITHSCORES
         1) 1) "k"
            2) (double) -inf
         2) 1) "i"
            2) (double) 0
         3) 1) "o"
            2) (double) 5e-324
         4) 1) "e"
            2) (double) 1e-10
         5) 1) "h"
            2) (double) 0.1
         6) 1) "m"
            2) (double) 0.5
         7) 1) "a"
            2) (double) 3.1
         8) 1) "n"
            2) (double) 5
         9) 1) "l"
            2) (double) 31
        10) 1) "d"
            2) (double) 100000
        11) 1) "f"
            2) (double) 123456789.123
        12) 1) "g"
            2) (double) 12345678901234568
        13) 1) "b"
            2) (double) 1e+20
        14) 1) "j"
            2) (double) 1e+300
        15) 1) "c"
            2) (double) inf
        > ZSCORE z l
        (double) 31
        > ZSCORE z o
        (double) 5e-324
        > ZSCORE z i
        (double) 0
        > ZADD z -0 i
        (integer) 0
        > ZINCRBY z 0.2 h
        (double) 0.30000000000000004
    "#,
    );
}

#[test]
fn a_scan_prints_scores_as_they_are_kept_resp2() {
    check(
        r#"
        # resp2
        # since 7.2
        > ZADD z 3.1 a 1e20 b inf c 100000 d 1e-10 e 0.1 h
        (integer) 6
        > ZSCAN z 0
        1) "0"
        2)  1) "e"
            2) "1e-10"
            3) "h"
            4) "0.1"
            5) "a"
            6) "3.1"
            7) "d"
            8) "100000"
            9) "b"
           10) "1e+20"
           11) "c"
           12) "inf"
        > ZSCAN z 0 MATCH [ab]
        1) "0"
        2) 1) "a"
           2) "3.1"
           3) "b"
           4) "1e+20"
        > ZSCAN z 0 COUNT 1
        1) "0"
        2)  1) "e"
            2) "1e-10"
            3) "h"
            4) "0.1"
            5) "a"
            6) "3.1"
            7) "d"
            8) "100000"
            9) "b"
           10) "1e+20"
           11) "c"
           12) "inf"
        > ZADD z 1 "y"*70
        (integer) 1
        > ZREM z "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        # sorted pairs
        > ZSCAN z 0 COUNT 100
        1) "0"
        2)  1) "a"
            2) "3.1000000000000001"
            3) "b"
            4) "1e+20"
            5) "c"
            6) "inf"
            7) "d"
            8) "100000"
            9) "e"
           10) "1e-10"
           11) "h"
           12) "0.10000000000000001"
        > ZSCAN z 0 COUNT 100 MATCH a
        1) "0"
        2) 1) "a"
           2) "3.1000000000000001"
        > ZSCAN z 0 COUNT 100 MATCH nothing
        1) "0"
        2) (empty array)
        > ZSCAN nokey 0
        1) "0"
        2) (empty array)
        > ZSCAN nokey 0 foo
        1) "0"
        2) (empty array)
        > ZSCAN z x
        (error) ERR invalid cursor
        > ZSCAN z 0 foo
        (error) ERR syntax error
        > ZSCAN z 0 COUNT 0
        (error) ERR syntax error
        > ZSCAN z 0 COUNT x
        (error) ERR value is not an integer or out of range
        > ZSCAN z 0 MATCH
        (error) ERR syntax error
        > ZSCAN z
        (error) ERR wrong number of arguments for 'zscan' command
    "#,
    );
}

#[test]
fn a_scan_prints_scores_as_they_are_kept_resp3() {
    check(
        r#"
        # resp3
        # since 7.2
        > ZADD z 3.1 a 1e20 b inf c 100000 d 1e-10 e 0.1 h
        (integer) 6
        > ZSCAN z 0
        1) "0"
        2)  1) "e"
            2) "1e-10"
            3) "h"
            4) "0.1"
            5) "a"
            6) "3.1"
            7) "d"
            8) "100000"
            9) "b"
           10) "1e+20"
           11) "c"
           12) "inf"
        > ZSCAN z 0 MATCH [ab]
        1) "0"
        2) 1) "a"
           2) "3.1"
           3) "b"
           4) "1e+20"
        > ZSCAN z 0 COUNT 1
        1) "0"
        2)  1) "e"
            2) "1e-10"
            3) "h"
            4) "0.1"
            5) "a"
            6) "3.1"
            7) "d"
            8) "100000"
            9) "b"
           10) "1e+20"
           11) "c"
           12) "inf"
        > ZADD z 1 "y"*70
        (integer) 1
        > ZREM z "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        # sorted pairs
        > ZSCAN z 0 COUNT 100
        1) "0"
        2)  1) "a"
            2) "3.1000000000000001"
            3) "b"
            4) "1e+20"
            5) "c"
            6) "inf"
            7) "d"
            8) "100000"
            9) "e"
           10) "1e-10"
           11) "h"
           12) "0.10000000000000001"
        > ZSCAN z 0 COUNT 100 MATCH a
        1) "0"
        2) 1) "a"
           2) "3.1000000000000001"
        > ZSCAN z 0 COUNT 100 MATCH nothing
        1) "0"
        2) (empty array)
        > ZSCAN nokey 0
        1) "0"
        2) (empty array)
        > ZSCAN nokey 0 foo
        1) "0"
        2) (empty array)
        > ZSCAN z x
        (error) ERR invalid cursor
        > ZSCAN z 0 foo
        (error) ERR syntax error
        > ZSCAN z 0 COUNT 0
        (error) ERR syntax error
        > ZSCAN z 0 COUNT x
        (error) ERR value is not an integer or out of range
        > ZSCAN z 0 MATCH
        (error) ERR syntax error
        > ZSCAN z
        (error) ERR wrong number of arguments for 'zscan' command
    "#,
    );
}

#[test]
fn a_scan_of_a_sorted_set_knows_no_novalues() {
    check(
        r#"
        # resp2
        # since 8.0
        > ZADD z 1 a
        (integer) 1
        > ZSCAN z 0 NOVALUES
        (error) ERR NOVALUES option can only be used in HSCAN
    "#,
    );
}

#[test]
fn ranges_by_rank_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > ZRANGE z 1 2
        1) "b"
        2) "c"
        > ZRANGE z -2 -1
        1) "c"
        2) "d"
        > ZRANGE z 2 1
        (empty array)
        > ZRANGE z -100 100
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > ZRANGE z 4 9
        (empty array)
        > ZRANGE z 0 0 WITHSCORES
        1) "a"
        2) "1"
        > ZRANGE z 0 1 REV
        1) "d"
        2) "c"
        > ZRANGE z 0 1 REV WITHSCORES
        1) "d"
        2) "4"
        3) "c"
        4) "3"
        > ZRANGE z -1 -1 REV
        1) "a"
        > ZREVRANGE z 0 1
        1) "d"
        2) "c"
        > ZREVRANGE z 0 1 WITHSCORES
        1) "d"
        2) "4"
        3) "c"
        4) "3"
        > ZREVRANGE z -2 -1
        1) "b"
        2) "a"
        > ZRANGE nokey 0 -1
        (empty array)
        > ZRANGE z 0 -1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGE z 0 -1 LIMIT 1 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > ZRANGE z 0 -1 LIMIT 1
        (error) ERR syntax error
        > ZRANGE z x 1
        (error) ERR value is not an integer or out of range
        > ZRANGE z 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE nokey 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE z 0 1 foo
        (error) ERR syntax error
        > ZRANGE z 0 1 REV REV
        (error) ERR syntax error
        > ZRANGE z 0 1 WITHSCORES WITHSCORES
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        > ZREVRANGE z 0 1 foo
        (error) ERR syntax error
        > ZREVRANGE z 0 1 REV
        (error) ERR syntax error
        > ZREVRANGE z 0 1 BYSCORE
        (error) ERR syntax error
        > ZREVRANGE z 0 1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGE z 0
        (error) ERR wrong number of arguments for 'zrange' command
    "#,
    );
}

#[test]
fn ranges_by_rank_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > ZRANGE z 1 2
        1) "b"
        2) "c"
        > ZRANGE z -2 -1
        1) "c"
        2) "d"
        > ZRANGE z 2 1
        (empty array)
        > ZRANGE z -100 100
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > ZRANGE z 4 9
        (empty array)
        > ZRANGE z 0 0 WITHSCORES
        1) 1) "a"
           2) (double) 1
        > ZRANGE z 0 1 REV
        1) "d"
        2) "c"
        > ZRANGE z 0 1 REV WITHSCORES
        1) 1) "d"
           2) (double) 4
        2) 1) "c"
           2) (double) 3
        > ZRANGE z -1 -1 REV
        1) "a"
        > ZREVRANGE z 0 1
        1) "d"
        2) "c"
        > ZREVRANGE z 0 1 WITHSCORES
        1) 1) "d"
           2) (double) 4
        2) 1) "c"
           2) (double) 3
        > ZREVRANGE z -2 -1
        1) "b"
        2) "a"
        > ZRANGE nokey 0 -1
        (empty array)
        > ZRANGE z 0 -1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGE z 0 -1 LIMIT 1 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > ZRANGE z 0 -1 LIMIT 1
        (error) ERR syntax error
        > ZRANGE z x 1
        (error) ERR value is not an integer or out of range
        > ZRANGE z 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE nokey 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE z 0 1 foo
        (error) ERR syntax error
        > ZRANGE z 0 1 REV REV
        (error) ERR syntax error
        > ZRANGE z 0 1 WITHSCORES WITHSCORES
        1) 1) "a"
           2) (double) 1
        2) 1) "b"
           2) (double) 2
        > ZREVRANGE z 0 1 foo
        (error) ERR syntax error
        > ZREVRANGE z 0 1 REV
        (error) ERR syntax error
        > ZREVRANGE z 0 1 BYSCORE
        (error) ERR syntax error
        > ZREVRANGE z 0 1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGE z 0
        (error) ERR wrong number of arguments for 'zrange' command
    "#,
    );
}

#[test]
fn ranges_by_score_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b 2 c 3 d 5 e
        (integer) 5
        > ZRANGE z 2 3 BYSCORE
        1) "b"
        2) "c"
        3) "d"
        > ZRANGE z (2 3 BYSCORE WITHSCORES
        1) "d"
        2) "3"
        > ZRANGE z 2 (3 BYSCORE
        1) "b"
        2) "c"
        > ZRANGE z (2 (2 BYSCORE
        (empty array)
        > ZRANGE z -inf +inf BYSCORE LIMIT 1 2
        1) "b"
        2) "c"
        > ZRANGE z -inf inf BYSCORE LIMIT 1 -1
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        > ZRANGE z -inf inf BYSCORE LIMIT 1 0
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT -1 2
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT 9 2
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT 1 -2
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        > ZRANGE z 5 2 BYSCORE REV
        1) "e"
        2) "d"
        3) "c"
        4) "b"
        > ZRANGE z (5 2 BYSCORE REV LIMIT 1 1 WITHSCORES
        1) "c"
        2) "2"
        > ZRANGE z 2 5 BYSCORE REV
        (empty array)
        > ZRANGEBYSCORE z 2 3
        1) "b"
        2) "c"
        3) "d"
        > ZRANGEBYSCORE z 2 3 WITHSCORES
        1) "b"
        2) "2"
        3) "c"
        4) "2"
        5) "d"
        6) "3"
        > ZRANGEBYSCORE z 2 3 WITHSCORES LIMIT 1 1
        1) "c"
        2) "2"
        > ZRANGEBYSCORE z 3 2
        (empty array)
        > ZRANGEBYSCORE nokey 1 2
        (empty array)
        > ZREVRANGEBYSCORE z 5 (2 WITHSCORES
        1) "e"
        2) "5"
        3) "d"
        4) "3"
        > ZREVRANGEBYSCORE z +inf -inf LIMIT 0 2
        1) "e"
        2) "d"
        > ZCOUNT z 2 3
        (integer) 3
        > ZCOUNT z (2 3
        (integer) 1
        > ZCOUNT z -inf inf
        (integer) 5
        > ZCOUNT z 3 2
        (integer) 0
        > ZCOUNT nokey 1 2
        (integer) 0
        > ZCOUNT z "" 2
        (integer) 3
        > ZCOUNT z ( 2
        (integer) 3
        > ZCOUNT z 1e400 1e500
        (integer) 0
        > ZCOUNT z 1e-400 9
        (integer) 5
        > ZRANGEBYSCORE z x 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z 1 (x
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z nan 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z ((1 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z "1 " 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z 1 2 REV
        (error) ERR syntax error
        > ZRANGEBYSCORE z 1 2 LIMIT 0
        (error) ERR syntax error
        > ZRANGEBYSCORE z 1 2 LIMIT 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGEBYSCORE z 1 2 LIMIT x 0
        (error) ERR value is not an integer or out of range
        > ZRANGEBYSCORE z x 2 LIMIT 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE z 1 2 BYSCORE BYLEX
        (error) ERR syntax error
        > ZRANGE z 1 2 BYSCORE foo
        (error) ERR syntax error
        > ZCOUNT z 1
        (error) ERR wrong number of arguments for 'zcount' command
        > ZCOUNT z x 1
        (error) ERR min or max is not a float
    "#,
    );
}

#[test]
fn ranges_by_score_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a 2 b 2 c 3 d 5 e
        (integer) 5
        > ZRANGE z 2 3 BYSCORE
        1) "b"
        2) "c"
        3) "d"
        > ZRANGE z (2 3 BYSCORE WITHSCORES
        1) 1) "d"
           2) (double) 3
        > ZRANGE z 2 (3 BYSCORE
        1) "b"
        2) "c"
        > ZRANGE z (2 (2 BYSCORE
        (empty array)
        > ZRANGE z -inf +inf BYSCORE LIMIT 1 2
        1) "b"
        2) "c"
        > ZRANGE z -inf inf BYSCORE LIMIT 1 -1
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        > ZRANGE z -inf inf BYSCORE LIMIT 1 0
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT -1 2
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT 9 2
        (empty array)
        > ZRANGE z -inf inf BYSCORE LIMIT 1 -2
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        > ZRANGE z 5 2 BYSCORE REV
        1) "e"
        2) "d"
        3) "c"
        4) "b"
        > ZRANGE z (5 2 BYSCORE REV LIMIT 1 1 WITHSCORES
        1) 1) "c"
           2) (double) 2
        > ZRANGE z 2 5 BYSCORE REV
        (empty array)
        > ZRANGEBYSCORE z 2 3
        1) "b"
        2) "c"
        3) "d"
        > ZRANGEBYSCORE z 2 3 WITHSCORES
        1) 1) "b"
           2) (double) 2
        2) 1) "c"
           2) (double) 2
        3) 1) "d"
           2) (double) 3
        > ZRANGEBYSCORE z 2 3 WITHSCORES LIMIT 1 1
        1) 1) "c"
           2) (double) 2
        > ZRANGEBYSCORE z 3 2
        (empty array)
        > ZRANGEBYSCORE nokey 1 2
        (empty array)
        > ZREVRANGEBYSCORE z 5 (2 WITHSCORES
        1) 1) "e"
           2) (double) 5
        2) 1) "d"
           2) (double) 3
        > ZREVRANGEBYSCORE z +inf -inf LIMIT 0 2
        1) "e"
        2) "d"
        > ZCOUNT z 2 3
        (integer) 3
        > ZCOUNT z (2 3
        (integer) 1
        > ZCOUNT z -inf inf
        (integer) 5
        > ZCOUNT z 3 2
        (integer) 0
        > ZCOUNT nokey 1 2
        (integer) 0
        > ZCOUNT z "" 2
        (integer) 3
        > ZCOUNT z ( 2
        (integer) 3
        > ZCOUNT z 1e400 1e500
        (integer) 0
        > ZCOUNT z 1e-400 9
        (integer) 5
        > ZRANGEBYSCORE z x 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z 1 (x
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z nan 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z ((1 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z "1 " 2
        (error) ERR min or max is not a float
        > ZRANGEBYSCORE z 1 2 REV
        (error) ERR syntax error
        > ZRANGEBYSCORE z 1 2 LIMIT 0
        (error) ERR syntax error
        > ZRANGEBYSCORE z 1 2 LIMIT 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGEBYSCORE z 1 2 LIMIT x 0
        (error) ERR value is not an integer or out of range
        > ZRANGEBYSCORE z x 2 LIMIT 0 x
        (error) ERR value is not an integer or out of range
        > ZRANGE z 1 2 BYSCORE BYLEX
        (error) ERR syntax error
        > ZRANGE z 1 2 BYSCORE foo
        (error) ERR syntax error
        > ZCOUNT z 1
        (error) ERR wrong number of arguments for 'zcount' command
        > ZCOUNT z x 1
        (error) ERR min or max is not a float
    "#,
    );
}

#[test]
fn ends_of_score_ranges_are_no_hexadecimal_numbers() {
    check(
        r#"
        # resp2
        # since 8.2
        > ZADD z 1 a 16 b
        (integer) 2
        > ZCOUNT z 0x10 20
        (error) ERR min or max is not a float
        > ZCOUNT z " 1" 20
        (error) ERR min or max is not a float
    "#,
    );
}

#[test]
fn ranges_by_member() {
    check(
        r#"
        # resp2
        > ZADD z 0 a 0 b 0 c 0 d 0 10 0 9
        (integer) 6
        > ZRANGE z - + BYLEX
        1) "10"
        2) "9"
        3) "a"
        4) "b"
        5) "c"
        6) "d"
        > ZRANGE z [b (d BYLEX
        1) "b"
        2) "c"
        > ZRANGE z (b + BYLEX
        1) "c"
        2) "d"
        > ZRANGE z - [b BYLEX LIMIT 1 2
        1) "9"
        2) "a"
        > ZRANGE z + - BYLEX
        (empty array)
        > ZRANGE z + - BYLEX REV
        1) "d"
        2) "c"
        3) "b"
        4) "a"
        5) "9"
        6) "10"
        > ZRANGE z [c (a BYLEX REV
        1) "c"
        2) "b"
        > ZRANGE z [9 [a BYLEX
        1) "9"
        2) "a"
        > ZRANGE z [ + BYLEX
        1) "10"
        2) "9"
        3) "a"
        4) "b"
        5) "c"
        6) "d"
        > ZRANGE z - ( BYLEX
        (empty array)
        > ZRANGE z + + BYLEX
        (empty array)
        > ZRANGE z - - BYLEX
        (empty array)
        > ZRANGE z - + BYLEX LIMIT 2 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > ZRANGE z + - BYLEX REV LIMIT 1 2
        1) "c"
        2) "b"
        > ZRANGEBYLEX z [a [c
        1) "a"
        2) "b"
        3) "c"
        > ZRANGEBYLEX z - + LIMIT 1 2
        1) "9"
        2) "a"
        > ZRANGEBYLEX nokey - +
        (empty array)
        > ZREVRANGEBYLEX z + (b
        1) "d"
        2) "c"
        > ZREVRANGEBYLEX z + - LIMIT 0 1
        1) "d"
        > ZLEXCOUNT z - +
        (integer) 6
        > ZLEXCOUNT z [b (d
        (integer) 2
        > ZLEXCOUNT z [d [b
        (integer) 0
        > ZLEXCOUNT nokey - +
        (integer) 0
        > ZLEXCOUNT z a b
        (error) ERR min or max not valid string range item
        > ZLEXCOUNT z - x
        (error) ERR min or max not valid string range item
        > ZLEXCOUNT z "" +
        (error) ERR min or max not valid string range item
        > ZLEXCOUNT z -a +
        (error) ERR min or max not valid string range item
        > ZRANGEBYLEX z a +
        (error) ERR min or max not valid string range item
        > ZRANGE z - + BYLEX WITHSCORES
        (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
        > ZRANGEBYLEX z - + WITHSCORES
        (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
        > ZRANGEBYLEX z a b WITHSCORES
        (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
        > ZREMRANGEBYLEX z [b (d
        (integer) 2
        > ZREMRANGEBYLEX z [b (d
        (integer) 0
        > ZREMRANGEBYLEX nokey - +
        (integer) 0
        > ZREMRANGEBYLEX z x +
        (error) ERR min or max not valid string range item
        > ZREMRANGEBYLEX z - +
        (integer) 4
        > EXISTS z
        (integer) 0
    "#,
    );
}

#[test]
fn a_range_is_stored_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > ZRANGESTORE d z 1 2
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > ZRANGESTORE d z 0 1 REV
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "c"
        2) "3"
        3) "d"
        4) "4"
        > ZRANGESTORE d z (1 3 BYSCORE LIMIT 1 1
        (integer) 1
        > ZRANGE d 0 -1 WITHSCORES
        1) "c"
        2) "3"
        > ZRANGESTORE d z [b + BYLEX
        (integer) 3
        > ZRANGE d 0 -1
        1) "b"
        2) "c"
        3) "d"
        > ZRANGESTORE z z 0 1
        (integer) 2
        > ZRANGE z 0 -1
        1) "a"
        2) "b"
        > EXPIRE d 100
        (integer) 1
        > ZRANGESTORE d z 0 0
        (integer) 1
        > TTL d
        (integer) -1
        > ZRANGESTORE d z 5 6
        (integer) 0
        > EXISTS d
        (integer) 0
        > SET d v
        OK
        > ZRANGESTORE d nokey 0 -1
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZRANGESTORE d z 0 -1 WITHSCORES
        (error) ERR syntax error
        > ZRANGESTORE d z x 1
        (error) ERR value is not an integer or out of range
        > ZRANGESTORE d z 0 1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGESTORE d z x y BYSCORE
        (error) ERR min or max is not a float
        > ZRANGESTORE d z x y BYLEX
        (error) ERR min or max not valid string range item
        > ZRANGESTORE d z 0
        (error) ERR wrong number of arguments for 'zrangestore' command
    "#,
    );
}

#[test]
fn a_range_is_stored_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > ZRANGESTORE d z 1 2
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "b"
           2) (double) 2
        2) 1) "c"
           2) (double) 3
        > ZRANGESTORE d z 0 1 REV
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "c"
           2) (double) 3
        2) 1) "d"
           2) (double) 4
        > ZRANGESTORE d z (1 3 BYSCORE LIMIT 1 1
        (integer) 1
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "c"
           2) (double) 3
        > ZRANGESTORE d z [b + BYLEX
        (integer) 3
        > ZRANGE d 0 -1
        1) "b"
        2) "c"
        3) "d"
        > ZRANGESTORE z z 0 1
        (integer) 2
        > ZRANGE z 0 -1
        1) "a"
        2) "b"
        > EXPIRE d 100
        (integer) 1
        > ZRANGESTORE d z 0 0
        (integer) 1
        > TTL d
        (integer) -1
        > ZRANGESTORE d z 5 6
        (integer) 0
        > EXISTS d
        (integer) 0
        > SET d v
        OK
        > ZRANGESTORE d nokey 0 -1
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZRANGESTORE d z 0 -1 WITHSCORES
        (error) ERR syntax error
        > ZRANGESTORE d z x 1
        (error) ERR value is not an integer or out of range
        > ZRANGESTORE d z 0 1 LIMIT 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > ZRANGESTORE d z x y BYSCORE
        (error) ERR min or max is not a float
        > ZRANGESTORE d z x y BYLEX
        (error) ERR min or max not valid string range item
        > ZRANGESTORE d z 0
        (error) ERR wrong number of arguments for 'zrangestore' command
    "#,
    );
}

#[test]
fn ranges_are_removed() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b 3 c 4 d 5 e
        (integer) 5
        > ZREMRANGEBYRANK z 1 2
        (integer) 2
        > ZRANGE z 0 -1
        1) "a"
        2) "d"
        3) "e"
        > ZREMRANGEBYRANK z -1 -1
        (integer) 1
        > ZREMRANGEBYRANK z 5 6
        (integer) 0
        > ZREMRANGEBYRANK nokey 0 1
        (integer) 0
        > ZREMRANGEBYRANK z x 1
        (error) ERR value is not an integer or out of range
        > ZREMRANGEBYRANK z 1 x
        (error) ERR value is not an integer or out of range
        > ZREMRANGEBYSCORE z (1 4
        (integer) 1
        > ZREMRANGEBYSCORE z 7 8
        (integer) 0
        > ZREMRANGEBYSCORE z x 8
        (error) ERR min or max is not a float
        > ZREMRANGEBYSCORE nokey 1 2
        (integer) 0
        > ZREMRANGEBYRANK z 0 1 REV
        (error) ERR wrong number of arguments for 'zremrangebyrank' command
        > ZREMRANGEBYRANK z 0 -1
        (integer) 1
        > EXISTS z
        (integer) 0
    "#,
    );
}

#[test]
fn ends_are_taken_out_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a 2 b 3 c 4 d 5.5 e
        (integer) 5
        > ZPOPMIN z
        1) "a"
        2) "1"
        > ZPOPMAX z
        1) "e"
        2) "5.5"
        > ZPOPMIN z 0
        (empty array)
        > ZPOPMIN z 2
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > ZPOPMAX z 5
        1) "d"
        2) "4"
        > EXISTS z
        (integer) 0
        > ZPOPMIN z
        (empty array)
        > ZPOPMIN z 1
        (empty array)
        > ZPOPMIN z 0
        (empty array)
        > ZPOPMIN z -1
        (error) ERR value is out of range, must be positive
        > ZPOPMIN z x
        (error) ERR value is out of range, must be positive
        > ZPOPMIN z 1 2
        (error) ERR syntax error
        > ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
        (integer) 6
        > ZMPOP 1 z MIN
        1) "z"
        2) 1) 1) "a"
              2) "1"
        > ZMPOP 2 nokey z MAX
        1) "z"
        2) 1) 1) "f"
              2) "6"
        > ZMPOP 1 z MAX COUNT 2
        1) "z"
        2) 1) 1) "e"
              2) "5"
           2) 1) "d"
              2) "4"
        > ZMPOP 1 z MIN COUNT 100
        1) "z"
        2) 1) 1) "b"
              2) "2"
           2) 1) "c"
              2) "3"
        > ZMPOP 1 z MIN
        (nil array)
        > ZMPOP x z MIN
        (error) ERR numkeys should be greater than 0
        > ZMPOP 0 z MIN
        (error) ERR numkeys should be greater than 0
        > ZMPOP 2 z MIN
        (error) ERR syntax error
        > ZMPOP 1 z foo
        (error) ERR syntax error
        > ZMPOP 1 z MIN COUNT 0
        (error) ERR count should be greater than 0
        > ZMPOP 1 z MIN COUNT x
        (error) ERR count should be greater than 0
        > ZMPOP 1 z MIN COUNT
        (error) ERR syntax error
        > ZMPOP 1 z MIN COUNT 1 COUNT 2
        (error) ERR syntax error
        > ZMPOP 1 z MIN foo
        (error) ERR syntax error
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > BZPOPMIN nokey z 0
        1) "z"
        2) "a"
        3) "1"
        > BZPOPMAX z 0
        1) "z"
        2) "d"
        3) "4"
        > BZMPOP 0 2 nokey z MIN
        1) "z"
        2) 1) 1) "b"
              2) "2"
        > BZMPOP 0 1 z MAX COUNT 9
        1) "z"
        2) 1) 1) "c"
              2) "3"
        > BZPOPMIN z x
        (error) ERR timeout is not a float or out of range
        > BZPOPMIN z -1
        (error) ERR timeout is negative
        > BZMPOP x 1 z MIN
        (error) ERR timeout is not a float or out of range
        > BZMPOP x 0 z MIN
        (error) ERR numkeys should be greater than 0
        > BZMPOP 0 0 z MIN
        (error) ERR numkeys should be greater than 0
        > BZMPOP -1 1 z MIN
        (error) ERR timeout is negative
        > BZMPOP 0 1 z foo
        (error) ERR syntax error
        > BZMPOP 0 1 z MIN COUNT 0
        (error) ERR count should be greater than 0
        > BZMPOP 0 2 z MIN
        (error) ERR syntax error
        > MULTI
        OK
        > BZPOPMIN z 0
        QUEUED
        > BZMPOP 0 1 z MIN
        QUEUED
        > EXEC
        1) (nil array)
        2) (nil array)
        > BZPOPMIN z 0.01
        (nil array)
        > BZMPOP 0.01 1 z MIN
        (nil array)
    "#,
    );
}

#[test]
fn ends_are_taken_out_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a 2 b 3 c 4 d 5.5 e
        (integer) 5
        > ZPOPMIN z
        1) "a"
        2) (double) 1
        > ZPOPMAX z
        1) "e"
        2) (double) 5.5
        > ZPOPMIN z 0
        (empty array)
        > ZPOPMIN z 2
        1) 1) "b"
           2) (double) 2
        2) 1) "c"
           2) (double) 3
        > ZPOPMAX z 5
        1) 1) "d"
           2) (double) 4
        > EXISTS z
        (integer) 0
        > ZPOPMIN z
        (empty array)
        > ZPOPMIN z 1
        (empty array)
        > ZPOPMIN z 0
        (empty array)
        > ZPOPMIN z -1
        (error) ERR value is out of range, must be positive
        > ZPOPMIN z x
        (error) ERR value is out of range, must be positive
        > ZPOPMIN z 1 2
        (error) ERR syntax error
        > ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
        (integer) 6
        > ZMPOP 1 z MIN
        1) "z"
        2) 1) 1) "a"
              2) (double) 1
        > ZMPOP 2 nokey z MAX
        1) "z"
        2) 1) 1) "f"
              2) (double) 6
        > ZMPOP 1 z MAX COUNT 2
        1) "z"
        2) 1) 1) "e"
              2) (double) 5
           2) 1) "d"
              2) (double) 4
        > ZMPOP 1 z MIN COUNT 100
        1) "z"
        2) 1) 1) "b"
              2) (double) 2
           2) 1) "c"
              2) (double) 3
        > ZMPOP 1 z MIN
        (nil)
        > ZMPOP x z MIN
        (error) ERR numkeys should be greater than 0
        > ZMPOP 0 z MIN
        (error) ERR numkeys should be greater than 0
        > ZMPOP 2 z MIN
        (error) ERR syntax error
        > ZMPOP 1 z foo
        (error) ERR syntax error
        > ZMPOP 1 z MIN COUNT 0
        (error) ERR count should be greater than 0
        > ZMPOP 1 z MIN COUNT x
        (error) ERR count should be greater than 0
        > ZMPOP 1 z MIN COUNT
        (error) ERR syntax error
        > ZMPOP 1 z MIN COUNT 1 COUNT 2
        (error) ERR syntax error
        > ZMPOP 1 z MIN foo
        (error) ERR syntax error
        > ZADD z 1 a 2 b 3 c 4 d
        (integer) 4
        > BZPOPMIN nokey z 0
        1) "z"
        2) "a"
        3) (double) 1
        > BZPOPMAX z 0
        1) "z"
        2) "d"
        3) (double) 4
        > BZMPOP 0 2 nokey z MIN
        1) "z"
        2) 1) 1) "b"
              2) (double) 2
        > BZMPOP 0 1 z MAX COUNT 9
        1) "z"
        2) 1) 1) "c"
              2) (double) 3
        > BZPOPMIN z x
        (error) ERR timeout is not a float or out of range
        > BZPOPMIN z -1
        (error) ERR timeout is negative
        > BZMPOP x 1 z MIN
        (error) ERR timeout is not a float or out of range
        > BZMPOP x 0 z MIN
        (error) ERR numkeys should be greater than 0
        > BZMPOP 0 0 z MIN
        (error) ERR numkeys should be greater than 0
        > BZMPOP -1 1 z MIN
        (error) ERR timeout is negative
        > BZMPOP 0 1 z foo
        (error) ERR syntax error
        > BZMPOP 0 1 z MIN COUNT 0
        (error) ERR count should be greater than 0
        > BZMPOP 0 2 z MIN
        (error) ERR syntax error
        > MULTI
        OK
        > BZPOPMIN z 0
        QUEUED
        > BZMPOP 0 1 z MIN
        QUEUED
        > EXEC
        1) (nil)
        2) (nil)
        > BZPOPMIN z 0.01
        (nil)
        > BZMPOP 0.01 1 z MIN
        (nil)
    "#,
    );
}

#[test]
fn members_by_chance_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1.5 a
        (integer) 1
        > ZRANDMEMBER z
        "a"
        > ZRANDMEMBER z 1
        1) "a"
        > ZRANDMEMBER z 5
        1) "a"
        > ZRANDMEMBER z 5 WITHSCORES
        1) "a"
        2) "1.5"
        > ZRANDMEMBER z -3
        1) "a"
        2) "a"
        3) "a"
        > ZRANDMEMBER z -2 WITHSCORES
        1) "a"
        2) "1.5"
        3) "a"
        4) "1.5"
        > ZRANDMEMBER z 0
        (empty array)
        > ZRANDMEMBER z 0 WITHSCORES
        (empty array)
        > ZADD z 2 b 3 c
        (integer) 2
        # sorted
        > ZRANDMEMBER z 3
        1) "a"
        2) "b"
        3) "c"
        # sorted
        > ZRANDMEMBER z 9223372036854775807
        1) "a"
        2) "b"
        3) "c"
        > ZRANDMEMBER nokey
        (nil)
        > ZRANDMEMBER nokey 3
        (empty array)
        > ZRANDMEMBER nokey -3 WITHSCORES
        (empty array)
        > ZRANDMEMBER z x
        (error) ERR value is not an integer or out of range
        > ZRANDMEMBER z 1 foo
        (error) ERR syntax error
        > ZRANDMEMBER z x foo
        (error) ERR value is not an integer or out of range
        > ZRANDMEMBER z 1 WITHSCORES foo
        (error) ERR syntax error
        > ZRANDMEMBER z -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > ZRANDMEMBER z 4611686018427387904 WITHSCORES
        (error) ERR value is out of range
        > ZRANDMEMBER z -4611686018427387904 WITHSCORES
        (error) ERR value is out of range
    "#,
    );
}

#[test]
fn members_by_chance_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1.5 a
        (integer) 1
        > ZRANDMEMBER z
        "a"
        > ZRANDMEMBER z 1
        1) "a"
        > ZRANDMEMBER z 5
        1) "a"
        > ZRANDMEMBER z 5 WITHSCORES
        1) 1) "a"
           2) (double) 1.5
        > ZRANDMEMBER z -3
        1) "a"
        2) "a"
        3) "a"
        > ZRANDMEMBER z -2 WITHSCORES
        1) 1) "a"
           2) (double) 1.5
        2) 1) "a"
           2) (double) 1.5
        > ZRANDMEMBER z 0
        (empty array)
        > ZRANDMEMBER z 0 WITHSCORES
        (empty array)
        > ZADD z 2 b 3 c
        (integer) 2
        # sorted
        > ZRANDMEMBER z 3
        1) "a"
        2) "b"
        3) "c"
        # sorted
        > ZRANDMEMBER z 9223372036854775807
        1) "a"
        2) "b"
        3) "c"
        > ZRANDMEMBER nokey
        (nil)
        > ZRANDMEMBER nokey 3
        (empty array)
        > ZRANDMEMBER nokey -3 WITHSCORES
        (empty array)
        > ZRANDMEMBER z x
        (error) ERR value is not an integer or out of range
        > ZRANDMEMBER z 1 foo
        (error) ERR syntax error
        > ZRANDMEMBER z x foo
        (error) ERR value is not an integer or out of range
        > ZRANDMEMBER z 1 WITHSCORES foo
        (error) ERR syntax error
        > ZRANDMEMBER z -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > ZRANDMEMBER z 4611686018427387904 WITHSCORES
        (error) ERR value is out of range
        > ZRANDMEMBER z -4611686018427387904 WITHSCORES
        (error) ERR value is out of range
    "#,
    );
}

#[test]
fn sets_are_united_resp2() {
    check(
        r#"
        # resp2
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y 20 z 30 w
        (integer) 3
        > SADD s x w v
        (integer) 3
        > ZUNION 2 a b
        1) "x"
        2) "y"
        3) "z"
        4) "w"
        > ZUNION 2 a b WITHSCORES
        1) "x"
        2) "1"
        3) "y"
        4) "12"
        5) "z"
        6) "23"
        7) "w"
        8) "30"
        > ZUNION 3 a b s WITHSCORES
         1) "v"
         2) "1"
         3) "x"
         4) "2"
         5) "y"
         6) "12"
         7) "z"
         8) "23"
         9) "w"
        10) "31"
        > ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES
        1) "x"
        2) "2"
        3) "y"
        4) "9"
        5) "w"
        6) "15"
        7) "z"
        8) "16"
        > ZUNION 2 a b AGGREGATE MIN WITHSCORES
        1) "x"
        2) "1"
        3) "y"
        4) "2"
        5) "z"
        6) "3"
        7) "w"
        8) "30"
        > ZUNION 2 a b AGGREGATE max WEIGHTS 1 -1 WITHSCORES
        1) "w"
        2) "-30"
        3) "x"
        4) "1"
        5) "y"
        6) "2"
        7) "z"
        8) "3"
        > ZUNION 2 a nokey
        1) "x"
        2) "y"
        3) "z"
        > ZUNION 1 nokey WITHSCORES
        (empty array)
        > ZUNION 2 a a WITHSCORES
        1) "x"
        2) "2"
        3) "y"
        4) "4"
        5) "z"
        6) "6"
        > ZUNIONSTORE d 2 a b
        (integer) 4
        > ZRANGE d 0 -1 WITHSCORES
        1) "x"
        2) "1"
        3) "y"
        4) "12"
        5) "z"
        6) "23"
        7) "w"
        8) "30"
        > ZUNIONSTORE a 2 a s WEIGHTS 1 7
        (integer) 5
        > ZRANGE a 0 -1 WITHSCORES
         1) "y"
         2) "2"
         3) "z"
         4) "3"
         5) "v"
         6) "7"
         7) "w"
         8) "7"
         9) "x"
        10) "8"
        > EXPIRE d 100
        (integer) 1
        > ZUNIONSTORE d 1 s
        (integer) 3
        > TTL d
        (integer) -1
        > ZUNIONSTORE d 1 nokey
        (integer) 0
        > EXISTS d
        (integer) 0
        > SET k v
        OK
        > ZUNIONSTORE k 1 s
        (integer) 3
        > TYPE k
        zset
        > ZADD i inf x
        (integer) 1
        > ZADD j -inf x
        (integer) 1
        > ZUNION 2 i j WITHSCORES
        1) "x"
        2) "0"
        > ZUNION 1 i WEIGHTS 0 WITHSCORES
        1) "x"
        2) "0"
        > ZUNION 2 i j WEIGHTS 0 1 AGGREGATE MAX WITHSCORES
        1) "x"
        2) "0"
        > ZUNION 2 s i WEIGHTS 1 -inf WITHSCORES
        1) "x"
        2) "-inf"
        3) "v"
        4) "1"
        5) "w"
        6) "1"
        > ZUNION 0 a
        (error) ERR at least 1 input key is needed for 'zunion' command
        > ZUNION -1 a
        (error) ERR at least 1 input key is needed for 'zunion' command
        > ZUNION x a
        (error) ERR value is not an integer or out of range
        > ZUNION 3 a b
        (error) ERR syntax error
        > ZUNION 1 a WEIGHTS
        (error) ERR syntax error
        > ZUNION 2 a b WEIGHTS 1
        (error) ERR syntax error
        > ZUNION 1 a WEIGHTS x
        (error) ERR weight value is not a float
        > ZUNION 1 a WEIGHTS nan
        (error) ERR weight value is not a float
        > ZUNION 1 a WEIGHTS 1 2
        (error) ERR syntax error
        > ZUNION 1 a AGGREGATE
        (error) ERR syntax error
        > ZUNION 1 a AGGREGATE foo
        (error) ERR syntax error
        > ZUNION 1 a foo
        (error) ERR syntax error
        > ZUNION 2 a b AGGREGATE SUM WITHSCORES
         1) "v"
         2) "7"
         3) "x"
         4) "8"
         5) "y"
         6) "12"
         7) "z"
         8) "23"
         9) "w"
        10) "37"
        > ZUNIONSTORE d 2 a b AGGREGATE SUM
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
         1) "v"
         2) "7"
         3) "x"
         4) "8"
         5) "y"
         6) "12"
         7) "z"
         8) "23"
         9) "w"
        10) "37"
        > ZUNIONSTORE d 2 a b AGGREGATE MIN
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
         1) "y"
         2) "2"
         3) "z"
         4) "3"
         5) "v"
         6) "7"
         7) "w"
         8) "7"
         9) "x"
        10) "8"
        > ZUNIONSTORE d 2 a b WEIGHTS 1 2 AGGREGATE MAX
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
         1) "v"
         2) "7"
         3) "x"
         4) "8"
         5) "y"
         6) "20"
         7) "z"
         8) "40"
         9) "w"
        10) "60"
        > ZUNIONSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZUNIONSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zunionstore' command
        > ZUNIONSTORE d x a
        (error) ERR value is not an integer or out of range
        > ZUNIONSTORE d 2 a
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn sets_are_united_resp3() {
    check(
        r#"
        # resp3
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y 20 z 30 w
        (integer) 3
        > SADD s x w v
        (integer) 3
        > ZUNION 2 a b
        1) "x"
        2) "y"
        3) "z"
        4) "w"
        > ZUNION 2 a b WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "y"
           2) (double) 12
        3) 1) "z"
           2) (double) 23
        4) 1) "w"
           2) (double) 30
        > ZUNION 3 a b s WITHSCORES
        1) 1) "v"
           2) (double) 1
        2) 1) "x"
           2) (double) 2
        3) 1) "y"
           2) (double) 12
        4) 1) "z"
           2) (double) 23
        5) 1) "w"
           2) (double) 31
        > ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES
        1) 1) "x"
           2) (double) 2
        2) 1) "y"
           2) (double) 9
        3) 1) "w"
           2) (double) 15
        4) 1) "z"
           2) (double) 16
        > ZUNION 2 a b AGGREGATE MIN WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "y"
           2) (double) 2
        3) 1) "z"
           2) (double) 3
        4) 1) "w"
           2) (double) 30
        > ZUNION 2 a b AGGREGATE max WEIGHTS 1 -1 WITHSCORES
        1) 1) "w"
           2) (double) -30
        2) 1) "x"
           2) (double) 1
        3) 1) "y"
           2) (double) 2
        4) 1) "z"
           2) (double) 3
        > ZUNION 2 a nokey
        1) "x"
        2) "y"
        3) "z"
        > ZUNION 1 nokey WITHSCORES
        (empty array)
        > ZUNION 2 a a WITHSCORES
        1) 1) "x"
           2) (double) 2
        2) 1) "y"
           2) (double) 4
        3) 1) "z"
           2) (double) 6
        > ZUNIONSTORE d 2 a b
        (integer) 4
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "y"
           2) (double) 12
        3) 1) "z"
           2) (double) 23
        4) 1) "w"
           2) (double) 30
        > ZUNIONSTORE a 2 a s WEIGHTS 1 7
        (integer) 5
        > ZRANGE a 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 2
        2) 1) "z"
           2) (double) 3
        3) 1) "v"
           2) (double) 7
        4) 1) "w"
           2) (double) 7
        5) 1) "x"
           2) (double) 8
        > EXPIRE d 100
        (integer) 1
        > ZUNIONSTORE d 1 s
        (integer) 3
        > TTL d
        (integer) -1
        > ZUNIONSTORE d 1 nokey
        (integer) 0
        > EXISTS d
        (integer) 0
        > SET k v
        OK
        > ZUNIONSTORE k 1 s
        (integer) 3
        > TYPE k
        zset
        > ZADD i inf x
        (integer) 1
        > ZADD j -inf x
        (integer) 1
        > ZUNION 2 i j WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZUNION 1 i WEIGHTS 0 WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZUNION 2 i j WEIGHTS 0 1 AGGREGATE MAX WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZUNION 2 s i WEIGHTS 1 -inf WITHSCORES
        1) 1) "x"
           2) (double) -inf
        2) 1) "v"
           2) (double) 1
        3) 1) "w"
           2) (double) 1
        > ZUNION 0 a
        (error) ERR at least 1 input key is needed for 'zunion' command
        > ZUNION -1 a
        (error) ERR at least 1 input key is needed for 'zunion' command
        > ZUNION x a
        (error) ERR value is not an integer or out of range
        > ZUNION 3 a b
        (error) ERR syntax error
        > ZUNION 1 a WEIGHTS
        (error) ERR syntax error
        > ZUNION 2 a b WEIGHTS 1
        (error) ERR syntax error
        > ZUNION 1 a WEIGHTS x
        (error) ERR weight value is not a float
        > ZUNION 1 a WEIGHTS nan
        (error) ERR weight value is not a float
        > ZUNION 1 a WEIGHTS 1 2
        (error) ERR syntax error
        > ZUNION 1 a AGGREGATE
        (error) ERR syntax error
        > ZUNION 1 a AGGREGATE foo
        (error) ERR syntax error
        > ZUNION 1 a foo
        (error) ERR syntax error
        > ZUNION 2 a b AGGREGATE SUM WITHSCORES
        1) 1) "v"
           2) (double) 7
        2) 1) "x"
           2) (double) 8
        3) 1) "y"
           2) (double) 12
        4) 1) "z"
           2) (double) 23
        5) 1) "w"
           2) (double) 37
        > ZUNIONSTORE d 2 a b AGGREGATE SUM
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "v"
           2) (double) 7
        2) 1) "x"
           2) (double) 8
        3) 1) "y"
           2) (double) 12
        4) 1) "z"
           2) (double) 23
        5) 1) "w"
           2) (double) 37
        > ZUNIONSTORE d 2 a b AGGREGATE MIN
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 2
        2) 1) "z"
           2) (double) 3
        3) 1) "v"
           2) (double) 7
        4) 1) "w"
           2) (double) 7
        5) 1) "x"
           2) (double) 8
        > ZUNIONSTORE d 2 a b WEIGHTS 1 2 AGGREGATE MAX
        (integer) 5
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "v"
           2) (double) 7
        2) 1) "x"
           2) (double) 8
        3) 1) "y"
           2) (double) 20
        4) 1) "z"
           2) (double) 40
        5) 1) "w"
           2) (double) 60
        > ZUNIONSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZUNIONSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zunionstore' command
        > ZUNIONSTORE d x a
        (error) ERR value is not an integer or out of range
        > ZUNIONSTORE d 2 a
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn sets_are_intersected_resp2() {
    check(
        r#"
        # resp2
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y 20 z 30 w
        (integer) 3
        > SADD s z w y
        (integer) 3
        > ZINTER 2 a b
        1) "y"
        2) "z"
        > ZINTER 2 a b WITHSCORES
        1) "y"
        2) "12"
        3) "z"
        4) "23"
        > ZINTER 3 a b s WITHSCORES
        1) "y"
        2) "13"
        3) "z"
        4) "24"
        > ZINTER 2 a b WEIGHTS 2 3 AGGREGATE MAX WITHSCORES
        1) "y"
        2) "30"
        3) "z"
        4) "60"
        > ZINTER 2 b a AGGREGATE MIN WITHSCORES
        1) "y"
        2) "2"
        3) "z"
        4) "3"
        > ZINTER 2 a nokey
        (empty array)
        > ZINTERSTORE d 2 a s
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "y"
        2) "3"
        3) "z"
        4) "4"
        > ZINTERSTORE d 2 a nokey
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZINTER 2 a b AGGREGATE SUM WITHSCORES
        1) "y"
        2) "12"
        3) "z"
        4) "23"
        > ZINTERSTORE d 2 a b AGGREGATE SUM
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "y"
        2) "12"
        3) "z"
        4) "23"
        > ZINTERSTORE d 2 a b AGGREGATE MIN
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "y"
        2) "2"
        3) "z"
        4) "3"
        > ZINTERSTORE d 2 a b WEIGHTS 1 2 AGGREGATE MAX
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "y"
        2) "20"
        3) "z"
        4) "40"
        > ZINTERCARD 2 a b
        (integer) 2
        > ZINTERCARD 2 a b LIMIT 1
        (integer) 1
        > ZINTERCARD 2 a b LIMIT 0
        (integer) 2
        > ZINTERCARD 2 a b LIMIT 5
        (integer) 2
        > ZINTERCARD 2 a nokey
        (integer) 0
        > ZINTERCARD 1 a LIMIT 1 LIMIT 2
        (integer) 2
        > ZADD i inf x
        (integer) 1
        > ZADD j -inf x
        (integer) 1
        > ZINTER 2 i j WITHSCORES
        1) "x"
        2) "0"
        > ZINTER 2 i j WEIGHTS 0 0 WITHSCORES
        1) "x"
        2) "0"
        > ZINTER 2 i j WEIGHTS 0 0 AGGREGATE MIN WITHSCORES
        1) "x"
        2) "0"
        > ZINTER 0 a
        (error) ERR at least 1 input key is needed for 'zinter' command
        > ZINTER 2 a
        (error) ERR syntax error
        > ZINTER 1 a foo
        (error) ERR syntax error
        > ZINTERSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZINTERSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zinterstore' command
        > ZINTERCARD 0 a
        (error) ERR at least 1 input key is needed for 'zintercard' command
        > ZINTERCARD x a
        (error) ERR value is not an integer or out of range
        > ZINTERCARD 2 a
        (error) ERR syntax error
        > ZINTERCARD 1 a LIMIT
        (error) ERR syntax error
        > ZINTERCARD 1 a LIMIT -1
        (error) ERR LIMIT can't be negative
        > ZINTERCARD 1 a LIMIT x
        (error) ERR LIMIT can't be negative
        > ZINTERCARD 1 a foo
        (error) ERR syntax error
        > ZINTERCARD 1 a WITHSCORES
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn sets_are_intersected_resp3() {
    check(
        r#"
        # resp3
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y 20 z 30 w
        (integer) 3
        > SADD s z w y
        (integer) 3
        > ZINTER 2 a b
        1) "y"
        2) "z"
        > ZINTER 2 a b WITHSCORES
        1) 1) "y"
           2) (double) 12
        2) 1) "z"
           2) (double) 23
        > ZINTER 3 a b s WITHSCORES
        1) 1) "y"
           2) (double) 13
        2) 1) "z"
           2) (double) 24
        > ZINTER 2 a b WEIGHTS 2 3 AGGREGATE MAX WITHSCORES
        1) 1) "y"
           2) (double) 30
        2) 1) "z"
           2) (double) 60
        > ZINTER 2 b a AGGREGATE MIN WITHSCORES
        1) 1) "y"
           2) (double) 2
        2) 1) "z"
           2) (double) 3
        > ZINTER 2 a nokey
        (empty array)
        > ZINTERSTORE d 2 a s
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 3
        2) 1) "z"
           2) (double) 4
        > ZINTERSTORE d 2 a nokey
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZINTER 2 a b AGGREGATE SUM WITHSCORES
        1) 1) "y"
           2) (double) 12
        2) 1) "z"
           2) (double) 23
        > ZINTERSTORE d 2 a b AGGREGATE SUM
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 12
        2) 1) "z"
           2) (double) 23
        > ZINTERSTORE d 2 a b AGGREGATE MIN
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 2
        2) 1) "z"
           2) (double) 3
        > ZINTERSTORE d 2 a b WEIGHTS 1 2 AGGREGATE MAX
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "y"
           2) (double) 20
        2) 1) "z"
           2) (double) 40
        > ZINTERCARD 2 a b
        (integer) 2
        > ZINTERCARD 2 a b LIMIT 1
        (integer) 1
        > ZINTERCARD 2 a b LIMIT 0
        (integer) 2
        > ZINTERCARD 2 a b LIMIT 5
        (integer) 2
        > ZINTERCARD 2 a nokey
        (integer) 0
        > ZINTERCARD 1 a LIMIT 1 LIMIT 2
        (integer) 2
        > ZADD i inf x
        (integer) 1
        > ZADD j -inf x
        (integer) 1
        > ZINTER 2 i j WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZINTER 2 i j WEIGHTS 0 0 WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZINTER 2 i j WEIGHTS 0 0 AGGREGATE MIN WITHSCORES
        1) 1) "x"
           2) (double) 0
        > ZINTER 0 a
        (error) ERR at least 1 input key is needed for 'zinter' command
        > ZINTER 2 a
        (error) ERR syntax error
        > ZINTER 1 a foo
        (error) ERR syntax error
        > ZINTERSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZINTERSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zinterstore' command
        > ZINTERCARD 0 a
        (error) ERR at least 1 input key is needed for 'zintercard' command
        > ZINTERCARD x a
        (error) ERR value is not an integer or out of range
        > ZINTERCARD 2 a
        (error) ERR syntax error
        > ZINTERCARD 1 a LIMIT
        (error) ERR syntax error
        > ZINTERCARD 1 a LIMIT -1
        (error) ERR LIMIT can't be negative
        > ZINTERCARD 1 a LIMIT x
        (error) ERR LIMIT can't be negative
        > ZINTERCARD 1 a foo
        (error) ERR syntax error
        > ZINTERCARD 1 a WITHSCORES
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn sets_are_subtracted_resp2() {
    check(
        r#"
        # resp2
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y
        (integer) 1
        > SADD s z
        (integer) 1
        > ZDIFF 2 a b
        1) "x"
        2) "z"
        > ZDIFF 2 a b WITHSCORES
        1) "x"
        2) "1"
        3) "z"
        4) "3"
        > ZDIFF 3 a b s WITHSCORES
        1) "x"
        2) "1"
        > ZDIFF 2 nokey a
        (empty array)
        > ZDIFF 2 a nokey WITHSCORES
        1) "x"
        2) "1"
        3) "y"
        4) "2"
        5) "z"
        6) "3"
        > ZDIFF 2 s b WITHSCORES
        1) "z"
        2) "1"
        > ZDIFF 2 a a
        (empty array)
        > ZDIFFSTORE d 2 a b
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "x"
        2) "1"
        3) "z"
        4) "3"
        > ZDIFFSTORE d 2 a a
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZDIFF 1 a WEIGHTS 1
        (error) ERR syntax error
        > ZDIFF 1 a AGGREGATE SUM
        (error) ERR syntax error
        > ZDIFF 0 a
        (error) ERR at least 1 input key is needed for 'zdiff' command
        > ZDIFFSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZDIFFSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zdiffstore' command
    "#,
    );
}

#[test]
fn sets_are_subtracted_resp3() {
    check(
        r#"
        # resp3
        > ZADD a 1 x 2 y 3 z
        (integer) 3
        > ZADD b 10 y
        (integer) 1
        > SADD s z
        (integer) 1
        > ZDIFF 2 a b
        1) "x"
        2) "z"
        > ZDIFF 2 a b WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "z"
           2) (double) 3
        > ZDIFF 3 a b s WITHSCORES
        1) 1) "x"
           2) (double) 1
        > ZDIFF 2 nokey a
        (empty array)
        > ZDIFF 2 a nokey WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "y"
           2) (double) 2
        3) 1) "z"
           2) (double) 3
        > ZDIFF 2 s b WITHSCORES
        1) 1) "z"
           2) (double) 1
        > ZDIFF 2 a a
        (empty array)
        > ZDIFFSTORE d 2 a b
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) 1) "x"
           2) (double) 1
        2) 1) "z"
           2) (double) 3
        > ZDIFFSTORE d 2 a a
        (integer) 0
        > EXISTS d
        (integer) 0
        > ZDIFF 1 a WEIGHTS 1
        (error) ERR syntax error
        > ZDIFF 1 a AGGREGATE SUM
        (error) ERR syntax error
        > ZDIFF 0 a
        (error) ERR at least 1 input key is needed for 'zdiff' command
        > ZDIFFSTORE d 1 a WITHSCORES
        (error) ERR syntax error
        > ZDIFFSTORE d 0 a
        (error) ERR at least 1 input key is needed for 'zdiffstore' command
    "#,
    );
}

#[test]
fn a_sorted_set_has_the_encoding_that_its_members_ask_for_resp2() {
    check(
        r#"
        # resp2
        > ZADD z 1 a
        (integer) 1
        > ZADD z -0 zero
        (integer) 1
        > ZSCORE z zero
        "0"
        > ZADD z 1 "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        > ZADD z -0 neg
        (integer) 1
        > ZSCORE z neg
        "-0"
        > ZSCORE z zero
        "0"
        > ZREM z "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        > COPY z copy
        (integer) 1
        > OBJECT ENCODING copy
        "skiplist"
        > ZUNIONSTORE u 1 z
        (integer) 3
        > OBJECT ENCODING u
        "listpack"
        > ZRANGESTORE r z 0 -1
        (integer) 3
        > OBJECT ENCODING r
        "listpack"
        > ZADD long 1 "l"*64 2 "m"*64 3 "n"*64 4 "o"*64 5 "p"*64 6 "q"*64 7 "r"*64 8 "s"*64 9 "t"*64 10 "u"*64 11 "v"*64 12 "w"*64 13 "x"*64 14 "y"*64 15 "z"*64 16 "A"*64 17 "B"*64
        (integer) 17
        > OBJECT ENCODING long
        "listpack"
        > ZRANK long "x"*64
        (integer) 12
        > ZADD long -0 neg
        (integer) 1
        > ZSCORE long neg
        "0"
        > ZSCAN long 0 COUNT 1 MATCH neg
        1) "0"
        2) 1) "neg"
           2) "0"
        > ZADD long 3.1 "X"*65
        (integer) 1
        > OBJECT ENCODING long
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 3
        OK
        > ZADD e2 1 a 2 b 3 c
        (integer) 3
        > OBJECT ENCODING e2
        "listpack"
        > ZADD e2 9 a
        (integer) 0
        > OBJECT ENCODING e2
        "listpack"
        > ZADD e2 1 d
        (integer) 1
        > OBJECT ENCODING e2
        "skiplist"
        > ZREM e2 d b
        (integer) 2
        > OBJECT ENCODING e2
        "skiplist"
        > ZUNIONSTORE e3 1 e2
        (integer) 2
        > OBJECT ENCODING e3
        "listpack"
        > ZADD e4 1 a 2 b 3 c
        (integer) 3
        > ZINCRBY e4 1 d
        "1"
        > OBJECT ENCODING e4
        "skiplist"
        > ZUNIONSTORE e5 1 e4
        (integer) 4
        > OBJECT ENCODING e5
        "skiplist"
        > ZRANGESTORE e6 e4 -inf inf BYSCORE
        (integer) 4
        > OBJECT ENCODING e6
        "skiplist"
        > ZADD e7 1 "y"*70 1 a
        (integer) 2
        > OBJECT ENCODING e7
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 0
        OK
        > ZADD f 1 a
        (integer) 1
        > OBJECT ENCODING f
        "skiplist"
        > ZUNIONSTORE f2 1 f
        (integer) 1
        > OBJECT ENCODING f2
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 128
        OK
        > CONFIG SET zset-max-listpack-value 2
        OK
        > ZADD g 1 ab
        (integer) 1
        > OBJECT ENCODING g
        "listpack"
        > ZADD g 1 abc
        (integer) 1
        > OBJECT ENCODING g
        "skiplist"
        > ZADD sl 1 abc -0 a
        (integer) 2
        > ZSCORE sl a
        "-0"
        > ZINCRBY sl -0 a
        "-0"
        > ZADD sl INCR -0 new
        "-0"
        > ZRANGE sl 0 -1 WITHSCORES
        1) "a"
        2) "-0"
        3) "new"
        4) "-0"
        5) "abc"
        6) "1"
        > ZINCRBY sl 0 a
        "0"
    "#,
    );
}

#[test]
fn a_sorted_set_has_the_encoding_that_its_members_ask_for_resp3() {
    check(
        r#"
        # resp3
        > ZADD z 1 a
        (integer) 1
        > ZADD z -0 zero
        (integer) 1
        > ZSCORE z zero
        (double) 0
        > ZADD z 1 "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        > ZADD z -0 neg
        (integer) 1
        > ZSCORE z neg
        (double) -0
        > ZSCORE z zero
        (double) 0
        > ZREM z "y"*70
        (integer) 1
        > OBJECT ENCODING z
        "skiplist"
        > COPY z copy
        (integer) 1
        > OBJECT ENCODING copy
        "skiplist"
        > ZUNIONSTORE u 1 z
        (integer) 3
        > OBJECT ENCODING u
        "listpack"
        > ZRANGESTORE r z 0 -1
        (integer) 3
        > OBJECT ENCODING r
        "listpack"
        > ZADD long 1 "l"*64 2 "m"*64 3 "n"*64 4 "o"*64 5 "p"*64 6 "q"*64 7 "r"*64 8 "s"*64 9 "t"*64 10 "u"*64 11 "v"*64 12 "w"*64 13 "x"*64 14 "y"*64 15 "z"*64 16 "A"*64 17 "B"*64
        (integer) 17
        > OBJECT ENCODING long
        "listpack"
        > ZRANK long "x"*64
        (integer) 12
        > ZADD long -0 neg
        (integer) 1
        > ZSCORE long neg
        (double) 0
        > ZSCAN long 0 COUNT 1 MATCH neg
        1) "0"
        2) 1) "neg"
           2) "0"
        > ZADD long 3.1 "X"*65
        (integer) 1
        > OBJECT ENCODING long
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 3
        OK
        > ZADD e2 1 a 2 b 3 c
        (integer) 3
        > OBJECT ENCODING e2
        "listpack"
        > ZADD e2 9 a
        (integer) 0
        > OBJECT ENCODING e2
        "listpack"
        > ZADD e2 1 d
        (integer) 1
        > OBJECT ENCODING e2
        "skiplist"
        > ZREM e2 d b
        (integer) 2
        > OBJECT ENCODING e2
        "skiplist"
        > ZUNIONSTORE e3 1 e2
        (integer) 2
        > OBJECT ENCODING e3
        "listpack"
        > ZADD e4 1 a 2 b 3 c
        (integer) 3
        > ZINCRBY e4 1 d
        (double) 1
        > OBJECT ENCODING e4
        "skiplist"
        > ZUNIONSTORE e5 1 e4
        (integer) 4
        > OBJECT ENCODING e5
        "skiplist"
        > ZRANGESTORE e6 e4 -inf inf BYSCORE
        (integer) 4
        > OBJECT ENCODING e6
        "skiplist"
        > ZADD e7 1 "y"*70 1 a
        (integer) 2
        > OBJECT ENCODING e7
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 0
        OK
        > ZADD f 1 a
        (integer) 1
        > OBJECT ENCODING f
        "skiplist"
        > ZUNIONSTORE f2 1 f
        (integer) 1
        > OBJECT ENCODING f2
        "skiplist"
        > CONFIG SET zset-max-listpack-entries 128
        OK
        > CONFIG SET zset-max-listpack-value 2
        OK
        > ZADD g 1 ab
        (integer) 1
        > OBJECT ENCODING g
        "listpack"
        > ZADD g 1 abc
        (integer) 1
        > OBJECT ENCODING g
        "skiplist"
        > ZADD sl 1 abc -0 a
        (integer) 2
        > ZSCORE sl a
        (double) -0
        > ZINCRBY sl -0 a
        (double) -0
        > ZADD sl INCR -0 new
        (double) -0
        > ZRANGE sl 0 -1 WITHSCORES
        1) 1) "a"
           2) (double) -0
        2) 1) "new"
           2) (double) -0
        3) 1) "abc"
           2) (double) 1
        > ZINCRBY sl 0 a
        (double) 0
    "#,
    );
}

#[test]
fn big_sets_are_as_small_ones_resp2() {
    check(
        r#"
        # resp2
        # since 7.2
        > ZADD z 0 m0 1 m1 2 m2 3 m3 4 m4 5 m5 6 m6 0 m7 1 m8 2 m9 3 m10 4 m11 5 m12 6 m13 0 m14 1 m15 2 m16 3 m17 4 m18 5 m19 6 m20 0 m21 1 m22 2 m23 3 m24 4 m25 5 m26 6 m27 0 m28 1 m29 2 m30 3 m31 4 m32 5 m33 6 m34 0 m35 1 m36 2 m37 3 m38 4 m39 5 m40 6 m41 0 m42 1 m43 2 m44 3 m45 4 m46 5 m47 6 m48 0 m49 1 m50 2 m51 3 m52 4 m53 5 m54 6 m55 0 m56 1 m57 2 m58 3 m59 4 m60 5 m61 6 m62 0 m63 1 m64 2 m65 3 m66 4 m67 5 m68 6 m69 0 m70 1 m71 2 m72 3 m73 4 m74 5 m75 6 m76 0 m77 1 m78 2 m79 3 m80 4 m81 5 m82 6 m83 0 m84 1 m85 2 m86 3 m87 4 m88 5 m89 6 m90 0 m91 1 m92 2 m93 3 m94 4 m95 5 m96 6 m97 0 m98 1 m99 2 m100 3 m101 4 m102 5 m103 6 m104 0 m105 1 m106 2 m107 3 m108 4 m109 5 m110 6 m111 0 m112 1 m113 2 m114 3 m115 4 m116 5 m117 6 m118 0 m119 1 m120 2 m121 3 m122 4 m123 5 m124 6 m125 0 m126 1 m127 2 m128 3 m129 4 m130 5 m131 6 m132 0 m133 1 m134 2 m135 3 m136 4 m137 5 m138 6 m139 0 m140 1 m141 2 m142 3 m143 4 m144 5 m145 6 m146 0 m147 1 m148 2 m149 3 m150 4 m151 5 m152 6 m153 0 m154 1 m155 2 m156 3 m157 4 m158 5 m159 6 m160 0 m161 1 m162 2 m163 3 m164 4 m165 5 m166 6 m167 0 m168 1 m169 2 m170 3 m171 4 m172 5 m173 6 m174 0 m175 1 m176 2 m177 3 m178 4 m179 5 m180 6 m181 0 m182 1 m183 2 m184 3 m185 4 m186 5 m187 6 m188 0 m189 1 m190 2 m191 3 m192 4 m193 5 m194 6 m195 0 m196 1 m197 2 m198 3 m199 4 m200 5 m201 6 m202 0 m203 1 m204 2 m205 3 m206 4 m207 5 m208 6 m209 0 m210 1 m211 2 m212 3 m213 4 m214 5 m215 6 m216 0 m217 1 m218 2 m219 3 m220 4 m221 5 m222 6 m223 0 m224 1 m225 2 m226 3 m227 4 m228 5 m229 6 m230 0 m231 1 m232 2 m233 3 m234 4 m235 5 m236 6 m237 0 m238 1 m239 2 m240 3 m241 4 m242 5 m243 6 m244 0 m245 1 m246 2 m247 3 m248 4 m249 5 m250 6 m251 0 m252 1 m253 2 m254 3 m255 4 m256 5 m257 6 m258 0 m259 1 m260 2 m261 3 m262 4 m263 5 m264 6 m265 0 m266 1 m267 2 m268 3 m269 4 m270 5 m271 6 m272 0 m273 1 m274 2 m275 3 m276 4 m277 5 m278 6 m279 0 m280 1 m281 2 m282 3 m283 4 m284 5 m285 6 m286 0 m287 1 m288 2 m289 3 m290 4 m291 5 m292 6 m293 0 m294 1 m295 2 m296 3 m297 4 m298 5 m299
        (integer) 300
        > ZADD y 50 m50 1 new 3 m3
        (integer) 3
        > SADD s m1 m2 m299 other
        (integer) 4
        > OBJECT ENCODING z
        "skiplist"
        > ZCARD z
        (integer) 300
        > ZRANGE z 40 45 WITHSCORES
         1) "m84"
         2) "0"
         3) "m91"
         4) "0"
         5) "m98"
         6) "0"
         7) "m1"
         8) "1"
         9) "m106"
        10) "1"
        11) "m113"
        12) "1"
        > ZRANGE z 40 45 REV WITHSCORES
         1) "m111"
         2) "6"
         3) "m104"
         4) "6"
         5) "m96"
         6) "5"
         7) "m89"
         8) "5"
         9) "m82"
        10) "5"
        11) "m75"
        12) "5"
        > ZRANGE z (3 5 BYSCORE LIMIT 10 5
        1) "m165"
        2) "m172"
        3) "m179"
        4) "m18"
        5) "m186"
        > ZRANGE z 5 (3 BYSCORE REV LIMIT 10 5 WITHSCORES
         1) "m33"
         2) "5"
         3) "m299"
         4) "5"
         5) "m292"
         6) "5"
         7) "m285"
         8) "5"
         9) "m278"
        10) "5"
        > ZCOUNT z 2 (4
        (integer) 86
        > ZRANK z m77 WITHSCORE
        1) (integer) 39
        2) "0"
        > ZREVRANK z m77
        (integer) 260
        > ZPOPMIN z 3
        1) "m0"
        2) "0"
        3) "m105"
        4) "0"
        5) "m112"
        6) "0"
        > ZPOPMAX z 20
         1) "m97"
         2) "6"
         3) "m90"
         4) "6"
         5) "m83"
         6) "6"
         7) "m76"
         8) "6"
         9) "m69"
        10) "6"
        11) "m62"
        12) "6"
        13) "m6"
        14) "6"
        15) "m55"
        16) "6"
        17) "m48"
        18) "6"
        19) "m41"
        20) "6"
        21) "m34"
        22) "6"
        23) "m293"
        24) "6"
        25) "m286"
        26) "6"
        27) "m279"
        28) "6"
        29) "m272"
        30) "6"
        31) "m27"
        32) "6"
        33) "m265"
        34) "6"
        35) "m258"
        36) "6"
        37) "m251"
        38) "6"
        39) "m244"
        40) "6"
        > ZPOPMIN z
        1) "m119"
        2) "0"
        > ZINTER 2 z y WITHSCORES
        1) "m3"
        2) "6"
        3) "m50"
        4) "51"
        > ZINTER 2 z s WITHSCORES
        1) "m1"
        2) "2"
        3) "m2"
        4) "3"
        5) "m299"
        6) "6"
        > ZINTERCARD 2 z z LIMIT 20
        (integer) 20
        > ZDIFF 2 y z WITHSCORES
        1) "new"
        2) "1"
        > ZUNIONSTORE u 3 z y s WEIGHTS 1 2 3
        (integer) 278
        > ZRANGE u -6 -1 WITHSCORES
         1) "m223"
         2) "6"
         3) "m230"
         4) "6"
         5) "m237"
         6) "6"
         7) "m299"
         8) "8"
         9) "m3"
        10) "9"
        11) "m50"
        12) "101"
        > ZREMRANGEBYRANK z 10 100
        (integer) 91
        > ZRANGE z 8 12
        1) "m175"
        2) "m182"
        3) "m219"
        4) "m226"
        5) "m23"
        > ZREMRANGEBYSCORE z 4 5
        (integer) 86
        > ZCARD z
        (integer) 99
        > ZRANGE z 50 60
         1) "m199"
         2) "m206"
         3) "m213"
         4) "m220"
         5) "m227"
         6) "m234"
         7) "m24"
         8) "m241"
         9) "m248"
        10) "m255"
        11) "m262"
        > ZREMRANGEBYSCORE z -inf +inf
        (integer) 99
        > EXISTS z
        (integer) 0
        > ZADD l 0 m0 0 m1 0 m2 0 m3 0 m4 0 m5 0 m6 0 m7 0 m8 0 m9 0 m10 0 m11 0 m12 0 m13 0 m14 0 m15 0 m16 0 m17 0 m18 0 m19 0 m20 0 m21 0 m22 0 m23 0 m24 0 m25 0 m26 0 m27 0 m28 0 m29 0 m30 0 m31 0 m32 0 m33 0 m34 0 m35 0 m36 0 m37 0 m38 0 m39 0 m40 0 m41 0 m42 0 m43 0 m44 0 m45 0 m46 0 m47 0 m48 0 m49 0 m50 0 m51 0 m52 0 m53 0 m54 0 m55 0 m56 0 m57 0 m58 0 m59 0 m60 0 m61 0 m62 0 m63 0 m64 0 m65 0 m66 0 m67 0 m68 0 m69 0 m70 0 m71 0 m72 0 m73 0 m74 0 m75 0 m76 0 m77 0 m78 0 m79 0 m80 0 m81 0 m82 0 m83 0 m84 0 m85 0 m86 0 m87 0 m88 0 m89 0 m90 0 m91 0 m92 0 m93 0 m94 0 m95 0 m96 0 m97 0 m98 0 m99 0 m100 0 m101 0 m102 0 m103 0 m104 0 m105 0 m106 0 m107 0 m108 0 m109 0 m110 0 m111 0 m112 0 m113 0 m114 0 m115 0 m116 0 m117 0 m118 0 m119 0 m120 0 m121 0 m122 0 m123 0 m124 0 m125 0 m126 0 m127 0 m128 0 m129 0 m130 0 m131 0 m132 0 m133 0 m134 0 m135 0 m136 0 m137 0 m138 0 m139 0 m140 0 m141 0 m142 0 m143 0 m144 0 m145 0 m146 0 m147 0 m148 0 m149 0 m150 0 m151 0 m152 0 m153 0 m154 0 m155 0 m156 0 m157 0 m158 0 m159 0 m160 0 m161 0 m162 0 m163 0 m164 0 m165 0 m166 0 m167 0 m168 0 m169 0 m170 0 m171 0 m172 0 m173 0 m174 0 m175 0 m176 0 m177 0 m178 0 m179 0 m180 0 m181 0 m182 0 m183 0 m184 0 m185 0 m186 0 m187 0 m188 0 m189 0 m190 0 m191 0 m192 0 m193 0 m194 0 m195 0 m196 0 m197 0 m198 0 m199 0 m200 0 m201 0 m202 0 m203 0 m204 0 m205 0 m206 0 m207 0 m208 0 m209 0 m210 0 m211 0 m212 0 m213 0 m214 0 m215 0 m216 0 m217 0 m218 0 m219 0 m220 0 m221 0 m222 0 m223 0 m224 0 m225 0 m226 0 m227 0 m228 0 m229 0 m230 0 m231 0 m232 0 m233 0 m234 0 m235 0 m236 0 m237 0 m238 0 m239 0 m240 0 m241 0 m242 0 m243 0 m244 0 m245 0 m246 0 m247 0 m248 0 m249 0 m250 0 m251 0 m252 0 m253 0 m254 0 m255 0 m256 0 m257 0 m258 0 m259 0 m260 0 m261 0 m262 0 m263 0 m264 0 m265 0 m266 0 m267 0 m268 0 m269 0 m270 0 m271 0 m272 0 m273 0 m274 0 m275 0 m276 0 m277 0 m278 0 m279 0 m280 0 m281 0 m282 0 m283 0 m284 0 m285 0 m286 0 m287 0 m288 0 m289 0 m290 0 m291 0 m292 0 m293 0 m294 0 m295 0 m296 0 m297 0 m298 0 m299
        (integer) 300
        > ZLEXCOUNT l [m15 (m2
        (integer) 55
        > ZRANGE l [m15 (m2 BYLEX LIMIT 0 3
        1) "m15"
        2) "m150"
        3) "m151"
        > ZREMRANGEBYLEX l [m2 +
        (integer) 188
        > ZRANGE l + - BYLEX REV LIMIT 0 2
        1) "m199"
        2) "m198"
    "#,
    );
}

#[test]
fn big_sets_are_as_small_ones_resp3() {
    check(
        r#"
        # resp3
        # since 7.2
        > ZADD z 0 m0 1 m1 2 m2 3 m3 4 m4 5 m5 6 m6 0 m7 1 m8 2 m9 3 m10 4 m11 5 m12 6 m13 0 m14 1 m15 2 m16 3 m17 4 m18 5 m19 6 m20 0 m21 1 m22 2 m23 3 m24 4 m25 5 m26 6 m27 0 m28 1 m29 2 m30 3 m31 4 m32 5 m33 6 m34 0 m35 1 m36 2 m37 3 m38 4 m39 5 m40 6 m41 0 m42 1 m43 2 m44 3 m45 4 m46 5 m47 6 m48 0 m49 1 m50 2 m51 3 m52 4 m53 5 m54 6 m55 0 m56 1 m57 2 m58 3 m59 4 m60 5 m61 6 m62 0 m63 1 m64 2 m65 3 m66 4 m67 5 m68 6 m69 0 m70 1 m71 2 m72 3 m73 4 m74 5 m75 6 m76 0 m77 1 m78 2 m79 3 m80 4 m81 5 m82 6 m83 0 m84 1 m85 2 m86 3 m87 4 m88 5 m89 6 m90 0 m91 1 m92 2 m93 3 m94 4 m95 5 m96 6 m97 0 m98 1 m99 2 m100 3 m101 4 m102 5 m103 6 m104 0 m105 1 m106 2 m107 3 m108 4 m109 5 m110 6 m111 0 m112 1 m113 2 m114 3 m115 4 m116 5 m117 6 m118 0 m119 1 m120 2 m121 3 m122 4 m123 5 m124 6 m125 0 m126 1 m127 2 m128 3 m129 4 m130 5 m131 6 m132 0 m133 1 m134 2 m135 3 m136 4 m137 5 m138 6 m139 0 m140 1 m141 2 m142 3 m143 4 m144 5 m145 6 m146 0 m147 1 m148 2 m149 3 m150 4 m151 5 m152 6 m153 0 m154 1 m155 2 m156 3 m157 4 m158 5 m159 6 m160 0 m161 1 m162 2 m163 3 m164 4 m165 5 m166 6 m167 0 m168 1 m169 2 m170 3 m171 4 m172 5 m173 6 m174 0 m175 1 m176 2 m177 3 m178 4 m179 5 m180 6 m181 0 m182 1 m183 2 m184 3 m185 4 m186 5 m187 6 m188 0 m189 1 m190 2 m191 3 m192 4 m193 5 m194 6 m195 0 m196 1 m197 2 m198 3 m199 4 m200 5 m201 6 m202 0 m203 1 m204 2 m205 3 m206 4 m207 5 m208 6 m209 0 m210 1 m211 2 m212 3 m213 4 m214 5 m215 6 m216 0 m217 1 m218 2 m219 3 m220 4 m221 5 m222 6 m223 0 m224 1 m225 2 m226 3 m227 4 m228 5 m229 6 m230 0 m231 1 m232 2 m233 3 m234 4 m235 5 m236 6 m237 0 m238 1 m239 2 m240 3 m241 4 m242 5 m243 6 m244 0 m245 1 m246 2 m247 3 m248 4 m249 5 m250 6 m251 0 m252 1 m253 2 m254 3 m255 4 m256 5 m257 6 m258 0 m259 1 m260 2 m261 3 m262 4 m263 5 m264 6 m265 0 m266 1 m267 2 m268 3 m269 4 m270 5 m271 6 m272 0 m273 1 m274 2 m275 3 m276 4 m277 5 m278 6 m279 0 m280 1 m281 2 m282 3 m283 4 m284 5 m285 6 m286 0 m287 1 m288 2 m289 3 m290 4 m291 5 m292 6 m293 0 m294 1 m295 2 m296 3 m297 4 m298 5 m299
        (integer) 300
        > ZADD y 50 m50 1 new 3 m3
        (integer) 3
        > SADD s m1 m2 m299 other
        (integer) 4
        > OBJECT ENCODING z
        "skiplist"
        > ZCARD z
        (integer) 300
        > ZRANGE z 40 45 WITHSCORES
        1) 1) "m84"
           2) (double) 0
        2) 1) "m91"
           2) (double) 0
        3) 1) "m98"
           2) (double) 0
        4) 1) "m1"
           2) (double) 1
        5) 1) "m106"
           2) (double) 1
        6) 1) "m113"
           2) (double) 1
        > ZRANGE z 40 45 REV WITHSCORES
        1) 1) "m111"
           2) (double) 6
        2) 1) "m104"
           2) (double) 6
        3) 1) "m96"
           2) (double) 5
        4) 1) "m89"
           2) (double) 5
        5) 1) "m82"
           2) (double) 5
        6) 1) "m75"
           2) (double) 5
        > ZRANGE z (3 5 BYSCORE LIMIT 10 5
        1) "m165"
        2) "m172"
        3) "m179"
        4) "m18"
        5) "m186"
        > ZRANGE z 5 (3 BYSCORE REV LIMIT 10 5 WITHSCORES
        1) 1) "m33"
           2) (double) 5
        2) 1) "m299"
           2) (double) 5
        3) 1) "m292"
           2) (double) 5
        4) 1) "m285"
           2) (double) 5
        5) 1) "m278"
           2) (double) 5
        > ZCOUNT z 2 (4
        (integer) 86
        > ZRANK z m77 WITHSCORE
        1) (integer) 39
        2) (double) 0
        > ZREVRANK z m77
        (integer) 260
        > ZPOPMIN z 3
        1) 1) "m0"
           2) (double) 0
        2) 1) "m105"
           2) (double) 0
        3) 1) "m112"
           2) (double) 0
        > ZPOPMAX z 20
         1) 1) "m97"
            2) (double) 6
         2) 1) "m90"
            2) (double) 6
         3) 1) "m83"
            2) (double) 6
         4) 1) "m76"
            2) (double) 6
         5) 1) "m69"
            2) (double) 6
         6) 1) "m62"
            2) (double) 6
         7) 1) "m6"
            2) (double) 6
         8) 1) "m55"
            2) (double) 6
         9) 1) "m48"
            2) (double) 6
        10) 1) "m41"
            2) (double) 6
        11) 1) "m34"
            2) (double) 6
        12) 1) "m293"
            2) (double) 6
        13) 1) "m286"
            2) (double) 6
        14) 1) "m279"
            2) (double) 6
        15) 1) "m272"
            2) (double) 6
        16) 1) "m27"
            2) (double) 6
        17) 1) "m265"
            2) (double) 6
        18) 1) "m258"
            2) (double) 6
        19) 1) "m251"
            2) (double) 6
        20) 1) "m244"
            2) (double) 6
        > ZPOPMIN z
        1) "m119"
        2) (double) 0
        > ZINTER 2 z y WITHSCORES
        1) 1) "m3"
           2) (double) 6
        2) 1) "m50"
           2) (double) 51
        > ZINTER 2 z s WITHSCORES
        1) 1) "m1"
           2) (double) 2
        2) 1) "m2"
           2) (double) 3
        3) 1) "m299"
           2) (double) 6
        > ZINTERCARD 2 z z LIMIT 20
        (integer) 20
        > ZDIFF 2 y z WITHSCORES
        1) 1) "new"
           2) (double) 1
        > ZUNIONSTORE u 3 z y s WEIGHTS 1 2 3
        (integer) 278
        > ZRANGE u -6 -1 WITHSCORES
        1) 1) "m223"
           2) (double) 6
        2) 1) "m230"
           2) (double) 6
        3) 1) "m237"
           2) (double) 6
        4) 1) "m299"
           2) (double) 8
        5) 1) "m3"
           2) (double) 9
        6) 1) "m50"
           2) (double) 101
        > ZREMRANGEBYRANK z 10 100
        (integer) 91
        > ZRANGE z 8 12
        1) "m175"
        2) "m182"
        3) "m219"
        4) "m226"
        5) "m23"
        > ZREMRANGEBYSCORE z 4 5
        (integer) 86
        > ZCARD z
        (integer) 99
        > ZRANGE z 50 60
         1) "m199"
         2) "m206"
         3) "m213"
         4) "m220"
         5) "m227"
         6) "m234"
         7) "m24"
         8) "m241"
         9) "m248"
        10) "m255"
        11) "m262"
        > ZREMRANGEBYSCORE z -inf +inf
        (integer) 99
        > EXISTS z
        (integer) 0
        > ZADD l 0 m0 0 m1 0 m2 0 m3 0 m4 0 m5 0 m6 0 m7 0 m8 0 m9 0 m10 0 m11 0 m12 0 m13 0 m14 0 m15 0 m16 0 m17 0 m18 0 m19 0 m20 0 m21 0 m22 0 m23 0 m24 0 m25 0 m26 0 m27 0 m28 0 m29 0 m30 0 m31 0 m32 0 m33 0 m34 0 m35 0 m36 0 m37 0 m38 0 m39 0 m40 0 m41 0 m42 0 m43 0 m44 0 m45 0 m46 0 m47 0 m48 0 m49 0 m50 0 m51 0 m52 0 m53 0 m54 0 m55 0 m56 0 m57 0 m58 0 m59 0 m60 0 m61 0 m62 0 m63 0 m64 0 m65 0 m66 0 m67 0 m68 0 m69 0 m70 0 m71 0 m72 0 m73 0 m74 0 m75 0 m76 0 m77 0 m78 0 m79 0 m80 0 m81 0 m82 0 m83 0 m84 0 m85 0 m86 0 m87 0 m88 0 m89 0 m90 0 m91 0 m92 0 m93 0 m94 0 m95 0 m96 0 m97 0 m98 0 m99 0 m100 0 m101 0 m102 0 m103 0 m104 0 m105 0 m106 0 m107 0 m108 0 m109 0 m110 0 m111 0 m112 0 m113 0 m114 0 m115 0 m116 0 m117 0 m118 0 m119 0 m120 0 m121 0 m122 0 m123 0 m124 0 m125 0 m126 0 m127 0 m128 0 m129 0 m130 0 m131 0 m132 0 m133 0 m134 0 m135 0 m136 0 m137 0 m138 0 m139 0 m140 0 m141 0 m142 0 m143 0 m144 0 m145 0 m146 0 m147 0 m148 0 m149 0 m150 0 m151 0 m152 0 m153 0 m154 0 m155 0 m156 0 m157 0 m158 0 m159 0 m160 0 m161 0 m162 0 m163 0 m164 0 m165 0 m166 0 m167 0 m168 0 m169 0 m170 0 m171 0 m172 0 m173 0 m174 0 m175 0 m176 0 m177 0 m178 0 m179 0 m180 0 m181 0 m182 0 m183 0 m184 0 m185 0 m186 0 m187 0 m188 0 m189 0 m190 0 m191 0 m192 0 m193 0 m194 0 m195 0 m196 0 m197 0 m198 0 m199 0 m200 0 m201 0 m202 0 m203 0 m204 0 m205 0 m206 0 m207 0 m208 0 m209 0 m210 0 m211 0 m212 0 m213 0 m214 0 m215 0 m216 0 m217 0 m218 0 m219 0 m220 0 m221 0 m222 0 m223 0 m224 0 m225 0 m226 0 m227 0 m228 0 m229 0 m230 0 m231 0 m232 0 m233 0 m234 0 m235 0 m236 0 m237 0 m238 0 m239 0 m240 0 m241 0 m242 0 m243 0 m244 0 m245 0 m246 0 m247 0 m248 0 m249 0 m250 0 m251 0 m252 0 m253 0 m254 0 m255 0 m256 0 m257 0 m258 0 m259 0 m260 0 m261 0 m262 0 m263 0 m264 0 m265 0 m266 0 m267 0 m268 0 m269 0 m270 0 m271 0 m272 0 m273 0 m274 0 m275 0 m276 0 m277 0 m278 0 m279 0 m280 0 m281 0 m282 0 m283 0 m284 0 m285 0 m286 0 m287 0 m288 0 m289 0 m290 0 m291 0 m292 0 m293 0 m294 0 m295 0 m296 0 m297 0 m298 0 m299
        (integer) 300
        > ZLEXCOUNT l [m15 (m2
        (integer) 55
        > ZRANGE l [m15 (m2 BYLEX LIMIT 0 3
        1) "m15"
        2) "m150"
        3) "m151"
        > ZREMRANGEBYLEX l [m2 +
        (integer) 188
        > ZRANGE l + - BYLEX REV LIMIT 0 2
        1) "m199"
        2) "m198"
    "#,
    );
}

#[test]
fn a_new_set_has_the_encoding_that_its_pairs_would_ask_for() {
    check(
        r#"
        # resp2
        # since 7.2
        > CONFIG SET zset-max-listpack-entries 3
        OK
        > ZADD e1 1 a 1 a 1 a 1 a
        (integer) 1
        > OBJECT ENCODING e1
        "skiplist"
        > ZADD e1 XX 2 a 2 a 2 a 2 a
        (integer) 0
        > ZADD e2 XX 2 a 2 a 2 a 2 a
        (integer) 0
        > OBJECT ENCODING e2
        (nil)
        > ZADD e2 NX 2 a 2 a 2 a 2 b
        (integer) 2
        > OBJECT ENCODING e2
        "skiplist"
    "#,
    );
}

#[test]
fn the_digest_of_a_sorted_set_has_its_scores_by_their_digits() {
    check(
        r#"
        # resp2
        # since 8.2
        > ZADD a 3 m
        (integer) 1
        > ZADD b 0.1 m
        (integer) 1
        > ZADD c 1e8 m 1e16 n 1234567890123456789 o inf p -inf q -0 r 1e-5 s -7 t
        (integer) 8
        > ZADD d 1 "y"*70 -0 r
        (integer) 2
        > DEBUG DIGEST-VALUE a b c d
        1) 51ba3db6ed115e11c9f364a35f833b5a47327cf4
        2) 7e1bae26d61f35a2675e4748edc8fe0bff072cee
        3) 29da734f3b92cfc41888e9046ba34142764f4a20
        4) f128b26cb4d64144a684eedd8bc5ddd21d813a36
    "#,
    );
}

#[test]
fn a_stored_range_keeps_minus_zero_where_redis_does() {
    check(
        r#"
        # resp2
        > CONFIG SET zset-max-listpack-entries 3
        OK
        > ZADD z 1 b 2 c 3 d 4 e -0 a
        (integer) 5
        > ZRANGESTORE d z -inf inf BYSCORE
        (integer) 5
        > ZSCORE d a
        "0"
        > ZRANGESTORE d z 0 -1
        (integer) 5
        > ZSCORE d a
        "-0"
        > ZRANGESTORE d z inf -inf BYSCORE REV
        (integer) 5
        > ZSCORE d a
        "-0"
        > ZRANGESTORE d z 0 1
        (integer) 2
        > ZSCORE d a
        "0"
    "#,
    );
}

#[test]
fn waiting_clients_are_served_in_their_order() {
    check(
        r#"
        # since 7.2
        # resp2
        A> BZPOPMIN z 0
        B> BZPOPMAX z y 0
        C> BZMPOP 0 2 y z MIN COUNT 10
        D> BZPOPMIN z 0
        > ZADD z 1 a 2 b 3 c 4 d 5 e
        (integer) 5
        A< 1) "z"
           2) "a"
           3) "1"
        B< 1) "z"
           2) "e"
           3) "5"
        C< 1) "z"
           2) 1) 1) "b"
                 2) "2"
              2) 1) "c"
                 2) "3"
              3) 1) "d"
                 2) "4"
        > ZADD z 7 g
        (integer) 1
        D< 1) "z"
           2) "g"
           3) "7"
        > EXISTS z
        (integer) 0
        A> BZPOPMIN z 0
        > SET z v
        OK
        > DEL z
        (integer) 1
        > LPUSH z x
        (integer) 1
        > DEL z
        (integer) 1
        > ZADD other 1 m
        (integer) 1
        > ZUNIONSTORE z 1 other
        (integer) 1
        A< 1) "z"
           2) "m"
           3) "1"
        A> BZPOPMIN z 0
        > RENAME other z
        OK
        A< 1) "z"
           2) "m"
           3) "1"
        A> BZPOPMIN z 0
        > ZADD z 1 a
        (integer) 1
        A< 1) "z"
           2) "a"
           3) "1"
        A> BZPOPMIN z1 z2 0
        > MULTI
        OK
        > ZADD z2 1 b
        QUEUED
        > ZADD z1 1 a
        QUEUED
        > EXEC
        1) (integer) 1
        2) (integer) 1
        A< 1) "z1"
           2) "a"
           3) "1"
        A> BZMPOP 0 1 z MAX
        > MULTI
        OK
        > ZADD z 1 a
        QUEUED
        > DEL z
        QUEUED
        > EXEC
        1) (integer) 1
        2) (integer) 1
        > ZINCRBY z 5 q
        "5"
        A< 1) "z"
           2) 1) 1) "q"
                 2) "5"
    "#,
    );
}

#[test]
fn zscan_leaves_the_scores_out() {
    check(
        r#"
        # ours
        > ZADD z 1 a 2 b
        (integer) 2
        > ZSCAN z 0 NOSCORES
        1) "0"
        2) 1) "a"
           2) "b"
        > ZSCAN z 0 MATCH b NOSCORES COUNT 10
        1) "0"
        2) 1) "b"
        > ZSCAN z 0 NOVALUES
        (error) ERR NOVALUES option can only be used in HSCAN
        > SADD s a
        (integer) 1
        > SSCAN s 0 NOSCORES
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn as_many_pairs_as_a_listpack_may_not_hold_end_it_also_if_they_are_there() {
    check(
        r#"
        # since 7.2
        > ZADD z 1 a 2 b
        (integer) 2
        > CONFIG SET zset-max-listpack-entries 1
        OK
        > ZADD z 5 a
        (integer) 0
        > OBJECT ENCODING z
        "listpack"
        > ZADD z XX 1 c 1 c
        (integer) 0
        > OBJECT ENCODING z
        "skiplist"
        > ZADD y 1 a
        (integer) 1
        > CONFIG SET zset-max-listpack-entries 0
        OK
        > GEOADD y 1 1 a
        (integer) 0
        > OBJECT ENCODING y
        "skiplist"
    "#,
    );
}
