/**
 * The timers' order: a list per duration, and a heap of the lists by the time of their first timer. Adding to a list that
 * exists and taking a timer out are constant; a list's first timer is the next of that duration, since all of a list wait
 * equally long. So the cost per timer grows with the number of different durations only, and only logarithmically.
 */

import { List } from "./list.ts";
import { Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet } from "./primordials.ts";

export interface QueuedTimer {
  /** Whole milliseconds, as `Native.now` counts. */
  start: number;
  readonly duration: number;
  list: TimerList | undefined;
  previous: QueuedTimer | undefined;
  next: QueuedTimer | undefined;
}

export class TimerList {
  readonly duration: number;
  /** When the list is to be looked at; its first timer may have been taken out since, so not before. */
  expiry: number;
  /** Decides between lists of equal expiry: the older goes first. */
  readonly sequence: number;
  heapIndex = 0;
  first: QueuedTimer | undefined = undefined;
  last: QueuedTimer | undefined = undefined;

  constructor(duration: number, expiry: number, sequence: number) {
    this.duration = duration;
    this.expiry = expiry;
    this.sequence = sequence;
  }
}

const lists = new Map<number, TimerList>();
const heap = new List<TimerList>();
let sequence = 0;

/** The list that is due first. */
export function nextList(): TimerList | undefined {
  return heap.length === 0 ? undefined : heap.at(0);
}

export function enqueue(timer: QueuedTimer): void {
  let list = MapPrototypeGet(lists, timer.duration);
  if (list === undefined) {
    list = new TimerList(timer.duration, timer.start + timer.duration, sequence++);
    MapPrototypeSet(lists, timer.duration, list);
    list.heapIndex = heap.length;
    heap.push(list);
    siftUp(list.heapIndex);
  }
  timer.list = list;
  timer.next = undefined;
  timer.previous = list.last;
  if (list.last === undefined) list.first = timer;
  else list.last.next = timer;
  list.last = timer;
}

/** Takes a timer out of its list, and the list out of the heap where it was the last; nothing where it is in none. */
export function dequeue(timer: QueuedTimer): void {
  const { list, previous, next } = timer;
  if (list === undefined) return;
  if (previous === undefined) list.first = next;
  else previous.next = next;
  if (next === undefined) list.last = previous;
  else next.previous = previous;
  timer.list = timer.previous = timer.next = undefined;
  if (list.first === undefined) remove(list);
}

/** Moves a list down the heap to where its new expiry belongs. */
export function postpone(list: TimerList, expiry: number): void {
  list.expiry = expiry;
  siftDown(list.heapIndex);
}

function remove(list: TimerList): void {
  MapPrototypeDelete(lists, list.duration);
  const last = heap.pop()!;
  if (last === list) return;
  place(last, list.heapIndex);
  siftUp(last.heapIndex);
  siftDown(last.heapIndex);
}

const isBefore = (a: TimerList, b: TimerList): boolean =>
  a.expiry < b.expiry || (a.expiry === b.expiry && a.sequence < b.sequence);

function place(list: TimerList, index: number): void {
  heap.set(index, list);
  list.heapIndex = index;
}

function siftUp(from: number): void {
  const list = heap.at(from);
  let index = from;
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap.at(parentIndex);
    if (!isBefore(list, parent)) break;
    place(parent, index);
    index = parentIndex;
  }
  place(list, index);
}

function siftDown(from: number): void {
  const list = heap.at(from);
  let index = from;
  for (;;) {
    let childIndex = 2 * index + 1;
    if (childIndex >= heap.length) break;
    if (childIndex + 1 < heap.length && isBefore(heap.at(childIndex + 1), heap.at(childIndex))) childIndex++;
    const child = heap.at(childIndex);
    if (!isBefore(child, list)) break;
    place(child, index);
    index = childIndex;
  }
  place(list, index);
}
