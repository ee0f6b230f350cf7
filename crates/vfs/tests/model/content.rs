//! What the model does with the content of files.

use super::{File, Follow, MAX_BYTES, Model, Names, Node, Object};
use crate::operation::How;
use hotcell_vfs::Errno;

impl Model {
    /// A file that is there, and how long the quota lets it become.
    fn file(&mut self, names: &[String]) -> Result<(&mut File, usize), Errno> {
        let free = MAX_BYTES - self.bytes();
        let Some(Node::Object(object)) = self.nodes.get(names) else { return Err(Errno::EISDIR) };
        match &mut self.objects[*object] {
            Object::File(file) => {
                let limit = file.charged() + free;
                Ok((file, limit))
            }
            Object::Symlink(_) => Err(Errno::ELOOP),
        }
    }

    pub fn truncate(&mut self, path: &str, length: usize) -> Result<(), Errno> {
        let names = self.existing(path, Follow::Always)?;
        let (file, limit) = self.file(&names)?;
        if length == file.bytes.len() {
            return Ok(());
        }
        if length > limit {
            return Err(Errno::ENOSPC);
        }
        file.bytes.resize(length, 0);
        file.shared = false;
        Ok(())
    }

    pub fn open(&mut self, path: &str, how: How, data: &[u8], offset: usize) -> Result<String, Errno> {
        let follow = match how {
            How { create: true, exclusive: true, .. } | How { create: true, follow: false, .. } => Follow::Never,
            How { create: true, .. } => Follow::UnlessBeforeSlash,
            How { follow: true, .. } => Follow::Always,
            How { follow: false, .. } => Follow::BeforeSlash,
        };
        let place = self.resolve(path, follow)?;
        let names = place.names;
        if how.create && place.slash && place.nameless.is_none() {
            return Err(Errno::EISDIR);
        }
        if !self.is_directory(&names) && !self.nodes.contains_key(&names) {
            if !how.create {
                return Err(Errno::ENOENT);
            }
            self.add_file(names.clone(), &[], false)?;
        } else if how.exclusive {
            return Err(Errno::EEXIST);
        } else if self.is_directory(&names) {
            let changes = how.create || how.write || how.truncate;
            return if changes { Err(Errno::EISDIR) } else { Ok("directory".to_owned()) };
        } else if how.directory || place.slash {
            return Err(Errno::ENOTDIR);
        }
        let (file, limit) = self.file(&names)?;
        if how.truncate {
            *file = File { bytes: Vec::new(), shared: false };
        }
        if !how.write {
            return Ok(format!("{:?}", file.bytes.get(offset..).unwrap_or_default()));
        }
        let length = file.bytes.len();
        let offset = if how.append { length } else { offset };
        if data.is_empty() || length.max(offset + 1) > limit {
            return Ok("0 written".to_owned());
        }
        let data = &data[..data.len().min(limit - offset)];
        file.bytes.resize(length.max(offset + data.len()), 0);
        file.bytes[offset..offset + data.len()].copy_from_slice(data);
        file.shared = false;
        Ok(format!("{} written", data.len()))
    }

    pub fn snapshot(&mut self, path: &str) -> Result<String, Errno> {
        let names = self.existing(path, Follow::Always)?;
        Ok(format!("{:?}", self.file(&names)?.0.bytes))
    }

    fn add_file(&mut self, names: Names, data: &[u8], shared: bool) -> Result<(), Errno> {
        if !shared && self.bytes() + data.len() > MAX_BYTES {
            return Err(Errno::ENOSPC);
        }
        self.add_object(names, Object::File(File { bytes: data.to_vec(), shared }))
    }

    pub fn write_file(&mut self, path: &str, data: &[u8], parents: bool, shared: bool) -> Result<(), Errno> {
        let before = self.clone();
        let found = self.place_to_write(path, parents);
        let made = match found {
            Ok(names) if self.nodes.contains_key(&names) => {
                let (file, limit) = self.file(&names)?;
                if !shared && data.len() > limit {
                    return Err(Errno::ENOSPC);
                }
                *file = File { bytes: data.to_vec(), shared };
                return Ok(());
            }
            Ok(names) => self.add_file(names, data, shared),
            Err(error) => Err(error),
        };
        if made.is_err() {
            *self = before;
        }
        made
    }

    fn place_to_write(&mut self, path: &str, parents: bool) -> Result<Names, Errno> {
        let mut place = self.resolve(path, Follow::UnlessBeforeSlash);
        let above = path.trim_end_matches('/').rsplit_once('/');
        if let (Err(Errno::ENOENT), true, Some((above, _))) = (&place, parents, above) {
            self.create_dir_all(above)?;
            place = self.resolve(path, Follow::UnlessBeforeSlash);
        }
        let place = place?;
        if place.slash || self.is_directory(&place.names) { Err(Errno::EISDIR) } else { Ok(place.names) }
    }
}
