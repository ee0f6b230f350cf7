//! What a locked-down process tries, and what must come of it (O1 to O4 of the threats).

use hotcell_lockdown::{FileAccess, Profile, close_descriptors_from, confine_calls, confine_files, drop_privileges};
use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;

pub struct Attempt {
    pub name: &'static str,
    make: fn(&Path),
}

macro_rules! attempts {
    ($($name:ident),* $(,)?) => {
        pub const ALL: &[Attempt] = &[$(Attempt { name: stringify!($name), make: $name }),*];
    };
}

attempts![
    o1_calls_that_are_not_listed_fail,
    o1_threads_that_are_older_are_confined_too,
    o1_threads_that_are_newer_are_confined_too,
    o1_ioctl_beyond_the_list_fails,
    o1_sockets_can_not_be_made,
    o1_hosts_can_be_accepted_by_a_server,
    o1_hosts_can_be_accepted_by_nobody_else,
    o1_signals_reach_no_other_process,
    o1_files_beyond_the_allowed_ones_can_not_be_opened,
    o1_allowed_directory_has_files_but_no_devices_and_no_programs,
    o1_files_that_were_open_stay_open,
    o2_stray_descriptors_are_closed,
    o3_no_core_dumps_and_no_new_privileges,
    o4_nothing_can_be_run_and_no_process_made,
    code_can_still_be_generated,
    abort_still_ends_the_process,
    lockdown_can_not_be_undone,
    o5_missing_landlock_is_told,
    o5_missing_seccomp_is_told,
];

/// Makes an attempt in this process; a panic is its failure.
pub fn make(name: &str, directory: &Path) -> ExitCode {
    let attempt = ALL.iter().find(|attempt| attempt.name == name).expect("an attempt of that name");
    (attempt.make)(directory);
    ExitCode::SUCCESS
}

fn lock_down(directory: &Path, profile: Profile) {
    drop_privileges().unwrap();
    confine_files(&FileAccess { write: vec![directory.join("allowed")], ..FileAccess::default() }).unwrap();
    confine_calls(profile).unwrap();
}

/// Makes a system call whose arguments are numbers, zeros, or pointers that the kernel will not like.
fn call(number: i64, arguments: [u64; 4]) -> io::Result<i64> {
    let [a, b, c, d] = arguments;
    // SAFETY: it is to fail before anything is looked at; where it does not, this process is lost and the test fails.
    let result = unsafe { libc::syscall(number, a, b, c, d, 0, 0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn assert_denied(what: &str, result: io::Result<i64>) {
    assert_eq!(result.map_err(|error| error.raw_os_error()), Err(Some(libc::EPERM)), "{what}");
}

fn forbidden() -> Vec<(&'static str, i64)> {
    macro_rules! calls {
        ($($name:ident),* $(,)?) => { vec![$((stringify!($name), libc::$name)),*] };
    }
    calls![
        SYS_execve,
        SYS_execveat,
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_socket,
        SYS_connect,
        SYS_bind,
        SYS_listen,
        SYS_accept,
        SYS_mount,
        SYS_umount2,
        SYS_pivot_root,
        SYS_chroot,
        SYS_unshare,
        SYS_setns,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_userfaultfd,
        SYS_io_uring_setup,
        SYS_io_uring_enter,
        SYS_kexec_load,
        SYS_init_module,
        SYS_finit_module,
        SYS_delete_module,
        SYS_keyctl,
        SYS_add_key,
        SYS_request_key,
        SYS_setuid,
        SYS_setgid,
        SYS_setresuid,
        SYS_setgroups,
        SYS_capset,
        SYS_personality,
        SYS_reboot,
        SYS_swapon,
        SYS_settimeofday,
        SYS_clock_settime,
        SYS_adjtimex,
        SYS_sethostname,
        SYS_kill,
        SYS_tkill,
        SYS_pidfd_open,
        SYS_pidfd_send_signal,
        SYS_pidfd_getfd,
        SYS_mknodat,
        SYS_fchownat,
        SYS_name_to_handle_at,
        SYS_open_by_handle_at,
        SYS_fanotify_init,
        SYS_inotify_init1,
        SYS_seccomp,
        SYS_memfd_secret,
        SYS_shmget,
        SYS_msgget,
        SYS_semget,
        SYS_mq_open,
        SYS_quotactl,
        SYS_acct,
        SYS_syslog,
        SYS_vhangup,
        SYS_wait4,
        SYS_setsid,
        SYS_chdir,
        SYS_fchdir,
        SYS_setxattr,
        SYS_move_mount,
        SYS_open_tree,
        SYS_fsopen,
        SYS_landlock_create_ruleset,
    ]
}

fn o1_calls_that_are_not_listed_fail(directory: &Path) {
    lock_down(directory, Profile::Child);
    for (name, number) in forbidden() {
        assert_denied(name, call(number, [0; 4]));
    }
}

fn o1_threads_that_are_older_are_confined_too(directory: &Path) {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    // Landlock would not hold it, the filter does.
    let older = std::thread::spawn(move || {
        wait.recv().unwrap();
        for (name, number) in forbidden() {
            assert_denied(name, call(number, [0; 4]));
        }
    });
    lock_down(directory, Profile::Child);
    go.send(()).unwrap();
    older.join().unwrap();
}

fn o1_threads_that_are_newer_are_confined_too(directory: &Path) {
    lock_down(directory, Profile::Child);
    let secret = directory.join("secret");
    let newer = std::thread::spawn(move || {
        assert_denied("socket", call(libc::SYS_socket, [1, 1, 0, 0]));
        assert_eq!(fs::read(secret).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    });
    newer.join().unwrap();
}

fn o1_ioctl_beyond_the_list_fails(directory: &Path) {
    lock_down(directory, Profile::Child);
    for request in [libc::TIOCSTI, libc::TIOCGWINSZ, libc::FIONREAD, libc::TIOCSETD] {
        assert_denied("ioctl", call(libc::SYS_ioctl, [0, request, 0, 0]));
    }
    assert_ne!(call(libc::SYS_ioctl, [0, libc::TCGETS, 0, 0]).unwrap_err().raw_os_error(), Some(libc::EPERM));
}

fn o1_sockets_can_not_be_made(directory: &Path) {
    lock_down(directory, Profile::Child);
    assert!(std::net::TcpStream::connect("127.0.0.1:1").is_err_and(|error| error.raw_os_error() == Some(libc::EPERM)));
    assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_err_and(|error| error.raw_os_error() == Some(libc::EPERM)));
    assert!(UnixListener::bind(directory.join("allowed/socket")).is_err());
}

fn o1_hosts_can_be_accepted_by_a_server(directory: &Path) {
    let (listener, _client) = waiting_client(directory);
    lock_down(directory, Profile::Serve);
    listener.accept().unwrap();
}

fn o1_hosts_can_be_accepted_by_nobody_else(directory: &Path) {
    let (listener, _client) = waiting_client(directory);
    lock_down(directory, Profile::Child);
    assert_eq!(listener.accept().unwrap_err().raw_os_error(), Some(libc::EPERM));
}

fn waiting_client(directory: &Path) -> (UnixListener, UnixStream) {
    let path = directory.join("allowed/socket");
    let listener = UnixListener::bind(&path).unwrap();
    (listener, UnixStream::connect(&path).unwrap())
}

fn o1_signals_reach_no_other_process(directory: &Path) {
    lock_down(directory, Profile::Child);
    let parent = u64::from(std::os::unix::process::parent_id());
    assert_denied("kill", call(libc::SYS_kill, [parent, 0, 0, 0]));
    assert_denied("tgkill", call(libc::SYS_tgkill, [parent, parent, 0, 0]));
    let own = u64::from(std::process::id());
    call(libc::SYS_tgkill, [own, own, 0, 0]).unwrap();
}

fn o1_files_beyond_the_allowed_ones_can_not_be_opened(directory: &Path) {
    std::os::unix::fs::symlink("../secret", directory.join("allowed/link")).unwrap();
    lock_down(directory, Profile::Child);
    let secret = directory.join("secret");
    for path in [secret.as_path(), "/etc/passwd".as_ref(), "/proc/self/environ".as_ref(), "/dev/null".as_ref()] {
        assert_eq!(fs::read(path).unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{path:?}");
    }
    for path in [secret, directory.join("new"), "/tmp/new".into()] {
        assert_eq!(fs::write(&path, "x").unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{path:?}");
    }
    assert!(fs::read_dir("/").is_err());
    let allowed = directory.join("allowed");
    assert!(fs::read(allowed.join("../secret")).is_err());
    assert!(fs::read(allowed.join("link")).is_err());
    assert!(fs::rename(directory.join("secret"), allowed.join("moved")).is_err());
    assert!(fs::hard_link(directory.join("secret"), allowed.join("linked")).is_err());
}

fn o1_allowed_directory_has_files_but_no_devices_and_no_programs(directory: &Path) {
    lock_down(directory, Profile::Child);
    let allowed = directory.join("allowed");
    fs::write(allowed.join("f"), "x").unwrap();
    assert_eq!(fs::read(allowed.join("f")).unwrap(), b"x");
    fs::rename(allowed.join("f"), allowed.join("g")).unwrap();
    fs::remove_file(allowed.join("g")).unwrap();
    let name = std::ffi::CString::new(allowed.join("fifo").to_str().unwrap()).unwrap();
    // SAFETY: a path that ends in a NUL.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, -1);
}

fn o1_files_that_were_open_stay_open(directory: &Path) {
    use std::io::Read;
    let mut secret = fs::File::open(directory.join("secret")).unwrap();
    lock_down(directory, Profile::Child);
    let mut text = String::new();
    secret.read_to_string(&mut text).unwrap();
    assert_eq!(text, "secret");
}

fn o2_stray_descriptors_are_closed(directory: &Path) {
    use std::os::fd::IntoRawFd;
    let strays: Vec<_> = (0..5).map(|_| fs::File::open(directory.join("secret")).unwrap().into_raw_fd()).collect();
    assert!(strays.iter().all(|stray| *stray > 2));
    close_descriptors_from(3).unwrap();
    for stray in strays {
        // SAFETY: asks about a number.
        assert_eq!(unsafe { libc::fcntl(stray, libc::F_GETFD) }, -1, "{stray} is still open");
    }
}

fn o3_no_core_dumps_and_no_new_privileges(_: &Path) {
    drop_privileges().unwrap();
    // SAFETY: ask for numbers.
    let asked = unsafe { (raw_prctl(libc::PR_GET_DUMPABLE), raw_prctl(libc::PR_GET_NO_NEW_PRIVS)) };
    assert_eq!(asked, (0, 1));
    let mut limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // SAFETY: writes into a struct that outlives the call.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_CORE, &mut limit) }, 0);
    assert_eq!((limit.rlim_cur, limit.rlim_max), (0, 0));
}

/// # Safety
/// The option must take no pointer.
unsafe fn raw_prctl(option: libc::c_int) -> libc::c_int {
    // SAFETY: as the caller says.
    unsafe { libc::prctl(option, 0, 0, 0, 0) }
}

fn o4_nothing_can_be_run_and_no_process_made(directory: &Path) {
    drop_privileges().unwrap();
    confine_files(&FileAccess { write: vec![directory.join("allowed")], ..FileAccess::default() }).unwrap();
    // Landlock alone refuses to run anything already.
    let run = std::process::Command::new("/bin/true").status();
    assert_eq!(run.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    confine_calls(Profile::Child).unwrap();
    assert!(std::process::Command::new("/bin/true").status().is_err());
    assert_denied("clone as fork", call(libc::SYS_clone, [libc::SIGCHLD as u64, 0, 0, 0]));
    assert_denied("clone with namespaces", call(libc::SYS_clone, [libc::CLONE_NEWUSER as u64, 0, 0, 0]));
    let unknown = call(libc::SYS_clone3, [0; 4]).unwrap_err();
    assert_eq!(unknown.raw_os_error(), Some(libc::ENOSYS));
    #[cfg(target_arch = "x86_64")]
    for (name, number) in [("fork", libc::SYS_fork), ("vfork", libc::SYS_vfork)] {
        assert_denied(name, call(number, [0; 4]));
    }
}

fn code_can_still_be_generated(directory: &Path) {
    lock_down(directory, Profile::Child);
    // SAFETY: memory of this function's own.
    unsafe {
        let (write, execute) = (libc::PROT_READ | libc::PROT_WRITE, libc::PROT_READ | libc::PROT_EXEC);
        let page = libc::mmap(std::ptr::null_mut(), 4096, write, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        assert_eq!(libc::mprotect(page, 4096, execute), 0);
        assert_eq!(libc::munmap(page, 4096), 0);
    }
}

fn abort_still_ends_the_process(directory: &Path) {
    use std::os::unix::process::ExitStatusExt;
    if directory.join("aborting").exists() {
        lock_down(directory, Profile::Child);
        std::process::abort();
    }
    fs::write(directory.join("aborting"), "").unwrap();
    let program = std::env::current_exe().unwrap();
    let again =
        std::process::Command::new(program).args(["--attempt", "abort_still_ends_the_process"]).arg(directory).status();
    assert_eq!(again.unwrap().signal(), Some(libc::SIGABRT));
}

fn lockdown_can_not_be_undone(directory: &Path) {
    lock_down(directory, Profile::Child);
    assert_denied("seccomp", call(libc::SYS_seccomp, [0; 4]));
    assert_denied("PR_SET_SECCOMP", call(libc::SYS_prctl, [libc::PR_SET_SECCOMP as u64, 0, 0, 0]));
    assert_denied("PR_SET_DUMPABLE", call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as u64, 1, 0, 0]));
    assert_denied("landlock", call(libc::SYS_landlock_restrict_self, [0; 4]));
    let limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // Its superuser could raise it again otherwise.
    // SAFETY: reads a struct that outlives the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &limit) }, -1);
    assert_denied("prlimit64", call(libc::SYS_prlimit64, [u64::from(std::os::unix::process::parent_id()), 0, 0, 0]));
}

/// Has a call fail with that number, as on a kernel that does not have it.
fn take_away(number: i64, errno: i32) {
    let action = seccompiler::SeccompAction::Errno(errno as u32);
    let filter = seccompiler::SeccompFilter::new(
        [(number, Vec::new())].into(),
        seccompiler::SeccompAction::Allow,
        action,
        std::env::consts::ARCH.try_into().unwrap(),
    );
    seccompiler::apply_filter(&seccompiler::BpfProgram::try_from(filter.unwrap()).unwrap()).unwrap();
}

fn o5_missing_landlock_is_told(directory: &Path) {
    take_away(libc::SYS_landlock_create_ruleset, libc::ENOSYS);
    let access = FileAccess { write: vec![directory.join("allowed")], ..FileAccess::default() };
    let error = confine_files(&access).unwrap_err().to_string();
    assert!(error.contains("Landlock") && error.contains("HOTCELL_LOCKDOWN=off"), "{error}");
}

fn o5_missing_seccomp_is_told(_: &Path) {
    take_away(libc::SYS_seccomp, libc::ENOSYS);
    let error = confine_calls(Profile::Child).unwrap_err().to_string();
    assert!(error.contains("seccomp") && error.contains("HOTCELL_LOCKDOWN=off"), "{error}");
}
