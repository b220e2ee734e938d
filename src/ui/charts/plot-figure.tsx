/**
 * @file Hosts a plot: keeps its place while the library loads, redraws to the width it has, says in words what it shows.
 * The library is a chunk of its own, so that the page stands before it.
 */
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useWidth } from '../kit/use-width.ts';
import type * as Plot from './plot-library.ts';
import './plot-figure.css';

export type PlotLibrary = typeof Plot;

let loading: Promise<PlotLibrary> | null = null;
const loadPlot = (): Promise<PlotLibrary> => (loading ??= import('./plot-library.ts'));

/** The library, null while it loads. */
function usePlot(): PlotLibrary | null {
  const [library, setLibrary] = useState<PlotLibrary | null>(null);
  useEffect(() => {
    let isHere = true;
    void loadPlot().then((loaded) => {
      if (isHere) setLibrary(() => loaded);
    });
    return () => {
      isHere = false;
    };
  }, []);
  return library;
}

const waiting: (() => void)[] = [];

/** A dozen plots change when a phase ends; each is drawn in a task of its own, so that none holds up a key or a click.
 * Returns what calls the drawing off. */
function inTurn(drawing: () => void): () => void {
  waiting.push(drawing);
  if (waiting.length === 1) window.setTimeout(drawNext);
  return () => {
    const place = waiting.indexOf(drawing);
    // The head stays in its place, doing nothing: its task has been asked for.
    if (place === 0) waiting[0] = () => undefined;
    else if (place > 0) waiting.splice(place, 1);
  };
}

function drawNext(): void {
  const [drawing] = waiting;
  try {
    drawing?.();
  } finally {
    waiting.shift();
    if (waiting.length > 0) window.setTimeout(drawNext);
  }
}

export interface PlotFigureProps {
  /** What the plot shows, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  /** Draws to the width given, in CSS pixels; must keep its identity while nothing changes. */
  readonly draw: (plot: PlotLibrary, width: number, height: number) => Element;
}

export function PlotFigure({ label, height, draw }: PlotFigureProps): ReactNode {
  const library = usePlot();
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  useEffect(() => {
    if (library === null || width === 0) return undefined;
    return inTurn(() => {
      try {
        const drawn = draw(library, width, height);
        drawn.setAttribute('aria-hidden', 'true');
        host.current?.replaceChildren(drawn);
      } catch (thrown) {
        // Drawn outside of React: no boundary would hear of it.
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        host.current?.replaceChildren(`This cannot be drawn: ${why.slice(0, 200)}`);
      }
    });
  }, [library, width, height, draw]);
  return <div ref={host} className="plot-host" role="img" aria-label={label} style={{ blockSize: height }} />;
}
