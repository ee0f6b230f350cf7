//! What V8 calls, on Linux, where it would end the process without asking: the build scripts have the linker put these in the
//! place of V8's own (`crates/js/last_words.rs`). Elsewhere the process ends.

use crate::fatal;
use std::ffi::{c_char, c_int};

/// In the place of `v8::base::FatalNoSecurityImpact(char const* format, ...)`, which V8 calls where a program asks for an array
/// or a table beyond its bounds. What stands in the further arguments is left alone.
///
/// # Safety
/// `format` is a C string.
#[unsafe(export_name = "__wrap__ZN2v84base21FatalNoSecurityImpactEPKcz")]
unsafe extern "C" fn fatal_no_security_impact(format: *const c_char) -> ! {
    // SAFETY: as the caller promises.
    fatal::beyond_bounds(unsafe { fatal::text(format) })
}

/// In the place of `v8::base::FatalOOM(v8::base::OOMType type, char const* message)`, which V8 calls where it gets no memory for
/// its own purposes.
///
/// # Safety
/// `message` is a C string.
#[unsafe(export_name = "__wrap__ZN2v84base8FatalOOMENS0_7OOMTypeEPKc")]
unsafe extern "C" fn fatal_oom(_type: c_int, message: *const c_char) -> ! {
    // SAFETY: as the caller promises.
    fatal::out_of_memory(&unsafe { fatal::text(message) }, false)
}

/// Keeps both within what is linked, where nothing in Rust calls them.
pub(crate) fn listen() {
    std::hint::black_box(fatal_no_security_impact as unsafe extern "C" fn(*const c_char) -> !);
    std::hint::black_box(fatal_oom as unsafe extern "C" fn(c_int, *const c_char) -> !);
}
