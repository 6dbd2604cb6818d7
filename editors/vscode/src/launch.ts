/** Which command starts attnlint: the one in the settings, the selected interpreter's, or the one on the `PATH`. */

import { execFile } from "node:child_process";
import { homedir } from "node:os";

/** A program with the words behind it. */
export type Command = readonly [program: string, ...words: string[]];

/** A command that cannot serve, and why. */
export interface Failure {
  readonly command: Command;
  readonly reason: string;
}

/** Tells why a command cannot serve; undefined for one that can. */
export type Probe = (command: Command) => Promise<string | undefined>;

export const EXTRA = "attnlint[lsp]";
const PATIENCE = 60_000;

/** The words of a setting with the home and the workspace's folder filled in. */
export function expanded(words: readonly string[], folder: string | undefined): string[] {
  return words.map((word) => word.replace(/^~(?=$|[/\\])/, homedir()).replaceAll("${workspaceFolder}", folder ?? "."));
}

/** The commands to try, in order; one that is set is the only one. */
export function candidates(set: readonly string[], interpreter: string | undefined): Command[] {
  const [program, ...words] = set;
  if (program !== undefined) {
    return [[program, ...words]];
  }
  // -P: a module of the workspace must not stand in for attnlint or what it imports.
  const selected: Command[] = interpreter === undefined ? [] : [[interpreter, "-P", "-m", "attnlint"]];
  return [...selected, ["attnlint"]];
}

/** The first command that can serve, or what is wrong with each. */
export async function find(commands: readonly Command[], probe: Probe): Promise<Command | Failure[]> {
  const failures: Failure[] = [];
  for (const command of commands) {
    const reason = await probe(command);
    if (reason === undefined) {
      return command;
    }
    failures.push({ command, reason });
  }
  return failures;
}

/** Starts a command's server with nothing to read: one that is complete ends at once and in peace. */
export function probeIn(folder: string | undefined, patience: number = PATIENCE): Probe {
  return async (command) => {
    const { code, said } = await run([...command, "server"], folder, patience);
    return code === 0 ? undefined : said.trim() || `it ended with ${code ?? "nothing"}`;
  };
}

/** Runs a command to its end: its exit code, undefined where it could not be run, and all that it said. */
export function run(
  [program, ...words]: Command,
  folder: string | undefined,
  patience: number = PATIENCE,
): Promise<{ code: number | undefined; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { cwd: folder, timeout: patience }, (error, out, complaints) => {
      const said = `${out}${complaints}`;
      if (error === null) {
        resolve({ code: 0, said });
      } else if (typeof error.code === "number") {
        resolve({ code: error.code, said });
      } else {
        resolve({ code: undefined, said: `${said}\n${error.signal ? `ended by ${error.signal}` : error.message}` });
      }
    });
    child.stdin?.end();
  });
}

/** What a user types to install attnlint, in any shell. */
export function installation(interpreter: string | undefined): string {
  const python = interpreter === undefined ? "python3" : /\s/.test(interpreter) ? `"${interpreter}"` : interpreter;
  return `${python} -m pip install "${EXTRA}"`;
}
