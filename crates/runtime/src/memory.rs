/// Bytes of this process that are resident now; 0 where the system does not tell. Source: `proc_pid_statm(5)`.
pub(crate) fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else { return 0 };
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
