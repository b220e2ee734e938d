/** @file What an experiment says of itself while it runs and at its end: budget, progress, and the table of arms. */
import type { ArmLine } from '../../src/analysis/arm-table.ts';
import { armTable } from '../../src/analysis/arm-table.ts';
import type { Claim, Experiment } from '../../src/words/experiment.ts';
import type { Floors } from '../../src/metrics/metric.ts';
import { floorWords, meanFloors, notAbove } from '../../src/analysis/floors.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { ResultRow } from '../../src/analysis/results.ts';
import type { Interval } from '../../src/metrics/statistics.ts';
import type { SecondsLeft } from './budget.ts';
import type { NamedTask } from './inputs.ts';
import type { Progress } from './lab-page.ts';
import type { RunAccount } from './manifest.ts';

/** Where lines go; `status` is the one line that the next replaces. */
export interface Reporter {
  line(text: string): void;
  status(text: string): void;
}

/** How often progress is told where there is no terminal to rewrite a line of. */
const QUIET_MS = 15_000;

export function streamReporter(stream: NodeJS.WriteStream): Reporter {
  let isStatus = false;
  let toldAt = -Infinity;
  const clear = () => {
    if (isStatus) stream.write('\r\u001B[K');
    isStatus = false;
  };
  return {
    line: (text) => {
      clear();
      stream.write(`${text}\n`);
    },
    status: (text) => {
      if (stream.isTTY) {
        clear();
        stream.write(text.slice(0, Math.max(20, stream.columns - 1)));
        isStatus = true;
      } else if (Date.now() - toldAt >= QUIET_MS) {
        toldAt = Date.now();
        stream.write(`${text}\n`);
      }
    },
  };
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function budgetLine(
  { tasks, arms, seeds }: Experiment,
  left: { readonly runs: number; readonly seconds: number },
  device: string,
): string {
  const runs = tasks.length * arms.length * seeds.length;
  const parts = [plural(tasks.length, 'task'), plural(arms.length, 'arm'), plural(seeds.length, 'seed')];
  const done = left.runs === runs ? '' : `, ${runs - left.runs} of them done`;
  return `${plural(runs, 'run')} (${parts.join(' x ')})${done}: about ${duration(left.seconds)} on ${device}.`;
}

export function progressLine(
  where: { readonly run: number; readonly runs: number; readonly name: string },
  { round, phase, detail, done, items }: Progress,
  { seconds, isLate }: SecondsLeft,
): string {
  const what = detail === '' ? phase : `${phase} (${detail})`;
  const share = `${Math.min(done, items)}/${items}`;
  const { run, runs, name } = where;
  return `[${run}/${runs}] ${name}: round ${round}, ${what} ${share}; about ${duration(seconds)} left${isLate ? ', this step takes longer than predicted' : ''}`;
}

const score = (value: number): string => value.toFixed(3);
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
const plain = ({ mean, halfWidth }: Interval): string =>
  mean === null ? 'none' : `${score(mean)}${halfWidth === null ? '' : ` ± ${score(halfWidth)}`}`;
const compared = (difference: ArmLine['difference']): string => {
  const { mean = null, halfWidth = null, n = 0 } = difference ?? {};
  if (mean === null) return '';
  // Seeds that all differ by the same have no spread that could be told.
  if (halfWidth === 0 && mean !== 0) return `${signed(mean)} in each of ${n} seeds`;
  const bounds = halfWidth === null ? '' : ` [${signed(mean - halfWidth)}, ${signed(mean + halfWidth)}]`;
  return signed(mean) + bounds;
};

/** Columns as wide as their widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')}`.trimEnd());
}

const LEVEL = 0.05;
function verdict({ difference, holmP }: ArmLine): string {
  if (holmP === null || difference?.mean == null) return 'too few seeds to say';
  if (holmP >= LEVEL) return 'not shown';
  return difference.mean > 0 ? 'holds' : 'the opposite holds';
}

const floorsOver = (accounts: readonly RunAccount[]): Floors =>
  meanFloors(accounts.flatMap(({ floors }) => floors ?? []));

function itemsWords(accounts: readonly RunAccount[]): string {
  const counts = accounts.flatMap(({ floors }) => floors?.items ?? []);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

/** How runs ended early and what they lost, each thing once with its arm and seeds. */
function noteLines(accounts: readonly RunAccount[]): string[] {
  const seeds = new Map<string, number[]>();
  for (const { arm, seed, ended, lost } of accounts)
    for (const text of [...(ended === null ? [] : [`${ended}.`]), ...lost]) {
      const key = `${arm}\u0000${text}`;
      seeds.set(key, [...(seeds.get(key) ?? []), seed]);
    }
  return [...seeds].map(([key, own]) => {
    const [arm = '', text = ''] = key.split('\u0000');
    return `  ${arm}, seed${own.length === 1 ? '' : 's'} ${own.join(', ')}: ${text}`;
  });
}

/** Scores beside the floors that need no model, differences with 95% intervals paired by seed, and what becomes of the claims. */
export function tableLines(
  rows: readonly ResultRow[],
  { arms, claims }: Experiment,
  tasks: readonly NamedTask[],
  accounts: readonly RunAccount[],
): string[] {
  const metrics = new Map(tasks.map(({ task: { definition } }) => [definition.id, definition.metric]));
  const metric = (task: string): MetricName => metrics.get(task) ?? 'exact_match';
  const [first] = arms;
  const toBase = armTable(rows, { metric });
  const toFirst = armTable(rows, { metric, against: first?.name ?? null });
  const out: string[] = [];
  for (const { task } of tasks) {
    const { id } = task.definition;
    const own = arms.flatMap(({ name }) => toBase.filter((line) => line.task === id && line.arm === name));
    if (own.length === 0) continue;
    out.push('', `${id}: ${metric(id)} on test, zero-shot, last round; mean over seeds and 95% interval`);
    const ofTask = accounts.filter((account) => account.task === id);
    const floors = floorsOver(ofTask);
    const words = floorWords(floors, 3);
    if (words !== '')
      out.push(
        `  without any model: ${words} (the commonest answer, always), of the ${itemsWords(ofTask)} test items scored`,
      );
    const cells = own.map((line) => {
      const other = toFirst.find((candidate) => candidate.task === id && candidate.arm === line.arm);
      const own = ofTask.filter(({ arm }) => arm === line.arm);
      const items = Math.min(...own.map(({ floors: of }) => of?.items ?? 0));
      const { mean, halfWidth } = line;
      const note = mean === null ? null : notAbove(floorsOver(own), { mean, halfWidth, items });
      return [
        ...[line.arm, plain(line), compared(line.difference), compared(other?.difference ?? null)],
        note ?? '',
      ];
    });
    out.push(...aligned([['arm', 'score', 'minus base', `minus ${first?.name ?? ''}`, ''], ...cells]));
    out.push(...noteLines(ofTask));
  }
  for (const claim of claims) out.push('', ...claimLines(rows, claim, tasks, metric));
  return out;
}

function claimLines(
  rows: readonly ResultRow[],
  { arm, against, tasks: names }: Claim,
  tasks: readonly NamedTask[],
  metric: (task: string) => MetricName,
): string[] {
  const ids = tasks.filter(({ name }) => names.includes(name)).map(({ task }) => task.definition.id);
  const claimed = rows.filter(({ task }) => ids.includes(task));
  const lines = armTable(claimed, { metric, against }).filter((line) => line.arm === arm);
  const head = `Claim, written down before the run: ${arm} above ${against} (Holm over ${plural(ids.length, 'task')})`;
  const cells = lines.map((line) => [
    line.task,
    compared(line.difference),
    `n ${line.difference?.n ?? 0}`,
    line.holmP === null ? '' : `p ${line.holmP.toPrecision(2)}`,
    verdict(line),
  ]);
  return [head, ...aligned(cells)];
}
