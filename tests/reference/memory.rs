//! MEMORY STATS: the fields of the reference, in its order and in its types.

use crate::harness::value::Value;
use crate::{connect, facts, none};

#[test]
fn memory_stats_has_the_fields_of_the_reference_in_its_order() {
    let Some((_server, mut client)) = connect() else { return };
    client.ask(&["SET", "k", "v"]);
    let reply = client.ask(&["MEMORY", "STATS"]);
    let facts = facts(include_str!("memory.json"));
    let expected: Vec<(&str, &str)> = facts
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|fact| Some((fact[0].as_str()?, fact[1].as_str()?)))
        .collect();
    let kind = |value: &Value| match value {
        Value::Integer(_) => "int",
        Value::Double(_) => "double",
        Value::Map(_) => "map",
        _ => "another",
    };
    let answered: Vec<(String, &str)> = reply.items().chunks(2).map(|pair| (pair[0].text(), kind(&pair[1]))).collect();
    let mut found = Vec::new();
    for (n, fact) in expected.iter().enumerate() {
        let field = answered.get(n).map(|(name, kind)| (&**name, *kind));
        if field != Some(*fact) {
            found.push(format!("at {n}: {field:?}, should be {fact:?}"));
        }
    }
    none(&found);
    assert_eq!(answered.len(), expected.len());
}
