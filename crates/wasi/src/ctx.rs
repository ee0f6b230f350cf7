use std::sync::Arc;

use hotcell_vfs::{Base, OpenOptions, Vfs};

use crate::{
    abi::types::Fdflags,
    clocks::{Clocks, Timers},
    cwd::WorkingDirectory,
    error::BuildError,
    fd_table::{Directory, FdTable, Object, Reach},
    rights,
    stdio::{InputStream, OutputStream},
    string_list::StringList,
};

/// Descriptors that a guest can have open at once, unless the builder says otherwise.
pub const DEFAULT_MAX_DESCRIPTORS: u32 = 1024;

/// Bytes that a program's arguments and environment can take together, as on Linux by default (`ARG_MAX`).
pub const MAX_ARGS_AND_ENV_BYTES: usize = 2 << 20;

/// Who the guest is told it is. Nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
    pub shell: String,
}

impl Default for User {
    /// `user`, with the ids that own every file, at home in `/home/user`.
    fn default() -> User {
        User {
            name: "user".to_owned(),
            uid: hotcell_vfs::UID,
            gid: hotcell_vfs::GID,
            home: "/home/user".to_owned(),
            shell: "/bin/sh".to_owned(),
        }
    }
}

/// All that a guest's calls work on: its arguments, descriptors, streams and clocks. One per guest.
///
/// The functions in [`calls`](crate::calls) take it together with the guest's memory. It is `Send`, and is used by one call at
/// a time.
pub struct WasiCtx {
    pub(crate) args: StringList,
    /// Ends with `PWD`.
    pub(crate) env: StringList,
    pub(crate) vfs: Arc<Vfs>,
    pub(crate) fds: FdTable,
    /// The working directory at the start: absolute, without `.`, `..` or symbolic links.
    pub(crate) cwd: String,
    pub(crate) stdin: Box<dyn InputStream>,
    pub(crate) stdout: Box<dyn OutputStream>,
    pub(crate) stderr: Box<dyn OutputStream>,
    pub(crate) is_terminal: bool,
    pub(crate) clocks: Box<dyn Clocks>,
    pub(crate) timers: Box<dyn Timers>,
    pub(crate) user: User,
    pub(crate) pid: u32,
    pub(crate) parent_pid: u32,
    /// Permission bits that files and directories are made without.
    pub(crate) umask: u32,
    /// Permission bits for the next file that `path_open` makes, as `set_open_mode` announced them.
    pub(crate) next_open_permissions: Option<u32>,
}

impl std::fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasiCtx").field("pid", &self.pid).field("fds", &self.fds).finish_non_exhaustive()
    }
}

/// What a guest is started with. Everything that is not optional comes with [`WasiCtxBuilder::new`].
pub struct WasiCtxBuilder {
    vfs: Arc<Vfs>,
    stdin: Box<dyn InputStream>,
    stdout: Box<dyn OutputStream>,
    stderr: Box<dyn OutputStream>,
    clocks: Box<dyn Clocks>,
    timers: Box<dyn Timers>,
    args: Vec<Vec<u8>>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    cwd: String,
    preopens: Vec<(String, String)>,
    is_terminal: bool,
    user: User,
    pid: u32,
    parent_pid: u32,
    max_descriptors: u32,
}

impl WasiCtxBuilder {
    /// A guest with no arguments and no environment, working in `/`, which is preopened under that name.
    pub fn new(
        vfs: Arc<Vfs>,
        stdin: Box<dyn InputStream>,
        stdout: Box<dyn OutputStream>,
        stderr: Box<dyn OutputStream>,
        clocks: Box<dyn Clocks>,
        timers: Box<dyn Timers>,
    ) -> WasiCtxBuilder {
        WasiCtxBuilder {
            vfs,
            stdin,
            stdout,
            stderr,
            clocks,
            timers,
            args: Vec::new(),
            env: Vec::new(),
            cwd: "/".to_owned(),
            preopens: vec![("/".to_owned(), "/".to_owned())],
            is_terminal: false,
            user: User::default(),
            pid: 1,
            parent_pid: 0,
            max_descriptors: DEFAULT_MAX_DESCRIPTORS,
        }
    }

    /// Adds arguments; the first of all is the program's name.
    pub fn args<S: Into<Vec<u8>>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds environment variables. A name that was there already takes its new value.
    pub fn env<N: Into<Vec<u8>>, V: Into<Vec<u8>>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in variables {
            let (name, value) = (name.into(), value.into());
            match self.env.iter_mut().find(|(other, _)| *other == name) {
                Some((_, old)) => *old = value,
                None => self.env.push((name, value)),
            }
        }
        self
    }

    /// The working directory: an absolute path of a directory. WASI has none, so the guest is told by the variable `PWD`, which
    /// is set to it whatever [`env`](Self::env) was given. For programs that do not look there, relative paths are recognised
    /// where they come, and the variable of wasi-libc's `getcwd` is set, as well as that can be done.
    pub fn cwd(mut self, path: impl Into<String>) -> Self {
        self.cwd = path.into();
        self
    }

    /// The directories that are open when the guest starts, from descriptor 3 on, as pairs of the name that the guest knows one
    /// by and its absolute path; in place of the root alone.
    pub fn preopens(mut self, preopens: impl IntoIterator<Item = (String, String)>) -> Self {
        self.preopens = preopens.into_iter().collect();
        self
    }

    /// Whether the guest is told that stdin, stdout and stderr are a terminal; no unless said otherwise.
    pub fn terminal(mut self, is_terminal: bool) -> Self {
        self.is_terminal = is_terminal;
        self
    }

    pub fn user(mut self, user: User) -> Self {
        self.user = user;
        self
    }

    /// The numbers of the guest and of whoever started it; 1 and 0 unless said otherwise.
    pub fn pids(mut self, own: u32, parent: u32) -> Self {
        (self.pid, self.parent_pid) = (own, parent);
        self
    }

    /// Descriptors that the guest can have open at once, [`DEFAULT_MAX_DESCRIPTORS`] unless said otherwise.
    pub fn max_descriptors(mut self, limit: u32) -> Self {
        self.max_descriptors = limit;
        self
    }

    /// # Errors
    /// Arguments or variables that no program can be given; a preopened or working directory that can't be opened.
    pub fn build(self) -> Result<WasiCtx, BuildError> {
        let open = |path: &str| {
            self.vfs
                .open(Base::Root, path, &OpenOptions::DIRECTORY)
                .map_err(|source| BuildError::Directory { path: path.to_owned(), source })
        };
        let cwd = open(&self.cwd)?.path().map_err(|source| BuildError::Directory { path: self.cwd.clone(), source })?;

        let mut fds = FdTable::new(self.max_descriptors);
        let too_many = |_| BuildError::TooManyDirectories { limit: self.max_descriptors };
        for (object, rights) in
            [(Object::Stdin, rights::INPUT), (Object::Stdout, rights::OUTPUT), (Object::Stderr, rights::OUTPUT)]
        {
            fds.insert(object, Fdflags::empty(), rights, rights).map_err(too_many)?;
        }
        for (name, path) in &self.preopens {
            let file = open(path)?;
            let is_root = file.path().is_ok_and(|path| path == "/");
            let reach = match (is_root, cwd.as_str()) {
                (false, _) => Reach::Beneath,
                (true, "/") => Reach::Everything(None),
                (true, cwd) => Reach::Everything(Some(Box::new(WorkingDirectory::new(open(cwd)?, &self.args)))),
            };
            let directory = Directory { file, reach, preopen: Some(name.as_str().into()) };
            fds.insert(
                Object::Directory(Box::new(directory)),
                Fdflags::empty(),
                rights::DIRECTORY,
                rights::DIRECTORY_INHERITING,
            )
            .map_err(too_many)?;
        }

        let (args, env) = string_lists(&self.args, &self.env, &cwd)?;
        Ok(WasiCtx {
            args,
            env,
            vfs: self.vfs,
            fds,
            cwd,
            stdin: self.stdin,
            stdout: self.stdout,
            stderr: self.stderr,
            is_terminal: self.is_terminal,
            clocks: self.clocks,
            timers: self.timers,
            user: self.user,
            pid: self.pid,
            parent_pid: self.parent_pid,
            umask: 0o022,
            next_open_permissions: None,
        })
    }
}

fn string_lists(
    args: &[Vec<u8>],
    env: &[(Vec<u8>, Vec<u8>)],
    cwd: &str,
) -> Result<(StringList, StringList), BuildError> {
    let display = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let mut total = 0usize;
    let mut charge = |bytes: usize| {
        total = total.saturating_add(bytes);
        if total > MAX_ARGS_AND_ENV_BYTES {
            return Err(BuildError::TooLong { limit: MAX_ARGS_AND_ENV_BYTES });
        }
        Ok(())
    };

    let mut arg_list = StringList::default();
    for (index, arg) in args.iter().enumerate() {
        if arg.contains(&0) {
            return Err(BuildError::NulInArgument { index });
        }
        charge(arg.len() + 1)?;
        arg_list.push(&[arg]);
    }

    let mut env_list = StringList::default();
    for (name, value) in env {
        if name.contains(&0) || value.contains(&0) {
            return Err(BuildError::NulInEnvironment { name: display(name) });
        }
        if name.is_empty() || name.contains(&b'=') {
            return Err(BuildError::InvalidEnvironmentName { name: display(name) });
        }
        if name != b"PWD" {
            charge(name.len() + value.len() + 2)?;
            env_list.push(&[name, b"=", value]);
        }
    }
    charge(cwd.len() + 5)?;
    env_list.push(&[b"PWD=", cwd.as_bytes()]);
    Ok((arg_list, env_list))
}
