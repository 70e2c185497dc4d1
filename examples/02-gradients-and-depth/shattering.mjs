// Balduzzi et al.: "The shattered gradients problem: if resnets are the answer, then what is the question?", ICML 2017.
import {
  add,
  BatchNorm2d,
  grad,
  kaimingNormal,
  Linear,
  Module,
  noGrad,
  normalInit,
  ReLU,
  requireGrad,
  Sequential,
  scoped,
  seedInit,
  sum,
  tensor,
  withDevice,
} from "@vertebra/core";
import { mean } from "../shared/run.mjs";

/**
 * @typedef {import("@vertebra/core").Device} Device
 * @typedef {import("@vertebra/core").Tensor} Tensor
 * @typedef {{ depths: readonly number[], width: number, points: number, runs: number, lags: number }} Settings
 *   `points`: of the grid, `runs`: networks of each kind and depth, `lags`: greatest distance in the grid
 * @typedef {{ name: string, hasShortcuts: boolean, hasNorm: boolean }} Kind
 * @typedef {{ kind: string, depth: number, autocorrelation: number[] }} Result
 *   `autocorrelation`: by distance from 0 on, mean over runs
 */

/** The paper's: 200 rectifiers a layer, 256 scalar inputs from −2 to 2. @type {Settings} */
export const FULL = { depths: [1, 2, 4, 10, 24, 50], width: 200, points: 256, runs: 20, lags: 15 };

/** @type {Settings} */
export const QUICK = { depths: [1, 8], width: 40, points: 64, runs: 2, lags: 5 };

/** @type {readonly Kind[]} */
export const KINDS = [
  { name: "plain", hasShortcuts: false, hasNorm: false },
  { name: "plain, batch norm", hasShortcuts: false, hasNorm: true },
  { name: "shortcuts", hasShortcuts: true, hasNorm: false },
  { name: "shortcuts, batch norm", hasShortcuts: true, hasNorm: true },
];

/**
 * How alike dy/dx is at neighbouring inputs, for random networks y = f(x) of scalars.
 * @param {Device} device
 * @param {Settings} settings
 * @returns {Promise<Result[]>}
 */
export async function measureShattering(device, settings) {
  const results = [];
  for (const kind of KINDS) {
    for (const depth of settings.depths) {
      const gradients = [];
      for (let run = 0; run < settings.runs; run++)
        gradients.push(await inputGradient({ kind, depth, seed: run }, settings, device));
      const curves = gradients.map((gradient) => autocorrelation(gradient, settings.lags));
      const means = Array.from({ length: settings.lags + 1 }, (_, lag) => mean(curves.map((curve) => curve[lag] ?? 0)));
      results.push({ kind: kind.name, depth, autocorrelation: means });
    }
  }
  return results;
}

/**
 * dy/dx at each point of the grid.
 * @param {{ kind: Kind, depth: number, seed: number }} network
 * @param {Settings} settings
 * @param {Device} device
 */
async function inputGradient({ kind, depth, seed }, { width, points }, device) {
  seedInit(seed);
  const network = withDevice(device, () => makeNetwork(depth, width, kind));
  const grid = Array.from({ length: points }, (_, i) => [-2 + (4 * i) / (points - 1)]);
  const x = requireGrad(tensor(grid, { device }));
  // Statistics of the whole grid once, then as constants: so dy/dx at a point is that point's alone.
  noGrad(() => scoped(() => network.forward(x))).dispose();
  network.eval();
  const [dx] = scoped(() => grad(sum(network.forward(x)), [x]));
  const values = Array.from(await /** @type {Tensor} */ (dx).data());
  for (const used of [x, dx]) used?.dispose();
  network.dispose();
  return values;
}

/**
 * A network with `depth` layers of rectifiers; x [N, 1] → y [N, 1]. The first layer's biases spread the kinks over the grid.
 * @param {number} depth
 * @param {number} width
 * @param {Kind} kind
 */
function makeNetwork(depth, width, kind) {
  return new Sequential([
    new Linear(1, width, { weightInit: normalInit(1), biasInit: normalInit(1) }),
    ...Array.from({ length: depth - 1 }, () => new Layer(width, kind)),
    new ReLU(),
    new Linear(width, 1, { weightInit: kaimingNormal("fanIn", 1), bias: false }),
  ]);
}

/** W · relu(norm(h)), or h + W · relu(norm(h)) with a shortcut; h [N, width] → [N, width]. */
class Layer extends Module {
  /**
   * @param {number} width
   * @param {Kind} kind
   */
  constructor(width, { hasShortcuts, hasNorm }) {
    super();
    this.norm = hasNorm ? new BatchNorm2d(width, { affine: false, momentum: 1 }) : null;
    this.linear = new Linear(width, width, { weightInit: kaimingNormal(), bias: false });
    this.hasShortcuts = hasShortcuts;
  }

  /** @param {Tensor} h [N, width] */
  forward(h) {
    const [n = 0, width = 0] = h.shape;
    const normed = this.norm?.forward(h.reshape([n, width, 1, 1])).reshape([n, width]) ?? h;
    const branch = this.linear.forward(normed.relu());
    return this.hasShortcuts ? add(h, branch) : branch;
  }
}

/**
 * Of a series about its mean, at distances 0 to `lags`: Σ g(i)·g(i + lag) / Σ g(i)².
 * @param {readonly number[]} series
 * @param {number} lags
 */
export function autocorrelation(series, lags) {
  const centred = standardized(series);
  const product = (/** @type {number} */ lag) =>
    centred.slice(lag).reduce((total, value, i) => total + value * (centred[i] ?? 0), 0);
  const energy = product(0) || 1;
  return Array.from({ length: lags + 1 }, (_, lag) => product(lag) / energy);
}

/**
 * With mean 0 and standard deviation 1.
 * @param {readonly number[]} series
 */
function standardized(series) {
  const centre = mean(series);
  const deviation = Math.sqrt(mean(series.map((value) => (value - centre) ** 2))) || 1;
  return series.map((value) => (value - centre) / deviation);
}
