//! `edit`, `accept` and `undo` as people run them: seen first, made in one act, taken back.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use tempfile::TempDir;

fn vitrine(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine-cli"));
    command.current_dir(folder).args(["--library", "library", "--json"]).args(arguments).env("VITRINE_PERSON", "Anna");
    command.output().unwrap()
}

/// The command goes through, and prints this.
fn done(folder: &TempDir, arguments: &[&str]) -> Value {
    let Output { status, stdout, stderr } = vitrine(folder, arguments);
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

/// The command fails with this exit code and a message that says so.
fn refused(folder: &TempDir, arguments: &[&str], code: i32, says: &str) {
    let Output { status, stderr, .. } = vitrine(folder, arguments);
    let message = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{arguments:?}: {message}");
    assert!(message.contains(says), "{message:?} does not say {says:?}");
}

/// A library of three scans.
fn library() -> TempDir {
    let folder = TempDir::new().unwrap();
    for n in 0..3u8 {
        let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 3, y as u8 * n, 80 * n]));
        picture.save(folder.path().join(format!("{n}.png"))).unwrap();
    }
    done(&folder, &["import", "0.png", "1.png", "2.png"]);
    folder
}

#[test]
fn a_property_of_many_works_is_changed_and_taken_back() {
    let folder = library();
    let tried = done(&folder, &["edit", "set", "style", "Rococo", "--all", "--dry-run"]);
    assert_eq!((&tried["changed"], &tried["works"], &tried["what"]), (&json!(false), &json!(3), &Value::Null));
    let found = done(&folder, &["works", "--lacks", "style"]);
    assert_eq!(found["total"], 3, "a dry run changes nothing");

    let changed = done(&folder, &["edit", "set", "style", "Rococo", "--work", "1,2"]);
    assert_eq!(changed["what"], "Set style of 2 works: Rococo");
    assert_eq!(changed["changes"][0]["before"], json!([]));
    let changed = done(&folder, &["edit", "append", "tag", "tree", "--facet", "style=Rococo"]);
    assert_eq!(changed["works"], 2);
    let changed = done(&folder, &["edit", "replace", "style", "rococo", "Baroque", "--all", "--whole-words"]);
    assert_eq!(changed["left"], json!([{ "reason": "nobody stands by a value there", "works": 1 }]));
    assert_eq!(done(&folder, &["undo"])["what"], "Replaced in style of 2 works: rococo → Baroque");
    let changed = done(&folder, &["edit", "remove", "tag", "tree", "--query", "style:rococo"]);
    assert_eq!((&changed["works"], &changed["changes"][1]["after"]), (&json!(2), &json!([])));
    assert_eq!(done(&folder, &["undo"])["what"], "Removed tag from 2 works: tree");
    assert_eq!(done(&folder, &["undo", "--redo"])["what"], "Removed tag from 2 works: tree");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = library();
    refused(&folder, &["edit", "set", "style", "Rococo"], 2, "--all");
    refused(&folder, &["edit", "remove", "style", "--all"], 2, "--any");
    refused(&folder, &["edit", "remove", "style", "--any", "--all"], 1, "nothing would change in any of these works");
    refused(&folder, &["edit", "set", "style", " ", "--all"], 1, "the value for “style” is empty");
    refused(&folder, &["edit", "set", "style", "Rococo", "--work", "9"], 1, "there is no work number 9");
    refused(&folder, &["edit", "set", "style", "Rococo", "--query", "title:nothing"], 1, "no work is chosen");
    assert_eq!(done(&folder, &["accept"]), json!({ "bulk": [], "alike": [] }));
    refused(&folder, &["accept", "bulk", "style"], 1, "do not show yet that 95 % of them are right");
    refused(&folder, &["accept", "bulk", "artist"], 1, "an artist that a model suggested is accepted on its own");
    refused(&folder, &["accept", "alike", "style", "Rococo", "--work", "1"], 1, "“Rococo” does not wait in work 1");
    assert_eq!(done(&folder, &["undo"]), json!({ "what": null, "redo": false }));
}
