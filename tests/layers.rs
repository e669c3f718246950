//! The arrows of ARCHITECTURE.md, read from `cargo metadata`: no crate may use one that its row does not name.

use std::{collections::BTreeMap, process::Command};

/// For each package what it may use of the others; test-only dependencies included.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    const BELOW_WORKBENCH: &[&str] = &[
        "vitrine-assistant",
        "vitrine-knowledge",
        "vitrine-exchange",
        "vitrine-evaluation",
        "vitrine-inference",
        "vitrine-retrieval",
        "vitrine-sources",
        "vitrine-rendering",
        "vitrine-kernels",
        "vitrine-catalogue",
        "vitrine-imaging",
        "vitrine-vocabularies",
    ];
    BTreeMap::from([
        ("vitrine", &["vitrine-workbench"][..]),
        ("vitrine-cli", &["vitrine-workbench"]),
        ("vitrine-workbench", BELOW_WORKBENCH),
        ("vitrine-assistant", &["vitrine-knowledge", "vitrine-inference", "vitrine-retrieval", "vitrine-sources"]),
        (
            "vitrine-knowledge",
            &["vitrine-inference", "vitrine-retrieval", "vitrine-sources", "vitrine-rendering", "vitrine-imaging"],
        ),
        ("vitrine-exchange", &["vitrine-catalogue", "vitrine-imaging", "vitrine-rendering"]),
        ("vitrine-evaluation", &[]),
        ("vitrine-worker", &["vitrine-assistant", "vitrine-inference"]),
        ("vitrine-inference", &["vitrine-imaging", "vitrine-kernels", "vitrine-retrieval"]),
        ("vitrine-kernels", &[]),
        ("vitrine-retrieval", &[]),
        ("vitrine-sources", &["vitrine-imaging"]),
        ("vitrine-rendering", &["vitrine-imaging"]),
        ("vitrine-catalogue", &[]),
        ("vitrine-imaging", &[]),
        ("vitrine-vocabularies", &[]),
    ])
}

#[test]
fn arrows_run_downwards_only() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let allowed = allowed();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert_eq!(
        packages.len(),
        allowed.len(),
        "a crate came or went: the table in ARCHITECTURE.md and this test name them all"
    );
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let uses = allowed.get(name).unwrap_or_else(|| panic!("{name} has no row in ARCHITECTURE.md"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let dependency = dependency["name"].as_str().expect("a name");
            if allowed.contains_key(dependency) {
                assert!(uses.contains(&dependency), "{name} may not use {dependency}");
            }
        }
    }
}
