/** Which command is found, and what is said where there is none. */

import assert from "node:assert/strict";
import { mkdtempSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Command, candidates, expanded, find, installation, probeIn, run } from "../src/launch";

const node = (code: string): Command => [process.execPath, "-e", code];

test("what is set is the only candidate", () => {
  assert.deepEqual(candidates(["uv", "run", "attnlint"], "/env/bin/python"), [["uv", "run", "attnlint"]]);
});

test("the selected interpreter comes before the PATH, and imports nothing from the workspace", () => {
  const commands = [["/env/bin/python", "-P", "-m", "attnlint"], ["attnlint"]];
  assert.deepEqual(candidates([], "/env/bin/python"), commands);
  assert.deepEqual(candidates([], undefined), [["attnlint"]]);
});

test("the home and the workspace's folder are filled in", () => {
  const words = ["~/bin/python", "${workspaceFolder}/lint.py", "a~b"];
  assert.deepEqual(expanded(words, "/folder"), [`${homedir()}/bin/python`, "/folder/lint.py", "a~b"]);
});

test("the first command that can serve is found, and no other is tried behind it", async () => {
  const tried: string[] = [];
  const found = await find([["one"], ["two"], ["three"]], async ([program]) => {
    tried.push(program);
    return program === "one" ? "broken" : undefined;
  });
  assert.deepEqual(found, ["two"]);
  assert.deepEqual(tried, ["one", "two"]);
});

test("where none can serve, each says why", async () => {
  const found = await find([["one"], ["two"]], async ([program]) => `no ${program}`);
  assert.deepEqual(found, [
    { command: ["one"], reason: "no one" },
    { command: ["two"], reason: "no two" },
  ]);
});

test("a server that ends in peace where there is nothing to read can serve", async () => {
  const code = "process.stdin.on('end', () => process.exit(process.argv[1] === 'server' ? 0 : 3)).resume()";
  assert.equal(await probeIn(undefined)(node(code)), undefined);
});

test("what a failing server says is the reason", async () => {
  assert.equal(await probeIn(undefined)(node("console.error('no pygls'); process.exit(1)")), "no pygls");
  assert.equal(await probeIn(undefined)(node("process.exit(4)")), "it ended with 4");
});

test("a program that does not exist is named", async () => {
  assert.match((await probeIn(undefined)(["no-such-program"])) ?? "", /no-such-program/);
});

test("a server that never ends is given up", async () => {
  assert.match((await probeIn(undefined, 500)(node("setInterval(() => {}, 1000)"))) ?? "", /ended by SIGTERM/);
});

test("a command runs in the folder and tells all that it said", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "attnlint-")));
  const ran = await run(node("process.stdout.write(process.cwd())"), folder);
  assert.deepEqual(ran, { code: 0, said: folder });
});

test("the command that installs attnlint stands in any shell", () => {
  assert.equal(installation("/env/bin/python"), '/env/bin/python -m pip install "attnlint[lsp]"');
  assert.equal(installation("/my env/python"), '"/my env/python" -m pip install "attnlint[lsp]"');
  assert.equal(installation(undefined), 'python3 -m pip install "attnlint[lsp]"');
});
