//! Sessions of MEMORY, and of the limit.

use crate::harness::check;

#[test]
fn memory_takes_its_arguments_exactly() {
    check(
        r#"
        > MEMORY
        (error) ERR wrong number of arguments for 'memory' command
        > MEMORY NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP.
        > MEMORY PURGE
        OK
        > MEMORY PURGE now
        (error) ERR wrong number of arguments for 'memory|purge' command
        > MEMORY STATS x
        (error) ERR wrong number of arguments for 'memory|stats' command
        > MEMORY DOCTOR x
        (error) ERR wrong number of arguments for 'memory|doctor' command
        > MEMORY MALLOC-STATS x
        (error) ERR wrong number of arguments for 'memory|malloc-stats' command
    "#,
    );
}

#[test]
fn the_doctor_speaks_in_his_own_words() {
    check(
        r#"
        # ours
        # resp2
        > MEMORY DOCTOR
        "Less than 5 MB are in use: there is nothing to find yet."
    "#,
    );
}

#[test]
fn the_limit_may_be_a_share_of_the_machine() {
    check(
        r#"
        # ours
        # resp2
        > CONFIG SET maxmemory 0%
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
        > CONFIG SET maxmemory 101%
        (error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - percentage argument must be less or equal to 100
        > CONFIG SET maxmemory 50%
        OK
        > CONFIG GET maxmemory
        1) "maxmemory"
        ~ 2) "{100000000..9000000000000}"
    "#,
    );
}
