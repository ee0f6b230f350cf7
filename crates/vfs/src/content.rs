use crate::errno::Errno;
use crate::file::Written;
use crate::quota::{Charge, Quota};
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;

/// The longest file: what a buffer can hold, and what fits `off_t`.
pub(crate) const MAX_FILE_BYTES: u64 = isize::MAX as u64;

/// Up to this length a buffer doubles where it must grow, beyond it grows by a quarter.
const DOUBLING_BYTES: usize = 64 << 10;

/// A file's bytes, copied only when someone changes them while someone else holds them.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Arc<Vec<u8>>,
    /// As many as the bytes, or none as long as they are the host's.
    charge: Charge,
    version: u64,
}

/// The whole content that a file is to have.
pub(crate) struct NewContent {
    bytes: Arc<Vec<u8>>,
    /// None of the host's own.
    charged: u64,
}

impl NewContent {
    pub fn owned(mut bytes: Vec<u8>) -> Self {
        trim(&mut bytes);
        Self { charged: bytes.len() as u64, bytes: Arc::new(bytes) }
    }

    /// The host's bytes: not charged until they are changed.
    pub fn shared(bytes: Arc<Vec<u8>>) -> Self {
        Self { bytes, charged: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Content {
    /// `ENOSPC` where the quota has no room for it.
    pub fn new(content: NewContent, quota: &Arc<Quota>) -> Result<Self, Errno> {
        let charge = Charge::new(quota, content.charged, Errno::ENOSPC)?;
        Ok(Self { bytes: content.bytes, charge, version: 0 })
    }

    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub fn bytes(&self) -> &Arc<Vec<u8>> {
        &self.bytes
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// Replaces everything; the former bytes come back so that they can be freed where nobody waits. `ENOSPC`, and no
    /// change, where the quota has no room.
    pub fn replace(&mut self, content: NewContent) -> Result<Arc<Vec<u8>>, Errno> {
        self.charge.grow(content.charged, content.charged)?;
        self.charge.shrink(content.charged);
        self.version += 1;
        Ok(std::mem::replace(&mut self.bytes, content.bytes))
    }

    /// Fills the buffers from `offset` on; the bytes that there were.
    pub fn read(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> usize {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let mut rest = &self.bytes[start..];
        for buffer in buffers {
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
        }
        self.bytes.len() - start - rest.len()
    }

    /// Writes as much as the quota has room for. `EFBIG`, `ENOSPC` where that is nothing, `ENOMEM`; then nothing changed.
    pub fn write(&mut self, data: &[IoSlice<'_>], offset: u64) -> Result<Written, Errno> {
        let asked = data.iter().try_fold(0u64, |sum, slice| sum.checked_add(slice.len() as u64)).ok_or(Errno::EFBIG)?;
        if asked == 0 {
            return Ok(Written { bytes: 0, end: offset });
        }
        let end = offset.checked_add(asked).filter(|end| *end <= MAX_FILE_BYTES).ok_or(Errno::EFBIG)?;
        let charged_before = self.charge.amount();
        let room = self.charge.grow(self.len().max(offset + 1), self.len().max(end))?;
        let (start, end) = (offset as usize, end.min(room) as usize);
        let kept = if start == 0 && end >= self.bytes.len() { 0 } else { self.bytes.len() };
        let bytes = match self.unshare(kept, end) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.charge.shrink(charged_before);
                return Err(error);
            }
        };
        if bytes.len() < start {
            bytes.resize(start, 0);
        }
        let mut at = start;
        for slice in data {
            let slice = &slice[..slice.len().min(end - at)];
            let (over, beyond) = slice.split_at(slice.len().min(bytes.len() - at));
            bytes[at..at + over.len()].copy_from_slice(over);
            bytes.extend_from_slice(beyond);
            at += slice.len();
        }
        self.version += 1;
        Ok(Written { bytes: end - start, end: end as u64 })
    }

    /// Cuts off or extends with zeros. `EFBIG`, `ENOSPC`, `ENOMEM`; then nothing changed.
    pub fn set_len(&mut self, length: u64) -> Result<(), Errno> {
        if length == self.len() {
            return Ok(());
        }
        if length == 0 {
            self.bytes = Arc::default();
        } else if length > MAX_FILE_BYTES {
            return Err(Errno::EFBIG);
        } else {
            let charged_before = self.charge.amount();
            self.charge.grow(length, length)?;
            let new_len = length as usize;
            match self.unshare(self.bytes.len().min(new_len), new_len) {
                Ok(bytes) => {
                    bytes.resize(new_len, 0);
                    trim(bytes);
                }
                Err(error) => {
                    self.charge.shrink(charged_before);
                    return Err(error);
                }
            }
        }
        self.charge.shrink(length);
        self.version += 1;
        Ok(())
    }

    /// The bytes for changing, with room for `length` in all. Where someone else holds them, a copy of the first `kept` takes
    /// their place; else they stay as they are. `ENOMEM`, and no change, where there is no memory.
    fn unshare(&mut self, kept: usize, length: usize) -> Result<&mut Vec<u8>, Errno> {
        match Arc::get_mut(&mut self.bytes) {
            Some(bytes) => reserve(bytes, length)?,
            None => {
                let mut copy = Vec::new();
                copy.try_reserve_exact(length.max(kept)).map_err(|_| Errno::ENOMEM)?;
                copy.extend_from_slice(&self.bytes[..kept]);
                self.bytes = Arc::new(copy);
            }
        }
        // Nobody else holds the bytes now, so this never clones.
        Ok(Arc::make_mut(&mut self.bytes))
    }
}

/// Makes room for `length` bytes in all, with slack for appending.
fn reserve(bytes: &mut Vec<u8>, length: usize) -> Result<(), Errno> {
    let Some(missing) = length.checked_sub(bytes.capacity()).filter(|missing| *missing > 0) else { return Ok(()) };
    let additional = length - bytes.len();
    if length <= DOUBLING_BYTES {
        return bytes.try_reserve(additional).map_err(|_| Errno::ENOMEM);
    }
    let with_slack = additional.saturating_add((bytes.capacity() / 4).saturating_sub(missing));
    bytes.try_reserve_exact(with_slack).map_err(|_| Errno::ENOMEM)
}

/// Frees what is kept beyond the slack that [`reserve`] allows.
fn trim(bytes: &mut Vec<u8>) {
    let slack = if bytes.len() < DOUBLING_BYTES { bytes.len() } else { bytes.len() / 4 };
    if bytes.capacity() > bytes.len() + slack {
        bytes.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(max: u64) -> (Content, Arc<Quota>) {
        let quota = Quota::new(max);
        (Content::new(NewContent::owned(Vec::new()), &quota).unwrap(), quota)
    }

    fn write(content: &mut Content, data: &[u8], offset: u64) -> Result<Written, Errno> {
        content.write(&[IoSlice::new(data)], offset)
    }

    #[test]
    fn write_fills_the_gap_with_zeros_and_overlaps_the_end() {
        let (mut content, quota) = content(100);
        write(&mut content, b"abc", 2).unwrap();
        let written = content.write(&[IoSlice::new(b"X"), IoSlice::new(b"YZ12")], 3).unwrap();
        assert_eq!(written, Written { bytes: 5, end: 8 });
        assert_eq!(content.bytes().as_slice(), b"\0\0aXYZ12");
        assert_eq!(quota.used(), 8);
    }

    #[test]
    fn write_is_short_where_the_quota_ends_and_fails_where_nothing_fits() {
        let (mut content, quota) = content(4);
        let written = content.write(&[IoSlice::new(b"ab"), IoSlice::new(b"cd"), IoSlice::new(b"ef")], 1).unwrap();
        assert_eq!(written, Written { bytes: 3, end: 4 });
        assert_eq!(content.bytes().as_slice(), b"\0abc");
        assert_eq!(write(&mut content, b"x", 4), Err(Errno::ENOSPC));
        assert_eq!(write(&mut content, b"x", 9), Err(Errno::ENOSPC));
        assert_eq!(write(&mut content, b"", 9), Ok(Written { bytes: 0, end: 9 }));
        assert_eq!((content.len(), quota.used()), (4, 4));
    }

    #[test]
    fn write_far_away_fails_without_allocating() {
        let (mut content, quota) = content(1 << 20);
        for offset in [1 << 20, 1 << 40, MAX_FILE_BYTES - 1] {
            assert_eq!(write(&mut content, b"x", offset), Err(Errno::ENOSPC));
        }
        for offset in [MAX_FILE_BYTES, u64::MAX - 1, u64::MAX] {
            assert_eq!(write(&mut content, b"x", offset), Err(Errno::EFBIG));
        }
        assert_eq!(content.set_len(1 << 50), Err(Errno::ENOSPC));
        assert_eq!(content.set_len(u64::MAX), Err(Errno::EFBIG));
        assert_eq!((content.bytes.capacity(), quota.used(), content.version()), (0, 0, 0));
    }

    #[test]
    fn write_reports_missing_memory_and_changes_nothing() {
        let (mut content, quota) = content(u64::MAX);
        write(&mut content, b"abc", 0).unwrap();
        assert_eq!(write(&mut content, b"x", MAX_FILE_BYTES - 1), Err(Errno::ENOMEM));
        assert_eq!(content.set_len(MAX_FILE_BYTES), Err(Errno::ENOMEM));
        assert_eq!((content.bytes().as_slice(), quota.used()), (b"abc".as_slice(), 3));
    }

    #[test]
    fn shared_bytes_are_charged_and_copied_at_the_first_change() {
        let quota = Quota::new(10);
        let host = Arc::new(b"12345678".to_vec());
        let mut content = Content::new(NewContent::shared(Arc::clone(&host)), &quota).unwrap();
        assert!(Arc::ptr_eq(content.bytes(), &host));
        assert_eq!(quota.used(), 0);
        assert_eq!(write(&mut content, b"abcd", 8), Ok(Written { bytes: 2, end: 10 }));
        assert_eq!((content.bytes().as_slice(), quota.used()), (b"12345678ab".as_slice(), 10));
        assert_eq!(host.as_slice(), b"12345678");
    }

    #[test]
    fn shared_bytes_that_do_not_fit_the_quota_can_only_be_cut() {
        let quota = Quota::new(5);
        let mut content = Content::new(NewContent::shared(Arc::new(vec![7; 8])), &quota).unwrap();
        assert_eq!(write(&mut content, b"x", 0), Err(Errno::ENOSPC));
        assert_eq!(content.set_len(6), Err(Errno::ENOSPC));
        assert_eq!((content.len(), quota.used(), content.version()), (8, 0, 0));
        content.set_len(5).unwrap();
        assert_eq!((content.len(), quota.used()), (5, 5));
        content.set_len(0).unwrap();
        assert_eq!((content.len(), quota.used()), (0, 0));
    }

    #[test]
    fn held_bytes_stay_as_they_were() {
        let (mut content, _) = content(100);
        write(&mut content, b"before", 0).unwrap();
        let held = Arc::clone(content.bytes());
        write(&mut content, b"after!", 0).unwrap();
        let cut = Arc::clone(content.bytes());
        content.set_len(2).unwrap();
        assert_eq!((held.as_slice(), cut.as_slice()), (b"before".as_slice(), b"after!".as_slice()));
        assert_eq!(content.bytes().as_slice(), b"af");
    }

    #[test]
    fn replace_needs_room_for_the_difference_only() {
        let quota = Quota::new(10);
        let mut content = Content::new(NewContent::owned(vec![1; 8]), &quota).unwrap();
        content.replace(NewContent::owned(vec![2; 10])).unwrap();
        assert_eq!(content.replace(NewContent::owned(vec![3; 11])).unwrap_err(), Errno::ENOSPC);
        assert_eq!((content.bytes().as_slice(), quota.used()), ([2; 10].as_slice(), 10));
        content.replace(NewContent::shared(Arc::new(vec![4; 99]))).unwrap();
        assert_eq!((content.len(), quota.used()), (99, 0));
    }

    #[test]
    fn version_goes_up_with_each_change_only() {
        let (mut content, _) = content(100);
        let mut versions = vec![content.version()];
        write(&mut content, b"ab", 0).unwrap();
        versions.push(content.version());
        write(&mut content, b"", 0).unwrap();
        content.set_len(2).unwrap();
        versions.push(content.version());
        content.set_len(1).unwrap();
        versions.push(content.version());
        content.replace(NewContent::owned(vec![])).unwrap();
        versions.push(content.version());
        assert_eq!(versions, [0, 1, 1, 2, 3]);
    }

    #[test]
    fn buffer_stays_within_its_slack() {
        let (mut content, _) = content(1 << 30);
        let block = [1; 1000];
        while content.len() < 4 << 20 {
            let end = content.len();
            write(&mut content, &block, end).unwrap();
            let (length, capacity) = (content.bytes.len(), content.bytes.capacity());
            assert!(
                capacity <= if length <= 2 * DOUBLING_BYTES { 2 * length } else { length + length / 4 },
                "{capacity}"
            );
        }
        content.set_len(100_000).unwrap();
        assert!(content.bytes.capacity() <= 125_000);
        content.set_len(10).unwrap();
        assert!(content.bytes.capacity() <= 20);
        let mut spacious = Vec::with_capacity(1 << 20);
        spacious.push(1);
        content.replace(NewContent::owned(spacious)).unwrap();
        assert!(content.bytes.capacity() <= 2);
    }
}
