// Starts the policy pack. Its sources are put into one piece first, in a few hundredths of a second: a loader of
// TypeScript would look at every module of every package on the way, which takes ten times as long.
const Module = require("node:module");
const { dirname, join } = require("node:path");
const { buildSync } = require("esbuild");

const folder = dirname(__dirname);
const { outputFiles } = buildSync({
  entryPoints: [join(folder, "index.ts")],
  bundle: true,
  packages: "external",
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  write: false,
  logLevel: "error",
});

// It runs as if it lay beside its sources: there it finds its files and packages.
const file = join(folder, "index.cjs");
const pack = new Module(file);
pack.filename = file;
pack.paths = Module._nodeModulePaths(folder);
pack._compile(outputFiles[0].text, file);
