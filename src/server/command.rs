//! What a command is: one const row beside its handler, and the table that finds it by name.
//!
//! A row is a `const fn` chain, so a typo does not compile and an editor jumps from row to handler. What changes while
//! the server runs (calls, microseconds, refusals) lives in [`Table`], indexed by [`CommandId`]; rows stay `static`.
//!
//! ```text
//! Family { group, commands } --+-- Command "get"      -> CommandId 0, "get"
//!                              +-- Command "config"   -> CommandId 1, "config"
//!                                    +-- "get"        -> CommandId 2, "config|get"
//! ```

use crate::resp::{Args, Cursor};
use crate::server::histogram::Histogram;
use crate::server::keys::Finder;
use crate::server::{Ctx, Done};

/// The function behind a command.
pub type Handler = fn(&mut Ctx<'_>, Args<'_>) -> Done;

/// Whether the argument at an index is a secret (a password, or whose it is).
pub type Secrets = fn(Args<'_>, usize) -> bool;

/// What the dispatcher, ACL and COMMAND need to know of a command. The order is that in which COMMAND lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)] // the names are those of COMMAND's documentation
pub enum Flag {
    Pubsub,
    ReadOnly,
    Write,
    DenyOom,
    Admin,
    Asking,
    Blocking,
    NoScript,
    Loading,
    Stale,
    Fast,
    NoAsyncLoading,
    NoAuth,
    NoMulti,
    AllowBusy,
    SkipMonitor,
    NoMandatoryKeys,
    MovableKeys,
    SkipSlowlog,
    /// Served before authentication, though Redis refuses it then: not shown by COMMAND.
    OpenBeforeAuth,
    /// Refused unless `enable-debug-command` allows it: not shown by COMMAND.
    Protected,
    /// Its effects may be passed on though it writes no key: put off by a pause of writes, refused to monitors. Not shown by COMMAND.
    MayReplicate,
    /// Runs at once inside MULTI instead of being queued: not shown by COMMAND.
    NotQueued,
    /// Served also to a client that has subscribed and speaks RESP2: not shown by COMMAND.
    WhenSubscribed,
    /// A refusal ends the transaction, and says so: not shown by COMMAND.
    RefusalAborts,
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    const fn of(list: &[Flag]) -> Flags {
        let (mut bits, mut i) = (0, 0);
        while i < list.len() {
            bits |= 1 << list[i] as u32;
            i += 1;
        }
        Flags(bits)
    }

    /// Whether the flag is in the set.
    #[inline]
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    /// What is in either set.
    pub const fn or(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// The flags that COMMAND shows, by their names there.
    pub fn shown(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [(Flag, &str); 19] = [
            (Flag::Pubsub, "pubsub"),
            (Flag::ReadOnly, "readonly"),
            (Flag::Write, "write"),
            (Flag::DenyOom, "denyoom"),
            (Flag::Admin, "admin"),
            (Flag::Asking, "asking"),
            (Flag::Blocking, "blocking"),
            (Flag::NoScript, "noscript"),
            (Flag::Loading, "loading"),
            (Flag::Stale, "stale"),
            (Flag::Fast, "fast"),
            (Flag::NoAsyncLoading, "no_async_loading"),
            (Flag::NoAuth, "no_auth"),
            (Flag::NoMulti, "no_multi"),
            (Flag::AllowBusy, "allow_busy"),
            (Flag::SkipMonitor, "skip_monitor"),
            (Flag::NoMandatoryKeys, "no_mandatory_keys"),
            (Flag::MovableKeys, "movablekeys"),
            (Flag::SkipSlowlog, "skip_slowlog"),
        ];
        NAMES.into_iter().filter(move |&(flag, _)| self.has(flag)).map(|(_, name)| name)
    }
}

/// The group of COMMAND DOCS that a family of commands belongs to, and with it an ACL category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Group {
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Pubsub,
    Transactions,
    Connection,
    Server,
    Scripting,
    HyperLogLog,
    Cluster,
    Geo,
    Stream,
    Bitmap,
}

impl Group {
    /// The name in COMMAND DOCS.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Hash => "hash",
            Group::Pubsub => "pubsub",
            Group::Transactions => "transactions",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Scripting => "scripting",
            Group::HyperLogLog => "hyperloglog",
            Group::Cluster => "cluster",
            Group::Geo => "geo",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
        }
    }

    /// The ACL category that membership brings, if it brings one.
    pub const fn category(self) -> Option<Category> {
        Some(match self {
            Group::Generic => Category::Keyspace,
            Group::String => Category::String,
            Group::List => Category::List,
            Group::Set => Category::Set,
            Group::SortedSet => Category::SortedSet,
            Group::Hash => Category::Hash,
            Group::Transactions => Category::Transaction,
            Group::Connection => Category::Connection,
            Group::Scripting => Category::Scripting,
            Group::HyperLogLog => Category::HyperLogLog,
            Group::Geo => Category::Geo,
            Group::Stream => Category::Stream,
            Group::Bitmap => Category::Bitmap,
            Group::Pubsub | Group::Server | Group::Cluster => return None,
        })
    }
}

/// An ACL category. The order is that in which COMMAND lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Category {
    Keyspace,
    Read,
    Write,
    Set,
    SortedSet,
    List,
    Hash,
    String,
    Bitmap,
    HyperLogLog,
    Geo,
    Stream,
    Pubsub,
    Admin,
    Fast,
    Slow,
    Blocking,
    Dangerous,
    Connection,
    Transaction,
    Scripting,
}

/// All categories with their names, in the order of COMMAND and ACL CAT.
pub const CATEGORIES: [(Category, &str); 21] = [
    (Category::Keyspace, "keyspace"),
    (Category::Read, "read"),
    (Category::Write, "write"),
    (Category::Set, "set"),
    (Category::SortedSet, "sortedset"),
    (Category::List, "list"),
    (Category::Hash, "hash"),
    (Category::String, "string"),
    (Category::Bitmap, "bitmap"),
    (Category::HyperLogLog, "hyperloglog"),
    (Category::Geo, "geo"),
    (Category::Stream, "stream"),
    (Category::Pubsub, "pubsub"),
    (Category::Admin, "admin"),
    (Category::Fast, "fast"),
    (Category::Slow, "slow"),
    (Category::Blocking, "blocking"),
    (Category::Dangerous, "dangerous"),
    (Category::Connection, "connection"),
    (Category::Transaction, "transaction"),
    (Category::Scripting, "scripting"),
];

/// What a command does with the keys of a key spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum KeyFlag {
    ReadOnly,
    ReadWrite,
    Overwrite,
    Remove,
    Access,
    Update,
    Insert,
    Delete,
    NotKey,
    Incomplete,
    VariableFlags,
}

/// The names of the key flags in COMMAND, in its order.
pub const KEY_FLAGS: [(KeyFlag, &str); 11] = [
    (KeyFlag::ReadOnly, "RO"),
    (KeyFlag::ReadWrite, "RW"),
    (KeyFlag::Overwrite, "OW"),
    (KeyFlag::Remove, "RM"),
    (KeyFlag::Access, "access"),
    (KeyFlag::Update, "update"),
    (KeyFlag::Insert, "insert"),
    (KeyFlag::Delete, "delete"),
    (KeyFlag::NotKey, "not_key"),
    (KeyFlag::Incomplete, "incomplete"),
    (KeyFlag::VariableFlags, "variable_flags"),
];

/// Key flags as bits.
pub const fn key_flag_bits(list: &[KeyFlag]) -> u32 {
    let (mut bits, mut i) = (0, 0);
    while i < list.len() {
        bits |= 1 << list[i] as u32;
        i += 1;
    }
    bits
}

/// Which arguments are names of channels, or patterns of such names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// The first.
    first: u8,
    /// The last, or from the end of the arguments if negative.
    last: i8,
    /// Whether they are patterns.
    pub are_patterns: bool,
}

impl Channels {
    /// Their indices in a request of `argc` arguments.
    pub fn indices(self, argc: usize) -> std::ops::RangeInclusive<usize> {
        let last =
            if self.last < 0 { argc.saturating_sub(self.last.unsigned_abs().into()) } else { self.last as usize };
        usize::from(self.first)..=last.min(argc.saturating_sub(1))
    }
}

/// Where a key spec begins to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At the argument of this index.
    Index(i32),
    /// After this word, searched from an index (from the end if it is negative).
    Keyword(&'static str, i32),
    /// Nobody can say without running the command.
    Unknown,
}

/// How many keys follow from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Up to `last` (relative to the beginning; negative: from the end of the arguments), every `step`-th;
    /// `limit` above one: only the first 1/limit of what is left.
    Range {
        /// The last key, relative to the beginning, or from the end if negative.
        last: i32,
        /// How far one key is from the next.
        step: i32,
        /// Above one: only this fraction of the arguments that are left.
        limit: i32,
    },
    /// As many as an argument says.
    KeyCount {
        /// Where the count stands, relative to the beginning.
        count: i32,
        /// Where the first key stands, relative to the beginning.
        first: i32,
        /// How far one key is from the next.
        step: i32,
    },
    /// Nobody can say without running the command.
    Unknown,
}

/// Where some of a command's keys stand, and what happens to them.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Where to begin.
    pub begin: Begin,
    /// How to go on.
    pub find: Find,
    /// Bits of [`KeyFlag`].
    flags: u32,
}

impl KeySpec {
    const fn new(begin: Begin, find: Find, list: &[KeyFlag]) -> KeySpec {
        KeySpec { begin, find, flags: key_flag_bits(list) }
    }

    /// Its flags: bits of [`KeyFlag`].
    pub const fn flags(&self) -> u32 {
        self.flags
    }

    /// One key, at an index.
    pub const fn at(index: i32, flags: &[KeyFlag]) -> KeySpec {
        KeySpec::range(index, 0, 1, flags)
    }

    /// Keys from an index to `last` (relative; negative: from the end), every `step`-th.
    pub const fn range(index: i32, last: i32, step: i32, flags: &[KeyFlag]) -> KeySpec {
        KeySpec::new(Begin::Index(index), Find::Range { last, step, limit: 0 }, flags)
    }

    /// A key count at an index, and the keys behind it.
    pub const fn counted(index: i32, flags: &[KeyFlag]) -> KeySpec {
        KeySpec::new(Begin::Index(index), Find::KeyCount { count: 0, first: 1, step: 1 }, flags)
    }

    /// The same with other arguments between the keys: every `step`-th is one.
    pub const fn every(mut self, step: i32) -> KeySpec {
        if let Find::KeyCount { count, first, .. } = self.find {
            self.find = Find::KeyCount { count, first, step };
        }
        self
    }

    /// Keys after a word: see [`Find::Range`].
    pub const fn after(word: &'static str, from: i32, last: i32, limit: i32, flags: &[KeyFlag]) -> KeySpec {
        KeySpec::new(Begin::Keyword(word, from), Find::Range { last, step: 1, limit }, flags)
    }

    /// Keys that only the command itself can tell.
    pub const fn unknown(flags: &[KeyFlag]) -> KeySpec {
        KeySpec::new(Begin::Unknown, Find::Unknown, flags)
    }

    /// Whether the spec has the flag.
    pub const fn has(&self, flag: KeyFlag) -> bool {
        self.flags & (1 << flag as u32) != 0
    }

    /// The flags by name, as COMMAND shows them.
    pub fn flag_names(&self) -> impl Iterator<Item = &'static str> {
        let flags = self.flags;
        KEY_FLAGS.into_iter().filter(move |&(flag, _)| flags & (1 << flag as u32) != 0).map(|(_, name)| name)
    }

    /// The indices of the keys among `args`; `None` if the arguments do not fit the spec.
    pub fn indices(&self, args: Args) -> Option<impl Iterator<Item = usize>> {
        let argc = args.len() as i32; // requests have fewer than 2^31 arguments
        let start = match self.begin {
            Begin::Index(index) => index,
            Begin::Keyword(word, from) => {
                let matches = |i: &i32| args.get(*i as usize).eq_ignore_ascii_case(word.as_bytes());
                let found = if from > 0 { (from..argc).find(matches) } else { (1..=argc + from).rev().find(matches) };
                match found {
                    Some(at) => at + 1,
                    None => return Some((0..0).step_by(1)),
                }
            }
            Begin::Unknown => return None,
        };
        let (first, last, step) = match self.find {
            Find::Range { last, step, limit } => {
                let last = match (last >= 0, limit > 1) {
                    (true, _) => start + last,
                    (false, false) => argc + last,
                    (false, true) => start + (argc - start) / limit - 1,
                };
                (start, last, step)
            }
            Find::KeyCount { count, first, step } => {
                let at = usize::try_from(start + count).ok().filter(|&at| at < args.len())?;
                let n = crate::base::number::parse_i64(args.get(at))?;
                let n = i32::try_from(n).ok().filter(|&n| n >= 0)?;
                (start + first, (start + first).checked_add(n.checked_mul(step)?)? - 1, step)
            }
            Find::Unknown => return None,
        };
        if first < 1 || last >= argc {
            return None;
        }
        Some((first as usize..(last + 1).max(first) as usize).step_by(step.max(1) as usize))
    }
}

/// A row: everything about a command that never changes.
#[derive(Clone, Copy)]
pub struct Command {
    /// In lower case; a subcommand's own word only.
    pub name: &'static str,
    /// `None` for a container: its subcommands have handlers.
    pub handler: Option<Handler>,
    /// As COMMAND gives it: exact if positive, at least that many if negative; the name counts.
    pub arity: i32,
    /// What it is allowed and known to do.
    pub flags: Flags,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// How it finds them itself, if options decide.
    pub finder: Option<Finder>,
    /// Where the channels are that it publishes to or subscribes to.
    pub channels: Option<Channels>,
    /// Which arguments are secrets, to be left out of logs.
    pub secrets: Option<Secrets>,
    /// Its arguments in one line: see `server::syntax`.
    pub syntax: &'static str,
    /// What it does, in our words.
    pub summary: &'static str,
    /// In big-O notation.
    pub complexity: &'static str,
    /// The version of Redis that brought it.
    pub since: &'static str,
    /// What changed later: version and our words.
    pub history: &'static [(&'static str, &'static str)],
    /// Hints for clients and proxies, as COMMAND gives them.
    pub tips: &'static [&'static str],
    /// ACL categories beside those that follow from flags and group.
    pub categories: &'static [Category],
    /// Since when it is deprecated, and what to use instead.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// The argument that names a member or field of the collection at the first argument; zero: none does.
    pub member: u8,
    /// The argument that is the score which that member of a sorted set gets; zero: none is.
    pub score: u8,
    /// Whether COMMAND DOCS marks it as a system command.
    pub system: bool,
    /// Whether the group's ACL category is left out.
    pub no_group_category: bool,
    /// The rows below a container.
    pub subcommands: &'static [Command],
    /// A group other than the family's (HELP of a container in another family).
    pub group: Option<Group>,
}

impl Command {
    /// A row with a handler, no arguments and no flags yet.
    pub const fn new(name: &'static str, handler: Handler) -> Command {
        Command {
            name,
            handler: Some(handler),
            arity: 1,
            flags: Flags(0),
            keys: &[],
            finder: None,
            channels: None,
            secrets: None,
            syntax: "",
            summary: "",
            complexity: "",
            since: "",
            history: &[],
            tips: &[],
            categories: &[],
            deprecated: None,
            member: 0,
            score: 0,
            system: false,
            no_group_category: false,
            subcommands: &[],
            group: None,
        }
    }

    /// A row whose second word chooses among `subcommands`.
    pub const fn container(name: &'static str, subcommands: &'static [Command]) -> Command {
        let nothing: Handler = |_, _| Err(crate::server::Error::Syntax);
        Command {
            handler: None,
            subcommands,
            ..Command::new(name, nothing).arity(-2).complexity("Depends on subcommand.")
        }
    }

    /// A container that also does something by itself when it stands alone.
    pub const fn with_subcommands(mut self, subcommands: &'static [Command]) -> Command {
        self.subcommands = subcommands;
        self
    }

    /// Sets the arity: exact if positive, a minimum if negative; the name counts.
    pub const fn arity(mut self, arity: i32) -> Command {
        self.arity = arity;
        self
    }

    /// Sets the flags.
    pub const fn flags(mut self, list: &[Flag]) -> Command {
        self.flags = Flags::of(list);
        self
    }

    /// Whether an argument is not to be shown to anybody.
    pub fn is_secret(&self, args: Args, at: usize) -> bool {
        self.secrets.is_some_and(|secrets| secrets(args, at))
    }

    /// Sets the key specs.
    pub const fn keys(mut self, keys: &'static [KeySpec]) -> Command {
        self.keys = keys;
        self
    }

    /// Sets how it finds its keys itself.
    pub const fn finder(mut self, finder: Finder) -> Command {
        self.finder = Some(finder);
        self
    }

    /// Names of channels stand from `first` to `last` (negative: from the end).
    pub const fn channels(mut self, first: u8, last: i8) -> Command {
        self.channels = Some(Channels { first, last, are_patterns: false });
        self
    }

    /// Patterns of channels stand from `first` to `last` (negative: from the end).
    pub const fn channel_patterns(mut self, first: u8, last: i8) -> Command {
        self.channels = Some(Channels { first, last, are_patterns: true });
        self
    }

    /// Sets which arguments no log may show.
    pub const fn secrets(mut self, secrets: Secrets) -> Command {
        self.secrets = Some(secrets);
        self
    }

    /// Sets the line of arguments.
    pub const fn syntax(mut self, syntax: &'static str) -> Command {
        self.syntax = syntax;
        self
    }

    /// Sets the summary.
    pub const fn docs(mut self, summary: &'static str) -> Command {
        self.summary = summary;
        self
    }

    /// Sets the complexity.
    pub const fn complexity(mut self, complexity: &'static str) -> Command {
        self.complexity = complexity;
        self
    }

    /// Sets the version of Redis that brought it.
    pub const fn since(mut self, since: &'static str) -> Command {
        self.since = since;
        self
    }

    /// Sets what changed later.
    pub const fn history(mut self, history: &'static [(&'static str, &'static str)]) -> Command {
        self.history = history;
        self
    }

    /// Sets the tips.
    pub const fn tips(mut self, tips: &'static [&'static str]) -> Command {
        self.tips = tips;
        self
    }

    /// Adds ACL categories that do not follow from flags and group.
    pub const fn categories(mut self, categories: &'static [Category]) -> Command {
        self.categories = categories;
        self
    }

    /// Marks it as deprecated since a version, in favour of something.
    pub const fn deprecated(mut self, since: &'static str, instead: &'static str) -> Command {
        self.deprecated = Some((since, instead));
        self
    }

    /// The index of the argument that names a member or field of the collection at the first argument: what prefetching goes by.
    pub const fn member(mut self, at: u8) -> Command {
        self.member = at;
        self
    }

    /// The index of the argument that is the member's new score: the same.
    pub const fn score(mut self, at: u8) -> Command {
        self.score = at;
        self
    }

    /// Marks it as a system command.
    pub const fn system(mut self) -> Command {
        self.system = true;
        self
    }

    /// Leaves the group's own ACL category out.
    pub const fn no_group_category(mut self) -> Command {
        self.no_group_category = true;
        self
    }

    /// Puts the row into another group than its family's.
    pub const fn group(mut self, group: Group) -> Command {
        self.group = Some(group);
        self
    }

    /// Whether a request of `argc` arguments has the right length.
    #[inline]
    pub const fn accepts(&self, argc: usize) -> bool {
        if self.arity >= 0 { argc == self.arity as usize } else { argc >= self.arity.unsigned_abs() as usize }
    }
}

/// Commands that stand together in one file.
#[derive(Clone, Copy)]
pub struct Family {
    /// Their group.
    pub group: Group,
    /// Their rows.
    pub commands: &'static [Command],
}

/// The place of a command in the [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandId(pub u16);

impl CommandId {
    /// Stands for a name that no command has.
    pub const NONE: CommandId = CommandId(u16::MAX);
}

/// What the server counts about a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandStats {
    /// How often it ran.
    pub calls: u64,
    /// For how long, in ticks of the server's stopwatch.
    pub ticks: u64,
    /// How often it was refused before it ran.
    pub rejected: u64,
    /// How often it ran and answered an error.
    pub failed: u64,
}

/// A row with what follows from its place in a family.
pub struct Registered {
    /// The row.
    pub row: &'static Command,
    /// The name in full: `config|get` for a subcommand.
    pub full_name: String,
    /// What it is called by clients, in lower case; empty if it was taken away (`rename-command`).
    called: Box<str>,
    /// Bits of [`Category`].
    categories: u32,
    /// The group.
    pub group: Group,
    /// The container it belongs to.
    pub parent: Option<CommandId>,
    /// The subcommands, in the order of their rows.
    pub children: Vec<CommandId>,
    /// First key, last key, step of the first key spec that is a plain range: what COMMAND shows and prefetching uses.
    pub range: (i32, i32, i32),
    /// Whether it may be run without a closer look: it is no container, and everybody may run it.
    pub is_plain: bool,
}

impl Registered {
    /// Whether the command is in an ACL category.
    pub fn is_in(&self, category: Category) -> bool {
        self.categories & (1 << category as u32) != 0
    }

    /// Its ACL categories by name.
    pub fn category_names(&self) -> impl Iterator<Item = &'static str> {
        let bits = self.categories;
        CATEGORIES.into_iter().filter(move |&(c, _)| bits & (1 << c as u32) != 0).map(|(_, name)| name)
    }
}

/// All commands, found by name without allocation.
pub struct Table {
    registered: Vec<Registered>,
    /// Counted per command; parallel to `registered`.
    pub stats: Vec<CommandStats>,
    /// How long their calls took, made at the first call; parallel to `registered`.
    histograms: Vec<Option<Histogram>>,
    /// Open addressing over lower-cased names of commands (not subcommands); a power of two of slots.
    slots: Vec<CommandId>,
}

/// The longest name that can be found; longer ones are unknown without looking.
const NAME_MAX: usize = 32;

fn name_hash(lower: &[u8]) -> usize {
    let mut h = lower.len() as u64;
    for &byte in lower {
        h = (h ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        h ^= h >> 29;
    }
    h as usize
}

impl Table {
    /// Builds the table. Panics if two commands share a name: a mistake in the program.
    pub fn new(families: &[Family]) -> Table {
        let mut table = Table {
            registered: Vec::new(),
            stats: Vec::new(),
            histograms: Vec::new(),
            slots: vec![CommandId::NONE; 1024],
        };
        for family in families {
            for row in family.commands {
                table.register(row, family.group, None);
            }
        }
        table.fill_slots();
        assert!(table.registered.len() < table.slots.len() / 2, "the name table is too full");
        table.stats = vec![CommandStats::default(); table.registered.len()];
        table.histograms = vec![None; table.registered.len()];
        table
    }

    /// Puts the names of all commands where [`Table::find`] looks for them.
    fn fill_slots(&mut self) {
        self.slots.fill(CommandId::NONE);
        for id in self.ids() {
            let name = &self.get(id).called;
            if self.get(id).parent.is_some() || name.is_empty() {
                continue;
            }
            let mut slot = name_hash(name.as_bytes()) & (self.slots.len() - 1);
            while self.slots[slot] != CommandId::NONE {
                assert!(self.get(self.slots[slot]).called != *name, "two commands named {name}");
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = id;
        }
    }

    /// Gives a command another name, or none. What tells of it (statistics, COMMAND) keeps its own name.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), &'static str> {
        let id = self.find(from).ok_or("No such command in rename-command")?;
        let to = String::from_utf8_lossy(to).to_ascii_lowercase();
        if to.len() > NAME_MAX {
            return Err("The name is too long");
        }
        let is_taken = self.find(to.as_bytes()).is_some_and(|other| other != id);
        if is_taken {
            return Err("Target command name already exists");
        }
        self.registered[id.0 as usize].called = to.into();
        self.fill_slots();
        Ok(())
    }

    /// Whether a command was taken away, with its container if it has one.
    pub fn is_gone(&self, id: CommandId) -> bool {
        let command = self.get(id);
        self.get(command.parent.unwrap_or(id)).called.is_empty()
    }

    /// The command or subcommand of its own name, whatever it is called now.
    pub fn find_own(&self, name: &[u8]) -> Option<CommandId> {
        let is_it = |id: &CommandId| self.get(*id).full_name.as_bytes().eq_ignore_ascii_case(name);
        // Nearly always it is still called so.
        self.find_full(name).filter(is_it).or_else(|| self.ids().find(is_it))
    }

    fn register(&mut self, row: &'static Command, group: Group, parent: Option<CommandId>) -> CommandId {
        let id = CommandId(self.registered.len() as u16); // asserted in `new`: far fewer than 65,535
        assert!(row.name.len() <= NAME_MAX && row.name.bytes().all(|b| !b.is_ascii_uppercase()), "{}", row.name);
        let full_name = match parent {
            Some(parent) => format!("{}|{}", self.get(parent).row.name, row.name),
            None => row.name.to_string(),
        };
        let group = row.group.unwrap_or(group);
        self.registered.push(Registered {
            row,
            full_name,
            called: row.name.into(),
            categories: categories_of(row, group, parent.is_some()),
            group,
            parent,
            children: Vec::new(),
            range: range_of(row),
            is_plain: row.handler.is_some() && row.subcommands.is_empty() && !row.flags.has(Flag::Protected),
        });
        for child in row.subcommands {
            assert!(
                row.subcommands.iter().filter(|c| c.name == child.name).count() == 1,
                "{} {}",
                row.name,
                child.name
            );
            let child = self.register(child, group, Some(id));
            self.registered[id.0 as usize].children.push(child);
        }
        id
    }

    /// The command of an id.
    #[inline]
    pub fn get(&self, id: CommandId) -> &Registered {
        &self.registered[id.0 as usize]
    }

    /// How many commands and subcommands there are.
    pub fn len(&self) -> usize {
        self.registered.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.registered.is_empty()
    }

    /// All ids, containers before their subcommands.
    pub fn ids(&self) -> impl Iterator<Item = CommandId> + use<> {
        (0..self.registered.len() as u16).map(CommandId)
    }

    /// The command (not subcommand) of a name in any case.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<CommandId> {
        let mut lower = [0; NAME_MAX];
        let lower = lower.get_mut(..name.len())?;
        for (to, from) in lower.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        let mut slot = name_hash(lower) & (self.slots.len() - 1);
        loop {
            match self.slots[slot] {
                CommandId::NONE => return None,
                id if self.get(id).called.as_bytes() == lower => return Some(id),
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// The subcommand of a container by name in any case.
    pub fn find_child(&self, parent: CommandId, name: &[u8]) -> Option<CommandId> {
        let is = |id: &&CommandId| self.get(**id).row.name.as_bytes().eq_ignore_ascii_case(name);
        self.get(parent).children.iter().find(is).copied()
    }

    /// The command or subcommand of a name like `get` or `config|get`.
    pub fn find_full(&self, name: &[u8]) -> Option<CommandId> {
        match name.iter().position(|&b| b == b'|') {
            Some(bar) => self.find_child(self.find(&name[..bar])?, &name[bar + 1..]),
            None => self.find(name),
        }
    }

    /// Forgets what was counted.
    pub fn reset_stats(&mut self) {
        self.stats.fill(CommandStats::default());
        self.histograms.fill(None);
    }

    /// How long the calls of a command took, if there were any.
    pub fn histogram(&self, id: CommandId) -> Option<&Histogram> {
        self.histograms[id.0 as usize].as_ref()
    }

    /// Adds a call that took so many nanoseconds.
    #[inline]
    pub(super) fn add_to_histogram(&mut self, id: CommandId, ns: u64) {
        match &mut self.histograms[id.0 as usize] {
            Some(histogram) => histogram.add(ns),
            empty => empty.insert(Histogram::default()).add(ns),
        }
    }
}

/// The categories that follow from flags and group, with those written in the row.
fn categories_of(row: &Command, group: Group, is_child: bool) -> u32 {
    let mut bits = 0;
    let mut add = |category: Category| bits |= 1 << category as u32;
    // A container has no effects of its own, so only its speed is told.
    let is_container = row.handler.is_none() && !is_child;
    if !is_container
        && !row.no_group_category
        && let Some(category) = group.category()
    {
        add(category);
    }
    for &category in row.categories {
        add(category);
    }
    if row.flags.has(Flag::Write) {
        add(Category::Write);
    }
    // Reading needs a key: commands that only look at the server are not @read.
    if row.flags.has(Flag::ReadOnly) && group != Group::Scripting {
        add(Category::Read);
    }
    if row.flags.has(Flag::Admin) {
        add(Category::Admin);
        add(Category::Dangerous);
    }
    if row.flags.has(Flag::Pubsub) {
        add(Category::Pubsub);
    }
    if row.flags.has(Flag::Blocking) {
        add(Category::Blocking);
    }
    add(if row.flags.has(Flag::Fast) { Category::Fast } else { Category::Slow });
    bits
}

/// First key, last key and step as COMMAND shows them: zeros unless the keys are a range from an index.
fn range_of(row: &Command) -> (i32, i32, i32) {
    let Some(KeySpec { begin: Begin::Index(first), find: Find::Range { last, step, .. }, .. }) = row.keys.first()
    else {
        return (0, 0, 0);
    };
    let last = if *last >= 0 { first + last } else { *last };
    // Several specs that continue each other (source and destination) show as one range.
    let end = row.keys[1..].iter().fold(last, |end, spec| match (spec.begin, spec.find) {
        (Begin::Index(at), Find::Range { last, .. }) if at == end + 1 => {
            if last >= 0 {
                at + last
            } else {
                last
            }
        }
        _ => end,
    });
    (*first, end, *step)
}

/// The options that are left of a request, with the error that Redis gives when one is missing its value.
pub trait Options<'a> {
    /// The next argument, or a syntax error.
    fn need(&mut self) -> Result<&'a [u8], crate::server::Error>;
}

impl<'a> Options<'a> for Cursor<'a> {
    fn need(&mut self) -> Result<&'a [u8], crate::server::Error> {
        self.value().ok_or(crate::server::Error::Syntax)
    }
}
