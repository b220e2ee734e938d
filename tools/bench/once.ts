/**
 * @file What is spared where an experiment computes nothing twice: SOFT, its frozen teacher and the single round on the
 * bundled model at the default sizes, in Node on wasm, each by itself and then the three over what was computed; whether
 * both tell the same is looked at, not supposed.
 */
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { Ports } from '../../src/method/ports.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import type { Spared } from '../../src/lab/reuse.ts';
import { Computed, reusing } from '../../src/lab/reuse.ts';
import { adapterHash } from '../../src/lora/hash.ts';
import { nanoLab } from './nano-lab.ts';

const METHODS = ['soft', 'frozen-teacher', 'single-round'] as const satisfies readonly MethodName[];

interface Ran {
  readonly seconds: number;
  /** What it told, without times. */
  readonly told: string;
}

export interface Once {
  readonly device: string;
  /** Seconds of each arm. */
  readonly apart: readonly number[];
  readonly together: readonly number[];
  readonly ratio: number;
  readonly spared: Spared;
  readonly isSame: boolean;
}

function timeless(event: LastingEvent): unknown {
  const told = 'cost' in event ? { ...event, cost: event.cost.tokens } : event;
  return event.type === 'trained' ? { ...told, adapter: adapterHash(event.adapter) } : told;
}

async function runOf(task: Task, method: MethodName, ports: Ports): Promise<Ran> {
  const began = performance.now();
  const events: unknown[] = [];
  for await (const event of bootstrap({ task, arm: armOf(method, method), seed: 1 }, ports))
    if (isLasting(event)) events.push(timeless(event));
  return { seconds: (performance.now() - began) / 1000, told: JSON.stringify(events) };
}

export async function benchOnce(): Promise<Once> {
  const { services, device, ports, task } = await nanoLab();
  const computed = new Computed();
  const apart: Ran[] = [];
  const together: Ran[] = [];
  // By turns, so that whatever else the machine does falls on both.
  for (const method of METHODS) {
    apart.push(await runOf(task, method, ports));
    together.push(await runOf(task, method, reusing(ports, computed)));
  }
  await services.close();
  const sum = (runs: readonly Ran[]) => runs.reduce((total, { seconds }) => total + seconds, 0);
  return {
    device,
    ...{ apart: apart.map(({ seconds }) => seconds), together: together.map(({ seconds }) => seconds) },
    ...{ ratio: sum(together) / sum(apart), spared: computed.spared },
    isSame: apart.every(({ told }, i) => told === together[i]?.told),
  };
}
