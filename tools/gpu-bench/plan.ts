/** @file What the GPU bench does, in pieces that each run in a process of their own, in the order of their use. */
import type { Batch } from '../../src/core/memory-need.ts';
import { LabError } from '../../src/core/errors.ts';
import type { WeightType } from '../../src/core/weights.ts';
import { weightType } from '../../src/core/weights.ts';
import { is } from '../../src/core/shape.ts';

/** Right numbers first, speed after them. */
export const PARTS = [
  'golden',
  'training',
  'labelling',
  'speed-training',
  'speed-labelling',
  'speed-native',
] as const;
export type Part = (typeof PARTS)[number];
export const isCorrectness = (part: Part): boolean => !part.startsWith('speed-');

/** Rows of as many tokens each. */
export interface Plan {
  readonly parts: readonly Part[];
  readonly models: readonly string[];
  readonly weights: readonly WeightType[];
  /** Numbers are compared at the first of them, speed is measured at each. */
  readonly batches: readonly Batch[];
}

export interface Piece {
  readonly part: Part;
  /** Of a golden folder its family. */
  readonly model: string;
  readonly weights?: WeightType;
  readonly batch?: Batch;
}

const GPU_BATCHES: readonly Batch[] = [
  { rows: 8, tokens: 48 },
  { rows: 8, tokens: 128 },
];
/** Software computes 0.4 GFLOP/s. */
const SOFTWARE_BATCHES: readonly Batch[] = [{ rows: 1, tokens: 16 }];
export const batchesFor = (isSoftware: boolean) => (isSoftware ? SOFTWARE_BATCHES : GPU_BATCHES);
export const modelsFor = (isSoftware: boolean) => (isSoftware ? ['nano'] : ['nano', 'smollm2-135m']);
export const ALL_WEIGHTS: readonly WeightType[] = ['float32', 'float16', 'q8', 'q4'];

export const batchName = ({ rows, tokens }: Batch): string => `${rows}x${tokens}`;

/** One word, which is its file's name too. */
export function pieceName({ part, model, weights, batch }: Piece): string {
  const words = [part, model.replaceAll(/[^\w.-]+/g, '_'), weights, batch && batchName(batch)];
  return words.filter((word) => word !== undefined).join('.');
}

export function piecesOf({ parts, models, weights, batches }: Plan, families: readonly string[]): Piece[] {
  const [first] = batches;
  return PARTS.filter((part) => parts.includes(part)).flatMap((part): Piece[] => {
    if (part === 'golden') return families.map((model) => ({ part, model }));
    if (isCorrectness(part)) {
      const batch = first ?? { rows: 1, tokens: 16 };
      return models.flatMap((model) => weights.map((one) => ({ part, model, weights: one, batch })));
    }
    return models.flatMap((model) => batches.map((batch) => ({ part, model, batch })));
  });
}

const listed = <T>(option: string, given: string, read: (word: string) => T | null, known: string): T[] =>
  given.split(',').map((word) => {
    const value = read(word.trim());
    if (value !== null) return value;
    throw new LabError('invalid-request', `--${option} does not take "${word}".`, {
      remedy: `It takes ${known}, with commas between them.`,
    });
  });

export const readParts = (given: string): Part[] =>
  listed('only', given, (word) => PARTS.find((part) => part === word) ?? null, PARTS.join(', '));

export const readWeights = (given: string): WeightType[] =>
  listed('weights', given, (word) => (is(weightType, word) ? word : null), ALL_WEIGHTS.join(', '));

export const readBatches = (given: string): Batch[] =>
  listed(
    'batches',
    given,
    (word) => {
      const [, rows = '', tokens = ''] = /^([1-9]\d{0,2})x([1-9]\d{0,3})$/.exec(word) ?? [];
      // Of a row four tokens are learnt, from at least one before them.
      return Number(tokens) < 5 ? null : { rows: Number(rows), tokens: Number(tokens) };
    },
    'rows x tokens such as 8x48, with five tokens at least',
  );
