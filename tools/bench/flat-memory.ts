/**
 * @file Whether memory stays where it is: SOFT on the bundled model for 20 rounds, fourteen times in one process, in Node on
 * wasm; after every round what is held then, garbage collected. wasm's heaps never shrink, so what they hold at the end is the
 * most. The first eleven runs fill what a worker keeps of the adapters it was sent (protocol/kept-adapters.ts: 64 MiB, 0.3
 * an adapter here); what comes behind them must add nothing.
 */
import { bootstrap } from '../../src/method/loop.ts';
import { armOf } from '../../src/words/plan.ts';
import { collectGarbage } from '../node-memory.ts';
import { nanoLab } from './nano-lab.ts';

const TIMES = 14;
const ROUNDS = 20;
/** Small: what is asked for is many rounds, not long ones. */
const SIZES = {
  ...{ rounds: ROUNDS, promptsPerRound: 16, testItems: 32, fewShotItems: 16 },
  ...{ validationItems: 8, probeItems: 8 },
};

/** MiB. */
interface Held {
  readonly labelling: number;
  readonly training: number;
  /** Array buffers of the process. */
  readonly arrays: number;
}

export interface FlatMemory {
  readonly device: string;
  /** After the first run, and after each later one, at its end. */
  readonly runs: readonly Held[];
  /** Tensors alive after each run. */
  readonly tensors: readonly number[];
  /** Most after any round of the first run, and of the others. */
  readonly first: Held;
  readonly others: Held;
}

const mib = (bytes: number): number => Math.round((10 * bytes) / 2 ** 20) / 10;
const most = (held: readonly Held[]): Held => ({
  labelling: Math.max(...held.map(({ labelling }) => labelling)),
  training: Math.max(...held.map(({ training }) => training)),
  arrays: Math.max(...held.map(({ arrays }) => arrays)),
});

export async function benchFlatMemory(): Promise<FlatMemory> {
  const { services, device, ports, task } = await nanoLab();
  const rounds: Held[][] = [];
  const tensors: number[] = [];
  for (let seed = 1; seed <= TIMES; seed++) {
    const own: Held[] = [];
    const arm = armOf('soft', 'soft', SIZES);
    for await (const event of bootstrap({ task, arm, seed }, ports)) {
      if (event.type !== 'round-ended') continue;
      collectGarbage();
      const [labelling, training] = [await services.inference.memory(), await services.training.memory()];
      own.push({
        labelling: mib(labelling.now.heap),
        training: mib(training.use.now.heap),
        arrays: mib(labelling.now.arrays ?? 0),
      });
    }
    rounds.push(own);
    tensors.push((await services.training.memory()).numTensors);
    process.stderr.write(`${seed} of ${TIMES}: ${JSON.stringify(own.at(-1))}\n`);
  }
  await services.close();
  return {
    device,
    runs: rounds.flatMap((own) => own.at(-1) ?? []),
    tensors,
    first: most(rounds[0] ?? []),
    others: most(rounds.slice(1).flat()),
  };
}
