//! Makes components of the core modules in `tests/programs/components/programs`. Run by `scripts/assemble-components`.

use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let programs = root.join("tests/programs/components/programs");
    for file in fs::read_dir(&programs).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let text = fs::read_to_string(&path).unwrap();
            let world = text.lines().next().unwrap().strip_prefix(";; world: ").expect("the first line has the world");
            fs::write(path.with_extension("wasm"), component(&root, &programs, world, &text)).unwrap();
            println!("{}", path.display());
        }
    }
}

fn component(root: &Path, programs: &Path, world: &str, text: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_dir(root.join("crates/wasm/wit")).unwrap();
    resolve.push_str("cli.wit", &fs::read_to_string(programs.join("cli.wit")).unwrap()).unwrap();
    let package = format!("package test:program; world program {{ {world} }}");
    let package = resolve.push_str("program.wit", &package).unwrap();
    let world = resolve.select_world(&[package], Some("program")).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut bytes = ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
    // A custom section at the end, by which a test knows the text that it was made of.
    let name = b"source";
    bytes.extend([0, (1 + name.len() + 32) as u8, name.len() as u8]);
    bytes.extend(name);
    bytes.extend(Sha256::digest(text));
    bytes
}
