//! Collections as commands see them: one owned type for each kind of value, small or big, and one borrowed for reading.
//!
//! ```text
//!     Hash    packed block | pages in hash order (store/members)
//!     List    packed block | chain of leaves (store/list)
//!     Set     sorted integers (store/intset) | packed block | pages in hash order (store/members)
//!     SortedSet  packed block | order and index (store/sorted_set)
//! ```
//!
//! Each converts itself where its limits say so (see [`crate::store::object::Limits`]), and knows the name that Redis has for its form.

pub mod bulk;
pub mod hash;
pub mod list;
pub mod set;
pub mod sorted_set;
