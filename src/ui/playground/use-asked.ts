/** @file Whom the playground can ask. */
import { useLab } from '../lab-context.ts';
import type { Asked } from './answerers.ts';

export function useAsked(): Asked {
  const run = useLab((state) => state.run);
  const name = useLab(({ model }) => model.ref.name);
  const sha256 = useLab(({ model }) => model.loaded?.inference.sha256 ?? null);
  return { run, loaded: sha256 === null ? null : { name, sha256 } };
}
