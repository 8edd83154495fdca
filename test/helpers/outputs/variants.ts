import { deploy } from "../../../components/platform";
import { record } from "../harness";
import type { Properties } from "../recording";
import { TEAMS, USERS, sampleSettings } from "../settings";

/** As many of each as it takes to see their form. */
const FEW = { users: USERS.slice(0, 3), teams: TEAMS };

/** Settings that decide which outputs there are, by what the contract calls them. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  http: {},
  "http, artifacts direct": { artifacts: "direct" },
  "http, a Docker host": { dockerHost: "ssh://deploy@ml.example.com" },
  "http, nobody": { users: [], teams: [] },
  "self-signed, a name": { ingress: "self-signed", domain: "ml.example.com" },
  "self-signed, an address": { ingress: "self-signed", domain: "192.0.2.7" },
  "acme, DNS": { ingress: "acme", domain: "example.duckdns.org", duckdnsToken: "not-a-real-token" },
  "acme, http": { ingress: "acme", domain: "ml.example.com", acmeChallenge: "http" },
};

/** What the program gives as outputs in each variant, secrets in their envelopes. */
export async function recordedOutputs(): Promise<ReadonlyMap<string, Properties>> {
  // As index.ts has it: a third of the time.
  Error.stackTraceLimit = 1;
  const recorded = new Map<string, Properties>();
  for (const [variant, settings] of Object.entries(VARIANTS)) {
    const { stackOutputs } = await record(() => deploy(sampleSettings({ ...FEW, ...settings })));
    recorded.set(variant, stackOutputs);
  }
  return recorded;
}
