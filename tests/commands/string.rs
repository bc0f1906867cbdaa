//! Sessions of the string commands.

use crate::harness::check;

#[test]
fn incr_counts_from_zero_and_refuses_lists() {
    check(
        r#"
        > INCR visits
        (integer) 1
        > RPUSH visitors ann
        (integer) 1
        > INCR visitors
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    );
}
