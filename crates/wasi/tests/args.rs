use hotcell_wasi::{BuildError, WasiCtxBuilder, calls::wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

/// What `*_sizes_get` and `*_get` tell: the strings, each with its NUL taken off.
fn strings(guest: &mut Guest, environ: bool) -> Vec<Vec<u8>> {
    let (count, bytes) = (guest.room(4), guest.room(4));
    let errno = guest.call(|ctx, memory| match environ {
        true => wasi::environ_sizes_get(ctx, memory, count, bytes),
        false => wasi::args_sizes_get(ctx, memory, count, bytes),
    });
    assert_eq!(errno, errno::SUCCESS);
    let (count, bytes) = (guest.get_u32(count) as usize, guest.get_u32(bytes) as usize);
    let (pointers, buffer) = (guest.room(count * 4), guest.room(bytes));
    let errno = guest.call(|ctx, memory| match environ {
        true => wasi::environ_get(ctx, memory, pointers, buffer),
        false => wasi::args_get(ctx, memory, pointers, buffer),
    });
    assert_eq!(errno, errno::SUCCESS);
    let mut end = buffer as usize;
    let strings = (0..count)
        .map(|index| {
            let start = guest.get_u32(pointers + index as i32 * 4) as usize;
            assert_eq!(start, end, "the strings lie one after the other");
            let text = guest.get(start as i32, buffer as usize + bytes - start);
            let len = text.iter().position(|byte| *byte == 0).expect("a NUL at the end");
            end = start + len + 1;
            text[..len].to_vec()
        })
        .collect();
    assert_eq!(end, buffer as usize + bytes);
    strings
}

#[test]
fn args_get_gives_every_byte_in_order() {
    let mut guest = Guest::with(|builder| builder.args(["program", "", "two words"]).args([vec![0xff, 0xfe]]));
    assert_eq!(strings(&mut guest, false), [b"program".to_vec(), vec![], b"two words".to_vec(), vec![0xff, 0xfe]]);
}

#[test]
fn args_get_of_a_program_without_arguments_is_empty() {
    assert_eq!(strings(&mut Guest::new(), false), Vec::<Vec<u8>>::new());
}

#[test]
fn environ_get_gives_the_last_value_of_a_name_and_the_working_directory() {
    let mut guest =
        Guest::with(|builder| builder.env([("A", "1"), ("PWD", "/elsewhere"), ("B", "x=y"), ("A", "2")]).cwd("/tmp"));
    assert_eq!(strings(&mut guest, true), [b"A=2".to_vec(), b"B=x=y".to_vec(), b"PWD=/tmp".to_vec()]);
}

#[test]
fn args_get_outside_of_the_memory_is_efault() {
    let mut guest = Guest::with(|builder| builder.args(["program"]));
    let pointers = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| wasi::args_get(ctx, memory, pointers, 65_530)), errno::FAULT);
    assert_eq!(guest.call(|ctx, memory| wasi::args_get(ctx, memory, -4, pointers)), errno::FAULT);
    assert_eq!(guest.call(|ctx, memory| wasi::args_sizes_get(ctx, memory, 65_536, pointers)), errno::FAULT);
}

#[test]
fn args_sizes_get_to_an_unaligned_pointer_is_einval() {
    let mut guest = Guest::new();
    assert_eq!(guest.call(|ctx, memory| wasi::args_sizes_get(ctx, memory, 65, 72)), errno::INVAL);
}

fn build_error(options: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> BuildError {
    options(builder(&vfs(), &Streams::default())).build().expect_err("the options are invalid")
}

#[test]
fn build_refuses_what_no_program_can_be_given() {
    assert_eq!(build_error(|builder| builder.args(["a", "b\0"])), BuildError::NulInArgument { index: 1 });
    assert_eq!(build_error(|builder| builder.env([("A", "\0")])), BuildError::NulInEnvironment { name: "A".into() });
    assert_eq!(
        build_error(|builder| builder.env([("A=B", "")])),
        BuildError::InvalidEnvironmentName { name: "A=B".into() }
    );
    assert_eq!(build_error(|builder| builder.env([("", "")])), BuildError::InvalidEnvironmentName { name: "".into() });
    let limit = hotcell_wasi::MAX_ARGS_AND_ENV_BYTES;
    assert_eq!(build_error(|builder| builder.args(["x".repeat(limit)])), BuildError::TooLong { limit });
}

#[test]
fn build_refuses_directories_that_are_not_there() {
    let error = build_error(|builder| builder.cwd("/missing"));
    assert_eq!(error, BuildError::Directory { path: "/missing".into(), source: hotcell_vfs::Errno::ENOENT });
    let error = build_error(|builder| builder.preopens([("/dev".to_owned(), "/dev/null".to_owned())]));
    assert_eq!(error, BuildError::Directory { path: "/dev/null".into(), source: hotcell_vfs::Errno::ENOTDIR });
    assert_eq!(build_error(|builder| builder.max_descriptors(3)), BuildError::TooManyDirectories { limit: 3 });
}
