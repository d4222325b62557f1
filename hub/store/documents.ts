/**
 * Documents: control.json and calibration.json belong to people. The hub reads them at start and again after
 * every edit, validates, and hands a changed one to the core, which journals it; it never writes them. A bad
 * edit is reported with its place and changes nothing: the last good document stays in force.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "../../shared/errors.ts";
import { type JsonDocument, readJson } from "../../shared/json-document.ts";
import type { CalibrationDocument, ControlDocument } from "../../shared/model/campaign.ts";
import { parseCalibration, parseControl } from "./document-schema.ts";

export interface DocumentHandlers {
  readonly onControl: (document: ControlDocument) => void;
  readonly onCalibration: (document: CalibrationDocument) => void;
  /** A problem with a document by file name, or null when it is mended. */
  readonly onProblem: (file: string, problem: string | null) => void;
}

export interface Documents {
  /** Reads whatever has changed since the last look. */
  look(): Promise<void>;
}

/** Reads both documents; rejects with FleetError `config` when one is there but bad. */
export async function openDocuments(root: string, handlers: DocumentHandlers): Promise<Documents> {
  const control = watched(join(root, "control.json"), (path, document) =>
    handlers.onControl(parseControl(path, document)),
  );
  const calibration = watched(join(root, "calibration.json"), (path, document) =>
    handlers.onCalibration(parseCalibration(path, document)),
  );
  await control();
  await calibration();
  const lookAt = async (file: string, read: () => Promise<boolean>): Promise<void> => {
    try {
      if (await read()) handlers.onProblem(file, null);
    } catch (error) {
      handlers.onProblem(file, describeError(error));
    }
  };
  return {
    look: async () => {
      await lookAt("control.json", control);
      await lookAt("calibration.json", calibration);
    },
  };
}

/** A reader that does something only when the file is another one than at the last look. */
export function watched(
  path: string,
  take: (path: string, document: JsonDocument) => void,
  onGone = (): void => {},
): () => Promise<boolean> {
  let seen = "";
  return async () => {
    const mark = await stat(path).then(
      (info) => `${info.ino}/${info.mtimeMs}/${info.size}`,
      () => "",
    );
    if (mark === seen) return false;
    seen = mark;
    const document = await readJson(path);
    if (document === null) onGone();
    else take(path, document);
    return true;
  };
}
