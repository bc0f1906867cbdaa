//! Sessions of COMMAND.

use crate::harness::check;
