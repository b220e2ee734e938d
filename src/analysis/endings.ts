/** @file Why a run ended before its last round, in words: its score is of fewer rounds than were asked for. */
import type { EndReason, Sample } from '../words/events.ts';
import type { RunState } from '../method/state.ts';
import { VERDICTS } from './verdict-words.ts';

export interface Ending {
  readonly reason: EndReason;
  /** In which it ended. */
  readonly round: number;
  /** "ended in round 2: nothing was kept by the filters (64 of 64: no stop within the limit)" */
  readonly words: string;
}

/** What the filters dropped most for. */
function commonest(samples: readonly Sample[]): string {
  const counts = new Map<Sample['verdict'], number>();
  for (const { verdict } of samples) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  counts.delete('kept');
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined ? '' : ` (${most[1]} of ${samples.length}: ${VERDICTS[most[0]]})`;
}

/** null where the run went through all its rounds, or goes on. */
export function earlyEnding({ rounds, end }: RunState): Ending | null {
  const last = rounds.at(-1);
  if (end === null || last === undefined) return null;
  const { reason, bestRound } = end;
  const { round, samples } = last;
  const told = (words: string): Ending => ({ reason, round, words: `ended in round ${round}: ${words}` });
  switch (reason) {
    case 'all-rounds':
      return null;
    case 'nothing-kept':
      return told(`nothing was kept by the filters${commonest(samples)}`);
    case 'nothing-novel':
      return told(`too few of its own questions were new${commonest(samples)}`);
    case 'validation-fell':
      return told(
        `validation fell, so it was stopped early (best: ${bestRound === 0 ? 'the base' : `round ${bestRound}`})`,
      );
  }
}
