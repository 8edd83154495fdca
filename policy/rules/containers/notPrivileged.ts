import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isSet, isTrue } from "../../values";

/** Ways to the host's devices and kernel. */
const DEVICES = [
  "devices",
  "deviceRequests",
  "deviceCgroupRules",
  "gpus",
  "sysctls",
  "cgroupParent",
  "runtime",
];

export const notPrivileged: Rule = {
  name: "not-privileged",
  area: "containers",
  what: "No container is privileged, has devices of the host, or sets the kernel's parameters.",
  why: "Privileged means root on the host; a disk given as a device is the same.",
  remedy: "Leave `privileged`, `devices`, `gpus`, `sysctls`, `cgroupParent` and `runtime` away.",
  types: [TYPES.container],
  check: ({ props }) => [
    ...(isTrue(props["privileged"]) ? ["it is privileged"] : []),
    ...DEVICES.filter((key) => isSet(props[key])).map((key) => `it sets ${key}`),
  ],
};
