//! Tests of the configuration as a whole: texts in, values and refusals out.

use super::arguments::{self, Asked};
use super::file::{Foreign, Loader, Problem, report};
use super::*;

/// Takes every line that is the server's business.
fn anything(_: Foreign) -> Result<(), Reason> {
    Ok(())
}

fn loaded(text: &str) -> Config {
    let mut judge = anything;
    let mut loader = Loader::new(Config::default(), &mut judge);
    loader.text("test.conf", text.as_bytes());
    loader.finish().unwrap_or_else(|problems| panic!("{}", report(&problems)))
}

fn problems(text: &str) -> Vec<Problem> {
    let mut judge = anything;
    let mut loader = Loader::new(Config::default(), &mut judge);
    loader.text("test.conf", text.as_bytes());
    loader.finish().expect_err(text)
}

fn shown(config: &Config, name: &str) -> String {
    let found = config.get(&[name.as_bytes()]);
    assert_eq!(found.len(), 1, "{name}");
    String::from_utf8(found[0].1.clone()).expect("tests use ASCII")
}

fn set(config: &mut Config, name: &str, value: &str) -> Result<Changes, String> {
    let done = config.set(&[(name.as_bytes(), value.as_bytes())], false);
    done.map_err(|error| String::from_utf8(error.text()).expect("tests use ASCII"))
}

/// What the reference server answers to CONFIG SET, without the part that every refusal has.
fn refusal(name: &str, value: &str) -> String {
    let text = set(&mut Config::default(), name, value).expect_err(name);
    let start = format!("ERR CONFIG SET failed (possibly related to argument '{name}') - ");
    text.strip_prefix(&start).unwrap_or(&text).to_string()
}

#[test]
fn there_are_the_directives_of_the_reference_and_each_default_passes_its_check() {
    assert_eq!(NAMES.iter().filter(|&&(name, row)| DIRECTIVES[row].shows(name)).count(), 208);
    for directive in DIRECTIVES {
        if directive.name == "dir" {
            continue; // empty in the table: it is wherever the server starts
        }
        let words: Vec<&[u8]> = if directive.takes_many() {
            directive.default.as_bytes().split(|&byte| byte == b' ').collect()
        } else {
            vec![directive.default.as_bytes()]
        };
        let words = if directive.kind_is(Special::ReplicaOf) { vec![&b"no"[..], b"one"] } else { words };
        let checked = directive.check(&words, b"").unwrap_or_else(|why| panic!("{}: {why}", directive.name));
        assert_eq!(String::from_utf8_lossy(&checked), directive.default, "{}", directive.name);
    }
}

#[test]
fn values_are_shown_as_redis_shows_them() {
    let mut config = Config::default();
    for (name, value, expected) in [
        ("maxmemory", "1kb", "1024"),
        ("maxmemory", "1K", "1000"),
        ("maxmemory", "1Gb", "1073741824"),
        ("maxmemory", "100b", "100"),
        ("maxmemory", "kb", "0"),
        ("maxmemory", "17179869184gb", "0"),
        ("maxmemory-clients", "5%", "5%"),
        ("maxmemory-clients", "7gb", "7516192768"),
        ("hz", "0", "1"),
        ("hz", "501", "500"),
        ("repl-backlog-size", "1", "16384"),
        ("loglevel", "VERBOSE", "verbose"),
        ("activerehashing", "NO", "no"),
        ("shutdown-on-sigterm", "force NOSAVE", "nosave force"),
        ("shutdown-on-sigterm", "default force", "force"),
        ("shutdown-on-sigterm", "default", "default"),
        ("notify-keyspace-events", "KEA", "AKE"),
        ("notify-keyspace-events", "Kg$lshzxetdmn", "AKm"),
        ("notify-keyspace-events", "nmEK", "nKEm"),
        ("notify-keyspace-events", "KEcnodgm", "gdnocKEm"),
        ("notify-keyspace-events", "KEAmnoc", "AKEm"),
        ("notify-keyspace-events", "", ""),
        ("save", "60 5 60 5", "60 5 60 5"),
        ("save", "1 0", "1 0"),
        ("save", "", ""),
        (
            "client-output-buffer-limit",
            "normal 1mb 2k 3",
            "normal 1048576 2000 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
        ),
        ("client-output-buffer-limit", "REPLICA 1 2 3 pubsub 4 5 6", "normal 1048576 2000 3 slave 1 2 3 pubsub 4 5 6"),
        ("client-output-buffer-limit", "", "normal 1048576 2000 3 slave 1 2 3 pubsub 4 5 6"),
        ("latency-tracking-info-percentiles", "50 99.95 100 0", "50 99.95 100 0"),
        ("latency-tracking-info-percentiles", "99.123456789 0.00000012 1e1", "99.123457 0 10"),
        ("oom-score-adj-values", "1  2", "1 0 2"),
        ("bind", "127.0.0.1 -::1", "127.0.0.1 -::1"),
        ("bind", "", ""),
        ("slave-priority", "7", "7"),
        ("list-max-ziplist-size", "-3", "-3"),
    ] {
        set(&mut config, name, value).unwrap_or_else(|why| panic!("{name} {value}: {why}"));
        assert_eq!(shown(&config, name), expected, "{name} {value}");
    }
    assert_eq!(shown(&config, "replica-priority"), "7", "an alias has the same value");
}

#[test]
fn refusals_are_redis_word_for_word() {
    const INT: &str = "argument couldn't be parsed into an integer";
    const MEMORY: &str = "argument must be a memory value";
    const BULK: &str = "argument must be between 1048576 and 9223372036854775807 inclusive";
    const SHUTDOWN: &str = "argument(s) must be one of the following: default, save, nosave, now, force";
    const LIMITS: &str = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    for (name, value, expected) in [
        ("databases", "3", "can't set immutable config"),
        ("dir", "/", "can't set protected config"),
        ("hz", " 1", INT),
        ("hz", "010", INT),
        ("hz", "9999999999999999999999", INT),
        ("hz", "-1", "argument must be between 0 and 2147483647 inclusive"),
        ("hash-max-listpack-entries", "-1", "argument must be greater or equal to 0"),
        ("hash-max-listpack-entries", "18446744073709551615", INT),
        ("maxmemory", "-1", MEMORY),
        ("maxmemory", "1.5gb", MEMORY),
        ("maxmemory", "101%", "percentage argument must be less or equal to 100"),
        ("maxmemory", "0%", MEMORY),
        ("maxmemory", "%", MEMORY),
        ("maxmemory", "+5", MEMORY),
        ("maxmemory", "9223372036854775808", "argument must be greater or equal to 0"),
        ("maxmemory-clients", "1000%", "percentage argument must be less or equal to 100"),
        ("maxmemory-clients", "%", "argument must be a memory or percent value"),
        ("proto-max-bulk-len", "1048575", BULK),
        ("proto-max-bulk-len", "9223372036854775808", BULK),
        ("client-query-buffer-limit", "5", BULK),
        ("client-query-buffer-limit", "9223372036854775808", "argument must be greater or equal to 0"),
        ("activerehashing", "", "argument must be 'yes' or 'no'"),
        ("shutdown-on-sigterm", "", SHUTDOWN),
        ("shutdown-on-sigterm", "force  now", SHUTDOWN),
        ("shutdown-on-sigterm", "save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously"),
        ("notify-keyspace-events", "Kq", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
        ("save", "1 2 3", "Invalid save parameters"),
        ("save", "0 1", "Invalid save parameters"),
        ("save", "1 -1", "Invalid save parameters"),
        ("save", " 60 5 ", "Invalid save parameters"),
        ("client-output-buffer-limit", "normal 1 2", "Wrong number of arguments in buffer limit configuration."),
        ("client-output-buffer-limit", "master 1 2 3", "Invalid client class specified in buffer limit configuration."),
        ("client-output-buffer-limit", "normal x 2 3", LIMITS),
        ("client-output-buffer-limit", "normal 1 2 -3", LIMITS),
        (
            "latency-tracking-info-percentiles",
            "50 101",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        ),
        ("latency-tracking-info-percentiles", "nan", "Invalid latency-tracking-info-percentiles parameters"),
        ("oom-score-adj-values", "1 2", "wrong number of arguments"),
        ("oom-score-adj-values", "1 2 30000", "Invalid oom-score-adj-values, elements must be between -2000 and 2000."),
        ("locale-collate", "xx", "Invalid locale name"),
        ("proc-title-template", " ", "template format is invalid or contains unknown variables"),
        ("proc-title-template", "{foo}", "template format is invalid or contains unknown variables"),
        ("proc-title-template", "x {title", "template format is invalid or contains unknown variables"),
        ("bind", "127.0.0.1  -::1", "Failed to bind to specified addresses."),
        ("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified."),
        ("cluster-announce-hostname", "a_b", "Hostnames may only contain alphanumeric characters, hyphens or dots"),
        ("slave-read-only", "x", "argument must be 'yes' or 'no'"),
        ("appendonly", "maybe", "argument must be 'yes' or 'no'"),
        ("nosuch", "x", "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"),
    ] {
        assert_eq!(refusal(name, value), expected, "{name} {value}");
    }
}

#[test]
fn a_set_of_several_changes_all_or_nothing() {
    let mut config = Config::default();
    let before = config.clone();
    let try_set =
        |config: &mut Config, pairs: &[(&[u8], &[u8])]| config.set(pairs, false).expect_err("one is wrong").text();
    let text = try_set(&mut config, &[(b"hz", b"20"), (b"timeout", b"5"), (b"maxclients", b"0")]);
    assert!(text.ends_with(b"'maxclients') - argument must be between 1 and 4294967295 inclusive"));
    let text = try_set(&mut config, &[(b"HZ", b"10"), (b"hz", b"11")]);
    assert!(text.ends_with(b"'hz') - duplicate parameter"));
    // Names are looked at before values, in the order in which they were sent.
    assert!(try_set(&mut config, &[(b"hz", b"x"), (b"databases", b"3")]).ends_with(b"can't set immutable config"));
    assert!(try_set(&mut config, &[(b"dir", b"/"), (b"nosuch", b"3")]).ends_with(b"can't set protected config"));
    assert!(try_set(&mut config, &[(b"nosuch", b"/"), (b"dir", b"3")]).ends_with(b"'nosuch'"));
    assert_eq!((&config.values, &config.settings), (&before.values, &before.settings));

    let changes = config.set(&[(b"hz", b"20"), (b"timeout", b"0"), (b"dir", b"/")], true).expect("all are right");
    assert_eq!(changes.names().collect::<Vec<_>>(), ["hz", "dir"], "what already had its value did not change");
    assert_eq!((config.settings.hz, &*config.settings.dir), (20, "/"));
    config.undo(changes);
    assert_eq!((&config.values, &config.settings), (&before.values, &before.settings));
    // An alias is another name, so this is no duplicate; the last one holds.
    config.set(&[(b"slave-priority", b"5"), (b"replica-priority", b"6")], false).expect("both are right");
    assert_eq!(shown(&config, "slave-priority"), "6");
}

#[test]
fn get_finds_names_and_patterns_and_hides_what_is_hidden() {
    let config = Config::default();
    let names = |patterns: &[&str]| {
        let patterns: Vec<&[u8]> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
        config
            .get(&patterns)
            .into_iter()
            .map(|(name, _)| String::from_utf8_lossy(&name).into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&["HZ"]), ["HZ"]);
    assert_eq!(names(&["hz", "HZ", "h[z]", "*hz"]), ["hz", "dynamic-hz"]);
    assert_eq!(names(&["*-PRIORITY"]), ["replica-priority", "slave-priority"]);
    assert_eq!(names(&["key-load-delay"]), ["key-load-delay"]);
    assert_eq!(names(&["key-load-dela?", "nosuch"]), [""; 0]);
    assert_eq!(names(&["*"]).len(), 208);
}

#[test]
fn a_file_is_read_line_by_line_and_the_last_word_holds() {
    let config = loaded(
        "# a comment\n\n  hz 11 \r\nHZ\t12\nslave-priority 5\nreplica-priority 6\nmaxmemory 1gb\nlogfile ''\n\
         requirepass \"a\\x41 b\"\nlist-max-ziplist-entries 4\nclient-output-buffer-limit normal 1 2 3\n\
         client-output-buffer-limit pubsub 4 5 6\nbind 127.0.0.1\nbind ::1 -::2\nshutdown-on-sigint nosave now\n\
         notify-keyspace-events \"KEA\"\nreplicaof no one\nenable-debug-command local\nunixsocketperm 700\n",
    );
    assert_eq!((config.settings.hz, config.settings.maxmemory), (12, 1 << 30));
    assert_eq!(config.value("requirepass"), b"aA b");
    assert_eq!(shown(&config, "slave-priority"), "6");
    assert_eq!(config.settings.bind, ["::1", "-::2"]);
    let limits = (config.settings.output_limit_normal, config.settings.output_limit_pubsub);
    let limit = |hard, soft, seconds| OutputLimit { hard, soft, seconds };
    assert_eq!(limits, (limit(1, 2, 3), limit(4, 5, 6)));
    assert_eq!(config.settings.debug_command, Protection::Local);
    assert!(config.settings.debug_command.allows(true) && !config.settings.debug_command.allows(false));
    assert_eq!(config.settings.unixsocketperm, 0o700);
    let silent: Vec<_> = config.without_effect().collect();
    assert_eq!(silent, ["replica-priority"]);
}

#[test]
fn save_lines_add_up() {
    for (text, rules) in [
        ("", "3600 1 300 100 60 10000"),
        ("save 1 1\nsave 2 2", "1 1 2 2"),
        ("save \"\"\nsave 2 2", "2 2"),
        ("save 2 2\nsave ''", ""),
        ("save ", ""),
        ("save 1 1 2 2", "1 1 2 2"),
        ("save \"1 1 2 2\"", "1 1 2 2"),
    ] {
        let config = loaded(text);
        assert_eq!(shown(&config, "save"), rules, "{text}");
        assert_eq!(config.settings.persistence.rules.is_empty(), rules.is_empty(), "{text}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let found = problems(
        "port 1 2\nhz 10\nbidn 127.0.0.1\nhz \"1\nmaxmemory 1kbx\nzzzzzzzzzzzz\ncluster-enabled yes\nuser a on\nuser a off",
    );
    let told: Vec<_> = found.iter().map(|problem| (problem.line, &*problem.text, &*problem.reason)).collect();
    assert_eq!(
        told,
        [
            (1, "port 1 2", "wrong number of arguments"),
            (3, "bidn 127.0.0.1", "Bad directive or wrong number of arguments (is 'bind' meant?)"),
            (4, "hz \"1", "Unbalanced quotes in configuration line"),
            (5, "maxmemory 1kbx", "argument must be a memory value"),
            (6, "zzzzzzzzzzzz", "Bad directive or wrong number of arguments"),
            (7, "cluster-enabled yes", "there is no cluster mode yet: only 'no' is accepted"),
            (
                9,
                "user a off",
                "Error in user declaration 'a': Duplicate user found. A user can only be defined once in config files"
            ),
        ]
    );
    let text = report(&found[..1]);
    assert!(text.starts_with("\n*** FATAL CONFIG FILE ERROR (Redoxide "), "{text}");
    assert!(
        text.ends_with(" ***\nReading test.conf, at line 1\n>>> 'port 1 2'\nwrong number of arguments\n"),
        "{text}"
    );
    for line in ["replicaof a 1", "cluster-enabled yes", "tls-port 1", "loadmodule /x"] {
        assert_eq!(problems(line).len(), 1, "{line}");
    }
    assert_eq!(problems("replicaof 127.0.0.1 abc")[0].reason, "Invalid master port");
}

#[test]
fn files_include_files_and_patterns() {
    let dir = std::env::temp_dir().join(format!("redoxide-config-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the test");
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).expect("a file for the test");
    write("part-1.conf", "hz 15\n");
    write("part-2.conf", "timeout 5\nhz 16\n");
    let at = dir.display();
    write("loop.conf", &format!("include {at}/loop.conf\n"));
    let config = loaded(&format!("hz 1\ninclude {at}/part-*.conf\ninclude {at}/none*.conf\n"));
    assert_eq!((config.settings.hz, config.settings.timeout), (16, 5));
    let missing = problems(&format!("include {at}/missing.conf"));
    let text = format!("Fatal error, can't open config file '{at}/missing.conf': No such file or directory");
    assert_eq!(missing[0].reason, text);
    assert_eq!(problems(&format!("include {at}/loop.conf"))[0].reason, "files include each other without end");
    assert_eq!(problems("include")[0].reason, "Bad directive or wrong number of arguments");
    std::fs::remove_dir_all(&dir).expect("the test's own directory");
}

fn asked(arguments: &[&str], stdin: &str) -> Asked {
    let arguments: Vec<Vec<u8>> = arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect();
    arguments::read(&arguments, &mut stdin.as_bytes(), &mut anything)
}

fn started(arguments: &[&str], stdin: &str) -> Config {
    match asked(arguments, stdin) {
        Asked::Run(config) => *config,
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[test]
fn the_command_line_takes_what_redis_server_takes() {
    let dir = std::env::temp_dir().join(format!("redoxide-arguments-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the test");
    let file = dir.join("redis.conf");
    std::fs::write(&file, "loglevel notice\nsave 900 1\n").expect("a file for the test");
    let file = file.to_str().expect("the test's path is a text");
    for (arguments, name, value) in [
        (&["--maxmemory 700mb"][..], "maxmemory", "734003200"),
        (&[file, "loglevel", "verbose", "--maxmemory '700mb'"], "loglevel", "verbose"),
        (&[file, "loglevel", "verbose", "--maxmemory '700mb'"], "maxmemory", "734003200"),
        (&["--proc-title-template", "--my--title"], "proc-title-template", "--my--title"),
        (&["--save", "--loglevel", "verbose"], "save", ""),
        (&["--save", "--loglevel", "verbose"], "loglevel", "verbose"),
        (&["--save", ""], "save", ""),
        (&["--save"], "save", ""),
        (&[file, "--save", "100", "100"], "save", "900 1 100 100"),
        (&[file, "--save", "", "--save", "1", "1"], "save", "1 1"),
        (&["--shutdown-on-sigint", "nosave", "force", "now"], "shutdown-on-sigint", "nosave now force"),
        (&["--shutdown-on-sigint", "nosave force now"], "shutdown-on-sigint", "nosave now force"),
        (&["--hz", "5", "--timeout", "6", "--HZ", "7"], "hz", "7"),
        (&["", "--hz", "5"], "hz", "5"),
        (&["--bind", "127.0.0.1", "::1"], "bind", "127.0.0.1 ::1"),
        (&["--requirepass", "a\"b"], "requirepass", "a\"b"),
        (&["-", "--hz", "6"], "hz", "6"),
        (&["-", "--hz", "6"], "timeout", "9"),
        (&["--hz", "6", "-"], "timeout", "9"),
    ] {
        assert_eq!(shown(&started(arguments, "hz 5\ntimeout 9\n"), name), value, "{arguments:?}");
    }
    assert_eq!(started(&[file], "").file.as_deref(), Some(std::path::Path::new(file)));
    assert_eq!(started(&["--hz", "5"], "").file, None);
    assert!(matches!(asked(&["--check-config", file], ""), Asked::Print(_)));
    std::fs::remove_dir_all(&dir).expect("the test's own directory");
}

#[test]
fn the_command_line_refuses_what_redis_server_refuses() {
    for (arguments, shown) in [
        (&["--invalid"][..], ">>> 'invalid'\nBad directive or wrong number of arguments"),
        (&["--port"], ">>> 'port'\nwrong number of arguments"),
        (&["--port", "6379", "6380"], ">>> 'port \"6379\" \"6380\"'\nwrong number of arguments"),
        (&["--port", "--loglevel", "verbose"], ">>> 'port \"--loglevel\" \"verbose\"'\nwrong number of arguments"),
        (&["--port", "--bla"], ">>> 'port \"--bla\"'\nargument couldn't be parsed into an integer"),
        (&["--loglevel", "--bla", "--port", "0"], ">>> 'loglevel \"--bla\"'\nargument(s) must be one of the following"),
        (&["--shutdown-on-sigint", ""], ">>> 'shutdown-on-sigint \"\"'\nargument(s) must be one of the following"),
        (&["--shutdown-on-sigint", "now force", "save"], "\nargument(s) must be one of the following"),
        (&["--replicaof", "127.0.0.1", "abc"], "\nInvalid master port"),
        (&["--maxmemory", "'700mb'"], ">>> 'maxmemory \"'700mb'\"'\nargument must be a memory value"),
        (&["-x"], ">>> '\"-x\"'\nBad directive"),
        (&["--"], ">>> '\"--\"'\nBad directive"),
        (&["--port=0"], ">>> 'port=0'\nBad directive"),
        (&["--hz", "5", "timeout", "6"], ">>> 'hz \"5\" \"timeout\" \"6\"'\nwrong number of arguments"),
        (&["/nonexistent.conf"], "Fatal error, can't open config file '/nonexistent.conf': No such file or directory"),
        (&["--check-config"], "Usage: "),
    ] {
        match asked(arguments, "") {
            Asked::Refuse(text) => assert!(text.contains(shown), "{arguments:?}: {text}"),
            other => panic!("{arguments:?}: {other:?}"),
        }
    }
}

#[test]
fn version_and_help_are_printed() {
    let Asked::Print(text) = asked(&["--version"], "") else { panic!("a version is printed") };
    let line = text.lines().next().expect("there is a line");
    assert_eq!(line.split(" v=").nth(1).and_then(|rest| rest.split(' ').next()), Some("8.2.3"));
    assert!(line.starts_with("Redoxide "));
    assert!(matches!(asked(&["--help"], ""), Asked::Print(text) if text.starts_with("Usage: redoxide")));
}

#[test]
fn rewriting_keeps_what_a_person_wrote() {
    let old = "# head\nport 6379\nsave 900 1\nHZ 10\n# about timeout\ntimeout 5\nlist-max-ziplist-size 7\nmaxmemory 1gb\n\
               requirepass 'a b'\n\nrename-command flushall X\ninclude /x.conf\nbind 127.0.0.1\nbind ::1\n";
    let readable = old.replace("rename-command flushall X\ninclude /x.conf\n", "");
    let mut config = loaded(&readable);
    let pairs: [(&[u8], &[u8]); 7] = [
        (b"timeout", b"0"),
        (b"save", b"1 1 2 2"),
        (b"maxmemory", b"3gb"),
        (b"bind", b""),
        (b"loglevel", b"debug"),
        (b"repl-backlog-size", b"1234567"),
        (b"dbfilename", b"a \"b\".rdb"),
    ];
    config.set(&pairs, true).expect("all are right");
    config.values[row_of("dir")] = Box::default(); // as in the table, so that it is not written
    let new = String::from_utf8(config.rewritten(old.as_bytes(), false)).expect("a text");
    let expected = "# head\nport 6379\nsave 1 1\nHZ 10\n# about timeout\ntimeout 0\nlist-max-ziplist-size 7\nmaxmemory 3gb\n\
                    requirepass 'a b'\n\nrename-command flushall X\ninclude /x.conf\nbind \"\"\n\n\
                    # Generated by CONFIG REWRITE\nloglevel debug\nsave 2 2\ndbfilename \"a \\\"b\\\".rdb\"\n\
                    repl-backlog-size 1234567\n";
    assert_eq!(new, expected);
    assert_eq!(config.rewritten(new.as_bytes(), false), new.as_bytes(), "a second time changes nothing");
}

#[test]
fn a_rewritten_file_gives_the_same_configuration() {
    let mut config = loaded("save 5 6\nclient-output-buffer-limit replica 1 2 3\nrequirepass \"\\x00\\xff '\"\n");
    config.set(&[(b"notify-keyspace-events", b"KEAn"), (b"oom-score-adj-values", b"1 2 3")], false).expect("right");
    for write_all in [false, true] {
        let text = config.rewritten(b"", write_all);
        let mut judge = anything;
        let mut loader = Loader::new(Config::default(), &mut judge);
        loader.text("rewritten", &text);
        let again = loader.finish().unwrap_or_else(|problems| panic!("{}", report(&problems)));
        for (row, directive) in DIRECTIVES.iter().enumerate() {
            assert_eq!(config.values[row], again.values[row], "{}", directive.name);
        }
    }
}

#[test]
fn a_relative_directory_is_written_in_full() {
    // After `dir .` the server moved elsewhere; the same line would mean the new place only as long as it runs there.
    let config = loaded("dir .\n");
    let dir = String::from_utf8(config.value("dir").to_vec()).expect("the test's path is a text");
    assert!(dir.starts_with('/'), "{dir}");
    assert_eq!(config.rewritten(b"dir .\n", false), format!("dir \"{dir}\"\n").as_bytes());
    let line = format!("dir {dir}\n");
    assert_eq!(config.rewritten(line.as_bytes(), false), line.as_bytes());
}

#[test]
fn rewriting_replaces_the_file_in_one_step_and_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let dir = std::env::temp_dir().join(format!("redoxide-rewrite-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the test");
    let file = dir.join("redis.conf");
    std::fs::write(&file, "hz 10\n").expect("a file for the test");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("the test's own file");
    let mut config = started(&[file.to_str().expect("the test's path is a text")], "");
    set(&mut config, "hz", "30").expect("right");
    config.rewrite(false).expect("the directory can be written to");
    let text = std::fs::read_to_string(&file).expect("the file is there");
    assert!(text.starts_with("hz 30\n"), "{text}");
    let mode = std::fs::metadata(&file).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(&dir).expect("the directory is there").count(), 1, "nothing else is left");
    std::fs::remove_dir_all(&dir).expect("the test's own directory");
}

#[test]
fn the_file_that_comes_with_the_program_says_the_defaults() {
    let text = include_str!("../../redis.conf");
    let config = loaded(text);
    let default = Config::default();
    for (row, directive) in DIRECTIVES.iter().enumerate() {
        assert_eq!(config.values[row], default.values[row], "{}", directive.name);
    }
    // The list of what has no effect yet, read as lines, says defaults, too.
    let (_, list) = text.split_once("without effect yet").expect("the list has a heading");
    let lines: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    let listed = loaded(&lines.join("\n"));
    for (row, directive) in DIRECTIVES.iter().enumerate().filter(|(_, directive)| !directive.is_hidden) {
        assert_eq!(listed.values[row], default.values[row], "{}", directive.name);
        let name = |line: &str| line.split(' ').next() == Some(directive.name);
        let is_listed = lines.iter().any(|line| name(line));
        assert_eq!(is_listed, !directive.is_honoured, "{}", directive.name);
        // What the server acts on is a line, or a comment where a value would be refused.
        let is_named = text.lines().any(|line| name(line.trim_start_matches(['#', ' '])));
        assert!(is_named, "{} is not in redis.conf", directive.name);
    }
}

#[test]
fn users_and_renames_are_kept_as_they_are_said() {
    let (mut judge, mut judge_again) = (anything, anything);
    let mut loader = Loader::new(Config::default(), &mut judge);
    loader.text("a file", b"user ann on >p ~a*\nrename-command GET \"\"\nuser bob off (+get ~x)\n");
    let config = loader.finish().expect("the file is right");
    let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    assert_eq!(config.users, [words("ann on >p ~a*"), words("bob off (+get ~x)")]);
    assert_eq!(config.renames, [(b"GET".to_vec(), Vec::new())]);
    let mut loader = Loader::new(config, &mut judge_again);
    loader.text("another", b"user ann on");
    let problems = loader.finish().expect_err("ann is there already");
    assert_eq!(
        problems[0].reason,
        "Error in user declaration 'ann': Duplicate user found. A user can only be defined once in config files"
    );
}

/// What the server says of its lines stands among the other mistakes, in the order of the file.
#[test]
fn the_server_judges_its_lines_as_they_come() {
    let mut asked = Vec::new();
    let mut judge = |line: Foreign| {
        asked.push(format!("{line:?}"));
        match line {
            Foreign::Rename { from: b"get", .. } => Err("no such command".into()),
            Foreign::User { rules: [], .. } => Err("no rules".into()),
            _ => Ok(()),
        }
    };
    let mut loader = Loader::new(Config::default(), &mut judge);
    loader.text(
        "a.conf",
        b"user ann\nacl-pubsub-default allchannels\nhz x\nrename-command get x\nrename-command set \"\"\nuser bob on\n",
    );
    let problems = loader.finish().expect_err("there are mistakes");
    let told: Vec<_> = problems.iter().map(|problem| (problem.line, &*problem.reason)).collect();
    assert_eq!(told, [(1, "no rules"), (3, "argument couldn't be parsed into an integer"), (4, "no such command")]);
    assert_eq!(asked.len(), 4);
    assert!(asked[0].ends_with("rules: [], all_channels: false }"), "{asked:?}");
    assert!(asked[3].ends_with("all_channels: true }"), "{asked:?}");
}

#[test]
fn rewriting_brings_users_up_to_date() {
    let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let mut config = Config { users: vec![words("ann on"), words("bob off ~a\"b")], ..Config::default() };
    config.values[super::row_of("dir")] = Box::default();
    let old = b"# people\nuser ann off\nport 6379\nUSER cid on\nuser dan on\n";
    let new = config.rewritten(old, false);
    assert_eq!(
        String::from_utf8_lossy(&new),
        "# people\nuser ann on\nport 6379\nuser bob off \"~a\\\"b\"\n",
        "lines are used again, and those of users who are gone go"
    );
}

/// Whoever sets what has no effect is told so in the log, and nobody else.
#[test]
fn what_the_server_goes_by_is_marked_as_honoured() {
    let settings = |config: &Config| format!("{:?}", config.settings);
    let before = settings(&Config::default());
    for row in DIRECTIVES.iter().filter(|row| !row.is_honoured) {
        for value in ["yes", "no", "1", "7", "100", "65536", "2mb", "text"] {
            let mut config = Config::default();
            if config.set(&[(row.name.as_bytes(), value.as_bytes())], false).is_ok() {
                assert_eq!(settings(&config), before, "{} {value}", row.name);
            }
        }
    }
}

/// So that a `valkey.conf` is taken as it is.
#[test]
fn directives_of_valkey_are_understood_and_not_listed() {
    let mut config = loaded("commandlog-execution-slower-than 5\nprimaryauth x\nmptcp no\nlog-format json\n");
    assert_eq!((shown(&config, "slowlog-log-slower-than"), shown(&config, "masterauth")), ("5".into(), "x".into()));
    assert_eq!(shown(&config, "commandlog-execution-slower-than"), "5");
    assert_eq!(config.get(&[b"commandlog*", b"primary*", b"log-f*"]), []);
    assert_eq!(config.without_effect().collect::<Vec<_>>(), ["masterauth", "log-format"]);
    config.set(&[(b"commandlog-execution-slower-than", b"7")], false).expect("it may be changed");
    assert_eq!(config.settings.slowlog_us, Some(7));
}
