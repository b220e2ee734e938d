/**
 * @file Token ids of a task for simulate.py, which has no tokenizer of its own: every row as the ids of its prompt and
 * of its completion, tokenised separately, by transformers.js with the model's own tokenizer.json.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutoTokenizer } from '@huggingface/transformers';
import { LabError } from '../../src/core/errors.ts';
import { byteAlphabet } from '../../src/formats/byte-level.ts';
import { ChunkEncoder } from '../pretrain/encode.ts';
import { SPLITS } from '../world/write-task.ts';

interface EncodedRow {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly output: string;
  readonly difficulty: string;
  /** Completions of all choices, where the task has choices; the correct one is `correct`. */
  readonly choices?: readonly (readonly number[])[];
  readonly correct?: number;
}

interface EncodedTask {
  readonly id: string;
  readonly kind: string;
  readonly k: number;
  readonly labels: readonly string[];
  readonly labelIds: readonly (readonly number[])[];
  readonly stop: string;
  /** The bytes of each token id, in hexadecimal. */
  readonly tokens: readonly string[];
  readonly splits: Readonly<Record<string, readonly EncodedRow[]>>;
}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LabError('invalid-request', `${what} is no JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new LabError('invalid-request', `${what} is no text.`);
  return value;
}

export async function encodeTask(model: string, folder: string): Promise<EncodedTask> {
  const tokenizer = await AutoTokenizer.from_pretrained(model, { local_files_only: true });
  const encoder = new ChunkEncoder(tokenizer);
  const task = object(JSON.parse(await readFile(join(folder, 'task.json'), 'utf8')), 'task.json');
  const template = text(task.template, 'template');
  const stop = text(task.stop, 'stop');
  const completion = (answer: string): number[] => encoder.encode(` ${answer}${stop}`);
  const splits: Record<string, EncodedRow[]> = {};
  for (const split of SPLITS) {
    const lines = (await readFile(join(folder, `${split}.jsonl`), 'utf8')).trimEnd().split('\n');
    splits[split] = lines.map((line) => {
      const row = object(JSON.parse(line), split);
      const output = text(row.output, 'output');
      const choices = Array.isArray(row.choices)
        ? row.choices.map((each) => object(each, 'choice'))
        : undefined;
      return {
        prompt: encoder.encode(template.replace('{input}', () => text(row.input, 'input'))),
        completion: completion(output),
        output,
        difficulty: row.difficulty === undefined ? '' : text(row.difficulty, 'difficulty'),
        ...(choices === undefined
          ? {}
          : {
              choices: choices.map((each) => completion(text(each.text, 'choice'))),
              correct: choices.findIndex((each) => each.correct === true),
            }),
      };
    });
  }
  const labels = Array.isArray(task.labels) ? task.labels.map((label) => text(label, 'label')) : [];
  return {
    id: text(task.id, 'id'),
    kind: text(task.kind, 'kind'),
    k: Number(task.k),
    labels,
    labelIds: labels.map(completion),
    stop,
    tokens: await tokenBytes(model),
    splits,
  };
}

/** What each id stands for, as bytes in hexadecimal; the end-of-text token stands for none. */
async function tokenBytes(model: string): Promise<string[]> {
  const file = object(JSON.parse(await readFile(join(model, 'tokenizer.json'), 'utf8')), 'tokenizer.json');
  const vocab = object(object(file.model, 'model').vocab, 'vocab');
  const bytes = new Map(byteAlphabet().map((symbol, byte) => [symbol, byte.toString(16).padStart(2, '0')]));
  const tokens: string[] = [];
  for (const [symbols, id] of Object.entries(vocab)) {
    tokens[Number(id)] =
      Number(id) === 0 ? '' : Array.from(symbols, (symbol) => bytes.get(symbol) ?? '').join('');
  }
  return tokens;
}
