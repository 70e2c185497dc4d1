// Figures of the families' building blocks: each is a graph from top to bottom, its labels read off a block built on shapes alone.
import { Conv2d, openMeta, receptiveFields, Sequential, withDevice } from "@vertebra/core";
import { BasicBlock, Bottleneck, createModel, DenseBlock, Inception, InceptionA, MBConv } from "@vertebra/models";
import { arrow, box, COLORS, flowChart, line, rectangle, svgDocument, text } from "vertebra/svg";

export const blockFigures = () => ({
  "alexnet-groups": alexnetGroups(),
  "vgg-fields": stackedFields(),
  "inception-modules": inceptionModules(),
  "resnet-blocks": residualBlocks(),
  "densenet-block": denseBlock(),
  "efficientnet-block": mbConv(),
});

const build = (make) => withDevice(openMeta(), make);
const count = (value) => value.toLocaleString("en");

/** Convolutions of a block by path, in order. */
const convsOf = (block) => block.namedModules().filter(([, module]) => module instanceof Conv2d);
const convAt = (block, path) => convsOf(block).find(([own]) => own === path)[1];
const weightsOf = (block) => count(convsOf(block).reduce((sum, [, { weight }]) => sum + weight.elements, 0));

/** `3×3, 64 → 128` and what follows it. */
function convLines({ inChannels, outChannels, weight, attrs }, ...after) {
  const kernel = weight.shape.slice(2).join("×");
  const groups = attrs.groups === 1 ? [] : [attrs.groups === inChannels ? "by channel" : `${attrs.groups} groups`];
  return [`${kernel}, ${inChannels} → ${outChannels}`, [...groups, ...after].join(", ")].filter((text) => text !== "");
}

/** Steps below each other in a column, joined by edges; steps are `[name, step]`. */
function column(rows, at = 0) {
  const steps = Object.fromEntries(rows.map(([name, step], i) => [name, { at: [at, i], ...step }]));
  const edges = rows.slice(1).map(([to], i) => ({ from: rows[i][0], to }));
  return { steps, edges };
}

const value = (name) => ({ kind: "value", lines: [name] });
const plain = (...lines) => ({ kind: "plain", lines });

/** The same 256 channels in and out, in three ways. */
function residualBlocks() {
  const plainBlock = build(() => new BasicBlock({ inChannels: 256, channels: 256, shortcut: "none" }));
  const basic = build(() => new BasicBlock({ inChannels: 256, channels: 256 }));
  const bottleneck = build(() => new Bottleneck({ inChannels: 256, channels: 64 }));
  const flow = (title, block) => {
    const convs = convsOf(block);
    const isPlain = block === plainBlock;
    const rows = convs.map(([name, conv], i) => [
      name,
      { lines: convLines(conv, "BN", ...(isPlain || i < convs.length - 1 ? ["ReLU"] : [])) },
    ]);
    const sum = isPlain
      ? []
      : [
          ["sum", { kind: "sum", lines: [] }],
          ["relu", plain("ReLU")],
        ];
    const { steps, edges } = column([["x", value("x")], ...rows, ...sum, ["y", value("y")]]);
    const around = isPlain ? [] : [{ from: "x", to: "sum", around: 0.68 }];
    return { title, steps, edges: [...edges, ...around], notes: [`${weightsOf(block)} weights`] };
  };
  const flows = [flow("plain", plainBlock), flow("basic block", basic), flow("bottleneck", bottleneck)];
  return flowChart(flows, "A plain block, a basic residual block and a bottleneck, all for 256 channels");
}

function inceptionModules() {
  const v1 = build(
    () =>
      new Inception({
        inChannels: 192,
        ch1x1: 64,
        ch3x3red: 96,
        ch3x3: 128,
        ch5x5red: 16,
        ch5x5: 32,
        poolProj: 32,
        form: "2014",
      }),
  );
  const a = build(() => new InceptionA({ inChannels: 192, poolFeatures: 32 }));
  const branches = (title, block, paths) => {
    const stepOf = (name) => (name.includes("pool of") ? plain(name) : { lines: convLines(convAt(block, name)) });
    const columns = paths.map((path, i) => column([["x", value("x")], ...path.map((name) => [`${i} ${name}`, stepOf(name)])], i));
    const ends = paths.map((path, i) => ({ from: `${i} ${path.at(-1)}`, to: "concat" }));
    const center = (paths.length - 1) / 2;
    const channels = paths.reduce((sum, path) => sum + convAt(block, path.at(-1)).outChannels, 0);
    const steps = {
      ...Object.assign({}, ...columns.map(({ steps }) => steps)),
      x: { at: [center, 0], ...value("x") },
      concat: { at: [center, Math.max(...paths.map(({ length }) => length)) + 1], ...plain("concat", `${channels} channels`) },
    };
    return { title, steps, edges: [...columns.flatMap(({ edges }) => edges), ...ends], notes: [`${weightsOf(block)} weights`] };
  };
  const first = [["branch1"], ["branch2.0", "branch2.1"], ["branch3.0", "branch3.1"], ["max pool of 3×3", "branch4.1"]];
  const third = [
    ["branch1x1.conv"],
    ["branch5x5_1.conv", "branch5x5_2.conv"],
    ["branch3x3dbl_1.conv", "branch3x3dbl_2.conv", "branch3x3dbl_3.conv"],
    ["average pool of 3×3", "branch_pool.conv"],
  ];
  const flows = [branches("v1: inception 3a", v1, first), branches("v3: Mixed_5b", a, third)];
  return flowChart(flows, "Inception modules of v1 and v3 on 192 channels");
}

function mbConv() {
  const block = build(() => new MBConv({ inChannels: 40, outChannels: 40, kernel: 5 }));
  const [expand, depthwise, squeeze, excite, project] = convsOf(block).map(([, conv]) => conv);
  const { steps, edges } = column([
    ["x", value("x")],
    ["expand", { lines: convLines(expand, "BN", "SiLU") }],
    ["depthwise", { lines: convLines(depthwise, "BN", "SiLU") }],
    ["pool", { ...plain("global average"), at: [1, 3] }],
    ["squeeze", { lines: convLines(squeeze, "SiLU"), at: [1, 4] }],
    ["excite", { lines: convLines(excite, "sigmoid"), at: [1, 5] }],
    ["gate", { kind: "product", lines: [], at: [0, 6] }],
    ["project", { lines: convLines(project, "BN"), at: [0, 7] }],
    ["sum", { kind: "sum", lines: [], at: [0, 8] }],
    ["y", { ...value("y"), at: [0, 9] }],
  ]);
  const skip = { from: "x", to: "sum", around: -0.62 };
  const title = "MBConv with squeeze-and-excitation";
  const more = [{ from: "depthwise", to: "gate" }, skip];
  const notes = [`${weightsOf(block)} weights, of them ${count(squeeze.weight.elements + excite.weight.elements)} in the gate`];
  return flowChart([{ title, steps, edges: [...edges, ...more], notes }], title);
}

function alexnetGroups() {
  const [grouped, full] = ["alexnet_2012", "alexnet_plain"].map((name) => createModel(name, { device: openMeta() }));
  const [two, one] = [convAt(grouped, "conv2"), convAt(full, "conv2.0")];
  const [inHalf, outHalf] = [two.inChannels / 2, two.outChannels / 2];
  const kernel = two.weight.shape.slice(2).join("×");
  const lines = [`${kernel}, ${inHalf} → ${outHalf}`];
  const split = {
    title: "alexnet_2012: two groups",
    steps: {
      x: { at: [0.5, 0], ...value(`${two.inChannels} maps`) },
      left: { at: [0, 1], lines },
      right: { at: [1, 1], lines },
      y: { at: [0.5, 2], ...value(`${two.outChannels} maps`) },
    },
    edges: ["left", "right"].flatMap((half) => [
      { from: "x", to: half },
      { from: half, to: "y" },
    ]),
    notes: [`${count(two.weight.elements)} weights`],
  };
  const rows = [
    ["x", value(`${one.inChannels} maps`)],
    ["conv", { lines: convLines(one) }],
    ["y", value(`${one.outChannels} maps`)],
  ];
  const whole = { title: "alexnet_plain: one", ...column(rows), notes: [`${count(one.weight.elements)} weights`] };
  return flowChart([split, whole], "AlexNet's second convolution in two groups and in one");
}

/** What one position behind three 3×3 convolutions sees, layer by layer, in one dimension. */
function stackedFields() {
  const conv = () => new Conv2d(1, 1, { kernel: 3, padding: 1 });
  const stack = build(() => new Sequential({ first: conv(), second: conv(), third: conv() }));
  const sizes = [...receptiveFields(stack, [1, 1, 16, 16])].filter(([path]) => path !== "").map(([, { size }]) => size[0]);
  const widest = sizes.at(-1);
  const [cell, pitch, left, top] = [34, 62, 130, 24];
  const middle = left + (widest * cell) / 2;
  // From the output down to the image: how many positions of each map the one at the top depends on.
  const rows = [1, ...sizes].map((seen, i) => ({ seen, y: top + i * pitch }));
  const names = ["third 3×3", "second 3×3", "first 3×3", "image"];
  const xOf = (seen, i) => middle + (i - seen / 2) * cell;
  const cells = rows.flatMap(({ seen, y }, row) => [
    text([left - 20, y + 20], names[row], { "text-anchor": "end" }),
    ...Array.from({ length: seen }, (_, i) =>
      rectangle(
        { x: xOf(seen, i), y, width: cell, height: 28 },
        { fill: row === rows.length - 1 ? "#f1f3f5" : "#dbeafe", stroke: COLORS.line },
      ),
    ),
    text([left + widest * cell + 20, y + 20], `${seen} × ${seen}`, { "text-anchor": "start", fill: COLORS.muted }),
  ]);
  const rays = rows.slice(1).flatMap(({ seen, y }, i) => {
    const above = rows[i];
    return [0, 1].map((side) => line([xOf(above.seen, side * above.seen), above.y + 28], [xOf(seen, side * seen), y]));
  });
  const size = { width: left + widest * cell + 90, height: top + rows.length * pitch - 10 };
  return svgDocument(size, "Three 3×3 convolutions see 7×7 pixels", [...rays, ...cells]);
}

/** Every layer reads the maps of all before it: an arc for each connection. */
function denseBlock() {
  const LAYERS = 5;
  const block = build(() => new DenseBlock({ layers: LAYERS, inChannels: 64, growthRate: 32 }));
  const layers = block.namedChildren().map(([, layer]) => layer);
  const [width, pitch, y, bottom] = [84, 150, 190, 268];
  const xOf = (i) => 30 + i * pitch;
  const names = [
    ["input", "64 maps"],
    ...layers.map(({ norm1, conv2 }, i) => [`layer ${i + 1}`, `${norm1.weight.elements} → ${conv2.outChannels}`]),
  ];
  const boxes = names.map((lines, i) =>
    box({ x: xOf(i), y, width, height: 44 }, lines, { fill: i === 0 ? "#f1f3f5" : "#dbeafe" }),
  );
  const arcs = names.flatMap((_, to) =>
    Array.from({ length: to }, (_, from) => {
      const [start, end] = [xOf(from) + width - 14, xOf(to) + 14 + from * 9];
      const level = y - 14 - (to - from - 1) * 30 - from * 5;
      return to === from + 1
        ? arrow([
            [xOf(from) + width, y + 22],
            [xOf(to), y + 22],
          ])
        : arrow([
            [start - (to - from) * 6, y],
            [start - (to - from) * 6, level],
            [end, level],
            [end, y],
          ]);
    }),
  );
  const connections = (LAYERS * (LAYERS + 1)) / 2;
  const note = text(
    [xOf(LAYERS) / 2 + width / 2 + 15, bottom],
    `${LAYERS} layers, ${connections} connections; each adds 32 maps`,
    { fill: COLORS.muted },
  );
  return svgDocument({ width: xOf(LAYERS) + width + 30, height: bottom + 20 }, "A dense block of five layers", [
    ...arcs,
    ...boxes,
    note,
  ]);
}
