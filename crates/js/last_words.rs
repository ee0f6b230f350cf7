// Shared by the build scripts of those crates that link V8 into something that runs.

/// Functions by which V8 ends the process without asking its embedder: `v8::base::FatalNoSecurityImpact(char const*, ...)` and
/// `v8::base::FatalOOM(v8::base::OOMType, char const*)`. On Linux calls of them go to `crates/js/src/last_words.rs` instead,
/// by the linker's `--wrap`. Source: V8's base/logging.h.
const LAST_WORDS: [&str; 2] =
    ["_ZN2v84base21FatalNoSecurityImpactEPKcz", "_ZN2v84base8FatalOOMENS0_7OOMTypeEPKc"];

/// Prints what cargo needs to pass the linker its arguments: `instruction` is such as `cargo::rustc-link-arg-bins`.
fn hear_last_words(instruction: &str) {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", concat!(env!("CARGO_MANIFEST_DIR"), "/../js/last_words.rs"));
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for symbol in LAST_WORDS {
            println!("{instruction}=-Wl,--wrap={symbol}");
        }
    }
}
