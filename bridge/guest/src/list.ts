/** What a callback without arguments is called with: one array for all of them. */
export const NO_ARGUMENTS: unknown[] = [];

/** A growing list that no property of `Array.prototype` or `Object.prototype` can interfere with. */
export class List<T> {
  #items: { [index: number]: T } = { __proto__: null } as never;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    this.#items[this.#length++] = item;
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[--this.#length];
    delete this.#items[this.#length];
    return item;
  }

  at(index: number): T {
    return this.#items[index] as T;
  }

  set(index: number, item: T): void {
    this.#items[index] = item;
  }

  clear(): void {
    this.#items = { __proto__: null } as never;
    this.#length = 0;
  }
}

interface Link<T> {
  readonly item: T;
  next: Link<T> | undefined;
}

/** First in, first out; constant time at both ends. */
export class Queue<T> {
  #head: Link<T> | undefined = undefined;
  #tail: Link<T> | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    const link: Link<T> = { item, next: undefined };
    if (this.#tail === undefined) this.#head = link;
    else this.#tail.next = link;
    this.#tail = link;
    this.#length++;
  }

  /** Undefined where the queue is empty. */
  shift(): T | undefined {
    const link = this.#head;
    if (link === undefined) return undefined;
    this.#head = link.next;
    if (link.next === undefined) this.#tail = undefined;
    this.#length--;
    return link.item;
  }

  peek(): T | undefined {
    return this.#head?.item;
  }
}
