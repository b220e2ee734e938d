/** @file A past run in a line: when, how it ended, what its arms scored. */
import type { RunCard } from '../../store/live/run-state.ts';
import type { RunStatus } from '../../store/runs/run-shape.ts';
import type { Looked } from '../words/arms.ts';
import { armTitle } from '../../words/arm-title.ts';
import { lookedArms } from '../words/arms.ts';
import { listed } from '../words/numbers.ts';

const STATUS: Readonly<Record<RunStatus, string>> = {
  waiting: 'not begun',
  running: 'running',
  paused: 'paused',
  done: 'done',
  stopped: 'stopped',
  failed: 'failed',
  interrupted: 'interrupted',
};
export function statusWords({
  status,
  isImported,
  isElsewhere,
  endings = {},
}: Pick<RunCard, 'status' | 'isImported' | 'isElsewhere' | 'endings'>): string {
  const early = Object.values(endings).filter((words) => !words.startsWith('failed')).length;
  const now = isElsewhere ? 'running in another window' : STATUS[status];
  return `${now}${early > 0 ? ', ended early' : ''}${isImported ? ', imported' : ''}`;
}

/** It came to rest before its end, and nobody is at it: it can be gone on with. */
export const canGoOn = ({ status, isElsewhere }: Pick<RunCard, 'status' | 'isElsewhere'>): boolean =>
  !isElsewhere && (status === 'stopped' || status === 'failed' || status === 'interrupted');

/** Why arms ended before their last round, a line each, with the seeds where there are several. */
export function endingLines({ setup, endings = {} }: Pick<RunCard, 'setup' | 'endings'>): readonly string[] {
  return setup.arms.flatMap(({ name, method }) => {
    const words = new Map<string, number[]>();
    for (const seed of setup.seeds) {
      const found = endings[`${name}/${seed}`];
      if (found !== undefined) words.set(found, [...(words.get(found) ?? []), seed]);
    }
    return [...words].map(([text, seeds]) => {
      const which =
        setup.seeds.length === 1
          ? ''
          : `, seed${seeds.length === 1 ? '' : 's'} ${listed(seeds.map(String))},`;
      return `${armTitle(name, method)}${which} ${text}`;
    });
  });
}

export interface ArmScore extends Looked {
  readonly name: string;
  readonly title: string;
  /** Mean over the seeds that have one; null before any. */
  readonly score: number | null;
}

/** Cells are named ARM/SEED. */
export function armScores({ setup, scores }: Pick<RunCard, 'setup' | 'scores'>): readonly ArmScore[] {
  return lookedArms(setup.arms).map(({ name, method, nth }) => {
    const values = setup.seeds.flatMap((seed) => scores[`${name}/${seed}`] ?? []);
    const sum = values.reduce((total, value) => total + value, 0);
    return {
      ...{ name, method, nth, title: armTitle(name, method) },
      score: values.length === 0 ? null : sum / values.length,
    };
  });
}
