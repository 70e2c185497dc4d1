import { report } from "./report.js";

// Chromium tells nobody of a worker's unhandled rejection.
self.addEventListener("message", async ({ data }) => self.postMessage(await report(data).catch(String)));
