//! `host_net`: there is no network. Every call is `ENOSYS`.

use super::{each_stub, unsupported};

macro_rules! stub {
    (host_net $function:ident $parameters:tt) => {
        unsupported! { Nosys $function $parameters }
    };
    ($($other:tt)*) => {};
}

crate::for_each_import!(each_stub);
