//! The data structures. They know no client, clock, event or configuration: limits come as plain values.
