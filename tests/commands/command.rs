//! COMMAND: sessions, and a comparison of every row with what a real server says.

use crate::harness::server::Server;
use crate::harness::value::{self, Value};
use redoxide::server::syntax::{self, Argument, Kind};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

/// Commands that no Redis has. The only differences from the reference that are meant.
const ADDITIONS: &[&str] = &[];

/// What COMMAND and COMMAND DOCS of Redis 8.2 answered: one object a command, subcommands inside.
fn reference() -> BTreeMap<String, Json> {
    let rows: Vec<Json> = serde_json::from_str(include_str!("../reference/commands.json")).expect("the file is JSON");
    let mut all = BTreeMap::new();
    for row in rows {
        for child in row["subcommands"].as_array().into_iter().flatten() {
            all.insert(text(&child["name"]), child.clone());
        }
        all.insert(text(&row["name"]), row);
    }
    all
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("{json} is a string")).to_string()
}

/// Asks a fresh server in RESP3, where lists, sets and maps can be told apart.
fn ask(command: &str) -> Json {
    let server = Server::start(Path::new(env!("CARGO_BIN_EXE_redoxide")), &[]);
    let mut stream = server.connect();
    stream.write_all(format!("HELLO 3\r\n{command}\r\n").as_bytes()).expect("the server reads");
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let n = stream.read(&mut chunk).expect("the server answers in time");
        assert!(n > 0, "the server closed the connection");
        bytes.extend_from_slice(&chunk[..n]);
        if let Some((_, hello)) = value::read(&bytes).expect("HELLO answers RESP")
            && let Some((reply, _)) = value::read(&bytes[hello..]).expect("replies are RESP")
        {
            return to_json(&reply);
        }
    }
}

/// A reply as JSON. A word of a set must be a status, as clients tell flags from names by that.
fn to_json(value: &Value) -> Json {
    let string = |bytes: &[u8]| Json::from(std::str::from_utf8(bytes).expect("COMMAND answers text"));
    match value {
        Value::Simple(bytes) | Value::Bulk(bytes) => string(bytes),
        Value::Integer(digits) => string(digits).as_str().unwrap().parse::<i64>().unwrap().into(),
        Value::Null => Json::Null,
        Value::Array(items) | Value::Set(items) => items.iter().map(to_json).collect(),
        Value::Map(items) => items.chunks(2).map(|pair| (text(&to_json(&pair[0])), to_json(&pair[1]))).collect(),
        other => panic!("COMMAND answers no {other:?}"),
    }
}

/// The parts of COMMAND INFO's array, by name.
fn named(info: &Json, all: &mut BTreeMap<String, Json>) {
    const PARTS: [&str; 9] =
        ["name", "arity", "flags", "first_key", "last_key", "step", "acl_categories", "tips", "key_specs"];
    let mut parts: Map<String, Json> =
        PARTS.iter().enumerate().map(|(i, part)| ((*part).into(), info[i].clone())).collect();
    for spec in parts["key_specs"].as_array_mut().expect("key specs are a list") {
        // The facts name type and content of each half on one level.
        for half in ["begin_search", "find_keys"] {
            let (kind, mut content) = (spec[half]["type"].clone(), spec[half]["spec"].clone());
            content["type"] = kind;
            spec[half] = content;
        }
    }
    for child in info[9].as_array().expect("subcommands are a list") {
        named(child, all);
    }
    all.insert(text(&info[0]), parts.into());
}

#[test]
fn command_answers_what_a_real_server_answers() {
    let (reference, mut ours) = (reference(), BTreeMap::new());
    for info in ask("COMMAND").as_array().expect("COMMAND answers a list") {
        named(info, &mut ours);
    }
    let mut wrong = Vec::new();
    for (name, parts) in ours.iter().filter(|(name, _)| !ADDITIONS.contains(&name.as_str())) {
        let Some(wanted) = reference.get(name) else {
            wrong.push(format!("{name}: no such command in the reference"));
            continue;
        };
        for (part, value) in parts.as_object().expect("parts have names") {
            // What a set holds has no order in the protocol, but Redis has one, and so do we.
            if value != &wanted[part] {
                wrong.push(format!("{name}: {part} is {value}, should be {}", wanted[part]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ours.len() > 80, "only {} commands were compared", ours.len());
}

/// The parts of COMMAND DOCS by full name, containers and subcommands beside each other.
fn flat(docs: &Json, all: &mut BTreeMap<String, Json>) {
    for (name, parts) in docs.as_object().expect("COMMAND DOCS answers a map") {
        if let Some(children) = parts.get("subcommands") {
            flat(children, all);
        }
        all.insert(name.clone(), parts.clone());
    }
}

/// Leaves out what the facts do not hold: a display text that is the name.
fn without_plain_displays(arguments: &mut Json) {
    for argument in arguments.as_array_mut().into_iter().flatten() {
        let argument = argument.as_object_mut().expect("an argument is a map");
        if argument.get("display_text") == argument.get("name") {
            argument.remove("display_text");
        }
        if let Some(inner) = argument.get_mut("arguments") {
            without_plain_displays(inner);
        }
    }
}

#[test]
fn command_docs_describes_arguments_as_a_real_server_does() {
    let (reference, mut ours) = (reference(), BTreeMap::new());
    flat(&ask("COMMAND DOCS"), &mut ours);
    let mut wrong = Vec::new();
    for (name, parts) in ours.iter_mut().filter(|(name, _)| !ADDITIONS.contains(&name.as_str())) {
        let Some(wanted) = reference.get(name) else {
            wrong.push(format!("{name}: no such command in the reference"));
            continue;
        };
        if let Some(arguments) = parts.get_mut("arguments") {
            without_plain_displays(arguments);
        }
        let null = Json::Null;
        for part in ["since", "group", "doc_flags", "deprecated_since", "arguments"] {
            let (is, should) = (parts.get(part).unwrap_or(&null), wanted.get(part).unwrap_or(&null));
            if is != should {
                wrong.push(format!("{name}: {part} is {is}, should be {should}"));
            }
        }
        let history = parts.get("history").and_then(Json::as_array).into_iter().flatten();
        let versions: BTreeSet<&str> = history.clone().filter_map(|change| change[0].as_str()).collect();
        let changed = wanted.get("changed_in").and_then(Json::as_array).into_iter().flatten();
        let changed: BTreeSet<&str> = changed.filter_map(Json::as_str).collect();
        if versions != changed {
            wrong.push(format!("{name}: history names {versions:?}, should name {changed:?}"));
        }
        let says = |part: &str| parts.get(part).and_then(Json::as_str).is_some_and(|said| !said.is_empty());
        if !says("summary") || history.clone().any(|change| change[1] == "") {
            wrong.push(format!("{name}: a summary or a history without words"));
        }
        if parts.get("replaced_by").is_some() != wanted.get("replaced_by").is_some() {
            wrong.push(format!("{name}: replaced_by is {:?}", parts.get("replaced_by")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An argument as a syntax line writes it. The parser's notation, from the other side.
fn line_of(argument: &Json, keys: &mut u64) -> String {
    let string = |part: &str| argument[part].as_str();
    let name = string("name").expect("every argument has a name");
    let has = |flag: &str| argument["flags"].as_array().is_some_and(|flags| flags.contains(&json!(flag)));
    let is_plain = |token: &str| {
        !token.is_empty() && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    };
    let mut inner = |join: &str| {
        let arguments = argument["arguments"].as_array().expect("it is made of others");
        arguments.iter().map(|inner| line_of(inner, keys)).collect::<Vec<_>>().join(join)
    };
    let kind = string("type").expect("every argument has a type");
    let mut line = match kind {
        "pure-token" => match string("token").expect("a token has a spelling") {
            token if is_plain(token) && token.to_ascii_lowercase() == name => token.to_string(),
            token => format!("{name}:'{token}'"),
        },
        "oneof" => format!("<{name}: {}>", inner(" | ")),
        "block" => format!("({name}: {})", inner(" ")),
        _ => {
            let short = [
                ("string", "str"),
                ("integer", "int"),
                ("double", "num"),
                ("key", "key"),
                ("pattern", "pattern"),
                ("unix-time", "time"),
            ];
            let (_, short) = short.into_iter().find(|(long, _)| *long == kind).expect("a type that the notation knows");
            let mut line = name.to_string();
            if Kind::of_name(name).name() != kind {
                line += &format!(":{short}");
            }
            if let Some(display) = string("display_text") {
                line += &format!("={display}");
            }
            if let Some(spec) = argument["key_spec_index"].as_u64() {
                if spec != *keys || kind != "key" {
                    line += &format!("#{spec}");
                }
                *keys = spec + 1;
            }
            line
        }
    };
    if let Some(token) = string("token")
        && kind != "pure-token"
    {
        line = format!("{token} {line}");
    }
    line = match (has("optional"), has("multiple"), has("multiple_token")) {
        (true, _, true) => format!("[{line}]..."),
        (true, true, false) => format!("[{line} ...]"),
        (true, false, false) => format!("[{line}]"),
        (false, true, _) => format!("{line} ..."),
        (false, false, _) => line,
    };
    match (string("since"), string("deprecated_since")) {
        (None, None) => line,
        (since, None) => format!("{line}@{}", since.unwrap_or_default()),
        (since, Some(deprecated)) => format!("{line}@{}-{deprecated}", since.unwrap_or_default()),
    }
}

/// A parsed argument in the form of the facts.
fn facts_of(argument: &Argument) -> Json {
    let mut facts = json!({"name": argument.name, "type": argument.kind.name()});
    if argument.display.as_ref().is_some_and(|display| *display != argument.name) {
        facts["display_text"] = json!(argument.display);
    }
    for (part, value) in
        [("token", argument.token), ("since", argument.since), ("deprecated_since", argument.deprecated)]
    {
        if let Some(value) = value {
            facts[part] = json!(value);
        }
    }
    if let Some(spec) = argument.key_spec {
        facts["key_spec_index"] = json!(spec);
    }
    let flags: Vec<&str> = [
        (argument.is_optional, "optional"),
        (argument.is_multiple, "multiple"),
        (argument.is_token_repeated, "multiple_token"),
    ]
    .into_iter()
    .filter_map(|(is_so, name)| is_so.then_some(name))
    .collect();
    if !flags.is_empty() {
        facts["flags"] = json!(flags);
    }
    if !argument.arguments.is_empty() {
        facts["arguments"] = argument.arguments.iter().map(facts_of).collect();
    }
    facts
}

#[test]
fn the_arguments_of_every_command_of_redis_fit_into_a_syntax_line() {
    let (mut lines, mut otherwise) = (0, Vec::new());
    for (name, facts) in reference() {
        let Some(arguments) = facts["arguments"].as_array() else { continue };
        let mut keys = 0;
        let line = arguments.iter().map(|argument| line_of(argument, &mut keys)).collect::<Vec<_>>().join(" ");
        let parsed = syntax::parse(&line);
        let again: Json = parsed.iter().map(facts_of).collect();
        assert_eq!(again, facts["arguments"], "{name}: {line}");
        lines += 1;
        // The name of the command counts as an argument, and that of a subcommand as two.
        let words = 1 + name.matches('|').count();
        let least = facts["arity"].as_i64().expect("arity is a number").unsigned_abs() as usize;
        if syntax::len_min(&parsed) + words != least {
            otherwise.push(name);
        }
    }
    assert_eq!(otherwise, ARITY_SAYS_OTHERWISE);
    assert!(lines > 250, "only {lines} lines were tried");
}

/// Commands whose arity is not the least number of arguments that their description tells: all filters of CLIENT KILL
/// are marked as optional, though one must be there.
const ARITY_SAYS_OTHERWISE: &[&str] = &["client|kill"];
