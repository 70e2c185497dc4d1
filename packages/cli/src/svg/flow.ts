import { COLORS, type Point, svgDocument } from "./element";
import { arrow, box, circle, text, textWidth } from "./shapes";

/** What a step of a block does; gives its colour. A sum is a plus in a circle, a value is text alone. */
export type StepKind = "weights" | "plain" | "sum" | "product" | "value";

export interface FlowStep {
  /** Column and row on the grid, from 0; fractions are between. */
  readonly at: readonly [column: number, row: number];
  readonly lines: readonly string[];
  /** Default: "weights". */
  readonly kind?: StepKind;
}

/** From one step to another: straight down, or sideways on the way. */
export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  /** Column along which a way around others runs. Default: none. */
  readonly around?: number;
}

/** A block as a graph from top to bottom. */
export interface Flow {
  readonly title: string;
  readonly steps: Readonly<Record<string, FlowStep>>;
  readonly edges: readonly FlowEdge[];
  /** Lines below. */
  readonly notes?: readonly string[];
}

const ROW = 62;
const BOX_HEIGHT = 38;
const MARGIN = 20;
const HEAD = 34;
const RADIUS = 11;
const FILLS = { weights: "#dbeafe", plain: "#f1f3f5" } as const;
const SYMBOLS = { sum: "+", product: "×" } as const;

/** Graphs side by side in one drawing, each under its title. */
export function flowChart(flows: readonly Flow[], title: string): string {
  const height = Math.max(...flows.map(heightOf));
  let x = MARGIN;
  const drawn = flows.map((flow) => {
    const shown = drawFlow(flow, x);
    const { left, right } = reachOf(flow);
    x += left + right + MARGIN * 2;
    return shown;
  });
  return svgDocument({ width: x - MARGIN, height }, title, drawn);
}

const stepsOf = ({ steps }: Flow): readonly FlowStep[] => Object.values(steps);
const isBox = ({ kind = "weights" }: FlowStep): boolean => kind in FILLS;

const heightOf = (flow: Flow): number => {
  const rows = Math.max(...stepsOf(flow).map(({ at }) => at[1]));
  return HEAD + rows * ROW + BOX_HEIGHT + MARGIN + (flow.notes?.length ?? 0) * 16;
};

const boxWidth = (flow: Flow): number =>
  Math.max(...stepsOf(flow).flatMap(({ lines }) => lines.map((line) => textWidth(line)))) + 20;
const pitchOf = (flow: Flow): number => boxWidth(flow) + 18;

/** How far a flow reaches to both sides of the middle between its outermost columns, under which notes and title stand. */
function reachOf(flow: Flow): { readonly middle: number; readonly left: number; readonly right: number } {
  const [pitch, half] = [pitchOf(flow), boxWidth(flow) / 2];
  const columns = stepsOf(flow).map(({ at }) => at[0]);
  const lanes = flow.edges.flatMap(({ around }) => around ?? []);
  const middle = (Math.min(...columns) + Math.max(...columns)) / 2;
  const written = Math.max(...[flow.title, ...(flow.notes ?? [])].map((line) => textWidth(line))) / 2;
  const boxes = ((Math.max(...columns) - Math.min(...columns)) / 2) * pitch + half;
  const left = Math.max(boxes, written, ...lanes.map((lane) => (middle - lane) * pitch + 4));
  const right = Math.max(boxes, written, ...lanes.map((lane) => (lane - middle) * pitch + 4));
  return { middle, left, right };
}

function drawFlow(flow: Flow, start: number): string {
  const [width, pitch, { middle, left }] = [boxWidth(flow), pitchOf(flow), reachOf(flow)];
  const center = start + left;
  const xOf = (column: number) => center + (column - middle) * pitch;
  const place = ({ at }: FlowStep): Point => [xOf(at[0]), HEAD + at[1] * ROW + BOX_HEIGHT / 2];
  const bottom = heightOf(flow) - MARGIN + 8 - ((flow.notes?.length ?? 0) - 1) * 16;
  return [
    text([center, 20], flow.title, { "font-weight": 600, "font-size": 13 }),
    ...flow.edges.map((edge) => drawEdge(flow, edge, { place, xOf, width })),
    ...stepsOf(flow).map((step) => drawStep(step, place(step), width)),
    ...(flow.notes ?? []).map((note, i) => text([center, bottom + i * 16], note, { fill: COLORS.muted })),
  ].join("\n");
}

function drawStep(step: FlowStep, [x, y]: Point, width: number): string {
  const { kind = "weights", lines } = step;
  if (kind === "value") return text([x, y + 4], lines[0] ?? "", { "font-style": "italic" });
  if (kind === "weights" || kind === "plain") {
    return box({ x: x - width / 2, y: y - BOX_HEIGHT / 2, width, height: BOX_HEIGHT }, lines, { fill: FILLS[kind] });
  }
  const beside = text([x + RADIUS + 6, y + 4], lines[0] ?? "", { "text-anchor": "start", fill: COLORS.muted });
  return (
    circle([x, y], RADIUS, { fill: COLORS.ground, stroke: COLORS.muted }) +
    text([x, y + 5], SYMBOLS[kind], { "font-size": 15 }) +
    (lines.length > 0 ? beside : "")
  );
}

interface Layout {
  readonly place: (step: FlowStep) => Point;
  readonly xOf: (column: number) => number;
  readonly width: number;
}

function drawEdge({ steps }: Flow, { from, to, around }: FlowEdge, { place, xOf, width }: Layout): string {
  const [a, b] = [steps[from] as FlowStep, steps[to] as FlowStep];
  const [[ax, ay], [bx, by]] = [place(a), place(b)];
  const below = ay + halfHeight(a);
  const above = by - halfHeight(b);
  if (around !== undefined) {
    const lane = xOf(around);
    const side = lane > bx ? 1 : -1;
    return arrow([
      [ax, below + 4],
      [lane, below + 4],
      [lane, by],
      [bx + side * halfWidth(b, width), by],
    ]);
  }
  if (Math.abs(ax - bx) < 1)
    return arrow([
      [ax, below],
      [bx, above],
    ]);
  const bend = above - 14;
  return arrow([
    [ax, below],
    [ax, bend],
    [bx, bend],
    [bx, above],
  ]);
}

const halfHeight = (step: FlowStep): number => (isBox(step) ? BOX_HEIGHT / 2 : step.kind === "value" ? 9 : RADIUS);
const halfWidth = (step: FlowStep, width: number): number => (isBox(step) ? width / 2 : RADIUS);
