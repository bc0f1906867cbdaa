//! Replication and clusters, seen from a server that has neither; modules.

use crate::harness::check;

#[test]
fn a_server_alone_is_a_master() {
    check(
        r#"
        # since 7.2
        > ROLE
        1) "master"
        2) (integer) 0
        3) (empty array)
        > REPLICAOF NO ONE
        OK
        > REPLICAOF no two
        (error) ERR Invalid master port
        > REPLICAOF 127.0.0.1 x
        (error) ERR Invalid master port
        > REPLICAOF 127.0.0.1 99999
        (error) ERR Invalid master port
        > SLAVEOF NO ONE
        OK
        > WAIT 0 0
        (integer) 0
        > WAIT 1 10
        (integer) 0
        > WAIT x 0
        (error) ERR value is not an integer or out of range
        > WAIT 1 -1
        (error) ERR timeout is negative
        > WAIT 1 x
        (error) ERR timeout is not an integer or out of range
        > WAIT -1 0
        (integer) 0
        > WAITAOF 0 0 0
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 0 1 10
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 1 0 0
        (error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.
        > WAITAOF 2 0 0
        (error) ERR value is out of range, value must between 0 and 1
        > WAITAOF 0 -1 1
        (error) ERR value is out of range, must be positive
        > WAITAOF 0 0 -1
        (error) ERR timeout is negative
        > WAITAOF x 0 0
        (error) ERR value is not an integer or out of range
        > FAILOVER
        (error) ERR FAILOVER requires connected replicas.
        > FAILOVER ABORT
        (error) ERR No failover in progress.
        > FAILOVER ABORT x
        (error) ERR syntax error
        > FAILOVER TO a 1
        (error) ERR FAILOVER requires connected replicas.
        > FAILOVER TO a x
        (error) ERR value is not an integer or out of range
        > FAILOVER TIMEOUT x
        (error) ERR value is not an integer or out of range
        > FAILOVER TIMEOUT 0
        (error) ERR FAILOVER timeout must be greater than 0
        > FAILOVER FORCE
        (error) ERR FAILOVER requires connected replicas.
        > FAILOVER TO a 1 FORCE TIMEOUT 10
        (error) ERR FAILOVER requires connected replicas.
        > FAILOVER nosuch
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn replconf_is_for_replicas() {
    check(
        r#"
        # since 8.0
        > REPLCONF
        OK
        > REPLCONF listening-port 1 capa x ip-address 1.1.1.1
        OK
        > REPLCONF listening-port x
        (error) ERR value is not an integer or out of range
        > REPLCONF rdb-only 1
        OK
        > REPLCONF rdb-only 2
        (error) ERR value is out of range, value must between 0 and 1
        > REPLCONF a
        (error) ERR syntax error
        > REPLCONF nosuch x
        (error) ERR Unrecognized REPLCONF option: nosuch
    "#,
    );
}

#[test]
fn there_is_no_cluster() {
    check(
        r#"
        # since 8.2
        > ASKING
        (error) ERR This instance has cluster support disabled
        > READONLY
        (error) ERR This instance has cluster support disabled
        > READWRITE
        (error) ERR This instance has cluster support disabled
        > CLUSTER ADDSLOTS 1
        (error) ERR This instance has cluster support disabled
        > CLUSTER ADDSLOTSRANGE 1 2
        (error) ERR This instance has cluster support disabled
        > CLUSTER BUMPEPOCH
        (error) ERR This instance has cluster support disabled
        > CLUSTER COUNT-FAILURE-REPORTS x
        (error) ERR This instance has cluster support disabled
        > CLUSTER COUNTKEYSINSLOT 1
        (error) ERR This instance has cluster support disabled
        > CLUSTER DELSLOTS 1
        (error) ERR This instance has cluster support disabled
        > CLUSTER DELSLOTSRANGE 1 2
        (error) ERR This instance has cluster support disabled
        > CLUSTER FAILOVER FORCE
        (error) ERR This instance has cluster support disabled
        > CLUSTER FLUSHSLOTS
        (error) ERR This instance has cluster support disabled
        > CLUSTER FORGET x
        (error) ERR This instance has cluster support disabled
        > CLUSTER GETKEYSINSLOT 1 2
        (error) ERR This instance has cluster support disabled
        > CLUSTER HELP
        (error) ERR This instance has cluster support disabled
        > CLUSTER INFO
        (error) ERR This instance has cluster support disabled
        > CLUSTER KEYSLOT k
        (error) ERR This instance has cluster support disabled
        > CLUSTER LINKS
        (error) ERR This instance has cluster support disabled
        > CLUSTER MEET 127.0.0.1 1
        (error) ERR This instance has cluster support disabled
        > CLUSTER MYID
        (error) ERR This instance has cluster support disabled
        > CLUSTER MYSHARDID
        (error) ERR This instance has cluster support disabled
        > CLUSTER NODES
        (error) ERR This instance has cluster support disabled
        > CLUSTER REPLICAS x
        (error) ERR This instance has cluster support disabled
        > CLUSTER REPLICATE x
        (error) ERR This instance has cluster support disabled
        > CLUSTER RESET HARD
        (error) ERR This instance has cluster support disabled
        > CLUSTER SAVECONFIG
        (error) ERR This instance has cluster support disabled
        > CLUSTER SET-CONFIG-EPOCH 1
        (error) ERR This instance has cluster support disabled
        > CLUSTER SETSLOT 1 STABLE
        (error) ERR This instance has cluster support disabled
        > CLUSTER SHARDS
        (error) ERR This instance has cluster support disabled
        > CLUSTER SLAVES x
        (error) ERR This instance has cluster support disabled
        > CLUSTER SLOT-STATS SLOTSRANGE 1 2
        (error) ERR This instance has cluster support disabled
        > CLUSTER SLOTS
        (error) ERR This instance has cluster support disabled
        > CLUSTER NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP.
        > CLUSTER
        (error) ERR wrong number of arguments for 'cluster' command
        > CLUSTER KEYSLOT
        (error) ERR wrong number of arguments for 'cluster|keyslot' command
    "#,
    );
}

#[test]
fn there_are_no_modules() {
    check(
        r#"
        # ours: Redis has one built in, and the words of HELP
        > MODULE LIST
        (empty array)
        > MODULE LOAD /x
        (error) ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        > MODULE HELP
        ~  1) MODULE <subcommand> *
        ...
    "#,
    );
}

#[test]
fn modules_cannot_be_loaded() {
    check(
        r#"
        # since 7.2
        # config --enable-module-command yes
        > MODULE LOAD /x
        (error) ERR Error loading the extension. Please check the server logs.
        > MODULE LOADEX /x CONFIG a b ARGS c
        (error) ERR Error loading the extension. Please check the server logs.
        > MODULE UNLOAD x
        (error) ERR Error unloading module: no such module with that name
        > MODULE NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try MODULE HELP.
    "#,
    );
}
