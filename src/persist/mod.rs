//! Files and their threads.
pub mod rdb;
