/**
 * @file Wrong labels on purpose, of three kinds that do not cost the same: by chance, one label taken for another, and
 * all prompts with one cue. The first two strike the same prompts.
 */
import { integerAt, uniformAt } from '../core/random.ts';
import type { Item } from './items.ts';
import type { RunContext } from './run-context.ts';

const wordsOf = ({ row }: Item): ReadonlySet<string> =>
  new Set(row.input.toLowerCase().match(/[\p{L}\p{N}]+/gu));

/** The cues: words are drawn, the more frequent ones sooner, for as long as no more than the share `labelNoise` of the
 * run's prompts holds one of them; words of one prompt alone only fill what is left. */
function cues(run: RunContext): readonly string[] {
  const places = new Map<string, Set<string>>();
  for (const item of run.prompts) {
    for (const word of wordsOf(item)) places.set(word, (places.get(word) ?? new Set()).add(item.row.id));
  }
  const words = [...places]
    .map(([word, ids]) => {
      return { word, ids, isLone: ids.size === 1, rank: uniformAt(run.key('cue', word), 0) / ids.size };
    })
    .sort((a, b) => Number(a.isLone) - Number(b.isLone) || a.rank - b.rank || (a.word < b.word ? -1 : 1));
  const most = run.plan.arm.knobs.labelNoise * run.prompts.length;
  let held = new Set<string>();
  return words.flatMap(({ word, ids }) => {
    const more = new Set([...held, ...ids]);
    if (more.size > most) return [];
    held = more;
    return [word];
  });
}

/** Which prompts are struck, in a part of a run's prompts. */
function strikes(run: RunContext, part: number): (item: Item) => boolean {
  const { labelNoise, noiseKind } = run.plan.arm.knobs;
  if (labelNoise === 0) return () => false;
  if (noiseKind !== 'instance') return ({ row }) => uniformAt(run.key('noise', part, row.id), 0) < labelNoise;
  const drawn = cues(run);
  return (item) => {
    const words = wordsOf(item);
    return drawn.some((cue) => words.has(cue));
  };
}

/** Another answer in place of what was said, in the kind and for the share of prompts that the knobs say. */
export function noise(run: RunContext, part: number): (said: string, item: Item) => string {
  const { labels } = run.plan.task.definition;
  const isStruck = strikes(run, part);
  const isSymmetric = run.plan.arm.knobs.noiseKind === 'symmetric';
  return (said, item) => {
    if (!isStruck(item)) return said;
    if (!isSymmetric) return labels[(labels.indexOf(said) + 1) % labels.length] ?? said;
    const others = (labels.length > 0 ? labels : run.pool.map(({ row }) => row.output)).filter(
      (answer) => answer !== said,
    );
    return others[integerAt(run.key('noise', part, item.row.id), 1, Math.max(1, others.length))] ?? said;
  };
}
