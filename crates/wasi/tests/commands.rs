use crate::{harness::*, interpreter::*};

#[test]
fn experiment() {
    let dir = std::env::var("HOTCELL_COREUTILS_WASM").unwrap();
    let line = std::env::var("CMD").unwrap();
    let args: Vec<&str> = line.split(' ').collect();
    let wasm = std::fs::read(format!("{dir}/{}", args[0])).unwrap();
    let vfs = vfs();
    use hotcell_vfs::Base;
    vfs.write_file(Base::Root, "/work/a.txt", b"hello\nworld\n".to_vec(), 0o644, true).unwrap();
    vfs.write_file(Base::Root, "/work/sub/b.txt", b"b\n".to_vec(), 0o644, true).unwrap();
    let (i, o, e) =
        (Pipe::with_bytes(std::env::var("IN").unwrap_or_default().as_bytes()), Pipe::default(), Pipe::default());
    i.close();
    let ctx = build(builder(&vfs, &i, &o, &e).args(args).cwd("/work").preopens(
        std::env::var("PRE").unwrap_or("/=/".into()).split(',').map(|p| {
            let (a, b) = p.split_once('=').unwrap();
            (a.to_string(), b.to_string())
        }),
    ));
    let t = std::time::Instant::now();
    let end = run(&wasm, ctx);
    println!(
        "{end:?} {:?}\n--out\n{}--err\n{}",
        t.elapsed(),
        String::from_utf8_lossy(&o.drain()),
        String::from_utf8_lossy(&e.drain())
    );
}
