import { webgpu } from "@vertebra/backend-webgpu";
import { report, reportOn } from "./report.js";

const onWebgpu = async () => reportOn(await webgpu().open());

Object.assign(globalThis, { report, onWebgpu });
