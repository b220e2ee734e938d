/** @file The arms of a finished folder. */
import { LabError } from '../../src/core/errors.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import { isMethodName } from '../../src/words/methods.ts';
import type { Arm } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';

/** With every knob, those that run.json leaves unsaid at their defaults.
 * @throws LabError `source-unreadable` naming a method that this version does not have */
export const armsOf = ({ config }: Manifest): readonly Arm[] =>
  Object.entries(config.arms).map(([name, { method, ...knobs }]) => {
    if (isMethodName(method)) return armOf(name, method, knobs);
    throw new LabError('source-unreadable', `The arm ${name} is of a method ${method}, which there is not.`, {
      remedy: 'Read the folder with the version that wrote it.',
    });
  });
