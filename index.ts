import { deploy } from "./components/platform";
import { loadSettings } from "./config/load";

// The SDK notes a stack trace for every call it makes to the engine and looks up each frame in the source maps: with
// ten frames, the default, that took over a third of the work for each team. One still says where an error arose.
Error.stackTraceLimit = 1;

export = deploy(loadSettings());
