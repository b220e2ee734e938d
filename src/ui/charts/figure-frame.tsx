/** @file Around every large picture: its heading and switches, and its coming whole into the window when it is asked for. */
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { keepInWindow } from '../kit/keep-in-window.ts';
import type { PictureProps } from './picture.tsx';
import { Picture } from './picture.tsx';
import './figure-frame.css';

export interface FigureFrameProps extends PictureProps {
  /** Names the section, and its heading by id. */
  readonly className: string;
  /** In the title's place, where the drawing is one of several: the title is then only said. */
  readonly chooser?: ReactNode;
  /** A person has just asked for it: it comes whole into the window. */
  readonly isAsked?: boolean;
  /** It has been brought there: mounted anew it stays where the person has it. */
  readonly onBrought?: () => void;
  readonly switches?: ReactNode;
}

/** Of one of several drawings that stand in the same place. */
export type PictureFrame = Pick<FigureFrameProps, 'chooser' | 'isAsked' | 'onBrought' | 'name' | 'facts'>;

export function FigureFrame(props: FigureFrameProps): ReactNode {
  const { className, chooser, switches, isAsked, onBrought, ...picture } = props;
  const host = useRef<HTMLElement>(null);
  const keep = useRef<(() => void) | null>(null);
  useEffect(() => () => keep.current?.(), []);
  useEffect(() => {
    if (isAsked !== true || host.current === null) return;
    keep.current?.();
    keep.current = keepInWindow(host.current);
    onBrought?.();
  }, [isAsked, onBrought]);
  return (
    <section ref={host} className={`score-figure ${className}`} aria-labelledby={className}>
      <header>
        <h2 id={className} className={chooser === undefined ? '' : 'sr-only'}>
          {picture.title}
        </h2>
        {chooser}
        <div className="chart-switches">{switches}</div>
      </header>
      <Picture {...picture} />
    </section>
  );
}
