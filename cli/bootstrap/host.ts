import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../errors";

/** What bootstrap needs to know of the machine it runs on. */
export interface HostFacts {
  /** The operating system for people, such as `Debian GNU/Linux 12 (bookworm)`. */
  os: string;
  /** Debian or a child of it such as Ubuntu: apt-get can install what is missing. */
  debian: boolean;
  /** Whether this process may install packages. */
  root: boolean;
  /** Whether systemd runs services here (not so in most containers). */
  systemd: boolean;
  /** As Go and the plugins' download names call it. */
  goArch: "amd64" | "arm64";
  /** As Node and the CLI's download names call it. */
  nodeArch: "x64" | "arm64";
}

/**
 * Reads the fields of an os-release file.
 * @param text - its content
 */
export function parseOsRelease(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match?.[1]) fields[match[1]] = match[2] ?? match[3] ?? match[4] ?? "";
  }
  return fields;
}

/** What tells one machine from another, replaceable in tests. */
export interface HostProbe {
  platform: NodeJS.Platform;
  arch: string;
  uid: number;
  /** Content of /etc/os-release, empty when there is none. */
  osRelease: string;
  systemd: boolean;
}

/** Reads this machine. */
export function probeHost(): HostProbe {
  return {
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? -1,
    osRelease: existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "",
    systemd: existsSync("/run/systemd/system"),
  };
}

/**
 * Judges the machine.
 * @param probe - what was read of it; default this machine
 * @throws UserError (exit 3) on an operating system or processor that the platform does not run on
 */
export function hostFacts(probe: HostProbe = probeHost()): HostFacts {
  if (probe.platform !== "linux" || (probe.arch !== "x64" && probe.arch !== "arm64"))
    throw new UserError(
      `This machine is ${probe.platform} on ${probe.arch}; the platform runs on Linux, x64 or arm64`,
      "Run the same command in a Linux machine (on macOS and Windows: a virtual machine, or WSL 2).",
      3,
    );
  const release = parseOsRelease(probe.osRelease);
  const family = [release["ID"], ...(release["ID_LIKE"] ?? "").split(" ")];
  return {
    os: release["PRETTY_NAME"] ?? "Linux",
    debian: family.includes("debian") || family.includes("ubuntu"),
    root: probe.uid === 0,
    systemd: probe.systemd,
    goArch: probe.arch === "x64" ? "amd64" : "arm64",
    nodeArch: probe.arch,
  };
}
