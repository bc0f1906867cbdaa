//! The rows of all commands against themselves: what one part says, another must not deny.

use redoxide::server::command::{Command, Flag, KeyFlag};
use redoxide::server::syntax::{self, Argument, Kind};

/// Commands whose arity is not the least number of arguments that their syntax tells, and why.
const ARITY_SAYS_OTHERWISE: &[&str] = &[
    // Every filter is optional by itself, but one must be there.
    "client|kill",
    // What it is told beside is passed over.
    "quit",
    // What replicas say to their masters is described nowhere.
    "replconf",
    // Its subcommands are for tests, and described by DEBUG HELP only.
    "debug",
];

/// All rows with their full names and the number of words in these.
fn rows() -> Vec<(String, usize, &'static Command)> {
    let mut rows = Vec::new();
    for row in redoxide::commands::table().iter().flat_map(|family| family.commands) {
        rows.push((row.name.to_string(), 1, row));
        rows.extend(row.subcommands.iter().map(|sub| (format!("{}|{}", row.name, sub.name), 2, sub)));
    }
    rows
}

/// Checks every row, and fails with all that `problem` says.
#[track_caller]
fn each(problem: impl Fn(&str, usize, &Command) -> Option<String>) {
    let rows = rows();
    assert!(rows.len() > 80, "only {} rows were found", rows.len());
    let found: Vec<String> =
        rows.iter().filter_map(|(name, words, row)| Some(format!("{name}: {}", problem(name, *words, row)?))).collect();
    crate::none(&found);
}

#[test]
fn arity_is_the_least_number_of_arguments_of_the_syntax() {
    each(|name, words, row| {
        let arguments = syntax::parse(row.syntax);
        let least = syntax::len_min(&arguments) + words;
        let is_open = arguments.iter().any(|argument| !is_fixed(argument));
        let arity = row.arity.unsigned_abs() as usize;
        let agrees = least == arity && is_open == (row.arity < 0);
        let is_container = row.handler.is_none() || !row.subcommands.is_empty();
        (!agrees && !is_container && !ARITY_SAYS_OTHERWISE.contains(&name))
            .then(|| format!("arity {}, but the syntax {:?} begins at {least}", row.arity, row.syntax))
    });
}

/// Whether an argument always takes the same number of places.
fn is_fixed(argument: &Argument) -> bool {
    let lens = argument.arguments.iter().map(Argument::len_min);
    let is_even = argument.kind != Kind::OneOf || lens.clone().min() == lens.max();
    !argument.is_optional && !argument.is_multiple && is_even && argument.arguments.iter().all(is_fixed)
}

#[test]
fn every_key_has_a_key_spec_and_every_key_spec_a_key() {
    each(|_, _, row| {
        let mut specs = Vec::new();
        fn collect(arguments: &[Argument], specs: &mut Vec<usize>) {
            for argument in arguments {
                specs.extend(argument.key_spec);
                collect(&argument.arguments, specs);
            }
        }
        collect(&syntax::parse(row.syntax), &mut specs);
        specs.sort_unstable();
        specs.dedup();
        // What is said not to be a key (a channel) is no argument of type key.
        let is_key = |at: &usize| !row.keys[*at].has(KeyFlag::NotKey);
        let wanted: Vec<usize> = (0..row.keys.len()).filter(is_key).collect();
        (specs != wanted).then(|| format!("{} key specs, but the syntax names {specs:?}", row.keys.len()))
    });
}

#[test]
fn a_row_says_what_it_does_since_when_and_at_what_cost() {
    each(|_, _, row| {
        let says = [("summary", row.summary), ("since", row.since), ("complexity", row.complexity)];
        let missing: Vec<&str> = says.iter().filter(|(_, text)| text.is_empty()).map(|(part, _)| *part).collect();
        (!missing.is_empty()).then(|| format!("no {}", missing.join(", ")))
    });
}

#[test]
fn no_command_both_reads_only_and_writes() {
    each(|_, _, row| {
        let both = row.flags.has(Flag::Write) && row.flags.has(Flag::ReadOnly);
        both.then(|| "is both readonly and write".to_string())
    });
}
