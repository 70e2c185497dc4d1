export { type AxisText, linearScale, logScale, type Scale, xAxis, yAxis } from "./axis";
export { type Attributes, COLORS, element, escapeText, type Point, type Size, svgDocument } from "./element";
export { type Flow, type FlowEdge, type FlowStep, flowChart, type StepKind } from "./flow";
export { type MapBox, mapBoxes } from "./map-boxes";
export { type LabelledDot, placeLabels } from "./place-labels";
export { type ScatterPoint, type ScatterText, scatter } from "./scatter";
export { arrow, box, circle, line, polygon, type Rectangle, rectangle, text, textBlock, textWidth } from "./shapes";
