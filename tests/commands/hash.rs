//! Sessions of the hash commands.

use crate::harness::check;

#[test]
fn fields_are_set_and_read() {
    check(
        r#"
        > HSET h a 1 b 2 a 3
        (integer) 2
        > HSET h a x c 4
        (integer) 1
        > HSET h d 5 d 6
        (integer) 1
        > HGET h a
        "x"
        > HGET h z
        (nil)
        > HGET nokey a
        (nil)
        > HMGET h a z c
        1) "x"
        2) (nil)
        3) "4"
        > HMGET nokey a b
        1) (nil)
        2) (nil)
        > HLEN h
        (integer) 4
        > HLEN nokey
        (integer) 0
        > HEXISTS h a
        (integer) 1
        > HEXISTS h z
        (integer) 0
        > HEXISTS nokey a
        (integer) 0
        > HSTRLEN h a
        (integer) 1
        > HSTRLEN h z
        (integer) 0
        > HSTRLEN nokey a
        (integer) 0
        > TYPE h
        hash
        > OBJECT ENCODING h
        "listpack"
        > HSETNX h a 9
        (integer) 0
        > HSETNX h e 9
        (integer) 1
        > HSETNX n e 9
        (integer) 1
        > HMSET m a 1 b 2
        OK
        > HKEYS h
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        5) "e"
        > HVALS h
        1) "x"
        2) "2"
        3) "4"
        4) "6"
        5) "9"
        > HKEYS nokey
        (empty array)
        > HVALS nokey
        (empty array)
        > HDEL h a z
        (integer) 1
        > HDEL h z
        (integer) 0
        > HDEL nokey a
        (integer) 0
        > HDEL h b c d e
        (integer) 4
        > EXISTS h
        (integer) 0
        > HSET h a
        (error) ERR wrong number of arguments for 'hset' command
        > HSET h a 1 b
        (error) ERR wrong number of arguments for 'hset' command
        > HMSET h a 1 b
        (error) ERR wrong number of arguments for 'hmset' command
        > HMSET h a
        (error) ERR wrong number of arguments for 'hmset' command
        > SET s v
        OK
        > HSET s a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSET s a 1 b
        (error) ERR wrong number of arguments for 'hset' command
        > HMSET s a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSETNX s a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGET s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HMGET s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HLEN s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HEXISTS s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSTRLEN s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HKEYS s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HVALS s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETALL s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HDEL s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSET "" "" ""
        (integer) 1
        > HGET "" ""
        ""
        > HSET big v "x"*200000
        (integer) 1
        > HSTRLEN big v
        (integer) 200000
        > HSET big "f"*300 1
        (integer) 1
        > HGET big "f"*300
        "1"
    "#,
    );
}

#[test]
fn all_fields_of_a_hash() {
    check(
        r#"
        # resp2
        > HSET h a 1 b 2 c 3
        (integer) 3
        > HGETALL h
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        5) "c"
        6) "3"
        > HGETALL nokey
        (empty array)
        > HSET h b 9 d 4
        (integer) 1
        > HGETALL h
        1) "a"
        2) "1"
        3) "b"
        4) "9"
        5) "c"
        6) "3"
        7) "d"
        8) "4"
        > HDEL h a
        (integer) 1
        > HGETALL h
        1) "b"
        2) "9"
        3) "c"
        4) "3"
        5) "d"
        6) "4"
    "#,
    );
}

#[test]
fn all_fields_of_a_hash_are_a_map_in_resp3() {
    check(
        r#"
        # resp3
        > HSET h a 1 b 2 c 3
        (integer) 3
        > HGETALL h
        1# "a" => "1"
        2# "b" => "2"
        3# "c" => "3"
        > HGETALL nokey
        (empty hash)
        > HKEYS h
        1) "a"
        2) "b"
        3) "c"
        > HVALS h
        1) "1"
        2) "2"
        3) "3"
        > HMGET h a z
        1) "1"
        2) (nil)
        > HRANDFIELD nokey
        (nil)
        > HRANDFIELD nokey 5
        (empty array)
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HRANDFIELD h 5 WITHVALUES
        1) 1) "a"
           2) "1"
        > HRANDFIELD h -2 WITHVALUES
        1) 1) "a"
           2) "1"
        2) 1) "a"
           2) "1"
        > HRANDFIELD h 1
        1) "a"
        > HSCAN h 0
        1) "0"
        2) 1) "a"
           2) "1"
        > HINCRBYFLOAT h a 1.5
        "2.5"
    "#,
    );
}

#[test]
fn a_hash_is_converted_where_redis_does_it() {
    check(
        r#"
        # since 8.0
        > CONFIG SET hash-max-listpack-entries 3
        OK
        > HSET h a 1 b 2 c 3
        (integer) 3
        > OBJECT ENCODING h
        "listpack"
        > HSET h c 4
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSET h d 4
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 2 c 3 d 4
        (integer) 4
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 2 c 3
        (integer) 3
        > HSET h a 1 b 2
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSET h a 1 b 2 c 1
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSET h a 1 b 2 c 1 a 3
        (integer) 0
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 a 1 a 1 a 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 2
        (integer) 2
        > HSET h a 1 a 1 a 1 a 1
        (integer) 0
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 1 c 1
        (integer) 3
        > HSETNX h a 1
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSETNX h d 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 1 c 1
        (integer) 3
        > HINCRBY h d 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1 b 1 c 1
        (integer) 3
        > HINCRBYFLOAT h d 1.5
        "1.5"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > OBJECT ENCODING h
        (nil)
        > OBJECT ENCODING h
        (nil)
        > OBJECT ENCODING h
        (nil)
        > OBJECT ENCODING h
        (nil)
        > HSET h d 1
        (integer) 1
        > OBJECT ENCODING h
        "listpack"
        > DEL h
        (integer) 1
        > OBJECT ENCODING h
        (nil)
        > CONFIG SET hash-max-listpack-entries 2
        OK
        > DEL h
        (integer) 0
        > HSET h a 1 b 2
        (integer) 2
        > CONFIG SET hash-max-listpack-entries 1
        OK
        > HSET h a 3
        (integer) 0
        > OBJECT ENCODING h
        "hashtable"
        > OBJECT ENCODING h
        "hashtable"
        > CONFIG SET hash-max-listpack-entries 512
        OK
        > CONFIG SET hash-max-listpack-value 4
        OK
        > DEL h
        (integer) 1
        > HSET h abcd 12345
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h abcd 1234
        (integer) 1
        > OBJECT ENCODING h
        "listpack"
        > HSETNX h abcd 12345
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HGET h abcdef
        (nil)
        > HSETNX h abcde 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 9999
        (integer) 1
        > HINCRBY h a 1
        (integer) 10000
        > OBJECT ENCODING h
        "hashtable"
        > HSET h a 9999
        (integer) 0
        > HINCRBYFLOAT h a 0.25
        "9999.25"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBYFLOAT h abcde 0.25
        "0.25"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBYFLOAT h a 1000000
        "1000001"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBY h abcde 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HMGET h abcdefgh
        1) (nil)
        > OBJECT ENCODING h
        "listpack"
        > HDEL h abcdefgh
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > OBJECT ENCODING h
        "listpack"
        > OBJECT ENCODING h
        "listpack"
        > DEL h
        (integer) 1
        > OBJECT ENCODING h
        (nil)
        > EXISTS h
        (integer) 0
        > HSET h a 1
        (integer) 1
        > OBJECT ENCODING h
        "listpack"
        > CONFIG SET hash-max-listpack-value 64
        OK
    "#,
    );
}

#[test]
fn a_hash_with_deadlines_is_converted_where_redis_does_it() {
    check(
        r#"
        # since 8.0
        > CONFIG SET hash-max-listpack-entries 3
        OK
        > HSETEX h EX 100 FIELDS 3 a 1 b 1 c 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > HSETEX h EX 100 FIELDS 2 a 1 b 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > HSETEX h EX 100 FIELDS 3 a 1 b 1 c 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > HSETEX h EX 100 FIELDS 4 a 1 b 1 c 1 a 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > HSET h d 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSETEX h EX 100 FIELDS 4 a 1 b 1 c 1 d 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > HSETEX h EX 100 FIELDS 2 a 1 b 1
        (integer) 1
        > HSETEX h FIELDS 2 c 1 d 1
        (integer) 1
        > CONFIG SET hash-max-listpack-entries 2
        OK
        > DEL h
        (integer) 1
        > HSET h a 1 b 2
        (integer) 2
        > CONFIG SET hash-max-listpack-entries 1
        OK
        > HSET h a 3
        (integer) 0
        > OBJECT ENCODING h
        "hashtable"
        > HEXPIRE h 100 FIELDS 1 a
        1) (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > CONFIG SET hash-max-listpack-entries 512
        OK
        > CONFIG SET hash-max-listpack-value 4
        OK
        > DEL h
        (integer) 1
        > HSET h abcd 12345
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h abcd 1234
        (integer) 1
        > OBJECT ENCODING h
        "listpack"
        > HSETNX h abcd 12345
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HGET h abcdef
        (nil)
        > HSETNX h abcde 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 9999
        (integer) 1
        > HINCRBY h a 1
        (integer) 10000
        > OBJECT ENCODING h
        "hashtable"
        > HSET h a 9999
        (integer) 0
        > HINCRBYFLOAT h a 0.25
        "9999.25"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBYFLOAT h abcde 0.25
        "0.25"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBYFLOAT h a 1000000
        "1000001"
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HINCRBY h abcde 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h a 1
        (integer) 1
        > HMGET h abcdefgh
        1) (nil)
        > OBJECT ENCODING h
        "listpack"
        > HDEL h abcdefgh
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSETEX h EX 100 FXX FIELDS 1 abcdefgh 1
        (integer) 0
        > OBJECT ENCODING h
        "listpack"
        > HSETEX h EX 100 FIELDS 1 a 123456
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSETEX h EX 100 FIELDS 1 a 123456
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > HEXPIRE h 0 FIELDS 1 a
        1) (integer) 2
        > EXISTS h
        (integer) 0
        > HSET h a 1
        (integer) 1
        > HEXPIRE h 100 FIELDS 2 a abcdefg
        1) (integer) 1
        2) (integer) -2
        > OBJECT ENCODING h
        "listpackex"
        > CONFIG SET hash-max-listpack-value 64
        OK
    "#,
    );
}

#[test]
fn integers_in_fields() {
    check(
        r#"
        > HINCRBY h a 5
        (integer) 5
        > HINCRBY h a -7
        (integer) -2
        > HINCRBY h a 0
        (integer) -2
        > HGET h a
        "-2"
        > HINCRBY h a x
        (error) ERR value is not an integer or out of range
        > HINCRBY h a 9223372036854775808
        (error) ERR value is not an integer or out of range
        > HSET h max 9223372036854775807 min -9223372036854775808 text x blank " 1" empty "" long 12345678901234567890123
        (integer) 6
        > HINCRBY h max 1
        (error) ERR increment or decrement would overflow
        > HINCRBY h min -1
        (error) ERR increment or decrement would overflow
        > HINCRBY h max -1
        (integer) 9223372036854775806
        > HINCRBY h text 1
        (error) ERR hash value is not an integer
        > HINCRBY h blank 1
        (error) ERR hash value is not an integer
        > HINCRBY h empty 1
        (error) ERR hash value is not an integer
        > HINCRBY h long 1
        (error) ERR hash value is not an integer
        > SET s v
        OK
        > HINCRBY s a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HINCRBY s a x
        (error) ERR value is not an integer or out of range
    "#,
    );
}

#[test]
fn numbers_in_fields() {
    check(
        r#"
        # since 7.2
        > HINCRBYFLOAT h a 10.5
        "10.5"
        > HINCRBYFLOAT h a 0.1
        "10.6"
        > HINCRBYFLOAT h a -10.6
        "0"
        > HINCRBYFLOAT h b 1.5e3
        "1500"
        > HSET h text x blank " 1" behind "1 " empty "" inf inf long 12345678901234567890123
        (integer) 6
        > HINCRBYFLOAT h text 1
        (error) ERR hash value is not a float
        > HINCRBYFLOAT h blank 1
        (error) ERR hash value is not a float
        > HINCRBYFLOAT h behind 1
        (error) ERR hash value is not a float
        > HINCRBYFLOAT h empty 1
        (error) ERR hash value is not a float
        > HINCRBYFLOAT h inf 1
        (error) ERR increment would produce NaN or Infinity
        > HINCRBYFLOAT h long 1
        "12345678901234567889920"
        > HINCRBYFLOAT h a x
        (error) ERR value is not a valid float
        > HINCRBYFLOAT h a nan
        (error) ERR value is not a valid float
        > HINCRBYFLOAT h a inf
        (error) ERR value is NaN or Infinity
        > HINCRBYFLOAT h a -infinity
        (error) ERR value is NaN or Infinity
        > HINCRBYFLOAT h a " 1"
        (error) ERR value is not a valid float
        > HINCRBYFLOAT h a ""
        (error) ERR value is not a valid float
        > HINCRBYFLOAT nokey a x
        (error) ERR value is not a valid float
        > EXISTS nokey
        (integer) 0
        > SET s v
        OK
        > HINCRBYFLOAT s a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HINCRBYFLOAT s a x
        (error) ERR value is not a valid float
        > HINCRBYFLOAT s a inf
        (error) ERR value is NaN or Infinity
    "#,
    );
}

#[test]
fn random_fields() {
    check(
        r#"
        # resp2
        > HSET h a 1
        (integer) 1
        > HRANDFIELD h
        "a"
        > HRANDFIELD h 5
        1) "a"
        > HRANDFIELD h -3
        1) "a"
        2) "a"
        3) "a"
        > HRANDFIELD h 5 WITHVALUES
        1) "a"
        2) "1"
        > HRANDFIELD h -2 WITHVALUES
        1) "a"
        2) "1"
        3) "a"
        4) "1"
        > HRANDFIELD h 0
        (empty array)
        > HRANDFIELD h 0 WITHVALUES
        (empty array)
        > HSET h b 2 c 3
        (integer) 2
        > HRANDFIELD h 9
        1) "a"
        2) "b"
        3) "c"
        > HRANDFIELD h 9 withvalues
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        5) "c"
        6) "3"
        > HRANDFIELD nokey
        (nil)
        > HRANDFIELD nokey 2
        (empty array)
        > HRANDFIELD nokey -2 WITHVALUES
        (empty array)
        > HRANDFIELD nokey x
        (error) ERR value is not an integer or out of range
        > HRANDFIELD nokey 1 FOO
        (error) ERR syntax error
        > HRANDFIELD h x
        (error) ERR value is not an integer or out of range
        > HRANDFIELD h 1 FOO
        (error) ERR syntax error
        > HRANDFIELD h 1 WITHVALUES x
        (error) ERR syntax error
        > HRANDFIELD h -9223372036854775808 WITHVALUES
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > HRANDFIELD h -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > HRANDFIELD h -4611686018427387905 WITHVALUES
        (error) ERR value is out of range
        > HRANDFIELD h 4611686018427387904 WITHVALUES
        (error) ERR value is out of range
        > HRANDFIELD h 9223372036854775808
        (error) ERR value is not an integer or out of range
        > SET s v
        OK
        > HRANDFIELD s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HRANDFIELD s 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn a_walk_over_fields() {
    check(
        r#"
        > HSET h a 1 b 2 ab 3
        (integer) 3
        > HSCAN h 0
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2"
           5) "ab"
           6) "3"
        > HSCAN h 0 MATCH a*
        1) "0"
        2) 1) "a"
           2) "1"
           3) "ab"
           4) "3"
        > HSCAN h 0 COUNT 1
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2"
           5) "ab"
           6) "3"
        > HSCAN h 0 COUNT 0
        (error) ERR syntax error
        > HSCAN h 0 COUNT x
        (error) ERR value is not an integer or out of range
        > HSCAN h 0 FOO
        (error) ERR syntax error
        > HSCAN h 0 MATCH
        (error) ERR syntax error
        > HSCAN h x
        (error) ERR invalid cursor
        > HSCAN nokey x
        (error) ERR invalid cursor
        > HSCAN nokey 0
        1) "0"
        2) (empty array)
        > HSCAN nokey 0 FOO
        1) "0"
        2) (empty array)
        > SET s v
        OK
        > HSCAN s x
        (error) ERR invalid cursor
        > HSCAN s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSCAN s 0 FOO
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn a_walk_without_the_values() {
    check(
        r#"
        # since 7.4
        > HSET h a 1 b 2 ab 3
        (integer) 3
        > HSCAN h 0 NOVALUES
        1) "0"
        2) 1) "a"
           2) "b"
           3) "ab"
        > HSCAN h 0 MATCH a* novalues
        1) "0"
        2) 1) "a"
           2) "ab"
        > CONFIG SET hash-max-listpack-entries 2
        OK
        > HSET h c 4
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > DEL h
        (integer) 1
        > HSET h b 1
        (integer) 1
        > CONFIG SET hash-max-listpack-entries 0
        OK
        > HSET h b 1
        (integer) 0
        > OBJECT ENCODING h
        "hashtable"
        > HSCAN h 0 NOVALUES
        1) "0"
        2) 1) "b"
        > HSCAN h 0
        1) "0"
        2) 1) "b"
           2) "1"
    "#,
    );
}

#[test]
fn deadlines_of_fields() {
    check(
        r#"
        # since 8.2
        # resp2
        > HSET h a 1 b 2
        (integer) 2
        > SET s v
        OK
        > HEXPIRE s 10 FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HEXPIRE s x FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HEXPIRE s 10 FOO 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HEXPIRE nokey 10 FOO 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE nokey x FIELDS 1 a
        (error) ERR value is not an integer or out of range
        > HEXPIRE nokey 10 FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HEXPIRE nokey 10 FIELDS 2 a b
        1) (integer) -2
        2) (integer) -2
        > HEXPIRE nokey -1 FIELDS 2 a b
        (error) ERR invalid expire time, must be >= 0
        > HEXPIRE nokey 99999999999999999 FIELDS 2 a b
        (error) ERR invalid expire time in 'hexpire' command
        > HEXPIRE h 10 FIELDS x a
        (error) ERR Parameter `numFields` should be greater than 0
        > HEXPIRE h 10 FIELDS 0 a
        (error) ERR Parameter `numFields` should be greater than 0
        > HEXPIRE h 10 FIELDS -1 a
        (error) ERR Parameter `numFields` should be greater than 0
        > HEXPIRE h 10 FIELDS 99999999999 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HEXPIRE h 10 FIELDS 9999999999999999999999 a
        (error) ERR Parameter `numFields` should be greater than 0
        > HEXPIRE h x FIELDS 0 a
        (error) ERR value is not an integer or out of range
        > HEXPIRE h x FOO 0 a
        (error) ERR value is not an integer or out of range
        > HEXPIRE h 10 NX FIELDS 1 a
        1) (integer) 1
        > HEXPIRE h 10 NX FIELDS 1
        (error) ERR The `numfields` parameter must match the number of arguments
        > HEXPIRE h 10 XX FIELDS 1 a
        1) (integer) 1
        > HEXPIRE h 10 fields 1 a
        1) (integer) 1
        > HEXPIRE h 10 XX GT FIELDS 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE h 10 XX XX FIELDS 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE h 10 FIELDS 1 a XX
        (error) ERR The `numfields` parameter must match the number of arguments
        > HEXPIRE h 10 FOO FIELDS 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE h 10 FIELDS 3 a b c
        1) (integer) 1
        2) (integer) 1
        3) (integer) -2
        > HEXPIRE h 5 GT FIELDS 3 a b c
        1) (integer) 0
        2) (integer) 0
        3) (integer) -2
        > HEXPIRE h 5 LT FIELDS 3 a b c
        1) (integer) 1
        2) (integer) 1
        3) (integer) -2
        > HEXPIRE h 50 LT FIELDS 3 a b c
        1) (integer) 0
        2) (integer) 0
        3) (integer) -2
        > HEXPIRE h 50 GT FIELDS 3 a b c
        1) (integer) 1
        2) (integer) 1
        3) (integer) -2
        > HEXPIREAT h 4000000000 GT FIELDS 2 a a
        1) (integer) 1
        2) (integer) 0
        > HEXPIREAT h 4000000060 GT FIELDS 2 a a
        1) (integer) 1
        2) (integer) 0
        > HEXPIRE h 50 NX FIELDS 2 a a
        1) (integer) 0
        2) (integer) 0
        > HPERSIST h FIELDS 3 a a c
        1) (integer) 1
        2) (integer) -1
        3) (integer) -2
        > HPERSIST h FIELDS 2 a b
        1) (integer) -1
        2) (integer) 1
        > HEXPIRE h 60 GT FIELDS 2 a a
        1) (integer) 0
        2) (integer) 0
        > HEXPIRE h 60 LT FIELDS 1 a
        1) (integer) 1
        > HPEXPIREAT h 70368744177663 FIELDS 1 a
        1) (integer) 1
        > HPEXPIREAT h 70368744177664 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpireat' command
        > HPEXPIREAT h 70368744177665 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpireat' command
        > HPEXPIREAT h 281474976710655 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpireat' command
        > HPEXPIREAT h 281474976710656 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpireat' command
        > HEXPIREAT h 70368744177 FIELDS 1 a
        1) (integer) 1
        > HEXPIREAT h 70368744178 FIELDS 1 a
        (error) ERR invalid expire time in 'hexpireat' command
        > HEXPIRE h 70368744177 FIELDS 1 a
        (error) ERR invalid expire time in 'hexpire' command
        > HEXPIRE h 281474976711 FIELDS 1 a
        (error) ERR invalid expire time in 'hexpire' command
        > HEXPIRE h 9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time in 'hexpire' command
        > HPEXPIRE h 9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpire' command
        > HPEXPIRE h 70368744177664 FIELDS 1 a
        (error) ERR invalid expire time in 'hpexpire' command
        > HPEXPIRE h -9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time, must be >= 0
        > HPEXPIREAT h -5 FIELDS 1 a
        (error) ERR invalid expire time, must be >= 0
        > HPEXPIREAT h 0 FIELDS 1 b
        1) (integer) 2
        > HGETALL h
        1) "a"
        2) "1"
        > HPEXPIREAT h 5 XX FIELDS 1 a
        1) (integer) 2
        > HPEXPIREAT h 5 NX FIELDS 1 a
        1) (integer) -2
        > HPEXPIREAT h 5 GT FIELDS 1 a
        1) (integer) -2
        > HPEXPIREAT h 5 LT FIELDS 2 a a
        1) (integer) -2
        2) (integer) -2
        > EXISTS h
        (integer) 0
        > HTTL nokey FIELDS 1 a
        1) (integer) -2
        > HTTL nokey FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HTTL nokey FOO 2 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HTTL nokey FIELDS x a
        (error) ERR Number of fields must be a positive integer
        > HTTL s FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HTTL s FIELDS 2 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSET h a 1
        (integer) 1
        > HTTL h FIELDS 2 a b
        1) (integer) -1
        2) (integer) -2
        > HTTL h FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HTTL h FIELDS 1 a b
        (error) ERR The `numfields` parameter must match the number of arguments
        > HTTL h FIELDS 0 a
        (error) ERR Number of fields must be a positive integer
        > HTTL h FOO 0 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HTTL h FIELDS 9999999999 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HTTL h FIELDS 99999999999999999999999 a
        (error) ERR Number of fields must be a positive integer
        > HPERSIST h FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HPERSIST h FIELDS 0 a
        (error) ERR Number of fields must be a positive integer
        > HPERSIST h FIELDS x a
        (error) ERR Number of fields must be a positive integer
        > HPERSIST h FOO x a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HPERSIST nokey FIELDS 1 a
        1) (integer) -2
        > HPERSIST nokey FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HPERSIST nokey FOO 2 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HPERSIST s FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HPERSIST s FIELDS 2 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HEXPIRETIME nokey FIELDS 1 a
        1) (integer) -2
        > HPEXPIRETIME nokey FIELDS 2 a b
        1) (integer) -2
        2) (integer) -2
        > HPEXPIREAT h 1900000000500 FIELDS 1 a
        1) (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 1900000001
        > HPEXPIREAT h 1900000000499 FIELDS 1 a
        1) (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 1900000001
        > HPEXPIREAT h 1900000000001 FIELDS 1 a
        1) (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 1900000001
        > HPEXPIRE h 1400 FIELDS 1 a
        1) (integer) 1
        > HTTL h FIELDS 1 a
        1) (integer) 2
        > HPEXPIRE h 1600 FIELDS 1 a
        1) (integer) 1
        > HTTL h FIELDS 1 a
        1) (integer) 2
    "#,
    );
}

#[test]
fn fields_with_deadlines_are_in_their_order() {
    check(
        r#"
        # since 8.0
        # resp2
        > HSET h a 1 b 2 c 3 d 4
        (integer) 4
        > HEXPIREAT h 4000001000 FIELDS 1 b
        1) (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > HGETALL h
        1) "b"
        2) "2"
        3) "a"
        4) "1"
        5) "c"
        6) "3"
        7) "d"
        8) "4"
        > HEXPIREAT h 4000000500 FIELDS 1 c
        1) (integer) 1
        > HGETALL h
        1) "c"
        2) "3"
        3) "b"
        4) "2"
        5) "a"
        6) "1"
        7) "d"
        8) "4"
        > HEXPIREAT h 4000002000 FIELDS 1 a
        1) (integer) 1
        > HGETALL h
        1) "c"
        2) "3"
        3) "b"
        4) "2"
        5) "a"
        6) "1"
        7) "d"
        8) "4"
        > HSET h e 5
        (integer) 1
        > HGETALL h
         1) "c"
         2) "3"
         3) "b"
         4) "2"
         5) "a"
         6) "1"
         7) "d"
         8) "4"
         9) "e"
        10) "5"
        > HSET h b 22
        (integer) 0
        > HGETALL h
         1) "c"
         2) "3"
         3) "a"
         4) "1"
         5) "d"
         6) "4"
         7) "e"
         8) "5"
         9) "b"
        10) "22"
        > HSET h d 44
        (integer) 0
        > HGETALL h
         1) "c"
         2) "3"
         3) "a"
         4) "1"
         5) "d"
         6) "44"
         7) "e"
         8) "5"
         9) "b"
        10) "22"
        > HPERSIST h FIELDS 1 c
        1) (integer) 1
        > HGETALL h
         1) "a"
         2) "1"
         3) "d"
         4) "44"
         5) "e"
         6) "5"
         7) "b"
         8) "22"
         9) "c"
        10) "3"
        > HPERSIST h FIELDS 4 a b c d
        1) (integer) 1
        2) (integer) -1
        3) (integer) -1
        4) (integer) -1
        > HGETALL h
         1) "d"
         2) "44"
         3) "e"
         4) "5"
         5) "b"
         6) "22"
         7) "c"
         8) "3"
         9) "a"
        10) "1"
        > OBJECT ENCODING h
        "listpackex"
        > HEXPIREAT h 4000001000 FIELDS 2 a d
        1) (integer) 1
        2) (integer) 1
        > HGETALL h
         1) "d"
         2) "44"
         3) "a"
         4) "1"
         5) "e"
         6) "5"
         7) "b"
         8) "22"
         9) "c"
        10) "3"
        > HEXPIREAT h 4000001000 FIELDS 1 c
        1) (integer) 1
        > HGETALL h
         1) "c"
         2) "3"
         3) "d"
         4) "44"
         5) "a"
         6) "1"
         7) "e"
         8) "5"
         9) "b"
        10) "22"
        > HSETEX h EXAT 4000001000 FIELDS 1 z 9
        (integer) 1
        > HGETALL h
         1) "z"
         2) "9"
         3) "c"
         4) "3"
         5) "d"
         6) "44"
         7) "a"
         8) "1"
         9) "e"
        10) "5"
        11) "b"
        12) "22"
        > HSETEX h EXAT 4000001000 FIELDS 1 e 9
        (integer) 1
        > HGETALL h
         1) "e"
         2) "9"
         3) "z"
         4) "9"
         5) "c"
         6) "3"
         7) "d"
         8) "44"
         9) "a"
        10) "1"
        11) "b"
        12) "22"
        > HINCRBY h a 5
        (integer) 6
        > HGETALL h
         1) "e"
         2) "9"
         3) "z"
         4) "9"
         5) "c"
         6) "3"
         7) "d"
         8) "44"
         9) "a"
        10) "6"
        11) "b"
        12) "22"
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 4000001000
        > HINCRBYFLOAT h a 5
        "11"
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 4000001000
        > HGETALL h
         1) "e"
         2) "9"
         3) "z"
         4) "9"
         5) "c"
         6) "3"
         7) "d"
         8) "44"
         9) "a"
        10) "11"
        11) "b"
        12) "22"
        > HSETEX h KEEPTTL FIELDS 1 a 9
        (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 4000001000
        > HGETALL h
         1) "e"
         2) "9"
         3) "z"
         4) "9"
         5) "c"
         6) "3"
         7) "d"
         8) "44"
         9) "a"
        10) "9"
        11) "b"
        12) "22"
        > HSETEX h FIELDS 1 a 9
        (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) -1
        > HGETALL h
         1) "e"
         2) "9"
         3) "z"
         4) "9"
         5) "c"
         6) "3"
         7) "d"
         8) "44"
         9) "b"
        10) "22"
        11) "a"
        12) "9"
        > HSETEX n EXAT 4000000100 FIELDS 2 a 1 b 2
        (integer) 1
        > OBJECT ENCODING n
        "listpackex"
        > HSETEX n2 FIELDS 2 a 1 b 2
        (integer) 1
        > OBJECT ENCODING n2
        "listpack"
        > HEXPIREAT n2 4000000100 XX FIELDS 1 a
        1) (integer) 0
        > OBJECT ENCODING n2
        "listpackex"
        > HEXPIREAT n2 4000000100 FIELDS 1 nosuch
        1) (integer) -2
        > OBJECT ENCODING n2
        "listpackex"
        > HPERSIST n2 FIELDS 1 a
        1) (integer) -1
        > OBJECT ENCODING n2
        "listpackex"
        > HGETEX n2 FIELDS 1 a
        1) "1"
        > OBJECT ENCODING n2
        "listpackex"
        > HGETEX n2 PERSIST FIELDS 1 a
        1) "1"
        > OBJECT ENCODING n2
        "listpackex"
        > HSETEX n2 KEEPTTL FIELDS 1 a 3
        (integer) 1
        > OBJECT ENCODING n2
        "listpackex"
        > HSETEX n2 FIELDS 1 a 3
        (integer) 1
        > OBJECT ENCODING n2
        "listpackex"
        > HSETEX n2 PX 0 FIELDS 1 a 3
        (integer) 1
        > HSETEX n2 PXAT 1 FIELDS 1 a 3
        (integer) 1
        > HGETALL n2
        1) "b"
        2) "2"
        > OBJECT ENCODING n2
        "listpackex"
        > HEXPIREAT n2 0 FIELDS 1 a
        1) (integer) -2
        > HGETALL n2
        1) "b"
        2) "2"
        > OBJECT ENCODING n2
        "listpackex"
        > HEXPIREAT n2 0 FIELDS 1 b
        1) (integer) 2
        > EXISTS n2
        (integer) 0
        > COPY n m
        (integer) 1
        > OBJECT ENCODING m
        "listpackex"
        > HEXPIRETIME m FIELDS 2 a b
        1) (integer) 4000000100
        2) (integer) 4000000100
    "#,
    );
}

#[test]
fn values_are_given_and_deadlines_changed() {
    check(
        r#"
        # since 8.0
        # resp2
        > HSET h a 1 b 2
        (integer) 2
        > SET s v
        OK
        > HGETEX h FOO FIELDS 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h FIELDS 1 a
        1) "1"
        > HGETEX h FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h FIELDS 1 a b
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h FIELDS 0 a
        (error) ERR Number of fields must be a positive integer
        > HGETEX h FIELDS x a
        (error) ERR Number of fields must be a positive integer
        > HGETEX h FIELDS 99999999999999 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX s FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETEX s FIELDS 2 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETEX s FOO 2 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETEX nokey FIELDS 2 a b
        1) (nil)
        2) (nil)
        > HGETEX nokey FIELDS 3 a b
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX nokey FOO 3 a b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX nokey EX 0 FIELDS 1 a
        1) (nil)
        > HGETEX nokey EX x FIELDS 1 a
        (error) ERR value is not an integer or out of range
        > HGETEX s EX x FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETEX h EX x FIELDS 1 a
        (error) ERR value is not an integer or out of range
        > HGETEX h EX 0 FIELDS 1 a
        1) "1"
        > HGETEX h EX -1 FIELDS 1 a
        (error) ERR invalid expire time, must be >= 0
        > HGETEX h EX 99999999999999999 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h PX 70368744177664 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h PXAT 70368744177664 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h PXAT 70368744177663 FIELDS 1 a
        1) (nil)
        > HGETEX h EXAT 1 FIELDS 1 a
        1) (nil)
        > HGETALL h
        1) "b"
        2) "2"
        > HGETEX h EX 100 PERSIST FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h PERSIST EX 100 FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h EX FIELDS 1 b
        (error) ERR value is not an integer or out of range
        > HGETEX h EX 100 KEEPTTL FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h EX 100 EX 100 FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h FIELDS 1 b EX 100
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h EX 100 FIELDS 1 b FIELDS 1 b
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h PERSIST PERSIST FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h KEEPTTL FIELDS 1 b
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h EX 100 FIELDS 3 b c b
        1) "2"
        2) (nil)
        3) "2"
        > HTTL h FIELDS 1 b
        1) (integer) 100
        > HGETEX h PERSIST FIELDS 3 b c b
        1) "2"
        2) (nil)
        3) "2"
        > HTTL h FIELDS 1 b
        1) (integer) -1
        > HGETEX h PX 1 FIELDS 1
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h PX
        (error) ERR wrong number of arguments for 'hgetex' command
        > HGETEX h PX 100 FIELDS
        (error) ERR wrong number of arguments for 'hgetex' command
        > HGETEX h PX 100 FIELDS 1
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETDEL h FOO 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETDEL h FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETDEL h FIELDS 1 a b
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETDEL h FIELDS 0 a
        (error) ERR Number of fields must be a positive integer
        > HGETDEL h FIELDS x a
        (error) ERR Number of fields must be a positive integer
        > HGETDEL s FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETDEL s FIELDS 2 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETDEL nokey FIELDS 1 a
        1) (nil)
        > HGETDEL nokey FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETDEL h FIELDS 3 b b z
        1) "2"
        2) (nil)
        3) (nil)
        > EXISTS h
        (integer) 0
        > HGETALL h
        (empty array)
        > EXISTS nokey2
        (integer) 0
        > HGETALL h
        (empty array)
    "#,
    );
}

#[test]
fn fields_are_set_with_deadlines() {
    check(
        r#"
        # since 8.0
        # resp2
        > HSET h a 1
        (integer) 1
        > SET s v
        OK
        > HSETEX h FNX FXX FIELDS 1 a b
        (error) ERR Only one of FXX or FNX arguments can be specified
        > HSETEX h FIELDS 2 a b
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS 1 a b c
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS 1 a
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS 0 a b
        (error) ERR invalid number of fields
        > HSETEX h FIELDS x a b
        (error) ERR invalid number of fields
        > HSETEX h FIELDS 99999999999 a b
        (error) ERR invalid number of fields
        > HSETEX h FOO FIELDS 1 a b
        (error) ERR unknown argument: FOO
        > HSETEX h EX 0 FIELDS 1 a b
        (integer) 1
        > HSETEX h EX x FIELDS 1 a b
        (error) ERR value is not an integer or out of range
        > HSETEX h EX -1 FIELDS 1 a b
        (error) ERR invalid expire time, must be >= 0
        > HSETEX h EX 99999999999999999 FIELDS 1 a b
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h PXAT 70368744177664 FIELDS 1 a b
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h EX 10 PX 10 FIELDS 1 a b
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX h EX 10 KEEPTTL FIELDS 1 a b
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX h KEEPTTL KEEPTTL FIELDS 1 a b
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX h PERSIST FIELDS 1 a b
        (error) ERR unknown argument: PERSIST
        > HSETEX h FNX FNX FIELDS 1 a b
        (error) ERR Only one of FXX or FNX arguments can be specified
        > HSETEX h FIELDS 1 a b FNX
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS 1 a b EX 10
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FXX FIELDS 1 z b
        (integer) 0
        > HSETEX h FXX FIELDS 2 a 1 z b
        (integer) 0
        > HSETEX h FNX FIELDS 2 a 1 z b
        (integer) 1
        > HSETEX h FNX FIELDS 2 z 1 z b
        (integer) 0
        > HSETEX s FIELDS 1 a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSETEX s FIELDS 2 a b
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX s EX x FIELDS 1 a b
        (error) ERR value is not an integer or out of range
        > HSETEX nokey FXX FIELDS 1 a b
        (integer) 0
        > HSETEX nokey FNX FIELDS 1 a b
        (integer) 1
        > HSETEX h EX 10 FNX FIELDS 1 a b
        (integer) 0
        > HSETEX h FNX EX 10 FIELDS 1 k b
        (integer) 1
        > HSETEX h EX 10 FIELDS 1 k b FIELDS 1 k b
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h EX FIELDS 1 k b
        (error) ERR value is not an integer or out of range
        > HSETEX nokey2 EXAT 1 FIELDS 1 k b
        (integer) 1
        > EXISTS nokey2
        (integer) 0
        > HSETEX h EXAT 1 FIELDS 3 k b a c new d
        (integer) 1
        > HSETEX h EX 100 FIELDS 1 k
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h EX 100 FIELDS 2 k v
        (error) ERR wrong number of arguments for 'hsetex' command
        > HKEYS h
        1) "z"
        > HVALS h
        1) "b"
    "#,
    );
}

#[test]
fn what_is_said_first_when_several_things_are_wrong() {
    check(
        r#"
        # since 8.2
        # resp2
        > SET s v
        OK
        > HSET h a 1 b 2
        (integer) 2
        > HEXPIRE nokey -1 FIELDS 2 a
        (error) ERR invalid expire time, must be >= 0
        > HEXPIRE nokey -1 FOO 2 a
        (error) ERR invalid expire time, must be >= 0
        > HEXPIRE nokey 99999999999999999 FOO 2 a
        (error) ERR invalid expire time in 'hexpire' command
        > HEXPIRE nokey 99999999999999999 FIELDS 0 a
        (error) ERR invalid expire time in 'hexpire' command
        > HPEXPIREAT nokey 99999999999999999 FIELDS 0 a
        (error) ERR invalid expire time in 'hpexpireat' command
        > HEXPIRE nokey 10 NX XX 2 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE nokey 10 NX 1 1 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE nokey 10 FOO XX 2 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HEXPIRE nokey 10 FIELDS FIELDS 1 a
        (error) ERR Parameter `numFields` should be greater than 0
        > HGETEX h EX 0 FIELDS 2 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h EX x FIELDS 2 a
        (error) ERR value is not an integer or out of range
        > HGETEX h EX -1 FIELDS 2 a
        (error) ERR invalid expire time, must be >= 0
        > HGETEX h EX x FOO 2 a
        (error) ERR value is not an integer or out of range
        > HGETEX h EX -1 FOO 2 a
        (error) ERR invalid expire time, must be >= 0
        > HGETEX h EX 99999999999999999 FOO 2 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h PERSIST FOO 2 a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETEX h ex 10 fields 1 a
        1) "1"
        > HGETEX h PERSIST FIELDS 1
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETEX h FIELDS 1 FIELDS
        1) (nil)
        > HGETEX h EX 10 FIELDS
        (error) ERR wrong number of arguments for 'hgetex' command
        > HSETEX h EX x FOO 1 a b
        (error) ERR value is not an integer or out of range
        > HSETEX h EX -1 FOO 1 a b
        (error) ERR invalid expire time, must be >= 0
        > HSETEX h FOO EX x 1 a b
        (error) ERR unknown argument: FOO
        > HSETEX h FNX EX 10 FOO 1 a b
        (error) ERR unknown argument: FOO
        > HSETEX h EX 10 FNX FIELDS 0 a b
        (error) ERR invalid number of fields
        > HSETEX h EX 10 FNX FIELDS 2147483647 a b
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h EX 10 FNX FIELDS 2147483648 a b
        (error) ERR invalid number of fields
        > HSETEX h EX 10 FNX FIELDS 4611686018427387904 a b
        (error) ERR invalid number of fields
        > HSETEX h FNX EX 10
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FNX EX 10 KEEPTTL
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX h FNX EX 10 KEEPTTL FXX EX
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX h FNX KEEPTTL FIELDS 1 a
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS FIELDS 1 a 1
        (error) ERR invalid number of fields
        > HSETEX h FNX EX 10 FIELDS
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FNX FXX EX 10 PX
        (error) ERR Only one of FXX or FNX arguments can be specified
        > HSETEX h FIELDS 1 a 1 FIELDS 1 a
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS 1 a 1 a 1
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX h FIELDS x a 1
        (error) ERR invalid number of fields
        > HSETEX h EX 10 PXAT FIELDS 1 a
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > HSETEX s EX 10 FIELDS 1 a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSETEX s EX -10 FIELDS 1 a 1
        (error) ERR invalid expire time, must be >= 0
        > HSETEX h a b c d
        (error) ERR unknown argument: a
        > HSETEX h EX 99999999999999999 FOO 1 a b
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h EX 99999999999999999 FIELDS 9 a b
        (error) ERR invalid expire time in 'hsetex' command
        > HGETDEL h FIELDS 2147483648 a
        (error) ERR The `numfields` parameter must match the number of arguments
        > HGETDEL h fields 1 nosuch
        1) (nil)
        > HGETDEL h FOO x a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETDEL s FOO x a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HGETDEL nokey FOO x a
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > HGETDEL h FIELDS -1 a
        (error) ERR Number of fields must be a positive integer
        > HEXPIRE s -1 FIELDS 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HPEXPIREAT h 70368744177000 FIELDS 1 a
        1) (integer) 1
        > HEXPIRETIME h FIELDS 1 a
        1) (integer) 70368744177
        > HEXPIREAT h 100 FIELDS 0 a
        (error) ERR Parameter `numFields` should be greater than 0
        > HGETEX h EX 9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h PX 9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HGETEX h EXAT 9223372036854775807 FIELDS 1 a
        (error) ERR invalid expire time in 'hgetex' command
        > HSETEX h EXAT 9223372036854775807 FIELDS 1 a 1
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h PX 9223372036854775807 FIELDS 1 a 1
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h PX 70368744177663 FIELDS 1 a 1
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h EX 70368744177 FIELDS 1 a 1
        (error) ERR invalid expire time in 'hsetex' command
        > HSETEX h EXAT 70368744178 FIELDS 1 a 1
        (error) ERR invalid expire time in 'hsetex' command
    "#,
    );
}

#[test]
fn what_makes_a_packed_hash_one_with_deadlines() {
    check(
        r#"
        # since 8.0
        > HSET a f 1
        (integer) 1
        > HEXPIRE a 100 FIELDS 1 nosuch
        1) (integer) -2
        > OBJECT ENCODING a
        "listpackex"
        > HSET b f 1
        (integer) 1
        > HGETEX b EX 100 FIELDS 1 nosuch
        1) (nil)
        > OBJECT ENCODING b
        "listpackex"
        > HSET c f 1
        (integer) 1
        > HSETEX c KEEPTTL FIELDS 1 g 1
        (integer) 1
        > OBJECT ENCODING c
        "listpack"
        > HSETEX d KEEPTTL FIELDS 1 g 1
        (integer) 1
        > OBJECT ENCODING d
        "listpack"
        > HSET e f 1
        (integer) 1
        > HGETEX e PERSIST FIELDS 1 f
        1) "1"
        > OBJECT ENCODING e
        "listpackex"
        > HSET g f 1
        (integer) 1
        > HSETEX g EX 100 FXX FIELDS 1 z 1
        (integer) 0
        > OBJECT ENCODING g
        "listpack"
        > HSETEX g EX 0 FIELDS 1 z 1
        (integer) 1
        > OBJECT ENCODING g
        "listpackex"
        > HSET i f 1 z 1
        (integer) 2
        > HGETEX i EX 0 FIELDS 1 z
        1) "1"
        > OBJECT ENCODING i
        "listpackex"
        > HSET j f 1 z 1
        (integer) 2
        > HGETEX j EX 0 FIELDS 1 nosuch
        1) (nil)
        > OBJECT ENCODING j
        "listpackex"
    "#,
    );
}

#[test]
fn expired_fields_that_are_met_go_at_once() {
    check(
        r#"
        # since 8.2
        # resp2
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > DEL k k2
        (integer) 0
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGET k a
        (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HMGET k a b
        1) (nil)
        2) "2"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXISTS k a
        (integer) 0
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSTRLEN k a
        (integer) 0
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPEXPIRETIME k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPERSIST k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXPIRE k 100 FIELDS 1 a
        1) (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) 100
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXPIRE k 0 FIELDS 1 a
        1) (integer) 2
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HDEL k a
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSET k a 1
        (integer) 0
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HMSET k a 1
        OK
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETNX k a 1
        (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HINCRBY k a 1
        (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HINCRBYFLOAT k a 1
        "1"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FXX FIELDS 1 a 9
        (integer) 0
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FNX FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k KEEPTTL FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k EX 0 FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k EX 100 FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k EX 0 FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k PERSIST FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETDEL k FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k 5
        1) "b"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k
        "b"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k -1
        1) "b"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETALL k
        1) "b"
        2) "2"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSCAN k 0
        1) "0"
        2) 1) "b"
           2) "2"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSCAN k 0 COUNT 1
        1) "0"
        2) 1) "b"
           2) "2"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HKEYS k
        1) "b"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > OBJECT ENCODING k
        "listpackex"
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > RENAME k k2
        OK
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1 b 2
        (integer) 2
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPEXPIRE k 100 NX FIELDS 1 a
        1) (integer) 0
        > HLEN k
        (integer) 2
        > HTTL k FIELDS 1 a
        1) (integer) -2
    "#,
    );
}

#[test]
fn a_hash_goes_with_its_last_field() {
    check(
        r#"
        # since 8.2
        # resp2
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGET k a
        (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HMGET k a b
        1) (nil)
        2) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXISTS k a
        (integer) 0
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSTRLEN k a
        (integer) 0
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPEXPIRETIME k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPERSIST k FIELDS 1 a
        1) (integer) -2
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXPIRE k 100 FIELDS 1 a
        1) (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) 100
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HEXPIRE k 0 FIELDS 1 a
        1) (integer) 2
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HDEL k a
        (integer) 1
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSET k a 1
        (integer) 0
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HMSET k a 1
        OK
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETNX k a 1
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HINCRBY k a 1
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HINCRBYFLOAT k a 1
        "1"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FXX FIELDS 1 a 9
        (integer) 0
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k FNX FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -1
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k KEEPTTL FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSETEX k EX 0 FIELDS 1 a 9
        (integer) 1
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k EX 100 FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k EX 0 FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETEX k PERSIST FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETDEL k FIELDS 1 a
        1) (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k 5
        (empty array)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k
        (nil)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HRANDFIELD k -1
        (empty array)
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 0
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HGETALL k
        (empty array)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSCAN k 0
        1) "0"
        2) (empty array)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HSCAN k 0 COUNT 1
        1) "0"
        2) (empty array)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HKEYS k
        (empty array)
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > OBJECT ENCODING k
        "listpackex"
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > RENAME k k2
        OK
        > HLEN k
        (integer) 0
        > HTTL k FIELDS 1 a
        1) (integer) -2
        > DEL k k2
        (integer) 1
        > HSET k a 1
        (integer) 1
        > HPEXPIRE k 1 FIELDS 1 a
        1) (integer) 1
        # advance 10
        > HPEXPIRE k 100 NX FIELDS 1 a
        1) (integer) 0
        > HLEN k
        (integer) 1
        > HTTL k FIELDS 1 a
        1) (integer) -2
    "#,
    );
}

#[test]
fn expired_fields_go_without_being_read() {
    check(
        r#"
        # since 8.0
        # resp2
        > HSET h a 1 b 2 c 3
        (integer) 3
        > HPEXPIRE h 100 FIELDS 2 a b
        1) (integer) 1
        2) (integer) 1
        > HSET g a 1
        (integer) 1
        > HPEXPIRE g 100 FIELDS 1 a
        1) (integer) 1
        > HLEN h
        (integer) 3
        > COPY h i
        (integer) 1
        > RENAME h j
        OK
        # advance 500
        > HLEN j
        (integer) 1
        > HLEN i
        (integer) 1
        > EXISTS g
        (integer) 0
        > HGETALL j
        1) "c"
        2) "3"
        > HKEYS i
        1) "c"
        > HPEXPIRE i 100 FIELDS 1 c
        1) (integer) 1
        > HSET i d 4
        (integer) 1
        > HPEXPIRE i 5000 FIELDS 1 d
        1) (integer) 1
        # advance 500
        > HLEN i
        (integer) 1
        > HPERSIST i FIELDS 1 d
        1) (integer) 1
        # advance 9000
        > HLEN i
        (integer) 1
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > HPEXPIRE i 10 FIELDS 1 d
        1) (integer) 1
        # advance 500
        > HLEN i
        (integer) 1
        > EXISTS i
        (integer) 1
        > DEBUG SET-ACTIVE-EXPIRE 1
        OK
        # advance 500
        > EXISTS i
        (integer) 0
        > CONFIG SET hash-max-listpack-entries 1
        OK
        > HSETEX t PX 100 FIELDS 3 a 1 b 2 c 3
        (integer) 1
        > HSET t d 4
        (integer) 1
        > OBJECT ENCODING t
        "hashtable"
        # advance 500
        > HLEN t
        (integer) 1
    "#,
    );
}

#[test]
fn conditions_compare_with_the_deadline_that_was() {
    check(
        r#"
        # since 8.0
        > HSET h a 1 b 2
        (integer) 2
        > HEXPIREAT h 4000000000 NX FIELDS 1 a
        1) (integer) 1
        > HEXPIREAT h 4000000000 NX FIELDS 2 a b
        1) (integer) 0
        2) (integer) 1
        > HEXPIREAT h 4000000001 LT FIELDS 1 a
        1) (integer) 0
        > HEXPIREAT h 3999999999 LT FIELDS 1 a
        1) (integer) 1
        > HEXPIREAT h 4000000000 XX FIELDS 1 a
        1) (integer) 1
        > HPEXPIRE h 1000000 GT FIELDS 1 a
        1) (integer) 0
        > HPEXPIRE h 1000000 XX FIELDS 1 a
        1) (integer) 1
        > HPTTL h FIELDS 3 a b c
        ~ 1) (integer) {990000..1000000}
        ...
        ~ 3) (integer) -2
        > HPEXPIRE h 900000 LT FIELDS 1 a
        1) (integer) 1
        > HPEXPIRE h 900000 LT FIELDS 1 a
        1) (integer) 0
        > HPEXPIRE h 1000000 GT FIELDS 1 a
        1) (integer) 1
        > HPTTL h FIELDS 1 a
        ~ 1) (integer) {990000..1000000}
        > HGETEX h PX 500000 FIELDS 1 a
        1) "1"
        > HPTTL h FIELDS 1 a
        ~ 1) (integer) {490000..500000}
        > HGETEX h EX 500 FIELDS 1 a
        1) "1"
        > HTTL h FIELDS 1 a
        1) (integer) 500
        > HSETEX h PX 400000 FIELDS 1 a 9
        (integer) 1
        > HPTTL h FIELDS 1 a
        ~ 1) (integer) {390000..400000}
        > HPTTL nokey FIELDS 1 a
        1) (integer) -2
    "#,
    );
}

#[test]
fn expired_fields_are_counted_until_the_counts_are_reset() {
    check(
        r#"
        # since 8.0
        > DEBUG SET-ACTIVE-EXPIRE 0
        OK
        > HSET h a 1 b 2 c 3
        (integer) 3
        > HPEXPIRE h 1 FIELDS 2 a b
        1) (integer) 1
        2) (integer) 1
        # advance 10
        > HGET h a
        (nil)
        > HGET h z
        (nil)
        > INFO stats
        ...
        | expired_subkeys:1
        ...
        > HRANDFIELD h 5
        1) "c"
        > INFO stats
        ...
        | expired_subkeys:2
        ...
        > CONFIG RESETSTAT
        OK
        > INFO stats
        ...
        | expired_subkeys:0
        ...
    "#,
    );
}

#[test]
fn hsetex_nx_and_xx_ask_whether_the_key_is_there() {
    check(
        r#"
        # valkey 9.0
        > HSETEX h XX FIELDS 1 a 1
        (integer) 0
        > EXISTS h
        (integer) 0
        > HSETEX h NX FIELDS 1 a 1
        (integer) 1
        > HSETEX h NX FIELDS 1 b 2
        (integer) 0
        > HSETEX h XX FIELDS 1 b 2
        (integer) 1
        > HMGET h a b
        1) "1"
        2) "2"
        > HSETEX h XX FNX FIELDS 1 b 3
        (integer) 0
        > HSETEX h FXX XX EX 100 FIELDS 2 a 3 b 4
        (integer) 1
        > HTTL h FIELDS 2 a b
        1) (integer) 100
        2) (integer) 100
        > HSETEX h xx KEEPTTL FIELDS 1 a 5
        (integer) 1
        > HTTL h FIELDS 1 a
        1) (integer) 100
        > HSETEX other NX FXX FIELDS 1 a 1
        (integer) 0
        > HSETEX other NX FNX PX 100000 FIELDS 1 a 1
        (integer) 1
        > HSETEX other NX NX FIELDS 1 a 1
        (integer) 0
        > HSETEX other NX XX FIELDS 1 a 1
        (error) ERR syntax error
        > HSETEX other XX NX FIELDS 1 a 1
        (error) ERR syntax error
        > LPUSH l a
        (integer) 1
        > HSETEX l NX FIELDS 1 a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > HSETEX l XX FIELDS 1 a 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn hsetex_wants_a_number_and_a_pair_behind_fields() {
    check(
        r#"
        # since 8.0
        > HSETEX k EX 100 FIELDS 0
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX k EX 100 FIELDS abc
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX k KEEPTTL FIELDS 0 a
        (error) ERR wrong number of arguments for 'hsetex' command
        > HSETEX k KEEPTTL FIELDS 0 a b
        (error) ERR invalid number of fields
    "#,
    );
}

#[test]
fn a_field_that_is_set_in_the_past_counts_for_the_encoding() {
    check(
        r#"
        # since 8.0
        > HSETEX h EX 10000 FIELDS 2 a 1 b 2
        (integer) 1
        > CONFIG SET hash-max-listpack-entries 3
        OK
        > HSETEX h PXAT 1 FIELDS 2 c 1 d 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > CONFIG SET hash-max-listpack-entries 2
        OK
        > HSETEX h PXAT 1 FIELDS 1 a 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > HSETEX h PXAT 1 FIELDS 2 a 1 c 1
        (integer) 1
        > OBJECT ENCODING h
        "listpackex"
        > CONFIG SET hash-max-listpack-entries 1
        OK
        > HSETEX h PXAT 1 FIELDS 1 c 1
        (integer) 1
        > OBJECT ENCODING h
        "hashtable"
        > HLEN h
        (integer) 1
    "#,
    );
}
