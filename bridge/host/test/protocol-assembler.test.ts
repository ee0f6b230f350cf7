import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAX_MESSAGE, MAX_PARTIAL_BYTES, MAX_PARTIAL_MESSAGES } from "../src/protocol/generated.js";
import { MessageAssembler } from "../src/protocol/message-assembler.js";

const largest = Buffer.alloc(MAX_MESSAGE);
const one = Buffer.alloc(1);

describe("the message assembler", () => {
  test("passes a whole message on without a copy", () => {
    const assembler = new MessageAssembler();
    assert.equal(assembler.accept("reply", false, 1, one), one);
    assert.equal(assembler.accept("reply", true, 1, one), undefined);
    assert.equal(assembler.accept("reply", false, 2, one), one);
    assert.equal(assembler.isEmpty, false);
  });

  test("refuses a message that grows too long", () => {
    const assembler = new MessageAssembler();
    assembler.accept("reply", true, 1, largest);
    assert.throws(() => assembler.accept("reply", false, 1, one), { reason: "messageTooLarge" });
  });

  test("refuses too many messages at once", () => {
    const assembler = new MessageAssembler();
    for (let id = 1; id <= MAX_PARTIAL_MESSAGES; id++) assembler.accept("reply", true, id, one);
    assert.throws(() => assembler.accept("notice", true, 1, one), { reason: "tooManyPartialMessages" });
    assert.equal(assembler.accept("reply", false, 1, one)?.length, 2);
    assert.equal(assembler.accept("notice", true, 1, one), undefined);
  });

  test("refuses too many bytes at once, and has room again after a message is whole", () => {
    const assembler = new MessageAssembler();
    const count = MAX_PARTIAL_BYTES / MAX_MESSAGE;
    for (let id = 1; id <= count; id++) assembler.accept("reply", true, id, largest);
    assert.equal(assembler.accept("reply", false, 1, Buffer.alloc(0))?.length, MAX_MESSAGE);
    assert.equal(assembler.accept("reply", true, count + 1, largest), undefined);
    assert.throws(() => assembler.accept("reply", true, count + 2, one), { reason: "tooManyPartialBytes" });
  });
});
