import { VertebraError } from "@vertebra/core";

/** The command line itself is wrong: exit code 2, where work that failed gives 1. */
export class UsageError extends VertebraError {}

/** `error` as a fault of the command line. */
export const asUsageError = ({ where, fields }: VertebraError): UsageError => new UsageError(where, fields);
