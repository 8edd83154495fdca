import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** How the other machine is. */
export interface FakeMachine {
  /** Port of its engine on this machine; without one, there is no engine. */
  readonly engine?: number;
  /** Which port of this machine is behind a port of that one. */
  readonly ports?: Readonly<Record<number, number>>;
  /** What it prints to any other command. */
  readonly prints?: string;
  /** What ssh says instead of signing in. */
  readonly refuses?: string;
}

/** A program `ssh` that leads to this machine. */
export interface FakeSsh {
  /** Changes the machine behind it, for what is started from now on. */
  set(machine: FakeMachine): void;
  /** Arguments of each start, the oldest first. */
  starts(): string[][];
  /** Takes it from the PATH again. */
  remove(): void;
}

const PROGRAM = `
const { appendFileSync, readFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const folder = __dirname, args = process.argv.slice(2);
const { engine, ports = {}, prints = "", refuses } = JSON.parse(readFileSync(folder + "/machine.json", "utf8"));
appendFileSync(folder + "/starts", JSON.stringify(args) + "\\n");
const fail = (text) => { console.error(text); process.exit(255); };
const forwards = args.flatMap((each, i) => (args[i - 1] === "-L" ? [each.split(":")] : []));
if (refuses !== undefined) fail(refuses);
else if (args.includes("dial-stdio")) {
  if (engine === undefined) fail("failed to open: dial unix /var/run/docker.sock: connect: no such file or directory");
  const socket = connect(engine, "127.0.0.1", () => process.stdin.pipe(socket).pipe(process.stdout));
  socket.on("error", (error) => fail(error.message)).on("close", () => process.exit(0));
} else if (args.includes("-N")) {
  for (const [address, port, , behind] of forwards)
    createServer((here) => {
      const there = connect(ports[behind] ?? 1, "127.0.0.1");
      there.on("error", () => here.destroy()).on("close", () => here.destroy());
      here.on("error", () => there.destroy()).on("close", () => there.destroy());
      here.pipe(there).pipe(here);
    }).on("error", (error) => fail("bind: " + error.message)).listen(Number(port), address);
} else console.log(prints);
`;

/** Puts a program `ssh` first on the PATH of this process. */
export function fakeSsh(machine: FakeMachine): FakeSsh {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-fake-ssh-"));
  const before = process.env["PATH"] ?? "";
  writeFileSync(join(folder, "ssh"), `#!${process.execPath}${PROGRAM}`);
  writeFileSync(join(folder, "starts"), "");
  chmodSync(join(folder, "ssh"), 0o755);
  const set = (changed: FakeMachine): void =>
    writeFileSync(join(folder, "machine.json"), JSON.stringify(changed));
  set(machine);
  process.env["PATH"] = [folder, before].join(delimiter);
  return {
    set,
    starts: () =>
      readFileSync(join(folder, "starts"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as string[]),
    remove() {
      process.env["PATH"] = before;
      rmSync(folder, { recursive: true });
    },
  };
}
