/** @file The training loss as it falls, one point a step. */
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const HEIGHT_PX = 190;

/** The page's own colours, so that the plot follows the theme. */
function colour(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name);
}

function newPlot(box: HTMLElement, maxSteps: number): uPlot {
  const axis = {
    stroke: () => colour(box, '--ink-faint'),
    grid: { stroke: () => colour(box, '--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [1, maxSteps] },
        y: { range: (_plot, _min, max) => [0, Math.max(1, max) * 1.05] },
      },
      axes: [
        { ...axis, size: 28 },
        { ...axis, size: 34 },
      ],
      series: [{}, { stroke: () => colour(box, '--accent'), width: 2, points: { show: false } }],
    },
    [[], []],
    box,
  );
}

export interface LossPlotProps {
  /** Nats a token, one for each step made. */
  readonly losses: readonly number[];
  readonly maxSteps: number;
}

export function LossPlot({ losses, maxSteps }: LossPlotProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = newPlot(element, maxSteps);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    resized.observe(element);
    const redraw = () => {
      made.redraw();
    };
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', redraw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', redraw);
      made.destroy();
      plot.current = null;
    };
  }, [maxSteps]);

  useEffect(() => {
    plot.current?.setData([losses.map((_, i) => i + 1), [...losses]]);
  }, [losses, maxSteps]);

  const last = losses.at(-1);
  return (
    <figure className="plot">
      <figcaption>
        Loss, nats a token, by training step
        <output>{last === undefined ? '' : `${losses.length} of ${maxSteps}: ${last.toFixed(3)}`}</output>
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
}
