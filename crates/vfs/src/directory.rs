use crate::inode::Inode;
use crate::overlay::Lower;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

/// The cookies of `.` and `..`; those of entries follow.
const DOT_COOKIE: u64 = 1;
const DOT_DOT_COOKIE: u64 = 2;

/// Below this capacity a table of names is not worth shrinking.
const SMALL_TABLE: usize = 32;

/// The entries of a directory, and where it lies itself.
#[derive(Debug)]
pub(crate) struct Directory {
    pub inode: Arc<Inode>,
    /// The inode number of the directory that this one is in; the root is in itself.
    pub parent: u64,
    /// Its name there; the root's is empty.
    pub name: Arc<str>,
    entries: HashMap<Arc<str>, Entry>,
    /// Cookies are never used again, so that a listing goes on where it was whatever came and went meanwhile.
    by_cookie: BTreeMap<u64, Arc<str>>,
    last_cookie: u64,
    /// The host's directory whose entries are still to be taken over.
    lower: Option<Lower>,
}

#[derive(Debug)]
struct Entry {
    inode: Arc<Inode>,
    cookie: u64,
}

impl Directory {
    pub fn new(inode: Arc<Inode>, parent: u64, name: Arc<str>) -> Self {
        let entries = HashMap::new();
        Self { inode, parent, name, entries, by_cookie: BTreeMap::new(), last_cookie: DOT_DOT_COOKIE, lower: None }
    }

    /// The host's directory whose entries are still to be taken over: until then, what is here is not all.
    pub fn lower(&self) -> Option<&Lower> {
        self.lower.as_ref()
    }

    /// Has the entries taken over from there, or no longer.
    pub fn set_lower(&mut self, lower: Option<Lower>) {
        self.lower = lower;
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Inode>> {
        self.entries.get(name).map(|entry| &entry.inode)
    }

    /// Gives a name to an inode. What had the name before comes back, and its place in listings stays.
    pub fn insert(&mut self, name: Arc<str>, inode: Arc<Inode>) -> Option<Arc<Inode>> {
        if let Some(entry) = self.entries.get_mut(&name) {
            return Some(std::mem::replace(&mut entry.inode, inode));
        }
        self.last_cookie += 1;
        self.by_cookie.insert(self.last_cookie, Arc::clone(&name));
        self.entries.insert(name, Entry { inode, cookie: self.last_cookie });
        None
    }

    pub fn remove(&mut self, name: &str) -> Option<Arc<Inode>> {
        let entry = self.entries.remove(name)?;
        self.by_cookie.remove(&entry.cookie);
        // A table that was large once must not stay so: names can be moved through any number of directories.
        if self.entries.capacity() > SMALL_TABLE && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
        Some(entry.inode)
    }

    pub fn inodes(&self) -> impl Iterator<Item = &Arc<Inode>> {
        self.entries.values().map(|entry| &entry.inode)
    }

    /// The entries after a cookie, each with its own, in the order in which they were made.
    pub fn after(&self, cookie: u64) -> impl Iterator<Item = (u64, &Arc<str>, &Arc<Inode>)> {
        self.by_cookie
            .range((Bound::Excluded(cookie.max(DOT_DOT_COOKIE)), Bound::Unbounded))
            .filter_map(|(cookie, name)| self.entries.get(name).map(|entry| (*cookie, name, &entry.inode)))
    }

    /// `.` and `..` with their cookies, as far as they come after a cookie; `parent` is the inode of `..`.
    pub fn dots_after<'a>(
        &'a self,
        cookie: u64,
        parent: &'a Arc<Inode>,
    ) -> impl Iterator<Item = (u64, &'static str, &'a Arc<Inode>)> {
        [(DOT_COOKIE, ".", &self.inode), (DOT_DOT_COOKIE, "..", parent)].into_iter().filter(move |dot| dot.0 > cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inode::{Body, Device};
    use crate::quota::{Charge, Quota};

    fn inode(id: u64) -> Arc<Inode> {
        Inode::new(id, Body::Device(Device::Null), 0, 0, Charge::none(&Quota::new(0)))
    }

    fn names(directory: &Directory, cookie: u64) -> Vec<String> {
        directory.after(cookie).map(|(_, name, _)| name.to_string()).collect()
    }

    #[test]
    fn listing_goes_on_after_its_cookie_whatever_came_and_went() {
        let mut directory = Directory::new(inode(1), 1, "".into());
        for (id, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            assert!(directory.insert(name.into(), inode(id as u64)).is_none());
        }
        let (cookie, name, _) = directory.after(0).nth(1).unwrap();
        assert_eq!(&**name, "b");
        directory.remove("b");
        directory.remove("a");
        directory.insert("a".into(), inode(9));
        assert_eq!(names(&directory, cookie), ["c", "d", "a"]);
        assert_eq!(directory.insert("c".into(), inode(10)).unwrap().id, 2);
        assert_eq!(names(&directory, cookie), ["c", "d", "a"]);
        assert!(names(&directory, u64::MAX).is_empty());
    }

    #[test]
    fn table_shrinks_when_its_names_are_gone() {
        let mut directory = Directory::new(inode(1), 1, "".into());
        for id in 0..10_000 {
            directory.insert(id.to_string().into(), inode(id));
        }
        for id in 10..10_000 {
            directory.remove(&id.to_string());
        }
        assert_eq!(directory.len(), 10);
        assert!(directory.entries.capacity() <= 64, "{}", directory.entries.capacity());
    }
}
