//! The arguments of a command, from the one line in its row to the tree that COMMAND DOCS shows.
//!
//! ```text
//! key value [<condition: NX | XX>]@2.6.12 [GET]@6.2.0 [<expiration: EX seconds | KEEPTTL@6.0.0>]
//! ```
//!
//! | notation | means |
//! |---|---|
//! | `seconds` | an argument; its type follows from its name: see [`Kind::of_name`] |
//! | `min:num` | an argument of another type: `str`, `int`, `num`, `key`, `pattern`, `time` |
//! | `addr=ip:port` | shown to people by another name |
//! | `key2#0` | found by this key spec; without it each key has the spec after the last one |
//! | `GET` | a token (capitals, digits, dashes) that stands for itself; its name is the same in small letters |
//! | `equal:'='` | a token whose name or spelling is another |
//! | `EX seconds` | a token before an argument, a choice or a block belongs to it |
//! | `<name: a \| b>` | one of several |
//! | `(name: a b)` | a block: all of them, in this order |
//! | `[a]` | optional |
//! | `a ...` | one or more; `[a ...]` none or more, the token only once; `[TOKEN a]...` the token each time |
//! | `a@6.2.0` | since; `a@-7.0.0` deprecated since; both: `a@2.0.0-7.0.0` |
//!
//! A line that breaks these rules is a mistake in the program: [`parse`] panics, and a test reads every row.

use std::borrow::Cow;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of COMMAND DOCS
pub enum Kind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl Kind {
    /// The name in COMMAND DOCS.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Key => "key",
            Kind::Pattern => "pattern",
            Kind::UnixTime => "unix-time",
            Kind::PureToken => "pure-token",
            Kind::OneOf => "oneof",
            Kind::Block => "block",
        }
    }

    /// The type of an argument of which a line tells only the name: what most arguments of that name are.
    pub fn of_name(name: &str) -> Kind {
        match name {
            "destination" | "destkey" | "dst" | "key" | "key1" | "key2" | "keys" | "newkey" | "source"
            | "sourcekey" | "src" | "storedistkey" | "storekey" => Kind::Key,
            "bit" | "bits" | "client-id" | "cluster-bus-port" | "config-epoch" | "count" | "cursor" | "db"
            | "decrement" | "destination-db" | "end" | "end-slot" | "entries-added" | "entriesread" | "frequency"
            | "increment" | "index" | "index1" | "index2" | "len" | "limit" | "maxage" | "milliseconds"
            | "min-match-len" | "ms" | "num-matches" | "numfields" | "numids" | "numkeys" | "numlocal"
            | "numreplicas" | "offset" | "port" | "protover" | "rank" | "seconds" | "slot" | "start" | "start-slot"
            | "stop" | "ttl" | "version" | "weight" => Kind::Integer,
            "height" | "latitude" | "longitude" | "radius" | "score" | "timeout" | "width" => Kind::Double,
            "by-pattern" | "get-pattern" | "pattern" => Kind::Pattern,
            "unix-time-milliseconds" | "unix-time-seconds" => Kind::UnixTime,
            _ => Kind::String,
        }
    }
}

/// An argument, or several: what stands at one place of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<'a> {
    /// The name; a token's own one is the token in small letters.
    pub name: Cow<'a, str>,
    /// What it is.
    pub kind: Kind,
    /// How it is shown to people; `None` for what only holds others.
    pub display: Option<Cow<'a, str>>,
    /// Which key spec finds it, if it is a key.
    pub key_spec: Option<usize>,
    /// The word before it, or the word that it is.
    pub token: Option<&'a str>,
    /// The version that brought it, if that is not the command's own.
    pub since: Option<&'a str>,
    /// The version that gave it up.
    pub deprecated: Option<&'a str>,
    /// Whether it may be left out.
    pub is_optional: bool,
    /// Whether it may be repeated.
    pub is_multiple: bool,
    /// Whether the token is repeated with it.
    pub is_token_repeated: bool,
    /// What it is made of.
    pub arguments: Vec<Argument<'a>>,
}

impl Argument<'_> {
    /// How many arguments it takes at least.
    pub fn len_min(&self) -> usize {
        if self.is_optional {
            return 0;
        }
        let inner = match self.kind {
            Kind::PureToken => 0,
            Kind::OneOf => self.arguments.iter().map(Argument::len_min).min().unwrap_or(0),
            Kind::Block => len_min(&self.arguments),
            _ => 1,
        };
        inner + usize::from(self.token.is_some())
    }
}

/// How many arguments a command takes at least, its name not counted.
pub fn len_min(arguments: &[Argument]) -> usize {
    arguments.iter().map(Argument::len_min).sum()
}

/// Reads a line.
pub fn parse(line: &str) -> Vec<Argument<'_>> {
    let mut parser = Parser { line, at: 0, keys: 0 };
    let arguments = parser.sequence();
    assert!(parser.at == line.len(), "unexpected {:?} in the syntax line {line:?}", &line[parser.at..]);
    arguments
}

/// Stands somewhere in a line.
struct Parser<'a> {
    line: &'a str,
    at: usize,
    /// How many keys came before: the key spec of the next one.
    keys: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.line.len() - self.rest().trim_start().len();
    }

    /// Moves over `text` if it is next.
    fn takes(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        if is_next {
            self.at += text.len();
        }
        is_next
    }

    fn need(&mut self, text: &str) {
        assert!(self.takes(text), "{text:?} is missing before {:?} in the syntax line {:?}", self.rest(), self.line);
    }

    /// Everything up to a character that `ends`.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(ends).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// Items up to a closing bracket or the end.
    fn sequence(&mut self) -> Vec<Argument<'a>> {
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.rest().is_empty() || self.rest().starts_with([')', ']', '>', '|']) {
                return items;
            }
            items.push(self.item());
        }
    }

    /// One item with everything that may follow it.
    fn item(&mut self) -> Argument<'a> {
        self.blanks();
        let mut argument = if self.takes("[") {
            let mut inner = self.item();
            inner.is_optional = true;
            self.need("]");
            if self.takes("...") {
                inner.is_multiple = true;
                inner.is_token_repeated = true;
            }
            inner
        } else {
            self.bare()
        };
        if self.takes("@") {
            let versions = self.until(|c| !(c.is_ascii_digit() || ".-".contains(c)));
            let (since, deprecated) = versions.split_once('-').unwrap_or((versions, ""));
            argument.since = Some(since).filter(|version| !version.is_empty());
            argument.deprecated = Some(deprecated).filter(|version| !version.is_empty());
        }
        let before = self.at;
        self.blanks();
        if self.takes("...") {
            argument.is_multiple = true;
        } else {
            self.at = before;
        }
        argument
    }

    /// An item without brackets around it: a token, an argument, or several.
    fn bare(&mut self) -> Argument<'a> {
        if self.takes("<") {
            let mut choice = Argument::new(self.until(|c| c == ':').into(), Kind::OneOf);
            self.need(":");
            loop {
                choice.arguments.push(self.item());
                self.blanks();
                if !self.takes("|") {
                    break;
                }
            }
            self.need(">");
            return choice;
        }
        if self.takes("(") {
            let mut block = Argument::new(self.until(|c| c == ':').into(), Kind::Block);
            self.need(":");
            block.arguments = self.sequence();
            self.need(")");
            return block;
        }
        if self.rest().starts_with(|c: char| c.is_ascii_lowercase()) {
            return self.named();
        }
        let token = self.until(|c| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
        assert!(!token.is_empty(), "no item at {:?} in the syntax line {:?}", self.rest(), self.line);
        let before = self.at;
        self.blanks();
        if self.at > before && self.rest().starts_with(|c: char| c.is_ascii_lowercase() || c == '<' || c == '(') {
            let mut argument = self.bare();
            assert!(argument.token.is_none(), "two tokens before {} in {:?}", argument.name, self.line);
            argument.token = Some(token);
            return argument;
        }
        self.at = before;
        let mut argument = Argument::new(token.to_ascii_lowercase().into(), Kind::PureToken);
        argument.token = Some(token);
        argument
    }

    /// An item that begins with its name.
    fn named(&mut self) -> Argument<'a> {
        let name = self.until(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'));
        let mut kind = Kind::of_name(name);
        if self.takes(":'") {
            let mut argument = Argument::new(name.into(), Kind::PureToken);
            argument.token = Some(self.until(|c| c == '\''));
            self.need("'");
            return argument;
        }
        if self.takes(":") {
            kind = match self.until(|c| !c.is_ascii_lowercase()) {
                "str" => Kind::String,
                "int" => Kind::Integer,
                "num" => Kind::Double,
                "key" => Kind::Key,
                "pattern" => Kind::Pattern,
                "time" => Kind::UnixTime,
                other => panic!("no type {other:?}, in the syntax line {:?}", self.line),
            };
        }
        let mut argument = Argument::new(name.into(), kind);
        if self.takes("=") {
            argument.display = Some(self.until(|c| c.is_whitespace() || "])>@#".contains(c)).into());
        }
        if self.takes("#") {
            let number = self.until(|c| !c.is_ascii_digit());
            self.keys = number.parse().expect("a number follows #");
            argument.key_spec = Some(self.keys);
        } else if kind == Kind::Key {
            argument.key_spec = Some(self.keys);
        }
        if argument.key_spec.is_some() {
            self.keys += 1;
        }
        argument
    }
}

impl<'a> Argument<'a> {
    fn new(name: Cow<'a, str>, kind: Kind) -> Argument<'a> {
        let display = (!matches!(kind, Kind::OneOf | Kind::Block)).then(|| name.clone());
        Argument {
            name,
            kind,
            display,
            key_spec: None,
            token: None,
            since: None,
            deprecated: None,
            is_optional: false,
            is_multiple: false,
            is_token_repeated: false,
            arguments: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_names_types_tokens_and_what_may_be_left_out() {
        let arguments = parse("key min:num [LIMIT (limit: offset count)]@6.2.0 [member ...]");
        let [key, min, limit, member] = &arguments[..] else { panic!("{arguments:#?}") };
        assert_eq!((&*key.name, key.kind, key.key_spec), ("key", Kind::Key, Some(0)));
        assert_eq!((&*min.name, min.kind, min.is_optional), ("min", Kind::Double, false));
        assert_eq!((limit.kind, limit.token, limit.since), (Kind::Block, Some("LIMIT"), Some("6.2.0")));
        assert_eq!(limit.display, None);
        assert!(limit.arguments.iter().all(|inner| inner.kind == Kind::Integer && !inner.is_optional));
        assert!(limit.is_optional && member.is_optional && member.is_multiple && !member.is_token_repeated);
    }

    #[test]
    fn tokens_stand_alone_or_belong_to_what_follows() {
        let arguments =
            parse("XX [<order: ASC | DESC>] GET <operator: equal:'=' | approximately:'~'> [BY pattern]... NO ONE");
        let tokens: Vec<_> = arguments.iter().map(|argument| argument.token).collect();
        assert_eq!(tokens, [Some("XX"), None, Some("GET"), Some("BY"), Some("NO"), Some("ONE")]);
        let operator = &arguments[2];
        assert_eq!((&*operator.name, operator.kind), ("operator", Kind::OneOf));
        assert_eq!((&*operator.arguments[0].name, operator.arguments[0].token), ("equal", Some("=")));
        assert!(arguments[3].is_token_repeated && arguments[3].is_multiple && arguments[3].is_optional);
        assert_eq!((&*arguments[4].name, arguments[4].kind), ("no", Kind::PureToken));
    }

    #[test]
    fn a_display_text_may_hold_a_colon_and_a_version_may_end_an_age() {
        let arguments = parse("<filter: old-format=ip:port@-2.8.12 | ID client-id@2.8.12>");
        let [old, id] = &arguments[0].arguments[..] else { panic!("{arguments:#?}") };
        assert_eq!((old.display.as_deref(), old.since, old.deprecated), (Some("ip:port"), None, Some("2.8.12")));
        assert_eq!((id.token, id.since, id.deprecated), (Some("ID"), Some("2.8.12"), None));
    }

    #[test]
    fn keys_are_numbered_unless_the_line_says_otherwise() {
        let specs = |line| parse(line).iter().map(|argument| argument.key_spec).collect::<Vec<_>>();
        assert_eq!(specs("source destination value"), [Some(0), Some(1), None]);
        assert_eq!(specs("key1 key2#0 key"), [Some(0), Some(0), Some(1)]);
    }

    #[test]
    fn the_least_number_of_arguments_follows_from_the_line() {
        for (line, least) in [
            ("", 0),
            ("[username] password", 1),
            ("key (data: field value) ...", 3),
            ("key <by: FROMMEMBER member | FROMLONLAT (fromlonlat: longitude latitude)>", 3),
            ("<no: NO | key> [COUNT count]", 1),
            ("key FIELDS (fields: numfields field ...)", 4),
        ] {
            assert_eq!(len_min(&parse(line)), least, "{line}");
        }
    }

    #[test]
    #[should_panic(expected = "is missing before")]
    fn an_unclosed_bracket_is_a_mistake() {
        parse("key [NX");
    }

    #[test]
    #[should_panic(expected = "unexpected")]
    fn a_bracket_that_nobody_opened_is_a_mistake() {
        parse("key) value");
    }
}
