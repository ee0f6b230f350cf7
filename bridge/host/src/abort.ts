/** What an AbortSignal can end. */
export interface Cancellable {
  cancel(): void;
}

/** Who waits for which signal. One listener serves them all: Node warns of a leak where a signal has more than ten. */
const groups = new WeakMap<AbortSignal, Group>();

/** Has it cancelled when the signal is aborted. */
export function cancelOnAbort(signal: AbortSignal, member: Cancellable): void {
  let group = groups.get(signal);
  if (group === undefined) {
    group = new Group();
    groups.set(signal, group);
    signal.addEventListener("abort", group, { once: true });
  }
  group.members.add(member);
}

/** It has ended, and no signal concerns it any more. */
export function forgetAbort(signal: AbortSignal, member: Cancellable): void {
  const group = groups.get(signal);
  if (group === undefined || !group.members.delete(member) || group.members.size > 0) return;
  groups.delete(signal);
  signal.removeEventListener("abort", group);
}

class Group {
  readonly members = new Set<Cancellable>();

  handleEvent(): void {
    for (const member of this.members) member.cancel();
  }
}
