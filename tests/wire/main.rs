//! The protocol, byte for byte: what is sent and what comes back.

#![allow(clippy::needless_raw_string_hashes, reason = "sessions look alike, with quotes in them or without")]

#[path = "../harness/mod.rs"]
mod harness;

use harness::check_raw;

#[test]
fn a_request_may_be_split_anywhere() {
    check_raw(
        r#"
        > "*1\r\n$4\r\nPI"
        > "NG\r\n"
        "+PONG\r\n"
        "#,
    );
}
