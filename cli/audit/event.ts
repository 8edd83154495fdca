/** One line of the audit stream. docs/audit.md describes each key. */
export interface AuditEvent {
  /** ISO 8601, UTC, with milliseconds. */
  readonly time: string;
  readonly source: string;
  /** Dotted name, such as `login.refused`. */
  readonly event: string;
  readonly actor: string | null;
  /** The actor's id in Keycloak. */
  readonly subject: string | null;
  readonly client: string | null;
  readonly ip: string | null;
  /** Team. */
  readonly workspace: string | null;
  readonly target: string | null;
  readonly status: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * An event from its line.
 *
 * @returns undefined for what is none, such as a line that is just being written
 */
export function parseEvent(line: string): AuditEvent | undefined {
  try {
    const value = JSON.parse(line) as Partial<AuditEvent> | null;
    return typeof value?.time === "string" && typeof value.event === "string"
      ? (value as AuditEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
