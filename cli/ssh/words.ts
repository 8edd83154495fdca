import { UserError } from "../errors";
import { type SshTarget, sshTarget, sshWords } from "./target";

interface Symptom {
  /** What ssh, or Docker on the other machine, says. */
  readonly pattern: RegExp;
  /** Why it does not go on. */
  readonly cause: (host: string) => string;
  /** What a person does about it. @param ssh - what reaches the machine, to be typed */
  readonly next: (ssh: string, target: SshTarget, said: string) => string;
}

/** What goes wrong on the way to an engine by ssh. The first that fits counts. */
const SYMPTOMS: readonly Symptom[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    cause: (host) =>
      `${host} shows another host key than the one that is known: it was set up anew, or it is another machine`,
    next: (ssh, { host, port }, said) => {
      // Behind an alias the key is noted under another name, which ssh tells.
      const forget =
        /ssh-keygen -f \S+ -R \S+/.exec(said)?.[0] ??
        `ssh-keygen -R ${port === undefined ? host : `'[${host}]:${port}'`}`;
      return `Ask its operator for the fingerprint. If the change is right: \`${forget}\`, then \`${ssh}\` once by hand, and compare.`;
    },
  },
  {
    pattern: /host key verification failed|no \S+ host key is known/i,
    cause: (host) =>
      `the host key of ${host} is not known here, so nobody can tell whether it is the right machine`,
    next: (ssh) => `Sign in once by hand, \`${ssh}\`, and compare the fingerprint with that of its operator.`,
  },
  {
    pattern: /administratively prohibited/i,
    cause: (host) =>
      `the ssh server of ${host} forbids to forward ports, through which the services are configured`,
    next: () => "Set `AllowTcpForwarding yes` in its sshd_config, for this user at least, and reload sshd.",
  },
  {
    pattern: /permission denied \(|too many authentication failures|no supported authentication methods/i,
    cause: (host) => `${host} does not let this user sign in with a key; passwords cannot be asked for here`,
    next: (ssh) =>
      `\`ssh-copy-id\` puts your key there, \`ssh-add\` opens one with a passphrase. \`${ssh} -o BatchMode=yes true\` has to succeed.`,
  },
  {
    pattern: /could not resolve hostname/i,
    cause: (host) => `nobody knows a machine ${host}`,
    next: (ssh) => `Correct the name, or give it in ~/.ssh/config; \`${ssh}\` has to succeed.`,
  },
  {
    pattern: /ssh: connect to host|timed out during banner|timeout, server|stdio forwarding failed/i,
    cause: (host) => `${host} cannot be reached by ssh`,
    next: (ssh) => `See whether it runs and sshd listens; \`${ssh}\` has to succeed.`,
  },
  {
    pattern: /docker: (command )?not found|docker: No such file|exit(ed with)? (status|code) 127/i,
    cause: (host) => `there is no program \`docker\` on ${host}, or not on the PATH of commands by ssh`,
    next: (ssh) =>
      `Install Docker there (https://docs.docker.com/engine/install/); \`${ssh} docker version\` has to succeed.`,
  },
  {
    pattern:
      /dial unix \S+ connect: permission denied|permission denied while trying to connect to the docker/i,
    cause: (host) => `the user of the connection may not use the Docker engine on ${host}`,
    next: (ssh, { user }) =>
      `Put that user into the group docker there: \`sudo usermod -aG docker ${user ?? "<user>"}\`; \`${ssh} docker version\` has to succeed.`,
  },
  {
    pattern: /dial unix \S+ connect: (no such file|connection refused)|is the docker daemon running/i,
    cause: (host) => `the Docker engine on ${host} does not run`,
    next: (ssh) =>
      `Start it there: \`sudo systemctl enable --now docker\`; \`${ssh} docker version\` has to succeed.`,
  },
  {
    pattern: /parse error: expected http/i,
    cause: (host) =>
      `something else than Docker answers on ${host}: the user has no shell there, or its profile prints text`,
    next: (ssh) => `\`${ssh} true\` has to print nothing.`,
  },
  {
    pattern: /kex_exchange_identification|connection (closed|reset) by|broken pipe/i,
    cause: (host) =>
      `the ssh server of ${host} ended the connection, mostly since too many were begun at once`,
    next: () =>
      "Run the same command again. If it comes back: raise MaxStartups in its sshd_config, or let ssh share connections (ControlMaster in ~/.ssh/config).",
  },
];

/**
 * What is meant by what ssh, or Docker over ssh, has said.
 * @param said - by ssh on standard error, or by the provider about it
 * @returns undefined for what is not known
 */
export function sshSymptom(target: SshTarget, said: string): { cause: string; next: string } | undefined {
  const symptom = SYMPTOMS.find(({ pattern }) => pattern.test(said));
  return (
    symptom && {
      cause: symptom.cause(target.host),
      next: symptom.next(`ssh ${sshWords(target)}`, target, said),
    }
  );
}

/**
 * A connection by ssh that could not be made, or broke.
 * @param address - `ssh://…`
 * @param said - by ssh on standard error
 */
export function sshError(address: string, said: string): UserError {
  const target = sshTarget(address);
  const known = sshSymptom(target, said);
  const text = said.trim().split("\n").slice(-4).join("\n    ");
  return new UserError(
    `No Docker engine is reached at ${address}${known === undefined ? "" : `: ${known.cause}`}.${text === "" ? "" : ` ssh says:\n    ${text}`}`,
    `${known?.next ?? `See what \`ssh ${sshWords(sshTarget(address))} docker version\` says, or correct the setting mlflow-platform:dockerHost or the variable DOCKER_HOST.`} Then run the same command again.`,
    3,
  );
}

/** There is no program ssh on this machine. */
export function noSsh(address: string): UserError {
  return new UserError(
    `There is no program \`ssh\` on this machine, so the Docker engine at ${address} cannot be reached`,
    "Install it (Debian: `sudo apt-get install openssh-client`), and run the same command again.",
    3,
  );
}
