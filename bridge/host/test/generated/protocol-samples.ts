// Generated from crates/protocol by `HOTCELL_UPDATE=1 cargo test --release -p hotcell-protocol`: don't edit.
import type { ErrorInfo, HostHello, Notice, Reply, Request, SidecarHello } from "../../src/protocol/generated.js";

export const hostHellos: HostHello[] = [
  {"protocol":1,"agent":"hotcell-node/0.1.0","maxFrame":1048576},
  {"protocol":1,"agent":"hotcell-node/0.1.0","maxFrame":1048576,"token":"s3cret","limits":{"wallMs":1000,"cpuMs":500,"heapMb":64,"externalMb":32,"outputBytes":1099511627776}},
];

export const sidecarHellos: SidecarHello[] = [
  {"protocol":1,"version":"0.1.0","v8Version":"15.2.1","pid":4242,"maxFrame":1048576},
];

export const requests: Request[] = [
  {"type":"createSandbox","options":{"env":{},"limits":{},"sharedLimits":{}}},
  {"type":"createSandbox","options":{"env":{"LANG":"C","__proto__":"Zürich 🌋"},"cwd":"/app","limits":{"wallMs":1000,"cpuMs":500,"heapMb":64,"externalMb":32,"outputBytes":1099511627776},"sharedLimits":{"fsBytes":67108864,"fsInodes":10000},"mounts":[{"host":"/srv/data","guest":"/data","mode":"ro"},{"host":"/srv/out","guest":"/out","mode":"rw"},{"host":"/srv/src","guest":"/src","mode":"overlay"}],"userland":"var helper = 1;"}},
  {"type":"destroySandbox","sandbox":9007199254740991},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"source","text":"1 + 1","format":"auto"},"args":[],"env":{},"limits":{},"stdin":"empty","credit":65536}},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"source","text":"await 1;\n\u0000\"\\","format":"module","name":"/app/main.mjs"},"args":[],"env":{},"limits":{},"stdin":"empty","credit":65536}},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"source","text":"","format":"script"},"args":[],"env":{},"limits":{},"stdin":"empty","credit":65536}},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"wasm","digest":"0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8"},"args":[],"env":{},"limits":{},"stdin":"empty","credit":65536}},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"wasm","digest":"0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8","name":"ls"},"args":[],"env":{},"limits":{},"stdin":"empty","credit":65536}},
  {"type":"spawn","sandbox":1,"options":{"program":{"kind":"command","command":"ls"},"args":["-l",""],"env":{"A":"b"},"cwd":"sub","limits":{"wallMs":1000,"cpuMs":500,"heapMb":64,"externalMb":32,"outputBytes":1099511627776},"stdin":"pipe","credit":4294967295,"phases":true}},
  {"type":"kill","guest":2,"reason":{"kind":"cancel"}},
  {"type":"kill","guest":2,"reason":{"kind":"signal","signal":"SIGTERM"}},
  {"type":"credit","guest":2,"stream":"stdout","bytes":4096},
  {"type":"credit","guest":2,"stream":"stderr","bytes":4294967295},
  {"type":"putBlob","digest":"0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8","length":0},
  {"type":"fs","sandbox":1,"request":{"op":"writeFile","path":"/app/a.txt","content":{"kind":"upload","length":0},"parents":true,"mode":420}},
  {"type":"fs","sandbox":1,"request":{"op":"writeFile","path":"/app/a.txt","content":{"kind":"blob","digest":"0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8"},"parents":true,"mode":420}},
  {"type":"fs","sandbox":1,"request":{"op":"readFile","path":"/app/a.txt"}},
  {"type":"fs","sandbox":1,"request":{"op":"mkdir","path":"/app/a.txt","recursive":true}},
  {"type":"fs","sandbox":1,"request":{"op":"readdir","path":"/app/a.txt"}},
  {"type":"fs","sandbox":1,"request":{"op":"stat","path":"/app/a.txt","follow":false}},
  {"type":"fs","sandbox":1,"request":{"op":"rm","path":"/app/a.txt","recursive":true,"force":false}},
  {"type":"fs","sandbox":1,"request":{"op":"rename","from":"/app/a.txt","to":"/b"}},
  {"type":"fs","sandbox":1,"request":{"op":"symlink","target":"../x","path":"/app/a.txt"}},
  {"type":"fs","sandbox":1,"request":{"op":"readlink","path":"/app/a.txt"}},
  {"type":"stats"},
  {"type":"shutdown"},
];

export const replies: Reply[] = [
  {"type":"done"},
  {"type":"readdir","entries":[]},
  {"type":"readdir","entries":[{"name":"File é","kind":"file"},{"name":"Directory é","kind":"directory"},{"name":"Symlink é","kind":"symlink"},{"name":"Device é","kind":"device"}]},
  {"type":"stat","stat":{"kind":"file","size":5368709120,"mode":493,"inode":7,"links":1,"atimeMs":1700000000000.0,"mtimeMs":1700000000000.25,"ctimeMs":-1.5}},
  {"type":"readlink","target":"../x"},
  {"type":"stats","stats":{"pid":4242,"version":"0.1.0","v8Version":"","uptimeMs":0,"sandboxes":0,"guests":0,"guestsStarted":0,"guestsEnded":0,"residentBytes":0,"moduleCache":{"entries":0,"bytes":0,"hits":0,"misses":0,"evictions":0},"pool":{"parked":0,"seeds":0,"refills":0,"parks":0,"claimHits":0,"claimMisses":0,"evictions":0}}},
  {"type":"stats","stats":{"pid":0,"version":"","v8Version":"","uptimeMs":0,"sandboxes":0,"guests":0,"guestsStarted":0,"guestsEnded":0,"residentBytes":3221225472,"moduleCache":{"entries":1,"bytes":2,"hits":3,"misses":4,"evictions":5},"pool":{"parked":2,"seeds":2,"refills":3,"parks":5,"claimHits":2,"claimMisses":4,"evictions":1}}},
  {"type":"failed","error":{"code":"ERR_HOTCELL_UNKNOWN_SANDBOX","message":"There is no sandbox 9."}},
  {"type":"failed","error":{"code":"ERR_HOTCELL_FS","message":"There is no file /x.","errno":"ENOENT"}},
];

export const notices: Notice[] = [
  {"type":"exit","exit":{"outcome":"exited","exitCode":255,"usage":{"wallUs":1234,"startUs":200,"cpuUs":900,"heapBytes":1048576,"externalPeakBytes":65536,"stdoutBytes":2,"stderrBytes":9007199254740991}}},
  {"type":"exit","exit":{"outcome":"exited","exitCode":0,"usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0},"phases":{"receivedMs":1700000000000.25,"warmWorker":true,"spans":[{"phase":"queue","startUs":0.0,"durationUs":2.125},{"phase":"module_get","startUs":2.125,"durationUs":2.125},{"phase":"snapshot_get","startUs":4.25,"durationUs":2.125},{"phase":"isolate_new","startUs":6.375,"durationUs":2.125},{"phase":"context","startUs":8.5,"durationUs":2.125},{"phase":"claim","startUs":10.625,"durationUs":2.125},{"phase":"inject","startUs":12.75,"durationUs":2.125},{"phase":"compile","startUs":14.875,"durationUs":2.125},{"phase":"user_code","startUs":17.0,"durationUs":2.125},{"phase":"drain","startUs":19.125,"durationUs":2.125},{"phase":"exit","startUs":21.25,"durationUs":2.125}]}}},
  {"type":"exit","exit":{"outcome":"exited","exitCode":0,"usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0},"phases":{"receivedMs":0.0,"warmWorker":false,"spans":[]}}},
  {"type":"exit","exit":{"outcome":"signaled","signal":"SIGKILL","usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"exit","exit":{"outcome":"timed_out","error":{"message":"It ran for too long.","limit":"wallMs"},"usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"exit","exit":{"outcome":"crashed","error":{"message":"The engine gave up."},"usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"stdinCredit","bytes":4294967295},
  {"type":"stdinClosed"},
  {"type":"limitNear","limit":"heapMb","used":52,"max":64},
  {"type":"exit","exit":{"outcome":"out_of_memory","usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"exit","exit":{"outcome":"limit_exceeded","usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"exit","exit":{"outcome":"cancelled","usage":{"wallUs":0,"startUs":0,"cpuUs":0,"heapBytes":0,"externalPeakBytes":0,"stdoutBytes":0,"stderrBytes":0}}},
  {"type":"retiring","reason":"unyielding","message":"Replaced.","drainMs":10000},
  {"type":"retiring","reason":"engineOutOfMemory","message":"Replaced.","drainMs":10000},
  {"type":"retiring","reason":"engineFatal","message":"Replaced.","drainMs":10000},
];

export const errors: ErrorInfo[] = [
  {"code":"ERR_HOTCELL_UNKNOWN_SANDBOX","message":"There is no sandbox 9."},
  {"code":"ERR_HOTCELL_FS","message":"There is no file /x.","errno":"ENOENT"},
];
