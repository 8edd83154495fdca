import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, number } from "../../values";
import { isCompanion } from "./companion";

export const limits: Rule = {
  name: "limits",
  area: "containers",
  what: "Every container has a limit of memory, without more swap, and of CPU.",
  why: "One service that runs away takes the machine with it, and all others.",
  remedy: "Give the workload `memoryMiB` and `cpus`.",
  types: [TYPES.container],
  check: (resource) => {
    if (isCompanion(resource)) return [];
    const { memory, memorySwap, cpus, cpuQuota } = resource.props;
    const positive = (value: unknown): boolean => value === UNKNOWN || (number(value) ?? 0) > 0;
    return [
      ...(positive(memory) ? [] : ["it has no limit of memory"]),
      // Absent, swap is as much again as memory; -1 is all there is.
      ...(memorySwap === UNKNOWN || memory === UNKNOWN || (number(memorySwap) ?? 0) === number(memory)
        ? []
        : ["its limit of swap (memorySwap) differs from that of memory, so it may swap"]),
      ...(positive(cpus) || positive(cpuQuota) ? [] : ["it has no limit of CPU"]),
    ];
  },
};
