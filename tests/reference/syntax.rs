//! The notation of syntax lines against the arguments of every command of Redis, those too that are not there yet.

use redoxide::server::syntax::{self, Argument, Kind};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// All commands and subcommands of the reference by name.
fn commands() -> Vec<(String, Json)> {
    let mut all = Vec::new();
    for command in crate::facts(include_str!("commands.json")).as_array().into_iter().flatten() {
        all.push(command.clone());
        all.extend(command["subcommands"].as_array().into_iter().flatten().cloned());
    }
    all.into_iter().map(|command| (command["name"].as_str().unwrap_or("").to_string(), command)).collect()
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
                write!(line, ":{short}").expect("a string takes everything");
            }
            if let Some(display) = string("display_text") {
                write!(line, "={display}").expect("a string takes everything");
            }
            if let Some(spec) = argument["key_spec_index"].as_u64() {
                if spec != *keys || kind != "key" {
                    write!(line, "#{spec}").expect("a string takes everything");
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
    for (name, facts) in commands() {
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
