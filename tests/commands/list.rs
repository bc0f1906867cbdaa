//! Sessions of the list commands.

use crate::harness::check;

#[test]
fn pushing_makes_a_list_and_says_how_long_it_is() {
    check(
        r#"
        # since 7.2
        > RPUSH l a b c
        (integer) 3
        > LPUSH l x y
        (integer) 5
        > LRANGE l 0 -1
        1) "y"
        2) "x"
        3) "a"
        4) "b"
        5) "c"
        > LLEN l
        (integer) 5
        > LLEN nokey
        (integer) 0
        > TYPE l
        list
        > OBJECT ENCODING l
        "listpack"
        > LPUSHX l z
        (integer) 6
        > RPUSHX l 1 22 -333
        (integer) 9
        > LPUSHX nokey a
        (integer) 0
        > RPUSHX nokey a
        (integer) 0
        > EXISTS nokey
        (integer) 0
        > LRANGE l 0 -1
        1) "z"
        2) "y"
        3) "x"
        4) "a"
        5) "b"
        6) "c"
        7) "1"
        8) "22"
        9) "-333"
        > SET s v
        OK
        > LPUSH s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > RPUSH s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LPUSHX s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > RPUSHX s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LLEN s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LPUSH l
        (error) ERR wrong number of arguments for 'lpush' command
        > RPUSHX l
        (error) ERR wrong number of arguments for 'rpushx' command
    "#,
    );
}

#[test]
fn popping_takes_elements_off_either_end_until_the_key_goes() {
    check(
        r#"
        > RPUSH l a b c d e f g
        (integer) 7
        > LPOP l
        "a"
        > RPOP l
        "g"
        > LPOP l 2
        1) "b"
        2) "c"
        > RPOP l 2
        1) "f"
        2) "e"
        > LPOP l 0
        (empty array)
        > RPOP l 9
        1) "d"
        > EXISTS l
        (integer) 0
        > LPOP l
        (nil)
        > RPOP l
        (nil)
        > LPOP l 1
        ~ (nil*)
        > RPOP l 0
        ~ (nil*)
        > LPOP l -1
        (error) ERR value is out of range, must be positive
        > LPOP l x
        (error) ERR value is out of range, must be positive
        > RPOP l 9223372036854775808
        (error) ERR value is out of range, must be positive
        > LPOP l 1 2
        (error) ERR wrong number of arguments for 'lpop' command
        > SET s v
        OK
        > LPOP s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > RPOP s 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LPOP s -1
        (error) ERR value is out of range, must be positive
    "#,
    );
}

#[test]
fn a_range_counts_from_both_ends_and_is_cut_to_what_there_is() {
    check(
        r#"
        > RPUSH l 0 1 2 3 4 5
        (integer) 6
        > LRANGE l 0 0
        1) "0"
        > LRANGE l 1 2
        1) "1"
        2) "2"
        > LRANGE l -2 -1
        1) "4"
        2) "5"
        > LRANGE l -100 1
        1) "0"
        2) "1"
        > LRANGE l 4 100
        1) "4"
        2) "5"
        > LRANGE l 3 2
        (empty array)
        > LRANGE l 6 9
        (empty array)
        > LRANGE l 9223372036854775807 -9223372036854775808
        (empty array)
        > LRANGE l -9223372036854775808 9223372036854775807
        1) "0"
        2) "1"
        3) "2"
        4) "3"
        5) "4"
        6) "5"
        > LRANGE nokey 0 -1
        (empty array)
        > LRANGE l x 1
        (error) ERR value is not an integer or out of range
        > LRANGE l 1 x
        (error) ERR value is not an integer or out of range
        > LRANGE l 0
        (error) ERR wrong number of arguments for 'lrange' command
        > SET s v
        OK
        > LRANGE s 0 -1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LRANGE s x 1
        (error) ERR value is not an integer or out of range
    "#,
    );
}

#[test]
fn an_index_counts_from_both_ends() {
    check(
        r#"
        > RPUSH l a b c
        (integer) 3
        > LINDEX l 0
        "a"
        > LINDEX l 2
        "c"
        > LINDEX l 3
        (nil)
        > LINDEX l -1
        "c"
        > LINDEX l -3
        "a"
        > LINDEX l -4
        (nil)
        > LINDEX nokey 0
        (nil)
        > LINDEX nokey x
        (nil)
        > LINDEX l x
        (error) ERR value is not an integer or out of range
        > LSET l 0 A
        OK
        > LSET l -1 C
        OK
        > LRANGE l 0 -1
        1) "A"
        2) "b"
        3) "C"
        > LSET l 3 x
        (error) ERR index out of range
        > LSET l -4 x
        (error) ERR index out of range
        > LSET l x y
        (error) ERR value is not an integer or out of range
        > LSET nokey 0 x
        (error) ERR no such key
        > SET s v
        OK
        > LINDEX s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LINDEX s x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LSET s 0 x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn linsert_puts_an_element_beside_the_first_pivot() {
    check(
        r#"
        > RPUSH l a b c b
        (integer) 4
        > LINSERT l BEFORE b x
        (integer) 5
        > LINSERT l after b 7
        (integer) 6
        > LRANGE l 0 -1
        1) "a"
        2) "x"
        3) "b"
        4) "7"
        5) "c"
        6) "b"
        > LINSERT l BEFORE 7 y
        (integer) 7
        > LINSERT l AFTER nopivot z
        (integer) -1
        > LINSERT nokey AFTER a z
        (integer) 0
        > LINSERT l BESIDE a z
        (error) ERR syntax error
        > LINSERT nokey BESIDE a z
        (error) ERR syntax error
        > LRANGE l 0 -1
        1) "a"
        2) "x"
        3) "b"
        4) "y"
        5) "7"
        6) "c"
        7) "b"
        > SET s v
        OK
        > LINSERT s BEFORE a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LINSERT l BEFORE a
        (error) ERR wrong number of arguments for 'linsert' command
    "#,
    );
}

#[test]
fn lrem_removes_equal_elements_from_an_end_on() {
    check(
        r#"
        > RPUSH l a b a c a b a
        (integer) 7
        > LREM l 1 a
        (integer) 1
        > LRANGE l 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "a"
        5) "b"
        6) "a"
        > LREM l -1 a
        (integer) 1
        > LRANGE l 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "a"
        5) "b"
        > LREM l 0 b
        (integer) 2
        > LRANGE l 0 -1
        1) "a"
        2) "c"
        3) "a"
        > LREM l 5 a
        (integer) 2
        > LREM l -7 c
        (integer) 1
        > EXISTS l
        (integer) 0
        > LREM l 0 a
        (integer) 0
        > LREM l x a
        (error) ERR value is not an integer or out of range
        > RPUSH n 1 01 1 +1
        (integer) 4
        > LREM n 0 1
        (integer) 2
        > LRANGE n 0 -1
        1) "01"
        2) "+1"
        > SET s v
        OK
        > LREM s 0 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn ltrim_keeps_a_range() {
    check(
        r#"
        > RPUSH l 0 1 2 3 4 5 6 7 8 9
        (integer) 10
        > LTRIM l 1 -2
        OK
        > LRANGE l 0 -1
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        6) "6"
        7) "7"
        8) "8"
        > LTRIM l -100 2
        OK
        > LRANGE l 0 -1
        1) "1"
        2) "2"
        3) "3"
        > LTRIM l 0 -1
        OK
        > LTRIM l 5 1
        OK
        > EXISTS l
        (integer) 0
        > LTRIM nokey 0 1
        OK
        > LTRIM nokey x 1
        (error) ERR value is not an integer or out of range
        > LTRIM nokey 1 x
        (error) ERR value is not an integer or out of range
        > SET s v
        OK
        > LTRIM s 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn lpos_finds_indices_of_equal_elements() {
    check(
        r#"
        > RPUSH l a b c 1 2 3 c c
        (integer) 8
        > LPOS l c
        (integer) 2
        > LPOS l nothing
        (nil)
        > LPOS l 1
        (integer) 3
        > LPOS l c RANK 2
        (integer) 6
        > LPOS l c RANK -1
        (integer) 7
        > LPOS l c RANK 4
        (nil)
        > LPOS l c RANK -4
        (nil)
        > LPOS l c COUNT 2
        1) (integer) 2
        2) (integer) 6
        > LPOS l c COUNT 0
        1) (integer) 2
        2) (integer) 6
        3) (integer) 7
        > LPOS l c COUNT 1 RANK -2
        1) (integer) 6
        > LPOS l c COUNT 0 RANK -1
        1) (integer) 7
        2) (integer) 6
        3) (integer) 2
        > LPOS l nothing COUNT 0
        (empty array)
        > LPOS l c MAXLEN 2
        (nil)
        > LPOS l c MAXLEN 3
        (integer) 2
        > LPOS l c MAXLEN 0
        (integer) 2
        > LPOS l c COUNT 0 MAXLEN 7
        1) (integer) 2
        2) (integer) 6
        > LPOS l c RANK -1 MAXLEN 2 COUNT 0
        1) (integer) 7
        2) (integer) 6
        > LPOS l a RANK -1 MAXLEN 7
        (nil)
        > LPOS nokey a
        (nil)
        > LPOS nokey a COUNT 0
        (empty array)
        > LPOS l c RANK 0
        (error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
        > LPOS l c RANK x
        (error) ERR value is not an integer or out of range
        > LPOS l c COUNT -1
        (error) ERR COUNT can't be negative
        > LPOS l c COUNT x
        (error) ERR COUNT can't be negative
        > LPOS l c MAXLEN -1
        (error) ERR MAXLEN can't be negative
        > LPOS l c MAXLEN x
        (error) ERR MAXLEN can't be negative
        > LPOS l c RANK
        (error) ERR syntax error
        > LPOS l c FOO 1
        (error) ERR syntax error
        > LPOS l c RANK 9223372036854775807
        (nil)
        > SET s v
        OK
        > LPOS s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn the_smallest_rank_has_no_opposite() {
    check(
        r#"
        # since 7.2
        > RPUSH l 1
        (integer) 1
        > LPOS l 1 RANK -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > LPOS l 1 RANK -9223372036854775807
        (nil)
        > LREM l -9223372036854775808 1
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
    "#,
    );
}

#[test]
fn lmove_takes_from_one_end_and_puts_to_another() {
    check(
        r#"
        > RPUSH a 1 2 3
        (integer) 3
        > LMOVE a b LEFT LEFT
        "1"
        > LMOVE a b LEFT RIGHT
        "2"
        > LMOVE a b right left
        "3"
        > EXISTS a
        (integer) 0
        > LRANGE b 0 -1
        1) "3"
        2) "1"
        3) "2"
        > LMOVE b b LEFT RIGHT
        "3"
        > LRANGE b 0 -1
        1) "1"
        2) "2"
        3) "3"
        > LMOVE b b RIGHT RIGHT
        "3"
        > LMOVE nokey b LEFT LEFT
        (nil)
        > RPOPLPUSH b a
        "3"
        > RPOPLPUSH b b
        "2"
        > RPOPLPUSH nokey b
        (nil)
        > LRANGE a 0 -1
        1) "3"
        > LRANGE b 0 -1
        1) "2"
        2) "1"
        > LMOVE a b UP LEFT
        (error) ERR syntax error
        > LMOVE a b LEFT DOWN
        (error) ERR syntax error
        > LMOVE a b LEFT
        (error) ERR wrong number of arguments for 'lmove' command
        > SET s v
        OK
        > LMOVE s b LEFT LEFT
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LMOVE a s LEFT LEFT
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LMOVE nokey s LEFT LEFT
        (nil)
        > RPOPLPUSH s b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > RPOPLPUSH a s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LRANGE a 0 -1
        1) "3"
        > RPUSH one x
        (integer) 1
        > LMOVE one one LEFT RIGHT
        "x"
        > RPOPLPUSH one one
        "x"
        > LRANGE one 0 -1
        1) "x"
    "#,
    );
}

#[test]
fn lmpop_takes_from_the_first_list_that_is_there() {
    check(
        r#"
        > RPUSH a 1 2 3
        (integer) 3
        > RPUSH b x y z
        (integer) 3
        > LMPOP 1 a LEFT
        1) "a"
        2) 1) "1"
        > LMPOP 2 nokey a RIGHT
        1) "a"
        2) 1) "3"
        > LMPOP 2 a b LEFT COUNT 5
        1) "a"
        2) 1) "2"
        > LMPOP 2 a b RIGHT COUNT 2
        1) "b"
        2) 1) "z"
           2) "y"
        > LMPOP 1 a LEFT
        ~ (nil*)
        > LMPOP 2 a nokey LEFT COUNT 3
        ~ (nil*)
        > LMPOP 0 a LEFT
        (error) ERR numkeys should be greater than 0
        > LMPOP -1 a LEFT
        (error) ERR numkeys should be greater than 0
        > LMPOP x a LEFT
        (error) ERR numkeys should be greater than 0
        > LMPOP 9223372036854775807 a LEFT
        (error) ERR syntax error
        > LMPOP 1 a UP
        (error) ERR syntax error
        > LMPOP 1 a
        (error) ERR wrong number of arguments for 'lmpop' command
        > LMPOP 2 a LEFT
        (error) ERR syntax error
        > LMPOP 1 a LEFT COUNT 0
        (error) ERR count should be greater than 0
        > LMPOP 1 a LEFT COUNT x
        (error) ERR count should be greater than 0
        > LMPOP 1 a LEFT COUNT
        (error) ERR syntax error
        > LMPOP 1 a LEFT COUNT 1 COUNT 1
        (error) ERR syntax error
        > LMPOP 1 a LEFT FOO 1
        (error) ERR syntax error
        > SET s v
        OK
        > LMPOP 1 s LEFT
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LMPOP 2 b s LEFT
        1) "b"
        2) 1) "x"
        > LMPOP 2 b s LEFT
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#,
    );
}

#[test]
fn the_blocking_forms_do_not_wait_if_there_is_something() {
    check(
        r#"
        # since 7.2
        > RPUSH a 1 2 3 4 5 6 7 8
        (integer) 8
        > BLPOP a 0
        1) "a"
        2) "1"
        > BRPOP a 0
        1) "a"
        2) "8"
        > BLPOP nokey a 1
        1) "a"
        2) "2"
        > BRPOP nokey a 0.5
        1) "a"
        2) "7"
        > BLMOVE a b LEFT RIGHT 0
        "3"
        > BRPOPLPUSH a b 0
        "6"
        > BLMPOP 0 1 a LEFT
        1) "a"
        2) 1) "4"
        > BLMPOP 0 2 nokey a RIGHT COUNT 5
        1) "a"
        2) 1) "5"
        > LRANGE b 0 -1
        1) "6"
        2) "3"
        > EXISTS a
        (integer) 0
        > SET s v
        OK
        > BLPOP s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BLPOP nokey s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BRPOP s nokey 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BLMPOP 0 1 s LEFT
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BLMOVE s b LEFT LEFT 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BLMOVE b s LEFT LEFT 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BRPOPLPUSH b s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > BLPOP nokey -1
        (error) ERR timeout is negative
        > BLPOP nokey x
        (error) ERR timeout is not a float or out of range
        > BLPOP nokey ""
        (error) ERR timeout is not a float or out of range
        > BLPOP nokey nan
        (error) ERR timeout is not a float or out of range
        > BLPOP nokey 1e300
        (error) ERR timeout is out of range
        > BRPOP nokey -0.5
        (error) ERR timeout is negative
        > BLMOVE nokey b LEFT LEFT x
        (error) ERR timeout is not a float or out of range
        > BLMOVE nokey b LEFT UP x
        (error) ERR syntax error
        > BRPOPLPUSH nokey b -1
        (error) ERR timeout is negative
        > BLMPOP -1 1 nokey LEFT
        (error) ERR timeout is negative
        > BLMPOP x 0 nokey LEFT
        (error) ERR numkeys should be greater than 0
        > BLMPOP 0 0 nokey LEFT
        (error) ERR numkeys should be greater than 0
        > BLMPOP 0 1 nokey UP
        (error) ERR syntax error
        > BLMPOP 0 1 nokey LEFT COUNT 0
        (error) ERR count should be greater than 0
        > BLPOP nokey
        (error) ERR wrong number of arguments for 'blpop' command
    "#,
    );
}

#[test]
fn nobody_waits_inside_a_transaction() {
    check(
        r#"
        # resp2
        > MULTI
        OK
        > BLPOP nokey 0
        QUEUED
        > BRPOP nokey 0
        QUEUED
        > BLMOVE nokey b LEFT LEFT 0
        QUEUED
        > BRPOPLPUSH nokey b 0
        QUEUED
        > BLMPOP 0 1 nokey LEFT
        QUEUED
        > RPUSH l a
        QUEUED
        > BLPOP l 0
        QUEUED
        > EXEC
        1) (nil array)
        2) (nil array)
        3) (nil)
        4) (nil)
        5) (nil array)
        6) (integer) 1
        7) 1) "l"
           2) "a"
    "#,
    );
}

#[test]
fn who_waits_longest_is_served_first() {
    check(
        r#"
        # since 7.2
        A> BLPOP l 0
        B> BRPOP other l 0
        C> BLMPOP 0 2 l other RIGHT COUNT 9
        > RPUSH l 1 2 3 4
        (integer) 4
        A< 1) "l"
           2) "1"
        B< 1) "l"
           2) "4"
        C< 1) "l"
           2) 1) "3"
              2) "2"
        > EXISTS l
        (integer) 0
        D> BLPOP l l 0
        > LPUSH l x
        (integer) 1
        D< 1) "l"
           2) "x"
        > LPUSH l y
        (integer) 1
        > LRANGE l 0 -1
        1) "y"
    "#,
    );
}

#[test]
fn a_push_of_several_elements_serves_after_the_whole_push() {
    check(
        r#"
        # since 7.2
        A> BLPOP l 0
        > LPUSH l a b c
        (integer) 3
        A< 1) "l"
           2) "c"
        > LRANGE l 0 -1
        1) "b"
        2) "a"
        B> BRPOP m 0
        > MULTI
        OK
        > RPUSH m 1
        QUEUED
        > DEL m
        QUEUED
        > RPUSH m 2 3
        QUEUED
        > EXEC
        1) (integer) 1
        2) (integer) 1
        3) (integer) 2
        B< 1) "m"
           2) "3"
        > LRANGE m 0 -1
        1) "2"
    "#,
    );
}

#[test]
fn a_chain_of_waiting_movers_passes_an_element_on() {
    check(
        r#"
        # since 7.2
        A> BLMOVE a b LEFT RIGHT 0
        B> BRPOPLPUSH b c 0
        C> BLPOP c 0
        > RPUSH a first
        (integer) 1
        A< "first"
        B< "first"
        C< 1) "c"
           2) "first"
        > EXISTS a b c
        (integer) 0
    "#,
    );
}

#[test]
fn any_command_that_makes_the_list_wakes() {
    check(
        r#"
        # since 7.2
        A> BLPOP l 0
        > RPUSH other x
        (integer) 1
        > RENAME other l
        OK
        A< 1) "l"
           2) "x"
        B> BLPOP l 0
        > RPUSH other y
        (integer) 1
        > COPY other l
        (integer) 1
        B< 1) "l"
           2) "y"
        > DEL other
        (integer) 1
        C> BLPOP l 0
        > SELECT 1
        OK
        > RPUSH l z
        (integer) 1
        > MOVE l 0
        (integer) 1
        C< 1) "l"
           2) "z"
        D> BLPOP moved 0
        > SELECT 2
        OK
        > RPUSH moved m
        (integer) 1
        > SWAPDB 0 2
        OK
        D< 1) "moved"
           2) "m"
        E> BLPOP l 0
        > SELECT 0
        OK
        > RPUSH src s
        (integer) 1
        > LMOVE src l LEFT LEFT
        "s"
        E< 1) "l"
           2) "s"
        > EXISTS l
        (integer) 0
    "#,
    );
}

#[test]
fn a_key_of_another_type_wakes_nobody() {
    check(
        r#"
        # since 7.2
        A> BLPOP l 0
        > SET l string
        OK
        > DEL l
        (integer) 1
        > RPUSH l now
        (integer) 1
        A< 1) "l"
           2) "now"
    "#,
    );
}

#[test]
fn the_time_is_up() {
    check(
        r#"
        # resp2
        A> BLPOP nokey 1.5
        B> BLMOVE nokey b LEFT LEFT 1.5
        C> BRPOPLPUSH nokey b 1.5
        D> BLMPOP 1.5 1 nokey LEFT
        E> BRPOP nokey 1.5
        # advance 2000
        A< (nil array)
        B< (nil array)
        C< (nil array)
        D< (nil array)
        E< (nil array)
        > PING
        PONG
    "#,
    );
}

#[test]
fn what_was_sent_behind_a_blocking_command_waits_with_it() {
    check(
        r#"
        # since 7.2
        A> BLPOP l 0
        A> SET after 1
        > EXISTS after
        (integer) 0
        > RPUSH l x
        (integer) 1
        A< 1) "l"
           2) "x"
        A< OK
        > EXISTS after
        (integer) 1
    "#,
    );
}

#[test]
fn a_waiting_client_can_be_released() {
    check(
        r#"
        A> CLIENT SETNAME waiting
        OK
        > CLIENT UNBLOCK 999999
        (integer) 0
        > CLIENT UNBLOCK 999999 TIMEOUT
        (integer) 0
        > CLIENT UNBLOCK 999999 error
        (integer) 0
        > CLIENT UNBLOCK 1 FOO
        (error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
        > CLIENT UNBLOCK 1 TIMEOUT x
        (error) ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
        > CLIENT UNBLOCK x
        (error) ERR value is not an integer or out of range
        > CLIENT UNBLOCK x foo
        (error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
        > CLIENT UNBLOCK
        (error) ERR wrong number of arguments for 'client|unblock' command
    "#,
    );
}

#[test]
fn a_waiting_client_that_goes_takes_nothing_with_it() {
    check(
        r#"
        A> BLPOP l 0
        # close A
        > RPUSH l x
        (integer) 1
        > LRANGE l 0 -1
        1) "x"
    "#,
    );
}

#[test]
fn nothing_instead_of_an_array_is_told_apart_in_the_old_protocol() {
    check(
        r#"
        # resp2
        > LPOP nokey 1
        (nil array)
        > RPOP nokey 0
        (nil array)
        > LPOP nokey
        (nil)
        > LMPOP 1 nokey LEFT
        (nil array)
        > LPOS nokey a
        (nil)
        > LMOVE nokey b LEFT LEFT
        (nil)
    "#,
    );
}

/// An element of 59 bytes, and a number of them as words.
fn padded(n: usize) -> String {
    format!("element:{n:05}:{}", "x".repeat(45))
}

fn padded_words(range: std::ops::Range<usize>) -> String {
    range.map(padded).collect::<Vec<_>>().join(" ")
}

#[test]
fn inner_nodes_are_compressed_and_nobody_sees_it() {
    let (first, more) = (padded_words(0..1000), padded_words(1000..1200));
    let (middle, near, last) = (padded(500), padded(1199), padded(0));
    check(&format!(
        r#"
        # config --list-compress-depth 1
        > RPUSH l {first}
        (integer) 1000
        > OBJECT ENCODING l
        "quicklist"
        > LINDEX l 500
        "{middle}"
        > LPOS l {middle}
        (integer) 500
        > LINSERT l BEFORE {middle} before
        (integer) 1001
        > LINSERT l AFTER {middle} behind
        (integer) 1002
        > LRANGE l 500 502
        1) "before"
        2) "{middle}"
        3) "behind"
        > LSET l 501 set
        OK
        > LREM l 0 before
        (integer) 1
        > LREM l -1 behind
        (integer) 1
        > LRANGE l 500 500
        1) "set"
        > LSET l 500 {middle}
        OK
        > LPUSH l {more}
        (integer) 1200
        > LINDEX l 0
        "{near}"
        > LMOVE l other RIGHT LEFT
        "{}"
        > LLEN l
        (integer) 1199
        > COPY l copy
        (integer) 1
        > LTRIM l 200 200
        OK
        > LRANGE l 0 -1
        1) "{last}"
        > LINDEX copy 700
        "{middle}"
        > LPOP copy 199
        ...
        > LPOP copy
        "{}"
        > SORT copy ALPHA LIMIT 500 1
        1) "{middle}"
        > LINDEX copy -500
        "{}"
    "#,
        padded(999),
        padded(1000),
        padded(499),
    ));
}

#[test]
fn a_list_keeps_what_was_configured_when_it_became_a_quicklist() {
    let words = padded_words(0..400);
    let told = "~ Value at:0x* refcount:1 encoding:quicklist serializedlength:* lru:* lru_seconds_idle:* ql_nodes:*";
    check(&format!(
        r#"
        # since 7.2
        > CONFIG SET list-compress-depth 2
        OK
        > RPUSH l a
        (integer) 1
        > DEBUG OBJECT l
        ~ Value at:0x* refcount:1 encoding:listpack serializedlength:* lru:* lru_seconds_idle:{{0..1}}
        > RPUSH l {words}
        (integer) 401
        > DEBUG OBJECT l
        {told} ql_avg_node:*.?? ql_listpack_max:-2 ql_compressed:1 ql_uncompressed_size:24???
        > CONFIG SET list-compress-depth 0 list-max-listpack-size -3
        OK
        > RPUSH l b
        (integer) 402
        > DEBUG OBJECT l
        {told} ql_avg_node:*.?? ql_listpack_max:-2 ql_compressed:1 ql_uncompressed_size:24???
        > COPY l copy
        (integer) 1
        > DEBUG OBJECT copy
        {told} ql_avg_node:*.?? ql_listpack_max:-2 ql_compressed:1 ql_uncompressed_size:24???
        > RPUSH plain {words}
        (integer) 400
        > CONFIG SET list-compress-depth 1
        OK
        > RPUSH plain b
        (integer) 401
        > DEBUG OBJECT plain
        {told} ql_avg_node:*.?? ql_listpack_max:-3 ql_compressed:0 ql_uncompressed_size:24???
    "#
    ));
}

#[test]
fn a_list_has_the_encoding_that_its_size_asks_for() {
    check(
        r#"
        # since 7.2
        > CONFIG SET list-max-listpack-size 3
        OK
        > RPUSH l a b c
        (integer) 3
        > OBJECT ENCODING l
        "listpack"
        > RPUSH l d
        (integer) 4
        > OBJECT ENCODING l
        "quicklist"
        > RPOP l 2
        1) "d"
        2) "c"
        > OBJECT ENCODING l
        "quicklist"
        > RPOP l
        "b"
        > OBJECT ENCODING l
        "listpack"
        > CONFIG SET list-max-listpack-size -2
        OK
        > DEL l
        (integer) 1
        > RPUSH l "x"*8180
        (integer) 1
        > OBJECT ENCODING l
        "listpack"
        > RPUSH l "x"*20
        (integer) 2
        > OBJECT ENCODING l
        "quicklist"
        > LPOP l
        "x"*8180
        > OBJECT ENCODING l
        "listpack"
        > RPUSH l "y"*9000
        (integer) 2
        > OBJECT ENCODING l
        "quicklist"
        > LTRIM l 0 0
        OK
        > OBJECT ENCODING l
        "listpack"
        > LSET l 0 "y"*9000
        OK
        > OBJECT ENCODING l
        "quicklist"
        > LSET l 0 y
        OK
        > OBJECT ENCODING l
        "listpack"
        > RPUSH big "z"*100000
        (integer) 1
        > OBJECT ENCODING big
        "quicklist"
        > LINDEX big 0
        "z"*100000
        > COPY big copy
        (integer) 1
        > LSET big 0 small
        OK
        > OBJECT ENCODING big
        "listpack"
        > STRLEN big
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > LRANGE copy 0 0
        1) "z"*100000
        > RENAME copy big
        OK
        > LLEN big
        (integer) 1
        > DEL big
        (integer) 1
        > LLEN copy
        (integer) 0
    "#,
    );
}

#[test]
fn a_digest_of_lists_follows_order_not_form() {
    check(
        r#"
        > RPUSH l a b 1
        (integer) 3
        > DEBUG DIGEST-VALUE l
        1) 981fd62c1655c074205cff40b800bd5a5bfdcd41
        > RPUSH m 1 a b
        (integer) 3
        > DEBUG DIGEST-VALUE m
        1) 7f990b071a2c6265e5d995cb3ad7ab756e229a07
        > RPUSH m "x"*9000
        (integer) 4
        > RPOP m
        "x"*9000
        > DEBUG DIGEST-VALUE m
        1) 7f990b071a2c6265e5d995cb3ad7ab756e229a07
        > LMOVE m m LEFT RIGHT
        "1"
        > DEBUG DIGEST-VALUE m
        1) 981fd62c1655c074205cff40b800bd5a5bfdcd41
        > DEBUG DIGEST
        5dbb68460336177a1ad4ce4999b8d2e877563fe4
    "#,
    );
}

#[test]
fn lset_looks_at_half_of_the_index() {
    check(
        r#"
        # since 8.0
        > RPUSH l a b c
        (integer) 3
        > LSET l 4294967296 x
        OK
        > LSET l 9223372036854775807 z
        OK
        > LSET l 2147483648 y
        (error) ERR index out of range
        > LSET l -2147483649 y
        (error) ERR index out of range
        > LRANGE l 0 -1
        1) "x"
        2) "b"
        3) "z"
        > LINDEX l 4294967296
        (nil)
    "#,
    );
}

#[test]
fn a_list_that_turns_round_may_become_a_listpack() {
    check(
        r#"
        # since 8.0
        > CONFIG SET list-max-listpack-size 2
        OK
        > RPUSH l a b c d e
        (integer) 5
        > LTRIM l 0 1
        OK
        > RPOPLPUSH l l
        "b"
        > OBJECT ENCODING l
        "quicklist"
        > CONFIG SET list-max-listpack-size 4
        OK
        > LMOVE l l LEFT LEFT
        "b"
        > OBJECT ENCODING l
        "listpack"
    "#,
    );
}
