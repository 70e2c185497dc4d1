import { COLORS, lineCharts } from "../shared/chart.mjs";
import { mean, rounded } from "../shared/run.mjs";

/** @typedef {import("./experiment.mjs").Course} Course */

/** Steps at the end that stand for "after training", and the width of the curves' running mean. */
const WINDOW = 50;

/** Logarithmic, or three of the four curves would be one. */
const PERCENT = /** @type {const} */ ({ scale: "log", from: 0.5, to: 100 });

/** @type {Readonly<Record<string, { color: string, dash?: string }>>} */
const STYLE = {
  "plain-20": { color: COLORS.plainPale },
  "plain-56": { color: COLORS.plain },
  "ResNet-20": { color: COLORS.residualPale },
  "ResNet-56": { color: COLORS.residual },
};

/**
 * The numbers of each network at the end; errors in percent.
 * @param {readonly Course[]} courses
 */
export function summarize(courses) {
  return courses.map(({ name, losses, errors, tests, seconds }) => ({
    name,
    trainingLoss: Number(mean(losses.slice(-WINDOW)).toFixed(4)),
    trainingError: Number((100 * mean(errors.slice(-WINDOW))).toFixed(2)),
    testError: Number((100 * (tests.at(-1)?.error ?? Number.NaN)).toFixed(2)),
    seconds: Math.round(seconds),
  }));
}

/**
 * Four digits are enough for curves.
 * @param {readonly Course[]} courses
 */
export const shortened = (courses) =>
  courses.map((course) => ({ ...course, losses: rounded(course.losses), errors: rounded(course.errors) }));

/** @param {readonly Course[]} courses */
export function drawCourses(courses) {
  /** @param {(course: Course) => [number, number][]} pointsOf */
  const series = (pointsOf) =>
    courses.map((course) => ({ name: course.name, points: pointsOf(course), color: COLORS.plain, ...STYLE[course.name] }));
  const x = { label: "step", from: 0 };
  return lineCharts("Training loss, training error and test error of plain and residual networks, by step", [
    {
      title: "Training loss",
      x,
      y: { label: `nats, mean of ${WINDOW} steps`, scale: "log" },
      series: series(({ losses }) => runningMean(losses)),
    },
    {
      title: "Training error",
      x,
      y: { label: `percent, mean of ${WINDOW} steps`, ...PERCENT },
      series: series(({ errors }) => runningMean(errors).map(([step, error]) => [step, 100 * error])),
    },
    {
      title: "Test error",
      x,
      y: { label: "percent", ...PERCENT },
      series: series(({ tests }) => tests.map(({ step, error }) => [step, 100 * error])),
    },
  ]);
}

/**
 * Mean of each step and those before it, `WINDOW` in all (fewer at the start); every fifth step is enough to draw.
 * @param {readonly number[]} values
 * @returns {[number, number][]}
 */
function runningMean(values) {
  const points = values.map(
    (_, i) => /** @type {[number, number]} */ ([i + 1, mean(values.slice(Math.max(0, i + 1 - WINDOW), i + 1))]),
  );
  return points.filter(([step]) => step % 5 === 0 || step === values.length);
}
