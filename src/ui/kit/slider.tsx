/** @file A slider over whole numbers, with its name said to those who do not see it. */
import type { ReactNode } from 'react';
import { Label, Slider as AriaSlider, SliderThumb, SliderTrack } from 'react-aria-components';
import './slider.css';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

export function Slider({ label, value, most, onChange }: SliderProps): ReactNode {
  return (
    <AriaSlider
      className="slider"
      value={value}
      minValue={0}
      maxValue={Math.max(1, most)}
      onChange={onChange}
    >
      <Label className="sr-only">{label}</Label>
      <SliderTrack className="slider-track">
        <SliderThumb className="slider-thumb" />
      </SliderTrack>
    </AriaSlider>
  );
}
