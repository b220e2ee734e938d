/** @file Measured speeds as they are kept in the browser: by model and device, of the probe and of the last run of each task. */
import type { Rates as TokenRates } from '../../method/budget.ts';
import type { Infer } from '../../core/shape.ts';
import { array, finite, is, nullable, number, object, text } from '../../core/shape.ts';
import type { RunModel } from '../runs/run-shape.ts';
import type { Rates } from '../../method/work.ts';
import { NO_RATES, filled } from '../../method/work.ts';

const rate = nullable(number);
const machineSpeed = object({
  sha256: text,
  device: text,
  probed: nullable(
    object({
      ...{ prefillTokensPerSecond: finite, decodeTokensPerSecond: finite, trainTokensPerSecond: finite },
    }),
  ),
  /** What runs of a task took beside what they were predicted to by the probe. Newest first. */
  tasks: array(
    object({ taskId: text, rates: object({ rank: rate, label: rate, train: rate, evaluate: rate }) }),
  ),
});
type MachineSpeed = Infer<typeof machineSpeed>;
/** Newest first. */
const keptSpeeds = array(machineSpeed);
export type KeptSpeeds = Infer<typeof keptSpeeds>;
export const isKept = (value: unknown): value is KeptSpeeds => is(keptSpeeds, value);

export const NO_SPEEDS: KeptSpeeds = [];
const MOST_MACHINES = 8;
const MOST_TASKS = 32;

type Machine = Pick<RunModel, 'sha256' | 'device'>;
const isOf =
  ({ sha256, device }: Machine) =>
  (kept: MachineSpeed): boolean =>
    kept.sha256 === sha256 && kept.device === device;

function changed(
  kept: KeptSpeeds,
  machine: Machine,
  how: (before: MachineSpeed) => MachineSpeed,
): KeptSpeeds {
  const { sha256, device } = machine;
  const before = kept.find(isOf(machine)) ?? { sha256, device, probed: null, tasks: [] };
  return [how(before), ...kept.filter((other) => !isOf(machine)(other))].slice(0, MOST_MACHINES);
}

export function speedsOf(
  kept: KeptSpeeds,
  machine: Machine,
  taskId: string,
): { readonly probed: TokenRates | null; readonly rates: Rates } {
  const found = kept.find(isOf(machine));
  const task = found?.tasks.find((own) => own.taskId === taskId);
  return { probed: found?.probed ?? null, rates: task?.rates ?? NO_RATES };
}

/** A model that ends every answer at once decodes nothing; a rate of 0 would predict for ever. */
export function withProbed(kept: KeptSpeeds, machine: Machine, found: TokenRates): KeptSpeeds {
  const { prefillTokensPerSecond, decodeTokensPerSecond } = found;
  const decode = decodeTokensPerSecond > 0 ? decodeTokensPerSecond : prefillTokensPerSecond;
  const probed = { ...found, decodeTokensPerSecond: decode };
  if (!Object.values(probed).every((value) => Number.isFinite(value) && value > 0)) return kept;
  // How runs kept to another probe says nothing of this one.
  return changed(kept, machine, (before) => ({ ...before, probed, tasks: [] }));
}

/** Phases that the run did not have keep what was known of them. */
export function withRun(kept: KeptSpeeds, machine: Machine, taskId: string, measured: Rates): KeptSpeeds {
  return changed(kept, machine, (before) => {
    const known = before.tasks.find((own) => own.taskId === taskId)?.rates ?? NO_RATES;
    const others = before.tasks.filter((own) => own.taskId !== taskId);
    const task = { taskId, rates: filled(measured, known) };
    return { ...before, tasks: [task, ...others].slice(0, MOST_TASKS) };
  });
}
