/** @file What a person decides before a run, and what it comes to: prompts, time, differences from the run before. */
import type { ReactNode } from 'react';
import type { Size } from '../../../store/setup/size.ts';
import { SIZES, sizeOf } from '../../../store/setup/size.ts';
import { KNOBS } from '../../../words/knobs.ts';
import { useActions, useLab } from '../../lab-context.ts';
import { Choice } from '../../kit/choice.tsx';
import { Info } from '../../kit/info.tsx';
import { Segments } from '../../kit/segments.tsx';
import { NumberField } from '../../kit/number-field.tsx';
import { sizesWords } from '../../words/sizes.ts';
import { ArmsField, METHOD_OPTIONS } from './arms-field.tsx';
import { DemonstrationsField } from './demonstrations-field.tsx';
import type { KnobValue } from './knob-field.tsx';
import { KnobField } from './knob-field.tsx';
import { MAIN_KNOBS, MoreKnobs, valueOf } from './more-knobs.tsx';
import './knobs-panel.css';

/** Seeds that one run may take. */
const MOST_SEEDS = 20;

const isSize = (name: string): name is Size => Object.hasOwn(SIZES, name);
const SIZE_OPTIONS = Object.keys(SIZES)
  .filter(isSize)
  .map((id) => ({ id, title: SIZES[id] }));

function ModelLine(): ReactNode {
  const model = useLab((state) => state.model);
  const words = {
    none: 'not loaded',
    loading: 'loading',
    ready: 'ready',
    failed: 'could not be loaded',
  }[model.status];
  return (
    <p className="knob-line">
      <span className="field-label">Model</span>
      <span>
        <b>{model.ref.name}</b> <span className="faint">{words}</span>
      </span>
    </p>
  );
}

function TaskField(): ReactNode {
  const cards = useLab((state) => state.tasks.cards);
  const taskId = useLab((state) => state.setup.setup.taskId);
  const actions = useActions();
  const isMissing = useLab(({ tasks }) => tasks.fault !== null);
  const chosen = cards.find(({ definition }) => definition.id === taskId);
  const options = cards.map(({ definition: { id, description } }) => ({ id, title: id, note: description }));
  return (
    <div className="knob-choice">
      <Choice
        label="Task"
        isRow
        value={taskId}
        // What a link names is shown also where it is not here.
        options={
          chosen === undefined ? [{ id: taskId, title: taskId, note: 'not here' }, ...options] : options
        }
        onChange={(id) => {
          actions.chooseTask(id);
        }}
      />
      {chosen === undefined && isMissing ? (
        <p className="field-fault">{taskId} is not here.</p>
      ) : (
        <p className="field-note is-two-lines">{chosen?.definition.description ?? ''}</p>
      )}
    </div>
  );
}

function MethodField(): ReactNode {
  const arms = useLab((state) => state.setup.setup.arms);
  const faults = useLab((state) => state.setup.faults);
  const actions = useActions();
  const method = arms[0]?.method ?? null;
  return (
    <div className="knob-choice">
      <Choice
        label="Method"
        isRow
        value={method}
        options={METHOD_OPTIONS}
        onChange={(name) => {
          actions.chooseMethod(name);
        }}
      />
      <ArmsField
        arms={arms}
        fault={faults.arms ?? null}
        onAdd={(name) => {
          actions.addArm(name);
        }}
        onRemove={(name) => {
          actions.removeArm(name);
        }}
      />
    </div>
  );
}

function Seeds(): ReactNode {
  const seeds = useLab((state) => state.setup.setup.seeds);
  const fault = useLab((state) => state.setup.faults.seeds ?? null);
  const actions = useActions();
  const first = seeds[0] ?? 0;
  const from = (begin: number, count: number) => {
    actions.setSeeds(Array.from({ length: count }, (_, i) => begin + i));
  };
  return (
    <>
      <NumberField
        label="First seed"
        value={first}
        min={0}
        max={999_999}
        isWhole
        fault={fault}
        onChange={(next) => {
          from(next, seeds.length);
        }}
      />
      <NumberField
        label="Seeds"
        value={seeds.length}
        min={1}
        max={MOST_SEEDS}
        isWhole
        onChange={(count) => {
          from(first, count);
        }}
      />
    </>
  );
}

function Consequences(): ReactNode {
  const { changes } = useLab((state) => state.setup);
  const words = useLab(sizesWords);
  return (
    <div className="consequences" aria-live="polite">
      {words !== '' && <p>{words}</p>}
      {changes.length > 0 && (
        <p>
          Different from the last run:{' '}
          {changes.map(({ what, before, after }) => `${what} ${before} → ${after}`).join('; ')}.
        </p>
      )}
    </div>
  );
}

export function KnobsPanel(): ReactNode {
  const setup = useLab((state) => state.setup);
  const actions = useActions();
  return (
    <section className="knobs" aria-labelledby="knobs">
      <div className="knobs-title">
        <h2 id="knobs">Setup</h2>
        <Segments
          label="Size of the run"
          value={sizeOf(setup.setup)}
          options={SIZE_OPTIONS}
          onChange={(size) => {
            actions.setSize(size);
          }}
        />
        <Info subject="the setup">
          <p>
            A quick look scores fewer items and runs the method beside the first of its controls alone, so
            that there is something to see within a minute. Full size takes every default and all controls.
          </p>
          <p>
            Everything here, seed included, stands in the page’s address: the same link gives the same run.
          </p>
        </Info>
      </div>
      <ModelLine />
      <TaskField />
      <MethodField />
      {MAIN_KNOBS.map((name) => {
        const field = {
          ...{ value: valueOf(setup, name), fault: setup.faults[name] ?? null },
          onChange: (value: KnobValue) => {
            actions.setKnob(name, value);
          },
        };
        return name === 'demonstrations' ? (
          <DemonstrationsField key={name} {...field} />
        ) : (
          <KnobField key={name} knob={KNOBS[name]} note={null} {...field} />
        );
      })}
      <Seeds />
      <MoreKnobs
        setup={setup}
        onSet={(name, value) => {
          actions.setKnob(name, value);
        }}
        onUnset={(name) => {
          actions.unsetKnob(name);
        }}
      />
      <Consequences />
    </section>
  );
}
