import type { Page } from "playwright-core";
import type { Cleanup } from "./cleanup";
import type { StackOutputs } from "./outputs";
import type { Reach } from "./reach";

/** A service account and the team whose workspace it works in. */
export interface TeamAccount {
  readonly team: string;
  readonly name: string;
  /** Gives a token that is valid for at least a minute. */
  readonly token: () => Promise<string>;
}

/** What the Python client left, as it reported it. */
export interface ClientRun {
  readonly experimentId: string;
  readonly runId: string;
  readonly artifactUri: string;
  readonly sha256: string;
  /** Bytes of the artifact. */
  readonly bytes: number;
}

/** A person made for this run of the smoke test, signed in or about to. */
export interface Person {
  readonly username: string;
  readonly password: string;
  /** The person's browser window, with cookies of its own. */
  readonly page: Page;
}

/** What one check found and later ones build on. */
export interface Facts {
  readonly account: TeamAccount;
  /** The account of another team, where there is one. */
  readonly otherAccount: TeamAccount | undefined;
  readonly run: ClientRun;
  readonly member: Person;
  readonly outsider: Person;
}

/** Everything that a check may use. */
export interface SmokeContext {
  readonly outputs: StackOutputs;
  /** The way to the stack's public addresses. */
  readonly reach: Reach;
  /** Random, in every name that this run makes. */
  readonly id: string;
  /** Raised when the person interrupts. */
  readonly signal: AbortSignal;
  readonly cleanup: Cleanup;
  /** Path of the Chromium executable. */
  readonly chromium: string;
  /** Folder for a picture of the page where a browser check failed; none is taken where absent. */
  readonly pictures: string | undefined;
  readonly facts: Shelf<Facts>;
}

/** Values that checks hand to the ones after them. */
export class Shelf<T extends object> {
  private readonly values: Partial<T> = {};

  /** Puts a value where later checks find it. */
  public put<K extends keyof T>(key: K, value: T[K]): void {
    this.values[key] = value;
  }

  /**
   * Takes a value that an earlier check put.
   *
   * @throws Error where no check did: the asking check must name the other among its `needs`
   */
  public take<K extends keyof T>(key: K): T[K] {
    if (!(key in this.values)) {
      throw new Error(`no earlier check provided "${String(key)}"`);
    }
    return this.values[key] as T[K];
  }
}
