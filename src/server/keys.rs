//! Which arguments of a request are keys, and what the command does with each.
//!
//! The row's key specs say it for most commands; some rows bring a function of their own, because it depends on options.
//! COMMAND GETKEYS shows what is found here, and access lists are checked against it.

use crate::resp::Args;
use crate::server::command::{Begin, Command, KEY_FLAGS, KeyFlag, key_flag_bits};

/// The key is read.
pub const READ: u8 = 1;
/// The key is written.
pub const WRITE: u8 = 2;

/// A key among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The argument.
    pub at: usize,
    /// Bits of [`KeyFlag`].
    flags: u32,
}

impl FoundKey {
    /// A key at an argument.
    pub const fn new(at: usize, flags: &[KeyFlag]) -> FoundKey {
        FoundKey { at, flags: key_flag_bits(flags) }
    }

    /// What is done with it: bits of [`READ`] and [`WRITE`].
    pub fn access(&self) -> u8 {
        const WRITES: u32 = key_flag_bits(&[KeyFlag::Insert, KeyFlag::Delete, KeyFlag::Update]);
        let reads = self.flags & key_flag_bits(&[KeyFlag::Access]) != 0;
        (if reads { READ } else { 0 }) | (if self.flags & WRITES != 0 { WRITE } else { 0 })
    }

    /// The flags by name, as COMMAND GETKEYSANDFLAGS shows them.
    pub fn flag_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let flags = self.flags & !key_flag_bits(&[KeyFlag::VariableFlags, KeyFlag::Incomplete]);
        KEY_FLAGS.into_iter().filter(move |&(flag, _)| flags & key_flag_bits(&[flag]) != 0).map(|(_, name)| name)
    }
}

/// A row's own way of finding its keys.
pub type Finder = fn(Args<'_>, &mut Vec<FoundKey>);

/// Appends the keys of a request to `found`; none if the arguments do not fit what the row says.
pub fn find(row: &Command, args: Args, found: &mut Vec<FoundKey>) {
    if let Some(finder) = row.finder {
        return finder(args, found);
    }
    let before = found.len();
    for spec in row.keys.iter().filter(|spec| !spec.has(KeyFlag::NotKey)) {
        match spec.indices(args) {
            Some(indices) => found.extend(indices.map(|at| FoundKey { at, flags: spec.flags() })),
            // Nobody can say where they are without running the command: what the other specs find must do.
            None if spec.begin == Begin::Unknown => {}
            None => return found.truncate(before),
        }
    }
}

/// Whether a row has keys at all.
pub fn has_keys(row: &Command) -> bool {
    row.keys.iter().any(|spec| !spec.has(KeyFlag::NotKey))
}
