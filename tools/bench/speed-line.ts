/**
 * @file The method's speed line: SOFT on the bundled model, 3 rounds of 64 prompts, 4 demonstrations, per round 400 test
 * items zero-shot (free and constrained) and 128 few-shot, 128 validation items zero-shot, one seed; the real loop, ports
 * and engines on wasm in Node, phase by phase.
 */
import { bootstrap } from '../../src/method/loop.ts';
import { armOf } from '../../src/words/plan.ts';
import { nanoLab } from './nano-lab.ts';

const KNOBS = { demonstrations: 4, testItems: 400, fewShotItems: 128, validationItems: 128, probeItems: 0 };

export interface SpeedLine {
  readonly model: string;
  readonly device: string;
  /** Seconds of all rounds, the base's evaluation included. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly totalSeconds: number;
  /** Until the first round's zero-shot score on test stands. */
  readonly firstRoundSeconds: number;
}

export async function benchSpeedLine(): Promise<SpeedLine> {
  const { services, model, device, ports, task } = await nanoLab();
  const seconds: Record<string, number> = {};
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  let firstRoundSeconds = 0;
  for await (const event of bootstrap({ task, arm: armOf('soft', 'soft', KNOBS), seed: 1 }, ports)) {
    if (!('cost' in event)) continue;
    const phase =
      event.type === 'evaluated' ? `${event.evaluation.split}, ${event.evaluation.mode}` : event.type;
    seconds[phase] = (seconds[phase] ?? 0) + event.cost.milliseconds / 1000;
    if (phase === 'test, zero-shot' && event.type === 'evaluated' && event.round === 1)
      firstRoundSeconds = since();
  }
  const totalSeconds = since();
  await services.close();
  return { model: model.name, device, seconds, totalSeconds, firstRoundSeconds };
}
