//! The system calls that are allowed, as `rules/calls.txt` lists them.

use crate::calls::Profile;

/// A system call that is allowed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub call: &'static str,
    /// All of them must hold. Without any it is always allowed, and costs nothing: the kernel then does not even run the filter
    /// for it.
    pub conditions: Vec<Condition>,
    /// Where it is allowed; everywhere unless set.
    pub only: Option<Profile>,
    pub reason: &'static str,
}

/// What an argument of an allowed call must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Equals {
        argument: u8,
        value: u64,
    },
    /// All of these bits are set.
    HasBits {
        argument: u8,
        bits: u64,
    },
    /// It is this process.
    IsOwnPid {
        argument: u8,
    },
    /// It is a null pointer.
    IsNull {
        argument: u8,
    },
    /// It fails with `ENOSYS`, as on a kernel that does not know it, so that what is used instead can be looked at.
    Unknown,
}

const TEXT: &str = include_str!("../rules/calls.txt");

/// All of them, in the order of the file.
///
/// # Panics
/// Where the file, which is part of this program, is not written as it says: a test reads it.
pub fn rules() -> Vec<Rule> {
    TEXT.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| parse(line).unwrap_or_else(|| panic!("rules/calls.txt has a line that is no rule: {line}")))
        .collect()
}

fn parse(line: &'static str) -> Option<Rule> {
    let (call, reason) = line.split_once('|')?;
    let mut words = call.split_whitespace();
    let call = words.next()?;
    let mut rule = Rule { call, conditions: Vec::new(), only: None, reason: reason.trim() };
    for word in words {
        match word {
            "[serve]" => rule.only = Some(Profile::Serve),
            "unknown" => rule.conditions.push(Condition::Unknown),
            _ => rule.conditions.push(parse_condition(word)?),
        }
    }
    (!rule.reason.is_empty()).then_some(rule)
}

fn parse_condition(word: &str) -> Option<Condition> {
    let (left, value) = word.split_once('=')?;
    let (argument, bits) = left.split_once('&').map_or((left, None), |(argument, bits)| (argument, Some(bits)));
    let argument = argument.strip_prefix("arg")?.parse().ok().filter(|argument| *argument < 6)?;
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    Some(match (bits, value) {
        (None, "pid") => Condition::IsOwnPid { argument },
        (None, "null") => Condition::IsNull { argument },
        (None, value) => Condition::Equals { argument, value: number(value)? },
        (Some(bits), value) if bits == value => Condition::HasBits { argument, bits: number(bits)? },
        (Some(_), _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rules_name_each_call_with_a_reason_and_the_hot_ones_without_condition() {
        let rules = rules();
        let mut seen = HashSet::new();
        for rule in &rules {
            assert!(seen.insert((rule.call, format!("{:?}", rule.conditions))), "{} is there twice", rule.call);
        }
        for hot in
            ["futex", "epoll_wait", "recvfrom", "writev", "mprotect", "madvise", "mmap", "munmap", "read", "write"]
        {
            let rule = rules.iter().find(|rule| rule.call == hot).unwrap();
            assert_eq!((&*rule.conditions, rule.only), (&[][..], None), "{hot}");
        }
        for never in [
            "execve",
            "execveat",
            "fork",
            "vfork",
            "ptrace",
            "socket",
            "connect",
            "bind",
            "mount",
            "io_uring_setup",
            "bpf",
        ] {
            assert!(!rules.iter().any(|rule| rule.call == never), "{never}");
        }
    }

    #[test]
    fn conditions_are_read_as_they_are_written() {
        let conditions = |line| parse(line).unwrap().conditions;
        assert_eq!(conditions("a arg1=0x10 | b"), [Condition::Equals { argument: 1, value: 16 }]);
        assert_eq!(conditions("a arg0&0x100=0x100 | b"), [Condition::HasBits { argument: 0, bits: 256 }]);
        let both = [Condition::IsOwnPid { argument: 0 }, Condition::IsNull { argument: 2 }];
        assert_eq!(conditions("a arg0=pid arg2=null | b"), both);
        assert_eq!(conditions("a unknown | b"), [Condition::Unknown]);
        for line in ["a", "a |", "a arg7=1 | b", "a arg0&1=2 | b", "a arg0=x | b", "a whatever | b"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
