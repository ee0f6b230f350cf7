import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { figure, headline } from "../src/format.js";
import { outputPath, writeWhole } from "../src/output/files.js";
import { html } from "../src/output/html.js";
import { markdown } from "../src/output/markdown.js";
import { textTable } from "../src/output/table.js";
import { measured } from "../src/results.js";
import { sampleReport } from "./support/sample-report.js";

const report = sampleReport();

describe("a figure", () => {
  test("has three significant digits and no more than four decimals", () => {
    const texts = [0.0123456, 0.2468, 1.005, 24.68, 246.8, 24680, 0, 0.00001].map(figure);
    assert.deepEqual(texts, ["0.0123", "0.247", "1.00", "24.7", "247", "24680", "0", "0.0000"]);
  });

  test("of a batch is what it comes to in a second", () => {
    const metric = { name: "burst", what: "", unit: "ms", batch: { amount: 32, unit: "guests" } } as const;
    assert.equal(headline(measured(metric, "many", new Date(), [40, 40, 40])), "800 guests/s");
    assert.equal(headline(measured({ name: "one", what: "", unit: "ms" }, "many", new Date(), [0.25])), "0.250 ms");
  });
});

describe("the HTML report", () => {
  const page = html(report);

  test("needs nothing from elsewhere", () => {
    assert.doesNotMatch(page, /https?:|<script|<link|<img|@import|url\(|\bsrc=|\bhref=/);
  });

  test("shows text as text, wherever it came from", () => {
    assert.ok(page.includes("A &#60;quick&#62; &#38; quiet CPU"));
    assert.ok(page.includes("stdout &#34;&#60;b&#62;&#34;"));
    assert.ok(!page.includes("<quick>") && !page.includes('"<b>"'));
  });

  test("draws a distribution or a bar for everything that was measured", () => {
    const drawn = page.match(/class="(ridge|bar)"/g) ?? [];
    assert.equal(drawn.length, report.rows.length + report.references.length);
    assert.doesNotMatch(page, /NaN|Infinity|undefined/);
    assert.doesNotMatch(markdown(report), /NaN|Infinity|undefined/);
  });

  test("closes what it opens", () => {
    const open: string[] = [];
    for (const [, slash, name] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (name === "meta" || name === "br") continue;
      if (slash === "") open.push(name!);
      else assert.equal(open.pop(), name);
    }
    assert.deepEqual(open, []);
  });

  test("can be made of a single row", () => {
    const one = html({ ...report, rows: report.rows.slice(0, 1), references: [], failures: [], unavailable: [] });
    assert.equal(one.match(/class="ridge"/g)?.length, 1);
  });
});

describe("the tables", () => {
  test("have a line for everything that was measured", () => {
    const text = textTable(report).split("\n");
    const [figures, phases] = markdown(report).split("### Where the time goes");
    const tables = figures!.split("\n");
    for (const { name, carrier, snapshot } of report.rows) {
      const found = (line: string) => line.includes(name) && line.includes(`${carrier}, ${snapshot}`);
      assert.equal(text.filter((line) => line.startsWith(`${name} `) && found(line)).length, 1, name);
      assert.equal(tables.filter((line) => line.startsWith(`| ${name} |`) && found(line)).length, 1, name);
    }
    for (const { name } of report.rows.filter((row) => row.phases !== undefined)) {
      assert.ok(phases!.includes(`| ${name} |`), name);
    }
    for (const { name } of report.references) assert.ok(figures!.includes(`\n| ${name} | reference |`), name);
  });

  test("say in Markdown what failed and what is missing", () => {
    assert.match(markdown(report), /\*\*js_hello \(child, off\) failed\*\*: A guest ended as crashed/);
    assert.match(markdown(report), /isolated_vm_empty was not measured: isolated-vm is not installed/);
  });
});

describe("files", () => {
  const directory = mkdtempSync(join(tmpdir(), "hotcell-output-"));
  after(() => rmSync(directory, { recursive: true }));

  test("are written whole, over what was there", () => {
    const path = join(directory, "out.json");
    writeWhole(path, "one");
    writeWhole(path, "two");
    assert.equal(readFileSync(path, "utf8"), "two");
    assert.deepEqual(readdirSync(directory), ["out.json"]);
  });

  test("that can't be written leave nothing behind", () => {
    const path = join(directory, "taken");
    mkdirSync(join(path, "inside"), { recursive: true });
    assert.throws(() => writeWhole(path, "text"));
    assert.deepEqual(readdirSync(directory).sort(), ["out.json", "taken"]);
    assert.ok(existsSync(join(path, "inside")));
  });

  test("that could not be written are refused before anything is measured", () => {
    assert.throws(() => outputPath(join(directory, "no/such/out.json")), { name: "UsageError", message: /ENOENT/ });
    assert.throws(() => outputPath(directory), { name: "UsageError", message: /is a directory/ });
  });
});
