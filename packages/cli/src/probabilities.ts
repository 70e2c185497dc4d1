/** A class and how probable the model holds it. */
export interface Prediction {
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

/** softmax(logits), most probable first; equals in the order of their classes. */
export function rankClasses(logits: ArrayLike<number>, classes: readonly string[]): Prediction[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers
    .map((power, index) => ({ index, label: classes[index] ?? `class ${index}`, probability: power / total }))
    .sort((a, b) => b.probability - a.probability);
}
