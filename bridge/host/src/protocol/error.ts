/** What exactly the protocol does not allow: the names of the Rust side's `ProtocolError`. */
export type FrameErrorReason =
  | "unknownKind"
  | "wrongDirection"
  | "reservedBits"
  | "idNotZero"
  | "idOutOfRange"
  | "unexpectedMore"
  | "missingMore"
  | "emptyPart"
  | "frameTooLarge"
  | "helloMissing"
  | "helloRepeated"
  | "afterRefusal"
  | "truncated"
  | "messageTooLarge"
  | "tooManyPartialMessages"
  | "tooManyPartialBytes"
  | "invalidMessage"
  | "version"
  | "maxFrameOutOfRange";

/** What a side sent, or was about to send, that the protocol does not allow. A decoder that threw it is done for. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly reason: FrameErrorReason;

  constructor(reason: FrameErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** The code that the protocol gives it. */
  get code(): "ERR_HOTCELL_PROTOCOL" | "ERR_HOTCELL_PROTOCOL_VERSION" {
    return this.reason === "version" ? "ERR_HOTCELL_PROTOCOL_VERSION" : "ERR_HOTCELL_PROTOCOL";
  }
}
