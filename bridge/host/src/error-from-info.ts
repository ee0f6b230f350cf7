import {
  ClosedError,
  CommandNotFoundError,
  FileSystemError,
  HotcellError,
  InvalidOptionError,
  ProtocolError,
  ProtocolVersionError,
  UnauthorizedError,
} from "./errors.js";
import type { ErrorInfo } from "./protocol/generated.js";

/** The error that an `ErrorInfo` of the sidecar's stands for. */
export function errorFromInfo(info: ErrorInfo, path?: string): HotcellError {
  switch (info.code) {
    case "ERR_HOTCELL_PROTOCOL_VERSION":
      return new ProtocolVersionError(info.message);
    case "ERR_HOTCELL_PROTOCOL":
      return new ProtocolError(info.message);
    case "ERR_HOTCELL_UNAUTHORIZED":
      return new UnauthorizedError(info.message);
    case "ERR_HOTCELL_INVALID_OPTION":
      return new InvalidOptionError(info.message);
    case "ERR_HOTCELL_COMMAND_NOT_FOUND":
      return new CommandNotFoundError(info.message);
    case "ERR_HOTCELL_FS":
      return new FileSystemError(info.message, info.errno ?? "EIO", path);
    case "ERR_HOTCELL_CLOSED":
      return new ClosedError(info.message);
    default:
      return new HotcellError(info.code, info.message);
  }
}
