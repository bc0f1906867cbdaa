//! The inspector of the house: which folder may import which, where `unsafe` may stand, and what no file may hold.
//!
//! The compiler cannot see folders, so this reads the source. Each rule is a function from a file's path and text to
//! what is wrong with it, and is tried on text that breaks it.

mod source;

use std::path::{Path, PathBuf};

/// The folders of `src`, and what each may import beside itself. The order is that of the floor plan.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("config", &["base"]),
    ("resp", &["base"]),
    ("store", &["base"]),
    ("keyspace", &["store", "base"]),
    ("persist", &["keyspace", "store", "resp", "base"]),
    ("server", &["persist", "keyspace", "store", "resp", "config", "base"]),
    ("commands", &["server", "persist", "keyspace", "store", "resp", "config", "base"]),
    ("net", &["server", "resp", "config", "base"]),
];

/// The files in which `unsafe` may stand.
const UNSAFE: &[&str] = &[
    "base/ahead.rs",
    "base/alloc.rs",
    "base/crash/handler.rs",
    "base/mapped.rs",
    "base/prefetch.rs",
    "base/simd.rs",
    "base/stopwatch.rs",
    "net/sys.rs",
    "store/directory.rs",
    "store/entry.rs",
    "store/page.rs",
];

/// A file of the project: its path from the folder that is inspected, and its text.
struct File {
    path: String,
    text: String,
}

/// All Rust files below a folder of the project.
fn files(folder: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder of the project can be listed");
        for entry in entries {
            let path: PathBuf = entry.expect("a folder of the project can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let below = path.strip_prefix(&root).expect("it was found below the root");
                files.push(File {
                    path: below.to_string_lossy().into_owned(),
                    text: std::fs::read_to_string(&path).expect("a source file is text"),
                });
            }
        }
    }
    assert!(!files.is_empty(), "there is nothing in {folder}");
    files
}

/// Applies a rule to files and fails with all that it found.
#[track_caller]
fn inspect(files: &[File], rule: impl Fn(&File) -> Vec<String>) {
    let found: Vec<String> =
        files.iter().flat_map(|file| rule(file).into_iter().map(|what| format!("{}: {what}", file.path))).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Imports that the floor plan does not allow.
fn wrong_imports(file: &File) -> Vec<String> {
    let Some((folder, below)) = file.path.split_once('/') else {
        // The map and the program see everything; any other file at the top belongs into a folder.
        let known = ["lib.rs", "main.rs"].contains(&&*file.path);
        return if known { Vec::new() } else { vec!["belongs into a folder".to_string()] };
    };
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == folder) else {
        return vec![format!("the folder {folder} is not on the floor plan")];
    };
    let code = source::code(&file.text);
    let mut imports = source::named_after(&code, "crate");
    // From a folder's `mod.rs` one step up is the root; from a file beside it, two.
    let up = if below == "mod.rs" { "super" } else { "super::super" };
    imports.extend(source::named_after(&code, up));
    imports
        .into_iter()
        .filter(|(_, name)| {
            let is_folder = FLOORS.iter().any(|(folder, _)| folder == name);
            is_folder && name != folder && !allowed.contains(&&**name)
        })
        .map(|(at, name)| format!("{}: {folder} must not know {name}", source::line(&code, at)))
        .collect()
}

/// `unsafe` where it must not stand.
fn unsafe_elsewhere(file: &File) -> Vec<String> {
    if UNSAFE.contains(&&*file.path) {
        return Vec::new();
    }
    let code = source::code(&file.text);
    ["unsafe", "unsafe_code"]
        .iter()
        .flat_map(|word| source::words(&code, word).map(|at| source::line(&code, at)).collect::<Vec<_>>())
        .map(|line| format!("{line}: unsafe stands in the named files only"))
        .collect()
}

/// A file that does not say first what it is.
fn unexplained(file: &File) -> Vec<String> {
    if file.text.starts_with("//!") {
        return Vec::new();
    }
    vec!["begins without `//!`".to_string()]
}

/// What nothing that is shipped may hold.
fn unfinished(file: &File) -> Vec<String> {
    let code = source::shipped(&file.text);
    let words = ["todo", "unimplemented", "dbg"].map(|name| (name, "!"));
    let words = words.into_iter().chain([("unwrap", "()")]);
    words
        .flat_map(|(word, after)| {
            let places = source::words(&code, word);
            places
                .filter(|at| code[at + word.len()..].starts_with(after))
                .map(|at| format!("{}: {word}{after}", source::line(&code, at)))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Tests that are there and do not run.
fn ignored(file: &File) -> Vec<String> {
    let code = source::code(&file.text);
    code.match_indices("#[ignore")
        .map(|(at, _)| format!("{}: a test that does not run", source::line(&code, at)))
        .collect()
}

#[test]
fn folders_import_only_what_the_floor_plan_allows() {
    inspect(&files("src"), wrong_imports);
}

#[test]
fn unsafe_stands_in_the_named_files_only() {
    inspect(&files("src"), unsafe_elsewhere);
    for folder in ["tests", "tools"] {
        inspect(&files(folder), unsafe_elsewhere);
    }
}

#[test]
fn every_file_says_first_what_it_is() {
    for folder in ["src", "tests", "tools"] {
        inspect(&files(folder), unexplained);
    }
}

#[test]
fn nothing_shipped_is_unfinished_or_unwraps() {
    // A module's tests may stand in a file of their own.
    let shipped: Vec<File> = files("src").into_iter().filter(|file| !file.path.ends_with("tests.rs")).collect();
    inspect(&shipped, unfinished);
}

#[test]
fn no_test_is_ignored() {
    for folder in ["src", "tests"] {
        inspect(&files(folder), ignored);
    }
}

/// Each rule sees what breaks it, and only that.
#[test]
fn the_inspector_sees_what_is_wrong() {
    let count = |rule: fn(&File) -> Vec<String>, path: &str, text: &str| {
        let (path, text) = (path.to_string(), text.to_string());
        rule(&File { path, text }).len()
    };
    assert_eq!(count(wrong_imports, "store/a.rs", "use crate::server::Server;"), 1);
    assert_eq!(count(wrong_imports, "store/a.rs", "use crate::{base::x, net, resp};"), 2);
    assert_eq!(count(wrong_imports, "store/a.rs", "fn f() { crate::resp::g() }"), 1);
    assert_eq!(count(wrong_imports, "store/a.rs", "use super::super::net;"), 1);
    assert_eq!(count(wrong_imports, "store/mod.rs", "use super::net;"), 1);
    assert_eq!(count(wrong_imports, "store/a.rs", "// crate::server\nuse crate::store::b; use super::net;"), 0);
    assert_eq!(count(wrong_imports, "net/mod.rs", "use crate::{commands, store};"), 2);
    assert_eq!(count(wrong_imports, "commands/a.rs", "use crate::net;"), 1);
    assert_eq!(count(wrong_imports, "cellar/a.rs", ""), 1);
    assert_eq!(count(wrong_imports, "loose.rs", ""), 1);
    assert_eq!(count(wrong_imports, "main.rs", "use crate::net;"), 0);

    assert_eq!(count(unsafe_elsewhere, "store/list.rs", "fn f() { unsafe { g() } }"), 1);
    assert_eq!(count(unsafe_elsewhere, "store/list.rs", "#![allow(unsafe_code)]"), 1);
    assert_eq!(count(unsafe_elsewhere, "store/list.rs", "// unsafe\nlet a = \"unsafe\";"), 0);
    assert_eq!(count(unsafe_elsewhere, "store/page.rs", "fn f() { unsafe { g() } }"), 0);

    assert_eq!(count(unexplained, "a.rs", "use b;\n//! c"), 1);
    assert_eq!(count(unfinished, "a.rs", "fn f() { todo!() } fn g() { h.unwrap() }"), 2);
    assert_eq!(count(unfinished, "a.rs", "h.unwrap_or(1); #[cfg(test)] mod t { fn g() { h.unwrap() } }"), 0);
    assert_eq!(count(ignored, "a.rs", "#[ignore = \"slow\"] fn f() {}"), 1);
}
