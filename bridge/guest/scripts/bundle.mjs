// biome-ignore-all lint/suspicious/noTemplateCurlyInString: These are texts of a program that has them.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const guest = fileURLToPath(new URL("..", import.meta.url));

const INSPECT = `${guest}node_modules/node-inspect-extracted/dist/inspect.js`;

/**
 * node-inspect-extracted emulates what Node gets from its engine. These are the modules of its file, each found by a text
 * that only it has, and what the userland has in their place.
 */
const INSPECT_MODULES = [
  ["internalBinding=t=>", "t.exports=hotcellPrimordials"],
  ["e.h=class{hexSlice", "e.h={prototype:{hexSlice(t,n){return hotcellEngine.hexSlice(this,t,n)}}}"],
  ["t.exports={constants:{kPending:", "t.exports=hotcellEngine"],
  ["t.exports={isAsyncFunction:", "t.exports=hotcellTypes"],
  // Used by the two above, and for colours of stacks in terminals only.
  ["t.exports={getProxyDetails:", ""],
  ["t.exports.BuiltinModule={exists:", "t.exports.BuiltinModule={exists:()=>false}"],
  ["t.exports={pathToFileURL:", ""],
  ["t.exports={isPosixPathSeparator:", ""],
  ["t.exports=URL", ""],
];

/** It prints like Node 24, and the userland is to print like Node 20. Each text is there exactly once. */
const INSPECT_TEXTS = [
  // `[Symbol(key)]: value` and `byteLength: 1`.
  ['s=t.stylize(e,"symbol")}', 's=`[${t.stylize(e,"symbol")}]`}'],
  ["return!1===i.enumerable&&(s=`[${s}]`)", 'return!1===i.enumerable&&"symbol"!=typeof r&&(s=`[${s}]`)'],
  ["{ [byteLength]: ${", "{ byteLength: ${"],
  ['`${t.stylize(`[${r}]`,"string")}: ${i}`', "hotcellTypes.isTypedArray(e)?`[${r}]: ${i}`:`${r}: ${i}`"],
  // A Proxy is shown as what it stands for.
  ["c=je(e=c,!1),s+=1}", "c=je(e=c,!1)}"],
  // Our URL has an inspector of its own; a look at `href` would run the guest's code.
  ['return Pn=Pn||n(812),"string"==typeof t.href&&t instanceof Pn.URL', "return!1"],
  ["o=o||xn(t)", "o=t"],
  // What a buffer or view holds, past accessors that the guest can replace.
  [
    "const i=nr(t,e[r],n,o);return t.indentationLvl-=2",
    "const i=nr(t,hotcellEngine.slotOf(e,r),n,o);return t.indentationLvl-=2",
  ],
  [
    "0===e.length&&0===l.length&&!t.showHidden)return`${f[0]}]`;m=C(mr",
    "0===s&&0===l.length&&!t.showHidden)return`${f[0]}]`;m=C(mr",
  ],
  ["e),o=t.length-r,", "e),o=e-r,"],
  ['s=t.length>0&&"number"==typeof t[0]', 's=e>0&&"number"==typeof t[0]'],
  ["K(t.maxArrayLength,r.length)", "K(t.maxArrayLength,me(r))"],
  ["const s=r.length-t.maxArrayLength;", "const s=me(r)-t.maxArrayLength;"],
  // Indices that would be looked up on `Object.prototype` or meet a setter on `Array.prototype`.
  ["budget:{}", "budget:{__proto__:null}"],
  ["f=[],p=[];", "f=[],p={__proto__:null};"],
  ["o>0&&(i[r]=ar(o))", "o>0&&b(i,ar(o))"],
  ["n.set(t[e],[e]):r[r.length]=e", "n.set(t[e],[e]):b(r,e)"],
  // Loops and spreads that would go by iterators which the guest can replace.
  ["m=C(br,null,null!==c?e:Wt(e))", "m=C(br,null,hotcellContentsOf(e,!1))"],
  ["m=C($r,null,null!==c?e:Z(e))", "m=C($r,null,hotcellContentsOf(e,!0))"],
  ["for(const c of i){", "for(const c of hotcellSafely(i)){"],
  ["for(const t of mt(n))", "for(const t of hotcellSafely(mt(n)))"],
  ["for(let i of n){", "for(let i of hotcellSafely(n)){"],
];

/** A call of a method that the guest can replace. */
const INSPECT_CALL = /([A-Za-z_$][\w$]*(?:\.[a-z]\w*|\[\w\])*)\.(includes|indexOf|pop|push|splice|toLowerCase)\(/g;

/** Turns the package's file into a module that takes the userland's answers in place of its emulation. */
function adaptInspect(source) {
  for (const [marker, body] of INSPECT_MODULES) {
    const at = source.indexOf(marker);
    if (at === -1) throw new Error(`node-inspect-extracted has no \`${marker}\`: look at its new version.`);
    const bounds = [...source.matchAll(/[{}],?(\d+)\((?:[a-z,]*)\)\{/g)];
    const header = bounds.findLast(({ index }) => index < at);
    const end = bounds.find(({ index }) => index > at)?.index ?? source.indexOf("}};const e={};return function n(r)");
    source = source.slice(0, header.index + header[0].length) + body + source.slice(end);
  }
  for (const [from, to] of INSPECT_TEXTS) {
    const parts = source.split(from);
    if (parts.length !== 2) {
      throw new Error(`node-inspect-extracted has \`${from}\` ${parts.length - 1} times: look at its new version.`);
    }
    source = parts.join(to);
  }
  source = source.replace(/new l\((t\.length|[a-z])\)/g, "hotcellArrayOf($1)");
  source = source.replace(INSPECT_CALL, "hotcellMethods.$2($1,");
  const names = new Set();
  for (const [, list] of source.matchAll(/\{([\w:,$]+)\}=(?:r|n\(683\))[,;]/g)) {
    for (const entry of list.split(",")) names.add(entry.split(":")[0]);
  }
  const primordials = [...names].sort();
  return `
    import { ${primordials.map((name) => `${name} as hotcell${name}`).join(", ")} } from "${guest}src/inspect/library-primordials.ts";
    import { arrayOf as hotcellArrayOf, contentsOf as hotcellContentsOf, methods as hotcellMethods, safely as hotcellSafely } from "${guest}src/inspect/library-primordials.ts";
    const hotcellPrimordials = { ${primordials.map((name) => `${name}: hotcell${name}`).join(", ")} };
    import * as hotcellEngine from "${guest}src/inspect/engine.ts";
    import * as hotcellTypes from "${guest}src/inspect/types.ts";
    const module = { exports: {} }, exports = module.exports;
    ${source.replace("}(this,()=>", "}(undefined,()=>")}
    export default module.exports;`;
}

const inspectPlugin = {
  name: "inspect",
  setup(build) {
    build.onResolve({ filter: /^node-inspect-extracted$/ }, () => ({ path: INSPECT }));
    build.onLoad({ filter: /node-inspect-extracted\/dist\/inspect\.js$/ }, async ({ path }) => ({
      contents: adaptInspect(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

/** The userland as one script that evaluates to `(native) => hooks`, and the notices of what it contains. */
export async function bundle() {
  const result = await build({
    entryPoints: [`${guest}src/main.ts`],
    absWorkingDir: guest,
    bundle: true,
    write: false,
    metafile: true,
    platform: "neutral",
    format: "iife",
    globalName: "userland",
    target: "esnext",
    // A source of one byte per character takes half the memory, and is parsed faster.
    charset: "ascii",
    legalComments: "none",
    // Names are what stacks and inspectors show; without white space the rest is small enough.
    minifyWhitespace: true,
    treeShaking: true,
    plugins: [inspectPlugin],
    logLevel: "warning",
  });
  const code = result.outputFiles[0].text;
  const packages = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(input);
    if (found !== null) packages.add(found[1]);
  }
  return {
    script: `(function (hotcellNative) {"use strict";${code.trim()}\nreturn userland.hooks;\n})\n`,
    notice: await notices([...packages].sort()),
    metafile: result.metafile,
  };
}

async function notices(packages) {
  const parts = ["userland.js contains parts of these packages.\n"];
  for (const name of packages) {
    const folder = `${guest}node_modules/${name}`;
    const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    parts.push(
      `\n${"-".repeat(100)}\n${name} ${version} (${license})\n\n${await readFile(`${folder}/LICENSE`, "utf8")}`,
    );
  }
  return parts.join("");
}
