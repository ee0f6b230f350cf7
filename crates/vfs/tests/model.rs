//! A file system as simple as can be, kept by canonical paths instead of inodes, to compare with.

mod content;

use crate::operation::{Operation, Range, operation};
use crate::subject::{self, Subject};
use hotcell_vfs::{Errno, VfsOptions};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, VecDeque};

const MAX_BYTES: usize = 60;
const MAX_INODES: usize = 12;
const MAX_DEPTH: usize = 4;

type Names = Vec<String>;

#[derive(Clone, Debug, PartialEq)]
enum Object {
    File(File),
    Symlink(String),
}

#[derive(Clone, Debug, PartialEq)]
struct File {
    bytes: Vec<u8>,
    /// The host's, and thus not charged.
    shared: bool,
}

impl File {
    fn charged(&self) -> usize {
        if self.shared { 0 } else { self.bytes.len() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Directory,
    Object(usize),
}

#[derive(Clone, Debug, Default)]
struct Model {
    nodes: BTreeMap<Names, Node>,
    /// Those without a name are never looked at again.
    objects: Vec<Object>,
}

#[derive(Clone, Copy, PartialEq)]
enum Follow {
    Always,
    BeforeSlash,
    Never,
    /// As a file is found that is to be made where it is missing.
    UnlessBeforeSlash,
}

/// Where a path leads: canonical names, and how the path ends.
struct Place {
    names: Names,
    slash: bool,
    /// The component at the end, where it is no name: `.`, `..`, or empty for the root.
    nameless: Option<&'static str>,
}

impl Model {
    fn is_directory(&self, names: &[String]) -> bool {
        names.is_empty() || self.nodes.get(names) == Some(&Node::Directory)
    }

    fn object(&self, names: &[String]) -> Option<&Object> {
        match self.nodes.get(names) {
            Some(Node::Object(object)) => Some(&self.objects[*object]),
            _ => None,
        }
    }

    fn links(&self, object: usize) -> usize {
        self.nodes.values().filter(|node| **node == Node::Object(object)).count()
    }

    fn bytes(&self) -> usize {
        let named = (0..self.objects.len()).filter(|object| self.links(*object) > 0);
        named
            .map(|object| match &self.objects[object] {
                Object::File(file) => file.charged(),
                Object::Symlink(target) => target.len(),
            })
            .sum()
    }

    fn resolve(&self, path: &str, follow: Follow) -> Result<Place, Errno> {
        let split = |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let mut rest = VecDeque::from(split(path));
        let mut slash = path.ends_with('/');
        let mut names = Names::new();
        let mut followed = 0;
        while let Some(name) = rest.pop_front() {
            let is_last = rest.is_empty();
            let nameless = match name.as_str() {
                "." => Some("."),
                ".." => {
                    names.pop();
                    Some("..")
                }
                _ => None,
            };
            if nameless.is_some() {
                if is_last {
                    return Ok(Place { names, slash, nameless });
                }
                continue;
            }
            let mut child = names.clone();
            child.push(name);
            let follows_last = match follow {
                Follow::Always => true,
                Follow::BeforeSlash => slash,
                Follow::Never => false,
                Follow::UnlessBeforeSlash => !slash,
            };
            let follows = !is_last || follows_last;
            if let (Some(Object::Symlink(target)), true) = (self.object(&child), follows) {
                followed += 1;
                if followed > 40 {
                    return Err(Errno::ELOOP);
                }
                if target.starts_with('/') {
                    names.clear();
                }
                if is_last {
                    slash |= target.ends_with('/');
                }
                for name in split(target).into_iter().rev() {
                    rest.push_front(name);
                }
                continue;
            }
            if is_last {
                return Ok(Place { names: child, slash, nameless: None });
            }
            if self.is_directory(&child) {
                names = child;
            } else {
                return Err(if self.nodes.contains_key(&child) { Errno::ENOTDIR } else { Errno::ENOENT });
            }
        }
        Ok(Place { names, slash, nameless: Some("") })
    }

    /// The names of what is there at a path.
    fn existing(&self, path: &str, follow: Follow) -> Result<Names, Errno> {
        let place = self.resolve(path, follow)?;
        if self.is_directory(&place.names) {
            Ok(place.names)
        } else if !self.nodes.contains_key(&place.names) {
            Err(Errno::ENOENT)
        } else if place.slash {
            Err(Errno::ENOTDIR)
        } else {
            Ok(place.names)
        }
    }

    fn add(&mut self, names: Names, node: Node) -> Result<(), Errno> {
        if self.nodes.len() >= MAX_INODES {
            return Err(Errno::ENOSPC);
        }
        self.nodes.insert(names, node);
        Ok(())
    }

    fn add_object(&mut self, names: Names, object: Object) -> Result<(), Errno> {
        self.objects.push(object);
        self.add(names, Node::Object(self.objects.len() - 1))
    }

    fn add_directory(&mut self, names: Names) -> Result<(), Errno> {
        if names.len() > MAX_DEPTH { Err(Errno::ENAMETOOLONG) } else { self.add(names, Node::Directory) }
    }

    fn is_empty(&self, names: &[String]) -> bool {
        !self.nodes.keys().any(|other| other.len() > names.len() && other.starts_with(names))
    }

    /// Where something that is no directory can be made.
    fn unused(&self, path: &str) -> Result<Names, Errno> {
        let place = self.resolve(path, Follow::Never)?;
        if place.nameless.is_some() || self.nodes.contains_key(&place.names) {
            Err(Errno::EEXIST)
        } else if place.slash {
            Err(Errno::ENOENT)
        } else {
            Ok(place.names)
        }
    }

    fn create_dir(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path, Follow::Never)?;
        if place.nameless.is_some() || self.nodes.contains_key(&place.names) {
            return Err(Errno::EEXIST);
        }
        self.add_directory(place.names)
    }

    fn create_dir_all(&mut self, path: &str) -> Result<String, Errno> {
        let before = self.clone();
        let made = self.create_each_dir(path);
        if made.is_err() {
            *self = before;
        }
        made
    }

    /// The topmost one that was made.
    fn create_each_dir(&mut self, path: &str) -> Result<String, Errno> {
        let names: Vec<_> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut topmost = String::new();
        for count in 1..=names.len() {
            let prefix = names[..count].join("/");
            let place = self.resolve(&prefix, Follow::Never)?;
            if place.nameless.is_none() && !self.nodes.contains_key(&place.names) {
                if topmost.is_empty() {
                    topmost = shown(&place.names);
                }
                self.add_directory(place.names)?;
            } else if !self.is_directory(&self.existing(&prefix, Follow::Always)?) {
                return Err(if count == names.len() { Errno::EEXIST } else { Errno::ENOTDIR });
            }
        }
        Ok(topmost)
    }

    fn remove_dir(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path, Follow::Never)?;
        match place.nameless {
            Some("") => return Err(Errno::EBUSY),
            Some(".") => return Err(Errno::EINVAL),
            Some(_) => return Err(Errno::ENOTEMPTY),
            None => {}
        }
        if !self.nodes.contains_key(&place.names) {
            Err(Errno::ENOENT)
        } else if !self.is_directory(&place.names) {
            Err(Errno::ENOTDIR)
        } else if !self.is_empty(&place.names) {
            Err(Errno::ENOTEMPTY)
        } else {
            self.nodes.remove(&place.names);
            Ok(())
        }
    }

    fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path, Follow::Never)?;
        if self.is_directory(&place.names) {
            return Err(Errno::EISDIR);
        }
        if self.nodes.contains_key(&place.names) && place.slash {
            return Err(Errno::ENOTDIR);
        }
        self.nodes.remove(&place.names).map(drop).ok_or(Errno::ENOENT)
    }

    fn remove_all(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path, Follow::Never)?;
        match place.nameless {
            Some("") => return Err(Errno::EBUSY),
            Some(_) => return Err(Errno::EINVAL),
            None => {}
        }
        if !self.is_directory(&place.names) {
            return self.unlink(path);
        }
        self.nodes.retain(|names, _| !names.starts_with(&place.names));
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let (from, to) = (self.resolve(from, Follow::Never)?, self.resolve(to, Follow::Never)?);
        if from.nameless.is_some() || to.nameless.is_some() {
            return Err(Errno::EBUSY);
        }
        let source = *self.nodes.get(&from.names).ok_or(Errno::ENOENT)?;
        let target = self.nodes.get(&to.names).copied();
        let moves_directory = source == Node::Directory;
        if !moves_directory && (from.slash || to.slash) {
            return Err(Errno::ENOTDIR);
        }
        if moves_directory && to.names.len() > from.names.len() && to.names.starts_with(&from.names) {
            return Err(Errno::EINVAL);
        }
        if from.names == to.names {
            return Ok(());
        }
        match target {
            Some(Node::Directory) if from.names.starts_with(&to.names) => return Err(Errno::ENOTEMPTY),
            Some(Node::Directory) if !moves_directory => return Err(Errno::EISDIR),
            Some(Node::Directory) if !self.is_empty(&to.names) => return Err(Errno::ENOTEMPTY),
            Some(Node::Object(_)) if moves_directory => return Err(Errno::ENOTDIR),
            Some(object) if object == source && !moves_directory => return Ok(()),
            _ => {}
        }
        let moved: Vec<_> = self.nodes.iter().filter(|(names, _)| names.starts_with(&from.names)).collect();
        let moved: Vec<_> = moved
            .into_iter()
            .map(|(names, node)| (names.clone(), [to.names.as_slice(), &names[from.names.len()..]].concat(), *node))
            .collect();
        let is_deeper = to.names.len() > from.names.len();
        if is_deeper && moved.iter().any(|(_, new, node)| *node == Node::Directory && new.len() > MAX_DEPTH) {
            return Err(Errno::ENAMETOOLONG);
        }
        for (old, _, _) in &moved {
            self.nodes.remove(old);
        }
        self.nodes.extend(moved.into_iter().map(|(_, new, node)| (new, node)));
        Ok(())
    }

    fn link(&mut self, existing: &str, new: &str) -> Result<(), Errno> {
        let existing = self.existing(existing, Follow::BeforeSlash)?;
        let new = self.unused(new)?;
        if self.is_directory(&existing) {
            return Err(Errno::EPERM);
        }
        self.add(new, self.nodes[&existing])
    }

    fn symlink(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        let names = self.unused(path)?;
        if self.bytes() + target.len() > MAX_BYTES {
            return Err(Errno::ENOSPC);
        }
        self.add_object(names, Object::Symlink(target.to_owned()))
    }

    fn read_link(&self, path: &str) -> Result<String, Errno> {
        match self.object(&self.existing(path, Follow::BeforeSlash)?) {
            Some(Object::Symlink(target)) => Ok(target.clone()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn stat(&self, path: &str, follow: Follow) -> Result<String, Errno> {
        let names = self.existing(path, follow)?;
        let Some(Node::Object(object)) = self.nodes.get(&names) else { return Ok("directory".to_owned()) };
        let (kind, size) = match &self.objects[*object] {
            Object::File(file) => ("File", file.bytes.len()),
            Object::Symlink(target) => ("Symlink", target.len()),
        };
        Ok(format!("{kind} of {size} bytes, {} links", self.links(*object)))
    }

    fn answer(&mut self, operation: &Operation) -> Result<String, Errno> {
        let nothing = |()| String::new();
        match operation {
            Operation::CreateDir(path) => self.create_dir(path).map(nothing),
            Operation::CreateDirAll(path) => self.create_dir_all(path),
            Operation::RemoveDir(path) => self.remove_dir(path).map(nothing),
            Operation::Unlink(path) => self.unlink(path).map(nothing),
            Operation::RemoveAll(path) => self.remove_all(path).map(nothing),
            Operation::Rename(from, to) => self.rename(from, to).map(nothing),
            Operation::Link(existing, new) => self.link(existing, new).map(nothing),
            Operation::Symlink { target, path } => self.symlink(target, path).map(nothing),
            Operation::ReadLink(path) => self.read_link(path),
            Operation::RealPath(path) => self.existing(path, Follow::Always).map(|names| shown(&names)),
            Operation::Stat(path) => self.stat(path, Follow::Always),
            Operation::LinkStat(path) => self.stat(path, Follow::BeforeSlash),
            Operation::Truncate(path, length) => self.truncate(path, *length as usize).map(nothing),
            Operation::Open { path, how, data, offset } => self.open(path, *how, data, *offset as usize),
            Operation::WriteShared { path, data } => self.write_file(path, data, false, true).map(nothing),
            Operation::Snapshot(path) => self.snapshot(path),
            Operation::WriteFile { path, data, parents } => self.write_file(path, data, *parents, false).map(nothing),
        }
    }

    fn dump(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut first_names = HashMap::new();
        let mut pending = vec![Names::new()];
        while let Some(directory) = pending.pop() {
            for (names, node) in &self.nodes {
                if names.len() != directory.len() + 1 || !names.starts_with(&directory) {
                    continue;
                }
                let path = shown(names);
                let Node::Object(object) = node else {
                    lines.push(format!("{path}/"));
                    pending.push(names.clone());
                    continue;
                };
                let first = first_names.entry(*object).or_insert_with(|| path.clone());
                let links = self.links(*object);
                lines.push(match &self.objects[*object] {
                    Object::File(file) => format!("{path} = {first} ({links}): {:?}", file.bytes),
                    Object::Symlink(target) => format!("{path} = {first} ({links}) -> {target}"),
                });
            }
        }
        lines
    }
}

fn shown(names: &[String]) -> String {
    format!("/{}", names.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn file_system_behaves_as_the_model_does(operations in proptest::collection::vec(operation(Range::Full), 1..100)) {
        let mut subject = Subject::new(VfsOptions {
            max_bytes: MAX_BYTES as u64,
            max_inodes: MAX_INODES as u64,
            max_depth: MAX_DEPTH as u32,
            ..VfsOptions::default()
        });
        let mut model = Model::default();
        for operation in operations {
            prop_assert_eq!(subject.apply(&operation), model.answer(&operation).map_err(Errno::linux_number), "{:?}", operation);
            prop_assert_eq!(subject::dump(&subject.vfs), model.dump(), "{:?}", operation);
            let usage = subject.vfs.usage();
            let expected = (model.bytes() as u64, model.nodes.len() as u64, 0);
            prop_assert_eq!((usage.bytes, usage.inodes, usage.open_files), expected, "{:?}", operation);
        }
        subject::assert_directory_links(&subject.vfs);
        subject.assert_held_bytes_are_unchanged();
    }
}
