use std::collections::HashSet;

use hotcell_wasi::{IMPORTS, ValueType};

#[test]
fn imports_of_one_name_differ_in_the_number_of_parameters_only() {
    let mut seen = HashSet::new();
    for import in IMPORTS {
        assert!(seen.insert((import.module, import.name, import.parameters.len())), "{import:?} is there twice");
        let results: HashSet<_> = IMPORTS
            .iter()
            .filter(|other| (other.module, other.name) == (import.module, import.name))
            .map(|other| other.result == Some(ValueType::I64))
            .collect();
        assert_eq!(results.len(), 1, "{import:?} has results of different types");
    }
}

#[test]
fn imports_hold_all_of_preview1() {
    let preview1 = IMPORTS.iter().filter(|import| import.module == "wasi_snapshot_preview1");
    assert_eq!(preview1.count(), 46);
}

#[test]
fn imports_that_wait_are_those_of_streams_and_timers() {
    let waiting: Vec<&str> = IMPORTS.iter().filter(|import| import.waits).map(|import| import.name).collect();
    assert_eq!(waiting, ["fd_read", "fd_write", "poll_oneoff", "sched_yield", "sleep_ms", "read"]);
}
