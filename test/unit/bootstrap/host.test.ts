import { describe, expect, it } from "vitest";
import { goAtLeast } from "../../../cli/bootstrap/go";
import { hostFacts, parseOsRelease, type HostProbe } from "../../../cli/bootstrap/host";

const PROBE: HostProbe = {
  platform: "linux",
  arch: "x64",
  uid: 0,
  systemd: false,
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
};

describe("facts of the machine", () => {
  it("of Debian as root", () => {
    expect(hostFacts(PROBE)).toMatchObject({ debian: true, root: true, goArch: "amd64", nodeArch: "x64" });
  });
  it("of Ubuntu, Mint and Fedora", () => {
    const debian = (osRelease: string): boolean => hostFacts({ ...PROBE, osRelease, uid: 1000 }).debian;
    expect(debian("ID=ubuntu\nID_LIKE=debian")).toBe(true);
    expect(debian('ID=linuxmint\nID_LIKE="ubuntu debian"')).toBe(true);
    expect(debian("ID=fedora")).toBe(false);
    expect(debian("")).toBe(false);
  });
  it("of arm64", () => {
    expect(hostFacts({ ...PROBE, arch: "arm64" })).toMatchObject({ goArch: "arm64", nodeArch: "arm64" });
  });
  it.each([
    { ...PROBE, platform: "darwin" as const },
    { ...PROBE, arch: "riscv64" },
  ])("refuses $platform on $arch with exit code 3", (probe) => {
    expect(() => hostFacts(probe)).toThrow(expect.objectContaining({ exitCode: 3 }));
  });
  it("reads quotes of all kinds", () => {
    expect(parseOsRelease(`A="x y"\nB='z'\nC=w\n# D=1`)).toEqual({ A: "x y", B: "z", C: "w" });
  });
});

describe("Go versions", () => {
  it.each([
    ["go1.26.8", "1.26.0", true],
    ["go1.26.0", "1.26.8", false],
    ["go1.9.7", "1.26.0", false],
    ["go1.27rc1", "1.26.0", true],
    ["go1.26.8 X:nodwarf5", "1.26.8", true],
    ["", "1.26.0", false],
  ])("%s is at least %s: %s", (have, want, enough) => {
    expect(goAtLeast(have, want)).toBe(enough);
  });
});
