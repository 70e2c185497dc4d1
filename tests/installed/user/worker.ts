import { report } from "./report.js";

onmessage = async ({ data }) => postMessage(await report(data));
onunhandledrejection = ({ reason }) => {
  throw reason;
};
