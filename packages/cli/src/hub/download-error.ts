import { type ErrorFields, VertebraError } from "@vertebra/core";

/** A file can't be had: offline, refused, not there, or the connection broke for good. */
export class DownloadError extends VertebraError {
  constructor(
    where: string,
    fields: ErrorFields,
    /** Of the server's answer, if there was one and it was a refusal. */
    readonly status?: number,
  ) {
    super(where, fields);
  }
}
