//! Sessions of PUBLISH, SUBSCRIBE and their like.

use crate::harness::check;

#[test]
fn messages_reach_channels_patterns_and_shards() {
    check(
        r#"
        # resp2
        # since 7.0
        A> SUBSCRIBE news weather news
        1) "subscribe"
        2) "news"
        3) (integer) 1
        1) "subscribe"
        2) "weather"
        3) (integer) 2
        1) "subscribe"
        2) "news"
        3) (integer) 2
        A> PSUBSCRIBE n*
        1) "psubscribe"
        2) "n*"
        3) (integer) 3
        A> SSUBSCRIBE news
        1) "ssubscribe"
        2) "news"
        3) (integer) 1
        B> SUBSCRIBE news
        1) "subscribe"
        2) "news"
        3) (integer) 1
        > PUBLISH news one
        (integer) 3
        A< 1) "message"
           2) "news"
           3) "one"
        A< 1) "pmessage"
           2) "n*"
           3) "news"
           4) "one"
        B< 1) "message"
           2) "news"
           3) "one"
        > PUBLISH nothing two
        (integer) 1
        A< 1) "pmessage"
           2) "n*"
           3) "nothing"
           4) "two"
        > PUBLISH other three
        (integer) 0
        > SPUBLISH news four
        (integer) 1
        A< 1) "smessage"
           2) "news"
           3) "four"
        > SPUBLISH weather five
        (integer) 0
        > PUBLISH "\x00\r\n" ""
        (integer) 0
        A> UNSUBSCRIBE other
        1) "unsubscribe"
        2) "other"
        3) (integer) 3
        A> UNSUBSCRIBE news
        1) "unsubscribe"
        2) "news"
        3) (integer) 2
        > PUBLISH news six
        (integer) 2
        A< 1) "pmessage"
           2) "n*"
           3) "news"
           4) "six"
        B< 1) "message"
           2) "news"
           3) "six"
        A> PUNSUBSCRIBE
        1) "punsubscribe"
        2) "n*"
        3) (integer) 1
        A> PUNSUBSCRIBE
        1) "punsubscribe"
        2) (nil)
        3) (integer) 1
        > PUBLISH news seven
        (integer) 1
        B< 1) "message"
           2) "news"
           3) "seven"
        A> UNSUBSCRIBE
        1) "unsubscribe"
        2) "weather"
        3) (integer) 0
        A> UNSUBSCRIBE
        1) "unsubscribe"
        2) (nil)
        3) (integer) 0
        A> SUNSUBSCRIBE other
        1) "sunsubscribe"
        2) "other"
        3) (integer) 1
        A> SUNSUBSCRIBE
        1) "sunsubscribe"
        2) "news"
        3) (integer) 0
        A> SUNSUBSCRIBE
        1) "sunsubscribe"
        2) (nil)
        3) (integer) 0
        A> UNSUBSCRIBE a b
        1) "unsubscribe"
        2) "a"
        3) (integer) 0
        1) "unsubscribe"
        2) "b"
        3) (integer) 0
        > PUBLISH weather eight
        (integer) 0
        # close B
        > PUBLISH news nine
        (integer) 0
        > PUBLISH news
        (error) ERR wrong number of arguments for 'publish' command
        > SUBSCRIBE
        (error) ERR wrong number of arguments for 'subscribe' command
        > PSUBSCRIBE
        (error) ERR wrong number of arguments for 'psubscribe' command
        > SPUBLISH a
        (error) ERR wrong number of arguments for 'spublish' command
    "#,
    );
}

#[test]
fn whoever_has_subscribed_in_resp2_may_do_little_else() {
    check(
        r#"
        # since 7.0
        # resp2
        > PING
        PONG
        > SUBSCRIBE a
        1) "subscribe"
        2) "a"
        3) (integer) 1
        > PING
        1) "pong"
        2) ""
        > PING x
        1) "pong"
        2) "x"
        > PING x y
        (error) ERR wrong number of arguments for 'ping' command
        > GET k
        (error) ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > CLIENT INFO
        (error) ERR Can't execute 'client|info': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > MULTI
        (error) ERR Can't execute 'multi': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > EXEC
        (error) EXECABORT Transaction discarded because of: Can't execute 'exec': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > PUBLISH a 1
        (error) ERR Can't execute 'publish': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > FOO
        (error) ERR unknown command 'FOO', with args beginning with:
        > GET
        (error) ERR wrong number of arguments for 'get' command
        > HELLO 3
        (error) ERR Can't execute 'hello': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > SSUBSCRIBE s
        1) "ssubscribe"
        2) "s"
        3) (integer) 1
        > UNSUBSCRIBE
        1) "unsubscribe"
        2) "a"
        3) (integer) 0
        > GET k
        (error) ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > SUNSUBSCRIBE
        1) "sunsubscribe"
        2) "s"
        3) (integer) 0
        > GET k
        (nil)
        > PSUBSCRIBE p*
        1) "psubscribe"
        2) "p*"
        3) (integer) 1
        > GET k
        (error) ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        > RESET
        RESET
        > GET k
        (nil)
        > PUBLISH pa 1
        (integer) 0
        > SUBSCRIBE a
        1) "subscribe"
        2) "a"
        3) (integer) 1
        > QUIT
        OK
        (closed)
    "#,
    );
}

#[test]
fn whoever_has_subscribed_in_resp3_may_do_everything() {
    check(
        r#"
        # since 7.2
        # resp3
        > SUBSCRIBE a
        -> 1) "subscribe"
           2) "a"
           3) (integer) 1
        > PING
        PONG
        > SET k v
        OK
        > GET k
        "v"
        > PUBLISH a 1
        (integer) 1
        -> 1) "message"
           2) "a"
           3) "1"
        > MULTI
        OK
        > PUBLISH a 2
        QUEUED
        > SUBSCRIBE b
        QUEUED
        > GET k
        QUEUED
        > PUBLISH b 3
        QUEUED
        > EXEC
        1) (integer) 1
        2) 1> "subscribe"
           2> "b"
           3> (integer) 2
        3) "v"
        4) (integer) 1
        -> 1) "message"
           2) "a"
           3) "2"
        -> 1) "message"
           2) "b"
           3) "3"
        > PSUBSCRIBE a*
        -> 1) "psubscribe"
           2) "a*"
           3) (integer) 3
        > PUBLISH a 4
        (integer) 2
        -> 1) "message"
           2) "a"
           3) "4"
        -> 1) "pmessage"
           2) "a*"
           3) "a"
           4) "4"
        > UNSUBSCRIBE nothing
        -> 1) "unsubscribe"
           2) "nothing"
           3) (integer) 3
        > UNSUBSCRIBE
        -> 1) "unsubscribe"
        ~    2) "?"
           3) (integer) 2
        -> 1) "unsubscribe"
        ~    2) "?"
           3) (integer) 1
        > PUBLISH b 1
        (integer) 0
    "#,
    );
}

#[test]
fn changing_the_protocol_changes_what_a_subscriber_may_do() {
    check(
        r#"
        # since 7.0
        > HELLO 3
        ...
        > SUBSCRIBE a
        -> 1) "subscribe"
           2) "a"
           3) (integer) 1
        > GET k
        (nil)
        > HELLO 2
        ...
        > GET k
        (error) ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        A> PUBLISH a 1
        (integer) 1
        < 1) "message"
          2) "a"
          3) "1"
        > PING
        1) "pong"
        2) ""
    "#,
    );
}

#[test]
fn pubsub_tells_who_listens() {
    check(
        r#"
        # resp2
        # since 7.0
        A> SUBSCRIBE a b
        1) "subscribe"
        2) "a"
        3) (integer) 1
        1) "subscribe"
        2) "b"
        3) (integer) 2
        A> PSUBSCRIBE a* b*
        1) "psubscribe"
        2) "a*"
        3) (integer) 3
        1) "psubscribe"
        2) "b*"
        3) (integer) 4
        A> SSUBSCRIBE s
        1) "ssubscribe"
        2) "s"
        3) (integer) 1
        B> SUBSCRIBE b
        1) "subscribe"
        2) "b"
        3) (integer) 1
        B> PSUBSCRIBE a*
        1) "psubscribe"
        2) "a*"
        3) (integer) 2
        # sorted
        > PUBSUB CHANNELS
        1) "a"
        2) "b"
        > PUBSUB CHANNELS [b-z]
        1) "b"
        > PUBSUB CHANNELS a b
        (error) ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.
        > PUBSUB NUMSUB
        (empty array)
        > PUBSUB NUMSUB a nothing b a
        1) "a"
        2) (integer) 1
        3) "nothing"
        4) (integer) 0
        5) "b"
        6) (integer) 2
        7) "a"
        8) (integer) 1
        > PUBSUB NUMPAT
        (integer) 2
        > PUBSUB NUMPAT x
        (error) ERR wrong number of arguments for 'pubsub|numpat' command
        > PUBSUB SHARDCHANNELS
        1) "s"
        > PUBSUB SHARDCHANNELS s*
        1) "s"
        > PUBSUB SHARDCHANNELS s a
        (error) ERR unknown subcommand or wrong number of arguments for 'SHARDCHANNELS'. Try PUBSUB HELP.
        > PUBSUB SHARDNUMSUB s a
        1) "s"
        2) (integer) 1
        3) "a"
        4) (integer) 0
        > PUBSUB FOO
        (error) ERR unknown subcommand 'FOO'. Try PUBSUB HELP.
        > PUBSUB
        (error) ERR wrong number of arguments for 'pubsub' command
        A> RESET
        RESET
        > PUBSUB CHANNELS
        1) "b"
        > PUBSUB NUMSUB a b
        1) "a"
        2) (integer) 0
        3) "b"
        4) (integer) 1
        > PUBSUB NUMPAT
        (integer) 1
        > PUBSUB SHARDCHANNELS
        (empty array)
        # close B
        > PUBSUB CHANNELS
        (empty array)
        > PUBSUB NUMPAT
        (integer) 0
    "#,
    );
}

#[test]
fn subscribers_are_counted_and_shown() {
    check(
        r#"
        # since 8.0
        # resp2
        A> SUBSCRIBE a b
        1) "subscribe"
        2) "a"
        3) (integer) 1
        1) "subscribe"
        2) "b"
        3) (integer) 2
        A> PSUBSCRIBE a*
        1) "psubscribe"
        2) "a*"
        3) (integer) 3
        A> SSUBSCRIBE s
        1) "ssubscribe"
        2) "s"
        3) (integer) 1
        B> SSUBSCRIBE s t
        1) "ssubscribe"
        2) "s"
        3) (integer) 1
        1) "ssubscribe"
        2) "t"
        3) (integer) 2
        > CLIENT LIST
        ~ *flags=P db=0 sub=2 psub=1 ssub=1 *flags=P db=0 sub=0 psub=0 ssub=2 *
        > CLIENT LIST TYPE pubsub
        ~ *flags=P db=0 sub=2 psub=1 ssub=1 *flags=P db=0 sub=0 psub=0 ssub=2 *cmd=ssubscribe*
        > INFO clients
        ...
        | pubsub_clients:2
        ...
        > INFO stats
        ...
        | pubsub_channels:2
        ...
        | pubsub_patterns:1
        ...
        | pubsubshard_channels:2
        ...
        # close A
        B> SUNSUBSCRIBE
        1) "sunsubscribe"
        ~ 2) "?"
        3) (integer) 1
        1) "sunsubscribe"
        ~ 2) "?"
        3) (integer) 0
        > INFO clients
        ...
        | pubsub_clients:0
        ...
        > INFO stats
        ...
        | pubsub_channels:0
        ...
        | pubsub_patterns:0
        ...
        | pubsubshard_channels:0
        ...
        > CLIENT LIST TYPE pubsub
        ""
    "#,
    );
}

#[test]
fn a_message_in_a_transaction_comes_when_it_is_over() {
    check(
        r#"
        # resp3
        A> SUBSCRIBE a
        -> 1) "subscribe"
           2) "a"
           3) (integer) 1
        > MULTI
        OK
        > PUBLISH a 1
        QUEUED
        > PUBLISH a 2
        QUEUED
        > EXEC
        1) (integer) 1
        2) (integer) 1
        A< -> 1) "message"
              2) "a"
              3) "1"
        A< -> 1) "message"
              2) "a"
              3) "2"
    "#,
    );
}

#[test]
fn long_messages_are_whole() {
    check(
        r#"
        A> SUBSCRIBE a
        1) "subscribe"
        2) "a"
        3) (integer) 1
        B> HELLO 3
        ...
        B> SUBSCRIBE a
        -> 1) "subscribe"
           2) "a"
           3) (integer) 1
        > PUBLISH a "x"*5000
        (integer) 2
        A< 1) "message"
           2) "a"
           3) "x"*5000
        B< -> 1) "message"
              2) "a"
              3) "x"*5000
        > PUBLISH a "y"*100000
        (integer) 2
        A< 1) "message"
           2) "a"
           3) "y"*100000
        B< -> 1) "message"
              2) "a"
              3) "y"*100000
        > PUBLISH a z
        (integer) 2
        A< 1) "message"
           2) "a"
           3) "z"
        B< -> 1) "message"
              2) "a"
              3) "z"
        A> UNSUBSCRIBE
        1) "unsubscribe"
        2) "a"
        3) (integer) 0
    "#,
    );
}

#[test]
fn help_is_in_our_words() {
    check(
        r#"
        # ours
        > PUBSUB HELP
         1) PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ...
        13)     Print this help.
        > PUBSUB HELP me
        (error) ERR wrong number of arguments for 'pubsub|help' command
    "#,
    );
}

#[test]
fn a_subscriber_whose_output_grows_too_long_is_cut_off() {
    check(
        r#"
        # since 8.0
        # resp2
        # config --client-output-buffer-limit "pubsub 100kb 0 0"
        A> SUBSCRIBE a
        1) "subscribe"
        2) "a"
        3) (integer) 1
        B> PING
        PONG
        B> GET k
        (nil)
        > PUBLISH a "x"*200000
        (integer) 1
        A< (closed)
        > PUBLISH a x
        (integer) 0
        > SET k "x"*200000
        OK
        B> STRLEN k
        (integer) 200000
        > INFO stats
        ...
        | pubsub_channels:0
        ...
        | pubsub_patterns:0
        ...
        | pubsubshard_channels:0
        ...
        | client_output_buffer_limit_disconnections:1
        ...
    "#,
    );
}
