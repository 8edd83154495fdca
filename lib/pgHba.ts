/**
 * Who may connect to Postgres from where. A role reaches only the database of its own name (`sameuser`), so one
 * service's password opens nothing of another's; the superuser is for the provider.
 */
export function pgHba(): string {
  return [
    "# TYPE  DATABASE  USER      ADDRESS  METHOD",
    "local   all       postgres           peer",
    "host    all       postgres  all      scram-sha-256",
    "host    sameuser  all       all      scram-sha-256",
    "",
  ].join("\n");
}
