//! Sessions of CLIENT TRACKING and its like.

use crate::harness::check;

#[test]
fn a_key_that_was_read_is_invalidated_once() {
    check(
        r#"
        # since 7.0
        # resp3
        > CLIENT TRACKING ON
        OK
        > CLIENT TRACKINGINFO
        1# "flags" => 1~ "on"
        2# "redirect" => (integer) 0
        3# "prefixes" => (empty array)
        > CLIENT GETREDIR
        (integer) 0
        > GET k
        (nil)
        > MGET a b nokey
        1) (nil)
        2) (nil)
        3) (nil)
        A> SET k 1
        OK
        < -> 1) "invalidate"
             2) 1) "k"
        A> SET k 2
        OK
        A> MSET a 1 b 2 a 3
        OK
        < -> 1) "invalidate"
             2) 1) "a"
        < -> 1) "invalidate"
             2) 1) "b"
        > GET k
        "2"
        > SET k 3
        OK
        -> 1) "invalidate"
           2) 1) "k"
        > GET k
        "3"
        > EXISTS k
        (integer) 1
        A> SELECT 3
        OK
        A> SET k 4
        OK
        < -> 1) "invalidate"
             2) 1) "k"
        > MULTI
        OK
        > GET k
        QUEUED
        > SET k 5
        QUEUED
        > GET k
        QUEUED
        > EXEC
        1) "3"
        2) OK
        3) "5"
        -> 1) "invalidate"
           2) 1) "k"
        A> FLUSHALL ASYNC
        OK
        < -> 1) "invalidate"
             2) (nil)
        > GET k
        (nil)
        A> FLUSHDB ASYNC
        OK
        < -> 1) "invalidate"
             2) (nil)
        A> SET k 1
        OK
        > SUBSCRIBE x
        -> 1) "subscribe"
           2) "x"
           3) (integer) 1
        > SCARD s
        (integer) 0
        A> SADD s a
        (integer) 1
        < -> 1) "invalidate"
             2) 1) "s"
        > CLIENT TRACKING OFF
        OK
        > GET k
        (nil)
        A> SET k 7
        OK
    "#,
    );
}

#[test]
fn own_changes_may_be_left_out() {
    check(
        r#"
        # since 7.0
        # resp3
        > CLIENT TRACKING ON NOLOOP
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "noloop"
        2# "redirect" => (integer) 0
        3# "prefixes" => (empty array)
        > GET k
        (nil)
        > SET k 1
        OK
        > GET k
        "1"
        A> SET k 1
        OK
        < -> 1) "invalidate"
             2) 1) "k"
        > CLIENT TRACKING OFF
        OK
        > CLIENT TRACKING ON NOLOOP BCAST
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "bcast"
           3~ "noloop"
        2# "redirect" => (integer) 0
        3# "prefixes" => 1) ""
        > SET k 1
        OK
        A> SET k 1
        OK
        < -> 1) "invalidate"
             2) 1) "k"
    "#,
    );
}

#[test]
fn prefixes_are_broadcast() {
    check(
        r#"
        # since 7.0
        # resp3
        > CLIENT TRACKING ON BCAST PREFIX a PREFIX b
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "bcast"
        2# "redirect" => (integer) 0
        3# "prefixes" =>
           1) "a"
           2) "b"
        > CLIENT TRACKING ON BCAST PREFIX ab
        (error) ERR Prefix 'ab' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.
        > CLIENT TRACKING ON BCAST PREFIX a
        (error) ERR Prefix 'a' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.
        > CLIENT TRACKING ON
        (error) ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
        A> SET a1 1
        OK
        < -> 1) "invalidate"
             2) 1) "a1"
        A> MSET a2 1 b2 2 a3 3 c 4
        OK
        < -> 1) "invalidate"
             2) 1) "a2"
                2) "a3"
        < -> 1) "invalidate"
             2) 1) "b2"
        > SET a1 mine
        OK
        -> 1) "invalidate"
           2) 1) "a1"
        > GET c
        "4"
        A> SET c 1
        OK
        A> FLUSHALL ASYNC
        OK
        < -> 1) "invalidate"
             2) (nil)
        > CLIENT TRACKING ON BCAST
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "bcast"
        2# "redirect" => (integer) 0
        3# "prefixes" =>
           1) ""
           2) "a"
           3) "b"
        > CLIENT TRACKING OFF
        OK
        > CLIENT TRACKING ON BCAST PREFIX ab PREFIX a
        (error) ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client must not overlap.
        A> SET a1 2
        OK
    "#,
    );
}

#[test]
fn what_is_read_may_be_chosen() {
    check(
        r#"
        # since 7.0
        # resp3
        > CLIENT CACHING YES
        (error) ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
        > CLIENT TRACKING ON OPTIN
        OK
        > CLIENT TRACKING ON OPTOUT
        (error) ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
        > CLIENT CACHING NO
        (error) ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
        > CLIENT CACHING foo
        (error) ERR syntax error
        > GET a
        (nil)
        > CLIENT CACHING YES
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "optin"
           3~ "caching-yes"
        2# "redirect" => (integer) 0
        3# "prefixes" => (empty array)
        > GET b
        (nil)
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "optin"
        2# "redirect" => (integer) 0
        3# "prefixes" => (empty array)
        A> MSET a 1 b 1
        OK
        < -> 1) "invalidate"
             2) 1) "b"
        > CLIENT CACHING YES
        OK
        > MULTI
        OK
        > GET a
        QUEUED
        > GET b
        QUEUED
        > EXEC
        1) "1"
        2) "1"
        > GET c
        (nil)
        A> MSET a 1 b 1 c 1
        OK
        < -> 1) "invalidate"
             2) 1) "a"
        < -> 1) "invalidate"
             2) 1) "b"
        > CLIENT TRACKING OFF
        OK
        > CLIENT TRACKING ON OPTOUT
        OK
        > CLIENT CACHING YES
        (error) ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.
        > CLIENT CACHING NO
        OK
        > CLIENT TRACKINGINFO
        1# "flags" =>
           1~ "on"
           2~ "optout"
           3~ "caching-no"
        2# "redirect" => (integer) 0
        3# "prefixes" => (empty array)
        > GET a
        "1"
        > GET b
        "1"
        A> MSET a 1 b 1
        OK
        < -> 1) "invalidate"
             2) 1) "b"
    "#,
    );
}

#[test]
fn options_that_do_not_fit_are_refused() {
    check(
        r#"
        # since 7.0
        > CLIENT TRACKING
        (error) ERR wrong number of arguments for 'client|tracking' command
        > CLIENT TRACKING foo
        (error) ERR syntax error
        > CLIENT TRACKING foo REDIRECT x
        (error) ERR value is not an integer or out of range
        > CLIENT TRACKING ON OPTIN OPTOUT
        (error) ERR You can't specify both OPTIN mode and OPTOUT mode
        > CLIENT TRACKING ON BCAST OPTIN
        (error) ERR OPTIN and OPTOUT are not compatible with BCAST
        > CLIENT TRACKING ON PREFIX a
        (error) ERR PREFIX option requires BCAST mode to be enabled
        > CLIENT TRACKING ON REDIRECT 10000
        (error) ERR The client ID you want redirect to does not exist
        > CLIENT TRACKING ON PREFIX
        (error) ERR syntax error
        > CLIENT TRACKING ON FOO
        (error) ERR syntax error
        > CLIENT TRACKING OFF BCAST
        OK
        > CLIENT CACHING
        (error) ERR wrong number of arguments for 'client|caching' command
        > CLIENT CACHING YES
        (error) ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
        > CLIENT GETREDIR
        (integer) -1
    "#,
    );
}

#[test]
fn reset_ends_tracking() {
    check(
        r#"
        # since 7.0
        # resp2
        > CLIENT TRACKING ON BCAST
        OK
        > CLIENT TRACKINGINFO
        1) "flags"
        2) 1) "on"
           2) "bcast"
        3) "redirect"
        4) (integer) 0
        5) "prefixes"
        6) 1) ""
        > RESET
        RESET
        > CLIENT TRACKINGINFO
        1) "flags"
        2) 1) "off"
        3) "redirect"
        4) (integer) -1
        5) "prefixes"
        6) (empty array)
        > CLIENT GETREDIR
        (integer) -1
    "#,
    );
}

#[test]
fn trackers_are_counted_and_shown() {
    check(
        r#"
        # since 7.4
        # resp3
        A> CLIENT TRACKING ON
        OK
        A> MGET a b
        1) (nil)
        2) (nil)
        B> CLIENT TRACKING ON BCAST PREFIX x PREFIX y
        OK
        C> CLIENT TRACKING ON
        OK
        C> GET a
        (nil)
        A> CLIENT INFO
        ~ (txt) *flags=t *redir=0 *
        B> CLIENT INFO
        ~ (txt) *flags=tB *redir=0 *
        > INFO clients
        (txt)
        ...
        | tracking_clients:3
        ...
        > INFO stats
        (txt)
        ...
        | tracking_total_keys:2
        ...
        | tracking_total_items:3
        ...
        | tracking_total_prefixes:2
        ...
        # close A
        # close B
        # close C
        > INFO clients
        (txt)
        ...
        | tracking_clients:0
        ...
    "#,
    );
}

#[test]
fn messages_may_go_to_another_client() {
    check(
        r#"
        # ours: the numbers of clients are those of a server inside the test
        # resp2
        B> SUBSCRIBE __redis__:invalidate
        1) "subscribe"
        2) "__redis__:invalidate"
        3) (integer) 1
        > CLIENT TRACKING ON REDIRECT 1
        OK
        > CLIENT TRACKING ON REDIRECT 1 REDIRECT 1
        (error) ERR A client can only redirect to a single other client
        > CLIENT GETREDIR
        (integer) 1
        > GET k
        (nil)
        A> SET k 1
        OK
        B< 1) "message"
           2) "__redis__:invalidate"
           3) 1) "k"
        A> FLUSHALL ASYNC
        OK
        B< 1) "message"
           2) "__redis__:invalidate"
           3) (nil)
        > GET k
        (nil)
        # close B
        A> SET k 1
        OK
        > CLIENT TRACKINGINFO
        1) "flags"
        2) 1) "on"
           2) "broken_redirect"
        3) "redirect"
        4) (integer) 1
        5) "prefixes"
        6) (empty array)
        # advance 1
    "#,
    );
}

#[test]
fn swapping_databases_is_told_to_nobody() {
    check(
        r#"
        # resp3
        > HELLO 3
        ...
        > CLIENT TRACKING ON BCAST
        OK
        A> SET a 1
        OK
        < -> 1) "invalidate"
             2) 1) "a"
        A> SWAPDB 0 1
        OK
        A> PING
        PONG
        > PING
        PONG
        A> SELECT 1
        OK
        A> SET "" 1
        OK
        < -> 1) "invalidate"
             2) 1) ""
        > PING
        PONG
    "#,
    );
}

#[test]
fn a_key_too_many_is_forgotten_by_who_read_it() {
    check(
        r#"
        # resp3
        > HELLO 3
        ...
        B> HELLO 3
        ...
        > CLIENT TRACKING ON
        OK
        B> CLIENT TRACKING ON BCAST
        OK
        A> MSET k1 1 k2 2 k3 3
        OK
        B< -> 1) "invalidate"
              2) 1) "k1"
                 2) "k2"
                 3) "k3"
        > CONFIG SET tracking-table-max-keys 2
        OK
        > GET k1
        "1"
        > GET k2
        "2"
        > GET k3
        "3"
        -> 1) "invalidate"
        ~    2) 1) "k?"
        B> PING
        PONG
        > PING
        PONG
        B> PING
        PONG
    "#,
    );
}
