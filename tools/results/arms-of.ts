/** @file The arms of a finished folder. */
import type { Manifest } from '../../src/store/runs/manifest.ts';
import { isMethodName } from '../../src/words/methods.ts';
import type { Arm } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';

/** With every knob, those that run.json leaves unsaid at their defaults. */
export const armsOf = ({ config }: Manifest): readonly Arm[] =>
  Object.entries(config.arms).flatMap(([name, { method, ...knobs }]) =>
    isMethodName(method) ? [armOf(name, method, knobs)] : [],
  );
