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
        > ZINCRBY nokey2 0.1 m
        "0.1"
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
        > ZINCRBY nokey2 0.1 m
        (double) 0.1
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
        > BZPOPMAX z 1e300
        (error) ERR timeout is out of range
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
        > BZPOPMAX z 1e300
        (error) ERR timeout is out of range
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
fn a_sorted_set_has_the_encoding_that_its_members_ask_for() {
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
        > ZADD e1 1 a 1 a 1 a 1 a
        (integer) 1
        > OBJECT ENCODING e1
        "skiplist"
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
    "#,
    );
}

#[test]
fn waiting_clients_are_served_in_their_order() {
    check(
        r#"
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
        A>
        B>
        C>
        > ZADD z 7 g
        (integer) 1
        D< 1) "z"
           2) "g"
           3) "7"
        D>
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
        A>
        A> BZPOPMIN z 0
        > RENAME other z
        OK
        A< 1) "z"
           2) "m"
           3) "1"
        A>
        A> BZPOPMIN z 0
        > ZADD z 1 a
        (integer) 1
        A< 1) "z"
           2) "a"
           3) "1"
        A>
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
        A>
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
        A>
    "#,
    );
}
