//! The protocol, byte for byte: what is sent and what comes back.

#![allow(clippy::needless_raw_string_hashes, reason = "sessions look alike, with quotes in them or without")]

#[path = "../harness/mod.rs"]
mod harness;

use harness::check_raw;

#[test]
fn a_request_may_be_split_anywhere() {
    check_raw(
        r#"
        > "*"
        > "1"
        > "\r"
        > "\n$"
        > "4\r\nPI"
        > "NG\r"
        > "\n"
        "+PONG\r\n"
        > "*2\r\n$4\r\nECHO\r\n$5\r\nhel"
        > "lo\r"
        > "\n*1\r\n$4"
        "$5\r\n"
        "hello\r\n"
        > "\r\nPING\r\n"
        "+PONG\r\n"
    "#,
    );
}

#[test]
fn many_requests_may_come_at_once() {
    check_raw(
        r#"
        > "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n"
        "+OK\r\n"
        "$1\r\n"
        "v\r\n"
        "+PONG\r\n"
        > "PING\r\n*1\r\n$4\r\nPING\r\nPING hello\r\n"
        "+PONG\r\n"
        "+PONG\r\n"
        "$5\r\n"
        "hello\r\n"
        > "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"*3
        "$1\r\n"
        "v\r\n"
        "$1\r\n"
        "v\r\n"
        "$1\r\n"
        "v\r\n"
    "#,
    );
}

#[test]
fn inline_requests_are_words_with_quotes() {
    check_raw(
        r#"
        > "PING\r\n"
        "+PONG\r\n"
        > "ping\n"
        "+PONG\r\n"
        > "  PING  \r\n"
        "+PONG\r\n"
        > "\tPING\t hello \r\n"
        "$5\r\n"
        "hello\r\n"
        > "ECHO \"a b\"\r\n"
        "$3\r\n"
        "a b\r\n"
        > "ECHO 'a b'\r\n"
        "$3\r\n"
        "a b\r\n"
        > "ECHO \"\\x41\\n\\r\\t\\a\\b\\\\\\\"\\q\"\r\n"
        "$9\r\n"
        "A\n"
        "\r\t\a\b\\\"q\r\n"
        > "ECHO 'a\\'b\\n'\r\n"
        "$5\r\n"
        "a'b\\n\r\n"
        > "ECHO \"\"\r\n"
        "$0\r\n"
        "\r\n"
        > "ECHO ''\r\n"
        "$0\r\n"
        "\r\n"
        > "ECHO a\"b\"\r\n"
        "$2\r\n"
        "ab\r\n"
        > "ECHO a'b c'd\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
        > "ECHO \\x41\r\n"
        "$4\r\n"
        "\\x41\r\n"
        > "ECHO \"\\x4\"\r\n"
        "$2\r\n"
        "x4\r\n"
        > "ECHO \"\\xzz\"\r\n"
        "$3\r\n"
        "xzz\r\n"
        > "SET k v\r\nGET k\r\n"
        "+OK\r\n"
        "$1\r\n"
        "v\r\n"
        > "\"PING\"\r\n"
        "+PONG\r\n"
        > "foo bar\r\n"
        "-ERR unknown command 'foo', with args beginning with: 'bar' \r\n"
    "#,
    );
}

#[test]
fn empty_lines_are_nothing() {
    check_raw(
        r#"
        > "\r\n"
        > "\n\n\r\n"
        > "   \r\n"
        > "PING\r\n"
        "+PONG\r\n"
    "#,
    );
}

#[test]
fn an_inline_request_with_open_quotes_ends_the_connection() {
    check_raw(
        r#"
        A> "ECHO \"a b\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
        B> "ECHO 'a b\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
        C> "ECHO \"a\"b\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
        D> "ECHO 'a'b\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
        E> "SET a \"b\r\nPING\r\n"
        "-ERR Protocol error: unbalanced quotes in request\r\n"
        (closed)
    "#,
    );
}

#[test]
fn an_inline_request_is_64_kilobytes_at_most() {
    check_raw(
        r#"
        A> "x"*70000
        "-ERR Protocol error: too big inline request\r\n"
        (closed)
        B> "ECHO aaa"
        B> "x"*65000
        B> "y"*1000
        "-ERR Protocol error: too big inline request\r\n"
        (closed)
        C> "ECHO ""x"*65000"\r\n"
        "$65000\r\n"
        "x"*65000"\r\n"
    "#,
    );
}

#[test]
fn a_count_of_arguments_must_be_a_number_in_range() {
    check_raw(
        r#"
        A> "*abc\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        B> "*1048577\r\n"
        C> "*2147483648\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        D> "*99999999999999999999\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        E> "*1 \r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        F> "*+1\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        G> "*01\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        H> "*1.5\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        I> "*\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
    "#,
    );
}

#[test]
fn a_request_of_no_arguments_is_nothing() {
    check_raw(
        r#"
        > "*0\r\n"
        > "*-1\r\n"
        > "*-10\r\n"
        > "*-9223372036854775808\r\n"
        > "*0\r\n*1\r\n$4\r\nPING\r\n"
        "+PONG\r\n"
    "#,
    );
}

#[test]
fn an_argument_must_be_a_bulk_of_a_length_in_range() {
    check_raw(
        r#"
        A> "*1\r\n+PING\r\n"
        "-ERR Protocol error: expected '$', got '+'\r\n"
        (closed)
        B> "*1\r\nPING\r\n"
        "-ERR Protocol error: expected '$', got 'P'\r\n"
        (closed)
        C> "*1\r\n:1\r\n"
        "-ERR Protocol error: expected '$', got ':'\r\n"
        (closed)
        D> "*1\r\n\r\n"
        "-ERR Protocol error: expected '$', got ' '\r\n"
        (closed)
        E> "*1\r\n\x00\r\n"
        F> "*1\r\n*1\r\n"
        "-ERR Protocol error: expected '$', got '*'\r\n"
        (closed)
        G> "*1\r\n$abc\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        H> "*1\r\n$-1\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        I> "*1\r\n$\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        J> "*1\r\n$ 4\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        K> "*1\r\n$04\r\nPING\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        L> "*1\r\n$536870913\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        M> "*1\r\n$9223372036854775807\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        N> "*1\r\n$99999999999999999999\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        O> "*2\r\n$3\r\nGET\r\n+k\r\n"
        "-ERR Protocol error: expected '$', got '+'\r\n"
        (closed)
    "#,
    );
}

#[test]
fn a_bulk_may_be_empty() {
    check_raw(
        r#"
        > "*1\r\n$0\r\n\r\n"
        "-ERR unknown command '', with args beginning with: \r\n"
        > "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"
        "$0\r\n"
        "\r\n"
    "#,
    );
}

#[test]
fn the_two_bytes_after_a_bulk_are_not_looked_at() {
    check_raw(
        r#"
        > "*2\r\n$4\r\nECHO\r\n$5\r\nhelloxx"
        "$5\r\n"
        "hello\r\n"
        > "*1\r\n$4\r\nPINGab*1\r\n$4\r\nPING\r\n"
        "+PONG\r\n"
        "+PONG\r\n"
    "#,
    );
}

#[test]
fn a_line_of_the_protocol_is_64_kilobytes_at_most() {
    check_raw(
        r#"
        A> "*"
        A> "1"*70000
        "-ERR Protocol error: too big mbulk count string\r\n"
        (closed)
        B> "*1\r\n$"
        B> "1"*70000
        "-ERR Protocol error: too big bulk count string\r\n"
        (closed)
    "#,
    );
}

#[test]
fn the_largest_bulk_is_configured() {
    check_raw(
        r#"
        # config --proto-max-bulk-len 1mb
        > "*2\r\n$4\r\nECHO\r\n$1048577\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        > "*2\r\n$4\r\nECHO\r\n$1048576\r\n"
        > "x"*1048576"\r\n"
        "$1048576\r\n"
        "x"*1048576"\r\n"
    "#,
    );
}

#[test]
fn a_web_browser_is_sent_away() {
    check_raw(
        r#"
        A> "POST / HTTP/1.1\r\n"
        (closed)
        B> "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        (closed)
        C> "PING\r\nHost: localhost\r\nPING\r\n"
        (closed)
        D> "host: a\r\n"
        (closed)
        E> "post\r\n"
        (closed)
        F> "*2\r\n$4\r\nPOST\r\n$1\r\n/\r\n"
        (closed)
    "#,
    );
}

#[test]
fn what_came_before_a_mistake_is_answered() {
    check_raw(
        r#"
        > "PING\r\n*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n"
        "+PONG\r\n"
        "+PONG\r\n"
        "-ERR Protocol error: invalid multibulk length\r\n"
        (closed)
        > "SET k v\r\n*1\r\n$-5\r\n"
        "+OK\r\n"
        "-ERR Protocol error: invalid bulk length\r\n"
        (closed)
        > "GET k\r\n"
        "$1\r\n"
        "v\r\n"
    "#,
    );
}

#[test]
fn before_authentication_requests_are_small() {
    check_raw(
        r#"
        # config --requirepass secret
        A> "*10\r\n"
        A> "$4\r\nPING\r\n"
        B> "*11\r\n"
        "-ERR Protocol error: unauthenticated multibulk length\r\n"
        (closed)
        C> "*2\r\n$4\r\nAUTH\r\n$16384\r\n"
        C> "x"*16384"\r\n"
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        D> "*2\r\n$4\r\nAUTH\r\n$16385\r\n"
        "-ERR Protocol error: unauthenticated bulk length\r\n"
        (closed)
        E> "PING\r\n"
        "-NOAUTH Authentication required.\r\n"
        E> "AUTH secret\r\n"
        "+OK\r\n"
        E> "*11\r\n$4\r\nPING\r\n"
        E> "$1\r\na\r\n"*10
        "-ERR wrong number of arguments for 'ping' command\r\n"
        E> "PING\r\n"
        "+PONG\r\n"
    "#,
    );
}

#[test]
fn hello_speaks_the_chosen_protocol() {
    check_raw(
        r#"
        > "GET nokey\r\nMGET nokey\r\n"
        "$-1\r\n"
        "*1\r\n"
        "$-1\r\n"
        > "HELLO 3\r\n"
        "%7\r\n"
        "$6\r\n"
        "server\r\n"
        "$5\r\n"
        "redis\r\n"
        "$7\r\n"
        "version\r\n"
        ~ "$*
        ~ *
        "$5\r\n"
        "proto\r\n"
        ":3\r\n"
        "$2\r\n"
        "id\r\n"
        ~ ":*\r\n"
        "$4\r\n"
        "mode\r\n"
        "$10\r\n"
        "standalone\r\n"
        "$4\r\n"
        "role\r\n"
        "$6\r\n"
        "master\r\n"
        "$7\r\n"
        "modules\r\n"
        ...
        > "GET nokey\r\nMGET nokey\r\n"
        "_\r\n"
        "*1\r\n"
        "_\r\n"
        > "GET nokey foo\r\n"
        "-ERR wrong number of arguments for 'get' command\r\n"
        > "HELLO 2\r\n"
        "*14\r\n"
        ...
        > "GET nokey\r\nMGET nokey\r\n"
        "$-1\r\n"
        "*1\r\n"
        "$-1\r\n"
        > "HELLO 4\r\n"
        "-NOPROTO unsupported protocol version\r\n"
        > "HELLO 1\r\n"
        "-NOPROTO unsupported protocol version\r\n"
        > "HELLO x\r\n"
        "-ERR Protocol version is not an integer or out of range\r\n"
        > "HELLO 3 FOO\r\n"
        "-ERR Syntax error in HELLO option 'FOO'\r\n"
        > "HELLO 3 SETNAME\r\n"
        "-ERR Syntax error in HELLO option 'SETNAME'\r\n"
        > "HELLO 3 AUTH a\r\n"
        "-ERR Syntax error in HELLO option 'AUTH'\r\n"
        > "HELLO 3 SETNAME \"a b\"\r\n"
        "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"
        > "HELLO 3 AUTH nobody x\r\n"
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        > "GET nokey\r\n"
        "$-1\r\n"
    "#,
    );
}

#[test]
fn the_types_of_both_protocols() {
    check_raw(
        r#"
        > "DEBUG PROTOCOL string\r\nDEBUG PROTOCOL integer\r\nDEBUG PROTOCOL double\r\nDEBUG PROTOCOL null\r\n"
        "$11\r\n"
        "Hello World\r\n"
        ":12345\r\n"
        "$5\r\n"
        "3.141\r\n"
        "$-1\r\n"
        > "DEBUG PROTOCOL array\r\nDEBUG PROTOCOL set\r\nDEBUG PROTOCOL map\r\n"
        "*3\r\n"
        ":0\r\n"
        ":1\r\n"
        ":2\r\n"
        "*3\r\n"
        ":0\r\n"
        ":1\r\n"
        ":2\r\n"
        "*6\r\n"
        ":0\r\n"
        ":0\r\n"
        ":1\r\n"
        ":1\r\n"
        ":2\r\n"
        ":0\r\n"
        > "DEBUG PROTOCOL verbatim\r\nDEBUG PROTOCOL true\r\nDEBUG PROTOCOL false\r\nDEBUG PROTOCOL bignum\r\n"
        "$25\r\n"
        "This is a verbatim\n"
        "string\r\n"
        ":1\r\n"
        ":0\r\n"
        "$37\r\n"
        "1234567999999999999999999999999999999\r\n"
        > "DEBUG PROTOCOL push\r\nDEBUG PROTOCOL attrib\r\nDEBUG PROTOCOL nothing\r\n"
        "-ERR RESP2 is not supported by this command\r\n"
        "$39\r\n"
        "Some real reply following the attribute\r\n"
        "-ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false\r\n"
        > "HELLO 3\r\n"
        ...
        > "DEBUG PROTOCOL string\r\nDEBUG PROTOCOL integer\r\nDEBUG PROTOCOL double\r\nDEBUG PROTOCOL null\r\n"
        "$11\r\n"
        "Hello World\r\n"
        ":12345\r\n"
        ",3.141\r\n"
        "_\r\n"
        > "DEBUG PROTOCOL array\r\nDEBUG PROTOCOL set\r\nDEBUG PROTOCOL map\r\n"
        "*3\r\n"
        ":0\r\n"
        ":1\r\n"
        ":2\r\n"
        "~3\r\n"
        ":0\r\n"
        ":1\r\n"
        ":2\r\n"
        "%3\r\n"
        ":0\r\n"
        "\x23f\r\n"
        ":1\r\n"
        "\x23t\r\n"
        ":2\r\n"
        "\x23f\r\n"
        > "DEBUG PROTOCOL verbatim\r\nDEBUG PROTOCOL true\r\nDEBUG PROTOCOL false\r\nDEBUG PROTOCOL bignum\r\n"
        "=29\r\n"
        "txt:This is a verbatim\n"
        "string\r\n"
        "\x23t\r\n"
        "\x23f\r\n"
        "(1234567999999999999999999999999999999\r\n"
    "#,
    );
}

#[test]
fn attributes_and_pushes_stand_beside_the_reply() {
    check_raw(
        r#"
        # since 8.0
        > "HELLO 3\r\n"
        ...
        > "DEBUG PROTOCOL push\r\n"
        "$40\r\n"
        "Some real reply following the push reply\r\n"
        ">2\r\n"
        "$16\r\n"
        "server-cpu-usage\r\n"
        ":42\r\n"
        > "DEBUG PROTOCOL attrib\r\n"
        "|1\r\n"
        "$14\r\n"
        "key-popularity\r\n"
        "*2\r\n"
        "$7\r\n"
        "key:123\r\n"
        ":90\r\n"
        "$39\r\n"
        "Some real reply following the attribute\r\n"
    "#,
    );
}

#[test]
fn quit_answers_and_closes() {
    check_raw(
        r#"
        A> "QUIT\r\nPING\r\n"
        "+OK\r\n"
        (closed)
        B> "*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n"
        "+OK\r\n"
        (closed)
        C> "QUIT a b\r\n"
        "+OK\r\n"
        (closed)
    "#,
    );
}

#[test]
fn messages_of_one_pipeline_reach_everybody_in_order() {
    check_raw(
        r#"
        # since 8.0
        old> "SUBSCRIBE news other\r\n"
        "*3\r\n"
        "$9\r\n"
        "subscribe\r\n"
        "$4\r\n"
        "news\r\n"
        ":1\r\n"
        "*3\r\n"
        "$9\r\n"
        "subscribe\r\n"
        "$5\r\n"
        "other\r\n"
        ":2\r\n"
        new> "HELLO 3\r\n"
        "%7\r\n"
        ...
        new> "SUBSCRIBE news\r\n"
        ">3\r\n"
        ...
        own> "HELLO 3\r\n"
        "%7\r\n"
        ...
        own> "SUBSCRIBE news\r\n"
        ">3\r\n"
        ...
        own> "PUBLISH news 1\r\nPUBLISH news 2\r\nUNSUBSCRIBE news\r\nPUBLISH news 3\r\nPUBLISH other 4\r\nPUBLISH news ""x"*2000"\r\n"
        ":3\r\n"
        ">3\r\n"
        "$7\r\n"
        "message\r\n"
        "$4\r\n"
        "news\r\n"
        "$1\r\n"
        "1\r\n"
        ":3\r\n"
        ">3\r\n"
        "$7\r\n"
        "message\r\n"
        "$4\r\n"
        "news\r\n"
        "$1\r\n"
        "2\r\n"
        ">3\r\n"
        "$11\r\n"
        "unsubscribe\r\n"
        "$4\r\n"
        "news\r\n"
        ":0\r\n"
        ":2\r\n"
        ":1\r\n"
        ":2\r\n"
        old< "*3\r\n"
        old< "$7\r\n"
        old< "message\r\n"
        old< "$4\r\n"
        old< "news\r\n"
        old< "$1\r\n"
        old< "1\r\n"
        old< "*3\r\n"
        old< "$7\r\n"
        old< "message\r\n"
        old< "$4\r\n"
        old< "news\r\n"
        old< "$1\r\n"
        old< "2\r\n"
        old< "*3\r\n"
        old< "$7\r\n"
        old< "message\r\n"
        old< "$4\r\n"
        old< "news\r\n"
        old< "$1\r\n"
        old< "3\r\n"
        old< "*3\r\n"
        old< "$7\r\n"
        old< "message\r\n"
        old< "$5\r\n"
        old< "other\r\n"
        old< "$1\r\n"
        old< "4\r\n"
        old< "*3\r\n"
        old< "$7\r\n"
        old< "message\r\n"
        old< "$4\r\n"
        old< "news\r\n"
        old< "$2000\r\n"
        old< "x"*2000"\r\n"
        new< ">3\r\n"
        new< "$7\r\n"
        new< "message\r\n"
        new< "$4\r\n"
        new< "news\r\n"
        new< "$1\r\n"
        new< "1\r\n"
        new< ">3\r\n"
        new< "$7\r\n"
        new< "message\r\n"
        new< "$4\r\n"
        new< "news\r\n"
        new< "$1\r\n"
        new< "2\r\n"
        new< ">3\r\n"
        new< "$7\r\n"
        new< "message\r\n"
        new< "$4\r\n"
        new< "news\r\n"
        new< "$1\r\n"
        new< "3\r\n"
        new< ">3\r\n"
        new< "$7\r\n"
        new< "message\r\n"
        new< "$4\r\n"
        new< "news\r\n"
        new< "$2000\r\n"
        new< "x"*2000"\r\n"
    "#,
    );
}
