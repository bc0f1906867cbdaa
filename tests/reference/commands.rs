//! COMMAND and COMMAND DOCS: arity, flags, keys, categories and arguments of every command that exists.

use serde_json::{Map, Value as Json, json};

use crate::harness::value::Value;
use crate::{connect, facts, none};

/// Commands that Redis does not have.
const ADDED: &[&str] = &["client|capa", "client|import-source", "commandlog", "delifeq", "latency|stalls", "msetex"];

/// What differs on purpose: command and field.
const DIFFERENT: &[(&str, &str)] = &[
    // CANCEL, BYPOLYGON, NX and XX, IFEQ, SAFE and FAILOVER, and NOSCORES, which Valkey has.
    ("bgsave", "arguments"),
    ("geosearch", "arguments"),
    ("geosearchstore", "arguments"),
    ("hsetex", "arguments"),
    ("set", "arguments"),
    ("shutdown", "arguments"),
    ("zscan", "arguments"),
];

#[test]
fn commands_have_the_facts_of_the_reference() {
    let Some((_server, mut client)) = connect() else { return };
    let facts = facts(include_str!("commands.json"));
    let mut found = Vec::new();
    let replies = client.ask(&["COMMAND"]);
    assert!(!replies.items().is_empty(), "COMMAND lists nothing: {replies:?}");
    for reply in replies.items() {
        let ours = command(reply);
        let name = ours["name"].as_str().unwrap_or("").to_string();
        let docs = client.ask(&["COMMAND", "DOCS", &name]);
        let ours = with_docs(ours, docs.field(&name));
        compare_command(&ours, &facts, &mut found);
    }
    none(&found);
}

/// Compares a command and its subcommands with those of the same name.
fn compare_command(ours: &Json, facts: &Json, found: &mut Vec<String>) {
    let name = ours["name"].as_str().unwrap_or("");
    let fact = facts.as_array().into_iter().flatten().find(|fact| fact["name"] == name);
    let Some(fact) = fact else {
        if !ADDED.contains(&name) && !is_module_command(name) {
            found.push(format!("{name}: the reference has no such command"));
        }
        return;
    };
    let fields = [
        "arity",
        "flags",
        "first_key",
        "last_key",
        "step",
        "acl_categories",
        "tips",
        "key_specs",
        "since",
        "group",
        "deprecated_since",
        "doc_flags",
        "arguments",
    ];
    for field in fields {
        let (ours, fact) = (normal(&ours[field]), normal(&fact[field]));
        if ours != fact && !DIFFERENT.contains(&(name, field)) {
            found.push(format!("{name}: {field}\n    ours:      {ours}\n    reference: {fact}"));
        }
    }
    // The words are ours; what is to be used instead is not.
    for word in fact["replaced_by"].as_array().into_iter().flatten() {
        let word = format!("`{}`", word.as_str().unwrap_or(""));
        if !ours["replaced_by"].as_str().unwrap_or("").contains(&word) {
            found.push(format!("{name}: replaced_by does not name {word}"));
        }
    }
    for sub in ours["subcommands"].as_array().into_iter().flatten() {
        compare_command(sub, &fact["subcommands"], found);
    }
}

/// Vector sets: modules' commands were left out of the facts.
fn is_module_command(name: &str) -> bool {
    name.starts_with('V') && crate::harness::run::reference().is_some()
}

/// Sets are sorted, and what is empty is the same as what is not there.
fn normal(value: &Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(normal).collect();
            if items.iter().all(Json::is_string) {
                items.sort_by_key(ToString::to_string);
            }
            if items.is_empty() { Json::Null } else { Json::Array(items) }
        }
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), normal(value)));
            Json::Object(fields.filter(|(_, value)| !value.is_null()).collect())
        }
        other => other.clone(),
    }
}

/// The ten items of COMMAND's reply, named as in the facts.
fn command(reply: &Value) -> Json {
    let items = reply.items();
    assert_eq!(items.len(), 10, "a command has ten items: {reply:?}");
    json!({
        "name": plain(&items[0]),
        "arity": plain(&items[1]),
        "flags": plain(&items[2]),
        "first_key": plain(&items[3]),
        "last_key": plain(&items[4]),
        "step": plain(&items[5]),
        "acl_categories": plain(&items[6]),
        "tips": plain(&items[7]),
        "key_specs": items[8].items().iter().map(key_spec).collect::<Vec<_>>(),
        "subcommands": items[9].items().iter().map(command).collect::<Vec<_>>(),
    })
}

/// A key spec, with what stands under "spec" beside its type, as in the facts.
fn key_spec(reply: &Value) -> Json {
    let step = |name: &str| {
        let Some(step) = reply.field(name) else { return Json::Null };
        let mut fields = Map::new();
        fields.insert("type".to_string(), step.field("type").map_or(Json::Null, plain));
        if let Some(Json::Object(spec)) = step.field("spec").map(plain) {
            fields.extend(spec);
        }
        Json::Object(fields)
    };
    json!({
        "flags": reply.field("flags").map_or(Json::Null, plain),
        "begin_search": step("begin_search"),
        "find_keys": step("find_keys"),
    })
}

/// Adds what COMMAND DOCS says.
fn with_docs(mut command: Json, docs: Option<&Value>) -> Json {
    let Some(docs) = docs else { return command };
    for field in ["since", "group", "deprecated_since", "replaced_by", "doc_flags"] {
        if let Some(value) = docs.field(field) {
            command[field] = plain(value);
        }
    }
    if let Some(arguments) = docs.field("arguments") {
        command["arguments"] = arguments.items().iter().map(argument).collect();
    }
    for sub in command["subcommands"].as_array_mut().into_iter().flatten() {
        let name = sub["name"].as_str().unwrap_or("").to_string();
        let docs = docs.field("subcommands").and_then(|subs| subs.field(&name));
        *sub = with_docs(sub.take(), docs);
    }
    command
}

/// An argument; the text that is shown counts only where it is not the name.
fn argument(reply: &Value) -> Json {
    let Json::Object(mut fields) = plain(reply) else { return Json::Null };
    if fields.get("display_text") == fields.get("name") {
        fields.remove("display_text");
    }
    if let Some(arguments) = reply.field("arguments") {
        fields.insert("arguments".to_string(), arguments.items().iter().map(argument).collect());
    }
    Json::Object(fields)
}

/// A reply as JSON: maps are objects, sets are lists.
fn plain(value: &Value) -> Json {
    match value {
        Value::Integer(digits) => String::from_utf8_lossy(digits).parse::<i64>().map_or(Json::Null, Json::from),
        Value::Array(items) | Value::Set(items) => items.iter().map(plain).collect(),
        Value::Map(items) => Json::Object(items.chunks(2).map(|pair| (pair[0].text(), plain(&pair[1]))).collect()),
        Value::Null => Json::Null,
        other => Json::from(other.text()),
    }
}
