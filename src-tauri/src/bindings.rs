//! Writes the page's view of the commands, or says where the one that is committed has drifted.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use ts_rs::{Config, TS, TypeVisitor};

use crate::commands::{Signature, signatures, visit_types};

const BINDINGS: &str = "ui/src/lib/bindings/workbench.ts";
const PERMISSIONS: &str = "src-tauri/permissions/curate.toml";

/// Declarations by name, each with everything it mentions.
struct Declarations<'a> {
    config: &'a Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_none() {
            T::visit_dependencies(self);
            T::visit_generics(self);
        } else if !self.found.contains_key(&T::ident(self.config)) {
            let documentation = T::docs().unwrap_or_default();
            let text = format!("{documentation}export {}\n", T::decl(self.config));
            self.found.insert(T::ident(self.config), text);
            T::visit_dependencies(self);
        }
    }
}

/// `take_alternative` as the page calls it: `takeAlternative`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| camel + &word[..1].to_uppercase() + &word[1..])
}

fn command(signature: &Signature) -> String {
    let mut parameters: Vec<_> = signature.arguments.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
    let mut passed: Vec<_> = signature.arguments.iter().map(|(name, _)| (*name).to_owned()).collect();
    if let Some(streamed) = &signature.streams {
        parameters.push(format!("hear: (event: {streamed}) => void"));
        passed.push("channel: new Channel(hear)".to_owned());
    }
    let passed = if passed.is_empty() { String::new() } else { format!(", {{ {} }}", passed.join(", ")) };
    let result = if signature.result == "null" { "void" } else { &signature.result };
    format!(
        "  /** {} */\n  {}: ({}): Promise<{result}> => invoke(\"{}\"{passed}),\n",
        signature.documentation,
        camel(signature.name),
        parameters.join(", "),
        signature.name,
    )
}

fn bindings(config: &Config) -> String {
    let mut declarations = Declarations { config, found: BTreeMap::new() };
    visit_types(&mut declarations);
    let mut text = String::from(
        "// Written from the Rust types by the test `bindings_are_up_to_date`; with VITRINE_WRITE_BINDINGS=1 it writes anew.\n\n\
         import { Channel, invoke } from \"@tauri-apps/api/core\";\n\n",
    );
    for declaration in declarations.found.values() {
        text.push_str(declaration);
        text.push('\n');
    }
    text.push_str("export const commands = {\n");
    for signature in signatures(config) {
        text.push_str(&command(&signature));
    }
    text.push_str("};\n");
    text
}

fn permissions(config: &Config) -> String {
    let mut text = String::from(
        "# Written from the table of commands by the test `bindings_are_up_to_date`.\n\n[[permission]]\n\
         identifier = \"curate\"\ndescription = \"The curator's commands.\"\ncommands.allow = [\n",
    );
    for signature in signatures(config) {
        let _ = writeln!(text, "    \"{}\",", signature.name);
    }
    text.push_str("]\n");
    text
}

#[test]
fn bindings_are_up_to_date() {
    // The views' numbers are far below 2^53, where JavaScript's stop being exact.
    let config = Config::default().with_large_int("number");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in [(BINDINGS, bindings(&config)), (PERMISSIONS, permissions(&config))] {
        let path = root.join(path);
        if env::var_os("VITRINE_WRITE_BINDINGS").is_some() {
            fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
            fs::write(&path, &text).expect("bindings can be written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{} no longer fits the commands: run VITRINE_WRITE_BINDINGS=1 cargo test -p vitrine --lib bindings",
            path.display()
        );
    }
}
