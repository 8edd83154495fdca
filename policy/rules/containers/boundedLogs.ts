import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, number, text } from "../../values";

/** Most MiB that the logs of one container may take. */
const MOST_MIB = 1024;

const UNITS: Readonly<Record<string, number>> = { "": 1 / 1024 ** 2, k: 1 / 1024, m: 1, g: 1024 };

/** A size such as `10m` in MiB; undefined when it is none. */
function mebibytes(size: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)b?$/i.exec(size) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

export const boundedLogs: Rule = {
  name: "bounded-logs",
  area: "containers",
  what: `The logs of a container are kept, and take at most ${MOST_MIB} MiB.`,
  why: "Logs without a bound fill the disk, and then every service stops; without logs nobody finds out why.",
  remedy: "Use the driver json-file with max-size and max-file, as components/workload.ts does.",
  types: [TYPES.container],
  check: ({ props }) => {
    const { logDriver, logOpts } = props;
    if (logDriver === UNKNOWN || logOpts === UNKNOWN) return [];
    if (!["json-file", "local"].includes(text(logDriver) ?? "")) {
      return [`its log driver is ${text(logDriver) ?? "the engine's own, with no bound"}`];
    }
    const size = mebibytes(text(fields(logOpts)["max-size"]) ?? "");
    const files = number(fields(logOpts)["max-file"]) ?? 1;
    if (size === undefined || size === 0) return ["its logs have no bound (max-size)"];
    return files >= 1 && size * files <= MOST_MIB ? [] : [`its logs may take more than ${MOST_MIB} MiB`];
  },
};
