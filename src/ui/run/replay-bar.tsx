/** @file A recorded run being played: that it is one, where it stands, how fast it goes. */
import type { ReactNode } from 'react';
import { Label, Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import type { ReplayView } from '../../store/live/run-state.ts';
import { useActions } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { Segments } from '../kit/segments.tsx';
import './replay-bar.css';

const SPEEDS = ['1', '4', '16'] as const;

export function ReplayBar({ replay }: { readonly replay: ReplayView }): ReactNode {
  const actions = useActions();
  const { isPlaying, speed, position, length } = replay;
  const nearest = SPEEDS.find((name) => Number(name) >= speed) ?? '16';
  return (
    <section className="replay-bar" aria-label="Replay">
      <b>Recorded run</b>
      <Button
        onPress={() => {
          actions.setReplay({ isPlaying: !isPlaying });
        }}
      >
        {isPlaying ? 'Pause' : 'Play'}
      </Button>
      <Slider
        className="replay-slider"
        value={position}
        minValue={0}
        maxValue={Math.max(1, length)}
        onChange={(to) => {
          actions.setReplay({ position: to });
        }}
      >
        <Label className="sr-only">Position in the recorded run</Label>
        <SliderTrack className="replay-track">
          <SliderThumb className="replay-thumb" />
        </SliderTrack>
      </Slider>
      <Segments
        label="Events a second"
        value={nearest}
        options={SPEEDS.map((id) => ({ id, title: `${id}×` }))}
        onChange={(next) => {
          actions.setReplay({ speed: Number(next) });
        }}
      />
    </section>
  );
}
