import type { Device } from "@vertebra/core";

/** `device` with some of its fields replaced; works for devices that are classes, whose methods a spread would lose. */
export const deviceWith = (device: Device, fields: Partial<Device>): Device =>
  new Proxy(device, {
    get(target, key) {
      if (Object.hasOwn(fields, key)) return fields[key as keyof Device];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
