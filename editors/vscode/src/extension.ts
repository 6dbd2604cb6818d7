/** The extension: it finds attnlint, keeps its server running, and shows what the editor has no place for. */

import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, RevealOutputChannelOn } from "vscode-languageclient/node";

import { Command, Failure, candidates, expanded, find, installation, probeIn, run } from "./launch";

const NAME = "attnlint";
const SHOW_RULE = "attnlint.showRule";
// `documentSelector` is also which cells of notebooks have hovers, hints and actions.
const SERVED = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ scheme, language: "python" }));

let client: LanguageClient | undefined;
let turn: Promise<void> = Promise.resolve();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel(NAME, { log: true });
  const rules = new Rules();
  const python = await pythonExtension().catch((error) => void log.error(error));
  // One after the other, so that no two of them start a server.
  const restart = () => (turn = turn.then(() => begin(log, rules, python)).catch((error) => log.error(error)));
  context.subscriptions.push(
    log,
    vscode.workspace.registerTextDocumentContentProvider(NAME, rules),
    vscode.commands.registerCommand("attnlint.restart", restart),
    vscode.commands.registerCommand("attnlint.showOutput", () => log.show()),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("attnlint.path") && restart()),
  );
  if (python !== undefined) {
    context.subscriptions.push(python.environments.onDidChangeActiveEnvironmentPath(restart));
  }
  await restart();
}

export async function deactivate(): Promise<void> {
  await turn;
  await client?.stop();
}

async function begin(log: vscode.LogOutputChannel, rules: Rules, python: PythonExtension | undefined): Promise<void> {
  await client?.dispose();
  client = undefined;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const interpreter = python && (await selected(python, folder));
  const set = expanded(vscode.workspace.getConfiguration(NAME, folder).get<string[]>("path", []), folder?.fsPath);
  const found = await find(candidates(set, interpreter), probeIn(folder?.fsPath));
  if (isFailure(found)) {
    // Not awaited: the message stays until somebody reads it.
    void complain(log, found, set.length > 0 ? undefined : installation(interpreter));
    return;
  }
  log.info(`started with: ${found.join(" ")} server`);
  const [command, ...args] = [...found, "server"] as [string, ...string[]];
  const serves = { command, args, options: { cwd: folder?.fsPath } };
  client = new LanguageClient(NAME, NAME, serves, options(log, (code) => rules.show(found, code)));
  await client.start();
}

function options(log: vscode.LogOutputChannel, showRule: (code: string) => Promise<void>): LanguageClientOptions {
  return {
    documentSelector: SERVED,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: ofServer(vscode.workspace.getConfiguration(NAME)),
    middleware: {
      // The server's own answer is a message, which is too small for a rule.
      executeCommand: (command, args, next) => (command === SHOW_RULE ? showRule(args[0]) : next(command, args)),
      workspace: {
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          return Array.isArray(answers) ? answers.map(ofServer) : answers;
        },
      },
    },
  };
}

/** The settings that are the server's. */
function ofServer(settings: object | null): object | null {
  const isOurs = ([key, value]: [string, unknown]) => key !== "path" && typeof value !== "function";
  return settings && Object.fromEntries(Object.entries(settings).filter(isOurs));
}

function isFailure(found: Command | Failure[]): found is Failure[] {
  return typeof found[0] !== "string";
}

async function complain(log: vscode.LogOutputChannel, failures: Failure[], install: string | undefined): Promise<void> {
  for (const { command, reason } of failures) {
    log.error(`${command.join(" ")}: ${reason}`);
  }
  const [message, copy] =
    install === undefined
      ? ['The command in "attnlint.path" starts no server of attnlint.', []]
      : [`attnlint is not installed, or its server is not. Install it: ${install}`, ["Copy the command"]];
  const answer = await vscode.window.showErrorMessage(message, ...copy, "Show the output", "Open the settings");
  if (answer === "Copy the command") {
    await vscode.env.clipboard.writeText(install ?? "");
  } else if (answer === "Show the output") {
    log.show();
  } else if (answer !== undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "attnlint.path");
  }
}

/** The Python extension, where it is installed; an error where it does not start. */
async function pythonExtension(): Promise<PythonExtension | undefined> {
  return vscode.extensions.getExtension("ms-python.python") && PythonExtension.api();
}

/** The interpreter that is selected for a folder. */
async function selected({ environments }: PythonExtension, folder: vscode.Uri | undefined): Promise<string | undefined> {
  const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
  return environment?.executable.uri?.fsPath;
}

/** What `attnlint rule` says, as documents that cannot be edited. */
class Rules implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();

  async show(command: Command, code: string): Promise<void> {
    const { said } = await run([...command, "rule", code], undefined);
    const uri = vscode.Uri.from({ scheme: NAME, path: code });
    this.texts.set(uri.toString(), said);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }
}
