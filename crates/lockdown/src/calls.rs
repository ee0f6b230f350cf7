//! seccomp: the system calls that the process may still make.

use crate::error::{LockdownError, Part};
use crate::numbers::number;
use crate::rules::{Condition, Rule, rules};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};
use std::collections::BTreeMap;
use std::io;

/// What kind of process is locked down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// It speaks with hosts over descriptors that it has.
    Child,
    /// It accepts hosts on a socket that it has.
    Serve,
}

/// Leaves all threads of the process, and those that they make, the calls of `rules/calls.txt`. All others fail with `EPERM`.
///
/// One filter holds for all threads: they share their memory, so one that runs what an attacker wants can have any other make
/// its calls, and a stricter filter for some would keep nobody out.
///
/// # Errors
/// Where the kernel has no seccomp filters, or a thread has filters of its own.
pub fn confine_calls(profile: Profile) -> Result<(), LockdownError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|_| LockdownError::Architecture)?;
    let own_pid = std::process::id();
    let rules = rules();
    let rules = rules.iter().filter(|rule| rule.only.is_none_or(|only| only == profile));
    let (unknown, allowed): (Vec<&Rule>, Vec<&Rule>) = rules.partition(|rule| rule.conditions == [Condition::Unknown]);
    let unknown = table(&unknown, own_pid)?;
    let mut allowed = table(&allowed, own_pid)?;
    // Of two filters the stricter answer counts, and that is to be the other's.
    allowed.extend(unknown.keys().map(|number| (*number, Vec::new())));
    let unknown = program(unknown, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32), architecture)?;
    let allowed = program(allowed, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, architecture)?;
    for filter in [unknown, allowed] {
        apply_filter_all_threads(&filter).map_err(refused)?;
    }
    Ok(())
}

fn program(
    table: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    action: SeccompAction,
    architecture: TargetArch,
) -> Result<BpfProgram, LockdownError> {
    let filter = SeccompFilter::new(table, otherwise, action, architecture).map_err(refused)?;
    BpfProgram::try_from(filter).map_err(refused)
}

/// The rules by the numbers of their calls. A call that this architecture does not have is passed over.
fn table(rules: &[&Rule], own_pid: u32) -> Result<BTreeMap<i64, Vec<SeccompRule>>, LockdownError> {
    let mut table = BTreeMap::<i64, Vec<SeccompRule>>::new();
    for rule in rules {
        let Some(number) = number(rule.call) else { continue };
        let alternatives = table.entry(number).or_default();
        let conditions = rule.conditions.iter().filter_map(|condition| compile(condition, own_pid));
        let conditions = conditions.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        if !conditions.is_empty() {
            alternatives.push(SeccompRule::new(conditions).map_err(refused)?);
        }
    }
    Ok(table)
}

fn compile(condition: &Condition, own_pid: u32) -> Option<Result<SeccompCondition, BackendError>> {
    use SeccompCmpArgLen::{Dword, Qword};
    // These arguments are C's int, or flags of which the kernel looks at the lower half alone.
    let (argument, length, operator, value) = match *condition {
        Condition::Unknown => return None,
        Condition::Equals { argument, value } => (argument, Dword, SeccompCmpOp::Eq, value),
        Condition::HasBits { argument, bits } => (argument, Dword, SeccompCmpOp::MaskedEq(bits), bits),
        Condition::IsOwnPid { argument } => (argument, Dword, SeccompCmpOp::Eq, own_pid.into()),
        Condition::IsNull { argument } => (argument, Qword, SeccompCmpOp::Eq, 0),
    };
    Some(SeccompCondition::new(argument, length, operator, value))
}

fn refused(error: impl std::error::Error) -> LockdownError {
    LockdownError::Refused { part: Part::Seccomp, source: io::Error::other(error.to_string()) }
}
