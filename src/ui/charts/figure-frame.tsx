/** @file Around every large drawing: its heading and switches, the drawing, its legend, its downloads, what is to be said. */
import type { ReactNode, RefObject } from 'react';
import { useEffect, useRef } from 'react';
import { Button } from '../kit/button.tsx';
import { keepInWindow } from '../kit/keep-in-window.ts';
import { saveCsv } from './download.ts';
import type * as Picture from './picture.ts';
import type { PictureWords } from './picture.ts';
import './score-figure.css';

export interface FigureFrameProps {
  /** Names the section, and its heading by id. */
  readonly className: string;
  readonly title: string;
  /** What the title leaves to the switches, for a picture that goes out without them. */
  readonly subject?: string;
  /** What is drawn is of: task, model, seeds; '' where the legend says it. */
  readonly facts: string;
  /** In the title's place, where the drawing is one of several: the title is then only said. */
  readonly chooser?: ReactNode;
  /** A person has just asked for it: it comes whole into the window. */
  readonly isAsked?: boolean;
  /** It has been brought there: mounted anew it stays where the person has it. */
  readonly onBrought?: () => void;
  readonly switches?: ReactNode;
  readonly children: ReactNode;
  readonly legend: ReactNode;
  /** Names of downloaded files. */
  readonly name: string;
  /** The figures as CSV. */
  readonly figures: () => string;
  /** There are no figures yet. */
  readonly isEmpty: boolean;
  readonly note?: ReactNode;
}

/** Of one of several drawings that stand in the same place. */
export type PictureFrame = Pick<FigureFrameProps, 'chooser' | 'isAsked' | 'onBrought' | 'name' | 'facts'>;

type DownloadsProps = Pick<FigureFrameProps, 'name' | 'figures' | 'isEmpty'> & {
  readonly words: PictureWords;
  readonly figure: RefObject<Element | null>;
};

function Downloads({ name, figures, isEmpty, words, figure }: DownloadsProps): ReactNode {
  const withFigure = (then: (figure: Element, library: typeof Picture) => void) => () => {
    const { current } = figure;
    if (current !== null)
      void import('./picture.ts').then((library) => {
        then(current, library);
      });
  };
  return (
    <div className="downloads no-picture" role="group" aria-label="Download the chart">
      <Button
        look="quiet"
        onPress={withFigure((current, { saveSvg }) => {
          saveSvg(current, words, name);
        })}
      >
        SVG
      </Button>
      <Button look="quiet" onPress={withFigure((current, { savePng }) => void savePng(current, words, name))}>
        PNG
      </Button>
      <Button
        look="quiet"
        isDisabled={isEmpty}
        onPress={() => {
          saveCsv(figures(), name);
        }}
      >
        CSV
      </Button>
    </div>
  );
}

export function FigureFrame(props: FigureFrameProps): ReactNode {
  const { className, title, subject, facts, chooser, switches, children, legend, note } = props;
  const { name, figures, isEmpty, isAsked, onBrought } = props;
  const host = useRef<HTMLElement>(null);
  const keep = useRef<(() => void) | null>(null);
  useEffect(() => () => keep.current?.(), []);
  useEffect(() => {
    if (isAsked !== true || host.current === null) return;
    keep.current?.();
    keep.current = keepInWindow(host.current);
    onBrought?.();
  }, [isAsked, onBrought]);
  const words = { title: subject === undefined ? title : `${title}: ${subject}`, facts };
  return (
    <section ref={host} className={`score-figure ${className}`} aria-labelledby={className}>
      <header>
        <h2 id={className} className={chooser === undefined ? '' : 'sr-only'}>
          {title}
        </h2>
        {chooser}
        <div className="chart-switches">{switches}</div>
      </header>
      <div data-picture="">{children}</div>
      <footer data-picture="">
        {legend}
        <Downloads {...{ name, figures, isEmpty, words }} figure={host} />
      </footer>
      {note !== undefined && <div data-picture="">{note}</div>}
    </section>
  );
}
