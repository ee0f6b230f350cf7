//! At least one value of every variant of every message, with its optional fields and without.

use hotcell_protocol::{
    BlobDigest, DirEntry, ErrorCode, ErrorInfo, FileContent, FileKind, FileStat, FsRequest, GuestError, GuestExit,
    HostHello, KillReason, LimitOverrides, MAX_ID, ModuleCacheStats, Mount, MountMode, Notice, Outcome,
    PROTOCOL_VERSION, Phase, PhaseSpan, Phases, PoolStats, Program, Reply, Request, RetireReason,
    SandboxLimitOverrides, SandboxOptions, SidecarHello, Signal, SourceFormat, SpawnOptions, Stats, StdinMode, Stream,
    Usage,
};

pub fn host_hellos() -> Vec<HostHello> {
    let hello = HostHello {
        protocol: PROTOCOL_VERSION,
        agent: "hotcell-node/0.1.0".into(),
        max_frame: 1 << 20,
        token: None,
        limits: None,
    };
    vec![hello.clone(), HostHello { token: Some("s3cret".into()), limits: Some(limits()), ..hello }]
}

pub fn sidecar_hellos() -> Vec<SidecarHello> {
    vec![SidecarHello {
        protocol: PROTOCOL_VERSION,
        version: "0.1.0".into(),
        v8_version: "15.2.1".into(),
        pid: 4242,
        max_frame: 1 << 20,
    }]
}

pub fn requests() -> Vec<Request> {
    let fs = |request| Request::Fs { sandbox: 1, request };
    let path = || "/app/a.txt".to_owned();
    let spawn = |program| Request::Spawn {
        sandbox: 1,
        options: SpawnOptions {
            program,
            args: vec![],
            env: Default::default(),
            cwd: None,
            limits: LimitOverrides::default(),
            stdin: StdinMode::Empty,
            credit: 65536,
            phases: false,
        },
    };
    let write = |content| fs(FsRequest::WriteFile { path: path(), content, parents: true, mode: 0o644 });
    vec![
        Request::CreateSandbox { options: SandboxOptions::default() },
        Request::CreateSandbox {
            options: SandboxOptions {
                env: [("LANG".into(), "C".into()), ("__proto__".into(), "Zürich \u{1f30b}".into())].into(),
                cwd: Some("/app".into()),
                limits: limits(),
                shared_limits: SandboxLimitOverrides {
                    fs_bytes: Some(64 << 20),
                    fs_inodes: Some(10_000),
                    ..SandboxLimitOverrides::default()
                },
                mounts: vec![
                    Mount { host: "/srv/data".into(), guest: "/data".into(), mode: MountMode::Ro },
                    Mount { host: "/srv/out".into(), guest: "/out".into(), mode: MountMode::Rw },
                    Mount { host: "/srv/src".into(), guest: "/src".into(), mode: MountMode::Overlay },
                ],
                userland: Some("var helper = 1;".into()),
            },
        },
        Request::DestroySandbox { sandbox: MAX_ID },
        spawn(Program::Source { text: "1 + 1".into(), format: SourceFormat::Auto, name: None }),
        spawn(Program::Source {
            text: "await 1;\n\u{0}\"\\".into(),
            format: SourceFormat::Module,
            name: Some("/app/main.mjs".into()),
        }),
        spawn(Program::Source { text: String::new(), format: SourceFormat::Script, name: None }),
        spawn(Program::Wasm { digest: digest(), name: None }),
        spawn(Program::Wasm { digest: digest(), name: Some("ls".into()) }),
        Request::Spawn {
            sandbox: 1,
            options: SpawnOptions {
                program: Program::Command { command: "ls".into() },
                args: vec!["-l".into(), String::new()],
                env: [("A".into(), "b".into())].into(),
                cwd: Some("sub".into()),
                limits: limits(),
                stdin: StdinMode::Pipe,
                credit: u32::MAX,
                phases: true,
            },
        },
        Request::Kill { guest: 2, reason: KillReason::Cancel },
        Request::Kill { guest: 2, reason: KillReason::Signal { signal: Signal::Sigterm } },
        Request::Credit { guest: 2, stream: Stream::Stdout, bytes: 4096 },
        Request::Credit { guest: 2, stream: Stream::Stderr, bytes: u32::MAX },
        Request::PutBlob { digest: digest(), length: 0 },
        write(FileContent::Upload { length: 0 }),
        write(FileContent::Blob { digest: digest() }),
        fs(FsRequest::ReadFile { path: path() }),
        fs(FsRequest::Mkdir { path: path(), recursive: true }),
        fs(FsRequest::Readdir { path: path() }),
        fs(FsRequest::Stat { path: path(), follow: false }),
        fs(FsRequest::Rm { path: path(), recursive: true, force: false }),
        fs(FsRequest::Rename { from: path(), to: "/b".into() }),
        fs(FsRequest::Symlink { target: "../x".into(), path: path() }),
        fs(FsRequest::Readlink { path: path() }),
        Request::Stats,
        Request::Shutdown,
    ]
}

pub fn replies() -> Vec<Reply> {
    let kinds = [FileKind::File, FileKind::Directory, FileKind::Symlink, FileKind::Device];
    let stat = FileStat {
        kind: FileKind::File,
        size: 5 << 30,
        mode: 0o755,
        inode: 7,
        links: 1,
        atime_ms: 1_700_000_000_000.0,
        mtime_ms: 1_700_000_000_000.25,
        ctime_ms: -1.5,
    };
    let mut replies = vec![
        Reply::Done,
        Reply::Readdir { entries: vec![] },
        Reply::Readdir { entries: kinds.map(|kind| DirEntry { name: format!("{kind:?} \u{e9}"), kind }).into() },
        Reply::Stat { stat },
        Reply::Readlink { target: "../x".into() },
        Reply::Stats { stats: Box::new(Stats { version: "0.1.0".into(), pid: 4242, ..Stats::default() }) },
        Reply::Stats {
            stats: Box::new(Stats {
                resident_bytes: 3 << 30,
                module_cache: ModuleCacheStats { entries: 1, bytes: 2, hits: 3, misses: 4, evictions: 5 },
                pool: PoolStats {
                    parked: 2,
                    seeds: 2,
                    refills: 3,
                    parks: 5,
                    claim_hits: 2,
                    claim_misses: 4,
                    evictions: 1,
                },
                ..Stats::default()
            }),
        },
    ];
    replies.extend(errors().into_iter().map(|error| Reply::Failed { error }));
    replies
}

pub fn notices() -> Vec<Notice> {
    let exit = |outcome| GuestExit {
        outcome,
        exit_code: None,
        signal: None,
        error: None,
        usage: Usage::default(),
        phases: None,
    };
    let notice = |exit| Notice::Exit { exit: Box::new(exit) };
    let usage = Usage {
        wall_us: 1234,
        start_us: 200,
        cpu_us: 900,
        heap_bytes: 1 << 20,
        external_peak_bytes: 65536,
        stdout_bytes: 2,
        stderr_bytes: MAX_ID,
    };
    let mut start_us = 0.0;
    let spans = Phase::ALL.map(|phase| {
        let span = PhaseSpan { phase, start_us, duration_us: 2.125 };
        start_us += span.duration_us;
        span
    });
    let phases = Phases { received_ms: 1_700_000_000_000.25, warm_worker: true, spans: spans.into() };
    let mut notices = vec![
        notice(GuestExit { exit_code: Some(255), usage, ..exit(Outcome::Exited) }),
        notice(GuestExit { exit_code: Some(0), phases: Some(phases), ..exit(Outcome::Exited) }),
        notice(GuestExit { exit_code: Some(0), phases: Some(Phases::default()), ..exit(Outcome::Exited) }),
        notice(GuestExit { signal: Some(Signal::Sigkill), ..exit(Outcome::Signaled) }),
        notice(GuestExit {
            error: Some(GuestError { message: "It ran for too long.".into(), limit: Some("wallMs".into()) }),
            ..exit(Outcome::TimedOut)
        }),
        notice(GuestExit {
            error: Some(GuestError { message: "The engine gave up.".into(), limit: None }),
            ..exit(Outcome::Crashed)
        }),
        Notice::StdinCredit { bytes: u32::MAX },
        Notice::StdinClosed,
        Notice::LimitNear { limit: "heapMb".into(), used: 52, max: 64 },
    ];
    notices.extend([Outcome::OutOfMemory, Outcome::LimitExceeded, Outcome::Cancelled].map(|o| notice(exit(o))));
    notices.extend(
        [RetireReason::Unyielding, RetireReason::EngineOutOfMemory, RetireReason::EngineFatal]
            .map(|reason| Notice::Retiring { reason, message: "Replaced.".into(), drain_ms: 10_000 }),
    );
    notices
}

pub fn errors() -> Vec<ErrorInfo> {
    vec![
        ErrorInfo::new(ErrorCode::UnknownSandbox, "There is no sandbox 9."),
        ErrorInfo { errno: Some("ENOENT".into()), ..ErrorInfo::new(ErrorCode::Fs, "There is no file /x.") },
    ]
}

fn limits() -> LimitOverrides {
    LimitOverrides {
        wall_ms: Some(1000),
        cpu_ms: Some(500),
        heap_mb: Some(64),
        external_mb: Some(32),
        output_bytes: Some(1 << 40),
        ..LimitOverrides::default()
    }
}

fn digest() -> BlobDigest {
    BlobDigest(std::array::from_fn(|n| n as u8 * 8))
}
