use crate::harness::{hotcell, text};

#[test]
fn version_names_the_program_the_protocol_and_the_engine() {
    let output = hotcell().arg("--version").output().unwrap();
    let version = text(&output.stdout);
    let expected = format!("hotcell {} (protocol 1, V8 15.", env!("CARGO_PKG_VERSION"));
    assert!(version.starts_with(&expected) && version.ends_with(")\n"), "{version}");
}

#[test]
fn settings_are_listed_for_people_and_for_programs() {
    let for_people = hotcell().arg("settings").env("HOTCELL_MAX_FRAME", "8192").output().unwrap();
    let for_programs = hotcell().args(["settings", "--json"]).env("HOTCELL_MAX_FRAME", "8192").output().unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&for_programs.stdout).unwrap();
    for row in &rows {
        assert!(text(&for_people.stdout).contains(row["name"].as_str().unwrap()));
    }
    let row = rows.iter().find(|row| row["name"] == "HOTCELL_MAX_FRAME").unwrap();
    assert_eq!((row["default"].as_str(), row["value"].as_str()), (Some("1048576"), Some("8192")));
}

#[test]
fn setting_that_can_not_be_used_stops_every_task_and_names_itself() {
    for task in [&["settings"][..], &["child"], &["run", "app.js"], &["serve", "--socket", "/nonexistent/s"]] {
        let output = hotcell().args(task).env("HOTCELL_LOG_FORMAT", "xml").output().unwrap();
        assert_eq!(output.status.code(), Some(125));
        let stderr = text(&output.stderr);
        assert!(stderr.contains("HOTCELL_LOG_FORMAT") && stderr.contains("text or json"), "{stderr}");
    }
}

#[test]
fn command_line_that_is_not_understood_ends_with_2() {
    for arguments in [&["--none"][..], &["none"], &["run"], &["serve"], &[], &["run", "--env", "A", "app.js"]] {
        let output = hotcell().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
