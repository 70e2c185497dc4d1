import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";

export const fill: Meaning<KernelTable["fill"]> = ({ attrs, shape }) => [new Values(shape).map(() => attrs.value)];
