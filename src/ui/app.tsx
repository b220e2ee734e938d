/** @file The page: surroundings and model on one side, the walk through both runtimes on the other. */
import type { ReactNode } from 'react';
import { useStore } from 'zustand/react';
import type { SourceDescriptor } from '../core/source.ts';
import { adviseOnOrigin } from '../store/advice.ts';
import type { Lab } from '../store/lab.ts';
import { Devices } from './devices.tsx';
import { AdviceNote, FaultBox, Notice } from './messages.tsx';
import { ModelPanel } from './model-panel.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { Walk } from './walk.tsx';

export interface AppProps {
  readonly lab: Lab;
  /** The checkpoint that needs no download. */
  readonly builtIn: () => SourceDescriptor;
}

export function App({ lab, builtIn }: AppProps): ReactNode {
  const state = useStore(lab.store);
  const originAdvice = adviseOnOrigin(state.surroundings);
  return (
    <div className="page">
      <header className="masthead">
        <div>
          <h1>Bootlace</h1>
          <p className="subtitle">One checkpoint, two runtimes</p>
        </div>
        <ThemeSwitch />
      </header>
      <p className="lede">
        One set of weights, read once from the Hub’s own files, runs in two engines inside this page:{' '}
        <b>onnxruntime-web</b> answers and <b>tfjs</b> trains. What one learns, the other knows at once.
      </p>
      {originAdvice !== null && <AdviceNote advice={originAdvice} />}
      <FaultBox
        fault={state.fault}
        onDismiss={() => {
          lab.dismiss();
        }}
      />
      <Notice text={state.notice} />
      <div className="columns">
        <aside className="side">
          <ModelPanel state={state} lab={lab} builtIn={builtIn} />
          <Devices surroundings={state.surroundings} model={state.model} />
        </aside>
        <main>
          <Walk state={state} lab={lab} />
        </main>
      </div>
    </div>
  );
}
