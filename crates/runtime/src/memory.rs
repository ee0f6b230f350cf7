use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;

/// Kept open: a process that is locked down can't open it any more.
static STATM: LazyLock<Option<File>> = LazyLock::new(|| File::open("/proc/self/statm").ok());

/// Opens what [`crate::Runtime`] reads to tell how much memory the process takes. To be called before the process gives up
/// opening files; where it is not, that happens with the first question.
pub fn open_memory_figures() {
    LazyLock::force(&STATM);
}

/// Bytes of this process that are resident now; 0 where the system does not tell. Source: `proc_pid_statm(5)`.
pub(crate) fn resident_bytes() -> u64 {
    let mut buffer = [0; 256];
    let Some(Ok(length)) = STATM.as_ref().map(|file| file.read_at(&mut buffer, 0)) else { return 0 };
    let Ok(text) = std::str::from_utf8(&buffer[..length]) else { return 0 };
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    // SAFETY: takes a number, returns a number.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages * u64::try_from(page_size).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn resident_bytes_counts_what_is_touched() {
        let before = super::resident_bytes();
        let touched = std::hint::black_box(vec![1u8; 64 << 20]);
        let after = super::resident_bytes();
        assert!(after >= before + (32 << 20), "{before} then {after} with {} bytes more", touched.len());
    }
}
