/** @file The model in use: what was loaded, where it computes, its memory, its card. */
import type { ReactNode } from 'react';
import { plural } from '../../core/plural.ts';
import type { WeightType } from '../../core/weights.ts';
import { namedWeights } from '../../core/weights.ts';
import type { ChoiceOption } from '../kit/choice.tsx';
import { Choice } from '../kit/choice.tsx';
import { Facts } from '../kit/facts.tsx';
import { Progress } from '../kit/progress.tsx';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { loadShare, loadWords } from '../words/loading.ts';
import { formatCount } from '../../core/figures.ts';
import { formatBytes } from '../words/numbers.ts';
import { MemoryNote } from './memory-note.tsx';
import { ModelCard } from './model-card.tsx';
import { UnfitModel } from './unfit-model.tsx';

const FROM = {
  bundled: 'ships with the page',
  hub: 'fetched from the Hub, kept here',
  picked: 'files of this machine',
} as const;

const HELD_AS: readonly ChoiceOption<WeightType>[] = [
  { id: 'float32', title: 'float32', note: 'The model as it is.' },
  {
    id: 'float16',
    title: 'float16',
    note: 'The checkpoint’s own 16 bits; of one in float32, rounded: another base.',
  },
  {
    id: 'q8',
    title: 'q8',
    note: 'GGUF’s Q8_0, a quarter of the memory: another base. Slower with few rows.',
  },
  { id: 'q4', title: 'q4', note: 'GGUF’s Q4_0, a seventh of the memory: another base.' },
];

function AboutModel(): ReactNode {
  const actions = useActions();
  const ref = useLab((state) => state.model.ref);
  const loaded = useLab((state) => state.model.loaded);
  const inference = loaded?.inference;
  // The places stand while it loads, so that nothing beneath them moves.
  const when = (words: string | undefined) => (inference === undefined ? '…' : (words ?? '…'));
  const facts: readonly (readonly [string, string])[] = [
    ['From', FROM[ref.kind]],
    ['Architecture', when(inference?.modelType)],
    ['Parameters', when(formatCount(inference?.parameters ?? 0))],
    ['Weights', when(`${formatBytes(inference?.weightBytes ?? 0)}, ${inference?.dtype ?? ''}`)],
    ['Vocabulary', when(plural(inference?.vocabSize ?? 0, 'token'))],
    ['Longest input', when(plural(inference?.maxPositions ?? 0, 'token'))],
    ['Answers on', when(inference?.device.description)],
    ['Trains on', when(loaded?.training.device.description)],
    ['Runtimes differ by', when(`${loaded?.logitDifference.toExponential(1) ?? ''} at most, in any logit`)],
  ];
  return (
    <div className="data-columns">
      <Facts facts={facts.map(([name, value]) => ({ name, value }))} />
      <section className="data-part" aria-labelledby="memory">
        <h3 id="memory">Memory</h3>
        <MemoryNote />
        <Choice
          label="Weights are held as"
          value={namedWeights(ref.name).weights}
          options={HELD_AS}
          isDisabled={loaded === null}
          onChange={(weights) => void actions.holdAs(weights)}
        />
      </section>
    </div>
  );
}

export function ModelPane(): ReactNode {
  const { ref, status, activity } = useLab((state) => state.model);
  const actions = useActions();
  return (
    <>
      <UnfitModel />
      <div className="page-head">
        <h2>{ref.name}</h2>
        <div className="button-row">
          {status === 'loading' && (
            <Button
              onPress={() => {
                actions.cancelLoading();
              }}
            >
              Cancel
            </Button>
          )}
          {ref.kind !== 'bundled' && (
            <Button onPress={() => void actions.loadBundled()}>Back to the bundled model</Button>
          )}
        </div>
      </div>
      {status === 'loading' && (
        <Progress label={`Loading ${ref.name}`} share={loadShare(activity)} note={loadWords(activity)} />
      )}
      {status === 'none' && <p className="soft">No model is loaded.</p>}
      {status === 'failed' && (
        // What failed is told above, in every view, with the button that mends it.
        <p className="soft">{ref.name} could not be loaded; what ran before is kept.</p>
      )}
      {status !== 'failed' && status !== 'none' && <AboutModel />}
      {ref.kind === 'bundled' ? (
        <ModelCard key={ref.name} model={namedWeights(ref.name).name} />
      ) : (
        <p className="soft">
          Its card is where it came from. What the lab measures of it begins with the base’s scores of a first
          run.
        </p>
      )}
    </>
  );
}
