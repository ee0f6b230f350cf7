//! How the addon is linked on Linux, where it lives in one process with another V8: Node's own, whose executable exports
//! V8's symbols.

include!("../js/last_words.rs");

fn main() {
    hear_last_words("cargo::rustc-cdylib-link-arg");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The V8 in here calls itself, whatever the process has loaded before.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
        // A worker thread that ends closes the library, while threads in it may still run for other workers.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
