import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pulumi } from "../pulumi";
import { nameOf } from "../progress";
import { type Stack, readSettings } from "../stack";
import type { Candidate } from "./candidates";
import { type KeycloakAdmin, keycloakAdmin, plain } from "./keycloakAdmin";
import { RESOLVERS } from "./resolvers";
import { type State, exportState, resourcesOf } from "./state";

/** A candidate and the id by which it is imported. */
export interface Found {
  readonly candidate: Candidate;
  readonly id: string;
}

/**
 * Takes objects into the state that are there without being known to it. What lies in the services of this stack,
 * in volumes of its name, is its own by definition: it is adopted and never deleted. Where an adopted object differs
 * from what the program declares, the next `up` changes it.
 *
 * @param state - the stack's state
 * @param candidates - what may be there
 * @returns URNs of what was adopted
 */
export async function adopt(stack: Stack, state: State, candidates: readonly Candidate[]): Promise<string[]> {
  const known = new Set(resourcesOf(state).map(({ urn }) => urn));
  const wanted = candidates.filter(
    ({ urn, type, parent, provider }) =>
      type in RESOLVERS && !known.has(urn) && known.has(parent) && known.has(provider),
  );
  if (wanted.length === 0) return [];
  const secrets = await exportState(stack, true);
  const found = await locate(stack, secrets, wanted);
  return importAll(stack, found);
}

/** Finds the objects of candidates. One whose service does not answer counts as not found. */
async function locate(stack: Stack, state: State, candidates: readonly Candidate[]): Promise<Found[]> {
  const admins = new Map<string, Promise<KeycloakAdmin>>();
  const admin = (provider: string) => (): Promise<KeycloakAdmin> => {
    const session = admins.get(provider) ?? keycloakAdmin(state, provider);
    admins.set(provider, session);
    return session;
  };
  const found = await Promise.all(
    candidates.map(async (candidate): Promise<Found[]> => {
      try {
        const id = await RESOLVERS[candidate.type]?.(candidate, admin(candidate.provider));
        if (id === undefined) return [];
        if (candidate.type === USER)
          await firstPassword(stack, state, candidate, id, await admin(candidate.provider)());
        return [{ candidate, id }];
      } catch {
        // What stood in the way of the creation stays, and its own error is the one to show.
        return [];
      }
    }),
  );
  return found.flat();
}

const USER = "keycloak:index/user:User";

/**
 * The provider makes a user first and then gives it its first password, and it does the second at no other time: a
 * user between the two would never be able to sign in.
 */
async function firstPassword(
  stack: Stack,
  state: State,
  { urn }: Candidate,
  id: string,
  admin: KeycloakAdmin,
): Promise<void> {
  const [realm = "", user = ""] = id.split("/");
  if (await admin.hasCredentials(realm, user)) return;
  const value = passwordOf(state, urn);
  if (value === undefined) throw new Error(`The state has no password for ${nameOf(urn)}.`);
  await admin.setPassword(realm, user, value, readSettings(stack.name).temporaryPasswords);
}

/**
 * The generated first password of a user, which bears the user's Pulumi name (components/identity/people.ts).
 *
 * @param state - with secrets decrypted
 */
export function passwordOf(state: State, userUrn: string): string | undefined {
  const name = `${nameOf(userUrn)}-password`;
  const password = resourcesOf(state).find(
    ({ urn, type }) => type === "random:index/randomPassword:RandomPassword" && nameOf(urn) === name,
  );
  return plain(password?.outputs?.["result"]);
}

/** What `pulumi import --file` reads. */
export interface ImportFile {
  readonly nameTable: Readonly<Record<string, string>>;
  readonly resources: ReadonlyArray<{
    readonly type: string;
    readonly name: string;
    readonly id: string;
    readonly parent: string;
    readonly provider: string;
  }>;
}

/** The import of some objects. Parents and providers are named by their URNs themselves. */
export function importFile(found: readonly Found[]): ImportFile {
  const named = found.flatMap(({ candidate: { parent, provider } }) => [parent, provider]);
  return {
    nameTable: Object.fromEntries(named.map((urn) => [urn, urn])),
    resources: found.map(({ candidate: { urn, type, parent, provider }, id }) => ({
      type,
      name: nameOf(urn),
      id,
      parent,
      provider,
    })),
  };
}

/** Imports what is there. An object that is not fails by itself, and stops others only for this round. */
async function importAll(stack: Stack, found: readonly Found[]): Promise<string[]> {
  const adopted: string[] = [];
  let rest = found;
  while (rest.length > 0) {
    const { imported, failed } = await importOnce(stack, rest);
    adopted.push(...imported);
    const next = rest.filter(({ candidate: { urn } }) => !imported.has(urn) && !failed.has(urn));
    if (next.length === rest.length) break;
    rest = next;
  }
  return adopted;
}

async function importOnce(
  stack: Stack,
  found: readonly Found[],
): Promise<{ readonly imported: ReadonlySet<string>; readonly failed: ReadonlySet<string> }> {
  const file = join(stack.folder, "import.json");
  writeFileSync(file, JSON.stringify(importFile(found)), { mode: 0o600 });
  const imported = new Set<string>();
  const failed = new Set<string>();
  try {
    await pulumi(
      stack,
      [
        "import",
        "--file",
        file,
        "--protect=false",
        "--generate-code=false",
        "--skip-preview",
        "--yes",
        "--json",
      ],
      {
        onEvent({ resOutputsEvent, diagnosticEvent }) {
          if (resOutputsEvent?.metadata.op === "import") imported.add(resOutputsEvent.metadata.urn);
          if (diagnosticEvent?.severity === "error" && diagnosticEvent.urn) failed.add(diagnosticEvent.urn);
        },
      },
    );
  } finally {
    rmSync(file, { force: true });
  }
  return { imported, failed };
}
