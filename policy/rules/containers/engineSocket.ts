import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { texts } from "../../values";
import { hostPaths } from "./mounts";

/** Where the sockets of engines are. */
const SOCKETS = [
  "/var/run/docker.sock",
  "/run/docker.sock",
  "/run/containerd/containerd.sock",
  "/var/run/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/var/run/podman/podman.sock",
  "/var/lib/docker",
];

/** Whether a path is a socket, holds one, or lies in the engine's own folder. */
function reaches(path: string): boolean {
  const folder = path === "/" ? "/" : `${path}/`;
  return (
    /docker[^/]*\.sock|containerd[^/]*\.sock|podman[^/]*\.sock/i.test(path) ||
    SOCKETS.some((socket) => socket === path || socket.startsWith(folder) || path.startsWith(`${socket}/`))
  );
}

export const engineSocket: Rule = {
  name: "no-engine-socket",
  area: "containers",
  what: "No container reaches the Docker engine: neither its socket, nor a folder that holds it, nor its address.",
  why: "Who may talk to the engine is root on the host.",
  remedy: "Let Pulumi do it from outside: no service of the platform needs the engine.",
  types: [TYPES.container, TYPES.volume],
  check: (resource) => [
    ...hostPaths(resource)
      .filter(({ path }) => reaches(path))
      .map(({ path, said }) => `${said} is ${path}, through which it reaches the engine`),
    ...texts(resource.props["envs"])
      .filter((entry) => /^(DOCKER_HOST|CONTAINER_HOST)=/i.test(entry))
      .map((entry) => `its environment names an engine: ${entry.split("=")[0] ?? ""}`),
  ],
};
