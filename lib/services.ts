import { SERVICES, type Service } from "../images/catalogue";

/** The services that a stack runs: the certificate job only where certificates come from a CA. */
export function servicesOf(ingress: "http" | "self-signed" | "acme"): Service[] {
  return SERVICES.filter((service) => service !== "certbot" || ingress === "acme");
}
