/** @file Reading a JSON document by path with every step checked; the error names the file and the path. */
import { LabError } from '../core/errors.ts';
import { isJsonObject } from '../core/json-object.ts';

export class JsonView {
  private readonly value: unknown;
  private readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  private fail(expected: string): LabError {
    return new LabError('model-integrity', `${this.path} must be ${expected}.`, {
      remedy: 'Make the golden folder again, or correct its JSON file.',
    });
  }

  get(...keys: readonly string[]): JsonView {
    return keys.reduce<JsonView>((view, key) => {
      if (!isJsonObject(view.value) || !(key in view.value)) throw view.fail(`an object with "${key}"`);
      return new JsonView(view.value[key], `${view.path}.${key}`);
    }, this);
  }

  has(key: string): boolean {
    return isJsonObject(this.value) && this.value[key] !== undefined && this.value[key] !== null;
  }

  number(): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value)) throw this.fail('a number');
    return this.value;
  }

  /** @param length where only one is right; an empty list is never, since nothing would be compared with it */
  list(length?: number): JsonView[] {
    if (!Array.isArray(this.value) || this.value.length === 0) throw this.fail('a list that is not empty');
    if (length !== undefined && this.value.length !== length) {
      throw this.fail(`a list of ${length}, found ${this.value.length}`);
    }
    return this.value.map((item: unknown, i) => new JsonView(item, `${this.path}[${i}]`));
  }

  numbers(length?: number): number[] {
    return this.list(length).map((item) => item.number());
  }

  numberRows(length?: number): number[][] {
    return this.list(length).map((item) => item.numbers());
  }
}
