//! INFO: the fields that exist stand in the sections and in the order of the reference.

use crate::{connect, facts, none};

/// Fields that Redis does not have, by the start of their names.
const ADDED: &[&str] = &["redoxide_", "pinned_memory", "expire_lag"];

/// Fields of the facts with a part that varies, up to that part.
const VARYING: &[&str] = &["cmdstat_", "latency_percentiles_", "errorstat_", "db", "listener", "slave", "io_thread_"];

#[test]
fn info_has_the_fields_of_the_reference_in_its_order() {
    let Some((_server, mut client)) = connect() else { return };
    let facts = facts(include_str!("info.json"));
    let text = client.ask(&["INFO", "everything"]).text();
    assert!(text.contains("# Server\r\n"), "INFO has no sections: {text}");
    let mut found = Vec::new();
    let (mut section, mut last) = (String::new(), 0);
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            section = title.to_lowercase();
            last = 0;
            if facts[&section].is_null() {
                found.push(format!("the reference has no section {section}"));
            }
            continue;
        }
        let Some((field, _)) = line.split_once(':') else { continue };
        let is = |start: &&str| field.starts_with(*start);
        if ADDED.iter().any(is) || VARYING.iter().any(is) {
            continue;
        }
        let place = facts[&section].as_array().and_then(|fields| fields.iter().position(|fact| fact[0] == field));
        match place {
            None => found.push(format!("{section}: the reference has no {field}")),
            Some(place) if place < last => found.push(format!("{section}: {field} stands too late")),
            Some(place) => last = place,
        }
    }
    none(&found);
}

/// Fields that are there only in some states (as a replica, with an append-only file), and the section that persistence brings.
const SOMETIMES: &[&str] = &["master_host", "aof_current_size"];

#[test]
fn info_has_every_field_of_the_reference() {
    let Some((_server, mut client)) = connect() else { return };
    let facts = facts(include_str!("info.json"));
    let text = client.ask(&["INFO", "everything"]).text();
    let mut found = Vec::new();
    for (section, fields) in facts.as_object().into_iter().flatten() {
        let title = |line: &str| line.strip_prefix("# ").map(str::to_lowercase);
        let lines: Vec<&str> = text
            .lines()
            .skip_while(|line| title(line).as_ref() != Some(section))
            .skip(1)
            .take_while(|line| !line.starts_with("# "))
            .collect();
        if section == "modules" {
            continue;
        }
        for field in fields.as_array().into_iter().flatten() {
            let name = field[0].as_str().unwrap_or("");
            if SOMETIMES.contains(&name) {
                // These and what follows them.
                break;
            }
            let is_varying = VARYING.iter().any(|start| name.starts_with(start));
            let is_there = lines.iter().any(|line| line.split_once(':').is_some_and(|(known, _)| known == name));
            if !is_varying && !is_there {
                found.push(format!("{section}: no {name}"));
            }
        }
    }
    none(&found);
}
