import { formatCount, formatDuration, formatPercent } from "./format";
import type { Output } from "./output";

/** How much of the past a smoothed value remembers, per step. */
const SMOOTHING = 0.97;
const BAR_WIDTH = 12;
/** Between two drawings, so that drawing costs nothing. */
const REDRAW_MS = 80;
/** Lines per pass where nothing can be drawn over. */
const PLAIN_LINES = 5;

/** Exponential moving average without the pull towards its start (as Adam corrects its moments). */
class Smoothed {
  #sum = 0;
  #weight = 0;

  add(value: number): void {
    this.#sum = SMOOTHING * this.#sum + (1 - SMOOTHING) * value;
    this.#weight = SMOOTHING * this.#weight + (1 - SMOOTHING);
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}

/** One line: title, bar, loss, accuracy, images/s, time left. Where lines can't be drawn over, five of them per pass. */
export class ProgressBar {
  readonly #loss = new Smoothed();
  readonly #accuracy = new Smoothed();
  readonly #started = performance.now();
  #done: number;
  #lastDraw = Number.NEGATIVE_INFINITY;

  /** @param done images done before, in the run that is resumed. */
  constructor(
    readonly output: Output,
    readonly title: string,
    readonly total: number,
    readonly done = 0,
  ) {
    this.#done = done;
  }

  /** Images per second since the start. */
  get rate(): number {
    return (this.#done - this.done) / this.seconds;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  add(images: number, result?: { readonly loss: number; readonly correct: number }): void {
    const before = this.#done;
    this.#done += images;
    if (result) {
      this.#loss.add(result.loss);
      this.#accuracy.add(result.correct / images);
    }
    if (this.output.isLive) this.#drawLive();
    else if (this.#fifth(before) !== this.#fifth(this.#done)) this.output.say(this.#line());
  }

  /** Leaves `text` where the bar was. */
  end(text: string): void {
    this.output.say(text);
  }

  #drawLive(): void {
    const now = performance.now();
    if (now - this.#lastDraw < REDRAW_MS && this.#done < this.total) return;
    this.#lastDraw = now;
    this.output.live(this.#line());
  }

  #fifth(images: number): number {
    return Math.floor((PLAIN_LINES * images) / this.total);
  }

  #line(): string {
    const { output, title } = this;
    const fraction = this.#done / this.total;
    const left = (this.total - this.#done) / this.rate;
    const loss = this.#loss.value;
    const measures = Number.isNaN(loss) ? [] : [`loss ${loss.toFixed(3)}`, `acc ${formatPercent(this.#accuracy.value, 1)}`];
    const rest = [...measures, `${formatCount(this.rate)} img/s`, `${formatDuration(left)} left`].join("  ");
    return `${title} ${drawBar(output, fraction)} ${String(Math.floor(100 * fraction)).padStart(3)} %  ${rest}`;
  }
}

/** `━━━━━━━━╸───────`, to half a character. */
function drawBar(output: Output, fraction: number): string {
  const halves = Math.round(fraction * BAR_WIDTH * 2);
  const full = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "");
  return output.paint("cyan", full) + output.paint("dim", "─".repeat(BAR_WIDTH - full.length));
}
