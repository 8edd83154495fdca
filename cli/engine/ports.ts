import type { Settings } from "../../config/settings";
import { endpointsOf, HTTP_LISTEN, HTTPS_LISTEN } from "../../lib/endpoints";
import type { PortWish } from "../bootstrap";

/** The ports that a stack publishes, with what for and the setting that decides. */
export function portWishes(settings: Settings): PortWish[] {
  const { published, bindAddresses, providerPorts } = endpointsOf(settings);
  const people = bindAddresses.flatMap((address) =>
    published.map(({ internal, external: port, use }) => ({
      port,
      use,
      address,
      setting: settings.ingress === "http" ? "portBase" : settingOf(internal),
    })),
  );
  const providers = Object.entries(providerPorts).map(([service, port]) => ({
    port,
    use: `configuring ${service}`,
    setting: "portBase",
  }));
  return [...people, ...providers];
}

/** In https modes the two usual ports have settings of their own. */
function settingOf(internal: number): string {
  if (internal === HTTP_LISTEN) return "httpPort";
  return internal === HTTPS_LISTEN ? "httpsPort" : "portBase";
}
