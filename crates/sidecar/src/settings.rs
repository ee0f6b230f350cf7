use crate::error::SidecarError;
use hotcell_modules::{ArtifactStore, CacheBounds};
use hotcell_protocol::frame::{DEFAULT_MAX_FRAME, MAX_MAX_FRAME, MIN_MAX_FRAME};
use hotcell_runtime::AdmissionLimits;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Everything that environment variables set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A filter as `tracing_subscriber::EnvFilter` reads it; checked.
    pub log: String,
    /// Where logs go; stderr unless set.
    pub log_file: Option<PathBuf>,
    pub log_format: LogFormat,
    pub module_cache: CacheBounds,
    /// The largest frame payload that is taken, in bytes.
    pub max_frame: u32,
    /// When the userland comes from a snapshot; unless set, that depends on the task.
    pub snapshot: Option<Snapshot>,
    /// Isolates that are kept ready for each kind of guest, which snapshot and heap limit make.
    pub warm_isolates: usize,
    /// What guests may take together.
    pub admission: AdmissionLimits,
    /// Isolates that are kept ready in all; see [`Settings::warm_isolates_total`].
    pub warm_isolates_total: Option<usize>,
    /// Where snapshots are kept from one process to the next, if anywhere.
    pub cache_directory: Option<PathBuf>,
    /// Bytes that what is kept there may have.
    pub cache_bytes: u64,
    /// Whether every run says where its time went, asked or not.
    pub phases: bool,
    /// Milliseconds that guests may go on in a sidecar that gives itself up.
    pub drain_ms: u32,
    /// The directories that sandboxes may have mounted, and those beneath them; none unless set.
    pub mount_roots: Vec<PathBuf>,
    /// Whether the process gives up what guests do not need before the first of them.
    pub lockdown: bool,
    /// The token that `hotcell serve` demands; generated unless set.
    pub token: Option<String>,
}

/// When the userland comes from a snapshot, which makes guests start sooner and is the same to them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// Once it has been made, on the side.
    Auto,
    /// Always: the start waits for it.
    Block,
    /// Never.
    Off,
}

/// Isolates that are kept ready unless the settings say otherwise.
pub const DEFAULT_WARM_ISOLATES: usize = 2;

/// Kinds of guests that isolates are kept ready for at once unless the settings say otherwise.
const WARM_KINDS: usize = 4;

/// More would only cost memory: some 2 MB and a thread each.
const MAX_WARM_ISOLATES: usize = 64;

/// The same for all kinds together.
const MAX_WARM_ISOLATES_TOTAL: usize = 1024;

/// Milliseconds that guests may go on in a sidecar that gives itself up, unless the settings say otherwise.
pub const DEFAULT_DRAIN_MS: u32 = 10_000;

/// A day, as for a guest's wall time.
const MAX_DRAIN_MS: u32 = 86_400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log: "warn".into(),
            log_file: None,
            log_format: LogFormat::Text,
            module_cache: CacheBounds::default(),
            max_frame: DEFAULT_MAX_FRAME,
            snapshot: None,
            warm_isolates: DEFAULT_WARM_ISOLATES,
            admission: AdmissionLimits::default(),
            warm_isolates_total: None,
            cache_directory: None,
            cache_bytes: ArtifactStore::DEFAULT_MAX_BYTES,
            phases: false,
            drain_ms: DEFAULT_DRAIN_MS,
            mount_roots: Vec::new(),
            lockdown: cfg!(target_os = "linux"),
            token: None,
        }
    }
}

/// An environment variable that the sidecar reads.
pub struct Setting {
    pub name: &'static str,
    pub about: &'static str,
    /// What a value must be: completes "It must be ...".
    pub allowed: &'static str,
    /// Never printed.
    pub secret: bool,
    /// Takes a value over; `None` where it is not allowed.
    parse: fn(&mut Settings, &str) -> Option<()>,
    /// The value that is in effect.
    show: fn(&Settings) -> String,
}

/// All of them, in the order in which they are shown. What is not here is not read, but for XDG_CACHE_HOME and HOME, where the
/// cache lies unless set.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "HOTCELL_LOG",
        about: "What is logged.",
        allowed: "a tracing filter, such as warn, debug or hotcell_modules=debug",
        secret: false,
        parse: |settings, value| EnvFilter::try_new(value).ok().map(|_| settings.log = value.into()),
        show: |settings| settings.log.clone(),
    },
    Setting {
        name: "HOTCELL_LOG_FILE",
        about: "The file that logs are appended to, instead of stderr.",
        allowed: "the path of a file",
        secret: false,
        parse: |settings, value| (!value.is_empty()).then(|| settings.log_file = Some(value.into())),
        show: |settings| settings.log_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
    },
    Setting {
        name: "HOTCELL_LOG_FORMAT",
        about: "How a logged line is written.",
        allowed: "text or json",
        secret: false,
        parse: |settings, value| {
            settings.log_format = match value {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return None,
            };
            Some(())
        },
        show: |settings| match settings.log_format {
            LogFormat::Text => "text".into(),
            LogFormat::Json => "json".into(),
        },
    },
    Setting {
        name: "HOTCELL_MODULE_CACHE_ENTRIES",
        about: "How many programs' bytes are kept.",
        allowed: "a whole number of at least 1",
        secret: false,
        parse: |settings, value| value.parse().ok().map(|entries| settings.module_cache.entries = entries),
        show: |settings| settings.module_cache.entries.to_string(),
    },
    Setting {
        name: "HOTCELL_MODULE_CACHE_BYTES",
        about: "Bytes that these programs may have together; a larger program can't be run.",
        allowed: "a whole number of bytes",
        secret: false,
        parse: |settings, value| value.parse().ok().map(|bytes| settings.module_cache.bytes = bytes),
        show: |settings| settings.module_cache.bytes.to_string(),
    },
    Setting {
        name: "HOTCELL_MAX_FRAME",
        about: "The largest frame payload that a host may send, in bytes.",
        allowed: "a whole number from 4096 to 16777216",
        secret: false,
        parse: |settings, value| {
            let value = value.parse().ok()?;
            (MIN_MAX_FRAME..=MAX_MAX_FRAME).contains(&value).then(|| settings.max_frame = value)
        },
        show: |settings| settings.max_frame.to_string(),
    },
    Setting {
        name: "HOTCELL_SNAPSHOT",
        about: "When JavaScript guests start from a snapshot: once it is made (auto), always (block, which makes the sidecar's \
                start wait), or never (off). `hotcell run` takes off for its one guest unless this is set.",
        allowed: "auto, block or off",
        secret: false,
        parse: |settings, value| {
            settings.snapshot = Some(match value {
                "auto" => Snapshot::Auto,
                "block" => Snapshot::Block,
                "off" => Snapshot::Off,
                _ => return None,
            });
            Some(())
        },
        show: |settings| match settings.snapshot {
            None | Some(Snapshot::Auto) => "auto".into(),
            Some(Snapshot::Block) => "block".into(),
            Some(Snapshot::Off) => "off".into(),
        },
    },
    Setting {
        name: "HOTCELL_WARM_ISOLATES",
        about: "How many isolates are kept ready for each kind of guest in use, which snapshot and heap limit make. None where \
                there is no snapshot.",
        allowed: "a whole number from 0 to 64",
        secret: false,
        parse: |settings, value| {
            let value = value.parse().ok()?;
            (value <= MAX_WARM_ISOLATES).then(|| settings.warm_isolates = value)
        },
        show: |settings| settings.warm_isolates.to_string(),
    },
    Setting {
        name: "HOTCELL_MAX_GUESTS",
        about: "How many guests run at once; further ones wait for their turn.",
        allowed: "a whole number from 1 to 10000",
        secret: false,
        parse: |settings, value| {
            let value = value.parse().ok()?;
            (1..=10_000).contains(&value).then(|| settings.admission.guests = value)
        },
        show: |settings| settings.admission.guests.to_string(),
    },
    Setting {
        name: "HOTCELL_MEMORY_MB",
        about: "MiB that may be resident, beyond those at the start, where another guest is to start; else it waits.",
        allowed: "a whole number from 64 to 1048576",
        secret: false,
        parse: |settings, value| {
            let value: u64 = value.parse().ok()?;
            (64..=1 << 20).contains(&value).then(|| settings.admission.memory_bytes = value << 20)
        },
        show: |settings| (settings.admission.memory_bytes >> 20).to_string(),
    },
    Setting {
        name: "HOTCELL_ADMISSION_WAIT_MS",
        about: "Milliseconds that a guest waits for its turn to start, before it ends as limit_exceeded.",
        allowed: "a whole number from 0 to 86400000",
        secret: false,
        parse: |settings, value| {
            let value: u64 = value.parse().ok()?;
            (value <= 86_400_000).then(|| settings.admission.wait = Duration::from_millis(value))
        },
        show: |settings| settings.admission.wait.as_millis().to_string(),
    },
    Setting {
        name: "HOTCELL_WARM_ISOLATES_TOTAL",
        about: "How many isolates are kept ready in all: as many as four kinds of guests may have unless set. Where more kinds \
                are in use than fit, those of the kind that was started least recently are given up.",
        allowed: "a whole number from 0 to 1024",
        secret: false,
        parse: |settings, value| {
            let value = value.parse().ok()?;
            (value <= MAX_WARM_ISOLATES_TOTAL).then(|| settings.warm_isolates_total = Some(value))
        },
        show: |settings| settings.warm_isolates_total().to_string(),
    },
    Setting {
        name: "HOTCELL_CACHE_DIR",
        about: "The directory that snapshots are kept in from one process to the next. Only this user may write to it.",
        allowed: "the absolute path of a directory, or off where nothing is to be kept",
        secret: false,
        parse: |settings, value| {
            settings.cache_directory = match value {
                "" | "off" => None,
                path => Some(Path::new(path).is_absolute().then(|| path.into())?),
            };
            Some(())
        },
        show: |settings| settings.cache_directory.as_ref().map_or("off".into(), |path| path.display().to_string()),
    },
    Setting {
        name: "HOTCELL_CACHE_BYTES",
        about: "Bytes that the files in this directory may have together; what was used least recently goes first.",
        allowed: "a whole number of bytes",
        secret: false,
        parse: |settings, value| {
            settings.cache_bytes = value.parse().ok()?;
            Some(())
        },
        show: |settings| settings.cache_bytes.to_string(),
    },
    Setting {
        name: "HOTCELL_PHASES",
        about: "Whether every run says where its time went (1), or those that are asked to (0).",
        allowed: "0 or 1",
        secret: false,
        parse: |settings, value| {
            settings.phases = match value {
                "0" => false,
                "1" => true,
                _ => return None,
            };
            Some(())
        },
        show: |settings| u8::from(settings.phases).to_string(),
    },
    Setting {
        name: "HOTCELL_DRAIN_MS",
        about: "How many milliseconds the other guests may go on in a sidecar that gives itself up, since one of them did what \
                the engine does not survive or could not be ended. 0 ends them at once.",
        allowed: "a whole number from 0 to 86400000",
        secret: false,
        parse: |settings, value| {
            let value = value.parse().ok()?;
            (value <= MAX_DRAIN_MS).then(|| settings.drain_ms = value)
        },
        show: |settings| settings.drain_ms.to_string(),
    },
    Setting {
        name: "HOTCELL_MOUNT_ROOTS",
        about: "The directories of this machine that sandboxes may have mounted, and those beneath them; none unless set.",
        allowed: "absolute paths with colons between them",
        secret: false,
        parse: |settings, value| {
            let paths: Vec<_> = value.split(':').map(PathBuf::from).collect();
            paths.iter().all(|path| path.is_absolute()).then(|| settings.mount_roots = paths)
        },
        show: |settings| {
            let paths: Vec<_> = settings.mount_roots.iter().map(|path| path.display().to_string()).collect();
            paths.join(":")
        },
    },
    Setting {
        name: "HOTCELL_LOCKDOWN",
        about: "Whether `hotcell child` and `hotcell serve` give up, before their first guest, what guests do not need: files, system \
                calls, privileges. Where the system can't do that, on does not start.",
        allowed: "on or off",
        secret: false,
        parse: |settings, value| {
            settings.lockdown = match value {
                "on" => true,
                "off" => false,
                _ => return None,
            };
            Some(())
        },
        show: |settings| if settings.lockdown { "on".into() } else { "off".into() },
    },
    Setting {
        name: "HOTCELL_TOKEN",
        about: "The token that `hotcell serve` demands of its hosts, instead of a generated one.",
        allowed: "at least 16 characters long",
        secret: true,
        parse: |settings, value| (value.chars().count() >= 16).then(|| settings.token = Some(value.into())),
        show: |settings| settings.token.clone().unwrap_or_default(),
    },
];

impl Settings {
    /// The settings that the environment of this process makes.
    ///
    /// # Errors
    /// Where a variable has a value that can't be used.
    pub fn from_env() -> Result<Self, SidecarError> {
        Self::read(|name| std::env::var_os(name))
    }

    /// The settings where none of ours is set: where the cache lies depends on the user.
    fn unset(value_of: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let directory = |name: &str| value_of(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")));
        Self { cache_directory: caches.map(|caches| caches.join("hotcell")), ..Self::default() }
    }

    /// The settings that these variables make; `value_of` gives the value of one, by its name.
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn read(value_of: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self, SidecarError> {
        let mut settings = Self::unset(&value_of);
        for setting in SETTINGS {
            let Some(value) = value_of(setting.name) else { continue };
            let taken = value.to_str().and_then(|value| (setting.parse)(&mut settings, value));
            if taken.is_none() {
                let value = if setting.secret { "what it has".into() } else { format!("{value:?}") };
                return Err(SidecarError::Setting { name: setting.name, value, allowed: setting.allowed });
            }
        }
        Ok(settings)
    }

    /// Isolates that are kept ready in all: unless set, as many as a few kinds of guests may have.
    pub fn warm_isolates_total(&self) -> usize {
        self.warm_isolates_total.unwrap_or(WARM_KINDS * self.warm_isolates)
    }

    /// The table for people.
    pub fn to_text(&self) -> String {
        let default = Self::unset(|name| std::env::var_os(name));
        let mut text = String::new();
        for setting in SETTINGS {
            let Setting { name, about, allowed, .. } = setting;
            let or_none = |value: String| if value.is_empty() { "(none)".into() } else { value };
            let default = or_none((setting.show)(&default));
            let value = or_none(self.shown(setting));
            text.push_str(&format!("{name}\n    {about}\n    {allowed}; default {default}; now {value}\n"));
        }
        text
    }

    /// The table for programs: an array of objects.
    pub fn to_json(&self) -> String {
        let default = Self::unset(|name| std::env::var_os(name));
        let rows: Vec<_> = SETTINGS
            .iter()
            .map(|setting| {
                let Setting { name, about, allowed, .. } = setting;
                serde_json::json!({
                    "name": name, "about": about, "allowed": allowed,
                    "default": (setting.show)(&default), "value": self.shown(setting),
                })
            })
            .collect();
        serde_json::Value::from(rows).to_string()
    }

    fn shown(&self, setting: &Setting) -> String {
        let value = (setting.show)(self);
        if setting.secret && !value.is_empty() { "(set)".into() } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SidecarError> {
        Settings::read(|name| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn settings_are_the_defaults_where_nothing_is_set() {
        assert_eq!(read(&[]).unwrap(), Settings::default());
    }

    #[test]
    fn settings_take_every_variable() {
        let settings = read(&[
            ("HOTCELL_LOG", "debug,hotcell_js=trace"),
            ("HOTCELL_LOG_FILE", "/tmp/log"),
            ("HOTCELL_LOG_FORMAT", "json"),
            ("HOTCELL_MODULE_CACHE_ENTRIES", "3"),
            ("HOTCELL_MODULE_CACHE_BYTES", "0"),
            ("HOTCELL_MAX_FRAME", "4096"),
            ("HOTCELL_SNAPSHOT", "block"),
            ("HOTCELL_WARM_ISOLATES", "64"),
            ("HOTCELL_MAX_GUESTS", "7"),
            ("HOTCELL_MEMORY_MB", "64"),
            ("HOTCELL_ADMISSION_WAIT_MS", "0"),
            ("HOTCELL_WARM_ISOLATES_TOTAL", "1024"),
            ("HOTCELL_CACHE_DIR", "/tmp/cache"),
            ("HOTCELL_CACHE_BYTES", "1000"),
            ("HOTCELL_PHASES", "1"),
            ("HOTCELL_DRAIN_MS", "86400000"),
            ("HOTCELL_MOUNT_ROOTS", "/srv/a:/srv/b"),
            ("HOTCELL_LOCKDOWN", "off"),
            ("HOTCELL_TOKEN", "0123456789abcdef"),
        ]);
        let expected = Settings {
            log: "debug,hotcell_js=trace".into(),
            log_file: Some("/tmp/log".into()),
            log_format: LogFormat::Json,
            module_cache: CacheBounds { entries: NonZeroUsize::new(3).unwrap(), bytes: 0 },
            max_frame: 4096,
            snapshot: Some(Snapshot::Block),
            warm_isolates: 64,
            admission: AdmissionLimits { guests: 7, memory_bytes: 64 << 20, wait: Duration::ZERO },
            warm_isolates_total: Some(1024),
            cache_directory: Some("/tmp/cache".into()),
            cache_bytes: 1000,
            phases: true,
            drain_ms: 86_400_000,
            mount_roots: vec!["/srv/a".into(), "/srv/b".into()],
            lockdown: false,
            token: Some("0123456789abcdef".into()),
        };
        assert_eq!(settings.unwrap(), expected);
    }

    #[test]
    fn cache_lies_where_the_user_has_caches() {
        for (variables, expected) in [
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")][..], Some("/c/hotcell")),
            (&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")], Some("/h/.cache/hotcell")),
            (&[("XDG_CACHE_HOME", ""), ("HOME", "")], None),
            (&[("HOME", "/h"), ("HOTCELL_CACHE_DIR", "/d")], Some("/d")),
            (&[("HOME", "/h"), ("HOTCELL_CACHE_DIR", "")], None),
            (&[("HOME", "/h"), ("HOTCELL_CACHE_DIR", "off")], None),
        ] {
            assert_eq!(read(variables).unwrap().cache_directory.as_deref(), expected.map(Path::new));
        }
    }

    #[test]
    fn settings_name_the_variable_and_what_it_may_be() {
        for (name, value) in [
            ("HOTCELL_LOG", "a=b=c"),
            ("HOTCELL_LOG_FILE", ""),
            ("HOTCELL_LOG_FORMAT", "xml"),
            ("HOTCELL_MODULE_CACHE_ENTRIES", "0"),
            ("HOTCELL_MODULE_CACHE_BYTES", "-1"),
            ("HOTCELL_MAX_FRAME", "4095"),
            ("HOTCELL_MAX_FRAME", "many"),
            ("HOTCELL_SNAPSHOT", "on"),
            ("HOTCELL_WARM_ISOLATES", "65"),
            ("HOTCELL_MAX_GUESTS", "0"),
            ("HOTCELL_MEMORY_MB", "63"),
            ("HOTCELL_ADMISSION_WAIT_MS", "-1"),
            ("HOTCELL_WARM_ISOLATES_TOTAL", "1025"),
            ("HOTCELL_CACHE_DIR", "d"),
            ("HOTCELL_CACHE_BYTES", "much"),
            ("HOTCELL_PHASES", "yes"),
            ("HOTCELL_DRAIN_MS", "86400001"),
            ("HOTCELL_MOUNT_ROOTS", "/srv/a:b"),
            ("HOTCELL_MOUNT_ROOTS", ""),
            ("HOTCELL_LOCKDOWN", "auto"),
            ("HOTCELL_TOKEN", "secret"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            let allowed = SETTINGS.iter().find(|setting| setting.name == name).unwrap().allowed;
            assert!(error.contains(name) && error.contains(allowed), "{error}");
            assert_eq!(error.contains(value), name != "HOTCELL_TOKEN" || value.is_empty(), "{error}");
        }
    }

    #[test]
    fn table_shows_no_secret() {
        let settings = Settings { token: Some("0123456789abcdef".into()), ..Settings::default() };
        assert!(!settings.to_text().contains("0123456789abcdef"));
        assert!(!settings.to_json().contains("0123456789abcdef"));
        assert!(settings.to_json().contains("(set)"));
    }
}
