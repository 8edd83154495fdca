import { posix } from "node:path";
import { type Resource, TYPES } from "../../resource";
import { fields, items, text } from "../../values";

/** A file or folder of the host in a container or volume. */
export interface HostPath {
  /** The path, normalised. */
  readonly path: string;
  /** Where it was said, such as `volumes.hostPath`. */
  readonly said: string;
}

const normal = (path: string): string => posix.normalize(path).replace(/(.)\/+$/, "$1");

/**
 * Every way in which a path of the host gets into a container: a mount of type bind, a volume with a path of the
 * host, a volume's name that is a path (Docker then binds that path), and a named volume whose driver binds one.
 */
export function hostPaths({ type, props }: Resource): HostPath[] {
  if (type === TYPES.volume) {
    return Object.entries(fields(props["driverOpts"])).flatMap(([key, value]) =>
      key.toLowerCase() === "device" ? [{ path: normal(text(value) ?? "?"), said: "driverOpts.device" }] : [],
    );
  }
  const volumes = items(props["volumes"]).flatMap((volume) => {
    const { hostPath, volumeName } = fields(volume);
    const host = text(hostPath) ?? "";
    const name = text(volumeName) ?? "";
    return [
      ...(host === "" ? [] : [{ path: normal(host), said: "volumes.hostPath" }]),
      ...(/[/\\~.]/.test(name.charAt(0)) ? [{ path: normal(name), said: "volumes.volumeName" }] : []),
    ];
  });
  const mounts = items(props["mounts"]).flatMap((mount) => {
    const { type: kind, source, bindOptions, volumeOptions } = fields(mount);
    const from = text(source) ?? "";
    const driver = fields(fields(volumeOptions)["driverOptions"] ?? fields(volumeOptions)["driverOpts"]);
    const device = Object.entries(driver).find(([key]) => key.toLowerCase() === "device")?.[1];
    const binds =
      (text(kind) ?? "").toLowerCase() === "bind" || bindOptions !== undefined || from.startsWith("/");
    return [
      ...(binds ? [{ path: normal(from === "" ? "?" : from), said: "mounts" }] : []),
      ...(device === undefined ? [] : [{ path: normal(text(device) ?? "?"), said: "mounts.volumeOptions" }]),
    ];
  });
  return [...volumes, ...mounts];
}
