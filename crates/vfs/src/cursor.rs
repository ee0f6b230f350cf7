use crate::errno::Errno;
use crate::resolve::{MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_SYMLINKS};
use std::borrow::Cow;

/// What is left of a path that is being followed, name by name.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'p> {
    text: Cow<'p, str>,
    at: usize,
    links: u32,
}

/// The next part of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    begin: usize,
    end: usize,
    next: usize,
    pub is_last: bool,
    /// A slash follows the last part.
    pub trailing_slash: bool,
}

impl<'p> Cursor<'p> {
    /// At the start of a path. `ENOENT`, `ENAMETOOLONG`, `EINVAL`.
    pub fn new(path: &'p str) -> Result<Self, Errno> {
        check_path(path)?;
        Ok(Self { text: Cow::Borrowed(path), at: 0, links: 0 })
    }

    /// The next part; `None` where nothing but slashes is left. `ENAMETOOLONG`.
    pub fn step(&self) -> Result<Option<Step>, Errno> {
        let begin = self.text.len() - self.text[self.at..].trim_start_matches('/').len();
        if begin == self.text.len() {
            return Ok(None);
        }
        let end = self.text[begin..].find('/').map_or(self.text.len(), |length| begin + length);
        if end - begin > MAX_NAME_BYTES {
            return Err(Errno::ENAMETOOLONG);
        }
        let next = self.text.len() - self.text[end..].trim_start_matches('/').len();
        let is_last = next == self.text.len();
        Ok(Some(Step { begin, end, next, is_last, trailing_slash: is_last && end < next }))
    }

    pub fn name(&self, step: Step) -> &str {
        &self.text[step.begin..step.end]
    }

    /// Passes a part.
    pub fn pass(&mut self, step: Step) {
        self.at = step.next;
    }

    /// Puts the target of a symbolic link in the place of its name; whether it leads to the root. `ELOOP`.
    pub fn follow(&mut self, step: Step, target: &str) -> Result<bool, Errno> {
        self.links += 1;
        if self.links > MAX_SYMLINKS {
            return Err(Errno::ELOOP);
        }
        self.text = Cow::Owned([target, &self.text[step.end..]].concat());
        self.at = 0;
        Ok(target.starts_with('/'))
    }

    pub fn into_name(self, step: Step) -> Cow<'p, str> {
        match self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[step.begin..step.end]),
            Cow::Owned(text) => Cow::Owned(text[step.begin..step.end].to_owned()),
        }
    }
}

/// What every path, and every symbolic link's target, must keep to. `ENOENT`, `ENAMETOOLONG`, `EINVAL`.
pub(crate) fn check_path(path: &str) -> Result<(), Errno> {
    if path.is_empty() {
        Err(Errno::ENOENT)
    } else if path.len() > MAX_PATH_BYTES {
        Err(Errno::ENAMETOOLONG)
    } else if path.as_bytes().contains(&0) {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}
