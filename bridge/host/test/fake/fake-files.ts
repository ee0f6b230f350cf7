import type { FileKind, FsRequest, Reply } from "../../src/protocol/generated.js";

/** Why a file operation fails. */
export class FsFailure extends Error {
  readonly errno: string;

  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

type Node =
  | { kind: "file"; bytes: Buffer; mode: number }
  | { kind: "directory"; mode: number }
  | { kind: "symlink"; target: string; mode: number };

/** As much of a file system as shows that the host asks for the right thing. Paths are absolute and taken literally. */
export class FakeFiles {
  readonly nodes = new Map<string, Node>([["/", { kind: "directory", mode: 0o755 }]]);

  read(path: string): Buffer {
    const node = this.#get(path, true);
    if (node.kind !== "file") throw new FsFailure("EISDIR");
    return node.bytes;
  }

  handle(request: FsRequest, content: Buffer | undefined): Reply {
    switch (request.op) {
      case "writeFile":
        this.#needParent(request.path, request.parents);
        if (this.nodes.get(request.path)?.kind === "directory") throw new FsFailure("EISDIR");
        this.nodes.set(request.path, { kind: "file", bytes: content!, mode: request.mode });
        return { type: "done" };
      case "mkdir":
        if (this.nodes.has(request.path) && !request.recursive) throw new FsFailure("EEXIST");
        this.#needParent(request.path, request.recursive);
        this.nodes.set(request.path, { kind: "directory", mode: 0o755 });
        return { type: "done" };
      case "readdir": {
        if (this.#get(request.path, true).kind !== "directory") throw new FsFailure("ENOTDIR");
        const prefix = request.path === "/" ? "/" : `${request.path}/`;
        const entries: { name: string; kind: FileKind }[] = [];
        for (const [path, { kind }] of this.nodes) {
          const name = path.slice(prefix.length);
          if (path.startsWith(prefix) && name !== "" && !name.includes("/")) entries.push({ name, kind });
        }
        return { type: "readdir", entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)) };
      }
      case "stat": {
        const node = this.#get(request.path, request.follow);
        const size = node.kind === "file" ? node.bytes.length : 0;
        const times = { atimeMs: 1, mtimeMs: 2.5, ctimeMs: 3 };
        return { type: "stat", stat: { kind: node.kind, size, mode: node.mode, inode: 1, links: 1, ...times } };
      }
      case "rm":
        if (!this.nodes.has(request.path) && !request.force) throw new FsFailure("ENOENT");
        for (const path of this.nodes.keys()) {
          if (path === request.path || (request.recursive && path.startsWith(`${request.path}/`)))
            this.nodes.delete(path);
        }
        return { type: "done" };
      case "rename":
        this.nodes.set(request.to, this.#get(request.from, false));
        this.nodes.delete(request.from);
        return { type: "done" };
      case "symlink":
        this.nodes.set(request.path, { kind: "symlink", target: request.target, mode: 0o777 });
        return { type: "done" };
      case "readlink": {
        const node = this.#get(request.path, false);
        if (node.kind !== "symlink") throw new FsFailure("EINVAL");
        return { type: "readlink", target: node.target };
      }
      case "readFile":
        throw new Error("answered by a download");
    }
  }

  #get(path: string, follow: boolean): Node {
    const node = this.nodes.get(path);
    if (node === undefined) throw new FsFailure("ENOENT");
    return follow && node.kind === "symlink" ? this.#get(node.target, true) : node;
  }

  #needParent(path: string, make: boolean): void {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    if (this.nodes.has(parent)) return;
    if (!make) throw new FsFailure("ENOENT");
    this.#needParent(parent, true);
    this.nodes.set(parent, { kind: "directory", mode: 0o755 });
  }
}
