import { deploy } from "./components/platform";
import { loadSettings } from "./config/load";

export = deploy(loadSettings());
