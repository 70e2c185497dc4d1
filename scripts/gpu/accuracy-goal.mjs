/** Of test images told right, what a training run on MNIST has to come to. */
export const GOAL = 0.992;

/** Seconds of training until the first epoch that reaches `accuracy`; undefined if none does. */
export function secondsTo(epochs, accuracy) {
  let seconds = 0;
  for (const epoch of epochs) {
    seconds += epoch.seconds;
    if (epoch.accuracy >= accuracy) return seconds;
  }
  return undefined;
}
