//! How the program is linked.

include!("../js/last_words.rs");

fn main() {
    hear_last_words("cargo::rustc-link-arg-bins");
}
