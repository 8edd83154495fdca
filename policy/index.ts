import { leaveOutUnused } from "./lean";

leaveOutUnused();
// Only now, since an import comes before everything else of its file.
void import("./pack.js").then(({ serve }) => serve());
