import { sshSymptom } from "../ssh/words";

/** A failure in people's words. */
export interface Explanation {
  readonly cause: string;
  readonly next: string;
}

interface Symptom {
  /** What the engine says. */
  readonly pattern: RegExp;
  /** What it means, and what to do. */
  readonly meaning: (stack: string) => Explanation;
}

/** The command that carries out what a stack's settings say. */
export const again = (stack: string): string => `npm run up -- --stack ${stack}`;

/** What goes wrong most, by the words that tell it. */
const SYMPTOMS: readonly Symptom[] = [
  {
    pattern: /incorrect passphrase/i,
    meaning: (stack) => ({
      cause: "The passphrase does not open this stack's secrets.",
      next:
        "Unset PULUMI_CONFIG_PASSPHRASE, or put the right one there; where it comes from now: " +
        `npm run state -- status --stack ${stack}. Then: ${again(stack)}`,
    }),
  },
  {
    pattern: /port is already allocated|address already in use/i,
    meaning: (stack) => ({
      cause: "A port of the stack is taken by another program.",
      next: `Free it, or choose another portBase in Pulumi.${stack}.yaml. Then: ${again(stack)}`,
    }),
  },
  {
    pattern: /container name "[^"]*" is already in use/i,
    meaning: (stack) => ({
      cause: "A container that this stack did not make has the name of one of its own.",
      next: `See what it is (\`docker inspect\`, with the name below), and take it away: docker rm -f <name>. Then: ${again(stack)}`,
    }),
  },
  {
    pattern:
      /cannot connect to the docker daemon|failed to connect to any docker daemon|error during connect/i,
    meaning: (stack) => ({
      cause: "The Docker engine does not answer.",
      next: `Start it (\`npm run bootstrap\` starts one where it may), or correct dockerHost. Then: ${again(stack)}`,
    }),
  },
  {
    pattern: /no space left on device/i,
    meaning: (stack) => ({
      cause: "The disk is full.",
      next: `Make room (\`docker system df\` shows what Docker holds; volumes hold data). Then: ${again(stack)}`,
    }),
  },
  {
    pattern: /failed to be in healthy state|healthy state in time/i,
    meaning: (stack) => ({
      cause: "A service was started but did not become healthy in time.",
      next: `See why: npm run status -- --stack ${stack}; docker logs mlflow-platform-${stack}-<service>. A slow machine may just need a second run: ${again(stack)}`,
    }),
  },
  {
    pattern: /currently locked by/i,
    meaning: (stack) => ({
      cause: "Another run is changing this stack.",
      next: `Wait until it has ended. Who that is, and the way out if it is dead: npm run state -- unlock --stack ${stack}`,
    }),
  },
  {
    pattern:
      /returned a non-zero code|executor failed running|error running \w+ build|unable to build image/i,
    meaning: (stack) => ({
      cause: "An image could not be built.",
      next:
        "See its output: docker build --build-arg BASE=<an mlflow-platform/base of `docker images`> images/<image>. " +
        `Without a network, set PIP_INDEX_URL or an apt mirror, or use images.<service>. Then: ${again(stack)}`,
    }),
  },
];

/** What the docker provider says of its ssh: the arguments, and then the words of ssh. */
const BY_SSH = /command \[ssh (.*?) -- (\S+) docker .*?dial-stdio\] has exited/;

/** A failure on the way to an engine by ssh. */
function onTheWay(said: string, stack: string): Explanation | undefined {
  const [address, options = "", host] = BY_SSH.exec(said) ?? [];
  if (address === undefined || host === undefined) return undefined;
  const option = (name: string): string | undefined => new RegExp(`-${name} (\\S+)`).exec(options)?.[1];
  const target = { address, host, user: option("l"), port: option("p"), socket: undefined };
  const known = sshSymptom(target, said);
  return (
    known && {
      cause: `The engine is not reached: ${known.cause}.`,
      next: `${known.next} Then: ${again(stack)}`,
    }
  );
}

/**
 * Puts the engine's errors into cause and next command. The engine's own words stay below the cause.
 *
 * @param errors - what the engine said
 * @param stack - name of the stack, for the commands
 */
export function explain(errors: readonly string[], stack: string): Explanation {
  const lines = errors.join("\n").split("\n");
  // The CLI warns of what is meant here, such as where it found its language host.
  const said = lines.filter((line) => !line.startsWith("warning: ")).join("\n");
  const known = onTheWay(said, stack) ?? SYMPTOMS.find(({ pattern }) => pattern.test(said))?.meaning(stack);
  return {
    cause: known === undefined ? said : `${known.cause}\n${said}`,
    next: known?.next ?? `npm run status -- --stack ${stack}, then: ${again(stack)}`,
  };
}
