//! The program: arguments, configuration, server, event loop.

fn main() {}
