/** @file npm run bench -- shapes: how long 100,000 events of a run take to be checked: those of the recorded run, again and again. */
import { readFile } from 'node:fs/promises';
import { is } from '../../src/core/shape.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import { lastingEvent } from '../../src/words/events.ts';
import { recordedPath } from '../../src/words/recorded.ts';

const RECORDED = new URL(`../../public/${recordedPath('nano')}`, import.meta.url);
const EVENTS = 100_000;
const ROUNDS = 3;

export async function benchShapes(): Promise<unknown> {
  const { events } = readRunFile(new Uint8Array(await readFile(RECORDED)), 'The recorded run');
  const told = [...events.values()].flat();
  const seconds = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    for (let i = 0; i < EVENTS; i++) {
      const event = told[i % told.length];
      if (!is(lastingEvent, event)) throw new Error(`Event ${i % told.length} is none.`);
    }
    return (performance.now() - began) / 1000;
  }).sort((a, b) => a - b);
  return { events: EVENTS, median: seconds[Math.floor(ROUNDS / 2)], seconds };
}
