/** @file What an experiment says of itself while it runs and at its end: budget, progress, and the table of arms. */
import { plural } from '../../src/core/plural.ts';
import type { ArmLine } from '../../src/analysis/arm-table.ts';
import { armTable } from '../../src/analysis/arm-table.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import { differenceWords, scoreWords } from '../../src/analysis/paired.ts';
import type { Claim, Experiment } from '../../src/words/experiment.ts';
import type { Floors } from '../../src/metrics/metric.ts';
import { floorWords, meanFloors, notAbove } from '../../src/analysis/floors.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Spared } from '../../src/lab/reuse.ts';
import type { SecondsLeft } from './budget.ts';
import type { Arm } from '../../src/words/plan.ts';
import type { NamedTask } from './inputs.ts';
import type { Progress, WorkersMemory } from './lab-page.ts';
import type { MemoryUse } from '../../src/core/memory.ts';
import { totalBytes } from '../../src/core/memory.ts';
import type { RunAccount, RunFault } from '../../src/store/runs/manifest.ts';

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

const compared = (line: ArmLine | undefined): string =>
  line?.difference == null ? '' : differenceWords(line.difference);

/** What was found computed; null where nothing was. */
export function sparedLine({ prompts, ofPrompts, trainings, ofTrainings }: Spared): string | null {
  if (prompts + trainings === 0) return null;
  return `Computed before, and not again: ${prompts} of ${plural(ofPrompts, 'prompt')}, ${trainings} of ${plural(ofTrainings, 'training')}.`;
}

/** What the workers held at most, of every browser that there was; null where none told. */
export function memoryLine(all: readonly WorkersMemory[]): string | null {
  if (all.length === 0) return null;
  const most = (of: (memory: WorkersMemory) => MemoryUse) =>
    Math.ceil(Math.max(...all.map((memory) => totalBytes(of(memory).peak))) / 2 ** 20);
  const words = [most(({ labelling }) => labelling), most(({ training }) => training)];
  const [labelling, training] = words.map((mebibytes) => `${mebibytes.toLocaleString('en')} MiB`);
  return `Held in memory at most: ${labelling ?? ''} for labelling, ${training ?? ''} for training.`;
}

/** Columns as wide as their widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')}`.trimEnd());
}

const floorsOver = (accounts: readonly RunAccount[]): Floors =>
  meanFloors(accounts.flatMap(({ floors }) => floors ?? []));

function itemsWords(accounts: readonly RunAccount[]): string {
  const counts = accounts.flatMap(({ floors }) => floors?.items ?? []);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

/** What failed, how runs ended early and what they lost, each thing once with its arm and seeds. */
function noteLines(accounts: readonly RunAccount[], failed: readonly RunFault[]): string[] {
  const seeds = new Map<string, number[]>();
  const told = [
    ...failed.map(({ arm, seed, code, message }) => ({ arm, seed, texts: [`failed: ${code}: ${message}`] })),
    ...accounts.map(({ arm, seed, ended, lost }) => ({
      ...{ arm, seed, texts: [...(ended === null ? [] : [`${ended}.`]), ...lost] },
    })),
  ];
  for (const { arm, seed, texts } of told)
    for (const text of texts) {
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
  { arms, claims }: Pick<Experiment, 'claims'> & { readonly arms: readonly Pick<Arm, 'name'>[] },
  tasks: readonly NamedTask[],
  accounts: readonly RunAccount[],
  failed: readonly RunFault[] = [],
): string[] {
  const metrics = new Map(tasks.map(({ task: { definition } }) => [definition.id, definition.metric]));
  const metric = (task: string): MetricName => metrics.get(task) ?? 'exact_match';
  const [first] = arms;
  const toBase = armTable(rows, { metric });
  const toFirst = armTable(rows, { metric, against: first?.name ?? null });
  const out: string[] = [];
  for (const { task } of tasks) {
    const { id } = task.definition;
    const faults = failed.filter((fault) => fault.task === id);
    const isThere = ({ name }: { readonly name: string }) =>
      [...toBase.filter((line) => line.task === id), ...faults].some(({ arm }) => arm === name);
    const own = arms.filter(isThere);
    if (own.length === 0) continue;
    out.push('', `${id}: ${metric(id)} on test, zero-shot, last round; mean over seeds and 95% interval`);
    const ofTask = accounts.filter((account) => account.task === id);
    const floors = floorsOver(ofTask);
    const words = floorWords(floors, 3);
    if (words !== '')
      out.push(
        `  without any model: ${words} (the commonest answer, always), of the ${itemsWords(ofTask)} test items scored`,
      );
    const cells = own.map(({ name }) => {
      const isOf = (line: { readonly task: string; readonly arm: string }) =>
        line.task === id && line.arm === name;
      const line = toBase.find(isOf);
      const runs = ofTask.filter(({ arm }) => arm === name);
      const items = Math.min(...runs.map(({ floors: of }) => of?.items ?? 0));
      const { mean = null, halfWidth = null } = line ?? {};
      const lost = faults.filter(({ arm }) => arm === name).length;
      const notes = [
        mean === null ? null : notAbove(floorsOver(runs), { mean, halfWidth, items }),
        lost === 0 ? null : `${lost} of ${lost + runs.length} failed`,
      ];
      return [
        ...[name, scoreWords({ mean, halfWidth }), compared(line), compared(toFirst.find(isOf))],
        notes.filter((note) => note !== null).join('; '),
      ];
    });
    out.push(...aligned([['arm', 'score', 'minus base', `minus ${first?.name ?? ''}`, ''], ...cells]));
    out.push(...noteLines(ofTask, faults));
  }
  for (const claim of claims) out.push('', ...claimTable(rows, claim, tasks, metric));
  return out;
}

function claimTable(
  rows: readonly ResultRow[],
  claim: Claim,
  named: readonly NamedTask[],
  metric: (task: string) => MetricName,
): string[] {
  const tasks = named.flatMap(({ name, task }) => (claim.tasks.includes(name) ? [task.definition.id] : []));
  const head = `Claim, written down before the run: ${claim.arm} above ${claim.against} (Holm over ${plural(tasks.length, 'task')})`;
  const cells = claimLines(rows, { ...claim, tasks }, metric).map((line) => [
    line.task,
    compared(line),
    `n ${line.difference?.n ?? 0}`,
    line.holmP === null ? '' : `p ${line.holmP.toPrecision(2)}`,
    line.verdict,
  ]);
  return [head, ...aligned(cells)];
}
