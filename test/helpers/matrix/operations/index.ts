import type { Operation } from "../types";
import { ARTIFACTS } from "./artifacts";
import { DATASETS, LOGGED_MODELS } from "./datasets";
import { GATEWAY_OPERATIONS } from "./gateway";
import { GENAI } from "./genai";
import { MCP_SERVERS } from "./mcpServers";
import { PERMISSIONS } from "./permissions";
import { PLATFORM } from "./platform";
import { REGISTRY } from "./registry";
import { TRACES } from "./traces";
import { TRACKING } from "./tracking";

export { NOT_APPLICABLE } from "./platform";

/** Every route of MLflow and its login plugin. */
export const OPERATIONS: readonly Operation[] = [
  ...TRACKING,
  ...ARTIFACTS,
  ...REGISTRY,
  ...TRACES,
  ...LOGGED_MODELS,
  ...DATASETS,
  ...GENAI,
  ...MCP_SERVERS,
  ...GATEWAY_OPERATIONS,
  ...PERMISSIONS,
  ...PLATFORM,
];
