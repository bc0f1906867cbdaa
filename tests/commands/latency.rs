//! LATENCY, and what INFO says of how long commands took.

use crate::harness::check;

#[test]
fn events_are_kept_from_the_threshold_on() {
    check(
        r#"
        > LATENCY LATEST
        (empty array)
        > CONFIG SET latency-monitor-threshold 2000
        OK
        > DEBUG SLEEP 0.001
        OK
        > LATENCY LATEST
        (empty array)
        > CONFIG SET latency-monitor-threshold 20
        OK
        > DEBUG SLEEP 0.03
        OK
        > LATENCY LATEST
        1) 1) "command"
        ~    2) (integer) *
        ~    3) (integer) {30..99}
        ~    4) (integer) {30..99}
        > LATENCY HISTORY command
        ~ 1) 1) (integer) *
        ~    2) (integer) {30..99}
        > LATENCY HISTORY nosuch
        (empty array)
        > LATENCY GRAPH nosuch
        (error) ERR No samples available for event 'nosuch'
        > LATENCY RESET nosuch
        (integer) 0
        > LATENCY RESET nosuch command
        (integer) 1
        > LATENCY RESET
        (integer) 0
        > LATENCY LATEST
        (empty array)
        > LATENCY NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try LATENCY HELP.
        > LATENCY
        (error) ERR wrong number of arguments for 'latency' command
        > LATENCY HISTORY
        (error) ERR wrong number of arguments for 'latency|history' command
    "#,
    );
}

#[test]
fn reports_are_for_people() {
    check(
        r#"
        # ours: the words and the drawing
        # resp2
        > LATENCY HELP
        ~  1) LATENCY <subcommand> *
        ...
        > LATENCY DOCTOR
        ~ "Nothing is measured*
        > CONFIG SET latency-monitor-threshold 20
        OK
        > LATENCY DOCTOR
        ~ "Nothing has taken 20 ms*
        > DEBUG SLEEP 0.03
        OK
        > LATENCY DOCTOR
        ~ "What took 20 ms*1. command: 1 seconds*
        > LATENCY GRAPH command
        ~ "command - high * ms, low * ms (all time high * ms)\n*
    "#,
    );
}

#[test]
fn calls_are_counted_by_how_long_they_took() {
    check(
        r#"
        # resp2
        # since 7.0
        > CONFIG RESETSTAT
        OK
        # It may sleep longer: how long depends on what else the machine does.
        > DEBUG SLEEP 0.02
        OK
        > LATENCY HISTOGRAM debug nosuch get
        1) "debug"
        2) 1) "calls"
           2) (integer) 1
           3) "histogram_usec"
        ~    4) 1) (integer) {33816..1082130431}
              2) (integer) 1
        > DEBUG SLEEP 0.02
        OK
        > LATENCY HISTOGRAM debug
        1) "debug"
        2) 1) "calls"
           2) (integer) 2
           3) "histogram_usec"
        ~    4) 1) (integer) {33816..1082130431}
        ~       2) (integer) {1..2}
        ...
        > LATENCY HISTOGRAM config
        1) "config|resetstat"
        2) 1) "calls"
           2) (integer) 1
           3) "histogram_usec"
        ~    4) 1) (integer) *
              2) (integer) 1
        > LATENCY HISTOGRAM config|get
        (empty array)
        > CONFIG RESETSTAT
        OK
        > LATENCY HISTOGRAM debug
        (empty array)
        > CONFIG SET latency-tracking no
        OK
        > GET a
        (nil)
        > LATENCY HISTOGRAM get
        (empty array)
        > INFO latencystats
        "\x23 Latencystats\r\n"
        > CONFIG SET latency-tracking yes latency-tracking-info-percentiles "0 50.5 100"
        OK
        > CONFIG RESETSTAT
        OK
        > INFO latencystats
        | # Latencystats
        ~ | latency_percentiles_usec_config|resetstat:p0=*,p50.5=*,p100=*
        > CONFIG SET latency-tracking-info-percentiles ""
        OK
        > CONFIG RESETSTAT
        OK
        > INFO latencystats
        | # Latencystats
        | latency_percentiles_usec_config|resetstat:
    "#,
    );
}

#[test]
fn turns_that_are_too_long_are_told_with_what_took_longest() {
    check(
        r#"
        # ours: the stall log is our own
        > DEBUG SLEEP 0.02
        OK
        > LATENCY STALLS
        ...
        ~ *3) "command debug"
        ~ *4) (integer) {19900..900000}
        ...
        > LATENCY STALLS now
        (error) ERR wrong number of arguments for 'latency|stalls' command
    "#,
    );
}
