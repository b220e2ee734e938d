/** @file A run of the loop on fake ports, from its beginning or from a state, to its end. */
import type { LoopEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { RunState } from '../../src/method/state.ts';
import { NEW_RUN } from '../../src/method/state.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { FakeOptions } from './fake-ports.ts';
import { fakePorts } from './fake-ports.ts';

export async function runOf(plan: Plan, options: FakeOptions = {}, state: RunState = NEW_RUN) {
  const { ports, recorded } = fakePorts(options);
  const events: LoopEvent[] = [];
  const loop = bootstrap(plan, ports, state);
  let next = await loop.next();
  for (; next.done !== true; next = await loop.next()) events.push(next.value);
  return { state: next.value, events, recorded, lasting: events.filter(isLasting) };
}
