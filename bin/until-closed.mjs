#!/usr/bin/env node
// Runs a program that must not outlive the one that started it: ends it when standard input ends, which it does
// however the starting program ends, also when it is killed. Uses nothing but Node itself.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
const end = () => child.kill();
child.on("error", (error) => {
  console.error(error.code === "ENOENT" ? `${program}: not found` : error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
process.stdin.on("error", end).on("close", end).resume();
