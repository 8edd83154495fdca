import { describe, expect, it } from "vitest";
import { explain } from "../../../cli/engine/explain";
import { noSsh, sshError } from "../../../cli/ssh/words";

const ADDRESS = "ssh://me@far:2222";

/** What is said, word by word, what it means, and what the next step must name. */
const FAULTS = [
  [
    "No ED25519 host key is known for [far]:2222 and you have requested strict checking.\nHost key verification failed.",
    "host key of far is not known",
    "compare the fingerprint",
  ],
  [
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
    "another host key",
    "ssh-keygen -R '[far]:2222'",
  ],
  [
    'Host key for [192.0.2.1]:22 has changed and you have requested strict checking.\nremove with:\n  ssh-keygen -f "/known" -R "[192.0.2.1]:22"',
    "another host key",
    'ssh-keygen -f "/known" -R "[192.0.2.1]:22"',
  ],
  ["me@far: Permission denied (publickey).", "does not let this user sign in", "ssh-copy-id"],
  [
    "ssh: Could not resolve hostname far: Name or service not known",
    "nobody knows a machine far",
    "~/.ssh/config",
  ],
  [
    "ssh: connect to host far port 2222: Connection refused",
    "cannot be reached by ssh",
    "ssh -p 2222 me@far",
  ],
  ["ssh: connect to host far port 2222: Connection timed out", "cannot be reached by ssh", "sshd"],
  ["bash: line 1: docker: command not found", "no program `docker`", "docs.docker.com"],
  [
    "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied",
    "may not use the Docker engine",
    "usermod -aG docker me",
  ],
  [
    "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory",
    "the Docker engine on far does not run",
    "systemctl enable --now docker",
  ],
  [
    "dial unix /run/user/1000/docker.sock: connect: connection refused",
    "the Docker engine on far does not run",
    "systemctl",
  ],
  [
    "channel 2: open failed: administratively prohibited: open failed",
    "forbids to forward ports",
    "AllowTcpForwarding yes",
  ],
  [
    "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.1 port 22",
    "ended the connection",
    "MaxStartups",
  ],
  [
    "Parse Error: Expected HTTP/, RTSP/ or ICE/",
    "something else than Docker answers",
    "has to print nothing",
  ],
] as const;

describe("what goes wrong by ssh", () => {
  it.each(FAULTS)("%s", (said, cause, next) => {
    const error = sshError(ADDRESS, said);
    expect(error.message).toContain(cause);
    expect(error.message).toContain(said.split("\n")[0]);
    expect(error.next).toContain(next);
    expect(error.next).toContain("Then run the same command again.");
    expect(error.exitCode).toBe(3);
  });

  it.each(FAULTS.slice(0, 11))("is understood when the docker provider says it: %s", (said, cause, next) => {
    const args = "ssh -o ConnectTimeout=30 -T -l me -p 2222 -- far docker system dial-stdio";
    const explained = explain(
      [`error during connect: command [${args}] has exited with exit status 255, make sure: stderr=${said}`],
      "prod",
    );
    expect(explained.cause).toContain(cause);
    expect(explained.next).toContain(next);
    expect(explained.next).toContain("npm run up -- --stack prod");
  });

  it("keeps the words where it does not know them, and says how to look", () => {
    const error = sshError(ADDRESS, "the moon is full");
    expect(error.message).toContain("the moon is full");
    expect(error.next).toContain("`ssh -p 2222 me@far docker version`");
  });

  it("says that ssh itself is missing", () => {
    expect(noSsh(ADDRESS).next).toContain("openssh-client");
  });
});
