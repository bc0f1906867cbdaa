//! Sessions of DUMP and RESTORE. The payloads are of version 10 where nothing else is said, so that Redis 7.0 takes them.

use crate::harness::check;

#[test]
fn restore_makes_keys_of_every_type() {
    check(
        r#"
        > RESTORE s 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        OK
        > GET s
        "hello"
        > RESTORE n 0 "\x00\xc0\x05\x0a\x00c/_f\x83/\xb3Q"
        OK
        > INCR n
        (integer) 6
        > OBJECT ENCODING n
        "int"
        > RESTORE l 0 "\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x07\x01\xff\x0a\x00\xa4\xd5}\x13~\x93C\x9c"
        OK
        > LRANGE l 0 -1
        1) "a"
        2) "b"
        3) "7"
        > RESTORE t 0 "\x02\x02\x01a\x01b\x0a\x00\xfed!%\xeb\x03=\x0d"
        OK
        > SMISMEMBER t a b c
        1) (integer) 1
        2) (integer) 1
        3) (integer) 0
        > RESTORE i 0 "\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x05\x00\x0a\x00\xc0\xe5\xee\xfd\xeb\x98m\xf5"
        OK
        > SISMEMBER i 5
        (integer) 1
        > OBJECT ENCODING i
        "intset"
        > RESTORE h 0 "\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x05\x01\xff\x0a\x00\x84\x90\x93\x9fW\xb4\xf3\xc2"
        OK
        > HGET h n
        "5"
        > OBJECT ENCODING h
        "listpack"
        > RESTORE z 0 "\x11\x14\x14\x00\x00\x00\x04\x00\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff\x0a\x00\xd4Ln\xa4\xf6D\xd9\xd7"
        OK
        > ZCOUNT z 2.5 2.5
        (integer) 1
        > OBJECT ENCODING z
        "listpack"
        > DBSIZE
        (integer) 7
    "#,
    );
}

#[test]
fn restore_asking_is_restore() {
    check(
        r#"
        > RESTORE-ASKING s 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        OK
        > GET s
        "hello"
        > RESTORE-ASKING s 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        (error) BUSYKEY Target key name already exists.
        > RESTORE-ASKING s 33000000000000 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" REPLACE ABSTTL IDLETIME 5
        OK
        > PEXPIRETIME s
        (integer) 33000000000000
        > RESTORE-ASKING s 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" REPLACE FREQ 5
        OK
        > RESTORE-ASKING s 0
        (error) ERR wrong number of arguments for 'restore-asking' command
    "#,
    );
}

#[test]
fn a_key_that_is_there_is_busy_unless_it_is_to_be_replaced() {
    check(
        r#"
        > SET k old
        OK
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        (error) BUSYKEY Target key name already exists.
        > GET k
        "old"
        > RESTORE k 0 "\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x07\x01\xff\x0a\x00\xa4\xd5}\x13~\x93C\x9c" REPLACE
        OK
        > TYPE k
        list
        > PEXPIRE k 100000
        (integer) 1
        > restore k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" replace
        OK
        > TTL k
        (integer) -1
    "#,
    );
}

#[test]
fn mistakes_are_told_in_order() {
    check(
        r#"
        > SET k old
        OK
        > RESTORE k x abc
        (error) BUSYKEY Target key name already exists.
        > RESTORE k x abc FOO
        (error) ERR syntax error
        > RESTORE new x abc
        (error) ERR value is not an integer or out of range
        > RESTORE new -1 abc
        (error) ERR Invalid TTL value, must be >= 0
        > RESTORE new 0 abc
        (error) ERR DUMP payload version or checksum are wrong
        > RESTORE new 0 ""
        (error) ERR DUMP payload version or checksum are wrong
        > RESTORE new 0 "\x00\x05hello\x0a\x00cr\xdfve4 "
        (error) ERR DUMP payload version or checksum are wrong
        > RESTORE new 0 "\x0a\x00]\x9b\\@\x0f\x7f\xa2\xda"
        (error) ERR Bad data format
        > RESTORE new 0 "0\x0a\x00p\x84\x99\x0cjG\xb4\xd1"
        (error) ERR Bad data format
        > RESTORE new 0 abc IDLETIME
        (error) ERR syntax error
        > RESTORE new 0 abc IDLETIME x
        (error) ERR value is not an integer or out of range
        > RESTORE new 0 abc IDLETIME -1
        (error) ERR Invalid IDLETIME value, must be >= 0
        > RESTORE new 0 abc FREQ
        (error) ERR syntax error
        > RESTORE new 0 abc FREQ x
        (error) ERR value is not an integer or out of range
        > RESTORE new 0 abc FREQ 256
        (error) ERR Invalid FREQ value, must be >= 0 and <= 255
        > RESTORE new 0 abc FREQ -1
        (error) ERR Invalid FREQ value, must be >= 0 and <= 255
        > RESTORE new 0 abc FREQ 1 IDLETIME 1
        (error) ERR syntax error
        > RESTORE new 0 abc IDLETIME 1 FREQ 1
        (error) ERR syntax error
        > RESTORE new 0 abc IDLETIME 1 IDLETIME 2 REPLACE REPLACE
        (error) ERR DUMP payload version or checksum are wrong
        > RESTORE new 0 abc FREQ 1 FREQ 2 ABSTTL
        (error) ERR DUMP payload version or checksum are wrong
        > EXISTS new
        (integer) 0
        > RESTORE new 0
        (error) ERR wrong number of arguments for 'restore' command
        > DUMP
        (error) ERR wrong number of arguments for 'dump' command
        > DUMP a b
        (error) ERR wrong number of arguments for 'dump' command
    "#,
    );
}

#[test]
fn deadlines_are_times_to_live_or_times() {
    check(
        r#"
        > RESTORE k 100000 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        OK
        > TTL k
        (integer) 100
        > RESTORE k 33000000000000 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" ABSTTL REPLACE
        OK
        > PEXPIRETIME k
        (integer) 33000000000000
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" ABSTTL REPLACE
        OK
        > TTL k
        (integer) -1
        > RESTORE k 1000 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" ABSTTL REPLACE
        OK
        > EXISTS k
        (integer) 0
        > RESTORE k 1000 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" ABSTTL
        OK
        > EXISTS k
        (integer) 0
        > RESTORE k 9223372036854775807 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
        OK
        > EXISTS k
        (integer) 0
        > RESTORE k 9223372036854775807 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" ABSTTL
        OK
        > PEXPIRETIME k
        (integer) 9223372036854775807
    "#,
    );
}

#[test]
fn access_clocks_can_be_given() {
    check(
        r#"
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" IDLETIME 1000
        OK
        > OBJECT IDLETIME k
        (integer) 1000
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" FREQ 100 REPLACE
        OK
        > OBJECT IDLETIME k
        (integer) 0
        > CONFIG SET maxmemory-policy allkeys-lfu
        OK
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" FREQ 100 REPLACE
        OK
        > OBJECT FREQ k
        (integer) 100
        > RESTORE k 0 "\x00\x05hello\x0a\x00cr\xdfve4 \x0a" IDLETIME 100 REPLACE
        OK
        > OBJECT FREQ k
        (integer) 5
    "#,
    );
}

#[test]
fn what_holds_no_value_is_bad_data() {
    check(
        r#"
        # config --sanitize-dump-payload yes
        > RESTORE k 0 "\x02\x00\x0a\x00:\xce9\x00\x9b\x899\xe8"
        (error) ERR Bad data format
        > RESTORE k 0 "\x02\x02\x01a\x01a\x0a\x00W\xbev/\xc2\xd6R:"
        (error) ERR Bad data format
        > RESTORE k 0 "\x05\x01\x01a\x00\x00\x00\x00\x00\x00\xf8\x7f\x0a\x00\xf0\xf9)\xa9\x06TY'"
        (error) ERR Bad data format
        > RESTORE k 0 "\x10\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff\x0a\x00\x11G\xeb\x83\xb3\x92\xe8\xb8"
        (error) ERR Bad data format
        > RESTORE k 0 "\x12\x00\x0a\x00i\xf6\x84[j\x1b\xbfW"
        (error) ERR Bad data format
        > RESTORE k 0 "\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x01\x00\x0a\x00\xe3\xb7\xf2\xd8\x10Q\xc5c"
        (error) ERR Bad data format
        > RESTORE k 0 "c\x01\x0a\x00\xd5\xb16r\x03\xb46l"
        (error) ERR Bad data format
        > RESTORE k 0 "\x12\x01\x03\x01a\x0a\x00wAE\x81\xd2\xbb\xfc\x1c"
        (error) ERR Bad data format
        > RESTORE k 0 "\x00\xc3\x02\x05\x00a\x0a\x00u\x9cG\x14\x04\x07:\xdb"
        (error) ERR Bad data format
        > RESTORE k 0 "\x10\x07\x07\x00\x00\x00\x00\x00\xff\x0a\x00\xda\x12\x96\x88t\x99Z8"
        (error) ERR Bad data format
        > DBSIZE
        (integer) 0
    "#,
    );
}

#[test]
fn old_versions_are_taken_and_new_ones_are_not() {
    check(
        r#"
        > RESTORE a 0 "\x00\x03abc\x01\x00\xed\xe8\xd1\x0e\xb3\x92\xe9\xb1"
        OK
        > GET a
        "abc"
        > RESTORE b 0 "\x00\x03abcwhatever\x0a\x00\x1ca\xb4\xe4\\F\xd3\x0a"
        OK
        > GET b
        "abc"
        > RESTORE c 0 "\x00\x03abcc\x00H\xe4$\xd0\xfb\xbd\xe5\xbd"
        (error) ERR DUMP payload version or checksum are wrong
    "#,
    );
}

#[test]
fn fields_keep_their_deadlines() {
    check(
        r#"
        # since 8.0
        # resp2
        > RESTORE h 0 "\x18\x00\x10Gi\x03\x1e\x00\x00\x02\x06\x01a\x01b\x00\x01c\x01d\x0c\x00\x91Z\xdct\x0fx\xd2\xed"
        OK
        > HGETALL h
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > HPEXPIRETIME h FIELDS 2 a c
        1) (integer) 33000000000005
        2) (integer) -1
        > OBJECT ENCODING h
        "listpackex"
        > DEBUG DIGEST-VALUE h
        1) 0fa487cdb6947c48d19794bc1bb2a6b7b8b6b218
    "#,
    );
}

#[test]
fn fields_that_have_expired_are_gone() {
    check(
        r#"
        # since 8.0
        > RESTORE h 0 "\x18\xe8\x03\x00\x00\x00\x00\x00\x00\x02\x01\x01a\x01b\x00\x01c\x01d\x0c\x00\xe5\xad\xdaD\xb5Z>="
        OK
        > HGET h a
        (nil)
        > HGET h c
        "d"
    "#,
    );
}

#[test]
fn a_checksum_may_be_ignored() {
    check(
        r#"
        > DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
        OK
        > RESTORE k 0 "\x00\x05hello\x0a\x00abcdefgh"
        OK
        > GET k
        "hello"
        > DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
        OK
        > RESTORE l 0 "\x00\x05hello\x0a\x00abcdefgh"
        (error) ERR DUMP payload version or checksum are wrong
    "#,
    );
}

#[test]
fn dump_of_a_missing_key_is_nothing() {
    check(
        r#"
        > DUMP nokey
        (nil)
    "#,
    );
}

#[test]
fn payloads_have_the_lowest_version_that_carries_them() {
    check(
        r#"
        # ours: Redis 8.2 writes version 12 always
        > SET s hello
        OK
        > DUMP s
        "\x00\x05hello\n\x00cr\xdfve4 \n"
        > SET n 5
        OK
        > DUMP n
        "\x00\xc0\x05\n\x00c/_f\x83/\xb3Q"
        > RPUSH l a b 7
        (integer) 3
        > DUMP l
        "\x12\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\a\x01\xff\n\x00\xa4\xd5}\x13~\x93C\x9c"
        > SADD t b a
        (integer) 2
        > DUMP t
        "\x02\x02\x01b\x01a\n\x00u\xd9\x9d\x83^\xf8_e"
        > SADD i 1 5
        (integer) 2
        > DUMP i
        "\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x05\x00\n\x00\xc0\xe5\xee\xfd\xeb\x98m\xf5"
        > HSET h f v n 5
        (integer) 2
        > DUMP h
        "\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x05\x01\xff\n\x00\x84\x90\x93\x9fW\xb4\xf3\xc2"
        > ZADD z 1 a 2.5 b
        (integer) 2
        > DUMP z
        "\x11\x14\x14\x00\x00\x00\x04\x00\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff\n\x00\xd4Ln\xa4\xf6D\xd9\xd7"
        > SET x "a"*100
        OK
        > DUMP x
        "\x00\xc3\x05@d\x00a\xe0Z\x00\n\x00qb\xa4\xb3\xd5\x1aXA"
        > CONFIG SET rdbcompression no
        OK
        > DUMP x
        "\x00@d""a"*100"\n\x00\xaf\xa7\xa1\xbfiqpE"
        > HPEXPIREAT h 33000000000000 FIELDS 1 n
        1) (integer) 1
        > DUMP h
        "\x19\x00\x10Gi\x03\x1e\x00\x00\x1e\x1e\x00\x00\x00\x06\x00\x81n\x02\x05\x01\xf4\x00\x10Gi\x03\x1e\x00\x00\t\x81f\x02\x81v\x02\x00\x01\xff\x0c\x00\xed\xb6\x036&W\x0f\xc1"
    "#,
    );
}

#[test]
fn versions_of_valkey_are_taken() {
    check(
        r#"
        # ours: Redis takes no payload of Valkey 9
        > RESTORE h 0 "\x16\x01\x01a\x01b\x00\x10Gi\x03\x1e\x00\x00P\x006\xe9\x89\x15\x83\x03MO"
        OK
        > HPEXPIRETIME h FIELDS 1 a
        1) (integer) 33000000000000
    "#,
    );
}

#[test]
fn a_value_does_not_reach_into_the_footer() {
    check(
        r#"
        # ours: Redis takes what is missing from the footer
        > RESTORE k 0 "\x00\x05hell\x0a\x00e\x04u\x97r\xaa\xf5\x95"
        (error) ERR Bad data format
    "#,
    );
}
