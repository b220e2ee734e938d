/**
 * @file The fields of one JSON object of a task folder, read with errors that name file, line and field; nothing is
 * taken on trust, since tasks are written by hand and by other programs.
 */
import { LabError } from '../core/errors.ts';
import type { JsonObject } from '../models/architecture.ts';
import { isJsonObject, kindOf, shownJson } from './json.ts';

export class TaskFields {
  readonly #object: JsonObject;
  /** File and line, as errors name them. */
  readonly where: string;

  /** @throws LabError `task-integrity` for a value that is no object, or a key that is not among `known`. */
  constructor(value: unknown, where: string, known: readonly string[]) {
    this.where = where;
    if (!isJsonObject(value)) {
      throw new LabError('task-integrity', `${where} must be a JSON object, found ${kindOf(value)}.`);
    }
    this.#object = value;
    const unknown = Object.keys(value).find((key) => !known.includes(key));
    if (unknown !== undefined) {
      throw new LabError('task-integrity', `${where} has the unknown field "${unknown}".`, {
        remedy: `Take it out or correct its name; known are ${known.join(', ')}.`,
      });
    }
  }

  get(name: string): unknown {
    return this.#object[name];
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined;
  }

  fault(name: string, expected: string, found: unknown = this.get(name)): LabError {
    return new LabError(
      'task-integrity',
      `${this.where}: "${name}" must be ${expected}, found ${shownJson(found)}.`,
    );
  }

  /** Any text, '' included. */
  anyText(name: string): string {
    const value = this.get(name);
    if (typeof value !== 'string') throw this.fault(name, 'text');
    return value;
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value !== 'string' || value.trim() === '') throw this.fault(name, 'text that is not empty');
    return value;
  }

  count(name: string, least = 0): number {
    const value = this.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      throw this.fault(name, `a whole number from ${least}`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.get(name);
    if (typeof value !== 'boolean') throw this.fault(name, 'true or false');
    return value;
  }

  oneOf<const T extends string>(name: string, options: readonly T[]): T {
    const value = this.get(name);
    const found = options.find((option) => option === value);
    if (found === undefined) throw this.fault(name, `one of ${options.join(', ')}`);
    return found;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.fault(name, 'a list');
    return value;
  }

  /** Texts that are neither empty nor there twice. */
  texts(name: string): readonly string[] {
    const out: string[] = [];
    for (const item of this.list(name)) {
      if (typeof item !== 'string' || item.trim() === '') {
        throw this.fault(name, 'a list of texts that are not empty', item);
      }
      if (out.includes(item)) throw this.fault(name, 'a list without repetitions', item);
      out.push(item);
    }
    return out;
  }
}
