import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import { fields, isSet, items, text } from "../../values";
import { hostPaths } from "./mounts";

/** Whether a volume is the engine's own kind. Other drivers bring in what lies elsewhere. */
const isLocal = (driver: unknown): boolean => !isSet(driver) || (text(driver) ?? "local") === "local";

/** Whether components/workload.ts has made it: a chain of types cannot be chosen freely. */
const isWorkload = ({ chain }: Resource): boolean =>
  chain.endsWith(`mlflow-platform:workload:Workload$${TYPES.container}`);

export const hostMounts: Rule = {
  name: "no-host-mounts",
  area: "containers",
  what: "No container mounts a path of the host, and no named volume stands for one.",
  why: "What is read or written there is the host's. It also ties the stack to one machine (docs/decisions/0002).",
  remedy:
    "Hand files in with `config` and `secrets` of the workload; keep data in a volume of components/dataVolume.ts.",
  types: [TYPES.container, TYPES.volume],
  check: (resource) => {
    const { driver, volumes, mounts } = resource.props;
    const drivers =
      resource.type === TYPES.volume
        ? [driver]
        : items(mounts).map((mount) => fields(fields(mount)["volumeOptions"])["driverName"]);
    // All that another container has mounted, be it a path of the host. A workload takes the files of its companion.
    const borrowed = isWorkload(resource)
      ? []
      : items(volumes).map((volume) => text(fields(volume)["fromContainer"]) ?? "");
    return [
      ...hostPaths(resource).map(({ path, said }) => `${said} is the host's ${path}`),
      ...borrowed.flatMap((from) => (from === "" ? [] : [`it takes over what ${from} has mounted`])),
      ...drivers.flatMap((other) =>
        isLocal(other)
          ? []
          : [`its driver is ${text(other) ?? "?"}: only local volumes are the engine's own`],
      ),
    ];
  },
};
