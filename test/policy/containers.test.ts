import { describe, expect, it } from "vitest";
import { TYPES } from "../../policy/resource";
import { RULES } from "../../policy/rules";
import type { Properties } from "../../policy/values";
import { UNKNOWN } from "../../policy/values";
import { COMPANION, PROD, container, nginx, resource } from "./fixtures";

/** Names of the rules that a container violates. */
function violated(props: Properties): string[] {
  return RULES.filter(({ types }) => types?.includes(TYPES.container) === true)
    .filter((rule) => rule.check(container(props), PROD).length > 0)
    .map(({ name }) => name)
    .sort();
}

/** Each line: what is wrong with an otherwise good container, and the one rule that says so. */
const WRONG: readonly (readonly [string, string, Properties])[] = [
  ["a port on all addresses", "published-ports", { ports: [{ internal: 1, external: 1, ip: "0.0.0.0" }] }],
  ["a port without an address", "published-ports", { ports: [{ internal: 1, external: 1 }] }],
  ["a port with an empty address", "published-ports", { ports: [{ internal: 1, external: 1, ip: "" }] }],
  ["a port on all IPv6 addresses", "published-ports", { ports: [{ internal: 1, ip: "::" }] }],
  ["a port on a name", "published-ports", { ports: [{ internal: 1, ip: "localhost" }] }],
  [
    "a second port",
    "published-ports",
    {
      ports: [
        { internal: 1, ip: "127.0.0.1" },
        { internal: 2, ip: "10.0.0.1" },
      ],
    },
  ],
  ["a port without a list", "published-ports", { ports: { internal: 1, external: 1 } }],
  ["all ports of the image", "published-ports", { publishAllPorts: true }],
  ["all ports, as text", "published-ports", { publishAllPorts: "true" }],
  ["a tag", "pinned-images", { image: "postgres:17" }],
  ["latest", "pinned-images", { image: "postgres:latest" }],
  ["no tag", "pinned-images", { image: "postgres" }],
  ["a short digest", "pinned-images", { image: "postgres@sha256:abc" }],
  ["no image", "pinned-images", { image: undefined }],
  ["no health check", "health-checks", { healthcheck: undefined }],
  ["a health check that is off", "health-checks", { healthcheck: { tests: ["NONE"] } }],
  ["a health check that always succeeds", "health-checks", { healthcheck: { tests: ["CMD-SHELL", "true"] } }],
  ["a health check that ends well", "health-checks", { healthcheck: { tests: ["CMD-SHELL", "exit 0"] } }],
  ["the other true", "health-checks", { healthcheck: { tests: ["CMD", "/usr/bin/true"] } }],
  ["no memory limit", "limits", { memory: undefined, memorySwap: undefined }],
  ["a memory limit of zero", "limits", { memory: 0, memorySwap: 0 }],
  ["swap without end", "limits", { memorySwap: -1 }],
  ["no CPU limit", "limits", { cpus: undefined }],
  ["new privileges", "no-new-privileges", { securityOpts: undefined }],
  ["new privileges by word", "no-new-privileges", { securityOpts: ["no-new-privileges:false"] }],
  [
    "new privileges taken back",
    "no-new-privileges",
    { securityOpts: ["no-new-privileges", "no-new-privileges=false"] },
  ],
  ["no seccomp", "no-new-privileges", { securityOpts: ["no-new-privileges", "seccomp=unconfined"] }],
  ["no AppArmor", "no-new-privileges", { securityOpts: ["no-new-privileges", "apparmor:unconfined"] }],
  [
    "new privileges by number",
    "no-new-privileges",
    { securityOpts: ["no-new-privileges:true", "no-new-privileges=0"] },
  ],
  [
    "a seccomp of its own",
    "no-new-privileges",
    { securityOpts: ["no-new-privileges:true", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] },
  ],
  ["another label", "no-new-privileges", { securityOpts: ["no-new-privileges:true", "label=type:spc_t"] }],
  ["no label", "no-new-privileges", { securityOpts: ["no-new-privileges:true", "disable"] }],
  [
    "cgroups to write",
    "no-new-privileges",
    { securityOpts: ["no-new-privileges:true", "writable-cgroups=true"] },
  ],
  ["capabilities kept", "dropped-capabilities", { capabilities: undefined }],
  ["some dropped", "dropped-capabilities", { capabilities: { drops: ["NET_RAW"] } }],
  ["one added", "dropped-capabilities", { capabilities: { drops: ["ALL"], adds: ["CAP_SYS_ADMIN"] } }],
  [
    "one added, in lower case",
    "dropped-capabilities",
    { capabilities: { drops: ["all"], adds: ["sys_admin"] } },
  ],
  [
    "one added, without a list",
    "dropped-capabilities",
    { capabilities: { drops: "ALL", adds: "NET_ADMIN" } },
  ],
  ["all added", "dropped-capabilities", { capabilities: { drops: ["ALL"], adds: ["ALL"] } }],
  ["privileged", "not-privileged", { privileged: true }],
  ["privileged, as text", "not-privileged", { privileged: "True" }],
  ["a device", "not-privileged", { devices: [{ hostPath: "/dev/sda" }] }],
  ["graphics", "not-privileged", { gpus: "all" }],
  ["rules of devices", "not-privileged", { deviceCgroupRules: ["a *:* rwm"] }],
  ["another runtime", "not-privileged", { runtime: "other" }],
  ["root", "not-root", { user: "root" }],
  ["root by number", "not-root", { user: "0" }],
  ["root by number and group", "not-root", { user: "000:1000" }],
  ["root's group", "not-root", { user: "1000:0" }],
  ["root, less than nothing", "not-root", { user: "-0" }],
  ["root's group, less than nothing", "not-root", { user: "1000:-0" }],
  ["one group more", "not-root", { groupAdds: ["docker"] }],
  ["a root that can be written", "read-only-root", { readOnly: false }],
  ["a root of which nothing is said", "read-only-root", { readOnly: undefined }],
  ["the host's network", "no-host-namespaces", { networkMode: "host" }],
  ["the host's network in capitals", "no-host-namespaces", { networkMode: "HOST" }],
  ["another one's network", "no-host-namespaces", { networkMode: "container:abc" }],
  ["the host's network as a second", "no-host-namespaces", { networksAdvanced: [{ name: "host" }] }],
  ["the host's processes", "no-host-namespaces", { pidMode: "host" }],
  ["the host's memory", "no-host-namespaces", { ipcMode: "host" }],
  ["the host's users", "no-host-namespaces", { usernsMode: "host" }],
  ["a folder of the host", "no-host-mounts", { volumes: [{ containerPath: "/a", hostPath: "/srv" }] }],
  [
    "a folder as a volume's name",
    "no-host-mounts",
    { volumes: [{ containerPath: "/a", volumeName: "/srv" }] },
  ],
  ["a folder from here", "no-host-mounts", { volumes: [{ containerPath: "/a", volumeName: "../data" }] }],
  ["a mount of type bind", "no-host-mounts", { mounts: [{ type: "bind", source: "/srv", target: "/a" }] }],
  ["a mount in capitals", "no-host-mounts", { mounts: [{ type: "BIND", source: "/srv", target: "/a" }] }],
  [
    "a volume whose driver binds",
    "no-host-mounts",
    {
      mounts: [
        { type: "volume", target: "/a", volumeOptions: { driverOptions: { device: "/srv", o: "bind" } } },
      ],
    },
  ],
  ["what another container mounts", "no-host-mounts", { volumes: [{ fromContainer: "portainer" }] }],
  [
    "a mount by another driver",
    "no-host-mounts",
    { mounts: [{ type: "volume", target: "/a", volumeOptions: { driverName: "vieux/sshfs" } }] },
  ],
  ["an engine by its address", "no-engine-socket", { envs: ["DOCKER_HOST=tcp://10.0.0.1:2375"] }],
  ["the engine's own logs", "bounded-logs", { logDriver: undefined, logOpts: undefined }],
  ["no logs", "bounded-logs", { logDriver: "none" }],
  ["logs without a bound", "bounded-logs", { logOpts: { "max-file": "3" } }],
  ["logs of any size", "bounded-logs", { logOpts: { "max-size": "-1", "max-file": "3" } }],
  ["logs of 100 GiB", "bounded-logs", { logOpts: { "max-size": "100g", "max-file": "1" } }],
  ["no restart", "restarts", { restart: "no" }],
  ["no word on restarts", "restarts", { restart: undefined }],
  ["removal when it stops", "restarts", { rm: true }],
];

describe("the rules for containers", () => {
  it("have nothing against a good one", () => {
    expect(violated({})).toEqual([]);
  });

  it.each(WRONG)("%s: %s", (_, rule, props) => {
    expect(violated(props)).toEqual([rule]);
  });

  it.each([
    ["the socket", "/var/run/docker.sock"],
    ["its folder", "/var/run"],
    ["its folder's folder", "/var/"],
    ["everything", "/"],
    ["the other path", "/run/docker.sock"],
    ["a longer way", "/srv/../var/./run/docker.sock"],
    ["containerd", "/run/containerd/containerd.sock"],
    ["the engine's data", "/var/lib/docker/volumes"],
  ])("the engine by %s: refused as a mount and as the engine", (_, path) => {
    for (const props of [
      { volumes: [{ containerPath: "/x", hostPath: path }] },
      { volumes: [{ containerPath: "/x", volumeName: path }] },
      { mounts: [{ type: "bind", source: path, target: "/x" }] },
    ]) {
      expect(violated(props)).toEqual(["no-engine-socket", "no-host-mounts"]);
    }
  });

  it("take a container that is never started for what it is, and only that", () => {
    expect(violated(COMPANION)).toEqual([]);
    for (const change of [
      { start: true },
      { mustRun: true },
      { restart: "always" },
      { networkMode: "bridge" },
    ]) {
      expect(violated({ ...COMPANION, ...change })).toContain("read-only-root");
    }
  });

  it("judge what is not known yet later, and the rest at once", () => {
    const unknown = {
      ...{
        image: UNKNOWN,
        readOnly: UNKNOWN,
        capabilities: UNKNOWN,
        securityOpts: [UNKNOWN],
        restart: UNKNOWN,
      },
      ...{ memory: UNKNOWN, memorySwap: UNKNOWN, cpus: UNKNOWN, healthcheck: UNKNOWN, logOpts: UNKNOWN },
      ports: [{ internal: 1, external: 1, ip: UNKNOWN }],
      envs: [UNKNOWN, "HOME=/tmp"],
    };
    expect(violated(unknown)).toEqual([]);
    expect(violated({ ...unknown, privileged: true, pidMode: "host" })).toEqual([
      "no-host-namespaces",
      "not-privileged",
    ]);
  });
});

describe("images", () => {
  const rule = RULES.find(({ name }) => name === "pinned-images");
  it.each([
    ["pulled by tag", { name: "postgres:17" }, 1],
    ["pulled by digest", { name: `postgres:17@sha256:${"b".repeat(64)}` }, 0],
    ["built here", { name: "mlflow-platform/x:1", build: { context: "images/x" } }, 0],
    ["built from elsewhere", { name: "x", build: { remoteContext: "https://token@example.com/x.git" } }, 1],
    [
      "built with something from elsewhere",
      {
        name: "x",
        build: { context: "images/x", additionalContexts: ["base=docker-image://alpine:latest"] },
      },
      1,
    ],
  ])("%s", (_, props, count) => {
    expect(rule?.check(resource(TYPES.image, props), PROD)).toHaveLength(count);
  });
});

describe("volumes that stand for a path of the host", () => {
  const rule = RULES.find(({ name }) => name === "no-host-mounts");
  it.each([
    ["a plain one", { name: "x" }, 0],
    ["one that binds", { driverOpts: { type: "none", o: "bind", device: "/srv" } }, 1],
    ["one of another driver", { driver: "sshfs" }, 1],
  ])("%s", (_, props, count) => {
    expect(rule?.check(resource(TYPES.volume, props), PROD)).toHaveLength(count);
  });
});

describe("networks", () => {
  const rule = RULES.find(({ name }) => name === "no-host-namespaces");
  it.each([
    ["a bridge", { driver: "bridge" }, 0],
    ["the engine's own kind", {}, 0],
    ["the host's", { driver: "host" }, 1],
    ["one of the host's network cards", { driver: "macvlan" }, 1],
  ])("%s", (_, props, count) => {
    expect(rule?.check(resource(TYPES.network, props), PROD)).toHaveLength(count);
  });
});

describe("networks that hand ports on", () => {
  const rule = RULES.find(({ name }) => name === "published-ports");
  it.each([
    ["nothing said", {}, 0],
    ["as usual", { "com.docker.network.bridge.gateway_mode_ipv4": "nat" }, 0],
    ["unprotected", { "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected" }, 1],
    ["routed", { "com.docker.network.bridge.gateway_mode_ipv6": "routed" }, 1],
  ])("%s", (_, options, count) => {
    expect(rule?.check(resource(TYPES.network, { options }), PROD)).toHaveLength(count);
  });
});

describe("what another container has mounted", () => {
  const rule = RULES.find(({ name }) => name === "no-host-mounts");
  const props = { volumes: [{ fromContainer: "a1b2c3" }] };

  it("is taken over by a workload, for the files of its companion, and by nothing else", () => {
    expect(rule?.check(nginx(props), PROD)).toEqual([]);
    expect(rule?.check(container(props, { name: "nginx-container" }), PROD)).toHaveLength(1);
  });
});

describe("NGINX", () => {
  const ports = RULES.find(({ name }) => name === "published-ports");
  const tls = RULES.find(({ name }) => name === "tls");
  const open = { ports: [{ internal: 8443, external: 443, ip: "0.0.0.0" }] };
  const secure = { ...open, envs: ["TLS_FOLDER=/certificates/current"] };

  it("may publish ports, but not all of its image's", () => {
    expect(ports?.check(nginx(open), PROD)).toEqual([]);
    expect(ports?.check(nginx({ publishAllPorts: true }), PROD)).toHaveLength(1);
  });

  it("is known by what made it, not by its name", () => {
    const chain = `mlflow-platform:mlflow:Mlflow$mlflow-platform:workload:Workload$${TYPES.container}`;
    expect(ports?.check(container(open, { name: "nginx-container", chain }), PROD)).toHaveLength(1);
    expect(ports?.check(container({ ...open, name: "mlflow-platform-prod-nginx" }), PROD)).toHaveLength(1);
    expect(ports?.check(nginx(open, { name: "nginx-files" }), PROD)).toHaveLength(1);
  });

  it("speaks https where others reach it, but in development", () => {
    expect(tls?.check(nginx(open), PROD)).toHaveLength(1);
    expect(tls?.check(nginx({ ports: [{ internal: 1 }] }), PROD)).toHaveLength(1);
    expect(tls?.check(nginx({ ...open, envs: ["TLS_FOLDER="] }), PROD)).toHaveLength(1);
    expect(tls?.check(nginx(secure), PROD)).toEqual([]);
    expect(tls?.check(nginx(), PROD)).toEqual([]);
    expect(tls?.check(nginx(open), { ...PROD, development: true })).toEqual([]);
  });
});
