import { type Resource, TYPES } from "../../resource";

/**
 * The container that people reach. It is known by the components that made it, not by its name alone: a container of
 * another component that is called like it is not the door.
 */
export function isNginx({ chain, name }: Resource): boolean {
  return (
    chain === `mlflow-platform:nginx:Nginx$mlflow-platform:workload:Workload$${TYPES.container}` &&
    name === "nginx-container"
  );
}
