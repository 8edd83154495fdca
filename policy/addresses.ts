/** Addresses on which nobody but programs of the same machine can connect. */
const LOOPBACK = ["127.0.0.1", "::1"];

/** Whether an address, on which a port is published, is the machine's own. `localhost` is none: a name may mislead. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.includes(address.replace(/^\[(.*)\]$/, "$1"));
}

/** Whether a URL's host is this machine. Browsers resolve `localhost` to the loopback address by themselves. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}
