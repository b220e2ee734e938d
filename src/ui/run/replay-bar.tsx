/** @file A recorded run being played: that it is one, where it stands, how fast it goes. */
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import type { ReplayView } from '../../store/live/run-state.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { Segments } from '../kit/segments.tsx';
import { Slider } from '../kit/slider.tsx';
import { chosenWords, recordedName } from './recorded-name.ts';
import './replay-bar.css';

const SPEEDS = ['1', '4', '16'] as const;

export function ReplayBar({ replay }: { readonly replay: ReplayView }): ReactNode {
  const actions = useActions();
  const { isPlaying, speed, position, length } = replay;
  const words = useLab(({ run }) => {
    const name = run === null ? null : recordedName(run);
    return name === null ? '' : `Seed ${run?.setup.seeds.join(', ') ?? ''}: ${chosenWords(name)}.`;
  });
  const bar = useRef<HTMLElement>(null);
  // It may have been started from further down, by a button that is gone now: the focus would be nowhere.
  useEffect(() => {
    bar.current?.scrollIntoView({ block: 'center' });
    if (document.activeElement === document.body)
      bar.current?.querySelector('button')?.focus({ preventScroll: true });
  }, []);
  const nearest = SPEEDS.find((name) => Number(name) >= speed) ?? '16';
  return (
    <section ref={bar} className="replay-bar" aria-label="Replay">
      <b>Recorded run</b>
      <Button
        data-run-key="main"
        onPress={() => {
          actions.setReplay({ isPlaying: !isPlaying });
        }}
      >
        {isPlaying ? 'Pause' : 'Play'}
      </Button>
      <Slider
        label="Position in the recorded run"
        value={position}
        most={length}
        onChange={(to) => {
          actions.setReplay({ position: to });
        }}
      />
      <Segments
        label="Events a second"
        value={nearest}
        options={SPEEDS.map((id) => ({ id, title: `${id}×` }))}
        onChange={(next) => {
          actions.setReplay({ speed: Number(next) });
        }}
      />
      {words !== '' && <p className="replay-why small soft">{words}</p>}
    </section>
  );
}
