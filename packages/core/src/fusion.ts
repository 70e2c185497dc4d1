let isOn = true;

/** Whether layers may use a device's fused kernels; off, they run as the compositions that define them. Default: on. */
export function setFusion(on: boolean): void {
  isOn = on;
}

/** Runs the synchronous `fn` with fused kernels allowed or not: parity runs both ways. */
export function withFusion<T>(on: boolean, fn: () => T): T {
  const outer = isOn;
  isOn = on;
  try {
    return fn();
  } finally {
    isOn = outer;
  }
}

export const isFusionOn = (): boolean => isOn;
