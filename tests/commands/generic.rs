//! Sessions of the commands for keys of any type.
