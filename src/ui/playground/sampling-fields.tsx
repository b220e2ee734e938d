/** @file How tokens are chosen: greedily, or drawn; and how many. */
import type { ReactNode } from 'react';
import type { TaskDefinition } from '../../words/task.ts';
import type { Sampling } from '../../store/questions/ask-state.ts';
import { Term } from '../glossary/term.tsx';
import { NumberField } from '../kit/number-field.tsx';
import { Segments } from '../kit/segments.tsx';
import { useActions, useLab } from '../lab-context.ts';

/** Where a model says nothing of its longest input. */
const MOST_NEW_TOKENS = 512;
const MOST_SEED = 2 ** 31 - 1;

/** A stop as text that can be seen. */
const visible = (stop: string): string => stop.replaceAll('\n', '\u23ce');

/** A prompt of the task is answered as in a run, unless somebody wants to see what comes behind. */
function StopField({ task }: { readonly task: TaskDefinition }): ReactNode {
  const stopAt = useLab((state) => state.playground.stopAt);
  const actions = useActions();
  return (
    <div className="field">
      <span className="field-label">A prompt’s answer stops</span>
      <Segments
        label="A prompt’s answer stops"
        value={stopAt}
        options={[
          { id: 'task', title: `At ${visible(task.stop)}` },
          { id: 'nothing', title: 'Nowhere' },
        ]}
        onChange={(chosen) => {
          actions.setPlayground({ stopAt: chosen });
        }}
      />
      <p className="field-note">
        {stopAt === 'task'
          ? `Prompts of ${task.id} are answered as in a run. Any other text goes on to the end.`
          : 'Every text goes on to the end.'}
      </p>
    </div>
  );
}

/** A chat model can be given plain text too, as a base model is. */
function TurnField(): ReactNode {
  const as = useLab((state) => state.playground.as);
  const actions = useActions();
  return (
    <div className="field">
      <span className="field-label">The text is</span>
      <Segments
        label="The text is"
        value={as}
        options={[
          { id: 'text', title: 'Plain text' },
          { id: 'turn', title: 'A user’s turn' },
        ]}
        onChange={(chosen) => {
          actions.setPlayground({ as: chosen });
        }}
      />
      <p className="field-note">
        {as === 'turn'
          ? 'The model’s chat template writes it, to where the assistant speaks; the answer ends with its turn.'
          : 'The model goes on from it as it stands.'}
      </p>
    </div>
  );
}

export function SamplingFields(): ReactNode {
  const sampling = useLab((state) => state.playground.sampling);
  const info = useLab((state) => state.model.loaded?.inference ?? null);
  const task = useLab((state) => state.run?.task ?? state.tasks.task);
  const actions = useActions();
  const set = (name: keyof Omit<Sampling, 'doSample'>) => (value: number) => {
    actions.setSampling({ [name]: value });
  };
  const drawn = { isDisabled: !sampling.doSample };
  return (
    <section className="play-part" aria-labelledby="how">
      <div className="play-part-head">
        <h3 id="how">How</h3>
        <Segments
          label="Decoding"
          value={sampling.doSample ? 'sample' : 'greedy'}
          options={[
            { id: 'greedy', title: 'Greedy' },
            { id: 'sample', title: 'Sampled' },
          ]}
          onChange={(how) => {
            actions.setSampling({ doSample: how === 'sample' });
          }}
        />
      </div>
      <NumberField
        label="Temperature"
        value={sampling.temperature}
        min={0.05}
        max={5}
        isWhole={false}
        onChange={set('temperature')}
        {...drawn}
      />
      <NumberField
        label="Top k"
        value={sampling.topK}
        min={0}
        max={info?.vocabSize ?? 1e6}
        isWhole
        onChange={set('topK')}
        {...drawn}
      />
      <NumberField
        label="Top p"
        value={sampling.topP}
        min={0.01}
        max={1}
        isWhole={false}
        onChange={set('topP')}
        {...drawn}
      />
      <NumberField
        label="Seed"
        value={sampling.seed}
        min={0}
        max={MOST_SEED}
        isWhole
        onChange={set('seed')}
        {...drawn}
      />
      <NumberField
        label="New tokens"
        value={sampling.maxNewTokens}
        min={1}
        max={Math.min(MOST_NEW_TOKENS, info?.maxPositions ?? MOST_NEW_TOKENS)}
        isWhole
        onChange={set('maxNewTokens')}
      />
      {info?.hasChatTemplate === true && <TurnField />}
      {task !== null && <StopField task={task.definition} />}
      <p className="field-note">
        <Term id="greedy">Greedy</Term> takes the likeliest token each time.{' '}
        <Term id="temperature">Temperature</Term>, <Term id="top-k">top k</Term> (0: all) and{' '}
        <Term id="top-p">top p</Term> shape the draw; the same seed draws the same.
      </p>
    </section>
  );
}
