//! Sessions of keyspace events.

use crate::harness::check;

#[test]
fn events_are_told_by_key_and_by_name() {
    check(
        r#"
        # resp2
        > CONFIG SET notify-keyspace-events KEA
        OK
        A> PSUBSCRIBE __key*
        1) "psubscribe"
        2) "__key*"
        3) (integer) 1
        > SET k v
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:k"
           4) "set"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:set"
           4) "k"
        > SET k v EX 100
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:k"
           4) "set"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:set"
           4) "k"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@0__:k"
           4) "expire"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@0__:expire"
           4) "k"
        > SELECT 3
        OK
        > DEL nokey
        (integer) 0
        > SADD s a
        (integer) 1
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@3__:s"
           4) "sadd"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@3__:sadd"
           4) "s"
        > SREM s a
        (integer) 1
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@3__:s"
           4) "srem"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@3__:srem"
           4) "s"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@3__:s"
           4) "del"
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@3__:del"
           4) "s"
        > SREM s a
        (integer) 0
        > GET nokey
        (nil)
        > CONFIG SET notify-keyspace-events Kg
        OK
        > SET k v
        OK
        > DEL k
        (integer) 1
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyspace@3__:k"
           4) "del"
        > CONFIG SET notify-keyspace-events E$
        OK
        > SET k v
        OK
        A< 1) "pmessage"
           2) "__key*"
           3) "__keyevent@3__:set"
           4) "k"
        > DEL k
        (integer) 1
        > CONFIG SET notify-keyspace-events A
        OK
        > SET k v
        OK
        > CONFIG SET notify-keyspace-events ""
        OK
        > DEL k
        (integer) 1
    "#,
    );
}

#[test]
fn events_keep_their_place_among_messages() {
    check(
        r#"
        # resp2
        > CONFIG SET notify-keyspace-events KA
        OK
        A> SUBSCRIBE __keyspace@0__:k news
        1) "subscribe"
        2) "__keyspace@0__:k"
        3) (integer) 1
        1) "subscribe"
        2) "news"
        3) (integer) 2
        > MULTI
        OK
        > SET k 1
        QUEUED
        > PUBLISH news one
        QUEUED
        > DEL k
        QUEUED
        > EXEC
        1) OK
        2) (integer) 1
        3) (integer) 1
        A< 1) "message"
           2) "__keyspace@0__:k"
           3) "set"
        A< 1) "message"
           2) "news"
           3) "one"
        A< 1) "message"
           2) "__keyspace@0__:k"
           3) "del"
    "#,
    );
}

#[test]
fn whoever_changes_a_key_hears_of_it_after_the_reply() {
    check(
        r#"
        # since 7.2
        # resp3
        > CONFIG SET notify-keyspace-events KA
        OK
        > PSUBSCRIBE *
        -> 1) "psubscribe"
           2) "*"
           3) (integer) 1
        > SET k 1
        OK
        -> 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "set"
        > MULTI
        OK
        > SET k 2
        QUEUED
        > DEL k
        QUEUED
        > EXEC
        1) OK
        2) (integer) 1
        -> 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "set"
        -> 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "del"
        > BLPOP list 0
        A> RPUSH list a b
        (integer) 2
        < -> 1) "pmessage"
             2) "*"
             3) "__keyspace@0__:list"
             4) "rpush"
        < 1) "list"
          2) "a"
        < -> 1) "pmessage"
             2) "*"
             3) "__keyspace@0__:list"
             4) "lpop"
    "#,
    );
}

#[test]
fn new_overwritten_and_of_another_type_are_events_of_their_own() {
    check(
        r#"
        # since 8.2
        # resp2
        > CONFIG SET notify-keyspace-events Knocm
        OK
        A> PSUBSCRIBE *
        1) "psubscribe"
        2) "*"
        3) (integer) 1
        > SET k v
        OK
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "new"
        > SET k w
        OK
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "overwritten"
        > LPUSH l a
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "new"
        > SET l a
        OK
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "overwritten"
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "type_changed"
        > SADD s a
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:s"
           4) "new"
        > SUNIONSTORE k s
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "overwritten"
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "type_changed"
        > RENAME k l
        OK
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "new"
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "overwritten"
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "type_changed"
        > GET nokey
        (nil)
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:nokey"
           4) "keymiss"
        > CONFIG GET notify-keyspace-events
        1) "notify-keyspace-events"
        2) "nocKm"
    "#,
    );
}

#[test]
fn expiry_is_told_when_the_key_goes() {
    check(
        r#"
        # resp2
        > CONFIG SET notify-keyspace-events Kx
        OK
        A> PSUBSCRIBE *
        1) "psubscribe"
        2) "*"
        3) (integer) 1
        > SET k v PX 20
        OK
        # advance 300
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "expired"
        > SET l v PX 1
        OK
        # advance 300
        A< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:l"
           4) "expired"
    "#,
    );
}

#[test]
fn whoever_waited_is_served_behind_the_change() {
    check(
        r#"
        # since 7.0
        # resp2
        > CONFIG SET notify-keyspace-events KA
        OK
        S> PSUBSCRIBE *
        1) "psubscribe"
        2) "*"
        3) (integer) 1
        A> BLPOP list 0
        > RPUSH list a b
        (integer) 2
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:list"
           4) "rpush"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:list"
           4) "lpop"
        A< 1) "list"
           2) "a"
        A> BLMOVE from to LEFT RIGHT 0
        > RPUSH from a
        (integer) 1
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:from"
           4) "rpush"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:to"
           4) "rpush"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:from"
           4) "lpop"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:from"
           4) "del"
        A< "a"
        A> BLMPOP 0 2 m1 m2 LEFT COUNT 2
        > RPUSH m2 a b c
        (integer) 3
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:m2"
           4) "rpush"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:m2"
           4) "lpop"
        A< 1) "m2"
           2) 1) "a"
              2) "b"
        A> BZPOPMIN z 0
        > ZADD z 1 a 2 b
        (integer) 2
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:z"
           4) "zadd"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:z"
           4) "zpopmin"
        A< 1) "z"
           2) "a"
           3) "1"
        A> BZMPOP 0 1 y MAX
        > MULTI
        OK
        > ZADD y 1 a
        QUEUED
        > SET k v
        QUEUED
        > EXEC
        1) (integer) 1
        2) OK
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:y"
           4) "zadd"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:k"
           4) "set"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:y"
           4) "zpopmax"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:y"
           4) "del"
        A< 1) "y"
           2) 1) 1) "a"
                 2) "1"
        A> BLPOP other 0
        > LPUSH src a
        (integer) 1
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:src"
           4) "lpush"
        > LMOVE src other LEFT LEFT
        "a"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:other"
           4) "lpush"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:src"
           4) "lpop"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:src"
           4) "del"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:other"
           4) "lpop"
        S< 1) "pmessage"
           2) "*"
           3) "__keyspace@0__:other"
           4) "del"
        A< 1) "other"
           2) "a"
    "#,
    );
}

#[test]
fn what_valkey_has_more_tells_the_events_of_set_and_del() {
    check(
        r#"
        # valkey 9.1
        # resp2
        > CONFIG SET notify-keyspace-events EA
        OK
        A> PSUBSCRIBE *
        1) "psubscribe"
        2) "*"
        3) (integer) 1
        > MSETEX 2 a 1 b 2 EX 100
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:set"
           4) "a"
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:expire"
           4) "a"
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:set"
           4) "b"
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:expire"
           4) "b"
        > MSETEX 2 a 1 c 2 NX
        (integer) 0
        > SET a 2 IFEQ 1
        OK
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:set"
           4) "a"
        > SET a 2 IFEQ 1
        (nil)
        > DELIFEQ a 1
        (integer) 0
        > DELIFEQ a 2
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:del"
           4) "a"
        > HSETEX h NX EX 100 FIELDS 1 f v
        (integer) 1
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:hset"
           4) "h"
        A< 1) "pmessage"
           2) "*"
           3) "__keyevent@0__:hexpire"
           4) "h"
        > HSETEX h NX EX 100 FIELDS 1 f v
        (integer) 0
    "#,
    );
}
